package definition_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/project/definition"
)

func TestProofsNameWhatBringsRecordsAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	d, problems := definition.Parse("", []byte(bare+`extends: [training, campaign]
records:
  exits: {label: Exit, person: yes, by: [adviser], fields: {reason: {type: text}}}
  harvest: {label: Harvest, by: [partner], fields: {weight: {type: number}}}
indicators:
  - {code: weight, unit: kg, count: sum, field: weight, of: harvest, until: 2027-03-31, label: Weight}
  - {code: signed, count: records, of: signup, label: Signed up}
  - {code: worked, count: people, who: 'any(exits, days(entry, .date) <= 28) && any(tests, .post_score > 1)', label: Work}
  - {code: women, count: people, who: 'sex == "female"', label: Women}
  - {code: mood, count: said, label: Mood}
  - {code: both, count: value, value: 'i["signed"] + i["weight"]', label: Both}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := map[string]string{}
	for _, p := range definition.Proofs(d) {
		said := ""
		for _, s := range p.Sources {
			said += fmt.Sprintf("%s %s %t %v; ", s.Kind, s.At, s.File, s.By)
		}
		for _, lack := range p.Lacks {
			said += "lacks " + lack.Kind.Name
			if lack.Field != nil {
				said += "." + lack.Field.Name
			}
			said += "; "
		}
		got[p.Code] = fmt.Sprint(said, p.Others, " ", p.Until)
	}
	for code, want := range map[string]string{
		"trained": "attendance /attendance true [coordinator]; lacks attendance.activity; [] 2026-12-31",
		"advised": "consultation /consultations true [adviser coordinator]; [] 2026-12-31",
		"reach":   "media /records/media true [partner coordinator]; lacks media; [] 2026-12-31",
		"events":  "output /outputs true [coordinator]; [] 2026-12-31",
		"weight":  "harvest /records/harvest true [partner coordinator]; [] 2027-03-31",
		"signed":  "signup /signup true [anyone coordinator]; lacks signup.activity; [] 2026-12-31",
		"worked":  "consultation /consultations true [adviser coordinator]; attendance /attendance true [coordinator]; test /tests true [coordinator]; exits /records/exits true [adviser coordinator]; lacks attendance.activity; lacks test.activity; [] 2026-12-31",
		"women":   "signup /signup true [anyone coordinator]; lacks signup.activity; [] 2026-12-31",
		"mood":    " /indicators/mood/said false [coordinator]; [] 2026-12-31",
		"both":    "[signed weight] 2026-12-31",
	} {
		if diff := cmp.Diff(want, got[code]); diff != "" {
			t.Errorf("%s: %s", code, diff)
		}
	}
}
