package schema

import (
	"slices"

	"outreach/internal/project"
)

// With returns the field with the limits of an option of the field Limited; the field itself if there are none, or if
// the option is unknown.
func (f *Field) With(option string) *Field {
	if with := f.limited[option]; with != nil {
		return with
	}
	return f
}

// Limits reports whether options set limits of the field, so that With may return another one.
func (f *Field) Limits() bool { return len(f.limited) > 0 }

// withLimits returns the registry in which amounts of outputs have the limits of their kind. The field itself takes
// what any kind takes.
func (r *Registry) withLimits(kinds []project.OutputKind) *Registry {
	at := slices.IndexFunc(r.Kinds, func(k *Kind) bool { return k.Name == Output })
	if len(kinds) == 0 || at < 0 {
		return r
	}
	all := slices.Clone(r.Kinds)
	k := *all[at]
	k.Fields = slices.Clone(k.Fields)
	for i := range k.Fields {
		f := &k.Fields[i]
		if f.Limited == "" {
			continue
		}
		whole := *f
		f.limited = make(map[string]*Field, len(kinds))
		for _, kind := range kinds {
			one := whole.limitedTo(kind)
			f.limited[kind.ID] = &one
			if f.Decimals = max(f.Decimals, one.Decimals); one.Type == Decimal {
				f.Type = Decimal
			}
			f.Min = min(f.Min, one.Min)
		}
	}
	k.keys, k.content = nil, nil
	all[at] = &k
	return NewRegistry(all...)
}

// limitedTo returns the field of a kind of output.
func (f Field) limitedTo(kind project.OutputKind) Field {
	if kind.Decimals > 0 {
		f.Type, f.Decimals = Decimal, kind.Decimals
		f.Min = leastOf(kind.Decimals)
		f.Example = [2]string{"12.5", "0.5"}
	}
	if kind.Correction {
		f.Min = -f.Max
		f.Example[1] = "-" + f.Example[1]
	}
	return f
}

// leastOf returns the least number above 0 with some decimals.
func leastOf(decimals int) float64 {
	least := 1.0
	for range decimals {
		least /= 10
	}
	return least
}
