package schema

import (
	"slices"
	"strings"
)

// Choices is any number of the field's options. The canonical text is their ids in the order of the options, each once,
// with | between them.
var Choices = &Type{Name: "choices", Storage: Lists, wrong: NotInList, parse: parseOptions}

// between separates options in a canonical text.
const between = "|"

// Chosen returns the ids of a canonical text of Choices.
func Chosen(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(text, between)
}

// SeveralHint is the hint of a text with a value that is none of the options of Choices.
const SeveralHint = "several"

// parseOptions reads options with | or ; between them. Empty ones are passed over. What people wrote with commas
// between is read as well, where no option has a comma of its own.
func parseOptions(f *Field, value string, s Scope) (string, *Problem) {
	var ids []string
	commas := s.Loose && !haveCommas(f.Options(s.Definition))
	split := func(r rune) bool { return r == '|' || r == ';' || r == ',' && commas }
	for part := range strings.FieldsFuncSeq(value, split) {
		if part = Clean(part); part == "" {
			continue
		}
		id, problem := parseOption(f, part, s)
		if problem != nil {
			problem.Hint = SeveralHint
			return "", problem
		}
		ids = append(ids, id)
	}
	return joinOptions(f, ids, s), nil
}

// haveCommas reports whether a spelling of an option has a comma.
func haveCommas(options []Option) bool {
	for _, o := range options {
		for spelling := range o.spellings() {
			if strings.Contains(spelling, ",") {
				return true
			}
		}
	}
	return false
}

// joinOptions returns the canonical text of ids.
func joinOptions(f *Field, ids []string, s Scope) string {
	var out []string
	for _, o := range f.Options(s.Definition) {
		if slices.Contains(ids, o.ID) {
			out = append(out, o.ID)
		}
	}
	return strings.Join(out, between)
}

// readOptions reads a JSON array of ids.
func (f *Field) readOptions(values []any, s Scope) (string, *Problem) {
	var ids []string
	for _, v := range values {
		one, ok := v.(string)
		if !ok {
			return "", &Problem{Field: f.Name, Code: NotInList}
		}
		id, problem := parseOption(f, Clean(one), s)
		if problem != nil {
			problem.Field = f.Name
			return "", problem
		}
		ids = append(ids, id)
	}
	return f.Parse(joinOptions(f, ids, s), s)
}
