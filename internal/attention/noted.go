package attention

import (
	"bytes"
	"context"
	"encoding/json"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/projects"
	"outreach/internal/reports"
	"outreach/internal/signups"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Store counts what waits, and keeps what was noted of it.
type Store struct {
	*store.DB
	projects  *projects.Store
	persons   *people.Store
	signups   *signups.Store
	uploads   *uploads.Store
	snapshots *snapshots.Store
	reports   *reports.Store
}

// New is the Store on a base and the features that it looks at.
func New(db *store.DB, projects *projects.Store, persons *people.Store, signups *signups.Store, uploads *uploads.Store, snapshots *snapshots.Store, reports *reports.Store) *Store {
	return &Store{db, projects, persons, signups, uploads, snapshots, reports}
}

// NoteAttention keeps what waits for the office on a day: a fact, which calls for a letter, where anything waits that is not
// what was noted last, and none was noted on that day. Of a quiet day it is only remembered that it was one.
func (s *Store) NoteAttention(ctx context.Context, project, day string, counts any, quiet bool) error {
	encoded, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	return table.Retry(ctx, func() error {
		last, rev, err := table.Load[fact.AttentionNoted](ctx, s.Tracker, attentionKey(project))
		if err != nil || bytes.Equal(last.Counts, encoded) {
			return err
		}
		if quiet {
			if rev == 0 {
				return nil
			}
			last.Counts = encoded
			return s.Tracker.Write(ctx, table.PutJSON(attentionKey(project), last, table.At(rev)))
		}
		if last.Day >= day {
			return nil
		}
		said := fact.AttentionNoted{Day: day, Counts: encoded}
		f, err := s.NewFact(fact.KindAttentionNoted, "", said)
		if err != nil {
			return err
		}
		return s.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(attentionKey(project), said, table.At(rev)))
	})
}
