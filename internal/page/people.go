package page

import (
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// People is the page of the search for people, or of the list of probable duplicates.
type People struct {
	Query      string
	Items      []PersonItem
	Duplicates bool // the list is one of probable duplicates
	Pairs      []Pair
	Many       bool   // there are so many people that pairs are looked for at night only
	Day        string // of the last search, "" where there was none yet
	Next       string // the address of the next page, or ""
	Keys       *schema.Keys
	Incomplete bool // the definition says what a complete participant has
}

type peoplePage struct {
	People
	Columns []string // the labels of the keys
}

// Cells returns the keys of a person in the order of the columns.
func (p peoplePage) Cells(one PersonItem) []string {
	var out []string
	for _, f := range p.Keys.Shown() {
		switch f.Name {
		case schema.EmailField.Name:
			out = append(out, one.Email)
		case schema.PeselField.Name:
			out = append(out, one.Pesel)
		default:
			out = append(out, one.Further.Get(f.Name))
		}
	}
	return out
}

// PersonItem is one person of a list.
type PersonItem struct {
	ID, Name, Email, Pesel string
	Key                    string // what a person without a name is called by
	Further                schema.Further
}

// Called returns the person's name, or else their e-mail address, another key or the id.
func (p PersonItem) Called() string {
	for _, name := range []string{p.Name, p.Email, p.Key, p.Pesel} {
		if name != "" {
			return name
		}
	}
	return p.ID
}

// Pair is two probable duplicates and the reason.
type Pair struct {
	A, B PersonItem
	Why  string
}

func (p People) render(v view) (string, any) {
	out := peoplePage{People: p}
	for _, f := range p.Keys.Shown() {
		out.Columns = append(out.Columns, f.LabelIn(v.Messages))
	}
	return "people", out
}

// Identity returns a kind with the fields of the form that corrects a person's identity.
func Identity(keys *schema.Keys) *schema.Kind {
	return keys.Identity(schema.Field{Name: "first_name", Longest: 100}, schema.Field{Name: "last_name", Longest: 100})
}

// Person is the page of everything stored about one person.
type Person struct {
	Person      PersonItem
	Facts       []Fact // further keys and the phone
	Signups     []SignupItem
	Records     []PersonRecord
	Definition  *project.Definition
	Export      string // the address of the subject-access export
	Names       Entry  // of the correction form
	Attributes  Entry  // of the form that corrects attributes; its values are those that count
	Corrections []Corrected
	Entry       Entry // of the merge form
}

// Fact is a labelled value.
type Fact struct{ Label, Value string }

// PersonRecord is one record about a person.
type PersonRecord struct {
	Kind   *schema.Kind
	ID     string // of a typed record, or ""
	Upload string // the file it came in, or ""
	Row    schema.Row
}

// Corrected is a correction of attributes.
type Corrected struct {
	At      string // RFC 3339
	Values  schema.Values
	Cleared []string
	Reason  string
}

type personPage struct {
	Person
	Form  form
	About form // the attributes
	Story []event
}

// event is a line of a person's timeline.
type event struct{ Day, When, Kind, Title, State, Says, Href string }

func (p Person) render(v view) (string, any) {
	out := personPage{Person: p, Story: p.story(v)}
	out.Form = form{Action: v.Base() + "/people/" + p.Person.ID, Method: "PUT", Submit: v.Say("people.correct"), Entry: p.Names, Inputs: v.inputs(Identity(schema.For(p.Definition).Keys), p.Definition, p.Names, "")}
	for i := range out.Form.Inputs {
		out.Form.Inputs[i].Complete = "off"
	}
	out.About = form{Action: v.Base() + "/people/" + p.Person.ID + "/attributes", Method: "PUT", Submit: v.Say("people.correct"), Entry: p.Attributes}
	for _, f := range schema.For(p.Definition).Attributes() {
		one := *f
		one.Required = false
		out.About.Inputs = append(out.About.Inputs, v.input(&one, p.Definition, p.Attributes, ""))
	}
	reason := schema.Field{Name: "reason"}
	out.About.Inputs = append(out.About.Inputs, v.input(&reason, p.Definition, p.Attributes, ""))
	return "person", out
}

// story returns the person's sign-ups and records as a timeline, the oldest first.
func (p Person) story(v view) []event {
	var out []event
	for _, s := range p.Signups {
		day, _, _ := strings.Cut(s.SubmittedAt, "T")
		out = append(out, event{
			Day: day, When: v.When(s.SubmittedAt), Kind: v.Say("kind.signup"), Title: p.Named(s.Activity, v.Texts()), State: s.State,
			Says: joined(" · ", v.says(schema.For(p.Definition).Kind(schema.Signup), p.Definition, s.Row, "activity", "submitted_at", "first_name", "last_name", "locale"), v.agreed(s.Consent)), Href: v.Base() + "/signups?activity=" + s.Activity,
		})
		if _, there := p.Definition.Activity(s.Activity); !there {
			out[len(out)-1].Href = v.Base() + "/signups"
		}
	}
	for _, r := range p.Records {
		day := r.Kind.Get(r.Row, "date")
		e := event{Day: day, When: v.Date(day), Kind: r.Kind.LabelIn(v.Messages, schema.One), Title: p.Named(r.Kind.Get(r.Row, "activity"), v.Texts()), Says: v.says(r.Kind, p.Definition, r.Row, "date", "activity")}
		switch {
		case r.ID != "":
			e.Href = v.Base() + "/" + r.Kind.Path + "/" + r.ID
		case r.Upload != "":
			e.Href = v.Base() + "/uploads/" + r.Upload
		}
		out = append(out, e)
	}
	kind := schema.For(p.Definition).Kind(schema.Signup)
	for _, c := range p.Corrections {
		day, _, _ := strings.Cut(c.At, "T")
		says := v.says(kind, p.Definition, kind.Row(c.Values))
		for _, name := range c.Cleared {
			says = joined(" · ", says, v.Say("people.taken_away", "field", v.attribute(kind, name)))
		}
		out = append(out, event{Day: day, When: v.When(c.At), Kind: v.Say("people.attributes_corrected"), Says: joined(" · ", says, c.Reason)})
	}
	slices.SortStableFunc(out, func(a, b event) int { return strings.Compare(a.Day, b.Day) })
	return out
}

// attribute returns the label of an attribute, its name where the project has it no longer.
func (v view) attribute(kind *schema.Kind, name string) string {
	if f := kind.Field(name); f != nil {
		return f.LabelIn(v.Messages)
	}
	return name
}

// Named returns an activity's label.
func (p Person) Named(activity, language string) string {
	return Signups{Definition: p.Definition}.Named(activity, language)
}

// says returns a record as one line of labels and values, without some fields.
func (v view) says(kind *schema.Kind, d *project.Definition, row schema.Row, without ...string) string {
	var said []string
	for i := range kind.Fields {
		f := &kind.Fields[i]
		if i < len(row) && row[i] != "" && !slices.Contains(without, f.Name) {
			said = append(said, f.LabelIn(v.Messages)+": "+v.cell(f, d, row[i]))
		}
	}
	return strings.Join(said, " · ")
}

// Merge is the preview of a merge: two people side by side, and the one they become.
type Merge struct {
	From, Into, One Person
	Collisions      []Collision
	TwoPesels       bool // both have a PESEL
}

// Collision is a sign-up or record that both have, and that one person can have only once.
type Collision struct{ Kind, Activity, Date string }

type mergePage struct {
	Merge
	Rows       []mergeRow
	Collisions []Link
}

type mergeRow struct{ Label, From, Into, One string }

func (m Merge) render(v view) (string, any) {
	out := mergePage{Merge: m}
	row := func(label string, value func(Person) string) {
		if r := (mergeRow{label, value(m.From), value(m.Into), value(m.One)}); r.From+r.Into+r.One != "" {
			out.Rows = append(out.Rows, r)
		}
	}
	row(v.Say("people.name"), func(p Person) string { return p.Person.Name })
	row(v.Field("email"), func(p Person) string { return p.Person.Email })
	row(v.Field("pesel"), func(p Person) string { return p.Person.Pesel })
	var labels []string
	for _, p := range []Person{m.From, m.Into} {
		for _, f := range p.Facts {
			if !slices.Contains(labels, f.Label) {
				labels = append(labels, f.Label)
			}
		}
	}
	for _, label := range labels {
		row(label, func(p Person) string {
			var values []string
			for _, f := range p.Facts {
				if f.Label == label {
					values = append(values, f.Value)
				}
			}
			return strings.Join(values, ", ")
		})
	}
	row(v.Say("section.signups"), func(p Person) string { return v.Number(len(p.Signups)) })
	row(v.Say("people.records"), func(p Person) string { return v.Number(len(p.Records)) })
	for _, c := range m.Collisions {
		one := Link{Label: v.Say("people.collide_record", "kind", v.Kind(c.Kind), "activity", m.One.Named(c.Activity, v.Texts()), "date", v.Date(c.Date))}
		if c.Kind == schema.Signup {
			one = Link{Label: v.Say("people.collide_signup", "activity", m.One.Named(c.Activity, v.Texts())), Href: v.Base() + "/signups?activity=" + c.Activity}
		}
		out.Collisions = append(out.Collisions, one)
	}
	return "merge", out
}

// Erasure is the preview of an erasure: how much it deletes and how much stays.
type Erasure struct {
	Person      PersonItem
	Export      string // the address of the subject-access export
	Goes, Stays []Number
	Figures     []TouchedFigure
}

// Number is a number of things. Its name is the last part of a key of messages, erasure.*.
type Number struct {
	Name string
	N    int
}

// TouchedFigure is a figure that may change when a person's attributes are deleted.
type TouchedFigure struct {
	Code      string // "" of the participants
	Label     project.Text
	Rule      bool // the rule asks for attributes
	Breakdown bool // it is broken down by them
}

func (e Erasure) render(view) (string, any) { return "erasure", e }
