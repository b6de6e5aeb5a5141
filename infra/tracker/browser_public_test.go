package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Tasks of the public and the funder, each in a project of its own.
func TestPublicAndFunderPagesInABrowser(t *testing.T) {
	t.Parallel()
	visitEach(t, start(t, t.TempDir(), "localhost:0", "-empty"), map[string]func(*testing.T, *visitor){
		"anyone signs up with the keyboard alone, without JavaScript, on a telephone": signsUpWithLeast,
		"a robot's field is not where people are":                                     staysOutOfTheTrap,
		"a funder sees what changed, and adds a figure up":                            seesWhatChanged,
		"results are printed on A4, with their words":                                 printsResults,
		"forty results are as light as a few":                                         showsForty,
		"no page keeps people with disabilities out":                                  opensToAll,
	})
}

func (v *visitor) focused() string {
	v.t.Helper()
	return look[string](v, `(() => { const e = document.activeElement; return e.name || e.id || e.innerText || e.tagName; })()`)
}

func signsUpWithLeast(t *testing.T, v *visitor) {
	p := v.in("goal:", responsible)
	v.size(narrow)
	v.withoutScript().open(p.at+"/signup?lang=en").sees("Responsible for your data: Sąsiedzi, biuro@example.org, 56 000 00 00.", "These words are of")
	v.keys(kb.Tab, kb.Enter) // past the head of the page
	v.keys(kb.Tab, kb.Tab, " ", kb.Tab, "Zofia", kb.Tab, kb.Tab, "zofia@")
	v.comes("Enter", http.StatusUnprocessableEntity, chromedp.KeyEvent(kb.Enter))
	v.sees("Please correct before we can save", "This is not an e-mail address")
	if at := v.focused(); at != "last_name" {
		t.Errorf("the focus is on %q, and not on the first field that is wrong", at)
	}
	if beside := look[string](v, `document.getElementById(document.activeElement.getAttribute("aria-describedby"))?.innerText ?? ""`); !strings.Contains(beside, "please fill it in") {
		t.Errorf("beside the field stands %q", beside)
	}
	v.keys("Wzór", kb.Tab)
	v.fill("email", "")
	v.keys("zofia@example.org")
	for at := ""; at != "consent_processing"; at = v.focused() {
		v.keys(kb.Tab)
	}
	v.keys(" ")
	v.comes("Enter", http.StatusOK, chromedp.KeyEvent(kb.Enter))
	v.sees("Sign-up received", "Thank you for signing up: Planting trees.", "What happens next", "withdraw by the link", "Receipt", "ask: Sąsiedzi, biuro@example.org, 56 000 00 00.")
	v.follow("Another sign-up").sees("Who you are")
	if all := p.everything(p.at + "/signups"); len(all) != 1 || said(within(all[0], "person.last_name")) != "Wzór" {
		t.Errorf("the sign-ups are %v", all)
	}
}

func staysOutOfTheTrap(t *testing.T, v *visitor) {
	p := v.in()
	v.open(p.at + "/signup")
	trap := look[struct {
		Right      float64
		TabIndex   int
		Complete   string
		Hidden     bool
		Label, Box string
	}](v, `(() => {
		const e = document.querySelector("[name=homepage]"), box = e.getBoundingClientRect();
		return {Right: box.right, TabIndex: e.tabIndex, Complete: e.autocomplete, Hidden: e.closest("[aria-hidden=true]") !== null, Label: e.labels[0].innerText, Box: getComputedStyle(e).display};
	})()`)
	if trap.Right > 0 || trap.TabIndex != -1 || trap.Complete != "off" || !trap.Hidden || trap.Label != "Leave this field empty" || trap.Box == "none" {
		t.Errorf("the field is %+v", trap)
	}
	// Where a browser fills it in, the person can correct that.
	v.tick("activity", "planting").fill("first_name", "Zofia").fill("last_name", "Wzór").fill("email", "zofia@example.org").tick("consent_processing", "yes")
	look[any](v, `document.querySelector("[name=homepage]").value = "https://example.org"; 0`)
	v.pressFor(http.StatusUnprocessableEntity, "Send").sees("please send the form once more")
	v.press("Send").sees("Sign-up received")
}

// grown is a project with two approved snapshots that differ.
func grown(v *visitor, changes ...string) *project {
	v.t.Helper()
	p := v.in(changes...)
	p.office.post(p.at+"/attendance", p.attendance("ola")).is(http.StatusCreated)
	p.approve(p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-6)}).is(http.StatusCreated))
	p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"date": p.day(-5)})).is(http.StatusCreated)
	p.accepts(p.radio, "a.csv", airings+p.day(-5)+",radio,Łąka,Radio Podwórko,1200\n"+p.day(-5)+",radio,Sad,Radio Podwórko,300\n")
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition(append(changes, "target: 8", "target: 12")...))).is(http.StatusOK)
	p.approve(p.compile())
	return p
}

func seesWhatChanged(t *testing.T, v *visitor) {
	p := grown(v)
	v.signIn(p.id+":funder", p.at).sees("The newest: as of", "Approved, and what everybody sees")
	if rows := look[int](v, `document.querySelectorAll(".short tbody tr").length`); rows != 11 {
		t.Errorf("%d lines of the newest", rows)
	}
	v.follow("Open the snapshot").sees("What changed since the last", "other target: 8 before, 12 now", "+1,500", "lines are as they were")
	v.follow("Show all lines").sees("Leaflets")
	v.size(narrow)
	v.follow("Polski").sees("Co się zmieniło od poprzedniego", "inny plan: poprzednio 8, teraz 12", "+1 500").follow("English")
	v.size(wide)
	v.follow("Snapshots")
	v.comes("the reach", http.StatusOK, chromedp.Click(chromedp.CSS(".short tr:nth-child(3) .got a")))
	v.sees("How this figure is counted", "Radio Podwórko: Łąka", "row 2", "Added up: 1,500.", "That is the figure in the snapshot.")
	if adds := look[string](v, `[...document.querySelectorAll(".grid tbody tr")].map((r) => [...r.cells].slice(-3, -1).map((c) => c.innerText).join("=")).sort().join(" ")`); !strings.Contains(adds, "=1,500") {
		t.Errorf("the records add %s", adds)
	}
}

func printsResults(t *testing.T, v *visitor) {
	p := grown(v, "goal:", responsible)
	for language, words := range map[string][]string{
		"en": {"Green Courtyards", "European Union", "Radio Podwórko, Gazeta Podwórkowa", "Planned and achieved", "1,500", "Growth over time", "the plan’s line", "Reach in people, estimate", "sha256:"},
		"pl": {"Zielone podwórka", "Unia Europejska", "Plan i wykonanie", "1 500", "Przyrost w czasie", "linia planu", "Zasięg w osobach, szacunek"},
	} {
		v.open(p.at + "?lang=" + language)
		sheets := v.onPaper()
		pages, said := len(sheets), strings.Join(strings.Fields(strings.Join(sheets, " ")), " ")
		if pages < 2 || pages > 3 {
			t.Errorf("%s: %d pages", language, pages)
		}
		for _, w := range words {
			if !strings.Contains(said, w) {
				t.Errorf("%s: the paper lacks %q: %s", language, w, said)
			}
		}
		for _, button := range []string{"Sign in", "Zaloguj się", "Drukuj"} {
			if strings.Contains(said, button) {
				t.Errorf("%s: on paper stands %q", language, button)
			}
		}
	}
}

// many changes a definition to forty results, most with long labels.
func many(p *project) string {
	lines := strings.Builder{}
	for n := 12; n <= 40; n++ {
		fmt.Fprintf(&lines, "  - {code: \"2.1.%d\", unit: person, target: %d, count: people, of: consultation, label: {pl: \"Osoby objęte doradztwem w zakresie zagospodarowania podwórek i terenów wspólnych, w tym osoby z niepełnosprawnościami i ich opiekunowie, grupa %d\", en: \"People advised on how to use courtyards and common ground, of these people with disabilities and those who care for them, group %d\"}}\n", n, n, n, n)
	}
	return p.definition("reports:", lines.String()+"reports:")
}

func showsForty(t *testing.T, v *visitor) {
	p := v.in()
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(many(p))).is(http.StatusOK)
	for n := range 6 {
		p.office.post(p.at+"/consultations", p.consultation(fmt.Sprintf("osoba%d", n))).is(http.StatusCreated)
	}
	p.approve(p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-6)}).is(http.StatusCreated))
	p.approve(p.compile())
	for _, width := range []int64{wide, narrow} {
		v.size(width)
		for _, language := range []string{"en", "pl"} {
			v.open(p.at + "?lang=" + language)
			if rows := look[int](v, `document.querySelectorAll(".figures tbody tr").length`); rows != 40 {
				t.Errorf("%d lines", rows)
			}
			for part, element := range map[string]string{"growth": ".curves figure", "months": ".matrix tbody tr", "breakdowns": ".parts"} {
				v.comes(part, http.StatusOK, chromedp.Click(chromedp.CSS(fmt.Sprintf(`a[href="?part=%s"]`, part))))
				if look[int](v, fmt.Sprintf(`document.querySelectorAll(%q).length`, element)) == 0 {
					t.Errorf("%s: there is none", part)
				}
				v.comes("all results", http.StatusOK, chromedp.Click(chromedp.CSS(`main a[href="?"]`)))
			}
		}
	}
	v.signIn(p.id+":funder", p.at+"/snapshots").follow("Otwórz zestawienie").follow("Pokaż wszystkie wiersze").follow("Zestawienia")
}

func opensToAll(t *testing.T, v *visitor) {
	p := grown(v, "goal:", responsible)
	keepsNobodyOut(t, v, []string{"/", p.at, p.at + "/signup", p.at + "/signup?receipt=R-1&activity=planting"})
	v.open(p.at + "/signup")
	v.comes("an empty form", http.StatusUnprocessableEntity, chromedp.Click(chromedp.CSS("main form .actions button")))
	v.isOpenTo(axe(t))
	v.signIn(p.id+":funder", "/")
	latest := p.at + "/snapshots/latest"
	keepsNobodyOut(t, v, []string{p.at + "/snapshots", latest, latest + "/changes", latest + "?part=months", latest + "?part=breakdowns", latest + "/indicators/3/evidence", latest + "/participants/evidence"})
}
