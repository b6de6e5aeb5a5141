// Package uploadsweb serves the routes of uploads: a place to upload to, what became of a file, its withdrawal, and
// templates to fill in.
package uploadsweb

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"outreach/internal/app"
	"outreach/internal/objects"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/sources"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/text"
	"outreach/internal/uploads"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Handlers answer the requests about uploads.
type Handlers struct {
	uploads uploadStore
	sources sourceStore
	objects objectStore
}

type (
	uploadStore interface {
		Upload(ctx context.Context, project, id string) (uploads.Upload, error)
		Uploads(ctx context.Context, project, owner string, limit int, cursor string) (table.PageOf[uploads.Upload], error)
		MediaSums(ctx context.Context, d *project.Definition, partner string) (uploads.MediaSums, error)
		Findings(ctx context.Context, project, id string) (uploads.Findings, error)
		CreateUpload(ctx context.Context, project string, u uploads.Upload, once store.Once) (uploads.Upload, error)
		Original(ctx context.Context, u uploads.Upload) (*os.File, error)
		SendAgain(ctx context.Context, project string, of, u uploads.Upload, once store.Once) (uploads.Upload, error)
		WithdrawUpload(ctx context.Context, id, by string, def projects.Defined) (uploads.Upload, error)
	}
	sourceStore interface {
		All(ctx context.Context, project string) ([]sources.Stored, error)
		Source(ctx context.Context, project, id string) (sources.Stored, error)
		Version(ctx context.Context, project string, ref sources.Ref) (sources.Stored, error)
	}
	objectStore interface {
		Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error
		PresignPut(ctx context.Context, key string, size int64, until time.Duration) (objects.Request, error)
	}
)

// New returns Handlers on the features of an application. Of an empty App only Routes may be called.
func New(a *app.App) Handlers {
	h := Handlers{uploads: a.Uploads, sources: a.Sources}
	if a.DB != nil {
		h.objects = a.DB.Objects
	}
	return h
}

// Routes returns the routes of uploads.
func (h Handlers) Routes() []web.Route {
	const (
		at       = "/{project}/uploads/{id}"
		filledIn = "The columns in the reader's language, and two rows that show what stands in them."
	)
	senders := []string{web.Partner, web.Coordinator}
	kind := []web.Parameter{{Name: "kind", Description: "The kind of file, `media` where it is not given; a partner's are media", Values: plurals()}}
	return []web.Route{
		{Method: "GET", Path: "/{project}/uploads", Roles: senders, Scope: web.Own, Handler: h.list,
			ID: "listUploads", Tag: "uploads", Summary: "Uploads", Query: web.Paged(), Response: shape.List{Of: uploadView{}}, Success: "A page of the list, newest first; cells are told by each upload's own address", Page: true},
		{Method: "POST", Path: "/{project}/uploads", Roles: senders, Scope: web.Media, Handler: h.create,
			ID: "askUpload", Tag: "uploads", Summary: "Ask for a place to upload", Detail: columns(), Once: true,
			Request:  shape.OneOf{shape.Sent{Kind: &fields}, shape.Multipart{File: "The file itself, up to 4 MB: for browsers without JavaScript", Fields: []string{"check_only", "idempotency_key"}}},
			Response: uploadPlace{}, Success: "Send the file there: its arrival is the event", Creates: true},
		{Method: "GET", Path: "/{project}/uploads.csv", Roles: senders, Scope: web.Own, Handler: h.listCSV,
			ID: "exportUploadsCSV", Tag: "uploads", Summary: "Uploads as CSV", Detail: "The files of the list, all of them at once, newest first.", Response: shape.Text{Type: shape.CSV}, Success: "The list"},
		{Method: "GET", Path: "/{project}/uploads/template.csv", Roles: senders, Scope: web.Media, Handler: h.templateCSV,
			ID: "downloadTemplateCSV", Tag: "uploads", Summary: "A file to fill in, as CSV", Detail: filledIn, Query: kind, Response: shape.Text{Type: shape.CSV}, Success: "The file", Short: true},
		{Method: "GET", Path: "/{project}/uploads/template.xlsx", Roles: senders, Scope: web.Media, Handler: h.templateXLSX,
			ID: "downloadTemplateXLSX", Tag: "uploads", Summary: "A file to fill in, as XLSX", Detail: filledIn + " A second sheet explains each column.", Query: kind, Response: shape.Text{Type: shape.XLSX}, Success: "The file", Short: true},
		{Method: "GET", Path: at, Roles: senders, Scope: web.Own, Handler: h.show,
			ID: "showUpload", Tag: "uploads", Summary: "What became of a file", Response: uploadView{}, Success: "The upload", Page: true},
		{Method: "DELETE", Path: at, Roles: senders, Scope: web.Own, Handler: h.withdraw,
			ID: "withdrawUpload", Tag: "uploads", Summary: "Withdraw an accepted file",
			Detail:   "Its rows stop counting, and what they had replaced counts again; sign-ups that it created are cancelled. Doing it again changes nothing.",
			Response: uploadView{}, Success: "Withdrawn", Conflict: "The file does not count: it is not accepted",
			Others: []web.Other{{Status: http.StatusSeeOther, Description: "After a browser's form: on to the page"}}},
		{Method: "POST", Path: at, Roles: senders, Scope: web.Own, Handler: h.withdraw, Summary: "DELETE of a browser's form"},
		{Method: "POST", Path: at + "/counting", Roles: senders, Scope: web.Own, Handler: h.count,
			ID: "countUpload", Tag: "uploads", Summary: "Let a file count that was only checked", Once: true,
			Detail:  "The same file is sent once more, to a place of its own, and checked anew: what becomes of it is told by the address of the new upload.",
			Request: struct{}{}, Optional: true, Response: uploadView{}, Success: "On its way", Creates: true,
			Conflict: "The file was not only checked, or the original is no longer there"},
		{Method: "POST", Path: at + "/reading", Roles: senders, Scope: web.Own, Handler: h.readAgain,
			ID: "readUploadAgain", Tag: "uploads", Summary: "Read a rejected file again", Once: true,
			Detail:  "Without its being sent anew: by the sources there are now, or by the one that is named, whatever its header. What becomes of it is told by the address of the new upload.",
			Request: shape.Sent{Kind: &reading}, Optional: true, Response: uploadView{}, Success: "On its way", Creates: true,
			Conflict: "The file was not rejected, or the original is no longer there"},
		{Method: "GET", Path: at + "/errors.csv", Roles: senders, Scope: web.Own, Handler: h.errorList,
			ID: "listUploadErrors", Tag: "uploads", Summary: "The list of bad cells as CSV", Response: shape.Text{Type: shape.CSV}, Success: "The list"},
		{Method: "GET", Path: at + "/original", Roles: senders, Scope: web.Own, Handler: h.original,
			ID: "showUploadOriginal", Tag: "uploads", Summary: "The file as it was sent",
			Others: []web.Other{
				{Status: http.StatusSeeOther, Description: "It is at a short-lived pre-signed address"},
				{Status: http.StatusGone, Description: "It was removed: somebody in it was erased, or it was kept long enough", Problem: struct{}{}},
			}},
	}
}

// plurals returns the names of the built-in kinds of file.
func plurals() []string {
	var out []string
	for _, k := range schema.Builtin().Kinds {
		out = append(out, k.Plural)
	}
	return out
}

// columns returns a description of the columns of each built-in kind, in Markdown.
func columns() string {
	languages := []string{text.Name(text.English)[text.English]}
	for _, tag := range text.Languages() {
		if tag != text.English {
			languages = append(languages, text.Name(tag)[text.English])
		}
	}
	var b strings.Builder
	b.WriteString("CSV, TSV or XLSX, up to 50 MB and 200,000 rows. The kind of file is recognised from its header, in any column order, in " + strings.Join(languages, " or ") + ". One bad cell rejects the file.\n\n")
	for _, k := range schema.Builtin().Kinds {
		var names []string
		for _, f := range k.Columns() {
			name := "`" + f.Name + "`"
			if translated := f.ColumnNames()[1:]; len(translated) > 0 {
				name += " (" + strings.Join(translated, ", ") + ")"
			}
			names = append(names, name)
		}
		b.WriteString("- " + k.Plural + ": " + strings.Join(names, ", ") + "\n")
	}
	return b.String()
}

// uploadView is the JSON of an upload.
type uploadView struct {
	ID                string         `json:"id"`
	State             string         `json:"state" enum:"received,processing,accepted,rejected,checked,withdrawn"`
	Kind              *string        `json:"kind" doc:"Recognised from the header"`
	Filename          string         `json:"filename"`
	Owner             string         `json:"owner" doc:"A partner's id, or coordinator"`
	SHA256            *string        `json:"sha256" doc:"Of the file, in hex"`
	Bytes             int64          `json:"bytes"`
	Rows              int            `json:"rows"`
	New               int            `json:"new" doc:"Rows about things not heard of before"`
	Changed           int            `json:"changed" doc:"Rows that say something else than what counted before"`
	Unchanged         int            `json:"unchanged" doc:"Rows that say the same"`
	Totals            uploads.Totals `json:"totals" doc:"What the rows add up to, by field: reach, minutes, hours or quantity; a row that stands there twice once"`
	Errors            []cell         `json:"errors" doc:"Every bad cell, up to 1,000"`
	Warnings          []cell         `json:"warnings" doc:"What does not reject the file"`
	ErrorsCut         bool           `json:"errors_cut,omitempty" doc:"There are more errors"`
	WarningsCut       bool           `json:"warnings_cut,omitempty" doc:"There are more warnings"`
	Source            *sources.Ref   `json:"source,omitempty" doc:"By which source the file was read, and its version; none: by our own columns"`
	SameAs            string         `json:"same_as,omitempty" doc:"The upload with the same bytes, which this one says nothing beside, and ends with"`
	CheckOnly         bool           `json:"check_only,omitempty"`
	ReceivedAt        *string        `json:"received_at" format:"date-time"`
	FinishedAt        *string        `json:"finished_at" format:"date-time"`
	OriginalRemovedAt *string        `json:"original_removed_at,omitempty" format:"date-time" doc:"When the file as it was sent was removed, with its name; what its rows said goes on counting"`
}

type cell struct {
	Sheet   string `json:"sheet,omitempty" doc:"The sheet of a workbook, where several are read"`
	Row     int    `json:"row" doc:"As the spreadsheet numbers it"`
	Column  string `json:"column" doc:"The column's English name; of a file that was read by a source, its name there"`
	Code    string `json:"code" doc:"What is wrong, as a word for programs"`
	Value   string `json:"value" doc:"What stands there; masked where it identifies a person"`
	Message string `json:"message" doc:"What is wrong, in the uploader's language"`
	Rows    []int  `json:"rows,omitempty" doc:"Of what is told once for several rows: the first 20 of them"`
	Count   int    `json:"count,omitempty" doc:"Of what is told once for several rows: how many there are"`
}

// uploadPlace is the JSON of a pre-signed request: valid for 15 minutes, for one file of the size that was asked for.
type uploadPlace struct {
	ID      string            `json:"id" doc:"The upload's id"`
	Method  string            `json:"method" enum:"PUT,POST" doc:"PUT the file with the headers, or POST it as a form with the fields before its own, file"`
	URL     string            `json:"url" format:"uri"`
	Headers map[string]string `json:"headers" null:"true" doc:"Of a PUT"`
	Fields  map[string]string `json:"fields" null:"true" doc:"Of a POST"`
}
