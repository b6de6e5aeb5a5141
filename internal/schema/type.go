package schema

import "slices"

// Type is how a field's values are written, checked, stored and compared. Each type has a file of its own, type_….go.
//
// Every value has one canonical text, which is what is stored: 2010-07-21, 18:25, an RFC 3339 instant in UTC, 12500, 7.5, the
// id of a list's value, yes or no; "" where nothing was given.
type Type struct {
	Name    string // in data files
	Storage Storage
	wrong   string // the code of a JSON value of another type

	// parse checks a text that is not empty and gives the canonical one.
	parse func(f *Field, value string, s Scope) (string, *Problem)
	// canonical tells whether a stored text is one that parse gives; nil: any is.
	canonical func(text string) bool
}

// Storage is what rules, checkpoints and exports take a type's values for.
type Storage int

// What values are taken for.
const (
	Texts   Storage = iota
	Wholes          // whole numbers, in at most 16 digits
	Doubles         // numbers of at most six decimals
)

// Number tells whether values are numbers: they are written as such in JSON, and can be added up.
func (t *Type) Number() bool { return t != nil && t.Storage != Texts }

// Stored tells of how values are taken; those of a nil type are texts.
func (t *Type) Stored() Storage {
	if t == nil {
		return Texts
	}
	return t.Storage
}

// types are all types of fields.
func types() []*Type {
	return []*Type{Text, Date, Clock, Instant, Whole, Decimal, List, YesNo, Email, Pesel}
}

// typeNamed finds a type by its name in data files, or nil.
func typeNamed(name string) *Type {
	if i := slices.IndexFunc(types(), func(t *Type) bool { return t.Name == name }); i >= 0 {
		return types()[i]
	}
	return nil
}

// typ is the field's type, Text where it names none.
func (f *Field) typ() *Type {
	if f.Type == nil {
		return Text
	}
	return f.Type
}

// Canonical tells whether a stored value is in the canonical form of its type. What entered by the tracker's own addresses is.
func (f *Field) Canonical(text string) bool {
	t := f.typ()
	return t.canonical == nil || t.canonical(text)
}
