package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"outreach/internal/project"
)

// PersonRef identifies the person of a record by one or more keys. The names and the year say which of the people who
// share a key is meant.
type PersonRef struct {
	ID        string  `json:"id,omitempty"`
	Email     string  `json:"email,omitempty"`
	Pesel     string  `json:"pesel,omitempty"`
	FirstName string  `json:"first_name,omitempty"`
	LastName  string  `json:"last_name,omitempty"`
	BirthYear string  `json:"-"` // of a sign-up, or of the key of names
	Further   Further `json:"-"` // the other keys of the project
}

// Empty reports whether no key was given.
func (p PersonRef) Empty() bool {
	return p.ID == "" && p.Email == "" && p.Pesel == "" && p.Further == ""
}

// Key returns the key of a kind, "" where it was not given.
func (p PersonRef) Key(kind string) string {
	switch kind {
	case project.KeyEmail:
		return p.Email
	case project.KeyPesel:
		return p.Pesel
	}
	return p.Further.Get(kind)
}

// set sets the key of a kind.
func (p *PersonRef) set(kind, value string) {
	switch kind {
	case project.KeyEmail:
		p.Email = value
	case project.KeyPesel:
		p.Pesel = value
	default:
		p.Further = p.Further.With(kind, value)
	}
}

// Set returns the reference with a key, in canonical form.
func (p PersonRef) Set(kind, value string) PersonRef {
	p.set(kind, value)
	return p
}

// Entry is a valid record as entered: the person it names and its values in plain text.
type Entry struct {
	Person PersonRef
	Row    Row
}

// Given is a body before validation: values by field name, which are strings, json.Numbers, booleans, nulls, arrays or
// objects; in a web form all are strings.
type Given map[string]any

// Read validates a body against the kind's fields and rules. It returns the record and all problems; the record is
// valid only if there are none. Fields named in others belong to the caller and are ignored.
func (k *Kind) Read(given Given, s Scope, others ...string) (Entry, []Problem) {
	var problems []Problem
	entry := Entry{Row: make(Row, len(k.Fields))}
	separate := k.Separate()
	if separate {
		var bad []Problem
		entry.Person, bad = k.PersonKeys().read(given, s)
		if k.Optional && entry.Person == (PersonRef{}) && len(bad) == 1 && bad[0].Code == Missing {
			bad = nil // no person
		}
		problems = append(problems, bad...)
	}
	for i := range k.Fields {
		f := &k.Fields[i]
		name := f.Name
		if f.Limits() {
			by := k.Field(f.Limited)
			option, _ := by.read(given[by.Name], s)
			f = f.With(option)
		}
		value, problem := f.read(given[name], s)
		if problem != nil {
			problems = append(problems, *problem)
		}
		entry.Row[i] = value
	}
	for _, name := range sortedKeys(given) {
		allowed := k.Index(name) >= 0 || slices.Contains(others, name) || separate && (name == "person" || s.Loose && k.PersonKeys().inForms(name))
		if !allowed {
			problems = append(problems, Problem{Field: name, Code: UnknownField})
		}
	}
	problems = append(problems, k.CheckRow(entry.Row, problems)...)
	if !separate && k.Person {
		entry.Person = k.PersonOf(entry.Row)
	}
	return entry, problems
}

// PersonOf returns whom a row of a kind names whose fields have the keys and names of its person, as those of sign-ups
// do.
func (k *Kind) PersonOf(r Row) PersonRef {
	return k.PersonKeys().Of(func(field string) string { return k.Field(field).Answer(k.Get(r, field)) })
}

// CheckRow returns the problems that the rules between fields find, without those of fields that have a problem in
// before.
func (k *Kind) CheckRow(r Row, before []Problem) []Problem {
	var problems []Problem
	for i := range k.Rules {
		for _, p := range k.Rules[i].check(func(field string) string { return k.Get(r, field) }) {
			if p.Hint == hintKeys {
				if p = k.PersonKeys().Missing(p.Field); p.Hint == hintKeys && slices.ContainsFunc(before, k.PersonKeys().concerns) {
					continue // one was given, and is to be corrected
				}
			}
			problems = append(problems, p)
		}
	}
	return slices.DeleteFunc(problems, func(p Problem) bool {
		return slices.ContainsFunc(before, func(b Problem) bool { return b.Field == p.Field })
	})
}

func (f *Field) read(value any, s Scope) (string, *Problem) {
	wrong, number := f.typ().wrong, f.Type.Number()
	switch v := value.(type) {
	case nil:
		return f.Parse("", s)
	case string:
		if !s.Loose && (number || f.Type == Choices) && v != "" && !f.refuses(v, s) {
			problem := &Problem{Field: f.Name, Code: wrong, Hint: map[bool]string{true: "json"}[number]}
			if f.Type == Choices {
				problem.Hint, problem.Options = "several_json", offer(f.Options(s.Definition), s)
			}
			return "", problem
		}
		text, problem := f.Parse(v, s)
		if problem != nil && !s.Loose && problem.Code == NotADate && (problem.Hint == "" || problem.Hint == "instant") {
			problem.Hint = "json" + problem.Hint // JSON accepts one format of dates only
		}
		return text, problem
	case bool:
		if f.TakesBooleans(s.Definition) {
			return map[bool]string{true: yes, false: no}[v], nil
		}
	case []any:
		if f.Type == Choices {
			return f.readOptions(v, s)
		}
	case json.Number:
		if f.Type == Code {
			return f.Parse(v.String(), s)
		}
		if number {
			s.Loose = false // its point is a decimal point
			if n, err := v.Float64(); err == nil {
				if text, ok := FromNumber(n); ok {
					return f.Parse(text, s)
				}
			}
			return "", f.outOfRange(s)
		}
	}
	problem := &Problem{Field: f.Name, Code: wrong}
	switch f.Type {
	case YesNo:
		problem.Hint = "yes_no_json"
	case Choice:
		problem.Options = offer(f.Options(s.Definition), s)
	case Choices:
		problem.Hint, problem.Options = "several_json", offer(f.Options(s.Definition), s)
	}
	return "", problem
}

// inForms reports whether a form has a field of a name for the person of a record.
func (k *Keys) inForms(name string) bool {
	named := func(f *Field) bool { return f.Name == name }
	return slices.ContainsFunc(k.Fields, named) || slices.ContainsFunc(k.Names(), named)
}

// read reads the person of a record: an object, or in a form the fields beside those of the record.
func (k *Keys) read(given Given, s Scope) (PersonRef, []Problem) {
	var ref PersonRef
	var problems []Problem
	keys, ok := given["person"].(map[string]any)
	if !ok {
		if given["person"] != nil {
			return ref, []Problem{{Field: "person", Code: Unreadable, Hint: "person"}}
		}
		keys = map[string]any{}
		for name, v := range given {
			if s.Loose && k.inForms(name) {
				keys[name] = v
			}
		}
	}
	for _, name := range sortedKeys(keys) {
		var problem *Problem
		switch key := k.Field(name); {
		case key != nil:
			var value string
			value, problem = key.read(keys[name], s)
			ref.set(name, value)
		case name == "first_name":
			ref.FirstName, problem = FirstNameField.read(keys[name], s)
		case name == "last_name":
			ref.LastName, problem = LastNameField.read(keys[name], s)
		case name == "birth_year" && k.Name && s.Loose:
			ref.BirthYear, problem = BirthYearField.read(keys[name], s)
		case name == project.KeyName && k.Name:
			var bad []Problem
			ref, bad = readName(ref, keys[name], s)
			problems = append(problems, bad...)
		case name == "id":
			id := Field{Name: "id", Longest: 26}
			ref.ID, problem = id.read(keys[name], s)
		default:
			problem = &Problem{Code: UnknownField}
		}
		if problem != nil {
			problem.Field = "person." + name
			problems = append(problems, *problem)
		}
	}
	ref = k.Named(ref)
	if ref.Empty() && len(problems) == 0 {
		problems = append(problems, k.Missing("person"))
	}
	return ref, problems
}

// readName reads the key of names, all parts of which are needed.
func readName(ref PersonRef, value any, s Scope) (PersonRef, []Problem) {
	const field = "person." + project.KeyName
	parts, ok := value.(map[string]any)
	if !ok {
		return ref, []Problem{{Field: field, Code: Unreadable, Hint: "name"}}
	}
	var problems []Problem
	for _, part := range []struct {
		field *Field
		to    *string
	}{{&FirstNameField, &ref.FirstName}, {&LastNameField, &ref.LastName}, {&BirthYearField, &ref.BirthYear}} {
		needed := *part.field
		needed.Required = true
		text, problem := needed.read(parts[needed.Name], s)
		if problem != nil {
			problem.Field = field + "." + needed.Name
			problems = append(problems, *problem)
		}
		*part.to = text
	}
	for _, name := range sortedKeys(parts) {
		if !slices.Contains([]string{FirstNameField.Name, LastNameField.Name, BirthYearField.Name}, name) {
			problems = append(problems, Problem{Field: field + "." + name, Code: UnknownField})
		}
	}
	return ref, problems
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}

// JSON returns a row as the members of a JSON object: numbers as numbers, yes-no fields as booleans, several choices as
// arrays, empty values left out.
func (k *Kind) JSON(r Row) map[string]any {
	out := make(map[string]any, len(r))
	for i, value := range r {
		if value == "" {
			continue
		}
		switch f := &k.Fields[i]; {
		case f.Refusable && value == Refused:
			out[f.Name] = value
		case f.Type.Number():
			out[f.Name] = json.Number(value)
		case f.Type == YesNo:
			out[f.Name] = value == "yes"
		case f.Type == Choices:
			out[f.Name] = Chosen(value)
		default:
			out[f.Name] = value
		}
	}
	return out
}
