package rule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
)

// outcomes are what a condition says of one record as `where`, as `who` and as `skip`: y, n, or - where it fails. Numbers
// that were not given are 0 in all of them.
func TestCalculationsWithoutAResult(t *testing.T) {
	t.Parallel()
	registry, err := schema.Extend(schema.Builtin(), project.RecordKind{Name: "visit", Person: true, Fields: []project.RecordField{
		{ID: "date", Type: "date", Required: true, Key: true}, {ID: "a", Type: "whole", Max: 1e12}, {ID: "b", Type: "decimal", Decimals: 2, Max: 1e12}, {ID: "c", Type: "text"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		where string // {a} is a whole number, {b} a decimal one, {c} a text; c is given in place of a where that is no whole number
		a, b  string
		want  string // where, who, skip
	}{
		// A division by 0 fails for a record; of a person it has no result, which meets no comparison.
		{`10 / {a} > 1`, "5", "", "yyy"}, {`10 / {a} > 1`, "0", "", "-n-"}, {`10 / {a} > 1`, "", "", "-n-"}, {`10 / {b} > 1`, "", "5", "yyy"}, {`10 / {b} > 1`, "", "0", "-n-"}, {`10 / {b} > 1`, "", "", "-n-"},
		{`10 / {b} < 1`, "", "0", "-n-"}, {`10 / {b} != 1`, "", "0", "-n-"}, {`10 / {b} == 1`, "", "0", "-n-"}, {`1 < 10 / {b} < 3`, "", "0", "-n-"}, {`10 / {b} in [1, 2]`, "", "0", "-n-"},
		{`10 / (10 / {b}) < 1`, "", "0", "-n-"}, {`{b} / {a} >= 0`, "", "", "-n-"}, {`{b} / {a} >= 0`, "", "2", "-n-"}, {`{b} / {a} >= 2`, "1", "2", "yyy"}, {`{a} / 2 >= 0`, "", "", "yyy"}, {`{a} / 2.5 >= 2`, "5", "", "yyy"},
		{`max(10 / {b}, 5) >= 5`, "", "0", "-y-"}, {`min(10 / {b}, 5) >= 5`, "", "0", "-y-"}, {`int(10 / {b}) < 5`, "", "0", "-n-"}, {`abs(10 / {b}) > 5`, "", "0", "-n-"}, {`-10 / {b} < 0`, "", "0", "-n-"},
		{`string(10 / {b}) == "+Inf"`, "", "0", "-n-"}, {`10 / {b} * 0 == 0`, "", "0", "-n-"}, {`(10 / {b} > 1 ? 1 : 2) == 2`, "", "5", "nnn"}, {`1 / 0 > 1`, "", "", "-#-"},
		// A remainder is of whole numbers, and fails with 0 everywhere.
		{`10 % {a} == 0`, "5", "", "yyy"}, {`10 % {a} == 0`, "0", "", "---"}, {`10 % {a} == 0`, "", "", "---"}, {`{a} % 5 == 0`, "", "", "yyy"},
		// A condition that comes first spares the calculation.
		{`{b} > 0 && 10 / {b} > 1`, "", "0", "nnn"}, {`{b} == 0 || 10 / {b} > 1`, "", "", "yyy"}, {`{b} > 0 ? 10 / {b} > 1 : true`, "", "0", "yyy"},
		// Everything else takes a missing number for 0.
		{`{a} + 1 == 1`, "", "", "yyy"}, {`1 - {b} == 1`, "", "", "yyy"}, {`{a} * {b} == 0`, "", "", "yyy"}, {`{a} + {b} == 7.5`, "5", "2.5", "yyy"}, {`{b} ** 2 == 6.25`, "", "2.5", "yyy"}, {`{b} ^ 2 == 0`, "", "", "yyy"}, {`-{b} == 0`, "", "", "yyy"},
		// No infinity comes from elsewhere.
		{`{b} ** -1 > 1`, "", "0", "---"}, {`{b} ** 400 > 1`, "", "10", "---"}, {`{b} ** 200 * {b} ** 200 > 1`, "", "10", "---"}, {`float({c}) > 1`, "inf", "", "---"}, {`float({c}) != 1`, "NaN", "", "---"}, {`float({c}) > 1`, "2.5", "", "yyy"},
	} {
		kind := registry.Kind("visit")
		record := row(kind, "date", "2026-01-02", "b", c.b)
		if c.a == "inf" || c.a == "NaN" || c.a == "2.5" {
			record[kind.Index("c")] = c.a
		} else {
			record[kind.Index("a")] = c.a
		}
		got := ""
		for _, kindOf := range []string{"where", "who", "skip"} {
			got += outcome(t, registry, kindOf, c.where, record)
		}
		if got != c.want {
			t.Errorf("%s with a %q and b %q: %s, want %s", c.where, c.a, c.b, got, c.want)
		}
	}
}

func outcome(t *testing.T, registry *schema.Registry, as, condition string, record schema.Row) string {
	t.Helper()
	kind := registry.Kind("visit")
	number := map[string][3]string{"where": {"a", "b", "c"}, "who": {"visit[0].a", "visit[0].b", "visit[0].c"}, "skip": {`int(row["a"])`, `float(row["b"])`, `row["c"]`}}[as]
	text := strings.NewReplacer("{a}", number[0], "{b}", number[1], "{c}", number[2]).Replace(condition)
	holds, err := false, error(nil)
	switch as {
	case "where":
		r, wrong := rule.Compile(registry, kind, text)
		if wrong != nil {
			return "#"
		}
		v := rule.NewVars(registry, kind)
		v.Set(record, "2026-01-02", "", make([]string, len(registry.Attributes())))
		holds, err = r.Matches(v)
	case "who":
		r, wrong := rule.CompilePerson(registry, text)
		if wrong != nil {
			return "#"
		}
		holds, err = r.Holds(rule.NewPersonVars(registry), someone{registry: registry, records: map[string][]string{"visit": {fmt.Sprintf("date=2026-01-02 a=%s b=%s c=%s", kind.Get(record, "a"), kind.Get(record, "b"), kind.Get(record, "c"))}}})
	case "skip":
		r, wrong := rule.CompileRow(text)
		if wrong != nil {
			t.Error(wrong)
			return "#"
		}
		holds, err = r.Holds(func(name string) string {
			value := kind.Get(record, name)
			if value == "" && name != "c" {
				return "0" // int and float want a number
			}
			return value
		})
	}
	switch {
	case errors.Is(err, rule.ErrFailed):
		return "-"
	case err != nil:
		return fmt.Sprint(err)
	case holds:
		return "y"
	}
	return "n"
}
