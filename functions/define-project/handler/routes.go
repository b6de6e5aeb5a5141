// Package handler collects the routes of the function that defines projects.
package handler

import (
	"net/http"

	"outreach/internal/app"
	"outreach/internal/projects/projectsweb"
	"outreach/internal/web"
)

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes(site.App)) }

// Routes lists the function's routes.
func Routes(a *app.App) []web.Route { return projectsweb.New(a).Routes() }
