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

	"outreach/internal/person"
	"outreach/internal/record"
	"outreach/internal/signup"
	"outreach/internal/store"
)

// gathered are the distinct identity keys of a file, in the order of their first appearance.
type gathered struct {
	seen map[person.Key]bool
	list []person.Key
}

func (g *gathered) add(ref record.PersonRef) {
	for _, k := range person.Keys(ref) {
		if !g.seen[k] {
			if g.seen == nil {
				g.seen = map[person.Key]bool{}
			}
			g.seen[k] = true
			g.list = append(g.list, k)
		}
	}
}

// roster knows whom a file's rows name: first as they would be if the rows were entered one after the other, then as they
// are. People not known before have provisional ids until settle makes them.
type roster struct {
	byKey  map[person.Key]string
	pesels map[string]string             // the PESEL of those who were given one, by id
	refs   map[record.PersonRef]struct{} // that bring something new
	final  map[record.PersonRef]string   // settled
	made   int
}

func newRoster(known map[person.Key]string) roster {
	return roster{byKey: known, pesels: map[string]string{}, refs: map[record.PersonRef]struct{}{}, final: map[record.PersonRef]string{}}
}

// place finds whom a row names. The problem is an error where its keys belong to two people, a warning where nobody had
// them before.
func (r *roster) place(ctx context.Context, s *store.Store, project string, ref record.PersonRef) (string, *record.Problem, error) {
	two := &record.Problem{Field: "email", Code: record.TwoPeople}
	id := ""
	keys := person.Keys(ref)
	missing := 0
	for _, k := range keys {
		switch other, ok := r.byKey[k]; {
		case !ok:
			missing++
		case id != "" && id != other:
			return id, two, nil
		default:
			id = other
		}
	}
	if missing == 0 {
		return id, nil, nil
	}
	var warning *record.Problem
	if id == "" {
		r.made++
		id = "new " + strconv.Itoa(r.made)
		warning = &record.Problem{Field: "email", Code: record.NewPerson}
		if ref.Email == "" {
			warning.Field = "pesel"
		}
	}
	if ref.Pesel != "" && r.byKey[person.Key{Kind: "pesel", Value: ref.Pesel}] == "" {
		has, err := r.pesel(ctx, s, project, id)
		if err != nil {
			return id, nil, err
		}
		if has != "" && has != ref.Pesel {
			return id, two, nil
		}
		r.pesels[id] = ref.Pesel
	}
	for _, k := range keys {
		r.byKey[k] = id
	}
	r.refs[ref] = struct{}{}
	return id, warning, nil
}

func (r *roster) pesel(ctx context.Context, s *store.Store, project, id string) (string, error) {
	if known, ok := r.pesels[id]; ok || id[:3] == "new" {
		return known, nil
	}
	p, err := s.Person(ctx, project, id)
	if err != nil || len(p.Pesels) == 0 {
		return "", err
	}
	r.pesels[id] = p.Pesels[0]
	return p.Pesels[0], nil
}

// settlers is how many write at once.
const settlers = 8

// settle makes the people that the file brings, and gives those who were known the keys that it brings: first the rows
// that bind two keys together, then the others. Sign-ups bring their people themselves, with their names.
func (r *roster) settle(ctx context.Context, s *store.Store, project string, kind *record.Kind) error {
	if kind.Name == signup.Kind.Name {
		return nil
	}
	for _, both := range []bool{true, false} {
		var refs []record.PersonRef
		for ref := range r.refs {
			if both == (ref.Email != "" && ref.Pesel != "") {
				refs = append(refs, ref)
			}
		}
		if len(refs) == 0 {
			continue
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(settlers)
		for part := range slices.Chunk(refs, (len(refs)+settlers-1)/settlers) {
			group.Go(func() error { return s.Introduce(ctx, project, part) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	known, err := s.Known(ctx, project, slices.Collect(maps.Keys(r.byKey)))
	if err != nil {
		return err
	}
	if len(known) < len(r.byKey) {
		return fmt.Errorf("somebody in the file is erased in this moment: %w", store.ErrBusy) // and new when it is delivered again
	}
	r.byKey = known
	return nil
}

// id is who a row names, once settled.
func (r *roster) id(ref record.PersonRef) string {
	for _, k := range person.Keys(ref) {
		if id := r.byKey[k]; id != "" {
			return id
		}
	}
	return ""
}

// ids are all who are named.
func (r *roster) ids() []string {
	out := slices.Collect(maps.Values(r.byKey))
	slices.Sort(out)
	return slices.Compact(out)
}

func maskRef(ref record.PersonRef) string {
	if ref.Email != "" {
		return record.EmailField.Mask(ref.Email)
	}
	return record.PeselField.Mask(ref.Pesel)
}

func parseInstant(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, errors.New("a checked instant cannot be read")
	}
	return at, nil
}
