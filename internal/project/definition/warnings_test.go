package definition_test

import (
	"fmt"
	"strings"
	"testing"

	"outreach/internal/project/definition"
)

// Promises that are allowed, but hardly meant as they are written, are warned of.
func TestPromisesThatAreHardlyMeantAreWarnedOf(t *testing.T) {
	t.Parallel()
	for plan, want := range map[string]string{
		"target: 5":                                          "",
		"target: 0":                                          "indicators[0].target zero_target",
		"target: 0, direction: down":                         "",
		"baseline: {value: 31}, target: 24":                  "indicators[0].baseline baseline_above",
		"baseline: {value: 24}, target: 31":                  "",
		"baseline: {value: 31}, target: 24, direction: down": "",
		"targets: [{by: 2026-05-31, value: 200}, {by: 2026-08-31, value: 400}, {by: 2026-12-31, value: 300}]": "indicators[0].targets plan_falls",
		"targets: [{by: 2026-05-31, value: 9}, {by: 2026-12-31, value: 3}], direction: down":                  "",
		"targets: [{by: 2026-12-31, value: 3}, {by: 2027-02-28, value: 5}]":                                   "indicators[0].targets planned_too_late",
		"targets: [{by: 2026-12-31, value: 3}, {by: 2027-02-28, value: 5}], until: 2027-02-28":                "",
		"targets: [{by: 2026-12-31, value: 3}, {by: 2027-02-28, value: 2}]":                                   "indicators[0].targets planned_too_late; indicators[0].targets plan_falls",
	} {
		text := []byte("id: small\ntitle: Small\nperiod: {from: 2026-01-01, to: 2026-12-31}\nindicators:\n  - {code: \"1\", label: Trained, count: people, of: attendance, " + plan + "}\n")
		if _, problems := definition.Parse("", text); len(problems) > 0 {
			t.Errorf("%s: %v", plan, problems)
		}
		var got []string
		for _, w := range definition.Warnings("", text) {
			got = append(got, fmt.Sprint(w.Field, " ", strings.TrimPrefix(w.Message.Key, "definition.warning.")))
		}
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("%s: %s, want %s", plan, s, want)
		}
	}
}
