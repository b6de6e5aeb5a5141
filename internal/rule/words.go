package rule

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/parser/operator"

	"outreach/internal/schema"
)

// keywords are the words of Expr that are neither operators nor functions, and the variables that are no fields: the day
// of entry of rules over people, and the figures of formulas.
var keywords = []string{"let", "if", "else", "true", "false", "nil", "null", schema.DayOfEntry, "i"}

// Words returns the words of the rule language: functions, operators that are words, and keywords, each once. A field of
// such a name could not be read by rules.
func Words() []string {
	words := slices.Concat(Functions, PersonFunctions, keywords, []string{"not"})
	for name := range maps.Keys(operator.Binary) {
		if name[0] >= 'a' && name[0] <= 'z' {
			words = append(words, name)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}
