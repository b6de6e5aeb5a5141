package propose

import (
	"slices"
	"strings"

	"outreach/internal/importer"
	"outreach/internal/schema"
)

// UnknownSynonyms returns the keys of the dictionary that no field or option has.
func UnknownSynonyms() (out []string) {
	known := map[string]*schema.Field{}
	for _, f := range []string{"phone", "number", "birth_year"} {
		known["person."+f] = &schema.Field{}
	}
	for _, k := range schema.Builtin().Kinds {
		for _, f := range importer.FieldsOf(k) {
			known[k.Name+"."+f.Name], known["person."+f.Name] = f, f
		}
	}
	for key := range synonyms().Fields {
		if known[key] == nil {
			out = append(out, key)
		}
	}
	for key, options := range synonyms().Options {
		f := known[key]
		for id := range options {
			if f == nil || !slices.ContainsFunc(f.Options(nil), func(o schema.Option) bool { return o.ID == id }) {
				out = append(out, strings.Join([]string{key, id}, ": "))
			}
		}
	}
	return out
}
