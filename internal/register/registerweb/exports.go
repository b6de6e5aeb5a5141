package registerweb

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"outreach/internal/importer"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/register"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/web"
)

// exportList is the exports of a definition.
type exportList struct {
	Items []exportItem `json:"items"`
	Next  *string      `json:"next" doc:"Always null: they are few"`
}

type exportItem struct {
	ID      string       `json:"id"`
	Label   project.Text `json:"label"`
	Columns []string     `json:"columns" doc:"The headers, in order"`
	Note    string       `json:"note" doc:"That texts are written as they are"`
}

// comparison is the answer about another system's list.
type comparison struct {
	AsOf       string           `json:"as_of" format:"date"`
	Theirs     int              `json:"theirs" doc:"How many rows their list has"`
	Ours       int              `json:"ours" doc:"How many participants there are"`
	Counts     comparisonCounts `json:"counts"`
	OnlyTheirs []theirRow       `json:"only_theirs"`
	OnlyOurs   []ourPerson      `json:"only_ours"`
	Differ     []differentPair  `json:"differ"`
	Twice      []theirRow       `json:"twice" doc:"Rows about a person whom another row is about"`
	Lacks      []string         `json:"missing_columns" doc:"Columns of the export that their list does not have: they were not compared"`
	Further    []string         `json:"other_columns" doc:"Columns of their list that the export does not have"`
}

type comparisonCounts struct {
	Same       int `json:"same" doc:"In both lists, and equal in all columns"`
	OnlyTheirs int `json:"only_theirs"`
	OnlyOurs   int `json:"only_ours"`
	Differ     int `json:"differ"`
	Twice      int `json:"twice"`
}

type theirRow struct {
	Row   int               `json:"row" doc:"As a spreadsheet numbers it"`
	Cells map[string]string `json:"cells" doc:"What it says, by header, without empty cells"`
}

type ourPerson struct {
	Person people.PersonView `json:"person"`
}

type differentPair struct {
	Row     int               `json:"row"`
	Person  people.PersonView `json:"person"`
	Columns []differentCell   `json:"columns"`
}

type differentCell struct {
	Header string `json:"header"`
	Theirs string `json:"theirs"`
	Ours   string `json:"ours"`
}

// exporter returns the export that the address names. It fails with store.ErrNotFound where there is none.
func exporter(c *web.Call) (*register.Exporter, error) {
	e, found := c.Defined.Definition.Export(c.PathValue("export"))
	if !found {
		return nil, store.ErrNotFound
	}
	return register.NewExporter(c.Defined.Definition, e), nil
}

func (h Handlers) list(c *web.Call) error {
	if c.Page {
		return c.Show(http.StatusOK, exportsPage(c))
	}
	out := exportList{Items: []exportItem{}}
	for _, e := range c.Defined.Definition.Exports {
		x := register.NewExporter(c.Defined.Definition, e)
		out.Items = append(out.Items, exportItem{ID: e.ID, Label: e.Label, Columns: x.Headers(), Note: c.Messages().Say("register.as_it_is")})
	}
	return c.JSON(http.StatusOK, out)
}

func exportsPage(c *web.Call) page.Exports {
	content := page.Exports{Today: c.Today()}
	for _, e := range c.Defined.Definition.Exports {
		content.Items = append(content.Items, page.ExportItem{ID: e.ID, Name: register.NewExporter(c.Defined.Definition, e).Name(c.Language)})
	}
	return content
}

func (h Handlers) exportCSV(c *web.Call) error {
	x, err := exporter(c)
	if err != nil {
		return err
	}
	rows, err := h.rows(c, register.Last(c.Defined.Definition, x.Export))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := x.WriteCSV(&b, rows); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", c.Project+"-"+x.Export.ID+".csv", b.Bytes())
}

func (h Handlers) exportXLSX(c *web.Call) error {
	x, err := exporter(c)
	if err != nil {
		return err
	}
	rows, err := h.rows(c, register.Last(c.Defined.Definition, x.Export))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	about := workbook.About{Title: x.Name(c.Language), Language: c.Language, Made: c.Site.DB.Now()}
	if err := workbook.Write(&b, about, x.Sheet(rows)); err != nil {
		return err
	}
	return c.Download(workbook.MediaType, c.Project+"-"+x.Export.ID+".xlsx", b.Bytes())
}

func (h Handlers) readme(c *web.Call) error {
	x, err := exporter(c)
	if err != nil {
		return err
	}
	return c.Download("text/plain; charset=utf-8", c.Project+"-"+x.Export.ID+".txt", x.Readme(c.Defined.Definition, c.Messages()))
}

// compare compares the file of the request with the participants.
func (h Handlers) compare(c *web.Call) error {
	x, err := exporter(c)
	if err != nil {
		return err
	}
	content, form, err := file(c)
	if err != nil {
		return err
	}
	var rows []register.Row
	var found register.Comparison
	problem := &schema.Problem{Field: "file", Code: schema.Missing}
	if len(content) > 0 {
		if rows, err = h.rows(c, register.Last(c.Defined.Definition, x.Export)); err != nil {
			return err
		}
		body := importer.File{Body: bytes.NewReader(content), Size: int64(len(content))}
		if found, problem, err = x.Compare(c.Context(), c.Defined.Definition, body, rows); err != nil {
			return err
		}
	}
	if problem != nil {
		if !c.Page || !form {
			return web.Invalid(*problem)
		}
		content := exportsPage(c)
		content.Chosen, content.Entry = x.Export.ID, page.Entry{Problems: []schema.Problem{*problem}}
		return c.Show(http.StatusUnprocessableEntity, content)
	}
	day, err := asOf(c)
	if err != nil {
		return err
	}
	if c.Page {
		return c.Show(http.StatusOK, comparisonPage(c, x, found, day))
	}
	return c.JSON(http.StatusOK, answer(x, found, day))
}

// file returns the file of the request, which is a form or the file itself.
func file(c *web.Call) (content []byte, form bool, err error) {
	switch media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); media {
	case "multipart/form-data":
		body, err := c.ReadWithFiles()
		return body.Files["file"].Content, true, err
	case "text/csv", workbook.MediaType, "application/octet-stream":
		content, err := io.ReadAll(http.MaxBytesReader(c.W, c.Request.Body, web.MostFormFiles))
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			err = &web.Error{Status: http.StatusRequestEntityTooLarge, Detail: "form_files", Args: []any{"most", web.MostFormFiles >> 20}}
		}
		return content, false, err
	}
	body, err := c.Read()
	return nil, body.Form, err
}

func answer(x *register.Exporter, found register.Comparison, day string) comparison {
	out := comparison{
		AsOf: day, Theirs: found.Theirs, Ours: found.Ours,
		Counts:     comparisonCounts{found.Same, len(found.OnlyTheirs), len(found.OnlyOurs), len(found.Differ), len(found.Twice)},
		OnlyTheirs: theirRows(x, found.OnlyTheirs), OnlyOurs: []ourPerson{}, Differ: []differentPair{}, Twice: theirRows(x, found.Twice),
		Lacks: append([]string{}, found.Lacks...), Further: append([]string{}, found.Further...),
	}
	for _, r := range few(found.OnlyOurs) {
		out.OnlyOurs = append(out.OnlyOurs, ourPerson{r.Who.View()})
	}
	for _, p := range few(found.Differ) {
		one := differentPair{Row: p.Theirs.Row, Person: p.Ours.Who.View()}
		for _, cell := range p.Cells {
			one.Columns = append(one.Columns, differentCell(cell))
		}
		out.Differ = append(out.Differ, one)
	}
	return out
}

func theirRows(x *register.Exporter, rows []register.Theirs) []theirRow {
	out := []theirRow{}
	for _, r := range few(rows) {
		one := theirRow{Row: r.Row, Cells: map[string]string{}}
		for i, cell := range r.Cells {
			if cell != "" {
				one.Cells[x.Export.Columns[i].Header] = cell
			}
		}
		out = append(out, one)
	}
	return out
}

// few cuts a list of a comparison.
func few[T any](list []T) []T { return list[:min(len(list), register.MostListed)] }

func comparisonPage(c *web.Call, x *register.Exporter, found register.Comparison, day string) page.Comparison {
	content := page.Comparison{
		Name: x.Name(c.Language), Day: day, Theirs: found.Theirs, Ours: found.Ours, Same: found.Same,
		Counts: page.ComparisonCounts{OnlyTheirs: len(found.OnlyTheirs), OnlyOurs: len(found.OnlyOurs), Differ: len(found.Differ), Twice: len(found.Twice)},
		Most:   register.MostListed, Lacks: found.Lacks, Further: found.Further,
	}
	rows := func(list []register.Theirs) (out []page.TheirRow) {
		for _, r := range few(list) {
			out = append(out, page.TheirRow{Row: r.Row, Name: x.Called(r)})
		}
		return out
	}
	content.OnlyTheirs, content.Twice = rows(found.OnlyTheirs), rows(found.Twice)
	for _, r := range few(found.OnlyOurs) {
		content.OnlyOurs = append(content.OnlyOurs, person(r))
	}
	for _, p := range few(found.Differ) {
		one := page.DifferentPair{Row: p.Theirs.Row, Person: person(p.Ours)}
		for _, cell := range p.Cells {
			one.Cells = append(one.Cells, page.DifferentCell(cell))
		}
		content.Differ = append(content.Differ, one)
	}
	return content
}

func person(r *register.Row) page.PersonItem {
	return page.PersonItem{ID: r.Who.ID, Name: strings.TrimSpace(r.Who.FirstName + " " + r.Who.LastName), Email: r.Who.Email(), Pesel: r.Who.View().Pesel, Key: r.Who.AnyKey(), Further: r.Who.View().Further}
}
