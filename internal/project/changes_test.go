package project_test

import (
	"fmt"
	"slices"
	"testing"

	"outreach/internal/project"
)

func TestChangesNameWhatDiffers(t *testing.T) {
	t.Parallel()
	before := &project.Definition{
		ID: "x", Title: project.Text{"pl": "Tytuł", "en": "Title"}, TargetGroup: 20,
		Activities: []project.Activity{{ID: "a", Capacity: 3, Label: project.Text{"pl": "A", "en": "A"}}, {ID: "gone", Label: project.Text{"en": "Gone"}}},
		Partners:   []project.Partner{{ID: "radio", Name: "Radio"}},
		Indicators: []project.Indicator{{Code: "1", Target: 8, Count: "people", Rule: project.Rule{Of: "signup"}}, {Code: "2", Target: 1.5, Count: "sum", Field: "hours"}},
	}
	after := &project.Definition{
		ID: "x", Title: project.Text{"pl": "Tytuł", "en": "Another"}, TimeZone: "UTC",
		Activities: []project.Activity{{ID: "a", Capacity: 5, Place: "Dom", Label: project.Text{"pl": "A", "en": "B"}}},
		Partners:   []project.Partner{{ID: "radio", Name: "Radio"}, {ID: "press", Name: "Gazeta"}},
		Indicators: []project.Indicator{{Code: "2", Target: 1.5, Count: "sum", Field: "hours"}, {Code: "1", Target: 12, Count: "people", Rule: project.Rule{Of: "signup", Where: "true"}}},
	}
	got := ""
	for _, c := range project.Changes(before, after) {
		got += fmt.Sprintln(c.Part, c.ID, c.Label["en"], c.What, c.Fields)
	}
	const want = `indicators 1  changed [{target 8 12} {where  true}]
activities a B changed [{capacity 3 5} {label  } {place  Dom}]
activities gone Gone removed []
partners press Gazeta added []
 target_group  removed [{target_group 20 }]
 time_zone  added [{time_zone  UTC}]
 title  changed [{title  }]
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if n := len(project.Changes(after, after)); n != 0 {
		t.Errorf("%d changes to the same", n)
	}
	if n := len(project.Changes(nil, after)); n == 0 {
		t.Error("a first definition changes nothing")
	}
}

func TestRulesAskForTheFieldsTheyName(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]bool{
		`sex == "female"`:                      true,
		`activity == "sex"`:                    false,
		"outcome == `sex`":                     false,
		`'it\'s sex' == title`:                 false,
		`title == "a \" sex"`:                  false,
		`birth_year>1980 && state=="accepted"`: true,
		`sexes == "x"`:                         false,
		``:                                     false,
		`not (group in ["a", "b"])`:            true,
		`title startsWith "x" || residence=="rural"`: true,
	} {
		if got := (project.Rule{Where: where}).UsesAny([]string{"sex", "birth_year", "group", "residence"}); got != want {
			t.Errorf("%s: %v", where, got)
		}
	}
	if !(project.Indicator{Field: "sex"}).UsesAny([]string{"sex"}) {
		t.Error("what counts the values of a field asks for it")
	}
}

// The JSON of a definition has keys that were not written; they are no changes.
func TestWhatWasNotWrittenIsNoChange(t *testing.T) {
	t.Parallel()
	after := &project.Definition{ID: "small", Title: project.Text{"en": "Small"}, Indicators: []project.Indicator{{Code: "1"}}}
	var got []string
	for _, c := range project.Changes(nil, after) {
		got = append(got, c.Part+" "+c.ID)
	}
	if want := []string{"indicators 1", " id", " title"}; !slices.Equal(got, want) {
		t.Errorf("changes are %q, want %q", got, want)
	}
}
