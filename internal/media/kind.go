// Package media is an airing: one thing that a media partner broadcast, printed or published, and how many people it
// reached. Audiences are reach, never participants.
package media

import (
	"strconv"

	"outreach/internal/project"
	"outreach/internal/record"
)

// Kind is the table of an airing's fields. The reach of one airing is at most the region's population.
var Kind = record.Kind{Name: "media", Plural: "media", Check: check, Fields: []record.Field{
	{Name: "date", Polish: "data", Type: record.Date, Required: true, Key: true},
	{Name: "time", Polish: "godzina", Type: record.Clock, Key: true},
	{Name: "medium", Polish: "medium", Type: record.List, Required: true, Key: true, Options: Mediums},
	{Name: "kind", Polish: "rodzaj", Key: true, Longest: 100},
	{Name: "title", Polish: "tytuł", Required: true, Key: true},
	{Name: "outlet", Polish: "redakcja", Required: true, Key: true, Longest: 200},
	{Name: "reach", Polish: "zasięg", Type: record.Whole, Required: true},
	{Name: "contacts", Polish: "kontakty", Type: record.Whole, Max: 1e12},
	{Name: "source", Polish: "źródło", Longest: 200},
	{Name: "url", Polish: "adres", Keep: record.Sealed, Longest: 2000},
	{Name: "note", Polish: "uwagi", Keep: record.Sealed, Longest: 2000},
}}

// Mediums are the kinds of media.
var Mediums = record.Fixed(
	record.Option{ID: "tv", Label: project.Text{"pl": "telewizja", "en": "television"}},
	record.Option{ID: "radio", Label: project.Text{"pl": "radio", "en": "radio"}},
	record.Option{ID: "press", Label: project.Text{"pl": "prasa", "en": "press"}},
	record.Option{ID: "web", Label: project.Text{"pl": "internet", "en": "web"}},
	record.Option{ID: "social", Label: project.Text{"pl": "media społecznościowe", "en": "social media"}},
	record.Option{ID: "outdoor", Label: project.Text{"pl": "reklama zewnętrzna", "en": "outdoor advertising"}})

func check(get func(string) string, _ record.Scope) []record.Problem {
	contacts := get("contacts")
	reach, bad := strconv.ParseInt(get("reach"), 10, 64)
	if contacts == "" || bad != nil {
		return nil
	}
	if n, err := strconv.ParseInt(contacts, 10, 64); err == nil && n < reach {
		return []record.Problem{{Field: "contacts", Code: record.OutOfRange, Hint: "contacts", Args: map[string]string{"min": strconv.FormatInt(reach, 10)}}}
	}
	return nil
}
