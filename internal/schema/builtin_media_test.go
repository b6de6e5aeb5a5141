package schema_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
)

var mediaScope = schema.Scope{Definition: &project.Definition{TimeZone: "Europe/Warsaw", Region: project.Region{Population: 1000}}, Today: "2026-11-23", Loose: true}

func airing(changes schema.Given) schema.Given {
	given := schema.Given{"date": "2010-03-11", "medium": "tv", "title": "Razem", "outlet": "TV", "reach": "10"}
	for name, value := range changes {
		given[name] = value
	}
	return given
}

func TestAiring(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		changes schema.Given
		want    string // the field that is wrong and how
	}{
		{"the least", nil, ""},
		{"no reach", schema.Given{"reach": "0"}, ""},
		{"everybody saw it", schema.Given{"reach": "1000"}, ""},
		{"more saw it than there are", schema.Given{"reach": "1001"}, "reach out_of_range"},
		{"as many contacts as people", schema.Given{"contacts": "10"}, ""},
		{"more contacts than there are people", schema.Given{"contacts": "1000000"}, ""},
		{"fewer contacts than people", schema.Given{"contacts": "9"}, "contacts out_of_range"},
		{"an unknown medium", schema.Given{"medium": "film"}, "medium not_in_list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := schema.Builtin().Kind(schema.Media).Read(airing(tt.changes), mediaScope)
			got := ""
			for _, p := range problems {
				got += p.Field + " " + p.Code
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestMediumsAreAcceptedInBothLanguages(t *testing.T) {
	t.Parallel()
	for spelling, want := range map[string]string{"telewizja": "tv", "Radio": "radio", "prasa": "press", "internet": "web", "media społecznościowe": "social", "reklama zewnętrzna": "outdoor", "outdoor": "outdoor"} {
		entry, problems := schema.Builtin().Kind(schema.Media).Read(airing(schema.Given{"medium": spelling}), mediaScope)
		if got := schema.Builtin().Kind(schema.Media).Get(entry.Row, "medium"); len(problems) > 0 || got != want {
			t.Errorf("%s is %q, %v", spelling, got, problems)
		}
	}
}
