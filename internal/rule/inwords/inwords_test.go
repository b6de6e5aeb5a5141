package inwords_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/rule/inwords"
	"outreach/internal/text"
)

func definition() *project.Definition {
	return &project.Definition{
		ID: "p", TimeZone: "Europe/Warsaw",
		Activities: []project.Activity{{ID: "law", Label: project.Text{"en": "Law course"}}},
		Records: []project.RecordKind{{
			Name: "exit", Plural: "exit", Label: project.Text{"en": "Exit"}, Person: true,
			Fields: []project.RecordField{
				{ID: "date", Type: "date", Required: true, Key: true},
				{ID: "reason", Type: "choice", Label: project.Text{"en": "Reason"}, Options: []project.RecordOption{{ID: "work", Label: project.Text{"en": "found work"}}}, Refusable: true},
			},
		}},
	}
}

func TestRulesOverPeopleAreSaidInWords(t *testing.T) {
	t.Parallel()
	for who, want := range map[string]string{
		`sum(attendance, .hours) >= 8 && any(tests, .post_score > .pre_score)`:        `People with: sum of “Hours” (attendance) at least 8 and at least one of these records: tests (Score after more than Score before)`,
		`any(exit, .reason == "work" && days(entry, .date) <= 28)`:                    `People with: at least one of these records: Exit (Reason: found work and days from “first day as a participant” to “Date” at most 28)`,
		`sex == "female" and (len(exit) == 0 or entry == "")`:                         `People with: Sex: female and (number of records (Exit): 0 or first day as a participant: not given)`,
		`any(attendance, .activity == "law" && .date >= "2026-03-01")`:                "People with: at least one of these records: attendance (Activity: Law course and Date on or after 1\u00a0March\u00a02026)",
		`last(attendance).outcome != "withdrew"`:                                      `People with: “Outcome” of the last record (attendance): not withdrew`,
		`exit[-1].reason == "refused"`:                                                `People with: “Reason” of the last record (Exit): refused`,
		`count(attendance, true) > 2`:                                                 `People with: number of records (attendance) more than 2`,
		`8 <= sum(filter(attendance, .outcome in ["completed", "attended"]), .hours)`: `People with: sum of “Hours” (attendance (Outcome: completed or attended)) at least 8`,
		`not (birth_year in 1990..2000)`:                                              `People with: not (Year of birth from 1990 to 2000)`,
		`len(map(attendance, .hours)) > 1`:                                            `People with: len(map(attendance, .hours)) > 1`,
	} {
		if got := inwords.Rule(text.Of("en"), definition(), project.Rule{Who: who}); got != want {
			t.Errorf("%s\n is  %s\nwant %s", who, got, want)
		}
	}
}

func TestRulesOverRecordsAreSaidInWords(t *testing.T) {
	t.Parallel()
	for rule, want := range map[project.Rule]string{
		{Of: "attendance", Where: `activity == "law" && hours > 1.5`}: `Attendance with: Activity: Law course and Hours more than 1.5`,
		{Of: "consultation"}: `Consultations: all of them`,
		{Of: "output", Where: `title startsWith "A" || quantity + 1 >= 3`}:   `Outputs with: Title begins with "A" or Quantity + 1 at least 3`,
		{Of: "signup", Where: `state == "accepted" && disability != "yes"`}:  `Sign-ups with: State: accepted and Disability: not yes`,
		{Of: "attendance", Where: `(hours > 1 ? "a" : "b") == "a"`}:          `Attendance with: (hours > 1 ? "a" : "b") == "a"`,
		{Of: "attendance", Where: `date < "2026-03-01" and not (sex == "")`}: "Attendance with: Date before 1\u00a0March\u00a02026 and not (Sex: not given)",
	} {
		if got := inwords.Rule(text.Of("en"), definition(), rule); got != want {
			t.Errorf("%v\n is  %s\nwant %s", rule, got, want)
		}
	}
}
