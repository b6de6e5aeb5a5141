package store

import (
	"context"
	"errors"
	"testing"

	"outreach/internal/person"
	"outreach/internal/record"
	"outreach/internal/table"
	"outreach/internal/table/tabletest"
)

// beside is a function over the same tables that does something else before each call that it is asked for.
func beside(s *Store, before func(table.Table, tabletest.Call)) *Store {
	out := anew(s)
	faulty := func(inner table.Table) table.Table {
		return &tabletest.Faulty{Table: inner, Before: func(c tabletest.Call) error { before(inner, c); return nil }}
	}
	out.Tracker, out.People = faulty(s.Tracker), faulty(s.People)
	return out
}

// TestAKeyThatComesWhileItsPersonIsErasedLeadsToNobody lets a record bring another key, and a correction another address, before
// each call of an erasure.
func TestAKeyThatComesWhileItsPersonIsErasedLeadsToNobody(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, bring := range map[string]func(*Store, string) error{
		"a second key": func(s *Store, id string) error {
			_, err := s.Resolve(ctx, "p", record.PersonRef{Email: "a@example.org", Pesel: pesel}, Names{})
			return err
		},
		"another address": func(s *Store, id string) error {
			_, err := s.Correct(ctx, "p", id, "", person.Correction{FirstName: "Ewa", LastName: "Nowa", Email: "b@example.org"}, "")
			return err
		},
	} {
		met := true
		for at := 1; met; at++ {
			s := open(t)
			id := named(t, s, "a@example.org", "Anna", "Dawna")
			met = false
			calls := 0
			erasing := beside(s, func(table.Table, tabletest.Call) {
				if calls++; calls == at {
					met = true
					if err := bring(s, id); err != nil && !errors.Is(err, ErrNotFound) {
						t.Errorf("%s before call %d: %v", name, at, err)
					}
				}
			})
			if err := erasing.Erase(ctx, "p", id, ""); err != nil {
				t.Errorf("%s before call %d: the erasure: %v", name, at, err)
			}
			for _, k := range []person.Key{{Kind: "email", Value: "a@example.org"}, {Kind: "email", Value: "b@example.org"}, {Kind: "pesel", Value: pesel}} {
				known, err := s.Known(ctx, "p", []person.Key{k})
				if err != nil {
					t.Fatal(err)
				}
				if to := known[k]; to == id {
					t.Errorf("%s before call %d: the %s leads to who was erased", name, at, k.Kind)
				}
			}
			for _, word := range []string{"anna", "dawna", "ewa", "nowa"} {
				page, err := s.People.Query(ctx, table.Query{PK: namePart("p", "", "").PK, Prefix: word + "#" + id})
				if err != nil || len(page.Items) > 0 {
					t.Errorf("%s before call %d: the word %s is still there, %v", name, at, word, err)
				}
			}
		}
	}
}

// A key that leads to nobody is taken over by whoever brings it.
func TestAKeyThatLeadsNowhereIsTakenOver(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	gone := named(t, s, "a@example.org", "Anna", "Dawna")
	if err := s.People.Write(ctx, remove(personKey("p", gone), table.Always)); err != nil {
		t.Fatal(err)
	}
	id := named(t, s, "a@example.org", "Ewa", "Nowa")
	p, err := s.Person(ctx, "p", id)
	if err != nil || id == "" || id == gone || p.LastName != "Nowa" || p.Email() != "a@example.org" {
		t.Errorf("%q is %+v, %v", id, p, err)
	}
	if by := resolve(t, s, record.PersonRef{Email: "a@example.org"}); by != id {
		t.Errorf("the key leads to %q, want %q", by, id)
	}
}
