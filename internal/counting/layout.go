package counting

import (
	"fmt"

	"outreach/internal/schema"
)

// kindLayout is a kind of record as the fold needs it: its number, and the indexes of its fields in a row.
type kindLayout struct {
	*schema.Kind
	number int    // among all kinds
	keys   []int  // the fields of the natural key
	date   int    // -1: a sign-up, which counts from the day of its submission
	places []int  // 0, 1, 2 …: the order of the kind's fields
	keeps  []bool // by field: counting or the natural key uses it, so the fold keeps its values
}

// layouts are the layouts of all kinds of a registry.
type layouts struct {
	registry   *schema.Registry
	all        []*kindLayout
	signups    *kindLayout
	airings    *kindLayout
	reach      int   // the index of the reach in rows of airings
	attributes []int // the indexes of people's attributes in rows of sign-ups
}

func newLayouts(registry *schema.Registry) *layouts {
	out := &layouts{registry: registry}
	for i, kind := range registry.Kinds {
		s := &kindLayout{Kind: kind, number: i, date: kind.Index("date"), keys: kind.KeyFields()}
		for field := range kind.Fields {
			f := &kind.Fields[field]
			s.places = append(s.places, field)
			s.keeps = append(s.keeps, f.Counts())
		}
		out.all = append(out.all, s)
	}
	out.signups, out.airings = out.named(schema.Signup), out.named(schema.Media)
	out.reach = out.airings.Index("reach")
	for _, f := range registry.Attributes() {
		out.attributes = append(out.attributes, out.signups.Index(f.Name))
	}
	return out
}

// named finds a kind by its name or its plural. It returns nil if there is none.
func (all *layouts) named(name string) *kindLayout {
	for _, s := range all.all {
		if s.Name == name || s.Plural == name {
			return s
		}
	}
	return nil
}

// check fails if a value that counting uses is not in the canonical form of its field. The tracker never accepts such a
// value.
func (s *kindLayout) check(field int, value string) error {
	if f := &s.Fields[field]; value != "" && f.Privacy == schema.Open && !f.Canonical(value) {
		return fmt.Errorf("%s: the %s is not in canonical form", s.Name, f.Name)
	}
	return nil
}

// needsPerson reports whether every record is about a person. Those of a project's own kind may have none: it may
// say so, or have said so before.
func (s *kindLayout) needsPerson() bool { return s.Person && !s.SharesRoutes() }

// decimals is the limit of decimals of a number.
const decimals = 6

// isDay reports whether a text is a date, YYYY-MM-DD.
func isDay(text string) bool {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return false
	}
	for i := range len(text) {
		if i != 4 && i != 7 && (text[i] < '0' || text[i] > '9') {
			return false
		}
	}
	d := dayOf(text)
	return d.month() >= 1 && d.month() <= 12 && d.dayOfMonth() >= 1 && d.dayOfMonth() <= daysIn(d.year(), d.month())
}

func daysIn(year, month int) int {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	default:
		return 31
	}
}

// day is a date as one number, 20100721, so that days compare in the order of the calendar.
type day uint32

// dayOf parses a date for which isDay is true.
func dayOf(text string) (d day) {
	for i := range len(text) {
		if i != 4 && i != 7 {
			d = d*10 + day(text[i]-'0')
		}
	}
	return d
}

func (d day) year() int       { return int(d / 10000) }
func (d day) month() int      { return int(d / 100 % 100) }
func (d day) dayOfMonth() int { return int(d % 100) }

// months returns the number of months since the year 0.
func (d day) months() int { return d.year()*12 + d.month() - 1 }

func (d day) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.year(), d.month(), d.dayOfMonth())
}
