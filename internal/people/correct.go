package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"outreach/internal/fact"
	"outreach/internal/store"
	"outreach/internal/table"
)

// KeyTaken is the error of a correction whose key belongs to another person: whether two people share it, or are
// one, is not for a correction to say.
type KeyTaken struct {
	Field  string // the kind of key
	Person string // the id of that person
}

func (e *KeyTaken) Error() string { return "the " + e.Field + " belongs to person " + e.Person }

// PersonTag returns the ETag of a person's identity: a keyed hash, which reveals nothing of it.
func (s *Store) PersonTag(project string, p Person) string {
	encoded, err := json.Marshal(p)
	if err != nil {
		panic(err) // a plain struct always encodes
	}
	return `"` + s.db.Seal(project, "version", string(encoded)) + `"`
}

// Correct replaces a person's names, phone and first key of each kind, and returns the corrected person. Replaced
// keys no longer identify anyone. ifMatch is the required ETag, "" or "*" for any: another version fails with
// store.ErrStale. A key of another person fails with *KeyTaken, an unknown id with store.ErrNotFound. The fact, which
// has the names of fields only, is appended before the change, so that the audit trail has every change. A correction
// that changes nothing writes nothing.
func (s *Store) Correct(ctx context.Context, project, id, ifMatch string, c Correction, by string) (corrected Person, err error) {
	noted := false
	err = table.Retry(ctx, func() error {
		current, err := s.Person(ctx, project, id)
		if err != nil {
			return err
		}
		before, rev, err := table.Load[Person](ctx, s.db.People, personKey(project, current.ID))
		switch {
		case err != nil:
			return err
		case rev == 0 || before.Into != "":
			return fmt.Errorf("person %s: %w", id, store.ErrNotFound)
		case ifMatch != "" && ifMatch != "*" && ifMatch != s.PersonTag(project, before):
			return fmt.Errorf("person %s: %w", id, store.ErrStale)
		}
		var fields []string
		corrected, fields = before.Correct(c)
		if len(fields) == 0 {
			return nil
		}
		var ops []table.Op
		was, is := before.Keys(), corrected.Keys()
		more, err := s.correctKeys(ctx, project, &corrected, was, is)
		if err != nil {
			return err
		}
		ops = append(append(s.renamed(project, before, corrected), more...), s.putPerson(project, corrected, rev))
		if !noted {
			f, err := s.db.NewFact(fact.KindPersonCorrected, by, fact.PersonCorrected{Person: before.ID, Fields: fields})
			if err != nil {
				return err
			}
			if err := s.db.Log().Append(ctx, project, []fact.Fact{f}); err != nil {
				return err
			}
			noted = true
		}
		return s.db.People.Write(ctx, ops...)
	})
	if err != nil || !noted {
		return corrected, err
	}
	return corrected, s.decided(ctx, project, corrected.ID)
}

// correctKeys returns the operations by which a person's keys become others. Those of a person about whom the office
// has not decided are claims.
func (s *Store) correctKeys(ctx context.Context, project string, p *Person, was, is []Key) ([]table.Op, error) {
	gone := func(k Key) bool { return slices.Contains(was, k) && !slices.Contains(is, k) }
	added := func(k Key) bool { return slices.Contains(is, k) && !slices.Contains(was, k) }
	if p.Undecided {
		var ops []table.Op
		var claims []Claim
		mark := ""
		for _, c := range p.Claims {
			if mark = c.Mark; gone(Key{c.Kind, c.Value}) {
				ops = append(ops, s.removeClaims(project, []Claim{c})...)
				continue
			}
			claims = append(claims, c)
		}
		p.Claims = claims
		for _, k := range is {
			if added(k) {
				p.claim(k, mark)
				ops = append(ops, table.PutJSON(s.claimKey(project, k, mark), p.ID, table.Always))
			}
		}
		return ops, nil
	}
	known, err := s.Holders(ctx, project, is)
	if err != nil {
		return nil, err
	}
	for _, k := range is {
		if others := holders(known[k]).without(p.ID); added(k) && len(others) > 0 && !isName(k) {
			return nil, &KeyTaken{Field: k.Kind, Person: others[0]}
		}
	}
	changing := slices.DeleteFunc(append(slices.Clone(is), was...), func(k Key) bool { return !gone(k) && !added(k) })
	return s.changeHolders(ctx, project, changing, func(k Key, h holders) holders {
		if gone(k) {
			return h.without(p.ID)
		}
		return h.with(p.ID)
	})
}
