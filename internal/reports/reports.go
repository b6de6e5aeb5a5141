// Package reports keeps which snapshots are due as reports of reporting periods that have ended.
package reports

import (
	"context"

	"outreach/internal/fact"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps which reports became due. It is safe for concurrent use.
type Store struct{ *store.DB }

// New returns a Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Report is the snapshot of the last day of a reporting period, which the funder waits for.
type Report struct {
	Day      string `json:"day"`      // YYYY-MM-DD, the last of the period
	Snapshot string `json:"snapshot"` // the first one compiled after the period ended
}

// Reports returns the reports that became due, in the order of their days, starting with day from; "" returns all.
func (s *Store) Reports(ctx context.Context, project, from string) ([]Report, error) {
	page, err := table.List[Report](ctx, s.Tracker, table.Query{PK: reportPartition(project), From: from})
	return page.Items, err
}

// Report returns the report of a day, and false where none was due.
func (s *Store) Report(ctx context.Context, project, day string) (Report, bool, error) {
	r, rev, err := table.Load[Report](ctx, s.Tracker, reportKey(project, day))
	return r, rev != 0, err
}

// MarkReportDue makes a snapshot the report of its day and appends the fact that the report is due. Where the day has a
// report it does nothing, so it may be called twice or concurrently.
func (s *Store) MarkReportDue(ctx context.Context, kept snapshots.Kept) error {
	return table.Retry(ctx, func() error {
		_, found, err := s.Report(ctx, kept.Project, kept.AsOf)
		if err != nil || found {
			return err
		}
		f, err := s.NewFact(fact.KindReportDue, "", fact.ReportDue{Snapshot: kept.ID, Day: kept.AsOf})
		if err != nil {
			return err
		}
		report := Report{Day: kept.AsOf, Snapshot: kept.ID}
		return s.Log().Append(ctx, kept.Project, []fact.Fact{f}, table.PutJSON(reportKey(kept.Project, kept.AsOf), report, table.Absent))
	})
}

// LastReportCheck returns the last day that was checked for the end of a reporting period, "" where none was.
func (s *Store) LastReportCheck(ctx context.Context, project string) (string, error) {
	day, _, err := table.Load[string](ctx, s.Tracker, lastReportCheckKey(project))
	return day, err
}

// SetLastReportCheck sets the last day that was checked. An earlier day than the stored one changes nothing.
func (s *Store) SetLastReportCheck(ctx context.Context, project, day string) error {
	return table.Retry(ctx, func() error {
		before, rev, err := table.Load[string](ctx, s.Tracker, lastReportCheckKey(project))
		if err != nil || before >= day {
			return err
		}
		return s.Tracker.Write(ctx, table.PutJSON(lastReportCheckKey(project), day, table.At(rev)))
	})
}
