package schema

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// SchemaVersion is the version of the schema in which facts are written. A change of the meaning of stored values
// increments it and needs an upcaster (see Values.Upcast).
//
// Version 0 stored a row as a list in the order of the fields at that time. Version 1 stores values by the ids of
// fields.
const SchemaVersion = 1

// Value is the value of a field: the field's id and the canonical text.
type Value struct{ Field, Text string }

// Values holds the values of a record as it is stored: by field id, ordered by id, without empty values. It does not
// depend on the kind's fields or their order. As JSON it is an object. Values is immutable.
//
// Values read from version 0 stay a list until Upcast gets their kind: see Kind.Row.
type Values struct {
	list []Value
	old  []string // version 0: the row, in the order of fieldsOfVersion0
}

// ValuesOf returns the values of a map from field ids to texts, without empty ones.
func ValuesOf(m map[string]string) Values {
	var v Values
	for id, text := range m {
		if text != "" {
			v.list = append(v.list, Value{id, text})
		}
	}
	slices.SortFunc(v.list, byField)
	return v
}

func byField(a, b Value) int { return cmp.Compare(a.Field, b.Field) }

// Upcast converts the values of a record of a kind to the current version of the schema.
func (v Values) Upcast(kind string) Values {
	if v.old == nil {
		return v
	}
	fields := fieldsOfVersion0()[kind]
	out := Values{list: make([]Value, 0, len(v.old))}
	for i, text := range v.old {
		switch {
		case i >= len(fields):
			out.list = append(out.list, Value{Text: text}) // an empty id, which readers refuse
		case text != "":
			out.list = append(out.list, Value{fields[i], text})
		}
	}
	slices.SortFunc(out.list, byField)
	return out
}

// Get returns a field's value, "" if there is none. Values of version 0 must be Upcast first.
func (v Values) Get(field string) string {
	for i := range v.list {
		if v.list[i].Field == field {
			return v.list[i].Text
		}
	}
	return ""
}

// All returns the values ordered by field id. The caller must not change the slice.
func (v Values) All() []Value { return v.list }

// With returns a copy with the value of a field set; "" removes it.
func (v Values) With(field, text string) Values {
	out := Values{list: slices.DeleteFunc(slices.Clone(v.list), func(o Value) bool { return o.Field == field })}
	if text != "" {
		at, _ := slices.BinarySearchFunc(out.list, field, func(o Value, id string) int { return cmp.Compare(o.Field, id) })
		out.list = slices.Insert(out.list, at, Value{field, text})
	}
	return out
}

// Without returns a copy without the fields for which remove returns true.
func (v Values) Without(remove func(field string) bool) Values {
	return Values{list: slices.DeleteFunc(slices.Clone(v.list), func(o Value) bool { return remove(o.Field) })}
}

// Equal reports whether both have the same values in the same version.
func (v Values) Equal(o Values) bool {
	return slices.Equal(v.list, o.list) && slices.Equal(v.old, o.old)
}

// MarshalJSON writes an object by field id. Values of version 0 that were not Upcast are written as they were read.
func (v Values) MarshalJSON() ([]byte, error) {
	if v.old != nil {
		return json.Marshal(v.old)
	}
	out := make([]byte, 0, 32+32*len(v.list))
	out = append(out, '{')
	for i, value := range v.list {
		if i > 0 {
			out = append(out, ',')
		}
		out = AppendJSON(out, value.Field)
		out = append(out, ':')
		out = AppendJSON(out, value.Text)
	}
	return append(out, '}'), nil
}

// Bits of what is in a text.
const (
	hasEscaped = 1 << iota // bytes of ASCII that json.Marshal writes in another way
	hasOthers              // bytes of other characters than ASCII
	hasLines               // the first byte of U+2028 and U+2029, which it writes in another way
)

// inJSON says of each byte which of these a text with it has.
var inJSON = func() (bits [256]byte) {
	for b := range ' ' {
		bits[b] = hasEscaped
	}
	for _, b := range `"\<>&` {
		bits[b] = hasEscaped
	}
	for b := utf8.RuneSelf; b < len(bits); b++ {
		bits[b] = hasOthers
	}
	bits[0xe2] |= hasLines
	return bits
}()

// AppendJSON appends a text as json.Marshal writes it.
func AppendJSON(out []byte, text string) []byte {
	has := byte(0)
	for i := range len(text) {
		has |= inJSON[text[i]]
	}
	if has&hasEscaped != 0 || has&hasOthers != 0 && !utf8.ValidString(text) || has&hasLines != 0 && strings.ContainsAny(text, "\u2028\u2029") {
		encoded, _ := json.Marshal(text) // a string always marshals
		return append(out, encoded...)
	}
	out = append(out, '"')
	out = append(out, text...)
	return append(out, '"')
}

var errValues = errors.New("values are neither an object of texts nor a list of them")

// UnmarshalJSON reads an object by field id, or the list of version 0.
func (v *Values) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	*v = Values{}
	switch {
	case bytes.Equal(data, []byte("null")):
		return nil
	case len(data) > 0 && data[0] == '[':
		v.old = []string{}
		return json.Unmarshal(data, &v.old)
	case len(data) == 0 || data[0] != '{':
		return errValues
	}
	if v.readPlain(data) {
		return nil
	}
	var m map[string]string
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("%w: %w", errValues, err)
	}
	*v = ValuesOf(m)
	return nil
}

// readPlain is a fast path for objects as MarshalJSON writes them: ordered by id and without escapes. For any other
// input it changes nothing and returns false.
func (v *Values) readPlain(data []byte) bool {
	text := string(data)
	list := make([]Value, 0, strings.Count(text, ":"))
	for rest := text[1:]; ; rest = rest[1:] {
		if rest == "}" && len(list) == 0 {
			break
		}
		var value Value
		var ok bool
		if value.Field, rest, ok = plainString(rest); !ok || !strings.HasPrefix(rest, ":") {
			return false
		}
		if value.Text, rest, ok = plainString(rest[1:]); !ok || value.Text == "" || len(list) > 0 && list[len(list)-1].Field >= value.Field {
			return false
		}
		list = append(list, value)
		if rest == "}" {
			break
		}
		if !strings.HasPrefix(rest, ",") {
			return false
		}
	}
	v.list = list
	return true
}

// plainString cuts a JSON string without escapes from the beginning of a text.
func plainString(text string) (value, rest string, ok bool) {
	if len(text) < 2 || text[0] != '"' {
		return "", "", false
	}
	end := strings.IndexByte(text[1:], '"')
	if end < 0 || strings.IndexByte(text[1:1+end], '\\') >= 0 {
		return "", "", false
	}
	return text[1 : 1+end], text[2+end:], true
}

// Values returns a row's values by field id.
func (k *Kind) Values(r Row) Values {
	out := Values{list: make([]Value, 0, len(r))}
	for i, text := range r {
		if text != "" {
			out.list = append(out.list, Value{k.Fields[i].Name, text})
		}
	}
	slices.SortFunc(out.list, byField)
	return out
}

// Row returns stored values, of any version, in the order of the kind's fields. It ignores values of unknown fields:
// they stay stored and are not counted.
func (k *Kind) Row(v Values) Row {
	out := make(Row, len(k.Fields))
	for _, value := range v.Upcast(k.Name).list {
		if i := k.Index(value.Field); i >= 0 {
			out[i] = k.Fields[i].Kept(value.Text)
		}
	}
	return out
}

//go:embed version0.json
var version0 []byte

// fieldsOfVersion0 returns the field ids by kind in the order of rows in version 0. They must never change.
var fieldsOfVersion0 = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	if err := json.Unmarshal(version0, &out); err != nil {
		panic("version0.json: " + err.Error()) // the file is embedded
	}
	return out
})

// FieldsOfVersion0 returns a kind's field ids in the order of rows in version 0 of the schema, nil for a later kind.
func FieldsOfVersion0(kind string) []string { return fieldsOfVersion0()[kind] }

// Erased returns the values of a record that remain when its person is erased: no personal fields, no unknown fields,
// and no hashes of private texts except, outside sign-ups, those of the natural key, which keep records distinct. Of a
// nil kind, one that the definition no longer has, nothing remains.
func (k *Kind) Erased(v Values) Values {
	if k == nil {
		return Values{}
	}
	return v.Upcast(k.Name).Without(func(id string) bool {
		f := k.Field(id)
		switch {
		case f == nil || f.Personal:
			return true
		case k.Name == Signup:
			return f.Privacy != Open
		}
		return f.Privacy == Sealed && !f.Key
	})
}
