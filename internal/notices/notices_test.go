package notices

import (
	"context"
	"errors"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/store/storetest"
)

func TestTheMarkOfLettersNeverGoesBack(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), context.Background()
	now := time.Date(2126, 6, 1, 8, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { return now }
	upTo := fact.Heads{10, 10}
	take := func(owner string) *Turn {
		t.Helper()
		turn, err := s.TakeTurn(ctx, "town", owner, time.Minute, upTo)
		if err != nil {
			t.Fatal(err)
		}
		return turn
	}
	slow := take("slow")
	slow.Done[0] = 3
	if err := slow.Keep(ctx); err != nil {
		t.Fatal(err)
	}
	now = now.Add(50 * time.Second)
	if err := slow.Keep(ctx); err != nil {
		t.Fatal(err)
	}
	now = now.Add(50 * time.Second)
	if _, err := s.TakeTurn(ctx, "town", "quick", time.Minute, upTo); !errors.Is(err, ErrTaken) {
		t.Errorf("a turn that goes on is taken: %v", err)
	}
	if turn, err := s.TakeTurn(ctx, "village", "quick", time.Minute, upTo); err != nil || turn == nil {
		t.Errorf("the turn of another project: %v", err)
	}
	now = now.Add(20 * time.Second)
	quick := take("quick")
	if quick.Done != (fact.Heads{3}) {
		t.Errorf("the next begins at %v", quick.Done)
	}
	quick.Done = fact.Heads{10, 9}
	if err := quick.End(ctx); err != nil {
		t.Fatal(err)
	}
	slow.Done[0] = 4
	for _, write := range []func(context.Context) error{slow.Keep, slow.End} {
		if err := write(ctx); !errors.Is(err, ErrTaken) {
			t.Errorf("who is too slow writes: %v", err)
		}
	}
	if last := take("slow"); last.Done != (fact.Heads{10, 9}) {
		t.Errorf("the mark is at %v", last.Done)
	} else if last.Done[1] = 10; last.End(ctx) != nil {
		t.Error("the last turn is not ended")
	}
	if turn, err := s.TakeTurn(ctx, "town", "quick", time.Minute, upTo); turn != nil || err != nil {
		t.Errorf("a turn with nothing to do: %v, %v", turn, err)
	}
}

func TestAnOwnerGoesOnWithATurnOfTheirOwn(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), context.Background()
	for range 2 { // killed, and started again
		if _, err := s.TakeTurn(ctx, "town", "local", time.Minute, fact.Heads{1}); err != nil {
			t.Error(err)
		}
	}
}
