package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/person"
	"outreach/internal/record"
	"outreach/internal/table"
)

func named(t *testing.T, s *Store, email, first, last string) string {
	t.Helper()
	id, err := s.Resolve(context.Background(), "p", record.PersonRef{Email: email}, Names{First: first, Last: last})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// found are the last names of whom a query finds, page by page.
func found(t *testing.T, s *Store, query string, limit int) string {
	t.Helper()
	var names []string
	cursor := ""
	for {
		page, err := s.Search(context.Background(), "p", query, limit, cursor)
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

func TestPeopleAreFoundByAnyWordOfTheirName(t *testing.T) {
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
	if _, err := s.Correct(context.Background(), "p", gone, "", person.Correction{FirstName: "Ewa", LastName: "Nowa", Email: "c@example.org"}, ""); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{"annika": "[]", "star": "[]", "ewa": "[Nowa]"} {
		if got := found(t, s, query, 50); got != want {
			t.Errorf("after the correction %q: %s, want %s", query, got, want)
		}
	}
	if err := s.Erase(context.Background(), "p", gone, ""); err != nil {
		t.Fatal(err)
	}
	page, err := s.People.Query(context.Background(), table.Query{PK: namePart("p", "", "").PK, Prefix: "ewa"})
	if err != nil || len(page.Items) > 0 {
		t.Errorf("of an erased name remains %v, %v", page.Items, err)
	}
}

// Names that were kept before words led to them are found, too.
func TestNamesOfBeforeAreFound(t *testing.T) {
	t.Parallel()
	s := open(t)
	for i := range 30 {
		p := person.Person{ID: s.NewID(), FirstName: "Anna", LastName: fmt.Sprintf("Dawna%02d", i)}
		if err := s.People.Write(context.Background(), s.putPerson("p", p, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if got := found(t, s, "dawna07", 10); got != "[Dawna07]" {
		t.Errorf("found %s", got)
	}
	page, err := s.Search(context.Background(), "p", "anna", 200, "")
	if err != nil || len(page.Items) != 30 {
		t.Errorf("found %d, %v", len(page.Items), err)
	}
}

func TestACorrectionMovesKeysAndIsWrittenDown(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	a, b := named(t, s, "jna@example.org", "Jan", "Wzór"), named(t, s, "b@example.org", "Ewa", "Test")
	p, err := s.Person(ctx, "p", a)
	if err != nil {
		t.Fatal(err)
	}
	tag := s.PersonTag("p", p)
	right := person.Correction{FirstName: "Jan", LastName: "Wzór", Email: "jan@example.org"}
	for range 2 { // the second changes nothing
		if _, err := s.Correct(ctx, "p", a, "", right, "staff"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Correct(ctx, "p", a, tag, right, ""); !errors.Is(err, ErrStale) {
		t.Errorf("on a version that is no more: %v", err)
	}
	right.Email = "b@example.org"
	taken := &Taken{}
	if _, err := s.Correct(ctx, "p", a, "", right, ""); !errors.As(err, &taken) || taken.Person != b || taken.Field != "email" {
		t.Errorf("a key of another: %v", err)
	}
	known, err := s.Known(ctx, "p", []person.Key{{Kind: "email", Value: "jna@example.org"}, {Kind: "email", Value: "jan@example.org"}})
	if err != nil || len(known) != 1 || known[person.Key{Kind: "email", Value: "jan@example.org"}] != a {
		t.Errorf("the keys lead to %v, %v", known, err)
	}
	trail, err := s.Trail(ctx, "p", 10, "", func(f fact.Fact) bool { return f.Kind == fact.KindPersonCorrected })
	if err != nil || len(trail.Items) != 1 || trail.Items[0].By != "staff" || string(trail.Items[0].Data) != `{"person":"`+a+`","fields":["email"]}` {
		t.Errorf("the trail has %v, %v", trail.Items, err)
	}
}

func TestTheTrailIsReadBackwardsThroughAllLanes(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	now, lane := s.Now(), 0
	s.Lane = func() int { return lane } // most lanes stay empty
	const many = 2600                   // each of two lanes has more than one partition
	for from := 0; from < many; from += 50 {
		var facts []fact.Fact
		for i := range 50 {
			f, err := fact.New(s.NewID(), fact.KindReportDue, now.Add(time.Duration(from+i)*time.Second), "", fact.ReportDue{Day: fmt.Sprint(from + i)})
			if err != nil {
				t.Fatal(err)
			}
			facts = append(facts, f)
		}
		lane = from / 50 % 2 * 5
		if err := s.append(ctx, "p", facts); err != nil {
			t.Fatal(err)
		}
	}
	for _, limit := range []int{7, 200} {
		at, cursor := many, ""
		for pages := 0; ; pages++ {
			page, err := s.Trail(ctx, "p", limit, cursor, func(fact.Fact) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range page.Items {
				if at--; string(f.Data) != fmt.Sprintf(`{"snapshot":"","day":"%d"}`, at) {
					t.Fatalf("in the place of %d stands %s", at, f.Data)
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if at != 0 {
			t.Errorf("%d at a time: %d are missing", limit, at)
		}
	}
	for _, bad := range []string{"x", "1.2", "0.0.0.0.0.0.0.-1", "9.9.9.9.9.9.9.999999", "1.1.1.1.1.1.1.1.1"} {
		if _, err := s.Trail(ctx, "p", 10, bad, func(fact.Fact) bool { return true }); !errors.Is(err, table.ErrCursor) {
			t.Errorf("the cursor %q: %v", bad, err)
		}
	}
	none, err := s.Trail(ctx, "p", 10, "", func(fact.Fact) bool { return false })
	if err != nil || len(none.Items) != 0 || none.Next != "" {
		t.Errorf("of a kind that there is not: %v, %v", none, err)
	}
}
