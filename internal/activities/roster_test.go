package activities

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/table"
)

func TestPagesOfARosterListEverybodyOnce(t *testing.T) {
	t.Parallel()
	var all []Participant
	for i := range 10 {
		all = append(all, Participant{Person: people.Person{ID: fmt.Sprint(i)}})
	}
	ids := func(some []Participant) (out []string) {
		for _, p := range some {
			out = append(out, p.ID)
		}
		return out
	}
	for most := 1; most <= 12; most++ {
		var passed []string
		for cursor, pages := "", 0; ; pages++ {
			some, rest, err := After(all, cursor, most)
			if err != nil || len(some) > most || pages > len(all) {
				t.Fatalf("%d at most, from %q: %v, %v", most, cursor, ids(some), err)
			}
			if passed, cursor = append(passed, ids(some)...), rest; cursor == "" {
				break
			}
		}
		if !slices.Equal(passed, ids(all)) {
			t.Errorf("%d at most: %v", most, passed)
		}
	}
	if _, _, err := After(all, "nobody", 5); !errors.Is(err, table.ErrCursor) {
		t.Errorf("an unknown cursor: %v", err)
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
		all = append(all, Participant{Person: people.Person{ID: fmt.Sprint(i), FirstName: "Ewa"}, State: state})
	}
	page, err := Window(all, Participant.Accepted, 2, "2")
	if err != nil || len(page.People) != 2 || page.People[0].ID != "4" || page.First != 2 || page.All != 5 || page.Next != "6" {
		t.Errorf("got %+v, %v", page, err)
	}
	// The cursor may be of a person who is no longer wanted.
	if page, err := Window(all, Participant.Accepted, 9, "7"); err != nil || len(page.People) != 1 || page.Next != "" {
		t.Errorf("the last page: %+v, %v", page, err)
	}
	if _, err := Window(all, Everybody, 2, "nobody"); !errors.Is(err, table.ErrCursor) {
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
