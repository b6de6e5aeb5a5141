package schema

import "slices"

// FewestSensitive is the smallest number of people of whom a breakdown by a sensitive field is shown.
const FewestSensitive = 10

// HasSensitive reports whether a field of the kind is sensitive.
func (k *Kind) HasSensitive() bool {
	return slices.ContainsFunc(k.Fields, func(f Field) bool { return f.Sensitive })
}

// Unsensitive returns a copy of a row without the values of sensitive fields, for readers who are no coordinators.
func (k *Kind) Unsensitive(r Row) Row {
	out := make(Row, len(r))
	for i := range r {
		if !k.Fields[i].Sensitive {
			out[i] = r[i]
		}
	}
	return out
}

// KeepSensitive adds the sensitive values of a record to what a caller sends in its place who cannot see them, where
// that has none. The row is revealed.
func (k *Kind) KeepSensitive(given Given, before Row) {
	values := k.JSON(before)
	for i := range k.Fields {
		f := &k.Fields[i]
		sent := given[f.Name]
		if !f.Sensitive || sent != nil && sent != "" {
			continue
		}
		switch value := values[f.Name].(type) {
		case nil:
		case []string:
			list := make([]any, len(value))
			for i, one := range value {
				list[i] = one
			}
			given[f.Name] = list
		default:
			given[f.Name] = value
		}
	}
}
