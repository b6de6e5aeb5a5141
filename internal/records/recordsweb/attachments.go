package recordsweb

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/attachments"
	"outreach/internal/page"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Attachments is what the handlers need of attachments.Store.
type Attachments interface {
	Create(ctx context.Context, project string, a attachments.Attachment, once store.Once) (attachments.Attachment, error)
	Keep(ctx context.Context, project string, a attachments.Attachment, content []byte, once store.Once) (attachments.Attachment, error)
	Attachment(ctx context.Context, project, id string) (attachments.Attachment, error)
	Names(ctx context.Context, project string, ids []string) (map[string]string, error)
	Check(ctx context.Context, project string, o attachments.Owner, row schema.Row) ([]schema.Problem, error)
}

// validity is how long the place that a file was asked to be sent to is valid.
const validity = 15 * time.Minute

// attachmentRoutes are the routes of photos and documents, whatever kind of record names them.
func (h Handlers) attachmentRoutes() []web.Route {
	at := "/{project}/attachments"
	return []web.Route{
		{Method: "POST", Path: at, Roles: h.roles, Scope: web.Own, Handler: h.attach,
			ID: "createAttachment", Tag: "records", Summary: "Send a photo or a document", Once: true,
			Detail: "For a field of the type `file`: the `id` is the value that a record then has. JPEG, PNG, WebP, HEIC, PDF, ODT and DOCX, judged by their content, up to " + strconv.Itoa(attachments.MostBytes>>20) + " MB. " +
				"With `filename` and `size` the answer is a place to send the file to, valid for 15 minutes, for that size, once; a form has the file itself. A file that no record names is removed after a week. A record has its own files; a correction may name another one.",
			Request:  shape.OneOf{shape.Sent{Kind: &attachmentFields}, shape.Multipart{File: "The file itself, up to 4 MB", Fields: []string{"idempotency_key"}}},
			Response: attachmentView{}, Success: "Its id; and where to send it, if the request did not have the file", Creates: true},
		{Method: "GET", Path: at + "/{id}", Roles: h.roles, Scope: web.Own, Handler: h.openAttachment,
			ID: "showAttachment", Tag: "records", Summary: "The photo or document of a record", Detail: "For those who may see the field of the record.",
			Others: []web.Other{
				{Status: http.StatusSeeOther, Description: "It is at a short-lived pre-signed address"},
				{Status: http.StatusGone, Description: "It was removed: the person was erased, or it was kept long enough", Problem: struct{}{}},
			}},
	}
}

// attachmentFields is the body of a request for a place to send a file to.
var attachmentFields = schema.Kind{Name: "attachment", Fields: []schema.Field{
	{Name: "filename", Required: true, Longest: 200},
	{Name: "size", Type: schema.Whole, Required: true, Min: 1, Max: attachments.MostBytes},
}}

// attachmentView is the JSON of a new attachment. The last members say where its file is to be sent, if the request did
// not have it.
type attachmentView struct {
	ID      string            `json:"id" doc:"The value of the record's field"`
	Name    string            `json:"name" doc:"The file's name"`
	Type    string            `json:"type,omitempty" doc:"The media type, where the file is there"`
	Size    int64             `json:"size" doc:"Bytes"`
	Method  string            `json:"method,omitempty" enum:"PUT,POST" doc:"PUT the file with the headers, or POST it as a form with the fields before its own, file"`
	URL     string            `json:"url,omitempty" format:"uri"`
	Headers map[string]string `json:"headers,omitempty" doc:"Of a PUT"`
	Fields  map[string]string `json:"fields,omitempty" doc:"Of a POST"`
}

// recorders returns the roles that write records of a kind.
func recorders(k *schema.Kind) []string {
	roles := append([]string{web.Coordinator}, k.By...)
	if k.Name == schema.Consultation {
		roles = append(roles, web.Adviser)
	}
	return roles
}

// attach takes a photo or document, or answers with a place to send it to.
func (h Handlers) attach(c *web.Call) error {
	takes := func(k *schema.Kind) bool {
		return k.Typed() && len(k.Files()) > 0 && c.RequireRole(recorders(k)...) == nil
	}
	if !slices.ContainsFunc(schema.For(c.Defined.Definition).Kinds, takes) {
		return &web.Error{Status: http.StatusNotFound, Detail: "no_file_fields"}
	}
	body, err := c.ReadWithFiles()
	if err != nil {
		return err
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if body.Form {
		file, sent := body.Files["file"]
		if !sent {
			return web.Invalid(schema.Problem{Field: "file", Code: schema.Missing})
		}
		a, err := h.attachments.Keep(c.Context(), c.Project, attachments.Attachment{By: by, Name: file.Name}, file.Content, body.Once)
		if err != nil {
			return invalidFile(err, "file")
		}
		return h.attached(c, attachmentView{ID: a.ID, Name: a.Name, Type: a.Type, Size: a.Size})
	}
	entry, problems := attachmentFields.Read(body.Given, c.Scope(false))
	for i, p := range problems {
		switch {
		case p.Field != "size" || p.Code != schema.OutOfRange:
		case body.Given["size"] == json.Number("0"):
			problems[i] = schema.Problem{Field: p.Field, Code: p.Code, Hint: "empty"}
		default:
			problems[i] = schema.Problem{Field: p.Field, Code: p.Code, Hint: "file_size", Args: map[string]string{"most": strconv.Itoa(attachments.MostBytes >> 20)}}
		}
	}
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	size, err := strconv.ParseInt(entry.Row[1], 10, 64)
	if err != nil {
		return err
	}
	a, err := h.attachments.Create(c.Context(), c.Project, attachments.Attachment{By: by, Name: web.SafeName(entry.Row[0]), Size: size}, body.Once)
	if err != nil {
		return err
	}
	request, err := c.Site.DB.Objects.PresignPut(c.Context(), attachments.Object(c.Project, a.ID), a.Size, validity)
	if err != nil {
		return err
	}
	return h.attached(c, attachmentView{ID: a.ID, Name: a.Name, Size: a.Size, Method: request.Method, URL: request.URL, Headers: request.Headers, Fields: request.Fields})
}

func (h Handlers) attached(c *web.Call, view attachmentView) error {
	c.W.Header().Set("Location", "/"+c.Project+"/attachments/"+view.ID)
	return c.JSON(http.StatusCreated, view)
}

// invalidFile returns the error of a field whose file is refused; others as they are.
func invalidFile(err error, field string) error {
	if refused := (*attachments.Refused)(nil); errors.As(err, &refused) {
		problem := refused.Problem
		problem.Field = cmp.Or(problem.Field, field)
		return web.Invalid(problem)
	}
	return err
}

// openAttachment sends who may see it to a photo or document.
func (h Handlers) openAttachment(c *web.Call) error {
	a, err := h.attachments.Attachment(c.Context(), c.Project, c.PathValue("id"))
	if err != nil {
		return err
	}
	may, err := h.maySee(c, a)
	switch {
	case err != nil:
		return err
	case !may:
		return store.ErrNotFound
	case !a.Removed.IsZero():
		return &web.Error{Status: http.StatusGone, Detail: "attachment_removed"}
	case a.Type == "": // it was not looked at yet
		return store.ErrNotFound
	}
	return c.RedirectToObject(attachments.Object(c.Project, a.ID), a.Type, a.Disposition())
}

// maySee reports whether the caller may see an attachment: who may see the field of its record, and of one that no
// record names yet who sent it.
func (h Handlers) maySee(c *web.Call, a attachments.Attachment) (bool, error) {
	if c.HasRole(web.Coordinator) {
		return true, nil
	}
	if a.Record == "" {
		by, err := c.Staff()
		return by != "" && by == a.By, err
	}
	bound := h
	bound.kind = schema.For(c.Defined.Definition).Kind(a.Kind)
	if bound.kind == nil || c.RequireRole(recorders(bound.kind)...) != nil {
		return false, nil
	}
	if f := bound.kind.Field(a.Field); f == nil || f.Sensitive {
		return false, nil
	}
	owner, err := bound.owner(c)
	if err != nil {
		return false, err
	}
	t, err := h.records.Typed(c.Context(), c.Project, bound.kind, a.Record)
	if store.IsNotFound(err) {
		return false, nil
	}
	return err == nil && ownedBy(t, owner), err
}

// ownedBy reports whether a record is one of those that an owner sees: "" sees all.
func ownedBy(t records.Typed, owner string) bool {
	return owner == "" || owner == cmp.Or(t.Under, t.Values.Get("adviser"))
}

// read reads the body of a request that writes a record: with files where the kind has any.
func (h Handlers) read(c *web.Call) (web.Body, error) {
	if len(h.kind.Files()) == 0 {
		return c.Read()
	}
	return c.ReadWithFiles()
}

// keepFiles stores the files of a form, and puts their ids in place of them. It returns what is wrong with them.
func (h Handlers) keepFiles(c *web.Call, body web.Body) ([]schema.Problem, error) {
	var problems []schema.Problem
	for name, file := range body.Files {
		if f := h.kind.Field(name); f == nil || f.Type != schema.File {
			problems = append(problems, schema.Problem{Field: name, Code: schema.UnknownField})
			continue
		}
		by, err := c.Staff()
		if err != nil {
			return nil, err
		}
		a, err := h.attachments.Keep(c.Context(), c.Project, attachments.Attachment{By: by, Name: file.Name}, file.Content, store.Once{})
		if err != nil {
			bad, refused := web.Problems(invalidFile(err, name))
			if !refused {
				return nil, err
			}
			problems = append(problems, bad...)
			continue
		}
		body.Given[name] = a.ID
	}
	slices.SortFunc(problems, func(a, b schema.Problem) int { return strings.Compare(a.Field, b.Field) })
	return problems, nil
}

// checkFiles returns the problems of the files that a draft names, and notes in it who names them. id is that of the
// record, "" for a new one.
func (h Handlers) checkFiles(c *web.Call, draft *records.Draft, id string) (problems []schema.Problem, err error) {
	if len(h.kind.Files()) == 0 {
		return nil, nil
	}
	if !c.HasRole(web.Coordinator) {
		if draft.Sender, err = c.Staff(); err != nil {
			return nil, err
		}
	}
	return h.attachments.Check(c.Context(), c.Project, attachments.Owner{Kind: h.kind, Record: id, By: draft.Sender}, draft.Row)
}

// withProblems adds problems to those of an error of bad values, in place of others with the same fields.
func withProblems(err error, problems []schema.Problem) error {
	if len(problems) == 0 {
		return err
	}
	others, invalid := web.Problems(err)
	if err != nil && !invalid {
		return err
	}
	for _, p := range others {
		if !slices.ContainsFunc(problems, func(o schema.Problem) bool { return o.Field == p.Field }) {
			problems = append(problems, p)
		}
	}
	return web.Invalid(problems...)
}

// fileNames returns the names of the files of records, and of those that a form has, by their ids.
func (h Handlers) fileNames(c *web.Call, rows []schema.Row, entry page.Entry) (map[string]string, error) {
	var ids []string
	for _, f := range h.kind.Files() {
		for _, row := range rows {
			ids = append(ids, f.Answer(h.kind.Get(row, f.Name)))
		}
		ids = append(ids, f.Answer(entry.Values[f.Name]))
	}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		_, problem := (&schema.Field{Type: schema.File}).Parse(id, schema.Scope{})
		return id == "" || problem != nil
	})
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	return h.attachments.Names(c.Context(), c.Project, slices.Compact(ids))
}
