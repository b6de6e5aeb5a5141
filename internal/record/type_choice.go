package record

import (
	"strings"
)

// List is a choice of one of the field's options. What is stored is its id.
var List = &Type{Name: "choice", wrong: NotInList, parse: parseOption}

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
	}
	return "", &Problem{Code: NotInList, Args: offer(options, s)}
}

// unmarkedOption finds the only option that is written so without its diacritics, as on a keyboard that has none.
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

// offer are the arguments of a problem that tells which values there are. In Polish they are the Polish words, with the id
// where the word alone would not be taken, or would not say which of the definition's own is meant.
func offer(options []Option, s Scope) map[string]string {
	ids, words := make([]string, len(options)), make([]string, len(options))
	for i, o := range options {
		ids[i], words[i] = o.ID, o.ID
		switch label := o.Label.PL; {
		case label == "" || Same(label) == o.ID:
		case o.Own || !s.Loose:
			words[i] = label + " (" + o.ID + ")"
		default:
			words[i] = label
		}
	}
	return map[string]string{"list": strings.Join(ids, ", "), "list.pl": strings.Join(words, ", ")}
}
