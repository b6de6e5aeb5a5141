// Package recordsweb serves the records that people enter: consultations, attendance, tests, outputs. The kinds differ
// in their fields and in who may see and write them; all else is the same. A sheet enters the records of everybody at
// an activity at once.
package recordsweb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"outreach/internal/activities"
	"outreach/internal/app"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Records is what the handlers need of records.Store.
type Records interface {
	Create(ctx context.Context, project string, d records.Draft, once store.Once) (records.Typed, error)
	Change(ctx context.Context, project string, kind *schema.Kind, id, ifMatch string, d records.Draft, may func(records.Typed) bool) (records.Typed, error)
	Typed(ctx context.Context, project string, kind *schema.Kind, id string) (records.Typed, error)
	TypedRecords(ctx context.Context, project string, kind *schema.Kind, adviser string, limit int, cursor string) (table.PageOf[records.Typed], error)
	Month(ctx context.Context, project string, kind *schema.Kind, staff, month string) ([]records.Typed, error)
	Texts(ctx context.Context, project string, all []records.Typed) (map[string]map[string]string, error)
	AtActivity(ctx context.Context, project, activity string, people []people.Person, of ...*schema.Kind) (map[string][]records.Current, error)
}

// People is what the handlers need of people.Store.
type People interface {
	Persons(ctx context.Context, project string, ids []string) (map[string]people.Person, error)
	Resolve(ctx context.Context, project string, ref schema.PersonRef, names people.Names) (string, error)
	Find(ctx context.Context, project string, ref schema.PersonRef) (string, error)
	Search(ctx context.Context, d *project.Definition, query string, limit int, cursor string) (table.PageOf[people.Person], error)
	NoteExport(ctx context.Context, project, what, person, by string) error
}

// Staff is what the handlers need of access.Store: the random ids of staff for their e-mail addresses.
type Staff interface {
	Staff(ctx context.Context, project, email string) (string, error)
	FindStaff(ctx context.Context, project, email string) (string, error)
	StaffEmails(ctx context.Context, project string, ids []string) (map[string]string, error)
}

// Handlers serve one kind of record.
type Handlers struct {
	kind  *schema.Kind // of the project in a request; in Routes the built-in one, or nil for the kind that a request names
	roles []string     // who may write; all but coordinators see only what they wrote themselves

	records     Records
	people      People
	staff       Staff
	signups     activities.Signups
	attachments Attachments
}

// New returns the handlers of a built-in kind for callers with any of the roles, on the features of an app.
func New(a *app.App, kind string, roles ...string) Handlers {
	return Handlers{kind: schema.Builtin().Kind(kind), roles: roles, records: a.Records, people: a.People, staff: a.Access, signups: a.Signups, attachments: a.Attachments}
}

// NewAny returns the handlers of the kind that a request names, for coordinators and those whom the kind names, on the
// features of an app.
func NewAny(a *app.App) Handlers {
	return Handlers{roles: []string{web.Coordinator, web.Adviser, web.Partner}, records: a.Records, people: a.People, staff: a.Access, signups: a.Signups, attachments: a.Attachments}
}

// bind returns a handler that serves the kind as the project's definition has it; store.ErrNotFound for a kind that the
// project lacks, or that is not typed. It is safe for concurrent use.
func (h Handlers) bind(serve func(Handlers, *web.Call) error) web.Handler {
	return func(c *web.Call) error {
		name := c.PathValue("kind")
		if h.kind != nil {
			name = h.kind.Name
		}
		bound := h
		bound.kind = schema.For(c.Defined.Definition).Kind(name)
		if bound.kind == nil || !bound.kind.Typed() {
			return fmt.Errorf("kind %q: %w", name, store.ErrNotFound)
		}
		if h.kind == nil {
			if err := c.RequireRole(append([]string{web.Coordinator}, bound.kind.By...)...); err != nil {
				return err
			}
		}
		return serve(bound, c)
	}
}

// Routes are the routes of the kind's records.
func (h Handlers) Routes() []web.Route {
	at, name, one, many := "/{project}/records/{kind}", "Record", "a record of any kind", "records of any kind"
	if h.kind != nil {
		at, name, one, many = "/{project}/"+h.kind.Path, strings.ToUpper(h.kind.Name[:1])+h.kind.Name[1:], article(h.kind.Name), h.kind.Plural
	}
	sent, answered := shape.Sent{Kind: h.kind, Also: []string{"reason"}}, h.answered()
	conflict := "A live typed record has the same natural key: `existing` names it"
	if h.kind == nil || h.kind.Person {
		conflict += "; or the person's keys belong to two people (`two_people`)"
	}
	route := web.Route{Path: at + "/{id}", Roles: h.roles, Scope: h.scope(), Handler: h.bind(Handlers.one), Tag: "records"}
	shown, replaced, voidedOne, byForm := route, route, route, route
	shown.Method, shown.ID, shown.Summary = "GET", "show"+name, "Show "+one
	shown.Response, shown.Success, shown.Page, shown.Tagged, shown.Short = answered, "The record", true, true, true
	replaced.Method, replaced.ID, replaced.Summary, replaced.Detail = "PUT", "replace"+name, "Replace "+one, "It needs no `reason`, but takes one: `change_reason` where the kind has a field `reason`."
	replaced.Request, replaced.Response, replaced.Success = sent, answered, "The record as it is now"
	replaced.Tagged, replaced.Match, replaced.Conflict = true, true, conflict
	voidedOne.Method, voidedOne.ID, voidedOne.Summary, voidedOne.Detail = "DELETE", "void"+name, "Void "+one, "It stops counting, and what it had corrected counts again."
	voidedOne.Query, voidedOne.Response, voidedOne.Success, voidedOne.Match = []web.Parameter{{Name: "reason", Description: "Why"}}, voided{}, "Voided", true
	byForm.Method, byForm.Summary = "POST", "PUT or DELETE of a browser's form"
	return []web.Route{
		{Method: "GET", Path: at, Roles: h.roles, Scope: h.scope(), Handler: h.bind(Handlers.list),
			ID: "list" + name, Tag: "records", Summary: "List " + many, Query: web.Paged(), Response: shape.List{Of: answered}, Success: "A page of the list, newest first", Page: true},
		{Method: "POST", Path: at, Roles: h.roles, Scope: h.scope(), Handler: h.bind(Handlers.create),
			ID: "create" + name, Tag: "records", Summary: "Record " + one, Detail: "What a file had said under the same natural key is corrected by it.",
			Request: sent, Once: true, Response: answered, Success: "The record", Creates: true, Tagged: true, Conflict: conflict},
		shown, replaced, voidedOne, byForm,
		h.exported(at, name, many),
	}
}

// AttachmentRoutes are the routes of the photos and documents of records of every kind, on the features of an app.
func AttachmentRoutes(a *app.App) []web.Route { return NewAny(a).attachmentRoutes() }

// scope returns what callers who are not coordinators may see: their own.
func (h Handlers) scope() web.Scope {
	if slices.Equal(h.roles, []string{web.Coordinator}) {
		return ""
	}
	return web.Own
}

// MonthRoute is the route of an adviser's month.
func (h Handlers) MonthRoute() web.Route {
	return web.Route{Method: "GET", Path: "/{project}/" + h.kind.Path + "/sheet", Roles: h.roles, Scope: h.scope(), Handler: h.bind(Handlers.showMonth),
		ID: "showConsultationSheet", Tag: "records", Summary: "An adviser's month, to print and sign",
		Query: []web.Parameter{
			{Name: "month", Description: "YYYY-MM; the present month, or the project's last, where it is not given"},
			{Name: "adviser", Description: "An adviser's e-mail address, needed of a coordinator"},
		},
		Response: shape.With{Of: adviserMonth{}, Members: map[string]any{"items": shape.Array{Of: h.answered()}}},
		Success:  "The records that were typed, in the order of their dates, and what they come to", Page: true}
}

// answered is the shape of an answer about one record.
func (h Handlers) answered() shape.Record {
	switch {
	case h.kind == nil:
		return shape.Record{Name: "record-kept", And: ofAny{}}
	case h.kind.Person:
		return shape.Record{Name: h.kind.Name + "-kept", Kind: h.kind, And: ofPerson{}}
	}
	return shape.Record{Name: h.kind.Name + "-kept", Kind: h.kind, And: ofNobody{}}
}

// article puts the indefinite article before a name.
func article(name string) string {
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// ofNobody, ofPerson and ofAny are the members of an answer beside the fields of the record.
type ofNobody struct {
	ID      string `json:"id" doc:"The record's id"`
	Partner string `json:"partner,omitempty" doc:"Of media: the partner whose record it is; left out for the office's"`

	Warnings []warning `json:"warnings,omitempty" doc:"What is to be checked, as in a file"`
}

type ofPerson struct {
	ID       string            `json:"id" doc:"The record's id"`
	Person   people.PersonView `json:"person"`
	Warnings []warning         `json:"warnings,omitempty"`
}

// warning is a problem to check of a record that is stored.
type warning struct {
	Field   string `json:"field"`
	Code    string `json:"code" enum:"other_name,large_reach,outside_period"`
	Message string `json:"message"`
}

type ofAny struct {
	ID       string             `json:"id" doc:"The record's id"`
	Partner  string             `json:"partner,omitempty" doc:"Of media: the partner whose record it is; left out for the office's"`
	Person   *people.PersonView `json:"person,omitempty"`
	Warnings []warning          `json:"warnings,omitempty"`
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
