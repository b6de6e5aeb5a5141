// Package signup is a person's sign-up to an activity: what the form asks for, and how places and the queue are given.
package signup

import (
	"outreach/internal/project"
	"outreach/internal/record"
)

// Kind is the table of a sign-up's fields.
var Kind = record.Kind{Name: "signup", Plural: "signups", Person: true, Check: check, Fields: []record.Field{
	{Name: "activity", Polish: "działanie", Type: record.List, Required: true, Key: true, Options: record.Activities},
	{Name: "first_name", Polish: "imię", Required: true, Keep: record.Who, Longest: 100},
	{Name: "last_name", Polish: "nazwisko", Required: true, Keep: record.Who, Longest: 100},
	{Name: "email", Polish: "email", Type: record.Email, Keep: record.Who},
	{Name: "pesel", Polish: "pesel", Type: record.Pesel, Keep: record.Who},
	{Name: "phone", Polish: "telefon", Keep: record.Who, Longest: 40},
	{Name: "sex", Polish: "płeć", Type: record.List, Options: Sexes},
	{Name: "birth_year", Polish: "rok urodzenia", Type: record.Whole, Min: 1900, Max: 9999, Year: true},
	{Name: "education", Polish: "wykształcenie", Type: record.List, Options: Educations},
	{Name: "labour_status", Polish: "status na rynku pracy", Type: record.List, Options: LabourStatuses},
	{Name: "residence", Polish: "miejsce zamieszkania", Type: record.List, Options: Residences},
	{Name: "disability", Polish: "niepełnosprawność", Type: record.List, Options: Disabilities},
	{Name: "group", Polish: "grupa", Type: record.List, Options: record.Groups},
	{Name: "organisation", Polish: "organizacja", Longest: 200},
	{Name: "consent_processing", Polish: "zgoda na przetwarzanie", Type: record.YesNo, Required: true},
	{Name: "consent_news", Polish: "zgoda na wiadomości", Type: record.YesNo},
	{Name: "locale", Polish: "język", Type: record.List, Options: record.Locales},
	{Name: "submitted_at", Polish: "data zgłoszenia", Type: record.Instant},
}}

// The lists of the sign-up's attributes, each in the order of breakdowns.
var (
	Sexes = record.Fixed(
		record.Option{ID: "female", Label: project.Text{"pl": "kobieta", "en": "female"}, Also: []string{"k"}},
		record.Option{ID: "male", Label: project.Text{"pl": "mężczyzna", "en": "male"}, Also: []string{"m"}},
		record.Option{ID: "other", Label: project.Text{"pl": "inna", "en": "other"}})
	Educations = record.Fixed(
		record.Option{ID: "isced-0-2", Label: project.Text{"pl": "podstawowe lub gimnazjalne", "en": "primary or lower secondary"}},
		record.Option{ID: "isced-3-4", Label: project.Text{"pl": "średnie lub zawodowe", "en": "upper secondary"}},
		record.Option{ID: "isced-5-8", Label: project.Text{"pl": "wyższe", "en": "higher"}})
	LabourStatuses = record.Fixed(
		record.Option{ID: "employed", Label: project.Text{"pl": "osoba pracująca", "en": "employed"}, Also: []string{"pracujący", "pracująca", "pracujący(a)"}},
		record.Option{ID: "self-employed", Label: project.Text{"pl": "osoba samozatrudniona", "en": "self-employed"}, Also: []string{"samozatrudniony", "samozatrudniona", "samozatrudniony(a)"}},
		record.Option{ID: "unemployed", Label: project.Text{"pl": "osoba bezrobotna", "en": "unemployed"}, Also: []string{"bezrobotny", "bezrobotna", "bezrobotny(a)"}},
		record.Option{ID: "inactive", Label: project.Text{"pl": "osoba bierna zawodowo", "en": "inactive"}, Also: []string{"bierny", "bierna", "bierny(a)", "bierny zawodowo", "bierna zawodowo"}})
	Residences = record.Fixed(
		record.Option{ID: "urban", Label: project.Text{"pl": "miasto", "en": "urban"}},
		record.Option{ID: "rural", Label: project.Text{"pl": "wieś", "en": "rural"}})
	Disabilities = record.Fixed(
		record.Option{ID: "yes", Label: project.Text{"pl": "tak", "en": "yes"}, Also: []string{"true", "1"}},
		record.Option{ID: "no", Label: project.Text{"pl": "nie", "en": "no"}, Also: []string{"false", "0"}})
)

func check(get func(string) string, _ record.Scope) []record.Problem {
	var problems []record.Problem
	if get("email") == "" && get("pesel") == "" {
		problems = append(problems, record.Problem{Field: "email", Code: record.Missing, Hint: "person"})
	}
	if get("consent_processing") == "no" {
		problems = append(problems, record.Problem{Field: "consent_processing", Code: record.NotInList, Hint: "consent"})
	}
	return problems
}

// States of a sign-up. Waitlisted and held ones count too, unless a rule asks for accepted ones.
const (
	Accepted   = "accepted"
	Waitlisted = "waitlisted"
	Held       = "held"
	Cancelled  = "cancelled"
)
