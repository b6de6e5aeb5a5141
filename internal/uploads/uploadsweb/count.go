package uploadsweb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"

	"outreach/internal/importer"
	"outreach/internal/objects"
	"outreach/internal/page"
	"outreach/internal/schema"
	"outreach/internal/text"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// errNoOriginal is the error if the object of an upload does not exist any more, or has other bytes.
var errNoOriginal = errors.New("the original is no longer there")

// fetch copies the original of an upload to a temporary file, which the caller discards. errNoOriginal if it is not the
// file that was ingested.
func (h Handlers) fetch(ctx context.Context, u uploads.Upload) (*os.File, error) {
	body, _, err := h.objects.Open(ctx, u.Object, "")
	if errors.Is(err, objects.ErrNotFound) {
		return nil, errNoOriginal
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	file, err := os.CreateTemp(h.folder, "original-")
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, sum), io.LimitReader(body, maxBytes+1))
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != u.SHA256 {
		err = errNoOriginal
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

// discard closes and removes a temporary file.
func discard(file *os.File) {
	file.Close()
	os.Remove(file.Name())
}

// count copies a file that was only checked to a new upload, which is ingested like any other: it is checked against
// what counts by then.
func (h Handlers) count(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	checked, err := h.mine(c)
	if err != nil {
		return err
	}
	if checked.State != uploads.Checked {
		return &web.Error{Status: http.StatusConflict, Detail: "not_checked"}
	}
	file, err := h.fetch(c.Context(), checked)
	if errors.Is(err, errNoOriginal) {
		return &web.Error{Status: http.StatusConflict, Detail: "original_gone"}
	}
	if err != nil {
		return err
	}
	defer discard(file)
	u := uploads.Upload{Owner: checked.Owner, Filename: checked.Filename, Size: checked.Bytes, Language: text.Spoken(c.Language)}
	if u.By, err = c.Staff(); err != nil {
		return err
	}
	if u, err = h.uploads.CreateUpload(c.Context(), c.Project, u, body.Once); err != nil {
		return err
	}
	// An earlier request with the same idempotency key may have put the object.
	if u, err = h.uploads.Upload(c.Context(), c.Project, u.ID); err != nil {
		return err
	}
	if u.Arrived.IsZero() {
		if err := h.objects.Put(c.Context(), u.Object, file, "application/octet-stream"); err != nil {
			return err
		}
	}
	at := "/" + c.Project + "/uploads/" + u.ID
	if c.Page && body.Form {
		return c.Redirect(at)
	}
	c.W.Header().Set("Location", at)
	return c.JSON(http.StatusCreated, describe(c, u, uploads.Findings{}))
}

// Limits of what the page of an upload shows. The list of errors as a file is complete.
const (
	maxShownRows = 10
	maxReread    = 16 << 20 // bytes of a file that is read again to show its rows
	maxShown     = 40       // characters of a cell
)

// excerpt reads the rows with errors from the original, as only the bad cells are stored. It returns an empty excerpt
// if the file is too large to be read for each page, or does not exist any more.
func (h Handlers) excerpt(c *web.Call, u uploads.Upload, found uploads.Findings) (importer.Excerpt, error) {
	var numbers []int
	sheet := ""
	for _, e := range found.Errors {
		if len(numbers) == 0 {
			sheet = e.Sheet
		}
		if e.Row > 1 && e.Sheet == sheet && len(numbers) < maxShownRows && !slices.Contains(numbers, e.Row) {
			numbers = append(numbers, e.Row)
		}
	}
	kinds := schema.For(c.Defined.Definition)
	if u.State != uploads.Rejected || u.Bytes > maxReread || len(numbers) == 0 || kinds.Plural(u.Kind) == nil {
		return importer.Excerpt{}, nil
	}
	file, err := h.fetch(c.Context(), u)
	if errors.Is(err, errNoOriginal) {
		return importer.Excerpt{}, nil
	}
	if err != nil {
		return importer.Excerpt{}, err
	}
	defer discard(file)
	allowed := func(k *schema.Kind) bool { return u.Owner == uploads.Office || k.SentByPartners() }
	return importer.ReadRows(c.Context(), importer.File{Body: file, Size: u.Bytes}, kinds, allowed, sheet, numbers)
}

// headings returns the names of a file's columns by the names of their fields.
func headings(read importer.Excerpt) map[string]string {
	out := map[string]string{}
	for _, col := range read.Columns {
		if col.Field != "" && out[col.Field] == "" {
			out[col.Field] = shorter(col.Name)
		}
	}
	return out
}

// marked returns the columns and rows of an excerpt with the errors in them, without columns that are empty and have no
// error.
func marked(c *web.Call, read importer.Excerpt, found uploads.Findings) ([]string, []page.FileRow) {
	found.Errors = slices.Clone(found.Errors)
	found.Errors = slices.DeleteFunc(found.Errors, func(f uploads.Finding) bool { return f.Sheet != read.Sheet })
	bad := map[int]map[string]bool{}
	problems := map[int][]page.CellProblem{}
	for _, p := range cellProblems(c.Messages(), found.Errors) {
		if bad[p.Row] == nil {
			bad[p.Row] = map[string]bool{}
		}
		bad[p.Row][p.Column] = true
		problems[p.Row] = append(problems[p.Row], p)
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
		row := page.FileRow{Row: r.Row, Problems: problems[r.Row]}
		for i, text := range r.Cells {
			if shown[i] {
				row.Cells = append(row.Cells, page.FileCell{Text: shorter(text), Bad: read.Columns[i].Field != "" && bad[r.Row][read.Columns[i].Field]})
			}
		}
		rows = append(rows, row)
	}
	return columns, rows
}

// shorter returns a text cut to maxShown characters.
func shorter(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown-1]) + "…"
	}
	return text
}
