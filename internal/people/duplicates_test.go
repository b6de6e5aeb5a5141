package people

import (
	"context"
	"fmt"
	"testing"

	"outreach/internal/table"
)

// crowd writes people of whom no two are alike.
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
	says := func(when string, want int) {
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
	says("nobody is there", 0)
	pair()
	says("few are counted whenever somebody asks", 1)
	crowd(t, s, 0, fewPeople)
	says("many are counted once", 1)
	a, b := pair()
	c, d := pair()
	e, _ := pair()
	says("and not again that day", 1)
	day = "2126-06-02"
	says("but on the next", 4)
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
	says("a merge has them counted again", 5)
	must(s.MarkDistinct(ctx, "p", c, d, ""))
	says("two were told apart", 4)
	_, err = s.Correct(ctx, "p", e, "", Correction{FirstName: "Ewa", LastName: "Inna", Email: "4@example.org"}, "")
	must(err)
	says("a name was corrected", 3)
	erase(t, s, g)
	says("somebody was erased", 2)
	pair()
	says("nothing was looked into", 2)
	pairs, err := s.Duplicates(ctx, "p", day)
	if err != nil || len(pairs) != 3 {
		t.Errorf("the list has %d, %v", len(pairs), err)
	}
	says("the list was looked at", 3)
}
