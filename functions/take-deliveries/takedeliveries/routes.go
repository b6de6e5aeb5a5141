// Package takedeliveries lists the routes of the function take-deliveries: the hooks of sources.
package takedeliveries

import (
	"outreach/internal/app"
	"outreach/internal/hooks/hooksweb"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not
// served.
func Routes(a *app.App) []web.Route {
	return hooksweb.New(a).Routes()
}
