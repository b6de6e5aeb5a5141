package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/tabletest"
)

var town = &project.Definition{ID: "p"}

func named(t *testing.T, s *Store, email, first, last string) string {
	t.Helper()
	id, err := s.Resolve(context.Background(), "p", schema.PersonRef{Email: email}, Names{First: first, Last: last})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// found returns the last names that a query finds on all pages.
func found(t *testing.T, s *Store, query string, limit int) string {
	t.Helper()
	var names []string
	cursor := ""
	for {
		page, err := s.Search(context.Background(), town, query, limit, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Items {
			names = append(names, p.LastName)
		}
		if cursor = page.Next; cursor == "" {
			slices.Sort(names)
			return fmt.Sprint(names)
		}
	}
}

func TestSearchMatchesPrefixesOfAnyWord(t *testing.T) {
	t.Parallel()
	s := open(t)
	named(t, s, "a@example.org", "Anna Łucja", "Nowak-Annowska")
	named(t, s, "b@example.org", "Anna", "Żak")
	gone := named(t, s, "c@example.org", "Annika", "Stara")
	for query, want := range map[string]string{
		"anna": "[Nowak-Annowska Żak]", "Ann": "[Nowak-Annowska Stara Żak]", "lucja": "[Nowak-Annowska]", "annow": "[Nowak-Annowska]", "żak an": "[Żak]", "zak": "[Żak]",
		"nowak łu ann": "[Nowak-Annowska]", "owak": "[]", "anna basia": "[]", "b@example.org": "[Żak]", "-": "[]", "": "[Nowak-Annowska Stara Żak]",
	} {
		for _, limit := range []int{1, 2, 50} {
			if got := found(t, s, query, limit); got != want {
				t.Errorf("%q, %d at a time: %s, want %s", query, limit, got, want)
			}
		}
	}
	if _, err := s.Correct(context.Background(), "p", gone, "", Correction{FirstName: "Ewa", LastName: "Nowa", Email: "c@example.org"}, ""); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{"annika": "[]", "star": "[]", "ewa": "[Nowa]"} {
		if got := found(t, s, query, 50); got != want {
			t.Errorf("after the correction %q: %s, want %s", query, got, want)
		}
	}
	erase(t, s, gone)
	if left := searchItems(t, s, "ewa"); len(left) > 0 {
		t.Errorf("the search index still has %v of an erased person", left)
	}
}

// searchItems returns the keys of the search items for words that begin with a prefix, in this version's partition and
// in that of earlier ones.
func searchItems(t *testing.T, s *Store, prefix string) (keys []table.Key) {
	t.Helper()
	for _, partition := range []string{nameParts("p", prefix), formerNameParts("p")} {
		page, err := s.db.People.Query(t.Context(), table.Query{PK: partition, Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range page.Items {
			keys = append(keys, it.Key)
		}
	}
	return keys
}

// Whichever way a name is written, its words lead to the person, and to no one else. The first search of many people
// asks for no more than any other.
// An erasure removes the person before the keys, so that a search in between finds a key that names nobody.
func TestSearchForAPersonBeingErasedFindsNobody(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := named(t, s, "a@example.org", "Anna", "Nowak")
	if err := s.db.People.Write(t.Context(), table.Remove(personKey("p", id), table.Always)); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"a@example.org", "anna", "nowak"} {
		if got := found(t, s, query, 10); got != "[]" {
			t.Errorf("%q finds %s", query, got)
		}
	}
}

func TestEveryWriteUpdatesTheSearchIndex(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	calls := 0
	s.db.People = &tabletest.Faulty{Table: s.db.People, Before: func(tabletest.Call) error { calls++; return nil }}
	finds := func(query, want string) {
		t.Helper()
		if got := found(t, s, query, 50); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	var all []Newcomer
	for i := range 120 {
		all = append(all, Newcomer{Keys: []Key{{Kind: "email", Value: fmt.Sprintf("osoba%d@example.org", i)}}})
	}
	if _, err := s.Register(ctx, "p", all); err != nil {
		t.Fatal(err)
	}
	for i, one := range all { // a file created them without names; sign-ups with names follow
		named(t, s, one.Keys[0].Value, "Anna", fmt.Sprintf("Nowa%03d", i))
	}
	calls = 0
	if finds("nowa007", "[Nowa007]"); calls > 3 {
		t.Errorf("a search made %d calls", calls)
	}
	form, err := s.Identify(ctx, "p", schema.PersonRef{Email: "form@example.org", FirstName: "Ewa", LastName: "Formularz"}, Names{}, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.People.Write(ctx, s.Keep("p", form)...); err != nil {
		t.Fatal(err)
	}
	finds("formularz", "[Formularz]")
	known, err := s.Holders(ctx, "p", []Key{{Kind: "email", Value: "form@example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	nameless, err := s.Resolve(ctx, "p", schema.PersonRef{Email: "bezimienna@example.org"}, Names{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Merge(ctx, "p", known[Key{Kind: "email", Value: "form@example.org"}][0], nameless, ""); err != nil {
		t.Fatal(err)
	}
	finds("formularz ewa", "[Formularz]") // the merged person has the name
}

// Two beginnings that many names have, and hardly a name both, do not make one page go through all of them.
func TestPageOfASearchReadsABoundedNumberOfPeople(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	var ops []table.Op
	for i := range mostPassed + 2000 {
		p := Person{ID: fmt.Sprintf("%08d", i), FirstName: "Anna", LastName: "Wzór"}
		if i == mostPassed+1000 {
			p.LastName = "Kowalska"
		}
		if ops = append(append(ops, s.renamed("p", Person{}, p)...), s.putPerson("p", p, 0)); len(ops) > table.MostWrites-3 {
			if err := s.db.People.Write(ctx, ops...); err != nil {
				t.Fatal(err)
			}
			ops = nil
		}
	}
	if err := s.db.People.Write(ctx, ops...); err != nil {
		t.Fatal(err)
	}
	first, err := s.Search(ctx, town, "ann kow", 50, "") // of equally long prefixes the first selects the index range
	if err != nil || len(first.Items) != 0 || first.Next == "" {
		t.Fatalf("the first page is %+v, %v", first, err)
	}
	if got := found(t, s, "ann kow", 50); got != "[Kowalska]" {
		t.Errorf("all pages have %s", got)
	}
}

func TestCorrectionMovesKeysAndAppendsAFact(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	a, b := named(t, s, "jna@example.org", "Jan", "Wzór"), named(t, s, "b@example.org", "Ewa", "Test")
	p, err := s.Person(ctx, "p", a)
	if err != nil {
		t.Fatal(err)
	}
	tag := s.PersonTag("p", p)
	right := Correction{FirstName: "Jan", LastName: "Wzór", Email: "jan@example.org"}
	for range 2 { // the second changes nothing
		if _, err := s.Correct(ctx, "p", a, "", right, "staff"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Correct(ctx, "p", a, tag, right, ""); !errors.Is(err, store.ErrStale) {
		t.Errorf("a stale version: %v", err)
	}
	right.Email = "b@example.org"
	taken := &KeyTaken{}
	if _, err := s.Correct(ctx, "p", a, "", right, ""); !errors.As(err, &taken) || taken.Person != b || taken.Field != "email" {
		t.Errorf("a key of another person: %v", err)
	}
	known, err := s.Holders(ctx, "p", []Key{{Kind: "email", Value: "jna@example.org"}, {Kind: "email", Value: "jan@example.org"}})
	if err != nil || len(known) != 1 || !slices.Equal(known[Key{Kind: "email", Value: "jan@example.org"}], []string{a}) {
		t.Errorf("the keys identify %v, %v", known, err)
	}
	trail, err := s.db.Log().Trail(ctx, "p", 10, "", func(f fact.Fact) bool { return f.Kind == fact.KindPersonCorrected })
	if err != nil || len(trail.Items) != 1 || trail.Items[0].By != "staff" || string(trail.Items[0].Data) != `{"person":"`+a+`","fields":["email"]}` {
		t.Errorf("the audit trail has %v, %v", trail.Items, err)
	}
}
