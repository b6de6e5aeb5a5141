package snapshots

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
	"outreach/internal/table/tabletest"
)

func digest(t *testing.T, snap snapshot.Snapshot) string {
	t.Helper()
	hash, err := snap.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// The newest is the one of the latest day, then the last compiled. Finding it takes the same number of calls however
// many snapshots there are, and after a decision is reversed it is the one before.
func TestNewestSnapshotIsFoundWithoutReadingOthers(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.WithObjects(t)), context.Background()
	now := s.Now()
	s.Now = func() time.Time { now = now.Add(time.Second); return now }
	names := map[string]string{"": "none"} // by id
	ids := map[string]string{}
	compile := func(name, day string) {
		t.Helper()
		_, unchanged, err := s.Latest(ctx, "p", day)
		if err != nil {
			t.Fatal(err)
		}
		snap := snapshot.Snapshot{Project: "p", ID: s.NewID(), AsOf: day, State: snapshot.Draft}
		snap.Hash = digest(t, snap)
		if err := s.SaveSnapshot(ctx, snap, unchanged, fact.Heads{}, nil, func(string) iter.Seq[snapshot.Counted] { return nil }, Since{}, "", store.Once{}); err != nil {
			t.Fatal(err)
		}
		names[snap.ID], ids[name] = name, snap.ID
	}
	decide := func(name, state string) {
		t.Helper()
		if _, err := s.Decide(ctx, "p", ids[name], state, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	reads := 0
	s.Tracker = &tabletest.Faulty{Table: s.Tracker, Before: func(tabletest.Call) error { reads++; return nil }}
	says := func(when, want string) {
		t.Helper()
		said := func(kept Kept, err error) string {
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
			return names[kept.ID]
		}
		reads = 0
		got := fmt.Sprint("newest ", said(s.Newest(ctx, "p")), ", approved ", said(s.NewestApproved(ctx, "p", "")), ", before June ", said(s.NewestApproved(ctx, "p", "2026-06-01")))
		if got != want || reads > 6 {
			t.Errorf("%s: %s in %d calls, want %s", when, got, reads, want)
		}
	}
	says("nothing was compiled", "newest none, approved none, before June none")
	compile("May", "2026-05-31")
	compile("June", "2026-06-30")
	compile("June again", "2026-06-30")
	compile("April, late", "2026-04-30")
	for night := range 50 {
		compile(fmt.Sprint("night ", night), "2026-03-01")
	}
	says("nothing was approved", "newest June again, approved none, before June none")
	decide("May", snapshot.Approved)
	decide("April, late", snapshot.Approved)
	says("an earlier day was approved later", "newest June again, approved May, before June May")
	decide("June again", snapshot.Approved)
	decide("June", snapshot.Approved)
	says("of one day the one compiled last", "newest June again, approved June again, before June May")
	decide("June again", snapshot.Rejected)
	says("it was rejected", "newest June again, approved June, before June May")
	decide("June", snapshot.Rejected)
	decide("May", snapshot.Rejected)
	says("and so were others", "newest June again, approved April, late, before June April, late")
	decide("June again", snapshot.Approved)
	says("it was approved after all", "newest June again, approved June again, before June April, late")
	if page, err := s.Tracker.Query(ctx, table.Query{PK: approvedPartition("p")}); err != nil || len(page.Items) != 2 {
		t.Errorf("%d are kept as approved, %v", len(page.Items), err)
	}
}

func TestApprovedSnapshotsAreListedByTheirDays(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.WithObjects(t)), t.Context()
	for n, day := range []string{"2026-03-31", "2026-01-31", "2026-02-28", "2026-04-30", "2025-12-31"} {
		snap := snapshot.Snapshot{Project: "p", ID: fmt.Sprint("s", n), AsOf: day, State: snapshot.Draft}
		snap.Hash = digest(t, snap)
		if err := s.SaveSnapshot(ctx, snap, table.Absent, fact.Heads{}, nil, func(string) iter.Seq[snapshot.Counted] { return nil }, Since{}, "", store.Once{}); err != nil {
			t.Fatal(err)
		}
		if day != "2026-02-28" {
			if _, err := s.Decide(ctx, "p", snap.ID, snapshot.Approved, "", ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.Decide(ctx, "p", "s3", snapshot.Rejected, "", ""); err != nil {
		t.Fatal(err)
	}
	for state, want := range map[string]string{snapshot.Approved: "2026-03-31 2026-01-31 2025-12-31 ", "": "2025-12-31 2026-04-30 2026-02-28 2026-01-31 2026-03-31 "} {
		got := ""
		for cursor := ""; ; {
			page, err := s.Snapshots(ctx, "p", state, 2, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range page.Items {
				got += k.AsOf + " "
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", state, got, want)
		}
	}
}
