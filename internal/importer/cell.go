package importer

import (
	"strings"

	"outreach/internal/schema"
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
	return c.form < uncomputed && (c.text == "" || schema.Clean(c.text) == "")
}

// momentLayout is how a moment that has a date and a time is written.
const momentLayout = "2006-01-02 15:04:05"

// read checks a cell by its field.
func (c cell) read(field *schema.Field, scope schema.Scope) (string, *schema.Problem) {
	text := c.text
	switch c.form {
	case number:
		switch field.Type {
		case schema.Whole, schema.Decimal:
			scope.Loose = false // 12.345 is a fraction here: a spreadsheet's number is not grouped
		case schema.Pesel:
			text = strings.Repeat("0", min(2, max(0, 11-len(text)))) + text // born in a year that ends in 00 to 09
		}
	case moment:
		if day, clock, both := strings.Cut(text, " "); both && field.Type == schema.Date {
			text = day
		} else if both && field.Type == schema.Clock {
			text = clock
		}
	case failed:
		if field.Type == schema.Text {
			return "", &schema.Problem{Field: field.Name, Code: schema.Unreadable, Hint: "formula"}
		}
	case uncomputed:
		return "", &schema.Problem{Field: field.Name, Code: schema.Unreadable, Hint: "formula"}
	case cut:
		if field.Type != schema.Text {
			if _, problem := field.Parse(text, scope); problem != nil {
				return "", problem
			}
		}
		return "", field.TooLong(int(c.length))
	}
	bare := schema.Unescape(text)
	if bare != text && field.Type == schema.List {
		if canonical, problem := field.Parse(text, scope); problem == nil {
			return canonical, nil
		}
	}
	return field.Parse(bare, scope)
}

// shown is a cell's text as it may stand in an answer. Of a nil field nothing is known.
func shown(field *schema.Field, text string) string {
	return strings.ToValidUTF8(field.Mask(schema.Clean(text)), "\ufffd")
}
