package notices

import (
	"context"
	"errors"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/store/storetest"
)

func TestProgressNeverGoesBack(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), context.Background()
	now := time.Date(2126, 6, 1, 8, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { return now }
	upTo := fact.Heads{10, 10}
	acquire := func(owner string) *Lease {
		t.Helper()
		lease, err := s.Acquire(ctx, "town", owner, time.Minute, upTo)
		if err != nil {
			t.Fatal(err)
		}
		return lease
	}
	slow := acquire("slow")
	slow.Done[0] = 3
	if err := slow.Renew(ctx); err != nil {
		t.Fatal(err)
	}
	now = now.Add(50 * time.Second)
	if err := slow.Renew(ctx); err != nil {
		t.Fatal(err)
	}
	now = now.Add(50 * time.Second)
	if _, err := s.Acquire(ctx, "town", "quick", time.Minute, upTo); !errors.Is(err, ErrLeased) {
		t.Errorf("a renewed lease is taken: %v", err)
	}
	if lease, err := s.Acquire(ctx, "village", "quick", time.Minute, upTo); err != nil || lease == nil {
		t.Errorf("the lease of another project: %v", err)
	}
	now = now.Add(20 * time.Second)
	quick := acquire("quick")
	if quick.Done != (fact.Heads{3}) {
		t.Errorf("the next owner begins at %v", quick.Done)
	}
	quick.Done = fact.Heads{10, 9}
	if err := quick.Release(ctx, false); err != nil {
		t.Fatal(err)
	}
	slow.Done[0] = 4
	for _, write := range []func() error{
		func() error { return slow.Renew(ctx) }, func() error { return slow.Release(ctx, false) }, func() error { return slow.Release(ctx, true) },
	} {
		if err := write(); !errors.Is(err, ErrLeased) {
			t.Errorf("an owner whose lease was taken writes: %v", err)
		}
	}
	if last := acquire("slow"); last.Done != (fact.Heads{10, 9}) {
		t.Errorf("progress is at %v", last.Done)
	} else if last.Done[1] = 10; last.Release(ctx, false) != nil {
		t.Error("the last lease is not released")
	}
	if lease, err := s.Acquire(ctx, "town", "quick", time.Minute, upTo); lease != nil || err != nil {
		t.Errorf("a lease with nothing to send: %v, %v", lease, err)
	}
}

func TestAnOwnerGetsItsOwnLeaseBack(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), context.Background()
	for range 2 { // killed and restarted
		if _, err := s.Acquire(ctx, "town", "local", time.Minute, fact.Heads{1}); err != nil {
			t.Error(err)
		}
	}
}
