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

// ColumnIn returns the name of the field's column in a language: the field's own, else that of the catalogues if the
// field is built in, else its id.
func (f *Field) ColumnIn(language string) string {
	return cmp.Or(f.Column[language], f.columnWords()[language], f.Name)
}

// ColumnNames returns all accepted names of the field's column, each once: its id, then those in other languages in the
// order of text.Languages, then others that its data gives.
func (f *Field) ColumnNames() []string {
	names := []string{f.Name}
	for _, language := range slices.Concat(text.Languages(), slices.Sorted(maps.Keys(f.Column))) {
		if name := f.ColumnIn(language); !slices.Contains(names, name) {
			names = append(names, name)
		}
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
	if k.Person && k.Index("email") < 0 {
		out = append(out, &EmailField, &PeselField)
	}
	for i := range k.Fields {
		if !k.Fields[i].NoColumn {
			out = append(out, &k.Fields[i])
		}
	}
	return out
}

// LabelIn returns the name of a kind, found by its singular or plural name, as Kind.LabelIn does; an unknown name is
// returned as it is.
func (r *Registry) LabelIn(words *text.Messages, form, name string) string {
	for _, k := range r.Kinds {
		if k.Name == name || k.Plural == name {
			return k.LabelIn(words, form)
		}
	}
	return name
}

// The forms of a kind's name, as the keys of the catalogues begin.
const (
	One     = "kind."    // Test
	Several = "kinds."   // tests
	Heading = "section." // Tests
)

// LabelIn returns the name of the kind in a form. A kind with a label of its own has it in each form; one without
// words has its id.
func (k *Kind) LabelIn(words *text.Messages, form string) string {
	key := form + k.Plural
	if form == One {
		key = form + k.Name
	}
	if label := k.Label.In(words.Language()); label != "" {
		return label
	}
	if label := words.Say(key); label != key {
		return label
	}
	return k.Name
}

// LabelIn returns the field's label in the language: the field's own, else that of the catalogue, else the field's own
// in another language, else that of English, else the field's name.
func (f *Field) LabelIn(words *text.Messages) string {
	label := f.Label[words.Language()]
	if label == "" && !words.Has("field."+f.Name) {
		label = f.Label.In(words.Language())
	}
	return cmp.Or(label, words.Field(f.Name))
}
