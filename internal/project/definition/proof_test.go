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
  look: {label: Look, fields: {photo: {type: file, required: yes}}}
indicators:
  - {code: weight, unit: kg, count: sum, field: weight, of: harvest, until: 2027-03-31, label: Weight}
  - {code: signed, count: records, of: signup, label: Signed up}
  - {code: worked, count: people, who: 'any(exits, days(entry, .date) <= 28) && any(tests, .post_score > 1)', label: Work}
  - {code: women, count: people, who: 'sex == "female"', label: Women}
  - {code: mood, count: said, label: Mood}
  - {code: seen, count: records, of: look, label: Seen}
  - {code: both, count: value, value: 'i["signed"] + i["weight"]', label: Both}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := map[string]string{}
	for _, p := range definition.Proofs(d) {
		said := ""
		for _, s := range p.Sources {
			said += fmt.Sprintf("%s %s %v %v; ", s.Kind, s.At, s.By, s.FileBy)
		}
		for _, lack := range p.Lacks {
			said += "lacks " + lack.Kind.Name + "." + lack.Field.Name + "; "
		}
		got[p.Code] = fmt.Sprint(said, p.Others, " ", p.Until)
	}
	for code, want := range map[string]string{
		"trained": "attendance /attendance [coordinator] [coordinator]; lacks attendance.activity; [] 2026-12-31",
		"advised": "consultation /consultations [adviser coordinator] [coordinator]; [] 2026-12-31",
		"reach":   "media /records/media [coordinator] [coordinator]; [] 2026-12-31",
		"events":  "output /outputs [coordinator] [coordinator]; [] 2026-12-31",
		"weight":  "harvest /records/harvest [coordinator] [coordinator]; [] 2027-03-31",
		"signed":  "signup /signup [anyone coordinator] [coordinator]; lacks signup.activity; [] 2026-12-31",
		"worked":  "consultation /consultations [adviser coordinator] [coordinator]; attendance /attendance [coordinator] [coordinator]; test /tests [coordinator] [coordinator]; exits /records/exits [adviser coordinator] [coordinator]; lacks attendance.activity; lacks test.activity; [] 2026-12-31",
		"women":   "signup /signup [anyone coordinator] [coordinator]; lacks signup.activity; [] 2026-12-31",
		"mood":    " /indicators/mood/said [coordinator] []; [] 2026-12-31",
		"seen":    "look /records/look [coordinator] []; [] 2026-12-31",
		"both":    "[signed weight] 2026-12-31",
	} {
		if diff := cmp.Diff(want, got[code]); diff != "" {
			t.Errorf("%s: %s", code, diff)
		}
	}
}

// Partners record what the definition lets them, and send files of it, where there are any.
func TestProofsNamePartnersWhereThereAreAny(t *testing.T) {
	t.Parallel()
	d, problems := definition.Parse("", []byte(bare+`partners: [{id: radio, name: Radio}]
records:
  harvest: {label: Harvest, by: [partner], fields: {weight: {type: number}}}
indicators:
  - {code: weight, count: sum, field: weight, of: harvest, label: Weight}
  - {code: reach, count: sum, field: reach, of: media, label: Reach}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, p := range definition.Proofs(d) {
		if s := p.Sources[0]; fmt.Sprint(s.By, s.FileBy) != "[partner coordinator] [coordinator partner]" || len(p.Lacks) > 0 {
			t.Errorf("%s: %+v", p.Code, p)
		}
	}
}
