package attention

import (
	"bytes"
	"context"
	"encoding/json"

	"outreach/internal/fact"
	"outreach/internal/table"
)

// NoteAttention records the counts of a day. It appends a fact, which calls for a letter, unless the counts are those
// noted last, or a fact was appended on that day or a later one. Quiet counts, of no tasks, are stored without a fact.
// It may be called twice or concurrently.
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
		noted := fact.AttentionNoted{Day: day, Counts: encoded}
		f, err := s.NewFact(fact.KindAttentionNoted, "", noted)
		if err != nil {
			return err
		}
		return s.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(attentionKey(project), noted, table.At(rev)))
	})
}
