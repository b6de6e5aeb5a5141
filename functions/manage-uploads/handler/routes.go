// Package handler serves the routes of the function.
package handler

import (
	"net/http"
	"slices"

	"outreach/internal/app"
	"outreach/internal/uploads/uploadsweb"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes(site.App)) }

// Routes returns the routes of the function.
func Routes(a *app.App) []web.Route {
	return slices.Concat(uploadsweb.New(a).Routes(), exportRoutes())
}

func exportRoutes() []web.Route {
	const inOrder = "In the order of submission, all of them at once."
	office := []string{web.Coordinator}
	activity := []web.Parameter{{Name: "activity", Description: "Of this activity alone"}}
	return []web.Route{
		{Method: "GET", Path: "/{project}/signups.csv", Roles: office, Handler: signupsCSV,
			ID: "exportSignupsCSV", Tag: "sign-ups", Summary: "Sign-ups as CSV", Detail: inOrder, Query: activity, Response: shape.Text{Type: shape.CSV}, Success: "The list"},
		{Method: "GET", Path: "/{project}/signups.xlsx", Roles: office, Handler: signupsXLSX,
			ID: "exportSignupsXLSX", Tag: "sign-ups", Summary: "Sign-ups as XLSX", Detail: inOrder, Query: activity, Response: shape.Text{Type: shape.XLSX}, Success: "The list"},
	}
}
