package records

import (
	"cmp"
	"context"
	"iter"

	"outreach/internal/schema"
	"outreach/internal/table"
)

// All iterates over the typed records of a kind in the order of their ids, voided ones too. It ends after the first
// error.
func (s *Store) All(ctx context.Context, project, kind string) iter.Seq2[Typed, error] {
	return table.Values[Typed](ctx, s.Tracker, table.Query{PK: Partition(project, kind)})
}

// Restore returns the operations that store a record of an archive, whose values are sealed anew. row has its private
// texts as well, for the natural key. Attachments and what mentions a person are restored by themselves.
func (s *Store) Restore(project string, k *schema.Kind, t Typed, row schema.Row) []table.Op {
	t.Natural = s.naturalHash(project, k, cmp.Or(t.Person, t.Partner), row)
	put := putRecord(project, t, 0)
	put.If = table.Always
	ops := append(moveInMonths(project, Typed{}, t), put)
	if !t.Voided {
		ops = append(ops, table.PutJSON(naturalKey(project, t.Natural), t.ID, table.Always))
	}
	return ops
}
