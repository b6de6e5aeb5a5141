package handler

import (
	"net/http"
	"slices"

	"outreach/internal/activities/activitiesweb"
	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/records/recordsweb"
	"outreach/internal/schema"
	"outreach/internal/signups/signupsweb"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

var office = []string{web.Coordinator}

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes(site.App)) }

// Routes are the function's addresses.
func Routes(a *app.App) []web.Route {
	return slices.Concat(
		officeRoutes(),
		signupsweb.New(a).OfficeRoutes(),
		activitiesweb.New(a).Routes(),
		peopleRoutes(),
		recordsweb.SheetRoutes(a),
		recordsweb.New(a, schema.Attendance, web.Coordinator).Routes(),
		recordsweb.New(a, schema.Test, web.Coordinator).Routes(),
		recordsweb.New(a, schema.Output, web.Coordinator).Routes(),
	)
}

func officeRoutes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/{project}/attention", Roles: office, Handler: showAttention,
			ID: "showAttention", Tag: "office", Summary: "What waits for the office", Response: shape.List{Of: task{}}, Success: "The most pressing first", Page: true, Short: true},
		{Method: "GET", Path: "/{project}/audit", Roles: office, Handler: showAudit,
			ID: "showAudit", Tag: "office", Summary: "Who did what, and when", Detail: "Where few of many are asked for, a page may be shorter than its limit, or empty, and still have a next one.",
			Query: web.Paged(
				web.Parameter{Name: "kind", Description: "Of this kind alone", Values: fact.Kinds},
				web.Parameter{Name: "who", Description: "By this member of the staff alone, an e-mail address; or `form`, `delivery` or `schedule`"},
			),
			Response: shape.List{Of: happened{}}, Success: "A page of the list, newest first", Page: true},
		{Method: "POST", Path: "/{project}/snapshots/{id}/approval", Roles: office, Handler: decide,
			ID: "decideSnapshot", Tag: "snapshots", Summary: "Approve or reject", Detail: "An approved one is what the public and the funder see.",
			Request: shape.Sent{Kind: &decision}, Response: decided{}, Success: "Decided"},
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
