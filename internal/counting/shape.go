package counting

import (
	"fmt"

	"outreach/internal/schema"
)

// A shape is a kind of record as the fold needs it: what it is called there, and where in its rows things stand.
type shape struct {
	*schema.Kind
	number    int
	keys      []int  // the fields of the natural key
	date      int    // -1: a sign-up, which counts from the day of its submission
	places    []int  // 0, 1, 2 …: the order of the kind's fields
	remembers []bool // by field: counting or the natural key looks at it
}

// shapes are the kinds of a registry.
type shapes struct {
	registry   *schema.Registry
	all        []*shape
	signups    *shape
	airings    *shape
	reach      int   // the place of the reach in rows of airings
	attributes []int // the places of people's attributes in rows of sign-ups
}

func newShapes(registry *schema.Registry) *shapes {
	out := &shapes{registry: registry}
	for i, kind := range registry.Kinds {
		s := &shape{Kind: kind, number: i, date: kind.Index("date"), keys: kind.KeyFields()}
		for field := range kind.Fields {
			f := &kind.Fields[field]
			s.places = append(s.places, field)
			s.remembers = append(s.remembers, f.Keep == schema.Open || f.Key)
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

// named finds a kind by the name that rules give it, or by the one that files do.
func (all *shapes) named(name string) *shape {
	for _, s := range all.all {
		if s.Name == name || s.Plural == name {
			return s
		}
	}
	return nil
}

// check refuses a value that the tracker never accepts and counting could not work with: a number or a date that is not in its
// canonical form. It says nothing of values that counting does not look at.
func (s *shape) check(field int, value string) error {
	if f := &s.Fields[field]; value != "" && f.Keep == schema.Open && !f.Canonical(value) {
		return fmt.Errorf("%s with %s that is none", s.Name, f.Name)
	}
	return nil
}

// decimals are the most that a number is given with.
const decimals = 6

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

// A day is a date as one number, 20100721, in the order of the calendar.
type day uint32

// dayOf reads a date that isDay.
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

// months counts months from the year 0 on.
func (d day) months() int { return d.year()*12 + d.month() - 1 }

func (d day) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.year(), d.month(), d.dayOfMonth())
}
