package handler

import (
	"bytes"
	"strconv"
	"time"

	"outreach/internal/record"
	"outreach/internal/report"
	"outreach/internal/report/workbook"
	"outreach/internal/signup"
	"outreach/internal/store"
	"outreach/internal/web"
)

// exportedSignups are all sign-ups, of the activity that is asked for or of each: the columns of the export, and its rows, whose
// cells are a workbook's.
func exportedSignups(c *web.Call) (columns []string, rows [][]any, err error) {
	if err := c.Need(web.Coordinator); err != nil {
		return nil, nil, err
	}
	activity, err := c.Activity()
	if err != nil {
		return nil, nil, err
	}
	columns = []string{"id", "state", "submitted_at"}
	for _, f := range signup.Kind.Fields {
		if f.Name != "submitted_at" {
			columns = append(columns, f.Name)
		}
	}
	for _, id := range c.Defined.Activities() {
		if activity != "" && id != activity {
			continue
		}
		all, err := web.All(func(cursor string) (store.Page[signup.Signup], error) {
			return c.Site.Store.Signups(c.Context(), c.Project, id, 1000, cursor)
		})
		if err != nil {
			return nil, nil, err
		}
		forms, err := c.Site.Store.Forms(c.Context(), c.Project, all)
		if err != nil {
			return nil, nil, err
		}
		for _, su := range all {
			row := []any{su.ID, su.State, su.Submitted.In(c.Defined.Definition.Location())}
			for i, value := range signup.Kind.Reveal(su.Row, forms[su.ID]) {
				if f := signup.Kind.Fields[i]; f.Name != "submitted_at" {
					row = append(row, cellOf(f, value))
				}
			}
			rows = append(rows, row)
		}
	}
	return columns, rows, nil
}

func cellOf(f record.Field, value string) any {
	if f.Type == record.Whole {
		if number, err := strconv.Atoi(value); err == nil {
			return number
		}
	}
	return value
}

func signupsCSV(c *web.Call) error {
	columns, rows, err := exportedSignups(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	csv := report.NewCSV(&b)
	head := make([]report.Cell, len(columns))
	for i, name := range columns {
		head[i] = report.Text(name)
	}
	csv.Row(head...)
	for _, values := range rows {
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
	}
	if err := csv.Close(); err != nil {
		return err
	}
	return c.Download("text/csv; charset=utf-8", c.Project+"-signups.csv", b.Bytes())
}

func signupsXLSX(c *web.Call) error {
	columns, rows, err := exportedSignups(c)
	if err != nil {
		return err
	}
	words := c.Messages()
	sheet := workbook.Sheet{Name: words.Say("section.signups"), Rows: rows}
	for _, name := range columns {
		sheet.Columns = append(sheet.Columns, workbook.Column{Name: name, Width: 22})
	}
	var b bytes.Buffer
	about := workbook.About{Title: c.Defined.Definition.Title.In(c.Language) + ": " + sheet.Name, Language: c.Language, Made: c.Site.Store.Now()}
	if err := workbook.Write(&b, about, sheet); err != nil {
		return err
	}
	return c.Download(workbook.MediaType, c.Project+"-signups.xlsx", b.Bytes())
}
