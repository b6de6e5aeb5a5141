package nights

import (
	"slices"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/store/storetest"
)

// calendar is a Store whose clock stands at an instant.
type calendar struct {
	*Store
	t   *testing.T
	now time.Time
}

func newCalendar(t *testing.T) *calendar {
	t.Helper()
	c := &calendar{t: t, now: time.Date(2026, 6, 30, 1, 30, 0, 0, time.UTC)}
	db := storetest.New(t)
	db.Now = func() time.Time { return c.now }
	c.Store = New(db)
	return c
}

func (c *calendar) mark(ids ...string) {
	c.t.Helper()
	if err := c.Mark(c.t.Context(), c.now, ids...); err != nil {
		c.t.Fatal(err)
	}
}

func (c *calendar) claim(id string) *Claim {
	c.t.Helper()
	claim, err := c.Claim(c.t.Context(), Due{Project: id, At: c.now})
	if err != nil {
		c.t.Fatal(err)
	}
	return claim
}

func (c *calendar) done(claim *Claim, next time.Time) {
	c.t.Helper()
	if err := claim.Done(c.t.Context(), Looked{Day: c.now.AddDate(0, 0, -1).Format(time.DateOnly), Next: next}); err != nil {
		c.t.Fatal(err)
	}
}

// due checks which projects are due now.
func (c *calendar) due(what string, want ...string) {
	c.t.Helper()
	got, err := c.Due(c.t.Context(), c.now)
	if err != nil || !slices.Equal(got, want) {
		c.t.Errorf("%s: %v are due, want %v (%v)", what, got, want, err)
	}
}

func TestAProjectIsDueForItsNewsAndForItsOwnDate(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	c.due("nothing marked")
	c.mark("town", "village")
	c.mark("town")
	c.due("two have news", "town", "village")
	c.done(c.claim("town"), c.now.AddDate(0, 1, 0))
	c.due("the work of one is done", "village")
	c.done(c.claim("village"), time.Time{})
	c.due("the work of both is done")
	if c.claim("town") != nil {
		t.Error("the same message again does the work again")
	}
	c.now = c.now.AddDate(0, 1, 0)
	c.due("a month later", "town")
	c.done(c.claim("town"), c.now)
	c.due("with more to do", "town")
}

func TestNewsBetweenClaimAndRemovalKeepTheMark(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	c.mark("town")
	claim := c.claim("town")
	c.now = c.now.Add(time.Second)
	c.mark("town") // a fact that the run may have read or not
	c.done(claim, time.Time{})
	c.due("after the run", "town")
	if claim = c.claim("town"); claim == nil || claim.Looked.Day == "" {
		t.Fatalf("the next run: %+v", claim)
	}
	c.done(claim, time.Time{})
	c.due("after a run without news")
}

func TestARunThatDiesLeavesTheProjectDue(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	c.mark("town")
	slow := c.claim("town")
	c.due("after the first run died", "town")
	fast := c.claim("town")
	c.done(fast, c.now.AddDate(0, 0, 5))
	c.mark("town")
	c.done(slow, time.Time{}) // it did not die, and knows less
	c.due("the slower run changes nothing", "town")
	c.done(c.claim("town"), c.now.AddDate(0, 0, 5))
	c.due("at last")
}

func TestCheckedNeedsNoWriteForAProjectWithoutNews(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	warsaw := &project.Definition{ID: "town", TimeZone: "Europe/Warsaw"}
	checked := func(what, want string) {
		t.Helper()
		if got, err := c.Checked(t.Context(), warsaw); err != nil || got != want {
			t.Errorf("%s: checked until %q, want %q (%v)", what, got, want, err)
		}
	}
	night := func() {
		t.Helper()
		if err := c.SetLast(t.Context(), Night{At: c.now}); err != nil {
			t.Fatal(err)
		}
	}
	checked("before the first night", "")
	c.mark("town")
	night()
	checked("before its first run", "")
	c.done(c.claim("town"), c.now.AddDate(0, 0, 10))
	checked("after its first run", "2026-06-29")
	c.now = c.now.AddDate(0, 0, 1)
	checked("before the next night", "2026-06-29")
	night()
	checked("after a night without news", "2026-06-30")
	c.now = c.now.Add(time.Hour)
	c.mark("town")
	checked("with news since", "2026-06-30")
	c.now = c.now.AddDate(0, 0, 1)
	night()
	checked("while its message waits or has failed", "2026-06-29")
	c.done(c.claim("town"), c.now.AddDate(0, 0, 10))
	checked("after its run", "2026-07-01")
	c.now = c.now.AddDate(0, 0, 10)
	night()
	checked("while it is due by its date", "2026-07-01")
}

func TestTheLastNightNeverGoesBack(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	later := Night{At: c.now.AddDate(0, 0, 1), Walked: c.now.AddDate(0, 0, 1)}
	for _, night := range []Night{later, {At: c.now}, {Walked: c.now}} {
		if err := c.SetLast(t.Context(), night); err != nil {
			t.Fatal(err)
		}
	}
	if last, err := c.Last(t.Context()); err != nil || !last.At.Equal(later.At) || !last.Walked.Equal(later.Walked) {
		t.Errorf("%+v, %v, want %+v", last, err, later)
	}
}

func TestAnErasureMarksItsProjectWithoutReading(t *testing.T) {
	t.Parallel()
	c := newCalendar(t)
	c.mark("town")
	claim := c.claim("town")
	if err := c.Tracker.Write(t.Context(), MarkOp("town")); err != nil {
		t.Fatal(err)
	}
	c.done(claim, time.Time{})
	c.due("after the run", "town")
}

func TestFactsOfTheNightlyRunAndOfLooksAreNoNews(t *testing.T) {
	t.Parallel()
	for _, kind := range fact.Kinds {
		own := kind == fact.KindSnapshotCompiled || kind == fact.KindReportDue || kind == fact.KindAttentionNoted || kind == fact.KindDataPurged
		look := kind == fact.KindPersonViewed || kind == fact.KindPeopleExported || kind == fact.KindUploadFinished
		if got := Announces(fact.Fact{Kind: kind}); got == (own || look) {
			t.Errorf("%s is news: %t", kind, got)
		}
		if got := Announces(fact.Fact{Kind: kind, By: "somebody"}); got == look {
			t.Errorf("%s of the staff is news: %t", kind, got)
		}
	}
}
