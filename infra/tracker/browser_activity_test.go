package main_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestActivityPagesInABrowser(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	visitEach(t, s, map[string]func(*testing.T, *visitor){
		"a trainer copies a paper list":                              copiesPaper,
		"a trainer copies a paper list without JavaScript":           func(t *testing.T, v *visitor) { copiesPaper(t, v.withoutScript()) },
		"a trainer copies a paper list on a telephone":               func(t *testing.T, v *visitor) { v.size(narrow); copiesPaper(t, v) },
		"a trainer fills in the rows with the keyboard alone":        copiesPaperByKeyboard,
		"two people fill in the same rows":                           copyTheSame,
		"a trainer enters tests":                                     entersTests,
		"the attendance list and the certificates come out on paper": printsPapers,
		"what was typed into a row is shown as typed":                typesMarkupIntoRows,
	})
	t.Run("no page of an activity keeps people with disabilities out", func(t *testing.T) {
		t.Parallel()
		v := visit(t, launch(t), s)
		p := v.trained("ala", "bea", "cyl")
		p.office.post(p.at+"/attendance", p.attendance("ala")).is(http.StatusCreated)
		v.signIn(p.id+":coordinator", p.at)
		base := p.at + "/activities"
		keepsNobodyOut(t, v, []string{base, base + "/planting", base + "/compost", base + "/planting/attendance", base + "/planting/attendance?date=" + p.day(-10), base + "/compost/tests",
			base + "/planting/tests", base + "/planting/list", base + "/planting/certificates", base + "/compost/certificates"})
		v.open(base+"/planting/attendance").fill("hours-0", "x").pressFor(http.StatusUnprocessableEntity, "Zapisz").isOpenTo(axe(t))
	})
}

// trained is a project with accepted sign-ups.
func (v *visitor) trained(names ...string) *project {
	v.t.Helper()
	p := v.in()
	for _, name := range names {
		p.anyone.post(p.at+"/signups", signup(name, "planting")).is(http.StatusCreated)
	}
	return p
}

// rows returns the names and values of the grid.
func (v *visitor) rows() string {
	v.t.Helper()
	return look[string](v, `[...document.querySelectorAll(".sheet-of tbody tr")].map((tr) => tr.querySelector("th").firstChild.data.trim() + " " + [...tr.querySelectorAll("select, input:not([type=hidden])")].map((e) => e.value).join("/")).join("; ")`)
}

func (v *visitor) hasRows(want string) {
	v.t.Helper()
	if got := v.rows(); got != want {
		v.fail("the rows are\n%s\nwant\n%s", got, want)
	}
}

func copiesPaper(t *testing.T, v *visitor) {
	p := v.trained("ala", "bea", "cyl", "dan")
	v.signIn(p.id+":coordinator", p.at+"/signups?activity=planting").follow("Attendance, tests, certificates").sees("Planting trees", "no limit", "Ala Przykładowska")
	v.comes("its sign-ups", http.StatusOK, chromedp.Click(chromedp.CSS(`main a[href$="/signups?activity=planting"]`)))
	v.follow("Attendance, tests, certificates").follow("Enter attendance").sees("1–4 of 4")
	v.hasRows("Ala Przykładowska /; Bea Przykładowska /; Cyl Przykładowska /; Dan Przykładowska /")
	v.fill("date", p.day(-3)).press("Show")
	v.choose("all-outcome", "completed").fill("all-hours", "7,5").choose("outcome-1", "withdrew").fill("hours-1", "2").press("Put into empty fields").sees("nothing is saved yet")
	v.hasRows("Ala Przykładowska completed/7,5; Bea Przykładowska withdrew/2; Cyl Przykładowska completed/7,5; Dan Przykładowska completed/7,5")
	v.fill("hours-2", "osiem").choose("outcome-3", "").pressFor(http.StatusUnprocessableEntity, "Save")
	v.sees("2 rows are not saved yet", "Saved: 2 new", "Cyl Przykładowska: Hours: This is not a number", "Dan Przykładowska: Outcome: This is needed")
	v.hasRows("Ala Przykładowska completed/7.5; Bea Przykładowska withdrew/2; Cyl Przykładowska completed/osiem; Dan Przykładowska /7,5")
	p.counts(map[string]string{"1": "1", "2": "9.5"})
	v.fill("hours-2", "8").fill("hours-3", "").press("Save").sees("Saved: 1 new, 0 changed, 0 removed. Unchanged: 3.")
	v.hasRows("Ala Przykładowska completed/7.5; Bea Przykładowska withdrew/2; Cyl Przykładowska completed/8; Dan Przykładowska /")
	p.counts(map[string]string{"1": "2", "2": "17.5"})
	v.choose("outcome-0", "").fill("hours-0", "").fill("hours-1", "3").press("Save").sees("Saved: 0 new, 1 changed, 1 removed. Unchanged: 2.")
	p.counts(map[string]string{"1": "1", "2": "11"})
	v.follow("Polski").sees("Zapisano: nowe 0, zmienione 1, usunięte 1. Bez zmian: 2.", "To samo dla wszystkich")
	v.follow("Działania").sees("4 osoby mają miejsce").follow("Sadzenie drzew").sees("ukończył(a)", "przerwał(a)")
}

func copiesPaperByKeyboard(t *testing.T, v *visitor) {
	p := v.trained("ala", "bea", "cyl")
	v.signIn(p.id+":coordinator", p.at+"/activities/planting/attendance")
	v.do("the first field for all", chromedp.Focus(chromedp.CSS("#f-all-outcome")))
	// A letter selects; Tab moves through a row and to the next; Enter saves.
	v.keys("c", kb.Tab, "8", kb.Tab)
	v.comes("putting it into every row", http.StatusOK, chromedp.KeyEvent(kb.Enter))
	v.hasRows("Ala Przykładowska completed/8; Bea Przykładowska completed/8; Cyl Przykładowska completed/8")
	v.do("the first row", chromedp.Focus(chromedp.CSS("[name=outcome-0]")))
	v.keys(kb.Tab, kb.Tab, "w", kb.Tab, "3")
	v.comes("Enter", http.StatusOK, chromedp.KeyEvent(kb.Enter))
	v.sees("Saved: 3 new")
	v.hasRows("Ala Przykładowska completed/8; Bea Przykładowska withdrew/3; Cyl Przykładowska completed/8")
}

func copyTheSame(t *testing.T, v *visitor) {
	p := v.trained("ala", "bea", "cyl")
	v.signIn(p.id+":coordinator", p.at+"/activities/planting/attendance?date="+p.day(-10))
	p.office.post(p.at+"/attendance", p.attendance("ala").and(fields{"outcome": "withdrew", "hours": 1})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("cyl")).is(http.StatusCreated)
	v.choose("outcome-0", "completed").fill("hours-0", "6").choose("outcome-1", "attended").pressFor(http.StatusPreconditionFailed, "Save")
	v.sees("1 row is not saved yet", "Saved: 1 new", "Somebody has saved meanwhile: Outcome withdrew, Hours 1")
	v.hasRows("Ala Przykładowska completed/6; Bea Przykładowska attended/; Cyl Przykładowska completed/4")
	v.press("Save").sees("Saved: 0 new, 1 changed, 0 removed. Unchanged: 2.")
	p.counts(map[string]string{"1": "2", "2": "10"})
}

func entersTests(t *testing.T, v *visitor) {
	p := v.trained("ala", "bea", "cyl")
	v.signIn(p.id+":coordinator", p.at+"/activities/planting").follow("Enter tests")
	v.fill("all-max_score", "10").press("Put into empty fields").fill("pre_score-0", "3").fill("post_score-0", "7,5").fill("pre_score-1", "8").fill("post_score-1", "11")
	v.pressFor(http.StatusUnprocessableEntity, "Save").sees("Saved: 1 new", "Bea Przykładowska: Score after: This value is out of range: it must be from 0 to 10")
	v.fill("post_score-1", "9").press("Save").sees("Saved: 1 new, 0 changed, 0 removed. Unchanged: 2.")
	p.counts(map[string]string{"8": "2"})
	v.follow("Planting trees").sees("3 → 7.5 of 10", "8 → 9 of 10")
}

// onPaper returns the text of the current page as printed, by sheets of A4.
func (v *visitor) onPaper() []string {
	v.t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		lacking(v.t, "no pdftotext, which reads what is printed: apt-get install -y poppler-utils")
	}
	file := filepath.Join(v.t.TempDir(), "page.pdf")
	if err := os.WriteFile(file, v.paper(), 0o600); err != nil {
		v.t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", "-enc", "UTF-8", file, "-").Output()
	if err != nil {
		v.t.Fatal(err)
	}
	sheets := strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
	if pages := v.printed(); pages != len(sheets) {
		v.t.Errorf("%d pages, of which %d can be read", pages, len(sheets))
	}
	return sheets
}

// says checks that a text contains words in this order, and does not contain others.
func says(t *testing.T, what, printed string, words []string, without ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(strings.ReplaceAll(printed, "\u00a0", " ")), " ")
	rest := flat
	for _, word := range words {
		_, after, found := strings.Cut(rest, word)
		if !found {
			t.Errorf("%s has no %q here: %s", what, word, flat)
			return
		}
		rest = after
	}
	for _, word := range without {
		if strings.Contains(flat, word) {
			t.Errorf("%s has %q: %s", what, word, flat)
		}
	}
}

func printsPapers(t *testing.T, v *visitor) {
	p := v.in("kind: training, label: {pl: Sadzenie", `kind: training, place: "Dom Kultury, ul. Żółta 3", label: {pl: Sadzenie`)
	many := 45
	for n := range many {
		p.anyone.post(p.at+"/signups", signup(fmt.Sprintf("osoba%02d", n), "planting").and(fields{"first_name": "Łucja", "last_name": fmt.Sprintf("Żółć %02d", many-n)})).is(http.StatusCreated)
	}
	for n := range 3 {
		p.office.post(p.at+"/attendance", p.attendance(fmt.Sprintf("osoba%02d", n))).is(http.StatusCreated)
	}
	p.office.post(p.at+"/attendance", p.attendance("osoba01").and(fields{"date": p.day(-9), "hours": 3.5})).is(http.StatusCreated)
	p.office.post(p.at+"/attendance", p.attendance("osoba03").and(fields{"outcome": "withdrew"})).is(http.StatusCreated)
	v.signIn(p.id+":coordinator", p.at+"/activities/planting").follow("Attendance list to print").follow("Polski")
	v.fill("date", "2026-11-30").fill("empty", "4").press("Pokaż")
	list := v.onPaper()
	if len(list) < 2 || len(list) > 3 {
		t.Errorf("the list has %d pages", len(list))
	}
	says(t, "the list", strings.Join(list, " "), []string{"Program Sąsiedzi", "Zielone podwórka", "Fundusz Miejski", "Lista obecności", "Sadzenie drzew", "30 listopada 2026", "Dom Kultury, ul. Żółta 3", "Podpis", "Godziny",
		"1 Łucja Żółć 01", "2 Łucja Żółć 02", "45 Łucja Żółć 45", "46", "49", "Podpis osoby prowadzącej"}, "Pokaż", "Wyloguj", "Puste wiersze", " 50 ")
	for _, sheet := range list[1 : len(list)-1] {
		says(t, "another sheet", sheet, []string{"Imię i nazwisko", "Podpis"})
	}
	v.size(narrow)
	v.isWhole("the list", http.StatusOK)

	v.open(p.at + "/activities/planting").follow("Zaświadczenia")
	sheets := v.onPaper()
	if len(sheets) != 3 {
		t.Fatalf("%d certificates", len(sheets))
	}
	words := []string{"Program Sąsiedzi", "Zaświadczenie", "Nr " + p.id + "/planting/", "Łucja Żółć 44", "ukończone działanie:", "Sadzenie drzew", "liczba godzin: 7,5", "Dom Kultury, ul. Żółta 3", "Zielone podwórka", "Finansowanie: Fundusz Miejski", "Miejsce i data", "Podpis"}
	says(t, "the certificate", sheets[1], words, "Łucja Żółć 45", "Żółć 43", "Pokaż")
	says(t, "the first certificate", sheets[0], []string{"Łucja Żółć 43", "liczba godzin: 4"}, "liczba godzin: 4,")
	number := regexp.MustCompile(p.id + `/planting/[0-9A-F]{8}`)
	v.choose("in", "en").press("Pokaż")
	english := v.onPaper()
	says(t, "the certificate in English", english[1], []string{"Neighbours Programme", "Certificate", "Łucja Żółć 44", "has completed", "Planting trees", "hours: 7.5", "Green Courtyards", "City Fund"}, "Zaświadczenie")
	if one, other := number.FindString(sheets[1]), number.FindString(english[1]); one == "" || one != other || one == number.FindString(english[0]) {
		t.Errorf("the numbers are %q, %q and %q", one, other, number.FindString(english[0]))
	}
	v.open(p.at + "/activities/planting")
	v.comes("one certificate", http.StatusOK, chromedp.Click(chromedp.Search(`(//td//a[starts-with(normalize-space(), "Zaświadczenie")])[2]`)))
	if one := v.onPaper(); len(one) != 1 {
		t.Errorf("%d certificates of one person", len(one))
	} else {
		says(t, "it", one[0], words)
	}
	v.open(p.at + "/activities/compost/certificates").sees("Nie ma tu nikogo")
}

func typesMarkupIntoRows(t *testing.T, v *visitor) {
	p := v.in()
	p.anyone.post(p.at+"/signups", signup("ala", "planting").and(fields{"first_name": `<b data-foreign>"Ala"</b>`})).is(http.StatusCreated)
	v.signIn(p.id+":coordinator", p.at+"/activities/planting").sees(`<b data-foreign>"Ala"</b>`)
	v.open(p.at+"/activities/planting/attendance").fill("hours-0", `"><i data-foreign>`).pressFor(http.StatusUnprocessableEntity, "Save")
	v.hasRows(fmt.Sprintf(`<b data-foreign>"Ala"</b> Przykładowska /%s`, `"><i data-foreign>`))
	v.open(p.at + "/activities/planting/list").sees(`<b data-foreign>"Ala"</b>`)
}
