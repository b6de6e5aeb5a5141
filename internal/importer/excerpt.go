package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"outreach/internal/schema"
)

// Excerpt is a part of a file: its columns under their names in the file, and some of its rows. Values that may
// identify a person are masked.
type Excerpt struct {
	Sheet   string // that they are of, if several are read
	Columns []ExcerptColumn
	Rows    []ExcerptRow
}

// ExcerptColumn is a column: its name in the file, and the name that findings have for its field, "" if it is unknown.
type ExcerptColumn struct{ Name, Field string }

// ExcerptRow is a row by its number, with one text for each column.
type ExcerptRow struct {
	Row   int
	Cells []string
}

// ReadRows returns the rows with some numbers of a sheet, "" for the only one that is read. The excerpt is empty if
// the kind is not recognised or not allowed, and incomplete if the file is damaged. An error is returned only if the
// body could not be read.
func ReadRows(ctx context.Context, f File, registry *schema.Registry, allowed func(*schema.Kind) bool, sheet string, numbers []int) (Excerpt, error) {
	body := &source{ctx: ctx, from: f.Body, size: f.Size}
	out, err := excerpt(body, newVocabulary(registry, allowed, f.Mappings), sheet, numbers)
	if body.err != nil {
		return Excerpt{}, fmt.Errorf("read the file: %w", body.err)
	}
	var wrong *fault
	if err == io.EOF || errors.As(err, &wrong) {
		err = nil
	}
	return out, err
}

func excerpt(body *source, v *vocabulary, sheet string, numbers []int) (out Excerpt, err error) {
	if len(numbers) == 0 {
		return out, nil
	}
	b, err := openBook(body, v)
	if err != nil {
		return out, err
	}
	p, err := v.plan(b)
	if err != nil || p.kind == nil || !v.allowed(p.kind) {
		return out, err
	}
	at := 0
	if sheet != "" {
		at = max(0, slices.IndexFunc(p.read, func(one planned) bool { return one.name == sheet }))
	}
	head, table := p.read[at].head, p.read[at].below
	if table == nil {
		if table, err = b.open(p.read[at].sheet); err != nil {
			return out, err
		}
		if _, table, _, err = v.findHeader(table); err != nil {
			return out, err
		}
	}
	layout := head.layout
	out.Sheet = sheet
	for i, c := range layout.columns {
		column := ExcerptColumn{Name: shown(nil, head.cells[i].text)}
		if c.field != nil {
			column.Field = layout.nameOf(c.field.Name)
		}
		out.Columns = append(out.Columns, column)
	}
	last := slices.Max(numbers)
	for {
		next, err := nextFilled(table)
		if err != nil || next.number > last {
			return out, err
		}
		number, cells := next.number, next.cells
		if !slices.Contains(numbers, number) {
			continue
		}
		row := ExcerptRow{Row: number, Cells: make([]string, len(layout.columns))}
		for i := range min(len(cells), len(layout.columns)) {
			field := layout.columns[i].field
			if field == nil {
				field = layout.unknown
			}
			row.Cells[i] = shown(field, cells[i].text)
		}
		out.Rows = append(out.Rows, row)
	}
}
