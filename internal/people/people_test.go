package people

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
)

const pesel, otherPesel = "44051401359", "02070803628"

func open(t *testing.T) *Store { return New(storetest.New(t)) }

// erase runs the part of an erasure that package people does.
func erase(t *testing.T, s *Store, id string) {
	t.Helper()
	ctx := context.Background()
	p, err := s.Person(ctx, "p", id)
	if err != nil {
		t.Fatal(err)
	}
	e := Erasure{Fresh: s.db.NewID(), IDs: p.IDs()}
	for _, k := range p.Keys() {
		e.Keys = append(e.Keys, s.db.Seal("p", k.Kind, k.Value))
	}
	fresh := FreshIDs{}
	fresh.Add(e)
	if err := errors.Join(s.DeleteDistinctMarks(ctx, "p", fresh), s.Delete(ctx, "p", e)); err != nil {
		t.Fatal(err)
	}
}

func resolve(t *testing.T, s *Store, ref schema.PersonRef) string {
	t.Helper()
	id, err := s.Resolve(context.Background(), "p", ref, Names{})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestResolveFindsAPersonByAnyKey(t *testing.T) {
	t.Parallel()
	s := open(t)
	a := resolve(t, s, schema.PersonRef{Email: "a@example.org"})
	if again := resolve(t, s, schema.PersonRef{Email: "a@example.org", Pesel: pesel}); again != a {
		t.Errorf("a second key created another person")
	}
	if by := resolve(t, s, schema.PersonRef{Pesel: pesel}); by != a {
		t.Errorf("the second key does not identify the person")
	}
	if by := resolve(t, s, schema.PersonRef{ID: a, Email: "a.second@example.org"}); by != a {
		t.Errorf("the id does not identify the person")
	}
	b := resolve(t, s, schema.PersonRef{Email: "b@example.org"})
	for name, ref := range map[string]schema.PersonRef{
		"keys of two people":           {Email: "b@example.org", Pesel: pesel},
		"an id and a key of another":   {ID: b, Email: "a@example.org"},
		"a second PESEL of one person": {Email: "a@example.org", Pesel: otherPesel},
	} {
		if _, err := s.Resolve(context.Background(), "p", ref, Names{}); !errors.Is(err, ErrTwoPeople) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Resolve(context.Background(), "p", schema.PersonRef{ID: s.db.NewID()}, Names{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown id: %v", err)
	}
}

func TestConcurrentRequestsCreateOnePerson(t *testing.T) {
	t.Parallel()
	s := open(t)
	ids := make([]string, 20)
	var group sync.WaitGroup
	for i := range ids {
		group.Add(1)
		go func() {
			defer group.Done()
			id, err := New(storetest.Reopen(s.db)).Resolve(context.Background(), "p", schema.PersonRef{Email: "nowa@example.org"}, Names{})
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		}()
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("one address has several people: %v", ids)
		}
	}
}

func TestInterruptedMergeIsFinishedByARepeatedCall(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := context.Background()
	a, b := resolve(t, s, schema.PersonRef{Email: "a@example.org"}), resolve(t, s, schema.PersonRef{Email: "b@example.org", Pesel: pesel})
	whole := s.db.People
	s.db.People = refusing{whole}
	if _, err := s.Merge(ctx, "p", a, b, ""); !errors.Is(err, table.ErrUnavailable) {
		t.Fatalf("want the failure, got %v", err)
	}
	s.db.People = whole
	heads, err := s.db.Log().Heads(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	facts := int64(0)
	for _, n := range heads {
		facts += n
	}
	if facts != 1 {
		t.Errorf("%d facts, want the merge's", facts)
	}
	for range 2 {
		p, err := s.Merge(ctx, "p", a, b, "")
		if err != nil || p.ID != b || len(p.Emails) != 2 {
			t.Errorf("repeated: %+v, %v", p, err)
		}
	}
	if by := resolve(t, s, schema.PersonRef{Email: "a@example.org"}); by != b {
		t.Errorf("the key identifies %s", by)
	}
	for name, pair := range map[string][2]string{"back": {b, a}, "into itself": {b, b}, "into an unknown person": {b, s.db.NewID()}} {
		if _, err := s.Merge(ctx, "p", pair[0], pair[1], ""); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := s.Person(ctx, "p", a); err != nil || p.ID != b {
		t.Errorf("the old id is of %s, %v", p.ID, err)
	}
}

// refusing is a table whose writes fail.
type refusing struct{ table.Table }

func (refusing) Write(context.Context, ...table.Op) error { return table.ErrUnavailable }

func TestSealedKeysOfProjectsDiffer(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := resolve(t, s, schema.PersonRef{Email: "a@example.org", Pesel: pesel})
	known, err := s.Holders(context.Background(), "p", []Key{{Kind: "email", Value: "a@example.org"}, {Kind: "pesel", Value: otherPesel}})
	if err != nil || len(known) != 1 || !slices.Equal(known[Key{Kind: "email", Value: "a@example.org"}], []string{id}) {
		t.Errorf("known: %v, %v", known, err)
	}
	if a, b := s.db.Seal("p", "email", "a@example.org"), s.db.Seal("q", "email", "a@example.org"); a == b {
		t.Error("two projects have the same hash of a key")
	}
}
