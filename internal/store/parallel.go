package store

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// mostAtOnce is how many calls of an erasure or a purge wait for the tables at the same time.
const mostAtOnce = 8

// InParallel does something for each of a list, some at the same time.
func InParallel[T any](ctx context.Context, list []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(mostAtOnce)
	for _, one := range list {
		group.Go(func() error { return do(ctx, one) })
	}
	return group.Wait()
}

// ErrLater is in the error where too little time was left to begin with what remains to be removed: the next time goes on.
var ErrLater = errors.New("left for the next time")

// partTakes is what a part of a purge may take: one is begun only where there is as much time left, so that no erasure is cut off.
const partTakes = time.Minute

// BeginPart tells by its error that no other part is to be begun.
func BeginPart(ctx context.Context) error {
	if until, limited := ctx.Deadline(); limited && time.Until(until) < partTakes {
		return ErrLater
	}
	return ctx.Err()
}
