// Package archiveweb serves the routes of archives: everything of a project as one file, and a project made of one.
package archiveweb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/app"
	"outreach/internal/archive"
	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Handlers answer the requests about archives.
type Handlers struct {
	archives archives
	trail    trail
	db       *store.DB
}

type (
	archives interface {
		Archive(ctx context.Context, project string, most int64) (archive.Archive, error)
		Import(ctx context.Context, file io.ReadSeeker, size int64, may func(project string) bool) (archive.Imported, error)
	}
	trail interface {
		NoteExport(ctx context.Context, project, what, person, by string) error
	}
)

// New returns Handlers on the features of an application. Of an empty App only Routes may be called.
func New(a *app.App) Handlers { return Handlers{archive.New(a), a.People, a.DB} }

// validity is how long a place to put an archive at may be used.
const validity = 15 * time.Minute

// mediaZIP is the media type of an archive.
const mediaZIP = "application/zip"

// Routes returns the routes of archives.
func (h Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/{project}/archive.zip", Roles: []string{web.Coordinator}, Handler: h.export,
			ID: "exportArchive", Tag: "archive", Summary: "Everything of the project as one ZIP",
			Detail:   "Tables for people as CSV, with a README of their columns; the definition's versions, snapshots with their evidence, originals, attachments and the erasure ledger; and lines of JSON, from which another tracker makes the project. Texts are written as they are. It has no key, token or secret. While it is being made for another request, or something is recorded all the time, it answers 503: ask again.",
			Response: shape.Text{Type: mediaZIP, About: "The archive"}, Success: "The archive"},
		{Method: "POST", Path: "/archive", Admin: true, Handler: h.take,
			ID: "importArchive", Tag: "archive", Summary: "Make a project of an archive", Once: true,
			Detail:   "An administrator sends the ZIP itself, up to 4 MB; or `size` for a place to put a larger one at, and then `id`, which the answer had, to take it in. The project must not exist. Hashes of snapshots are the same; people of the erasure ledger are erased again; no letters are sent. If it was interrupted, the same archive completes it. Of a file that is none, `errors` says in `field` which entry is wrong, and in which `line`.",
			Request:  shape.OneOf{shape.Text{Type: mediaZIP, About: "An archive, up to 4 MB"}, shape.Sent{Kind: &place}},
			Response: shape.OneOf{archive.Imported{}, archivePlace{}}, Success: "Taken in; or a place to put the archive at", Creates: true, Short: true,
			Conflict: "The project exists, or the import of another archive of it was interrupted"},
	}
}

// place is the body of a request for a place, or about an archive that was put there.
var place = schema.Kind{Name: "archive", Fields: []schema.Field{
	{Name: "filename", Longest: 200},
	{Name: "size", Type: schema.Whole, Min: 1, Max: archive.MostBytes},
	{Name: "id", Longest: 26},
}}

// archivePlace is where to put an archive: a request that may be sent once.
type archivePlace struct {
	ID      string            `json:"id" doc:"Send it once more when the archive was put there"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Fields  map[string]string `json:"fields"`
}

// object returns the key of an archive that is to be taken in. It lies where long answers do, for a day at most; no
// project has the id.
func object(id string) string { return store.AnswerObject("archive", id) }

// export answers with the archive of a project.
func (h Handlers) export(c *web.Call) (err error) {
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if err := h.trail.NoteExport(c.Context(), c.Project, fact.ExportedArchive, "", by); err != nil {
		return err
	}
	made, err := h.archives.Archive(c.Context(), c.Project, web.MostAnswer)
	if errors.Is(err, archive.ErrMaking) {
		return &web.Error{Status: http.StatusServiceUnavailable, Detail: "archive_making"}
	}
	if errors.Is(err, archive.ErrChanging) {
		return &web.Error{Status: http.StatusServiceUnavailable, Detail: "archive_changing"}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, made.Close()) }()
	name := c.Project + "-archive.zip"
	if made.Object != "" {
		return c.RedirectToObject(made.Object, mediaZIP, fmt.Sprintf("attachment; filename=%q", name))
	}
	content, err := made.Read()
	if err != nil {
		return err
	}
	return c.Download(mediaZIP, name, content)
}

// take makes a project of an archive, or answers with a place to put one at.
func (h Handlers) take(c *web.Call) error {
	switch media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); media {
	case mediaZIP, "application/x-zip-compressed", "application/octet-stream":
		return h.takeBody(c)
	case "application/json":
		return h.takeFromPlace(c)
	}
	return &web.Error{Status: http.StatusUnsupportedMediaType, Detail: "archive_media"}
}

// takeBody takes in the archive that the request has.
func (h Handlers) takeBody(c *web.Call) error {
	content, err := io.ReadAll(http.MaxBytesReader(c.W, c.Request.Body, web.MostFormFiles))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return &web.Error{Status: http.StatusRequestEntityTooLarge, Detail: "archive_body", Args: []any{"most", web.MostFormFiles >> 20}}
	}
	if err != nil {
		return err
	}
	key := c.Header.Get("Idempotency-Key")
	if len(key) > web.MostKey {
		return web.Invalid(schema.Problem{Field: "Idempotency-Key", Code: schema.TooLong})
	}
	return h.answer(c, h.db.Once("", "POST /archive", c.Caller.Subject, key, content), bytes.NewReader(content), int64(len(content)))
}

// takeFromPlace answers with a place, or takes in the archive that was put at one.
func (h Handlers) takeFromPlace(c *web.Call) (err error) {
	body, err := c.Read()
	if err != nil {
		return err
	}
	entry, problems := place.Read(body.Given, schema.Scope{})
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	size, id := entry.Row[1], entry.Row[2]
	switch {
	case size == "" && id == "":
		return web.Invalid(schema.Problem{Field: "size", Code: schema.Missing})
	case id == "":
		return h.lend(c, body.Once, size)
	}
	var done archive.Imported
	if known, err := h.db.Answered(c.Context(), body.Once, &done); err != nil {
		return err
	} else if known {
		return created(c, done)
	}
	if _, err := ulid.ParseStrict(id); err != nil {
		return web.Invalid(schema.Problem{Field: "id", Code: schema.Missing, Hint: "archive_arrived"})
	}
	from, _, err := h.db.Objects.Open(c.Context(), object(id), "")
	if errors.Is(err, objects.ErrNotFound) {
		return web.Invalid(schema.Problem{Field: "id", Code: schema.Missing, Hint: "archive_arrived"})
	}
	if err != nil {
		return err
	}
	defer from.Close()
	file, err := os.CreateTemp(h.db.Folder, "archive-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	n, err := io.Copy(file, from)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	if err := h.answer(c, body.Once, file, n); err != nil {
		return err
	}
	return h.db.Objects.Delete(c.Context(), object(id)) // it would expire within a day
}

// lend answers with a place for an archive of some bytes.
func (h Handlers) lend(c *web.Call, once store.Once, size string) error {
	var id string
	known, err := h.db.Answered(c.Context(), once, &id)
	if err != nil {
		return err
	}
	if !known {
		id = h.db.NewID()
		if err := h.db.KeepAnswer(c.Context(), once, id); err != nil {
			return err
		}
	}
	var bytes int64
	if _, err := fmt.Sscan(size, &bytes); err != nil {
		return web.Invalid(schema.Problem{Field: "size", Code: schema.NotANumber})
	}
	q, err := h.db.Objects.PresignPut(c.Context(), object(id), bytes, validity)
	if err != nil {
		return err
	}
	c.W.Header().Set("Location", "/archive")
	return c.JSON(http.StatusCreated, archivePlace{ID: id, Method: q.Method, URL: q.URL, Headers: q.Headers, Fields: q.Fields})
}

// answer takes an archive in and answers with what was in it.
func (h Handlers) answer(c *web.Call, once store.Once, file io.ReadSeeker, size int64) error {
	var done archive.Imported
	known, err := h.db.Answered(c.Context(), once, &done)
	if err != nil {
		return err
	}
	if !known {
		if done, err = h.archives.Import(c.Context(), file, size, mayBegin); err != nil {
			return problem(c, err)
		}
		if err := h.db.KeepAnswer(c.Context(), once, done); err != nil {
			return err
		}
	}
	return created(c, done)
}

func created(c *web.Call, done archive.Imported) error {
	c.W.Header().Set("Location", "/"+done.Project)
	return c.JSON(http.StatusCreated, done)
}

var projectID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// mayBegin reports whether a project may have an id.
func mayBegin(project string) bool {
	return projectID.MatchString(project) && !slices.Contains(web.Reserved, project)
}

// problem returns the response to an archive that was not taken in.
func problem(c *web.Call, err error) error {
	switch r, refused := archive.IsRefused(err); {
	case refused:
		field := r.Entry
		if field == "" {
			field = "archive"
		}
		message := c.Messages().Say("archive."+r.Code, append([]any{"entry", field}, r.Args...)...)
		return &web.Error{Status: http.StatusUnprocessableEntity, Detail: "archive", Lines: []web.Line{{Field: field, Code: r.Code, Message: message, Line: r.Line}}}
	case errors.Is(err, projects.ErrExists):
		return &web.Error{Status: http.StatusConflict, Detail: "archive_exists"}
	case errors.Is(err, projects.ErrImporting):
		return &web.Error{Status: http.StatusConflict, Detail: "archive_importing"}
	case errors.Is(err, projects.ErrOtherBegan):
		return &web.Error{Status: http.StatusConflict, Detail: "archive_other"}
	}
	return err
}
