package schema_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
)

func TestOutput(t *testing.T) {
	t.Parallel()
	outputScope := schema.Scope{
		Definition: &project.Definition{TimeZone: "Europe/Warsaw", OutputKinds: []project.OutputKind{{ID: "tv-spot", Label: project.Text{"pl": "spot telewizyjny", "en": "TV spot"}}}},
		Today:      "2026-11-23", Loose: true,
	}
	for _, tt := range []struct{ name, kind, quantity, want string }{
		{"one", "tv-spot", "1", ""},
		{"by its label", "Spot telewizyjny", "12 500", ""},
		{"none", "tv-spot", "0", "quantity out_of_range"},
		{"a half", "tv-spot", "0,5", "quantity not_a_number"},
		{"a kind that was not promised", "poster", "1", "kind not_in_list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			entry, problems := schema.Builtin().Kind(schema.Output).Read(schema.Given{"date": "2010-01-18", "kind": tt.kind, "quantity": tt.quantity, "title": "x"}, outputScope)
			got := ""
			for _, p := range problems {
				got += p.Field + " " + p.Code
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if kind := schema.Builtin().Kind(schema.Output).Get(entry.Row, "kind"); tt.want == "" && kind != "tv-spot" {
				t.Errorf("kind %q", kind)
			}
		})
	}
}
