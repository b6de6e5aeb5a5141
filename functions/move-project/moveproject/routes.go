// Package moveproject lists the routes of the function move-project: archives of projects.
package moveproject

import (
	"outreach/internal/app"
	"outreach/internal/archive/archiveweb"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not
// served.
func Routes(a *app.App) []web.Route {
	return archiveweb.New(a).Routes()
}
