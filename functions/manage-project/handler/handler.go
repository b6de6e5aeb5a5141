// Package handler is the office's door: sign-ups, attendance, tests, outputs, people, and approving snapshots.
package handler

import (
	"net/http"

	"outreach/internal/record"
	"outreach/internal/snapshot"
	"outreach/internal/web"
	"outreach/internal/web/typed"
)

// New gives the function's routes.
func New(site *web.Site) http.Handler {
	m := web.NewMux(site)
	m.Handle("GET /{project}/attention", showAttention)
	m.Handle("GET /{project}/signups", listSignups)
	m.Handle("PUT /{project}/signups/{id}", moveSignup)
	m.Handle("POST /{project}/signups/{id}", moveSignup)
	for _, kind := range []*record.Kind{record.Builtin().Kind(record.Attendance), record.Builtin().Kind(record.Test), record.Builtin().Kind(record.Output)} {
		typed.Desk{Kind: kind, Roles: []string{web.Coordinator}}.Register(m)
	}
	m.Handle("GET /{project}/activities", listActivities)
	m.Handle("GET /{project}/activities/{activity}", showActivity)
	m.Handle("GET /{project}/activities/{activity}/list", showRoll)
	m.Handle("GET /{project}/activities/{activity}/certificates", showCertificates)
	for _, s := range sheets {
		s.register(m)
	}
	m.Handle("GET /{project}/people", searchPeople)
	m.Handle("GET /{project}/people/duplicates", duplicates)
	m.Handle("GET /{project}/people/{id}", showPerson)
	m.Handle("PUT /{project}/people/{id}", changePerson)
	m.Handle("POST /{project}/people/{id}", changePerson)
	m.Handle("DELETE /{project}/people/{id}", changePerson)
	m.Handle("GET /{project}/people/{id}/merge", previewMerge)
	m.Handle("POST /{project}/people/{id}/merge", merge)
	m.Handle("POST /{project}/people/{id}/apart", tellApart)
	m.Handle("GET /{project}/people/{id}/erasure", previewErasure)
	m.Handle("GET /{project}/audit", showAudit)
	m.Handle("POST /{project}/snapshots/{id}/approval", decide)
	return m
}

// decide approves or rejects a snapshot.
func decide(c *web.Call) error {
	if err := c.Need(web.Coordinator); err != nil {
		return err
	}
	body, err := c.Read()
	if err != nil {
		return err
	}
	entry, problems := decision.Read(body.Given, record.Scope{Definition: c.Defined.Definition, Today: c.Today(), Loose: body.Form})
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
	return c.JSON(http.StatusOK, map[string]any{"id": kept.ID, "state": kept.State})
}

var decision = record.Kind{Name: "decision", Fields: []record.Field{
	{Name: "decision", Type: record.List, Required: true, Options: record.Fixed(record.Option{ID: "approve"}, record.Option{ID: "reject"})},
	{Name: "note", Longest: 2000},
}}
