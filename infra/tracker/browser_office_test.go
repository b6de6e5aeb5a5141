package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestOfficePagesInABrowser(t *testing.T) {
	t.Parallel()
	visitEach(t, start(t, t.TempDir(), "localhost:0", "-empty"), map[string]func(*testing.T, *visitor){
		"a coordinator begins with what waits":                     beginsWithWhatWaits,
		"a coordinator corrects a person":                          correctsAPerson,
		"a coordinator corrects a person without JavaScript":       func(t *testing.T, v *visitor) { correctsAPerson(t, v.withoutScript()) },
		"a coordinator merges and erases with the keyboard alone":  mergesByKeyboard,
		"a coordinator is told what is wrong while they type":      checksWhileTyping,
		"a coordinator checks a definition without JavaScript":     checksWithoutScript,
		"a coordinator reads who did what":                         readsTheTrail,
		"nobody with a disability is kept out of what went wrong":  keepsNobodyOutOfTheOffice,
		"all of that is there on a small telephone, and in Polish": worksNarrow,
		"a page of the office is light, however much there is":     staysLight,
	})
}

// press presses a key that opens another page.
func (v *visitor) enter(what string, status int64) *visitor {
	v.t.Helper()
	v.comes(what, status, chromedp.KeyEvent(kb.Enter))
	return v
}

// tabTo presses Tab until the focus is on an element.
func (v *visitor) tabTo(selector string) *visitor {
	v.t.Helper()
	for range 80 {
		v.keys(kb.Tab)
		if look[bool](v, fmt.Sprintf(`document.activeElement?.matches(%q) ?? false`, selector)) {
			return v
		}
	}
	v.fail("no Tab leads to %s", selector)
	return v
}

func beginsWithWhatWaits(t *testing.T, v *visitor) {
	p := v.in("capacity: 3", "capacity: 1")
	for _, name := range []string{"ola", "ewa", "jan"} {
		p.anyone.post(p.at+"/signups", signup(name, "compost")).is(http.StatusCreated)
	}
	v.signIn(p.id+":coordinator", p.at+"/signups")
	if first := v.text(".sections a"); first != "To do" {
		t.Errorf("the first section is %q", first)
	}
	v.follow("To do").sees("2 people on the waiting list: Composting")
	v.follow("2 people on the waiting list: Composting").sees("on the waiting list")
	v.follow("To do").follow("There is no snapshot yet").press("Compile now").follow("To do").seesNot("no snapshot")
	v.follow("Polski").sees("2 osoby na liście rezerwowej: Kompost")
}

func correctsAPerson(t *testing.T, v *visitor) {
	p := v.in()
	p.anyone.post(p.at+"/signups", signup("ola", "planting")).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("jan", "planting")).is(http.StatusCreated)
	v.signIn(p.id+":coordinator", p.at+"/people").fill("q", "ola").press("Search").follow("Ola Przykładowska")
	v.fill("last_name", "Nowa").fill("email", "nobody").pressFor(http.StatusUnprocessableEntity, "Save corrections").sees("This is not an e-mail address")
	if typed := v.value("last_name"); typed != "Nowa" {
		t.Errorf("what was typed comes back as %q", typed)
	}
	v.fill("email", "jan@example.org").pressFor(http.StatusConflict, "Save corrections").sees("This belongs to another person already")
	v.fill("email", "ola.nowa@example.org").press("Save corrections").sees("Saved.", "Ola Nowa", "ola.nowa@example.org")
	// Another user is faster.
	v.fill("phone", "600 700 800")
	person := look[string](v, "location.pathname")
	p.office.put(person, fields{"first_name": "Ola", "last_name": "Nowsza", "email": "ola.nowa@example.org"}).is(http.StatusOK)
	v.pressFor(http.StatusPreconditionFailed, "Save corrections").sees("Somebody has changed this meanwhile")
	if typed := v.value("phone"); typed != "600 700 800" {
		t.Errorf("what was typed comes back as %q", typed)
	}
	v.press("Save corrections").sees("600 700 800")
}

func mergesByKeyboard(t *testing.T, v *visitor) {
	p := v.in()
	p.anyone.post(p.at+"/signups", signup("ola", "planting")).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"email": "ola.p@example.org"})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("zofia", "planting").and(fields{"phone": "600700800"})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("marek", "planting").and(fields{"first_name": "Marek", "phone": "600700800"})).is(http.StatusCreated)
	v.signIn(p.id+":coordinator", p.at+"/people/duplicates").sees("the same phone")
	v.tabTo(`main a[aria-label*="Marek"]`).enter("comparing two", http.StatusOK).tabTo(`form[action$="/apart"] button`).enter("telling two apart", http.StatusOK).sees("Noted: they are two people.", "the same name").seesNot("the same phone")
	v.tabTo(`main a[href*="merge"]`).enter("comparing two", http.StatusOK)
	v.sees("Both are signed up: Planting trees.", "ola@example.org", "ola.p@example.org")
	if got := p.achieved("9"); got != "4" {
		t.Errorf("looking has merged: %s", got)
	}
	v.tabTo("main form button").enter("merging", http.StatusOK).sees("Merged.")
	if got := p.achieved("9"); got != "3" {
		t.Errorf("signed up are %s people", got)
	}
	v.tabTo(`main a[href$="/erasure"]`).enter("looking at the erasure", http.StatusOK).sees("2 e-mail addresses and PESELs", "2 sign-ups", "Signed up – the total stays")
	// The copy is offered before the button is reached, and the button does nothing without the tick.
	v.tabTo(`main a[href$=".json"]`).tabTo("[name=confirm]").tabTo("button.danger").keys(kb.Enter)
	if at := look[string](v, "location.pathname"); !strings.HasSuffix(at, "/erasure") {
		t.Errorf("without the tick it leads to %s", at)
	}
	v.open(look[string](v, "location.pathname")).tabTo("[name=confirm]").keys(" ").tabTo("button.danger").enter("erasing", http.StatusOK).sees("The person was erased.")
	if n := len(p.everything(p.at + "/people?q=ola")); n != 0 {
		t.Errorf("%d people are left", n)
	}
}

func checksWhileTyping(t *testing.T, v *visitor) {
	p := v.in()
	v.signIn(p.id+":coordinator", p.at+"/definition")
	right := v.value("yaml")
	lines := strings.Count(right, "\n") + 1
	if n := look[int](v, `document.querySelectorAll(".lines span").length`); n != lines {
		t.Errorf("%d line numbers beside %d lines", n, lines)
	}
	v.fill("yaml", strings.Replace(right, "target: 8", "target: x", 1)).sees("1 error to correct", "Line ", "x is not a number")
	if bad := v.text(".lines .bad"); bad == "" {
		t.Error("the line's number is not marked")
	}
	v.click(".wrongs a")
	if marked := look[string](v, `(() => { const t = document.activeElement; return t.value.slice(t.selectionStart, t.selectionEnd); })()`); !strings.HasPrefix(marked, "x, count: people") {
		t.Errorf("a click leads to %q", marked)
	}
	v.fill("yaml", strings.Replace(right, "target: 8", "target: 12", 1)).sees("It has not been saved yet.", "Changed: indicator 1 (People trained): target 8 → 12").seesNot("is not a number")
	v.fill("yaml", right).sees("means the same as the present one").seesNot("target 8 → 12")
	if got := p.office.get(p.at + "/definition/versions").list("items"); len(got) != 1 {
		t.Errorf("typing has saved %d versions", len(got))
	}
	v.fill("yaml", strings.Replace(right, "target: 8", "target: 12", 1)).press("Save").sees("Saved.", "version 2")
	v.follow("All versions").sees("version 2", "coordinator@example.org").follow("version 1").sees("target: 8").follow("All versions").follow("version 2").sees("target 8 → 12", "This is the version that holds.")
}

func checksWithoutScript(t *testing.T, v *visitor) {
	p := v.in()
	v.withoutScript().signIn(p.id+":coordinator", p.at+"/definition?lang=pl")
	right := v.value("yaml")
	if look[bool](v, `document.querySelector(".lines").checkVisibility()`) {
		t.Error("line numbers that nothing keeps in step are shown")
	}
	v.fill("yaml", strings.Replace(right, "reports: {funder", "reports: '{funder", 1)).pressFor(http.StatusUnprocessableEntity, "Tylko sprawdź").sees("1 błąd", "apostrof otwiera tekst i nigdzie go nie zamyka")
	v.fill("yaml", strings.Replace(right, "target: 8", "target: 12", 1)).press("Tylko sprawdź").sees("Zmienione: wskaźnik 1 (Osoby po szkoleniu): target 8 → 12")
	v.press("Zapisz").sees("wersja 2")
}

func readsTheTrail(t *testing.T, v *visitor) {
	p := v.in()
	p.anyone.post(p.at+"/signups", signup("ola", "planting")).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("ola")).is(http.StatusCreated)
	v.signIn(p.id+":coordinator", p.at+"/audit").sees("office@example.org", "entered a record: Consultation", "the form", "signed somebody up: Planting trees", "saved version 1")
	v.comes("what the form did", http.StatusOK, chromedp.Click(link("the form")))
	v.sees("signed somebody up").seesNot("entered a record")
	v.comes("the person", http.StatusOK, chromedp.Click(link("see the person")))
	v.sees("Ola Przykładowska").open(p.at+"/audit").choose("kind", "record.said").press("Show").sees("entered a record").seesNot("signed somebody up")
	v.comes("the record", http.StatusOK, chromedp.Click(link("see the record")))
	v.open(p.at+"/audit").fill("who", "the form").press("Show").sees("signed somebody up").seesNot("entered a record")
}

func keepsNobodyOutOfTheOffice(t *testing.T, v *visitor) {
	source := axe(t)
	p := v.in("capacity: 3", "capacity: 1")
	for _, name := range []string{"ola", "ewa"} {
		p.anyone.post(p.at+"/signups", signup(name, "compost")).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
	}
	person := p.at + "/people/" + p.office.get(p.at+"/people?q=ola").text("items.0.id")
	v.signIn(p.id+":coordinator", p.at+"/attention").isOpenTo(source)
	v.open(person).fill("email", "x").pressFor(http.StatusUnprocessableEntity, "Save corrections").isOpenTo(source)
	v.open(person).fill("into", "x").pressFor(http.StatusUnprocessableEntity, "Compare first").isOpenTo(source)
	v.open(person + "/merge?into=ewa@example.org").isOpenTo(source)
	v.open(p.at+"/definition").fill("yaml", "id: [").sees("1 error to correct").isOpenTo(source)
	v.fill("yaml", strings.Replace(p.definition(), "target: 8", "target: 12", 1)).sees("8 → 12").isOpenTo(source)
}

func worksNarrow(t *testing.T, v *visitor) {
	p := v.in("capacity: 3", "capacity: 1")
	for _, name := range []string{"ola", "ewa"} {
		p.anyone.post(p.at+"/signups", signup(name, "compost")).is(http.StatusCreated)
	}
	person := p.at + "/people/" + p.office.get(p.at+"/people?q=ola").text("items.0.id")
	v.signIn(p.id+":coordinator", p.at+"/attention?lang=pl")
	v.size(narrow)
	for address, words := range map[string]string{
		"/attention": "1 osoba na liście rezerwowej", "/audit": "zgłoszono osobę", "/people/duplicates": "kartotek", "/definition": "Zapisz", "/definition/versions": "wersja 1", "/definition/versions/1": "obowiązująca",
	} {
		v.open(p.at + address).sees(words)
	}
	v.open(person).sees("Co się działo").open(person+"/erasure").sees("1 zgłoszenie", "0 przesłanych plików").open(person + "/merge?into=ewa@example.org").sees("Obie są zgłoszone: Kompost.")
}

func staysLight(t *testing.T, v *visitor) {
	p := v.in()
	for i := range 60 {
		who := signup(fmt.Sprintf("osoba%02d", i), "planting").and(fields{"first_name": "Aleksandra Wiktoria", "last_name": "Przykładowska-Wielowątkowa"})
		p.anyone.post(p.at+"/signups", who).is(http.StatusCreated)
	}
	v.signIn(p.id+":coordinator", p.at+"/people/duplicates").sees("the same name").follow("Next")
	v.open(p.at + "/audit").sees("signed somebody up").follow("Next").sees("saved version 1")
	v.open(p.at + "/people?q=wiktoria").sees("osoba49@example.org").follow("Next")
}
