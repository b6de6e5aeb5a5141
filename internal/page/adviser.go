package page

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// Advice is an adviser's own page: the form for the next consultation, with the choices of the last one, and the list
// of theirs. One field names the person. It posts to /{project}/consultations.
type Advice struct {
	Kind        *schema.Kind
	Definition  *project.Definition
	Entry       Entry
	Today       string
	Month       string       // the present month, or the project's last one, YYYY-MM
	Suggestions []Suggestion // people who were advised before
	Which       []Suggestion // the people who may be meant by what was typed: the form asks which one
	Saved       []Record     // the record that was just saved, or none
	Items       []Record
	Next        string
	Files       map[string]string // the names of files by their ids
}

// Suggestion is a person whom the reader has advised. The hint distinguishes people of one name.
type Suggestion struct{ ID, Name, Hint string }

type advicePage struct {
	Advice
	Form    form
	Columns []column
	Rows    []recordRow
	Said    string // the message on the record that was just saved
}

func (a Advice) render(v view) (string, any) {
	f := v.recordForm(a.Kind, a.Definition, a.Entry, a.Today, a.Files)
	f.Action, f.Submit = v.Base()+"/"+a.Kind.Path, v.Say("records.save")
	f.Inputs = v.onePerson(a.Kind.PersonKeys(), f.Inputs, a.Entry)
	who := f.Input("person")
	who.List, who.Focus = "advised", len(a.Entry.Problems) == 0
	if len(a.Saved) > 0 {
		who.Beside = "saved"
	}
	list := Records{Kind: a.Kind, Definition: a.Definition, Entry: a.Entry, Today: a.Today, Items: a.Items, Files: a.Files}
	_, rendered := list.render(v)
	p := advicePage{Advice: a, Form: f, Columns: rendered.(recordsPage).Columns, Rows: rendered.(recordsPage).Rows}
	for _, saved := range a.Saved {
		parts := []string{saved.Who}
		for _, name := range []string{"date", "field", "form"} {
			if i := a.Kind.Index(name); i >= 0 {
				parts = append(parts, v.cell(&a.Kind.Fields[i], a.Definition, saved.Row[i]))
			}
		}
		p.Said = v.Say("advice.saved", "what", strings.Join(append(parts, v.minutes(a.Kind.Get(saved.Row, "minutes"))), ", "))
	}
	return "advice", p
}

// onePerson replaces the key fields of a person by one field.
func (v view) onePerson(keys *schema.Keys, inputs []input, e Entry) []input {
	who := input{Name: "person", Label: v.Say("signups.person"), Hint: v.Say("advice.person_hint", "list", v.keyLabels(keys)), Value: e.Values["person"], As: "text", Complete: "off", Required: true}
	for _, p := range e.Problems {
		if p.Field == "person" || strings.HasPrefix(p.Field, "person.") {
			who.Errors = append(who.Errors, v.sentence(p))
		}
	}
	out := []input{who}
	for _, in := range inputs {
		if keys.Field(in.Name) == nil && !slices.ContainsFunc(formNames(keys), func(f *schema.Field) bool { return f.Name == in.Name }) {
			out = append(out, in)
		}
	}
	return out
}

// keyLabels returns the labels of keys that have a field.
func (v view) keyLabels(keys *schema.Keys) []string {
	var out []string
	for _, f := range keys.Fields {
		out = append(out, f.LabelIn(v.Messages))
	}
	return out
}

// minutes returns a number of minutes in words.
func (v view) minutes(value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value
	}
	return v.Count("advice.minutes", n)
}

// MonthSheet is one adviser's month, for printing: the consultations, their sums, and a place to sign. Its form asks
// for another month, and coordinators for another adviser.
type MonthSheet struct {
	Kind       *schema.Kind
	Definition *project.Definition
	Month      string // YYYY-MM
	Last       string // the present month, or the project's last one
	Adviser    string // e-mail address; "" where a coordinator has named none yet
	Asked      string // the adviser's address as typed
	Problems   []schema.Problem
	Items      []Record
	Total      MonthSum
	ByField    []MonthSum
}

// MonthSum is how many consultations there were, and for how long.
type MonthSum struct {
	Field   string
	Records int
	Minutes int64
}

// Hours returns the minutes as h:mm.
func (s MonthSum) Hours() string {
	return strconv.FormatInt(s.Minutes/60, 10) + ":" + strconv.FormatInt(s.Minutes%60+100, 10)[1:]
}

type monthSheetPage struct {
	MonthSheet
	Form           form
	Rows           []recordRow
	Before, After  string // the months before and after, "" outside the project or in the future
	FieldSums      []namedSum
	Title, Funding string
}

type namedSum struct {
	Name string
	MonthSum
}

// sheetColumns are the fields of a month sheet, in the order of its columns.
var sheetColumns = []string{"date", "field", "form", "minutes", "topic"}

func (s MonthSheet) render(v view) (string, any) {
	p := monthSheetPage{MonthSheet: s, Title: s.Definition.Title.In(v.Texts()), Funding: s.Definition.Programme.In(v.Texts())}
	month := input{Name: "month", Label: v.Field("month"), Value: s.Month, As: "month", Required: true}
	who := input{Name: "adviser", Label: v.Field("adviser"), Value: s.Asked, As: "email", Complete: "off", Required: true, Focus: s.Adviser == ""}
	for _, problem := range s.Problems {
		in := &month
		if problem.Field == who.Name {
			in = &who
		}
		in.Errors = append(in.Errors, v.sentence(problem))
	}
	p.Form = form{Action: v.Base() + "/" + s.Kind.Path + "/sheet", Submit: v.Say("list.show"), Entry: Entry{Problems: s.Problems}, Inputs: []input{month}}
	if v.Roles.Coordinator {
		p.Form.Inputs = append(p.Form.Inputs, who)
	}
	if first, err := time.Parse("2006-01", s.Month); err == nil {
		before, after := first.AddDate(0, -1, 0).Format("2006-01"), first.AddDate(0, 1, 0).Format("2006-01")
		if before >= s.Definition.Period.From[:len(before)] {
			p.Before = before
		}
		if after <= s.Last {
			p.After = after
		}
	}
	for _, item := range s.Items {
		row := recordRow{Record: item}
		for _, name := range sheetColumns {
			i := s.Kind.Index(name)
			row.Cells = append(row.Cells, cell{Text: v.cell(&s.Kind.Fields[i], s.Definition, item.Row[i])})
		}
		p.Rows = append(p.Rows, row)
	}
	field := &s.Kind.Fields[s.Kind.Index("field")]
	for _, sum := range s.ByField {
		p.FieldSums = append(p.FieldSums, namedSum{Name: v.cell(field, s.Definition, sum.Field), MonthSum: sum})
	}
	return "month-sheet", p
}
