package handler

import (
	"net/http"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Routes are the function's addresses.
func Routes() []web.Route {
	const cancelling = "/{project}/signups/{id}/cancel"
	return []web.Route{
		{Method: "GET", Path: "/{project}/signup", Handler: form,
			ID: "showSignupForm", Tag: "public", Summary: "The sign-up form", Query: []web.Parameter{{Name: "activity", Description: "Preselects an activity"}},
			Response: signupForm{}, Success: "The form; for programs, what one can sign up to", Page: true, Short: true},
		{Method: "POST", Path: "/{project}/signups", Handler: submit,
			ID: "signUp", Tag: "sign-ups", Summary: "Sign up", Once: true,
			Detail: "Anyone is answered with a receipt, a new one each time, whether or not they were on the list already. A coordinator is answered with the sign-up's id and state: `accepted`, `waitlisted` when the activity's capacity is taken, or `held`.\n\n" +
				"The public form is closed after the project's period and after the activity's `closes` (422, code `closed`); a coordinator may still enter late paper, with `submitted_at`. One person has one sign-up to an activity, however often the form is sent.",
			Request: shape.Sent{Kind: schema.Builtin().Kind(schema.Signup)}, Response: shape.OneOf{receipt{}, signups.Moved{}}, Success: "Signed up", Page: true, Status: http.StatusCreated,
			Conflict: "For coordinators: the e-mail address and the PESEL belong to two people (`two_people`)"},
		{Method: "GET", Path: cancelling, Scope: web.Holder, Handler: showCancel,
			ID: "showCancel", Tag: "sign-ups", Summary: "One's own sign-up", Detail: "Who holds the token of the e-mail. It shows, and changes nothing.",
			Query:    []web.Parameter{{Name: "token", Description: "From the e-mail about the sign-up", Required: true}},
			Response: withdrawal{}, Success: "The sign-up", Page: true, Short: true},
		{Method: "POST", Path: cancelling, Scope: web.Holder, Handler: cancel,
			ID: "cancelSignup", Tag: "sign-ups", Summary: "Withdraw one's own sign-up", Detail: "Who holds the token of the e-mail. Doing it again changes nothing.",
			Query:   []web.Parameter{{Name: "token", Description: "From the e-mail about the sign-up; a body may bring it instead"}},
			Request: holding{}, Optional: true, Response: withdrawal{}, Success: "Withdrawn", Page: true},
	}
}

type signupForm struct {
	Project    string         `json:"project" doc:"The project's id"`
	Activities []formActivity `json:"activities"`
	Consent    formConsent    `json:"consent"`
}

type formActivity struct {
	ID    string       `json:"id"`
	Label project.Text `json:"label"`
	Open  bool         `json:"open" doc:"The one who asks may sign somebody up now"`
	Left  *int         `json:"places_left,omitempty" doc:"How many new sign-ups get a place; left out where there is no limit"`
	Full  bool         `json:"full" doc:"The next one waits for a place"`
}

type formConsent struct {
	Version string   `json:"version" format:"date" doc:"Since when the words are as they are; it is kept with each sign-up"`
	Text    []string `json:"text"`
}

type receipt struct {
	Receipt string `json:"receipt" doc:"A new one each time; it says nothing of whether the person was known"`
	State   string `json:"state" enum:"received"`
}

type withdrawal struct {
	Activity string `json:"activity" doc:"The activity's id"`
	State    string `json:"state" enum:"received,cancelled"`
}

// holding is the body of a withdrawal.
type holding struct {
	Token string `json:"token,omitempty" doc:"From the e-mail"`
}

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes()) }
