package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// A status is worked out from the exact value: what missing answers may change is said beside it, and is no part of the
// snapshot.
func TestAShareWithMissingAnswersShowsItsBounds(t *testing.T) {
	t.Parallel()
	p := newProjectOfPeople(t,
		`{code: "women", label: Women, target: 50, count: share, of: attendance, where: 'sex == "female"', among: {of: attendance}}`,
		`{code: "who", label: Who, target: 20, count: share, who: 'sex == "female" && len(attendance) > 0', among: {who: 'len(attendance) > 0'}}`,
		`{code: "days", label: Days, target: 50, count: share, of: attendance, where: 'hours > 1', among: {of: attendance}}`,
	)
	for name, sex := range map[string]string{"ewa": "female", "jan": "male", "leo": "male", "ola": ""} {
		form := signup(name, "planting")
		delete(form, "sex")
		if sex != "" {
			form = form.and(fields{"sex": sex})
		}
		p.office.post(p.at+"/signups", form).is(http.StatusCreated)
		p.attend(name, -5, 2, nil)
	}
	snap := p.compile()
	p.figures(snap, map[string]string{"women.achieved": "25", "women.numerator": "1", "women.denominator": "4", "women.percent": "50", "who.achieved": "25", "who.status": "achieved", "days.achieved": "100"})
	status := figure(snap, "women", "status")
	if status == "achieved" {
		t.Fatalf("the status is %s", status)
	}
	for _, in := range snap.list("indicators") {
		if within(in, "bounds") != nil {
			t.Error("the snapshot has bounds")
		}
	}
	page := strings.ReplaceAll(string(p.office.browser().get(p.at+"/snapshots/latest").is(http.StatusOK).isPage().body), "\u00a0", " ")
	rows := map[string]string{}
	for _, row := range strings.Split(page, "<tr>") {
		for _, name := range []string{">Women <", ">Who <", ">Days <"} {
			if strings.Contains(row, name) {
				rows[strings.Trim(name, "> <")] = row
			}
		}
	}
	for name, want := range map[string][2]bool{"Women": {true, true}, "Who": {true, false}, "Days": {false, false}} {
		row := rows[name]
		if got := [2]bool{strings.Contains(row, "Między 25 a 50"), strings.Contains(row, "(niepewne)")}; got != want || row == "" {
			t.Errorf("%s: bounds and doubt are %v, want %v: %s", name, got, want, row)
		}
	}
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/verification", nil).is(http.StatusOK).has(map[string]string{"same": "true"})
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/approval", fields{"decision": "approve"}).is(http.StatusOK)
	if public := string(p.anyone.browser().get(p.at).is(http.StatusOK).body); strings.Contains(public, "Między 25") {
		t.Error("the public sees the bounds")
	}
}
