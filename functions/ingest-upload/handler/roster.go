package handler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"outreach/internal/app"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// roster knows whom a file's rows name. Two keys in one row are one person's, wherever in the file the row stands: who is
// who is found from all rows together, so that their order decides nothing. People not known before have provisional ids
// until settle makes them.
type roster struct {
	refs   []schema.PersonRef        // each once, as they first appear
	two    map[schema.PersonRef]bool // of each: whether its keys belong to two people
	keys   []people.Key              // each once
	place  map[people.Key]int
	joined []int // by the place of a key: that of another key of the same person, or its own
	known  map[people.Key]string
	people []claimed // by the place that stands for a person
}

// claimed is what was known, and what the file says, of one person.
type claimed struct {
	id     string // of somebody known
	others bool   // more than one who is known
	pesel  string // that nobody had, if there is one
	pesels int    // how many of those there are
	refs   int
	warned bool // that nobody knew them
}

func newRoster() roster {
	return roster{two: map[schema.PersonRef]bool{}, place: map[people.Key]int{}}
}

// gather notes whom a row names.
func (r *roster) gather(ref schema.PersonRef) {
	if _, seen := r.two[ref]; seen {
		return
	}
	r.two[ref] = false
	r.refs = append(r.refs, ref)
	keys := people.Keys(ref)
	for _, k := range keys {
		if _, seen := r.place[k]; !seen {
			r.place[k] = len(r.keys)
			r.joined = append(r.joined, len(r.keys))
			r.keys = append(r.keys, k)
		}
	}
	r.join(r.place[keys[0]], r.place[keys[len(keys)-1]])
}

func (r *roster) join(a, b int) { r.joined[r.stands(a)] = r.stands(b) }

// stands is the place that stands for the person of a key.
func (r *roster) stands(place int) int {
	for r.joined[place] != place {
		r.joined[place] = r.joined[r.joined[place]]
		place = r.joined[place]
	}
	return place
}

func (r *roster) person(ref schema.PersonRef) *claimed {
	return &r.people[r.stands(r.place[people.Keys(ref)[0]])]
}

// judge finds who is known, and which rows join keys of two people.
func (r *roster) judge(ctx context.Context, s *app.App, project string) error {
	var err error
	if r.known, err = s.People.Known(ctx, project, r.keys); err != nil {
		return err
	}
	first := map[string]int{}
	for place, k := range r.keys {
		if id := r.known[k]; id != "" {
			if other, seen := first[id]; seen {
				r.join(place, other)
			}
			first[id] = place
		}
	}
	r.people = make([]claimed, len(r.keys))
	for place, k := range r.keys {
		p := &r.people[r.stands(place)]
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
	joins := map[string]int{} // how many PESELs the file gives an address
	var ids []string          // of those known whom it gives one PESEL
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
	have, err := s.People.Persons(ctx, project, slices.Compact(ids))
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
		// A new address with one PESEL joins nobody to anybody else, nor does what was known already.
		r.two[ref] = wrong && (email != "" || joins[ref.Email] > 1) && (email == "" || email != pesel)
	}
	return nil
}

// problem is what is to be told of a row's person: an error where its keys belong to two people, a warning where nobody
// knew them, the first time that they are named.
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

// settlers is how many write at once.
const settlers = 8

// settle makes the people that the file brings, and gives those who were known the keys that it brings. Keys are given
// first to those whom somebody knew, then to new people, so that whoever is cut off, or does the same beside, leaves
// nobody in two. Sign-ups bring their people themselves, with their names, but for those whom several rows name differently.
func (r *roster) settle(ctx context.Context, s *app.App, project string, kind *schema.Kind) error {
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
		group.SetLimit(settlers)
		for part := range slices.Chunk(refs, (len(refs)+settlers-1)/settlers) {
			group.Go(func() error { return s.People.Introduce(ctx, project, part) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	if len(toKnown)+len(together)+len(alone) == 0 {
		return nil
	}
	known, err := s.People.Known(ctx, project, r.keys)
	if err != nil {
		return err
	}
	if kind.Name != schema.Signup && len(known) < len(r.keys) {
		return fmt.Errorf("somebody in the file is erased in this moment: %w", table.ErrBusy) // and new when it is delivered again
	}
	r.known = known
	return nil
}

// id is who a row names.
func (r *roster) id(ref schema.PersonRef) string {
	for _, k := range people.Keys(ref) {
		if id := r.known[k]; id != "" {
			return id
		}
	}
	place := r.stands(r.place[people.Keys(ref)[0]])
	if id := r.people[place].id; id != "" {
		return id
	}
	return "new " + strconv.Itoa(place)
}

// ids are all who are named.
func (r *roster) ids() []string {
	out := slices.Collect(maps.Values(r.known))
	slices.Sort(out)
	return slices.Compact(out)
}

func maskRef(ref schema.PersonRef) string {
	if ref.Email != "" {
		return schema.EmailField.Mask(ref.Email)
	}
	return schema.PeselField.Mask(ref.Pesel)
}

func parseInstant(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, errors.New("a checked instant cannot be read")
	}
	return at, nil
}
