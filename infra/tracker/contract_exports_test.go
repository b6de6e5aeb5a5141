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

// listed returns the header of a CSV that lists things, and its rows as cells by column.
func (p *project) listed(path string) (head []string, rows []map[string]string) {
	p.t.Helper()
	all := table(p.t, p.office.get(p.at+path).is(http.StatusOK))
	for _, row := range all[1:] {
		cells := map[string]string{}
		for i, cell := range row {
			cells[all[0][i]] = cell
		}
		rows = append(rows, cells)
	}
	return all[0], rows
}

func TestContractListsHaveTheColumnsOfTheKeysOfTheProject(t *testing.T) {
	t.Parallel()
	const exit = "records: {exit: {label: Exit, person: yes, fields: {reason: {type: choice, options: [work, school]}}}}"
	records := []string{"/attendance.csv", "/tests.csv", "/consultations.csv", "/records/exit.csv"}
	for _, c := range []struct {
		name, people string
		person       fields // whom records name
		identity     string // the columns of records between person and their own fields
		everybody    string // the columns of people.csv
		cells        map[string]string
	}{
		{"the usual keys", "", fields{"email": "ewa@example.org", "pesel": pesel1},
			"first_name,last_name,email,pesel", "id,first_name,last_name,emails,pesels,phone,birth_year,other_keys",
			map[string]string{"email": "ewa@example.org", "pesel": pesel1}},
		{"without Polish", "languages: [en-IE]", fields{"email": "ewa@example.org"},
			"first_name,last_name,email", "id,first_name,last_name,emails,phone,birth_year,other_keys",
			map[string]string{"email": "ewa@example.org"}},
		{"a phone and a name", keysEmailPhoneName, fields{"phone": "600 100 200"},
			"first_name,last_name,birth_year,email,phone", "id,first_name,last_name,emails,phone,birth_year,other_keys",
			map[string]string{"email": "", "phone": "'+48600100200"}},
		{"a name alone", keysEmailPhoneName, fields{"name": fields{"first_name": "Jan", "last_name": "Wójcik", "birth_year": 1950}},
			"first_name,last_name,birth_year,email,phone", "id,first_name,last_name,emails,phone,birth_year,other_keys",
			map[string]string{"first_name": "Jan", "last_name": "Wójcik", "birth_year": "1950"}},
		{"a number", keysNumber, fields{"number": "A17"},
			"first_name,last_name,number,email", "id,first_name,last_name,emails,phone,birth_year,number,other_keys",
			map[string]string{"number": "A17"}},
		{"an identifier", keysDNI, fields{"dni": "12345678Z"},
			"first_name,last_name,dni,email", "id,first_name,last_name,emails,phone,birth_year,dni,other_keys",
			map[string]string{"dni": "12345678Z"}},
		{"a PESEL among others", "people: {keys: [number, pesel]}", fields{"pesel": pesel1, "number": "7"},
			"first_name,last_name,number,pesel,email", "id,first_name,last_name,emails,pesels,phone,birth_year,number,other_keys",
			map[string]string{"number": "7", "pesel": pesel1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, "participants:", c.people+"\n"+exit+"\nparticipants:")
			who := fields{"person": c.person}
			id := p.attends(c.person).is(http.StatusCreated).text("person.id")
			p.office.post(p.at+"/tests", p.exam("").and(who)).is(http.StatusCreated)
			p.office.post(p.at+"/consultations", p.consultation("").and(who)).is(http.StatusCreated)
			p.office.post(p.at+"/records/exit", fields{"date": p.day(-1), "reason": "work"}.and(who)).is(http.StatusCreated)
			for _, path := range records {
				head, rows := p.listed(path)
				if got := strings.Join(head, ","); !strings.HasPrefix(got, "id,person,"+c.identity+",") || len(rows) != 1 || rows[0]["person"] != id {
					t.Errorf("%s: %s %v", path, got, rows)
				}
				for column, want := range c.cells {
					if rows[0][column] != want {
						t.Errorf("%s: %s is %q, not %q", path, column, rows[0][column], want)
					}
				}
			}
			head, rows := p.listed("/people.csv")
			if got := strings.Join(head, ","); got != c.everybody || len(rows) != 1 || rows[0]["other_keys"] != "" {
				t.Errorf("people.csv: %s %v", got, rows)
			}
			for column, want := range c.cells {
				column = map[string]string{"email": "emails", "pesel": "pesels"}[column] + map[bool]string{true: column}[column != "email" && column != "pesel"]
				if rows[0][column] != want {
					t.Errorf("people.csv: %s is %q, not %q", column, rows[0][column], want)
				}
			}
			keeps := strings.Contains(c.identity, "pesel")
			for _, path := range append(records, "/people.csv", "/signups.csv", "/participants.csv") {
				if head, _ := p.listed(path); strings.Contains(strings.Join(head, ","), "pesel") != keeps {
					t.Errorf("%s has the columns %v", path, head)
				}
			}
		})
	}
}
