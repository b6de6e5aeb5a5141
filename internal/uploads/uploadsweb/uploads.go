// Package handler is where files go in and out: the partners' door (a place to upload to, what became of it, withdrawing it),
// and the office's list of sign-ups as a file.
package handler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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
	MostBytes = 50 << 20
	mostDoor  = 4 << 20 // bytes of a file sent through the form itself, without JavaScript
	validity  = 15 * time.Minute

	longestName = 200 // bytes of a file's name
)

// owner is for whom the one who asks may upload: the office, or a partner.
func owner(c *web.Call) (string, error) {
	if c.Has(web.Coordinator) {
		return uploads.Office, nil
	}
	for _, id := range c.Who.Partners(c.Project) {
		if _, ok := c.Defined.Definition.Partner(id); ok {
			return id, nil
		}
	}
	return "", c.Need(web.Coordinator)
}

// mine reads an upload that the one who asks may see.
func mine(c *web.Call) (uploads.Upload, error) {
	own, err := owner(c)
	if err != nil {
		return uploads.Upload{}, err
	}
	u, err := c.Site.Uploads.Upload(c.Context(), c.Project, c.PathValue("id"))
	if err == nil && own != uploads.Office && u.Owner != own {
		err = store.ErrNotFound
	}
	return u, err
}

func list(c *web.Call) error { return showList(c, http.StatusOK, "") }

func showList(c *web.Call, status int, wrong string) error {
	partner, err := owner(c)
	if err != nil {
		return err
	}
	all := partner == uploads.Office
	if all {
		partner = ""
	}
	found, err := c.Site.Uploads.Uploads(c.Context(), c.Project, partner, c.Limit(), c.Cursor())
	if err != nil {
		return err
	}
	if !c.Page {
		items := make([]uploadView, len(found.Items))
		for i, u := range found.Items {
			items[i] = describe(u, uploads.Findings{})
		}
		return c.List(items, found.Next)
	}
	content := page.Uploads{Next: c.NextAddress(found.Next), Error: wrong, All: all, Once: c.Site.DB.NewID()}
	for _, u := range found.Items {
		content.Items = append(content.Items, drawn(c, u, uploads.Findings{}))
	}
	for _, k := range schema.Builtin().Kinds {
		if all || k == schema.Builtin().Kind(schema.Media) {
			content.Kinds = append(content.Kinds, k.Plural)
		}
	}
	if !all && c.Cursor() == "" {
		if content.Own, err = own(c, partner); err != nil {
			return err
		}
	}
	return c.Show(status, content)
}

func ask(c *web.Call) error {
	own, err := owner(c)
	if err != nil {
		return err
	}
	if strings.HasPrefix(c.Header.Get("Content-Type"), "multipart/form-data") {
		return takeFile(c, own)
	}
	body, err := c.Read()
	if err != nil {
		return err
	}
	u, problems := asked(c, body.Given)
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	u.Owner, u.Language = own, c.Language
	if u.By, err = c.Staff(); err != nil {
		return err
	}
	if u, err = c.Site.Uploads.AskUpload(c.Context(), c.Project, u, body.Once); err != nil {
		return err
	}
	request, err := c.Site.DB.Objects.PresignPut(c.Context(), u.Object, u.Size, validity)
	if err != nil {
		return err
	}
	c.W.Header().Set("Location", "/"+c.Project+"/uploads/"+u.ID)
	return c.JSON(http.StatusCreated, uploadPlace{ID: u.ID, Method: request.Method, URL: request.URL, Headers: request.Headers, Fields: request.Fields})
}

var fields = schema.Kind{Name: "upload", Fields: []schema.Field{
	{Name: "filename", Required: true, Longest: 200},
	{Name: "size", Type: schema.Whole, Required: true, Min: 1, Max: MostBytes},
	{Name: "check_only", Type: schema.YesNo},
}}

func asked(c *web.Call, given schema.Given) (uploads.Upload, []schema.Problem) {
	entry, problems := fields.Read(given, schema.Scope{Definition: c.Defined.Definition, Today: c.Today()})
	for i, p := range problems {
		if p.Field == "size" && p.Code == schema.OutOfRange && given["size"] == json.Number("0") {
			problems[i] = schema.Problem{Field: p.Field, Code: p.Code, Hint: "empty"}
		}
	}
	u := uploads.Upload{Filename: safeName(entry.Row[0]), CheckOnly: entry.Row[2] == "yes"}
	if len(problems) == 0 {
		if _, err := fmt.Sscan(entry.Row[1], &u.Size); err != nil {
			problems = append(problems, schema.Problem{Field: "size", Code: schema.NotANumber})
		}
	}
	return u, problems
}

// safeName is the file's own name without what would confuse an object's key or a header.
func safeName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`"<>|?*:#%`, r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(name, ". ")
	for len(name) > longestName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if name == "" || name == "/" {
		return "file"
	}
	return name
}

// takeFile takes a file that the form itself carries, for browsers without JavaScript.
func takeFile(c *web.Call, own string) error {
	c.Request.Body = http.MaxBytesReader(c.W, c.Request.Body, mostDoor)
	if err := c.ParseMultipartForm(mostDoor); err != nil {
		return showList(c, http.StatusRequestEntityTooLarge, c.Messages().Say("uploads.too_large_here"))
	}
	file, header, err := c.FormFile("file")
	if err != nil {
		return showList(c, http.StatusUnprocessableEntity, c.Messages().Problem(schema.Problem{Field: "file", Code: schema.Missing}))
	}
	defer file.Close()
	if header.Size == 0 {
		return showList(c, http.StatusUnprocessableEntity, c.Messages().Problem(schema.Problem{Field: "file", Code: schema.Unreadable, Hint: "empty"}))
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	u := uploads.Upload{Owner: own, Filename: safeName(header.Filename), Size: header.Size, CheckOnly: c.FormValue("check_only") != "", Language: c.Language}
	if u.By, err = c.Staff(); err != nil {
		return err
	}
	once := c.Site.DB.Once(c.Project, "POST "+c.URL.Path, c.Who.Subject, c.FormValue("idempotency_key"), content)
	if u, err = c.Site.Uploads.AskUpload(c.Context(), c.Project, u, once); err != nil {
		return err
	}
	if u.Arrived.IsZero() {
		if err := c.Site.DB.Objects.Put(c.Context(), u.Object, bytes.NewReader(content), "application/octet-stream"); err != nil {
			return err
		}
	}
	return c.Redirect("/" + c.Project + "/uploads/" + u.ID)
}

func show(c *web.Call) error {
	u, err := mine(c)
	if err != nil {
		return err
	}
	found, err := c.Site.Uploads.Findings(c.Context(), c.Project, u.ID)
	if err != nil {
		return err
	}
	if !c.Page {
		return c.JSON(http.StatusOK, describe(u, found))
	}
	content := drawn(c, u, found)
	content.Once = c.Site.DB.NewID()
	read, err := excerpt(c, u, found)
	if err != nil {
		return err
	}
	content.Headings = headings(read)
	content.Columns, content.BadRows = marked(c, read, found)
	return c.Show(http.StatusOK, content)
}

// change withdraws an upload; a browser's form says DELETE in a field.
func change(c *web.Call) error {
	u, err := mine(c)
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
	if u.State != uploads.AcceptedUp && u.State != uploads.WithdrawUp {
		return &web.Error{Status: http.StatusConflict, Detail: "not_accepted"}
	}
	filename := u.Filename
	if u, err = c.Site.Uploads.WithdrawUpload(c.Context(), u.ID, by, c.Defined); err != nil {
		return err
	}
	u.Filename = filename
	if c.Page && body.Form {
		return c.Redirect("/" + c.Project + "/uploads/" + u.ID + "?done=withdrawn")
	}
	found, err := c.Site.Uploads.Findings(c.Context(), c.Project, u.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, describe(u, found))
}

func errorList(c *web.Call) error {
	u, err := mine(c)
	if err != nil {
		return err
	}
	found, err := c.Site.Uploads.Findings(c.Context(), c.Project, u.ID)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	csv := report.NewCSV(&b)
	csv.Row(report.Text("row"), report.Text("column"), report.Text("code"), report.Text("value"), report.Text("message"))
	for _, f := range cells(u, found.Errors) {
		csv.Row(report.Number(f.Row), report.Text(f.Column), report.Text(f.Code), report.Text(f.Value), report.Text(f.Message))
	}
	if err := csv.Close(); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", "errors-"+u.ID+".csv", b.Bytes())
}

func original(c *web.Call) error {
	u, err := mine(c)
	if err != nil {
		return err
	}
	if !u.Removed.IsZero() {
		return &web.Error{Status: http.StatusGone, Detail: "original_removed"}
	}
	if u.Arrived.IsZero() {
		return store.ErrNotFound
	}
	return c.Lend(u.Object, "application/octet-stream", fmt.Sprintf("attachment; filename=%q", u.Filename))
}

// describe is an upload as programs read it.
func describe(u uploads.Upload, found uploads.Findings) uploadView {
	return uploadView{
		ID: u.ID, State: u.State, Kind: nothing(u.Kind), Filename: u.Filename, Owner: u.Owner, SHA256: nothing(u.SHA256), Bytes: u.Bytes,
		Rows: u.Rows, New: u.New, Changed: u.Changed, Unchanged: u.Unchanged, Totals: totals(u),
		Errors: cells(u, found.Errors), Warnings: cells(u, found.Warnings), ErrorsCut: found.ErrorsCut, WarningsCut: found.WarningsCut,
		SameAs: u.SameAs, CheckOnly: u.CheckOnly, ReceivedAt: instant(u.Arrived), FinishedAt: instant(u.Finished), OriginalRemovedAt: instant(u.Removed),
	}
}

// totals are what a file adds up to; none where it was not read to its end.
func totals(u uploads.Upload) uploads.Totals {
	if u.Totals == nil {
		return uploads.Totals{}
	}
	return u.Totals
}

// cells are findings with their sentences in the uploader's language.
func cells(u uploads.Upload, findings []uploads.Finding) []cell {
	words := text.Of(u.Language)
	out := make([]cell, len(findings))
	for i, f := range findings {
		out[i] = cell{Row: f.Row, Column: f.Column, Code: f.Problem.Code, Value: f.Value, Message: words.Problem(f.Problem)}
	}
	return out
}

func nothing(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func instant(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	return nothing(at.UTC().Format(time.RFC3339Nano))
}

// sender is what people call who sent a file.
func sender(c *web.Call, owner string) string {
	if owner == uploads.Office {
		return c.Messages().Say("uploads.office")
	}
	if p, known := c.Defined.Definition.Partner(owner); known {
		return p.Name
	}
	return owner
}

func drawn(c *web.Call, u uploads.Upload, found uploads.Findings) page.Upload {
	words := c.Messages() // a page is in one language, its reader's
	problems := func(findings []uploads.Finding) []page.CellProblem {
		out := make([]page.CellProblem, len(findings))
		for i, f := range findings {
			out[i] = page.CellProblem{Row: f.Row, Column: f.Column, Code: f.Problem.Code, Value: f.Value, Message: words.Problem(f.Problem)}
		}
		return out
	}
	out := page.Upload{
		ID: u.ID, State: u.State, Kind: u.Kind, Filename: u.Filename, Owner: sender(c, u.Owner), SHA256: u.SHA256, Bytes: u.Bytes,
		Rows: u.Rows, New: u.New, Changed: u.Changed, Unchanged: u.Unchanged, Totals: u.Totals,
		Errors: problems(found.Errors), Warnings: problems(found.Warnings), Cut: found.ErrorsCut,
		ReceivedAt: u.Arrived, FinishedAt: u.Finished, SameAs: u.SameAs, CheckOnly: u.CheckOnly, Mine: true,
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
