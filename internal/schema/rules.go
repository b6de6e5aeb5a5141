package schema

import (
	"strconv"

	"outreach/internal/project"
)

// Rule is a rule between fields of one record.
type Rule project.RecordRule

// The rules.
const (
	AnyOf   = "any-of"   // at least one of the fields has a value; the problem names the first
	MustBe  = "must-be"  // the fields have the Value, if they have one
	AtMost  = "at-most"  // the fields are numbers not above that of the field Other
	AtLeast = "at-least" // the fields are numbers not below that of the field Other
)

// check returns the problems that the rule finds.
func (r *Rule) check(get func(field string) string) []Problem {
	var problems []Problem
	switch r.Rule {
	case AnyOf:
		for _, name := range r.Fields {
			if get(name) != "" {
				return nil
			}
		}
		return []Problem{{Field: r.Fields[0], Code: Missing, Hint: r.Hint}}
	case MustBe:
		for _, name := range r.Fields {
			if given := get(name); given != "" && given != r.Value {
				problems = append(problems, Problem{Field: name, Code: NotInList, Hint: r.Hint})
			}
		}
	case AtMost, AtLeast:
		limit, err := strconv.ParseFloat(get(r.Other), 64)
		if err != nil {
			return nil // no value, or an invalid one that has its own problem
		}
		for _, name := range r.Fields {
			n, err := strconv.ParseFloat(get(name), 64)
			switch {
			case err != nil:
			case r.Rule == AtMost && n > limit:
				problems = append(problems, Problem{Field: name, Code: OutOfRange, Hint: r.Hint, Args: map[string]string{"min": "0", "max": Number(limit)}})
			case r.Rule == AtLeast && n < limit:
				problems = append(problems, Problem{Field: name, Code: OutOfRange, Hint: r.Hint, Args: map[string]string{"min": Number(limit)}})
			}
		}
	}
	return problems
}
