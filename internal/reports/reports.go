// Package reports keeps which snapshots are the reports of ended reporting periods.
package reports

import (
	"context"

	"outreach/internal/fact"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps which reports were due.
type Store struct{ *store.DB }

// New is the Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Report is a snapshot that the funder waits for: that of the last day of a reporting period.
type Report struct {
	Day      string `json:"day"`      // YYYY-MM-DD, the period's last
	Snapshot string `json:"snapshot"` // as it was compiled when the period had ended
}

// Reports lists the reports that were due, from a day on, or all where it is "".
func (s *Store) Reports(ctx context.Context, project, from string) ([]Report, error) {
	page, err := table.List[Report](ctx, s.Tracker, table.Query{PK: reportPartition(project), From: from})
	return page.Items, err
}

// Report reads the report of a day; false where none was due.
func (s *Store) Report(ctx context.Context, project, day string) (Report, bool, error) {
	r, rev, err := table.Load[Report](ctx, s.Tracker, reportKey(project, day))
	return r, rev != 0, err
}

// MakeReport makes a snapshot the report of its day, once: whoever comes second finds it made.
func (s *Store) MakeReport(ctx context.Context, kept snapshots.Kept) error {
	return table.Retry(ctx, func() error {
		_, there, err := s.Report(ctx, kept.Project, kept.AsOf)
		if err != nil || there {
			return err
		}
		f, err := s.NewFact(fact.KindReportDue, "", fact.ReportDue{Snapshot: kept.ID, Day: kept.AsOf})
		if err != nil {
			return err
		}
		return s.Log().Append(ctx, kept.Project, []fact.Fact{f}, table.PutJSON(reportKey(kept.Project, kept.AsOf), Report{Day: kept.AsOf, Snapshot: kept.ID}, table.Absent))
	})
}

// ReportsLookedAt reads up to which day it was looked for ends of reporting periods, "" where it never was.
func (s *Store) ReportsLookedAt(ctx context.Context, project string) (string, error) {
	day, _, err := table.Load[string](ctx, s.Tracker, reportsLookedAtKey(project))
	return day, err
}

// SetReportsLookedAt moves that day forward; it never goes back.
func (s *Store) SetReportsLookedAt(ctx context.Context, project, day string) error {
	return table.Retry(ctx, func() error {
		before, rev, err := table.Load[string](ctx, s.Tracker, reportsLookedAtKey(project))
		if err != nil || before >= day {
			return err
		}
		return s.Tracker.Write(ctx, table.PutJSON(reportsLookedAtKey(project), day, table.At(rev)))
	})
}
