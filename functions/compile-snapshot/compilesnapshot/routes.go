// Package compilesnapshot lists the routes of the function compile-snapshot, compiling, verifying, figures as Parquet
// and the register of participants, and handles its other events: the schedules, and the messages of projects that are
// due.
package compilesnapshot

import (
	"slices"

	"outreach/internal/app"
	"outreach/internal/register/registerweb"
	"outreach/internal/snapshots/compileweb"
	"outreach/internal/snapshots/parquetweb"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not
// served.
func Routes(a *app.App) []web.Route {
	return slices.Concat(compileweb.New(a).Routes(), registerweb.New(a).Routes(), parquetweb.New(a).Routes())
}
