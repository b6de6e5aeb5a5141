package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"outreach/internal/keyring"
	"outreach/internal/table"
	"outreach/internal/table/memory"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const life = 90 * 24 * time.Hour

// home keeps secrets in memory.
type home struct{ current, next []byte }

func (h *home) Current(context.Context) ([]byte, error) { return h.current, nil }

func (h *home) Next(context.Context) ([]byte, func(context.Context) error, error) {
	return h.next, func(context.Context) error { h.current, h.next = h.next, nil; return nil }, nil
}

func (h *home) Store(_ context.Context, secret []byte) error { h.next = secret; return nil }

var errKilled = errors.New("the process was killed")

// killer ends a process before or after the step of a number. From then on nothing has an effect.
type killer struct {
	step, at int
	after    bool
}

func (k *killer) do(step func() error) error {
	k.step++
	if k.step > k.at || k.step == k.at && !k.after {
		return errKilled
	}
	if err := step(); err != nil {
		return err
	}
	if k.step == k.at {
		return errKilled
	}
	return nil
}

// killedHome and killedTable let each effect be a step.
type killedHome struct {
	*home
	*killer
}

func (h killedHome) Next(ctx context.Context) ([]byte, func(context.Context) error, error) {
	next, promote, err := h.home.Next(ctx)
	return next, func(ctx context.Context) error { return h.do(func() error { return promote(ctx) }) }, err
}

func (h killedHome) Store(ctx context.Context, secret []byte) error {
	return h.do(func() error { return h.home.Store(ctx, secret) })
}

type killedTable struct {
	table.Table
	*killer
}

func (t killedTable) Write(ctx context.Context, ops ...table.Op) error {
	return t.do(func() error { return t.Table.Write(ctx, ops...) })
}

func read(t *testing.T, tracker table.Table, secret []byte) keyring.Ring {
	t.Helper()
	ring, err := keyring.Read(t.Context(), tracker, secret)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestRotationIsFinishedWhereverItIsKilled(t *testing.T) {
	t.Parallel()
	killed := 0
	for at := 1; ; at++ {
		whole := false
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("step %d, after %t", at, after), func(t *testing.T) {
				tracker, h := &memory.Table{}, &home{current: keyring.New()}
				original := h.current
				if _, err := keyring.Keep(t.Context(), tracker, original); err != nil {
					t.Fatal(err)
				}
				k := &killer{at: at, after: after}
				_, err := keyring.Rotate(t.Context(), killedTable{tracker, k}, killedHome{h, k}, now, life)
				if whole = err == nil; !whole && !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				if whole {
					return
				}
				killed++
				// The tracker starts on what the kill left: no person counts twice, and links work.
				left := read(t, tracker, h.current)
				if !bytes.Equal(left.Data, original) {
					t.Error("the key of hashes changed")
				}
				if !slices.ContainsFunc(left.Links, func(l keyring.Link) bool { return bytes.Equal(l.Key, original) }) {
					t.Error("the key of links in use is lost")
				}
				before := h.current
				finished, err := keyring.Rotate(t.Context(), tracker, h, now.Add(time.Hour), life)
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Equal(h.current, original) || h.next != nil || finished != bytes.Equal(before, h.current) {
					t.Errorf("the repeated rotation did not finish it: finished %t", finished)
				}
				ring := read(t, tracker, h.current)
				former := ring.Links[len(ring.Links)-1]
				if !bytes.Equal(ring.Data, original) || len(ring.Links) < 2 || !bytes.Equal(former.Key, original) || former.Until.Before(now.Add(life)) {
					t.Errorf("after the repeated rotation: %+v", ring)
				}
				if _, err := keyring.Read(t.Context(), tracker, original); !errors.Is(err, keyring.ErrOtherSecret) {
					t.Errorf("the old secret still opens the tables: %v", err)
				}
			})
		}
		if whole {
			break
		}
	}
	if killed < 8 {
		t.Errorf("killed at %d moments only", killed)
	}
}

func TestFormerLinksEndAfterTheStatedTime(t *testing.T) {
	t.Parallel()
	tracker, h := &memory.Table{}, &home{current: keyring.New()}
	first := h.current
	for n := range 3 {
		if _, err := keyring.Rotate(t.Context(), tracker, h, now.Add(time.Duration(n)*60*24*time.Hour), life); err != nil {
			t.Fatal(err)
		}
	}
	ring := read(t, tracker, h.current) // on day 120: the first key ended on day 90
	if len(ring.Links) != 3 || !ring.Links[1].Until.Equal(now.Add(120*24*time.Hour+life)) || !ring.Links[2].Until.Equal(now.Add(60*24*time.Hour+life)) {
		t.Errorf("%+v", ring.Links)
	}
	for _, l := range ring.Links {
		if bytes.Equal(l.Key, first) {
			t.Error("the first key has no end")
		}
	}
}

func TestAnotherSecretIsRefused(t *testing.T) {
	t.Parallel()
	tracker, right, wrong := &memory.Table{}, keyring.New(), keyring.New()
	if _, err := keyring.Keep(t.Context(), tracker, right); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func(context.Context, table.Table, []byte) (keyring.Ring, error){"read": keyring.Read, "keep": keyring.Keep} {
		if _, err := call(t.Context(), tracker, wrong); !errors.Is(err, keyring.ErrOtherSecret) {
			t.Errorf("%s: %v", name, err)
		}
		if ring, err := call(t.Context(), tracker, right); err != nil || !bytes.Equal(ring.Data, right) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := keyring.Rotate(t.Context(), tracker, &home{current: wrong}, now, life); !errors.Is(err, keyring.ErrOtherSecret) {
		t.Errorf("rotated from another secret: %v", err)
	}
	if _, err := keyring.Read(t.Context(), &memory.Table{}, []byte("short")); err == nil {
		t.Error("a short secret is accepted")
	}
}

func TestStoredRingContainsNoKey(t *testing.T) {
	t.Parallel()
	tracker, secret := &memory.Table{}, keyring.New()
	ring, err := keyring.Keep(t.Context(), tracker, secret)
	if err != nil {
		t.Fatal(err)
	}
	items, err := tracker.Get(t.Context(), keyring.Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range [][]byte{secret, ring.Data, keyring.Derive(secret, "key ring")} {
		for _, part := range [][]byte{key[:8], []byte(fmt.Sprintf("%x", key[:8]))} {
			if bytes.Contains(items[keyring.Key].Data, part) {
				t.Error("the item contains a key")
			}
		}
	}
}

func TestKeepersThatMeetStoreOneRing(t *testing.T) {
	t.Parallel()
	tracker, secret := &memory.Table{}, keyring.New()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if ring, err := keyring.Keep(context.Background(), tracker, secret); err != nil || !bytes.Equal(ring.Data, secret) {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
}
