package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
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

// claimKey returns the key of a claim of an identity key. Those with an empty mark are the beginning of all claims of
// the key.
func (s *Store) claimKey(project string, k Key, mark string) table.Key {
	return claimKey(project, s.db.Seal(project, k.Kind, k.Value), mark)
}

func (s *Store) identityKey(project string, k Key) table.Key {
	return identityKey(project, s.db.Seal(project, k.Kind, k.Value))
}

// Names are a person's names and how to reach them, as a record gives them.
type Names struct {
	First, Last, Phone string
	Address            string // an e-mail address where that is no key
}

// Newcomer is a person whom a file names: a known one with further keys, or a new one, whose ID is "".
type Newcomer struct {
	ID   string
	Ref  schema.PersonRef // names and the year of birth
	Keys []Key
}

// mostTogether is how many operations one write of Register has at most, and mostKeys how many keys of one person.
const (
	mostTogether = table.MostWrites - 2
	mostKeys     = mostTogether - 2*MostWords - 1
)

// Register stores newcomers and their keys, many in one write, and returns their ids. A new person who does not
// contradict a person with one of the keys is that person: it may be called again after a failure, and by two at the
// same time. It fails with table.ErrBusy where a known person was erased or merged.
func (s *Store) Register(ctx context.Context, project string, all []Newcomer) ([]string, error) {
	ids := make([]string, len(all))
	for from := 0; from < len(all); {
		to, ops := from, 0
		for ; to < len(all); to++ {
			more := 1 + 2*MostWords + min(len(all[to].Keys), mostKeys)
			if all[to].Ref.FirstName+all[to].Ref.LastName == "" {
				more -= 2 * MostWords
			}
			if ops += more; ops > mostTogether && to > from {
				break
			}
		}
		if err := table.Retry(ctx, func() error { return s.register(ctx, project, all[from:to], ids[from:to]) }); err != nil {
			return nil, err
		}
		from = to
	}
	return ids, nil
}

// register stores newcomers in one write, and sets their ids.
func (s *Store) register(ctx context.Context, project string, all []Newcomer, ids []string) error {
	var keys []Key
	var wanted []string
	for _, n := range all {
		keys = append(keys, n.Keys[:min(len(n.Keys), mostKeys)]...)
		if n.ID != "" {
			wanted = append(wanted, n.ID)
		}
	}
	items, err := s.keyItems(ctx, project, keys)
	if err != nil {
		return err
	}
	for _, it := range items {
		wanted = append(wanted, it.ids...)
	}
	people := map[string]stored{}
	if err := s.loadInto(ctx, project, wanted, people); err != nil {
		return err
	}
	before := maps.Clone(people)
	is := map[Key]holders{}
	for k, it := range items {
		is[k] = slices.DeleteFunc(slices.Clone(it.ids), func(id string) bool { return people[id].rev == 0 })
	}
	var order []string // of those who change
	for i, n := range all {
		theirs := n.Keys[:min(len(n.Keys), mostKeys)]
		p, there := people[n.ID]
		if n.ID != "" && (!there || p.Into != "") {
			return fmt.Errorf("person %s in the file was erased or merged: %w", n.ID, table.ErrBusy)
		}
		if n.ID == "" {
			p = stored{Person: Person{ID: s.db.NewID()}}
			ref := n.Ref
			for _, k := range theirs {
				if k.Kind == "pesel" {
					ref.Pesel = k.Value
				}
			}
			for _, k := range theirs {
				for _, id := range is[k] {
					if p.FirstName == "" && p.rev == 0 && len(people[id].Contradicts(ref)) == 0 {
						p = people[id]
					}
				}
			}
		}
		changed := p.complete(n.Ref, Names{}) || p.rev == 0
		for _, k := range theirs {
			had := len(p.Keys())
			if !p.Add(k) {
				return ErrTwoPeople
			}
			if held := is[k].with(p.ID); len(held) > len(is[k]) {
				if len(held) > mostSharing {
					return ErrWhichPerson
				}
				is[k], changed = held, true
			}
			changed = changed || len(p.Keys()) > had
		}
		ids[i], people[p.ID] = p.ID, p
		if changed && !slices.Contains(order, p.ID) {
			order = append(order, p.ID)
		}
	}
	var ops []table.Op
	for _, k := range slices.Compact(sortedKeys(keys)) {
		if !slices.Equal(is[k], items[k].ids) {
			ops = append(ops, s.putHolders(project, k, is[k], items[k].rev))
		}
	}
	for _, id := range order {
		p := people[id]
		ops = append(ops, s.renamed(project, before[id].Person, p.Person)...)
		ops = append(ops, s.putPerson(project, p.Person, before[id].rev))
	}
	if len(ops) > 0 {
		if err := s.db.People.Write(ctx, ops...); err != nil {
			return err
		}
	}
	for i, n := range all {
		if len(n.Keys) > mostKeys {
			rest := []Newcomer{{ID: ids[i], Keys: n.Keys[mostKeys:]}}
			if _, err := s.Register(ctx, project, rest); err != nil {
				return err
			}
		}
	}
	return nil
}

func sortedKeys(keys []Key) []Key {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b Key) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Value, b.Value))
	})
	return keys
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
	claims := source.Claims
	source.Into, source.Claims = into, nil
	if !target.Undecided {
		change, err := s.changeHolders(ctx, project, target.Keys(), func(_ Key, h holders) holders { return h.without(from).with(into) })
		if err != nil {
			return target, err
		}
		ops = append(ops, change...)
	}
	if before.Undecided && !target.Undecided {
		ops = append(ops, s.removeClaims(project, before.Claims)...)
	} else {
		target.Claims = before.Claims
	}
	for _, c := range claims {
		k := Key{c.Kind, c.Value}
		if source.Undecided && !target.Undecided {
			ops = append(ops, table.Remove(s.claimKey(project, k, c.Mark), table.Always))
			continue
		}
		target.claim(k, c.Mark)
		ops = append(ops, table.PutJSON(s.claimKey(project, k, c.Mark), into, table.Always))
	}
	ops = append(ops, s.renamed(project, before, target)...)
	ops = append(ops, s.putPerson(project, target, targetRev), s.putPerson(project, source, sourceRev))
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

// ErrWhichPerson reports that several people share the keys of a reference, and that it does not say who is meant.
var ErrWhichPerson = errors.New("several people share the key")
