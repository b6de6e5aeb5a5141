// Package showreport lists the routes of the function show-report: the index, snapshots and reports.
package showreport

import (
	"net/http"
	"slices"

	"outreach/internal/app"
	"outreach/internal/projects/indexweb"
	"outreach/internal/snapshots/snapshotsweb"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not served.
func Routes(a *app.App) []web.Route {
	return slices.Concat(indexweb.New(a).Routes(), snapshotsweb.New(a).Routes())
}

// New serves the function's routes. It is the default route, too: any other path is answered 404.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes(site.App)) }
