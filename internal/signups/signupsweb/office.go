package signupsweb

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// listed is a sign-up with what its form said, for coordinators.
type listed struct {
	signups.Signup
	kind *schema.Kind
	form map[string]string
	row  schema.Row
}

// page reads one page of sign-ups: of one activity, or of all activities one after the other in the definition's order,
// former ones last. The cursor names the activity that it belongs to.
func (h Handlers) page(c *web.Call, activity string, limit int, cursor string) (table.PageOf[listed], error) {
	var out table.PageOf[listed]
	out.Items = []listed{}
	kind := schema.For(c.Defined.Definition).Kind(schema.Signup)
	activities := []string{activity}
	if activity == "" {
		activities = c.Defined.ActivityIDs()
		if at, rest, ok := strings.Cut(cursor, "~"); ok {
			i := slices.Index(activities, at)
			if i < 0 {
				return out, &web.Error{Status: http.StatusBadRequest, Detail: "cursor"}
			}
			activities, cursor = activities[i:], rest
		}
	}
	for i, id := range activities {
		found, err := h.signups.Signups(c.Context(), c.Project, id, limit-len(out.Items), cursor)
		if err != nil {
			return out, err
		}
		forms, err := h.signups.Forms(c.Context(), c.Project, found.Items)
		if err != nil {
			return out, err
		}
		for _, su := range found.Items {
			form := forms[su.ID]
			out.Items = append(out.Items, listed{Signup: su, kind: kind, form: form, row: kind.Reveal(su.Values, form)})
		}
		cursor, out.Next = "", found.Next
		switch {
		case activity != "":
		case found.Next != "":
			out.Next = id + "~" + found.Next
		case len(out.Items) >= limit && i+1 < len(activities):
			out.Next = activities[i+1] + "~"
		}
		if len(out.Items) >= limit || found.Next != "" {
			break
		}
	}
	return out, h.nameSurvivors(c, out.Items)
}

// nameSurvivors replaces in sign-ups the ids of people who were merged into others by those of the others.
func (h Handlers) nameSurvivors(c *web.Call, all []listed) error {
	ids := make([]string, len(all))
	for i, l := range all {
		ids[i] = l.Person
	}
	slices.Sort(ids)
	found, err := h.people.Persons(c.Context(), c.Project, slices.Compact(ids))
	if err != nil {
		return err
	}
	for i := range all {
		if p, known := found[all[i].Person]; known {
			all[i].Person = p.ID
		}
	}
	return nil
}

// How many sign-ups a page lists, each with a form: where the address asks for no other number, and at most.
const (
	usualForms = 40
	mostForms  = 200
)

// list lists sign-ups in the order of submission, of one activity or of all.
func (h Handlers) list(c *web.Call) error {
	activity, err := c.Activity()
	if err != nil {
		return err
	}
	limit := c.Limit()
	if c.Page {
		limit = c.LimitOr(usualForms, mostForms)
	}
	found, err := h.page(c, activity, limit, c.Cursor())
	if err != nil {
		return err
	}
	if !c.Page {
		items := make([]shape.Merged, len(found.Items))
		for i, l := range found.Items {
			items[i] = l.json()
		}
		return c.List(items, found.Next)
	}
	content := page.Signups{Definition: c.Defined.Definition, Former: c.Defined.Former, Activity: activity, Next: c.NextAddress(found.Next)}
	query := ""
	if activity != "" {
		query = "?activity=" + activity
	}
	content.Exports = []page.Link{{Href: "/" + c.Project + "/signups.xlsx" + query, Label: "XLSX"}, {Href: "/" + c.Project + "/signups.csv" + query, Label: "CSV"}}
	for _, l := range found.Items {
		content.Items = append(content.Items, page.SignupItem{
			ID: l.ID, Person: l.Person, Name: l.form["first_name"] + " " + l.form["last_name"], Email: l.form["email"], Activity: l.Activity,
			State: l.State, SubmittedAt: l.Submitted.Format(time.RFC3339), Version: signups.ETag(l.Signup), Unconfirmed: l.Unconfirmed,
		})
	}
	return c.Show(http.StatusOK, content)
}

func (l listed) json() shape.Merged {
	return shape.Merged{Fields: Fields(l.kind, l.row), And: NewView(l.kind, l.Signup, l.form)}
}

// Fields returns what a sign-up's form said, without the fields of identity.
func Fields(kind *schema.Kind, row schema.Row) map[string]any {
	out := kind.JSON(row)
	for _, name := range IdentityFields {
		delete(out, name)
	}
	for _, f := range kind.PersonKeys().Fields {
		if f.Name != project.KeyPhone { // it is how to reach them as well
			delete(out, f.Name)
		}
	}
	return out
}

// NewView returns the View of a sign-up. form has the identity fields of its first submission.
func NewView(kind *schema.Kind, su signups.Signup, form map[string]string) View {
	who := people.ViewOf(su.Person, kind.PersonKeys(), func(field string) string { return form[field] })
	return View{
		ID: su.ID, Person: who, Activity: su.Activity, State: su.State, SubmittedAt: su.Submitted.Format(time.RFC3339Nano), Entries: su.Entries,
		Consent: form[signups.ConsentGiven], Upload: su.Upload, Conflict: su.Conflict, Unconfirmed: su.Unconfirmed,
	}
}

// newState is the body that changes the state of a sign-up, or decides whose one is that is held.
var newState = schema.Kind{Name: "state", Fields: []schema.Field{
	{Name: "state", Type: schema.Choice, Options: schema.Fixed(
		schema.Option{ID: schema.Accepted}, schema.Option{ID: schema.Waitlisted}, schema.Option{ID: schema.Held}, schema.Option{ID: schema.Cancelled})},
	{Name: "person", Type: schema.Text, Longest: 26},
}}

// move changes the state of a sign-up. One that was held and gets a place, or waits for one, belongs to the person that
// its form named: the keys of the form become that person's. Of one that contradicts a known person the body says whose
// it is.
func (h Handlers) move(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	if body.Method(c) != http.MethodPut {
		return &web.Error{Status: http.StatusMethodNotAllowed, Allow: "PUT"}
	}
	back := body.Take("back")
	entry, problems := newState.Read(body.Given, c.Scope(body.Form), "reason")
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	state, who := newState.Get(entry.Row, "state"), newState.Get(entry.Row, "person")
	if state == "" && who == "" {
		return web.Invalid(schema.Problem{Field: "state", Code: schema.Missing})
	}
	su, err := h.signups.Signup(c.Context(), c.Project, c.PathValue("id"))
	if err != nil {
		return err
	}
	if want := body.IfMatch(c); want != "" && want != "*" && want != signups.ETag(su) {
		return store.ErrStale
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	placed := state == schema.Accepted || state == schema.Waitlisted
	moved := su
	switch {
	case who != "":
		moved, err = h.signups.Decide(c.Context(), c.Defined.Definition, su.ID, who, by)
		if store.IsNotFound(err) {
			return web.Invalid(schema.Problem{Field: "person", Code: schema.NotInList, Hint: "person"})
		}
	case su.Conflict != nil && placed:
		return web.Invalid(schema.Problem{Field: "person", Code: schema.Missing, Hint: "decide"})
	case su.State == schema.Held && !su.Forgotten && placed:
		err = h.signups.Confirm(c.Context(), c.Defined.Definition, su)
	}
	if err == nil && state != "" {
		moved, err = h.signups.MoveSignup(c.Context(), c.Defined.Definition, moved.ID, state, by)
	}
	if errors.Is(err, store.ErrStale) {
		return &web.Error{Status: http.StatusConflict, Detail: "cancelled"}
	}
	if err != nil {
		return err
	}
	if c.Page && body.Form {
		if back == "attention" {
			return c.Redirect("/" + c.Project + "/attention?done=changed")
		}
		return c.Redirect("/" + c.Project + "/signups?activity=" + moved.Activity + "&done=changed")
	}
	c.W.Header().Set("ETag", signups.ETag(moved))
	return c.JSON(http.StatusOK, signups.Moved{ID: moved.ID, State: moved.State, Conflict: moved.Conflict})
}
