// Package assessment is a person's test before and after an activity. Records and addresses call it a test; a Go package
// of that name would be taken for a test of the code.
package assessment

import (
	"strconv"

	"outreach/internal/record"
)

const most = 1_000_000

// Kind is the table of a test's fields.
var Kind = record.Kind{Name: "test", Plural: "tests", Person: true, Check: check, Fields: []record.Field{
	{Name: "activity", Polish: "działanie", Type: record.List, Required: true, Key: true, Options: record.Activities},
	{Name: "date", Polish: "data", Type: record.Date, Required: true, Key: true},
	{Name: "pre_score", Polish: "test wstępny", Type: record.Decimal, Required: true, Min: 0, Max: most},
	{Name: "post_score", Polish: "test końcowy", Type: record.Decimal, Required: true, Min: 0, Max: most},
	{Name: "max_score", Polish: "maksimum", Type: record.Decimal, Required: true, Min: 0, Max: most},
}}

func check(get func(string) string, _ record.Scope) []record.Problem {
	var problems []record.Problem
	highest, err := strconv.ParseFloat(get("max_score"), 64)
	if err != nil {
		return nil
	}
	for _, name := range []string{"pre_score", "post_score"} {
		if score, err := strconv.ParseFloat(get(name), 64); err == nil && score > highest {
			problems = append(problems, record.Problem{Field: name, Code: record.OutOfRange, Args: map[string]string{"min": "0", "max": record.Number(highest)}})
		}
	}
	return problems
}
