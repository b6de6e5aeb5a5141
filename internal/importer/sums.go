package importer

import (
	"bytes"
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/schema"
)

// Summed is a field whose values are added where rows of a file have the same natural key.
type Summed struct {
	Field *schema.Field
	// Durations is whether the values are hours that were written in minutes or seconds. They are added as such: three
	// times twenty minutes are an hour, though each is 0.333333 hours.
	Durations bool
}

// Sums adds up the rows of a file with the same natural key: the first one becomes a record with the sums, the others
// are none. All rows are added with Add, and then, after Group, their values with Take; from then on Apply gives the
// records. It stores 24 bytes for each row until Group, and a little more for those that are added up.
type Sums struct {
	kind    *schema.Kind
	mapping *Mapping
	fields  []summed
	keys    []keyed
	members []member // of groups of several rows, by place
	places  []int    // the same, by group
	groups  []together
}

type summed struct {
	Summed
	place int
	units int64 // that an amount of 1 has
}

type keyed struct {
	key   [16]byte
	place int
}

type member struct{ place, group int }

type together struct {
	from, rows int // its rows among the places
	amounts    []amount
}

// amount is a sum in whole numbers and units. Whole numbers end at mostWhole, which is out of the range of each field.
type amount struct {
	whole, units int64
	given        bool
}

const (
	millionths = 1_000_000
	// centiseconds are the units of an hour. Hours with six decimals give each of them, so each whole second and each
	// hundredth of a minute, exactly.
	centiseconds = 360_000
	mostWhole    = 1_000_000_000_000_000_000
)

// NewSums returns the sums of a file that was read by a mapping, nil if it adds up nothing.
func NewSums(m *Mapping) *Sums {
	if m == nil || len(m.Sum) == 0 {
		return nil
	}
	s := &Sums{kind: m.Kind, mapping: m}
	for _, f := range m.Sum {
		one := summed{f, m.Kind.Index(f.Field.Name), millionths}
		if f.Durations {
			one.units = centiseconds
		}
		s.fields = append(s.fields, one)
	}
	return s
}

// Add adds a row, by its place and a hash of its natural key.
func (s *Sums) Add(place int, key [16]byte) { s.keys = append(s.keys, keyed{key, place}) }

// Group finds the rows with the same natural key, when all were added.
func (s *Sums) Group() {
	slices.SortFunc(s.keys, func(a, b keyed) int {
		return cmp.Or(bytes.Compare(a.key[:], b.key[:]), cmp.Compare(a.place, b.place))
	})
	for i := 0; i < len(s.keys); {
		end := i + 1
		for end < len(s.keys) && s.keys[end].key == s.keys[i].key {
			end++
		}
		if end-i > 1 {
			for _, k := range s.keys[i:end] {
				s.members = append(s.members, member{k.place, len(s.groups)})
				s.places = append(s.places, k.place)
			}
			s.groups = append(s.groups, together{len(s.places) - (end - i), end - i, make([]amount, len(s.fields))})
		}
		i = end
	}
	s.keys = nil
	slices.SortFunc(s.members, func(a, b member) int { return cmp.Compare(a.place, b.place) })
}

// of returns the group that a line is of, nil if it is alone.
func (s *Sums) of(l Line) *together {
	if l.Entry.Row == nil {
		return nil
	}
	at, is := slices.BinarySearchFunc(s.members, l.Place(), func(m member, place int) int { return cmp.Compare(m.place, place) })
	if !is {
		return nil
	}
	return &s.groups[s.members[at].group]
}

// first returns the place of a group's first row.
func (s *Sums) first(g *together) int { return s.places[g.from] }

// Take adds the values of a line to those of its group.
func (s *Sums) Take(l Line) {
	g := s.of(l)
	if g == nil {
		return
	}
	for i, f := range s.fields {
		g.amounts[i].add(l.Entry.Row[f.place], f.units)
	}
}

// add adds a number in canonical form; none changes nothing.
func (a *amount) add(value string, per int64) {
	if value == "" {
		return
	}
	a.given = true
	number, negative := strings.CutPrefix(value, "-")
	whole, decimals, _ := strings.Cut(number, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return // a canonical number has at most sixteen digits
	}
	rest, _ := strconv.ParseInt((decimals + "000000")[:6], 10, 64)
	rest = (rest*per + millionths/2) / millionths // to the nearest unit
	if negative {
		n, rest = -n, -rest
	}
	a.whole, a.units = min(max(a.whole+n, -mostWhole), mostWhole), a.units+rest
}

// text returns the sum as a number with at most six decimals, "" if nothing was added.
func (a amount) text(per int64) string {
	if !a.given {
		return ""
	}
	sum := new(big.Rat).Add(new(big.Rat).SetInt64(a.whole), big.NewRat(a.units, per))
	text := strings.TrimSuffix(strings.TrimRight(sum.FloatString(6), "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}

// Apply writes the sums into a line, and reports whether it is a record: the first one of its group, or alone.
func (s *Sums) Apply(l Line) bool {
	g := s.of(l)
	switch {
	case g == nil:
		return true
	case s.first(g) != l.Place():
		return false
	}
	for i, f := range s.fields {
		l.Entry.Row[f.place] = g.amounts[i].text(f.units)
	}
	return true
}

// Check looks at the sums of a line, to which Apply was applied, as at the values of a row. It adds what is wrong to
// wrong, and sums that are unlikely to warnings.
func (s *Sums) Check(l Line, checked Checked, scope schema.Scope, wrong, warnings *Findings) {
	g := s.of(l)
	if g == nil || s.first(g) != l.Place() {
		return
	}
	scope.Loose = false
	row := l.Entry.Row
	finding := func(field string, p schema.Problem, value string) CellError {
		e := CellError{Sheet: checked.Sheet(l), Row: l.Row, Column: s.mapping.nameOf(field), Code: p.Code, Hint: p.Hint, Value: shown(s.kind.Field(field), value), Args: p.Args, Options: p.Options}
		for _, place := range s.places[g.from : g.from+min(g.rows, ListedRows)] {
			e.Rows = append(e.Rows, At(place).Row)
		}
		e.Count = g.rows
		return e
	}
	var problems []schema.Problem
	for _, f := range s.fields {
		limited := f.Field
		if limited.Limits() {
			limited = limited.With(s.kind.Get(row, limited.Limited))
		}
		if row[f.place] == "" {
			continue
		}
		if _, problem := limited.Parse(row[f.place], scope); problem != nil {
			if problem.Code == schema.OutOfRange && problem.Hint == "" {
				problem.Hint = "sum"
			}
			problems = append(problems, *problem)
		} else if days, unlikely := tooManyHours(scope.Definition, s.kind, f.Field, row, row[f.place]); unlikely {
			warnings.Warn(finding(f.Field.Name, schema.Problem{Code: schema.Unlikely, Hint: "hours", Args: map[string]string{"days": strconv.Itoa(days)}}, row[f.place]))
		}
	}
	problems = append(problems, s.kind.CheckRow(row, problems)...)
	for _, p := range problems {
		wrong.Add(finding(p.Field, p, s.kind.Get(row, p.Field)))
	}
}

// Warn names the rows that were added to another one.
func (s *Sums) Warn(checked Checked, warnings *Findings) {
	for _, m := range s.members {
		if s.first(&s.groups[m.group]) != m.place {
			at := At(m.place)
			warnings.Warn(CellError{Sheet: checked.Sheet(at), Row: at.Row, Code: schema.Summed})
		}
	}
}
