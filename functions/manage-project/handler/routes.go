package handler

import (
	"net/http"
	"slices"

	"outreach/internal/app"
	"outreach/internal/attention/attentionweb"
	"outreach/internal/fact/auditweb"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/web"
	"outreach/internal/web/shape"
	"outreach/internal/web/typed"
)

var office = []string{web.Coordinator}

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes(site.App)) }

// Routes are the function's addresses.
func Routes(a *app.App) []web.Route {
	routes := slices.Concat(attentionweb.New(a).Routes(), auditweb.New(a).Routes(), officeRoutes(), signupRoutes(), activityRoutes(), peopleRoutes())
	for _, s := range sheets {
		routes = append(routes, s.routes()...)
	}
	for _, kind := range []*schema.Kind{schema.Builtin().Kind(schema.Attendance), schema.Builtin().Kind(schema.Test), schema.Builtin().Kind(schema.Output)} {
		routes = append(routes, typed.Desk{Kind: kind, Roles: office}.Routes()...)
	}
	return routes
}

func officeRoutes() []web.Route {
	return []web.Route{
		{Method: "POST", Path: "/{project}/snapshots/{id}/approval", Roles: office, Handler: decide,
			ID: "decideSnapshot", Tag: "snapshots", Summary: "Approve or reject", Detail: "An approved one is what the public and the funder see.",
			Request: shape.Sent{Kind: &decision}, Response: decided{}, Success: "Decided"},
	}
}

func signupRoutes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/{project}/signups", Roles: office, Handler: listSignups,
			ID: "listSignups", Tag: "sign-ups", Summary: "Sign-ups", Query: web.Paged(web.Parameter{Name: "activity", Description: "Of this activity alone"}),
			Response: shape.List{Of: shape.Record{Name: "signup-kept", Kind: schema.Builtin().Kind(schema.Signup), Without: identity, Partly: true, And: signupView{}}}, Success: "A page of the list, in the order of submission", Page: true},
		{Method: "PUT", Path: "/{project}/signups/{id}", Roles: office, Handler: moveSignup,
			ID: "moveSignup", Tag: "sign-ups", Summary: "Change a sign-up's state",
			Detail:  "Cancelling an accepted one gives the place, at once, to the first of the queue. A held one that is accepted while no place is free joins the queue.",
			Request: shape.Sent{Kind: &newState, Also: []string{"reason"}}, Response: signups.Moved{}, Success: "Changed", Tagged: true, Match: true,
			Conflict: "No place is free, the sign-up is cancelled already, or its keys belong to two people"},
		{Method: "POST", Path: "/{project}/signups/{id}", Roles: office, Handler: moveSignup, Summary: "PUT of a browser's form"},
	}
}

func activityRoutes() []web.Route {
	const at = "/{project}/activities/{activity}"
	tests := shape.Array{Of: shape.Record{Kind: schema.Builtin().Kind(schema.Test), Without: []string{"activity"}, Partly: true}}
	items := shape.Array{Of: shape.With{Of: participantLine{}, Members: map[string]any{"tests": tests}}}
	return []web.Route{
		{Method: "GET", Path: "/{project}/activities", Roles: office, Handler: listActivities,
			ID: "listActivities", Tag: "sign-ups", Summary: "The project's activities", Response: shape.List{Of: activityLine{}}, Success: "All of them, in the definition's order", Page: true},
		{Method: "GET", Path: at, Roles: office, Handler: showActivity,
			ID: "showActivity", Tag: "sign-ups", Summary: "An activity, and what is known of everybody there", Query: web.Paged(),
			Response: shape.With{Of: activityView{}, Members: map[string]any{"items": items}}, Success: "The activity, and a page of those who signed up, by name", Page: true},
		{Method: "GET", Path: at + "/list", Roles: office, Handler: showRoll,
			ID: "showAttendanceList", Tag: "sign-ups", Summary: "The attendance list of a day", Detail: "For browsers it is a page to print and sign.",
			Query: web.Paged(
				web.Parameter{Name: "date", Description: "The day; without it, the one on which the activity begins"},
				web.Parameter{Name: "empty", Description: "Lines for those who come without having signed up, 0 to 60; 5 where it is not given", Schema: 0},
			),
			Response: attendanceList{}, Success: "Those who have a place, by name", Page: true},
		{Method: "GET", Path: at + "/certificates", Roles: office, Handler: showCertificates,
			ID: "showCertificates", Tag: "sign-ups", Summary: "Certificates", Detail: "Of all who completed the activity, or of one person. For browsers they are pages to print.",
			Query: web.Paged(
				web.Parameter{Name: "person", Description: "A person's id"},
				web.Parameter{Name: "in", Description: "The language of the certificates", Values: []string{"pl", "en"}},
			),
			Response: shape.List{Of: certificate{}}, Success: "What is certified", Page: true},
	}
}

func (s sheet) routes() []web.Route {
	at, what := "/{project}/activities/{activity}/"+s.kind.Plural, map[*schema.Kind]string{schema.Builtin().Kind(schema.Attendance): "Attendance", schema.Builtin().Kind(schema.Test): "Tests"}[s.kind]
	shown := shape.Array{Of: shape.Record{Kind: s.kind, Only: s.columns, Partly: true, And: sheetLine{}}}
	sent := shape.Array{Of: shape.Record{Kind: s.kind, Only: s.columns, Partly: true, And: sheetSentLine{}, Sent: true}, Most: mostRows}
	saved := struct {
		Saved page.SheetCount `json:"saved"`
	}{}
	return []web.Route{
		{Method: "GET", Path: at, Roles: office, Handler: s.show,
			ID: "show" + what + "Sheet", Tag: "records", Summary: "Everybody's " + s.kind.Plural + " at an activity on a day", Query: web.Paged(web.Parameter{Name: "date", Description: "The day"}),
			Response: shape.With{Of: sheetView{}, Members: map[string]any{"items": shown}}, Success: "A row for each person with a place, by name, up to 100", Page: true},
		{Method: "POST", Path: at, Roles: office, Handler: s.save,
			ID: "save" + what + "Sheet", Tag: "records", Summary: "Record everybody's " + s.kind.Plural + " at once", Once: true,
			Detail: "Each row is taken by itself, as a record that is typed in alone would be: it makes a record, replaces the one that there is, leaves alone what agrees, or, with a person alone, voids it. Rows that are right are saved whatever is wrong with others; " +
				"the problem names the others as `rows.<number>`, and `saved` says what became of the rest. A row whose `version` no longer holds is not saved (`stale`). A form's fields are numbered from 0: person-0, seen-0, and each column.",
			Request: shape.With{Of: sheetSent{}, Members: map[string]any{"rows": sent}}, Response: page.SheetCount{}, Success: "All rows are saved", Page: true,
			Others: []web.Other{
				{Status: http.StatusPreconditionFailed, Description: "Rows were changed by somebody else meanwhile; the others are saved", Problem: saved},
				{Status: http.StatusUnprocessableEntity, Description: "Rows are wrong; the others are saved", Problem: saved},
			}},
	}
}

func peopleRoutes() []web.Route {
	const at = "/{project}/people/{id}"
	file := personFileShape()
	return []web.Route{
		{Method: "GET", Path: "/{project}/people", Roles: office, Handler: searchPeople,
			ID: "searchPeople", Tag: "people", Summary: "Search people",
			Query:    web.Paged(web.Parameter{Name: "q", Description: "An e-mail address, a PESEL, or the beginnings of words of a name, in any order"}),
			Response: shape.List{Of: people.PersonView{}}, Success: "A page of the list", Page: true},
		{Method: "GET", Path: "/{project}/people/duplicates", Roles: office, Handler: duplicates,
			ID: "listDuplicates", Tag: "people", Summary: "Probable duplicates", Detail: "The same name, one spelt alike or in another order, the same phone, or nearly the same e-mail address.",
			Query: web.Paged(), Response: shape.List{Of: duplicatePair{}}, Success: "Pairs of people", Page: true},
		{Method: "GET", Path: at, Roles: office, Handler: showPerson,
			ID: "showPerson", Tag: "people", Summary: "Everything held on one person", Response: file, Success: "The person", Page: true, Tagged: true},
		{Method: "GET", Path: at + ".json", Roles: office, Handler: exportPerson,
			ID: "exportPerson", Tag: "people", Summary: "The subject-access export", Response: file, Success: "Everything held on one person"},
		{Method: "PUT", Path: at, Roles: office, Handler: changePerson,
			ID: "correctPerson", Tag: "people", Summary: "Correct who somebody is",
			Detail:  "All five fields are put in the place of what was known; of several addresses or PESELs the first is replaced. A key that is no longer theirs leads nowhere.",
			Request: shape.Sent{Kind: &page.Identity}, Response: people.PersonView{}, Success: "The person as it is now", Tagged: true, Match: true,
			Conflict: "The e-mail address or the PESEL belongs to another person: `existing` names them"},
		{Method: "DELETE", Path: at, Roles: office, Handler: changePerson,
			ID: "erasePerson", Tag: "people", Summary: "Erase a person", Detail: "Identity and attributes go; counts stay, where the rule asks for no attribute.", Response: erased{}, Success: "Erased"},
		{Method: "POST", Path: at, Roles: office, Handler: changePerson, Summary: "PUT or DELETE of a browser's form"},
		{Method: "GET", Path: at + "/erasure", Roles: office, Handler: previewErasure,
			ID: "previewErasure", Tag: "people", Summary: "What an erasure would take, and what would stay", Response: erasurePreview{}, Success: "Numbers, and the figures that may change", Page: true, Short: true},
		{Method: "GET", Path: at + "/merge", Roles: office, Handler: previewMerge,
			ID: "previewMerge", Tag: "people", Summary: "What a merge would make", Query: []web.Parameter{{Name: "into", Description: "The right person, by id, e-mail address or PESEL"}},
			Response: mergePreview{}, Success: "Both people, the one they would be, and what both have", Page: true, Short: true},
		{Method: "POST", Path: at + "/merge", Roles: office, Handler: merge,
			ID: "mergePeople", Tag: "people", Summary: "Two records of one person become one", Request: shape.Sent{Kind: &target}, Response: people.PersonView{}, Success: "The person that both are now"},
		{Method: "POST", Path: at + "/apart", Roles: office, Handler: tellApart,
			ID: "tellApart", Tag: "people", Summary: "Two records that look like one person's are two people's", Detail: "They are no longer listed as probable duplicates. They may still be merged later.",
			Request: shape.Sent{Kind: &two}, Response: toldApart{}, Success: "Told apart"},
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
	one := shape.With{Of: shape.Record{Kind: schema.Builtin().Kind(schema.Signup), Without: identity, Partly: true, And: personSignup{}}, Members: map[string]any{"sendings": sendings}}
	return shape.With{Of: personFile{}, Members: map[string]any{
		"signups": shape.Array{Of: one}, "records": shape.Array{Of: records}, "history": shape.Array{Of: shape.Record{And: versionHad{}}},
	}}
}
