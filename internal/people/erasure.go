package people

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"outreach/internal/table"
)

// Erasure is an entry of the erasure ledger, which a restore from backup replays: the erased ids, and the pseudonym
// that replaces them in records.
type Erasure struct {
	Fresh string    `json:"fresh"` // the pseudonym
	IDs   []string  `json:"ids"`
	Keys  []string  `json:"keys"` // keyed hashes of the identity keys
	At    time.Time `json:"at"`
	By    string    `json:"by,omitempty"` // the random id of the staff member who asked for it; "" for a purge
}

// Remains reports whether data of an erased person exists: in tables restored from before the erasure or from the
// middle of it, or because a request wrote it after the erasure.
func (s *Store) Remains(ctx context.Context, project string, e Erasure) (bool, error) {
	var keys []table.Key
	for _, id := range e.IDs {
		keys = append(keys, personKey(project, id))
	}
	found, err := s.db.People.Get(ctx, keys...)
	if err != nil || len(found) > 0 {
		return len(found) > 0, err
	}
	identities, err := s.identityOps(ctx, project, e)
	if err != nil || len(identities) > 0 {
		return len(identities) > 0, err
	}
	for _, id := range e.IDs {
		mentioned := false
		if err := s.EachMention(ctx, project, id, func(_, _ string) error { mentioned = true; return nil }); err != nil || mentioned {
			return mentioned, err
		}
		private, err := s.privateOf(ctx, project, id)
		if err != nil || len(private) > 0 {
			return len(private) > 0, err
		}
	}
	return false, nil
}

// identityOps returns the operations by which an erased person's identity keys and claims no longer lead to them:
// others who have a key keep it.
func (s *Store) identityOps(ctx context.Context, project string, e Erasure) (map[table.Key]table.Op, error) {
	ops := map[table.Key]table.Op{}
	for _, sealed := range e.Keys {
		key := identityKey(project, sealed)
		for it, err := range table.Items(ctx, s.db.People, table.Query{PK: key.PK}) {
			if err != nil {
				return nil, err
			}
			ids, err := table.Decode[holders](it)
			if err != nil {
				return nil, err
			}
			left := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(e.IDs, id) })
			switch {
			case len(left) == len(ids):
			case len(left) == 0:
				ops[it.Key] = table.Remove(it.Key, table.At(it.Rev))
			default:
				ops[it.Key] = table.PutJSON(it.Key, left, table.At(it.Rev))
			}
		}
	}
	return ops, nil
}

// Delete deletes an erased person's forms and private texts, then identity keys and search words, and the person item
// last: a repeated call finds what an interrupted one left. It fails with table.ErrBusy where the person was merged
// during the erasure.
func (s *Store) Delete(ctx context.Context, project string, e Erasure) error {
	for _, id := range e.IDs {
		private, err := s.privateOf(ctx, project, id)
		if err != nil {
			return err
		}
		if err := table.RemoveAll(ctx, s.db.People, private); err != nil {
			return err
		}
	}
	return table.Retry(ctx, func() error { return s.removePeople(ctx, project, e) })
}

// removePeople deletes the items of a person with their identity keys and search words. It reads the person first: a
// request may have added a key since the erasure began.
func (s *Store) removePeople(ctx context.Context, project string, e Erasure) error {
	gone := map[table.Key]table.Condition{}
	var people []table.Op
	for _, id := range slices.Backward(e.IDs) { // the current id last: a retry begins with it
		p, rev, err := table.Load[Person](ctx, s.db.People, personKey(project, id))
		if err != nil {
			return err
		}
		if rev == 0 {
			continue
		}
		if joined := append(p.Was, p.Into); slices.ContainsFunc(joined, func(other string) bool { return other != "" && !slices.Contains(e.IDs, other) }) {
			return fmt.Errorf("person %s was merged during the erasure: %w", id, table.ErrBusy)
		}
		for _, k := range p.AllKeys() {
			if sealed := s.db.Seal(project, k.Kind, k.Value); !slices.Contains(e.Keys, sealed) {
				e.Keys = append(slices.Clone(e.Keys), sealed)
			}
		}
		for _, word := range p.Words() {
			gone[namePart(project, word, id)] = table.Always
			gone[formerNamePart(project, word, id)] = table.Always
		}
		people = append(people, table.Remove(personKey(project, id), table.At(rev)))
	}
	identities, err := s.identityOps(ctx, project, e)
	if err != nil {
		return err
	}
	ops := slices.Collect(maps.Values(identities))
	for key, condition := range gone {
		ops = append(ops, table.Remove(key, condition))
	}
	return table.WriteAll(ctx, s.db.People, append(ops, people...))
}

// FreshIDs maps the ids of erased people to their pseudonyms, and pseudonyms to themselves, so that an interrupted
// erasure can be repeated.
type FreshIDs map[string]string

// Add adds the ids of one erasure.
func (f FreshIDs) Add(e Erasure) {
	f[e.Fresh] = e.Fresh
	for _, id := range e.IDs {
		f[id] = e.Fresh
	}
}

// DeleteDistinctMarks deletes the marks of MarkDistinct that name erased people, and their pairs in what
// LookForDuplicates kept.
func (s *Store) DeleteDistinctMarks(ctx context.Context, project string, ids FreshIDs) error {
	var gone []table.Key
	err := s.eachDistinctMark(ctx, project, func(k table.Key) {
		one, other, _ := strings.Cut(k.SK, "#")
		if ids[one] != "" || ids[other] != "" {
			gone = append(gone, k)
		}
	})
	if err != nil {
		return err
	}
	if err := table.RemoveAll(ctx, s.db.Tracker, gone); err != nil {
		return err
	}
	return s.takeOut(ctx, project, slices.Collect(maps.Keys(ids)), func(idPair) (bool, error) { return false, nil })
}
