package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps people: who they are, the keys that lead to them, what mentions them, and the private texts of records.
type Store struct{ db *store.DB }

// New is the Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Person reads one person, following merges.
func (s *Store) Person(ctx context.Context, project, id string) (p Person, err error) {
	_, err = follow(id, func(id string) (string, error) {
		var rev int64
		if p, rev, err = table.Load[Person](ctx, s.db.People, personKey(project, id)); err == nil && rev == 0 {
			err = fmt.Errorf("person %s: %w", id, store.ErrNotFound)
		}
		return p.Into, err
	})
	return p, err
}

// follow goes from id to id as merges lead, to the one that counts.
func follow(id string, into func(string) (string, error)) (string, error) {
	for range 100 {
		next, err := into(id)
		if err != nil || next == "" {
			return id, err
		}
		id = next
	}
	return "", fmt.Errorf("person %s: merged in a circle", id)
}

// Persons reads several people at once by their ids, following merges; ids that nobody has are left out.
func (s *Store) Persons(ctx context.Context, project string, ids []string) (map[string]Person, error) {
	out := map[string]Person{}
	for start := 0; start < len(ids); start += table.MostGet {
		part := ids[start:min(len(ids), start+table.MostGet)]
		keys := make([]table.Key, len(part))
		for i, id := range part {
			keys[i] = personKey(project, id)
		}
		found, err := s.db.People.Get(ctx, keys...)
		if err != nil {
			return nil, err
		}
		for i, id := range part {
			it, ok := found[keys[i]]
			if !ok {
				continue
			}
			var p Person
			if err := json.Unmarshal(it.Data, &p); err != nil {
				return nil, fmt.Errorf("person %s: %w", id, err)
			}
			if p.Into != "" {
				if p, err = s.Person(ctx, project, p.Into); err != nil {
					return nil, err
				}
			}
			out[id] = p
		}
	}
	return out, nil
}

func (s *Store) identityKey(project string, k Key) table.Key {
	return identityKey(project, s.db.Seal(project, k.Kind, k.Value))
}

// Known finds whom identity keys lead to, following merges. Keys that lead to nobody are left out.
func (s *Store) Known(ctx context.Context, project string, keys []Key) (map[Key]string, error) {
	out := map[Key]string{}
	for start := 0; start < len(keys); start += table.MostGet {
		part := keys[start:min(len(keys), start+table.MostGet)]
		asked := make([]table.Key, len(part))
		for i, k := range part {
			asked[i] = s.identityKey(project, k)
		}
		found, err := s.db.People.Get(ctx, asked...)
		if err != nil {
			return nil, err
		}
		for i, k := range part {
			if it, ok := found[asked[i]]; ok {
				var id string
				if err := json.Unmarshal(it.Data, &id); err != nil {
					return nil, fmt.Errorf("identity key: %w", err)
				}
				out[k] = id
			}
		}
	}
	return out, nil
}

// Find finds the person that a reference names, "" where nobody has its keys. Keys of two people are ErrTwoPeople; an unknown
// id is ErrNotFound.
func (s *Store) Find(ctx context.Context, project string, ref schema.PersonRef) (string, error) {
	id, _, err := s.find(ctx, project, ref)
	return id, err
}

func (s *Store) find(ctx context.Context, project string, ref schema.PersonRef) (id string, known map[Key]string, err error) {
	if known, err = s.Known(ctx, project, Keys(ref)); err != nil {
		return "", nil, err
	}
	if ref.ID != "" {
		p, err := s.Person(ctx, project, ref.ID)
		if err != nil {
			return "", nil, err
		}
		id = p.ID
	}
	for _, other := range known {
		if id != "" && id != other {
			return "", nil, ErrTwoPeople
		}
		id = other
	}
	return id, known, nil
}

// Names is how a person is called, as a record that brings a person may say.
type Names struct{ First, Last, Phone string }

// Resolve finds the person that a record of the office names, making them where nobody was known, and adds a second key
// that the record brings. Keys of two people are ErrTwoPeople; an unknown id is ErrNotFound.
func (s *Store) Resolve(ctx context.Context, project string, ref schema.PersonRef, names Names) (id string, err error) {
	err = table.Retry(ctx, func() error {
		id, err = s.resolve(ctx, project, ref, names)
		return err
	})
	return id, err
}

func (s *Store) resolve(ctx context.Context, project string, ref schema.PersonRef, names Names) (string, error) {
	keys := Keys(ref)
	id, known, err := s.find(ctx, project, ref)
	if err != nil {
		return "", err
	}
	if id != "" && len(known) == len(keys) && names == (Names{}) {
		return id, nil
	}
	p, rev := Person{ID: id}, int64(0)
	var before Person
	if id != "" {
		if p, rev, err = table.Load[Person](ctx, s.db.People, personKey(project, id)); err != nil {
			return "", err
		}
		before = p
	}
	if rev == 0 && ref.ID != "" {
		return "", &table.Conflict{} // erased in this moment: asked for again, they are not found
	}
	if rev == 0 {
		// Nobody was known, or whoever was is erased: their keys are taken over by somebody new.
		p.ID = s.db.NewID()
	}
	changed := rev == 0
	if p.FirstName == "" && p.LastName == "" && names.Last+names.First != "" {
		p.FirstName, p.LastName, changed = names.First, names.Last, true
	}
	if p.Phone == "" && names.Phone != "" {
		p.Phone, changed = names.Phone, true
	}
	var ops []table.Op
	for _, k := range keys {
		condition := table.Absent
		if _, ok := known[k]; ok {
			if rev != 0 {
				continue
			}
			if condition, err = s.leadsNowhere(ctx, project, k, id); err != nil {
				return "", err
			}
		}
		if !p.Add(k) {
			return "", ErrTwoPeople
		}
		changed = true
		ops = append(ops, table.PutJSON(s.identityKey(project, k), p.ID, condition))
	}
	if !changed {
		return p.ID, nil
	}
	ops = append(ops, s.renamed(project, before, p)...)
	return p.ID, s.db.People.Write(ctx, append(ops, s.putPerson(project, p, rev))...)
}

// ResolvePublic finds or makes the person of a public form. Keys that do not all lead to one known person hold the
// sign-up for the office; it is put to whom the e-mail leads to, or else the PESEL.
func (s *Store) ResolvePublic(ctx context.Context, project string, ref schema.PersonRef, names Names) (id string, held bool, err error) {
	keys := Keys(ref)
	err = table.Retry(ctx, func() error {
		known, err := s.Known(ctx, project, keys)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			id, err = s.resolve(ctx, project, ref, names)
			return err
		}
		id, held = "", len(known) < len(keys)
		for _, k := range keys {
			other, ok := known[k]
			switch {
			case ok && id == "":
				id = other
			case ok && id != other:
				held = true
			}
		}
		return nil
	})
	return id, held, err
}

// leadsNowhere is the condition for taking over a key of somebody who is not there any more: that it still leads to them.
func (s *Store) leadsNowhere(ctx context.Context, project string, k Key, gone string) (table.Condition, error) {
	id, rev, err := table.Load[string](ctx, s.db.People, s.identityKey(project, k))
	if err == nil && id != gone {
		err = &table.Conflict{} // it was taken over or removed meanwhile
	}
	return table.At(rev), err
}

// Introduce resolves many references at once, for files: people whom nobody knew are made many to a write.
func (s *Store) Introduce(ctx context.Context, project string, refs []schema.PersonRef) error {
	const together = table.MostWrites / 3 // a person, and two keys
	for part := range slices.Chunk(refs, together) {
		var keys []Key
		for _, ref := range part {
			keys = append(keys, Keys(ref)...)
		}
		known, err := s.Known(ctx, project, keys)
		if err != nil {
			return err
		}
		var ops []table.Op
		var rest []schema.PersonRef
		taken := map[Key]bool{}
		for _, ref := range part {
			theirs := Keys(ref)
			if slices.ContainsFunc(theirs, func(k Key) bool { return known[k] != "" || taken[k] }) {
				rest = append(rest, ref)
				continue
			}
			p := Person{ID: s.db.NewID()}
			for _, k := range theirs {
				p.Add(k)
				taken[k] = true
				ops = append(ops, table.PutJSON(s.identityKey(project, k), p.ID, table.Absent))
			}
			ops = append(ops, s.putPerson(project, p, 0))
		}
		if len(ops) > 0 {
			err := s.db.People.Write(ctx, ops...)
			if _, met := table.AsConflict(err); met {
				rest = part // somebody made one of them in this moment
			} else if err != nil {
				return err
			}
		}
		for _, ref := range rest {
			if _, err := s.Resolve(ctx, project, ref, Names{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) putPerson(project string, p Person, rev int64) table.Op {
	op := table.PutJSON(personKey(project, p.ID), p, table.At(rev))
	if p.Into != "" {
		return op
	}
	return table.Indexed(op, table.Key{PK: namesIndex(project), SK: p.SortName() + "#" + p.ID})
}

// Merge makes two records of one person one: what was known of the first leads to the second from now on. The fact comes
// first, so that the person counts once from then on; the people table follows, and a merge that was cut off between the
// two is finished by asking again. Merging again what was merged changes nothing; a person who is not there, who was
// merged into another, or who would be merged into themselves, is ErrNotFound.
func (s *Store) Merge(ctx context.Context, project, from, into, by string) (merged Person, err error) {
	err = table.Retry(ctx, func() error {
		target, err := s.mergedInto(ctx, project, into)
		if err != nil {
			return err
		}
		before, rev, err := table.Load[string](ctx, s.db.Tracker, mergedKey(project, from))
		if err != nil {
			return err
		}
		if from == target || before != "" && before != target {
			return fmt.Errorf("person %s into %s: %w", from, into, store.ErrNotFound)
		}
		for _, id := range []string{from, target} {
			_, found, err := table.Load[Person](ctx, s.db.People, personKey(project, id))
			if err == nil && found == 0 {
				err = fmt.Errorf("person %s: %w", id, store.ErrNotFound)
			}
			if err != nil {
				return err
			}
		}
		if rev == 0 {
			f, err := s.db.NewFact(fact.KindPersonMerged, by, fact.Merged{Person: from, Into: target})
			if err != nil {
				return err
			}
			if err := s.db.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(mergedKey(project, from), target, table.Absent), table.Require(mergedKey(project, target), table.Absent), s.countAnew(project)); err != nil {
				return err
			}
		}
		merged, err = s.joinPeople(ctx, project, from, target)
		return err
	})
	return merged, err
}

// mergedInto follows merges to the id that counts.
func (s *Store) mergedInto(ctx context.Context, project, id string) (string, error) {
	return follow(id, func(id string) (string, error) {
		into, _, err := table.Load[string](ctx, s.db.Tracker, mergedKey(project, id))
		return into, err
	})
}

// joinPeople puts what the people table knows of one person to another, and lets their keys lead there.
func (s *Store) joinPeople(ctx context.Context, project, from, into string) (Person, error) {
	target, targetRev, err := table.Load[Person](ctx, s.db.People, personKey(project, into))
	if err == nil && targetRev == 0 {
		err = fmt.Errorf("person %s: %w", into, store.ErrNotFound) // erased in this moment
	}
	if err != nil {
		return target, err
	}
	source, sourceRev, err := table.Load[Person](ctx, s.db.People, personKey(project, from))
	if err != nil || sourceRev == 0 || source.Into != "" {
		return target, err
	}
	ops := s.renamed(project, source, Person{})
	before := target
	target.Absorb(source)
	source.Into = into
	ops = append(ops, s.renamed(project, before, target)...)
	ops = append(ops, s.putPerson(project, target, targetRev), s.putPerson(project, source, sourceRev))
	for _, k := range source.Keys() {
		ops = append(ops, table.PutJSON(s.identityKey(project, k), into, table.Always))
	}
	return target, s.db.People.Write(ctx, ops...)
}

// About lists what mentions a person, by kind ("upload" for files) and id.
func (s *Store) About(ctx context.Context, project, id string, each func(kind, what string) error) error {
	for it, err := range table.Items(ctx, s.db.Tracker, table.Query{PK: aboutPartition(project, id)}) {
		if err != nil {
			return err
		}
		kind, what, _ := strings.Cut(it.SK, "#")
		if err := each(kind, what); err != nil {
			return err
		}
	}
	return nil
}

// TextsOf finds the private texts of a person's records: those too that a request left which was cut off before its record
// was written.
func (s *Store) TextsOf(ctx context.Context, project, id string) ([]table.Key, error) {
	var keys []table.Key
	for it, err := range table.Items(ctx, s.db.People, table.Query{PK: TextsIndex(project, id), Index: true}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, it.Key)
	}
	return keys, nil
}

// Everybody lists the people of a project, a page at a time. A page's people may be erased before the next is asked for.
func (s *Store) Everybody(ctx context.Context, project string, each func([]Person) error) error {
	q := table.Query{PK: namesIndex(project), Index: true}
	for {
		page, err := table.List[Person](ctx, s.db.People, q)
		if err != nil {
			return err
		}
		if err := each(page.Items); err != nil {
			return err
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// Stored reads what is kept under one id, merged or not: the zero Person where there is nothing.
func (s *Store) Stored(ctx context.Context, project, id string) (Person, error) {
	p, _, err := table.Load[Person](ctx, s.db.People, personKey(project, id))
	return p, err
}

// Text reads the private texts of one version of a record.
func (s *Store) Text(ctx context.Context, project, record string, version int) (map[string]string, error) {
	private, _, err := table.Load[map[string]string](ctx, s.db.People, TextKey(project, record, version))
	return private, err
}

// ErrTwoPeople is in the error where keys belong to two people.
var ErrTwoPeople = errors.New("the keys belong to two people")
