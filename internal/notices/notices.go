// Package notices keeps how far a project's letters are sent, and whose turn it is to send them.
package notices

import (
	"context"
	"errors"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps how far letters are sent, and to whom.
type Store struct{ *store.DB }

// New is the Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// ErrTaken is in the error where it is somebody else's turn to send a project's letters.
var ErrTaken = errors.New("somebody else is sending the letters")

// Turn is the right to send a project's letters: one at a time has it. Whoever died in the midst loses it when it has run out.
type Turn struct {
	Done fact.Heads // up to which fact of each lane they are sent, as far as its holder knows

	store          *Store
	project, owner string
	lasts          time.Duration
	rev            int64
}

// notices is how far a project's letters are sent, and whose turn it is to send more.
type notices struct {
	Heads fact.Heads `json:"heads"`
	Owner string     `json:"owner,omitempty"`
	Until time.Time  `json:"until,omitzero"`
}

// TakeTurn takes the turn to send the letters of facts up to some, or gives nil where that is done. It lasts for some time
// after it was taken, and after each Keep. An owner takes up again a turn of their own that they did not end. Where it is
// another's the error is ErrTaken: what is to be sent is sent by them, if they live.
func (s *Store) TakeTurn(ctx context.Context, project, owner string, lasts time.Duration, upTo fact.Heads) (*Turn, error) {
	kept, rev, err := table.Load[notices](ctx, s.Tracker, noticesKey(project))
	if err != nil {
		return nil, err
	}
	behind := false
	for lane := range upTo {
		behind = behind || kept.Heads[lane] < upTo[lane]
	}
	switch {
	case !behind:
		return nil, nil
	case kept.Owner != owner && kept.Until.After(s.Now()):
		return nil, ErrTaken
	}
	t := &Turn{Done: kept.Heads, store: s, project: project, owner: owner, lasts: lasts, rev: rev}
	return t, t.Keep(ctx)
}

// Keep writes down what is done, and that the turn goes on. It is ErrTaken where the turn had run out and is another's.
func (t *Turn) Keep(ctx context.Context) error {
	return t.write(ctx, notices{Heads: t.Done, Owner: t.owner, Until: t.store.Now().Add(t.lasts).UTC()})
}

// End writes down what is done, and gives the turn back.
func (t *Turn) End(ctx context.Context) error {
	return t.write(ctx, notices{Heads: t.Done})
}

func (t *Turn) write(ctx context.Context, kept notices) error {
	err := table.Retry(ctx, func() error {
		err := t.store.Tracker.Write(ctx, table.PutJSON(noticesKey(t.project), kept, table.At(t.rev)))
		if conflict, met := table.AsConflict(err); met && len(conflict.Failed) > 0 {
			return ErrTaken
		}
		return err
	})
	if err == nil {
		t.rev++
	}
	return err
}

// sentFor is how long it is remembered who of several got a letter, should another's fail all that time.
const sentFor = 30 * 24 * time.Hour

// LettersSent finds the members of the staff, by their ids, who got their letter about a cause.
func (s *Store) LettersSent(ctx context.Context, project, cause string) (map[string]bool, error) {
	sent := map[string]bool{}
	q := table.Query{PK: noticesKey(project).PK, Prefix: letterSentKey(project, cause, "").SK}
	for it, err := range table.Items(ctx, s.Tracker, q) {
		if err != nil {
			return nil, err
		}
		sent[strings.TrimPrefix(it.SK, q.Prefix)] = true
	}
	return sent, nil
}

// SetLetterSent keeps that one of them did.
func (s *Store) SetLetterSent(ctx context.Context, project, cause, member string) error {
	op := table.PutJSON(letterSentKey(project, cause, member), true, table.Always)
	op.Item.Expires = s.Now().Add(sentFor)
	return s.Tracker.Write(ctx, op)
}

// ReportSent tells whether a snapshot was sent to the funders.
func (s *Store) ReportSent(ctx context.Context, project, snapshot string) (bool, error) {
	_, rev, err := table.Load[bool](ctx, s.Tracker, reportSentKey(project, snapshot))
	return rev != 0, err
}

// SetReportSent keeps that it was.
func (s *Store) SetReportSent(ctx context.Context, project, snapshot string) error {
	return s.Tracker.Write(ctx, table.PutJSON(reportSentKey(project, snapshot), true, table.Always))
}
