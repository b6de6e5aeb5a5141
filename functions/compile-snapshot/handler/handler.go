// Package handler collects the routes of the function.
package handler

import (
	"net/http"

	"outreach/internal/app"
	"outreach/internal/snapshots/compileweb"
	"outreach/internal/web"
)

// Routes returns the routes of the function.
func Routes(a *app.App) []web.Route { return compileweb.New(a).Routes() }

// New serves the routes of the function.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes(site.App)) }
