package said

import (
	"context"
	"iter"

	"outreach/internal/table"
)

// All iterates over what was said last of each indicator and day; notes are sealed. It ends after the first error.
func (s *Store) All(ctx context.Context, project string) iter.Seq2[Value, error] {
	return table.Values[Value](ctx, s.Tracker, table.Query{PK: Partition(project)})
}

// TextsOf returns the name under which the notes of a value are stored.
func TextsOf(v Value) string { return name(v.Indicator, v.AsOf) }

// Restore returns the operation that stores a value of an archive, whose note is sealed anew.
func Restore(project string, v Value) table.Op {
	return table.PutJSON(saidKey(project, v.Indicator, v.AsOf), v, table.Always)
}
