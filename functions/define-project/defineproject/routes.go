// Package defineproject lists the routes of the function define-project: definitions.
package defineproject

import (
	"outreach/internal/app"
	"outreach/internal/projects/projectsweb"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not
// served.
func Routes(a *app.App) []web.Route {
	return projectsweb.New(a).Routes()
}
