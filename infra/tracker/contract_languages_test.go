package main_test

import (
	"net/http"
	"strings"
	"testing"

	"outreach/internal/text"
)

// ofItsLanguages is a project whose languages are Spanish, Catalan and English.
const ofItsLanguages = `languages: [es, ca, en]
contact: {name: Biblioteca, email: biblioteca@example.org}
privacy:
  basis: public-task
  dpo: {name: Ana Ejemplo, email: dpd@example.org}
  recipients: {es: La Diputación, en: The provincial council}
  kept: {es: Cinco años}
  authority: {name: {es: AEPD, en: Spanish data protection agency}, url: "https://www.example.org/aepd"}
  text: {ca: Text propi}
goal:`

// speaks checks that a page says which language it is in.
func (r reply) speaks(language string) reply {
	r.t.Helper()
	if !strings.Contains(string(r.body), `<html lang="`+language+`"`) {
		r.t.Errorf("%s is not in %s", r, language)
	}
	return r
}

// holds checks that a page's HTML has some text.
func (r reply) holds(html string) reply {
	r.t.Helper()
	if !strings.Contains(string(r.body), html) {
		r.t.Errorf("%s does not have %s", r, html)
	}
	return r
}

func TestContractPagesSpeakFiveLanguages(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, language := range []string{"pl", "en", "de", "es", "uk"} {
		words := text.Of(language)
		for _, address := range []string{"/", p.at, p.at + "/signup"} {
			page := p.anyone.browser().with("Accept-Language", language+"-XX").get(address).is(http.StatusOK)
			page.speaks(language).shows([]string{words.Say("layout.sign_in")})
			if unreviewed := strings.Contains(string(page.body), words.Say("layout.unreviewed")); unreviewed == text.Reviewed(language) {
				t.Errorf("%s in %s: it says that nobody has read it: %t", address, language, unreviewed)
			}
		}
		p.anyone.post(p.at+"/signups", signup("l"+language, "planting").and(fields{"locale": language})).is(http.StatusCreated)
	}
	p.anyone.post(p.at+"/signups", signup("lfr", "planting").and(fields{"locale": "fr"})).isInvalid("locale not_in_list")
}

func TestContractAPageFallsBackToTheProjectsLanguages(t *testing.T) {
	t.Parallel()
	p := newProject(t, "goal:", ofItsLanguages, "title: {pl: Zielone podwórka, en: Green Courtyards}", "title: {ca: Patis verds, en: Green Courtyards}")
	for _, c := range []struct{ asked, language, title string }{
		{"ca, fr;q=0.8", "es", "Patis verds"},
		{"", "es", "Patis verds"},
		{"de-AT", "de", "Patis verds"},
		{"uk", "uk", "Patis verds"},
		{"en", "en", "Green Courtyards"},
		{"pl", "pl", "Patis verds"},
	} {
		p.anyone.browser().with("Accept-Language", c.asked).get(p.at).is(http.StatusOK).speaks(c.language).shows([]string{c.title})
	}
	p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(p.definition("goal:", "languages: [es]\ngoal:", "{pl: Zielone podwórka, en: Green Courtyards}", "{fr: Cours, es: Patios}"))).isInvalid("title.fr unknown_field")
}

// Who prefers a language that the project has and pages have not reads the project's own texts in it: its title, labels
// of fields and of indicators. The words of the page are in the first of the project's languages that pages have.
func TestContractTextsAreInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	p := newProject(t, "goal:", ofItsLanguages, "title: {pl: Zielone podwórka, en: Green Courtyards}", "title: {es: Patios verdes, ca: Patis verds, en: Green Courtyards}",
		"indicators:\n", `people: {attributes: {home: {type: text, label: {es: Vivienda, ca: Habitatge, en: Home}}}}
indicators:
  - {code: "50", unit: "%", count: said, label: {es: Satisfacción, ca: Satisfacció, en: Satisfaction}}
`)
	spanish := text.Of("es")
	p.compile()
	for _, asked := range []string{"ca", "ca-ES, es;q=0.9, en;q=0.5", "fr, ca;q=0.2"} {
		reader := p.anyone.browser().with("Accept-Language", asked)
		reader.get(p.at).is(http.StatusOK).speaks("es").shows([]string{"Patis verds", spanish.Say("layout.sign_in")})
		p.office.browser().with("Accept-Language", asked).get(p.at + "/snapshots/latest").is(http.StatusOK).speaks("es").shows([]string{"Satisfacció"})
		reader.get(p.at + "/signup").is(http.StatusOK).speaks("es").shows([]string{"Patis verds", "Habitatge", "Text propi"}).holds(`name="locale" value="es"`)
	}
	for asked, title := range map[string]string{"es, ca;q=0.9": "Patios verdes", "en": "Green Courtyards", "uk": "Patios verdes"} {
		p.anyone.browser().with("Accept-Language", asked).get(p.at).is(http.StatusOK).shows([]string{title})
	}
	chosen := p.anyone.browser().with("Accept-Language", "en").get(p.at + "?lang=ca").is(http.StatusOK).speaks("es").shows([]string{"Patis verds"}).holds(`<span aria-current="true">ca</span>`)
	if cookie := chosen.header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "language=ca;") {
		t.Errorf("the choice is remembered by %q", cookie)
	}
	p.anyone.browser().with("Cookie", "language=ca").get(p.at).is(http.StatusOK).shows([]string{"Patis verds"})
	plain := newProject(t)
	plain.anyone.browser().with("Accept-Language", "en").with("Cookie", "language=ca").get(plain.at).is(http.StatusOK).speaks("en")
	plain.anyone.browser().with("Accept-Language", "en").get(plain.at + "?lang=ca").is(http.StatusOK).speaks("en")
}

func TestContractThePrivacyNoticeIsTheProjects(t *testing.T) {
	t.Parallel()
	p := newProject(t, "goal:", ofItsLanguages)
	for language, words := range map[string][]string{
		"es": {"Biblioteca", "artículo 6.1.e", "Ana Ejemplo, dpd@example.org", "La Diputación.", "Cinco años.", "AEPD, https://www.example.org/aepd", "Text propi"},
		"en": {"Article 6(1)(e)", "The provincial council.", "Spanish data protection agency"},
		"de": {"Artikel 6 Absatz 1 Buchstabe e", "La Diputación.", "AEPD"},
		"pl": {"art. 6 ust. 1 lit. e", "AEPD"},
	} {
		page := p.anyone.browser().get(p.at + "/signup?lang=" + language).is(http.StatusOK)
		page.shows(words, "PESEL", "pesel", "Urzędu Ochrony Danych", "funder may check")
	}
	for _, language := range text.Languages() {
		plain := newProject(t, "goal:", "languages: [en-IE]\ngoal:")
		plain.anyone.browser().get(plain.at+"/signup?lang="+language).is(http.StatusOK).shows(nil, "PESEL", "pesel", "Urzędu Ochrony Danych")
	}
	p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(p.definition("goal:", "privacy: {basis: because, dpo: {email: x}, authority: {name: A, url: aepd}, more: 1}\ngoal:"))).
		isInvalid("privacy.more unknown_field", "privacy.basis not_in_list", "privacy.dpo.email wrong_form", "privacy.authority.url wrong_form")
}
