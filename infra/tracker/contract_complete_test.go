package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// complete is a part of a definition that says what a complete participant has.
func complete(incomplete string) string {
	return `people:
  attributes: {residence: {refusable: true}, home: {type: text, label: Home}}
  complete: [sex, birth_year, residence, home]
  incomplete: ` + incomplete + `
indicators:
  - {code: "50", unit: person, count: people, who: 'any(attendance, .hours > 1)', label: Stayed}
  - {code: "51", unit: "%", count: share, who: 'sex == "female"', among: {of: attendance}, label: Women}
`
}

// fourPeople are four people who completed the planting: Ewa gave all that is needed, Ola refused one attribute, Iga
// lacks her home, and of Jan nothing is known. All but Jan are women.
func (p *project) fourPeople() {
	p.t.Helper()
	all := fields{"sex": "female", "birth_year": 1990, "residence": "urban", "home": "ul. Zielona 1"}
	for name, more := range map[string]fields{"ewa": {}, "ola": {"residence": "refused"}, "iga": {"home": nil}, "jan": {"sex": nil, "birth_year": nil, "residence": nil, "home": nil}} {
		p.office.post(p.at+"/signups", signup(name, "planting").and(all).and(more)).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
	}
}

// completeness is what a snapshot says of the four people.
func completeness(snap reply) string {
	out := fmt.Sprintf("participants %s f%s u%s", snap.text("participants.total"), snap.text("participants.by.sex.female"), snap.text("participants.by.sex.unknown"))
	for _, code := range []string{"1", "11", "50"} {
		out += fmt.Sprintf("; %s: %s f%s u%s %s", code, figure(snap, code, "achieved"), figure(snap, code, "by.sex.female"), figure(snap, code, "by.sex.unknown"), figure(snap, code, "records"))
	}
	return out + "; share " + figure(snap, "51", "numerator") + "/" + figure(snap, "51", "denominator") + "; hours " + figure(snap, "2", "achieved") + "; incomplete " + snap.text("quality.incomplete")
}

func TestContractIncompletePeopleCountWhereTheDefinitionSays(t *testing.T) {
	t.Parallel()
	for incomplete, want := range map[string]string{
		"everywhere": "participants 4 f3 u1; 1: 4 f3 u1 4; 11: 3 f3 u0 3; 50: 4 f3 u1 4; share 3/4; hours 16; incomplete 2",
		"total":      "participants 4 f2 u2; 1: 4 f2 u2 4; 11: 2 f2 u0 2; 50: 4 f2 u2 4; share 2/2; hours 16; incomplete 2",
		"nowhere":    "participants 2 f2 u0; 1: 2 f2 u0 2; 11: 2 f2 u0 2; 50: 2 f2 u0 2; share 2/2; hours 16; incomplete 2",
	} {
		p := newProject(t, "indicators:\n", complete(incomplete))
		p.fourPeople()
		snap := p.compile()
		if got := completeness(snap); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", incomplete, got, want)
		}
		// The evidence adds up, and names who is left out.
		leftOut := map[string]int{"total": 0, "nowhere": 2}[incomplete]
		for _, figures := range []string{"participants", "indicators/1", "indicators/50"} {
			adds, out := 0, 0
			for _, one := range p.everything(p.at + "/snapshots/" + snap.text("id") + "/" + figures + "/evidence") {
				if said(within(one, "adds")) == "1" {
					adds++
				}
				if said(within(one, "left_out")) == "incomplete" {
					out++
				}
			}
			if out != leftOut || adds != 4-leftOut {
				t.Errorf("%s: of %s %d are counted and %d left out", incomplete, figures, adds, out)
			}
		}
		csv := string(p.office.get(p.at + "/snapshots/" + snap.text("id") + "/indicators/1/evidence.csv").is(http.StatusOK).body)
		if n := strings.Count(csv, ",incomplete"); n != leftOut || !strings.Contains(csv, "left_out") {
			t.Errorf("%s: the CSV has %d who are left out: %s", incomplete, n, csv)
		}
		// It is the same on top of the checkpoint, from the first fact, and for the public.
		p.office.post(p.at+"/outputs", p.output("Ulotka")).is(http.StatusCreated)
		again := p.compile()
		if got := completeness(again); got != want {
			t.Errorf("%s, continued: %s", incomplete, got)
		}
		if verified := p.office.post(p.at+"/snapshots/"+again.text("id")+"/verification", nil).is(http.StatusOK); verified.text("same") != "true" {
			t.Errorf("%s: %s", incomplete, verified)
		}
		p.approve(again)
		if public := p.anyone.get(p.at).is(http.StatusOK); public.text("snapshot.quality.incomplete") != "" {
			t.Errorf("%s: the public sees how few are incomplete: %s", incomplete, public)
		}
		for _, format := range []string{".pdf", ".xlsx", ".csv"} {
			p.office.get(p.at + "/snapshots/" + again.text("id") + format).is(http.StatusOK)
		}
		p.office.browser().with("Accept-Language", "en").get(p.at + "/snapshots/" + again.text("id")).shows([]string{"2 participants lack an attribute"})
		p.office.browser().with("Accept-Language", "en").get(p.at + "/snapshots/" + again.text("id") + "/indicators/1/evidence").is(http.StatusOK)
	}
}

// Who lacks what is in a list, from which a correction takes a person at once.
func TestContractIncompletePeopleAreListed(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", complete("nowhere"))
	list := p.at + "/people/incomplete"
	if before := p.office.get(list).is(http.StatusOK); len(before.list("items")) != 0 || before.text("as_of") != "" || before.text("incomplete") != "nowhere" {
		t.Errorf("before the first snapshot: %s", before)
	}
	p.fourPeople()
	p.office.post(p.at+"/signups", signup("jan", "compost")).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", fields{"person": of("zofia"), "date": p.day(-9), "field": "law", "minutes": 30, "form": "phone"}).is(http.StatusCreated)
	p.compile()
	lacks := func(query string) string {
		var out []string
		for _, one := range p.everything(list + query) {
			out = append(out, said(within(one, "person.email"))+" "+said(within(one, "missing"))+" "+said(within(one, "activities"))+" "+said(within(one, "first_day")))
		}
		return strings.ReplaceAll(strings.Join(out, "; "), "@example.org", "")
	}
	got := lacks("?limit=1")
	for _, want := range []string{"iga [home] [planting] " + p.day(-10), "jan [sex birth_year residence home] [compost planting] " + p.day(-10), "zofia [sex birth_year residence home] [] " + p.day(-9)} {
		if !strings.Contains(got, want) {
			t.Errorf("the list has no %s: %s", want, got)
		}
	}
	if strings.Contains(got, "ewa") || strings.Contains(got, "ola") || strings.Count(got, ";") != 2 {
		t.Errorf("the list: %s", got)
	}
	if got := lacks("?attribute=sex&activity=compost"); !strings.HasPrefix(got, "jan") || strings.Contains(got, ";") {
		t.Errorf("who lacks the sex and signed up for compost: %s", got)
	}
	p.office.get(list + "?attribute=hair").is(http.StatusUnprocessableEntity)
	for _, c := range []caller{p.adviser, p.funder, p.radio} {
		c.get(list).is(http.StatusForbidden)
	}
	p.anyone.get(list).is(http.StatusUnauthorized)
	todo := p.office.get(p.at + "/attention").is(http.StatusOK)
	if !strings.Contains(string(todo.body), `"incomplete"`) || !strings.Contains(string(todo.body), list) {
		t.Errorf("to do: %s", todo)
	}
	page := p.office.browser().with("Accept-Language", "en").get(list).shows([]string{"Incomplete data", "Iga Przykładowska", "Home", "Fill in", "do not count"})
	if !strings.Contains(string(page.body), "#attributes") {
		t.Error("the page has no link to fill in")
	}

	iga := p.office.get(p.at + "/people?q=iga").is(http.StatusOK).text("items.0.id")
	p.office.put(p.at+"/people/"+iga+"/attributes", fields{"home": "ul. Zielona 3"}).is(http.StatusOK)
	jan := p.office.get(p.at + "/people?q=jan").is(http.StatusOK).text("items.0.id")
	p.office.put(p.at+"/people/"+jan+"/attributes", fields{"sex": "male", "birth_year": 1980, "residence": "refused"}).is(http.StatusOK)
	if got := lacks(""); strings.Contains(got, "iga") || !strings.Contains(got, "jan [home]") {
		t.Errorf("filled in: %s", got)
	}
	if got := lacks("?attribute=sex"); !strings.HasPrefix(got, "zofia") {
		t.Errorf("who lacks the sex still: %s", got)
	}
	if got := completeness(p.compile()); !strings.HasPrefix(got, "participants 3 f3 u0; 1: 3 f3 u0 3;") {
		t.Errorf("once Iga is complete: %s", got)
	}
	// What is taken away is missing again.
	p.office.put(p.at+"/people/"+iga+"/attributes", fields{"home": nil}).is(http.StatusOK)
	p.compile()
	if got := lacks(""); !strings.Contains(got, "iga [home]") {
		t.Errorf("taken away: %s", got)
	}
	p.office.delete(p.at + "/people/" + iga).is(http.StatusOK)
	if got := lacks(""); strings.Contains(got, "iga") {
		t.Errorf("erased: %s", got)
	}
}

// link returns the path and query of the link of the newest question to an address, and how many questions came.
func (p *project) question(to string) (link string, n int) {
	p.t.Helper()
	for _, m := range p.mails(to) {
		text := said(within(m, "text"))
		if at := strings.Index(text, p.at+"/people/"); at >= 0 && strings.Contains(text, "/questions/") {
			if n++; link == "" {
				link = strings.Fields(text[at:])[0]
			}
		}
	}
	return link, n
}

// The office asks a person by e-mail for what is missing. The link works once, and the answer is a correction by the
// person.
func TestContractQuestionLinkWorksOnce(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", complete("nowhere"))
	p.fourPeople()
	p.compile()
	id := func(name string) string {
		return p.office.get(p.at + "/people?q=" + name).is(http.StatusOK).text("items.0.id")
	}
	for _, c := range []caller{p.adviser, p.funder, p.radio} {
		c.post(p.at+"/people/"+id("iga")+"/question", nil).is(http.StatusForbidden)
	}
	p.office.post(p.at+"/people/"+id("ewa")+"/question", nil).is(http.StatusConflict)
	sent := p.office.post(p.at+"/people/"+id("jan")+"/question", nil).is(http.StatusCreated)
	if got := sent.text("attributes"); got != "[sex birth_year residence home]" {
		t.Errorf("asked for %s", got)
	}
	p.office.post(p.at+"/people/"+id("jan")+"/question", nil).is(http.StatusConflict)
	to := "jan@example.org"
	link := ""
	eventually(t, "the letter", func() bool { link, _ = p.question(to); return link != "" })
	if strings.Contains(sent.String(), "token") {
		t.Errorf("the office sees the token: %s", sent)
	}
	for range 2 { // it shows, and changes nothing
		shown := p.anyone.get(link).is(http.StatusOK)
		if shown.text("state") != "open" || shown.text("attributes") != "[sex birth_year residence home]" {
			t.Errorf("the question: %s", shown)
		}
		if got := shown.header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("the referrer policy is %q", got)
		}
	}
	page := string(p.anyone.browser().with("Accept-Language", "en").get(link).shows([]string{"A question for you", "Home"}).body)
	for _, known := range []string{"Jan", "Przykładowsk", "jan@example"} {
		if strings.Contains(page, known) {
			t.Errorf("the page shows %s", known)
		}
	}
	path, _, _ := strings.Cut(link, "?")
	p.anyone.get(path + "?token=0123456789abcdef0123456789abcdef").is(http.StatusNotFound)
	p.anyone.post(path+"?token=", fields{"sex": "male"}).is(http.StatusNotFound)
	p.anyone.post(link, fields{}).is(http.StatusUnprocessableEntity)
	p.anyone.post(link, fields{"sex": "robot"}).is(http.StatusUnprocessableEntity)
	p.anyone.post(link, fields{"education": "isced-0-2"}).is(http.StatusUnprocessableEntity) // it was not asked
	if got := p.anyone.post(link, fields{"sex": "male", "birth_year": 1981, "residence": "refused", "home": "ul. Zielona 4"}).is(http.StatusOK); got.text("state") != "answered" {
		t.Errorf("the answer: %s", got)
	}
	p.anyone.post(link, fields{"sex": "female"}).is(http.StatusConflict)
	p.anyone.browser().fill(link, fields{"sex": "female"}).is(http.StatusConflict)
	if got := p.anyone.get(link).is(http.StatusOK); got.text("state") != "answered" || got.text("attributes") != "[]" {
		t.Errorf("the link after the answer: %s", got)
	}
	if got := completeness(p.compile()); !strings.HasPrefix(got, "participants 3 f2 u0; 1: 3 f2 u0 3;") {
		t.Errorf("once Jan answered: %s", got)
	}
	file := p.office.get(p.at + "/people/" + id("jan") + ".json").is(http.StatusOK)
	if file.text("attributes.sex") != "male" || file.text("attributes.home") != "ul. Zielona 4" || len(file.list("corrections")) != 1 {
		t.Errorf("Jan's attributes: %s", file.text("attributes"))
	}
	if list := p.office.get(p.at + "/people/incomplete").is(http.StatusOK); strings.Contains(list.String(), "jan@") {
		t.Errorf("Jan is in the list still: %s", list)
	}
	trail := string(p.office.get(p.at + "/audit").is(http.StatusOK).body)
	for _, want := range []string{`"person.asked"`, `"person.attributes"`, `"origin":"form"`} {
		if !strings.Contains(trail, want) {
			t.Errorf("the trail has no %s", want)
		}
	}
	if strings.Contains(trail, "Zielona") {
		t.Error("the trail has what was answered")
	}
	if _, n := p.question(to); n != 1 {
		t.Errorf("%d letters", n)
	}

	// By a form, in a browser.
	p.office.browser().fill(p.at+"/people/"+id("iga")+"/question", fields{}).is(http.StatusSeeOther)
	eventually(t, "the letter", func() bool { link, _ = p.question("iga@example.org"); return link != "" })
	p.anyone.browser().fill(link, fields{"home": ""}).is(http.StatusUnprocessableEntity)
	p.anyone.browser().fill(link, fields{"home": "ul. Zielona 5"}).is(http.StatusSeeOther)
	p.anyone.browser().with("Accept-Language", "en").get(link).shows([]string{"Thank you"})
	// An erasure takes questions with it.
	p.office.delete(p.at + "/people/" + id("iga")).is(http.StatusOK)
	p.anyone.get(link).is(http.StatusNotFound)
	p.anyone.post(link, fields{"home": "x"}).is(http.StatusNotFound)
}

// Nothing sensitive is asked by an address that two people have, also where the second came after the letter.
func TestContractQuestionByASharedAddressIsNotSensitive(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", `people:
  attributes: {situation: {type: choices, options: [homeless, minority], sensitive: true, hint: The funder asks for it., label: Situation}}
  complete: [sex, situation]
  incomplete: total
indicators:
`)
	person := func(query string) string {
		return p.office.get(p.at + "/people?q=" + query).is(http.StatusOK).text("items.0.id")
	}
	for _, name := range []string{"ewa", "iga"} {
		p.office.post(p.at+"/signups", signup(name, "planting")).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
	}
	if got := p.office.post(p.at+"/people/"+person("ewa")+"/question", nil).is(http.StatusCreated).text("attributes"); got != "[sex situation]" {
		t.Errorf("by an address of one's own: %s", got)
	}
	link := ""
	eventually(t, "the letter", func() bool { link, _ = p.question("ewa@example.org"); return link != "" })
	p.anyone.browser().with("Accept-Language", "en").get(link).shows([]string{"The funder asks for it."})
	share := func(name, first string) {
		held := p.office.post(p.at+"/signups", signup(name, "planting").as(first)).is(http.StatusCreated)
		p.office.put(p.at+"/signups/"+held.text("id"), fields{"person": "new"}).is(http.StatusOK)
	}
	share("ewa", "Marek")
	if got := p.anyone.get(link).is(http.StatusOK).text("attributes"); got != "[sex]" {
		t.Errorf("once the address is shared: %s", got)
	}
	p.anyone.post(link, fields{"situation": []string{"homeless"}}).is(http.StatusUnprocessableEntity)
	p.anyone.post(link, fields{"sex": "female"}).is(http.StatusOK)

	share("iga", "Olek")
	iga := person("iga")
	if got := p.office.post(p.at+"/people/"+iga+"/question", nil).is(http.StatusCreated).text("attributes"); got != "[sex]" {
		t.Errorf("by a shared address: %s", got)
	}
	olek := person("olek")
	p.office.put(p.at+"/people/"+olek+"/attributes", fields{"sex": "male"}).is(http.StatusOK)
	p.office.post(p.at+"/people/"+olek+"/question", nil).is(http.StatusConflict)
}
