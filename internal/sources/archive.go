package sources

import (
	"context"
	"iter"

	"outreach/internal/table"
)

// VersionsOf iterates over all versions of sources, of each the oldest first. It ends after the first error.
func (s *Store) VersionsOf(ctx context.Context, project string, ids []string) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		for _, id := range ids {
			for one, err := range table.Values[Stored](ctx, s.Tracker, table.Query{PK: versionKey(project, id, 0).PK, Prefix: "VERSION#"}) {
				if !yield(one, err) || err != nil {
					return
				}
			}
		}
	}
}

// Restore returns the operations that store a version of an archive, where those of a source come in their order.
func Restore(project string, v Stored) []table.Op {
	id := v.Source.ID
	ops := []table.Op{table.PutJSON(versionKey(project, id, v.Version), v, table.Always), table.PutJSON(lastKey(project, id), v.Version, table.Always)}
	if v.Removed {
		return append(ops, table.Remove(sourceKey(project, id), table.Always))
	}
	return append(ops, table.PutJSON(sourceKey(project, id), v, table.Always))
}
