// Package schema describes records as data. A kind of record is a list of fields (names, types, limits, lists, what identifies
// a record, how private a value is) and the rules between them. The built-in kinds are data files, one a kind, below builtin/.
// JSON bodies, web forms, files, natural keys, variables of counting rules, breakdowns, exports and stored rows are all
// derived from a Registry of kinds; nothing else lists fields or kinds.
package schema

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"outreach/internal/project"
)

// Keep is the privacy class of a field: where its values may be stored.
type Keep int

// The privacy classes.
const (
	Open   Keep = iota // stands in facts, checkpoints and snapshots
	Sealed             // free text: only a keyed hash leaves the people table and the uploaded original
	Who                // says who a participant is: in the people table alone
	Staff              // names a member of the staff: a random id stands for it outside the people table
)

// Field is one field of a kind of record.
type Field struct {
	Name     string            // its stable id: in stored rows, in JSON, in rules, and as a column
	Column   map[string]string // its name as a column of files, by language; English is Name
	Label    project.Text      // what people call it, where the catalogues of words have no name for it
	Type     *Type             // how it is written and compared; nil: Text
	Keep     Keep              // where it may be stored
	Required bool              // it must be given
	Key      bool              // it is part of the natural key
	Min, Max float64           // of numbers, both allowed; Max 0: the population of the region
	Year     bool              // the number is a year: none after today's is allowed
	Longest  int               // of texts, in characters; 0: DefaultLongest
	Options  func(*project.Definition) []Option
	NoColumn bool // not a column of files

	Attribute bool      // it describes a person: rules over any record of the person may ask for it, and participants are broken down by it
	Personal  bool      // it describes a person: the earliest submission that gives it holds, and erasure removes it; attributes are
	Total     bool      // files report the sum of this field
	Section   string    // of the sign-up form: where the field stands
	Example   [2]string // values for templates of files
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
	Name      string // signup, consultation, attendance, test, output, media: as rules say `of`
	Plural    string // signups, consultations, attendance, tests, outputs, media: as addresses and files say
	Person    bool   // it is about a person, whom a file names by the columns email and pesel
	ByPartner bool   // media partners send it, each their own; nobody types it
	Fields    []Field
	Rules     []Rule // between its fields

	keys    []int // see KeyFields
	content []int // see ContentFields
}

// prepare works out what is asked for again and again. It is called before a kind is used by several goroutines.
func (k *Kind) prepare() { k.keys, k.content = k.keyFields(), k.contentFields() }

// KeyFields are the places in rows of the natural key's fields. Their order does not depend on that of the kind's fields: it
// is that of version 0 of the schema, and fields that came later follow in the order of their ids.
func (k *Kind) KeyFields() []int {
	if k.keys != nil {
		return k.keys
	}
	return k.keyFields()
}

// ContentFields are the places in rows of the fields beside the natural key, in the order of their ids.
func (k *Kind) ContentFields() []int {
	if k.content != nil {
		return k.content
	}
	return k.contentFields()
}

func (k *Kind) contentFields() []int {
	out := []int{}
	for i := range k.Fields {
		if !k.Fields[i].Key {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b int) int { return cmp.Compare(k.Fields[a].Name, k.Fields[b].Name) })
	return out
}

func (k *Kind) keyFields() []int {
	first := FieldsOfVersion0(k.Name)
	place := func(i int) int {
		if at := slices.Index(first, k.Fields[i].Name); at >= 0 {
			return at
		}
		return len(first)
	}
	keys := []int{}
	for i := range k.Fields {
		if k.Fields[i].Key {
			keys = append(keys, i)
		}
	}
	slices.SortFunc(keys, func(a, b int) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(k.Fields[a].Name, k.Fields[b].Name))
	})
	return keys
}

// Scope is what a value is checked against.
type Scope struct {
	Definition *project.Definition
	Today      string // the day of receipt in the project's time zone: nothing may be dated after it
	Loose      bool   // written by people (files, web forms), not by programs: other spellings are taken too
}

// Row is a record's values in the order of its kind's fields, each in its canonical text. It is never stored: what is
// stored are Values, by the ids of fields.
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

// Field is the field with an id, or nil.
func (k *Kind) Field(name string) *Field {
	if i := k.Index(name); i >= 0 {
		return &k.Fields[i]
	}
	return nil
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
// person's id, or the partner's where the kind is not about people. The fields of the key are taken in the order of their
// ids' first version (see KeyFields), so that the order of a kind's fields changes no key.
func (k *Kind) NaturalKey(who string, r Row) string {
	key := make([]byte, 0, 256)
	key = append(key, k.Name...)
	key = append(key, 0)
	key = append(key, who...)
	for _, i := range k.KeyFields() {
		key = append(key, 0)
		key = appendSame(key, r[i])
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

// Reveal is the way back: the row of a fact's values with the private ones that belong to it.
func (k *Kind) Reveal(v Values, private map[string]string) Row {
	out := k.Row(v)
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Keep == Sealed || f.Keep == Who {
			out[i] = private[f.Name]
		}
	}
	return out
}
