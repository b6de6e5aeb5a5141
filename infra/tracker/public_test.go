package main_test

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"
)

// responsible is part of a definition: the controller, and the funder's publicity.
const responsible = `contact: {name: Sąsiedzi, email: biuro@example.org, phone: 56 000 00 00}
marks: [{sign: eu, text: {pl: Unia Europejska, en: European Union}}]
goal:`

func TestSignupKeepsTheConsentTexts(t *testing.T) {
	t.Parallel()
	p := newProject(t, "goal:", responsible)
	shown := p.anyone.get(p.at + "/signup").is(http.StatusOK)
	version := shown.text("consent.version")
	if len(version) != len("2006-01-02") || !strings.Contains(shown.text("consent.text"), "Sąsiedzi, biuro@example.org, 56 000 00 00") || len(shown.list("consent.text")) != 4 {
		t.Errorf("what the form says on the use of data is %s", shown)
	}
	p.anyone.post(p.at+"/signups", signup("ola", "planting")).is(http.StatusCreated)
	form := signup("ewa", "planting").and(fields{"consent_processing": "yes"})
	p.anyone.browser().fill(p.at+"/signups", form).is(http.StatusSeeOther)
	p.anyone.browser().fill(p.at+"/signups", form).is(http.StatusSeeOther)
	p.office.post(p.at+"/signups", signup("jan", "planting")).is(http.StatusCreated)
	want := map[string]string{"ola@example.org": version, "ewa@example.org": version, "jan@example.org": ""} // a paper has words of its own
	for _, item := range p.everything(p.at + "/signups") {
		who := said(within(item, "person.email"))
		if got := said(within(item, "consent_version")); got != want[who] {
			t.Errorf("%s agreed to %q, want %q", who, got, want[who])
		}
		export := p.office.get(p.at + "/people/" + said(within(item, "person.id")) + ".json").is(http.StatusOK)
		sent := export.list("signups.0.sent")
		for i := range sent {
			if got := said(within(sent[i], "consent_version")); got != want[who] {
				t.Errorf("the export of %s says %q, want %q", who, got, want[who])
			}
		}
		if who == "ewa@example.org" && len(sent) != 2 {
			t.Errorf("of two sendings %d were kept", len(sent))
		}
		page := p.office.browser().get(p.at + "/people/" + said(within(item, "person.id")) + "?lang=en").is(http.StatusOK)
		if told := strings.Contains(string(page.body), "Agreed to the words on the use of data of"); told != (want[who] != "") {
			t.Errorf("the page of %s tells what they agreed to: %v", who, told)
		}
	}
}

func TestHoneypotFieldStopsRobots(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	people := p.anyone.browser()
	form := signup("ola", "planting").and(fields{"consent_processing": "yes", "idempotency_key": "one"})
	caught := people.fill(p.at+"/signups?lang=en", form.and(fields{"homepage": "https://example.org"})).is(http.StatusUnprocessableEntity).isPage()
	for _, part := range []string{"please send the form once more", `value="ola@example.org"`, `name="homepage" value=""`} {
		if !strings.Contains(string(caught.body), part) {
			t.Errorf("the form that comes back lacks %q", part)
		}
	}
	p.anyone.fill(p.at+"/signups", form.and(fields{"homepage": "x"})).isInvalid("homepage not_allowed")
	p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"homepage": ""})).isInvalid("homepage unknown_field")
	if all := p.everything(p.at + "/signups"); len(all) != 0 {
		t.Errorf("a robot signed up: %v", all)
	}
	// Sending the form again, even at the same time, signs up once.
	for range 3 {
		people.fill(p.at+"/signups", form.and(fields{"homepage": ""})).is(http.StatusSeeOther)
	}
	if all := p.everything(p.at + "/signups"); len(all) != 1 || said(within(all[0], "entries")) != "1" {
		t.Errorf("the sign-ups are %v", all)
	}
}

func TestChangesSinceThePreviousSnapshot(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/attendance", p.attendance("ola").and(fields{"hours": 4.25})).is(http.StatusCreated)
	draft := p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-6)}).is(http.StatusCreated)
	p.funder.get(p.at + "/snapshots/" + draft.text("id") + "/changes").is(http.StatusNotFound)
	p.approve(draft)
	first := p.funder.get(p.at + "/snapshots/latest/changes").is(http.StatusOK)
	if first.at("before") != nil || first.text("participants.now") != "1" || first.at("participants.difference") != nil {
		t.Errorf("the first one: %s", first)
	}

	p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"date": p.day(-5), "hours": 1.5})).is(http.StatusCreated)
	p.accepts(p.radio, "a.csv", "date,medium,title,outlet,reach\n"+p.day(-5)+",radio,Łąka,Radio Podwórko,1200\n")
	changed := p.definition("target: 8", "target: 12", `where: 'kind == "leaflet"', `, "")
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(changed)).is(http.StatusOK)
	p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-4)}).is(http.StatusCreated) // a draft of a day between is passed over
	snap := p.compile()
	p.approve(snap)
	got := p.funder.get(p.at + "/snapshots/" + snap.text("id") + "/changes").is(http.StatusOK)
	got.has(map[string]string{"snapshot.id": snap.text("id"), "before.id": draft.text("id"), "before.as_of": p.day(-6), "participants.difference": "1", "reach.sum.difference": "1200", "snapshot.definition.version": "2"})
	for _, line := range got.list("indicators") {
		code := said(within(line, "code"))
		if was := said(within(line, "target_changed")); was != fmt.Sprint(code == "1") {
			t.Errorf("the target of %s changed: %s", code, was)
		}
		if was := said(within(line, "rule_changed")); was != fmt.Sprint(code == "5") {
			t.Errorf("the rule of %s changed: %s", code, was)
		}
		if code == "2" && said(within(line, "achieved.difference")) != "1.5" {
			t.Errorf("the hours: %v", line)
		}
	}
	for _, address := range []string{"/snapshots/latest", "/snapshots/latest/changes"} {
		page := html.UnescapeString(string(p.funder.browser().get(p.at + address + "?lang=en").is(http.StatusOK).isPage().body))
		for _, part := range []string{"What changed since the last", "other target: 8 before, 12 now", "counted by another rule", "+1,200", "from version 1 to 2"} {
			if !strings.Contains(page, part) {
				t.Errorf("%s lacks %q", address, part)
			}
		}
	}
	p.anyone.get(p.at + "/snapshots/latest/changes").is(http.StatusUnauthorized)
}

func TestFigurePageListsItsRecords(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for i, name := range []string{"ola", "ewa", "ola"} {
		p.office.post(p.at+"/attendance", p.attendance(name).and(fields{"date": p.day(-10 - i), "hours": 1.25})).is(http.StatusCreated)
		p.office.post(p.at+"/consultations", p.consultation(name).and(fields{"date": p.day(-10 - i)})).is(http.StatusCreated)
	}
	p.office.post(p.at+"/outputs", p.output("Ulotka o drzewach")).is(http.StatusCreated)
	p.accepts(p.radio, "a.csv", "date,medium,title,outlet,reach\n"+p.day(-5)+",radio,Łąka,Radio Podwórko,1200\n"+p.day(-4)+",press,Drzewa,Radio podwórko,300\n")
	p.approve(p.compile())
	address := p.at + "/snapshots/latest"
	for _, code := range []string{"1", "2", "3", "4", "5", "6", "10", "participants"} {
		path := address + "/indicators/" + code + "/evidence"
		if code == "participants" {
			path = address + "/participants/evidence"
		}
		page := string(p.funder.browser().get(path + "?lang=en").is(http.StatusOK).isPage().body)
		if !strings.Contains(page, "How this figure is counted") || !strings.Contains(page, "That is the figure in the snapshot.") {
			t.Errorf("the records of %s do not add up to it: %s", code, page)
		}
		if strings.Contains(page, "@") && !strings.Contains(page, "funder@example.org") || strings.Contains(page, "umowa") {
			t.Errorf("the page of %s says who somebody is", code)
		}
	}
	for code, parts := range map[string][]string{
		"1":  {"Activity: Planting trees", "Outcome: completed", "Each person is counted once"},
		"3":  {"Radio Podwórko: Łąka", "1,200", "1,500", "All of them count."},
		"4":  {"Medium: press or web or radio"},
		"5":  {"Ulotka o drzewach", "Kind: leaflet"},
		"8":  {"Score after &gt; Score before", "There is nothing here yet."},
		"10": {"Field: law", "Minutes"},
	} {
		page := string(p.funder.browser().get(address + "/indicators/" + code + "/evidence?lang=en").is(http.StatusOK).body)
		for _, part := range parts {
			if !strings.Contains(page, part) {
				t.Errorf("the page of %s lacks %q", code, part)
			}
		}
	}
}

func TestProjectsListTheirState(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	q := newProject(t, "from: "+p.day(-60), "from: 2009-01-01", "to: "+p.day(300), "to: 2009-12-31")
	states := map[string]string{}
	for _, item := range p.anyone.get("/").is(http.StatusOK).list("items") {
		states[said(within(item, "id"))] = said(within(item, "state"))
	}
	if states[p.id] != "running" || states[q.id] != "ended" {
		t.Errorf("the states are %v", states)
	}
	page := string(p.anyone.browser().get("/?lang=en").is(http.StatusOK).body)
	if !strings.Contains(page, ">running<") || !strings.Contains(page, ">ended<") {
		t.Errorf("the page tells no states: %s", page)
	}
}

func TestSignInLeadsToTheRolesWork(t *testing.T) {
	t.Parallel()
	p, q := newProject(t), newProject(t)
	for _, c := range []struct {
		who  caller
		at   string
		want string // "": the page itself
	}{
		{p.adviser, "/?work=1", p.at + "/consultations"},
		{p.funder, "/?work=1", p.at + "/snapshots"},
		{p.radio, p.at + "?work=1", p.at + "/uploads"},
		{p.caller("both@example.org", p.id+":adviser", q.id+":funder"), "/?work=1", ""},
		{p.caller("both@example.org", p.id+":adviser", q.id+":funder"), q.at + "?work=1", q.at + "/snapshots"},
		{p.caller("gone@example.org", "no-such-project:adviser"), "/?work=1", ""},
		{p.adviser, q.at + "?work=1", ""},
		{p.adviser, "/", ""},
		{p.anyone, "/?work=1", ""},
	} {
		got := c.who.browser().get(c.at)
		if to := got.header.Get("Location"); to != c.want || c.want == "" && got.status != http.StatusOK {
			t.Errorf("%s leads to %q (%d), want %q", c.at, to, got.status, c.want)
		}
	}
	p.adviser.get("/?work=1").is(http.StatusOK) // a program wants the list
}

func TestPublicPageHidesSmallNumbers(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	// Seven women and two men took part: the page does not show the number of men.
	for i := range 9 {
		who := signup(fmt.Sprintf("osoba%d", i), "planting").and(fields{"sex": "female", "residence": "urban"})
		if i >= 7 {
			who["sex"] = "male"
		}
		p.office.post(p.at+"/signups", who).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(fmt.Sprintf("osoba%d", i))).is(http.StatusCreated)
	}
	p.approve(p.compile())
	public := p.anyone.get(p.at).is(http.StatusOK)
	public.has(map[string]string{"snapshot.participants.by.sex.male": "<5", "snapshot.participants.by.sex.female": "hidden", "snapshot.participants.total": "9"})
	page := string(p.anyone.browser().get(p.at + "?lang=en").is(http.StatusOK).body)
	_, rest, _ := strings.Cut(page, "<caption>Sex</caption>")
	table, _, _ := strings.Cut(rest, "</table>")
	for who, want := range map[string]string{"female": `<td><span class="hushed">hidden</span></td>`, "male": `<td>&lt;5</td>`} {
		if !strings.Contains(table, `<th scope="row">`+who+`</th>`+want) { // and no bar, whose length would tell
			t.Errorf("%s: the table is %s", who, table)
		}
	}
}
