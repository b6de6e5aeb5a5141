package store

import (
	"context"

	"outreach/internal/fact"
	"outreach/internal/table"
)

// Report is a snapshot that the funder waits for: that of the last day of a reporting period.
type Report struct {
	Day      string `json:"day"`      // YYYY-MM-DD, the period's last
	Snapshot string `json:"snapshot"` // as it was compiled when the period had ended
}

// Reports lists the reports that were due, from a day on, or all where it is "".
func (s *Store) Reports(ctx context.Context, project, from string) ([]Report, error) {
	page, err := list[Report](ctx, s.Tracker, table.Query{PK: reportPartition(project), From: from})
	return page.Items, err
}

// Report reads the report of a day; false where none was due.
func (s *Store) Report(ctx context.Context, project, day string) (Report, bool, error) {
	r, rev, err := load[Report](ctx, s.Tracker, reportKey(project, day))
	return r, rev != 0, err
}

// MakeReport makes a snapshot the report of its day, once: whoever comes second finds it made.
func (s *Store) MakeReport(ctx context.Context, kept Kept) error {
	return s.again(ctx, func() error {
		_, there, err := s.Report(ctx, kept.Project, kept.AsOf)
		if err != nil || there {
			return err
		}
		f, err := s.fact(fact.KindReportDue, "", fact.ReportDue{Snapshot: kept.ID, Day: kept.AsOf})
		if err != nil {
			return err
		}
		return s.append(ctx, kept.Project, []fact.Fact{f}, put(reportKey(kept.Project, kept.AsOf), Report{Day: kept.AsOf, Snapshot: kept.ID}, table.Absent))
	})
}

// ReportSent tells whether a snapshot was sent to the funders.
func (s *Store) ReportSent(ctx context.Context, project, snapshot string) (bool, error) {
	_, rev, err := load[bool](ctx, s.Tracker, reportSentKey(project, snapshot))
	return rev != 0, err
}

// SetReportSent keeps that it was.
func (s *Store) SetReportSent(ctx context.Context, project, snapshot string) error {
	return s.Tracker.Write(ctx, put(reportSentKey(project, snapshot), true, table.Always))
}

// ReportsLookedAt reads up to which day it was looked for ends of reporting periods, "" where it never was.
func (s *Store) ReportsLookedAt(ctx context.Context, project string) (string, error) {
	day, _, err := load[string](ctx, s.Tracker, reportsLookedAtKey(project))
	return day, err
}

// SetReportsLookedAt moves that day forward; it never goes back.
func (s *Store) SetReportsLookedAt(ctx context.Context, project, day string) error {
	return s.again(ctx, func() error {
		before, rev, err := load[string](ctx, s.Tracker, reportsLookedAtKey(project))
		if err != nil || before >= day {
			return err
		}
		return s.Tracker.Write(ctx, put(reportsLookedAtKey(project), day, since(rev)))
	})
}
