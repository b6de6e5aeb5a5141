// Package handler lists the addresses of signing in and out, which internal/identity serves.
package handler

import (
	"net/http"

	"outreach/internal/web"
)

// Routes are the function's addresses.
func Routes() []web.Route {
	authority := func(s *web.Site) http.Handler { return s.Authority.Handler() }
	return []web.Route{
		{Method: "GET", Path: "/auth/sign-in", Plain: authority},
		{Method: "GET", Path: "/auth/callback", Plain: authority},
		{Method: "POST", Path: "/auth/sign-out", Plain: authority},
		{Method: "GET", Path: "/auth/sign-out", Plain: authority},
	}
}
