package record_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/record"
)

var attendanceScope = record.Scope{
	Definition: &project.Definition{TimeZone: "Europe/Warsaw", Activities: []project.Activity{{ID: "partnerships"}}},
	Today:      "2026-11-23", Loose: true,
}

func TestOutcomesInBothLanguages(t *testing.T) {
	t.Parallel()
	for spelling, want := range map[string]string{
		"completed": "completed", "ukończył": "completed", "Ukończyła": "completed", "ukończył(a)": "completed",
		"withdrew": "withdrew", "przerwał": "withdrew", "przerwała": "withdrew", "przerwał(a)": "withdrew",
		"attended": "attended", "uczestniczył": "attended", "uczestniczyła": "attended", "uczestniczył(a)": "attended",
	} {
		entry, problems := record.Builtin().Kind(record.Attendance).Read(record.Given{"email": "a@example.org", "activity": "partnerships", "date": "2010-02-19", "outcome": spelling}, attendanceScope)
		if got := record.Builtin().Kind(record.Attendance).Get(entry.Row, "outcome"); len(problems) > 0 || got != want {
			t.Errorf("%s is %q, %v", spelling, got, problems)
		}
	}
}

func TestActivityIsOneOfTheDefinitions(t *testing.T) {
	t.Parallel()
	_, problems := record.Builtin().Kind(record.Attendance).Read(record.Given{"email": "a@example.org", "activity": "incubator", "date": "2010-02-19", "outcome": "attended"}, attendanceScope)
	if len(problems) != 1 || problems[0].Field != "activity" || problems[0].Code != record.NotInList || len(problems[0].Options) != 1 || problems[0].Options[0].ID != "partnerships" {
		t.Errorf("%+v", problems)
	}
}
