// Package peopleweb serves the coordinator's routes about people: search, probable duplicates, one person's data,
// corrections, merges and erasure.
package peopleweb

import (
	"context"
	"net/http"

	"outreach/internal/app"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/privacy"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups/signupsweb"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Handlers answer requests about people. The zero value has no services: its routes can be listed, not served.
type Handlers struct {
	people  People
	privacy Privacy
	files   Files
}

// People is what the handlers need of people.Store.
type People interface {
	Person(ctx context.Context, project, id string) (people.Person, error)
	Search(ctx context.Context, d *project.Definition, query string, limit int, cursor string) (table.PageOf[people.Person], error)
	FindByKey(ctx context.Context, d *project.Definition, query string) (people.Person, bool, error)
	Duplicates(ctx context.Context, project string, from, limit int) (people.PairPage, error)
	Incomplete(ctx context.Context, project string, needed []string, filter people.IncompleteFilter, from, limit int) (people.IncompletePage, error)
	PersonTag(project string, p people.Person) string
	Correct(ctx context.Context, project, id, ifMatch string, c people.Correction, by string) (people.Person, error)
	CorrectAttributes(ctx context.Context, project, id string, c people.AttributeCorrection, registry *schema.Registry) error
	Ask(ctx context.Context, project, id, by string, attributes []string, locale string, registry *schema.Registry) (people.Question, error)
	IsQuestionToken(project, id, token string) bool
	Question(ctx context.Context, project, id string) (people.Question, people.Person, error)
	OpenAttributes(ctx context.Context, d *project.Definition, q people.Question, p people.Person) ([]*schema.Field, error)
	Answer(ctx context.Context, project, id string, values schema.Values, registry *schema.Registry) error
	Merge(ctx context.Context, project, from, into, by string) (people.Person, error)
	NoteView(ctx context.Context, project, person, by string) error
	NoteExport(ctx context.Context, project, what, person, by string) error
	MarkDistinct(ctx context.Context, project, one, other, by string) error
}

// Privacy is what the handlers need of privacy.Store.
type Privacy interface {
	PersonData(ctx context.Context, registry *schema.Registry, project string, p people.Person) (privacy.PersonData, error)
	History(ctx context.Context, registry *schema.Registry, project string, p people.Person) (privacy.History, error)
	Erase(ctx context.Context, project, id, by string) error
}

// Files is what the handlers need of uploads.Store.
type Files interface {
	CountFilesToErase(ctx context.Context, project string, p people.Person) (int, error)
}

// New builds the handlers on the services of an app.
func New(a *app.App) Handlers {
	return Handlers{people: a.People, privacy: a.Privacy, files: a.Uploads}
}

// Routes are the routes about people: all for coordinators, but for the link of a question.
func (h Handlers) Routes() []web.Route {
	office := []string{web.Coordinator}
	const at, asking = "/{project}/people/{id}", "/{project}/people/{id}/questions/{question}"
	file := personFileShape()
	return []web.Route{
		{Method: "GET", Path: "/{project}/people.csv", Roles: office, Handler: h.csv,
			ID: "exportPeopleCSV", Tag: "people", Summary: "People as CSV", Detail: "Everybody who is known, by name, with names, keys and telephone numbers.", Response: shape.Text{Type: shape.CSV}, Success: "The list"},
		{Method: "GET", Path: "/{project}/people", Roles: office, Handler: h.searchPeople,
			ID: "searchPeople", Tag: "people", Summary: "Search people",
			Query:    web.Paged(web.Parameter{Name: "q", Description: "An e-mail address, a PESEL, another key of the project, or the beginnings of words of a name, in any order"}),
			Response: shape.List{Of: people.PersonView{}}, Success: "A page of the list", Page: true},
		{Method: "GET", Path: "/{project}/people/duplicates", Roles: office, Handler: h.duplicates,
			ID: "listDuplicates", Tag: "people", Summary: "Probable duplicates", Detail: "The same name, one spelt alike or in another order, the same phone, or nearly the same e-mail address.",
			Query: web.Paged(), Response: shape.List{Of: duplicatePair{}}, Success: "Pairs of people; among more than 1,000 people those that the last night found", Page: true},
		{Method: "GET", Path: "/{project}/people/incomplete", Roles: office, Handler: h.incomplete,
			ID: "listIncomplete", Tag: "people", Summary: "People whose data are incomplete", Detail: "Who lacks an attribute of `people.complete`, as the last snapshot found it. What a correction gave since is not missing. A page may be short, or empty, though there are more.",
			Query: web.Paged(web.Parameter{Name: "attribute", Description: "Those who lack this one alone"}, web.Parameter{Name: "activity", Description: "Those who signed up to it alone"}), Response: incompleteList{}, Success: "A page of the list", Page: true},
		{Method: "GET", Path: at, Roles: office, Handler: h.showPerson,
			ID: "showPerson", Tag: "people", Summary: "Everything held on one person", Response: file, Success: "The person", Page: true, Tagged: true},
		{Method: "GET", Path: at + ".json", Roles: office, Handler: h.exportPerson,
			ID: "exportPerson", Tag: "people", Summary: "The subject-access export", Response: file, Success: "Everything held on one person"},
		{Method: "PUT", Path: at, Roles: office, Handler: h.changePerson,
			ID: "correctPerson", Tag: "people", Summary: "Correct who somebody is",
			Detail:  "All five fields are put in the place of what was known; of several addresses or PESELs the first is replaced. A key that is no longer theirs leads nowhere.",
			Request: shape.Sent{Kind: page.Identity(schema.Builtin().Keys)}, Response: people.PersonView{}, Success: "The person as it is now", Tagged: true, Match: true,
			Conflict: "The e-mail address or the PESEL belongs to another person: `existing` names them"},
		{Method: "PUT", Path: at + "/attributes", Roles: office, Handler: h.correctAttributes,
			ID: "correctAttributes", Tag: "people", Summary: "Correct attributes that were wrong at entry",
			Detail:  "Any of them; null takes one away, and no later form fills it. Every later snapshot, of whatever day, counts the person with them. What forms said stays in the person's story. A change of status after entry is a record of a kind of its own.",
			Request: shape.Sent{Kind: attributesOf(schema.Builtin())}, Response: attributesAnswer{}, Success: "The person, with the attributes that count"},
		{Method: "POST", Path: at + "/attributes", Roles: office, Handler: h.correctAttributes, Summary: "PUT of a browser's form"},
		{Method: "POST", Path: at + "/question", Roles: office, Handler: h.ask,
			ID: "askPerson", Tag: "people", Summary: "Ask a person for what is missing",
			Detail:   "By a letter with a link that works once, for 14 days. At most one a day. Nothing sensitive is asked by an address that may be another person's too.",
			Response: asked{}, Success: "The question is on its way", Status: http.StatusCreated, Page: true, Conflict: "Nothing is missing, there is no address, it may be another person's too, or the person was asked within a day"},
		{Method: "GET", Path: asking, Scope: web.Holder, Handler: h.showQuestion,
			ID: "showQuestion", Tag: "people", Summary: "A question to oneself", Detail: "Who holds the token of the e-mail. It shows no more than the e-mail, and changes nothing.",
			Query:    []web.Parameter{{Name: "token", Description: "From the e-mail", Required: true}},
			Response: openQuestion{}, Success: "The question", Page: true, Short: true},
		{Method: "POST", Path: asking, Scope: web.Holder, Handler: h.answer,
			ID: "answerQuestion", Tag: "people", Summary: "Answer a question to oneself", Detail: "Who holds the token of the e-mail, once.",
			Query:   []web.Parameter{{Name: "token", Description: "From the e-mail; a body may bring it instead"}},
			Request: shape.Sent{Kind: optional("answer", schema.Builtin().Attributes()), Also: []string{"token"}}, Response: openQuestion{}, Success: "Answered", Page: true, Conflict: "It was answered, or its time is over"},
		{Method: "DELETE", Path: at, Roles: office, Handler: h.changePerson,
			ID: "erasePerson", Tag: "people", Summary: "Erase a person", Detail: "Identity and attributes go; counts stay, where the rule asks for no attribute.", Response: erased{}, Success: "Erased"},
		{Method: "POST", Path: at, Roles: office, Handler: h.changePerson, Summary: "PUT or DELETE of a browser's form"},
		{Method: "GET", Path: at + "/erasure", Roles: office, Handler: h.previewErasure,
			ID: "previewErasure", Tag: "people", Summary: "What an erasure would take, and what would stay", Response: erasurePreview{}, Success: "Numbers, and the figures that may change", Page: true, Short: true},
		{Method: "GET", Path: at + "/merge", Roles: office, Handler: h.previewMerge,
			ID: "previewMerge", Tag: "people", Summary: "What a merge would make", Query: []web.Parameter{{Name: "into", Description: "The right person, by id, e-mail address or PESEL"}},
			Response: mergePreview{}, Success: "Both people, the one they would be, and what both have", Page: true, Short: true},
		{Method: "POST", Path: at + "/merge", Roles: office, Handler: h.merge,
			ID: "mergePeople", Tag: "people", Summary: "Two records of one person become one", Request: shape.Sent{Kind: &mergeTarget}, Response: people.PersonView{}, Success: "The person that both are now"},
		{Method: "POST", Path: at + "/apart", Roles: office, Handler: h.markDistinct,
			ID: "tellApart", Tag: "people", Summary: "Two records that look like one person's are two people's", Detail: "They are no longer listed as probable duplicates. They may still be merged later.",
			Request: shape.Sent{Kind: &apartFrom}, Response: toldApart{}, Success: "Told apart"},
	}
}

// personFileShape adds to personFile the fields of kinds.
func personFileShape() shape.With {
	var records shape.OneOf
	for _, k := range schema.Builtin().Kinds {
		if k.Person && k.Name != "signup" {
			records = append(records, shape.Record{Kind: k, And: personRecord{}})
		}
	}
	sendings := shape.Array{Of: shape.Record{Kind: schema.Builtin().Kind(schema.Signup), Partly: true, And: sending{}}}
	// A sign-up has the members of its list, and more.
	one := shape.With{Of: shape.Record{Kind: schema.Builtin().Kind(schema.Signup), Without: signupsweb.IdentityFields, Partly: true, And: personSignup{}}, Members: map[string]any{"sendings": sendings}}
	return shape.With{Of: personFile{}, Members: map[string]any{
		"signups": shape.Array{Of: one}, "records": shape.Array{Of: records}, "history": shape.Array{Of: shape.Record{And: versionHad{}}},
	}}
}
