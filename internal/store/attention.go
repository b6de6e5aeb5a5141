package store

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/fact"
	"outreach/internal/table"
)

// CountRejected counts the files asked for since an instant that were rejected, and whose owner has sent no good one since.
func (s *Store) CountRejected(ctx context.Context, project string, since time.Time) (int, error) {
	var first ulid.ULID
	if err := first.SetTime(ulid.Timestamp(since)); err != nil {
		return 0, err
	}
	n, mended := 0, map[string]bool{}
	for u, err := range values[Upload](ctx, s.Tracker, table.Query{PK: uploadPartition(project), From: first.String(), Backward: true}) {
		switch {
		case err != nil:
			return 0, err
		case u.CheckOnly:
		case u.State == AcceptedUp:
			mended[u.Owner] = true
		case u.State == RejectedUp && !mended[u.Owner]:
			n++
		}
	}
	return n, nil
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
