package indicator

import (
	"fmt"
	"strconv"
	"strings"

	"outreach/internal/kinds"
	"outreach/internal/media"
	"outreach/internal/record"
	"outreach/internal/signup"
)

// A shape is a kind of record as the fold needs it: what it is called there, and where in its rows things stand.
type shape struct {
	*record.Kind
	number    int
	keys      []int  // the fields of the natural key
	date      int    // -1: a sign-up, which counts from the day of its submission
	remembers []bool // by field: counting or the natural key looks at it
}

var (
	shapes     = makeShapes()
	signups    = shapeOf(signup.Kind.Name)
	airings    = shapeOf(media.Kind.Name)
	attributes = placesOf(&signup.Kind, record.Attributes)
)

func makeShapes() []*shape {
	out := make([]*shape, len(kinds.All))
	for i, kind := range kinds.All {
		s := &shape{Kind: kind, number: i, date: kind.Index("date")}
		for field := range kind.Fields {
			f := &kind.Fields[field]
			if f.Key {
				s.keys = append(s.keys, field)
			}
			s.remembers = append(s.remembers, f.Keep == record.Open || f.Key)
		}
		out[i] = s
	}
	return out
}

// shapeOf finds a kind by the name that rules give it, or by the one that files do.
func shapeOf(name string) *shape {
	for _, s := range shapes {
		if s.Name == name || s.Plural == name {
			return s
		}
	}
	return nil
}

func placesOf(kind *record.Kind, names []string) (places [7]int) {
	for i, name := range names {
		places[i] = kind.Index(name)
	}
	return places
}

// check refuses what no door of the tracker lets in and counting could not do with: numbers and dates not in their
// canonical text. A row may be shorter than the kind is today; the fields that came later were not given.
func (s *shape) check(row record.Row) error {
	if len(row) > len(s.Fields) {
		return fmt.Errorf("%s with %d values, there are %d fields", s.Name, len(row), len(s.Fields))
	}
	for i, value := range row {
		f := &s.Fields[i]
		if value == "" || f.Keep != record.Open {
			continue
		}
		ok := true
		switch f.Type {
		case record.Date:
			ok = isDay(value)
		case record.Whole:
			ok = isWhole(value)
		case record.Decimal:
			ok = isDecimal(value)
		}
		if !ok {
			return fmt.Errorf("%s with %s that is none", s.Name, f.Name)
		}
	}
	if s.date >= 0 && (s.date >= len(row) || row[s.date] == "") {
		return fmt.Errorf("%s without a date", s.Name)
	}
	return nil
}

// decimals are the most that a number is given with.
const decimals = 6

func isWhole(text string) bool {
	if len(text) == 0 || len(text) > 16 || text[0] == '0' && len(text) > 1 {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

func isDecimal(text string) bool {
	if isWhole(text) {
		return true
	}
	if text == "" || text[0] < '0' || text[0] > '9' {
		return false
	}
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && record.Number(n) == text && len(text)-strings.IndexByte(text, '.')-1 <= decimals
}

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
