package importer

import (
	"slices"
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Examples returns the two example rows of a kind's template for a project in a language: canonical values in the order
// of the kind's columns, valid on a day. It returns none if a required column has no valid value in the project, such
// as the kind of output where the definition lists none.
func Examples(k *schema.Kind, d *project.Definition, today, language string) []schema.Row {
	e := exemplar{scope: schema.Scope{Definition: d, Today: today}, words: text.Of(language)}
	columns := k.Columns()
	var out []schema.Row
	for n := range 2 {
		row := make(schema.Row, len(columns))
		for i, f := range columns {
			if f.Limits() {
				f = f.With(e.value(k.Field(f.Limited), n))
			}
			row[i] = e.value(f, n)
			if _, problem := f.Parse(row[i], e.scope); problem != nil && !(f.Type == schema.Instant && isDate(row[i])) {
				return nil
			}
		}
		out = append(out, row)
	}
	return out
}

func isDate(value string) bool { _, ok := schema.ParseDay(value, false); return ok }

// exemplar makes up values.
type exemplar struct {
	scope schema.Scope
	words *text.Messages
}

// value returns a valid value for the n-th example; "" if none is required, or none is valid.
func (e exemplar) value(f *schema.Field, n int) string {
	pick := func(values ...string) string { return values[min(n, len(values)-1)] }
	switch f.Type {
	case schema.Date, schema.Instant:
		return e.day(n)
	case schema.TimeOfDay:
		return pick("18:25", "")
	case schema.YesNo:
		return "yes"
	case schema.Email:
		if f.Privacy == schema.Staff {
			return ""
		}
		return pick("przyklad-1@example.org", "przyklad-2@example.org")
	case schema.Pesel:
		return "" // any valid one may be that of a real person
	case schema.Choice:
		options := f.Options(e.scope.Definition)
		if len(options) == 0 {
			return ""
		}
		return options[min(n, len(options)-1)].ID
	case schema.Whole, schema.Decimal:
		return e.figure(f, n)
	}
	if f.Example[n] != "" {
		return f.Example[n]
	}
	switch f.Name {
	case "title", "topic":
		return e.words.Say("blank.example", "n", n+1)
	case "kind":
		return e.words.Say(pick("blank.kind_1", "blank.kind_2"))
	case "outlet":
		return e.words.Say("blank.outlet")
	case "first_name":
		return pick("Anna", "Jan")
	case "last_name":
		return e.words.Say("blank.last_name")
	}
	if f.Required {
		return e.words.Say("blank.example", "n", n+1)
	}
	return ""
}

// day returns the last day of the project so far; for the second example the day before, if it is in the period.
func (e exemplar) day(n int) string {
	period := e.scope.Definition.Period
	day := e.scope.Today
	if period.To != "" && period.To < day {
		day = period.To
	}
	before, err := time.Parse(time.DateOnly, day)
	if err != nil || n == 0 {
		return day
	}
	if earlier := before.AddDate(0, 0, -1).Format(time.DateOnly); earlier >= period.From {
		return earlier
	}
	return day
}

// figure returns a plausible number that the column allows; "" if none is required.
func (e exemplar) figure(f *schema.Field, n int) string {
	value := f.Example[n]
	if value == "" && !f.Required {
		return ""
	}
	if _, problem := f.Parse(value, e.scope); problem != nil || value == "" {
		if !f.OfPeople() && f.Max < 1 {
			return schema.Number(f.Max)
		}
		return schema.Number(max(f.Min, 1))
	}
	return value
}

// examples finds the rows of a file that are examples of our own templates, in any language.
type examples struct {
	rows  []example
	where []int // the places in the row that are compared, those of texts first
	email bool  // the e-mail address of a person outside the row is compared
	below int   // the row of the header
}

type example struct {
	n     int // 0 or 1
	email string
	name  string // the key of names
	row   schema.Row
	text  bool // a text of it tells it from a real row
}

// examplesFor returns the examples that a file with a layout may have. Dates are not compared, nor what is of a list of
// the definition, such as activities: a template has those of its day.
func examplesFor(l *layout, scope schema.Scope, below int) examples {
	e := examples{below: below}
	var others []int
	distinct := map[int]bool{}
	for _, c := range l.columns {
		switch {
		case c.field == nil || c.twice || c.place < 0 && c.field != &schema.EmailField:
		case c.place < 0:
			e.email = true
		case c.field.Type == schema.Date || c.field.Type == schema.Instant || isOfDefinition(c.field, scope):
		case c.field.Type == schema.Text || c.field.Type == schema.Email:
			e.where = append(e.where, c.place)
			distinct[c.place] = true
		default:
			others = append(others, c.place)
		}
	}
	e.where = append(e.where, others...)
	columns := l.kind.Columns()
	for _, language := range text.Languages() {
		for n, values := range Examples(l.kind, scope.Definition, scope.Today, language) {
			x := example{n: n, row: make(schema.Row, len(l.kind.Fields))}
			x.name = l.kind.PersonKeys().Of(func(field string) string {
				if i := slices.IndexFunc(columns, func(f *schema.Field) bool { return f.Name == field }); i >= 0 {
					return values[i]
				}
				return ""
			}).Key(project.KeyName)
			for i, f := range columns {
				place := l.kind.Index(f.Name)
				switch {
				case f == &schema.EmailField:
					x.email = values[i]
					x.text = x.text || e.email
				case place >= 0:
					x.row[place] = values[i]
					x.text = x.text || distinct[place] && values[i] != ""
				}
			}
			e.rows = append(e.rows, x)
		}
	}
	return e
}

// isOfDefinition reports whether a field takes the options of a list in the definition.
func isOfDefinition(f *schema.Field, s schema.Scope) bool {
	return f.Type == schema.Choice && slices.ContainsFunc(f.Options(s.Definition), func(o schema.Option) bool { return o.Own })
}

// has reports whether a valid row is an example. One without a text of its own is one only where the template has it,
// right below the header.
func (e *examples) has(number int, entry *schema.Entry) bool {
	for i := range e.rows {
		x := &e.rows[i]
		if e.equal(x, entry) && (x.text || number == e.below+1+x.n) {
			return true
		}
	}
	return false
}

func (e *examples) equal(x *example, entry *schema.Entry) bool {
	for _, place := range e.where {
		if entry.Row[place] != x.row[place] {
			return false
		}
	}
	who := &entry.Person
	if e.email && who.Email != x.email || who.Pesel != "" || who.Further.With(project.KeyName, "") != "" {
		return false
	}
	name := who.Key(project.KeyName)
	return name == "" || name == x.name
}
