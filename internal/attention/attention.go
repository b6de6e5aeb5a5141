// Package attention counts the tasks that wait for the office, for its first page and for the nightly letter. Counts
// name no one.
package attention

import (
	"context"
	"errors"

	"outreach/internal/hooks"
	"outreach/internal/notices"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/reports"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/uploads"
)

// Store counts tasks, and keeps which counts were noted last. It is safe for concurrent use.
type Store struct {
	*store.DB
	projects  *projects.Store
	persons   *people.Store
	signups   *signups.Store
	uploads   *uploads.Store
	snapshots *snapshots.Store
	reports   *reports.Store
	notices   *notices.Store
	hooks     *hooks.Store
}

// New returns a Store on a base and the features whose tasks it counts.
func New(db *store.DB, projects *projects.Store, persons *people.Store, signups *signups.Store, uploads *uploads.Store, snapshots *snapshots.Store, reports *reports.Store, notices *notices.Store, hooks *hooks.Store) *Store {
	return &Store{db, projects, persons, signups, uploads, snapshots, reports, notices, hooks}
}

// Counts is how many tasks wait, by kind. The zero Counts is a day without tasks.
type Counts struct {
	RejectedFiles           int `json:"rejected_files,omitempty"`            // of the last Days days
	Deliveries              int `json:"deliveries,omitempty"`                // of other form tools that could not be taken
	Waiting                 int `json:"waiting,omitempty"`                   // people on waiting lists of activities with free places
	Held                    int `json:"held,omitempty"`                      // sign-ups in the state held, without unconfirmed ones
	Duplicates              int `json:"duplicates,omitempty"`                // pairs of people who may be the same
	PeopleWithoutAttributes int `json:"people_without_attributes,omitempty"` // in the newest snapshot
	PostponedLetters        int `json:"postponed_letters,omitempty"`         // causes of letters that SES refuses for now
	LinesBehind             int `json:"lines_behind,omitempty"`              // indicators behind plan, in the newest snapshot
	RuleErrors              int `json:"rule_errors,omitempty"`               // rules that failed for records, in the newest snapshot
	Reports                 int `json:"reports,omitempty"`                   // due reports neither approved nor rejected
	Incomplete              int `json:"incomplete,omitempty"`                // people who lacked an attribute when it was last looked
}

// Any reports whether any task waits.
func (c Counts) Any() bool { return c != Counts{} }

// Days is for how many days a rejected file is a task.
const Days = 7

// CountTasks counts the tasks of a project as of now. It reads the newest snapshot from the objects. What it reads of
// the tables does not grow with the project.
func (s *Store) CountTasks(ctx context.Context, project string) (Counts, error) {
	var c Counts
	defined, err := s.projects.Definition(ctx, project)
	if err != nil {
		return c, err
	}
	if c.Duplicates, err = s.persons.CountDuplicates(ctx, project); err != nil {
		return c, err
	}
	if c.RejectedFiles, err = s.uploads.CountRejected(ctx, defined.Definition, s.Now().AddDate(0, 0, -Days)); err != nil {
		return c, err
	}
	if c.Deliveries, err = s.hooks.Count(ctx, project); err != nil {
		return c, err
	}
	places, err := s.signups.Places(ctx, project, defined.Activities())
	if err != nil {
		return c, err
	}
	for i, p := range places {
		if i < len(defined.Definition.Activities) { // no one is admitted to former activities
			c.Waiting += p.WaitingWithFreePlaces()
		}
		c.Held += p.Held - p.Unconfirmed // the link in the letter may still be followed
	}
	if len(defined.Definition.People.Complete) > 0 {
		if c.Incomplete, err = s.persons.CountIncomplete(ctx, project); err != nil {
			return c, err
		}
	}
	if c.PostponedLetters, err = s.notices.CountPostponed(ctx, project); err != nil {
		return c, err
	}
	if c.Reports, err = s.undecided(ctx, project); err != nil {
		return c, err
	}
	return c, s.figures(ctx, project, &c)
}

// LookForTasks finds what takes too long for CountTasks: probable duplicates among many people. The nightly run calls
// it; it may be called twice.
func (s *Store) LookForTasks(ctx context.Context, d *project.Definition) error {
	return s.persons.LookForDuplicates(ctx, d.ID, d.Day(s.Now()))
}

// undecided counts the reports whose day's newest snapshot is a draft.
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

// figures adds the counts of the newest snapshot to c. A project without snapshots has none.
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
	c.RuleErrors = len(snap.Quality.RuleErrors)
	for _, in := range snap.Indicators {
		if in.Status == "behind" {
			c.LinesBehind++
		}
	}
	return nil
}
