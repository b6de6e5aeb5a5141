// Package approvalweb serves the route by which a coordinator approves or rejects a snapshot. It is apart from
// snapshotsweb so that the function that serves it links no libraries for PDF and workbooks.
package approvalweb

import (
	"context"
	"net/http"

	"outreach/internal/app"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Snapshots finds snapshots and changes their state.
type Snapshots interface {
	Find(ctx context.Context, project, id, state string) (snapshots.Kept, error)
	Decide(ctx context.Context, project, id, state, note, by string) (snapshots.Kept, error)
}

// Handlers are the handlers of the package.
type Handlers struct{ snapshots Snapshots }

// New returns the handlers on an app's features.
func New(a *app.App) Handlers { return Handlers{snapshots: a.Snapshots} }

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: "POST", Path: "/{project}/snapshots/{id}/approval", Roles: []string{web.Coordinator}, Handler: h.decide,
			ID: "decideSnapshot", Tag: "snapshots", Summary: "Approve or reject", Detail: "An approved one is what the public and the funder see.",
			Request: shape.Sent{Kind: &decision}, Response: decided{}, Success: "Decided", Others: []web.Other{web.Damaged()}},
	}
}

type decided struct {
	ID    string `json:"id" doc:"The snapshot's id"`
	State string `json:"state" enum:"approved,rejected"`
}

// decide approves or rejects a snapshot. The same decision may be sent twice.
func (h Handlers) decide(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	entry, problems := decision.Read(body.Given, c.Scope(body.Form))
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	asked, err := h.snapshots.Find(c.Context(), c.Project, c.PathValue("id"), c.SnapshotState())
	if err != nil {
		return err
	}
	id := asked.ID
	by, err := c.Staff()
	if err != nil {
		return err
	}
	state := map[string]string{"approve": snapshot.Approved, "reject": snapshot.Rejected}[entry.Row[0]]
	kept, err := h.snapshots.Decide(c.Context(), c.Project, id, state, entry.Row[1], by)
	if err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/snapshots/" + id + "?done=" + state)
	}
	return c.JSON(http.StatusOK, decided{ID: kept.ID, State: kept.State})
}

var decision = schema.Kind{Name: "decision", Fields: []schema.Field{
	{Name: "decision", Type: schema.Choice, Required: true, Options: schema.Fixed(schema.Option{ID: "approve"}, schema.Option{ID: "reject"})},
	{Name: "note", Longest: 2000},
}}
