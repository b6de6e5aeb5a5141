package main_test

import (
	"cmp"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	model := start(t, t.TempDir(), "localhost:0")
	visitEach(t, model, map[string]func(*testing.T, *visitor){
		"anyone reads the results, and prints them":                                    readsResults,
		"anyone signs up, corrects what was wrong, and withdraws by the e-mailed link": signsUp,
		"anyone signs up with the keyboard alone":                                      signsUpByKeyboard,
		"anyone signs up without JavaScript":                                           func(t *testing.T, v *visitor) { signsUp(t, v.withoutScript()) },
		"a partner sends files, corrects and withdraws them":                           sendsFiles,
		"a partner sends a file without JavaScript":                                    sendsWithoutScript,
		"an adviser writes consultations down with the keyboard alone":                 writesConsultations,
		"a funder gets from a figure to its evidence":                                  checksEvidence,
		"a coordinator compiles, approves and rejects":                                 approves,
		"a coordinator keeps sign-ups and records":                                     keepsRecords,
		"a coordinator finds, merges and erases people":                                keepsPeople,
		"a coordinator changes the definition":                                         changesDefinition,
		"what was typed is shown as typed":                                             typesMarkup,
		"a visitor notices what is wrong with a page":                                  noticesWhatIsWrong,
	})
	// Signing out ends all sessions of a person, so this needs other people.
	t.Run("everybody lands where their work is, in both languages, and signs out", func(t *testing.T) {
		t.Parallel()
		landsAtWork(t, visit(t, launch(t), start(t, t.TempDir(), "localhost:0", "-empty")))
	})
	if *update {
		for _, language := range []string{"en", "pl"} {
			t.Run("pictures/"+language, func(t *testing.T) {
				t.Parallel()
				takesPictures(t, language)
			})
		}
	}
	for role, addresses := range everyPage(t, model) {
		t.Run("no page keeps people with disabilities out, for "+cmp.Or(role, "anyone"), func(t *testing.T) {
			t.Parallel()
			v := visit(t, launch(t), model)
			if role != "" {
				v.signIn(role, "/")
			}
			keepsNobodyOut(t, v, addresses)
			if role == "ces:coordinator" {
				keepsNobodyOutOfMistakes(t, v)
			}
		})
	}
}

// in creates a project for the test in the visitor's tracker.
func (v *visitor) in(changes ...string) *project {
	v.t.Helper()
	return newProjectAt(v.t, &tracker{base: v.base}, fmt.Sprintf("p%d", projects.Add(1)), changes...)
}

func readsResults(t *testing.T, v *visitor) {
	v.open("/").follow("Centre for the Social Economy").sees("11 of 11", "252 of 210", "898,860", "126.7%", "As of 28 February 2011")
	if rows := look[int](v, `document.querySelectorAll(".figures tbody tr").length`); rows != 11 {
		t.Errorf("%d lines", rows)
	}
	if look[bool](v, `document.querySelector("[data-print]").hidden`) {
		t.Error("there is no button to print with")
	}
	v.click("details summary").sees("March 2010")
	v.size(narrow)
	v.follow("Polski").sees("11 z 11", "252 z 210", "898 860", "126,7%", "Stan na 28 lutego 2011")
	if pages := v.printed(); pages < 2 || pages > 3 {
		t.Errorf("on paper it has %d pages", pages)
	}
	v.withoutScript().open("/ces").sees("898 860")
	if !look[bool](v, `document.querySelector("[data-print]").hidden`) {
		t.Error("a button that does nothing without JavaScript is shown")
	}
	v.open("/ces/signup").sees("Zapisy są zamknięte")
}

func signsUp(t *testing.T, v *visitor) {
	p := v.in("capacity: 3", "capacity: 3, place: \"Dom Kultury, ul. Lipowa 3\", starts: \""+time.Now().AddDate(0, 0, 9).Format(time.DateOnly)+"\"")
	v.open(p.at).follow("Sign up").sees("Planting trees", "Composting", "Dom Kultury, ul. Lipowa 3")
	v.tick("activity", "compost").fill("first_name", "Zofia").fill("email", "zofia@").fill("birth_year", "1074").choose("sex", "female")
	v.pressFor(http.StatusUnprocessableEntity, "Send").sees("Please correct before we can save", "This is not an e-mail address", "Tick it if you agree")
	for name, want := range map[string]string{"activity": "compost", "first_name": "Zofia", "email": "zofia@", "birth_year": "1074", "sex": "female"} {
		if got := v.value(name); got != want {
			t.Errorf("what was typed into %s comes back as %q", name, got)
		}
	}
	for name, want := range map[string]bool{"last_name": true, "email": true, "birth_year": true, "first_name": false} {
		if beside := look[bool](v, fmt.Sprintf(`document.querySelector("#f-%s-error") !== null`, name)); beside != want {
			t.Errorf("beside %s stands a message: %v", name, beside)
		}
	}
	// The language can be changed here, too, which clears the form.
	v.click(`.problems a[href="#f-last_name"]`)
	if at := look[string](v, `location.hash`); at != "#f-last_name" {
		t.Errorf("the list of problems leads to %q", at)
	}
	email := p.id + "-zofia@example.org" // other tests' projects write to zofia@example.org
	v.fill("last_name", "Wzór").fill("email", email).fill("birth_year", "1974").tick("consent_processing", "yes")
	v.press("Send").sees("Sign-up received", "Receipt")

	var letters []any
	eventually(t, "a letter", func() bool { letters = p.mails(email); return len(letters) > 0 })
	v.open("/local/mail").sees("We have your sign-up: Composting", "Dom Kultury, ul. Lipowa 3")
	v.comes("the e-mailed link", http.StatusOK, chromedp.Click(chromedp.Search(fmt.Sprintf(`//a[contains(@href, %q) and contains(@href, "/cancel")]`, p.at+"/signups/"))))
	v.sees("Do you really want to withdraw from: Composting?").press("Yes, withdraw").sees("Your sign-up is withdrawn")
	if states := p.everything(p.at + "/signups?activity=compost"); len(states) != 1 || said(within(states[0], "state")) != "cancelled" {
		t.Errorf("the sign-ups are %v", states)
	}
}

func signsUpByKeyboard(t *testing.T, v *visitor) {
	p := v.in()
	v.open(p.at + "/signup")
	// The first Tab reaches the link that skips the navigation.
	v.keys(kb.Tab, kb.Enter)
	if at := look[string](v, `document.activeElement.id`); at != "main" {
		t.Errorf("the link past the head of the page leads to %q", at)
	}
	v.keys(kb.Tab, kb.Tab, " ", kb.Tab, "Zofia", kb.Tab, "Wzór", kb.Tab, "zofia@example.org")
	for range 11 { // what is optional
		v.keys(kb.Tab)
	}
	v.keys(" ")
	v.comes("Enter", http.StatusOK, chromedp.KeyEvent(kb.Enter))
	v.sees("Sign-up received")
}

func landsAtWork(t *testing.T, v *visitor) {
	p := v.in()
	for _, one := range []struct {
		role         string
		work, absent []string
		polish       string
	}{
		{":coordinator", []string{"To do", "Audit trail", "Sign-ups", "Activities", "Consultations", "Outputs", "Files", "People", "Snapshots", "Project definition"}, nil, "Zgłoszenia"},
		{":adviser", []string{"Consultations"}, []string{"Sign-ups", "People", "Files", "Snapshots"}, "Konsultacje"},
		{":funder", []string{"Snapshots"}, []string{"Sign-ups", "People", "Files", "Consultations"}, "Zestawienia"},
		{":partner:radio", []string{"Files"}, []string{"Sign-ups", "People", "Snapshots", "Consultations"}, "Pliki"},
	} {
		v.open("/?lang=en").follow("Sign in")
		v.comes("signing in", http.StatusOK, chromedp.Click(chromedp.CSS(fmt.Sprintf(`button[name=role][value=%q]`, p.id+one.role))))
		// A person with a role in one project only arrives there.
		if at := look[string](v, `document.querySelector(".sections [aria-current]")?.innerText ?? ""`); at != one.work[0] {
			t.Errorf("%s: signed in, they are at %q, want %q", one.role, at, one.work[0])
		}
		v.open("/")
		if one.role == ":adviser" {
			// A person who opened an address before signing in arrives at it.
			v.comes("signing out", http.StatusOK, chromedp.Click(button("Sign out")))
			v.comes("a page of their own", http.StatusOK, chromedp.Navigate(v.base+p.at+"/consultations"))
			v.comes("signing in", http.StatusOK, chromedp.Click(chromedp.CSS(fmt.Sprintf(`button[name=role][value=%q]`, p.id+one.role))))
			v.sees("New consultation").open("/")
		}
		mine := fmt.Sprintf(`main a[href=%q]`, p.at)
		if got := look[int](v, fmt.Sprintf(`document.querySelectorAll(%q).length`, mine)); got != 1 {
			t.Errorf("%s: %d links to the project", one.role, got)
		}
		for _, words := range one.work {
			v.comes(words, http.StatusOK, chromedp.Click(chromedp.Search(fmt.Sprintf(`//main//a[starts-with(@href, "%s/") and normalize-space()=%q]`, p.at, words))))
			if at := look[string](v, `document.querySelector(".sections [aria-current]").innerText`); at != words {
				t.Errorf("%s: at %q, want %q", one.role, at, words)
			}
			v.sees("Green Courtyards")
			for _, other := range one.absent {
				if look[int](v, fmt.Sprintf(`[...document.querySelectorAll(".sections a")].filter((a) => a.innerText === %q).length`, other)) > 0 {
					t.Errorf("%s is offered %s", one.role, other)
				}
			}
			v.comes("the first page", http.StatusOK, chromedp.Click(chromedp.CSS(".product")))
		}
		v.follow("Polski").sees(one.polish, "Zielone podwórka")
		v.press("Wyloguj się").sees("Zaloguj się").seesNot(one.polish)
	}
}

// lay writes a file for the browser to upload.
func (v *visitor) lay(name, content string) string {
	v.t.Helper()
	file := filepath.Join(v.t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		v.t.Fatal(err)
	}
	return file
}

func (v *visitor) send(words, name, content string) *visitor {
	v.t.Helper()
	v.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#f-file"), []string{v.lay(name, content)}))
	return v.press(words)
}

const airings = "date,medium,title,outlet,reach\n"

func sendsFiles(t *testing.T, v *visitor) {
	p := v.in()
	many := strings.Builder{}
	many.WriteString(airings)
	for n := range 3000 {
		fmt.Fprintf(&many, "%s,radio,Odcinek %d,Radio Podwórko,%d\n", p.day(-20), n, 10+n%7)
	}
	v.signIn(p.id+":partner:radio", p.at+"/uploads").sees("There are no files yet.")
	// The progress bar keeps its value over the change of the page.
	look[any](v, `new MutationObserver(() => sessionStorage.setItem("bar", document.querySelector("progress").getAttribute("value"))).observe(document.querySelector("progress"), {attributes: true}); 0`)
	v.send("Send", "styczeń 2026.csv", many.String()).sees("Accepted", "The rows of this file count", "styczeń 2026.csv", "3,000")
	if shown := look[string](v, `sessionStorage.getItem("bar")`); shown != "100" {
		t.Errorf("the bar came to %q", shown)
	}

	v.follow("Files").sees("styczeń 2026.csv")
	if dropped := look[string](v, `(() => {
		const files = new DataTransfer();
		files.items.add(new File(["x"], "upuszczony.csv"));
		document.querySelector(".drop").dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true}));
		return document.querySelector("#f-file").files[0]?.name ?? "";
	})()`); dropped != "upuszczony.csv" {
		t.Errorf("dropped was %q", dropped)
	}
	bad := airings + p.day(-9) + ",radio,Dobry,Radio Podwórko,120\n31.06.2010,radio,Zły dzień,Radio Podwórko,ok. 12 tys.\n" + p.day(-8) + ",wideo,Zła lista,,7\n"
	v.send("Send", "luty.csv", bad).sees("Rejected", "4 errors to correct", "Download the list of errors")
	cells := look[[][]string](v, `[...document.querySelectorAll(".cells tbody tr")].map((tr) => [...tr.cells].map((td) => td.innerText))`)
	for i, want := range [][]string{{"3", "date", "31.06.2010"}, {"3", "reach", "ok. 12 tys."}, {"4", "medium", "wideo"}, {"4", "outlet", ""}} {
		if i >= len(cells) || strings.Join(cells[i][:3], "|") != strings.Join(want, "|") || cells[i][3] == "" {
			t.Fatalf("the bad cells are %q, want %q", cells, want)
		}
	}
	v.size(narrow)
	v.isWhole("the bad cells", http.StatusOK)
	v.follow("Polski").sees("Odrzucony").follow("English")
	v.size(wide)

	v.follow("Files").click("[name=check_only]")
	v.send("Send", "poprawka.csv", airings+p.day(-20)+",radio,Odcinek 0,Radio Podwórko,777\n").sees("Checked", "It does not count")
	v.follow("Files")
	v.send("Send", "poprawka.csv", airings+p.day(-20)+",radio,Odcinek 0,Radio Podwórko,777\n").sees("Accepted")
	if changed := v.text(`.about div:nth-child(4) dd`); changed != "1" {
		t.Errorf("changed: %q", changed)
	}
	before := p.achieved("3")
	v.press("Withdraw the file").sees("The file was withdrawn.", "Withdrawn")
	if after := p.achieved("3"); after == before || before == "0" {
		t.Errorf("the reach was %s, and is %s", before, after)
	}
	v.follow("Files")
	if states := look[string](v, `[...document.querySelectorAll("main .tag")].map((e) => e.innerText).join(" ")`); states != "Withdrawn Checked Rejected Accepted" {
		t.Errorf("the files are %s", states)
	}
}

func sendsWithoutScript(t *testing.T, v *visitor) {
	p := v.in()
	v.withoutScript().signIn(p.id+":partner:press", p.at+"/uploads")
	v.send("Send", "marzec.csv", airings+p.day(-9)+",prasa,Łąka,Gazeta,120\n").sees("Accepted", "marzec.csv")
	v.press("Withdraw the file").sees("The file was withdrawn.")
	v.follow("Files").pressFor(http.StatusUnprocessableEntity, "Send").sees("please fill it in")
}

func writesConsultations(t *testing.T, v *visitor) {
	p := v.in()
	v.signIn(p.id+":adviser", p.at+"/consultations")
	// The first field has the focus, and the date is today's: an address, five times Tab, and Enter.
	v.on("person").keys("ewa@example.org", kb.Tab, kb.Tab, kb.Tab, kb.Tab, kb.Tab, " ", kb.Tab, "45", kb.Tab, " ", kb.Tab, "umowa najmu")
	v.comes("Enter", http.StatusOK, chromedp.KeyEvent(kb.Enter))
	v.sees("Saved: ewa@example.org, ", "umowa najmu", "45", "law", "in person")
	// The next form keeps the last choices: an address, other minutes.
	if field, form, minutes := v.value("field"), v.value("form"), v.value("minutes"); field != "law" || form != "in-person" || minutes != "45" {
		t.Errorf("preselected are %q, %q and %q", field, form, minutes)
	}
	v.on("person").keys("jan@example.org", kb.Tab, kb.Tab, kb.Tab, kb.Tab, kb.Tab, kb.Tab, "30")
	v.comes("Enter", http.StatusOK, chromedp.KeyEvent(kb.Enter))
	v.sees("Saved: jan@example.org, ", "30")
	// A duplicate record and a faulty one stay on the screen with the reason.
	v.on("person").keys("jan@example.org", kb.Tab, kb.Tab, kb.Tab, kb.Tab, kb.Tab, kb.Tab, "30")
	v.comes("Enter", http.StatusConflict, chromedp.KeyEvent(kb.Enter))
	v.sees("There is such a record already")
	v.comes("the record that is there", http.StatusOK, chromedp.Click(chromedp.CSS(".problems a")))
	if who := v.value("person"); who != "jan@example.org" {
		t.Errorf("that is a record of %q", who)
	}
	v.follow("Back without changes").fill("minutes", "9000").fill("person", "nikt@")
	v.pressFor(http.StatusUnprocessableEntity, "Save").sees("from 1 to 960", "This is not an e-mail address")

	v.follow("Consultations")
	v.comes("Edit", http.StatusOK, chromedp.Click(chromedp.Search(`//tr[contains(., "umowa najmu")]//a[normalize-space()="Edit"]`)))
	// Another user changes it meanwhile.
	one := said(within(p.office.get(p.at+"/consultations").list("items"), "1.id"))
	p.office.put(p.at+"/consultations/"+one, p.consultation("ewa").and(fields{"date": p.day(0), "form": "in-person", "topic": "umowa najmu", "adviser": "adviser@example.org", "minutes": 46})).is(http.StatusOK)
	v.fill("minutes", "50").pressFor(http.StatusPreconditionFailed, "Save changes").sees("Somebody has changed this meanwhile")
	v.press("Save changes").sees("Changed.", "50")
	v.comes("Delete", http.StatusOK, chromedp.Click(chromedp.Search(`//tr[contains(., "jan@example.org")]//a[normalize-space()="Delete"]`)))
	v.press("Delete").sees("Deleted.").seesNot("jan@example.org")
	if got := p.achieved("10"); got != "50" {
		t.Errorf("minutes of law: %s", got)
	}
}

func checksEvidence(t *testing.T, v *visitor) {
	v.open("/ces").follow("Sign in")
	v.comes("signing in", http.StatusOK, chromedp.Click(chromedp.CSS(`button[name=role][value="ces:funder"]`)))
	v.sees("The newest: as of 28 February 2011", "11 of 11", "898,860").follow("28 February 2011").sees("Approved", "898,860")
	v.comes("the reach", http.StatusOK, chromedp.Click(chromedp.CSS(".figures tr:nth-child(5) .got a")))
	v.sees("The figure in the snapshot: 898,860", "How this figure is counted", "Reach", "4 January 2010", "row 2")
	rows := look[int](v, `document.querySelectorAll(".grid tbody tr").length`)
	for range 10 {
		if look[int](v, `document.querySelectorAll("a[rel=next]").length`) == 0 {
			break
		}
		v.follow("Next")
		rows += look[int](v, `document.querySelectorAll(".grid tbody tr").length`)
	}
	if rows != 109 {
		t.Errorf("%d records behind the reach, want 109", rows)
	}
	v.sees("Added up: 898,860.", "That is the figure in the snapshot.")
	v.follow("Snapshot as of 28 February 2011")
	v.comes("the participants", http.StatusOK, chromedp.Click(chromedp.CSS("#participants + p a")))
	v.sees("Participants", "252")
	if look[int](v, `document.querySelectorAll("main table a").length`) > 0 {
		t.Error("the funder is led to people or files that are not for them")
	}
}

func approves(t *testing.T, v *visitor) {
	p := v.in()
	p.office.post(p.at+"/consultations", p.consultation("ewa")).is(http.StatusCreated)
	v.signIn(p.id+":coordinator", p.at+"/snapshots").sees("There is nothing here yet.")
	v.fill("as_of", p.day(5)).pressFor(http.StatusUnprocessableEntity, "Compile now").sees("in the future")
	v.fill("as_of", p.day(-1)).press("Compile now").sees("Draft", "Only the coordinator sees it")
	v.open(p.at).sees("No results have been approved yet")
	v.follow("Snapshots")
	v.comes("the draft", http.StatusOK, chromedp.Click(chromedp.CSS(".grid tbody th a")))
	v.fill("note", "Sprawdzone").press("Approve").sees("Approved.", "The funder sees it")
	v.open(p.at).sees("Planned and achieved").follow("Snapshots")
	v.fill("as_of", p.day(0)).press("Compile now").press("Reject").sees("Rejected.", "It stays on record")
	if states := look[string](v.open(p.at+"/snapshots"), `[...document.querySelectorAll("main .tag")].map((e) => e.innerText).join(" ")`); states != "Rejected Approved" {
		t.Errorf("the snapshots are %s", states)
	}
}

func keepsRecords(t *testing.T, v *visitor) {
	p := v.in()
	for _, name := range []string{"ala", "bea", "cyl", "dan"} {
		p.anyone.post(p.at+"/signups", signup(name, "compost")).is(http.StatusCreated)
	}
	v.signIn(p.id+":coordinator", p.at+"/signups").choose("activity", "compost").press("Show").sees("Ala Przykładowska", "on the waiting list")
	row := `//tr[contains(., "ala@example.org")]`
	v.do("another state", chromedp.SetValue(chromedp.Search(row+"//select"), "cancelled"))
	v.comes("setting it", http.StatusOK, chromedp.Click(chromedp.Search(row+"//button")))
	v.sees("Changed.", "cancelled").seesNot("on the waiting list Set")
	if tags := look[string](v, `[...document.querySelectorAll("main .tag")].map((e) => e.innerText).join(", ")`); tags != "cancelled, accepted, accepted, accepted" {
		t.Errorf("the sign-ups are %s", tags)
	}
	v.follow("Enter a sign-up from paper").tick("activity", "over").fill("first_name", "Ewa").fill("last_name", "Późna").fill("email", "ewa@example.org").fill("submitted_at", p.day(-10)+"T12:00").tick("consent_processing", "yes")
	v.press("Save").sees("The sign-up is saved. Its state: accepted.")

	v.follow("Activities").follow("Attendance typed in").fill("email", "ewa@example.org").tick("activity", "planting").tick("outcome", "completed").fill("hours", "7,5").press("Save").sees("Saved.", "Ewa Późna", "7.5")
	v.follow("Activities").follow("Tests typed in").fill("email", "ewa@example.org").tick("activity", "planting").fill("pre_score", "3").fill("post_score", "11").fill("max_score", "10")
	v.pressFor(http.StatusUnprocessableEntity, "Save").sees("out of range")
	v.fill("post_score", "7.5").press("Save").sees("Saved.")
	v.follow("Outputs").tick("kind", "leaflet").fill("quantity", "1200").fill("title", "Ulotka").press("Save").sees("Saved.", "Ulotka", "1,200")
	p.counts(map[string]string{"1": "1", "2": "7.5", "5": "1200", "7": "4", "8": "1"})
}

func keepsPeople(t *testing.T, v *visitor) {
	p := v.in()
	p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"sex": "female", "birth_year": 1974})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"email": "ola.p@example.org"})).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("ola")).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("ola.p")).is(http.StatusCreated)
	v.signIn(p.id+":coordinator", p.at+"/people").fill("q", "Przykład").press("Search").sees("ola@example.org", "ola.p@example.org")
	v.follow("Probable duplicates").sees("the same name")
	v.comes("one of the two", http.StatusOK, chromedp.Click(chromedp.Search(`//td[contains(., "ola.p@example.org")]/a`)))
	v.sees("Ola Przykładowska", "Planting trees", "umowa")
	v.fill("into", "nobody").pressFor(http.StatusUnprocessableEntity, "Compare first").sees("no person with this id")
	var into string
	for _, item := range p.everything(p.at + "/people?q=ola@example.org") {
		into = said(within(item, "id"))
	}
	v.fill("into", into).press("Compare first").sees("The one person will have", "Both are signed up: Planting trees.").press("Merge").sees("Merged.", "ola@example.org")
	v.sees("Sex: female", "Year of birth: 1974")
	if got := p.achieved("9"); got != "1" {
		t.Errorf("signed up are %s people", got)
	}
	v.follow("See what goes and what stays…").sees("2 e-mail addresses and PESELs", "2 sign-ups", "Download everything held on this person")
	v.click("[name=confirm]").press("Erase").sees("The person was erased.")
	v.fill("q", "ola@example.org").press("Search").sees("Nobody was found.")
	if got := p.achieved("6"); got == "0" {
		t.Error("the consultations no longer count")
	}
}

func changesDefinition(t *testing.T, v *visitor) {
	p := v.in()
	v.signIn(p.id+":coordinator", p.at+"/definition").sees("version 1")
	right := v.value("yaml")
	edit := func(old, new string) {
		v.fill("yaml", strings.Replace(right, old, new, 1))
	}
	edit(`of: attendance, where: 'activity == "planting"`, `of: attendence, where: 'activty == "planting"`)
	v.pressFor(http.StatusUnprocessableEntity, "Only check").sees("error", "Line ", "attendence")
	if typed := v.value("yaml"); !strings.Contains(typed, "attendence") {
		t.Error("what was typed is gone")
	}
	edit("target: 8", "target: 12")
	v.press("Only check").sees("The definition is right. It has not been saved yet.", "version 1")
	v.press("Save").sees("Saved.", "version 2")
	if got := figure(p.compile(), "1", "target"); got != "12" {
		t.Errorf("the target is %s", got)
	}
	// Another user saves in between.
	edit("target: 8", "target: 13")
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(strings.Replace(right, "target: 8", "target: 9", 1))).is(http.StatusOK)
	v.pressFor(http.StatusPreconditionFailed, "Save").sees("Somebody has changed this meanwhile")
	v.press("Save").sees("Saved.", "version 4")
	if got := figure(p.compile(), "1", "target"); got != "13" {
		t.Errorf("the target is %s", got)
	}
}

func typesMarkup(t *testing.T, v *visitor) {
	const markup = `"'><b data-foreign>x</b><script>alert(1)</script>`
	p := v.in("Planting trees", `Planting <b data-foreign>trees</b>`, "Green Courtyards", `Green <i data-foreign>Courtyards</i>`)
	who := signup("ola", "planting").and(fields{"locale": "en", "first_name": "Ola" + markup, "last_name": "Wzór" + markup, "organisation": markup})
	p.anyone.post(p.at+"/signups", who).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("ola").and(fields{"topic": markup})).is(http.StatusCreated)
	p.office.post(p.at+"/outputs", p.output("Ulotka"+markup)).is(http.StatusCreated)
	p.approve(p.compile())
	v.open(p.at).sees("Green <i data-foreign>Courtyards</i>")
	v.open(p.at+"/signup").sees("Planting <b data-foreign>trees</b>").fill("first_name", markup).fill("email", markup)
	v.pressFor(http.StatusUnprocessableEntity, "Send")
	if got := v.value("first_name"); got != markup {
		t.Errorf("typed was %q", got)
	}
	v.open("/local/mail").sees("Planting <b data-foreign>trees</b>")
	v.signIn(p.id+":coordinator", p.at+"/signups").sees("Ola" + markup)
	v.comes("the person", http.StatusOK, chromedp.Click(chromedp.CSS(".grid tbody th a")))
	v.sees("Ola" + markup)
	v.follow("Consultations").sees(markup)
	v.comes("Edit", http.StatusOK, chromedp.Click(link("Edit")))
	if got := v.value("topic"); got != markup {
		t.Errorf("the topic is %q", got)
	}
	v.follow("Outputs").sees("Ulotka" + markup)
	v.open(p.at + "/people?q=" + "%22%3E%3Cb+data-foreign%3Enikt").sees("Nobody was found.")
	v.open(p.at + "/uploads")
	v.send("Send", `"'><b data-foreign>.csv`, airings+p.day(-3)+",radio,"+"<b data-foreign>,<b data-foreign>,<b data-foreign>\n").sees("<b data-foreign>")
	v.follow("Files")
	v.open("/" + p.id + "/uploads?lang=%22%3E%3Cb+data-foreign%3E&done=%3Cb%3E")
}

// everyPage lists the addresses of all kinds of pages of the model project, by the role that may see them.
func everyPage(t *testing.T, model *tracker) map[string][]string {
	t.Helper()
	office := (&project{t: t, tracker: model, id: "ces"}).caller("coordinator@example.org", "ces:coordinator")
	// The beginning of a long list is enough.
	first := func(list string) string { return list + "/" + office.get(list).is(http.StatusOK).text("items.0.id") }
	upload := ""
	for _, one := range office.get("/ces/uploads").is(http.StatusOK).list("items") {
		if said(within(one, "state")) == "rejected" {
			upload = "/ces/uploads/" + said(within(one, "id"))
		}
	}
	signups := office.get("/ces/signups").is(http.StatusOK)
	person, other := "/ces/people/"+signups.text("items.0.person.id"), signups.text("items.1.person.id")
	return map[string][]string{
		"": {"/", "/ces", "/demo", "/demo/signup", "/ces/signup", "/local/mail", "/local/dead-letters", "/auth/sign-in"},
		"ces:coordinator": {
			"/", "/ces/signup", "/ces/signups?limit=6", "/ces/consultations?limit=6", first("/ces/consultations"), "/ces/attendance", "/ces/tests", "/ces/outputs", "/ces/uploads", upload,
			"/ces/activities", "/ces/activities/partnerships?limit=6", "/ces/activities/partnerships/attendance", "/ces/activities/incubator/tests", "/ces/activities/partnerships/list", "/ces/activities/partnerships/certificates?limit=6",
			"/ces/people", "/ces/people?q=osoba015@example.org", "/ces/people/duplicates", person, person + "/erasure", person + "/merge?into=" + other, "/ces/attention", "/ces/audit?limit=6", "/ces/definition/versions", "/ces/definition/versions/1", "/ces/snapshots", "/ces/snapshots/latest", "/ces/definition", "/ces/subscriptions",
		},
		"demo:coordinator":       {"/demo/attention"},
		"ces:adviser":            {"/ces/consultations", "/ces/consultations/sheet?month=2010-03"},
		"ces:funder":             {"/ces/snapshots", "/ces/snapshots/latest", "/ces/snapshots/latest/indicators/4/evidence?limit=6", "/ces/snapshots/latest/participants/evidence?limit=6"},
		"ces:partner:tv-partner": {"/ces/uploads"},
	}
}

func keepsNobodyOut(t *testing.T, v *visitor, addresses []string) {
	source := axe(t)
	// Both sizes; Polish and English, which are independent of them, share them, and each page is in one of the others.
	others := []string{"uk", "de", "es"}
	for i, address := range addresses {
		with := "?"
		if strings.Contains(address, "?") {
			with = "&"
		}
		v.size(narrow)
		v.open(address + with + "lang=" + others[i%len(others)]).isOpenTo(source)
		v.showsAllColumns()
		v.size(wide)
		v.open(address + with + "lang=en").isOpenTo(source)
		v.size(narrow)
		v.open(address + with + "lang=pl").isOpenTo(source)
		v.showsAllColumns()
	}
}

// showsAllColumns checks that a list fits the screen, and that no number is wrapped.
func (v *visitor) showsAllColumns() {
	v.t.Helper()
	for what, selector := range map[string]string{"a list is wider than the screen": ".scroll:has(.stack)", "a number is broken": ".ends > *"} {
		if found := look[int](v, fmt.Sprintf(`[...document.querySelectorAll(%q)].filter((e) => e.scrollWidth > e.clientWidth + 1 || e.matches(".ends > *") && e.offsetHeight > 30).length`, selector)); found > 0 {
			v.t.Errorf("%s at %d pixels: %s (%d)", look[string](v, "location.pathname"), v.width, what, found)
		}
	}
}

// Forms with errors are pages, too.
func keepsNobodyOutOfMistakes(t *testing.T, v *visitor) {
	source := axe(t)
	for _, address := range []string{"/demo/signup", "/ces/consultations", "/ces/tests", "/ces/uploads"} {
		v.open(address)
		v.comes("an empty form", http.StatusUnprocessableEntity, chromedp.Click(chromedp.CSS("main form .actions button")))
		v.isOpenTo(source)
	}
	v.open("/ces/definition").fill("yaml", "id: [").pressFor(http.StatusUnprocessableEntity, "Zapisz").isOpenTo(source)
}

func noticesWhatIsWrong(t *testing.T, v *visitor) {
	v.open("/")
	for what, script := range map[string]string{
		"a style that the policy forbids":  `document.body.insertAdjacentHTML("beforeend", '<p style="color: red">x</p>')`,
		"a script that the policy forbids": `document.body.append(Object.assign(document.createElement("script"), {textContent: "1"}))`,
		"an error":                         `setTimeout(() => missing(), 0)`,
		"an error on the console":          `console.error("x")`,
	} {
		look[any](v, script+"; 0")
		eventually(t, what, func() bool {
			v.mu.Lock()
			defer v.mu.Unlock()
			return len(v.wrong) > 0
		})
		v.forget()
	}
	t.Cleanup(v.forget)
}

var href = regexp.MustCompile(`<a[^>]* href="([^"]*)"`)

// Following all links from the first page reaches no page that is missing or refused,
// and no page that is too large.
func TestEveryLinkHasAPage(t *testing.T) {
	t.Parallel()
	model := start(t, t.TempDir(), "localhost:0")
	ids := regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{26}|cursor=[^&]*`)
	for _, role := range []string{"", "ces:coordinator", "ces:adviser", "ces:funder", "ces:partner:tv-partner"} {
		t.Run(cmp.Or(role, "anyone"), func(t *testing.T) {
			t.Parallel()
			c := caller{t: t, base: model.base}
			if role != "" {
				c = (&project{t: t, tracker: model}).caller("someone@example.org", role)
			}
			c = c.browser()
			sheet := regexp.MustCompile(`/assets/style\.[0-9a-f]+\.css`)
			styles := map[string]int{} // their bytes, by address
			seen := map[string]int{}   // by kind of address: of those alike a few are enough
			for waiting := []string{"/"}; len(waiting) > 0; waiting = waiting[1:] {
				address := waiting[0]
				if kind := ids.ReplaceAllString(address, "*"); seen[address] > 0 || seen[kind] > 3 {
					continue
				} else {
					seen[address]++
					seen[kind]++
				}
				got := c.get(address)
				if role == "" && got.status == http.StatusSeeOther && strings.HasPrefix(address, "/auth/sign-in") {
					continue
				}
				if got.status == http.StatusSeeOther { // a file waits at another address
					got = caller{t: t, base: c.base}.get(got.header.Get("Location"))
				}
				if got.status != http.StatusOK {
					t.Errorf("a link leads to %s", got)
				}
				if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
					continue
				}
				style := string(sheet.Find(got.body))
				if styles[style] == 0 {
					styles[style] = len(c.get(style).is(http.StatusOK).body)
				}
				if n := len(got.body) + styles[style]; n > 60_000 {
					t.Errorf("%s weighs %d bytes", address, n)
				}
				for _, found := range href.FindAllSubmatch(got.body, -1) {
					to, err := url.Parse(html.UnescapeString(string(found[1])))
					if err != nil {
						t.Fatal(err)
					}
					here, err := url.Parse(address)
					if err != nil {
						t.Fatal(err)
					}
					if to = here.ResolveReference(to); to.Host == "" && to.Query().Get("lang") == "" {
						waiting = append(waiting, to.RequestURI())
					}
				}
			}
			if len(seen) < 4 {
				t.Errorf("only %v was found", seen)
			}
		})
	}
}
