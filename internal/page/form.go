package page

import (
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// Entry is a form as it was last filled in: empty when it is first shown, else with what was typed and what is wrong.
type Entry struct {
	Values         map[string]string // by field name, as typed
	Problems       []schema.Problem
	IdempotencyKey string // sent back as idempotency_key
	Version        string // the record's ETag, sent back as _if_match; "" for new ones
}

// input is one field of a form.
type input struct {
	Name, Label, Hint, Value string
	Errors                   []string
	As                       string // text, email, tel, date, time, datetime-local, textarea, select, choice (radio buttons) or checkbox
	Mode                     string // inputmode
	Complete                 string // autocomplete
	Max                      string
	List                     string // the id of a list of suggestions
	Section                  string // of the sign-up form: where it stands
	Beside                   string // the id of what else describes the field
	Longest                  int
	Required, Focus          bool
	OneOf                    bool // one of several is needed, so none is called optional
	Choices                  []choice
	Empty                    string // the label of a select's empty choice
}

// ID is the element's id: where the summary of problems leads.
func (i input) ID() string { return "f-" + i.Name }

// DescribedBy lists the ids of the hint and the errors.
func (i input) DescribedBy() string {
	var ids []string
	if i.Hint != "" {
		ids = append(ids, i.ID()+"-hint")
	}
	if len(i.Errors) > 0 {
		ids = append(ids, i.ID()+"-error")
	}
	if i.Beside != "" {
		ids = append(ids, i.Beside)
	}
	return strings.Join(ids, " ")
}

type choice struct {
	Value, Label, Note string
	Chosen, Closed     bool
}

// summary is one line of the list of problems above a form.
type summary struct{ Href, Label, Message string }

// form is a form ready to be drawn.
type form struct {
	Action, Method, Submit string
	List                   string // where the records of the kind are
	Entry                  Entry
	Inputs                 []input
	FieldFirst             bool // of a form that comes back the first wrong field has the focus, and not the list of problems
}

// focusFirstProblem gives the focus to the first field, in the order of the form, with which something is wrong.
func (f form) focusFirstProblem(order ...string) {
	for _, name := range order {
		if in := f.Input(name); in != nil && len(in.Errors) > 0 {
			in.Focus = true
			return
		}
	}
}

// Input finds an input by its name.
func (f form) Input(name string) *input {
	if i := slices.IndexFunc(f.Inputs, func(in input) bool { return in.Name == name }); i >= 0 {
		return &f.Inputs[i]
	}
	return nil
}

// Some finds the inputs of some names.
func (f form) Some(names ...string) []input {
	var out []input
	for _, name := range names {
		if in := f.Input(name); in != nil {
			out = append(out, *in)
		}
	}
	return out
}

// In finds the inputs of a section.
func (f form) In(section string) []input {
	var out []input
	for _, in := range f.Inputs {
		if in.Section == section {
			out = append(out, in)
		}
	}
	return out
}

// problemField is the name of the input that a problem stands beside.
func problemField(name string) string {
	if name == "person" {
		return "email"
	}
	return strings.TrimPrefix(name, "person.")
}

// Problems are the lines of a form's summary.
func (v view) Problems(f form) []summary {
	out := make([]summary, 0, len(f.Entry.Problems))
	for _, p := range f.Entry.Problems {
		s := summary{Message: v.sentence(p)}
		in := f.Input(problemField(p.Field))
		if name, _, _ := strings.Cut(p.Field, "."); in == nil && name == "person" {
			in = f.Input(name)
		}
		if in != nil {
			s.Href = "#" + in.ID()
			if in.As != "checkbox" { // its label is a sentence of its own
				s.Label = in.Label
			}
		} else if p.Field != "" {
			s.Label = v.Field(p.Field)
		}
		if id := p.Args["id"]; id != "" && p.Code == "exists" {
			s.Href = f.List + "/" + id
		}
		out = append(out, s)
	}
	return out
}

// sentence says what is wrong; of an agreement that was not given it says what it is needed for.
func (v view) sentence(p schema.Problem) string {
	if p.Code == schema.Missing && p.Field == "consent_processing" {
		p = schema.Problem{Field: p.Field, Code: schema.NotInList, Hint: "consent"}
	}
	return v.Problem(p)
}

// inputs makes a form's fields of a kind's table. A person whom the kind names by a key comes first.
func (v view) inputs(kind *schema.Kind, d *project.Definition, e Entry, today string, without ...string) []input {
	var fields []*schema.Field
	if kind.Person && kind.Index("email") < 0 {
		fields = append(fields, &schema.EmailField, &schema.PeselField)
	}
	for i := range kind.Fields {
		fields = append(fields, &kind.Fields[i])
	}
	var out []input
	for _, f := range fields {
		if !slices.Contains(without, f.Name) {
			out = append(out, v.input(f, d, e, today))
		}
	}
	return out
}

func (v view) input(f *schema.Field, d *project.Definition, e Entry, today string) input {
	in := input{Name: f.Name, Label: f.LabelIn(v.Messages), Section: f.Section, Value: e.Values[f.Name], Required: f.Required, As: "text", Complete: completes[f.Name]}
	if hint := "hint." + f.Name; v.Has(hint) {
		in.Hint = v.Say(hint)
	}
	for _, p := range e.Problems {
		if problemField(p.Field) == f.Name {
			in.Errors = append(in.Errors, v.sentence(p))
		}
	}
	switch f.Type {
	case schema.Date:
		in.As, in.Max = "date", today
	case schema.Clock:
		in.As = "time"
	case schema.Instant:
		in.As, in.Max = "datetime-local", today+"T23:59"
	case schema.Whole:
		in.Mode = "numeric"
	case schema.Decimal:
		in.Mode = "decimal"
	case schema.Email:
		in.As, in.OneOf = "email", f.Name == "email"
	case schema.Pesel:
		in.Mode, in.OneOf = "numeric", true
	case schema.YesNo:
		in.As = "checkbox"
	case schema.List:
		in.As = "select"
		options := f.Options(d)
		if f.Required && len(options) <= 4 {
			in.As = "choice"
		}
		in.Empty = v.Say("form.choose")
		if !f.Required {
			in.Empty = v.Say("form.not_given")
		}
		for _, o := range options {
			in.Choices = append(in.Choices, choice{Value: o.ID, Label: o.Label.In(v.Lang()), Chosen: o.ID == in.Value})
		}
	default:
		in.Longest = f.Longest
		if in.Longest == 0 {
			in.Longest = schema.DefaultLongest
		}
		if f.Longest >= 4000 || f.Name == "note" {
			in.As = "textarea"
		}
	}
	if f.Name == "phone" {
		in.As = "tel"
	}
	return in
}

// How browsers fill in what a person has typed elsewhere; the office's forms are about others and ask for nothing.
var completes = map[string]string{"first_name": "given-name", "last_name": "family-name", "phone": "tel", "organisation": "organization"}

// Cell writes a record's value as people read it.
func (v view) cell(f *schema.Field, d *project.Definition, value string) string {
	switch {
	case value == "":
		return ""
	case f.Type == schema.Date:
		return v.Date(value)
	case f.Type == schema.Instant:
		return v.When(value)
	case f.Type.Number() && !f.Year:
		return v.Number(value)
	case f.Type == schema.YesNo:
		return v.Say("value." + value)
	case f.Type == schema.List:
		for _, o := range f.Options(d) {
			if o.ID == value {
				return o.Label.In(v.Lang())
			}
		}
	}
	return value
}
