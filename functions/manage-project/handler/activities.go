package handler

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/text"
	"outreach/internal/web"
)

// How many people stand on one page: rows of a form, names of a list, certificates.
const (
	usualRows        = 40 // a page of them stays light
	mostRows         = 100
	mostNames        = 200
	mostCertificates = 40
	mostLooked       = 1000 // people looked at for a page of certificates: where few of many completed, it may be short
	mostEmpty        = 60   // lines of a list for those who did not sign up
)

// participant is somebody who signed up to an activity. Of two sign-ups of one person the one that says more counts.
type participant struct {
	people.Person
	sorted        string // the form of the name that rosters are in the order of
	signup, state string
}

func (p participant) name() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// known tells that it is known who this is: of somebody who was erased only a number is left.
func (p participant) known() bool { return p.name() != "" || len(p.Emails)+len(p.Pesels) > 0 }

func (p participant) accepted() bool { return p.state == schema.Accepted && p.known() }

// chosenActivity is the activity that an address names.
func chosenActivity(c *web.Call) (project.Activity, error) {
	a, ok := c.Defined.Definition.Activity(c.PathValue("activity"))
	if !ok {
		return a, store.ErrNotFound
	}
	return a, nil
}

// roster is everybody who signed up to an activity, by name. All are read, for their names have no order of their own at an
// activity; of each only a little is kept.
func roster(c *web.Call, activity string) ([]participant, error) {
	says := []string{schema.Cancelled, schema.Held, schema.Waitlisted, schema.Accepted}
	by := map[string]participant{}
	for cursor := ""; ; {
		signups, err := c.Site.Signups.Signups(c.Context(), c.Project, activity, table.MostPage, cursor)
		if err != nil {
			return nil, err
		}
		ids := make([]string, len(signups.Items))
		for i, su := range signups.Items {
			ids[i] = su.Person
		}
		people, err := c.Site.People.Persons(c.Context(), c.Project, ids)
		if err != nil {
			return nil, err
		}
		for _, su := range signups.Items {
			p, ok := people[su.Person]
			if !ok {
				p.ID = su.Person
			}
			if before, twice := by[p.ID]; !twice || slices.Index(says, su.State) >= slices.Index(says, before.state) {
				by[p.ID] = participant{Person: p, sorted: p.SortName(), signup: su.ID, state: su.State}
			}
		}
		if cursor = signups.Next; cursor == "" {
			break
		}
	}
	return slices.SortedFunc(maps.Values(by), func(a, b participant) int {
		return cmp.Or(strings.Compare(a.sorted, b.sorted), strings.Compare(a.ID, b.ID))
	}), nil
}

// part is one page of those on a roster who are wanted: how many come before, how many there are, and the cursor of the
// next page, which is the last person of this one.
type part struct {
	people     []participant
	first, all int
	next       string
}

func window(all []participant, wanted func(participant) bool, limit int, cursor string) (part, error) {
	var out part
	passed := cursor == ""
	for _, p := range all {
		switch {
		case !wanted(p):
		case !passed:
			out.first++
		case len(out.people) < limit:
			out.people = append(out.people, p)
		default:
			out.next = out.people[limit-1].ID
		}
		if wanted(p) {
			out.all++
		}
		passed = passed || p.ID == cursor
	}
	if !passed {
		return out, table.ErrCursor
	}
	return out, nil
}

// ahead are those on a roster who come behind a cursor, but no more than so many, and the cursor of the rest.
func ahead(all []participant, cursor string, most int) (some []participant, rest string, err error) {
	if cursor != "" {
		at := slices.IndexFunc(all, func(p participant) bool { return p.ID == cursor })
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

// atMost is how many are wanted on a page, where the address does not say another number below the most.
func atMost(c *web.Call, usual, most int) int {
	n, err := strconv.Atoi(c.URL.Query().Get("limit"))
	if err != nil || n < 1 || n > most {
		return usual
	}
	return n
}

func (p part) persons() []people.Person {
	out := make([]people.Person, len(p.people))
	for i, one := range p.people {
		out[i] = one.Person
	}
	return out
}

func anybody(participant) bool { return true }

// stands says how an activity stands.
func stands(a project.Activity, p signups.Places) page.ActivityItem {
	return page.ActivityItem{Activity: a, Accepted: p.Taken, Waitlisted: p.Waiting, Held: p.Held}
}

func lineOf(a page.ActivityItem) activityLine {
	return activityLine{
		ID: a.Activity.ID, Label: a.Activity.Label, Place: a.Activity.Place, Starts: a.Activity.Starts, Ends: a.Activity.Ends,
		Capacity: a.Activity.Capacity, Accepted: a.Accepted, Waitlisted: a.Waitlisted, Held: a.Held,
	}
}

func listActivities(c *web.Call) error {
	var content page.Activities
	items := []activityLine{}
	places, err := c.Site.Signups.Places(c.Context(), c.Project, c.Defined.Definition.Activities)
	if err != nil {
		return err
	}
	for i, a := range c.Defined.Definition.Activities {
		content.Items = append(content.Items, stands(a, places[i]))
		items = append(items, lineOf(content.Items[len(content.Items)-1]))
	}
	if c.Page {
		return c.Show(http.StatusOK, content)
	}
	return c.List(items, "")
}

// attended is what a person's records at an activity come to.
type attended struct {
	days     []string
	hours    float64
	outcome  string
	tests    []records.Holds
	from, to string // of completing it: the first and the last day of attendance
}

func sumUp(holds []records.Holds) attended {
	var out attended
	says := []string{"", "attended", "withdrew", "completed"}
	for _, h := range holds {
		if h.Kind == schema.Builtin().Kind(schema.Test) {
			out.tests = append(out.tests, h)
			continue
		}
		out.days = append(out.days, h.Date())
		if hours, err := strconv.ParseFloat(h.Kind.Get(h.Row, "hours"), 64); err == nil {
			out.hours += hours
		}
		if outcome := h.Kind.Get(h.Row, "outcome"); slices.Index(says, outcome) > slices.Index(says, out.outcome) {
			out.outcome = outcome
		}
	}
	if len(out.days) > 0 {
		out.from, out.to = out.days[0], out.days[len(out.days)-1]
	}
	return out
}

// total is the sum of hours in its canonical text, "" where none were given.
func (a attended) total() string {
	if text, _ := schema.FromNumber(a.hours); text != "0" {
		return text
	}
	return ""
}

func showActivity(c *web.Call) error {
	a, err := chosenActivity(c)
	if err != nil {
		return err
	}
	places, err := c.Site.Signups.Places(c.Context(), c.Project, []project.Activity{a})
	if err != nil {
		return err
	}
	all, err := roster(c, a.ID)
	if err != nil {
		return err
	}
	shown, err := window(all, anybody, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	known, err := c.Site.Records.AtActivity(c.Context(), c.Project, a.ID, shown.persons(), schema.Builtin().Kind(schema.Attendance), schema.Builtin().Kind(schema.Test))
	if err != nil {
		return err
	}
	content := page.Activity{ActivityItem: stands(a, places[0]), Next: c.NextAddress(shown.next)}
	out := activityView{activityLine: lineOf(content.ActivityItem), Items: []participantLine{}, Next: orNull(shown.next)}
	for _, p := range shown.people {
		did := sumUp(known[p.ID])
		line := page.Participant{Person: p.ID, Name: p.name(), Email: p.Email(), State: p.state, Days: len(did.days), Hours: did.total(), Outcome: did.outcome}
		item := participantLine{Person: p.View(), Signup: p.signup, State: p.state, Days: append([]string{}, did.days...), Outcome: did.outcome, Tests: []map[string]any{}}
		if line.Hours != "" {
			item.Hours = &did.hours
		}
		for _, t := range did.tests {
			get := func(name string) string { return t.Kind.Get(t.Row, name) }
			line.Tests = append(line.Tests, page.Score{Before: get("pre_score"), After: get("post_score"), Most: get("max_score")})
			one := t.Kind.JSON(t.Row)
			delete(one, "activity")
			item.Tests = append(item.Tests, one)
		}
		content.Items, out.Items = append(content.Items, line), append(out.Items, item)
	}
	if c.Page {
		return c.Show(http.StatusOK, content)
	}
	return c.JSON(http.StatusOK, out)
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// showRoll is the attendance list of a day, to be printed: those with a place, and empty lines.
func showRoll(c *web.Call) error {
	a, err := chosenActivity(c)
	if err != nil {
		return err
	}
	date := ""
	if asked := c.URL.Query().Get("date"); asked != "" {
		var ok bool
		if date, ok = schema.ParseDay(asked, true); !ok {
			return web.Invalid(schema.Problem{Field: "date", Code: schema.NotADate})
		}
	} else if len(a.Starts) >= len("2006-01-02") {
		date = a.Starts[:len("2006-01-02")]
	}
	empty, err := strconv.Atoi(c.URL.Query().Get("empty"))
	if err != nil || empty < 0 || empty > mostEmpty {
		empty = 5
	}
	all, err := roster(c, a.ID)
	if err != nil {
		return err
	}
	shown, err := window(all, participant.accepted, atMost(c, mostNames, mostNames), c.Cursor())
	if err != nil {
		return err
	}
	if !c.Page {
		out := attendanceList{Activity: a.ID, Date: orNull(date), Items: []listedPerson{}, Next: orNull(shown.next)}
		for _, p := range shown.people {
			out.Items = append(out.Items, listedPerson{p.View()})
		}
		return c.JSON(http.StatusOK, out)
	}
	content := page.Roll{Definition: c.Defined.Definition, Activity: a, Date: date, First: shown.first, Next: c.NextAddress(shown.next)}
	for _, p := range shown.people {
		content.Names = append(content.Names, cmp.Or(p.name(), p.Email()))
	}
	if shown.next == "" {
		for n := range empty {
			content.Empty = append(content.Empty, shown.first+len(shown.people)+n+1)
		}
	}
	return c.Show(http.StatusOK, content)
}

// showCertificates are the certificates of those who completed an activity, or of one person.
func showCertificates(c *web.Call) error {
	a, err := chosenActivity(c)
	if err != nil {
		return err
	}
	query := c.URL.Query()
	var all []participant
	who := query.Get("person")
	if who == "" {
		all, err = roster(c, a.ID)
	} else {
		var p people.Person
		p, err = c.Site.People.Person(c.Context(), c.Project, who)
		all = []participant{{Person: p}}
	}
	if err != nil {
		return err
	}
	some, rest, err := ahead(all, c.Cursor(), mostLooked)
	if err != nil {
		return err
	}
	known, err := c.Site.Records.AtActivity(c.Context(), c.Project, a.ID, part{people: some}.persons(), schema.Builtin().Kind(schema.Attendance))
	if err != nil {
		return err
	}
	completed := func(p participant) bool { return p.known() && sumUp(known[p.ID]).outcome == "completed" }
	shown, err := window(some, completed, atMost(c, mostCertificates, mostNames), "")
	if err != nil {
		return err
	}
	shown.next = cmp.Or(shown.next, rest)
	content := page.Certificates{Definition: c.Defined.Definition, Activity: a, In: text.Language("", cmp.Or(query.Get("in"), c.Language)), Person: who, Next: c.NextAddress(shown.next)}
	items := []certificate{}
	for _, p := range shown.people {
		did := sumUp(known[p.ID])
		one := page.Certificate{Name: cmp.Or(p.name(), p.Email()), Number: certificateNumber(c, a.ID, p.ID), Hours: did.total(), From: did.from, To: did.to}
		content.Items = append(content.Items, one)
		item := certificate{Person: p.View(), Number: one.Number, From: one.From, To: one.To}
		if one.Hours != "" {
			item.Hours = &did.hours
		}
		items = append(items, item)
	}
	if c.Page {
		return c.Show(http.StatusOK, content)
	}
	return c.List(items, shown.next)
}

// certificateNumber is the same whenever a certificate is printed anew, and says nothing of who it is.
func certificateNumber(c *web.Call, activity, who string) string {
	return c.Project + "/" + activity + "/" + strings.ToUpper(c.Site.DB.Seal(c.Project, "certificate", activity+"\x00"+who)[:8])
}

// here is the address of a page of an activity with a query.
func here(c *web.Call, a project.Activity, what string, query url.Values) string {
	return (&url.URL{Path: "/" + c.Project + "/activities/" + a.ID + "/" + what, RawQuery: query.Encode()}).String()
}
