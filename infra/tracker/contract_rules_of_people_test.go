package main_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// exitWords is the kind of record of the tests of rules over people.
const exitWords = `target_group: 20
records:
  exit: {label: Exit, person: yes, by: [coordinator], fields: {reason: {type: choice, options: [work, moved]}, since: {type: date}}}`

// newProjectOfPeople starts a project with indicators and a kind of record, exit.
func newProjectOfPeople(t *testing.T, indicators ...string) *project {
	t.Helper()
	p := newProject(t)
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(definitionOfPeople(p, indicators...))).is(http.StatusOK)
	return p
}

func definitionOfPeople(p *project, indicators ...string) string {
	head, rest, _ := strings.Cut(p.definition("target_group: 20", exitWords), "indicators:\n")
	_, reports, _ := strings.Cut(rest, "reports:")
	return head + "indicators:\n  - " + strings.Join(indicators, "\n  - ") + "\nreports:" + reports
}

func (p *project) attend(name string, day int, hours any, more fields) string {
	p.t.Helper()
	return p.office.post(p.at+"/attendance", p.attendance(name).and(fields{"date": p.day(day), "hours": hours}).and(more)).is(http.StatusCreated).text("id")
}

func (p *project) leave(name string, day int, reason string) {
	p.t.Helper()
	p.office.post(p.at+"/records/exit", fields{"person": of(name), "date": p.day(day), "reason": reason}).is(http.StatusCreated)
}

// compileOn compiles a day.
func (p *project) compileOn(day string) reply {
	p.t.Helper()
	r := p.office.post(p.at+"/snapshots", fields{"as_of": day})
	if r.status != http.StatusOK && r.status != http.StatusCreated {
		p.t.Fatalf("compile %s: %s", day, r)
	}
	return r
}

// checkEvidence compares the evidence of each indicator with its figure.
func (p *project) checkEvidence(snap reply, codes ...string) {
	p.t.Helper()
	for _, code := range codes {
		adds, of, items := p.adds(snap, code)
		want := figure(snap, code, "achieved")
		if figure(snap, code, "denominator") != "" {
			want = figure(snap, code, "numerator")
			if got := fmt.Sprint(of); got != figure(snap, code, "denominator") {
				p.t.Errorf("the evidence of %s is of %s", code, got)
			}
		}
		if want == "" {
			want = "0"
		}
		if fmt.Sprint(adds) != want {
			p.t.Errorf("the evidence of %s adds up to %v, want %s: %v", code, adds, want, items)
		}
	}
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/verification", nil).is(http.StatusOK).has(map[string]string{"same": "true"})
}

func TestContractRulesOverPeople(t *testing.T) {
	t.Parallel()
	p := newProjectOfPeople(t,
		`{code: "hours", label: L, unit: person, target: 2, count: people, who: 'sum(attendance, .hours) >= 8 && any(tests, .post_score > .pre_score)'}`,
		`{code: "exact", label: L, target: 1, count: people, who: 'sum(attendance, .hours) == 0.3'}`,
		`{code: "soon", label: L, target: 2, count: people, who: 'any(exit, .reason == "work" && days(entry, .date) <= 28)'}`,
		`{code: "women", label: L, target: 1, count: people, who: 'sex == "female" && len(attendance) > 0', target_by: {sex: {female: 1}}}`,
		`{code: "gone", label: L, count: people, who: 'all(exit, .reason == "work") && count(exit, true) >= 1'}`,
		`{code: "idle", label: L, count: people, who: 'len(attendance) == 0'}`,
		`{code: "never", label: L, count: people, who: 'any(exit, .since != "2020-01-01") || any(exit, days(entry, .since) < 9) || exit[1].date != entry'}`,
		`{code: "nobody", label: L, count: people, who: 'entry != "2020-01-01" && len(attendance) == 0'}`,
		`{code: "share", label: L, target: 50, count: share, who: 'any(exit, .reason == "work")', among: {who: 'len(attendance) >= 2'}}`,
		`{code: "mixed", label: L, target: 50, count: share, of: exit, among: {who: 'sum(attendance, .hours) > 1'}}`,
		`{code: "both", label: L, count: value, decimals: 0, value: 'i["hours"] + i["women"]'}`,
	)
	p.figures(p.compile(), map[string]string{"hours.achieved": "0", "hours.status": "not-started", "share.achieved": "null"})
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"sex": "female"})).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("jan", "planting").and(fields{"sex": "male"})).is(http.StatusCreated)
	p.attend("ewa", -30, 4.5, nil)
	p.attend("ewa", -20, 3.5, fields{"outcome": "attended"})
	p.attend("jan", -30, 7.9, nil)
	p.attend("jan", -29, 0, fields{"outcome": "attended"})
	for i := range 3 {
		p.attend("ola", -12+i, 0.1, nil)
	}
	p.office.post(p.at+"/tests", p.exam("ewa")).is(http.StatusCreated)
	p.office.post(p.at+"/tests", p.exam("jan")).is(http.StatusCreated)
	p.leave("ewa", -2, "work")  // 28 days after the entry
	p.leave("jan", -1, "work")  // 29 days after it
	p.leave("ola", -1, "moved") // not to work
	p.leave("leo", -1, "work")  // never a participant
	snap := p.compile()
	p.figures(snap, map[string]string{
		"hours.achieved": "1", "hours.percent": "50", "hours.records": "3", "hours.by.sex.female": "1", "hours.by.sex.male": "0", "hours.by.sex.unknown": "0",
		"exact.achieved": "1", "exact.records": "3", "soon.achieved": "1", "women.achieved": "1", "women.target_by.sex.female": "1",
		"gone.achieved": "3", "idle.achieved": "1", "idle.records": "0", "never.achieved": "0", "nobody.achieved": "0",
		"share.numerator": "2", "share.denominator": "3", "share.achieved": "66.7", "share.status": "achieved",
		"mixed.numerator": "2", "mixed.denominator": "2", "both.achieved": "2",
	})
	p.checkEvidence(snap, "hours", "exact", "soon", "women", "gone", "idle", "never", "share", "mixed")
	_, _, items := p.adds(snap, "hours")
	var kinds []string
	for _, item := range items {
		kinds = append(kinds, said(within(item, "kind")))
	}
	if got := strings.Join(kinds, " "); got != "attendance attendance test" {
		t.Errorf("the evidence is %s", got)
	}
	_, _, items = p.adds(snap, "idle")
	if len(items) != 1 || said(within(items[0], "kind")) != "person" || said(within(items[0], "person")) != said(within(items[0], "id")) || said(within(items[0], "person")) == "" {
		t.Errorf("in place of one who has no record: %v", items)
	}
	for _, code := range []string{"hours", "idle", "share"} {
		page := p.office.browser().get(p.at + "/snapshots/" + snap.text("id") + "/indicators/" + code + "/evidence").is(http.StatusOK).isPage()
		if !strings.Contains(string(page.body), "(attendance") {
			t.Errorf("the page of the evidence of %s does not show the rule", code)
		}
		p.funder.get(p.at + "/snapshots/" + snap.text("id") + "/indicators/" + code + "/evidence.csv").is(http.StatusNotFound)
	}
	for _, suffix := range []string{".csv", ".xlsx", ".pdf"} {
		p.office.get(p.at + "/snapshots/latest" + suffix).is(http.StatusOK)
	}

	// What continues a compile finds the same; a rule that holds no longer takes the person away.
	p.attend("leo", -1, 8, nil)
	snap = p.compile()
	p.figures(snap, map[string]string{"idle.achieved": "0", "soon.achieved": "2", "mixed.denominator": "3", "share.denominator": "3"})
	p.checkEvidence(snap, "hours", "idle", "soon", "share", "mixed")
	p.office.post(p.at+"/records/exit", fields{"person": of("leo"), "date": p.day(0), "reason": "moved"}).is(http.StatusCreated)
	p.figures(p.compile(), map[string]string{"gone.achieved": "2", "soon.achieved": "2"})
}

// The figure of each month is that of a snapshot of its last day, and may fall.
func TestContractRulesOverPeopleByMonth(t *testing.T) {
	t.Parallel()
	p := newProjectOfPeople(t,
		`{code: "once", label: L, count: people, who: 'len(attendance) == 1'}`,
		`{code: "entered", label: L, count: people, who: 'entry != "" && none(exit, true)'}`,
		`{code: "share", label: L, decimals: 2, count: share, of: attendance, among: {who: 'len(attendance) + len(exit) > 1'}}`,
		`{code: "last", label: L, count: people, who: 'attendance[-1].outcome == "withdrew"'}`,
	)
	for i, name := range []string{"ala", "ewa", "jan", "ola"} {
		p.attend(name, -58+i, 1, nil)
		p.attend(name, -30+9*i, 2, fields{"outcome": []string{"withdrew", "completed"}[i%2]})
	}
	p.leave("jan", -3, "work")
	snap := p.compile()
	fell := false
	for _, in := range snap.list("indicators") {
		code, total := said(within(in, "code")), 0.0
		months, _ := within(in, "by_month").([]any)
		for _, m := range months {
			var added float64
			if n, _ := fmt.Sscan(said(within(m, "added")), &added); n == 1 {
				total, fell = total+added, fell || added < 0
			}
			month := said(within(m, "month"))
			day := min(lastOf(t, month), p.day(0))
			then := figure(p.compileOn(day), code, "achieved")
			if got := said(within(m, "total")); got != then {
				t.Errorf("%s in %s is %s, and %s in the snapshot of %s", code, month, got, then, day)
			}
		}
		if got := figure(snap, code, "achieved"); got != "" && fmt.Sprintf("%.2f", total) != fmt.Sprintf("%.2f", number(t, got)) {
			t.Errorf("the months of %s add up to %v, not %s", code, total, got)
		}
	}
	if !fell {
		t.Error("no figure fell")
	}
	p.figures(snap, map[string]string{"once.achieved": "0", "entered.achieved": "3", "last.achieved": "2"})
}

// A rule that fails for a person does not count them, and the others count.
func TestContractRulesOverPeopleThatFail(t *testing.T) {
	t.Parallel()
	p := newProjectOfPeople(t, `{code: "odd", label: L, count: people, who: 'any(attendance, 7 % int(.hours) >= 0)'}`, `{code: "fine", label: L, count: people, who: 'len(attendance) > 0'}`)
	p.attend("ewa", -9, 2, nil)
	bad := p.attend("jan", -9, 0, nil)
	p.attend("jan", -2, 3, nil)
	snap := p.compile()
	p.figures(snap, map[string]string{"odd.achieved": "1", "fine.achieved": "2"})
	if errors := snap.list("quality.rule_errors"); len(errors) != 1 || said(within(errors[0], "code")) != "odd" || said(within(errors[0], "count")) != "1" || said(within(errors[0], "record")) != bad {
		t.Errorf("rule errors %v", errors)
	}
	p.checkEvidence(snap, "odd", "fine")
	p.attend("ola", -1, 0, nil)
	snap = p.compile() // continued
	if errors := snap.list("quality.rule_errors"); len(errors) != 1 || said(within(errors[0], "count")) != "2" {
		t.Errorf("rule errors %v", errors)
	}
	p.checkEvidence(snap, "odd", "fine")
}

// Merged people are one, corrected attributes count, and held sign-ups do not.
func TestContractRulesOverPeopleCountWhatCounts(t *testing.T) {
	t.Parallel()
	p := newProjectOfPeople(t, `{code: "hours", label: L, count: people, who: 'sum(attendance, .hours) >= 8'}`, `{code: "women", label: L, count: people, who: 'sex == "female"'}`, `{code: "signed", label: L, count: people, who: 'len(signups) > 0'}`)
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"sex": "male"})).is(http.StatusCreated)
	p.attend("ewa", -9, 5, nil)
	p.attend("ewka", -8, 5, nil)
	p.figures(p.compile(), map[string]string{"hours.achieved": "0", "women.achieved": "0", "signed.achieved": "1"})
	ewa, ewka := p.person("ewa@example.org"), p.person("ewka@example.org")
	p.office.post(p.at+"/people/"+ewka+"/merge", fields{"into": ewa}).is(http.StatusOK)
	p.office.send("PUT", p.at+"/people/"+ewa+"/attributes", "application/json", []byte(`{"sex": "female"}`)).is(http.StatusOK)
	p.anyone.post(p.at+"/signups", signup("ewa", "planting").as("Maria")).is(http.StatusCreated) // another person behind the address: undecided
	snap := p.compile()
	p.figures(snap, map[string]string{"hours.achieved": "1", "women.achieved": "1", "women.by.sex.female": "1", "signed.achieved": "1"})
	p.checkEvidence(snap, "hours", "women", "signed")
	held := p.held("planting")
	if len(held) != 1 {
		t.Fatalf("held are %v", held)
	}
	p.office.send("PUT", p.at+"/signups/"+said(within(held[0], "id")), "application/json", []byte(`{"person": "new"}`)).is(http.StatusOK)
	p.figures(p.compile(), map[string]string{"signed.achieved": "2"})
}

// Records after the project's end count up to the indicator's last day.
func TestContractRulesOverPeopleUntil(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	text := strings.Replace(definitionOfPeople(p,
		`{code: "later", label: L, count: people, until: `+p.day(-2)+`, who: 'any(exit, days(entry, .date) >= 10)'}`,
		`{code: "in time", label: L, count: people, who: 'any(exit, days(entry, .date) >= 10)'}`), "to: "+p.day(300), "to: "+p.day(-8), 1)
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(strings.Replace(text, `"in time"`, `"in-time"`, 1))).is(http.StatusOK)
	for _, name := range []string{"ewa", "jan", "ola"} {
		p.attend(name, -20, 1, nil)
	}
	p.leave("ewa", -9, "work")
	p.leave("jan", -3, "work")
	p.leave("ola", -1, "work")
	snap := p.compile()
	p.figures(snap, map[string]string{"later.achieved": "2", "in-time.achieved": "1"})
	p.checkEvidence(snap, "later", "in-time")
	snap.has(map[string]string{"quality.records_outside_period": "1"})
}

// What is wrong in a rule over people has its place and a sentence in the reader's language.
func TestContractRulesOverPeopleAreChecked(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, c := range []struct{ indicator, field, code, polish string }{
		{`{code: "1", label: L, count: people, of: attendance, who: 'len(attendance) > 1'}`, "indicators[0].of", "not_allowed", "usuń"},
		{`{code: "1", label: L, count: people, who: 'len(attendence) > 1'}`, "indicators[0].who", "bad_rule", "W regule o osobie nie ma attendence"},
		{`{code: "1", label: L, count: people, who: 'any(exit, .hours > 1)'}`, "indicators[0].who", "bad_rule", "nie mają hours"},
		{`{code: "1", label: L, count: people, who: 'sum(attendance, .hours) > "8"'}`, "indicators[0].who", "bad_rule", "nie pasują"},
		{`{code: "1", label: L, count: people, who: 'sex == "female" && sex == "male"'}`, "indicators[0].who", "bad_rule", "nigdy"},
		{`{code: "1", label: L, count: people, who: 'any(exit, .reason == "wrok")'}`, "indicators[0].who", "not_in_list", "wrok"},
		{`{code: "1", label: L, count: sum, field: hours, who: 'true'}`, "indicators[0].who", "not_allowed", "usuń"},
	} {
		for _, language := range []string{"pl", "en"} {
			got := p.office.with("Accept-Language", language).send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(definitionOfPeople(p, c.indicator))).is(http.StatusUnprocessableEntity)
			found := false
			for _, e := range got.list("errors") {
				line, column, message := said(within(e, "line")), said(within(e, "column")), said(within(e, "message"))
				if said(within(e, "field")) == c.field && said(within(e, "code")) == c.code && line != "" && column != "" && message != "" && strings.Contains(message, c.polish) == (language == "pl" || c.polish == "wrok") {
					found = true
				}
			}
			if !found {
				t.Errorf("%s: %s", c.indicator, got)
			}
		}
	}
	changes := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(definitionOfPeople(p, `{code: "1", label: L, count: people, who: 'len(attendance) > 1'}`))).is(http.StatusOK)
	if !strings.Contains(string(changes.body), `"who"`) || !strings.Contains(string(changes.body), "len(attendance)") {
		t.Errorf("the preview: %s", changes)
	}
}

// lastOf returns the last day of a month.
func lastOf(t *testing.T, month string) string {
	t.Helper()
	first, err := time.Parse(time.DateOnly, month+"-01")
	if err != nil {
		t.Fatal(err)
	}
	return first.AddDate(0, 1, -1).Format(time.DateOnly)
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
