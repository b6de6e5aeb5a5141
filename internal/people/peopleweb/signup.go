package peopleweb

import (
	"strconv"
	"time"

	"outreach/internal/people"
	"outreach/internal/privacy"
	"outreach/internal/schema"
	"outreach/internal/signups"
)

// identityFields are the fields of a sign-up that identify its person; an answer has them in `person`.
var identityFields = []string{"first_name", "last_name", "email", "pesel"}

// signupView is a sign-up in an answer, beside the fields of its form.
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

func viewOf(s privacy.SignupData) signupView {
	who := people.PersonView{ID: s.Person, FirstName: s.Form["first_name"], LastName: s.Form["last_name"], Email: s.Form["email"], Pesel: s.Form["pesel"]}
	return signupView{
		ID: s.ID, Person: who, Activity: s.Activity, State: s.State, SubmittedAt: s.Submitted.Format(time.RFC3339Nano), Entries: s.Entries,
		Consent: s.Form[signups.ConsentGiven], Upload: s.Upload,
	}
}

// signupFields returns the fields of a sign-up's form without those that identify its person.
func signupFields(kind *schema.Kind, row schema.Row) map[string]any {
	out := kind.JSON(row)
	for _, name := range identityFields {
		delete(out, name)
	}
	return out
}

// signupTag returns the ETag of a sign-up.
func signupTag(s signups.Signup) string { return `"` + s.ID + "." + strconv.Itoa(s.Version) + `"` }
