// Package attendance is a person's attendance at an activity on a day.
package attendance

import (
	"outreach/internal/project"
	"outreach/internal/record"
)

// Kind is the table of an attendance's fields.
var Kind = record.Kind{Name: "attendance", Plural: "attendance", Person: true, Fields: []record.Field{
	{Name: "activity", Polish: "działanie", Type: record.List, Required: true, Key: true, Options: record.Activities},
	{Name: "date", Polish: "data", Type: record.Date, Required: true, Key: true},
	{Name: "hours", Polish: "godziny", Type: record.Decimal, Min: 0, Max: 1000},
	{Name: "outcome", Polish: "wynik", Type: record.List, Required: true, Options: Outcomes},
}}

// Outcomes are how a person's attendance ended.
var Outcomes = record.Fixed(
	record.Option{ID: "completed", Label: project.Text{"pl": "ukończył(a)", "en": "completed"}, Also: []string{"ukończył", "ukończyła"}},
	record.Option{ID: "withdrew", Label: project.Text{"pl": "przerwał(a)", "en": "withdrew"}, Also: []string{"przerwał", "przerwała"}},
	record.Option{ID: "attended", Label: project.Text{"pl": "uczestniczył(a)", "en": "attended"}, Also: []string{"uczestniczył", "uczestniczyła"}})
