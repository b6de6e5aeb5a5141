// Package signin lists the routes of signing in and out, which package identity serves.
package signin

import (
	"net/http"

	"outreach/internal/app"
	"outreach/internal/web"
)

// Routes lists the function's routes. They need no features.
func Routes(*app.App) []web.Route {
	authority := func(s *web.Site) http.Handler { return s.Authority.Handler() }
	return []web.Route{
		{Method: "GET", Path: "/auth/sign-in", Summary: "Signing in, which leads to the provider", Plain: authority},
		{Method: "GET", Path: "/auth/callback", Summary: "The way back from the provider", Plain: authority},
		{Method: "POST", Path: "/auth/sign-out", Summary: "Signing out", Plain: authority},
		{Method: "GET", Path: "/auth/sign-out", Summary: "The page after signing out", Plain: authority},
	}
}
