package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestARuleThatFailsForARecordStopsNothing(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	const secret = "Niepowtarzalny tytuł"
	failing := p.definition(
		`where: 'kind == "leaflet"'`, `where: 'int(title) > 0'`,
		`where: 'field == "law"'`, `where: 'minutes % (minutes - 30) == 0'`,
		`where: 'sex == "female"'`, `where: 'min([]) > 1'`,
		`- {of: consultation}`, `- {of: consultation, where: 'minutes % (minutes - 30) < 999'}`,
	)
	dry := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(failing)).is(http.StatusOK)
	if warnings := dry.list("warnings"); len(warnings) != 4 || said(within(warnings[0], "code")) != "may_fail" || said(within(warnings[0], "field")) != "participants[1].where" {
		t.Errorf("the preview warns of %v", warnings)
	}
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(failing)).is(http.StatusOK)
	p.office.browser().get(p.at + "/definition").is(http.StatusOK).isPage()

	p.office.post(p.at+"/outputs", p.output(secret).and(fields{"quantity": 7})).is(http.StatusCreated)
	p.office.post(p.at+"/outputs", p.output("12").and(fields{"quantity": 9})).is(http.StatusCreated)
	bad := p.office.post(p.at+"/consultations", p.consultation("ewa").and(fields{"minutes": 30})).is(http.StatusCreated).text("id")
	p.office.post(p.at+"/consultations", p.consultation("jan").and(fields{"minutes": 31})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("ola")).is(http.StatusCreated)
	snap := p.compile()
	for code, want := range map[string]string{"5": "9", "6": "2", "10": "31", "11": "0", "1": "1"} {
		if got := figure(snap, code, "achieved"); got != want {
			t.Errorf("indicator %s is %s, want %s", code, got, want)
		}
	}
	snap.has(map[string]string{"participants.total": "2"}) // jan and ola
	errors := map[string]string{}
	for _, e := range snap.list("quality.rule_errors") {
		errors[said(within(e, "code"))] = said(within(e, "count"))
		if said(within(e, "code")) == "10" && said(within(e, "record")) != bad {
			t.Errorf("the record is %s, want %s", said(within(e, "record")), bad)
		}
	}
	if len(errors) != 4 || errors["participants"] != "1" || errors["5"] != "1" || errors["10"] != "1" || errors["11"] != "1" {
		t.Errorf("rule errors %v", errors)
	}
	page := p.office.browser().get(p.at + "/snapshots/latest").is(http.StatusOK).isPage()
	if !strings.Contains(string(page.body), bad) {
		t.Error("the page does not name the record")
	}
	for _, suffix := range []string{".csv", ".xlsx", ".pdf"} {
		p.office.get(p.at + "/snapshots/latest" + suffix).is(http.StatusOK)
	}
	tasks := p.office.get(p.at + "/attention").is(http.StatusOK)
	if !strings.Contains(string(tasks.body), `"rule_errors"`) {
		t.Errorf("the first page says nothing: %s", tasks)
	}
	p.approve(snap)
	if public := p.anyone.get(p.at).is(http.StatusOK); strings.Contains(string(public.body), "rule_errors") {
		t.Errorf("the public sees %s", public)
	}

	// A compile that continues the last one finds the same.
	p.office.post(p.at+"/outputs", p.output("13").and(fields{"quantity": 1})).is(http.StatusCreated)
	again := p.compile()
	if figure(again, "5", "achieved") != "10" || len(again.list("quality.rule_errors")) != 4 {
		t.Errorf("continued: %s", again)
	}
	log, err := os.ReadFile(filepath.Join(p.tracker.data, "log.jsonl"))
	if err == nil && strings.Contains(string(log), secret) {
		t.Error("the text of a record is in the log")
	}

	// Once the rule is right, nothing is left of it.
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition())).is(http.StatusOK)
	if right := p.compile(); strings.Contains(string(right.body), "rule_errors") {
		t.Errorf("rule errors remain: %s", right)
	}
}

// A division by 0 fails for its record in each rule over records, and skips no row.
func TestADivisionByZeroCountsAndSkipsNothing(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	dividing := p.definition(
		`where: 'kind == "leaflet"'`, `where: 'quantity / (quantity - 7) > 1'`,
		`where: 'field == "law"'`, `where: '10 / (minutes - 30.0) != 1'`,
		`where: 'post_score > pre_score'`, `where: '10 / pre_score > 1'`,
		`- {of: consultation}`, `- {of: consultation, where: 'minutes / (minutes - 30) >= 0'}`,
	)
	if warnings := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(dividing)).is(http.StatusOK).list("warnings"); len(warnings) != 4 {
		t.Errorf("the preview warns of %v", warnings)
	}
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(dividing)).is(http.StatusOK)
	p.office.post(p.at+"/outputs", p.output("seven").and(fields{"quantity": 7})).is(http.StatusCreated)
	p.office.post(p.at+"/outputs", p.output("nine").and(fields{"quantity": 9})).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("ewa").and(fields{"minutes": 30})).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("jan").and(fields{"minutes": 50})).is(http.StatusCreated)
	p.office.post(p.at+"/tests", p.exam("ola").and(fields{"pre_score": 0})).is(http.StatusCreated)
	p.office.post(p.at+"/tests", p.exam("iza")).is(http.StatusCreated)
	snap := p.compile().has(map[string]string{"participants.total": "1"})
	for code, want := range map[string]string{"5": "9", "10": "50", "8": "1"} {
		if got := figure(snap, code, "achieved"); got != want {
			t.Errorf("indicator %s is %s, want %s", code, got, want)
		}
	}
	var codes []string
	for _, e := range snap.list("quality.rule_errors") {
		codes = append(codes, said(within(e, "code"))+" "+said(within(e, "count")))
	}
	if got := strings.Join(codes, ", "); got != "participants 1, 5 1, 8 1, 10 1" {
		t.Errorf("rule errors %s", got)
	}

	p.source(p.office, "monitoring", strings.Replace(monitoring, `row["Reach"] == "N/A"`, `float(row["Reach"]) / float(row["AVE"]) > 100`, 1)).is(http.StatusCreated)
	file := "Date,Headline,Source,Reach,AVE\n" + "21-Jul-2010 10:05AM,A,B,5,1\n" + "22-Jul-2010 10:05AM,A,B,5,0\n" + "23-Jul-2010 10:05AM,A,B,500,1\n"
	got := p.upload(p.office, "zero.csv", file, nil).has(map[string]string{"state": "rejected"})
	if errors := cells(got, "errors"); len(errors) != 1 || errors[0] != "3  unreadable" {
		t.Errorf("errors: %q", errors)
	}
	p.upload(p.office, "right.csv", strings.Replace(file, "5,0", "5,1", 1), nil).has(map[string]string{"state": "accepted", "rows": "2"})

	secret := p.hook("form", ownForm+"skip: '1 / (len(row[\"/who/first\"]) - 4) < 0'\n")
	p.toHook("form", secret, form("Anna", "planting")).is(http.StatusUnprocessableEntity)
	p.toHook("form", secret, form("Joanna", "planting")).is(http.StatusCreated)
}
