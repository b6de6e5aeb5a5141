package table

import (
	"context"
	"fmt"
	"time"

	"github.com/sethvargo/go-retry"
)

// attempts bounds how often a transaction that met others is tried, with a growing random pause between.
const attempts = 40

// ErrBusy is in the error where too many writers met at one thing. Nothing was written: try again.
var ErrBusy = fmt.Errorf("too many writers at once: %w", ErrUnavailable)

// Retry runs a transaction until it neither met another writer nor read something that has changed: until its error is no
// *Conflict. Where that never happens the error is ErrBusy.
func Retry(ctx context.Context, try func() error) error {
	pauses := retry.WithCappedDuration(250*time.Millisecond, retry.NewExponential(2*time.Millisecond))
	pauses = retry.WithMaxRetries(attempts-1, retry.WithFullJitter(pauses))
	err := retry.Do(ctx, pauses, func(context.Context) error {
		err := try()
		if _, met := AsConflict(err); met {
			return retry.RetryableError(err)
		}
		return err
	})
	if _, met := AsConflict(err); met {
		return ErrBusy
	}
	return err
}
