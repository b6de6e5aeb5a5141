package rule_test

import (
	"regexp"
	"strings"
	"testing"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
)

// refusable is a registry with a kind whose fields may all be refused, but for one.
func refusable(t *testing.T) (*schema.Registry, *schema.Kind) {
	t.Helper()
	list := []project.RecordOption{{ID: "a"}, {ID: "b"}}
	registry, err := schema.Extend(schema.Builtin(), project.RecordKind{Name: "visit", Person: true, Fields: []project.RecordField{
		{ID: "date", Type: "date", Required: true, Key: true},
		{ID: "x", Type: "choice", Options: list, Refusable: true}, {ID: "many", Type: "choices", Options: list, Refusable: true},
		{ID: "n", Type: "whole", Max: 100, Refusable: true}, {ID: "d", Type: "decimal", Max: 100, Refusable: true}, {ID: "y", Type: "choice", Options: list},
		{ID: "day", Type: "date", Refusable: true}, {ID: "told", Type: "yes-no", Refusable: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return registry, registry.Kind("visit")
}

// refusedCases are rules, and whether they hold where all answers were refused, were given, and where there are none.
var refusedCases = []struct {
	where                string
	refused, given, none bool
}{
	{`x == "refused"`, true, false, false},
	{`"refused" == many`, true, false, false},
	{`n == "refused" && d == "refused" && day == "refused" && told == "refused"`, true, false, false},
	{`"refused" in many`, true, false, false},
	{`x in ["refused", "b"]`, true, false, false},
	{`x in ["refused"]`, true, false, false},
	{`n in [2, "refused"]`, true, true, false},
	{`x != "refused"`, false, true, true},
	{`x not in ["refused", "b"]`, false, true, true},
	{`x not in ["refused"]`, false, true, true},
	{`"refused" not in many`, false, true, true},
	{`x == "a"`, false, true, false},
	{`x != "a"`, false, false, true},
	{`x != "b"`, false, true, true},
	{`x == y`, false, true, false},
	{`x != y`, false, false, true},
	{`x not in ["b"]`, false, true, true},
	{`not (x in ["b"])`, true, true, true},
	{`not (x == "refused")`, false, true, true},
	{`n < 3`, false, true, true},
	{`1 < n < 3`, false, true, false},
	{`n >= 0 && d != 3`, false, true, true},
	{`n + d > -1`, false, true, true},
	{`n in 0..5`, false, true, true},
	{`max(n, 5) == 5`, false, true, true},
	{`"a" in many`, false, true, false},
	{`"a" not in many`, false, false, true},
	{`len(many) < 5`, false, true, true},
	{`day < "2026-02-01"`, false, true, true},
	{`day[0:4] == "2026"`, false, true, false},
	{`hasPrefix(day, "")`, false, true, true},
	{`x contains "" || y == "b"`, false, true, true},
	{`x matches ".*" ? y == "a" : y == "b"`, false, true, true},
	{`y == "a"`, true, true, true},
	{`y == (x == "a" ? "a" : "b")`, false, true, false},
}

func TestRefusedAnswersMeetNoOtherComparison(t *testing.T) {
	t.Parallel()
	registry, kind := refusable(t)
	refused := row(kind, "x", "refused", "many", "refused", "n", "refused", "d", "refused", "y", "a", "day", "refused", "told", "refused")
	given := row(kind, "x", "a", "many", "a|b", "n", "2", "d", "2.5", "y", "a", "day", "2026-01-02", "told", "yes")
	none := row(kind, "y", "a")
	for _, c := range refusedCases {
		r, err := rule.Compile(registry, kind, c.where)
		if err != nil {
			t.Errorf("%s: %v", c.where, err)
			continue
		}
		v := rule.NewVars(registry, kind)
		for _, of := range []struct {
			name string
			row  schema.Row
			want bool
		}{{"refused", refused, c.refused}, {"given", given, c.given}, {"none", none, c.none}, {"refused again", refused, c.refused}} {
			v.Set(of.row, "2026-01-02", "", nil)
			if got, err := r.Matches(v); err != nil || got != of.want {
				t.Errorf("%s of what is %s: %v, %v, want %v", c.where, of.name, got, err, of.want)
			}
		}
	}
	for _, where := range []string{`y == 3`, `n == "a"`, `x?refused`, `xrefused`} {
		if _, err := rule.Compile(registry, kind, where); err == nil {
			t.Errorf("%s compiles", where)
		}
	}
}

var variableOfVisit = regexp.MustCompile(`"[^"]*"|\b(x|many|n|d|y|day|told)\b`)

func TestRefusedAnswersOfListsMeetNoOtherComparison(t *testing.T) {
	t.Parallel()
	registry, _ := refusable(t)
	with := func(record string) someone {
		return someone{registry: registry, records: map[string][]string{"visit": {record}}}
	}
	refused := with("x=refused many=refused n=refused d=refused y=a day=refused told=refused")
	given := with("x=a many=a|b n=2 d=2.5 y=a day=2026-01-02 told=yes")
	for _, c := range refusedCases {
		if strings.Contains(c.where, "max(") {
			continue // of lists, it leaves out what is missing
		}
		who := "any(visit, " + variableOfVisit.ReplaceAllStringFunc(c.where, func(word string) string {
			if word[0] == '"' {
				return word
			}
			return "." + word
		}) + ")"
		r, err := rule.CompilePerson(registry, who)
		if err != nil {
			t.Errorf("%s: %v", who, err)
			continue
		}
		for person, want := range map[*someone]bool{&refused: c.refused, &given: c.given} {
			if got, err := r.Holds(rule.NewPersonVars(registry), person); err != nil || got != want {
				t.Errorf("%s of %v: %v, %v, want %v", who, person.records, got, err, want)
			}
		}
	}
}
