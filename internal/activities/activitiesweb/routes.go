// Package activitiesweb serves the coordinators' pages of activities: who signed up, attendance lists, certificates.
package activitiesweb

import (
	"context"

	"outreach/internal/activities"
	"outreach/internal/app"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/text"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// People is what the handlers need of people.Store.
type People interface {
	activities.People
	Person(ctx context.Context, project, id string) (people.Person, error)
}

// Records is what the handlers need of records.Store.
type Records interface {
	AtActivity(ctx context.Context, project, activity string, people []people.Person, of ...*schema.Kind) (map[string][]records.Current, error)
}

// Handlers serve activities.
type Handlers struct {
	signups activities.Signups
	people  People
	records Records
}

// New returns the handlers on the features of an app.
func New(a *app.App) Handlers { return Handlers{a.Signups, a.People, a.Records} }

// Routes are the coordinators' routes: the activities, attendance lists and certificates.
func (h Handlers) Routes() []web.Route {
	office := []string{web.Coordinator}
	const at = "/{project}/activities/{activity}"
	tests := shape.Array{Of: shape.Record{Kind: schema.Builtin().Kind(schema.Test), Without: []string{"activity"}, Partly: true}}
	items := shape.Array{Of: shape.With{Of: participantLine{}, Members: map[string]any{"tests": tests}}}
	return []web.Route{
		{Method: "GET", Path: "/{project}/activities", Roles: office, Handler: h.list,
			ID: "listActivities", Tag: "sign-ups", Summary: "The project's activities", Response: shape.List{Of: activityLine{}}, Success: "All of them, in the definition's order", Page: true},
		{Method: "GET", Path: at, Roles: office, Handler: h.show,
			ID: "showActivity", Tag: "sign-ups", Summary: "An activity, and what is known of everybody there", Query: web.Paged(web.Parameter{Name: "q", Description: "An e-mail address, a PESEL, or the beginnings of words of a name: only these people"}),
			Response: shape.With{Of: activityView{}, Members: map[string]any{"items": items}}, Success: "The activity, and a page of those who signed up, by name; where they are more than 500, in the order of submission", Page: true},
		{Method: "GET", Path: at + "/list", Roles: office, Handler: h.showList,
			ID: "showAttendanceList", Tag: "sign-ups", Summary: "The attendance list of a day", Detail: "For browsers it is one page to print and sign, with everybody, by name.",
			Query: web.Paged(
				web.Parameter{Name: "date", Description: "The day; without it, the one on which the activity begins"},
				web.Parameter{Name: "empty", Description: "Lines for those who come without having signed up, 0 to 60; 5 where it is not given", Schema: 0},
			),
			Response: attendanceList{}, Success: "Those who have a place, by name; where more than 500 have signed up, in the order of submission", Page: true},
		{Method: "GET", Path: at + "/certificates", Roles: office, Handler: h.showCertificates,
			ID: "showCertificates", Tag: "sign-ups", Summary: "Certificates", Detail: "Of all who completed the activity, or of one person. For browsers they are pages to print.",
			Query: web.Paged(
				web.Parameter{Name: "person", Description: "A person's id"},
				web.Parameter{Name: "in", Description: "The language of the certificates", Values: text.Languages()},
			),
			Response: shape.List{Of: certificate{}}, Success: "What is certified", Page: true},
	}
}

type activityLine struct {
	ID         string       `json:"id"`
	Label      project.Text `json:"label"`
	Place      string       `json:"place,omitempty"`
	Starts     string       `json:"starts,omitempty" doc:"A day, or an instant"`
	Ends       string       `json:"ends,omitempty" doc:"A day, or an instant"`
	Capacity   int          `json:"capacity,omitempty" doc:"How many places there are; left out where there is no limit"`
	Accepted   int          `json:"accepted"`
	Waitlisted int          `json:"waitlisted"`
	Held       int          `json:"held"`
}

type activityView struct {
	activityLine
	Items []participantLine `json:"items"`
	Next  *string           `json:"next" doc:"The cursor of the next page"`
}

type participantLine struct {
	Person  people.PersonView `json:"person"`
	Signup  string            `json:"signup" doc:"The sign-up's id"`
	State   string            `json:"state" enum:"accepted,waitlisted,held,cancelled"`
	Days    []string          `json:"days" format:"date"`
	Hours   *float64          `json:"hours,omitempty" doc:"Of all days"`
	Outcome string            `json:"outcome,omitempty" doc:"How it ended: completed where any day says so, else withdrew where any does"`
	Tests   []map[string]any  `json:"tests"`
}

type attendanceList struct {
	Activity string         `json:"activity" doc:"The activity's id"`
	Date     *string        `json:"date"`
	Items    []listedPerson `json:"items"`
	Next     *string        `json:"next" doc:"The cursor of the next page"`
}

type listedPerson struct {
	Person people.PersonView `json:"person"`
}

type certificate struct {
	Person people.PersonView `json:"person"`
	Number string            `json:"number" doc:"The same whenever it is printed"`
	Hours  *float64          `json:"hours,omitempty" doc:"Of all days"`
	From   string            `json:"from" format:"date"`
	To     string            `json:"to" format:"date"`
}
