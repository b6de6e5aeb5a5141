package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// roster finds who the people in a file are. The keys in one row (e-mail address, PESEL or another one of the project)
// belong to one person, wherever in the file the row is: people are the connected groups of keys of all rows (a
// union-find), so the order of rows has no effect. Rows with one key and different first names are about different
// people. People who are not stored yet have provisional ids until register creates them.
type roster struct {
	signups bool
	who     *schema.Keys
	refs    []named                  // each reference once, in order of first appearance
	at      map[schema.PersonRef]int // in refs
	keys    []people.Key             // each once
	place   map[people.Key]int       // of a key in keys
	users   [][]int32                // by place of a key: the references that have it
	known   map[people.Key][]string  // ids of stored people
	stored  map[string]people.Person // those that were read
	nodes   []node                   // those of keys first, by their places, then others
	persons map[string]int           // by the id of a stored person who shares a key: their node
}

// named is a reference, and what is to be told of it.
type named struct {
	schema.PersonRef
	nodes     []int            // of its keys; none where no person is meant
	two       bool             // its keys belong to two people
	which     bool             // several people share its keys
	conflict  *people.Conflict // of a sign-up that is held, as it contradicts a known person
	other     bool             // a sign-up that contradicts another row under one key
	otherYear bool
}

// node is a key, one of the people who share a key, or one of those who do so in the file: what is joined to groups.
type node struct {
	parent int        // another node of the same group, or the node itself at the root
	key    people.Key // the zero Key: a stored person
	id     string     // of the stored person, "" for a new one
	used   bool
	group
}

// group is one person: what is stored and what the file says. It is at the root of its nodes.
type group struct {
	id     string // of the stored person, "" for a new one
	others bool   // the keys belong to more than one stored person
	pesel  string // a PESEL in the file that is not stored
	pesels int    // how many of those there are
	ref    schema.PersonRef
	added  []people.Key // keys that are not stored
	warned bool         // that the person is new
}

func newRoster() roster {
	return roster{at: map[schema.PersonRef]int{}, place: map[people.Key]int{}, persons: map[string]int{}}
}

// add adds the person of a row.
func (r *roster) add(ref schema.PersonRef) {
	if _, seen := r.at[ref]; seen {
		return
	}
	n := len(r.refs)
	r.at[ref] = n
	r.refs = append(r.refs, named{PersonRef: ref})
	for _, k := range people.Keys(ref) {
		place, seen := r.place[k]
		if !seen {
			place = len(r.keys)
			r.place[k] = place
			r.keys, r.users = append(r.keys, k), append(r.users, nil)
		}
		r.users[place] = append(r.users[place], int32(n))
	}
}

func (r *roster) union(a, b int) { r.nodes[r.root(a)].parent = r.root(b) }

// root returns the node that represents a node's group.
func (r *roster) root(n int) int {
	for r.nodes[n].parent != n {
		r.nodes[n].parent = r.nodes[r.nodes[n].parent].parent
		n = r.nodes[n].parent
	}
	return n
}

func (r *roster) newNode(key people.Key, id string) int {
	r.nodes = append(r.nodes, node{parent: len(r.nodes), key: key, id: id})
	return len(r.nodes) - 1
}

// personNode returns the node of a stored person.
func (r *roster) personNode(id string) int {
	n, there := r.persons[id]
	if !there {
		n = r.newNode(people.Key{}, id)
		r.persons[id] = n
	}
	return n
}

// person returns the group of a reference, nil for one that has none.
func (r *roster) person(n *named) *group {
	if len(n.nodes) == 0 {
		return nil
	}
	return &r.nodes[r.root(n.nodes[0])].group
}

// resolve looks up the stored people, and finds who is meant by each reference. All rows must have been added.
func (r *roster) resolve(ctx context.Context, s peopleStore, project string, kind *schema.Kind) (err error) {
	r.signups, r.who = kind.Name == schema.Signup, kind.PersonKeys()
	if r.known, err = s.Holders(ctx, project, r.keys); err != nil {
		return err
	}
	compared := r.compared()
	if r.stored, err = s.Persons(ctx, project, compared); err != nil {
		return err
	}
	for k, held := range r.known {
		left := slices.DeleteFunc(slices.Clone(held), func(id string) bool {
			_, there := r.stored[id]
			_, asked := slices.BinarySearch(compared, id)
			return asked && !there // erased
		})
		if r.known[k] = left; len(left) == 0 {
			delete(r.known, k)
		}
	}
	for _, k := range r.keys {
		id := ""
		if held := r.known[k]; len(held) == 1 {
			id = held[0]
		}
		r.newNode(k, id)
	}
	for i := range r.refs {
		r.match(&r.refs[i])
	}
	for place := range r.keys {
		r.split(place)
	}
	for {
		r.join()
		if held, err := r.findTwo(ctx, s, project); err != nil || !held {
			return err
		}
	}
}

// compared returns the ids of the stored people whose names decide: those who share a key, and all where rows have
// names.
func (r *roster) compared() []string {
	names := slices.ContainsFunc(r.refs, func(n named) bool { return n.FirstName != "" })
	var ids []string
	for _, held := range r.known {
		if names || len(held) > 1 {
			ids = append(ids, held...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// match finds the stored person of a reference some of whose keys are stored.
func (r *roster) match(n *named) {
	keys := people.Keys(n.PersonRef)
	held := make([]people.Held, len(keys))
	n.nodes = make([]int, len(keys))
	known, shared := false, false
	for i, k := range keys {
		held[i].Key = k
		n.nodes[i] = r.place[k]
		known, shared = known || len(r.known[k]) > 0, shared || len(r.known[k]) > 1
		for _, id := range r.known[k] {
			if p, there := r.stored[id]; there {
				held[i].People = append(held[i].People, p)
			}
		}
	}
	if !known || !r.signups && !shared {
		return
	}
	var found people.Person
	if r.signups {
		if found, n.conflict = people.MatchSignup(n.PersonRef, held); n.conflict != nil {
			n.nodes = nil
			return
		}
		n.otherYear = found.OtherYear(n.PersonRef)
	} else {
		var err error
		if found, err = people.MatchRecord(n.PersonRef, held); err != nil {
			n.two, n.which = errors.Is(err, people.ErrTwoPeople), errors.Is(err, people.ErrWhichPerson)
			n.nodes = nil
			return
		}
	}
	for i, k := range keys {
		if len(r.known[k]) > 1 {
			n.nodes[i] = r.personNode(found.ID)
		}
	}
}

// split gives the rows that contradict each other under a key without a holder nodes of their own: they are about
// different people.
func (r *roster) split(place int) {
	key := r.keys[place]
	if len(r.known[key]) > 0 || len(r.users[place]) < 2 {
		return
	}
	var users []*named
	for _, i := range r.users[place] {
		if n := &r.refs[i]; len(n.nodes) > 0 {
			users = append(users, n)
		}
	}
	// The fuller names come first, so that an initial or a short form finds them in any order of rows.
	slices.SortStableFunc(users, func(a, b *named) int {
		return cmp.Or(cmp.Compare(utf8.RuneCountInString(b.FirstName), utf8.RuneCountInString(a.FirstName)), cmp.Compare(a.FirstName, b.FirstName))
	})
	var people [][]*named
	var vague []*named
	for _, n := range users {
		fits := func(one []*named) bool {
			return !slices.ContainsFunc(one, func(other *named) bool { return r.contradict(other, n) })
		}
		at := slices.IndexFunc(people, fits)
		if at < 0 {
			people, at = append(people, nil), len(people)
		} else if n.FirstName == "" {
			vague = append(vague, n)
		}
		people[at] = append(people[at], n)
	}
	if len(people) < 2 {
		return
	}
	for _, one := range people {
		node := r.newNode(key, "")
		for _, n := range one {
			n.other = true
			for i, k := range keysOf(n) {
				if k == key {
					n.nodes[i] = node
				}
			}
		}
	}
	for _, n := range vague {
		if !r.signups {
			n.which, n.other, n.nodes = true, false, nil
		}
	}
}

func keysOf(n *named) []people.Key { return people.Keys(n.PersonRef) }

// contradict reports whether two rows give different first names, or, of sign-ups, different PESELs.
func (r *roster) contradict(a, b *named) bool {
	p := people.Person{FirstName: a.FirstName, LastName: a.LastName, BirthYear: a.BirthYear}
	if r.signups && a.Pesel != "" {
		p.Pesels = []string{a.Pesel}
	}
	return len(p.Contradicts(b.PersonRef)) > 0
}

// join joins the nodes of each reference, and those of each stored person, to groups.
func (r *roster) join() {
	for i := range r.nodes {
		n := &r.nodes[i]
		n.parent, n.used, n.group = i, false, group{}
	}
	for i := range r.refs {
		n := &r.refs[i]
		for _, at := range n.nodes {
			r.nodes[at].used = true
			r.union(n.nodes[0], at)
		}
	}
	first := map[string]int{}
	for i := range r.nodes {
		n := &r.nodes[i]
		if n.id == "" || !n.used {
			continue
		}
		if other, seen := first[n.id]; seen {
			r.union(i, other)
		}
		first[n.id] = i
	}
	for i := range r.nodes {
		n := &r.nodes[i]
		if !n.used {
			continue
		}
		p := &r.nodes[r.root(i)].group
		if n.id == "" {
			p.added = append(p.added, n.key)
		}
		switch {
		case n.id == "" && n.key.Kind == "pesel":
			p.pesel = n.key.Value
			p.pesels++
		case n.id != "" && p.id == "":
			p.id = n.id
		case n.id != p.id && n.id != "":
			p.others = true
		}
	}
	for i := range r.refs {
		if p := r.person(&r.refs[i]); p != nil && p.ref.FirstName == "" {
			p.ref = r.refs[i].PersonRef
		}
	}
}

// findTwo finds the references whose keys belong to two people. Sign-ups are held for that, and reported: then the
// others are to be joined without them.
func (r *roster) findTwo(ctx context.Context, s peopleStore, project string) (held bool, err error) {
	joins := make([]int, len(r.keys)) // how many references have a key beside others
	var ids []string                  // of stored people for whom the file has one new PESEL
	for i := range r.refs {
		n := &r.refs[i]
		if p := r.person(n); p != nil && len(n.nodes) > 1 {
			for _, k := range keysOf(n) {
				joins[r.place[k]]++
			}
			if n.Pesel == "" {
				continue
			}
			if _, read := r.stored[p.id]; p.id != "" && p.pesels == 1 && !read {
				ids = append(ids, p.id)
			}
		}
	}
	slices.Sort(ids)
	more, err := s.Persons(ctx, project, slices.Compact(ids))
	if err != nil {
		return false, err
	}
	for i := range r.refs {
		n := &r.refs[i]
		p := r.person(n)
		if p == nil || len(n.nodes) < 2 {
			continue
		}
		has := more[p.id].Pesels
		if read, there := r.stored[p.id]; there {
			has = read.Pesels
		}
		wrong := p.others || p.pesels > 1 || p.pesels == 1 && len(has) > 0 && !slices.Contains(has, p.pesel)
		if n.two = false; !wrong {
			continue
		}
		var conflict people.Conflict
		conflict.Person, conflict.Fields, n.two = r.connects(n, joins)
		if n.two && r.signups && p.id != "" {
			conflict.Person = cmp.Or(conflict.Person, p.id)
			held, n.two, n.conflict = true, false, &conflict
		}
	}
	for i := range r.refs {
		if n := &r.refs[i]; n.conflict != nil {
			n.nodes = nil
		}
	}
	return held, nil
}

// connects reports whether a reference of several keys makes one of two people, and returns the id of the first known
// one, and the kinds of the keys beside the first one of them. A new key that no other row has connects no people, but
// for a PESEL, of which a person has one; neither do keys that are stored for one person already.
func (r *roster) connects(n *named, joins []int) (person string, kinds []string, two bool) {
	first, connecting := "", 0
	for i, k := range keysOf(n) {
		id := r.nodes[n.nodes[i]].id
		if id == "" && joins[r.place[k]] < 2 && k.Kind != project.KeyPesel {
			continue
		}
		person = cmp.Or(person, id)
		if connecting++; connecting == 1 {
			first = id
			continue
		}
		kinds = append(kinds, k.Kind)
		two = two || id == "" || id != first
	}
	return person, kinds, two
}

// problems returns what to report about the person of a row, and whether it is an error.
func (r *roster) problems(ref schema.PersonRef) (found []schema.Problem, wrong bool) {
	if ref.Empty() {
		return nil, false
	}
	n := &r.refs[r.at[ref]]
	field := r.field(ref)
	switch {
	case n.two:
		return []schema.Problem{{Field: field, Code: schema.TwoPeople}}, true
	case n.which:
		return []schema.Problem{{Field: field, Code: schema.WhichPerson}}, true
	case n.conflict != nil:
		return []schema.Problem{{Field: field, Code: schema.OtherPerson, Hint: "held"}}, false
	}
	p := r.person(n)
	if n.other {
		found = append(found, schema.Problem{Field: field, Code: schema.OtherPerson})
	}
	if n.otherYear {
		found = append(found, schema.Problem{Field: "birth_year", Code: schema.OtherYear, Hint: "known"})
	}
	if known, read := r.stored[p.id]; read && !r.signups && known.OtherName(ref) {
		found = append(found, schema.Problem{Field: field, Code: schema.OtherName})
	}
	if p.id == "" && !p.warned {
		p.warned = true
		found = append(found, schema.Problem{Field: field, Code: schema.NewPerson})
	}
	return found, false
}

// field returns the column that represents the keys of a reference: that of the first key, or of a last name.
func (r *roster) field(ref schema.PersonRef) string {
	for _, f := range r.who.Fields {
		if ref.Key(f.Name) != "" {
			return f.Name
		}
	}
	return schema.LastNameField.Name
}

// registrars is the number of concurrent writers.
const registrars = 8

// register creates the new people of the file, and stores the new keys of known ones: known ones first, so that neither
// an interruption nor a concurrent delivery makes two people of one. It may be called again after an error.
func (r *roster) register(ctx context.Context, s peopleStore, project string) error {
	var known, fresh, shared []int // roots
	split := map[people.Key]int{}
	for i := range r.nodes {
		if n := &r.nodes[i]; n.used && n.id == "" {
			split[n.key]++
		}
	}
	for i := range r.nodes {
		n := &r.nodes[i]
		switch {
		case !n.used || n.parent != i || len(n.added) == 0:
		case n.group.id != "":
			known = append(known, i)
		case slices.ContainsFunc(n.added, func(k people.Key) bool { return split[k] > 1 }):
			shared = append(shared, i)
		default:
			fresh = append(fresh, i)
		}
	}
	for _, step := range []struct {
		roots   []int
		writers int
	}{{known, registrars}, {fresh, registrars}, {shared, 1}} {
		if len(step.roots) == 0 {
			continue
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(step.writers)
		for part := range slices.Chunk(step.roots, (len(step.roots)+step.writers-1)/step.writers) {
			group.Go(func() error { return r.registerAll(ctx, s, project, part) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func (r *roster) registerAll(ctx context.Context, s peopleStore, project string, roots []int) error {
	newcomers := make([]people.Newcomer, len(roots))
	for i, root := range roots {
		p := &r.nodes[root].group
		newcomers[i] = people.Newcomer{ID: p.id, Ref: p.ref, Keys: p.added}
	}
	ids, err := s.Register(ctx, project, newcomers)
	if errors.Is(err, people.ErrTwoPeople) || errors.Is(err, people.ErrWhichPerson) {
		return fmt.Errorf("the people of the file have changed: %w", table.ErrBusy) // the next delivery reads them anew
	}
	if err != nil {
		return err
	}
	for i, root := range roots {
		r.nodes[root].group.id = ids[i]
	}
	return nil
}

// id returns the id of a row's person, a provisional one for a new person, or for the sender of a held sign-up.
func (r *roster) id(ref schema.PersonRef) string {
	if ref.Empty() {
		return "" // a record without a person
	}
	i := r.at[ref]
	p := r.person(&r.refs[i])
	switch {
	case p == nil || r.refs[i].conflict != nil:
		return "held " + strconv.Itoa(i)
	case p.id != "":
		return p.id
	}
	return "new " + strconv.Itoa(r.root(r.refs[i].nodes[0]))
}

// storedPerson returns the id of a row's person, or why a sign-up is held.
func (r *roster) storedPerson(ref schema.PersonRef) (string, *people.Conflict) {
	n := &r.refs[r.at[ref]]
	if p := r.person(n); p != nil && n.conflict == nil {
		return p.id, nil
	}
	return "", n.conflict
}

// ids returns the ids of all stored people in the file, sorted.
func (r *roster) ids() []string {
	var out []string
	for i := range r.refs {
		if id, _ := r.storedPerson(r.refs[i].PersonRef); id != "" {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// maskRef returns the key that a reference is shown by, masked.
func maskRef(ref schema.PersonRef) string {
	keys := people.Keys(ref)
	switch {
	case len(keys) == 0:
		return ""
	case keys[0].Kind == project.KeyName:
		return schema.LastNameField.Mask(ref.LastName)
	}
	return schema.EmailField.Mask(keys[0].Value) // any field of identity
}

// parseInstant reads a time that the importer has checked.
func parseInstant(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, errors.New("parse an instant that the importer accepted")
	}
	return at, nil
}
