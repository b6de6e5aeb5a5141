package people

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"outreach/internal/schema"
	"outreach/internal/table"
)

// mostSharing is how many people may share a key: their ids are in one item, and are read together.
const mostSharing = 1000

// holders are the ids of the people who have an identity key, the first one first. One is stored as a plain text, as
// versions did that knew no shared keys.
type holders []string

func (h holders) MarshalJSON() ([]byte, error) {
	if len(h) == 1 {
		return json.Marshal(h[0])
	}
	return json.Marshal([]string(h))
}

func (h *holders) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]string)(h))
	}
	*h = make(holders, 1)
	return json.Unmarshal(data, &(*h)[0])
}

// without returns the holders without one.
func (h holders) without(id string) holders {
	return slices.DeleteFunc(slices.Clone(h), func(other string) bool { return other == id })
}

// with returns the holders and one more.
func (h holders) with(id string) holders {
	if slices.Contains(h, id) {
		return h
	}
	return append(slices.Clone(h), id)
}

// keyItem is the stored holders of a key. Its revision is 0 where there are none.
type keyItem struct {
	ids holders
	rev int64
}

// putHolders returns the operation that stores the holders of a key, or removes the item where there are none left.
func (s *Store) putHolders(project string, k Key, ids holders, rev int64) table.Op {
	if len(ids) == 0 {
		return table.Remove(s.identityKey(project, k), table.At(rev))
	}
	return table.PutJSON(s.identityKey(project, k), ids, table.At(rev))
}

// changeHolders returns the operations by which the holders of keys become what change returns.
func (s *Store) changeHolders(ctx context.Context, project string, keys []Key, change func(Key, holders) holders) ([]table.Op, error) {
	items, err := s.keyItems(ctx, project, keys)
	if err != nil {
		return nil, err
	}
	var ops []table.Op
	for _, k := range keys {
		was := items[k]
		is := change(k, was.ids)
		switch {
		case slices.Equal(was.ids, is):
			continue
		case len(is) > mostSharing:
			return nil, ErrWhichPerson
		}
		ops = append(ops, s.putHolders(project, k, is, was.rev))
	}
	return ops, nil
}

func (s *Store) keyItems(ctx context.Context, project string, keys []Key) (map[Key]keyItem, error) {
	asked := make([]table.Key, len(keys))
	for i, k := range keys {
		asked[i] = s.identityKey(project, k)
	}
	items := map[Key]keyItem{}
	if len(asked) == 0 {
		return items, nil
	}
	found, err := s.db.People.Get(ctx, asked...)
	if err != nil {
		return nil, err
	}
	for i, k := range keys {
		if it, there := found[asked[i]]; there {
			ids, err := table.Decode[holders](it)
			if err != nil {
				return nil, err
			}
			items[k] = keyItem{ids, it.Rev}
		}
	}
	return items, nil
}

// Holders returns the ids of the people who have identity keys. Keys without a holder are left out.
func (s *Store) Holders(ctx context.Context, project string, keys []Key) (map[Key][]string, error) {
	asked := make([]table.Key, len(keys))
	for i, k := range keys {
		asked[i] = s.identityKey(project, k)
	}
	found, err := table.LoadAll[holders](ctx, s.db.People, asked)
	if err != nil {
		return nil, err
	}
	out := map[Key][]string{}
	for i, k := range keys {
		if ids, there := found[asked[i]]; there {
			out[k] = ids
		}
	}
	return out, nil
}

// stored is a person as read, with the revision of the item.
type stored struct {
	Person
	rev int64
}

// lookup is what is stored for the keys of a reference.
type lookup struct {
	mark   string
	keys   []Key
	items  map[Key]keyItem
	claims map[Key]string // the id of the person for whom the same reference claimed the key, where it is held
	people map[string]stored
	fresh  string // an unused id
}

// claimMark distinguishes the claims of one reference from others under the same key.
func (s *Store) claimMark(project string, ref schema.PersonRef) string {
	claim := Fold(ref.FirstName) + "\n" + ref.Email + "\n" + ref.Pesel
	if ref.Further != "" {
		claim += "\n" + string(ref.Further)
	}
	return s.db.Seal(project, "claim", claim)
}

// look reads what is stored for the keys of a reference, in two reads, whether or not a person is known.
func (s *Store) look(ctx context.Context, project string, ref schema.PersonRef) (lookup, error) {
	l := lookup{mark: s.claimMark(project, ref), keys: Keys(ref), items: map[Key]keyItem{}, claims: map[Key]string{}, people: map[string]stored{}, fresh: s.db.NewID()}
	var asked []table.Key
	for _, k := range l.keys {
		asked = append(asked, s.identityKey(project, k), s.claimKey(project, k, l.mark))
	}
	ids := []string{}
	if len(asked) > 0 {
		found, err := s.db.People.Get(ctx, asked...)
		if err != nil {
			return l, err
		}
		for i, k := range l.keys {
			if it, there := found[asked[2*i]]; there {
				held, err := table.Decode[holders](it)
				if err != nil {
					return l, err
				}
				l.items[k] = keyItem{held, it.Rev}
				ids = append(ids, held...)
			}
			if it, there := found[asked[2*i+1]]; there {
				id, err := table.Decode[string](it)
				if err != nil {
					return l, err
				}
				l.claims[k] = id
				ids = append(ids, id)
			}
		}
	}
	if ref.ID != "" {
		ids = append(ids, ref.ID)
	}
	if len(ids) == 0 {
		ids = append(ids, l.fresh)
	}
	return l, s.loadInto(ctx, project, ids, l.people)
}

// loadInto reads people. A person who was merged since their id was read is a *table.Conflict.
func (s *Store) loadInto(ctx context.Context, project string, ids []string, people map[string]stored) error {
	for part := range slices.Chunk(distinctIDs(ids), table.MostGet) {
		keys := make([]table.Key, len(part))
		for i, id := range part {
			keys[i] = personKey(project, id)
		}
		found, err := s.db.People.Get(ctx, keys...)
		if err != nil {
			return err
		}
		for _, it := range found {
			p, err := table.Decode[Person](it)
			if err != nil {
				return err
			}
			people[p.ID] = stored{p, it.Rev}
		}
	}
	return nil
}

// held returns the people who have each of the keys.
func (l lookup) held() ([]Held, error) {
	out := make([]Held, len(l.keys))
	for i, k := range l.keys {
		out[i].Key = k
		for _, id := range l.items[k].ids {
			p, there := l.people[id]
			if !there {
				continue // erased: the next person with the key takes it over
			}
			if p.Into != "" {
				return nil, &table.Conflict{} // merged since the key was read
			}
			out[i].People = append(out[i].People, p.Person)
		}
	}
	return out, nil
}

// claimed returns the person for whom the same reference claimed keys before.
func (l lookup) claimed() (stored, bool) {
	for _, k := range l.keys {
		if p, there := l.people[l.claims[k]]; there && p.Into == "" {
			return p, true
		}
	}
	return stored{}, false
}

// alive returns the holders of a key who are stored.
func (l lookup) alive(k Key) holders {
	return slices.DeleteFunc(slices.Clone(l.items[k].ids), func(id string) bool { return l.people[id].rev == 0 })
}

// Applicant is the person of a sign-up, as Identify found them.
type Applicant struct {
	Person      Person
	Conflict    *Conflict // not nil: the sign-up contradicts a known person, and is one of its own
	Unconfirmed []Key     // keys that the known person lacks, which a public form does not add
	Claimed     bool      // the same form claimed these keys before
	OtherYear   bool      // the known person has another year of birth

	public bool
	names  Names
	ref    schema.PersonRef
	before stored
	lookup lookup
}

// Identify finds the person of a sign-up without writing: a known person, a new one, or, where the sign-up
// contradicts a known person, an undecided one about whom the office decides. A public form adds no key to a known
// person. It reads twice, whether or not a person is known.
func (s *Store) Identify(ctx context.Context, project string, ref schema.PersonRef, names Names, public bool) (Applicant, error) {
	a := Applicant{public: public, names: names, ref: ref}
	var err error
	if a.lookup, err = s.look(ctx, project, ref); err != nil {
		return a, err
	}
	keys, err := a.lookup.held()
	if err != nil {
		return a, err
	}
	if public {
		keys = slices.DeleteFunc(keys, func(h Held) bool { return isName(h.Key) })
	}
	found, conflict := MatchSignup(ref, keys)
	switch {
	case conflict != nil:
		a.Apart(*conflict)
	case found.ID == "":
		a.fresh()
	default:
		a.know(a.lookup.people[found.ID])
		if before, is := a.lookup.claimed(); is && before.Undecided && len(a.Unconfirmed) > 0 {
			a.Apart(a.Claims()) // as before
		}
	}
	return a, nil
}

// fresh sets a new person.
func (a *Applicant) fresh() {
	a.Person = Person{ID: a.lookup.fresh, FirstName: a.ref.FirstName, LastName: a.ref.LastName, Phone: a.names.Phone, Address: a.names.Address, BirthYear: yearOf(a.ref)}
	for _, k := range a.lookup.keys {
		a.Person.Add(k)
	}
}

// Named returns the person with an id as the person of a sign-up, with what the form says and they lack. It fails with
// store.ErrNotFound where there is none.
func (s *Store) Named(ctx context.Context, project, id string, ref schema.PersonRef, names Names) (Applicant, error) {
	a := Applicant{names: names, ref: ref}
	_, err := follow(id, func(id string) (_ string, err error) {
		a.before.Person, a.before.rev, err = s.load(ctx, project, id)
		return a.before.Into, err
	})
	if err != nil {
		return a, err
	}
	a.Person = a.before.Person
	a.Person.complete(ref, names)
	return a, nil
}

// know sets a known person.
func (a *Applicant) know(p stored) {
	a.before, a.Person = p, p.Person
	a.OtherYear = p.OtherYear(a.ref)
	if p.Undecided {
		return
	}
	for _, k := range a.lookup.keys {
		switch {
		case slices.Contains(p.Keys(), k), a.public && isName(k):
		case a.public:
			a.Unconfirmed = append(a.Unconfirmed, k)
		default:
			a.Person.Add(k)
		}
	}
	claimed, is := a.lookup.claimed()
	a.Claimed = is && claimed.ID == p.ID
	if a.public {
		for _, k := range a.Unconfirmed {
			a.Person.claim(k, a.lookup.mark)
		}
		return
	}
	a.Person.complete(a.ref, a.names)
}

// Claims returns the conflict of a sign-up that claims further keys of a known person.
func (a *Applicant) Claims() Conflict {
	conflict := Conflict{Person: a.Person.ID}
	for _, k := range a.Unconfirmed {
		conflict.Fields = append(conflict.Fields, k.Kind)
	}
	return conflict
}

// Apart makes a sign-up one of its own.
func (a *Applicant) Apart(c Conflict) {
	a.Conflict, a.Unconfirmed, a.Claimed, a.OtherYear = &c, nil, false, false
	if before, is := a.lookup.claimed(); is && before.Undecided {
		a.before, a.Person, a.Claimed = before, before.Person, true
		return
	}
	a.before = stored{}
	a.fresh()
	a.Person.Undecided = true
	for _, k := range a.lookup.keys {
		a.Person.claim(k, a.lookup.mark)
	}
}

// claim adds a claim of a key.
func (p *Person) claim(k Key, mark string) {
	c := Claim{k.Kind, k.Value, mark}
	if !slices.Contains(p.Claims, c) {
		p.Claims = append(slices.Clone(p.Claims), c)
	}
}

// complete adds what a reference says and the person lacks, and reports whether there was any.
func (p *Person) complete(ref schema.PersonRef, names Names) bool {
	changed := false
	first, last := names.First, names.Last
	if first+last == "" {
		first, last = ref.FirstName, ref.LastName
	}
	if p.FirstName == "" && p.LastName == "" && first+last != "" {
		p.FirstName, p.LastName, changed = first, last, true
	}
	if phone := cmp.Or(names.Phone, ref.Further.Get("phone")); p.Phone == "" && phone != "" {
		p.Phone, changed = phone, true
	}
	if p.Email() == "" && names.Address != "" {
		p.Address, changed = names.Address, true
	}
	if year := yearOf(ref); p.BirthYear == "" && year != "" {
		p.BirthYear, changed = year, true
	}
	return changed
}

// Keep returns the operations on the people table that store the person of a sign-up. A public form has some in any
// case, so that the calls do not reveal who is known; another one has none where nothing changes.
func (s *Store) Keep(project string, a Applicant) []table.Op {
	before, after := a.before.Person, a.Person
	var ops []table.Op
	for _, k := range a.lookup.keys {
		if after.Undecided || slices.Contains(a.Unconfirmed, k) {
			if a.public || a.lookup.claims[k] != after.ID {
				ops = append(ops, table.PutJSON(s.claimKey(project, k, a.lookup.mark), after.ID, table.Always))
			}
			continue
		}
		is := a.lookup.alive(k)
		if slices.Contains(after.Keys(), k) && len(is) < mostSharing {
			is = is.with(after.ID)
		}
		if len(is) == 0 { // the public form adds a known person no key of names
			ops = append(ops, table.Require(s.identityKey(project, k), table.At(a.lookup.items[k].rev)))
			continue
		}
		if a.public || !slices.Equal(is, a.lookup.items[k].ids) {
			ops = append(ops, s.putHolders(project, k, is, a.lookup.items[k].rev))
		}
	}
	ops = append(ops, s.renamed(project, before, after)...)
	if len(ops) > 0 || a.before.rev == 0 || !after.equal(before) {
		ops = append(ops, s.putPerson(project, after, a.before.rev))
	}
	return ops
}

func (p Person) equal(other Person) bool {
	return p.FirstName == other.FirstName && p.LastName == other.LastName && p.Phone == other.Phone && p.Address == other.Address && p.BirthYear == other.BirthYear &&
		slices.Equal(p.Keys(), other.Keys()) && slices.Equal(p.Claims, other.Claims)
}

// Settle makes an undecided person, whom a sign-up named that contradicts a known one, a person like all others:
// their keys identify them, and others who have them. It may be called twice. An unknown id is store.ErrNotFound.
func (s *Store) Settle(ctx context.Context, project, id string) error {
	return table.Retry(ctx, func() error {
		p, rev, err := s.load(ctx, project, id)
		if err != nil || !p.Undecided {
			return err
		}
		ops, err := s.changeHolders(ctx, project, p.Keys(), func(_ Key, h holders) holders { return h.with(id) })
		if err != nil {
			return err
		}
		ops = append(ops, s.removeClaims(project, p.Claims)...)
		p.Undecided, p.Claims = false, nil
		return s.db.People.Write(ctx, append(ops, s.putPerson(project, p, rev))...)
	})
}

func (s *Store) removeClaims(project string, claims []Claim) []table.Op {
	ops := make([]table.Op, len(claims))
	for i, c := range claims {
		ops[i] = table.Remove(s.claimKey(project, Key{c.Kind, c.Value}, c.Mark), table.Always)
	}
	return ops
}

// claimants returns the ids of the people for whom sign-ups that are held claim keys.
func (s *Store) claimants(ctx context.Context, project string, keys []Key) ([]string, error) {
	var ids []string
	for _, k := range keys {
		key := s.claimKey(project, k, "")
		for id, err := range table.Values[string](ctx, s.db.People, table.Query{PK: key.PK, Prefix: key.SK}) {
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Find returns the id of the person that a reference identifies, "" where no person has its keys. It fails as Resolve
// does.
func (s *Store) Find(ctx context.Context, project string, ref schema.PersonRef) (string, error) {
	p, _, err := s.find(ctx, project, ref)
	return p.ID, err
}

// find returns the person whom a record other than a sign-up names.
func (s *Store) find(ctx context.Context, project string, ref schema.PersonRef) (stored, lookup, error) {
	l, err := s.look(ctx, project, ref)
	if err != nil {
		return stored{}, l, err
	}
	keys, err := l.held()
	if err != nil {
		return stored{}, l, err
	}
	if ref.ID == "" {
		p, err := MatchRecord(ref, keys)
		return l.people[p.ID], l, err
	}
	named, err := s.Person(ctx, project, ref.ID)
	if err != nil {
		return stored{}, l, err
	}
	if _, there := l.people[named.ID]; !there {
		if err := s.loadInto(ctx, project, []string{named.ID}, l.people); err != nil {
			return stored{}, l, err
		}
	}
	for _, h := range known(keys) {
		if !slices.ContainsFunc(h.People, func(p Person) bool { return p.ID == named.ID }) {
			return stored{}, l, ErrTwoPeople
		}
	}
	p := l.people[named.ID]
	if p.rev == 0 || p.Into != "" {
		return stored{}, l, &table.Conflict{} // erased or merged since it was read
	}
	return p, l, nil
}

// Resolve returns the id of the person that a coordinator's record identifies. It creates the person where no person
// has the keys, and adds keys, names and a phone that the person does not have yet. It fails with ErrTwoPeople where
// the keys belong to two people, or where the person has another PESEL, with ErrWhichPerson where several people share
// the keys and nothing else says who is meant, and with store.ErrNotFound where the reference has an unknown id. A
// repeated call returns the same id and writes nothing.
func (s *Store) Resolve(ctx context.Context, project string, ref schema.PersonRef, names Names) (id string, err error) {
	err = table.Retry(ctx, func() error {
		id, err = s.resolve(ctx, project, ref, names)
		return err
	})
	return id, err
}

func (s *Store) resolve(ctx context.Context, project string, ref schema.PersonRef, names Names) (string, error) {
	found, l, err := s.find(ctx, project, ref)
	if err != nil {
		return "", err
	}
	after := found.Person
	if found.rev == 0 {
		after.ID = l.fresh
	}
	changed := after.complete(ref, names) || found.rev == 0
	var ops []table.Op
	for _, k := range l.keys {
		if !after.Add(k) {
			return "", ErrTwoPeople
		}
		if after.Undecided {
			continue
		}
		if is := l.alive(k).with(after.ID); !slices.Equal(is, l.items[k].ids) {
			ops = append(ops, s.putHolders(project, k, is, l.items[k].rev))
		}
		claimed := func(c Claim) bool { return Key{c.Kind, c.Value} == k }
		for _, c := range after.Claims {
			if claimed(c) {
				ops = append(ops, s.removeClaims(project, []Claim{c})...)
			}
		}
		after.Claims = slices.DeleteFunc(slices.Clone(after.Claims), claimed)
	}
	if !changed && len(ops) == 0 {
		return after.ID, nil
	}
	ops = append(ops, s.renamed(project, found.Person, after)...)
	return after.ID, s.db.People.Write(ctx, append(ops, s.putPerson(project, after, found.rev))...)
}
