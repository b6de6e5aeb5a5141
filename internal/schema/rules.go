package schema

import (
	"strconv"

	"outreach/internal/project"
)

// Rule is a rule between fields of one record.
type Rule project.RecordRule

// The rules there are.
const (
	AnyOf   = "any-of"   // one of the fields has to be given; the problem is of the first
	MustBe  = "must-be"  // the fields have the Value, where they are given
	AtMost  = "at-most"  // the fields are numbers, and at most the Other field's
	AtLeast = "at-least" // the fields are numbers, and at least the Other field's
)

// check gives what a rule finds wrong.
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
			return nil // it was not given, or is wrong itself
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
