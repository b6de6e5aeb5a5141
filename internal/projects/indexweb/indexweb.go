// Package indexweb serves the addresses that belong to no project: the list of projects, the health check, the
// description of the API and the assets of pages.
package indexweb

import (
	"context"
	"net/http"

	"outreach/internal/app"
	"outreach/internal/identity"
	"outreach/internal/openapi/served"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/version"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Projects lists projects and reads their definitions.
type Projects interface {
	Projects(ctx context.Context) ([]string, error)
	Definition(ctx context.Context, id string) (projects.Defined, error)
}

// Handlers are the handlers of the package.
type Handlers struct{ projects Projects }

// New returns the handlers on an app's features.
func New(a *app.App) Handlers { return Handlers{projects: a.Projects} }

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	work := []web.Other{{Status: http.StatusSeeOther, Description: "A browser that comes from signing in (`?work=1`): on to the page where this person's work begins"}}
	return []web.Route{
		{Method: "GET", Path: "/", Handler: h.list,
			ID: "listProjects", Tag: "public", Summary: "The projects", Response: shape.List{Of: projectLine{}}, Success: "All projects", Page: true, Others: work},
		{Method: "GET", Path: "/health", Handler: h.health,
			ID: "health", Tag: "public", Summary: "Whether the tracker can answer", Response: health{}, Success: "It can"},
		{Method: "GET", Path: "/openapi.json", Handler: h.document,
			ID: "describe", Tag: "public", Summary: "This document", Response: shape.Any{}, Success: "OpenAPI 3.1"},
		{Method: "GET", Path: "/assets/{file}", Summary: "Styles, scripts and fonts of pages", Plain: func(*web.Site) http.Handler { return http.HandlerFunc(page.Assets) }},
	}
}

type health struct {
	Status  string `json:"status" enum:"ok"`
	Version string `json:"version" doc:"Of the program"`
}

type projectLine struct {
	ID         string         `json:"id"`
	Title      project.Text   `json:"title"`
	Programme  project.Text   `json:"programme"`
	Period     project.Period `json:"period"`
	State      string         `json:"state" enum:"upcoming,running,ended"`
	SignupOpen bool           `json:"signup_open" doc:"The public form takes sign-ups to some activity"`
}

// health answers once the tables can be read.
func (h Handlers) health(c *web.Call) error {
	if _, err := h.projects.Projects(c.Context()); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, health{Status: "ok", Version: version.String()})
}

// document serves the description of the API.
func (h Handlers) document(c *web.Call) error {
	document, err := served.General()
	if err != nil {
		return err
	}
	document["servers"] = []map[string]string{{"url": c.Site.BaseURL}}
	return c.JSON(http.StatusOK, document)
}

// list shows all projects. A browser that comes from signing in is redirected if the person works in only one of them.
func (h Handlers) list(c *web.Call) error {
	ids, err := h.projects.Projects(c.Context())
	if err != nil {
		return err
	}
	if err := c.GrantAll(); err != nil {
		return err
	}
	content, items := page.Projects{}, []projectLine{}
	work := []string{} // where the work of the person begins, in each project
	for _, id := range ids {
		defined, err := h.projects.Definition(c.Context(), id)
		if err != nil {
			return err
		}
		d := defined.Definition
		open := false
		for _, a := range d.Activities {
			open = open || d.SignupOpen(a, c.Site.DB.Now())
		}
		item := page.ProjectItem{Definition: d, SignupOpen: open, Roles: c.Roles(d.ID), State: d.State(c.Site.DB.Now())}
		if at := page.Work(d.ID, item.Roles); at != "" {
			work = append(work, at)
		}
		content.Items = append(content.Items, item)
		items = append(items, projectLine{ID: d.ID, Title: d.Title, Programme: d.Programme, Period: d.Period, State: item.State, SignupOpen: open})
	}
	switch {
	case c.Page && len(work) == 1 && c.URL.Query().Has(identity.Work):
		return c.Redirect(work[0])
	case c.Page:
		return c.Show(http.StatusOK, content)
	}
	return c.List(items, "")
}
