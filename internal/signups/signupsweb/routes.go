// Package signupsweb serves the public sign-up form and the coordinators' list of sign-ups.
package signupsweb

import (
	"context"
	"net/http"

	"outreach/internal/app"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Signups is what the handlers need of signups.Store.
type Signups interface {
	SignUp(ctx context.Context, project string, d signups.SignupDraft, once store.Once) (signups.SignedUp, error)
	Answered(ctx context.Context, project string, once store.Once, result *signups.SignedUp) (bool, error)
	MoveSignup(ctx context.Context, def *project.Definition, id, state, by string) (signups.Signup, error)
	Signup(ctx context.Context, project, id string) (signups.Signup, error)
	Signups(ctx context.Context, project, activity string, limit int, cursor string) (table.PageOf[signups.Signup], error)
	Form(ctx context.Context, project string, su signups.Signup) (map[string]string, error)
	Forms(ctx context.Context, project string, all []signups.Signup) (map[string]map[string]string, error)
	Places(ctx context.Context, project string, activities []project.Activity) ([]signups.Places, error)
	IsCancelToken(project, signup, token string) bool
	IsConfirmToken(project, signup, token string) bool
	ConfirmAddress(ctx context.Context, def *project.Definition, id string) (signups.Signup, error)
	Decide(ctx context.Context, def *project.Definition, id, who, by string) (signups.Signup, error)
	Confirm(ctx context.Context, def *project.Definition, su signups.Signup) error
}

// People is what the handlers need of people.Store.
type People interface {
	Persons(ctx context.Context, project string, ids []string) (map[string]people.Person, error)
}

// Handlers serve sign-ups.
type Handlers struct {
	signups Signups
	people  People
}

// New returns the handlers on the features of an app.
func New(a *app.App) Handlers { return Handlers{a.Signups, a.People} }

// PublicRoutes are the routes that anyone may ask: the form, signing up, and confirming and withdrawing one's own
// sign-up.
func (h Handlers) PublicRoutes() []web.Route {
	const cancelling, confirming = "/{project}/signups/{id}/cancel", "/{project}/signups/{id}/confirm"
	return []web.Route{
		{Method: "GET", Path: "/{project}/signup", Embeds: true, Handler: h.showForm,
			ID: "showSignupForm", Tag: "public", Summary: "The sign-up form",
			Detail:   "Pages of the origins that the definition names under `embed` may show it in a frame, and read it by cross-origin requests without credentials. It then has no session.",
			Query:    []web.Parameter{{Name: "activity", Description: "Preselects an activity"}},
			Response: signupForm{}, Success: "The form; for programs, what one can sign up to", Page: true, Short: true},
		{Method: "OPTIONS", Path: "/{project}/signup", Embeds: true, Handler: web.Preflight(http.MethodGet), Summary: "Preflight of other sites' pages"},
		{Method: "POST", Path: "/{project}/signups", Embeds: true, Handler: h.submit,
			ID: "signUp", Tag: "sign-ups", Summary: "Sign up", Once: true,
			Detail: "Anyone is answered with a receipt, a new one each time, whether or not they were on the list already. A coordinator is answered with the sign-up's id and state: `accepted`, `waitlisted` when the activity's capacity is taken, or `held` where it contradicts the person who has its e-mail address or PESEL (another first name, another PESEL): `conflict` then names that person.\n\n" +
				"The public form is closed after the project's period and after the activity's `closes` (422, code `closed`); a coordinator may still enter late paper, with `submitted_at`. One person has one sign-up to an activity, however often the form is sent.\n\n" +
				"Pages of the origins that the definition names under `embed` may send it, as JSON or as a form, without credentials: their own form then signs people up.",
			Request: shape.Sent{Kind: schema.Builtin().Kind(schema.Signup)}, Response: shape.OneOf{receipt{}, signups.Moved{}}, Success: "Signed up", Page: true, Status: http.StatusCreated},
		{Method: "OPTIONS", Path: "/{project}/signups", Embeds: true, Handler: web.Preflight(http.MethodPost), Summary: "Preflight of other sites' pages"},
		{Method: "GET", Path: cancelling, Scope: web.Holder, Handler: h.showCancel,
			ID: "showCancel", Tag: "sign-ups", Summary: "One's own sign-up", Detail: "Who holds the token of the e-mail. It shows, and changes nothing.",
			Query:    []web.Parameter{{Name: "token", Description: "From the e-mail about the sign-up", Required: true}},
			Response: withdrawal{}, Success: "The sign-up", Page: true, Short: true},
		{Method: "POST", Path: cancelling, Scope: web.Holder, Handler: h.cancel,
			ID: "cancelSignup", Tag: "sign-ups", Summary: "Withdraw one's own sign-up", Detail: "Who holds the token of the e-mail. Doing it again changes nothing.",
			Query:   []web.Parameter{{Name: "token", Description: "From the e-mail about the sign-up; a body may bring it instead"}},
			Request: holding{}, Optional: true, Response: withdrawal{}, Success: "Withdrawn", Page: true},
		{Method: "GET", Path: confirming, Scope: web.Holder, Handler: h.showConfirm,
			ID: "showConfirm", Tag: "sign-ups", Summary: "The question whether an address is one's own", Detail: "Who holds the token of the e-mail. It shows, and changes nothing.",
			Query:    []web.Parameter{{Name: "token", Description: "From the e-mail about the sign-up", Required: true}},
			Response: confirmation{}, Success: "What there is to confirm", Page: true, Short: true},
		{Method: "POST", Path: confirming, Scope: web.Holder, Handler: h.confirm,
			ID: "confirmSignup", Tag: "sign-ups", Summary: "Confirm the address of one's own sign-up",
			Detail:  "Who holds the token of the e-mail. Where the definition says `confirm: email`, a sign-up of the public form with an e-mail address is `held`, and counts nowhere, until then. Doing it again changes nothing. The answer is the same whoever is known.",
			Query:   []web.Parameter{{Name: "token", Description: "From the e-mail about the sign-up; a body may bring it instead"}},
			Request: holding{}, Optional: true, Response: confirmation{}, Success: "Confirmed", Page: true},
	}
}

// OfficeRoutes are the coordinators' routes: the list of sign-ups, and their states.
func (h Handlers) OfficeRoutes() []web.Route {
	office := []string{web.Coordinator}
	return []web.Route{
		{Method: "GET", Path: "/{project}/signups", Roles: office, Handler: h.list,
			ID: "listSignups", Tag: "sign-ups", Summary: "Sign-ups", Query: web.Paged(web.Parameter{Name: "activity", Description: "Of this activity alone"}),
			Response: shape.List{Of: shape.Record{Name: "signup-kept", Kind: schema.Builtin().Kind(schema.Signup), Without: IdentityFields, Partly: true, And: View{}}}, Success: "A page of the list, in the order of submission", Page: true},
		{Method: "PUT", Path: "/{project}/signups/{id}", Roles: office, Handler: h.move,
			ID: "moveSignup", Tag: "sign-ups", Summary: "Change a sign-up's state",
			Detail:  "Cancelling an accepted one gives the place, at once, to the first of the queue. A held one that is accepted while no place is free joins the queue. Of one with a `conflict`, `person` says whose it is: `same` is the known person, `new` is somebody else, who then shares the key, or the id of a person; it then takes its place by `submitted_at`. Where that person has a live sign-up to the activity, that one stays and is the answer.",
			Request: shape.Sent{Kind: &newState, Also: []string{"reason"}}, Response: signups.Moved{}, Success: "Changed", Tagged: true, Match: true,
			Conflict: "No place is free, the sign-up is cancelled already, or its keys belong to two people"},
		{Method: "GET", Path: "/{project}/signup/embedding", Roles: office, Handler: h.showEmbedding,
			ID: "showEmbedding", Tag: "sign-ups", Summary: "How other sites embed the sign-up form", Response: embedding{}, Success: "Who may, and what to put into a page", Page: true, Short: true},
		{Method: "POST", Path: "/{project}/signups/{id}", Roles: office, Handler: h.move, Summary: "PUT of a browser's form"},
	}
}

type signupForm struct {
	Project    string         `json:"project" doc:"The project's id"`
	Activities []formActivity `json:"activities"`
	Consent    formConsent    `json:"consent"`
}

type embedding struct {
	Origins []string `json:"origins" doc:"The sites that may, as the definition names them under embed"`
	Address string   `json:"address" format:"uri" doc:"Of the form within a frame"`
	Snippet string   `json:"snippet" doc:"HTML to put into a page"`
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

type confirmation struct {
	Activity string `json:"activity" doc:"The activity's id"`
	State    string `json:"state" enum:"received,confirmed,cancelled"`
}

// holding is the body of a withdrawal and of a confirmation.
type holding struct {
	Token string `json:"token,omitempty" doc:"From the e-mail"`
}

// IdentityFields are the fields of a sign-up that say who someone is; an answer has them in `person`.
var IdentityFields = []string{"first_name", "last_name", "email", "pesel"}

// View is the members of an answer about a sign-up beside the fields of its form.
type View struct {
	ID          string            `json:"id"`
	Person      people.PersonView `json:"person"`
	Activity    string            `json:"activity"`
	State       string            `json:"state" enum:"accepted,waitlisted,held,cancelled"`
	SubmittedAt string            `json:"submitted_at" format:"date-time"`
	Entries     int               `json:"entries" doc:"How often the form was sent"`
	Consent     string            `json:"consent_version,omitempty" doc:"Which words on the use of data the person agreed to: the day since which the form has had its own, or of another form tool the source that names them, @ and its version"`
	Upload      string            `json:"upload,omitempty" doc:"The file it came in"`
	Conflict    *people.Conflict  `json:"conflict,omitempty" doc:"Of a held one: which known person it contradicts, and in what"`
	Unconfirmed bool              `json:"unconfirmed,omitempty" doc:"Of a held one: nobody has confirmed its address by the link in the e-mail"`
}
