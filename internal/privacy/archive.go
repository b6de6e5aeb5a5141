package privacy

import (
	"context"
	"iter"

	"outreach/internal/people"
	"outreach/internal/table"
)

// Purged says that a class of data was removed because it is kept no longer, as an archive has it.
type Purged = purged

// Purges iterates over the classes of data that were purged. It ends after the first error.
func (s *Store) Purges(ctx context.Context, project string) iter.Seq2[Purged, error] {
	return table.Values[Purged](ctx, s.db.Tracker, table.Query{PK: purgeKey(project, "").PK})
}

// RestorePurged returns the operation that stores that a class of data was purged.
func RestorePurged(project string, p Purged) table.Op {
	return table.PutJSON(purgeKey(project, p.Class), p, table.Always)
}

// RestoreErasure returns the operation that stores an entry of the erasure ledger. It erases nobody.
func RestoreErasure(project string, e people.Erasure) table.Op {
	return table.PutJSON(erasureKey(project, e.Fresh), e, table.Always)
}

// OpenErasures writes entries of the ledger and marks them open, before ReplayErasure: from then on they are completed
// by the night, also if that is never called.
func (s *Store) OpenErasures(ctx context.Context, project string, erasures []people.Erasure) error {
	return s.beginErasing(ctx, project, erasures)
}
