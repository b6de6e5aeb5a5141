package schema

import (
	"slices"
	"strings"

	"outreach/internal/project"
)

// Break is a difference between two definitions that may make records unreadable that were stored under the first.
type Break struct {
	Kind  *Kind                   // as it was
	Field *Field                  // as it was; nil: the kind itself
	Key   string                  // the key of the definition that differs; "": the kind or field is gone
	Reads func(value string) bool // of a field: whether a stored value can be read all the same; nil: none can
}

// Path returns where in a definition the break is.
func (b Break) Path() string {
	path := []string{"records", b.Kind.Name}
	if b.Field != nil {
		path = append(path, "fields", b.Field.Name)
		if b.Field.Attribute {
			path = []string{"people", "attributes", b.Field.Name}
		}
	}
	if b.Key != "" {
		path = append(path, b.Key)
	}
	return strings.Join(path, ".")
}

// Breaks compares two definitions of a project. An attribute that is no longer asked is none: its values stay stored.
func Breaks(was, is *project.Definition) []Break {
	before, after := For(was), For(is)
	var out []Break
	for _, k := range before.Kinds {
		now := after.Kind(k.Name)
		switch {
		case now == nil:
			out = append(out, Break{Kind: k})
			continue
		case k.SharesRoutes() && k.Person != now.Person:
			out = append(out, Break{Kind: k, Key: "person"})
		case k.SharesRoutes() && !slices.Equal(k.keyNames(), now.keyNames()):
			out = append(out, Break{Kind: k, Key: "key"})
		}
		for i := range k.Fields {
			f := &k.Fields[i]
			if b := f.breaks(now.Field(f.Name)); b != nil && (b.Key != "" || !notAsked(is, k.Name, f.Name)) {
				b.Kind, b.Field = k, f
				out = append(out, *b)
			}
		}
	}
	return out
}

// keyNames returns the names of the fields of the natural key, in alphabetical order.
func (k *Kind) keyNames() (names []string) {
	for _, i := range k.KeyFields() {
		names = append(names, k.Fields[i].Name)
	}
	slices.Sort(names)
	return names
}

func notAsked(d *project.Definition, kind, field string) bool {
	return slices.ContainsFunc(d.Records, func(k project.RecordKind) bool {
		return k.Name == kind && slices.ContainsFunc(k.Fields, func(f project.RecordField) bool { return f.ID == field && f.NotAsked })
	})
}

// breaks returns how a field differs so that stored values may be unreadable, nil if it does not.
func (f *Field) breaks(now *Field) *Break {
	switch {
	case now == nil:
		return &Break{}
	case f.Type.Number() && now.Type.Number():
		if now.Limited == "" && now.decimals() < f.decimals() { // a limited one is read whatever its limits are
			return &Break{Key: "decimals", Reads: func(value string) bool {
				_, decimals, _ := strings.Cut(value, ".")
				return value == Refused && now.Refusable || now.Canonical(value) && len(decimals) <= now.decimals()
			}}
		}
	case f.typ() == Choice && now.typ() == Choices:
	case f.typ() == Choices && now.typ() == Choice:
		return &Break{Key: "type", Reads: func(value string) bool { return len(Chosen(value)) == 1 }}
	case f.typ() != now.typ():
		return &Break{Key: "type"}
	case f.Privacy != now.Privacy:
		return &Break{Key: "open"}
	}
	if f.Refusable && !now.Refusable {
		return &Break{Key: "refusable", Reads: func(value string) bool { return value != Refused }}
	}
	return nil
}

// decimals returns how many decimals values of a number may have.
func (f *Field) decimals() int {
	switch {
	case f.typ() == Whole:
		return 0
	case f.Decimals > 0:
		return f.Decimals
	}
	return 6
}

// Hits reports whether a stored record of the kind could not be read; get returns its value of a field.
func (b Break) Hits(get func(field string) string) bool {
	if b.Field == nil {
		return true
	}
	value := get(b.Field.Name)
	return value != "" && (b.Reads == nil || !b.Reads(value))
}
