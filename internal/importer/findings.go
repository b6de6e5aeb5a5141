package importer

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/schema"
)

// checker validates the rows of one file.
type checker struct {
	Checked
	scope    schema.Scope
	line     func(Line) error
	layout   layout
	examples examples
	problems []schema.Problem // of the current row
	notes    []CellError      // warnings about the current row
	totals   bool             // there was a total
	passed   int              // rows that were passed over
}

func (c *checker) check(body *source, v *vocabulary) error {
	table, err := open(body, v)
	if err != nil {
		return err
	}
	text, _ := table.(*delimited)
	head, table, ok, err := v.findHeader(table)
	if err == io.EOF {
		return unreadable(1, "empty")
	}
	if err != nil {
		return err
	}
	if !ok {
		return v.noHeader(head)
	}
	if text != nil && text.wrong != nil {
		return text.wrong
	}
	c.Kind, c.layout = head.kind, head.layout
	if !v.allowed(c.Kind) {
		c.Errors.Add(CellError{Row: head.row, Code: schema.NotAllowed, Args: map[string]string{"kind": c.Kind.Plural}})
		return nil
	}
	if text != nil && text.guess != nil {
		c.Warnings.Warn(CellError{Row: 1, Code: schema.Guessed, Args: text.guess})
	}
	for _, number := range head.above {
		c.Warnings.Warn(CellError{Row: number, Code: schema.SkippedRows, Args: map[string]string{"header": strconv.Itoa(head.row)}})
	}
	c.header(head)
	c.examples = examplesFor(&c.layout, c.scope, head.row)
	if err := c.rows(table, text); err != nil {
		return err
	}
	c.unknown(head)
	if c.Rows == 0 && c.Errors.Total == 0 {
		e := CellError{Row: head.row, Code: schema.NoRows}
		if c.passed > 0 {
			e.Args = map[string]string{"examples": "yes"}
		}
		c.Errors.addFirst(e)
	}
	return nil
}

// rows validates the rows below the header. text is the table of a delimited text, else nil.
func (c *checker) rows(table rows, text *delimited) error {
	for {
		number, cells, err := nextFilled(table)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if c.Rows+c.passed == MaxRows {
			return &fault{row: number, code: schema.TooManyRows, args: map[string]string{"most": strconv.Itoa(MaxRows)}}
		}
		if text != nil && cells[0].form == unclosed || slices.ContainsFunc(cells, func(c cell) bool { return c.lines }) {
			if e, swallowed := c.swallowed(number, cells, text.delimiter); swallowed {
				c.Rows++
				c.Errors.Add(e)
				continue
			}
		}
		if err := c.row(number, cells); err != nil {
			return err
		}
	}
}

// nextFilled returns the next row that is not blank.
func nextFilled(table rows) (int, []cell, error) {
	for {
		number, cells, err := table.next()
		if err != nil || slices.ContainsFunc(cells, func(c cell) bool { return !c.blank() }) {
			return number, cells, err
		}
	}
}

// header adds the errors of the columns, except unknown ones, which matter only if they have values.
func (c *checker) header(head header) {
	for i, col := range c.layout.columns {
		if col.twice {
			c.Errors.Add(CellError{Row: head.row, Column: col.field.Name, Code: schema.UnknownColumn, Hint: "twice", Value: shown(nil, head.cells[i].text)})
		}
	}
	for _, name := range c.layout.missing {
		c.Errors.Add(CellError{Row: head.row, Column: name, Code: schema.MissingColumn})
	}
}

// unknown adds the errors of the unknown columns that have values. Where a required column is missing, each unknown one
// may be the one that is meant.
func (c *checker) unknown(head header) {
	for i, col := range slices.Backward(c.layout.columns) {
		if col.unknown && (col.used || len(c.layout.missing) > 0) {
			value := shown(nil, head.cells[i].text)
			c.Errors.addFirst(CellError{Row: head.row, Column: value, Code: schema.UnknownColumn, Value: value})
		}
	}
}

// row validates one row, and calls line as Check describes.
func (c *checker) row(number int, cells []cell) error {
	if cells[0].form == unclosed {
		c.Rows++
		c.Errors.Add(CellError{Row: number, Code: schema.Unreadable, Hint: "quote"})
		return nil
	}
	kind := c.Kind
	entry := schema.Entry{Row: make(schema.Row, len(kind.Fields))}
	c.problems, c.notes = c.problems[:0], c.notes[:0]
	var surplus []CellError
	clock := ""
	for i := range max(len(c.layout.columns), len(cells)) {
		var value cell
		if i < len(cells) {
			value = cells[i].plain()
		}
		if i >= len(c.layout.columns) || c.layout.columns[i].nameless {
			if !value.blank() {
				surplus = append(surplus, CellError{Row: number, Code: schema.UnknownColumn, Hint: "surplus", Value: shown(c.layout.unknown, value.text),
					Args: map[string]string{"place": strconv.Itoa(i + 1)}})
			}
			continue
		}
		col := &c.layout.columns[i]
		if col.field == nil || col.twice {
			col.used = col.used || col.unknown && !value.blank()
			continue
		}
		canonical, cleaned, problem := col.parse(value, c.scope)
		if problem != nil {
			c.problems = append(c.problems, *problem)
			continue
		}
		if cleaned {
			c.note(number, col.field, schema.Cleaned, "", value.text, nil)
		}
		// Midnight to the second is how programs write a day without a time.
		if col.field.Type == schema.Date && len(value.text) > len(time.DateOnly) && !strings.HasSuffix(value.text, " 00:00:00") {
			_, clock, _ = schema.ParseMoment(schema.Clean(value.text), c.scope.Definition.Location())
		}
		switch col.place {
		case placeEmail:
			entry.Person.Email = canonical
		case placePesel:
			entry.Person.Pesel = canonical
		default:
			entry.Row[col.place] = canonical
			c.warn(number, col.field, canonical, value)
		}
	}
	if at := c.layout.clock; clock != "" && at >= 0 && entry.Row[at] == "" {
		entry.Row[at] = clock
	}
	if c.layout.separatePerson {
		if entry.Person.Empty() && !slices.ContainsFunc(c.problems, ofPerson) {
			c.problems = append(c.problems, schema.Problem{Field: "email", Code: schema.Missing, Hint: "person"})
		}
	} else if kind.Person {
		entry.Person = schema.PersonRef{Email: kind.Get(entry.Row, "email"), Pesel: kind.Get(entry.Row, "pesel")}
	}
	if schema.YearContradicts(kind.Get(entry.Row, "pesel"), kind.Get(entry.Row, "birth_year")) {
		c.Warnings.Add(CellError{Row: number, Column: "birth_year", Code: schema.OtherYear, Value: kind.Get(entry.Row, "birth_year")})
	}
	c.problems = append(c.problems, kind.CheckRow(entry.Row, c.problems)...)
	if over := c.passedOver(number, cells, entry); over != "" {
		c.passed++
		c.Warnings.Warn(CellError{Row: number, Code: over})
		return nil
	}
	c.Rows++
	for _, e := range surplus {
		c.Errors.Add(e)
	}
	c.unlikely(number, cells, entry.Row)
	for _, w := range c.notes {
		c.Warnings.Warn(w)
	}
	for _, p := range c.problems {
		if !slices.Contains(c.layout.missing, p.Field) {
			field, value := c.layout.cell(p.Field, cells)
			c.Errors.Add(CellError{Row: number, Column: p.Field, Code: p.Code, Value: shown(field, value), Hint: c.hint(p, field, value), Args: p.Args, Options: p.Options})
		}
	}
	if len(surplus) > 0 || len(c.problems) > 0 || len(c.layout.missing) > 0 {
		if !kind.Person || entry.Person.Empty() || slices.ContainsFunc(c.problems, ofPerson) {
			return nil
		}
		entry.Row = nil
	}
	return c.line(Line{Row: number, Entry: entry})
}

// hint returns the hint of a problem. A number of people over the region's population may belong in another column.
func (c *checker) hint(p schema.Problem, field *schema.Field, value string) string {
	if p.Code == schema.OutOfRange && p.Hint == "" && field != nil && field.OfPeople() && c.Kind.Index("contacts") >= 0 && !strings.HasPrefix(schema.Clean(value), "-") {
		return "population"
	}
	return p.Hint
}

// note adds a warning about a value of the current row.
func (c *checker) note(number int, field *schema.Field, code, hint, given string, args map[string]string) {
	c.notes = append(c.notes, CellError{Row: number, Column: field.Name, Code: code, Hint: hint, Value: shown(field, given), Args: args})
}

// ofPerson reports whether a problem concerns a key of the row's person.
func ofPerson(p schema.Problem) bool { return p.Field == "email" || p.Field == "pesel" }

// warn notes what is to be said about a valid value: a date outside the period, or an implausibly large reach.
func (c *checker) warn(number int, field *schema.Field, canonical string, given cell) {
	if canonical == "" {
		return
	}
	switch d := c.scope.Definition; field.Type {
	case schema.Date, schema.Instant:
		day := canonical
		if field.Type == schema.Instant {
			at, err := time.Parse(time.RFC3339Nano, canonical)
			if err != nil {
				return
			}
			day = d.Day(at)
		}
		if !d.Period.Contains(day) {
			c.note(number, field, schema.OutsidePeriod, "", given.text, map[string]string{"from": d.Period.From, "to": d.Period.To})
		}
	case schema.Whole:
		if !field.OfPeople() || d.Region.Population == 0 {
			return
		}
		if n, err := strconv.ParseInt(canonical, 10, 64); err == nil && n > d.Region.Population/2 {
			c.note(number, field, schema.LargeReach, "", given.text, map[string]string{"population": strconv.FormatInt(d.Region.Population, 10)})
		}
	}
}
