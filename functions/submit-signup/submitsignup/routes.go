// Package submitsignup lists the routes of the function submit-signup: the public sign-up form.
package submitsignup

import (
	"outreach/internal/app"
	"outreach/internal/signups/signupsweb"
	"outreach/internal/web"
)

// Routes returns the function's routes on the features of an application; of an empty one they can be listed, not
// served.
func Routes(a *app.App) []web.Route {
	return signupsweb.New(a).PublicRoutes()
}
