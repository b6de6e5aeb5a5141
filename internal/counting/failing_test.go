package counting_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

type ruleError = snapshot.RuleError

// failingRules is the test's definition with rules that fail for some records, and the conditions under which each
// fails. With guards, the same rules cannot fail, because each is true only where it would not fail.
func failingRules(attributes bool, guards ...bool) (*project.Definition, map[string]project.Rule) {
	def := *withoutAttributes()
	def.Indicators = slices.Clone(def.Indicators)
	fails := map[string]project.Rule{}
	rule := func(code, of, guard, where string) project.Rule {
		fails[code] = project.Rule{Of: of, Where: "not (" + guard + ")"}
		if len(guards) > 0 {
			where = "(" + guard + ") && (" + where + ")"
		}
		return project.Rule{Of: of, Where: where}
	}
	add := func(code, count, field, of, guard, where string) {
		def.Indicators = append(def.Indicators, project.Indicator{Code: code, Count: count, Field: field, Target: 1, Rule: rule(code, of, guard, where)})
	}
	add("f-hours", "sum", "hours", "attendance", "int(hours) != 0", "7 % int(hours) < 3")
	add("f-people", "people", "", "attendance", "int(hours) != 0", "7 % int(hours) < 9")
	add("f-reach", "records", "", "media", "reach != 0", "900 % reach < 500")
	add("f-titles", "distinct", "title", "output", `title != "New"`, `title != "New" || int(title) > 0`)
	if attributes {
		add("f-born", "people", "", "test", "birth_year != 0", "birth_year % birth_year == 0")
	}
	add("f-signups", "people", "", "signup", "birth_year != 0", "100 % birth_year >= 0")
	def.Participants = []project.Rule{rule(counting.ParticipantsEvidence, "attendance", "int(hours) != 0", "7 % int(hours) >= 0")}
	return &def, fails
}

// A record for which a rule fails does not count by it and is named; every other record counts as if the rule asked
// first whether it would fail.
func TestRecordsForWhichARuleFailsDoNotCount(t *testing.T) {
	t.Parallel()
	failing, fails := failingRules(true)
	guarded, _ := failingRules(true, true)
	counts := *failing // each indicator counts the records for which the rule fails
	counts.Indicators, counts.Participants = nil, nil
	for code, rule := range fails {
		counts.Indicators = append(counts.Indicators, project.Indicator{Code: strings.Replace(code, counting.ParticipantsEvidence, "part", 1), Count: "records", Target: 1, Rule: rule})
	}
	named := 0
	rapid.Check(t, func(t *rapid.T) {
		h, asOf := drawHistory(t), drawDay(t)
		f := counting.New(schema.Builtin())
		h.apply(t, f, append(slices.Clone(h.facts), h.later(t)...))
		_, got, err := figuresOf(failing, mustRulesOf(t, failing), f, asOf)
		if err != nil {
			t.Fatal(err)
		}
		_, want, err := figuresOf(guarded, mustRulesOf(t, guarded), f, asOf)
		if err != nil {
			t.Fatal(err)
		}
		errors, _, err := figuresOf(&counts, mustRulesOf(t, &counts), f, asOf)
		if err != nil {
			t.Fatal(err)
		}
		if len(want.Quality.RuleErrors) > 0 {
			t.Fatalf("guarded rules failed: %v", want.Quality.RuleErrors)
		}
		reported := got.Quality.RuleErrors
		got.Quality.RuleErrors = nil
		got.Hash, want.Hash = "", ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-guarded +failing)\n%s", diff)
		}
		for _, in := range errors.Indicators {
			code := strings.Replace(in.Code, "part", counting.ParticipantsEvidence, 1)
			var first string
			for row := range errors.Evidence(in.Code) {
				first = row.ID
				break
			}
			i := slices.IndexFunc(reported, func(e ruleError) bool { return e.Code == code })
			switch {
			case in.Records == 0 && i < 0:
			case i < 0 || reported[i].Count != in.Records || reported[i].Record != first:
				t.Fatalf("%s fails for %d records, first %s: reported %v", code, in.Records, first, reported)
			}
			named += int(in.Records)
		}
	})
	if named == 0 {
		t.Error("no rule failed")
	}
}

// A failing record is named once for the participants, whichever of their rules fails, and the order of the rules does
// not matter. The record's id is no part of the hash.
func TestAFailingRuleOfTheParticipants(t *testing.T) {
	t.Parallel()
	kind := schema.Builtin().Kind("attendance")
	var hashes []string
	for i, rules := range [][]string{{"7 % int(hours) >= 0", "9 % int(hours) >= 0", `outcome == "completed"`}, {`outcome == "completed"`, "7 % int(hours) >= 0"}} {
		def := *withoutAttributes()
		def.Participants = nil
		for _, where := range rules {
			def.Participants = append(def.Participants, project.Rule{Of: "attendance", Where: where})
		}
		f := counting.New(schema.Builtin())
		id := []string{"one", "two"}[i]
		one, err := fact.New("f", fact.KindRecordEntered, time.Date(2010, 3, 1, 12, 0, 0, 0, time.UTC), "", fact.RecordEntered{Record: id, Version: 1, Kind: "attendance", Person: "p", Values: kind.Values(schema.Row{"training", "2010-02-10", "", "completed"})})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Apply(one); err != nil {
			t.Fatal(err)
		}
		_, s, err := figuresOf(&def, mustRulesOf(t, &def), f, "2010-03-01")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]ruleError{{Code: counting.ParticipantsEvidence, Count: 1, Record: id}}, s.Quality.RuleErrors); diff != "" || s.Participants.Total != 1 {
			t.Errorf("%d participants: %s", s.Participants.Total, diff)
		}
		hashes = append(hashes, s.Hash)
	}
	if hashes[0] != hashes[1] {
		t.Error("the hash depends on the id of a record")
	}
}

// A person for whom a rule fails does not count, and is named once, by the first of their records.
func TestAPersonForWhomARuleFails(t *testing.T) {
	t.Parallel()
	def := *definition
	def.Indicators = []project.Indicator{
		{Code: "odd", Count: "people", Rule: project.Rule{Who: `any(attendance, 7 % int(.hours) >= 0)`}},
		{Code: "share", Count: "share", Rule: project.Rule{Who: `7 % len(tests) == 0`}, Among: &project.Rule{Who: `9 % len(tests) == 0`}},
	}
	s := &factScript{t: t, history: history{packs: map[counting.Pack][]fact.Line{}}}
	s.attendance("01R2", 1, noon(1), "p1", "2010-02-02", "0")
	s.attendance("01R1", 1, noon(1), "p1", "2010-03-01", "1")
	s.attendance("01R3", 1, noon(1), "p2", "2010-03-01", "1")
	f := counting.New(schema.Builtin())
	for _, one := range s.facts {
		if err := f.Apply(one); err != nil {
			t.Fatal(err)
		}
	}
	found, err := counting.Compile(&def, mustRulesOf(t, &def), f.Live(), "2010-03-20")
	if err != nil {
		t.Fatal(err)
	}
	if got := found.Indicators[0].Achieved; got != "1" {
		t.Errorf("%s people count", got)
	}
	want := []ruleError{{Code: "odd", Count: 1, Record: "01R2"}, {Code: "share", Count: 2, Record: "01R2"}}
	if diff := cmp.Diff(want, found.Quality.RuleErrors); diff != "" {
		t.Error(diff)
	}
}
