package page

import (
	"cmp"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// Records is the form and the list of a kind of typed record: consultations, attendance, tests, outputs.
// It posts to /{project}/{the kind's path}.
type Records struct {
	Kind       *schema.Kind
	Definition *project.Definition
	Entry      Entry // of the form; its values preselect (the date, what was used last)
	Today      string
	Items      []Record
	Next       string // the address of the next page, or ""
	Exports    []Link
	Files      map[string]string // the names of files by their ids
}

// Record is one record of the list.
type Record struct {
	ID      string
	Who     string     // the person's name or key, as this reader may see it; "" where they were erased
	Person  string     // the person's id where the reader may open their page, or ""
	Row     schema.Row // not sealed
	Partner string     // of a kind whose records are one partner\'s each: its id, "" for the office
}

// RecordEdit is the page of one record: to change it (PUT) and to delete it (DELETE), both as a POST with _method.
type RecordEdit struct {
	Kind       *schema.Kind
	Definition *project.Definition
	ID         string
	Entry      Entry
	Today      string
	OnePerson  bool              // an adviser's form: one field names the person
	Which      []Suggestion      // the people who may be meant by what was typed there: the form asks which one
	Files      map[string]string // the names of files by their ids
}

type recordsPage struct {
	Records
	New     string // the heading of the form
	Form    form
	Columns []column
	Rows    []recordRow
}

type column struct {
	Label  string
	Number bool
}

type recordRow struct {
	Record
	Cells []cell
}

// cell is a value of a record for people; a file is a link.
type cell struct{ Text, Href string }

func (r Records) render(v view) (string, any) {
	p := recordsPage{Records: r, Form: v.recordForm(r.Kind, r.Definition, r.Entry, r.Today, r.Files)}
	p.Form.Action, p.Form.Submit = v.Base()+"/"+r.Kind.Path, v.Say("records.save")
	heading := "records.new_" + r.Kind.Name
	if !v.Has(heading) {
		heading = "records.new"
	}
	p.New = v.Say(heading)
	if len(p.Form.Inputs) > 0 {
		p.Form.Inputs[0].Focus = len(r.Entry.Problems) == 0
	}
	partners := r.Kind.PartnerName() != "" && v.Roles.Coordinator
	if partners {
		p.Columns = append(p.Columns, column{Label: v.Field("partner")})
	}
	var shown []int
	for i := range r.Kind.Fields {
		f := &r.Kind.Fields[i]
		if f.NoColumn && f.Type != schema.File || f.Name == "evidence" || (f.Name == "adviser" || f.Sensitive) && !v.Roles.Coordinator {
			continue
		}
		shown = append(shown, i)
		p.Columns = append(p.Columns, column{Label: f.LabelIn(v.Messages), Number: f.Type.Number()})
	}
	for _, item := range r.Items {
		row := recordRow{Record: item}
		if partners {
			row.Cells = append(row.Cells, cell{Text: v.partner(r.Definition, item.Partner)})
		}
		for _, i := range shown {
			shown := cell{}
			if f := &r.Kind.Fields[i]; i < len(item.Row) {
				shown.Text = v.cell(f, r.Definition, item.Row[i])
				if id := f.Answer(item.Row[i]); f.Type == schema.File && id != "" {
					shown = v.file(id, r.Files)
				}
			}
			row.Cells = append(row.Cells, shown)
		}
		p.Rows = append(p.Rows, row)
	}
	return "records", p
}

// partner returns the name of a partner of the definition, its id where the definition has it no more, and for "" that
// it is the office.
func (v view) partner(d *project.Definition, id string) string {
	if id == "" {
		return v.Say("uploads.office")
	}
	p, _ := d.Partner(id)
	return cmp.Or(p.Name, id)
}

// partnerInput returns the field by which the office says whose a record is.
func (v view) partnerInput(kind *schema.Kind, d *project.Definition, e Entry) input {
	name := kind.PartnerName()
	in := input{Name: name, Label: v.Field("partner"), As: "select", Value: e.Values[name], Empty: v.Say("uploads.office"), Hint: v.Say("records.partner_hint")}
	for _, p := range e.Problems {
		if p.Field == name {
			in.Errors = append(in.Errors, v.sentence(p))
		}
	}
	listed := in.Value == ""
	for _, p := range d.Partners {
		in.Choices = append(in.Choices, choice{Value: p.ID, Label: p.Name, Chosen: p.ID == in.Value})
		listed = listed || p.ID == in.Value
	}
	if !listed {
		in.Choices = append(in.Choices, choice{Value: in.Value, Label: in.Value, Chosen: true})
	}
	return in
}

type recordPage struct {
	RecordEdit
	Form form
}

func (r RecordEdit) render(v view) (string, any) {
	p := recordPage{RecordEdit: r, Form: v.recordForm(r.Kind, r.Definition, r.Entry, r.Today, r.Files)}
	if r.OnePerson {
		p.Form.Inputs = v.onePerson(r.Kind.PersonKeys(), p.Form.Inputs, r.Entry)
	}
	p.Form.Action, p.Form.Method, p.Form.Submit = v.Base()+"/"+r.Kind.Path+"/"+r.ID, "PUT", v.Say("records.change")
	return "record", p
}

// file returns the name of a file, and a link to it unless it was removed.
func (v view) file(id string, names map[string]string) cell {
	name, kept := names[id]
	if !kept {
		return cell{Text: v.Say("records.file_removed")}
	}
	return cell{Text: name, Href: v.Base() + "/attachments/" + id}
}

// recordForm returns the form of a record, with the names of files by their ids. Only coordinators may name the
// adviser.
func (v view) recordForm(kind *schema.Kind, d *project.Definition, e Entry, today string, files map[string]string) form {
	var without []string
	if !v.Roles.Coordinator {
		without = append(without, "adviser")
	}
	if kind.Separate() {
		e.Person = kind.PersonKeys().First()
	}
	f := form{List: v.Base() + "/" + kind.Path, Entry: e, Inputs: v.inputs(kind, d, e, today, without...)}
	if kind.PartnerName() != "" && v.Roles.Coordinator && len(d.Partners) > 0 {
		f.Inputs = append(f.Inputs, v.partnerInput(kind, d, e))
	}
	for i := range f.Inputs {
		in := &f.Inputs[i]
		in.Complete, in.OneOf = "off", in.OneOf && !kind.Optional
		if in.As == "file" {
			f.Files = v.Base() + "/attachments"
			if in.Value != "" {
				in.Kept = v.file(in.Value, files)
				in.Required = false // by the browser: the one that there is may stay
			}
		}
	}
	switch {
	case !kind.Separate():
	case kind.PersonKeys().Usual():
		f.Input("email").Label, f.Input("pesel").Label = v.Say("records.person_email"), v.Say("records.person_pesel")
		f.Input("first_name").Label, f.Input("first_name").Hint = v.Say("records.person_first_name"), v.Say("records.person_first_name_hint")
	case kind.PersonKeys().Name:
		f.Input("first_name").Hint = v.Say("records.person_name_hint")
		fallthrough
	default:
		if name := f.Input("first_name"); name.Hint == "" {
			name.Label, name.Hint = v.Say("records.person_first_name"), v.Say("records.person_first_name_hint")
		}
	}
	return f
}
