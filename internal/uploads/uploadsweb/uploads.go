package uploadsweb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"outreach/internal/page"
	"outreach/internal/report"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/text"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// Limits of uploads.
const (
	maxBytes = 50 << 20
	validity = 15 * time.Minute
)

// owner returns whose uploads the caller may handle: uploads.Office for a coordinator, or the id of the caller's
// partner.
func owner(c *web.Call) (string, error) {
	if c.HasRole(web.Coordinator) {
		return uploads.Office, nil
	}
	return c.Partner()
}

// mine reads the upload in the path. It does not exist for a partner that does not own it.
func (h Handlers) mine(c *web.Call) (uploads.Upload, error) {
	own, err := owner(c)
	if err != nil {
		return uploads.Upload{}, err
	}
	u, err := h.uploads.Upload(c.Context(), c.Project, c.PathValue("id"))
	if err == nil && own != uploads.Office && u.Owner != own {
		err = store.ErrNotFound
	}
	return u, err
}

func (h Handlers) list(c *web.Call) error { return h.showList(c, http.StatusOK, "") }

func (h Handlers) showList(c *web.Call, status int, wrong string) error {
	partner, err := owner(c)
	if err != nil {
		return err
	}
	all := partner == uploads.Office
	if all {
		partner = ""
	}
	found, err := h.uploads.Uploads(c.Context(), c.Project, partner, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	if !c.Page {
		items := make([]uploadView, len(found.Items))
		for i, u := range found.Items {
			items[i] = describe(c, u, uploads.Findings{})
		}
		return c.List(items, found.Next)
	}
	content := page.Uploads{Next: c.NextAddress(found.Next), Error: wrong, All: all, Once: c.Site.DB.NewID()}
	for _, u := range found.Items {
		content.Items = append(content.Items, pageOf(c, u, uploads.Findings{}))
	}
	for _, k := range schema.For(c.Defined.Definition).Kinds {
		if (all || k.SentByPartners()) && k.NeedsFile() == nil {
			content.Kinds = append(content.Kinds, k.Plural)
		}
	}
	if !all && c.Cursor() == "" {
		if content.Own, err = h.ownTotals(c, partner); err != nil {
			return err
		}
	}
	return c.Show(status, content)
}

func (h Handlers) create(c *web.Call) error {
	own, err := owner(c)
	if err != nil {
		return err
	}
	if strings.HasPrefix(c.Header.Get("Content-Type"), "multipart/form-data") {
		return h.createFromForm(c, own)
	}
	body, err := c.Read()
	if err != nil {
		return err
	}
	u, problems := readRequest(c, body.Given)
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	u.Owner, u.Language = own, text.Spoken(c.Language)
	if u.By, err = c.Staff(); err != nil {
		return err
	}
	if u, err = h.uploads.CreateUpload(c.Context(), c.Project, u, body.Once); err != nil {
		return err
	}
	request, err := h.objects.PresignPut(c.Context(), u.Object, u.Size, validity)
	if err != nil {
		return err
	}
	c.W.Header().Set("Location", "/"+c.Project+"/uploads/"+u.ID)
	return c.JSON(http.StatusCreated, uploadPlace{ID: u.ID, Method: request.Method, URL: request.URL, Headers: request.Headers, Fields: request.Fields})
}

// fields is the body of a request for a place to upload to.
var fields = schema.Kind{Name: "upload", Fields: []schema.Field{
	{Name: "filename", Required: true, Longest: 200},
	{Name: "size", Type: schema.Whole, Required: true, Min: 1, Max: maxBytes},
	{Name: "check_only", Type: schema.YesNo},
}}

// readRequest reads the upload that a client asks a place for.
func readRequest(c *web.Call, given schema.Given) (uploads.Upload, []schema.Problem) {
	entry, problems := fields.Read(given, c.Scope(false))
	for i, p := range problems {
		if p.Field == "size" && p.Code == schema.OutOfRange && given["size"] == json.Number("0") {
			problems[i] = schema.Problem{Field: p.Field, Code: p.Code, Hint: "empty"}
		}
	}
	u := uploads.Upload{Filename: web.SafeName(entry.Row[0]), CheckOnly: entry.Row[2] == "yes"}
	if len(problems) == 0 {
		if _, err := fmt.Sscan(entry.Row[1], &u.Size); err != nil {
			problems = append(problems, schema.Problem{Field: "size", Code: schema.NotANumber})
		}
	}
	return u, problems
}

// createFromForm stores a file that the form itself has, for browsers without JavaScript.
func (h Handlers) createFromForm(c *web.Call, own string) error {
	c.Request.Body = http.MaxBytesReader(c.W, c.Request.Body, web.MostFormFiles)
	if err := c.ParseMultipartForm(web.MostFormFiles); err != nil {
		return h.showList(c, http.StatusRequestEntityTooLarge, c.Messages().Say("uploads.too_large_here"))
	}
	file, header, err := c.FormFile("file")
	if err != nil {
		return h.showList(c, http.StatusUnprocessableEntity, c.Messages().Problem(schema.Problem{Field: "file", Code: schema.Missing}))
	}
	defer file.Close()
	if header.Size == 0 {
		return h.showList(c, http.StatusUnprocessableEntity, c.Messages().Problem(schema.Problem{Field: "file", Code: schema.Unreadable, Hint: "empty"}))
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	u := uploads.Upload{Owner: own, Filename: web.SafeName(header.Filename), Size: header.Size, CheckOnly: c.FormValue("check_only") != "", Language: text.Spoken(c.Language)}
	if u.By, err = c.Staff(); err != nil {
		return err
	}
	once := c.Site.DB.Once(c.Project, "POST "+c.URL.Path, c.Caller.Subject, c.FormValue("idempotency_key"), content)
	if u, err = h.uploads.CreateUpload(c.Context(), c.Project, u, once); err != nil {
		return err
	}
	if u.Arrived.IsZero() {
		if err := h.objects.Put(c.Context(), u.Object, bytes.NewReader(content), "application/octet-stream"); err != nil {
			return err
		}
	}
	return c.Redirect("/" + c.Project + "/uploads/" + u.ID)
}

func (h Handlers) show(c *web.Call) error {
	u, err := h.mine(c)
	if err != nil {
		return err
	}
	found, err := h.uploads.Findings(c.Context(), c.Project, u.ID)
	if err != nil {
		return err
	}
	if !c.Page {
		return c.JSON(http.StatusOK, describe(c, u, found))
	}
	content := pageOf(c, u, found)
	content.Once = c.Site.DB.NewID()
	read, err := h.excerpt(c, u, found)
	if err != nil {
		return err
	}
	content.Headings = headings(read)
	content.Columns, content.BadRows = marked(c, read, found)
	if u.State == uploads.Rejected && content.Original != "" {
		content.Unclear = slices.ContainsFunc(found.Errors, isUnclear)
		if content.Sources, err = h.usable(c, u); err != nil {
			return err
		}
	}
	return c.Show(http.StatusOK, content)
}

// isUnclear reports whether an error may be one of a file whose columns are of another form.
func isUnclear(f uploads.Finding) bool {
	switch f.Problem.Code {
	case schema.UnknownColumn, schema.MissingColumn:
		return true
	case schema.NotADate, schema.NotANumber, schema.NotInList:
		return true
	case schema.Unreadable:
		return strings.HasPrefix(f.Problem.Hint, "header") || f.Problem.Hint == "two_sources"
	}
	return false
}

// usable returns the ids of the sources that an upload may be read by.
func (h Handlers) usable(c *web.Call, u uploads.Upload) ([]string, error) {
	all, err := h.sources.All(c.Context(), c.Project)
	var ids []string
	for _, s := range all {
		if c.HasRole(web.Coordinator) || s.Source.Usable(u.Owner) {
			ids = append(ids, s.Source.ID)
		}
	}
	return ids, err
}

// withdraw withdraws an upload. A browser's form sends POST with DELETE in a field.
func (h Handlers) withdraw(c *web.Call) error {
	u, err := h.mine(c)
	if err != nil {
		return err
	}
	body, err := c.Read()
	if err != nil {
		return err
	}
	if body.Method(c) != http.MethodDelete {
		return &web.Error{Status: http.StatusMethodNotAllowed, Allow: "GET, DELETE"}
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if u.State != uploads.Accepted && u.State != uploads.Withdrawn {
		return &web.Error{Status: http.StatusConflict, Detail: "not_accepted"}
	}
	filename := u.Filename
	if u, err = h.uploads.WithdrawUpload(c.Context(), u.ID, by, c.Defined); err != nil {
		return err
	}
	u.Filename = filename
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/uploads/" + u.ID + "?done=withdrawn")
	}
	found, err := h.uploads.Findings(c.Context(), c.Project, u.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, describe(c, u, found))
}

func (h Handlers) errorList(c *web.Call) error {
	u, err := h.mine(c)
	if err != nil {
		return err
	}
	found, err := h.uploads.Findings(c.Context(), c.Project, u.ID)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	csv := report.NewCSV(&b)
	head := []report.Cell{report.Text("row"), report.Text("column"), report.Text("code"), report.Text("value"), report.Text("message")}
	sheets := slices.ContainsFunc(found.Errors, func(f uploads.Finding) bool { return f.Sheet != "" })
	if sheets {
		head = append(head, report.Text("sheet"))
	}
	csv.Row(head...)
	for _, f := range cells(c.MessagesIn(u.Language), found.Errors) {
		line := []report.Cell{report.Number(f.Row), report.Text(f.Column), report.Text(f.Code), report.Text(f.Value), report.Text(f.Message)}
		if sheets {
			line = append(line, report.Text(f.Sheet))
		}
		csv.Row(line...)
	}
	if err := csv.Close(); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", "errors-"+u.ID+".csv", b.Bytes())
}

func (h Handlers) original(c *web.Call) error {
	u, err := h.mine(c)
	if err != nil {
		return err
	}
	if !u.Removed.IsZero() {
		return &web.Error{Status: http.StatusGone, Detail: "original_removed"}
	}
	if u.Arrived.IsZero() {
		return store.ErrNotFound
	}
	return c.RedirectToObject(u.Object, "application/octet-stream", fmt.Sprintf("attachment; filename=%q", u.Filename))
}

// describe returns the JSON of an upload.
func describe(c *web.Call, u uploads.Upload, found uploads.Findings) uploadView {
	words := c.MessagesIn(u.Language)
	return uploadView{
		ID: u.ID, State: u.State, Kind: optional(u.Kind), Filename: u.Filename, Owner: u.Owner, SHA256: optional(u.SHA256), Bytes: u.Bytes,
		Rows: u.Rows, New: u.New, Changed: u.Changed, Unchanged: u.Unchanged, Totals: totals(u),
		Errors: cells(words, found.Errors), Warnings: cells(words, found.Warnings), ErrorsCut: found.ErrorsCut, WarningsCut: found.WarningsCut,
		Source: u.Source, SameAs: u.SameAs, CheckOnly: u.CheckOnly, ReceivedAt: instant(u.Arrived), FinishedAt: instant(u.Finished), OriginalRemovedAt: instant(u.Removed),
	}
}

// totals returns the totals of a file, empty if it was not read to its end.
func totals(u uploads.Upload) uploads.Totals {
	if u.Totals == nil {
		return uploads.Totals{}
	}
	return u.Totals
}

// cells returns findings with their messages in the uploader's language.
func cells(messages *text.Messages, findings []uploads.Finding) []cell {
	out := make([]cell, len(findings))
	for i, p := range cellProblems(messages, findings) {
		out[i] = cell{Sheet: p.Sheet, Row: p.Row, Column: p.Column, Code: p.Code, Value: p.Value, Message: p.Message, Rows: p.Rows, Count: p.Count}
	}
	return out
}

// cellProblems returns findings with their messages in a language.
func cellProblems(messages *text.Messages, findings []uploads.Finding) []page.CellProblem {
	out := make([]page.CellProblem, len(findings))
	for i, f := range findings {
		out[i] = page.CellProblem{Sheet: f.Sheet, Row: f.Row, Column: f.Column, Code: f.Problem.Code, Value: f.Value, Message: messages.Problem(f.Problem), Rows: f.Rows, Count: f.Count}
	}
	return out
}

// optional returns nil for "".
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// instant returns a time in RFC 3339, nil for the zero time.
func instant(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	return optional(at.UTC().Format(time.RFC3339Nano))
}

// sender returns the name of an upload's owner.
func sender(c *web.Call, owner string) string {
	if owner == uploads.Office {
		return c.Messages().Say("uploads.office")
	}
	if p, known := c.Defined.Definition.Partner(owner); known {
		return p.Name
	}
	return owner
}

// pageOf returns the page of an upload in the reader's language.
func pageOf(c *web.Call, u uploads.Upload, found uploads.Findings) page.Upload {
	out := page.Upload{
		ID: u.ID, State: u.State, Kind: u.Kind, Records: schema.For(c.Defined.Definition).Plural(u.Kind), Filename: u.Filename, Owner: sender(c, u.Owner), SHA256: u.SHA256, Bytes: u.Bytes,
		Rows: u.Rows, New: u.New, Changed: u.Changed, Unchanged: u.Unchanged, Totals: u.Totals,
		Errors: cellProblems(c.Messages(), found.Errors), Warnings: cellProblems(c.Messages(), found.Warnings), Cut: found.ErrorsCut,
		ReceivedAt: u.Arrived, FinishedAt: u.Finished, SameAs: u.SameAs, CheckOnly: u.CheckOnly, Mine: true,
	}
	if u.Source != nil {
		out.Source, out.SourceVersion = u.Source.ID, u.Source.Version
	}
	switch {
	case u.Arrived.IsZero():
		out.ReceivedAt = u.Asked
	case !u.Removed.IsZero():
		out.Removed = u.Removed
	default:
		out.Original = "/" + c.Project + "/uploads/" + u.ID + "/original"
	}
	return out
}
