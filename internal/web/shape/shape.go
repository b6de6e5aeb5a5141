// Package shape describes request and response bodies that a Go type alone cannot describe: records, whose fields are
// data, and bodies that are not JSON. Any other value used as a shape means its type as encoding/json writes it,
// with the struct tags
//
//	doc     the member's description
//	enum    the allowed values, separated by commas
//	format  its format: date, date-time, uri
//	pattern a regular expression for its values
//	marks   texts that may stand in place of the value, separated by commas
//	null    "true" if it may be null; a pointer without omitempty always may
//
// Shapes are read only when the API description is generated, never while a request is served.
package shape

import (
	"bytes"
	"encoding/json"
	"maps"

	"outreach/internal/schema"
)

// Sent is a record in a request, as JSON or as a form.
type Sent struct {
	Kind *schema.Kind // nil: any typed kind
	Also []string     // further members, all strings
}

// Record is a record in a response: the fields of its kind and the members of And, a struct.
type Record struct {
	Name    string       // of its component in the API description; "": it is described where it is used
	Kind    *schema.Kind // nil: any kind
	Only    []string     // only these fields; nil: all
	Without []string     // without these fields
	Partly  bool         // no field is required
	Sent    bool         // it is part of a request: optional fields may be null
	And     any
}

// List is a page of a list.
type List struct{ Of any }

// With is a struct or a Record with other shapes for some of its members.
type With struct {
	Of      any
	Members map[string]any
}

// Array is a JSON array of one shape.
type Array struct {
	Of   any
	Most int // the maximum number of items; 0: unlimited
}

// OneOf is a choice between shapes.
type OneOf []any

// Text is a body of another media type than JSON.
type Text struct {
	Type  string
	About string
}

// Multipart is a multipart/form-data body with a file.
type Multipart struct {
	File   string   // the file's description
	Fields []string // the names of the other fields
}

// Any is a JSON object that is not described further.
type Any struct{}

// Media types of files.
const (
	CSV  = "text/csv"
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	PDF  = "application/pdf"
	YAML = "application/yaml"
	XML  = "application/xml"

	Parquet = "application/vnd.apache.parquet"
)

// Merged is marshalled as one JSON object: Fields and the members of And, a struct.
type Merged struct {
	Fields map[string]any
	And    any
}

// MarshalJSON writes the object. A member of And takes precedence over a field of the same name.
func (m Merged) MarshalJSON() ([]byte, error) {
	text, err := plain(m.And)
	if err != nil {
		return nil, err
	}
	members := make(map[string]json.RawMessage)
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(m.Fields)+len(members))
	maps.Copy(out, m.Fields)
	for name, value := range members {
		out[name] = value
	}
	return plain(out)
}

// plain marshals a value without escaping < and >, as web.Call.JSON does.
func plain(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return b.Bytes(), err
}
