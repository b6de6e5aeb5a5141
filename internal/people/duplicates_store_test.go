package people

import (
	"context"
	"fmt"
	"testing"

	"outreach/internal/table"
)

// crowd writes people without duplicates.
func crowd(t *testing.T, s *Store, from, to int) {
	t.Helper()
	var ops []table.Op
	for i := from; i < to; i++ {
		ops = append(ops, s.putPerson("p", Person{ID: s.db.NewID(), LastName: fmt.Sprintf("Tłum%05d", i)}, 0))
		if len(ops) == table.MostWrites || i == to-1 {
			if err := s.db.People.Write(context.Background(), ops...); err != nil {
				t.Fatal(err)
			}
			ops = nil
		}
	}
}

func TestNumberOfDuplicatesIsCachedForADay(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	day := "2126-06-01"
	expect := func(when string, want int) {
		t.Helper()
		if got, err := s.CountDuplicates(ctx, "p", day); err != nil || got != want {
			t.Errorf("%s: %d pairs, %v, want %d", when, got, err, want)
		}
	}
	twins := 0
	pair := func() (one, other string) { // two of one name
		twins++
		last := fmt.Sprint("Bliźniak", twins)
		return named(t, s, fmt.Sprintf("%d@example.org", twins), "Jan", last), named(t, s, fmt.Sprintf("%d@example.com", twins), "Jan", last)
	}
	expect("an empty project", 0)
	pair()
	expect("few people are compared on each request", 1)
	crowd(t, s, 0, fewPeople)
	expect("many people are compared once", 1)
	a, b := pair()
	c, d := pair()
	e, _ := pair()
	expect("and only once that day", 1)
	day = "2126-06-02"
	expect("and anew on the next day", 4)
	g, _ := pair()
	pair()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Merge(ctx, "p", a, b, "")
	must(err)
	expect("anew after a merge", 5)
	must(s.MarkDistinct(ctx, "p", c, d, ""))
	expect("anew after a pair was marked distinct", 4)
	_, err = s.Correct(ctx, "p", e, "", Correction{FirstName: "Ewa", LastName: "Inna", Email: "4@example.org"}, "")
	must(err)
	expect("anew after a correction", 3)
	erase(t, s, g)
	expect("anew after an erasure", 2)
	pair()
	expect("from the cache after a new pair", 2)
	pairs, err := s.Duplicates(ctx, "p", day)
	if err != nil || len(pairs) != 3 {
		t.Errorf("the list has %d, %v", len(pairs), err)
	}
	expect("anew after the list was read", 3)
}
