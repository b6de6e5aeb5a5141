// Package auditweb serves the audit trail of a project: who did what, and when.
package auditweb

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Handlers answer requests for the audit trail.
type Handlers struct {
	facts interface {
		Trail(ctx context.Context, project string, limit int, cursor string, match func(fact.Fact) bool) (table.PageOf[fact.Fact], error)
	}
	staff interface {
		FindStaff(ctx context.Context, project, email string) (string, error)
		StaffEmails(ctx context.Context, project string, ids []string) (map[string]string, error)
	}
	signups interface {
		SignupsOf(ctx context.Context, project string, ids []string) (map[string]signups.Signup, error)
	}
	records interface {
		TypedOf(ctx context.Context, kinds *schema.Registry, project string, ids []string) (map[string]records.Typed, error)
	}
	people interface {
		Persons(ctx context.Context, project string, ids []string) (map[string]people.Person, error)
	}
}

// New returns the handlers on the features of an app. With an empty app their Routes can be listed, but not called.
func New(a *app.App) Handlers {
	return Handlers{facts: a.Facts, staff: a.Access, signups: a.Signups, records: a.Records, people: a.People}
}

// Routes lists the route of the audit trail.
func (h Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/{project}/audit", Roles: []string{web.Coordinator}, Handler: h.show,
			ID: "showAudit", Tag: "office", Summary: "Who did what, and when", Detail: "Where few of many are asked for, a page may be shorter than its limit, or empty, and still have a next one.",
			Query: web.Paged(
				web.Parameter{Name: "kind", Description: "Of this kind alone", Values: fact.Kinds},
				web.Parameter{Name: "who", Description: "By this member of the staff alone, an e-mail address; or `form`, `delivery` or `schedule`"},
			),
			Response: shape.List{Of: auditLine{}}, Success: "A page of the list, newest first", Page: true},
	}
}

// Origins of facts that no member of the staff caused.
const (
	byForm     = "form"     // the public form
	byDelivery = "delivery" // a file put by a partner's own system
	bySchedule = "schedule"
)

// origin returns where a fact came from, "" for a member of the staff.
func origin(f fact.Fact) string {
	switch {
	case f.By != "":
		return ""
	case strings.HasPrefix(f.Kind, "signup."):
		var d fact.Signup
		if json.Unmarshal(f.Data, &d) == nil && d.Upload != "" {
			return byDelivery
		}
		return byForm
	case f.Kind == fact.KindPersonAttributes:
		return byForm
	case strings.HasPrefix(f.Kind, "upload."):
		return byDelivery
	}
	return bySchedule
}

// auditLine is one line of the trail.
type auditLine struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"`
	By       string    `json:"by,omitempty"` // an address; "" for other origins, and where it is no longer stored
	Origin   string    `json:"origin" enum:"staff,form,delivery,schedule"`
	Message  string    `json:"message"`
	Person   string    `json:"person,omitempty"`
	Signup   string    `json:"signup,omitempty"`
	Record   string    `json:"record,omitempty"`
	Upload   string    `json:"upload,omitempty"`
	Snapshot string    `json:"snapshot,omitempty"`
	Version  int       `json:"version,omitempty"` // of the definition

	links []page.Link
}

// show lists who did what and when, newest first.
func (h Handlers) show(c *web.Call) error {
	kind, who := c.URL.Query().Get("kind"), schema.Same(c.URL.Query().Get("who"))
	if kind != "" && !slices.Contains(fact.Kinds, kind) {
		return web.Invalid(schema.Problem{Field: "kind", Code: schema.NotInList, Args: map[string]string{"list": strings.Join(fact.Kinds, ", ")}})
	}
	by, from := "", ""
	for _, o := range page.Origins {
		if who == o || who == schema.Same(c.Messages().Say("origin_of."+o)) {
			who, from = o, o
		}
	}
	if who != "" && from == "" {
		var err error
		if by, err = h.staff.FindStaff(c.Context(), c.Project, who); err != nil {
			return err
		}
	}
	var found table.PageOf[fact.Fact]
	var err error
	if who == "" || by != "" || from != "" {
		found, err = h.facts.Trail(c.Context(), c.Project, c.Limit(), c.Cursor(), func(f fact.Fact) bool {
			return (kind == "" || f.Kind == kind) && (by == "" || f.By == by) && (from == "" || origin(f) == from)
		})
	}
	if err != nil {
		return err
	}
	lines, err := h.describe(c, found.Items)
	if err != nil {
		return err
	}
	if !c.Page {
		return c.List(lines, found.Next)
	}
	content := page.Audit{Kind: kind, Who: who, Next: c.NextAddress(found.Next)}
	for _, h := range lines {
		content.Items = append(content.Items, page.AuditLine{At: h.At, By: h.By, Origin: h.Origin, Says: h.Message, Links: h.links})
	}
	return c.Show(http.StatusOK, content)
}

// wording describes facts in words. What they name is read once for all of them, and linked where it still exists.
type wording struct {
	*web.Call
	staff   map[string]string
	people  map[string]bool
	signups map[string]signups.Signup
	typed   map[string]records.Typed
}

// data is the union of the data of all kinds of facts.
type data struct {
	Signup, Record, Upload, Snapshot, Person, Into, Other string
	Version                                               int
	State, Kind, What                                     string
	Rows                                                  int
	Day, Class                                            string
	AsOf                                                  string `json:"as_of"`
	Indicator, Value, Source                              string
	Fields, Roles                                         []string
	Member                                                string
}

// describe describes facts, in their order.
func (h Handlers) describe(c *web.Call, facts []fact.Fact) ([]auditLine, error) {
	w := wording{Call: c, people: map[string]bool{}}
	all := make([]data, len(facts))
	var staff, people, signups, typed []string
	for i, f := range facts {
		if err := json.Unmarshal(f.Data, &all[i]); err != nil {
			return nil, fmt.Errorf("fact %s: %w", f.ID, err)
		}
		staff, signups, typed = append(staff, f.By, all[i].Member), append(signups, all[i].Signup), append(typed, all[i].Record)
		people = append(people, all[i].Person, all[i].Into, all[i].Other)
	}
	var err error
	if w.staff, err = h.staff.StaffEmails(c.Context(), c.Project, staff); err != nil {
		return nil, err
	}
	if w.signups, err = h.signups.SignupsOf(c.Context(), c.Project, distinct(signups)); err != nil {
		return nil, err
	}
	if w.typed, err = h.records.TypedOf(c.Context(), schema.For(c.Defined.Definition), c.Project, distinct(typed)); err != nil {
		return nil, err
	}
	for _, su := range w.signups {
		people = append(people, su.Person)
	}
	for _, r := range w.typed {
		people = append(people, r.Person)
	}
	found, err := h.people.Persons(c.Context(), c.Project, distinct(people))
	if err != nil {
		return nil, err
	}
	for id := range found {
		w.people[id] = true
	}
	lines := make([]auditLine, len(facts))
	for i, f := range facts {
		lines[i] = w.line(f, all[i])
	}
	return lines, nil
}

// distinct returns the ids sorted, each once, without empty ones.
func distinct(ids []string) []string {
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
}

// line describes one fact.
func (w *wording) line(f fact.Fact, d data) auditLine {
	h := auditLine{ID: f.ID, At: f.At, Kind: f.Kind, By: w.staff[f.By], Origin: origin(f), Person: d.Person, Signup: d.Signup, Record: d.Record, Upload: d.Upload, Snapshot: d.Snapshot}
	if h.Origin == "" {
		h.Origin = "staff"
	}
	say := func(key string, args ...any) { h.Message = w.Messages().Say("audit."+key, args...) }
	switch f.Kind {
	case fact.KindSignup:
		what := f.Kind
		if d.State == "" {
			what += ".again"
		}
		say(what, "activity", w.activity(w.signups[d.Signup].Activity))
	case fact.KindSignupMoved:
		say(f.Kind, "state", w.Messages().Say("signup_state."+fact.Signup{State: d.State}.FirstState()), "activity", w.activity(w.signups[d.Signup].Activity))
	case fact.KindRecordEntered, fact.KindRecordVoided:
		if d.Kind == "" {
			d.Kind = w.typed[d.Record].Kind
		}
		what := f.Kind
		if f.Kind == fact.KindRecordEntered && d.Version > 1 {
			what += ".again"
		}
		say(what, "kind", w.kind(d.Kind))
	case fact.KindUploadAccepted:
		h.Message = w.Messages().Count("audit."+f.Kind, int64(d.Rows), "kind", schema.For(w.Defined.Definition).LabelIn(w.Messages(), schema.Several, d.Kind))
	case fact.KindPersonCorrected:
		var fields []string
		for _, name := range d.Fields {
			fields = append(fields, w.Messages().Field(name))
		}
		say(f.Kind, "fields", strings.Join(fields, ", "))
	case fact.KindPersonAttributes:
		what := f.Kind
		if f.By == "" {
			what += ".answered"
		}
		say(what)
	case fact.KindDefinitionSet:
		h.Version = d.Version
		say(f.Kind, "n", d.Version)
	case fact.KindSourceSet, fact.KindSourceRemoved, fact.KindSourceSecret, fact.KindDeliveryRefused, fact.KindDeliveryDiscarded:
		say(f.Kind, "source", d.Source, "n", d.Version)
	case fact.KindAccessSet:
		what := f.Kind
		if len(d.Roles) == 0 {
			what += ".none"
		}
		say(what, "member", w.staff[d.Member], "roles", w.Messages().RolesInWords(w.Defined.Definition, d.Roles))
	case fact.KindSnapshotCompiled:
		say(f.Kind, "date", w.Messages().Date(d.AsOf))
	case fact.KindSnapshotDecided:
		say(f.Kind + "." + d.State)
	case fact.KindIndicatorSaid:
		say(f.Kind, "code", d.Indicator, "value", d.Value, "date", w.Messages().Date(d.AsOf))
	case fact.KindPeopleExported:
		say(f.Kind + "." + d.What)
	case fact.KindDataPurged:
		say(f.Kind, "class", w.Messages().Say("audit.class."+d.Class))
	case fact.KindReportDue:
		say(f.Kind, "date", w.Messages().Date(d.Day))
	default:
		say(f.Kind)
	}
	w.link(&h, d)
	return h
}

func (w *wording) activity(id string) string {
	if a, ok := w.Defined.Definition.Activity(id); ok {
		return a.Label.In(w.Language)
	}
	return id
}

func (w *wording) kind(name string) string {
	kind := schema.For(w.Defined.Definition).Kind(name)
	if kind == nil {
		return ""
	}
	return kind.LabelIn(w.Messages(), schema.One)
}

// link adds links to what a line names, except to erased people and deleted records.
func (w *wording) link(h *auditLine, d data) {
	base := "/" + w.Project + "/"
	add := func(what, href string) {
		h.links = append(h.links, page.Link{Href: base + href, Label: w.Messages().Say("audit.to." + what)})
	}
	su, signed := w.signups[d.Signup]
	if h.Person == "" && signed {
		h.Person = su.Person
	}
	r, typed := w.typed[d.Record]
	if h.Person == "" && typed {
		h.Person = r.Person
	}
	for _, id := range distinct([]string{h.Person, d.Into, d.Other}) {
		if w.people[id] && (h.Kind != fact.KindPersonMerged || id == d.Into) {
			add("person", "people/"+id)
		}
	}
	switch {
	case signed:
		if _, found := w.Defined.Definition.Activity(su.Activity); found {
			add("signups", "signups?activity="+su.Activity)
		}
	case typed && !r.Voided:
		add("record", schema.For(w.Defined.Definition).Kind(r.Kind).Path+"/"+r.ID)
	case h.Kind == fact.KindSourceSet, h.Kind == fact.KindSourceSecret:
		add("source", "sources/"+d.Source)
	case d.Upload != "":
		add("upload", "uploads/"+d.Upload)
	case d.Snapshot != "":
		add("snapshot", "snapshots/"+d.Snapshot)
	case h.Version > 0:
		add("version", "definition/versions/"+strconv.Itoa(h.Version))
	}
}
