// Package handler is the office's door: sign-ups, attendance, tests, outputs, people, and approving snapshots.
package handler

import (
	"net/http"

	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/web"
)

// decide approves or rejects a snapshot.
func decide(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	entry, problems := decision.Read(body.Given, schema.Scope{Definition: c.Defined.Definition, Today: c.Today(), Loose: body.Form})
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	asked, err := c.ReadableSnapshot(c.PathValue("id"))
	if err != nil {
		return err
	}
	id := asked.ID
	by, err := c.Staff()
	if err != nil {
		return err
	}
	state := map[string]string{"approve": snapshot.Approved, "reject": snapshot.Rejected}[entry.Row[0]]
	kept, err := c.Site.Snapshots.Decide(c.Context(), c.Project, id, state, entry.Row[1], by)
	if err != nil {
		return err
	}
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/snapshots/" + id + "?done=" + state)
	}
	return c.JSON(http.StatusOK, decided{ID: kept.ID, State: kept.State})
}

var decision = schema.Kind{Name: "decision", Fields: []schema.Field{
	{Name: "decision", Type: schema.List, Required: true, Options: schema.Fixed(schema.Option{ID: "approve"}, schema.Option{ID: "reject"})},
	{Name: "note", Longest: 2000},
}}
