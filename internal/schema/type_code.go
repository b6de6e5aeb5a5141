package schema

import (
	"strings"

	"outreach/internal/text"
)

// Code is a number or identifier that another organisation gave out: one line, compared without case where it has no
// pattern.
var Code = &Type{Name: "code", wrong: Unreadable, parse: parseCode}

// longestCode is the maximum length of a project's own identifiers, in characters.
const longestCode = 64

func parseCode(f *Field, value string, s Scope) (string, *Problem) {
	value, problem := parseText(f, value, s)
	if problem != nil {
		return "", problem
	}
	value, _ = TidyWords(strings.Join(strings.Fields(value), " "))
	if f.Pattern == nil {
		return strings.ToUpper(value), nil
	}
	if !f.Pattern.MatchString(value) {
		return "", &Problem{Code: Unreadable, Hint: "pattern", Args: map[string]string{"pattern": f.PatternText(), text.Verbatim: f.Sample()}}
	}
	return value, nil
}
