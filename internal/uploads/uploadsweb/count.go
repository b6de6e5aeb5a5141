package handler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"

	"outreach/internal/app"
	"outreach/internal/importer"
	"outreach/internal/objects"
	"outreach/internal/page"
	"outreach/internal/schema"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// errOther says that where a file lay is nothing now, or another one.
var errOther = errors.New("the original is no longer there")

// fetch copies a file as it was sent to a file of our own, which the caller removes. It must be the one that was read.
func fetch(ctx context.Context, s *app.App, u uploads.Upload) (*os.File, error) {
	body, _, err := s.DB.Objects.Open(ctx, u.Object, "")
	if errors.Is(err, objects.ErrNotFound) {
		return nil, errOther
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	file, err := os.CreateTemp("", "original-")
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, sum), io.LimitReader(body, MostBytes+1))
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != u.SHA256 {
		err = errOther
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		discard(file)
		return nil, err
	}
	return file, nil
}

func discard(file *os.File) {
	file.Close()
	os.Remove(file.Name())
}

// count sends a file that was only checked once more, to count: to a place of its own, where its arrival is an event like
// any other. What has changed since the check is seen by it, and a file that counts already says nothing new.
func count(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	checked, err := mine(c)
	if err != nil {
		return err
	}
	if checked.State != uploads.Checked {
		return &web.Error{Status: http.StatusConflict, Detail: "not_checked"}
	}
	file, err := fetch(c.Context(), c.Site.App, checked)
	if errors.Is(err, errOther) {
		return &web.Error{Status: http.StatusConflict, Detail: "original_gone"}
	}
	if err != nil {
		return err
	}
	defer discard(file)
	u := uploads.Upload{Owner: checked.Owner, Filename: checked.Filename, Size: checked.Bytes, Language: c.Language}
	if u.By, err = c.Staff(); err != nil {
		return err
	}
	if u, err = c.Site.Uploads.AskUpload(c.Context(), c.Project, u, body.Once); err != nil {
		return err
	}
	// It may have arrived by an earlier request with the same key.
	if u, err = c.Site.Uploads.Upload(c.Context(), c.Project, u.ID); err != nil {
		return err
	}
	if u.Arrived.IsZero() {
		if err := c.Site.DB.Objects.Put(c.Context(), u.Object, file, "application/octet-stream"); err != nil {
			return err
		}
	}
	at := "/" + c.Project + "/uploads/" + u.ID
	if c.Page && body.Form {
		return c.Redirect(at)
	}
	c.W.Header().Set("Location", at)
	return c.JSON(http.StatusCreated, describe(u, uploads.Findings{}))
}

// Limits of what a file's page shows of it; the list of errors as a file has all.
const (
	mostShownRows = 10
	mostReread    = 16 << 20 // bytes of a file that is read again to show its rows
	longestShown  = 40       // characters of a cell
)

// excerpt reads from the original the rows in which something is wrong: the table keeps the bad cells alone. It is nothing
// where the file is too large to read it each time, or no longer there.
func excerpt(c *web.Call, u uploads.Upload, found uploads.Findings) (importer.Excerpt, error) {
	var numbers []int
	for _, e := range found.Errors {
		if e.Row > 1 && len(numbers) < mostShownRows && !slices.Contains(numbers, e.Row) {
			numbers = append(numbers, e.Row)
		}
	}
	kind := schema.Builtin().Plural(u.Kind)
	if u.State != uploads.RejectedUp || u.Bytes > mostReread || len(numbers) == 0 || kind == nil {
		return importer.Excerpt{}, nil
	}
	file, err := fetch(c.Context(), c.Site.App, u)
	if errors.Is(err, errOther) {
		return importer.Excerpt{}, nil
	}
	if err != nil {
		return importer.Excerpt{}, err
	}
	defer discard(file)
	allowed := func(k *schema.Kind) bool { return u.Owner == uploads.Office || k.Name == schema.Media }
	return importer.Cut(c.Context(), importer.File{Body: file, Size: u.Bytes}, schema.For(c.Defined.Definition), allowed, numbers)
}

// headings are what a file calls its columns, by the English names of their fields.
func headings(read importer.Excerpt) map[string]string {
	out := map[string]string{}
	for _, col := range read.Columns {
		if col.Field != "" && out[col.Field] == "" {
			out[col.Field] = shorter(col.Name)
		}
	}
	return out
}

// marked joins rows with what is wrong in them. Columns in which no row has anything, and nothing is wrong, are left out.
func marked(c *web.Call, read importer.Excerpt, found uploads.Findings) ([]string, []page.FileRow) {
	words := c.Messages()
	bad := map[int]map[string]bool{}
	messages := map[int][]page.CellProblem{}
	for _, e := range found.Errors {
		if bad[e.Row] == nil {
			bad[e.Row] = map[string]bool{}
		}
		bad[e.Row][e.Column] = true
		messages[e.Row] = append(messages[e.Row], page.CellProblem{Row: e.Row, Column: e.Column, Code: e.Problem.Code, Value: e.Value, Message: words.Problem(e.Problem)})
	}
	shown := make([]bool, len(read.Columns))
	for i, col := range read.Columns {
		for _, r := range read.Rows {
			shown[i] = shown[i] || r.Cells[i] != "" || col.Field != "" && bad[r.Row][col.Field]
		}
	}
	var columns []string
	for i, col := range read.Columns {
		if shown[i] {
			columns = append(columns, shorter(col.Name))
		}
	}
	var rows []page.FileRow
	for _, r := range read.Rows {
		row := page.FileRow{Row: r.Row, Problems: messages[r.Row]}
		for i, text := range r.Cells {
			if shown[i] {
				row.Cells = append(row.Cells, page.FileCell{Text: shorter(text), Bad: read.Columns[i].Field != "" && bad[r.Row][read.Columns[i].Field]})
			}
		}
		rows = append(rows, row)
	}
	return columns, rows
}

func shorter(text string) string {
	if runes := []rune(text); len(runes) > longestShown {
		return string(runes[:longestShown-1]) + "…"
	}
	return text
}
