// Package handler compiles snapshots: every night, at the end of a reporting period, and when the office asks.
package handler

import (
	"net/http"
	"slices"

	"outreach/internal/page"
	"outreach/internal/privacy"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Routes are the function's addresses.
func Routes() []web.Route {
	office := []string{web.Coordinator}
	return []web.Route{
		{Method: "POST", Path: "/{project}/snapshots", Roles: office, Handler: compileNow,
			ID: "compileSnapshot", Tag: "snapshots", Summary: "Compile now", Once: true,
			Detail:  "Compiling the same day again with other results makes a new snapshot, which names the one it supersedes. Without `as_of`, of today.",
			Request: shape.Sent{Kind: &wanted}, Optional: true, Response: snapshot.Snapshot{}, Success: "A new snapshot", Creates: true,
			Others: []web.Other{
				{Status: http.StatusOK, Description: "Nothing has changed: the present one", Response: snapshot.Snapshot{}},
				{Status: http.StatusAccepted, Description: "It takes long: look there"},
			}},
		{Method: "POST", Path: "/{project}/snapshots/{id}/verification", Roles: []string{web.Funder, web.Coordinator}, Scope: web.Approved, Handler: verify,
			ID: "verifySnapshot", Tag: "snapshots", Summary: "Compute a snapshot again from the first fact",
			Detail:   "Where someone in it was erased since, the hash may differ: the answer names the erasures, and what was removed because it is kept no longer.",
			Response: Verification{}, Success: "What it comes to", Page: true},
	}
}

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes()) }

var wanted = schema.Kind{Name: "compile", Fields: []schema.Field{{Name: "as_of", Type: schema.Date}}}

// compileNow compiles when the office asks: 201 with the new snapshot, or 200 with the present one of that day where
// nothing has changed.
func compileNow(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	var done snapshots.Kept
	if answered, err := c.Site.DB.Answered(c.Context(), body.Once, &done); err != nil {
		return err
	} else if answered {
		return answer(c, body, done, http.StatusCreated)
	}
	entry, problems := wanted.Read(body.Given, schema.Scope{Definition: c.Defined.Definition, Today: c.Today(), Loose: body.Form})
	if len(problems) > 0 {
		if c.Page && body.Form {
			return c.Show(http.StatusUnprocessableEntity, page.Snapshots{Compile: true, Today: c.Today(), Entry: page.Entry{Values: body.Values(), Problems: problems}})
		}
		return web.Invalid(problems...)
	}
	asOf := entry.Row[0]
	if asOf == "" {
		asOf = c.Today()
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	kept, made, err := Compiler{c.Site.App}.Compile(c.Context(), c.Project, asOf, by, body.Once)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	return answer(c, body, kept, status)
}

func answer(c *web.Call, body web.Body, kept snapshots.Kept, status int) error {
	address := "/" + c.Project + "/snapshots/" + kept.ID
	if c.Page && body.Form {
		return c.Redirect(address)
	}
	snap, err := c.Site.Snapshots.Snapshot(c.Context(), kept)
	if err != nil {
		return err
	}
	c.W.Header().Set("Location", address)
	return c.JSON(status, snap)
}

// verify computes a snapshot again for whoever may read it, and tells whether it comes to the same hash.
func verify(c *web.Call) error {
	kept, err := c.ReadableSnapshot(c.PathValue("id"))
	if err != nil {
		return err
	}
	v, err := Compiler{c.Site.App}.Verify(c.Context(), kept)
	if err != nil {
		return err
	}
	if !c.Page {
		return c.JSON(http.StatusOK, v)
	}
	words := c.Messages()
	told := page.Message{Title: words.Say("verify.same"), Text: words.Say("verify.computed", "hash", v.Computed), Links: []page.Link{{Href: "/" + c.Project + "/snapshots/" + kept.ID, Label: words.Say("verify.back")}}}
	switch {
	case !v.Same && slices.ContainsFunc(v.Purges, func(p Purge) bool { return p.Class == privacy.PeopleClass }):
		told.Title = words.Say("verify.purged")
	case !v.Same && len(v.Erasures) > 0:
		told.Title = words.Count("verify.erased", int64(len(v.Erasures)))
	case !v.Same:
		told.Title = words.Say("verify.differs")
	}
	return c.Show(http.StatusOK, told)
}
