package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// ownWords are what a project adds to its definition in its own words, and indicators that count it.
const ownWords = `people:
  attributes:
    labour_status: {options: [{id: long-term, label: {pl: długotrwale bezrobotny, en: long-term unemployed}}, employed]}
    disability: {ask: no}
    citizenship: {type: choice, options: [pl, other], label: {pl: Obywatelstwo, en: Citizenship}, required: true}
    situation: {type: choices, options: [homeless, minority, {id: none_of_these, label: {pl: żadna, en: none}}], label: {pl: Sytuacja, en: Situation}}
    parent: {type: yes-no, label: {pl: Rodzic, en: Parent}}
records:
  consultation: {fields: {field: {options: [{id: housing, label: {pl: mieszkanie, en: housing}}, law]}, referred_to: {type: choice, options: [court, doctor]}}}
  exit: {label: {pl: Zakończenie, en: Exit}, person: yes, by: [coordinator, adviser], fields: {reason: {type: choice, options: [work, moved]}, qualification: {type: yes-no}}}
  harvest: {label: {pl: Zbiór, en: Harvest}, key: [site], by: [partner], fields: {site: {type: choice, options: [north, south], label: {pl: Miejsce, en: Site}}, weight: {type: number, decimals: 2, unit: kg, max: 500}, note: {type: text}}}
indicators:
  - {code: "30", unit: person, target: 3, count: people, of: exit, where: 'reason == "work" && qualification == "yes"', label: Found work}
  - {code: "31", unit: kg, target: 300, count: sum, field: weight, of: harvest, where: 'site == "north"', label: Harvest in the north}
  - {code: "32", unit: person, target: 3, count: people, of: signup, where: '"homeless" in situation', label: Homeless}
  - {code: "33", unit: consultation, target: 3, count: records, of: consultation, where: 'referred_to == "court"', label: To court}
`

func newProjectOfItsOwn(t *testing.T) *project {
	t.Helper()
	return newProject(t, "indicators:\n", ownWords)
}

func ownSignup(name string) fields {
	return signup(name, "planting").and(fields{"citizenship": "pl"})
}

// A project's own attributes are asked, checked, counted and broken down like built-in ones.
func TestContractOwnAttributes(t *testing.T) {
	t.Parallel()
	p := newProjectOfItsOwn(t)
	p.office.post(p.at+"/signups", ownSignup("ewa").and(fields{"situation": []string{"minority", "homeless"}, "labour_status": "long-term", "parent": true})).is(http.StatusCreated)
	for _, c := range []struct {
		name string
		body fields
		want string
	}{
		{"a value of the built-in list", ownSignup("jan").and(fields{"labour_status": "inactive"}), "labour_status not_in_list"},
		{"a required attribute is missing", ownSignup("jan").and(fields{"citizenship": nil}), "citizenship missing"},
		{"one that is not asked", ownSignup("jan").and(fields{"disability": false}), "disability unknown_field"},
		{"another value among several", ownSignup("jan").and(fields{"situation": []string{"homeless", "rich"}}), "situation not_in_list"},
		{"a text in place of several", ownSignup("jan").and(fields{"situation": "homeless"}), "situation not_in_list"},
	} {
		got := p.office.post(p.at+"/signups", c.body).is(http.StatusUnprocessableEntity)
		if found := got.text("errors.0.field") + " " + got.text("errors.0.code"); found != c.want || len(got.list("errors")) != 1 {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	form := url.Values{"activity": {"planting"}, "first_name": {"Ola"}, "last_name": {"Wzór"}, "email": {"ola@example.org"}, "citizenship": {"other"}, "situation[]": {"homeless", "none_of_these"}, "consent_processing": {"true"}}
	p.anyone.browser().send("POST", p.at+"/signups", "application/x-www-form-urlencoded", []byte(form.Encode())).is(http.StatusSeeOther)
	p.accepts(p.office, "lista.csv", "activity,first_name,last_name,email,Obywatelstwo,sytuacja,consent_processing\nplanting,Iga,Wzór,iga@example.org,pl,minority; żadna,tak\nplanting,Ula,Wzór,ula@example.org,pl,\"minority, żadna\",tak\n")
	listed := p.office.get(p.at + "/signups?activity=planting").is(http.StatusOK)
	var given []string
	for _, item := range listed.list("items") {
		given = append(given, said(within(item, "situation")))
	}
	if slices.Sort(given); !slices.Equal(given, []string{"[homeless minority]", "[homeless none_of_these]", "[minority none_of_these]", "[minority none_of_these]"}) {
		t.Errorf("situations are %q", given)
	}
	snap := p.compile()
	if got := figure(snap, "32", "achieved"); got != "2" {
		t.Errorf("homeless: %s", got)
	}
	by := ""
	for _, part := range []string{"situation.homeless", "situation.minority", "situation.unknown", "citizenship.pl", "citizenship.other", "labour_status.long-term", "labour_status.unknown", "parent.yes"} {
		by += figure(snap, "32", "by."+part) + " "
	}
	if by != "2 1 0 1 1 1 1 1 " {
		t.Errorf("the parts are %s", by)
	}
	page := string(p.anyone.browser().with("Accept-Language", "en").get(p.at + "/signup").is(http.StatusOK).body)
	for _, want := range []string{"Citizenship", `name="situation[]"`, "long-term unemployed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if strings.Contains(page, `name="disability"`) {
		t.Error("the form asks for what the project does not ask")
	}
}

// A kind of record of the project's own has an address, a form, files, rules, and is changed and voided.
func TestContractOwnKinds(t *testing.T) {
	t.Parallel()
	p := newProjectOfItsOwn(t)
	date, at := p.day(-10), p.at+"/records/"
	exit := fields{"person": of("ewa"), "date": date, "reason": "work", "qualification": true}
	made := p.office.post(at+"exit", exit).is(http.StatusCreated)
	p.office.post(at+"exit", exit).is(http.StatusConflict)
	changed := p.office.put(at+"exit/"+made.text("id"), exit.and(fields{"reason": "moved", "change_reason": "a slip"})).is(http.StatusOK)
	if changed.text("reason") != "moved" {
		t.Errorf("the change: %s", changed)
	}
	p.office.put(at+"exit/"+made.text("id"), exit).is(http.StatusOK)
	p.office.post(p.at+"/consultations", p.consultation("ewa").and(fields{"field": "housing", "referred_to": "court", "adviser": "adviser@example.org"})).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("ewa").and(fields{"field": "accounting"})).is(http.StatusUnprocessableEntity)
	for _, wrong := range []fields{{"weight": 1.255}, {"weight": 501}, {"weight": -1}, {"site": "west"}} {
		p.office.post(at+"harvest", fields{"date": date, "site": "north", "weight": 1}.and(wrong)).is(http.StatusUnprocessableEntity)
	}
	p.office.post(at+"harvest", fields{"date": date, "site": "north", "weight": 1.25, "note": "dry"}).is(http.StatusCreated)
	p.accepts(p.office, "zbiory.csv", "date,Miejsce,weight\n"+p.day(-9)+",north,\"3,5\"\n"+p.day(-9)+",south,4\n")
	p.counts(map[string]string{"30": "1", "31": "4.75", "33": "1"})
	template := p.office.get(p.at + "/uploads/template.csv?kind=harvest").is(http.StatusOK)
	if !strings.Contains(string(template.body), "Miejsce") {
		t.Errorf("the template: %s", template)
	}
	p.office.send("DELETE", at+"exit/"+made.text("id"), "", nil).is(http.StatusOK)
	p.counts(map[string]string{"30": "0"})
}

// Whom by names records a kind beside the office, and sees its own records. What a partner records has the partner in
// its natural key, however it comes.
func TestContractOwnKindsAreRecordedByWhomTheyName(t *testing.T) {
	t.Parallel()
	p := newProjectOfItsOwn(t)
	date, at := p.day(-10), p.at+"/records/"
	harvest := func(weight int) fields { return fields{"date": date, "site": "north", "weight": weight} }
	p.office.post(at+"harvest", harvest(1)).is(http.StatusCreated)
	made := p.radio.post(at+"harvest", harvest(2)).is(http.StatusCreated)
	p.press.post(at+"harvest", harvest(4)).is(http.StatusCreated)
	p.radio.post(at+"harvest", harvest(2)).is(http.StatusConflict)
	p.accepts(p.radio, "zbiory.csv", "date,site,weight\n"+date+",north,16\n"+p.day(-9)+",north,8\n")
	p.counts(map[string]string{"31": "29"}) // the file's row is later than the partner's typed one
	p.radio.put(at+"harvest/"+made.text("id"), harvest(3)).is(http.StatusOK)
	p.counts(map[string]string{"31": "16"})
	p.press.get(at + "harvest/" + made.text("id")).is(http.StatusNotFound)
	p.press.put(at+"harvest/"+made.text("id"), harvest(3)).is(http.StatusNotFound)
	if n := len(p.radio.get(at+"harvest").is(http.StatusOK).list("items")) + len(p.office.get(at+"harvest").is(http.StatusOK).list("items")); n != 4 {
		t.Errorf("the partner and the office see %d records together, want 1 and 3", n)
	}
	p.office.put(at+"harvest/"+made.text("id"), harvest(5)).is(http.StatusOK)
	p.counts(map[string]string{"31": "18"})
	p.adviser.post(at+"harvest", harvest(2)).is(http.StatusForbidden)
	p.radio.post(at+"exit", fields{"person": of("ewa"), "date": date}).is(http.StatusForbidden)
	exit := p.adviser.post(at+"exit", fields{"person": of("ewa"), "date": date, "reason": "work"}).is(http.StatusCreated)
	p.adviser.get(at + "exit/" + exit.text("id")).is(http.StatusOK)
	if got := p.adviser.get(at + "exit").is(http.StatusOK).list("items"); len(got) != 1 {
		t.Errorf("the adviser sees %v", got)
	}
	p.funder.get(at + "exit").is(http.StatusForbidden)
	p.anyone.get(at + "exit").is(http.StatusUnauthorized)
	p.radio.browser().get(at + "harvest").shows([]string{"Zbiór"})
}

// The description of a project's addresses has its own kinds and lists; it is for those who work in the project.
func TestContractDescriptionOfAProject(t *testing.T) {
	t.Parallel()
	p := newProjectOfItsOwn(t)
	got := p.office.get(p.at + "/openapi.json").is(http.StatusOK)
	paths, schemas := within(got.value(), "paths").(map[string]any), within(got.value(), "components.schemas").(map[string]any)
	for _, path := range []string{"/records/harvest", "/records/exit/{id}", "/consultations", "/definition"} {
		if paths[p.at+path] == nil {
			t.Errorf("it has no %s", path)
		}
	}
	if paths["/{project}/consultations"] != nil {
		t.Error("it has addresses of other projects")
	}
	if harvest := schemas["records.harvest"].(map[string]any)["properties"].(map[string]any); harvest["weight"] == nil || harvest["date"] == nil || harvest["person"] != nil {
		t.Errorf("a harvest has %v", harvest)
	}
	if got.text("servers.0.url") != shared.base {
		t.Errorf("it is at %s", got.text("servers.0.url"))
	}
	p.anyone.get(p.at + "/openapi.json").is(http.StatusUnauthorized)
}

// Sums of a field have all of its decimals.
func TestContractSumsHaveAllDecimals(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", `records:
  sample: {label: {pl: Próbka, en: Sample}, key: [place], fields: {place: {type: choice, options: [a, b, c]}, weight: {type: number, decimals: 4, unit: kg}, depth: {type: number, decimals: 3}}}
indicators:
  - {code: "30", unit: kg, target: 1, count: sum, field: weight, of: sample, by: [place], label: Weight}
  - {code: "31", unit: m, target: 1, count: sum, field: depth, of: sample, label: Depth}
`)
	for place, values := range map[string]fields{"a": {"weight": 0.0001, "depth": 1.255}, "b": {"weight": 0.0002, "depth": 0.001}, "c": {"weight": 1.2345, "depth": 2}} {
		p.office.post(p.at+"/records/sample", values.and(fields{"date": p.day(-10), "place": place})).is(http.StatusCreated)
	}
	p.counts(map[string]string{"30": "1.2348", "31": "3.256"})
	p.office.post(p.at+"/records/sample", fields{"date": p.day(-9), "place": "a", "weight": 0.0003, "depth": 0.004}).is(http.StatusCreated)
	p.counts(map[string]string{"30": "1.2351", "31": "3.26"})
}

// The ids of a project's own attributes, kinds and fields are no words of rules and of counting; built-in names stay.
func TestOwnIDsAreNoWordsOfRules(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	put := func(text string) reply {
		return p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(p.definition()+text))
	}
	places := map[string]string{
		"people.attributes.%s":         "people: {attributes: {%s: {type: number, label: A}}}\n",
		"records.%s":                   "records: {%s: {label: K, person: yes, fields: {far: {type: number, label: F}}}}\n",
		"records.walk.fields.%s":       "records: {walk: {label: K, person: yes, fields: {%s: {type: number, label: F}}}}\n",
		"records.attendance.fields.%s": "records: {attendance: {fields: {%s: {type: number, label: F}}}}\n",
	}
	words := strings.Fields(`who of where count among per by mean min max last first sum share said distinct scale target targets target_by baseline direction until
		by_month value decimals percent achieved numerator denominator public refused hidden unknown people records field participants indicators quality rule_errors
		entry days any all none one filter find map abs ceil floor round int float string trim upper lower len and or not in matches contains let if else true false nil i`)
	for path, text := range places {
		for _, word := range words {
			got := put(fmt.Sprintf(text, word)).is(http.StatusUnprocessableEntity)
			if field, code := got.text("errors.0.field"), got.text("errors.0.code"); field != fmt.Sprintf(path, word) || code != "not_allowed" {
				t.Errorf("%s: %s %s", fmt.Sprintf(path, word), field, code)
			}
		}
		for _, word := range []string{"counted", "target_group", "weight", "until_when", "summary", "whose", "site"} {
			put(fmt.Sprintf(text, word)).is(http.StatusOK)
		}
	}
	// What is built in may be changed, whatever it is called.
	put("people: {attributes: {labour_status: {options: [{id: working, label: W}]}}}\nrecords: {consultation: {fields: {field: {options: [{id: law, label: L}]}}}, media: {fields: {note: {hint: N}}}}\n").is(http.StatusOK)
}
