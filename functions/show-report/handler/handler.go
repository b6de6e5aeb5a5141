// Package handler collects the routes of the function.
package handler

import (
	"net/http"
	"slices"

	"outreach/internal/app"
	"outreach/internal/projects/indexweb"
	"outreach/internal/snapshots/snapshotsweb"
	"outreach/internal/web"
)

// Routes returns the routes of the function.
func Routes(a *app.App) []web.Route {
	return slices.Concat(indexweb.New(a).Routes(), snapshotsweb.New(a).Routes())
}

// New serves the routes of the function. It is the default route too: any other address is answered 404.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes(site.App)) }
