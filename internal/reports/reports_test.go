package reports

import (
	"slices"
	"testing"

	"outreach/internal/fact"
	"outreach/internal/snapshots"
	"outreach/internal/store/storetest"
)

func TestADayGetsOneReport(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), t.Context()
	for _, kept := range []snapshots.Kept{
		{Project: "town", ID: "june", AsOf: "2026-06-30"}, {Project: "town", ID: "march", AsOf: "2026-03-31"},
		{Project: "town", ID: "june-later", AsOf: "2026-06-30"}, {Project: "village", ID: "other", AsOf: "2026-06-30"},
	} {
		if err := s.MarkReportDue(ctx, kept); err != nil {
			t.Fatal(err)
		}
	}
	june, march := Report{Day: "2026-06-30", Snapshot: "june"}, Report{Day: "2026-03-31", Snapshot: "march"}
	for from, want := range map[string][]Report{"": {march, june}, "2026-04-01": {june}, "2026-06-30": {june}, "2026-07-01": nil} {
		if got, err := s.Reports(ctx, "town", from); err != nil || !slices.Equal(got, want) {
			t.Errorf("from %q: %v, %v, want %v", from, got, err, want)
		}
	}
	if got, found, err := s.Report(ctx, "town", "2026-06-30"); err != nil || !found || got != june {
		t.Errorf("the report of the day: %v, %v, %v", got, found, err)
	}
	if _, found, err := s.Report(ctx, "town", "2026-06-29"); err != nil || found {
		t.Errorf("a day without a report: %v, %v", found, err)
	}
	facts := 0
	err := s.Log().ReadAll(ctx, "town", nil, func(f fact.Fact) error {
		if f.Kind == fact.KindReportDue {
			facts++
		}
		return nil
	})
	if err != nil || facts != 2 {
		t.Errorf("%d facts call for letters, want one a report: %v", facts, err)
	}
}

func TestTheLastCheckedDayNeverGoesBack(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), t.Context()
	for _, step := range []struct{ set, want string }{{"", ""}, {"2026-06-30", "2026-06-30"}, {"2026-06-29", "2026-06-30"}, {"2026-07-01", "2026-07-01"}} {
		if err := s.SetLastReportCheck(ctx, "town", step.set); err != nil {
			t.Fatal(err)
		}
		if got, err := s.LastReportCheck(ctx, "town"); err != nil || got != step.want {
			t.Errorf("after %q: %q, %v, want %q", step.set, got, err, step.want)
		}
	}
}
