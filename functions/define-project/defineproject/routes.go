// Package defineproject lists the routes of the function define-project: definitions and sources.
package defineproject

import (
	"slices"

	"outreach/internal/app"
	"outreach/internal/projects/projectsweb"
	"outreach/internal/sources/sourcesweb"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not
// served.
func Routes(a *app.App) []web.Route {
	return slices.Concat(projectsweb.New(a).Routes(), sourcesweb.New(a).Routes())
}
