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
func (s *Store) MakeReport(ctx context.Context, kept Kept) (made bool, err error) {
	err = s.again(ctx, func() error {
		made = false
		_, there, err := s.Report(ctx, kept.Project, kept.AsOf)
		if err != nil || there {
			return err
		}
		f, err := s.fact(fact.KindReportDue, "", fact.ReportDue{Snapshot: kept.ID, Day: kept.AsOf})
		if err != nil {
			return err
		}
		made = true
		return s.append(ctx, kept.Project, []fact.Fact{f}, put(reportKey(kept.Project, kept.AsOf), Report{Day: kept.AsOf, Snapshot: kept.ID}, table.Absent))
	})
	return made, err
}
