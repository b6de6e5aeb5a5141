package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Fields are a record's values of the fields that the rule of a figure names: an object in JSON, in their order.
type Fields []Field

// Field is the value of a field in canonical form: several options have | between them.
type Field struct {
	Name, Value string
	Number      bool // JSON has a number, not a text
}

// Get returns the value of a field, "" if there is none.
func (f Fields) Get(name string) string {
	for _, one := range f {
		if one.Name == name {
			return one.Value
		}
	}
	return ""
}

// MarshalJSON writes an object.
func (f Fields) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, 32*len(f)+2)
	out = append(out, '{')
	for i, one := range f {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendText(out, one.Name), ':')
		if one.Number {
			out = append(out, one.Value...)
		} else {
			out = appendText(out, one.Value)
		}
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Fields) UnmarshalJSON(data []byte) error {
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	if start, err := in.Token(); err != nil || start != json.Delim('{') {
		return fmt.Errorf("fields: got %v, want an object", start)
	}
	*f = (*f)[:0:0]
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return err
		}
		one := Field{Name: name.(string)} // the decoder returns only texts as keys of an object
		value, err := in.Token()
		if err != nil {
			return err
		}
		switch v := value.(type) {
		case json.Number:
			one.Value, one.Number = v.String(), true
		case string:
			one.Value = v
		default:
			return fmt.Errorf("fields: %s is %v, neither a number nor a text", one.Name, value)
		}
		*f = append(*f, one)
	}
	return nil
}
