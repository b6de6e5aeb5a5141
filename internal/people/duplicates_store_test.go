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

func TestDuplicatesAmongManyAreLookedForOnceADay(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	list := func() (all []Pair, page PairPage) {
		t.Helper()
		for from := 0; from >= 0; from = page.Next {
			var err error
			page, err = s.Duplicates(ctx, "p", from, 2)
			must(err)
			all = append(all, page.Pairs...)
		}
		return all, page
	}
	expect := func(when string, count, listed int) {
		t.Helper()
		got, err := s.CountDuplicates(ctx, "p")
		must(err)
		if all, _ := list(); got != count || len(all) != listed {
			t.Errorf("%s: %d pairs and a list of %d, want %d and %d", when, got, len(all), count, listed)
		}
	}
	twins := 0
	pair := func() (one, other string) { // two of one name
		twins++
		last := fmt.Sprint("Bliźniak", twins)
		return named(t, s, fmt.Sprintf("%d@example.org", twins), "Jan", last), named(t, s, fmt.Sprintf("%d@example.com", twins), "Jan", last)
	}
	expect("an empty project", 0, 0)
	pair()
	must(s.LookForDuplicates(ctx, "p", "2126-06-01"))
	expect("few people are compared on each request", 1, 1)
	a, b := pair()
	expect("a new pair among few is there at once", 2, 2)
	crowd(t, s, 0, fewPeople)
	expect("many people are not compared on request", 0, 0)
	if _, page := list(); !page.Many || page.Day != "" {
		t.Errorf("before the first search: %+v", page)
	}
	must(s.LookForDuplicates(ctx, "p", "2126-06-01"))
	expect("but at night", 2, 2)
	if _, page := list(); !page.Many || page.Day != "2126-06-01" {
		t.Errorf("after the first search: %+v", page)
	}
	c, d := pair()
	e, _ := pair()
	g, _ := pair()
	must(s.LookForDuplicates(ctx, "p", "2126-06-01"))
	expect("and only once that day", 2, 2)
	must(s.LookForDuplicates(ctx, "p", "2126-06-02"))
	expect("and anew on the next day", 5, 5)
	_, err := s.Merge(ctx, "p", a, b, "")
	must(err)
	expect("less a pair that was merged", 4, 4)
	must(s.MarkDistinct(ctx, "p", d, c, ""))
	expect("less a pair that was marked distinct", 3, 3)
	for _, to := range []Correction{{FirstName: "Jan", LastName: "Bliźniak4", Email: "4@example.org", Phone: "600100200"}, {FirstName: "Ewa", LastName: "Inna", Email: "4@example.org"}} {
		if _, err = s.Correct(ctx, "p", e, "", to, ""); err != nil {
			t.Fatal(err)
		}
		if to.FirstName == "Jan" {
			expect("a correction of something else changes nothing", 3, 3)
		}
	}
	expect("less a pair that no longer has one name", 2, 2)
	erase(t, s, g)
	expect("less a pair one of whom was erased", 1, 1)
	must(s.LookForDuplicates(ctx, "p", "2126-06-03"))
	expect("on the next day the same", 1, 1)
}

func TestADecisionThatWasInterruptedIsNotListed(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	one, other := named(t, s, "1@example.org", "Jan", "Nowak"), named(t, s, "1@example.com", "Jan", "Nowak")
	crowd(t, s, 0, fewPeople)
	if err := s.LookForDuplicates(ctx, "p", "2126-06-01"); err != nil {
		t.Fatal(err)
	}
	// The mark was written, and the list not yet.
	if err := s.db.Tracker.Write(ctx, table.PutJSON(distinctKey("p", one, other), true, table.Absent)); err != nil {
		t.Fatal(err)
	}
	if page, err := s.Duplicates(ctx, "p", 0, 10); err != nil || len(page.Pairs) != 0 {
		t.Errorf("%d pairs are listed, %v", len(page.Pairs), err)
	}
	if err := s.MarkDistinct(ctx, "p", one, other, ""); err != nil {
		t.Fatal(err)
	}
	if n, err := s.CountDuplicates(ctx, "p"); err != nil || n != 0 {
		t.Errorf("%d pairs are counted after the repeated request, %v", n, err)
	}
}

func TestACountOfAnEarlierVersionHasNoList(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	crowd(t, s, 0, fewPeople+1)
	if err := s.db.Tracker.Write(ctx, table.PutJSON(duplicatesKey("p"), counted{Day: "2126-06-01", Pairs: 7}, table.Always)); err != nil {
		t.Fatal(err)
	}
	page, err := s.Duplicates(ctx, "p", 0, 10)
	if n, counting := s.CountDuplicates(ctx, "p"); err != nil || counting != nil || n != 7 || !page.Many || page.Day != "" {
		t.Errorf("%d, %+v, %v, %v", n, page, err, counting)
	}
}
