// Package saidweb serves the page and the routes by which a coordinator says the value of an indicator that is not
// counted.
package saidweb

import (
	"context"
	"encoding/json"
	"net/http"

	"outreach/internal/app"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/said"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Values stores what is said.
type Values interface {
	Say(ctx context.Context, project string, value said.Value, by string) (said.Value, error)
	Values(ctx context.Context, project, code string, limit int, cursor string) (table.PageOf[said.Value], error)
}

// Handlers are the handlers of the package.
type Handlers struct {
	values Values
	staff  interface {
		StaffEmails(ctx context.Context, project string, ids []string) (map[string]string, error)
	}
}

// New returns the handlers on an app's features.
func New(a *app.App) Handlers { return Handlers{values: a.Said, staff: a.Access} }

// value is what is said, as it is sent and answered.
type value struct {
	AsOf  string `json:"as_of" format:"date"`
	Value any    `json:"value" doc:"A number, or one of the indicator's scale"`
	Note  string `json:"note,omitempty"`
}

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	const at = "/{project}/indicators/{code}/said"
	office := []string{web.Coordinator}
	return []web.Route{
		{Method: "GET", Path: at, Roles: office, Handler: h.show,
			ID: "listSaid", Tag: "snapshots", Summary: "What the office said of an indicator", Response: shape.List{Of: value{}}, Success: "A page of the list, the latest day first", Page: true},
		{Method: "PUT", Path: at, Roles: office, Handler: h.say,
			ID: "sayIndicator", Tag: "snapshots", Summary: "Say the value of an indicator that is not counted", Detail: "The latest day up to that of a snapshot holds; of one day, what was said last.",
			Request: value{}, Response: value{}, Success: "Said"},
		{Method: "POST", Path: at, Roles: office, Handler: h.say, Summary: "PUT of a browser's form"},
	}
}

// kind returns the fields of what may be said of an indicator.
func kind(in project.Indicator) schema.Kind {
	of := schema.Field{Name: "value", Required: true, Type: schema.Decimal, Decimals: 4, Min: -1e12, Max: 1e12, Unit: in.Unit}
	if len(in.Scale) > 0 {
		var options []schema.Option
		for _, one := range in.Scale {
			options = append(options, schema.Option{ID: one.ID, Label: one.Label})
		}
		of = schema.Field{Name: "value", Required: true, Type: schema.Choice, Options: schema.Fixed(options...)}
	}
	return schema.Kind{Name: "said", Fields: []schema.Field{{Name: "as_of", Type: schema.Date, Required: true}, of, {Name: "note", Longest: 2000}}}
}

// indicator returns the indicator of the address. It fails with store.ErrNotFound for one that is counted.
func indicator(c *web.Call) (project.Indicator, error) {
	in, ok := c.Defined.Definition.Indicator(c.PathValue("code"))
	if !ok || in.Count != project.CountSaid {
		return in, store.ErrNotFound
	}
	return in, nil
}

func answer(in project.Indicator, v said.Value) value {
	out := value{AsOf: v.AsOf, Value: v.Value, Note: v.Note}
	if len(in.Scale) == 0 {
		out.Value = json.Number(v.Value)
	}
	return out
}

// show lists what was said.
func (h Handlers) show(c *web.Call) error {
	in, err := indicator(c)
	if err != nil {
		return err
	}
	if c.Page {
		return h.showPage(c, in, http.StatusOK, page.Entry{Values: map[string]string{"as_of": c.Today()}})
	}
	found, err := h.values.Values(c.Context(), c.Project, in.Code, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	items := make([]value, 0, len(found.Items))
	for _, v := range found.Items {
		items = append(items, answer(in, v))
	}
	return c.List(items, found.Next)
}

// showPage shows the form, with what was typed and what is wrong, and what was said.
func (h Handlers) showPage(c *web.Call, in project.Indicator, status int, entry page.Entry) error {
	found, err := h.values.Values(c.Context(), c.Project, in.Code, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	var staff []string
	for _, v := range found.Items {
		staff = append(staff, v.By)
	}
	emails, err := h.staff.StaffEmails(c.Context(), c.Project, staff)
	if err != nil {
		return err
	}
	k := kind(in)
	content := page.Said{Definition: c.Defined.Definition, Indicator: in, Kind: &k, Entry: entry, Today: c.Today(), Next: c.NextAddress(found.Next)}
	for _, v := range found.Items {
		content.Items = append(content.Items, page.SaidValue{AsOf: v.AsOf, Value: v.Value, Note: v.Note, By: emails[v.By], At: v.At, Corrected: v.Version > 1})
	}
	return c.Show(status, content)
}

// say stores a value. The same value may be sent twice.
func (h Handlers) say(c *web.Call) error {
	in, err := indicator(c)
	if err != nil {
		return err
	}
	body, err := c.Read()
	if err != nil {
		return err
	}
	k := kind(in)
	entry, problems := k.Read(body.Given, c.Scope(body.Form))
	form := c.Page && body.Form
	if len(problems) > 0 && form {
		return h.showPage(c, in, http.StatusUnprocessableEntity, page.Entry{Values: body.Values(), Problems: problems})
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	v, err := h.values.Say(c.Context(), c.Project, said.Value{Indicator: in.Code, AsOf: entry.Row[0], Value: entry.Row[1], Note: entry.Row[2]}, by)
	if err != nil {
		return err
	}
	if form {
		return c.Redirect("/" + c.Project + "/indicators/" + in.Code + "/said?done=saved")
	}
	return c.JSON(http.StatusOK, answer(in, v))
}
