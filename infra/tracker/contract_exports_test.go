package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func TestExportsAreForThoseWhoMaySeeWhatIsInThem(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	snap := p.compile()
	for _, suffix := range []string{"csv", "xlsx"} {
		p.office.get(p.at + "/signups." + suffix).is(http.StatusOK)
		p.office.get(p.at + "/signups." + suffix + "?activity=compost").is(http.StatusOK)
		p.office.get(p.at + "/signups." + suffix + "?activity=no-such").is(http.StatusUnprocessableEntity)
		p.funder.get(p.at + "/signups." + suffix).is(http.StatusForbidden)
		p.anyone.get(p.at + "/signups." + suffix).is(http.StatusUnauthorized)
	}
	for _, suffix := range []string{"json", "csv", "xlsx", "pdf"} {
		address := p.at + "/snapshots/" + snap.text("id") + "." + suffix
		p.office.get(address).is(http.StatusOK)
		p.office.get(p.at + "/snapshots/latest." + suffix).is(http.StatusOK)
		p.funder.get(address).is(http.StatusNotFound)
		p.anyone.get(address).is(http.StatusUnauthorized)
	}
	p.approve(snap)
	for _, suffix := range []string{"json", "csv", "xlsx", "pdf"} {
		p.funder.get(p.at + "/snapshots/" + snap.text("id") + "." + suffix).is(http.StatusOK)
	}
}

func TestNoCellOfAnExportIsAFormula(t *testing.T) {
	t.Parallel()
	evil := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", `=HYPERLINK("https://example.org")`}
	p := newProject(t, "en: People trained", `en: "=1+1"`, "pl: Osoby po szkoleniu", `pl: "@SUM(A1)"`, "en: Hours", `en: "-1+1"`, "en: Leaflets", `en: "+1"`)
	for i, name := range evil {
		p.office.post(p.at+"/signups", signup(fmt.Sprintf("osoba%d", i), "planting").and(fields{"first_name": name, "organisation": name, "phone": "+48 600 000 00" + strconv.Itoa(i)})).is(http.StatusCreated)
	}
	p.office.post(p.at+"/attendance", p.attendance("osoba1").and(fields{"hours": 12.5})).is(http.StatusCreated)
	snap := p.compile()
	p.approve(snap)
	address := p.at + "/snapshots/" + snap.text("id")
	rows := table(t, p.office.get(p.at+"/signups.csv").is(http.StatusOK))
	if len(rows) != len(evil)+1 {
		t.Errorf("%d rows", len(rows))
	}
	for _, lang := range []string{"pl", "en"} {
		rows := table(t, p.funder.get(address+".csv?lang="+lang).is(http.StatusOK))
		if !slices.ContainsFunc(rows, func(row []string) bool { return slices.Contains(row, "12.5") }) {
			t.Errorf("12.5 is no number of its own: %v", rows)
		}
	}
	for _, export := range []string{p.at + "/signups.xlsx", address + ".xlsx?lang=pl", address + ".xlsx?lang=en"} {
		noFormula(t, export, p.office.get(export).is(http.StatusOK).body)
	}
	bad := p.upload(p.office, "a.csv", "date,kind,quantity,title\n"+p.day(-1)+",=1+1,@x,A\n", nil)
	if rows := table(t, p.office.get(p.at+"/uploads/"+bad.text("id")+"/errors.csv").is(http.StatusOK)); len(rows) != 3 {
		t.Errorf("%v", rows)
	}
}

// noFormula reads a workbook: no cell is a formula, or becomes one when someone edits it.
func noFormula(t *testing.T, name string, data []byte) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	escaped := 0
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x, cell := range row {
				at, _ := excelize.CoordinatesToCellName(x+1, y+1)
				formula, err := f.GetCellFormula(sheet, at)
				if kind, _ := f.GetCellType(sheet, at); err != nil || formula != "" || kind == excelize.CellTypeInlineString && strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r\n") {
					t.Errorf("%s, %s!%s is %q, formula %q, %v", name, sheet, at, cell, formula, err)
				}
				if strings.HasPrefix(cell, "'") {
					escaped++
				}
			}
		}
	}
	if escaped == 0 {
		t.Errorf("%s: nothing in it begins like a formula", name)
	}
}
