// Package manageuploads lists the routes of the function manage-uploads: files, and the export of sign-ups.
package manageuploads

import (
	"slices"

	"outreach/internal/app"
	"outreach/internal/signups/signupsexport"
	"outreach/internal/uploads/uploadsweb"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not
// served.
func Routes(a *app.App) []web.Route {
	return slices.Concat(uploadsweb.New(a).Routes(), signupsexport.New(a).Routes())
}
