package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// With -update the screenshots of docs/screenshots are written: every kind of page, in both sizes and languages. Each
// language has its own browser, set to that language, and its own tracker.

func takesPictures(t *testing.T, language string) {
	s := start(t, t.TempDir(), "localhost:0")
	v := visit(t, launchIn(t, language), s)
	if spoken := look[string](v, "navigator.language"); !strings.HasPrefix(spoken, language) {
		t.Fatalf("the browser speaks %s:\n\napt-get install -y chromium-l10n", spoken)
	}
	demo, ces := busyDemo(t, s, language), ended(t, s, language)
	find := func(p *project, email string) string {
		return p.office.get(p.at + "/people?q=" + email).is(http.StatusOK).text("items.0.id")
	}
	someone := ces.at + "/people/" + find(ces, "osoba015@example.org")
	pair := demo.at + "/people/" + find(demo, "anna.przykladowa@example.org") + "/merge?into=" + find(demo, "anna@example.org")
	training, latest := ces.at+"/activities/partnerships", ces.at+"/snapshots/latest"
	rejected := ""
	for _, one := range ces.everything(ces.at + "/uploads") {
		if said(within(one, "state")) == "rejected" {
			rejected = ces.at + "/uploads/" + said(within(one, "id"))
		}
	}
	for _, as := range []struct {
		role  string
		pages [][2]string // the picture's name and the address
	}{
		{"", [][2]string{{"projects", "/"}, {"results", ces.at}, {"sign-up", demo.at + "/signup?activity=grants"}, {"signed-up", demo.at + "/signup?receipt=01JD9KZ2X4Q8R7S6T5V4W3Y2AB&activity=grants"}, {"mailbox", "/local/mail"}, {"sign-in", "/auth/sign-in"}}},
		{"ces:partner:press-partner", [][2]string{{"uploads", ces.at + "/uploads"}, {"upload", rejected}}},
		{"demo:adviser", [][2]string{{"consultations", demo.at + "/consultations"}, {"month-sheet", demo.at + "/consultations/sheet"}}},
		{"demo:coordinator", [][2]string{{"attention", demo.at + "/attention"}, {"duplicates", demo.at + "/people/duplicates"}, {"merge", pair}}},
		{"ces:coordinator", [][2]string{
			{"signups", ces.at + "/signups?activity=partnerships&limit=6"}, {"activities", ces.at + "/activities"}, {"activity", training + "?limit=6"},
			{"attendance-sheet", training + "/attendance?date=2010-02-19&limit=6"}, {"tests-sheet", training + "/tests?date=2010-02-19&limit=6"},
			{"attendance-list", training + "/list?date=2010-02-19"}, {"certificates", training + "/certificates?limit=1"},
			{"outputs", ces.at + "/outputs"}, {"record", ces.at + "/consultations/" + ces.office.get(ces.at+"/consultations").is(http.StatusOK).text("items.0.id")},
			{"people", ces.at + "/people?q=uczestnik&limit=6"}, {"person", someone}, {"erasure", someone + "/erasure"},
			{"definition", ces.at + "/definition"}, {"versions", ces.at + "/definition/versions"}, {"audit", ces.at + "/audit?limit=12"}, {"compiling", ces.at + "/snapshots"},
		}},
		{"ces:funder", [][2]string{{"snapshots", ces.at + "/snapshots"}, {"snapshot", latest}, {"changes", latest + "/changes"}, {"evidence", latest + "/indicators/5/evidence?limit=6"}}},
	} {
		v.open("/?lang=" + language)
		if as.role != "" {
			v.signIn(as.role, "/")
		}
		for _, page := range as.pages {
			for _, width := range []int64{wide, narrow} {
				v.size(width)
				v.open(page[1])
				v.picture(fmt.Sprintf("%s-%d-%s", page[0], width, language))
			}
		}
	}
}

// at returns a project that exists in a tracker.
func at(t *testing.T, s *tracker, id string) *project {
	t.Helper()
	p := &project{tracker: s, id: id, at: "/" + id, today: time.Now()}
	p.meet(t)
	return p
}

// busyDemo is the demo project with each kind of work that waits for the office.
func busyDemo(t *testing.T, s *tracker, language string) *project {
	t.Helper()
	p := at(t, s, "demo")
	signUp := func(c caller, activity, first, last, email string, more fields) {
		t.Helper()
		c.post(p.at+"/signups", fields{"activity": activity, "first_name": first, "last_name": last, "email": email, "consent_processing": true, "locale": language}.and(more)).is(http.StatusCreated)
	}
	signUp(p.anyone, "garden", "Anna", "Przykładowa", "anna@example.org", nil)
	signUp(p.anyone, "advice", "Piotr", "Wzorcowy", "piotr@example.org", nil)
	for n, name := range []string{"Barbara Testowa", "Jan Modelowy", "Krystyna Wzorcowa", "Marek Przykładny", "Halina Próbna", "Tomasz Testowy", "Maria Modelowa", "Józef Wzorzec", "Ewa Próbna", "Adam Testowy", "Zofia Wzór"} {
		first, last, _ := strings.Cut(name, " ")
		signUp(p.office, "garden", first, last, fmt.Sprintf("osoba%d@example.org", n), fields{"sex": map[bool]string{true: "female", false: "male"}[strings.HasSuffix(first, "a")], "birth_year": 1956 + 3*n})
	}
	signUp(p.anyone, "garden", "Ewa", "Testowa", "ewa@example.org", nil)                                              // waits: the places are taken
	signUp(p.anyone, "grants", "Adam", "Przykładowy", "anna@example.org", fields{"pesel": "44051401359"})             // is held: the address is another's
	signUp(p.office, "grants", "Anna", "Przykladowa", "anna.przykladowa@example.org", fields{"phone": "600 100 200"}) // looks like another
	for i, one := range []struct{ email, field, form, topic string }{
		{"anna@example.org", "law", "in-person", "Statut stowarzyszenia"},
		{"piotr@example.org", "law", "phone", "Umowa z wolontariuszem"},
		{"ewa@example.org", "accounting", "online", "Rozliczenie dotacji"},
	} {
		p.adviser.post(p.at+"/consultations", fields{
			"person": fields{"email": one.email}, "date": p.day(-1 - i), "field": one.field, "minutes": 30 + 15*i, "form": one.form, "topic": one.topic,
		}).is(http.StatusCreated)
	}
	radio := p.caller("radio@example.org", p.id+":partner:town-radio").with("Accept-Language", language)
	p.upload(radio, "listopad.csv", "data;medium;tytuł;redakcja;zasięg\n"+p.day(-9)+";radio;Ogród dla każdego;Radio Miejskie;ok. 12 tys.\n", nil).has(map[string]string{"state": "rejected"})
	p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-1)}).is(http.StatusCreated)
	for _, email := range []string{"anna@example.org", "ewa@example.org", "radio@example.org"} {
		eventually(t, "a letter to "+email, func() bool { return len(p.mails(email)) > 0 })
	}
	return p
}

// ended is the model project with an earlier report, typed records, and a second version of its definition.
func ended(t *testing.T, s *tracker, language string) *project {
	t.Helper()
	p := at(t, s, "ces")
	p.approve(p.office.post(p.at+"/snapshots", fields{"as_of": "2010-12-31"}).is(http.StatusCreated))
	for title, day := range map[string]string{"Konferencja podsumowująca": "2011-02-18", "Nabór do Inkubatora przedłużony": "2011-01-12"} {
		p.office.post(p.at+"/outputs", fields{"date": day, "kind": "web-news", "quantity": 1, "title": title, "evidence": "https://ces.example.org/aktualnosci"}).is(http.StatusCreated)
	}
	present := p.office.with("Accept", "application/yaml").get(p.at + "/definition").is(http.StatusOK)
	changed := strings.Replace(string(present.body), "time_zone: Europe/Warsaw\n", "time_zone: Europe/Warsaw\ncontact: {name: Stowarzyszenie Partnerstwo Społeczne, email: biuro@example.org}\n", 1)
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(changed)).is(http.StatusOK)
	return p
}
