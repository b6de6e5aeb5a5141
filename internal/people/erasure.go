package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"outreach/internal/table"
)

// Erasure is an entry of the ledger that a restore from backup replays: which ids went, and to which fresh one their
// records were put.
type Erasure struct {
	Fresh string    `json:"fresh"`
	IDs   []string  `json:"ids"`
	Keys  []string  `json:"keys"` // keyed hashes of the identity keys
	At    time.Time `json:"at"`
	By    string    `json:"by,omitempty"` // who of the staff asked for it: a random id
}

// Remains tells whether something of somebody who was erased is there all the same: in tables that were brought back from
// before it, or from the midst of it, or what came after.
func (s *Store) Remains(ctx context.Context, project string, e Erasure) (bool, error) {
	var keys []table.Key
	for _, id := range e.IDs {
		keys = append(keys, personKey(project, id))
	}
	found, err := s.db.People.Get(ctx, keys...)
	if err != nil || len(found) > 0 {
		return len(found) > 0, err
	}
	leading, err := s.leadingTo(ctx, project, e)
	if err != nil || len(leading) > 0 {
		return len(leading) > 0, err
	}
	for _, id := range e.IDs {
		mentioned := false
		if err := s.About(ctx, project, id, func(_, _ string) error { mentioned = true; return nil }); err != nil || mentioned {
			return mentioned, err
		}
		texts, err := s.TextsOf(ctx, project, id)
		if err != nil || len(texts) > 0 {
			return len(texts) > 0, err
		}
	}
	return false, nil
}

// leadingTo reads the items of keys by which somebody was known who is erased, but for those by which somebody new is known.
func (s *Store) leadingTo(ctx context.Context, project string, e Erasure) ([]table.Item, error) {
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

// Delete removes what led to a person, and in the end the person.
func (s *Store) Delete(ctx context.Context, project string, e Erasure) error {
	for _, id := range e.IDs {
		texts, err := s.TextsOf(ctx, project, id)
		if err != nil {
			return err
		}
		if err := table.RemoveAll(ctx, s.db.People, texts); err != nil {
			return err
		}
	}
	return table.Retry(ctx, func() error { return s.removePeople(ctx, project, e) })
}

// removePeople removes the items of a person with the keys and words that lead there: as they are at this moment, for a record
// may have brought another key meanwhile.
func (s *Store) removePeople(ctx context.Context, project string, e Erasure) error {
	leading, err := s.leadingTo(ctx, project, e)
	if err != nil {
		return err
	}
	gone := map[table.Key]table.Condition{}
	for _, it := range leading {
		gone[it.Key] = table.At(it.Rev)
	}
	var people []table.Op
	for _, id := range slices.Backward(e.IDs) { // the one that is asked for again last
		p, rev, err := table.Load[Person](ctx, s.db.People, personKey(project, id))
		if err != nil {
			return err
		}
		if rev == 0 {
			continue
		}
		if joined := append(p.Was, p.Into); slices.ContainsFunc(joined, func(other string) bool { return other != "" && !slices.Contains(e.IDs, other) }) {
			return fmt.Errorf("person %s was merged while they were erased: %w", id, table.ErrBusy)
		}
		for _, k := range p.Keys() {
			gone[s.identityKey(project, k)] = table.Always
		}
		for _, word := range p.Words() {
			gone[namePart(project, word, id)] = table.Always
		}
		people = append(people, table.Remove(personKey(project, id), table.At(rev)))
	}
	var ops []table.Op
	for key, condition := range gone {
		ops = append(ops, table.Remove(key, condition))
	}
	return table.WriteAll(ctx, s.db.People, append(ops, people...))
}

// FreshIDs leads from ids of people who are erased to those that stand in their place: from these too, for an erasure that
// was cut off is done again.
type FreshIDs map[string]string

// Add lets the ids of a person who is erased lead to the fresh one.
func (f FreshIDs) Add(e Erasure) {
	f[e.Fresh] = e.Fresh
	for _, id := range e.IDs {
		f[id] = e.Fresh
	}
}

// ForgetApart removes the pairs that name somebody who is erased, and how many may be duplicates.
func (s *Store) ForgetApart(ctx context.Context, project string, ids FreshIDs) error {
	gone := []table.Key{duplicatesKey(project)}
	err := s.apart(ctx, project, func(k table.Key) {
		one, other, _ := strings.Cut(k.SK, "#")
		if ids[one] != "" || ids[other] != "" {
			gone = append(gone, k)
		}
	})
	if err != nil {
		return err
	}
	return table.RemoveAll(ctx, s.db.Tracker, gone)
}
