package schema

import "outreach/internal/text"

// EmailField and PeselField are the columns by which a file names a person.
var (
	EmailField = Field{Name: "email", Type: Email, Keep: Who}
	PeselField = Field{Name: "pesel", Type: Pesel, Keep: Who}
)

// ColumnIn is the field's name as a column of files in a language: its id where the language has no other.
func (f *Field) ColumnIn(language string) string {
	if name := f.Column[language]; name != "" {
		return name
	}
	return f.Name
}

// ColumnIn is the name in a language of a column of the kind's files; of what is no column of it, and of a nil kind, the name
// as it is.
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

// Columns are the columns of the kind's files.
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

// LabelIn is what people call the field: by the catalogue of words, or else by the label that comes with the field.
func (f *Field) LabelIn(words *text.Messages) string {
	if !words.Has("field." + f.Name) {
		if label := f.Label.In(words.Language()); label != "" {
			return label
		}
	}
	return words.Field(f.Name)
}
