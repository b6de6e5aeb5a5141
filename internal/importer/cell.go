package importer

import (
	"strings"

	"outreach/internal/schema"
)

// form is how a cell is written.
type form uint8

// Forms of cells. Every cell of delimited text is written. In a spreadsheet there are also numbers; moments, which
// are numbers shown as a date, a time of day, both, or a duration; percents, such as 85%; failed cells, which show
// the error of a formula; and uncomputed ones, whose formula has no saved result, or one that the workbook marks as
// not calculated. A cut cell is too long for any field, and only its beginning is kept. An unclosed cell is the only
// cell of a row whose end is ambiguous.
const (
	written form = iota
	number
	moment
	percent
	failed
	uncomputed
	cut
	unclosed
)

// vague is which part of a date a cell does not show.
type vague uint8

const (
	exact vague = iota
	withoutDay
	withoutYear
)

// cell is one cell: its text as it is shown, and its form. A number's text has neither the texts nor the leading zeros
// that its format shows.
type cell struct {
	text   string
	shown  string // a number with all that its format shows, where that is more than its text; a moment as it is shown, where the workbook says it
	form   form
	lines  bool  // a quoted cell of delimited text has several lines
	merged bool  // it belongs to a merged range, and has its value
	own    bool  // of a merged one: it is the one that the value is in
	vague  vague // of a moment
	length int32 // of a cut cell, in characters
}

func (c cell) blank() bool {
	return c.form < uncomputed && (c.text == "" || schema.Clean(c.text) == "")
}

// momentLayout is the text of a moment with date and time.
const momentLayout = "2006-01-02 15:04:05"

// given returns a cell as it is read: of text, as plain returns it.
func (c cell) given() cell {
	if strings.HasPrefix(c.text, "=") {
		return c.plain()
	}
	return c
}

// plain returns a cell of text as a spreadsheet shows it: ="2010-07-21" and =12500, which keep a spreadsheet from
// changing a value, are 2010-07-21 and 12500.
func (c cell) plain() cell {
	if c.form != written || len(c.text) < 2 || c.text[0] != '=' {
		return c
	}
	rest := c.text[1:]
	switch {
	case len(rest) > 1 && rest[0] == '"' && rest[len(rest)-1] == '"' && strings.Count(rest, `"`)%2 == 0:
		c.text = strings.ReplaceAll(rest[1:len(rest)-1], `""`, `"`)
	case signedNumber().MatchString(rest):
		c.text = rest
	}
	return c
}

var signedNumber = lazily(`^[-+]?[0-9]+([.,][0-9]+)?$`)

// tidy returns the text of a cell as a value of a field: without invisible characters, and in words and dates without
// superfluous spaces. It reports whether the text had any.
func tidy(text string, field *schema.Field) (tidied string, changed bool) {
	if schema.IsTidy(text) {
		return text, false
	}
	mark := strings.Contains(text, "\ufeff") // Clean removes it at the ends
	switch field.Type {
	case schema.Text, nil, schema.Choice, schema.YesNo, schema.Date, schema.Instant:
		text, changed = schema.TidyWords(schema.Clean(text))
	default:
		text, changed = schema.Tidy(text)
	}
	return text, changed || mark
}

// read returns the canonical value of a cell, or what is wrong with it as a value of a field. It reports whether the
// text had to be cleaned.
func (c cell) read(field *schema.Field, scope schema.Scope) (canonical string, cleaned bool, problem *schema.Problem) {
	if c.shown != "" && !field.Type.Number() && (c.form != moment || field.Type == schema.Text) {
		c.text = c.shown
	}
	c.text, cleaned = tidy(c.text, field)
	canonical, problem = c.value(field, scope)
	return canonical, cleaned, problem
}

// value returns the canonical value of a cell whose text is tidy.
func (c cell) value(field *schema.Field, scope schema.Scope) (string, *schema.Problem) {
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
	case written, percent:
		if field.Type.Number() && (c.form == percent || isPercent(text)) {
			return "", &schema.Problem{Field: field.Name, Code: schema.Percent}
		}
	case failed:
		if field.Type == schema.Text {
			return "", &schema.Problem{Field: field.Name, Code: schema.Unreadable, Hint: "formula"}
		}
	case uncomputed:
		return "", &schema.Problem{Field: field.Name, Code: schema.Formula}
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

// isPercent reports whether a text is a number of per cent, such as 85% or 70,5 %.
func isPercent(text string) bool {
	number, is := strings.CutSuffix(text, "%")
	return is && number != "" && strings.Trim(number, "0123456789.,+-\u00a0\u202f\u2009 ") == ""
}

// shown returns the text of a cell for a finding, masked as its field requires. The field may be nil.
func shown(field *schema.Field, text string) string {
	text, _ = schema.TidyWords(schema.Clean(text))
	return strings.ToValidUTF8(field.Mask(text), "\ufffd")
}
