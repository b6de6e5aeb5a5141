package main_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Evidence has what the rule reads of each record and what is added up: in JSON, in the CSV, and on the page.
func TestContractEvidenceHasTheFieldsThatTheRuleNames(t *testing.T) {
	t.Parallel()
	p, _, snap := newFigures(t)
	at := p.at + "/snapshots/" + snap.text("id")
	for code, want := range map[string]string{
		"participants": "outcome=completed", "people": "outcome=completed", "hours": "hours=0.1", "weight": "site=north weight=3.33",
		"sites": "site=north", "each": "hours=2.1", "mean": "weight=3.33", "who": "hours=0.1", "failing": "title=6",
	} {
		list := at + "/indicators/" + code + "/evidence"
		if code == "participants" {
			list = at + "/participants/evidence"
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(p.funder.get(list+".csv").is(http.StatusOK).body), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		page := string(p.funder.browser().get(list + "?lang=en&limit=200").is(http.StatusOK).isPage().body)
		found := false
		for i, item := range p.everything(list) {
			members, _ := within(item, "fields").(map[string]any)
			var names, fields []string
			for name := range members {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				fields = append(fields, name+"="+said(members[name]))
				column := slices.Index(rows[0], "fields."+name)
				if column < 0 || rows[i+1][column] != said(members[name]) {
					t.Errorf("%s: the CSV has no %s: %v, %v", code, name, rows[0], rows[i+1])
				}
			}
			found = found || strings.Join(fields, " ") == want
		}
		if !found {
			t.Errorf("%s: no record has %s: %v", code, want, p.everything(list))
		}
		if !strings.Contains(page, "Data for the rule") {
			t.Errorf("%s: the page has no column for the rule's fields", code)
		}
	}
	if page := string(p.funder.browser().get(at + "/indicators/people/evidence?lang=en").body); !strings.Contains(page, "Outcome: completed") && !strings.Contains(page, "Outcome: Completed") {
		t.Errorf("the page has no outcome: %s", page)
	}
	// Attributes of people are not in it: an erasure removes them, and stored evidence stays.
	for _, file := range []string{"share/evidence", "share/evidence.csv"} {
		if body := string(p.funder.get(at + "/indicators/" + file).is(http.StatusOK).body); strings.Contains(body, "female") || strings.Contains(body, "osoba") {
			t.Errorf("%s says who is who: %s", file, body)
		}
	}
}

func TestContractEvidenceHasNoSensitiveFields(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", sensitiveWords+"  - {code: \"53\", label: R, count: records, of: exit, where: 'reason == \"illness\" && place == \"north\"'}\n  - {code: \"54\", label: W, count: people, who: 'any(exit, .reason == \"illness\" && .place == \"north\")'}\n")
	p.office.post(p.at+"/records/exit", fields{"person": of("ewa"), "date": p.day(-10), "reason": "illness", "place": "north", "title": "Unwort"}).is(http.StatusCreated)
	snap := p.compile()
	p.approve(snap)
	for _, code := range []string{"51", "52", "53", "54"} {
		at := p.at + "/snapshots/" + snap.text("id") + "/indicators/" + code + "/evidence"
		for _, body := range []reply{p.funder.get(at), p.office.get(at), p.funder.get(at + ".csv"), p.office.get(at + ".csv")} {
			if text := string(body.is(http.StatusOK).body); strings.Contains(text, "illness") || strings.Contains(text, "Unwort") || code != "52" && !strings.Contains(text, "north") {
				t.Errorf("%s: %s", code, text)
			}
		}
	}
}
