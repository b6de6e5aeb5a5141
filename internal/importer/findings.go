package importer

import (
	"cmp"
	"errors"
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
	values   schema.Row       // of the current row, in the order of the kind's fields
	problems []schema.Problem // of the current row
	notes    []CellError      // warnings about the current row
	totals   bool             // there was a total
	passed   int              // rows that were passed over
	skipped  int              // rows that the mapping says are none
	alone    bool             // the row is one record, which is neither an example nor a total
	clocks   string           // the time of day in a date of the current row
	fixed    []constant       // what the mapping says of every row
	letters  *tally           // of a workbook, whose texts may have been converted twice before they were pasted; else nil
	sheet    struct {         // that is read
		name   string // "" if it is the only one
		number int
	}
}

func (c *checker) check(body *source, v *vocabulary) error {
	b, err := openBook(body, v)
	if err != nil {
		return err
	}
	p, err := v.plan(b)
	if err == io.EOF {
		return unreadable(1, "empty")
	}
	if err != nil {
		return err
	}
	if p.kind == nil {
		return v.noHeader(p.first)
	}
	var text *delimited
	if one, is := b.(single); is {
		text, _ = one.table.(*delimited)
	}
	if text != nil && text.wrong != nil {
		return text.wrong
	}
	if names := p.read[0].head.ambiguous; len(names) > 0 {
		return &fault{row: p.read[0].head.row, code: schema.Unreadable, hint: "two_sources", args: map[string]string{"sources": strings.Join(names, ", ")}}
	}
	c.Kind, c.Mapping = p.kind, p.read[0].head.mapping
	c.values = make(schema.Row, len(c.Kind.Fields))
	if !v.allowed(c.Kind) {
		c.Errors.Add(CellError{Row: p.read[0].head.row, Code: schema.NotAllowed, Args: map[string]string{"kind": c.Kind.Plural}})
		return nil
	}
	if f := c.Kind.NeedsFile(); f != nil {
		c.Errors.Add(CellError{Row: p.read[0].head.row, Column: f.Name, Code: schema.NotAllowed, Hint: "needs_file"})
		return nil
	}
	if text != nil && text.guess != nil {
		c.Warnings.Warn(CellError{Row: 1, Code: schema.Guessed, Args: text.guess})
	}
	p.tell(c)
	if text == nil {
		c.letters = newTally()
	}
	for i, sheet := range p.read {
		if len(p.read) > 1 {
			c.sheet.name = sheet.name
			c.Sheets = append(c.Sheets, sheet.name)
		}
		c.sheet.number = i
		if err := c.read(b, sheet, v, text); err != nil {
			return c.within(err)
		}
	}
	if c.letters != nil {
		if wrong := c.letters.convertedTwice(); wrong != nil {
			return wrong
		}
	}
	if c.Rows == 0 {
		e := CellError{Row: p.read[0].head.row, Code: schema.NoRows}
		switch {
		case c.skipped > 0:
			e.Hint = "skipped"
		case c.passed > 0:
			e.Args = map[string]string{"examples": "yes"}
		}
		c.Errors.addFirst(e)
	}
	return nil
}

// within names the sheet in a fault.
func (c *checker) within(err error) error {
	var wrong *fault
	if errors.As(err, &wrong) {
		wrong.sheet = c.sheet.name
	}
	return err
}

// read validates a sheet.
func (c *checker) read(b book, sheet planned, v *vocabulary, text *delimited) error {
	head, below := sheet.head, sheet.below
	if below == nil {
		table, err := b.open(sheet.sheet)
		if err != nil {
			return err
		}
		if _, below, _, err = v.findHeader(table); err != nil {
			return err
		}
	}
	c.layout, c.totals = head.layout, false
	for _, number := range head.above {
		c.warn(CellError{Row: number, Code: schema.SkippedRows, Args: map[string]string{"header": strconv.Itoa(head.row)}})
	}
	c.header(head)
	if c.layout.mapping == nil {
		c.examples = examplesFor(&c.layout, c.scope, head.row)
	}
	c.fixed = c.layout.constants(c.scope)
	if err := c.rows(below, text); err != nil {
		return err
	}
	c.unknown(head)
	return nil
}

// add, first and warn add a finding of the current sheet.
func (c *checker) add(e CellError) {
	e.Sheet = c.sheet.name
	c.Errors.Add(e)
}

func (c *checker) first(e CellError) {
	e.Sheet = c.sheet.name
	c.Errors.addFirst(e)
}

func (c *checker) warn(e CellError) {
	e.Sheet = c.sheet.name
	c.Warnings.Warn(e)
}

// rows validates the rows below the header. text is the table of a delimited text, else nil.
func (c *checker) rows(table rows, text *delimited) error {
	for {
		next, err := nextFilled(table)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		number, cells := next.number, next.cells
		if c.Rows+c.passed+c.skipped == MaxRows {
			return &fault{row: number, code: schema.TooManyRows, args: map[string]string{"most": strconv.Itoa(MaxRows)}}
		}
		if text != nil && (cells[0].form == unclosed || text.severalLines(cells)) {
			if e, swallowed := c.swallowed(number, cells, text); swallowed {
				c.Rows++
				c.add(e)
				continue
			}
		}
		if err := c.row(next); err != nil {
			return err
		}
	}
}

// nextFilled returns the next row that is not blank.
func nextFilled(table rows) (row, error) {
	for {
		r, err := table.next()
		if err != nil || !r.blank() {
			return r, err
		}
	}
}

// header adds the errors of the columns, except unknown ones, which matter only if they have values.
func (c *checker) header(head header) {
	for _, name := range head.cells {
		if name.form == uncomputed {
			c.add(CellError{Row: head.row, Code: schema.Formula})
		}
	}
	for i, col := range c.layout.columns {
		if col.twice {
			c.add(CellError{Row: head.row, Column: c.layout.nameOf(col.field.Name), Code: schema.UnknownColumn, Hint: "twice", Value: shown(nil, head.cells[i].text)})
		}
	}
	for _, name := range c.layout.missing {
		c.add(CellError{Row: head.row, Column: c.layout.nameOf(name), Code: schema.MissingColumn})
	}
}

// unknown adds the errors of the unknown columns that have values. Where a required column is missing, each unknown one
// may be the one that is meant.
func (c *checker) unknown(head header) {
	for i, col := range slices.Backward(c.layout.columns) {
		if col.unknown && (col.used || len(c.layout.missing) > 0) {
			value := shown(nil, head.cells[i].text)
			hint := ""
			if c.layout.isFile(head.cells[i].text) {
				hint = schema.HintFile
			}
			c.first(CellError{Row: head.row, Column: value, Code: schema.UnknownColumn, Hint: hint, Value: value})
		}
	}
}

// row validates one row, and calls line as Check describes.
func (c *checker) row(r row) error {
	number, cells := r.number, r.cells
	if cells[0].form == unclosed {
		c.Rows++
		c.add(CellError{Row: number, Code: schema.Unreadable, Hint: "quote"})
		return nil
	}
	if skip, err := c.layout.skips(cells); err != nil {
		c.Rows++
		c.add(CellError{Row: number, Code: schema.Unreadable, Hint: "skip"})
		return nil
	} else if skip {
		c.skipped++
		c.warn(CellError{Row: number, Code: schema.Skipped})
		return nil
	}
	kind := c.Kind
	entry := schema.Entry{Row: c.values}
	clear(entry.Row)
	c.problems, c.notes, c.clocks = c.problems[:0], c.notes[:0], ""
	var surplus []CellError
	for _, constant := range c.fixed {
		c.put(&entry, constant.place, constant.value)
	}
	for i := range max(len(c.layout.columns), len(cells)) {
		var value cell
		if i < len(cells) {
			value = cells[i].given()
		}
		if i >= len(c.layout.columns) || c.layout.columns[i].nameless {
			if !value.blank() && !c.layout.mapping.ignoresAll() {
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
		c.take(number, col, value, cells, &entry)
	}
	for i := range c.layout.further {
		if f := &c.layout.further[i]; f.at < len(cells) {
			c.take(number, &f.column, cells[f.at].given(), cells, &entry)
		}
	}
	if at := c.layout.clock; c.clocks != "" && at >= 0 && entry.Row[at] == "" {
		entry.Row[at] = c.clocks
	}
	if c.layout.separatePerson {
		entry.Person = kind.PersonKeys().Named(entry.Person)
		if entry.Person.Empty() && !slices.ContainsFunc(c.problems, c.ofPerson) && !(kind.Optional && entry.Person == schema.PersonRef{}) {
			c.problems = append(c.problems, kind.PersonKeys().Missing(kind.PersonKeys().First()))
		}
	} else if kind.Person {
		c.named(&entry)
		entry.Person = kind.PersonOf(entry.Row)
	}
	if kind.Person && schema.YearContradicts(kind.Get(entry.Row, "pesel"), kind.Get(entry.Row, "birth_year")) {
		c.warn(CellError{Row: number, Column: c.layout.nameOf("birth_year"), Code: schema.OtherYear, Value: kind.Get(entry.Row, "birth_year")})
	}
	c.problems = append(c.problems, kind.CheckRow(entry.Row, c.problems)...)
	if over := c.passedOver(r, &entry); over != "" && !c.alone {
		c.passed++
		c.warn(CellError{Row: number, Code: over})
		return nil
	}
	c.Rows++
	if r.hidden {
		c.warn(CellError{Row: number, Code: schema.HiddenRows})
	}
	for _, e := range surplus {
		c.add(e)
	}
	c.unlikely(number, cells, entry.Row)
	for _, w := range c.notes {
		c.warn(w)
	}
	for _, p := range c.problems {
		if !slices.Contains(c.layout.missing, p.Field) {
			field, value := c.layout.cell(p.Field, cells)
			c.add(CellError{Row: number, Column: c.layout.nameOf(p.Field), Code: p.Code, Value: shown(field, value), Hint: p.Hint, Args: p.Args, Options: p.Options})
		}
	}
	if len(surplus) > 0 || len(c.problems) > 0 || len(c.layout.missing) > 0 {
		if !kind.Person || entry.Person.Empty() || slices.ContainsFunc(c.problems, c.ofPerson) {
			return nil
		}
		entry.Row = nil
	}
	return c.line(Line{Kind: kind, Row: number, Sheet: c.sheet.number, Entry: entry})
}

// take reads the cell of a column of the current row into the entry.
func (c *checker) take(number int, col *column, value cell, cells []cell, entry *schema.Entry) {
	if value.merged {
		c.note(number, col.field, schema.MergedCells, "", value.text, nil)
	}
	if c.letters != nil && col.field.Type.Stored() == schema.Texts && len(c.letters.list) < mostWords && !isPlain(value.text) {
		c.letters.add([]byte(value.text), true)
	}
	canonical, cleaned, problem := col.parse(value, c.limits(col, cells), c.scope)
	if problem != nil {
		c.problems = append(c.problems, *problem)
		return
	}
	if cleaned {
		c.note(number, col.field, schema.Cleaned, "", value.text, nil)
	}
	if col.field.Type == schema.Date && len(value.text) > len(time.DateOnly) {
		if c.clocks = col.mapped.clock(); c.clocks == "" {
			c.clocks = c.clock(value.text)
		}
	}
	if c.put(entry, col.place, canonical) {
		c.remark(number, col.field, canonical, value)
	}
}

// named gives a record whose names are fields of its own those that a column with both names has.
func (c *checker) named(entry *schema.Entry) {
	for _, part := range []struct{ field, name string }{{"first_name", entry.Person.FirstName}, {"last_name", entry.Person.LastName}} {
		at := c.Kind.Index(part.field)
		if at >= 0 && entry.Row[at] == "" && part.name != "" {
			entry.Row[at] = part.name
		}
		if at >= 0 && entry.Row[at] == "" && c.layout.mapping != nil && !slices.ContainsFunc(c.problems, func(p schema.Problem) bool { return p.Field == part.field }) {
			c.problems = append(c.problems, schema.Problem{Field: part.field, Code: schema.Missing})
		}
	}
}

// put sets a value of the current row, and reports whether it is one of the record and not of its person alone.
func (c *checker) put(entry *schema.Entry, place int, canonical string) bool {
	switch place {
	case placeYear:
		entry.Person.BirthYear = canonical
	case placeFirst:
		entry.Person.FirstName = cmp.Or(canonical, entry.Person.FirstName)
	case placeLast:
		entry.Person.LastName = cmp.Or(canonical, entry.Person.LastName)
	case placeName:
		names := strings.Fields(canonical)
		switch last := len(names) - 1; {
		case last < 0 || entry.Person.FirstName != "":
		case last == 0: // people are distinguished by first name
			entry.Person.FirstName = names[0]
		default:
			entry.Person.FirstName, entry.Person.LastName = strings.Join(names[:last], " "), names[last]
		}
	default:
		if key := c.layout.keyAt(place); key != nil {
			entry.Person = entry.Person.Set(key.Name, canonical)
			return false
		}
		entry.Row[place] = canonical
		return true
	}
	return false
}

// limits returns the field of a column with the limits that the option in another column of the row sets.
func (c *checker) limits(col *column, cells []cell) *schema.Field {
	if !col.field.Limits() {
		return col.field
	}
	for i := range c.layout.columns {
		if by := &c.layout.columns[i]; by.field != nil && by.field.Name == col.field.Limited && !by.twice && i < len(cells) {
			option, _, _ := by.parse(cells[i].given(), by.field, c.scope)
			return col.field.With(option)
		}
	}
	if m := c.layout.mapping; m != nil && m.Constants[col.field.Limited] != "" {
		return col.field.With(m.Constants[col.field.Limited])
	}
	return col.field
}

// midnight is how programs write a day without a time of day.
var midnight = lazily(`[ T]00:00:00(\.0+)?$`)

// clock returns the time of day in a valid date, "" if it has none.
func (c *checker) clock(text string) string {
	if text, _ = schema.TidyWords(schema.Clean(text)); midnight().MatchString(text) {
		return ""
	}
	_, clock, _ := schema.ParseMoment(text, c.scope.Definition.Location())
	return clock
}

// note adds a warning about a value of the current row.
func (c *checker) note(number int, field *schema.Field, code, hint, given string, args map[string]string) {
	c.notes = append(c.notes, CellError{Row: number, Column: c.layout.nameOf(field.Name), Code: code, Hint: hint, Value: shown(field, given), Args: args})
}

// ofPerson reports whether a problem concerns a key of the row's person.
func (c *checker) ofPerson(p schema.Problem) bool {
	keys := c.Kind.PersonKeys()
	return keys.Field(p.Field) != nil || keys.Name && p.Field == keys.First()
}

// remark notes what is to be checked about a valid value.
func (c *checker) remark(number int, field *schema.Field, canonical string, given cell) {
	if canonical != "" && field.Type == schema.Text && given.form == moment && given.shown == "" {
		c.note(number, field, schema.Unlikely, "moment", given.text, nil)
	}
	if p := field.Remark(canonical, c.scope.Definition); p != nil {
		c.note(number, field, p.Code, "", given.text, p.Args)
	}
}
