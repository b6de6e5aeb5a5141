package store

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/signup"
	"outreach/internal/table"
)

// CountRejected counts the files asked for since an instant that were rejected, and whose owner has sent no good one since.
func (s *Store) CountRejected(ctx context.Context, project string, since time.Time) (int, error) {
	var first ulid.ULID
	if err := first.SetTime(ulid.Timestamp(since)); err != nil {
		return 0, err
	}
	n, mended := 0, map[string]bool{}
	q := table.Query{PK: uploadPartition(project), From: first.String(), Backward: true, Limit: table.MostPage}
	for {
		page, err := list[Upload](ctx, s.Tracker, q)
		if err != nil {
			return 0, err
		}
		for _, u := range page.Items {
			switch {
			case u.CheckOnly:
			case u.State == AcceptedUp:
				mended[u.Owner] = true
			case u.State == RejectedUp && !mended[u.Owner]:
				n++
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return n, nil
		}
	}
}

// CountWaiting counts who waits for an activity that has free places for them: as many as there are places. A definition
// that gave more of them, or a queue that nobody has looked at, leaves such people.
func (s *Store) CountWaiting(ctx context.Context, project string, a project.Activity) (int, error) {
	places, _, err := s.places(ctx, project, a)
	if err != nil || !places.Free() {
		return 0, err
	}
	waiting, err := s.countItems(ctx, queuePartition(project, a.ID))
	if a.Capacity > 0 {
		waiting = min(waiting, a.Capacity-places.Taken)
	}
	return waiting, err
}

// Waiting tells how many wait for an activity, and how many of its places are free: -1 where there are as many as come.
func (s *Store) Waiting(ctx context.Context, project string, a project.Activity) (waiting, free int, err error) {
	places, _, err := s.places(ctx, project, a)
	if err != nil || !places.Waiting {
		return 0, 0, err
	}
	free = -1
	if a.Capacity > 0 {
		free = max(0, a.Capacity-places.Taken)
	}
	waiting, err = s.countItems(ctx, queuePartition(project, a.ID))
	return waiting, free, err
}

// CountHeld counts the sign-ups that are held for the office.
func (s *Store) CountHeld(ctx context.Context, project string) (int, error) {
	return s.countItems(ctx, heldPartition(project))
}

// HeldSignups reads them.
func (s *Store) HeldSignups(ctx context.Context, project string) ([]signup.Signup, error) {
	var out []signup.Signup
	cursor := ""
	for {
		page, err := list[string](ctx, s.Tracker, table.Query{PK: heldPartition(project), Limit: 200, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		found, err := s.SignupsOf(ctx, project, page.Items)
		if err != nil {
			return nil, err
		}
		for _, id := range page.Items {
			if su, ok := found[id]; ok {
				out = append(out, su)
			}
		}
		if cursor = page.Next; cursor == "" {
			return out, nil
		}
	}
}

func (s *Store) countItems(ctx context.Context, partition string) (int, error) {
	n := 0
	q := table.Query{PK: partition}
	for {
		page, err := s.Tracker.Query(ctx, q)
		if err != nil {
			return 0, err
		}
		n += len(page.Items)
		if q.Cursor = page.Next; q.Cursor == "" {
			return n, nil
		}
	}
}

// NoteAttention keeps what waits for the office on a day: a fact, which calls for a letter, where anything waits that is not
// what was noted last, and none was noted on that day. Of a quiet day it is only remembered that it was one.
func (s *Store) NoteAttention(ctx context.Context, project, day string, counts any, quiet bool) error {
	encoded, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	return s.again(ctx, func() error {
		last, rev, err := load[fact.AttentionNoted](ctx, s.Tracker, attentionKey(project))
		if err != nil || bytes.Equal(last.Counts, encoded) {
			return err
		}
		if quiet {
			if rev == 0 {
				return nil
			}
			last.Counts = encoded
			return s.Tracker.Write(ctx, put(attentionKey(project), last, since(rev)))
		}
		if last.Day >= day {
			return nil
		}
		said := fact.AttentionNoted{Day: day, Counts: encoded}
		f, err := s.fact(fact.KindAttentionNoted, "", said)
		if err != nil {
			return err
		}
		return s.append(ctx, project, []fact.Fact{f}, put(attentionKey(project), said, since(rev)))
	})
}
