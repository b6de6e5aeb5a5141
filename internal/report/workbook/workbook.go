// Package workbook writes tables as XLSX: snapshots and lists. It is apart from the other exports so that only the
// functions that write workbooks link the library.
package workbook

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"

	"outreach/internal/report"
)

// MediaType is the media type of XLSX.
const MediaType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// Sheet is one table of a workbook. A cell is empty (nil or ""), a text (string), a figure (int64 or json.Number),
// shown with thousands separators, a number without them, such as a year (int), a Day, a Month, or a time (time.Time),
// shown in its time zone.
type Sheet struct {
	Name    string // at most 31 characters
	Columns []Column
	Rows    [][]any
}

// Column is a column of a sheet. Its width is in characters.
type Column struct {
	Name  string
	Width float64
}

// Day is a date, YYYY-MM-DD. Anything else is written as text.
type Day string

// Month is a month, YYYY-MM, written as its first day. Anything else is written as text.
type Month string

// About is the metadata of a workbook: its title, its language by tag, and the time of its content.
type About struct {
	Title    string
	Language string
	Made     time.Time
}

// Write writes a workbook of at least one sheet. It fails if a cell has a type that Sheet does not list.
func Write(w io.Writer, about About, sheets ...Sheet) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	made := about.Made.UTC().Format(time.RFC3339)
	if err := f.SetDocProps(&excelize.DocProperties{Title: about.Title, Creator: "outreach", Language: about.Language, Created: made, Modified: made}); err != nil {
		return err
	}
	if err := f.SetSheetName("Sheet1", sheets[0].Name); err != nil {
		return err
	}
	styles, err := newStyles(f)
	if err != nil {
		return err
	}
	for _, s := range sheets {
		if err := s.write(f, styles); err != nil {
			return fmt.Errorf("workbook: %s: %w", s.Name, err)
		}
	}
	_, err = f.WriteTo(w)
	return err
}

// styles are the ids of cell styles.
type styles struct{ head, text, whole, decimal, day, month, instant int }

func newStyles(f *excelize.File) (styles, error) {
	var l styles
	top := &excelize.Alignment{Vertical: "top"}
	wrapped := &excelize.Alignment{Vertical: "top", WrapText: true}
	for _, s := range []struct {
		id     *int
		format string
		style  excelize.Style
	}{
		{&l.head, "", excelize.Style{Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}, Font: &excelize.Font{Bold: true},
			Fill:   excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF4"}},
			Border: []excelize.Border{{Type: "bottom", Style: 1, Color: "5B6B7A"}}}},
		{&l.text, "", excelize.Style{Alignment: wrapped}},
		{&l.whole, "#,##0", excelize.Style{Alignment: top}},
		{&l.decimal, "#,##0.0#", excelize.Style{Alignment: top}},
		{&l.day, "yyyy-mm-dd", excelize.Style{Alignment: top}},
		{&l.month, "yyyy-mm", excelize.Style{Alignment: top}},
		{&l.instant, "yyyy-mm-dd hh:mm:ss", excelize.Style{Alignment: top}},
	} {
		if s.format != "" {
			s.style.CustomNumFmt = &s.format
		}
		id, err := f.NewStyle(&s.style)
		if err != nil {
			return styles{}, err
		}
		*s.id = id
	}
	return l, nil
}

func (l styles) cell(value any) (any, error) {
	shown := func(style int, value any) (any, error) { return excelize.Cell{StyleID: style, Value: value}, nil }
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
		return shown(l.text, report.Text(v).String())
	case int:
		return shown(l.text, v)
	case int64:
		return shown(l.whole, v)
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return shown(l.whole, whole)
		}
		if decimal, err := v.Float64(); err == nil {
			return shown(l.decimal, decimal)
		}
		return shown(l.text, report.Text(v.String()).String())
	case Day:
		if day, err := time.Parse(time.DateOnly, string(v)); err == nil {
			return shown(l.day, day)
		}
		return shown(l.text, report.Text(string(v)).String())
	case Month:
		if first, err := time.Parse("2006-01", string(v)); err == nil {
			return shown(l.month, first)
		}
		return shown(l.text, report.Text(string(v)).String())
	case time.Time:
		return shown(l.instant, v)
	}
	return nil, fmt.Errorf("no cell for a %T", value)
}

// Page set-up for printing: A4, landscape, as wide as the page.
var (
	landscape, a4, one, asLongAsNeeded = "landscape", 9, 1, 0
	fitted                             = true
)

func (s Sheet) write(f *excelize.File, l styles) error {
	if _, err := f.NewSheet(s.Name); err != nil {
		return err
	}
	if err := f.SetSheetProps(s.Name, &excelize.SheetPropsOptions{FitToPage: &fitted}); err != nil {
		return err
	}
	if err := f.SetPageLayout(s.Name, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &one, FitToHeight: &asLongAsNeeded}); err != nil {
		return err
	}
	last, err := excelize.CoordinatesToCellName(len(s.Columns), len(s.Rows)+1)
	if err != nil {
		return err
	}
	// The stream writer leaves the dimension at A1, and strict readers then see one cell.
	if err := f.SetSheetDimension(s.Name, "A1:"+last); err != nil {
		return err
	}
	out, err := f.NewStreamWriter(s.Name)
	if err != nil {
		return err
	}
	head := make([]any, len(s.Columns))
	for i, c := range s.Columns {
		if err := out.SetColWidth(i+1, i+1, c.Width); err != nil {
			return err
		}
		head[i] = excelize.Cell{StyleID: l.head, Value: report.Text(c.Name).String()}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := out.SetRow("A1", head); err != nil {
		return err
	}
	cells := make([]any, len(s.Columns))
	for n, row := range s.Rows {
		cells = cells[:0]
		for _, value := range row {
			cell, err := l.cell(value)
			if err != nil {
				return err
			}
			cells = append(cells, cell)
		}
		if err := out.SetRow(fmt.Sprint("A", n+2), cells); err != nil {
			return err
		}
	}
	return out.Flush()
}
