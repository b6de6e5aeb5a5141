package importer

import (
	"io"
	"slices"
	"strconv"
	"time"

	"outreach/internal/schema"
)

// checker validates the rows of one file.
type checker struct {
	Checked
	scope    schema.Scope
	line     func(Line) error
	layout   layout
	problems []schema.Problem // of the current row
}

func (c *checker) check(body *source, v *vocabulary) error {
	table, err := open(body, v)
	if err != nil {
		return err
	}
	number, head, err := nextFilled(table)
	if err == io.EOF {
		return unreadable(1, "empty")
	}
	if err != nil {
		return err
	}
	layout, ok := v.recognise(head)
	if !ok {
		if below, found := v.headerBelow(table); found {
			return &fault{row: number, code: schema.Unreadable, hint: "header_below", args: map[string]string{"row": strconv.Itoa(below)}}
		}
		return unreadable(number, "header")
	}
	c.Kind, c.layout = layout.kind, layout
	if !v.allowed(c.Kind) {
		c.Errors.Add(CellError{Row: number, Code: schema.NotAllowed, Args: map[string]string{"kind": c.Kind.Plural}})
		return nil
	}
	c.header(number, head)
	for {
		number, cells, err := nextFilled(table)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if c.Rows == MaxRows {
			return &fault{row: number, code: schema.TooManyRows, args: map[string]string{"most": strconv.Itoa(MaxRows)}}
		}
		c.Rows++
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

// header adds the errors of the columns.
func (c *checker) header(number int, head []cell) {
	for i, col := range c.layout.columns {
		value := shown(nil, head[i].text)
		switch {
		case col.twice:
			c.Errors.Add(CellError{Row: number, Column: col.field.Name, Code: schema.UnknownColumn, Hint: "twice", Value: value})
		case col.unknown:
			c.Errors.Add(CellError{Row: number, Column: value, Code: schema.UnknownColumn, Value: value})
		}
	}
	for _, name := range c.layout.missing {
		c.Errors.Add(CellError{Row: number, Column: name, Code: schema.MissingColumn})
	}
}

// row validates one row, and calls line as Check describes.
func (c *checker) row(number int, cells []cell) error {
	if cells[0].form == unclosed {
		c.Errors.Add(CellError{Row: number, Code: schema.Unreadable, Hint: "quote"})
		return nil
	}
	kind := c.Kind
	entry := schema.Entry{Row: make(schema.Row, len(kind.Fields))}
	c.problems = c.problems[:0]
	surplus := false
	for i := range max(len(c.layout.columns), len(cells)) {
		var value cell
		if i < len(cells) {
			value = cells[i]
		}
		if i >= len(c.layout.columns) || c.layout.columns[i].nameless {
			if !value.blank() {
				surplus = true
				c.Errors.Add(CellError{Row: number, Code: schema.UnknownColumn, Hint: "surplus", Value: shown(c.layout.unknown, value.text),
					Args: map[string]string{"place": strconv.Itoa(i + 1)}})
			}
			continue
		}
		col := &c.layout.columns[i]
		if col.field == nil || col.twice {
			continue
		}
		canonical, problem := col.parse(value, c.scope)
		if problem != nil {
			c.problems = append(c.problems, *problem)
			continue
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
	for _, p := range c.problems {
		if !slices.Contains(c.layout.missing, p.Field) {
			field, value := c.layout.cell(p.Field, cells)
			c.Errors.Add(CellError{Row: number, Column: p.Field, Code: p.Code, Value: shown(field, value), Hint: p.Hint, Args: p.Args, Options: p.Options})
		}
	}
	if surplus || len(c.problems) > 0 || len(c.layout.missing) > 0 {
		if !kind.Person || entry.Person.Empty() || slices.ContainsFunc(c.problems, ofPerson) {
			return nil
		}
		entry.Row = nil
	}
	return c.line(Line{Row: number, Entry: entry})
}

// ofPerson reports whether a problem concerns a key of the row's person.
func ofPerson(p schema.Problem) bool { return p.Field == "email" || p.Field == "pesel" }

// warn adds the warning about a valid value, if there is one: a date outside the period, or an implausibly large reach.
func (c *checker) warn(number int, field *schema.Field, canonical string, given cell) {
	if canonical == "" {
		return
	}
	warning := CellError{Row: number, Column: field.Name}
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
		if d.Period.Contains(day) {
			return
		}
		warning.Code, warning.Args = schema.OutsidePeriod, map[string]string{"from": d.Period.From, "to": d.Period.To}
	case schema.Whole:
		// A whole number without a limit of its own counts people of the region.
		if field.Max != 0 || d.Region.Population == 0 {
			return
		}
		if n, err := strconv.ParseInt(canonical, 10, 64); err != nil || n <= d.Region.Population/2 {
			return
		}
		warning.Code, warning.Args = schema.LargeReach, map[string]string{"population": strconv.FormatInt(d.Region.Population, 10)}
	default:
		return
	}
	warning.Value = shown(field, given.text)
	c.Warnings.Add(warning)
}
