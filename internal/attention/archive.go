package attention

import (
	"context"

	"outreach/internal/fact"
	"outreach/internal/table"
)

// Last returns the counts that were noted last, nil where there are none.
func (s *Store) Last(ctx context.Context, project string) (*fact.AttentionNoted, error) {
	last, rev, err := table.Load[fact.AttentionNoted](ctx, s.Tracker, attentionKey(project))
	if err != nil || rev == 0 {
		return nil, err
	}
	return &last, nil
}

// Restore returns the operation that stores the counts that were noted last, so that they call for no letter again.
func Restore(project string, last fact.AttentionNoted) table.Op {
	return table.PutJSON(attentionKey(project), last, table.Always)
}
