package page

import (
	"outreach/internal/project"
	"outreach/internal/schema"
)

// Columns is the page of a rejected file on which its columns are said to be fields, with a proposal filled in. Its
// form posts to its own address; another form, with GET, chooses the kind of the records and the row of the header.
type Columns struct {
	Definition *project.Definition
	Upload     string // its id
	Filename   string
	Kinds      []*schema.Kind // that the file may have
	Kind       *schema.Kind
	Header     int // the number of the header's row
	Fields     []*schema.Field
	Columns    []FileColumn
	Rows       []FileRow // the first ones below the header
	Constants  []*schema.Field
	Values     map[string]string // of the constants, by field
	ID         string            // of the source
	Skip       string
	Tool       string // whose file it is by its header, "" for none that is known
	Analytics  bool   // the tool's files have sums over days or pages, and no records
	Problems   []string
	Today      string
	Once       string // idempotency key
}

// FileColumn is a column of the file.
type FileColumn struct {
	Place    int // from 0 on; inputs are named after it
	Name     string
	Field    string // the name of the field that it is; "": it is left out
	Format   string
	Formats  bool // it is a date or a number: it may have a format
	Adds     bool // its values may be added where rows have the same natural key
	Summed   bool // they are
	Examples []string
	Values   []FileValue
}

// FileValue is a value in the file and the one of ours that it stands for, with the ones that there are.
type FileValue struct {
	Theirs, Ours string
	Options      []schema.Option
}

type columnsPage struct {
	Columns
	Choices   []choice // kinds
	Options   []choice // fields
	Said      []input  // constants
	AllFilled bool
}

func (c Columns) render(v view) (string, any) {
	p := columnsPage{Columns: c}
	for _, k := range c.Kinds {
		p.Choices = append(p.Choices, choice{Value: k.Name, Label: k.LabelIn(v.Messages, schema.Heading), Chosen: k == c.Kind})
	}
	for _, f := range c.Fields {
		label := f.LabelIn(v.Messages)
		if f.Required {
			label = v.Say("columns.needed", "label", label)
		}
		p.Options = append(p.Options, choice{Value: f.Name, Label: label})
	}
	for _, f := range c.Constants {
		plain := *f
		plain.Required = false // one of the columns may be it instead
		in := v.input(&plain, c.Definition, Entry{Values: c.Values}, c.Today)
		in.Name = "constant." + f.Name
		in.Required, in.OneOf, in.Complete = false, true, ""
		if in.Empty != "" {
			in.Empty = v.Say("form.choose")
		}
		p.Said = append(p.Said, in)
	}
	return "columns", p
}

// OptionsOf returns the fields, with that of a column chosen.
func (p columnsPage) OptionsOf(c FileColumn) []choice {
	out := make([]choice, len(p.Options))
	for i, o := range p.Options {
		o.Chosen = o.Value == c.Field
		out[i] = o
	}
	return out
}

// Labelled returns the values of ours for one of theirs, with the one that is chosen.
func (f FileValue) Labelled(v view) []choice {
	var out []choice
	for _, o := range f.Options {
		label := o.Label.In(v.Lang())
		if label == "" {
			label = o.ID
		}
		out = append(out, choice{Value: o.ID, Label: label, Chosen: o.ID == f.Ours})
	}
	return out
}
