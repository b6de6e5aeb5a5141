package register

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/report/workbook"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// dayTokens are the parts of a date's format, in the order in which they are looked for.
var dayTokens = []string{"YYYY", "YY", "MM", "M", "DD", "D"}

// IsDayFormat reports whether a text is a format of dates: a year, a month and a day, and no other letters.
func IsDayFormat(format string) bool {
	rest, found := format, map[byte]int{}
	for _, token := range dayTokens {
		found[token[0]] += strings.Count(rest, token)
		rest = strings.ReplaceAll(rest, token, " ")
	}
	letters := strings.ContainsFunc(rest, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
	return !letters && found['Y'] == 1 && found['M'] == 1 && found['D'] == 1
}

// formatDay writes a date, YYYY-MM-DD, in a format. Anything else stays as it is.
func formatDay(day, format string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil || format == "" {
		return day
	}
	return strings.NewReplacer("YYYY", at.Format("2006"), "YY", at.Format("06"), "MM", at.Format("01"), "M", at.Format("1"), "DD", at.Format("02"), "D", at.Format("2")).Replace(format)
}

// Exporter writes the rows of an export. It is immutable.
type Exporter struct {
	Export  project.Export
	columns []Column // by column of the export; the zero Column where it has a fixed value
	fields  []Column // of the register
}

// NewExporter returns the Exporter of an export of a definition.
func NewExporter(d *project.Definition, e project.Export) *Exporter {
	out := &Exporter{Export: e, columns: make([]Column, len(e.Columns)), fields: Fields(d)}
	for i, column := range e.Columns {
		out.columns[i], _ = find(out.fields, column.Field)
	}
	return out
}

// Cells returns the cells of a participant, in the order of the export's columns.
func (x *Exporter) Cells(r *Row) []string {
	out := make([]string, len(x.columns))
	for i, c := range x.columns {
		column := x.Export.Columns[i]
		if column.Field == "" {
			out[i] = column.Value
			continue
		}
		value := ""
		if c.Name == Age {
			value = r.age(x.fields)
		} else {
			value = r.Value(c)
		}
		out[i] = coded(column, c, value)
	}
	return out
}

// coded returns a value in the other system's words.
func coded(column project.ExportColumn, c Column, value string) string {
	switch {
	case column.Has != "" && value != "" && value != schema.Refused:
		value = map[bool]string{true: "yes", false: "no"}[slices.Contains(schema.Chosen(value), column.Has)]
	case c.Field != nil && c.Field.Type == schema.Choices && len(column.Codes) > 0 && value != "":
		parts := schema.Chosen(value)
		for i, one := range parts {
			parts[i] = code(column.Codes, one)
		}
		return strings.Join(parts, "|")
	case c.Day:
		value = formatDay(value, column.Format)
	}
	return code(column.Codes, value)
}

func code(codes map[string]string, value string) string {
	if theirs, has := codes[value]; has && value != "" {
		return theirs
	}
	if value == "" {
		return codes[project.CodeMissing]
	}
	if theirs, has := codes[project.CodeAny]; has {
		return theirs
	}
	return value
}

// Headers returns the names of the columns.
func (x *Exporter) Headers() []string {
	out := make([]string, len(x.Export.Columns))
	for i, c := range x.Export.Columns {
		out[i] = c.Header
	}
	return out
}

// WriteCSV writes the export as CSV, each text as it is: one that begins like a formula, too.
func (x *Exporter) WriteCSV(w io.Writer, rows []Row) error {
	if cmp.Or(x.Export.Encoding, project.EncodingMark) == project.EncodingMark {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF, out.Comma = true, x.comma()
	_ = out.Write(x.Headers()) // the writer keeps its first error
	for i := range rows {
		_ = out.Write(x.Cells(&rows[i]))
	}
	out.Flush()
	return out.Error()
}

func (x *Exporter) comma() rune {
	if r, has := project.Delimiters[x.Export.Delimiter]; has {
		return r
	}
	return ','
}

// Sheet returns the export as a sheet of a workbook, of texts alone, each as it is.
func (x *Exporter) Sheet(rows []Row) workbook.Sheet {
	sheet := workbook.Sheet{Name: sheetName(x.Export.ID), Plain: true}
	for _, header := range x.Headers() {
		sheet.Columns = append(sheet.Columns, workbook.Column{Name: header, Width: 18})
	}
	for i := range rows {
		cells := make([]any, 0, len(sheet.Columns))
		for _, text := range x.Cells(&rows[i]) {
			cells = append(cells, workbook.Plain(text))
		}
		sheet.Rows = append(sheet.Rows, cells)
	}
	return sheet
}

// sheetName shortens an id to what the name of a sheet may have.
func sheetName(id string) string { return id[:min(len(id), 31)] }

// Readme returns what one must know of the export's file: that its texts are as they are, and each column with where
// its values come from.
func (x *Exporter) Readme(d *project.Definition, words *text.Messages) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%s\n\n%s\n\n", x.Name(words.Language()), d.Title.In(words.Language()), words.Say("register.as_it_is"))
	for i, column := range x.Export.Columns {
		fmt.Fprintf(&b, "%d. %s: ", i+1, column.Header)
		if column.Field == "" {
			fmt.Fprintf(&b, "%q", column.Value)
		} else {
			b.WriteString(column.Field)
		}
		if column.Has != "" {
			fmt.Fprintf(&b, " (%s)", column.Has)
		}
		if column.Format != "" {
			fmt.Fprintf(&b, ", %s", column.Format)
		}
		for _, ours := range slices.Sorted(maps.Keys(column.Codes)) {
			fmt.Fprintf(&b, "; %s = %s", ours, column.Codes[ours])
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}

// Name returns the export's label in a language, or its id.
func (x *Exporter) Name(language string) string {
	return cmp.Or(x.Export.Label.In(language), x.Export.ID)
}
