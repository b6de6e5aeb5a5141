package importer

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"outreach/internal/schema"
)

// Mapping says how a table of another form becomes records: which column is which field, and how its values are read.
// Names of columns are compared without case and superfluous spaces. It must not change once it is used, by one
// reader at a time.
type Mapping struct {
	Name      string                   // names it in errors
	Kind      *schema.Kind             // of the records
	Recognise []string                 // a header with all of these is of the mapping; none: of no file
	Columns   map[*schema.Field]string // the names of columns, by the field that they are read as
	Formats   map[*schema.Field]Format // how texts are read, where the ordinary forms do not do
	Values    map[*schema.Field]map[string]string
	Constants map[string]string // by the name of a field: what it is where the file has no value
	Sum       []Summed          // fields that are added where rows have the same natural key; see Sums
	Ignored   []string          // columns that are passed over; those of Recognise are, too
	IgnoreAll bool              // all others are passed over
	Always    bool              // the file is of the mapping, though a kind explains its header; without Recognise its columns mark the header
	// Skip reports whether a row, whose cells it asks for by the names of their columns, is none; nil: each is one.
	Skip func(cell func(name string) string) (bool, error)
}

// Format reads a text as a value in canonical form or in the form of JSON bodies, and the time of day with a day, ""
// if there is none. It returns false for a text in another form.
type Format interface {
	Read(text string, in *time.Location) (value, clock string, ok bool)
	// String returns the format as it is written, for messages.
	String() string
}

// FieldsOf returns the fields that a mapping of a kind may have columns for: those of files of the kind, and where a
// file names a person, that of both names together.
func FieldsOf(k *schema.Kind) []*schema.Field {
	fields := slices.Concat(k.Columns(), k.NameColumns())
	if k.Name == schema.Signup {
		fields = append(fields, &schema.FullNameField)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(fields, func(f *schema.Field) bool {
		twice := seen[f.Name]
		seen[f.Name] = true
		return twice || f == &schema.ParticipantField
	})
}

// Lacks returns the names of the fields that each record of the mapping needs and it says nothing of.
func (m *Mapping) Lacks() []string {
	l := m.layout(nil)
	return slices.DeleteFunc(l.missing, func(name string) bool {
		return slices.ContainsFunc(FieldsOf(m.Kind), func(f *schema.Field) bool { return f.Name == name && m.Columns[f] != "" }) || m.gives(name)
	})
}

// gives reports whether the mapping has a column for something that takes the place of a required field: another key of
// the person, or both names.
func (m *Mapping) gives(name string) bool {
	keys := m.Kind.PersonKeys()
	for f, column := range m.Columns {
		switch {
		case column == "":
		case keys.Field(name) != nil && keys.Field(f.Name) != nil,
			f == &schema.FullNameField && (name == schema.FirstNameField.Name || name == schema.LastNameField.Name) && m.Kind.Name == schema.Signup:
			return true
		}
	}
	return false
}

func (m *Mapping) ignoresAll() bool { return m != nil && m.IgnoreAll }

// mapped is how a mapping reads a column.
type mapped struct {
	name     string            // of the column in the file
	format   Format            // nil: the ordinary forms
	values   map[string]string // by the text without case
	constant string            // of a blank cell

	// What was read last, as many columns have the same text in row after row.
	text      string
	field     *schema.Field
	canonical string
	cleaned   bool
	at        string // the time of day

	listed map[string]listed // of a list, by the text
}

// clock returns the time of day with the day that was read last, "" if there is none.
func (m *mapped) clock() string {
	if m == nil {
		return ""
	}
	return m.at
}

// parse reads a cell as a value of a field.
func (m *mapped) parse(value cell, field *schema.Field, scope schema.Scope) (canonical string, cleaned bool, problem *schema.Problem) {
	plain := value.form == written && value.shown == ""
	if plain && m.field == field && m.text == value.text && m.text != "" {
		return m.canonical, m.cleaned, nil
	}
	m.at = ""
	isListed := plain && field.Type == schema.Choice
	if isListed {
		if known, ok := m.listed[value.text]; ok {
			return known.canonical, known.cleaned, nil
		}
	}
	canonical, cleaned, problem = m.read(value, field, scope)
	if isListed && problem == nil && len(m.listed) < maxListed {
		if m.listed == nil {
			m.listed = map[string]listed{}
		}
		m.listed[strings.Clone(value.text)] = listed{canonical, cleaned}
		return canonical, cleaned, nil
	}
	if plain && problem == nil {
		m.text, m.field, m.canonical, m.cleaned = value.text, field, canonical, cleaned
	} else {
		m.field = nil
	}
	return canonical, cleaned, problem
}

func (m *mapped) read(value cell, field *schema.Field, scope schema.Scope) (canonical string, cleaned bool, problem *schema.Problem) {
	if value.blank() && m.constant != "" {
		canonical, problem = field.Parse(m.constant, scope)
		return canonical, false, problem
	}
	if len(m.values) > 0 && value.form < failed {
		if ours, known := m.values[schema.Same(schema.Clean(value.text))]; known {
			canonical, problem = field.Parse(ours, scope)
			return canonical, false, problem
		}
	}
	if m.format == nil || value.form != written || value.blank() {
		return value.read(field, scope)
	}
	words, changed := value.text, false
	if !schema.IsTidy(words) {
		words, changed = schema.TidyWords(schema.Clean(words))
	}
	read, clock, ok := m.format.Read(words, scope.Definition.Location())
	if !ok {
		code := schema.NotADate
		if field.Type.Number() {
			code = schema.NotANumber
		}
		return "", false, &schema.Problem{Field: field.Name, Code: code, Hint: "format", Args: map[string]string{"format": m.format.String()}}
	}
	scope.Loose = false
	canonical, problem = field.Parse(read, scope)
	m.at = clock
	return canonical, changed && !field.Type.Number(), problem
}

// further is a column that is read once more, as another field.
type further struct {
	column
	at int // its place in the row
}

// nameOf returns the name that findings have for a field: its own, or of a mapping that of its column in the file.
func (l *layout) nameOf(field string) string {
	if l.mapping == nil {
		return field
	}
	return l.mapping.nameOf(field)
}

// nameOf returns the name of the column that a field is read from, else its own.
func (m *Mapping) nameOf(field string) string {
	for f, name := range m.Columns {
		if f.Name == field && name != "" {
			return shown(nil, name)
		}
	}
	return field
}

// mapped returns the layout of a header by the mapping that it is of, and false if it is of none.
func (v *vocabulary) mapped(head []cell) (layout, bool) {
	var found []*Mapping
	if len(v.mappings) == 0 {
		return layout{}, false
	}
	names := namesOf(head)
	for _, m := range v.mappings {
		marks := m.marks()
		is := len(marks) > 0
		for _, name := range marks {
			_, there := names[schema.Same(name)]
			is = is && there
		}
		if is {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return layout{}, false
	}
	l := found[0].layout(head)
	if len(found) > 1 {
		for _, m := range found {
			l.ambiguous = append(l.ambiguous, m.Name)
		}
	}
	return l, true
}

// marks returns the columns by which a header is known to be of the mapping.
func (m *Mapping) marks() []string {
	if len(m.Recognise) > 0 || !m.Always {
		return m.Recognise
	}
	return slices.Collect(maps.Values(m.Columns))
}

// namesOf returns the places of columns by name, of columns with one name the first.
func namesOf(head []cell) map[string]int {
	names := make(map[string]int, len(head))
	for i, h := range head {
		name := schema.Same(schema.Clean(h.text))
		if _, twice := names[name]; !twice && name != "" {
			names[name] = i
		}
	}
	return names
}

// layout returns the layout of a header by the mapping.
func (m *Mapping) layout(head []cell) layout {
	l := layout{kind: m.Kind, mapping: m, columns: make([]column, len(head)), separatePerson: m.Kind.Separate(), names: namesOf(head), asked: map[string]int{}}
	if m.Kind.Person {
		l.unknown = &schema.EmailField
	}
	l.clock = slices.IndexFunc(m.Kind.Fields, func(f schema.Field) bool { return f.Type == schema.TimeOfDay })
	passed := map[string]bool{}
	for _, name := range slices.Concat(m.Ignored, m.Recognise) {
		passed[schema.Same(name)] = true
	}
	seen := map[*schema.Field]bool{}
	for _, field := range FieldsOf(m.Kind) { // in an order of their own: a map has none
		name := m.Columns[field]
		at, there := l.names[schema.Same(name)]
		if m.Constants[field.Name] != "" {
			seen[field] = true
		}
		if name == "" || !there {
			continue
		}
		seen[field] = true
		if field == &schema.FullNameField && m.Kind.Name == schema.Signup {
			for _, part := range []string{schema.FirstNameField.Name, schema.LastNameField.Name} {
				seen[m.Kind.Field(part)] = true
			}
		}
		c := column{field: field, place: l.placeOf(field), mapped: &mapped{name: name, format: m.Formats[field], values: map[string]string{}, constant: m.Constants[field.Name]}}
		for theirs, ours := range m.Values[field] {
			c.mapped.values[schema.Same(theirs)] = ours
		}
		if l.columns[at].field != nil {
			l.further = append(l.further, further{c, at})
			continue
		}
		l.columns[at] = c
	}
	for i, h := range head {
		name := schema.Same(schema.Clean(h.text))
		c := &l.columns[i]
		c.nameless = h.blank()
		if c.field != nil || c.nameless {
			continue
		}
		first := &l.columns[l.names[name]]
		switch {
		case m.IgnoreAll:
		case first.field != nil && !slices.ContainsFunc(m.Ignored, func(n string) bool { return schema.Same(n) == name }):
			c.field, c.twice = first.field, true
		default:
			c.unknown = !passed[name] && h.form != uncomputed
		}
	}
	for len(l.columns) > 0 && l.columns[len(l.columns)-1].nameless {
		l.columns = l.columns[:len(l.columns)-1]
	}
	l.lacks(seen)
	return l
}

// skips reports whether the mapping says that a row is none.
func (l *layout) skips(cells []cell) (bool, error) {
	if l.mapping == nil || l.mapping.Skip == nil {
		return false, nil
	}
	return l.mapping.Skip(func(name string) string {
		at, known := l.asked[name]
		if !known {
			var there bool
			if at, there = l.names[schema.Same(name)]; !there {
				at = -1
			}
			l.asked[name] = at
		}
		if at < 0 || at >= len(cells) {
			return ""
		}
		text := cells[at].given().text
		if !schema.IsTidy(text) {
			text, _ = schema.TidyWords(schema.Clean(text))
		}
		return text
	})
}

// constant is a value that a mapping gives to every row, in canonical form, and its place.
type constant struct {
	place int
	value string
}

// constants returns what the mapping says of every row. One that is not valid is left out: its column is then missing,
// or its value is checked with each blank cell.
func (l *layout) constants(scope schema.Scope) (out []constant) {
	if l.mapping == nil {
		return nil
	}
	for _, field := range FieldsOf(l.kind) {
		given := l.mapping.Constants[field.Name]
		if given == "" {
			continue
		}
		limited := field
		if field.Limits() {
			limited = field.With(l.mapping.Constants[field.Limited])
		}
		value, problem := limited.Parse(given, scope)
		if problem == nil {
			out = append(out, constant{l.placeOf(field), value})
		} else if !slices.Contains(l.missing, field.Name) {
			l.missing = append(l.missing, field.Name)
		}
	}
	return out
}

// Record is what a mapping makes of one record.
type Record struct {
	Entry    schema.Entry // valid if it is not skipped and there are no errors
	Skipped  bool         // the mapping says that it is none
	Errors   []CellError
	Warnings []CellError
}

// Record reads one record, given as texts by the names of their columns, as it would be read as a row of a file. What
// the mapping does not name is passed over.
func (m *Mapping) Record(ctx context.Context, texts map[string]string, scope schema.Scope) (Record, error) {
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	head, cells := make([]cell, len(names)), make([]cell, len(names))
	for i, name := range names {
		head[i].text, cells[i].text = name, texts[name]
	}
	if len(cells) == 0 {
		cells = make([]cell, 1)
	}
	scope.Loose = true
	out := Record{}
	c := checker{scope: scope, alone: true, layout: m.layout(head), values: make(schema.Row, len(m.Kind.Fields)), line: func(l Line) error {
		out.Entry = l.Entry
		return ctx.Err()
	}}
	c.Kind, c.Mapping = m.Kind, m
	c.fixed = c.layout.constants(scope)
	for _, name := range c.layout.missing {
		c.add(CellError{Row: 1, Column: c.layout.nameOf(name), Code: schema.Missing})
	}
	err := c.row(row{number: 1, cells: cells})
	out.Skipped, out.Errors, out.Warnings = c.skipped > 0, c.Errors.List, c.Warnings.List
	return out, err
}
