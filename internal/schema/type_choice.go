package schema

import (
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/text"
)

// Choice is one of the field's options. The canonical text is the option's id.
var Choice = &Type{Name: "choice", wrong: NotInList, parse: parseOption}

func parseOption(f *Field, value string, s Scope) (string, *Problem) {
	options := f.Options(s.Definition)
	for _, o := range options {
		if value == o.ID {
			return o.ID, nil
		}
	}
	if s.Loose {
		wanted := Same(value)
		for _, o := range options {
			for spelling := range o.spellings() {
				if wanted == Same(spelling) {
					return o.ID, nil
				}
			}
		}
		if id, ok := unmarkedOption(options, wanted); ok {
			return id, nil
		}
		if id, ok := initialOption(options, wanted, s.Definition); ok {
			return id, nil
		}
	}
	return "", &Problem{Code: NotInList, Options: offer(options, s)}
}

// unmarkedOption returns the option that equals the value without diacritics, if exactly one does.
func unmarkedOption(options []Option, wanted string) (id string, ok bool) {
	wanted = Unmarked(wanted)
	for _, o := range options {
		for spelling := range o.spellings() {
			if wanted != Unmarked(strings.TrimSpace(spelling)) {
				continue
			}
			if ok && id != o.ID {
				return "", false
			}
			id, ok = o.ID, true
		}
	}
	return id, ok
}

// initialOption returns the option of which a letter is the initial in a language of the project, if it is of one
// alone: m is a man in Polish, and a man or a woman in Spanish.
func initialOption(options []Option, wanted string, d *project.Definition) (id string, ok bool) {
	languages := []string{text.Polish}
	if d != nil && len(d.Languages) > 0 {
		languages = d.Languages
	}
	for _, language := range languages {
		language, _, _ = strings.Cut(language, "-")
		for _, o := range options {
			if !slices.Contains(o.initials[language], wanted) {
				continue
			}
			if ok && id != o.ID {
				return "", false
			}
			id, ok = o.ID, true
		}
	}
	return id, ok
}

// offer returns the allowed values for a problem. The id is shown with the label if the label alone is not accepted, or
// may be ambiguous because it comes from the definition.
func offer(options []Option, s Scope) []text.Choice {
	out := make([]text.Choice, len(options))
	for i, o := range options {
		out[i] = text.Choice{ID: o.ID, Label: o.Label, ByID: o.Own || !s.Loose}
	}
	return out
}
