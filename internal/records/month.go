package records

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"outreach/internal/schema"
	"outreach/internal/table"
)

// Each record of an adviser that is not voided has an item in the partition of its adviser and month, in the order of
// days. Records of before these items existed get them when a month of their adviser is first asked for.

// monthItem returns the key of a record's item; ok is false for a record that has none.
func monthItem(project string, t Typed) (key table.Key, ok bool) {
	staff, day := t.Values.Get("adviser"), t.Values.Get("date")
	if staff == "" || len(day) < len("2006-01") || t.Voided {
		return key, false
	}
	return table.Key{PK: monthPartition(project, staff, day[:len("2006-01")]), SK: day + "#" + t.ID}, true
}

// moveInMonths returns the operations that list a version of a record in its month instead of the version before it,
// the zero Typed for the first one.
func moveInMonths(project string, before, after Typed) []table.Op {
	var ops []table.Op
	from, was := monthItem(project, before)
	to, is := monthItem(project, after)
	if was && (!is || from != to) {
		ops = append(ops, table.Remove(from, table.Always))
	}
	if is && (!was || from != to) {
		ops = append(ops, table.PutJSON(to, after.ID, table.Always))
	}
	return ops
}

// Month returns an adviser's records of a kind that are not voided and of a month (2026-05), in the order of their
// days, then ids.
func (s *Store) Month(ctx context.Context, project string, kind *schema.Kind, staff, month string) ([]Typed, error) {
	if err := s.listMonths(ctx, project, kind, staff); err != nil {
		return nil, err
	}
	var keys []table.Key
	for id, err := range table.Values[string](ctx, s.Tracker, table.Query{PK: monthPartition(project, staff, month)}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, recordKey(project, kind.Name, id))
	}
	found, err := table.LoadAll[Typed](ctx, s.Tracker, keys)
	if err != nil {
		return nil, err
	}
	var out []Typed
	for _, t := range found {
		// An item may be of an earlier version: listMonths wrote it while the record was changed.
		if !t.Voided && t.Values.Get("adviser") == staff && strings.HasPrefix(t.Values.Get("date"), month+"-") {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b Typed) int {
		return cmp.Or(cmp.Compare(a.Values.Get("date"), b.Values.Get("date")), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// monthsListed says that an adviser's records have their items.
type monthsListed struct {
	Since time.Time `json:"since"`          // when they first had them
	Done  bool      `json:"done,omitempty"` // whether they had them again after settling
}

// settling is how long a function of the version before may still write records without their items.
const settling = 15 * time.Minute

// listMonths gives an adviser's records their items, unless that was done. It reads all of them, once, and once more
// after settling. It may be called twice or concurrently: what is written meanwhile brings its own items.
func (s *Store) listMonths(ctx context.Context, project string, kind *schema.Kind, staff string) error {
	listed, rev, err := table.Load[monthsListed](ctx, s.Tracker, monthsKey(project, staff))
	now := s.Now().UTC()
	settled := rev != 0 && now.Sub(listed.Since) > settling
	if err != nil || listed.Done || rev != 0 && !settled {
		return err
	}
	for cursor := ""; ; {
		page, err := s.TypedRecords(ctx, project, kind, staff, table.MostPage, cursor)
		if err != nil {
			return err
		}
		var ops []table.Op
		for _, t := range page.Items {
			ops = append(ops, moveInMonths(project, Typed{}, t)...)
		}
		if err := table.WriteAll(ctx, s.Tracker, ops); err != nil {
			return err
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if rev == 0 {
		listed.Since = now
	}
	listed.Done = settled
	return s.Tracker.Write(ctx, table.PutJSON(monthsKey(project, staff), listed, table.Always))
}
