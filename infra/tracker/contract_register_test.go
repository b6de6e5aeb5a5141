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

// registered is what a register says of its rows, by first name and column.
type registered struct {
	t    *testing.T
	head []string
	rows [][]string
}

func (p *project) register(query string) registered {
	p.t.Helper()
	rows := table(p.t, p.office.get(p.at+"/participants.csv"+query).is(http.StatusOK))
	return registered{p.t, rows[0], rows[1:]}
}

// of returns the cells of the only row with a first name.
func (r registered) of(name string, columns ...string) string {
	r.t.Helper()
	at := slices.Index(r.head, "first_name")
	var out []string
	for _, row := range r.rows {
		if row[at] != name {
			continue
		}
		if len(out) > 0 {
			r.t.Errorf("%s is in two rows", name)
		}
		for _, column := range columns {
			i := slices.Index(r.head, column)
			if i < 0 {
				r.t.Fatalf("no column %s: %q", column, r.head)
			}
			out = append(out, row[i])
		}
	}
	return strings.Join(out, ", ")
}

// registerWords is a part of a definition with own attributes, kinds and keys.
const registerWords = `people:
  keys: [email, phone, dni, name]
  identifiers: {dni: {label: DNI, pattern: '[0-9]{8}[A-Z]'}}
  attributes:
    situation: {type: choices, options: [homeless, minority, migrant], refusable: true, sensitive: true, label: Situation}
    home: {type: text, label: Home}
    distance: {type: number, decimals: 1, label: Distance}
  complete: [sex, home, situation]
records:
  exit: {label: Exit, person: yes, fields: {reason: {type: choice, options: [work, school]}, note: {type: text}}}
indicators:
`

func TestContractRegisterHasOneRowAParticipant(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", registerWords)
	all := fields{"sex": "female", "birth_year": 1990, "situation": []string{"homeless", "minority"}, "home": "=ul. Zielona 1", "distance": 2.5, "phone": "+48600100200", "dni": "12345678Z"}
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(all)).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("ewa", "compost").and(fields{"sex": "other"})).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("ola", "planting").and(fields{"first_name": "+Ola", "situation": "refused"})).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("iga", "planting")).is(http.StatusCreated) // no participant
	for i, more := range []fields{{"hours": 4.25, "outcome": "attended"}, {"hours": 3.5}, {"hours": nil, "outcome": "attended"}} {
		p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"date": p.day(i - 20)}).and(more)).is(http.StatusCreated)
	}
	p.office.post(p.at+"/attendance", p.attendance("ewa").and(fields{"activity": "over", "outcome": "withdrew", "hours": 0})).is(http.StatusCreated)
	for i, minutes := range []int{45, 30} {
		p.office.post(p.at+"/consultations", p.consultation("ola").and(fields{"minutes": minutes, "date": p.day(i - 9)})).is(http.StatusCreated)
	}
	p.office.post(p.at+"/records/exit", fields{"person": of("ewa"), "date": p.day(-5), "reason": "school", "note": "tak"}).is(http.StatusCreated)
	p.office.post(p.at+"/records/exit", fields{"person": of("ewa"), "date": p.day(-3), "reason": "work"}).is(http.StatusCreated)

	got := p.register("")
	want := "id first_name last_name email phone dni sex birth_year education labour_status residence disability group situation home distance entry exit" +
		" planting.signup planting.outcome planting.hours compost.signup compost.outcome compost.hours over.signup over.outcome over.hours last-call.signup last-call.outcome last-call.hours advice_minutes missing"
	if head := strings.Join(got.head, " "); head != want {
		t.Errorf("the columns:\ngot  %s\nwant %s", head, want)
	}
	if len(got.rows) != 2 {
		t.Errorf("%d rows: %q", len(got.rows), got.rows)
	}
	for _, is := range []struct{ name, want string }{
		{"Ewa", fmt.Sprintf("Przykładowska, ewa@example.org, '+48600100200, 12345678Z, female, 1990, , homeless|minority, '=ul. Zielona 1, 2.5, %s, %s, accepted, completed, 7.75, accepted, , , , withdrew, 0, , , , 0, ", p.day(-19), p.day(-3))},
		{"'+Ola", fmt.Sprintf("Przykładowska, ola@example.org, , , , , , refused, , , %s, , accepted, , , , , , , , , , , , 75, sex|home", p.day(-9))},
	} {
		columns := append(strings.Fields("last_name email phone dni sex birth_year education situation home distance entry exit"), got.head[slices.Index(got.head, "planting.signup"):]...)
		if row := got.of(is.name, columns...); row != is.want {
			t.Errorf("%s:\ngot  %s\nwant %s", is.name, row, is.want)
		}
	}

	// The workbook has the same, with numbers and dates that are such.
	f, err := excelize.OpenReader(bytes.NewReader(p.office.get(p.at + "/participants.xlsx").is(http.StatusOK).body))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	noFormula(t, "participants.xlsx", p.office.get(p.at+"/participants.xlsx").is(http.StatusOK).body)
	rows, err := f.GetRows(f.GetSheetList()[0])
	if err != nil || len(rows) != 3 || strings.Join(rows[0], " ") != want {
		t.Fatalf("the workbook: %v %q", err, rows)
	}
	for i, row := range rows[1:] {
		for j, cell := range got.rows[i] {
			at, _ := excelize.CoordinatesToCellName(j+1, i+2)
			if j < len(row) && row[j] != cell || j >= len(row) && cell != "" {
				t.Errorf("%s of the workbook is %q, not %q", at, row[min(j, len(row)-1)], cell)
			}
			kind, _ := f.GetCellType(f.GetSheetList()[0], at)
			number := slices.Contains([]string{"birth_year", "distance", "entry", "exit", "advice_minutes"}, got.head[j]) || strings.HasSuffix(got.head[j], ".hours")
			if cell != "" && number != (kind != excelize.CellTypeInlineString) {
				t.Errorf("%s %q is of the type %v", got.head[j], cell, kind)
			}
		}
	}

	// It is as a snapshot of the same day counts, and is written down.
	if total := p.compile().text("participants.total"); total != "2" {
		t.Errorf("the snapshot has %s participants", total)
	}
	if then := p.register("?as_of=" + p.day(-15)); len(then.rows) != 1 || then.of("Ewa", "planting.hours", "exit", "advice_minutes") != "7.75, , 0" {
		t.Errorf("15 days ago: %q", then.rows)
	}
	for query, code := range map[string]string{"?as_of=" + p.day(1): "in_the_future", "?as_of=yesterday": "not_a_date"} {
		p.office.get(p.at + "/participants.csv" + query).isInvalid("as_of " + code)
	}
	if trail := p.office.get(p.at + "/audit").is(http.StatusOK); !strings.Contains(string(trail.body), "people.exported") {
		t.Errorf("nobody sees that it was exported: %s", trail)
	}
	for _, c := range []caller{p.adviser, p.funder, p.radio, p.admin} {
		c.get(p.at + "/participants.csv").is(http.StatusForbidden)
		c.get(p.at + "/participants.xlsx").is(http.StatusForbidden)
	}
	p.anyone.get(p.at + "/participants.csv").is(http.StatusUnauthorized)
}
