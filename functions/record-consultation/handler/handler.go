// Package handler has the routes of the function record-consultation: consultations, each adviser's own.
package handler

import (
	"net/http"

	"outreach/internal/app"
	"outreach/internal/records/recordsweb"
	"outreach/internal/schema"
	"outreach/internal/web"
)

// Routes are the function's routes.
func Routes(a *app.App) []web.Route {
	consultations := recordsweb.New(a, schema.Consultation, web.Adviser, web.Coordinator)
	return append(consultations.Routes(), consultations.MonthRoute())
}

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes(site.App)) }
