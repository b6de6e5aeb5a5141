// Package activities answers who signed up to an activity and what they did there.
package activities

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
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

// Signups is what lists of people need of signups.Store.
type Signups interface {
	Signups(ctx context.Context, project, activity string, limit int, cursor string) (table.PageOf[signups.Signup], error)
	SignupsAt(ctx context.Context, project, activity string, who []people.Person) (map[string]signups.Signup, error)
	Places(ctx context.Context, project string, activities []project.Activity) ([]signups.Places, error)
	CursorAfter(project string, su signups.Signup) string
}

// People is what lists of people need of people.Store.
type People interface {
	Persons(ctx context.Context, project string, ids []string) (map[string]people.Person, error)
	Search(ctx context.Context, d *project.Definition, query string, limit int, cursor string) (table.PageOf[people.Person], error)
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
	Cursor        string // of the page that begins after this person

	sorted string // the name as rosters are sorted by it
}

// Name returns first and last name, "" where neither is known.
func (p Participant) Name() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// Identified reports whether a name, an address or a number is known. An erased person has none.
func (p Participant) Identified() bool { return p.Name() != "" || len(p.Keys()) > 0 }

const (
	// mostByName is how many sign-ups an activity has at most whose people are listed by name: all of them are read for
	// each page. Of more people the page of a list costs what it shows: they are listed in the order of submission.
	mostByName = 500
	// mostPassed is how many sign-ups, or people whom a search finds, are read for a page where few are wanted: it may
	// be short.
	mostPassed = 1000
)

// Ask says which page of an activity's people is wanted.
type Ask struct {
	Query    string // a key, or beginnings of words of a name; "": everybody
	Accepted bool   // only identified people who have a place
	Limit    int
	Cursor   string // Next of the page before, or the Cursor of its last person that was used
}

// wants reports whether a participant is asked for.
func (l lister) wants(p Participant) bool {
	if l.ask.Accepted && (p.State != schema.Accepted || !p.Identified()) {
		return false
	}
	return l.ask.Query == "" || p.Matches(l.definition, l.ask.Query)
}

// Page is one page of an activity's people.
type Page struct {
	People []Participant
	First  int    // how many of those who are wanted come before
	All    int    // how many are wanted; 0 where that is not known: of a search among many
	Next   string // the cursor of the next page, "" on the last one
	Places signups.Places

	BySubmission bool // the order; else by name, or as a search finds them
}

// farther begins the cursors of lists that are not by name.
const farther = "~"

// List returns a page of the people who signed up to an activity, by name where there are few. Of many, a page may be
// short and still have a next one, a person with several sign-ups may be on two pages, and a search finds no one whose
// sign-ups are all cancelled. It fails with table.ErrCursor for a cursor that is not on the list.
func List(ctx context.Context, s Signups, p People, d *project.Definition, a project.Activity, ask Ask) (Page, error) {
	places, err := s.Places(ctx, d.ID, []project.Activity{a})
	if err != nil {
		return Page{}, err
	}
	l := lister{s, p, d, d.ID, a.ID, ask, places[0]}
	cursor, isFarther := strings.CutPrefix(ask.Cursor, farther)
	if live := places[0].Taken + places[0].Waiting + places[0].Held; !isFarther && (cursor != "" || live <= mostByName) {
		most := 2 * mostByName // cancelled ones too
		if cursor != "" {
			most *= 2 // a list that began by name goes on so
		}
		page, few, err := l.byName(ctx, most)
		switch {
		case err != nil || few:
			return page, err
		case cursor != "":
			return page, table.ErrCursor
		}
	}
	if ask.Query != "" {
		return l.search(ctx, cursor)
	}
	return l.bySubmission(ctx, cursor)
}

// Roster returns everybody who signed up to an activity, or those of them who have a place, sorted by name, then id.
// It reads all sign-ups: no index sorts an activity's people by name.
func Roster(ctx context.Context, s Signups, p People, projectID, activity string, accepted bool) ([]Participant, error) {
	l := lister{signups: s, people: p, project: projectID, activity: activity, ask: Ask{Accepted: accepted}}
	all, _, err := l.roster(ctx, math.MaxInt)
	return slices.DeleteFunc(all, func(p Participant) bool { return !l.wants(p) }), err
}

// lister lists the people of an activity.
type lister struct {
	signups    Signups
	people     People
	definition *project.Definition // where a query is asked
	project    string
	activity   string
	ask        Ask
	places     signups.Places
}

// byName returns a page of the list by name; few is false where there are more than most sign-ups.
func (l lister) byName(ctx context.Context, most int) (page Page, few bool, err error) {
	all, few, err := l.roster(ctx, most)
	if err != nil || !few {
		return page, few, err
	}
	page, err = window(all, l.wants, l.ask.Limit, l.ask.Cursor)
	page.Places = l.places
	return page, true, err
}

// roster returns everybody who signed up, sorted by name, then id, of whom only those with a place where no others are
// asked for; complete is false where there are more than most sign-ups.
func (l lister) roster(ctx context.Context, most int) (all []Participant, complete bool, err error) {
	byID := map[string]Participant{}
	read := 0
	for cursor := ""; ; {
		found, err := l.signups.Signups(ctx, l.project, l.activity, table.MostPage, cursor)
		if err != nil {
			return nil, false, err
		}
		if read += len(found.Items); read > most {
			return nil, false, nil
		}
		some, err := l.participants(ctx, found.Items)
		if err != nil {
			return nil, false, err
		}
		for _, one := range some {
			if before, twice := byID[one.ID]; !twice || one.over(before) {
				byID[one.ID] = one
			}
		}
		if cursor = found.Next; cursor == "" {
			break
		}
	}
	all = slices.SortedFunc(maps.Values(byID), func(a, b Participant) int {
		return cmp.Or(strings.Compare(a.sorted, b.sorted), strings.Compare(a.ID, b.ID))
	})
	for i := range all {
		all[i].Cursor = all[i].ID
	}
	return all, true, nil
}

// over reports whether a sign-up counts rather than another one of the same person.
func (p Participant) over(other Participant) bool {
	states := []string{schema.Cancelled, schema.Held, schema.Waitlisted, schema.Accepted}
	return slices.Index(states, p.State) >= slices.Index(states, other.State)
}

// participants returns the people of sign-ups, one for each sign-up that may be asked for, in their order.
func (l lister) participants(ctx context.Context, all []signups.Signup) ([]Participant, error) {
	if l.ask.Accepted {
		all = slices.DeleteFunc(slices.Clone(all), func(su signups.Signup) bool { return su.State != schema.Accepted })
	}
	ids := make([]string, len(all))
	for i, su := range all {
		ids[i] = su.Person
	}
	persons, err := l.people.Persons(ctx, l.project, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Participant, len(all))
	for i, su := range all {
		one, ok := persons[su.Person]
		if !ok {
			one.ID = su.Person
		}
		out[i] = Participant{Person: one, Signup: su.ID, State: su.State, sorted: one.SortName()}
	}
	return out, nil
}

// bySubmission returns a page of the list in the order of submission. Its cursors have the number of those before, too.
func (l lister) bySubmission(ctx context.Context, cursor string) (Page, error) {
	page := Page{Places: l.places, All: l.places.Taken, BySubmission: true}
	if !l.ask.Accepted {
		page.All += l.places.Waiting + l.places.Held
	}
	if cursor != "" {
		before, rest, ok := strings.Cut(cursor, farther)
		n, err := strconv.Atoi(before)
		if !ok || err != nil || n < 0 {
			return page, fmt.Errorf("%w: %q", table.ErrCursor, before)
		}
		page.First, cursor = n, rest
	}
	seen := page.First // with those who are erased
	for passed, want := 0, l.ask.Limit; ; {
		found, err := l.signups.Signups(ctx, l.project, l.activity, want, cursor)
		if err != nil {
			return page, err
		}
		some, err := l.participants(ctx, found.Items)
		if err != nil {
			return page, err
		}
		for i, one := range some {
			seen++
			one.Cursor = l.after(seen, one, found.Items)
			if !l.wants(one) {
				continue
			}
			if at := slices.IndexFunc(page.People, func(p Participant) bool { return p.ID == one.ID }); at >= 0 {
				if one.over(page.People[at]) {
					page.People[at].Signup, page.People[at].State = one.Signup, one.State
				}
				continue
			}
			page.People = append(page.People, one)
			if len(page.People) == l.ask.Limit && (i+1 < len(some) || found.Next != "" && !l.all(seen)) {
				page.Next = one.Cursor
				return page, nil
			}
		}
		cursor = found.Next
		if cursor == "" || l.all(seen) {
			return page, nil
		}
		if want = min(2*want, table.MostPage); len(some) > 0 {
			want = 2 * (l.ask.Limit - len(page.People))
		}
		if passed += len(found.Items); passed >= mostPassed {
			page.Next = farther + strconv.Itoa(seen) + farther + cursor
			return page, nil
		}
	}
}

// all reports whether all people with a place were seen, where no one else is asked for.
func (l lister) all(seen int) bool { return l.ask.Accepted && seen >= l.places.Taken }

// after returns the cursor of the page that begins after a participant of one of the sign-ups.
func (l lister) after(seen int, p Participant, of []signups.Signup) string {
	i := slices.IndexFunc(of, func(su signups.Signup) bool { return su.ID == p.Signup })
	return farther + strconv.Itoa(seen) + farther + l.signups.CursorAfter(l.project, of[i])
}

// search returns a page of the people whom a query finds among all of the project, and who have signed up.
func (l lister) search(ctx context.Context, cursor string) (Page, error) {
	page := Page{Places: l.places}
	for passed := 0; ; {
		limit := l.ask.Limit - len(page.People)
		found, err := l.people.Search(ctx, l.definition, l.ask.Query, limit, cursor)
		if err != nil {
			return page, err
		}
		signed, err := l.signups.SignupsAt(ctx, l.project, l.activity, found.Items)
		if err != nil {
			return page, err
		}
		for _, p := range found.Items {
			one := Participant{Person: p, Signup: signed[p.ID].ID, State: signed[p.ID].State, sorted: p.SortName()}
			if one.Signup != "" && l.wants(one) {
				page.People = append(page.People, one)
			}
		}
		passed += max(limit, len(found.Items))
		if cursor = found.Next; cursor == "" {
			return page, nil
		}
		if len(page.People) >= l.ask.Limit || passed >= mostPassed {
			page.Next = farther + cursor
			return page, nil
		}
	}
}

// window returns the page of those who are wanted that begins after a cursor, with at most limit people. It fails with
// table.ErrCursor where the cursor is not on the roster.
func window(all []Participant, wanted func(Participant) bool, limit int, cursor string) (Page, error) {
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
			out.Next = out.People[limit-1].Cursor
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

// Persons returns the people of participants, in their order.
func Persons(some []Participant) []people.Person {
	out := make([]people.Person, len(some))
	for i, one := range some {
		out[i] = one.Person
	}
	return out
}

// Attended is what a person's records at an activity come to.
type Attended struct {
	Days     []string
	Hours    float64
	Outcome  string // of all days, see schema.Outcome
	Tests    []records.Current
	From, To string // the first and the last day of attendance
}

// SumUp adds up a person's attendance and collects their tests. The records are in the order of days.
func SumUp(all []records.Current) Attended {
	var out Attended
	for _, h := range all {
		if h.Kind.Name == schema.Test {
			out.Tests = append(out.Tests, h)
			continue
		}
		out.Days = append(out.Days, h.Date())
		if hours, err := strconv.ParseFloat(h.Kind.Get(h.Row, "hours"), 64); err == nil {
			out.Hours += hours
		}
		out.Outcome = schema.Outcome(out.Outcome, h.Kind.Get(h.Row, "outcome"))
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
