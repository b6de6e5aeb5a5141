// Package handler has the routes of the function submit-signup: the public form, and withdrawing one's own sign-up.
package handler

import (
	"net/http"

	"outreach/internal/app"
	"outreach/internal/signups/signupsweb"
	"outreach/internal/web"
)

// Routes are the function's routes.
func Routes(a *app.App) []web.Route { return signupsweb.New(a).PublicRoutes() }

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes(site.App)) }
