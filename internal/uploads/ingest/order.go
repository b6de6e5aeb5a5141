package ingest

import (
	"cmp"
	"context"
	"slices"

	"outreach/internal/importer"
)

// mostOrdered is how many rows are held in memory to bring them into another order.
const mostOrdered = 20_000

// bySubmission calls do for each row of a file of sign-ups by the time of submission, then by row: places are given in
// this order. A row without a time was submitted when the file arrived. A file in this order is read once; another one
// is read once more for every mostOrdered rows.
func (r *run) bySubmission(ctx context.Context, do func(importer.Line) error) error {
	type place struct {
		at  int64 // nanoseconds since 1970
		row int
	}
	var all []place
	arrived := r.upload.Arrived.UnixNano()
	err := r.counted(ctx, func(l importer.Line) error {
		at := arrived
		if given := r.kind.Get(l.Entry.Row, "submitted_at"); given != "" {
			submitted, err := parseInstant(given)
			if err != nil {
				return err
			}
			at = submitted.UnixNano()
		}
		all = append(all, place{at, l.Place()})
		return nil
	})
	if err != nil {
		return err
	}
	order := func(a, b place) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.row, b.row)) }
	if slices.IsSortedFunc(all, order) {
		return r.counted(ctx, do)
	}
	slices.SortFunc(all, order)
	for part := range slices.Chunk(all, r.mostOrdered) {
		places := make(map[int]int, len(part))
		for i, p := range part {
			places[p.row] = i
		}
		lines := make([]importer.Line, len(part))
		err := r.counted(ctx, func(l importer.Line) error {
			if i, is := places[l.Place()]; is {
				l.Entry.Row = slices.Clone(l.Entry.Row)
				lines[i] = l
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, l := range lines {
			if err := do(l); err != nil {
				return err
			}
		}
	}
	return nil
}
