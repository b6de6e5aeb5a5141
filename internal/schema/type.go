package schema

import (
	"slices"
	"strings"
)

// Type defines how values of a field are parsed, stored and compared. Each type has its own file, type_….go.
//
// Every value has one canonical text, which is stored: 2010-07-21, 18:25, an RFC 3339 instant in UTC, 12500, 7.5, the
// id of an option, yes or no; "" for no value.
type Type struct {
	Name    string // in data files
	Storage Storage
	wrong   string // the code of the problem if a JSON value has another type

	// parse validates a non-empty text and returns the canonical one.
	parse func(f *Field, value string, s Scope) (string, *Problem)
	// canonical reports whether a stored text is one that parse returns; nil: any text is.
	canonical func(text string) bool
}

// Storage is the data type of values in rules, checkpoints and exports.
type Storage int

// The data types.
const (
	Texts   Storage = iota
	Wholes          // integers of at most 16 digits
	Doubles         // numbers with at most six decimals
	Lists           // several texts; see Choices
)

// Number reports whether values are numbers, in JSON and for sums. A nil type is Text.
func (t *Type) Number() bool { return t != nil && (t.Storage == Wholes || t.Storage == Doubles) }

// Stored returns the data type of the field's column in checkpoints. Answers that may be refused are texts; numbers
// whose limits an option sets may have decimals from an earlier definition.
func (f *Field) Stored() Storage {
	switch {
	case f.Refusable || !f.Type.Number():
		return Texts
	case f.Limited != "":
		return Doubles
	}
	return f.Type.Stored()
}

// Listed reports whether values are of a list of options. A nil type is Text.
func (t *Type) Listed() bool { return t == Choice || t == Choices }

// Stored returns the data type of values. A nil type is Text.
func (t *Type) Stored() Storage {
	if t == nil {
		return Texts
	}
	return t.Storage
}

// types returns all types.
func types() []*Type {
	return []*Type{Text, Date, TimeOfDay, Instant, Whole, Decimal, Choice, Choices, YesNo, Email, Pesel, Phone, Code, File}
}

// typeNamed returns the type of a name in data files, or nil.
func typeNamed(name string) *Type {
	if i := slices.IndexFunc(types(), func(t *Type) bool { return t.Name == name }); i >= 0 {
		return types()[i]
	}
	return nil
}

// typ returns the field's type, by default Text.
func (f *Field) typ() *Type {
	if f.Type == nil {
		return Text
	}
	return f.Type
}

// Canonical reports whether a stored value is in canonical form. Values that were validated by Parse always are.
func (f *Field) Canonical(text string) bool {
	t := f.typ()
	if f.Limited != "" && isStoredDecimal(strings.TrimPrefix(text, "-")) {
		return text != "-0" // under the limits of an earlier definition
	}
	if t.Number() && !f.builtin && text != "-0" {
		text = strings.TrimPrefix(text, "-") // below the least number of a later definition, perhaps
	}
	return t.canonical == nil || f.Refusable && text == Refused || t.canonical(text)
}
