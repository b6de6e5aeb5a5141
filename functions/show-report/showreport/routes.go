// Package showreport lists the routes of the function show-report: the index, snapshots and reports.
package showreport

import (
	"slices"

	"outreach/internal/app"
	"outreach/internal/programme/programmeweb"
	"outreach/internal/projects/indexweb"
	"outreach/internal/snapshots/snapshotsweb"
	"outreach/internal/web"
)

// Routes returns the function's routes, the default route among them: any other path is answered 404. They are on the
// features of an application; of an empty one they can be listed, not served.
func Routes(a *app.App) []web.Route {
	return slices.Concat(indexweb.New(a).Routes(), snapshotsweb.New(a).Routes(), programmeweb.New(a).Routes())
}
