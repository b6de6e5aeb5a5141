package store

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// mostAtOnce is how many calls InParallel runs at the same time.
const mostAtOnce = 8

// InParallel calls do for each element, up to 8 at the same time. The first error cancels the context of the others and
// is returned.
func InParallel[T any](ctx context.Context, list []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(mostAtOnce)
	for _, one := range list {
		group.Go(func() error { return do(ctx, one) })
	}
	return group.Wait()
}

// ErrDeferred reports that too little time was left for the rest of a job: a later run continues it.
var ErrDeferred = errors.New("too little time left: a later run continues")

// longestPart is how long one part of a purge may take.
const longestPart = time.Minute

// CheckTimeLeft fails with ErrDeferred where the context's deadline leaves less time than one part of a purge takes, so
// that none is interrupted, and with the context's error where it is done.
func CheckTimeLeft(ctx context.Context) error {
	if until, limited := ctx.Deadline(); limited && time.Until(until) < longestPart {
		return ErrDeferred
	}
	return ctx.Err()
}
