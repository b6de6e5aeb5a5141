package register

import (
	"encoding/json"
	"io"
	"strconv"

	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/report/workbook"
)

// WriteCSV writes the register as CSV, with the names of its columns and of values as the definition has them.
func WriteCSV(w io.Writer, d *project.Definition, rows []Row) error {
	columns := Columns(d, Activities(d, rows)...)
	csv := report.NewCSV(w)
	cells := make([]report.Cell, len(columns))
	for i, c := range columns {
		cells[i] = report.Text(c.Name)
	}
	csv.Row(cells...)
	for i := range rows {
		for j, c := range columns {
			if value := rows[i].Value(c); c.Number() {
				cells[j] = report.Number(value)
			} else {
				cells[j] = report.Text(value)
			}
		}
		csv.Row(cells...)
	}
	return csv.Close()
}

// Sheet returns the register as a sheet of a workbook.
func Sheet(d *project.Definition, rows []Row, name string) workbook.Sheet {
	columns := Columns(d, Activities(d, rows)...)
	sheet := workbook.Sheet{Name: name}
	for _, c := range columns {
		sheet.Columns = append(sheet.Columns, workbook.Column{Name: c.Name, Width: 18})
	}
	for i := range rows {
		cells := make([]any, len(columns))
		for j, c := range columns {
			cells[j] = cell(c, rows[i].Value(c))
		}
		sheet.Rows = append(sheet.Rows, cells)
	}
	return sheet
}

// cell returns a value as a workbook has it: numbers, and dates.
func cell(c Column, value string) any {
	if whole, err := strconv.Atoi(value); c.Number() && err == nil {
		return whole
	}
	switch {
	case value == "":
		return nil
	case c.Number():
		return json.Number(value)
	case c.Day:
		return workbook.Day(value)
	}
	return value
}
