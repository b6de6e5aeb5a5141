package handler

import (
	"time"

	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/signups"
)

// identity are the fields of a sign-up that say who somebody is; an answer has them in `person`.
var identity = []string{"first_name", "last_name", "email", "pesel"}

// signupView is what an answer tells of a sign-up beside the fields of its form.
type signupView struct {
	ID          string            `json:"id"`
	Person      people.PersonView `json:"person"`
	Activity    string            `json:"activity"`
	State       string            `json:"state" enum:"accepted,waitlisted,held,cancelled"`
	SubmittedAt string            `json:"submitted_at" format:"date-time"`
	Entries     int               `json:"entries" doc:"How often the form was sent"`
	Consent     string            `json:"consent_version,omitempty" format:"date" doc:"Since when the form had said what it said on the use of data: which words the person agreed to"`
	Upload      string            `json:"upload,omitempty" doc:"The file it came in"`
}

// listed is a sign-up as the office sees it.
type listed struct {
	signups.Signup
	form map[string]string
	row  schema.Row
}

func (l listed) etag() string { return `"` + l.ID + "." + itoa(l.Version) + `"` }

// fields are what the form said, but who somebody is.
func (l listed) fields() map[string]any {
	out := schema.Builtin().Kind(schema.Signup).JSON(l.row)
	for _, name := range identity {
		delete(out, name)
	}
	return out
}

func (l listed) view() signupView {
	who := people.PersonView{ID: l.Person, FirstName: l.form["first_name"], LastName: l.form["last_name"], Email: l.form["email"], Pesel: l.form["pesel"]}
	return signupView{
		ID: l.ID, Person: who, Activity: l.Activity, State: l.State, SubmittedAt: l.Submitted.Format(time.RFC3339Nano), Entries: l.Entries,
		Consent: l.form[signups.ConsentGiven], Upload: l.Upload,
	}
}
