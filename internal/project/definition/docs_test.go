package definition_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/project/packs"
	"outreach/internal/rule"
	"outreach/internal/schema"
)

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/definition.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block returns the first YAML after a heading or sentence of the guide.
func block(t *testing.T, after string) string {
	t.Helper()
	_, rest, found := strings.Cut(guide(t), "\n"+after+"\n")
	_, rest, opened := strings.Cut(rest, "```yaml\n")
	text, _, closed := strings.Cut(rest, "```")
	if !found || !opened || !closed {
		t.Fatalf("the guide has no YAML after %q", after)
	}
	return text
}

// sections returns the top-level keys of a definition, and the lines of each.
func sections(text string) (keys []string, lines map[string]string) {
	lines = map[string]string{}
	key := ""
	for line := range strings.Lines(text) {
		if name, _, is := strings.Cut(line, ":"); is && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "#") {
			key = name
			keys = append(keys, key)
		}
		lines[key] += line
	}
	return keys, lines
}

// Each recipe of the guide, put into its smallest definition as the guide says, is right and counts something.
func TestRecipesOfTheGuideAreRight(t *testing.T) {
	t.Parallel()
	smallest := block(t, "The smallest definition:")
	_, recipes, _ := strings.Cut(guide(t), "\n## Recipes\n")
	recipes, _, _ = strings.Cut(recipes, "\n## Every key\n")
	n := 0
	for part := range strings.SplitSeq(recipes, "\n### ") {
		heading, rest, _ := strings.Cut(part, "\n")
		_, recipe, has := strings.Cut(rest, "```yaml\n")
		if !has {
			continue
		}
		n++
		recipe, _, _ = strings.Cut(recipe, "```")
		text, want := with(smallest, recipe)
		d, problems := definition.Parse("", []byte(text))
		if len(problems) > 0 {
			t.Errorf("%s: %+v in\n%s", heading, problems, text)
			continue
		}
		if warnings := definition.Warnings("", []byte(text)); len(warnings) > 0 {
			t.Errorf("%s: %+v", heading, warnings)
		}
		if len(d.Indicators) < want {
			t.Errorf("%s has %d lines", heading, len(d.Indicators))
		}
		for _, proof := range definition.Proofs(d) {
			if len(proof.Lacks) > 0 || len(proof.Sources) == 0 && len(proof.Others) == 0 {
				t.Errorf("%s: no record can come for %s", heading, proof.Code)
			}
		}
	}
	if n < 15 {
		t.Errorf("%d recipes", n)
	}
}

// with returns a definition with a recipe put into it, and how many lines are promised in it: indicators are added,
// other keys replaced.
func with(text, recipe string) (both string, promised int) {
	keys, lines := sections(text)
	added, more := sections(recipe)
	for _, key := range added {
		if key == "indicators" {
			_, items, _ := strings.Cut(more[key], "\n")
			more[key] = lines[key] + items
		}
		if _, known := lines[key]; !known {
			keys = append(keys, key)
		}
		lines[key] = more[key]
	}
	for _, key := range keys {
		both += lines[key]
	}
	return both, strings.Count(lines["indicators"], "  - {code: ")
}

// Every link within the guide leads to a heading.
func TestLinksOfTheGuideLeadToHeadings(t *testing.T) {
	t.Parallel()
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile("(?m)^#+ (.+)$").FindAllStringSubmatch(guide(t), -1) {
		anchor := regexp.MustCompile("[^a-z0-9 -]").ReplaceAllString(strings.ToLower(heading[1]), "")
		anchors[strings.ReplaceAll(anchor, " ", "-")] = true
	}
	for _, link := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(guide(t), -1) {
		if !anchors[link[1]] {
			t.Errorf("there is no #%s", link[1])
		}
	}
}

func TestExampleInTheGuideIsValid(t *testing.T) {
	t.Parallel()
	example := block(t, "This example has every key:")
	if _, problems := definition.Parse("", []byte(example)); len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
	misspelt := strings.Replace(example, `"bookkeeping"`, `"bookeeping"`, 1)
	_, problems := definition.Parse("", []byte(misspelt))
	if len(problems) != 1 || problems[0].Line != 34 || problems[0].Column != 94 || problems[0].Field != "indicators[0].where" {
		t.Errorf("the guide's example of a problem is another one now: %+v", problems)
	}
}

// The guide's list for another system is right, beside the activity that it names.
func TestExportsInTheGuideAreValid(t *testing.T) {
	t.Parallel()
	text, _ := with(block(t, "This example has every key:"), block(t, "### Lists for other systems"))
	d, problems := definition.Parse("", []byte(text))
	if len(problems) > 0 || len(d.Exports) != 1 || len(d.Exports[0].Columns) != 9 {
		t.Fatalf("%+v", problems)
	}
	if warnings := definition.Warnings("", []byte(text)); len(warnings) > 0 {
		t.Errorf("%+v", warnings)
	}
}

func TestGuideListsTheVariablesOfRules(t *testing.T) {
	t.Parallel()
	var want, got strings.Builder
	for _, kind := range schema.Builtin().Kinds {
		var names []string
		for _, v := range rule.Variables(schema.Builtin(), kind) {
			if v.Numeric {
				v.Name += `\*`
			}
			names = append(names, v.Name)
		}
		want.WriteString("| " + kind.Name + " | " + strings.Join(names, ", ") + " |\n")
	}
	_, table, _ := strings.Cut(guide(t), "| of | variables |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	got.WriteString(table + "\n")
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestGuideListsTheValuesOfLists(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	seen := map[string]bool{}
	for _, kind := range schema.Builtin().Kinds {
		for i := range kind.Fields {
			f := &kind.Fields[i]
			var values []string
			if f.Type.Listed() && f.Options != nil && f.Privacy == schema.Open && f.Name != "locale" {
				for _, option := range f.Options(&project.Definition{}) {
					values = append(values, "`"+option.ID+"`")
				}
			}
			if len(values) > 0 && !seen[f.Name] {
				seen[f.Name] = true
				want.WriteString("| `" + f.Name + "` | " + strings.Join(values, ", ") + " |\n")
			}
		}
	}
	_, got, _ := strings.Cut(guide(t), "| list | its values, where the project has none of its own |\n|---|---|\n")
	got, _, _ = strings.Cut(got, "\n\n")
	if diff := cmp.Diff(want.String(), got+"\n"); diff != "" {
		t.Error(diff)
	}
}

func TestGuideListsTheFunctionsOfRules(t *testing.T) {
	t.Parallel()
	if list := "Functions are `" + strings.Join(rule.Functions, ", ") + "`"; !strings.Contains(guide(t), list) {
		t.Errorf("the guide does not say: %s", list)
	}
}

func TestRulesInTheGuideAreValid(t *testing.T) {
	t.Parallel()
	rules := regexp.MustCompile(`(?m)^    (.+)$`).FindAllStringSubmatch(guide(t)[strings.Index(guide(t), "## The rules"):], -1)
	if len(rules) == 0 {
		t.Error("there are none")
	}
	for _, r := range rules {
		compiles := false
		for _, kind := range schema.Builtin().Kinds {
			_, err := rule.Compile(schema.Builtin(), kind, r[1])
			compiles = compiles || err == nil
		}
		if !compiles {
			t.Errorf("no kind of record takes the rule %s", r[1])
		}
	}
}

func TestGuideExplainsEveryCode(t *testing.T) {
	t.Parallel()
	for _, c := range broken {
		for problem := range strings.SplitSeq(c.want, "; ") {
			words := strings.Fields(problem)
			code := words[len(words)-2]
			if !strings.Contains(guide(t), "`"+code+"`") {
				t.Errorf("%s (%s)", code, c.name)
			}
		}
	}
}

func TestGuideStatesTheLimitsOfRetention(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile("(?m)^\\| `(people|texts|originals)` \\| ([0-9]+) \\|").FindAllStringSubmatch(guide(t), -1)
	if len(rows) != 3 {
		t.Fatalf("it tells of %d classes", len(rows))
	}
	example, _, _ := strings.Cut(block(t, "This example has every key:"), "retention:")
	keeps := func(class string, months int) bool {
		_, problems := definition.Parse("", []byte(example+fmt.Sprintf("retention: {%s: %d}\n", class, months)))
		return len(problems) == 0
	}
	most := regexp.MustCompile(`At most ([0-9]+) months`).FindStringSubmatch(guide(t))
	for _, row := range rows {
		least, _ := strconv.Atoi(row[2])
		longest, _ := strconv.Atoi(most[1])
		if !keeps(row[1], least) || keeps(row[1], least-1) || !keeps(row[1], longest) || keeps(row[1], longest+1) {
			t.Errorf("%s: it is not from %d to %d months", row[1], least, longest)
		}
	}
}

func TestGuideListsThePacks(t *testing.T) {
	t.Parallel()
	for _, id := range packs.IDs() {
		if !strings.Contains(guide(t), "| `"+id+"` |") {
			t.Errorf("no line of %s", id)
		}
	}
}

func TestRulesOverPeopleInTheGuideAreValid(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(guide(t), "### Rules over a person")
	_, example, _ := strings.Cut(section, "```yaml\n")
	example, section, ok := strings.Cut(example, "```")
	definitionText := "id: x\ntitle: X\nperiod: {from: 2026-01-01, to: 2026-12-31}\nactivities: [{id: bookkeeping, label: B}, {id: law, label: L}]\n" +
		"records: {exit: {label: Exit, person: yes, fields: {reason: {type: choice, options: [work, other]}}}}\n" + example
	d, problems := definition.Parse("", []byte(definitionText))
	if !ok || len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	for _, in := range d.Indicators {
		if in.Who == "" {
			t.Errorf("%s has no rule over people", in.Code)
		}
	}
	for _, name := range rule.PersonFunctions {
		if !strings.Contains(section, "`"+name) && !strings.Contains(section, ", `"+name+"`") && !slices.Contains(rule.Functions, name) {
			t.Errorf("the guide does not explain %s", name)
		}
	}
}

func TestGuideExplainsTheKeysOfFields(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(guide(t), "| key of a field | means |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var got []string
	for row := range strings.Lines(table) {
		keys, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " |")
		for key := range strings.SplitSeq(keys, ", ") {
			got = append(got, strings.Trim(key, "`"))
		}
	}
	want := slices.Sorted(slices.Values(definition.FieldKeys))
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range definition.OwnTypes {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("the guide does not name the type %s", name)
		}
	}
	_, example, _ := strings.Cut(guide(t), "### Own attributes, fields and kinds\n\n```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if _, problems := definition.Parse("", []byte(small+example)); len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
}
