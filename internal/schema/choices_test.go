package schema_test

import (
	"strings"
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Several values of one text have | or ; between them, or a comma where no value of the list has one. What is wrong
// with one says how several are written.
func TestSeveralValuesInOneText(t *testing.T) {
	t.Parallel()
	registry, err := schema.Extend(schema.NewRegistry(), project.RecordKind{Name: "visit", Fields: []project.RecordField{
		{ID: "about", Type: "choices", Options: []project.RecordOption{{ID: "insulation"}, {ID: "bills", Label: project.Text{"en": "Bills"}}}},
		{ID: "fuel", Type: "choices", Options: []project.RecordOption{{ID: "solid", Label: project.Text{"en": "wood, coal"}}, {ID: "gas"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	kind := registry.Kind("visit")
	for _, c := range []struct{ field, given, want, wrong string }{
		{"about", "insulation; Bills", "insulation|bills", ""},
		{"about", "bills|insulation", "insulation|bills", ""},
		{"about", "Bills, insulation", "insulation|bills", ""},
		{"about", "insulation,,bills;", "insulation|bills", ""},
		{"about", "insulation, windows", "", "semicolon"},
		{"fuel", "wood, coal; gas", "solid|gas", ""},
		{"fuel", "wood, coal, gas", "", "semicolon"},
	} {
		entry, problems := kind.Read(schema.Given{c.field: c.given}, schema.Scope{Definition: &project.Definition{}, Today: "2026-06-01", Loose: true})
		switch {
		case c.wrong == "" && len(problems) > 0:
			t.Errorf("%s: %v", c.given, problems)
		case c.wrong == "":
			if got := kind.Get(entry.Row, c.field); got != c.want {
				t.Errorf("%s is read as %s", c.given, got)
			}
		case len(problems) != 1 || !strings.Contains(text.Of(text.English).Problem(problems[0]), c.wrong):
			t.Errorf("%s: %v", c.given, problems)
		}
	}
	_, problems := kind.Read(schema.Given{"about": "insulation, bills"}, schema.Scope{Definition: &project.Definition{}, Today: "2026-06-01"})
	if len(problems) != 1 || problems[0].Code != schema.NotInList || !strings.Contains(text.Of(text.English).Problem(problems[0]), "JSON array") {
		t.Errorf("JSON with a text: %v", problems)
	}
}
