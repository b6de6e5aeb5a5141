package table

import (
	"context"
	"fmt"
	"time"

	"github.com/sethvargo/go-retry"
)

// attempts is the maximum number of attempts of a transaction in Retry.
const attempts = 40

// ErrBusy is the error of Retry after the last attempt. Nothing was written, and the caller may retry later.
var ErrBusy = fmt.Errorf("too many writers at once: %w", ErrUnavailable)

// Retry calls try until its error is not a *Conflict, with exponential backoff and full jitter between attempts. After
// 40 attempts it returns ErrBusy. try must read again what its conditions depend on.
func Retry(ctx context.Context, try func() error) error {
	pauses := retry.WithCappedDuration(250*time.Millisecond, retry.NewExponential(2*time.Millisecond))
	pauses = retry.WithMaxRetries(attempts-1, retry.WithFullJitter(pauses))
	err := retry.Do(ctx, pauses, func(context.Context) error {
		err := try()
		if _, conflict := AsConflict(err); conflict {
			return retry.RetryableError(err)
		}
		return err
	})
	if _, conflict := AsConflict(err); conflict {
		return ErrBusy
	}
	return err
}

type unrepeated struct{}

// Unrepeated returns a context whose Writes are not repeated by the table where a concurrent write gets in their way:
// they return a *Conflict without Failed at once, for callers that have something better to do than to try again.
func Unrepeated(ctx context.Context) context.Context {
	return context.WithValue(ctx, unrepeated{}, true)
}

// IsUnrepeated reports whether Unrepeated made the context. Implementations call it.
func IsUnrepeated(ctx context.Context) bool { return ctx.Value(unrepeated{}) != nil }

type plain struct{}

// Plain returns a context in which a Write of one operation need not be a transaction, which uses twice the capacity.
// Such a Write may return a *Conflict although it was applied, where an answer was lost and it was repeated: it is for
// callers that read, after a conflict, what is stored.
func Plain(ctx context.Context) context.Context { return context.WithValue(ctx, plain{}, true) }

// IsPlain reports whether Plain made the context. Implementations call it.
func IsPlain(ctx context.Context) bool { return ctx.Value(plain{}) != nil }
