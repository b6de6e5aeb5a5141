package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store reads and writes people: their identity, the keys that identify them, the index of what mentions them, and the
// private texts of records. It is safe for concurrent use.
type Store struct{ db *store.DB }

// New returns a Store on a base. It reads and writes nothing.
func New(db *store.DB) *Store { return &Store{db} }

// Person reads one person, following merges: the result may have another id. An unknown id is store.ErrNotFound.
func (s *Store) Person(ctx context.Context, project, id string) (p Person, err error) {
	_, err = follow(id, func(id string) (string, error) {
		p, _, err = s.load(ctx, project, id)
		return p.Into, err
	})
	return p, err
}

// load reads the item of one id. An unknown id is store.ErrNotFound.
func (s *Store) load(ctx context.Context, project, id string) (p Person, rev int64, err error) {
	return store.LoadExisting[Person](ctx, s.db.People, personKey(project, id), "person "+id)
}

// follow resolves a chain of merges: it returns the last id, the one for which into returns "".
func follow(id string, into func(string) (string, error)) (string, error) {
	for range 100 {
		next, err := into(id)
		if err != nil || next == "" {
			return id, err
		}
		id = next
	}
	return "", fmt.Errorf("person %s: merges form a cycle", id)
}

// Persons reads several people at once, following merges. The result is by the ids that were given; unknown ids are
// left out.
func (s *Store) Persons(ctx context.Context, project string, ids []string) (map[string]Person, error) {
	keys := make([]table.Key, len(ids))
	for i, id := range ids {
		keys[i] = personKey(project, id)
	}
	found, err := table.LoadAll[Person](ctx, s.db.People, keys)
	if err != nil {
		return nil, err
	}
	out := map[string]Person{}
	for i, id := range ids {
		p, ok := found[keys[i]]
		if !ok {
			continue
		}
		if p.Into != "" {
			if p, err = s.Person(ctx, project, p.Into); err != nil {
				return nil, err
			}
		}
		out[id] = p
	}
	return out, nil
}

func (s *Store) identityKey(project string, k Key) table.Key {
	return identityKey(project, s.db.Seal(project, k.Kind, k.Value))
}

// IDsByKey looks up the ids of the people with identity keys. Keys that no person has are left out.
func (s *Store) IDsByKey(ctx context.Context, project string, keys []Key) (map[Key]string, error) {
	asked := make([]table.Key, len(keys))
	for i, k := range keys {
		asked[i] = s.identityKey(project, k)
	}
	found, err := table.LoadAll[string](ctx, s.db.People, asked)
	if err != nil {
		return nil, err
	}
	out := map[Key]string{}
	for i, k := range keys {
		if id, ok := found[asked[i]]; ok {
			out[k] = id
		}
	}
	return out, nil
}

// Find returns the id of the person that a reference identifies, "" where no person has its keys. It fails with
// ErrTwoPeople where the keys belong to two people, and with store.ErrNotFound where the reference has an unknown id.
func (s *Store) Find(ctx context.Context, project string, ref schema.PersonRef) (string, error) {
	id, _, err := s.find(ctx, project, ref)
	return id, err
}

func (s *Store) find(ctx context.Context, project string, ref schema.PersonRef) (id string, known map[Key]string, err error) {
	if known, err = s.IDsByKey(ctx, project, Keys(ref)); err != nil {
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

// Names are a person's names and phone as a record gives them.
type Names struct{ First, Last, Phone string }

// Resolve returns the id of the person that a coordinator's record identifies. It creates the person where no person
// has the keys, and adds keys, names and a phone that the person does not have yet. It fails with ErrTwoPeople where
// the keys belong to two people, or where the person has another PESEL, and with store.ErrNotFound where the reference
// has an unknown id. A repeated call returns the same id and writes nothing.
func (s *Store) Resolve(ctx context.Context, project string, ref schema.PersonRef, names Names) (id string, err error) {
	err = table.Retry(ctx, func() error {
		id, err = s.resolve(ctx, project, ref, names)
		return err
	})
	return id, err
}

func (s *Store) resolve(ctx context.Context, project string, ref schema.PersonRef, names Names) (string, error) {
	id, known, err := s.find(ctx, project, ref)
	if err != nil {
		return "", err
	}
	return s.complete(ctx, project, ref, names, id, known)
}

// complete creates or completes the person whom find found for a reference.
func (s *Store) complete(ctx context.Context, project string, ref schema.PersonRef, names Names, id string, known map[Key]string) (_ string, err error) {
	keys := Keys(ref)
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
		return "", &table.Conflict{} // erased since it was read: the retry fails with store.ErrNotFound
	}
	if rev == 0 {
		// No person had the keys, or the one who had them is erased: the new person takes over the keys.
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
			if condition, err = s.takeoverCondition(ctx, project, k, id); err != nil {
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

// ResolvePublic finds or creates the person of a public form. Unlike Resolve it adds no key to an existing person:
// where only some of the keys identify a person, or the keys identify two people, held is true and a coordinator must
// decide on the sign-up. The id is then that of the person with the e-mail address, or else of the one with the PESEL.
func (s *Store) ResolvePublic(ctx context.Context, project string, ref schema.PersonRef, names Names) (id string, held bool, err error) {
	keys := Keys(ref)
	err = table.Retry(ctx, func() error {
		known, err := s.IDsByKey(ctx, project, keys)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			id, err = s.complete(ctx, project, ref, names, "", known)
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

// takeoverCondition returns the condition for taking over a key of a person who no longer exists: that the key still
// has their id. Where it has another id it fails with *table.Conflict.
func (s *Store) takeoverCondition(ctx context.Context, project string, k Key, gone string) (table.Condition, error) {
	id, rev, err := table.Load[string](ctx, s.db.People, s.identityKey(project, k))
	if err == nil && id != gone {
		err = &table.Conflict{} // taken over or removed since it was read
	}
	return table.At(rev), err
}

// CreateMissing creates the people whom a file's references identify and who do not exist yet, many in one write. The
// rest it resolves one by one: see Resolve for its errors. It may be called again after a failure.
func (s *Store) CreateMissing(ctx context.Context, project string, refs []schema.PersonRef) error {
	const together = table.MostWrites / 3 // a person, and two keys
	for part := range slices.Chunk(refs, together) {
		var keys []Key
		for _, ref := range part {
			keys = append(keys, Keys(ref)...)
		}
		known, err := s.IDsByKey(ctx, project, keys)
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
				rest = part // another request created one of them since they were looked up
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

// Merge merges the person from into the person into, and returns the result. It appends the fact first, from which on
// the person counts once, then changes the people table: a merge that was interrupted between the two is finished by a
// repeated call. Repeating a complete merge changes nothing. It fails with store.ErrNotFound where one of the people
// does not exist, where from was merged into a third person, and where both are the same person.
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
			if _, _, err := s.load(ctx, project, id); err != nil {
				return err
			}
		}
		if rev == 0 {
			f, err := s.db.NewFact(fact.KindPersonMerged, by, fact.PersonMerged{Person: from, Into: target})
			if err != nil {
				return err
			}
			if err := s.db.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(mergedKey(project, from), target, table.Absent), table.Require(mergedKey(project, target), table.Absent)); err != nil {
				return err
			}
		}
		merged, err = s.joinPeople(ctx, project, from, target)
		return err
	})
	if err != nil {
		return merged, err
	}
	return merged, s.decided(ctx, project, from, merged.ID)
}

// mergedInto resolves merges by the tracker table alone, which has them before the people table does.
func (s *Store) mergedInto(ctx context.Context, project, id string) (string, error) {
	return follow(id, func(id string) (string, error) {
		into, _, err := table.Load[string](ctx, s.db.Tracker, mergedKey(project, id))
		return into, err
	})
}

// joinPeople moves identity and keys from one person to another in the people table. It changes nothing where that is
// done.
func (s *Store) joinPeople(ctx context.Context, project, from, into string) (Person, error) {
	target, targetRev, err := s.load(ctx, project, into)
	if err != nil { // also where they were erased since the merge began
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

// EachMention calls each for everything that mentions a person: its kind ("upload" for a file) and id. It stops at an
// error of each.
func (s *Store) EachMention(ctx context.Context, project, id string, each func(kind, what string) error) error {
	for it, err := range table.Items(ctx, s.db.Tracker, table.Query{PK: mentionPartition(project, id)}) {
		if err != nil {
			return err
		}
		kind, _, _ := strings.Cut(it.SK, "#")
		what, err := table.Decode[string](it)
		if err != nil {
			return err
		}
		if err := each(kind, what); err != nil {
			return err
		}
	}
	return nil
}

// privateOf returns the keys of what a person's sign-ups and records have in the people table, including what an
// interrupted request left.
func (s *Store) privateOf(ctx context.Context, project, id string) ([]table.Key, error) {
	keys, err := s.TextsOf(ctx, project, id)
	if err != nil {
		return nil, err
	}
	for it, err := range table.Items(ctx, s.db.People, table.Query{PK: formsPartition(project, id)}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, it.Key)
	}
	return keys, nil
}

// TextsOf returns the keys of the private texts of a person's records, including texts that an interrupted request left
// without a record, and forms as earlier versions stored them. An empty id is for texts of records about no person.
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

// EachPage calls each with every page of a project's people, in the order of their names. each may erase the people it
// is given.
func (s *Store) EachPage(ctx context.Context, project string, each func([]Person) error) error {
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

// Stored reads the item of one id without following merges: the zero Person where there is none.
func (s *Store) Stored(ctx context.Context, project, id string) (Person, error) {
	p, _, err := table.Load[Person](ctx, s.db.People, personKey(project, id))
	return p, err
}

// Text reads the private texts of one version of a record, by field: nil where there are none.
func (s *Store) Text(ctx context.Context, project, record string, version int) (map[string]string, error) {
	private, _, err := table.Load[map[string]string](ctx, s.db.People, TextKey(project, record, version))
	return private, err
}

// ErrTwoPeople reports that the keys of one reference belong to two people.
var ErrTwoPeople = errors.New("the keys belong to two people")
