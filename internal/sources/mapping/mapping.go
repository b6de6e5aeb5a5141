// Package mapping makes of a stored source what the importer reads files by. It does not link the expression language:
// who reads whole files passes the compiler of conditions.
package mapping

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"outreach/internal/importer"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/sources"
	"outreach/internal/sources/format"
)

// consent is the field that says that a person agreed to the use of their data.
const consent = "consent_processing"

// Condition is a compiled condition on a row.
type Condition interface {
	Names() []string // of the columns that it reads
	Holds(cell func(name string) string) (bool, error)
}

// Rules is a compiler of conditions, for Of, from one that returns a type of its own.
func Rules[C Condition](compile func(where string) (C, error)) func(string) (Condition, error) {
	return func(where string) (Condition, error) { return compile(where) }
}

// Of returns what files and records of a source are read by, under a definition. It fails if the definition has changed
// since in a way that the source does not fit any more. Without a compiler no row is skipped. What it returns has one
// reader at a time.
func Of(d *project.Definition, s sources.Source, compile func(where string) (Condition, error)) (*importer.Mapping, error) {
	kind := schema.For(d).Kind(s.Kind)
	if kind == nil {
		return nil, fmt.Errorf("source %s: there is no kind %q", s.ID, s.Kind)
	}
	m := &importer.Mapping{
		Name: s.ID, Kind: kind, Recognise: s.Recognise, Ignored: slices.Clone(s.Ignore), IgnoreAll: s.IgnoreAll, Constants: s.Constants,
		Columns: map[*schema.Field]string{}, Formats: map[*schema.Field]importer.Format{}, Values: map[*schema.Field]map[string]string{},
	}
	if len(s.Consent) > 0 && s.Columns[consent] == "" {
		m.Constants = maps.Clone(s.Constants)
		if m.Constants == nil {
			m.Constants = map[string]string{}
		}
		m.Constants[consent] = "yes"
	}
	known := map[string]bool{}
	for _, f := range importer.FieldsOf(kind) {
		known[f.Name] = true
		if name := s.Columns[f.Name]; name != "" && !comesWithDay(d, kind, s, f) {
			m.Columns[f] = name
		}
		if values := s.Values[f.Name]; len(values) > 0 {
			m.Values[f] = values
		}
		if written := s.Formats[f.Name]; written != "" {
			read, err := formatOf(d, f, written)
			if err != nil {
				return nil, fmt.Errorf("source %s: %w", s.ID, err)
			}
			m.Formats[f] = read
		}
		if slices.Contains(s.Sum, f.Name) {
			if !Added(kind, f) {
				return nil, fmt.Errorf("source %s: %s cannot be added up", s.ID, f.Name)
			}
			m.Sum = append(m.Sum, importer.Summed{Field: f, Durations: s.Formats[f.Name] == format.InMinutes})
		}
	}
	for name := range s.Columns {
		if !known[name] {
			return nil, fmt.Errorf("source %s: %s has no field %q", s.ID, s.Kind, name)
		}
	}
	if s.Skip != "" && compile != nil {
		condition, err := compile(s.Skip)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.ID, err)
		}
		m.Skip = condition.Holds
		m.Ignored = append(m.Ignored, condition.Names()...)
	}
	return m, nil
}

// comesWithDay reports whether a field is a time of day that the source reads from the column of a day and says nothing
// else of: the day is read with its time, which then fills the field.
func comesWithDay(d *project.Definition, kind *schema.Kind, s sources.Source, f *schema.Field) bool {
	if f.Type != schema.TimeOfDay || s.Formats[f.Name] != "" || s.Constants[f.Name] != "" || len(s.Values[f.Name]) > 0 {
		return false
	}
	return slices.ContainsFunc(kind.Columns(), func(day *schema.Field) bool {
		if day.Type != schema.Date || schema.Same(s.Columns[day.Name]) != schema.Same(s.Columns[f.Name]) {
			return false
		}
		read, wrong := format.NewDate(s.Formats[day.Name], d.Languages...)
		return s.Formats[day.Name] == "" || wrong == nil && read.Clocks()
	})
}

// OfHook returns what the deliveries to the hook of a source are read by. They are trusted like the public form: when
// they were submitted is when they arrive, and that people agreed is for them to say, or for the words that the source
// names.
func OfHook(d *project.Definition, s sources.Source, compile func(where string) (Condition, error)) (*importer.Mapping, error) {
	s.Columns, s.Constants = maps.Clone(s.Columns), maps.Clone(s.Constants)
	delete(s.Columns, "submitted_at")
	delete(s.Constants, "submitted_at")
	delete(s.Constants, consent)
	return Of(d, s, compile)
}

// Load reads versions of sources, and returns what files are read by, with the versions beside them. Those that the
// definition does not fit any more are left out. always is Mapping.Always.
func Load(ctx context.Context, from versions, d *project.Definition, refs []sources.Ref, always bool, compile func(where string) (Condition, error)) (mappings []*importer.Mapping, fit []sources.Ref, err error) {
	for _, ref := range refs {
		s, err := from.Version(ctx, d.ID, ref)
		if err != nil {
			return nil, nil, err
		}
		m, err := Of(d, s.Source, compile)
		if err != nil {
			continue // the definition has changed since
		}
		m.Always = always
		mappings, fit = append(mappings, m), append(fit, ref)
	}
	return mappings, fit, nil
}

type versions interface {
	Version(ctx context.Context, project string, ref sources.Ref) (sources.Stored, error)
}

// Dated reports whether texts of a field are read by a date format, else by the example of a number; and whether there
// are formats for it at all.
func Dated(f *schema.Field) (dated, formatted bool) {
	switch f.Type {
	case schema.Date, schema.Instant, schema.TimeOfDay:
		return true, true
	}
	return false, f.Type.Number()
}

// Added reports whether values of a field may be added up where rows of a file have the same natural key: it is a
// number of the records themselves, and not part of that key.
func Added(k *schema.Kind, f *schema.Field) bool {
	return f.Type.Number() && !f.Year && !f.Key && k.Field(f.Name) == f
}

func formatOf(d *project.Definition, f *schema.Field, written string) (importer.Format, error) {
	dated, formatted := Dated(f)
	if !formatted {
		return nil, fmt.Errorf("%s has no format", f.Name)
	}
	if dated {
		read, wrong := format.NewDate(written, d.Languages...)
		if wrong != nil {
			return nil, fmt.Errorf("%q is no format of a date", written)
		}
		return moment{read, f.Type, written}, nil
	}
	if f.Hours && written == format.InMinutes {
		return minutes{}, nil
	}
	read, wrong := format.NewNumber(written)
	if wrong != nil {
		return nil, fmt.Errorf("%q is no format of a number", written)
	}
	return number{read, written}, nil
}

type moment struct {
	*format.Date
	of      *schema.Type
	written string
}

func (m moment) String() string { return m.written }

// Read returns the value of a field of days, of times of day or of instants, in the form of JSON bodies.
func (m moment) Read(text string, in *time.Location) (value, clock string, ok bool) {
	read, ok := m.Date.Read(text)
	if !ok {
		return "", "", false
	}
	switch m.of {
	case schema.TimeOfDay:
		clock = read.In(in).Clock
		return clock, "", clock != ""
	case schema.Instant:
		at := read.At
		if !read.Zoned {
			at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, in)
		}
		return at.UTC().Format(time.RFC3339), "", read.Day != ""
	}
	read = read.In(in)
	return read.Day, read.Clock, read.Day != ""
}

type number struct {
	*format.Number
	written string
}

func (n number) String() string { return n.written }

func (n number) Read(text string, _ *time.Location) (value, clock string, ok bool) {
	value, ok = n.Number.Read(text)
	return value, "", ok
}

type minutes struct{ format.Minutes }

func (minutes) String() string { return format.InMinutes }

func (m minutes) Read(text string, _ *time.Location) (value, clock string, ok bool) {
	value, ok = m.Minutes.Read(text)
	return value, "", ok
}
