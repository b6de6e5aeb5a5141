// Package record is what the six kinds of record have in common. A kind is a table of fields (names, types, limits,
// lists, what identifies a record, what may leave the people table) and the rules between them; the JSON bodies, web
// forms, files, natural keys, variables of counting rules and stored rows are all derived from that one table.
package record

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"outreach/internal/project"
)

// Type is how a field's value is written and compared.
type Type int

// The types of fields. Every value has one canonical text, which is what rows hold: 2010-07-21, 18:25, an RFC 3339
// instant in UTC, 12500, 7.5, the English id of a list's value, yes or no; "" where nothing was given.
const (
	Text Type = iota
	Date
	Clock
	Instant
	Whole
	Decimal
	List
	YesNo
	Email
	Pesel
)

// Keep is where a field's value may be kept (rule 5: who someone is stays in one place).
type Keep int

// Open values stand in facts, checkpoints and snapshots. A Sealed value tells a story: outside the people table and the
// uploaded original there is only its keyed hash. Who says who a participant is, and stands in the people table alone.
// Staff names a member of the staff: outside the people table stands their random id.
const (
	Open Keep = iota
	Sealed
	Who
	Staff
)

// Field is one field of a kind of record.
type Field struct {
	Name     string  // in JSON, in rules, and as a column
	Polish   string  // as a column
	Type     Type    // how it is written
	Keep     Keep    // where it may stand
	Required bool    // it must be given
	Key      bool    // it is part of the natural key
	Min, Max float64 // of numbers, both allowed; Max 0: the population of the region
	Year     bool    // the number is a year: none after today's is allowed
	Longest  int     // of texts, in characters; 0: DefaultLongest
	Options  func(*project.Definition) []Option
	NoColumn bool // not a column of files
}

// DefaultLongest is the longest text of a field that names no other limit, in characters.
const DefaultLongest = 300

// Option is one value of a list.
type Option struct {
	ID    string
	Label project.Text
	Also  []string // other ways to write it
	Own   bool     // it is one of the definition's
}

// spellings are all ways to write the option.
func (o *Option) spellings() iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(o.ID) {
			return
		}
		for _, label := range o.Label {
			if !yield(label) {
				return
			}
		}
		slices.Values(o.Also)(yield)
	}
}

// Kind is one kind of record.
type Kind struct {
	Name   string // signup, consultation, attendance, test, output, media: as rules say `of`
	Plural string // signups, consultations, attendance, tests, outputs, media: as addresses and files say
	Person bool   // it is about a person, whom a file names by the columns email and pesel
	Fields []Field
	Check  func(get func(field string) string, s Scope) []Problem // the rules between fields; nil: there are none
}

// Scope is what a value is checked against.
type Scope struct {
	Definition *project.Definition
	Today      string // the day of receipt in the project's time zone: nothing may be dated after it
	Loose      bool   // written by people (files, web forms), not by programs: other spellings are taken too
}

// Row is a record's values in the order of its kind's fields, each in its canonical text.
type Row []string

// Index is a field's place in rows, or -1.
func (k *Kind) Index(name string) int {
	for i := range k.Fields {
		if k.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Get gives a row's value of the named field, "" where the kind has no such field.
func (k *Kind) Get(r Row, name string) string {
	if i := k.Index(name); i >= 0 && i < len(r) {
		return r[i]
	}
	return ""
}

// Same is the form in which two values are compared where case and outer spaces do not matter.
func Same(value string) string { return strings.ToLower(strings.TrimSpace(value)) }

// Unmarked writes a text in lower case and without diacritics, so that "Łucja" and "lucja" meet.
func Unmarked(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ł':
			return 'l'
		}
		return r
	}, norm.NFD.String(strings.ToLower(value)))
}

// NaturalKey says which thing in the world a row is about: two rows with the same key are the same thing. Who is the
// person's id, or the partner's where the kind is not about people.
func (k *Kind) NaturalKey(who string, r Row) string {
	key := make([]byte, 0, 256)
	key = append(key, k.Name...)
	key = append(key, 0)
	key = append(key, who...)
	for i := range k.Fields {
		if k.Fields[i].Key {
			key = append(key, 0)
			key = appendSame(key, r[i])
		}
	}
	return string(key)
}

// appendSame appends Same of a value without making it a string first.
func appendSame(to []byte, value string) []byte {
	for _, r := range strings.TrimSpace(value) {
		switch {
		case r >= utf8.RuneSelf:
			to = utf8.AppendRune(to, unicode.ToLower(r))
		case 'A' <= r && r <= 'Z':
			to = append(to, byte(r)+'a'-'A')
		default:
			to = append(to, byte(r))
		}
	}
	return to
}

// Seal gives the row as it may stand in facts: sealed values as their keyed hash, those that say who left out. Staff
// values have to be replaced by ids before.
func (k *Kind) Seal(r Row, seal func(string) string) Row {
	out := make(Row, len(r))
	for i, value := range r {
		switch f := &k.Fields[i]; {
		case value == "" || f.Keep == Who:
		case f.Keep == Sealed && f.Key:
			out[i] = seal(Same(value))
		case f.Keep == Sealed:
			out[i] = seal(value)
		default:
			out[i] = value
		}
	}
	return out
}

// Private gives the named values that a row has and facts must not hold in the clear (without staff, who have ids).
func (k *Kind) Private(r Row) map[string]string {
	out := map[string]string{}
	for i, value := range r {
		if f := &k.Fields[i]; value != "" && (f.Keep == Sealed || f.Keep == Who) {
			out[f.Name] = value
		}
	}
	return out
}

// Reveal is the way back: a row of facts with the private values that belong to it.
func (k *Kind) Reveal(r Row, private map[string]string) Row {
	out := make(Row, len(k.Fields))
	copy(out, r)
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Keep == Sealed || f.Keep == Who {
			out[i] = private[f.Name]
		}
	}
	return out
}

// Attributes are the fields of a sign-up that describe a person without saying who it is, in the order of its table.
var Attributes = []string{"sex", "birth_year", "education", "labour_status", "residence", "disability", "group"}
