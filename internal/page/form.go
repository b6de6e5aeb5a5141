package page

import (
	"cmp"
	"slices"
	"strings"

	"outreach/internal/attachments"
	"outreach/internal/project"
	"outreach/internal/schema"
)

// Entry is the state of a form: empty when it is first shown, else with the typed values and their problems.
type Entry struct {
	Values         map[string]string // by field name, as typed
	Problems       []schema.Problem
	IdempotencyKey string // sent back as idempotency_key
	Version        string // the record's ETag, sent back as _if_match; "" for new ones
	Person         string // the input that problems with the person are shown beside; "": email
}

// input is one field of a form.
type input struct {
	Name, Label, Hint, Value string
	Errors                   []string
	As                       string // the control: text, email, tel, date, time, datetime-local, textarea, file, select, choice (radio buttons), several (checkboxes) or checkbox
	Mode                     string // the attribute inputmode
	Complete                 string // the attribute autocomplete
	Max                      string
	List                     string // the id of a list of suggestions
	Section                  string // the section of the sign-up form
	Beside                   string // the id of a further element that describes the field
	Longest                  int
	Required, Focus          bool
	OneOf                    bool // one of several fields is required, so none is labelled optional
	Choices                  []choice
	Accept                   string // of a file: the attribute accept
	Kept                     cell   // of a file: the one that there is
	Empty                    string // the label of a select's empty choice
	Refusal                  choice // a checkbox beside the control, for an answer that may be refused; "": there is none
}

// ID returns the element's id, the target of links in the error summary.
func (i input) ID() string { return "f-" + i.Name }

// DescribedBy returns the attribute aria-describedby: the ids of the hint and the errors.
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

// summary is a line of the error summary above a form.
type summary struct{ Href, Label, Message string }

// form is a form ready to be rendered.
type form struct {
	Action, Method, Submit string
	List                   string // the path of the list of the kind's records
	Entry                  Entry
	Inputs                 []input
	Files                  string // the path that files are sent to, if there are fields for them; ""
	FieldFirst             bool   // if there are problems, focus the first wrong field instead of the error summary
}

// focusFirstProblem sets the focus to the first field, in the given order, that has an error.
func (f form) focusFirstProblem(order ...string) {
	for _, name := range order {
		if in := f.Input(name); in != nil && len(in.Errors) > 0 {
			in.Focus = true
			return
		}
	}
}

// Input returns the input of a name, or nil.
func (f form) Input(name string) *input {
	if i := slices.IndexFunc(f.Inputs, func(in input) bool { return in.Name == name }); i >= 0 {
		return &f.Inputs[i]
	}
	return nil
}

// Some returns the inputs of the names that exist, in that order.
func (f form) Some(names ...string) []input {
	var out []input
	for _, name := range names {
		if in := f.Input(name); in != nil {
			out = append(out, *in)
		}
	}
	return out
}

// In returns the inputs of a section.
func (f form) In(section string) []input {
	var out []input
	for _, in := range f.Inputs {
		if in.Section == section {
			out = append(out, in)
		}
	}
	return out
}

// problemField returns the name of the input that a problem is shown beside.
func (e Entry) problemField(name string) string {
	if name == "person" {
		return cmp.Or(e.Person, "email")
	}
	return strings.TrimPrefix(strings.TrimPrefix(name, "person."), "name.")
}

// Problems returns the lines of a form's error summary.
func (v view) Problems(f form) []summary {
	out := make([]summary, 0, len(f.Entry.Problems))
	for _, p := range f.Entry.Problems {
		s := summary{Message: v.sentence(p)}
		in := f.Input(f.Entry.problemField(p.Field))
		if name, _, _ := strings.Cut(p.Field, "."); in == nil && name == "person" {
			in = f.Input(name)
		}
		if in != nil {
			s.Href = "#" + in.ID()
			if in.As != "checkbox" { // a checkbox's label is a sentence of its own
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

// sentence returns the message of a problem; for a missing consent it explains what the consent is needed for.
func (v view) sentence(p schema.Problem) string {
	if p.Code == schema.Missing && p.Field == "consent_processing" {
		p = schema.Problem{Field: p.Field, Code: schema.NotInList, Hint: "consent"}
	}
	return v.Problem(p)
}

// inputs returns the inputs for the fields of a kind, preceded by those for the person's keys if the kind has a person.
func (v view) inputs(kind *schema.Kind, d *project.Definition, e Entry, today string, without ...string) []input {
	var fields []*schema.Field
	if kind.Separate() {
		fields = slices.Concat(kind.PersonKeys().Fields, formNames(kind.PersonKeys()))
	}
	for i := range kind.Fields {
		fields = append(fields, &kind.Fields[i])
	}
	var out []input
	for _, f := range fields {
		nothing := f.Options != nil && len(f.Options(d)) == 0 && !f.Required // a list that the definition leaves empty
		if !nothing && !slices.Contains(without, f.Name) {
			out = append(out, v.input(f, d, e, today))
		}
	}
	return out
}

// formNames returns the fields of a person's names that a form about them has: those of the key of names, or the first
// name, which says who of several is meant.
func formNames(keys *schema.Keys) []*schema.Field {
	if keys.Name {
		return keys.Names()
	}
	return []*schema.Field{&schema.FirstNameField}
}

func (v view) input(f *schema.Field, d *project.Definition, e Entry, today string) input {
	in := input{Name: f.Name, Label: f.LabelIn(v.Messages), Section: f.Section, Value: e.Values[f.Name], Required: f.Required, As: "text", Complete: completes[f.Name]}
	if hint := "hint." + f.Name; v.Has(hint) {
		in.Hint = v.Say(hint)
	}
	if hint := f.Hint.In(v.Texts()); hint != "" {
		in.Hint = hint
	}
	if f.Sensitive {
		in.Hint = strings.TrimSpace(in.Hint + " " + v.Say("form.sensitive"))
	}
	for _, p := range e.Problems {
		if e.problemField(p.Field) == f.Name {
			in.Errors = append(in.Errors, v.sentence(p))
		}
	}
	switch f.Type {
	case schema.Date:
		in.As, in.Max = "date", today
	case schema.TimeOfDay:
		in.As = "time"
	case schema.Instant:
		in.As, in.Max = "datetime-local", today+"T23:59"
	case schema.Whole, schema.Decimal:
		in.Mode = map[bool]string{true: "numeric", false: "decimal"}[f.Type == schema.Whole]
		if f.Min < 0 {
			in.Mode = "" // the keyboards of some phones have no minus sign for numbers
		}
		if f.Limits() {
			in.Hint = strings.TrimSpace(in.Hint + " " + v.limits(d))
		}
	case schema.Email:
		in.As, in.OneOf = "email", f.Name == "email" && f.Section != "contact"
	case schema.Pesel:
		in.Mode, in.OneOf = "numeric", true
	case schema.Phone, schema.Code:
		in.Longest, in.OneOf = f.Longest, true
	case schema.File:
		in.As, in.Accept = "file", attachments.Accept()
		if in.Hint == "" {
			in.Hint = v.Say("form.file_hint", "most", attachments.MostBytes>>20)
		}
	case schema.YesNo:
		in.As = "checkbox"
		if f.Section != "consent" {
			in.As, in.Empty = "select", v.Say("form.not_given")
			for _, answer := range f.Parts(d) {
				if answer != schema.Refused {
					in.Choices = append(in.Choices, choice{Value: answer, Label: v.Say("value." + answer), Chosen: answer == in.Value})
				}
			}
		}
	case schema.Choices:
		in.As = "several"
		chosen := schema.Chosen(in.Value)
		for _, o := range f.Options(d) {
			in.Choices = append(in.Choices, choice{Value: o.ID, Label: o.Label.In(v.Texts()), Chosen: slices.Contains(chosen, o.ID)})
		}
	case schema.Choice:
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
			in.Choices = append(in.Choices, choice{Value: o.ID, Label: o.Label.In(v.Texts()), Chosen: o.ID == in.Value})
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
	if f.Refusable && in.As != "checkbox" {
		refusal := choice{Value: schema.Refused, Label: v.Say("form.refused"), Chosen: in.Value == schema.Refused}
		if f.Type.Listed() || f.Type == schema.YesNo {
			in.Choices = append(in.Choices, refusal)
			return in
		}
		if in.Refusal = refusal; refusal.Chosen {
			in.Value = ""
		}
		in.Required = false // by the browser: the box may be ticked instead
	}
	return in
}

// limits returns which amounts the kinds of output take that have decimals or corrections.
func (v view) limits(d *project.Definition) string {
	var out []string
	for _, k := range d.OutputKinds {
		takes := []string{}
		if k.Decimals > 0 {
			takes = append(takes, v.Say("form.decimals", "n", k.Decimals))
		}
		if k.Correction {
			takes = append(takes, v.Say("form.correction"))
		}
		if len(takes) > 0 {
			out = append(out, v.Say("form.limits_of_kind", "kind", k.Label.In(v.Texts()), "takes", strings.Join(takes, ", ")))
		}
	}
	return v.Say("form.limits", "list", strings.Join(out, "; "))
}

// completes holds the attribute autocomplete by field.
var completes = map[string]string{"first_name": "given-name", "last_name": "family-name", "phone": "tel", "organisation": "organization"}

// cell formats a record's value for people.
func (v view) cell(f *schema.Field, d *project.Definition, value string) string {
	switch {
	case value == "":
		return ""
	case f.Refusable && value == schema.Refused:
		return v.Say("value.refused")
	case f.Type == schema.File:
		return v.Say("value.file")
	case f.Type == schema.Date:
		return v.Date(value)
	case f.Type == schema.Instant:
		return v.When(value)
	case f.Type.Number() && !f.Year:
		return v.Number(value)
	case f.Type == schema.YesNo:
		return v.Say("value." + value)
	case f.Type.Listed():
		var labels []string
		for _, id := range schema.Chosen(value) {
			labels = append(labels, optionLabel(f, d, id, v.Texts()))
		}
		return strings.Join(labels, ", ")
	}
	return value
}

// optionLabel returns the label of an option; its id where the list has it no longer.
func optionLabel(f *schema.Field, d *project.Definition, id, language string) string {
	for _, o := range f.Options(d) {
		if o.ID == id {
			return o.Label.In(language)
		}
	}
	return id
}
