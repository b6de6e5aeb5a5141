package keyring

import (
	"context"
	"time"

	"outreach/internal/table"
)

// Home is where a secret is kept: a file, or Secrets Manager.
type Home interface {
	// Current returns the secret in use.
	Current(ctx context.Context) ([]byte, error)
	// Next returns the secret that a rotation has stored beside the current one, nil where there is none, and a function
	// that makes it the current one.
	Next(ctx context.Context) (secret []byte, promote func(context.Context) error, err error)
	// Store stores the next secret durably, without effect on the current one.
	Store(ctx context.Context, secret []byte) error
}

// Rotate replaces the secret. The key of hashes stays; tokens in letters of the former key are valid for life; what is
// derived from the secret itself, such as sessions, ends. It may be interrupted between any two steps: until the
// promotion the old secret opens the tables, then the new one, and the next call finishes what was begun. finished
// reports that a rotation was finished whose secret was in use already: then there is no newer one.
func Rotate(ctx context.Context, tracker table.Table, home Home, now time.Time, life time.Duration) (finished bool, err error) {
	secret, err := home.Current(ctx)
	if err != nil {
		return false, err
	}
	if _, err := Keep(ctx, tracker, secret); err != nil {
		return false, err
	}
	ring, is, err := read(ctx, tracker, secret)
	if err != nil {
		return false, err
	}
	next, promote, err := home.Next(ctx)
	if err != nil {
		return false, err
	}
	if next == nil && is.rotating { // interrupted after the promotion
		return true, write(ctx, tracker, is.rev, seal(secret, ring))
	}
	if next == nil {
		if err := home.Store(ctx, New()); err != nil {
			return false, err
		}
		if next, promote, err = home.Next(ctx); err != nil {
			return false, err
		}
	}
	after := seal(next, ring.rotated(now, life))
	if err := write(ctx, tracker, is.rev, seal(secret, ring), after); err != nil {
		return false, err
	}
	if err := promote(ctx); err != nil {
		return false, err
	}
	return false, write(ctx, tracker, is.rev+1, after)
}
