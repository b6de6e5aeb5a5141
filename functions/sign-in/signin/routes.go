// Package signin lists the addresses of signing in and out, which internal/identity serves.
package signin

import (
	"net/http"

	"outreach/internal/app"
	"outreach/internal/web"
)

// Routes are the function's addresses.
func Routes(*app.App) []web.Route {
	authority := func(s *web.Site) http.Handler { return s.Authority.Handler() }
	return []web.Route{
		{Method: "GET", Path: "/auth/sign-in", Summary: "Signing in, which leads to the provider", Plain: authority},
		{Method: "GET", Path: "/auth/callback", Summary: "The way back from the provider", Plain: authority},
		{Method: "POST", Path: "/auth/sign-out", Summary: "Signing out", Plain: authority},
		{Method: "GET", Path: "/auth/sign-out", Summary: "The page after signing out", Plain: authority},
	}
}
