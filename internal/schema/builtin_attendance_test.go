package schema_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
)

var attendanceScope = schema.Scope{
	Definition: &project.Definition{TimeZone: "Europe/Warsaw", Activities: []project.Activity{{ID: "partnerships"}}},
	Today:      "2026-11-23", Loose: true,
}

func TestOutcomesAreAcceptedInBothLanguages(t *testing.T) {
	t.Parallel()
	for spelling, want := range map[string]string{
		"completed": "completed", "ukończył": "completed", "Ukończyła": "completed", "ukończył(a)": "completed",
		"withdrew": "withdrew", "przerwał": "withdrew", "przerwała": "withdrew", "przerwał(a)": "withdrew",
		"attended": "attended", "uczestniczył": "attended", "uczestniczyła": "attended", "uczestniczył(a)": "attended",
	} {
		entry, problems := schema.Builtin().Kind(schema.Attendance).Read(schema.Given{"email": "a@example.org", "activity": "partnerships", "date": "2010-02-19", "outcome": spelling}, attendanceScope)
		if got := schema.Builtin().Kind(schema.Attendance).Get(entry.Row, "outcome"); len(problems) > 0 || got != want {
			t.Errorf("%s is %q, %v", spelling, got, problems)
		}
	}
}

func TestActivityMustBeInTheDefinition(t *testing.T) {
	t.Parallel()
	_, problems := schema.Builtin().Kind(schema.Attendance).Read(schema.Given{"email": "a@example.org", "activity": "incubator", "date": "2010-02-19", "outcome": "attended"}, attendanceScope)
	if len(problems) != 1 || problems[0].Field != "activity" || problems[0].Code != schema.NotInList || len(problems[0].Options) != 1 || problems[0].Options[0].ID != "partnerships" {
		t.Errorf("%+v", problems)
	}
}
