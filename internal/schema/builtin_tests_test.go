package schema_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
)

func TestScoresAreBetweenZeroAndTheMaximum(t *testing.T) {
	t.Parallel()
	testScope := schema.Scope{
		Definition: &project.Definition{TimeZone: "Europe/Warsaw", Activities: []project.Activity{{ID: "partnerships"}}},
		Today:      "2026-11-23", Loose: true,
	}
	for _, tt := range []struct{ name, pre, post, highest, want string }{
		{"between", "6", "13.5", "20", ""},
		{"at both ends", "0", "20", "20", ""},
		{"nothing to be had", "0", "0", "0", ""},
		{"worse than before", "13", "6", "20", ""},
		{"above the highest before", "20.5", "13", "20", "pre_score out_of_range; "},
		{"above the highest after", "6", "21", "20", "post_score out_of_range; "},
		{"above the highest both times", "21", "21", "20", "pre_score out_of_range; post_score out_of_range; "},
		{"below zero", "-1", "21", "20", "pre_score out_of_range; post_score out_of_range; "},
		{"no highest to compare with", "6", "13", "", "max_score missing; "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := schema.Builtin().Kind(schema.Test).Read(schema.Given{"email": "a@example.org", "activity": "partnerships", "date": "2010-02-19",
				"pre_score": tt.pre, "post_score": tt.post, "max_score": tt.highest}, testScope)
			got := ""
			for _, p := range problems {
				got += p.Field + " " + p.Code + "; "
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
