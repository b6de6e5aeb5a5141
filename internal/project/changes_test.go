package project_test

import (
	"fmt"
	"slices"
	"testing"

	"outreach/internal/project"
	"outreach/internal/project/definition"
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

// What the author says of people and records is named as it is written, down to the attribute or field.
func TestChangesOfPeopleAndRecordsNameTheKeys(t *testing.T) {
	t.Parallel()
	read := func(text string) *project.Definition {
		d, problems := definition.Parse("", []byte("id: x\ntitle: X\nperiod: {from: 2026-01-01, to: 2026-12-31}\n"+text+"indicators: [{code: a, label: A, count: records, of: consultation}]\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return d
	}
	for _, c := range []struct{ before, after, want string }{
		{"", "people: {attributes: {group: {ask: no}}}\n", " people.attributes.group added\n"},
		{
			"people: {keys: [email], attributes: {sex: {required: yes}, county: {type: choice, options: [clare], label: County}}}\nrecords: {visit: {label: Visit, fields: {size: {type: number}}}}\n",
			"people: {keys: [email, house], identifiers: {house: {label: House, pattern: '[0-9]+'}}, attributes: {county: {type: choice, options: [clare, mayo], label: County}}, complete: [county]}\nrecords: {visit: {label: Visit, key: [size], person: yes, fields: {size: {type: number, decimals: 2}, open: {type: text}}}, consultation: {fields: {field: {options: [tax]}}}}\n",
			" people.attributes.county changed options\n people.attributes.sex removed\n people.complete added\n people.identifiers.house added\n people.keys changed people.keys\n" +
				" records.consultation.fields.field added\n records.visit changed key person\n records.visit.fields.open added\n records.visit.fields.size changed decimals\n",
		},
	} {
		got := ""
		for _, change := range project.Changes(read(c.before), read(c.after)) {
			got += change.Part + " " + change.ID + " " + change.What
			if change.What == project.Altered {
				for _, e := range change.Fields {
					got += " " + e.Field
				}
			}
			got += "\n"
		}
		if got != c.want {
			t.Errorf("got\n%swant\n%s", got, c.want)
		}
	}
}
