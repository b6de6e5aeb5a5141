// Package sourcesweb serves the routes of sources: list, show, set and remove them, and say which column of a rejected
// file is which. It links the YAML parser and the expression language.
package sourcesweb

import (
	"context"
	"net/http"
	"os"
	"time"

	"outreach/internal/app"
	"outreach/internal/project"
	"outreach/internal/sources"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Handlers answer requests for sources.
type Handlers struct {
	sources sourceStore
	uploads uploadStore
	staff   staff
}

type (
	sourceStore interface {
		Source(ctx context.Context, project, id string) (sources.Stored, error)
		Version(ctx context.Context, project string, ref sources.Ref) (sources.Stored, error)
		Versions(ctx context.Context, project, id string, limit int, cursor string) (table.PageOf[sources.Stored], error)
		Sources(ctx context.Context, project string, limit int, cursor string) (table.PageOf[sources.Stored], error)
		All(ctx context.Context, project string) ([]sources.Stored, error)
		Set(ctx context.Context, project string, source sources.Source, text []byte, ifMatch, by string) (set sources.Stored, created bool, err error)
		Remove(ctx context.Context, project, id, ifMatch, by string) error
		NewSecret(ctx context.Context, project, id, by string, once store.Once) (text string, err error)
	}
	uploadStore interface {
		Upload(ctx context.Context, project, id string) (uploads.Upload, error)
		Original(ctx context.Context, u uploads.Upload) (*os.File, error)
		SendAgain(ctx context.Context, project string, of, u uploads.Upload, once store.Once) (uploads.Upload, error)
	}
	staff interface {
		StaffEmails(ctx context.Context, project string, ids []string) (map[string]string, error)
	}
)

// New returns the handlers on the features of an app. With an empty app their Routes can be listed, but not called.
func New(a *app.App) Handlers {
	return Handlers{sources: a.Sources, uploads: a.Uploads, staff: a.Access}
}

// Routes lists the routes of sources.
func (h Handlers) Routes() []web.Route {
	const at = "/{project}/sources/{source}"
	senders, text := []string{web.Partner, web.Coordinator}, shape.Text{Type: shape.YAML, About: "A source in YAML or JSON, at most 256 KB of UTF-8"}
	own := "A partner sees, sets and removes sources of its own, of media: their ids begin with its own id and a hyphen."
	lines := struct {
		Errors []web.Line `json:"errors"`
	}{}
	wrong := web.Other{Status: http.StatusUnprocessableEntity, Description: "What is wrong, and where", Problem: lines}
	return []web.Route{
		{Method: "GET", Path: "/{project}/sources", Roles: senders, Scope: web.Own, Handler: h.list,
			ID: "listSources", Tag: "sources", Summary: "Sources: how other people's formats become records", Detail: own, Query: web.Paged(), Response: shape.List{Of: view{}}, Success: "A page of the list, by id", Page: true},
		{Method: "POST", Path: "/{project}/sources", Roles: senders, Scope: web.Own, Handler: h.set, Summary: "PUT of a browser's form, with the id in the text"},
		{Method: "GET", Path: at, Roles: senders, Scope: web.Own, Handler: h.show,
			ID: "showSource", Tag: "sources", Summary: "A source", Detail: "The page has its text as it was sent.", Response: view{}, Success: "The version that holds", Page: true, Tagged: true},
		{Method: "PUT", Path: at, Roles: senders, Scope: web.Own, Handler: h.set,
			ID: "setSource", Tag: "sources", Summary: "Set a source", Detail: "Files that arrive from now on are read by it. What the answer adds to a source may be sent back. " + own,
			Request: text, Response: view{}, Success: "Set", Tagged: true, Match: true, Conflict: "The project has as many sources as it may have",
			Others: []web.Other{{Status: http.StatusCreated, Description: "A new source", Response: view{}}, wrong}},
		{Method: "DELETE", Path: at, Roles: senders, Scope: web.Own, Handler: h.remove,
			ID: "removeSource", Tag: "sources", Summary: "Take a source away", Detail: "What was read by it goes on counting. " + own, Response: view{}, Success: "Taken away", Match: true,
			Others: []web.Other{{Status: http.StatusSeeOther, Description: "After a browser's form: on to the list"}}},
		{Method: "POST", Path: at, Roles: senders, Scope: web.Own, Handler: h.post, Summary: "PUT or DELETE of a browser's form"},
		{Method: "GET", Path: at + "/versions", Roles: senders, Scope: web.Own, Handler: h.listVersions,
			ID: "listSourceVersions", Tag: "sources", Summary: "All versions of a source, with who set them", Query: web.Paged(), Response: shape.List{Of: view{}}, Success: "A page of the list, newest first"},
		{Method: "GET", Path: "/{project}/uploads/{id}/columns", Roles: senders, Scope: web.Own, Handler: h.showColumns, Summary: "A page: which column of a rejected file is which"},
		{Method: "POST", Path: "/{project}/uploads/{id}/columns", Roles: senders, Scope: web.Own, Handler: h.saveColumns, Summary: "A browser's form: a source of what is said, by which the file is read"},
		{Method: "POST", Path: at + "/secret", Roles: []string{web.Coordinator}, Handler: h.newSecret,
			ID: "newSourceSecret", Tag: "sources", Summary: "A new secret for the source's hook", Detail: "It is shown this once. The one before holds for a day longer. Sources of sign-ups have a hook: see `POST /{project}/hooks/{source}`.",
			Response: secretView{}, Success: "The secret", Status: http.StatusCreated, Once: true, Page: true, Short: true, Conflict: "The source is not of sign-ups"},
	}
}

type secretView struct {
	Secret string `json:"secret" doc:"Sent as Authorization: Bearer, or the key of the HMAC-SHA256 of each body"`
}

// view is the JSON of a source. What follows delivery is not part of the source: a PUT passes it over.
type view struct {
	ID        string                       `json:"id"`
	Kind      string                       `json:"kind" doc:"Of the records"`
	By        []string                     `json:"by,omitempty" doc:"The partners that may use it; coordinators always may"`
	Recognise []string                     `json:"recognise" doc:"A header with all of these is of the source; none: of no file"`
	Columns   map[string]string            `json:"columns" doc:"The columns of the file, by our field"`
	Formats   map[string]string            `json:"formats,omitempty" doc:"Of dates by tokens, of numbers an example, of hours perhaps minutes, by our field"`
	Values    map[string]map[string]string `json:"values,omitempty" doc:"Theirs to ours, by our field"`
	Constants map[string]string            `json:"constants,omitempty" doc:"What a field is where the file has no value"`
	Sum       []string                     `json:"sum,omitempty" doc:"Our fields that are added where rows have the same natural key"`
	Ignore    []string                     `json:"ignore,omitempty" doc:"The columns that are passed over; *: all others"`
	Skip      string                       `json:"skip,omitempty" doc:"An expression over row, true of rows that are none"`
	Consent   project.Text                 `json:"consent,omitempty" doc:"Of the hook: what people agreed to in the form tool"`
	Signature string                       `json:"signature,omitempty" doc:"Of the hook: the header with the HMAC-SHA256 of the body"`
	Delivery  string                       `json:"delivery,omitempty" doc:"Of the hook: the JSON Pointer of the tool's own id of a delivery"`
	Version   int                          `json:"version"`
	SHA256    string                       `json:"sha256,omitempty" doc:"Of the text as it was sent"`
	At        time.Time                    `json:"at"`
	ChangedBy string                       `json:"changed_by,omitempty" doc:"Who set this version"`
	Removed   bool                         `json:"removed,omitempty" doc:"This version took the source away"`
}

func viewOf(s sources.Stored, emails map[string]string) view {
	v := view{
		ID: s.Source.ID, Kind: s.Source.Kind, By: s.Source.By, Recognise: s.Source.Recognise, Columns: s.Source.Columns, Formats: s.Source.Formats, Values: s.Source.Values,
		Constants: s.Source.Constants, Sum: s.Source.Sum, Skip: s.Source.Skip, Consent: s.Source.Consent, Signature: s.Source.Signature, Delivery: s.Source.Delivery, Version: s.Version, SHA256: s.SHA256, At: s.At, ChangedBy: emails[s.By], Removed: s.Removed,
	}
	if v.Ignore = s.Source.Ignore; s.Source.IgnoreAll {
		v.Ignore = []string{"*"}
	}
	if v.Recognise == nil {
		v.Recognise = []string{}
	}
	if v.Columns == nil {
		v.Columns = map[string]string{}
	}
	return v
}

func etag(s sources.Stored) string { return `"` + s.SHA256 + `"` }
