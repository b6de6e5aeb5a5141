package importer

import (
	"strings"

	"outreach/internal/schema"
)

// form is how a cell is written.
type form uint8

// Forms of cells. Every cell of delimited text is written. In a spreadsheet there are also numbers; moments, which are
// numbers shown as a date, a time of day or both; failed cells, which show the error of a formula; and uncomputed ones,
// whose formula has no saved result. A cut cell is too long for any field, and only its beginning is kept. An unclosed
// cell is the only cell of a row whose end is ambiguous.
const (
	written form = iota
	number
	moment
	failed
	uncomputed
	cut
	unclosed
)

// cell is one cell: its text as it is shown, and its form.
type cell struct {
	text   string
	form   form
	length int32 // of a cut cell, in characters
}

func (c cell) blank() bool {
	return c.form < uncomputed && (c.text == "" || schema.Clean(c.text) == "")
}

// momentLayout is the text of a moment with date and time.
const momentLayout = "2006-01-02 15:04:05"

// read returns the canonical value of a cell, or what is wrong with it as a value of a field.
func (c cell) read(field *schema.Field, scope schema.Scope) (string, *schema.Problem) {
	text := c.text
	switch c.form {
	case number:
		switch field.Type {
		case schema.Whole, schema.Decimal:
			scope.Loose = false // 12.345 is a fraction here: numbers of a spreadsheet have no thousands separators
		case schema.Pesel:
			text = strings.Repeat("0", min(2, max(0, 11-len(text)))) + text // born in a year that ends in 00 to 09
		}
	case moment:
		if day, clock, both := strings.Cut(text, " "); both && field.Type == schema.Date {
			text = day
		} else if both && field.Type == schema.TimeOfDay {
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
	if bare != text && field.Type == schema.Choice {
		if canonical, problem := field.Parse(text, scope); problem == nil {
			return canonical, nil
		}
	}
	return field.Parse(bare, scope)
}

// shown returns the text of a cell for a finding, masked as its field requires. The field may be nil.
func shown(field *schema.Field, text string) string {
	return strings.ToValidUTF8(field.Mask(schema.Clean(text)), "\ufffd")
}
