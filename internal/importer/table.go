package importer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"outreach/internal/schema"
)

// Table is the beginning of a file as a table, whatever its columns are.
type Table struct {
	Sheet string // of a workbook
	Rows  []TableRow
}

// TableRow is a row that is not blank, by its number.
type TableRow struct {
	Row   int
	Cells []TableCell
}

// TableCell is a cell: its text, and whether it is a number or a moment of a spreadsheet, which need no format.
type TableCell struct {
	Text   string
	Native bool
}

// ReadTable reads up to most rows of the first visible sheet that is not blank. The table is incomplete if the file is
// damaged, and empty if it is of no format that is read. An error is returned only if the body could not be read.
func ReadTable(ctx context.Context, f File, registry *schema.Registry, most int) (Table, error) {
	body := &source{ctx: ctx, from: f.Body, size: f.Size}
	out, err := readTable(body, newVocabulary(registry, func(*schema.Kind) bool { return true }, f.Mappings), most)
	if body.err != nil {
		return Table{}, fmt.Errorf("read the file: %w", body.err)
	}
	var wrong *fault
	if err == io.EOF || errors.As(err, &wrong) {
		err = nil
	}
	return out, err
}

func readTable(body *source, v *vocabulary, most int) (out Table, err error) {
	b, err := openBook(body, v)
	if err != nil {
		return out, err
	}
	for i, sheet := range b.sheets() {
		if sheet.hidden {
			continue
		}
		table, err := b.open(i)
		if err != nil {
			return out, err
		}
		for len(out.Rows) < most {
			next, err := nextFilled(table)
			if err == io.EOF {
				break
			}
			if err != nil {
				return out, err
			}
			row := TableRow{Row: next.number}
			for _, c := range next.cells {
				c = c.given()
				text, _ := schema.TidyWords(schema.Clean(c.text))
				row.Cells = append(row.Cells, TableCell{Text: text, Native: c.form == number || c.form == moment})
			}
			out.Rows = append(out.Rows, row)
		}
		if len(out.Rows) > 0 {
			out.Sheet = sheet.name
			return out, nil
		}
	}
	return out, nil
}

// Shown returns the text of a cell for a page: without line ends, and masked if it looks like what identifies a person.
func (c TableCell) Shown() string { return shown(nil, c.Text) }
