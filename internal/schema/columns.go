package schema

import (
	"cmp"
	"maps"
	"slices"

	"outreach/internal/text"
)

// EmailField and PeselField are the columns that identify a person in files of kinds without such fields.
var (
	EmailField = Field{Name: "email", Type: Email, Privacy: Identity, builtin: true}
	PeselField = Field{Name: "pesel", Type: Pesel, Privacy: Identity, builtin: true}
)

// FirstNameField, LastNameField, FullNameField and ParticipantField are further columns of such files, which say which
// of the people who share a key is meant. The last two have both names.
var (
	FirstNameField   = Field{Name: "first_name", Type: Text, Longest: 100, Privacy: Identity, builtin: true}
	LastNameField    = Field{Name: "last_name", Type: Text, Longest: 100, Privacy: Identity, builtin: true}
	FullNameField    = Field{Name: "name", Type: Text, Longest: 200, Privacy: Identity, builtin: true}
	ParticipantField = Field{Name: "participant", Type: Text, Longest: 200, Privacy: Identity, builtin: true}
)

// ColumnIn returns the name of the field's column in a language: the field's own, else that of the catalogues if the
// field is built in, else its label, else its id.
func (f *Field) ColumnIn(language string) string {
	return cmp.Or(f.Column[language], f.columnWords()[language], f.Label[language], f.Name)
}

// ColumnNames returns all accepted names of the field's column, each once: its id, then those in other languages in the
// order of text.Languages, then others that its data gives, then its own labels.
func (f *Field) ColumnNames() []string {
	names := []string{f.Name}
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, language := range slices.Concat(text.Languages(), slices.Sorted(maps.Keys(f.Column))) {
		add(f.ColumnIn(language))
	}
	for _, language := range f.Label.Languages() {
		add(f.Label[language])
	}
	return names
}

// ColumnIn returns the name of a column in a language. It returns the name unchanged if the kind has no such column or
// is nil.
func (k *Kind) ColumnIn(column, language string) string {
	if k != nil {
		for _, f := range k.Columns() {
			if f.Name == column {
				return f.ColumnIn(language)
			}
		}
	}
	return column
}

// Columns returns the columns of the kind's files, those for the person first.
func (k *Kind) Columns() []*Field {
	var out []*Field
	if k.Separate() {
		out = append(out, k.PersonKeys().Fields...)
		if k.PersonKeys().Name {
			out = append(out, k.PersonKeys().Names()...)
		}
	}
	for i := range k.Fields {
		if !k.Fields[i].NoColumn {
			out = append(out, &k.Fields[i])
		}
	}
	return out
}

// NameColumns returns the columns that files of the kind may have beside Columns: the names of the person.
func (k *Kind) NameColumns() []*Field {
	if !k.Separate() {
		return nil
	}
	return []*Field{&FirstNameField, &LastNameField, &FullNameField, &ParticipantField}
}

// LabelIn returns the name of a kind, found by its singular or plural name, as Kind.LabelIn does; an unknown name is
// returned as it is.
func (r *Registry) LabelIn(words *text.Messages, form Form, name string) string {
	for _, k := range r.Kinds {
		if k.Name == name || k.Plural == name {
			return k.LabelIn(words, form)
		}
	}
	return name
}

// Form is a form of a kind's name.
type Form int

// The forms of a kind's name.
const (
	One     Form = iota // Test
	Several             // tests
	Heading             // Tests
)

// message returns the key of a form of the kind's name in the catalogues.
func (k *Kind) message(form Form) string {
	switch form {
	case One:
		return "kind." + k.Name
	case Several:
		return "kinds." + k.Plural
	}
	return "section." + k.Plural
}

// LabelIn returns the name of the kind in a form. A kind with a label of its own has it in each form; one without
// words in the catalogue of the language or of English has its id.
func (k *Kind) LabelIn(words *text.Messages, form Form) string {
	if label := k.Label.In(words.Texts()); label != "" {
		return label
	}
	if key := k.message(form); words.Has(key) || text.Of(text.English).Has(key) {
		return words.Say(key)
	}
	return k.Name
}

// LabelIn returns the field's label in the language: the field's own, else that of the catalogue, else the field's own
// in another language, else that of English, else the field's name.
func (f *Field) LabelIn(words *text.Messages) string {
	label := f.Label.Exactly(words.Texts())
	if label == "" && !words.Has("field."+f.Name) {
		label = f.Label.In(words.Texts())
	}
	return cmp.Or(label, words.Field(f.Name))
}
