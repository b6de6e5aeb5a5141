package project

import "slices"

// Export is a list of the participants in the form of another system, one row a participant.
type Export struct {
	ID        string         `json:"id"`
	Label     Text           `json:"label,omitzero"`
	Delimiter string         `json:"delimiter,omitempty"` // between the cells of a row, one of Delimiters; "": a comma
	Encoding  string         `json:"encoding,omitempty"`  // one of Encodings; "": EncodingMark
	Columns   []ExportColumn `json:"columns"`
}

// ExportColumn is a column of an export: a field of the register, or the same Value in each row.
type ExportColumn struct {
	Header string            `json:"header"`
	Field  string            `json:"field,omitempty"`
	Has    string            `json:"has,omitempty"`    // of a field with several options: yes where this is one of them, else no
	Value  string            `json:"value,omitempty"`  // in place of a field
	Codes  map[string]string `json:"codes,omitempty"`  // the other system's words by ours, and by CodeMissing and CodeAny
	Format string            `json:"format,omitempty"` // of dates; "": YYYY-MM-DD
}

// Words in place of a value in ExportColumn.Codes.
const (
	CodeMissing = "missing" // there is no value
	CodeAny     = "any"     // any value that the codes do not list
)

// Delimiters are what may be between the cells of an export: the words of the definition, and the characters.
var Delimiters = map[string]rune{",": ',', ";": ';', "|": '|', "tab": '\t'}

// Encodings of an export.
const (
	EncodingMark  = "utf-8-bom" // UTF-8 after a byte order mark, as spreadsheets expect it
	EncodingPlain = "utf-8"
)

// Encodings are the values of Export.Encoding.
var Encodings = []string{EncodingMark, EncodingPlain}

// Export returns the export with an id, and whether there is one.
func (d *Definition) Export(id string) (Export, bool) {
	i := slices.IndexFunc(d.Exports, func(e Export) bool { return e.ID == id })
	if i < 0 {
		return Export{}, false
	}
	return d.Exports[i], true
}
