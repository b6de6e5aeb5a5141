package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/xuri/excelize/v2"
)

func TestAdviserPagesInABrowser(t *testing.T) {
	t.Parallel()
	visitEach(t, start(t, t.TempDir(), "localhost:0", "-empty"), map[string]func(*testing.T, *visitor){
		"a partner fills a template in, checks it, lets it count and withdraws it":                     fillsTemplateIn,
		"a partner fills a template in, checks it, lets it count and withdraws it, without JavaScript": func(t *testing.T, v *visitor) { fillsTemplateIn(t, v.withoutScript()) },
		"a partner sends a file with the keyboard alone, over a connection that breaks":                sendsOverABrokenLine,
		"a partner sees the rows that are wrong":                                                       seesBadRows,
		"an adviser writes the second consultation down by a name and Enter":                           advisesByKeyboard,
		"an adviser chooses between two of one name, without JavaScript":                               func(t *testing.T, v *visitor) { choosesWho(t, v.withoutScript()) },
		"an adviser prints the month":                                                                  printsMonth,
		"the desk's pages keep nobody out":                                                             deskKeepsNobodyOut,
	})
}

func fillsTemplateIn(t *testing.T, v *visitor) {
	p := v.in()
	v.signIn(p.id+":partner:radio", p.at+"/uploads").sees("Templates to download", "There are no files yet.")
	address := look[string](v, `document.querySelector('a[aria-label="media airings, XLSX"]').getAttribute("href")`)
	filled := p.radio.with("Accept-Language", "en").get(address).is(http.StatusOK).body
	book, err := excelize.OpenReader(bytes.NewReader(filled))
	if err != nil {
		t.Fatal(err)
	}
	sheet := book.GetSheetName(0)
	head, err := book.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for row := 2; row <= 3; row++ { // in the place of the examples
		cell, err := excelize.CoordinatesToCellName(slices.Index(head[0], "title")+1, row)
		if err == nil {
			err = book.SetCellValue(sheet, cell, fmt.Sprint("Podwórko ", row))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "listopad.xlsx")
	if err := book.SaveAs(file); err != nil {
		t.Fatal(err)
	}
	v.click("[name=check_only]")
	v.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#f-file"), []string{file}))
	v.press("Send").sees("Checked", "It does not count", "Total reach", "13,300")
	if rows := v.text(`.about div:nth-child(3) dd`); rows != "2" {
		t.Errorf("new: %q", rows)
	}
	v.press("Send it to count").sees("Accepted", "13,300", "2 rows were new: they stop counting")
	v.follow("Files").sees("What your files come to", "2 airings that count", "13,300")
	v.comes("the file that counts", http.StatusOK, chromedp.Click(chromedp.Search(`//tr[contains(., "Accepted")]//a`)))
	v.press("Withdraw the file").sees("The file was withdrawn.", "Withdrawn")
	v.follow("Files").seesNot("What your files come to")
}

// breaks makes the connection fail when a file is sent: before it has arrived, or before its answer has.
func (v *visitor) breaks(when fetch.RequestStage) {
	v.t.Helper()
	command(v, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{ResourceType: network.ResourceTypeXHR, RequestStage: when}}})
}

func sendsOverABrokenLine(t *testing.T, v *visitor) {
	p := v.in()
	if err := chromedp.Listen(v.ctx, func(event any) {
		if paused, ok := event.(*fetch.EventRequestPaused); ok {
			go func() { // the browser goes on only when this has returned
				_, _ = chromedp.Call(v.ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: paused.RequestID, ErrorReason: network.ErrorReasonConnectionReset})
			}()
		}
	}); err != nil {
		t.Fatal(err)
	}
	v.signIn(p.id+":partner:radio", p.at+"/uploads")
	v.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#f-file"), []string{v.lay("radio.csv", airings+p.day(-9)+",radio,A,Radio,120\n")}))
	v.do("the field has the focus", chromedp.Focus(chromedp.CSS("#f-file")))
	for i, when := range []fetch.RequestStage{fetch.RequestStageRequest, fetch.RequestStageResponse} {
		v.breaks(when)
		v.keys([][]string{{kb.Tab, kb.Tab, kb.Enter}, {kb.Enter}}[i]...)
		v.sees("The file could not be sent. Check the connection and try again.")
		v.forget() // the browser reports that the connection broke
		v.until("the button can be pressed again", `document.activeElement === document.querySelector("#upload button")`)
	}
	command(v, fetch.Disable, cdp.Empty{})
	v.comes("Enter", http.StatusOK, chromedp.KeyEvent(kb.Enter))
	v.sees("Accepted", "120")
	p.counts(map[string]string{"3": "120"})
}

func seesBadRows(t *testing.T, v *visitor) {
	p := v.in()
	v.size(narrow)
	v.signIn(p.id+":partner:radio", p.at+"/uploads")
	v.send("Send", "luty.csv", airings+p.day(-9)+",radio,Dobry,Radio,120\n31.06.2010,radio,Zły dzień,Radio,12 tys.\n").sees("Rejected", "Rows to correct", "2 errors to correct")
	if marked := look[string](v, `[...document.querySelectorAll("mark")].map((m) => m.innerText).join("|")`); marked != "31.06.2010|12 tys." {
		t.Errorf("marked are %s", marked)
	}
	if rows := look[int](v, `document.querySelectorAll(".excerpt tbody tr").length`); rows != 1 {
		t.Errorf("%d rows", rows)
	}
	v.isWhole("the rows that are wrong", http.StatusOK)
}

// pressed counts letters and keys that are pressed.
func pressed(keys ...string) (count int) {
	for _, k := range keys {
		count += len([]rune(k))
	}
	return count
}

func advisesByKeyboard(t *testing.T, v *visitor) {
	p := v.in()
	p.meets("Zofia", "Wzór", "zofia@example.org")
	v.signIn(p.id+":adviser", p.at+"/consultations").sees("New consultation").seesNot("Zofia")
	v.on("person")
	// The first record: an address, then four times Tab past the three parts of a date to the field of advice.
	first := []string{"zofia@example.org", kb.Tab, kb.Tab, kb.Tab, kb.Tab, kb.Tab, " ", kb.Tab, "45", kb.Tab, " "}
	v.keys(first...)
	v.comes("Enter", http.StatusOK, chromedp.KeyEvent(kb.Enter))
	v.sees("Saved: zofia@example.org, ", "law, in person, 45 minutes.")
	p.assign("zofia", "adviser@example.org") // the office lets the adviser see whom this is about
	v.open(p.at + "/consultations?saved=" + said(within(p.adviser.get(p.at + "/consultations").list("items")[1], "id"))).sees("Saved: Zofia Wzór, ")
	v.on("person")
	if beside := look[string](v, `document.activeElement.getAttribute("aria-describedby")`); !strings.Contains(beside, "saved") {
		t.Errorf("the field is described by %q", beside)
	}
	// The next: a suggested name, and Enter; then one with other minutes.
	if suggested := look[string](v, `[...document.querySelectorAll("#advised option")].map((o) => o.value + " " + o.text).join("|")`); suggested != "Zofia Wzór zofia@example.org" {
		t.Errorf("suggested are %s", suggested)
	}
	v.keys("zofia wzor", kb.Enter)
	v.sees("There is such a record already") // the same person, day, field and form, without a topic
	v.do("the topic", chromedp.Focus(chromedp.CSS("#f-topic")))
	v.keys("umowa")
	v.comes("Enter", http.StatusOK, chromedp.KeyEvent(kb.Enter))
	v.sees("Saved: Zofia Wzór, ")
	if shown := v.text(`main table tbody tr:first-child`); !strings.Contains(shown, "umowa") {
		t.Errorf("first in the list is %q", shown)
	}
	second := []string{"jan@example.org", kb.Enter}
	v.do("a new person", chromedp.Focus(chromedp.CSS("#f-person")))
	v.comes("Enter", http.StatusOK, chromedp.KeyEvent(second[0]), chromedp.KeyEvent(second[1]))
	v.sees("Saved: jan@example.org, ", "45 minutes.")
	if n := pressed(second...); n > 20 {
		t.Errorf("the second consultation took %d keys", n)
	}
	if n := pressed(first...) + 1; n > 40 {
		t.Errorf("the first consultation took %d keys", n)
	}
	if all := p.adviser.get(p.at + "/consultations").list("items"); len(all) != 4 || said(within(all[0], "minutes")) != "45" || said(within(all[0], "field")) != "law" {
		t.Errorf("the records are %v", all)
	}
	v.comes("Edit", http.StatusOK, chromedp.Click(chromedp.Search(`//tr[contains(., "umowa")]//a[normalize-space()="Edit"]`)))
	v.fill("minutes", "50").press("Save changes").sees("Changed.", "50")
	v.comes("Delete", http.StatusOK, chromedp.Click(chromedp.Search(`//tr[contains(., "jan@example.org")]//a[normalize-space()="Delete"]`)))
	v.press("Delete").sees("Deleted.")
}

func choosesWho(t *testing.T, v *visitor) {
	p := v.in()
	for i, email := range []string{"jan1@example.org", "jan2@example.org"} {
		p.meets("Jan", "Wzór", email)
		p.assign(fmt.Sprintf("jan%d", i+1), "adviser@example.org")
	}
	v.signIn(p.id+":adviser", p.at+"/consultations")
	v.fill("person", "wzór").pressFor(http.StatusUnprocessableEntity, "Save").sees("Who is meant?", "Jan Wzór (jan1@example.org)", "Jan Wzór (jan2@example.org)")
	v.keys(kb.ArrowDown)
	chosen := look[string](v, `document.querySelector("[name=which]:checked").parentElement.innerText.trim()`)
	v.press("Save").sees("Saved: Jan Wzór")
	if email := said(within(p.adviser.get(p.at + "/consultations").list("items")[0], "person.email")); !strings.Contains(chosen, email) {
		t.Errorf("%s was chosen, and %s is saved", chosen, email)
	}
}

func printsMonth(t *testing.T, v *visitor) {
	p := v.in()
	for n := range 12 {
		p.adviser.post(p.at+"/consultations", p.consultation(fmt.Sprint("osoba", n)).and(fields{"date": p.day(0), "minutes": 20 + n})).is(http.StatusCreated)
	}
	v.signIn(p.id+":adviser", p.at+"/consultations").follow("A month’s sheet to sign").sees("Sheet of consultations", "Neighbours Programme", "osoba11@example.org", "306", "5:06")
	if look[bool](v, `document.querySelector("[data-print]").hidden`) {
		t.Error("there is no button to print with")
	}
	if pages := v.printed(); pages != 1 {
		t.Errorf("on paper it has %d pages", pages)
	}
	v.size(narrow)
	v.follow("Polski").sees("Karta konsultacji", "podpis osoby doradzającej").isWhole("the sheet", http.StatusOK)
}

func deskKeepsNobodyOut(t *testing.T, v *visitor) {
	p := v.in()
	p.meets("Zofia", "Wzór", "zofia@example.org")
	p.adviser.post(p.at+"/consultations", p.consultation("zofia")).is(http.StatusCreated)
	good := airings + p.day(-9) + ",radio,A,Radio,120\n"
	checked := p.upload(p.radio, "a.csv", good, fields{"check_only": true}).text("id")
	accepted := p.accepts(p.radio, "b.csv", good).text("id")
	rejected := p.upload(p.radio, "c.csv", airings+"jutro,radio,,Radio,1 200 000\n", nil).text("id")
	uploads := p.at + "/uploads/"
	source := axe(t)
	v.signIn(p.id+":adviser", p.at+"/consultations")
	keepsNobodyOut(t, v, []string{p.at + "/consultations", p.at + "/consultations/sheet?month=" + p.day(-10)[:7]})
	v.open(p.at+"/consultations?lang=en").fill("person", "zof").pressFor(http.StatusUnprocessableEntity, "Save").isOpenTo(source)
	v.open(p.at+"/consultations").fill("person", "nikt taki")
	v.pressFor(http.StatusUnprocessableEntity, "Save").isOpenTo(source)
	v.signIn(p.id+":partner:radio", p.at+"/uploads")
	keepsNobodyOut(t, v, []string{p.at + "/uploads", uploads + checked, uploads + accepted, uploads + rejected, uploads + rejected + "/columns"})
	v.signIn(p.id+":coordinator", p.at+"/uploads")
	p.source(p.office, "monitoring", monitoring).is(http.StatusCreated)
	secret := p.hook("form", ownForm)
	p.toHook("form", secret, form("Anna", "Beekeeping")).is(http.StatusUnprocessableEntity)
	refused := p.at + "/deliveries/" + p.office.get(p.at+"/deliveries").is(http.StatusOK).text("items.0.id")
	keepsNobodyOut(t, v, []string{p.at + "/uploads", p.at + "/consultations/sheet", p.at + "/sources", p.at + "/sources/monitoring", p.at + "/sources/form", p.at + "/deliveries", refused})
}
