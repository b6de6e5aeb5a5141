package schema_test

import (
	"strings"
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// What is not of the form of an identifier is refused with an example of it where its pattern is simple, else with the
// pattern.
func TestIdentifiersHaveAnExample(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`RO-[0-9]{5}`:         "for example as RO-45678.",
		`[0-9]{8}[A-Z]`:       "for example as 12345678J.",
		`[0-9]{8}`:            "for example as 12345678.",
		`(H|G)-\d+`:           "for example as G-3.",
		`[A-Z]{2,3}/?[1-9]*x`: "for example as ABx.",
		`\p{Greek}+`:          `The form is \p{Greek}+.`,
		`.{4}`:                "The form is .{4}.",
		`[0-9]{100}`:          "The form is [0-9]{100}.",
	} {
		d := &project.Definition{Languages: []string{"ro"}, People: project.People{Keys: []string{"house"}, Identifiers: map[string]project.Identifier{"house": {Pattern: pattern}}}}
		_, problems := schema.For(d).Kind(schema.Attendance).Read(schema.Given{"person": map[string]any{"house": "?"}}, schema.Scope{Definition: d, Today: "2026-06-01"})
		if len(problems) == 0 || problems[0].Code != schema.Unreadable {
			t.Fatalf("%s: %v", pattern, problems)
		}
		if got := text.Of(text.English).Problem(problems[0]); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s", pattern, got)
		}
	}
}
