package main_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// refusableWords are fields of each type whose answers may be refused, and indicators that ask for refused answers or
// for others.
const refusableWords = `people:
  attributes:
    labour_status: {refusable: true}
    birth_year: {refusable: true}
    situation: {type: choices, options: [homeless, minority], refusable: true}
    parent: {type: yes-no, refusable: true, required: true}
records:
  attendance: {fields: {hours: {refusable: true}}}
  exit: {label: Exit, person: yes, fields: {reason: {type: choice, options: [work, moved], refusable: true}, income: {type: number, refusable: true}, left: {type: date, refusable: true}, story: {type: text, refusable: true}}}
indicators:
  - {code: "50", unit: person, count: people, of: exit, where: 'reason == "refused"', label: Refused}
  - {code: "51", unit: person, count: people, of: exit, where: 'reason != "work"', label: Not work}
  - {code: "52", unit: EUR, count: sum, field: income, of: exit, label: Income}
  - {code: "53", unit: EUR, count: mean, field: income, of: exit, label: Mean income}
  - {code: "54", unit: person, count: people, of: signup, where: '"homeless" not in situation', label: Not homeless}
  - {code: "55", unit: person, count: people, of: signup, where: 'situation == "refused" && birth_year == "refused"', label: Refused both}
  - {code: "56", unit: person, count: people, of: signup, where: 'birth_year < 2000', label: Born before 2000}
  - {code: "57", unit: exit, count: records, of: exit, by: [reason], label: Exits}
  - {code: "58", unit: hour, count: sum, field: hours, of: attendance, label: Hours}
  - {code: "59", unit: amount, count: distinct, field: income, of: exit, label: Incomes}
`

// An answer may be refused in place of a value of any type, in JSON, on a form and in a file, in words of any interface
// language. It is a part of its own, and no comparison is met but the one with "refused".
func TestContractRefusedAnswers(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", refusableWords)
	all := fields{"labour_status": "refused", "birth_year": "refused", "situation": "refused", "parent": "refused"}
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(all)).is(http.StatusCreated)
	form := url.Values{"activity": {"planting"}, "first_name": {"Ola"}, "last_name": {"Wzór"}, "email": {"ola@example.org"}, "labour_status": {"refused"}, "birth_year": {"", "refused"}, "situation[]": {"refused"}, "parent": {"refused"}, "consent_processing": {"true"}}
	p.anyone.browser().send("POST", p.at+"/signups", "application/x-www-form-urlencoded", []byte(form.Encode())).is(http.StatusSeeOther)
	p.accepts(p.office, "lista.csv", "activity,first_name,last_name,email,situation,birth_year,labour_status,parent,consent_processing\nplanting,Iga,Wzór,iga@example.org,Odmowa,odmowa,refused,ODMOWA,tak\nplanting,Jan,Wzór,jan@example.org,homeless,1990,employed,tak,tak\n")
	listed := p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK)
	refused := 0
	for _, item := range listed.list("items") {
		if said(within(item, "situation")) == "refused" && said(within(item, "birth_year")) == "refused" && said(within(item, "parent")) == "refused" && said(within(item, "labour_status")) == "refused" {
			refused++
		}
	}
	if refused != 3 {
		t.Errorf("%d refused all: %s", refused, listed)
	}
	for _, wrong := range []fields{{"situation": []string{"refused"}}, {"situation": []string{"refused", "homeless"}}, {"sex": "refused"}, {"parent": nil}, {"birth_year": "odmowa"}} {
		p.office.post(p.at+"/signups", signup("zoe", "planting").and(all).and(wrong)).is(http.StatusUnprocessableEntity)
	}
	date, at := p.day(-10), p.at+"/records/exit"
	exit := p.office.post(at, fields{"person": of("ewa"), "date": date, "reason": "refused", "income": "refused", "left": "refused", "story": "refused"}).is(http.StatusCreated)
	for _, name := range []string{"reason", "income", "left", "story"} {
		if got := p.office.get(at + "/" + exit.text("id")).is(http.StatusOK).text(name); got != "refused" {
			t.Errorf("%s is %q", name, got)
		}
	}
	p.accepts(p.office, "wyjscia.csv", "email,date,reason,income,left,story\njan@example.org,"+date+",moved,100,"+date+",\niga@example.org,"+date+",odmowa,odmowa,odmowa,odmowa\nola@example.org,"+date+",work,300,,\n")
	p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"hours": "refused"})).is(http.StatusCreated)
	figures := map[string]string{"50": "2", "51": "1", "52": "400", "53": "200", "54": "0", "55": "3", "56": "1", "58": "0", "59": "2"}
	p.counts(figures)
	snap := p.compile()
	for part, want := range map[string]string{"situation.refused": "3", "situation.homeless": "1", "situation.unknown": "0", "age.refused": "3", "age.unknown": "0", "labour_status.refused": "3", "parent.refused": "3", "parent.yes": "1"} {
		if got := figure(snap, "56", "by."+part) + figure(snap, "55", "by."+part); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", part, got, want)
		}
	}
	if got := figure(snap, "57", "by.reason.refused") + figure(snap, "57", "by.reason.moved"); got != "21" {
		t.Errorf("exits by reason: %s", got)
	}
	// Once more on top of the checkpoint.
	p.office.put(at+"/"+exit.text("id"), fields{"person": of("ewa"), "date": date, "reason": "work", "income": 50}).is(http.StatusOK)
	figures["50"], figures["52"], figures["53"], figures["59"] = "1", "450", "150", "3"
	p.counts(figures)
	page := string(p.anyone.browser().with("Accept-Language", "en").get(p.at + "/signup").is(http.StatusOK).body)
	if n := strings.Count(page, ">prefer not to say<"); n != 4 {
		t.Errorf("the form offers %d times not to say", n)
	}
	p.office.browser().with("Accept-Language", "en").get(at + "/" + exit.text("id")).is(http.StatusOK)
	if csv := p.office.with("Accept-Language", "en").get(p.at + "/snapshots/latest.csv").is(http.StatusOK); !strings.Contains(string(csv.body), "refused") {
		t.Errorf("the export does not name the part: %s", csv)
	}
	template := p.office.get(p.at + "/uploads/template.xlsx?kind=exit").is(http.StatusOK)
	if len(template.body) == 0 {
		t.Error("the template is empty")
	}
}

// Breakdowns by a field that is not public are the office's and the funder's, of no other caller.
func TestContractFieldsThatAreNotPublic(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", `people:
  attributes:
    situation: {type: choices, options: [homeless, minority], label: Lebenslage, public: no}
    birth_year: {public: no}
records:
  exit: {label: Exit, person: yes, fields: {reason: {type: choice, options: [work, moved], label: Ausgang, public: no}, place: {type: choice, options: [north, south]}}}
indicators:
  - {code: "50", unit: person, target: 5, count: people, of: signup, target_by: {situation: {homeless: 3}, sex: {female: 2}}, label: All}
  - {code: "51", unit: exit, count: records, of: exit, by: [reason, place], label: Exits}
`)
	for _, name := range []string{"ewa", "ola", "iga", "jan", "piotr", "zofia"} {
		p.office.post(p.at+"/signups", signup(name, "planting").and(fields{"situation": []string{"homeless"}})).is(http.StatusCreated)
		p.office.post(p.at+"/records/exit", fields{"person": of(name), "date": p.day(-10), "reason": "work", "place": "north"}).is(http.StatusCreated)
	}
	snap := p.compile()
	p.approve(snap)
	for _, c := range []caller{p.office, p.funder} {
		seen := c.get(p.at + "/snapshots/latest.json").is(http.StatusOK)
		if got := figure(seen, "50", "by.situation.homeless") + figure(seen, "51", "by.reason.work") + figure(seen, "50", "target_by.situation.homeless"); got != "663" {
			t.Errorf("inside the breakdowns are %s", got)
		}
	}
	public := p.anyone.get(p.at).is(http.StatusOK)
	for _, hidden := range []string{"situation", "reason", "Lebenslage", "\"age\"", "birth_year"} {
		if strings.Contains(string(public.body), hidden) {
			t.Errorf("the public sees %s: %s", hidden, public)
		}
	}
	for _, shown := range []string{"education", "target_by"} {
		if !strings.Contains(string(public.body), shown) {
			t.Errorf("the public does not see %s", shown)
		}
	}
	if page := string(p.anyone.browser().with("Accept-Language", "en").get(p.at).is(http.StatusOK).body); strings.Contains(page, "Lebenslage") || strings.Contains(page, "Ausgang") {
		t.Error("the page shows a breakdown that is not public")
	}
}

// Records of a kind whose person is optional are about a person or no person, in JSON, on the form and in files.
// Those without a person count as records and never as people.
func TestContractRecordsThatNeedNoPerson(t *testing.T) {
	t.Parallel()
	p := newProject(t, "  - {of: consultation}\n", "  - {of: visit}\n", "indicators:\n", `records:
  visit: {label: Visit, person: optional, by: [adviser], key: [place], fields: {place: {type: choice, options: [fair, home]}, spent: {type: number}}}
  outing: {label: Outing, fields: {spent: {type: choice, options: [much, little]}}}
indicators:
  - {code: "56", unit: outing, count: records, of: outing, by: [spent], label: Outings}
  - {code: "50", unit: person, count: people, of: visit, label: People visited}
  - {code: "51", unit: visit, count: records, of: visit, label: Visits}
  - {code: "52", unit: minute, count: mean, field: spent, of: visit, label: Mean}
  - {code: "53", unit: visit, count: records, of: visit, where: 'sex == "female"', label: Visits of women}
  - {code: "54", unit: percent, count: share, of: visit, where: 'place == "home"', among: {of: visit}, label: People at home}
  - {code: "55", unit: percent, count: share, per: records, of: visit, where: 'place == "home"', among: {of: visit}, label: Visits at home}
  - {code: "57", unit: person, count: people, who: 'len(visit) >= 1', label: People with a visit}
`)
	at, date := p.at+"/records/visit", p.day(-10)
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"sex": "female"})).is(http.StatusCreated)
	p.office.post(p.at+"/records/outing", fields{"date": date, "spent": "much"}).is(http.StatusCreated) // the same name, another type
	visit := func(place string, spent int) fields { return fields{"date": date, "place": place, "spent": spent} }
	nobody := p.office.post(at, visit("fair", 10)).is(http.StatusCreated)
	if body := string(nobody.body); strings.Contains(body, "person") {
		t.Errorf("a record about nobody: %s", body)
	}
	p.office.post(at, visit("fair", 11)).is(http.StatusConflict)
	p.office.post(at, visit("fair", 20).and(fields{"person": of("ewa")})).is(http.StatusCreated)
	for _, wrong := range []fields{{"person": fields{"first_name": "Ewa"}}, {"person": of("ewa x")}, {"person": fields{"pesel": "1"}}, {"person": "ewa"}} {
		p.office.post(at, visit("home", 1).and(wrong)).is(http.StatusUnprocessableEntity)
	}
	p.adviser.post(at, fields{"date": p.day(-9), "place": "fair", "spent": 30}).is(http.StatusCreated)
	form := url.Values{"email": {""}, "pesel": {""}, "first_name": {""}, "date": {p.day(-8)}, "place": {"home"}, "spent": {"40"}}
	p.office.browser().send("POST", at, "application/x-www-form-urlencoded", []byte(form.Encode())).is(http.StatusSeeOther)
	form.Set("email", "ola@example.org")
	p.office.browser().send("POST", at, "application/x-www-form-urlencoded", []byte(form.Encode())).is(http.StatusSeeOther)
	p.accepts(p.office, "a.csv", "date,place,spent\n"+p.day(-7)+",home,50\n")
	p.accepts(p.office, "b.csv", "email,date,place,spent\niga@example.org,"+p.day(-7)+",home,60\n,"+p.day(-7)+",fair,70\n,"+date+",fair,80\n")
	figures := map[string]string{"50": "3", "51": "8", "52": "48.8", "53": "1", "54": "66.7", "55": "50", "57": "3"}
	p.counts(figures)
	if got := figureOfParticipants(p.compile()); got != "3" {
		t.Errorf("participants: %s", got)
	}
	// A record may become one about a person and, on top of the checkpoint, one without a person again.
	changed := p.office.put(at+"/"+nobody.text("id"), visit("home", 10).and(fields{"person": of("jan")})).is(http.StatusOK)
	figures["50"], figures["51"], figures["54"], figures["55"] = "4", "9", "75", "55.6"
	figures["52"], figures["57"] = "44.4", "4"
	p.counts(figures)
	p.office.put(at+"/"+changed.text("id"), visit("fair", 15)).is(http.StatusOK)
	p.counts(map[string]string{"50": "3", "51": "8", "56": "1", "57": "3"})
	if got := figure(p.office.get(p.at+"/snapshots/latest").is(http.StatusOK), "56", "by.spent.much"); got != "1" {
		t.Errorf("%s outings on which much was spent", got)
	}
	evidence := p.office.get(p.at + "/snapshots/latest/indicators/51/evidence").is(http.StatusOK)
	if n := len(evidence.list("items")); n != 8 {
		t.Errorf("%d records behind the visits", n)
	}
	if n := len(p.office.get(p.at + "/snapshots/latest/indicators/50/evidence").is(http.StatusOK).list("items")); n != 3 {
		t.Errorf("%d records behind the people", n)
	}
	p.office.browser().get(at + "/" + changed.text("id")).is(http.StatusOK)
	found := p.office.get(p.at + "/people?q=iga@example.org").is(http.StatusOK)
	p.office.send("DELETE", p.at+"/people/"+found.text("items.0.id"), "", nil).is(http.StatusOK)
	if n := len(p.office.get(at).is(http.StatusOK).list("items")); n != 5 {
		t.Errorf("%d typed records are left", n)
	}
	p.compile()
	p.office.post(p.at+"/snapshots", fields{}).is(http.StatusOK)
	template := p.office.get(p.at + "/uploads/template.csv?kind=visit").is(http.StatusOK)
	if !strings.Contains(string(template.body), "email") {
		t.Errorf("the template: %s", template)
	}
}

func figureOfParticipants(snap reply) string { return snap.text("participants.total") }

// sensitiveWords are sensitive fields of people, of what advisers record, and of what partners send.
const sensitiveWords = `people:
  attributes:
    situation: {type: choices, options: [homeless, minority], label: Lebenslage, hint: Der Geldgeber fragt danach., refusable: true, sensitive: true}
records:
  consultation: {fields: {addiction: {type: yes-no, label: Sucht, sensitive: true}}}
  exit: {label: Exit, person: yes, by: [adviser], fields: {reason: {type: choice, options: [work, illness], sensitive: true, required: true}, place: {type: choice, options: [north, south]}, title: {type: text, open: true, sensitive: true}, debt: {type: number, decimals: 3, sensitive: true}, ills: {type: choices, options: [one, two], sensitive: true}}}
indicators:
  - {code: "50", unit: person, count: people, of: signup, label: All}
  - {code: "51", unit: exit, count: records, of: exit, by: [reason, place], label: Exits}
  - {code: "52", unit: person, count: people, of: exit, where: 'reason == "illness"', label: Ill}
`

// What is sensitive is asked with its reason, shown to coordinators alone, and in no breakdown of fewer than ten
// people.
func TestContractSensitiveFields(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", sensitiveWords)
	page := string(p.anyone.browser().with("Accept-Language", "en").get(p.at + "/signup").is(http.StatusOK).body)
	if !strings.Contains(page, "Der Geldgeber fragt danach. Only the project office sees the answer.") {
		t.Error("the form does not say why it asks")
	}
	names := []string{"ewa", "ola", "iga", "jan", "piotr", "zofia", "adam", "maria", "karol"}
	for _, name := range names {
		p.office.post(p.at+"/signups", signup(name, "planting").and(fields{"situation": []string{"homeless"}})).is(http.StatusCreated)
		p.office.post(p.at+"/records/exit", fields{"person": of(name), "date": p.day(-10), "reason": "illness", "place": "north"}).is(http.StatusCreated)
	}
	snap := p.compile()
	p.approve(snap)
	for _, c := range []caller{p.office, p.funder} {
		for _, format := range []string{".json", ".csv"} {
			seen := string(c.get(p.at + "/snapshots/latest" + format).is(http.StatusOK).body)
			if strings.Contains(seen, `"homeless":9`) || strings.Contains(seen, `"illness":9`) || strings.Contains(seen, "51.reason.illness,Reason: illness,exit,,9") {
				t.Errorf("a breakdown of nine people is shown in %s: %s", format, seen)
			}
		}
		got := c.get(p.at + "/snapshots/latest.json")
		if parts := figure(got, "50", "by.situation.homeless") + " " + figure(got, "51", "by.reason.illness") + " " + figure(got, "51", "by.place.north") + " " + figure(got, "52", "achieved"); parts != "hidden hidden 9 9" {
			t.Errorf("the parts are %s", parts)
		}
		if n := strings.Count(string(c.get(p.at+"/snapshots/latest.csv").is(http.StatusOK).body), "hidden"); n == 0 {
			t.Error("the export does not say that parts are withheld")
		}
	}
	p.anyone.get(p.at).is(http.StatusOK)
	p.office.post(p.at+"/signups", signup("lena", "planting").and(fields{"situation": []string{"minority"}})).is(http.StatusCreated)
	p.office.post(p.at+"/records/exit", fields{"person": of("lena"), "date": p.day(-10), "reason": "work", "place": "north"}).is(http.StatusCreated)
	snap = p.compile()
	if parts := figure(snap, "50", "by.situation.homeless") + " " + figure(snap, "50", "by.situation.minority") + " " + figure(snap, "51", "by.reason.illness"); parts != "9 1 9" {
		t.Errorf("of ten people the parts are %s", parts)
	}
	// Who is no coordinator sees none of it, not even of what they entered, and keeps it when they change the rest.
	all := fields{"person": of("rita"), "date": p.day(-9), "reason": "illness", "place": "south", "title": "Unwort", "debt": 1.234, "ills": []string{"one", "two"}}
	made := p.adviser.post(p.at+"/records/exit", all).is(http.StatusCreated)
	at := p.at + "/records/exit/" + made.text("id")
	secret := func(r reply) bool {
		body := string(r.body)
		return strings.Contains(body, "illness\"") && strings.Contains(body, "reason") || strings.Contains(body, "Unwort") || strings.Contains(body, "1.234")
	}
	listed, one := p.adviser.get(p.at+"/records/exit").is(http.StatusOK), p.adviser.get(at).is(http.StatusOK)
	if secret(made) || secret(listed) || secret(one) || one.text("place") != "south" {
		t.Errorf("the adviser sees what is sensitive: %s %s %s", made, listed, one)
	}
	p.adviser.put(at, fields{"person": of("rita"), "date": p.day(-9), "place": "north"}).is(http.StatusOK)
	form := url.Values{"_method": {"PUT"}, "email": {"rita@example.org"}, "date": {p.day(-9)}, "place": {"south"}, "reason": {""}, "title": {""}, "debt": {""}}
	p.adviser.browser().send("POST", at, "application/x-www-form-urlencoded", []byte(form.Encode())).is(http.StatusSeeOther)
	for _, c := range []caller{p.adviser} {
		for _, path := range []string{at, p.at + "/records/exit"} {
			if page := string(c.browser().get(path).is(http.StatusOK).body); strings.Contains(page, "Unwort") || strings.Contains(page, `value="illness" selected`) || strings.Contains(page, "1.234") {
				t.Errorf("the adviser's page %s shows what is sensitive", path)
			}
		}
	}
	kept := p.office.get(at).is(http.StatusOK)
	if got := kept.text("reason") + " " + kept.text("place") + " " + kept.text("title") + " " + kept.text("debt") + " " + kept.text("ills.0") + kept.text("ills.1"); got != "illness south Unwort 1.234 onetwo" {
		t.Errorf("the record is now %s", got)
	}
	p.adviser.put(at, fields{"person": of("rita"), "date": p.day(-9), "place": "north", "reason": "work"}).is(http.StatusOK)
	if got := p.office.get(at).text("reason"); got != "work" {
		t.Errorf("the reason is %s", got)
	}
	advice := p.adviser.post(p.at+"/consultations", p.consultation("ewa").and(fields{"addiction": true})).is(http.StatusCreated)
	if strings.Contains(string(advice.body), "addiction") || !strings.Contains(string(p.office.get(p.at+"/consultations/"+advice.text("id")).body), `"addiction":true`) {
		t.Errorf("the consultation: %s", advice)
	}
	// Of exports only the register and the archive have it.
	csv := string(p.office.get(p.at + "/signups.csv").is(http.StatusOK).body)
	if strings.Contains(csv, "situation") || strings.Contains(csv, "homeless") {
		t.Error("the list of sign-ups has what is sensitive")
	}
	evidence := string(p.funder.get(p.at + "/snapshots/" + snap.text("id") + "/indicators/51/evidence.csv").body)
	if strings.Contains(evidence, "illness") || strings.Contains(evidence, "Unwort") {
		t.Error("the evidence has what is sensitive")
	}
	answer := p.upload(p.office, "wyjscia.csv", "email,date,place,reason\newa@example.org,"+p.day(-8)+",north,schizophrenia\n", nil)
	if strings.Contains(string(answer.body), "schizophrenia") || answer.text("errors.0.code") != "not_in_list" {
		t.Errorf("the error shows a sensitive value: %s", answer)
	}
}

// Yes and no are taken as booleans and as texts in JSON, for built-in and own fields alike. What is answered stays
// as it was: disability as a text, fields of the type yes-no as booleans.
func TestContractYesAndNoInJSON(t *testing.T) {
	t.Parallel()
	p := newProject(t, "participants:", `people: {attributes: {driver: {type: yes-no, label: Driver}, parent: {type: yes-no, refusable: true, label: Parent}}}
records: {exit: {label: Exit, person: yes, fields: {left: {type: yes-no, required: yes}}}}
participants:`)
	for i, c := range []struct {
		given           any
		said, anotherAs string // as a text, and as a boolean
	}{{true, "yes", "true"}, {false, "no", "false"}, {"yes", "yes", "true"}, {"no", "no", "false"}} {
		name := "osoba" + strconv.Itoa(i)
		p.anyone.post(p.at+"/signups", signup(name, "planting").and(fields{"disability": c.given, "driver": c.given, "parent": c.given, "consent_news": c.given})).is(http.StatusCreated)
		record := p.office.post(p.at+"/records/exit", fields{"person": of(name), "date": p.day(-1), "left": c.given}).is(http.StatusCreated).has(map[string]string{"left": c.anotherAs})
		id := record.text("person.id")
		for _, item := range p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK).list("items") {
			if said(within(item, "person.id")) != id {
				continue
			}
			for field, want := range map[string]string{"disability": c.said, "driver": c.anotherAs, "parent": c.anotherAs, "consent_news": c.anotherAs} {
				if got := said(within(item, field)); got != want {
					t.Errorf("%v: %s is answered %s, not %s", c.given, field, got, want)
				}
			}
		}
		p.office.put(p.at+"/people/"+id+"/attributes", fields{"disability": c.given, "driver": c.given}).is(http.StatusOK).has(map[string]string{"attributes.disability": c.said, "attributes.driver": c.anotherAs})
	}
	p.anyone.post(p.at+"/signups", signup("zgoda", "planting").and(fields{"consent_processing": "yes"})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("odmowa", "planting").and(fields{"parent": "refused"})).is(http.StatusCreated)
	for _, wrong := range []any{"tak", "true", "YES", "refused", 1, []string{"yes"}, fields{}} {
		got := p.anyone.post(p.at+"/signups", signup("zla", "planting").and(fields{"disability": wrong, "driver": wrong, "consent_processing": wrong}))
		got.isInvalid("consent_processing not_in_list", "disability not_in_list", "driver not_in_list")
		for _, problem := range got.list("errors") {
			if message := said(within(problem, "message")); !strings.Contains(message, "yes") || !strings.Contains(message, "no") {
				t.Errorf("%v: %q does not say what is allowed", wrong, message)
			}
		}
	}
	for _, no := range []any{false, "no"} {
		p.anyone.post(p.at+"/signups", signup("zla", "planting").and(fields{"consent_processing": no})).is(http.StatusUnprocessableEntity)
	}
}
