// Package projectsweb serves the routes of a project's definition: show it, check it, set it, list its versions. It
// links the YAML parser and the expression language, which make a start longer: the function that defines projects
// alone imports it.
package projectsweb

import (
	"context"
	"net/http"
	"time"

	"outreach/internal/app"
	"outreach/internal/openapi/served"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/projects/preview"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Handlers answer requests for a project's definition.
type Handlers struct {
	projects definitions
	signups  placesFiller
	staff    staff
	previews previewer
}

type definitions interface {
	DefinitionText(ctx context.Context, project string, version int) ([]byte, error)
	DefinitionVersion(ctx context.Context, project string, version int) (projects.Defined, error)
	DefinitionVersions(ctx context.Context, project string, limit int, cursor string) (table.PageOf[projects.Defined], error)
	SetDefinition(ctx context.Context, d *project.Definition, text []byte, ifMatch, by string) (set projects.Defined, created bool, err error)
}

type placesFiller interface {
	FillPlaces(ctx context.Context, d *project.Definition, activity, by string) error
}

type previewer interface {
	Of(ctx context.Context, was, is *project.Definition, asOf string) ([]preview.Figure, error)
	Unreadable(ctx context.Context, was, is *project.Definition) ([]preview.Unreadable, error)
}

type staff interface {
	StaffEmails(ctx context.Context, project string, ids []string) (map[string]string, error)
}

// New returns the handlers on the features of an app. With an empty app their Routes can be listed, but not called.
func New(a *app.App) Handlers {
	return Handlers{projects: a.Projects, signups: a.Signups, staff: a.Access, previews: preview.New(a.Facts, a.Uploads)}
}

// Routes lists the routes of a project's definition.
func (h Handlers) Routes() []web.Route {
	const at = "/{project}/definition"
	office, text := []string{web.Coordinator}, shape.Text{Type: shape.YAML, About: "A definition, at most 256 KB of UTF-8"}
	lines := struct {
		Errors []web.Line `json:"errors"`
	}{}
	return []web.Route{
		{Method: "GET", Path: at, Roles: office, Handler: h.show,
			ID: "showDefinition", Tag: "definition", Summary: "The project's definition",
			Query:    []web.Parameter{{Name: "expanded", Description: "`1`: with the parts of the packs that it extends", Values: []string{"0", "1"}}},
			Response: text, Success: "YAML", Page: true, Short: true, Tagged: true},
		{Method: "PUT", Path: at, Roles: office, Begins: true, Handler: h.set,
			ID: "setDefinition", Tag: "definition", Summary: "Set the project's definition", Detail: "A new version counts from the next snapshot on; approved snapshots stay as they are.",
			Query:   []web.Parameter{{Name: "dry_run", Description: "`1`: only check", Values: []string{"0", "1"}}, {Name: "preview", Description: "`0`: of a dry run, without how the figures would change", Values: []string{"0", "1"}}},
			Request: text, Response: shape.OneOf{defined{}, checked{}}, Success: "Set; or, of a dry run, found right", Tagged: true, Match: true,
			Others: []web.Other{
				{Status: http.StatusCreated, Description: "A new project", Response: defined{}},
				{Status: http.StatusUnprocessableEntity, Description: "What is wrong, and where", Problem: lines},
			}},
		{Method: "POST", Path: at, Roles: office, Begins: true, Handler: h.set, Summary: "PUT of a browser's form"},
		{Method: "GET", Path: "/{project}/openapi.json", Roles: []string{web.Coordinator, web.Adviser, web.Funder, web.Partner}, Handler: h.describe,
			ID: "describeProject", Tag: "definition", Summary: "The description of the project's addresses",
			Detail:   "As `/openapi.json`, with the fields and lists of the definition, and with an address for each kind of record of the project's own.",
			Response: shape.Any{}, Success: "OpenAPI 3.1"},
		{Method: "GET", Path: at + "/versions", Roles: office, Handler: h.listVersions,
			ID: "listDefinitionVersions", Tag: "definition", Summary: "All versions of the definition", Query: web.Paged(), Response: shape.List{Of: version{}}, Success: "A page of the list, newest first", Page: true},
		{Method: "GET", Path: at + "/versions/{number}", Roles: office, Handler: h.showVersion,
			ID: "showDefinitionVersion", Tag: "definition", Summary: "The text of one version", Response: text, Success: "YAML", Page: true, Short: true, Tagged: true},
	}
}

// describe serves the description of the addresses of one project.
func (h Handlers) describe(c *web.Call) error {
	document, err := served.OfProject(c.Defined.Definition)
	if err != nil {
		return err
	}
	document["servers"] = []map[string]string{{"url": c.Site.BaseURL}}
	return c.JSON(http.StatusOK, document)
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
	Project  string     `json:"project" doc:"The project's id"`
	Valid    bool       `json:"valid"`
	Errors   []web.Line `json:"errors"`
	Warnings []web.Line `json:"warnings,omitempty" doc:"Rules that cannot be evaluated for every record: a record for which one fails does not count by it"`
	Summary  string     `json:"summary" doc:"In the reader's language"`
	Changes  []change   `json:"changes" doc:"What would differ from the present version"`
	Proof    []proof    `json:"proof" doc:"Of each indicator: what brings its records, and what is missing"`
	Preview  *previewed `json:"preview,omitempty" doc:"How the figures would change, if the definition does"`
}
