package upload

import (
	"strings"

	"outreach/internal/record"
)

// form is how a cell is written.
type form uint8

// A written cell is text, as in every delimited file. The others are a spreadsheet's: a number; a moment, which is a number
// that the spreadsheet shows as a date, a time of day or both; a formula's error; a formula whose result was not saved. A cell
// that is cut is longer than any may be, and has its beginning alone. An unclosed cell is the only one of a row of which it is
// unclear where it ends.
const (
	written form = iota
	number
	moment
	failed
	uncomputed
	cut
	unclosed
)

// cell is one cell: its text as a person sees it, and its form.
type cell struct {
	text   string
	form   form
	length int32 // in characters, of one that is cut
}

func (c cell) blank() bool {
	return c.form < uncomputed && (c.text == "" || record.Clean(c.text) == "")
}

// momentLayout is how a moment that has a date and a time is written.
const momentLayout = "2006-01-02 15:04:05"

// read checks a cell by its field.
func (c cell) read(field *record.Field, scope record.Scope) (string, *record.Problem) {
	text := c.text
	switch c.form {
	case number:
		switch field.Type {
		case record.Whole, record.Decimal:
			scope.Loose = false // 12.345 is a fraction here: a spreadsheet's number is not grouped
		case record.Pesel:
			text = strings.Repeat("0", min(2, max(0, 11-len(text)))) + text // born in a year that ends in 00 to 09
		}
	case moment:
		if day, clock, both := strings.Cut(text, " "); both && field.Type == record.Date {
			text = day
		} else if both && field.Type == record.Clock {
			text = clock
		}
	case failed:
		if field.Type == record.Text {
			return "", &record.Problem{Field: field.Name, Code: record.Unreadable, Hint: "formula"}
		}
	case uncomputed:
		return "", &record.Problem{Field: field.Name, Code: record.Unreadable, Hint: "formula"}
	case cut:
		if field.Type != record.Text {
			if _, problem := field.Parse(text, scope); problem != nil {
				return "", problem
			}
		}
		return "", field.TooLong(int(c.length))
	}
	bare := record.Unescape(text)
	if bare != text && field.Type == record.List {
		if canonical, problem := field.Parse(text, scope); problem == nil {
			return canonical, nil
		}
	}
	return field.Parse(bare, scope)
}

// shown is a cell's text as it may stand in an answer. Of a nil field nothing is known.
func shown(field *record.Field, text string) string {
	return strings.ToValidUTF8(field.Mask(record.Clean(text)), "\ufffd")
}
