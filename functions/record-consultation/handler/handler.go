// Package handler is the advisers' door: consultations, each adviser's own.
package handler

import (
	"net/http"

	"outreach/internal/schema"
	"outreach/internal/web"
	"outreach/internal/web/typed"
)

// Routes are the function's addresses.
func Routes() []web.Route {
	desk := typed.Desk{Kind: schema.Builtin().Kind(schema.Consultation), Roles: []string{web.Adviser, web.Coordinator}}
	return append(desk.Routes(), desk.SheetRoute())
}

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes()) }
