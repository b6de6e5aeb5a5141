package definition_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/project/packs"
)

const bare = "id: small\ntitle: Small\nperiod: {from: 2026-01-01, to: 2026-12-31}\nregion: {name: Here, population: 9000}\n"

// Each pack alone is all that a project needs beside its name and period, in its newest version and in all others.
func TestEachPackMakesADefinition(t *testing.T) {
	t.Parallel()
	for _, id := range packs.IDs() {
		text := []byte(bare + "extends: [" + id + "]\n")
		d, problems := definition.Parse("", text)
		if len(problems) > 0 {
			t.Errorf("%s: %v", id, problems)
			continue
		}
		if warnings := definition.Warnings("", text); len(warnings) > 0 {
			t.Errorf("%s may fail: %v", id, warnings)
		}
		if want := []project.Pack{{ID: id, Version: packs.Latest(id)}}; !slices.Equal(d.Packs, want) || len(d.Indicators) == 0 {
			t.Errorf("%s: %v, %d indicators", id, d.Packs, len(d.Indicators))
		}
		for version := range packs.Latest(id) {
			expanded, err := definition.Expanded(text, []project.Pack{{ID: id, Version: version + 1}})
			if err != nil {
				t.Fatal(err)
			}
			again, problems := definition.Parse("", expanded)
			if len(problems) > 0 {
				t.Errorf("%s@%d: %v in\n%s", id, version+1, problems, expanded)
				continue
			}
			if again.Packs = d.Packs; version+1 == packs.Latest(id) {
				if diff := cmp.Diff(d, again); diff != "" {
					t.Errorf("%s, expanded: %s", id, diff)
				}
			}
		}
	}
}

func TestDefinitionTakesPrecedenceOverItsPacks(t *testing.T) {
	t.Parallel()
	d, problems := definition.Parse("", []byte(bare+`extends: [training, campaign]
age_bands: ["0-29", "30+"]
output_kinds: [{id: leaflet, label: Flyer}, {id: mug, label: Mug}]
indicators:
  - {code: trained, target: 40, label: Trained}
  - {code: mugs, unit: piece, target: 5, count: sum, field: quantity, of: output, where: 'kind == "mug"', label: Mugs}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	trained, _ := d.Indicator("trained")
	if trained.Target != 40 || trained.Label["en"] != "Trained" || trained.Where != `outcome == "completed"` {
		t.Errorf("trained: %+v", trained)
	}
	var kinds, codes []string
	for _, k := range d.OutputKinds {
		kinds = append(kinds, k.ID+" "+k.Label["en"])
	}
	for _, in := range d.Indicators {
		codes = append(codes, in.Code)
	}
	if !slices.Equal(kinds, []string{"leaflet Flyer", "poster poster", "news-item news item", "event event", "mug Mug"}) {
		t.Errorf("kinds of output: %q", kinds)
	}
	if codes[0] != "trained" || codes[len(codes)-1] != "mugs" || !slices.Contains(codes, "reach") || len(d.Participants) != 2 {
		t.Errorf("indicators %q, participants %v", codes, d.Participants)
	}
	if !slices.Equal(d.AgeBands, []string{"0-29", "30+"}) {
		t.Errorf("a list without ids is put together: %v", d.AgeBands)
	}
}

// What is wrong about a pack is told at its id in the definition.
func TestProblemsOfPacksStandAtTheirIDs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ extends, more, want string }{
		{"extends: [trainning]", "", "extends[0] not_in_list 5:11"},
		{"extends: [training, training]", "", "extends[1] repeated 5:21"},
		{"extends: {training: 1}", "", "extends wrong_form 5:10"},
		{"extends: training", `indicators: [{code: a, count: records, of: test, label: A}, {code: a, count: records, of: test, label: B}]`, "indicators[7].code repeated 6:68"},
		{"extends: [training]", "indicators: [{code: trained, of: visit}]", "indicators[0].of not_in_list 6:34"},
		{"extends: [" + strings.Repeat("training, ", 11) + "]", "", "extends too_large"},
	} {
		_, problems := definition.Parse("", []byte(bare+c.extends+"\n"+c.more+"\n"))
		if len(problems) == 0 {
			t.Errorf("%s %s is right", c.extends, c.more)
			continue
		}
		if !slices.ContainsFunc(problems, func(p definition.Problem) bool {
			return strings.HasPrefix(fmt.Sprintf("%s %s %d:%d", p.Field, p.Code, p.Line, p.Column), c.want)
		}) {
			t.Errorf("%s %s: %v, want %s", c.extends, c.more, problems, c.want)
		}
	}
}
