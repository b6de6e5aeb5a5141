// Package attention counts what waits for somebody of the office to look at: on their first page, and in a letter of the
// night. It counts, and names nobody.
package attention

import (
	"context"
	"errors"

	"outreach/internal/snapshot"
	"outreach/internal/store"
)

// Counts is what waits. The zero Counts is a quiet day.
type Counts struct {
	RejectedFiles           int `json:"rejected_files,omitempty"`            // of the last days
	Waiting                 int `json:"waiting,omitempty"`                   // people in queues for activities that have free places
	Held                    int `json:"held,omitempty"`                      // sign-ups whose details the office has to check
	Duplicates              int `json:"duplicates,omitempty"`                // pairs of people who may be the same
	PeopleWithoutAttributes int `json:"people_without_attributes,omitempty"` // in the newest snapshot
	LinesBehind             int `json:"lines_behind,omitempty"`              // indicators behind plan, in the newest snapshot
	Reports                 int `json:"reports,omitempty"`                   // reports of ended periods that nobody has approved or rejected
}

// Any tells whether anything waits.
func (c Counts) Any() bool { return c != Counts{} }

// Days is how long a rejected file is something to look at.
const Days = 7

// Look counts what waits in a project now: for the page and for the night alike. The store needs its people, and its
// objects: the newest snapshot lies there.
func (s *Store) Look(ctx context.Context, project string) (Counts, error) {
	var c Counts
	defined, err := s.projects.Definition(ctx, project)
	if err != nil {
		return c, err
	}
	if c.Duplicates, err = s.persons.CountDuplicates(ctx, project, defined.Definition.Day(s.Now())); err != nil {
		return c, err
	}
	if c.RejectedFiles, err = s.uploads.CountRejected(ctx, project, s.Now().AddDate(0, 0, -Days)); err != nil {
		return c, err
	}
	places, err := s.signups.Places(ctx, project, defined.Activities())
	if err != nil {
		return c, err
	}
	for i, p := range places {
		if i < len(defined.Definition.Activities) { // to a former one nobody is admitted
			c.Waiting += p.Overlooked()
		}
		c.Held += p.Held
	}
	if c.Reports, err = s.undecided(ctx, project); err != nil {
		return c, err
	}
	return c, s.figures(ctx, project, &c)
}

// undecided counts the reports whose day has no snapshot that was decided about: the newest one of the day counts.
func (s *Store) undecided(ctx context.Context, project string) (int, error) {
	reports, err := s.reports.Reports(ctx, project, "")
	if err != nil {
		return 0, err
	}
	n := 0
	for _, r := range reports {
		kept, _, err := s.snapshots.Latest(ctx, project, r.Day)
		if err != nil {
			return 0, err
		}
		if kept.State == snapshot.Draft {
			n++
		}
	}
	return n, nil
}

// figures counts what the newest snapshot has to say.
func (s *Store) figures(ctx context.Context, project string, c *Counts) error {
	kept, err := s.snapshots.Newest(ctx, project)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	snap, err := s.snapshots.Snapshot(ctx, kept)
	if err != nil {
		return err
	}
	c.PeopleWithoutAttributes = int(snap.Quality.PeopleWithoutAttributes)
	for _, in := range snap.Indicators {
		if in.Status == "behind" {
			c.LinesBehind++
		}
	}
	return nil
}
