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
)

// SchemaVersion is the version of the schema that facts are written with. A change of what a stored value means gets the
// next version, and an upcaster in upcasters.
//
// Version 0 stored a row as a list, in the order that fields had then. Version 1 stores values by the ids of fields.
const SchemaVersion = 1

// Value is a field's value: its id and its canonical text.
type Value struct{ Field, Text string }

// Values are a record's values by the ids of fields, in the order of the ids; what was not given is left out. This is how
// records are stored: nothing in it depends on which fields a kind has, or in which order. As JSON they are an object.
//
// Values that were stored as version 0 keep the order they came in until their kind is known: see Kind.Row.
type Values struct {
	list []Value
	old  []string // version 0: the row, in the order of fieldsOfVersion0
}

// ValuesOf makes values of a map; empty ones are left out.
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

// Upcast gives the values of a record of a kind as the present version of the schema has them.
func (v Values) Upcast(kind string) Values {
	if v.old == nil {
		return v
	}
	fields := fieldsOfVersion0()[kind]
	out := Values{list: make([]Value, 0, len(v.old))}
	for i, text := range v.old {
		switch {
		case i >= len(fields):
			out.list = append(out.list, Value{Text: text}) // no field: whoever reads it refuses it
		case text != "":
			out.list = append(out.list, Value{fields[i], text})
		}
	}
	slices.SortFunc(out.list, byField)
	return out
}

// Get is a field's value, "" where none was given. Values of version 0 have to be Upcast first.
func (v Values) Get(field string) string {
	for i := range v.list {
		if v.list[i].Field == field {
			return v.list[i].Text
		}
	}
	return ""
}

// All are the values, in the order of the fields' ids.
func (v Values) All() []Value { return v.list }

// With gives the values with one of them changed; "" removes it.
func (v Values) With(field, text string) Values {
	out := Values{list: slices.DeleteFunc(slices.Clone(v.list), func(o Value) bool { return o.Field == field })}
	if text != "" {
		at, _ := slices.BinarySearchFunc(out.list, field, func(o Value, id string) int { return cmp.Compare(o.Field, id) })
		out.list = slices.Insert(out.list, at, Value{field, text})
	}
	return out
}

// Without gives the values but for those of fields that a function names.
func (v Values) Without(gone func(field string) bool) Values {
	return Values{list: slices.DeleteFunc(slices.Clone(v.list), func(o Value) bool { return gone(o.Field) })}
}

// Equal tells whether two have the same values.
func (v Values) Equal(o Values) bool {
	return slices.Equal(v.list, o.list) && slices.Equal(v.old, o.old)
}

// MarshalJSON writes an object of the fields' ids. Values of version 0 that were not Upcast are written as they were read.
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
		out = appendJSON(out, value.Field)
		out = append(out, ':')
		out = appendJSON(out, value.Text)
	}
	return append(out, '}'), nil
}

// appendJSON appends a text as JSON.
func appendJSON(out []byte, text string) []byte {
	if strings.IndexFunc(text, func(r rune) bool {
		return r < ' ' || r == '"' || r == '\\' || r == '<' || r == '>' || r == '&' || r > '~'
	}) < 0 {
		out = append(out, '"')
		out = append(out, text...)
		return append(out, '"')
	}
	encoded, _ := json.Marshal(text) // no text is refused
	return append(out, encoded...)
}

var errValues = errors.New("values are neither an object of texts nor a list of them")

// UnmarshalJSON reads values, or a row as version 0 wrote it.
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

// readPlain reads an object as MarshalJSON writes it, without escapes and in the order of ids, which nearly all are; it
// reports false, having changed nothing, where it is another.
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

// plainString cuts a JSON string without escapes off the front of a text.
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

// Values gives a row's values by the ids of fields.
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

// Row puts stored values into the order of the kind's fields. Values of fields that the kind does not have are left out:
// they stay in what is stored, and count nothing.
func (k *Kind) Row(v Values) Row {
	out := make(Row, len(k.Fields))
	for _, value := range v.Upcast(k.Name).list {
		if i := k.Index(value.Field); i >= 0 {
			out[i] = value.Text
		}
	}
	return out
}

//go:embed version0.json
var version0 []byte

// fieldsOfVersion0 are the ids of fields by kind, in the order in which version 0 stored rows. They never change.
var fieldsOfVersion0 = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	if err := json.Unmarshal(version0, &out); err != nil {
		panic("version0.json: " + err.Error()) // it is embedded
	}
	return out
})

// FieldsOfVersion0 are the ids of a kind's fields in the order in which version 0 of the schema stored rows, nil of a kind
// that came later.
func FieldsOfVersion0(kind string) []string { return fieldsOfVersion0()[kind] }

// Erased is what stays of a record when the person it is about is erased: nothing that describes them, and no hash of a
// private text but for those that tell one record from another. Of fields that the kind does not have nothing stays.
func (k *Kind) Erased(v Values) Values {
	return v.Upcast(k.Name).Without(func(id string) bool {
		f := k.Field(id)
		switch {
		case f == nil || f.Personal:
			return true
		case k.Name == Signup:
			return f.Keep != Open
		}
		return f.Keep == Sealed && !f.Key
	})
}
