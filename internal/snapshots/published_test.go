package snapshots

import (
	"fmt"
	"iter"
	"sync"
	"testing"

	"outreach/internal/fact"
	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
)

// counted saves a snapshot of a day with so many women and men.
func counted(t *testing.T, s *Store, day string, women, men int64) string {
	t.Helper()
	snap := snapshot.Snapshot{Project: "p", ID: s.NewID(), AsOf: day, State: snapshot.Draft, Participants: snapshot.Participants{
		Total: women + men, By: snapshot.Breakdowns{"sex": {{Code: "female", People: women}, {Code: "male", People: men}, {Code: snapshot.Unknown}}},
	}}
	snap.Hash = digest(t, snap)
	_, unchanged, err := s.Latest(t.Context(), "p", day)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SaveSnapshot(t.Context(), snap, unchanged, fact.Heads{}, nil, func(string) iter.Seq[snapshot.Counted] { return nil }, Since{}, "", store.Once{}); err != nil {
		t.Fatal(err)
	}
	return snap.ID
}

func decide(t *testing.T, s *Store, id, state string) {
	t.Helper()
	if _, err := s.Decide(t.Context(), "p", id, state, "", ""); err != nil {
		t.Fatal(err)
	}
}

// shown is what the public sees of women and men.
func shown(t *testing.T, s *Store, id string) string {
	t.Helper()
	kept, err := s.KeptSnapshot(t.Context(), "p", id)
	if err != nil {
		t.Fatal(err)
	}
	public, err := s.Public(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, p := range public.Participants.By["sex"][:2] {
		if p.Shown != "" {
			out += p.Shown + " "
		} else {
			out += fmt.Sprint(p.People, " ")
		}
	}
	return out
}

func TestPublicationIsComparedWithWhatWasShown(t *testing.T) {
	t.Parallel()
	s := New(storetest.WithObjects(t))
	expect := func(when, id, want string) {
		t.Helper()
		if got := shown(t, s, id); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	never := counted(t, s, "2026-01-31", 19, 17)
	first := counted(t, s, "2026-02-28", 20, 16)
	decide(t, s, never, snapshot.Rejected)
	decide(t, s, first, snapshot.Approved)
	expect("what was rejected was never shown", first, "20 16 ")
	second := counted(t, s, "2026-03-31", 21, 16)
	decide(t, s, second, snapshot.Approved)
	expect("one woman more", second, "hidden hidden ")
	decide(t, s, second, snapshot.Rejected)
	third := counted(t, s, "2026-04-30", 26, 21)
	decide(t, s, third, snapshot.Approved)
	expect("six women and five men more", third, "26 21 ")
	decide(t, s, third, snapshot.Rejected)
	fourth := counted(t, s, "2026-05-31", 27, 22)
	decide(t, s, fourth, snapshot.Approved)
	expect("compared with what was rejected after it was shown", fourth, "hidden hidden ")
	older := counted(t, s, "2026-05-01", 25, 21)
	decide(t, s, older, snapshot.Approved)
	decide(t, s, fourth, snapshot.Rejected)
	expect("shown only when the later one was taken back", older, "hidden hidden ")
	decide(t, s, third, snapshot.Approved)
	expect("as it was", third, "26 21 ")
}

func TestSnapshotsFromBeforePublicationsCountAsShown(t *testing.T) {
	t.Parallel()
	s := New(storetest.WithObjects(t))
	first, rejected := counted(t, s, "2026-02-28", 20, 16), counted(t, s, "2026-03-31", 30, 26)
	decide(t, s, first, snapshot.Approved)
	decide(t, s, rejected, snapshot.Approved)
	decide(t, s, rejected, snapshot.Rejected)
	forget := []table.Key{publicationsKey("p"), publicationKey("p", first), publicationKey("p", rejected)}
	if err := table.RemoveAll(t.Context(), s.Tracker, forget); err != nil {
		t.Fatal(err)
	}
	if got := shown(t, s, first); got != "20 16 " {
		t.Errorf("shown before: %s", got)
	}
	for _, c := range []struct {
		day        string
		women, men int64
		want       string
	}{{"2026-04-30", 21, 16, "hidden hidden "}, {"2026-05-31", 31, 27, "hidden hidden "}, {"2026-06-30", 36, 32, "36 32 "}} {
		id := counted(t, s, c.day, c.women, c.men)
		decide(t, s, id, snapshot.Approved)
		if got := shown(t, s, id); got != c.want {
			t.Errorf("%d women, %d men: %s, want %s", c.women, c.men, got, c.want)
		}
	}
	if got := shown(t, s, first); got != "20 16 " {
		t.Errorf("shown before, later: %s", got)
	}
	if got := shown(t, s, counted(t, s, "2026-07-31", 90, 90)); got != "hidden hidden " {
		t.Errorf("without a publication: %s", got)
	}
}

func TestApprovalsAtTheSameInstantAreCompared(t *testing.T) {
	t.Parallel()
	s := New(storetest.WithObjects(t))
	var ids []string
	for n := range int64(4) {
		ids = append(ids, counted(t, s, fmt.Sprintf("2026-02-0%d", n+1), 20+n, 16))
	}
	var approvals sync.WaitGroup
	for _, id := range ids {
		approvals.Go(func() {
			if _, err := s.Decide(t.Context(), "p", id, snapshot.Approved, "", ""); err != nil {
				t.Error(err)
			}
		})
	}
	approvals.Wait()
	whole := 0
	for _, id := range ids {
		if shown(t, s, id) != "hidden hidden " {
			whole++
		}
	}
	if whole != 1 {
		t.Errorf("%d of four that differ by one person are shown", whole)
	}
}
