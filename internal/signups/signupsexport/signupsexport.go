// Package signupsexport serves the sign-ups of a project as CSV and as XLSX. It is apart from package signupsweb so
// that only the functions that export link the library for workbooks.
package signupsexport

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/report"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Signups is what the handlers need of signups.Store.
type Signups interface {
	Signups(ctx context.Context, project, activity string, limit int, cursor string) (table.PageOf[signups.Signup], error)
	Forms(ctx context.Context, project string, all []signups.Signup) (map[string]map[string]string, error)
}

// Trail is what the handlers need of people.Store.
type Trail interface {
	NoteExport(ctx context.Context, project, what, person, by string) error
}

// Handlers serve exports of sign-ups.
type Handlers struct {
	signups Signups
	trail   Trail
}

// New returns the handlers on the features of an app.
func New(a *app.App) Handlers { return Handlers{a.Signups, a.People} }

// Routes are the coordinators' exports.
func (h Handlers) Routes() []web.Route {
	const inOrder = "In the order of submission, all of them at once."
	office, activity := []string{web.Coordinator}, []web.Parameter{{Name: "activity", Description: "Of this activity alone"}}
	return []web.Route{
		{Method: "GET", Path: "/{project}/signups.csv", Roles: office, Handler: h.csv,
			ID: "exportSignupsCSV", Tag: "sign-ups", Summary: "Sign-ups as CSV", Detail: inOrder, Query: activity, Response: shape.Text{Type: shape.CSV}, Success: "The list"},
		{Method: "GET", Path: "/{project}/signups.xlsx", Roles: office, Handler: h.xlsx,
			ID: "exportSignupsXLSX", Tag: "sign-ups", Summary: "Sign-ups as XLSX", Detail: inOrder, Query: activity, Response: shape.Text{Type: shape.XLSX}, Success: "The list"},
	}
}

// columns returns the names of an export's columns.
func columns(kind *schema.Kind) []string {
	columns := []string{"id", "state", "submitted_at"}
	for _, f := range kind.Fields {
		if isExported(f) {
			columns = append(columns, f.Name)
		}
	}
	return columns
}

// isExported reports whether a field of a sign-up has a column of its own beside the first ones.
func isExported(f schema.Field) bool { return f.Name != "submitted_at" && !f.Sensitive }

// each notes who exports, and calls row with the cells of every sign-up in the order of columns: of the activity
// that the address asks for, or of all activities one after the other.
func (h Handlers) each(c *web.Call, kind *schema.Kind, row func(cells []any)) error {
	activity, err := c.Activity()
	if err != nil {
		return err
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	if err := h.trail.NoteExport(c.Context(), c.Project, fact.ExportedSignups, "", by); err != nil {
		return err
	}
	for _, id := range c.Defined.ActivityIDs() {
		if activity != "" && id != activity {
			continue
		}
		for cursor := ""; ; {
			found, err := h.signups.Signups(c.Context(), c.Project, id, table.MostPage, cursor)
			if err != nil {
				return err
			}
			forms, err := h.signups.Forms(c.Context(), c.Project, found.Items)
			if err != nil {
				return err
			}
			for _, su := range found.Items {
				cells := []any{su.ID, su.State, su.Submitted.In(c.Defined.Definition.Location())}
				for i, value := range kind.Reveal(su.Values, forms[su.ID]) {
					if f := kind.Fields[i]; isExported(f) {
						cells = append(cells, cellOf(f, value))
					}
				}
				row(cells)
			}
			if cursor = found.Next; cursor == "" {
				break
			}
		}
	}
	return nil
}

// cellOf returns a value as a workbook has it: whole numbers as numbers.
func cellOf(f schema.Field, value string) any {
	if f.Type == schema.Whole {
		if number, err := strconv.Atoi(value); err == nil {
			return number
		}
	}
	return value
}

// csv answers with all sign-ups as CSV.
func (h Handlers) csv(c *web.Call) error {
	kind := schema.For(c.Defined.Definition).Kind(schema.Signup)
	var b bytes.Buffer
	csv := report.NewCSV(&b)
	var head []report.Cell
	for _, name := range columns(kind) {
		head = append(head, report.Text(name))
	}
	csv.Row(head...)
	err := h.each(c, kind, func(values []any) {
		row := make([]report.Cell, len(values))
		for i, value := range values {
			switch v := value.(type) {
			case string:
				row[i] = report.Text(v)
			case time.Time:
				row[i] = report.Text(v.Format(time.RFC3339))
			default:
				row[i] = report.Number(v)
			}
		}
		csv.Row(row...)
	})
	if err != nil {
		return err
	}
	if err := csv.Close(); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", c.Project+"-signups.csv", b.Bytes())
}

// xlsx answers with all sign-ups as a workbook.
func (h Handlers) xlsx(c *web.Call) error {
	kind := schema.For(c.Defined.Definition).Kind(schema.Signup)
	sheet := workbook.Sheet{Name: c.Messages().Say("section.signups")}
	if err := h.each(c, kind, func(row []any) { sheet.Rows = append(sheet.Rows, row) }); err != nil {
		return err
	}
	for _, name := range columns(kind) {
		sheet.Columns = append(sheet.Columns, workbook.Column{Name: name, Width: 22})
	}
	var b bytes.Buffer
	about := workbook.About{Title: c.Defined.Definition.Title.In(c.Language) + ": " + sheet.Name, Language: c.Language, Made: c.Site.DB.Now()}
	if err := workbook.Write(&b, about, sheet); err != nil {
		return err
	}
	return c.Download(workbook.MediaType, c.Project+"-signups.xlsx", b.Bytes())
}
