package handler

import (
	"net/http"
	"time"

	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// New serves the function's routes.
func New(site *web.Site) http.Handler { return web.NewRouter(site, Routes()) }

// Routes are the function's addresses.
func Routes() []web.Route {
	const at = "/{project}/definition"
	office, text := []string{web.Coordinator}, shape.Text{Type: shape.YAML, About: "A definition, at most 256 KB of UTF-8"}
	lines := struct {
		Errors []web.Line `json:"errors"`
	}{}
	return []web.Route{
		{Method: "GET", Path: at, Roles: office, Handler: show,
			ID: "showDefinition", Tag: "definition", Summary: "The project's definition", Response: text, Success: "YAML", Page: true, Short: true, Tagged: true},
		{Method: "PUT", Path: at, Roles: office, Begins: true, Handler: set,
			ID: "setDefinition", Tag: "definition", Summary: "Set the project's definition", Detail: "A new version counts from the next snapshot on; approved snapshots stay as they are.",
			Query:   []web.Parameter{{Name: "dry_run", Description: "`1`: only check", Values: []string{"0", "1"}}},
			Request: text, Response: shape.OneOf{defined{}, checked{}}, Success: "Set; or, of a dry run, found right", Tagged: true, Match: true,
			Others: []web.Other{
				{Status: http.StatusCreated, Description: "A new project", Response: defined{}},
				{Status: http.StatusUnprocessableEntity, Description: "What is wrong, and where", Problem: lines},
			}},
		{Method: "POST", Path: at, Roles: office, Begins: true, Handler: set, Summary: "PUT of a browser's form"},
		{Method: "GET", Path: at + "/versions", Roles: office, Handler: listVersions,
			ID: "listDefinitionVersions", Tag: "definition", Summary: "All versions of the definition", Query: web.Paged(), Response: shape.List{Of: version{}}, Success: "A page of the list, newest first", Page: true},
		{Method: "GET", Path: at + "/versions/{number}", Roles: office, Handler: showVersion,
			ID: "showDefinitionVersion", Tag: "definition", Summary: "The text of one version", Response: text, Success: "YAML", Page: true, Short: true, Tagged: true},
	}
}

type version struct {
	Version int       `json:"version"`
	SHA256  string    `json:"sha256" doc:"Of the text"`
	At      time.Time `json:"at,omitzero"`
	By      string    `json:"by,omitempty" doc:"Who set it"`
}

type defined struct {
	Project string `json:"project" doc:"The project's id"`
	Version int    `json:"version"`
	SHA256  string `json:"sha256" doc:"Of the text"`
}

// checked is the answer to a dry run.
type checked struct {
	Project string     `json:"project" doc:"The project's id"`
	Valid   bool       `json:"valid"`
	Errors  []web.Line `json:"errors"`
	Summary string     `json:"summary" doc:"In the reader's language"`
	Changes []change   `json:"changes" doc:"What would differ from the present version"`
}
