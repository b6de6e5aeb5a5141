// Package activities answers who signed up to an activity and what they did there.
package activities

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Signups is what Roster needs of signups.Store.
type Signups interface {
	Signups(ctx context.Context, project, activity string, limit int, cursor string) (table.PageOf[signups.Signup], error)
}

// People is what Roster needs of people.Store.
type People interface {
	Persons(ctx context.Context, project string, ids []string) (map[string]people.Person, error)
}

// Find returns an activity of a definition, or store.ErrNotFound.
func Find(def *project.Definition, id string) (project.Activity, error) {
	a, ok := def.Activity(id)
	if !ok {
		return a, fmt.Errorf("activity %s: %w", id, store.ErrNotFound)
	}
	return a, nil
}

// Participant is a person who signed up to an activity. Of several sign-ups of one person the most advanced state
// counts: accepted, then waitlisted, held, cancelled.
type Participant struct {
	people.Person
	Signup, State string // the sign-up's id and state

	sorted string // the name as rosters are sorted by it
}

// Name returns first and last name, "" where neither is known.
func (p Participant) Name() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// Identified reports whether a name, an address or a number is known. An erased person has none.
func (p Participant) Identified() bool { return p.Name() != "" || len(p.Emails)+len(p.Pesels) > 0 }

// Accepted reports whether the person has a place and is not erased.
func (p Participant) Accepted() bool { return p.State == schema.Accepted && p.Identified() }

// Roster returns everybody who signed up to an activity, sorted by name, then id. It reads all sign-ups: no index sorts
// an activity's people by name.
func Roster(ctx context.Context, s Signups, p People, project, activity string) ([]Participant, error) {
	states := []string{schema.Cancelled, schema.Held, schema.Waitlisted, schema.Accepted}
	byID := map[string]Participant{}
	for cursor := ""; ; {
		found, err := s.Signups(ctx, project, activity, table.MostPage, cursor)
		if err != nil {
			return nil, err
		}
		ids := make([]string, len(found.Items))
		for i, su := range found.Items {
			ids[i] = su.Person
		}
		persons, err := p.Persons(ctx, project, ids)
		if err != nil {
			return nil, err
		}
		for _, su := range found.Items {
			one, ok := persons[su.Person]
			if !ok {
				one.ID = su.Person
			}
			if before, twice := byID[one.ID]; !twice || slices.Index(states, su.State) >= slices.Index(states, before.State) {
				byID[one.ID] = Participant{Person: one, Signup: su.ID, State: su.State, sorted: one.SortName()}
			}
		}
		if cursor = found.Next; cursor == "" {
			break
		}
	}
	return slices.SortedFunc(maps.Values(byID), func(a, b Participant) int {
		return cmp.Or(strings.Compare(a.sorted, b.sorted), strings.Compare(a.ID, b.ID))
	}), nil
}

// Page is one page of those people of a roster who are wanted.
type Page struct {
	People []Participant
	First  int    // how many of those who are wanted come before
	All    int    // how many are wanted
	Next   string // the cursor of the next page: the last person of this one; "" on the last page
}

// Window returns the page of those who are wanted that begins after a cursor, with at most limit people. It fails with
// table.ErrCursor where the cursor is not on the roster.
func Window(all []Participant, wanted func(Participant) bool, limit int, cursor string) (Page, error) {
	var out Page
	passed := cursor == ""
	for _, p := range all {
		switch {
		case !wanted(p):
		case !passed:
			out.First++
		case len(out.People) < limit:
			out.People = append(out.People, p)
		default:
			out.Next = out.People[limit-1].ID
		}
		if wanted(p) {
			out.All++
		}
		passed = passed || p.ID == cursor
	}
	if !passed {
		return out, table.ErrCursor
	}
	return out, nil
}

// After returns the people of a roster that come after a cursor, at most so many, and the cursor of the rest. It fails
// with table.ErrCursor where the cursor is not on the roster.
func After(all []Participant, cursor string, most int) (some []Participant, rest string, err error) {
	if cursor != "" {
		at := slices.IndexFunc(all, func(p Participant) bool { return p.ID == cursor })
		if at < 0 {
			return nil, "", table.ErrCursor
		}
		all = all[at+1:]
	}
	if len(all) > most {
		all, rest = all[:most], all[most-1].ID
	}
	return all, rest, nil
}

// Persons returns the people of participants, in their order.
func Persons(some []Participant) []people.Person {
	out := make([]people.Person, len(some))
	for i, one := range some {
		out[i] = one.Person
	}
	return out
}

// Everybody wants all people of a roster.
func Everybody(Participant) bool { return true }

// Attended is what a person's records at an activity come to.
type Attended struct {
	Days     []string
	Hours    float64
	Outcome  string // completed where any day says so, else withdrew, else attended
	Tests    []records.Current
	From, To string // the first and the last day of attendance
}

// SumUp adds up a person's attendance and collects their tests. The records are in the order of days.
func SumUp(all []records.Current) Attended {
	var out Attended
	outcomes := []string{"", "attended", "withdrew", "completed"}
	for _, h := range all {
		if h.Kind.Name == schema.Test {
			out.Tests = append(out.Tests, h)
			continue
		}
		out.Days = append(out.Days, h.Date())
		if hours, err := strconv.ParseFloat(h.Kind.Get(h.Row, "hours"), 64); err == nil {
			out.Hours += hours
		}
		if outcome := h.Kind.Get(h.Row, "outcome"); slices.Index(outcomes, outcome) > slices.Index(outcomes, out.Outcome) {
			out.Outcome = outcome
		}
	}
	if len(out.Days) > 0 {
		out.From, out.To = out.Days[0], out.Days[len(out.Days)-1]
	}
	return out
}

// Total returns the sum of hours in its canonical text, "" where none were given.
func (a Attended) Total() string {
	if text, _ := schema.FromNumber(a.Hours); text != "0" {
		return text
	}
	return ""
}
