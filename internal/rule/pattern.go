package rule

import (
	"errors"
	"regexp/syntax"
	"unicode/utf8"
)

// A pattern takes time in proportion to its steps times the text's length, and a short one can have a great many steps:
// "(.{1000}){1}" has a thousand.
const (
	longestPattern = 200
	mostSteps      = 1000 // of all patterns of a rule
)

var errPattern = errors.New("pattern too long")

// patternSteps is the size of a compiled RE2 pattern.
func patternSteps(pattern string) (int, error) {
	if utf8.RuneCountInString(pattern) > longestPattern {
		return 0, errPattern
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	return len(program.Inst), nil
}
