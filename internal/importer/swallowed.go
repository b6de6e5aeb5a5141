package importer

import (
	"slices"
	"strconv"
	"strings"

	"outreach/internal/schema"
)

// swallowed returns the error of a row of delimited text of which a quoted cell has swallowed lines that are rows
// themselves, and false if there is no such cell. A cell may have several lines: it has swallowed rows only if one of
// its inner lines alone is a row of this header, with a readable date.
func (c *checker) swallowed(number int, cells []cell, text *delimited) (CellError, bool) {
	lines, found := text.linesBeyond(), false
	for i, value := range cells {
		if !value.lines && value.form != unclosed {
			continue
		}
		inner := strings.Split(value.text, "\n")
		for n, line := range inner[1:] {
			row := strings.Split(line, string(text.delimiter))
			if n == len(inner)-2 && value.form != unclosed && c.hasDate(row) { // the rest of that row follows the cell
				for _, rest := range cells[i+1:] {
					row = append(row, rest.text)
				}
			}
			found = found || c.isRow(row)
		}
		lines += len(inner) - 1
	}
	if !found {
		return CellError{}, false
	}
	e := CellError{Row: number, Code: schema.Quote, Args: map[string]string{"from": strconv.Itoa(number), "to": strconv.Itoa(number + lines)}}
	for row := number; row <= number+lines && len(e.Rows) < ListedRows; row++ {
		e.Rows = append(e.Rows, row)
	}
	e.Count = lines + 1
	return e, true
}

// hasDate reports whether the beginning of a row reaches the column of dates.
func (c *checker) hasDate(cells []string) bool {
	at := slices.IndexFunc(c.layout.columns, func(c column) bool { return c.field != nil && c.field.Type == schema.Date })
	return 0 <= at && at < len(cells) && len(cells) > 1
}

// isRow reports whether the cells of a line are a row of the header: all required columns are filled, and its date, or
// where the header has none each required value, is readable.
func (c *checker) isRow(cells []string) bool {
	if len(cells) < 2 {
		return false
	}
	dated := slices.ContainsFunc(c.layout.columns, func(c column) bool { return c.field != nil && c.field.Type == schema.Date })
	for i := range c.layout.columns {
		col := &c.layout.columns[i]
		if col.field == nil || col.twice {
			continue
		}
		text := ""
		if i < len(cells) {
			text = strings.Trim(cells[i], ` "`)
		}
		if text == "" && col.field.Required {
			return false
		}
		if dated && col.field.Type != schema.Date || !col.field.Required {
			continue
		}
		if _, _, problem := col.parse(cell{text: text}, col.field, c.scope); problem != nil && problem.Code != schema.InTheFuture {
			return false
		}
	}
	return true
}
