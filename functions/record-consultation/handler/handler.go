// Package handler is the advisers' door: consultations, each adviser's own.
package handler

import (
	"net/http"

	"outreach/internal/record"
	"outreach/internal/web"
	"outreach/internal/web/typed"
)

// New gives the function's routes.
func New(site *web.Site) http.Handler {
	m := web.NewMux(site)
	desk := typed.Desk{Kind: record.Builtin().Kind(record.Consultation), Roles: []string{web.Adviser, web.Coordinator}}
	desk.Register(m)
	m.Handle("GET /{project}/consultations/sheet", desk.Sheet)
	return m
}
