package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// tabbed writes a workbook of sheets of delimited text, in the order of their names.
func tabbed(t *testing.T, sheets ...[2]string) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for _, sheet := range sheets {
		if _, err := f.NewSheet(sheet[0]); err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(strings.TrimSpace(sheet[1]), "\n") {
			row := strings.Split(line, ",")
			if err := f.SetSheetRow(sheet[0], fmt.Sprintf("A%d", n+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEverySheetOfAWorkbookIsReadOrNamed(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	const head = "date,medium,title,outlet,reach\n"
	july := head + p.day(-3) + ",radio,Drzewa,Radio A,1000\n"
	august := head + p.day(-2) + ",radio,Kompost,Radio A,200\n" + p.day(-2) + ",radio,Deszcz,Radio A,30\n"

	got := p.upload(p.radio, "miesiące.xlsx", tabbed(t, [2]string{"Okładka", "Raport"}, [2]string{"Lipiec", july}, [2]string{"Sierpień", august}), nil)
	if got.text("state") != "accepted" || got.text("rows") != "3" {
		t.Errorf("two tabs: %s", got)
	}
	if w := got.list("warnings"); len(w) != 1 || said(within(w[0], "code")) != "other_sheet" || said(within(w[0], "value")) != "Okładka" || said(within(w[0], "count")) != "1" {
		t.Errorf("the cover: %v", w)
	}
	p.counts(map[string]string{"3": "1230"})

	// A row is the spreadsheet's, and its sheet is named: in the answer, in the list and on the page.
	got = p.upload(p.radio, "złe.xlsx", tabbed(t, [2]string{"Lipiec", july}, [2]string{"Sierpień", strings.Replace(august, "30\n", "many\n", 1)}), nil)
	errors := got.list("errors")
	if len(errors) != 1 || said(within(errors[0], "sheet")) != "Sierpień" || said(within(errors[0], "row")) != "3" || said(within(errors[0], "column")) != "reach" {
		t.Errorf("errors: %v", errors)
	}
	at := p.at + "/uploads/" + got.text("id")
	if list := string(p.radio.get(at + "/errors.csv").is(http.StatusOK).body); !strings.Contains(list, "Sierpień") {
		t.Errorf("the list of errors: %s", list)
	}
	if shown := string(p.radio.with("Accept", "text/html").get(at).is(http.StatusOK).body); !strings.Contains(shown, "Sierpień: 3") || !strings.Contains(shown, "many") {
		t.Errorf("the page does not name the sheet and the row: %s", shown)
	}

	// Rows of different tabs that contradict each other are found.
	again := strings.Replace(july, "1000", "2000", 1)
	got = p.upload(p.radio, "sprzeczne.xlsx", tabbed(t, [2]string{"Lipiec", july}, [2]string{"Lipiec 2", again}), nil)
	if found := cells(got, "errors"); !slices.Equal(found, []string{"2  conflicting_rows"}) || !strings.Contains(said(within(got.list("errors")[0], "message")), "2 (Lipiec)") {
		t.Errorf("contradicting tabs: %v", got.list("errors"))
	}
}

func TestRowsOfDifferentSheetsAreDifferentRecords(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	signup := func(first, email string) string {
		return "activity,first_name,last_name,email,consent_processing\nplanting," + first + ",Wzór," + email + ",true\n"
	}
	book := tabbed(t, [2]string{"A", signup("Ewa", "ewa@example.org")}, [2]string{"B", signup("Jan", "jan@example.org")}, [2]string{"C", signup("Ola", "ola@example.org")})
	got := p.upload(p.office, "zgłoszenia.xlsx", book, nil)
	if got.text("state") != "accepted" || got.text("new") != "3" {
		t.Fatalf("sign-ups of three tabs: %s", got)
	}
	if signed := p.everything(p.at + "/signups?activity=planting"); len(signed) != 3 {
		t.Errorf("%d sign-ups: %v", len(signed), signed)
	}
	attended := func(email, hours string) string {
		return "email,activity,date,hours,outcome\n" + email + ",planting," + p.day(-5) + "," + hours + ",completed\n"
	}
	got = p.accepts(p.office, "lista.xlsx", tabbed(t, [2]string{"A", attended("ewa@example.org", "2")}, [2]string{"B", attended("jan@example.org", "1.5")}))
	p.counts(map[string]string{"2": "3.5"})
	snap := p.compile()
	rows := 0
	for _, record := range p.everything(p.at + "/snapshots/" + snap.text("id") + "/indicators/2/evidence") {
		if said(within(record, "row")) == "2" {
			rows++
		}
	}
	if rows != 2 {
		t.Errorf("%d records of the evidence are of row 2 of their sheet, want 2", rows)
	}
	p.office.send("DELETE", p.at+"/uploads/"+got.text("id"), "", nil)
	p.counts(map[string]string{"2": "0"})
}
