package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/table"
)

// crowd is an activity at which n people have signed up, named in the opposite order, every fifth of whom waits. It
// counts the sign-ups and people that are read.
type crowd struct{ n, read int }

func (c *crowd) signup(i int) signups.Signup {
	su := signups.Signup{ID: fmt.Sprintf("s%05d", i), Person: fmt.Sprintf("p%05d", i), State: schema.Accepted}
	if i%5 == 4 {
		su.State = schema.Waitlisted
	}
	return su
}

func (c *crowd) person(i int) people.Person {
	return people.Person{ID: fmt.Sprintf("p%05d", i), FirstName: "Ewa", LastName: fmt.Sprintf("Nowa%05d", c.n-i)}
}

func (c *crowd) Signups(_ context.Context, _, _ string, limit int, cursor string) (page table.PageOf[signups.Signup], err error) {
	from, _ := strconv.Atoi(strings.TrimPrefix(cursor, "after s"))
	if cursor != "" {
		from++
	}
	for i := from; i < min(c.n, from+limit); i++ {
		page.Items = append(page.Items, c.signup(i))
	}
	if from+limit < c.n {
		page.Next = c.CursorAfter("", page.Items[limit-1])
	}
	c.read += len(page.Items)
	return page, nil
}

func (c *crowd) CursorAfter(_ string, su signups.Signup) string { return "after " + su.ID }

func (c *crowd) SignupsAt(_ context.Context, _, _ string, who []people.Person) (map[string]signups.Signup, error) {
	out := map[string]signups.Signup{}
	for _, p := range who {
		i, _ := strconv.Atoi(p.ID[1:])
		out[p.ID] = c.signup(i)
	}
	return out, nil
}

func (c *crowd) Places(context.Context, string, []project.Activity) ([]signups.Places, error) {
	return []signups.Places{{Taken: c.n - c.n/5, Waiting: c.n / 5}}, nil
}

func (c *crowd) Persons(_ context.Context, _ string, ids []string) (map[string]people.Person, error) {
	out := map[string]people.Person{}
	for _, id := range ids {
		i, _ := strconv.Atoi(id[1:])
		out[id] = c.person(i)
	}
	c.read += len(ids)
	return out, nil
}

func (c *crowd) Search(_ context.Context, d *project.Definition, query string, limit int, cursor string) (page table.PageOf[people.Person], err error) {
	from, _ := strconv.Atoi(cursor)
	for i := from; i < c.n; i++ {
		if p := c.person(i); p.Matches(d, query) {
			if len(page.Items) == limit {
				page.Next = strconv.Itoa(i)
				break
			}
			page.Items = append(page.Items, p)
		}
	}
	return page, nil
}

// walk returns the ids on all pages of a list, and how much was read for the most costly of them.
func (c *crowd) walk(t *testing.T, ask Ask) (ids []string, most int) {
	t.Helper()
	for pages := 0; ; pages++ {
		c.read = 0
		page, err := List(t.Context(), c, c, &project.Definition{ID: "town"}, project.Activity{ID: "hall"}, ask)
		if err != nil || len(page.People) > ask.Limit || pages > c.n {
			t.Fatalf("from %q: %d people, %v", ask.Cursor, len(page.People), err)
		}
		if ask.Query == "" && page.First != len(ids) {
			t.Errorf("from %q: %d before, want %d", ask.Cursor, page.First, len(ids))
		}
		for _, p := range page.People {
			ids = append(ids, p.ID)
		}
		most = max(most, c.read)
		if ask.Cursor = page.Next; ask.Cursor == "" {
			return ids, most
		}
	}
}

func TestPagesOfAListHaveEverybodyOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		n      int
		ask    Ask
		first  string // the id of the first one
		people int
	}{
		{"few, by name", 500, Ask{}, "p00499", 500},
		{"few, with a place", 500, Ask{Accepted: true}, "p00498", 400},
		{"few, searched", 500, Ask{Query: "nowa0011"}, "p00390", 10},
		{"many, by submission", 2000, Ask{}, "p00000", 2000},
		{"many, with a place", 2000, Ask{Accepted: true}, "p00000", 1600},
		{"many, searched", 2000, Ask{Query: "nowa010"}, "p00901", 100},
		{"many, searched, with a place", 2000, Ask{Query: "nowa010", Accepted: true}, "p00901", 80},
	} {
		for _, limit := range []int{7, 200} {
			tt.ask.Limit = limit
			c := &crowd{n: tt.n}
			ids, read := c.walk(t, tt.ask)
			slices.Sort(ids[1:])
			if len(ids) != tt.people || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != tt.people || ids[0] != tt.first {
				t.Errorf("%s, %d a page: %d people from %s, want %d from %s", tt.name, limit, len(ids), ids[0], tt.people, tt.first)
			}
			if bound := max(2*mostByName, 2*mostPassed); read > bound {
				t.Errorf("%s, %d a page: a page reads %d items", tt.name, limit, read)
			}
		}
	}
}

func TestAPageOfManyReadsWhatItShows(t *testing.T) {
	t.Parallel()
	for _, n := range []int{600, 2400} {
		c := &crowd{n: n}
		if _, read := c.walk(t, Ask{Limit: 50}); read > 100 {
			t.Errorf("of %d sign-ups %d items are read", n, read)
		}
		if _, read := c.walk(t, Ask{Limit: 40, Accepted: true}); read > 160 {
			t.Errorf("of %d sign-ups %d items are read for those with a place", n, read)
		}
	}
}

func TestAListThatGrowsGoesOnAsItBegan(t *testing.T) {
	t.Parallel()
	c := &crowd{n: 500}
	page, err := List(t.Context(), c, c, &project.Definition{ID: "town"}, project.Activity{ID: "hall"}, Ask{Limit: 50})
	if err != nil || page.BySubmission {
		t.Fatal(page.BySubmission, err)
	}
	c.n = 600
	next, err := List(t.Context(), c, c, &project.Definition{ID: "town"}, project.Activity{ID: "hall"}, Ask{Limit: 50, Cursor: page.Next})
	if err != nil || next.BySubmission || next.People[0].sorted <= page.People[49].sorted {
		t.Errorf("the next page begins with %q, %v", next.People[0].sorted, err)
	}
	for _, cursor := range []string{"nobody", "~x~y", "~-1~"} {
		if _, err := List(t.Context(), c, c, &project.Definition{ID: "town"}, project.Activity{ID: "hall"}, Ask{Limit: 50, Cursor: cursor}); !errors.Is(err, table.ErrCursor) {
			t.Errorf("the cursor %q: %v", cursor, err)
		}
	}
}

func TestOfSeveralSignUpsTheMostAdvancedCounts(t *testing.T) {
	t.Parallel()
	held := Participant{State: schema.Held}
	for state, over := range map[string]bool{schema.Cancelled: false, schema.Held: true, schema.Waitlisted: true, schema.Accepted: true} {
		if got := (Participant{State: state}).over(held); got != over {
			t.Errorf("%s over held: %v", state, got)
		}
	}
}

func TestWindowCountsOnlyThoseWhoAreWanted(t *testing.T) {
	t.Parallel()
	var all []Participant
	for i := range 10 {
		state := schema.Accepted
		if i%2 == 1 {
			state = schema.Waitlisted
		}
		all = append(all, Participant{Person: people.Person{ID: fmt.Sprint(i), FirstName: "Ewa"}, State: state, Cursor: fmt.Sprint(i)})
	}
	page, err := window(all, lister{ask: Ask{Accepted: true}}.wants, 2, "2")
	if err != nil || len(page.People) != 2 || page.People[0].ID != "4" || page.First != 2 || page.All != 5 || page.Next != "6" {
		t.Errorf("got %+v, %v", page, err)
	}
	// The cursor may be of a person who is no longer wanted.
	if page, err := window(all, lister{ask: Ask{Accepted: true}}.wants, 9, "7"); err != nil || len(page.People) != 1 || page.Next != "" {
		t.Errorf("the last page: %+v, %v", page, err)
	}
	if _, err := window(all, lister{}.wants, 2, "nobody"); !errors.Is(err, table.ErrCursor) {
		t.Errorf("an unknown cursor: %v", err)
	}
}

func TestSumUpAddsHoursAndKeepsTheBestOutcome(t *testing.T) {
	t.Parallel()
	attendance := schema.Builtin().Kind(schema.Attendance)
	day := func(date, hours, outcome string) records.Current {
		return records.Current{Kind: attendance, Row: attendance.Row(schema.ValuesOf(map[string]string{"date": date, "hours": hours, "outcome": outcome}))}
	}
	for _, c := range []struct {
		name                     string
		days                     []records.Current
		total, outcome, from, to string
	}{
		{"no records", nil, "", "", "", ""},
		{"no hours given", []records.Current{day("2026-05-10", "", "attended")}, "", "attended", "2026-05-10", "2026-05-10"},
		{"completed counts whatever comes after", []records.Current{day("2026-05-10", "1.5", "completed"), day("2026-05-11", "2", "attended")}, "3.5", "completed", "2026-05-10", "2026-05-11"},
		{"withdrew counts over attended", []records.Current{day("2026-05-10", "1", "withdrew"), day("2026-05-11", "1", "attended")}, "2", "withdrew", "2026-05-10", "2026-05-11"},
	} {
		got := SumUp(c.days)
		if got.Total() != c.total || got.Outcome != c.outcome || got.From != c.from || got.To != c.to || len(got.Days) != len(c.days) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
