package people

import (
	"context"
	"encoding/json"
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
	identities, err := s.identityItems(ctx, project, e)
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

// identityItems reads the items of an erased person's identity keys, without keys that a new person has taken over.
func (s *Store) identityItems(ctx context.Context, project string, e Erasure) ([]table.Item, error) {
	keys := make([]table.Key, len(e.Keys))
	for i, sealed := range e.Keys {
		keys[i] = identityKey(project, sealed)
	}
	found, err := s.db.People.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	var theirs []table.Item
	for _, it := range found {
		var id string
		if err := json.Unmarshal(it.Data, &id); err != nil {
			return nil, fmt.Errorf("identity key: %w", err)
		}
		if slices.Contains(e.IDs, id) {
			theirs = append(theirs, it)
		}
	}
	return theirs, nil
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
	identities, err := s.identityItems(ctx, project, e)
	if err != nil {
		return err
	}
	gone := map[table.Key]table.Condition{}
	for _, it := range identities {
		gone[it.Key] = table.At(it.Rev)
	}
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
		for _, k := range p.Keys() {
			gone[s.identityKey(project, k)] = table.Always
		}
		for _, word := range p.Words() {
			gone[namePart(project, word, id)] = table.Always
			gone[formerNamePart(project, word, id)] = table.Always
		}
		people = append(people, table.Remove(personKey(project, id), table.At(rev)))
	}
	var ops []table.Op
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
