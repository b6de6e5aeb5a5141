package rule

import (
	"errors"
	"regexp/syntax"
	"unicode/utf8"
)

// Limits of regular expressions. Matching takes time in proportion to the steps of the pattern times the length of the
// text, and a short pattern can have many steps: "(.{1000}){1}" has a thousand.
const (
	longestPattern = 200
	mostSteps      = 1000 // of all patterns of a rule together
)

var errPattern = errors.New("pattern too long")

// patternSteps returns the size of a compiled RE2 pattern. It fails if the pattern is too long or invalid.
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
