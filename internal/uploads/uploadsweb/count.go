package uploadsweb

import (
	"errors"
	"net/http"
	"slices"

	"outreach/internal/importer"
	"outreach/internal/page"
	"outreach/internal/schema"
	"outreach/internal/sources/mapping"
	"outreach/internal/store"
	"outreach/internal/text"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

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
	return h.again(c, body, checked, uploads.Upload{})
}

// readAgain reads a rejected file once more, without its being sent anew: by the sources there are now, or by one that
// the request names.
func (h Handlers) readAgain(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	of, err := h.mine(c)
	if err != nil {
		return err
	}
	entry, problems := reading.Read(body.Given, c.Scope(body.Form))
	if len(problems) > 0 {
		return web.Invalid(problems...)
	}
	if of.State != uploads.Rejected {
		return &web.Error{Status: http.StatusConflict, Detail: "not_rejected"}
	}
	u := uploads.Upload{CheckOnly: of.CheckOnly}
	if id := entry.Row[0]; id != "" {
		s, err := h.sources.Source(c.Context(), c.Project, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !c.HasRole(web.Coordinator) && !s.Source.Usable(of.Owner) {
			return web.Invalid(schema.Problem{Field: "source", Code: schema.NotInList, Hint: "source", Args: map[string]string{"source": id}})
		}
		if err != nil {
			return err
		}
		ref := s.Ref()
		u.Wanted = &ref
	}
	return h.again(c, body, of, u)
}

// reading is the body of a request to read a file again.
var reading = schema.Kind{Name: "reading", Fields: []schema.Field{{Name: "source", Longest: 64}}}

// again sends the original of an upload once more, as a new upload, and answers with that.
func (h Handlers) again(c *web.Call, body web.Body, of, u uploads.Upload) error {
	var err error
	u.Language = text.Spoken(c.Language)
	if u.By, err = c.Staff(); err != nil {
		return err
	}
	u, err = h.uploads.SendAgain(c.Context(), c.Project, of, u, body.Once)
	if errors.Is(err, uploads.ErrNoOriginal) {
		return &web.Error{Status: http.StatusConflict, Detail: "original_gone"}
	}
	if err != nil {
		return err
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
	file, err := h.uploads.Original(c.Context(), u)
	if errors.Is(err, uploads.ErrNoOriginal) {
		return importer.Excerpt{}, nil
	}
	if err != nil {
		return importer.Excerpt{}, err
	}
	defer uploads.Discard(file)
	refs, always := u.Sources()
	mappings, _, err := mapping.Load(c.Context(), h.sources, c.Defined.Definition, refs, always, nil)
	if err != nil {
		return importer.Excerpt{}, err
	}
	allowed := func(k *schema.Kind) bool { return u.Owner == uploads.Office || k.SentByPartners() }
	return importer.ReadRows(c.Context(), importer.File{Body: file, Size: u.Bytes, Mappings: mappings}, kinds, allowed, sheet, numbers)
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
