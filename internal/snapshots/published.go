package snapshots

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/table"
)

// publication is the item of a snapshot that was shown to the public. It is written before the snapshot is shown, and
// never changes, so that what is published later is compared with all that was ever shown.
type publication struct {
	Snapshot string            `json:"snapshot"`
	Number   int               `json:"number"` // from 1, in the order of publication
	Withheld snapshot.Withheld `json:"withheld,omitempty"`
}

// publications is the item that numbers the publications of a project: two cannot be decided at once, each without the
// other.
type publications struct {
	Last   int      `json:"last"`
	Before []string `json:"before,omitempty"` // snapshots that were shown whole, before publications were compared
}

// Public returns what of a snapshot the public may see. A snapshot without a publication is shown as it was before
// there were publications, if it was shown then; else without any breakdown.
func (s *Store) Public(ctx context.Context, k Kept) (snapshot.Snapshot, error) {
	snap, err := s.Snapshot(ctx, k)
	if err != nil {
		return snap, err
	}
	p, rev, err := table.Load[publication](ctx, s.Tracker, publicationKey(k.Project, k.ID))
	switch {
	case err != nil:
		return snap, damagedUnlessRead(err)
	case rev != 0 && p.Snapshot != k.ID:
		return snap, fmt.Errorf("publication of %s: %w: the item is that of another one", k.ID, store.ErrDamaged)
	case rev != 0:
		return snap.Public(p.Withheld), nil
	}
	all, rev, err := table.Load[publications](ctx, s.Tracker, publicationsKey(k.Project))
	switch {
	case err != nil:
		return snap, damagedUnlessRead(err)
	case rev == 0:
		return snap.Public(nil), nil
	}
	if slices.Contains(all.Before, k.ID) {
		return snap.Public(nil), nil
	}
	return snap.Public(snap.Everything()), nil
}

// publish decides what the public may see of a snapshot, and keeps it. It may be repeated: what was decided stays.
func (s *Store) publish(ctx context.Context, k Kept) error {
	return table.Retry(ctx, func() error {
		all, rev, err := table.Load[publications](ctx, s.Tracker, publicationsKey(k.Project))
		if err != nil {
			return damagedUnlessRead(err)
		}
		listed, err := table.List[publication](ctx, s.Tracker, table.Query{PK: publicationsPartition(k.Project)})
		if err != nil {
			return damagedUnlessRead(err)
		}
		if slices.ContainsFunc(listed.Items, func(p publication) bool { return p.Snapshot == k.ID }) {
			return nil
		}
		if rev == 0 {
			if all.Before, err = s.everApproved(ctx, k.Project); err != nil {
				return err
			}
		}
		if slices.Contains(all.Before, k.ID) {
			if rev != 0 {
				return nil
			}
			return s.Tracker.Write(ctx, table.PutJSON(publicationsKey(k.Project), all, table.At(rev)))
		}
		for _, id := range all.Before {
			listed.Items = append(listed.Items, publication{Snapshot: id})
		}
		slices.SortFunc(listed.Items, func(a, b publication) int {
			return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Snapshot, b.Snapshot))
		})
		var before []snapshot.Published
		for _, p := range listed.Items {
			earlier, err := s.figures(ctx, k.Project, p.Snapshot)
			if err != nil {
				return err
			}
			before = append(before, snapshot.Published{Snapshot: earlier, Withheld: p.Withheld})
		}
		now, err := s.Snapshot(ctx, k)
		if err != nil {
			return err
		}
		all.Last++
		return s.Tracker.Write(ctx,
			table.PutJSON(publicationKey(k.Project, k.ID), publication{Snapshot: k.ID, Number: all.Last, Withheld: snapshot.Control(before, now)}, table.Absent),
			table.PutJSON(publicationsKey(k.Project), all, table.At(rev)))
	})
}

func (s *Store) figures(ctx context.Context, project, id string) (snapshot.Snapshot, error) {
	kept, err := s.KeptSnapshot(ctx, project, id)
	if err != nil {
		return snapshot.Snapshot{}, damagedUnlessRead(err)
	}
	return s.Snapshot(ctx, kept)
}

// everApproved returns the snapshots that may have been shown to the public before there were publications: those that
// are approved, and those of the chain, which were.
func (s *Store) everApproved(ctx context.Context, project string) ([]string, error) {
	approved, err := s.Snapshots(ctx, project, snapshot.Approved, 0, "")
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, k := range approved.Items {
		seen[k.ID] = true
	}
	last, _, err := table.Load[link](ctx, s.Tracker, chainKey(project))
	if err != nil {
		return nil, damagedUnlessRead(err)
	}
	for id, met := last.ID, map[string]bool{}; id != "" && !met[id]; {
		met[id], seen[id] = true, true
		k, err := s.KeptSnapshot(ctx, project, id)
		if err != nil {
			return nil, damagedUnlessRead(err)
		}
		if id = ""; k.Previous != nil {
			id = k.Previous.ID
		}
	}
	ids := make([]string, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

// publishAfter publishes the snapshot that the public will see once a snapshot has been decided.
func (s *Store) publishAfter(ctx context.Context, k Kept, state string) error {
	if state == snapshot.Approved {
		newest, err := s.NewestApproved(ctx, k.Project, "")
		if err != nil && !store.IsNotFound(err) {
			return err
		}
		if err == nil && cmp.Or(cmp.Compare(newest.AsOf, k.AsOf), cmp.Compare(newest.ID, k.ID)) > 0 {
			return nil
		}
		return s.publish(ctx, k)
	}
	others, err := s.Snapshots(ctx, k.Project, snapshot.Approved, 2, "")
	for _, other := range others.Items {
		if err == nil && other.ID != k.ID {
			err = s.publish(ctx, other)
			break
		}
	}
	if errors.Is(err, store.ErrDamaged) {
		return nil // a rejection must be possible; what has no publication is shown without breakdowns
	}
	return err
}
