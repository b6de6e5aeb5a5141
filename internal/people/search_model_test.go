package people

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/schema"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
)

// storedFormerly stores a person's search items as versions before the index of names was searched did: for each word,
// in one partition.
func storedFormerly(s *Store, p Person) error {
	var ops []table.Op
	for _, word := range p.Words() {
		ops = append(ops, table.Remove(namePart("p", word, p.ID), table.Always), table.PutJSON(formerNamePart("p", word, p.ID), p.ID, table.Always))
	}
	return s.db.People.Write(context.Background(), ops...)
}

// Whatever people are created, corrected, merged and erased, by this version or by earlier ones: a search finds each of
// those whom all its words match once, on pages of any size, and no search item of another name remains.
func TestSearchFindsExactlyThoseWhomItsWordsMatch(t *testing.T) {
	t.Parallel()
	// Names that begin alike, with several words, with other characters in front, and without one of the two.
	firsts := []string{"Anna", "Ann Ewa", "Ewa", "Łucja", "Nowak", ""}
	lasts := []string{"Nowak", "Nowak-Annowska", "Żak", "Ewa", "'t Hooft", "van der Anna", "Nowa 2", ""}
	queries := []string{"a", "an", "anna", "ann e", "e", "ewa", "n", "nowak", "nowak ewa", "łu", "t", "hoof an", "van d", "2", "zak x"}
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		s, ctx := New(storetest.New(outer)), t.Context()
		present := map[string]Person{}
		check := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		reload := func(id string) Person {
			p, err := s.Person(ctx, "p", id)
			check(err)
			present[id] = p
			return p
		}
		someone := func(name string) string {
			return rapid.SampledFrom(slices.Sorted(maps.Keys(present))).Draw(t, name)
		}
		for n := range rapid.IntRange(1, 12).Draw(t, "steps") {
			first, last := rapid.SampledFrom(firsts).Draw(t, "first"), rapid.SampledFrom(lasts).Draw(t, "last")
			step := "create"
			if len(present) > 1 {
				step = rapid.SampledFrom([]string{"create", "create", "create", "age", "correct", "merge", "erase"}).Draw(t, "step")
			}
			switch step {
			case "create":
				id, err := s.Resolve(ctx, "p", schema.PersonRef{Email: fmt.Sprintf("%d@example.org", n)}, Names{First: first, Last: last})
				check(err)
				reload(id)
			case "age":
				if p := present[someone("whom")]; len(p.Words()) > 0 {
					check(storedFormerly(s, p))
				}
			case "correct":
				id := someone("whom")
				_, err := s.Correct(ctx, "p", id, "", Correction{FirstName: first, LastName: last, Email: present[id].Email()}, "")
				check(err)
				reload(id)
			case "merge":
				from, into := someone("from"), someone("into")
				if from != into {
					_, err := s.Merge(ctx, "p", from, into, "")
					check(err)
					delete(present, from)
					reload(into)
				}
			case "erase":
				id := someone("whom")
				check(s.Delete(ctx, "p", Erasure{Fresh: s.db.NewID(), IDs: present[id].IDs()}))
				delete(present, id)
			}
		}
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		for _, query := range queries {
			var want []string
			for id, p := range present {
				if p.MatchesPrefixes(Words(query)) {
					want = append(want, id)
				}
			}
			var got []string
			for cursor, first := "", true; first || cursor != ""; first = false {
				page, err := s.Search(ctx, town, query, limit, cursor)
				check(err)
				if len(page.Items) > limit || page.Next != "" && len(page.Items) < limit {
					t.Fatalf("%q: a page of %d at a time has %d, next %q", query, limit, len(page.Items), page.Next)
				}
				for _, p := range page.Items {
					got = append(got, p.ID)
				}
				cursor = page.Next
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("%q finds %v, want %v of %+v", query, got, want, present)
			}
		}
		for letter := range strings.SplitSeq("a d e h l n t v z 2", " ") {
			for _, partition := range []string{nameParts("p", letter), formerNameParts("p")} {
				page, err := s.db.People.Query(ctx, table.Query{PK: partition})
				check(err)
				for _, it := range page.Items {
					word, id, _ := strings.Cut(it.SK, "#")
					p, there := present[id]
					if !there || !slices.Contains(p.Words(), word) || partition != formerNameParts("p") && word == p.LeadingWord() {
						t.Fatalf("the item %v is left of %+v", it.Key, p)
					}
				}
			}
		}
	})
}

// New people whose first names begin alike use one partition, at two units each: the word with which a last name begins
// is found in the index of names alone.
func TestSearchItemsOfANewPersonAreForTheOtherWordsOnly(t *testing.T) {
	t.Parallel()
	for name, want := range map[[2]string]string{
		{"Ewa", "Nowak"}:          "[{NAMEPARTS#p#e ewa#i}]",
		{"Anna Ewa", "Nowak-Żak"}: "[{NAMEPARTS#p#a anna#i} {NAMEPARTS#p#e ewa#i} {NAMEPARTS#p#z zak#i}]",
		{"Ewa", "'t Hooft"}:       "[{NAMEPARTS#p#e ewa#i} {NAMEPARTS#p#h hooft#i} {NAMEPARTS#p#t t#i}]",
		{"Ewa", ""}:               "[]",
		{"Nowak", "Nowak"}:        "[]",
		{"Олена", "Коваль"}:       "[{NAMEPARTS#p#о олена#i}]",
	} {
		var keys []table.Key
		for _, op := range New(storetest.New(t)).renamed("p", Person{}, Person{ID: "i", FirstName: name[0], LastName: name[1]}) {
			keys = append(keys, op.Item.Key)
		}
		if got := fmt.Sprint(keys); got != want && !(len(keys) == 0 && want == "[]") {
			t.Errorf("%v: %s, want %s", name, got, want)
		}
	}
}

func TestCursorOfAnotherListIsRefused(t *testing.T) {
	t.Parallel()
	s := New(storetest.New(t))
	for _, cursor := range []string{"4.", "-1.", "x", "1.x", "WyJh", "0.WyJhIl0"} {
		if _, err := s.Search(t.Context(), town, "anna", 10, cursor); !errors.Is(err, table.ErrCursor) {
			t.Errorf("the cursor %q: %v", cursor, err)
		}
	}
}
