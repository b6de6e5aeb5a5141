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
	Columns []ExcerptColumn
	Rows    []ExcerptRow
}

// ExcerptColumn is a column: its name in the file, and the English name of its field, "" if it is unknown.
type ExcerptColumn struct{ Name, Field string }

// ExcerptRow is a row by its number, with one text for each column.
type ExcerptRow struct {
	Row   int
	Cells []string
}

// ReadRows returns the rows with some numbers. The excerpt is empty if the kind is not recognised or not allowed, and
// incomplete if the file is damaged. An error is returned only if the body could not be read.
func ReadRows(ctx context.Context, f File, registry *schema.Registry, allowed func(*schema.Kind) bool, numbers []int) (Excerpt, error) {
	body := &source{ctx: ctx, from: f.Body, size: f.Size}
	out, err := excerpt(body, newVocabulary(registry, allowed), numbers)
	if body.err != nil {
		return Excerpt{}, fmt.Errorf("read the file: %w", body.err)
	}
	var wrong *fault
	if err == io.EOF || errors.As(err, &wrong) {
		err = nil
	}
	return out, err
}

func excerpt(body *source, v *vocabulary, numbers []int) (out Excerpt, err error) {
	if len(numbers) == 0 {
		return out, nil
	}
	table, err := open(body, v)
	if err != nil {
		return out, err
	}
	head, table, ok, err := v.findHeader(table)
	if err != nil {
		return out, err
	}
	layout := head.layout
	if !ok || !v.allowed(layout.kind) {
		return out, nil
	}
	for i, c := range layout.columns {
		column := ExcerptColumn{Name: shown(nil, head.cells[i].text)}
		if c.field != nil {
			column.Field = c.field.Name
		}
		out.Columns = append(out.Columns, column)
	}
	last := slices.Max(numbers)
	for {
		number, cells, err := nextFilled(table)
		if err != nil || number > last {
			return out, err
		}
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
