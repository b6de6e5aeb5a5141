package activitiesweb

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/activities"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/text"
	"outreach/internal/web"
)

// How many people one page lists, and how many certificates it has where the address asks for no other number.
const (
	mostNames         = 200
	usualCertificates = 40
	mostLooked        = 200 // people read for a page of certificates: where few of many completed, it may be short
	mostEmpty         = 60  // lines of a list for those who did not sign up
)

// summary returns an activity with its counts.
func summary(a project.Activity, p signups.Places) page.ActivityItem {
	return page.ActivityItem{Activity: a, Accepted: p.Taken, Waitlisted: p.Waiting, Held: p.Held}
}

// lineOf returns an activity as programs get it.
func lineOf(a page.ActivityItem) activityLine {
	return activityLine{
		ID: a.Activity.ID, Label: a.Activity.Label, Place: a.Activity.Place, Starts: a.Activity.Starts, Ends: a.Activity.Ends,
		Capacity: a.Activity.Capacity, Accepted: a.Accepted, Waitlisted: a.Waitlisted, Held: a.Held,
	}
}

// list lists the activities of the definition with their counts.
func (h Handlers) list(c *web.Call) error {
	var content page.Activities
	items := []activityLine{}
	places, err := h.signups.Places(c.Context(), c.Project, c.Defined.Definition.Activities)
	if err != nil {
		return err
	}
	for i, a := range c.Defined.Definition.Activities {
		content.Items = append(content.Items, summary(a, places[i]))
		items = append(items, lineOf(content.Items[len(content.Items)-1]))
	}
	if c.Page {
		return c.Show(http.StatusOK, content)
	}
	return c.List(items, "")
}

// show shows an activity, the people who signed up and what they did there.
func (h Handlers) show(c *web.Call) error {
	a, err := activities.Find(c.Defined.Definition, c.PathValue("activity"))
	if err != nil {
		return err
	}
	query := c.URL.Query().Get("q")
	shown, err := activities.List(c.Context(), h.signups, h.people, c.Defined.Definition, a, activities.Ask{Query: query, Limit: c.Limit(), Cursor: c.Cursor()})
	if err != nil {
		return err
	}
	registry := schema.For(c.Defined.Definition)
	known, err := h.records.AtActivity(c.Context(), c.Project, a.ID, activities.Persons(shown.People), registry.Kind(schema.Attendance), registry.Kind(schema.Test))
	if err != nil {
		return err
	}
	content := page.Activity{
		ActivityItem: summary(a, shown.Places), Definition: c.Defined.Definition, Next: c.NextAddress(shown.Next),
		Query: query, Searched: query != "" || c.Cursor() != "" || shown.Next != "", BySubmission: shown.BySubmission,
	}
	out := activityView{activityLine: lineOf(content.ActivityItem), Items: []participantLine{}, Next: orNull(shown.Next)}
	for _, p := range shown.People {
		did := activities.SumUp(known[p.ID])
		line := page.Participant{Person: p.ID, Name: p.Name(), Email: p.Email(), State: p.State, Days: len(did.Days), Hours: did.Total(), Outcome: did.Outcome}
		item := participantLine{Person: p.View(), Signup: p.Signup, State: p.State, Days: append([]string{}, did.Days...), Outcome: did.Outcome, Tests: []map[string]any{}}
		if line.Hours != "" {
			item.Hours = &did.Hours
		}
		for _, t := range did.Tests {
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

// orNull returns a pointer to a text, nil where it is empty.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// showList shows the attendance list of a day, for printing: the people with a place, and empty lines.
func (h Handlers) showList(c *web.Call) error {
	a, err := activities.Find(c.Defined.Definition, c.PathValue("activity"))
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
	if !c.Page {
		shown, err := activities.List(c.Context(), h.signups, h.people, c.Defined.Definition, a, activities.Ask{Accepted: true, Limit: c.LimitOr(mostNames, mostNames), Cursor: c.Cursor()})
		if err != nil {
			return err
		}
		out := attendanceList{Activity: a.ID, Date: orNull(date), Items: []listedPerson{}, Next: orNull(shown.Next)}
		for _, p := range shown.People {
			out.Items = append(out.Items, listedPerson{p.View()})
		}
		return c.JSON(http.StatusOK, out)
	}
	// A list on paper is whole, and by name.
	all, err := activities.Roster(c.Context(), h.signups, h.people, c.Project, a.ID, true)
	if err != nil {
		return err
	}
	content := page.AttendanceList{Definition: c.Defined.Definition, Activity: a, Date: date}
	for _, p := range all {
		content.Names = append(content.Names, cmp.Or(p.Name(), p.Email()))
	}
	for n := range empty {
		content.Empty = append(content.Empty, len(all)+n+1)
	}
	return c.Show(http.StatusOK, content)
}

// showCertificates shows the certificates of the people who completed an activity, or of one person.
func (h Handlers) showCertificates(c *web.Call) error {
	a, err := activities.Find(c.Defined.Definition, c.PathValue("activity"))
	if err != nil {
		return err
	}
	query := c.URL.Query()
	who, limit := query.Get("person"), c.LimitOr(usualCertificates, mostNames)
	var looked activities.Page
	if who == "" {
		looked, err = activities.List(c.Context(), h.signups, h.people, c.Defined.Definition, a, activities.Ask{Limit: max(limit, mostLooked), Cursor: c.Cursor()})
	} else {
		var p people.Person
		p, err = h.people.Person(c.Context(), c.Project, who)
		looked.People = []activities.Participant{{Person: p}}
	}
	if err != nil {
		return err
	}
	completed, next, err := h.completed(c, a.ID, looked, limit)
	if err != nil {
		return err
	}
	content := page.Certificates{Definition: c.Defined.Definition, Activity: a, In: text.Language("", cmp.Or(query.Get("in"), text.Spoken(c.Language))), Person: who, Next: c.NextAddress(next)}
	items := []certificate{}
	for _, p := range completed {
		did := p.did
		one := page.Certificate{Name: cmp.Or(p.Name(), p.Email()), Number: certificateNumber(c, a.ID, p.ID), Hours: did.Total(), From: did.From, To: did.To}
		content.Items = append(content.Items, one)
		item := certificate{Person: p.View(), Number: one.Number, From: one.From, To: one.To}
		if one.Hours != "" {
			item.Hours = &did.Hours
		}
		items = append(items, item)
	}
	if c.Page {
		return c.Show(http.StatusOK, content)
	}
	return c.List(items, next)
}

// graduate is someone who completed an activity, and what they did there.
type graduate struct {
	activities.Participant
	did activities.Attended
}

// completed returns those people of a page, at most so many, who completed the activity, and the cursor of the rest.
func (h Handlers) completed(c *web.Call, activity string, looked activities.Page, most int) (all []graduate, next string, err error) {
	kind := schema.For(c.Defined.Definition).Kind(schema.Attendance)
	for part := range slices.Chunk(looked.People, most) {
		known, err := h.records.AtActivity(c.Context(), c.Project, activity, activities.Persons(part), kind)
		if err != nil {
			return nil, "", err
		}
		for _, p := range part {
			if len(all) == most {
				return all, all[most-1].Cursor, nil
			}
			if did := activities.SumUp(known[p.ID]); p.Identified() && did.Outcome == "completed" {
				all = append(all, graduate{p, did})
			}
		}
		if len(all) == most && part[len(part)-1].ID != looked.People[len(looked.People)-1].ID {
			return all, all[most-1].Cursor, nil
		}
	}
	return all, looked.Next, nil
}

// certificateNumber returns the number of a person's certificate. It is the same whenever a certificate is printed, and
// reveals nothing about the person.
func certificateNumber(c *web.Call, activity, who string) string {
	return c.Project + "/" + activity + "/" + strings.ToUpper(c.Site.DB.Seal(c.Project, "certificate", activity+"\x00"+who)[:8])
}
