package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// roster finds who the people in a file are. Two keys (e-mail address, PESEL) in one row belong to one person, wherever
// in the file the row is: people are the connected groups of keys of all rows (a union-find), so the order of rows has
// no effect. People who are not stored yet have provisional ids until register creates them.
type roster struct {
	refs   []schema.PersonRef        // each once, in order of first appearance
	two    map[schema.PersonRef]bool // whether the keys of the reference belong to two people
	keys   []people.Key              // each once
	place  map[people.Key]int        // of a key in keys
	parent []int                     // by place: another key of the same group, or the key itself at the root
	known  map[people.Key]string     // ids of stored people
	groups []group                   // by place of the root
}

// group is one person: what is stored and what the file says.
type group struct {
	id     string // of the stored person, "" for a new one
	others bool   // the keys belong to more than one stored person
	pesel  string // a PESEL in the file that is not stored
	pesels int    // how many of those there are
	refs   int
	warned bool // that the person is new
}

func newRoster() roster {
	return roster{two: map[schema.PersonRef]bool{}, place: map[people.Key]int{}}
}

// add adds the person of a row.
func (r *roster) add(ref schema.PersonRef) {
	if _, seen := r.two[ref]; seen {
		return
	}
	r.two[ref] = false
	r.refs = append(r.refs, ref)
	keys := people.Keys(ref)
	for _, k := range keys {
		if _, seen := r.place[k]; !seen {
			r.place[k] = len(r.keys)
			r.parent = append(r.parent, len(r.keys))
			r.keys = append(r.keys, k)
		}
	}
	r.union(r.place[keys[0]], r.place[keys[len(keys)-1]])
}

func (r *roster) union(a, b int) { r.parent[r.root(a)] = r.root(b) }

// root returns the place of the key that represents a key's group.
func (r *roster) root(place int) int {
	for r.parent[place] != place {
		r.parent[place] = r.parent[r.parent[place]]
		place = r.parent[place]
	}
	return place
}

func (r *roster) person(ref schema.PersonRef) *group {
	return &r.groups[r.root(r.place[people.Keys(ref)[0]])]
}

// resolve looks up the stored people, and finds the references whose keys belong to two people. All rows must have been
// added.
func (r *roster) resolve(ctx context.Context, s peopleStore, project string) error {
	var err error
	if r.known, err = s.IDsByKey(ctx, project, r.keys); err != nil {
		return err
	}
	first := map[string]int{}
	for place, k := range r.keys {
		if id := r.known[k]; id != "" {
			if other, seen := first[id]; seen {
				r.union(place, other)
			}
			first[id] = place
		}
	}
	r.groups = make([]group, len(r.keys))
	for place, k := range r.keys {
		p := &r.groups[r.root(place)]
		switch id := r.known[k]; {
		case id == "" && k.Kind == "pesel":
			p.pesel = k.Value
			p.pesels++
		case id != "" && p.id == "":
			p.id = id
		case id != p.id && id != "":
			p.others = true
		}
	}
	joins := map[string]int{} // how many PESELs the file has beside an address
	var ids []string          // of stored people for whom it has one new PESEL
	for _, ref := range r.refs {
		p := r.person(ref)
		p.refs++
		if ref.Email != "" && ref.Pesel != "" {
			joins[ref.Email]++
			if p.id != "" && p.pesels == 1 {
				ids = append(ids, p.id)
			}
		}
	}
	slices.Sort(ids)
	have, err := s.Persons(ctx, project, slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, ref := range r.refs {
		if ref.Email == "" || ref.Pesel == "" {
			continue
		}
		p := r.person(ref)
		has := have[p.id].Pesels
		wrong := p.others || p.pesels > 1 || len(has) > 0 && !slices.Contains(has, p.pesel)
		email, pesel := r.known[people.Key{Kind: "email", Value: ref.Email}], r.known[people.Key{Kind: "pesel", Value: ref.Pesel}]
		// A new address beside one PESEL connects no two people, and neither do two keys already stored for one person.
		r.two[ref] = wrong && (email != "" || joins[ref.Email] > 1) && (email == "" || email != pesel)
	}
	return nil
}

// problem returns what to report about the person of a row, or nil: an error if its keys belong to two people, a
// warning at the first row of a new person.
func (r *roster) problem(ref schema.PersonRef) *schema.Problem {
	if r.two[ref] {
		return &schema.Problem{Field: "email", Code: schema.TwoPeople}
	}
	p := r.person(ref)
	if p.id != "" || p.warned {
		return nil
	}
	p.warned = true
	if ref.Email == "" {
		return &schema.Problem{Field: "pesel", Code: schema.NewPerson}
	}
	return &schema.Problem{Field: "email", Code: schema.NewPerson}
}

// registrars is the number of concurrent writers.
const registrars = 8

// register creates the new people of the file, and stores the new keys of known ones. New keys of known people are
// stored first, so that neither an interruption nor a concurrent delivery makes two people of one. Sign-ups create
// their people themselves, with names, except those whom several rows name by different keys. It may be called again
// after an error.
func (r *roster) register(ctx context.Context, s peopleStore, project string, kind *schema.Kind) error {
	var toKnown, together, alone []schema.PersonRef
	for _, ref := range r.refs {
		keys := people.Keys(ref)
		unknown := 0
		for _, k := range keys {
			if r.known[k] == "" {
				unknown++
			}
		}
		switch {
		case unknown == 0, kind.Name == schema.Signup && r.person(ref).refs == 1:
		case unknown < len(keys):
			toKnown = append(toKnown, ref)
		case len(keys) > 1:
			together = append(together, ref)
		default:
			alone = append(alone, ref)
		}
	}
	for _, refs := range [][]schema.PersonRef{toKnown, together, alone} {
		if len(refs) == 0 {
			continue
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(registrars)
		for part := range slices.Chunk(refs, (len(refs)+registrars-1)/registrars) {
			group.Go(func() error { return s.CreateMissing(ctx, project, part) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	if len(toKnown)+len(together)+len(alone) == 0 {
		return nil
	}
	known, err := s.IDsByKey(ctx, project, r.keys)
	if err != nil {
		return err
	}
	if kind.Name != schema.Signup && len(known) < len(r.keys) {
		return fmt.Errorf("a person in the file is being erased: %w", table.ErrBusy) // the next delivery creates a new person
	}
	r.known = known
	return nil
}

// id returns the id of a row's person, a provisional one for a new person.
func (r *roster) id(ref schema.PersonRef) string {
	for _, k := range people.Keys(ref) {
		if id := r.known[k]; id != "" {
			return id
		}
	}
	place := r.root(r.place[people.Keys(ref)[0]])
	if id := r.groups[place].id; id != "" {
		return id
	}
	return "new " + strconv.Itoa(place)
}

// ids returns the ids of all stored people in the file, sorted.
func (r *roster) ids() []string {
	out := slices.Collect(maps.Values(r.known))
	slices.Sort(out)
	return slices.Compact(out)
}

// maskRef returns the key that a reference is shown by, masked.
func maskRef(ref schema.PersonRef) string {
	if ref.Email != "" {
		return schema.EmailField.Mask(ref.Email)
	}
	return schema.PeselField.Mask(ref.Pesel)
}

// parseInstant reads a time that the importer has checked.
func parseInstant(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, errors.New("parse an instant that the importer accepted")
	}
	return at, nil
}
