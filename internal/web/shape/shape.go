// Package shape describes bodies of requests and answers where a Go type alone cannot: records, whose fields are data, and
// what is no JSON. Any other value in the place of a shape stands for its type as it is written to JSON, with the tags
//
//	doc     what the member is
//	enum    its values, separated by commas
//	format  its format: date, date-time, uri
//	pattern a regular expression of its values
//	null    "true" where it may be null; a pointer without omitempty always may
//
// Shapes are read only when the API's document is written, never to answer a request.
package shape

import (
	"bytes"
	"encoding/json"
	"maps"

	"outreach/internal/schema"
)

// Sent is a record as a program or a form sends it.
type Sent struct {
	Kind *schema.Kind
	Also []string // texts beside its fields
}

// Record is a record in an answer: the fields of its kind, and the members of And, a struct.
type Record struct {
	Name    string       // under which the document has it once; "": it is told where it is used
	Kind    *schema.Kind // nil: of any kind
	Only    []string     // these fields; nil: all
	Without []string     // but not these
	Partly  bool         // none of the fields has to be there
	Sent    bool         // it is in a request: fields that need not be there may be null
	And     any
}

// List is a page of a list.
type List struct{ Of any }

// With is a struct, or a Record, some members of which have shapes that its type does not tell.
type With struct {
	Of      any
	Members map[string]any
}

// Array is a list of one shape.
type Array struct {
	Of   any
	Most int // items; 0: any number
}

// OneOf is one of several shapes.
type OneOf []any

// Text is a body of a media type that is no JSON.
type Text struct {
	Type  string
	About string
}

// Multipart is a form with a file.
type Multipart struct {
	File   string   // what it is
	Fields []string // beside it
}

// Any is an object of which nothing more is told.
type Any struct{}

// Media types of files.
const (
	CSV  = "text/csv"
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	PDF  = "application/pdf"
	YAML = "application/yaml"
)

// Merged is written to JSON as one object: the members of And, a struct, beside Fields.
type Merged struct {
	Fields map[string]any
	And    any
}

// MarshalJSON writes the object. Where both have a member, And's counts.
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

// plain writes JSON as web.Call.JSON does, with < and > as they are.
func plain(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return b.Bytes(), err
}
