// Package registerweb serves the register of participants, the exports of a definition, and the comparison with another
// system's list. Its routes belong to the function that compiles, because a register is counted like a snapshot.
package registerweb

import (
	"bytes"
	"context"
	"strconv"

	"outreach/internal/app"
	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/register"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/snapshots/compile"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Register makes registers.
type Register interface {
	Rows(ctx context.Context, d *project.Definition, asOf string, last []counting.LastField) ([]register.Row, error)
}

// Trail notes who exports.
type Trail interface {
	NoteExport(ctx context.Context, project, what, person, by string) error
}

// Handlers are the handlers of the package.
type Handlers struct {
	register Register
	trail    Trail
}

// New returns the handlers on an app's features.
func New(a *app.App) Handlers {
	return Handlers{register.New(a.DB, compile.New(a), a.People), a.People}
}

// Routes returns the routes of the package.
func (h Handlers) Routes() []web.Route {
	office := []string{web.Coordinator}
	day := []web.Parameter{{Name: "as_of", Description: "Of this day, YYYY-MM-DD; of today if it is left out"}}
	const at = "/{project}/exports/{export}"
	const asItIs = "One row a participant, by name, in the definition's columns. Texts are written as they are, for a system that reads them: a spreadsheet may take one for a formula."
	const detail = "One row a participant, by name: who it is, the attributes as they are counted, `entry` and `exit`, of each activity the state of the sign-up, the outcome and the hours, the minutes of advice, and which attributes of `people.complete` are missing. It has as many rows as a snapshot of the day counts participants, but for people who were erased; where incomplete people count nowhere, `left_out` marks them."
	return []web.Route{
		{Method: "GET", Path: "/{project}/participants.csv", Roles: office, Handler: h.csv,
			ID: "exportParticipantsCSV", Tag: "people", Summary: "The register of participants as CSV", Detail: detail, Query: day, Response: shape.Text{Type: shape.CSV}, Success: "The register"},
		{Method: "GET", Path: "/{project}/participants.xlsx", Roles: office, Handler: h.xlsx,
			ID: "exportParticipantsXLSX", Tag: "people", Summary: "The register of participants as XLSX", Detail: detail, Query: day, Response: shape.Text{Type: shape.XLSX}, Success: "The register"},
		{Method: "GET", Path: "/{project}/exports", Roles: office, Handler: h.list,
			ID: "listExports", Tag: "people", Summary: "The definition's exports", Detail: "Lists of participants in the columns and codes of other systems, as `exports` in the definition says.",
			Response: exportList{}, Success: "The exports", Page: true, Short: true},
		{Method: "GET", Path: at + ".csv", Roles: office, Handler: h.exportCSV,
			ID: "exportListCSV", Tag: "people", Summary: "An export as CSV", Detail: asItIs, Query: day, Response: shape.Text{Type: shape.CSV}, Success: "The list"},
		{Method: "GET", Path: at + ".xlsx", Roles: office, Handler: h.exportXLSX,
			ID: "exportListXLSX", Tag: "people", Summary: "An export as XLSX", Detail: asItIs, Query: day, Response: shape.Text{Type: shape.XLSX}, Success: "The list"},
		{Method: "GET", Path: at + ".txt", Roles: office, Handler: h.readme,
			ID: "describeExport", Tag: "people", Summary: "What is in an export", Detail: "Its columns, where their values come from, and that texts are written as they are.", Response: shape.Text{Type: "text/plain"}, Success: "The description", Short: true},
		{Method: "POST", Path: at + "/comparison", Roles: office, Handler: h.compare,
			ID: "compareExport", Tag: "people", Summary: "Compare another system's list with the project's own",
			Detail:  "A file as the other system exports it, with the columns of the export in any order: CSV, XLSX or ODS, up to 4 MB. People are matched by their keys, else by their names. Each list of the answer has at most " + strconv.Itoa(register.MostListed) + " people; the counts have all. Nothing is stored.",
			Query:   day,
			Request: shape.OneOf{shape.Text{Type: shape.CSV}, shape.Multipart{File: "The file"}}, Response: comparison{}, Success: "Who is in one list alone, and who differs", Page: true, Short: true},
	}
}

var query = schema.Kind{Name: "register", Fields: []schema.Field{{Name: "as_of", Type: schema.Date}}}

// asOf returns the day that the query asks for, today if it asks for none.
func asOf(c *web.Call) (string, error) {
	asked := c.URL.Query().Get("as_of")
	if asked == "" {
		return c.Today(), nil
	}
	entry, problems := query.Read(schema.Given{"as_of": asked}, c.Scope(false))
	if len(problems) > 0 {
		return "", web.Invalid(problems...)
	}
	return entry.Row[0], nil
}

// rows notes who exports, and returns the participants.
func (h Handlers) rows(c *web.Call, last []counting.LastField) ([]register.Row, error) {
	day, err := asOf(c)
	if err != nil {
		return nil, err
	}
	by, err := c.Staff()
	if err != nil {
		return nil, err
	}
	if err := h.trail.NoteExport(c.Context(), c.Project, fact.ExportedPeople, "", by); err != nil {
		return nil, err
	}
	return h.register.Rows(c.Context(), c.Defined.Definition, day, last)
}

func (h Handlers) csv(c *web.Call) error {
	rows, err := h.rows(c, nil)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := register.WriteCSV(&b, c.Defined.Definition, rows); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", c.Project+"-participants.csv", b.Bytes())
}

func (h Handlers) xlsx(c *web.Call) error {
	rows, err := h.rows(c, nil)
	if err != nil {
		return err
	}
	sheet := register.Sheet(c.Defined.Definition, rows, c.Messages().Say("register.participants"))
	var b bytes.Buffer
	about := workbook.About{Title: c.Defined.Definition.Title.In(c.Language) + ": " + sheet.Name, Language: c.Language, Made: c.Site.DB.Now()}
	if err := workbook.Write(&b, about, sheet); err != nil {
		return err
	}
	return c.Download(workbook.MediaType, c.Project+"-participants.xlsx", b.Bytes())
}
