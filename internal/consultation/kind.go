// Package consultation is an adviser's consultation with one person.
package consultation

import (
	"outreach/internal/project"
	"outreach/internal/record"
)

// Kind is the table of a consultation's fields.
var Kind = record.Kind{Name: "consultation", Plural: "consultations", Person: true, Fields: []record.Field{
	{Name: "date", Polish: "data", Type: record.Date, Required: true, Key: true},
	{Name: "field", Polish: "dziedzina", Type: record.List, Required: true, Key: true, Options: Areas},
	{Name: "minutes", Polish: "minuty", Type: record.Whole, Required: true, Min: 1, Max: 960},
	{Name: "form", Polish: "forma", Type: record.List, Required: true, Key: true, Options: Forms},
	{Name: "adviser", Polish: "doradca", Type: record.Email, Keep: record.Staff, Key: true},
	{Name: "topic", Polish: "temat", Keep: record.Sealed, Key: true},
	{Name: "notes", Polish: "notatki", Keep: record.Sealed, Longest: 4000, NoColumn: true},
}}

// Areas are the fields of advice, Forms the ways in which it is given.
var (
	Areas = record.Fixed(
		record.Option{ID: "law", Label: project.Text{"pl": "prawo", "en": "law"}},
		record.Option{ID: "accounting", Label: project.Text{"pl": "księgowość", "en": "accounting"}},
		record.Option{ID: "marketing", Label: project.Text{"pl": "marketing", "en": "marketing"}},
		record.Option{ID: "coaching", Label: project.Text{"pl": "coaching", "en": "coaching"}})
	Forms = record.Fixed(
		record.Option{ID: "in-person", Label: project.Text{"pl": "osobiście", "en": "in person"}},
		record.Option{ID: "phone", Label: project.Text{"pl": "telefon", "en": "by phone"}, Also: []string{"telefonicznie"}},
		record.Option{ID: "online", Label: project.Text{"pl": "zdalnie", "en": "online"}})
)
