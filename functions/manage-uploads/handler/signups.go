package handler

import (
	"bytes"
	"strconv"
	"time"

	"outreach/internal/report"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/web"
)

// exportColumns are the columns of the export.
func exportColumns() []string {
	columns := []string{"id", "state", "submitted_at"}
	for _, f := range schema.Builtin().Kind(schema.Signup).Fields {
		if f.Name != "submitted_at" {
			columns = append(columns, f.Name)
		}
	}
	return columns
}

// exportSignups goes through all sign-ups, of the activity that is asked for or of each: rows whose cells are a workbook's.
func exportSignups(c *web.Call, each func(row []any)) error {
	activity, err := c.Activity()
	if err != nil {
		return err
	}
	for _, id := range c.Defined.ActivityIDs() {
		if activity != "" && id != activity {
			continue
		}
		for cursor := ""; ; {
			found, err := c.Site.Signups.Signups(c.Context(), c.Project, id, table.MostPage, cursor)
			if err != nil {
				return err
			}
			forms, err := c.Site.Signups.Forms(c.Context(), c.Project, found.Items)
			if err != nil {
				return err
			}
			for _, su := range found.Items {
				row := []any{su.ID, su.State, su.Submitted.In(c.Defined.Definition.Location())}
				for i, value := range schema.Builtin().Kind(schema.Signup).Reveal(su.Values, forms[su.ID]) {
					if f := schema.Builtin().Kind(schema.Signup).Fields[i]; f.Name != "submitted_at" {
						row = append(row, cellOf(f, value))
					}
				}
				each(row)
			}
			if cursor = found.Next; cursor == "" {
				break
			}
		}
	}
	return nil
}

func cellOf(f schema.Field, value string) any {
	if f.Type == schema.Whole {
		if number, err := strconv.Atoi(value); err == nil {
			return number
		}
	}
	return value
}

func signupsCSV(c *web.Call) error {
	var b bytes.Buffer
	csv := report.NewCSV(&b)
	var head []report.Cell
	for _, name := range exportColumns() {
		head = append(head, report.Text(name))
	}
	csv.Row(head...)
	err := exportSignups(c, func(values []any) {
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

func signupsXLSX(c *web.Call) error {
	sheet := workbook.Sheet{Name: c.Messages().Say("section.signups")}
	if err := exportSignups(c, func(row []any) { sheet.Rows = append(sheet.Rows, row) }); err != nil {
		return err
	}
	for _, name := range exportColumns() {
		sheet.Columns = append(sheet.Columns, workbook.Column{Name: name, Width: 22})
	}
	var b bytes.Buffer
	about := workbook.About{Title: c.Defined.Definition.Title.In(c.Language) + ": " + sheet.Name, Language: c.Language, Made: c.Site.DB.Now()}
	if err := workbook.Write(&b, about, sheet); err != nil {
		return err
	}
	return c.Download(workbook.MediaType, c.Project+"-signups.xlsx", b.Bytes())
}
