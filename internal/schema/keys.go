package schema

import (
	"iter"
	"regexp"
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/text"
)

// Keys are by what a project recognises people: they decide which keys a reference to a person has, which fields
// sign-ups have for them, and which columns files. It is immutable.
type Keys struct {
	Fields []*Field // those with a field of their own, in the definition's order
	Name   bool     // so are first name, last name and year of birth together
}

// PhoneField and NumberField are keys that a project may use. BirthYearField belongs to the key of names.
var (
	PhoneField     = Field{Name: project.KeyPhone, Type: Phone, Longest: 40, Privacy: Identity, builtin: true}
	NumberField    = Field{Name: project.KeyNumber, Type: Code, Longest: 40, Privacy: Identity, builtin: true}
	BirthYearField = Field{Name: "birth_year", Type: Whole, Min: 1900, Max: 9999, Year: true, Privacy: Identity, Example: [2]string{"1974", "1988"}, builtin: true}
)

var usualKeys = &Keys{Fields: []*Field{&EmailField, &PeselField}}

// keysOf returns the keys of a project.
func keysOf(d *project.Definition) *Keys {
	if d.UsualKeys() {
		return usualKeys
	}
	keys := &Keys{}
	for _, kind := range d.PersonKeys() {
		switch kind {
		case project.KeyName:
			keys.Name = true
		case project.KeyEmail:
			keys.Fields = append(keys.Fields, &EmailField)
		case project.KeyPesel:
			keys.Fields = append(keys.Fields, &PeselField)
		case project.KeyPhone:
			keys.Fields = append(keys.Fields, &PhoneField)
		case project.KeyNumber:
			keys.Fields = append(keys.Fields, &NumberField)
		default:
			own := d.People.Identifiers[kind]
			pattern, err := WholePattern(own.Pattern)
			if err != nil {
				continue // definitions are checked before they are stored
			}
			keys.Fields = append(keys.Fields, &Field{Name: kind, Type: Code, Longest: longestCode, Privacy: Identity, Label: own.Label, Column: own.Label, Pattern: pattern})
		}
	}
	return keys
}

// WholePattern compiles a pattern for whole values.
func WholePattern(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`\A(?:` + pattern + `)\z`)
}

// PatternText returns the pattern for whole values of the field as the definition has it, "" where there is none.
func (f *Field) PatternText() string {
	if f.Pattern == nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(f.Pattern.String(), `\A(?:`), `)\z`)
}

// Usual reports whether the keys are e-mail address and PESEL.
func (k *Keys) Usual() bool { return k == usualKeys }

// Has reports whether a kind of key is one of them.
func (k *Keys) Has(kind string) bool {
	return k.Field(kind) != nil || k.Name && kind == project.KeyName
}

// Field returns the field of a kind of key, nil where there is none.
func (k *Keys) Field(kind string) *Field {
	if i := slices.IndexFunc(k.Fields, func(f *Field) bool { return f.Name == kind }); i >= 0 {
		return k.Fields[i]
	}
	return nil
}

// concerns reports whether a problem is one of a key.
func (k *Keys) concerns(p Problem) bool { return k.Field(p.Field) != nil }

// First returns the field that represents all keys in messages about the person.
func (k *Keys) First() string {
	if len(k.Fields) == 0 {
		return BirthYearField.Name
	}
	return k.Fields[0].Name
}

// Names returns the fields of the names, and of the key of names, beside those of the other keys.
func (k *Keys) Names() []*Field {
	if k.Name {
		return []*Field{&FirstNameField, &LastNameField, &BirthYearField}
	}
	return []*Field{&FirstNameField, &LastNameField}
}

// Shown returns the keys that lists and exports of people show, in the definition's order: those of the project with a
// field of their own, and an e-mail address that is none behind them.
func (k *Keys) Shown() []*Field {
	if k.Field(project.KeyEmail) != nil {
		return k.Fields
	}
	return append(slices.Clone(k.Fields), &EmailField)
}

// Of returns whom values name, by field, in canonical form.
func (k *Keys) Of(get func(field string) string) PersonRef {
	ref := PersonRef{FirstName: get("first_name"), LastName: get("last_name"), BirthYear: get("birth_year")}
	for _, f := range k.Fields {
		ref.set(f.Name, get(f.Name))
	}
	return k.Named(ref)
}

// Named returns a reference with the key of its names, where it has all of them and the project uses that key.
func (k *Keys) Named(ref PersonRef) PersonRef {
	if k.Name {
		ref.Further = ref.Further.With(project.KeyName, NameKey(ref.FirstName, ref.LastName, ref.BirthYear))
	}
	return ref
}

// NameKey returns the value of the key of names, which are compared without case, marks and spaces: "" where one of
// them is missing.
func NameKey(first, last, year string) string {
	bare := func(name string) string { return strings.Join(strings.Fields(Unmarked(name)), "") }
	first, last = bare(first), bare(last)
	if first == "" || last == "" || year == "" {
		return ""
	}
	return first + "\n" + last + "\n" + year
}

// fieldsOf returns the fields of sign-ups: the keys are where the built-in ones were; an e-mail address and a phone
// that are none are asked all the same.
func (k *Keys) fieldsOf(fields []Field) []Field {
	var out []Field
	for _, f := range fields {
		switch f.Name {
		case project.KeyEmail:
			for _, key := range k.Fields {
				own := *key
				own.Section = "key"
				out = append(out, own)
			}
			if k.Field(f.Name) == nil {
				f.Section = "contact"
				out = append(out, f)
			}
		case project.KeyPesel:
		case project.KeyPhone:
			if k.Field(f.Name) == nil {
				out = append(out, f)
			}
		default:
			out = append(out, f)
		}
	}
	return out
}

// Identity returns a kind with the keys as fields behind those of the names, an e-mail address and a phone that are
// none too, one key of which is needed: but where names are one, which a person may have alone.
func (k *Keys) Identity(names ...Field) *Kind {
	out := &Kind{Name: "identity", who: k, Fields: names}
	for _, f := range k.Fields {
		out.Fields = append(out.Fields, *f)
	}
	if k.Field(project.KeyEmail) == nil {
		out.Fields = append(out.Fields, EmailField)
	}
	if k.Field(project.KeyPhone) == nil {
		out.Fields = append(out.Fields, Field{Name: project.KeyPhone, Longest: 40})
	}
	if !k.Name {
		out.Rules = []Rule{k.rule()}
	}
	return out
}

// rule returns the rule that a sign-up has one of the keys at least. Its names are required anyway.
func (k *Keys) rule() Rule {
	r := Rule{Rule: AnyOf, Hint: hintKeys}
	for _, f := range k.Fields {
		r.Fields = append(r.Fields, f.Name)
	}
	if k.Name {
		r.Fields = append(r.Fields, BirthYearField.Name)
	}
	return r
}

const hintKeys = "keys"

// Missing returns the problem that none of the keys was given.
func (k *Keys) Missing(field string) Problem {
	if k.Usual() {
		return Problem{Field: field, Code: Missing, Hint: "person"}
	}
	return Problem{Field: field, Code: Missing, Hint: hintKeys, Options: k.options()}
}

// MissingAtForms returns the problem that a public form has none of the keys by which it may name a person: a name is
// for the office's records alone.
func (k *Keys) MissingAtForms() Problem {
	others := Keys{Fields: k.Fields}
	if len(k.Fields) == 0 {
		return Problem{Field: BirthYearField.Name, Code: NotAllowed, Hint: "name"}
	}
	return others.Missing(others.First())
}

// AtForms reports whether a reference has a key by which a public form may name a person.
func (p PersonRef) AtForms() bool {
	p.Further = p.Further.With(project.KeyName, "")
	return !p.Empty()
}

// options lists the keys, with their labels in all languages.
func (k *Keys) options() []text.Choice {
	var out []text.Choice
	add := func(name string, label project.Text) {
		words := project.Text{}
		for _, language := range text.Languages() {
			if words[language] = label[language]; words[language] == "" {
				words[language] = label.In(language)
			}
			if words[language] == "" {
				words[language] = text.Of(language).Field(name)
			}
		}
		out = append(out, text.Choice{ID: name, Label: words})
	}
	for _, f := range k.Fields {
		add(f.Name, f.Label)
	}
	if k.Name {
		add(project.KeyName, nil)
	}
	return out
}

// withKeys returns the registry with a project's keys.
func (r *Registry) withKeys(keys *Keys) *Registry {
	if keys.Usual() {
		return r
	}
	kinds := make([]*Kind, len(r.Kinds))
	for i, k := range r.Kinds {
		kinds[i] = k
		if !k.Person {
			continue
		}
		own := *k
		own.who, own.keys, own.content = keys, nil, nil
		if own.Name == Signup {
			own.Fields = keys.fieldsOf(k.Fields)
			own.Rules = slices.Clone(k.Rules)
			if at := slices.IndexFunc(own.Rules, func(r Rule) bool { return r.Rule == AnyOf && r.Hint == "person" }); at >= 0 {
				own.Rules[at] = keys.rule()
			}
		}
		kinds[i] = &own
	}
	out := NewRegistry(kinds...)
	out.Keys = keys
	return out
}

// PersonKeys returns by what the people of the kind's records are recognised.
func (k *Kind) PersonKeys() *Keys {
	if k.who == nil {
		return usualKeys
	}
	return k.who
}

// PersonOnly returns a kind of records with the person of k alone.
func (k *Kind) PersonOnly() *Kind { return &Kind{Name: "person", Person: true, who: k.who} }

// Separate reports whether records of the kind are about a person whose keys are no fields of the kind.
func (k *Kind) Separate() bool { return k.Person && k.Name != Signup }

// Further are the keys of a person beside e-mail address and PESEL: kinds and canonical values, as one text, so that
// references can be compared.
type Further string

// All iterates over the keys by kind, in the order of kinds.
func (f Further) All() iter.Seq2[string, string] {
	return func(yield func(kind, value string) bool) {
		for rest := string(f); rest != ""; {
			var kind, value string
			kind, rest, _ = strings.Cut(rest, "\x00")
			value, rest, _ = strings.Cut(rest, "\x00")
			if !yield(kind, value) {
				return
			}
		}
	}
}

// Get returns the key of a kind, "" where there is none.
func (f Further) Get(kind string) string {
	for other, value := range f.All() {
		if other == kind {
			return value
		}
	}
	return ""
}

// With returns the keys with one of a kind; "" removes it.
func (f Further) With(kind, value string) Further {
	var out strings.Builder
	add := func(kind, value string) {
		if value != "" {
			out.WriteString(kind + "\x00" + value + "\x00")
		}
	}
	added := false
	for other, has := range f.All() {
		if other >= kind && !added {
			add(kind, value)
			added = true
		}
		if other != kind {
			add(other, has)
		}
	}
	if !added {
		add(kind, value)
	}
	return Further(out.String())
}
