package typed

import (
	"slices"
	"strings"

	"outreach/internal/people"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Routes are the kind's addresses.
func (d Desk) Routes() []web.Route {
	at, name := "/{project}/"+d.Kind.Plural, strings.ToUpper(d.Kind.Name[:1])+d.Kind.Name[1:]
	sent, answered := shape.Sent{Kind: d.Kind, Also: []string{"reason"}}, d.answered()
	conflict := "A live typed record has the same natural key: `existing` names it"
	if d.Kind.Person {
		conflict += "; or the person's keys belong to two people (`two_people`)"
	}
	one := web.Route{Path: at + "/{id}", Roles: d.Roles, Scope: d.scope(), Handler: d.one, Tag: "records"}
	shown, replaced, voidedOne, byForm := one, one, one, one
	shown.Method, shown.ID, shown.Summary = "GET", "show"+name, "Show "+article(d.Kind.Name)
	shown.Response, shown.Success, shown.Page, shown.Tagged, shown.Short = answered, "The record", true, true, true
	replaced.Method, replaced.ID, replaced.Summary, replaced.Detail = "PUT", "replace"+name, "Replace "+article(d.Kind.Name), "It needs no `reason`, but takes one."
	replaced.Request, replaced.Response, replaced.Success = sent, answered, "The record as it is now"
	replaced.Tagged, replaced.Match, replaced.Conflict = true, true, conflict
	voidedOne.Method, voidedOne.ID, voidedOne.Summary, voidedOne.Detail = "DELETE", "void"+name, "Void "+article(d.Kind.Name), "It stops counting, and what it had corrected counts again."
	voidedOne.Query, voidedOne.Response, voidedOne.Success, voidedOne.Match = []web.Parameter{{Name: "reason", Description: "Why"}}, voided{}, "Voided", true
	byForm.Method, byForm.Summary = "POST", "PUT or DELETE of a browser's form"
	return []web.Route{
		{Method: "GET", Path: at, Roles: d.Roles, Scope: d.scope(), Handler: d.list,
			ID: "list" + name, Tag: "records", Summary: "List " + d.Kind.Plural, Query: web.Paged(), Response: shape.List{Of: answered}, Success: "A page of the list, newest first", Page: true},
		{Method: "POST", Path: at, Roles: d.Roles, Scope: d.scope(), Handler: d.create,
			ID: "create" + name, Tag: "records", Summary: "Record " + article(d.Kind.Name), Detail: "What a file had said under the same natural key is corrected by it.",
			Request: sent, Once: true, Response: answered, Success: "The record", Creates: true, Tagged: true, Conflict: conflict},
		shown, replaced, voidedOne, byForm,
	}
}

// scope of those who are no coordinators: their own.
func (d Desk) scope() web.Scope {
	if slices.Equal(d.Roles, []string{web.Coordinator}) {
		return ""
	}
	return web.Own
}

// SheetRoute is the address of an adviser's month.
func (d Desk) SheetRoute() web.Route {
	return web.Route{Method: "GET", Path: "/{project}/" + d.Kind.Plural + "/sheet", Roles: d.Roles, Scope: d.scope(), Handler: d.Sheet,
		ID: "showConsultationSheet", Tag: "records", Summary: "An adviser's month, to print and sign",
		Query: []web.Parameter{
			{Name: "month", Description: "YYYY-MM; the present month, or the project's last, where it is not given"},
			{Name: "adviser", Description: "An adviser's e-mail address, needed of a coordinator"},
		},
		Response: shape.With{Of: adviserMonth{}, Members: map[string]any{"items": shape.Array{Of: d.answered()}}},
		Success:  "The records that were typed, in the order of their dates, and what they come to", Page: true}
}

func (d Desk) answered() shape.Record {
	if d.Kind.Person {
		return shape.Record{Name: d.Kind.Name + "-kept", Kind: d.Kind, And: ofPerson{}}
	}
	return shape.Record{Name: d.Kind.Name + "-kept", Kind: d.Kind, And: ofNobody{}}
}

func article(name string) string {
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// ofNobody and ofPerson are what an answer tells of a record beside its fields.
type ofNobody struct {
	ID string `json:"id" doc:"The record's id"`
}

type ofPerson struct {
	ID     string            `json:"id" doc:"The record's id"`
	Person people.PersonView `json:"person"`
}

type voided struct {
	ID    string `json:"id" doc:"The record's id"`
	State string `json:"state" enum:"voided"`
}

// adviserMonth is what an adviser did in a month.
type adviserMonth struct {
	Adviser string         `json:"adviser" doc:"The adviser's e-mail address"`
	Month   string         `json:"month" doc:"YYYY-MM"`
	Items   []shape.Merged `json:"items"`
	Total   sum            `json:"total"`
	ByField []fieldSum     `json:"by_field"`
}

type sum struct {
	Records int   `json:"records"`
	Minutes int64 `json:"minutes"`
}

type fieldSum struct {
	Field string `json:"field" doc:"The field of advice"`
	sum
}
