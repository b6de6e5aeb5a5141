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

// nationalHeader is the header of a participants' file of a national system, composed from public lists of variables of
// SL2014. It is no copy of a file of that system.
const nationalHeader = "Kraj;Rodzaj uczestnika;Imię;Nazwisko;PESEL;Brak PESEL;Płeć;Wiek w chwili przystąpienia;Wykształcenie;Województwo;Powiat;Gmina;Miejscowość;Kod pocztowy;Obszar DEGURBA;Telefon;E-mail;" +
	"Data rozpoczęcia udziału w projekcie;Status na rynku pracy;Obcego pochodzenia;Obywatel państwa trzeciego;Mniejszość;Bezdomność;Niepełnosprawność;Data zakończenia udziału;Sytuacja po zakończeniu"

// nationalWords is a definition's part with that file.
const nationalWords = `people:
  attributes:
    labour_status: {options: [unemployed, long-term-unemployed, employed]}
    county: {type: text, label: Powiat}
    community: {type: text, label: Gmina}
    city: {type: text, label: Miejscowość}
    postal_code: {type: text, label: Kod pocztowy}
    degurba: {type: choice, options: ["1", "2", "3"], label: Obszar}
    situation: {type: choices, options: [foreign, third-country, minority, homeless], refusable: true, sensitive: true, label: Sytuacja}
records:
  exit: {label: Zakończenie, person: yes, fields: {result: {type: choice, options: [job, training, none]}}}
exports:
  - id: national
    label: {pl: Uczestnicy do systemu krajowego, en: National system}
    delimiter: ";"
    encoding: utf-8
    columns:
      - {header: Kraj, value: Polska}
      - {header: Rodzaj uczestnika, value: indywidualny}
      - {header: Imię, field: first_name}
      - {header: Nazwisko, field: last_name}
      - {header: PESEL, field: pesel}
      - {header: Brak PESEL, field: pesel, codes: {missing: TAK, any: NIE}}
      - {header: Płeć, field: sex, codes: {female: K, male: M, other: ""}}
      - {header: Wiek w chwili przystąpienia, field: age}
      - {header: Wykształcenie, field: education, codes: {isced-0-2: ISCED 2, isced-3-4: ISCED 3, isced-5-8: ISCED 6}}
      - {header: Województwo, value: kujawsko-pomorskie}
      - {header: Powiat, field: county}
      - {header: Gmina, field: community}
      - {header: Miejscowość, field: city}
      - {header: Kod pocztowy, field: postal_code}
      - {header: Obszar DEGURBA, field: degurba}
      - {header: Telefon, field: phone}
      - {header: E-mail, field: email}
      - {header: Data rozpoczęcia udziału w projekcie, field: entry}
      - {header: Status na rynku pracy, field: labour_status, codes: {unemployed: "osoba bezrobotna, inna", long-term-unemployed: "osoba bezrobotna, w tym długotrwale bezrobotna", any: osoba pracująca}}
      - {header: Obcego pochodzenia, field: situation, has: foreign, codes: {"yes": TAK, "no": NIE, refused: Odmowa, missing: NIE}}
      - {header: Obywatel państwa trzeciego, field: situation, has: third-country, codes: {yes: TAK, no: NIE, refused: Odmowa, missing: NIE}}
      - {header: Mniejszość, field: situation, has: minority, codes: {yes: TAK, no: NIE, refused: Odmowa, missing: NIE}}
      - {header: Bezdomność, field: situation, has: homeless, codes: {yes: TAK, no: NIE, refused: Odmowa, missing: NIE}}
      - {header: Niepełnosprawność, field: disability, codes: {yes: TAK, no: NIE, missing: Odmowa}}
      - {header: Data zakończenia udziału, field: exit, format: DD.MM.YYYY}
      - {header: Sytuacja po zakończeniu, field: exit.result, codes: {job: podjęcie pracy, training: szkolenie, none: bez zmian}}
indicators:
`

// national begins a project with the national file and two participants, Anna and Ola.
func national(t *testing.T) *project {
	t.Helper()
	p := newProject(t, "indicators:\n", nationalWords)
	anna := fields{"last_name": "Nowak", "sex": "female", "birth_year": p.today.Year() - 34, "education": "isced-3-4", "county": "Toruń", "community": "Toruń", "city": "Toruń", "postal_code": "87-100", "degurba": "1",
		"phone": "600000000", "labour_status": "long-term-unemployed", "situation": []string{"minority"}, "disability": "no"}
	p.office.post(p.at+"/signups", signup("anna", "planting").and(anna)).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("ola", "planting").and(fields{"first_name": "=Ola", "pesel": "44051401359", "situation": "refused", "labour_status": "employed"})).is(http.StatusCreated)
	for _, name := range []string{"anna", "ola"} {
		p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
	}
	p.office.post(p.at+"/records/exit", fields{"person": of("anna"), "date": p.day(-2), "result": "job"}).is(http.StatusCreated)
	return p
}

func TestContractExportsHaveTheColumnsAndCodesOfAnotherSystem(t *testing.T) {
	t.Parallel()
	p := national(t)
	got := p.office.get(p.at + "/exports/national.csv").is(http.StatusOK)
	exit := p.today.AddDate(0, 0, -2).Format("02.01.2006")
	entry := p.day(-10)
	age := p.today.AddDate(0, 0, -10).Year() - p.today.Year() + 34
	ola := p.today.AddDate(0, 0, -10).Year() - 1944
	want := nationalHeader + "\r\n" +
		fmt.Sprintf("Polska;indywidualny;Anna;Nowak;;TAK;K;%d;ISCED 3;kujawsko-pomorskie;Toruń;Toruń;Toruń;87-100;1;600000000;anna@example.org;%s;osoba bezrobotna, w tym długotrwale bezrobotna;NIE;NIE;TAK;NIE;NIE;%s;podjęcie pracy\r\n", age, entry, exit) +
		fmt.Sprintf("Polska;indywidualny;=Ola;Przykładowska;44051401359;NIE;M;%d;;kujawsko-pomorskie;;;;;;;ola@example.org;%s;osoba pracująca;Odmowa;Odmowa;Odmowa;Odmowa;Odmowa;;\r\n", ola, entry)
	if string(got.body) != want {
		t.Errorf("the export:\ngot  %q\nwant %q", got.body, want)
	}

	f, err := excelize.OpenReader(bytes.NewReader(p.office.get(p.at + "/exports/national.xlsx").is(http.StatusOK).body))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := f.GetRows(f.GetSheetList()[0]); err != nil || len(rows) != 3 || strings.Join(rows[0], ";") != nationalHeader || rows[2][2] != "=Ola" {
		t.Errorf("the workbook: %v %q", err, rows)
	}

	readme := p.office.with("Accept-Language", "en").get(p.at + "/exports/national.txt").is(http.StatusOK)
	for _, part := range []string{"texts are written as they are", "7. Płeć: sex", "female = K", "1. Kraj: \"Polska\""} {
		if !strings.Contains(string(readme.body), part) {
			t.Errorf("the description has no %q: %s", part, readme)
		}
	}
	list := p.office.get(p.at + "/exports").is(http.StatusOK)
	if list.text("items.0.id") != "national" || list.text("items.0.note") == "" || len(list.list("items.0.columns")) != 26 {
		t.Errorf("the list: %s", list)
	}
	page := p.office.browser().with("Accept-Language", "en").get(p.at + "/exports").shows([]string{"National system", "written as they are", "Compare"})
	for _, link := range []string{"/participants.xlsx", "/exports/national.csv", "/exports/national.txt", "/exports/national/comparison"} {
		if !strings.Contains(string(page.body), p.at+link) {
			t.Errorf("the page has no link to %s", link)
		}
	}
	if people := p.office.browser().get(p.at + "/people"); !strings.Contains(string(people.body), p.at+"/exports") {
		t.Error("the list of people has no link to the register")
	}
	if public := p.anyone.get(p.at).is(http.StatusOK); strings.Contains(string(public.body), "DEGURBA") {
		t.Error("the public reads the exports")
	}
	for _, suffix := range []string{".csv", ".xlsx", ".txt"} {
		p.office.get(p.at + "/exports/other" + suffix).is(http.StatusNotFound)
		for _, c := range []caller{p.adviser, p.funder, p.radio, p.admin} {
			c.get(p.at + "/exports/national" + suffix).is(http.StatusForbidden)
		}
		p.anyone.get(p.at + "/exports/national" + suffix).is(http.StatusUnauthorized)
	}
}

func TestContractExportsAreCheckedInTheDefinition(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, wrong := range []struct{ columns, code, says string }{
		{"{header: A, field: first-name}", "not_in_list", "first_name"},
		{"{header: A, field: planting.hour}", "not_in_list", "planting.hours"},
		{"{header: A, field: sex, codes: {femal: K}}", "not_in_list", "female"},
		{"{header: A, field: email, codes: {a: b}}", "not_in_list", "missing"},
		{"{header: A, field: sex, format: DD.MM.YYYY}", "not_allowed", "sex"},
		{"{header: A, field: entry, format: DD.MM}", "wrong_form", "DD.MM.YYYY"},
		{"{header: A, field: sex, has: female}", "not_allowed", "choices"},
		{"{header: A}", "missing", "field"},
		{"{field: sex}", "missing", "header"},
		{"{header: A, field: sex, value: x}", "not_allowed", "field"},
		{"{header: A, field: sex}, {header: A, field: email}", "repeated", "header"},
		{"", "missing", "columns"},
	} {
		text := p.definition("indicators:\n", "exports:\n  - id: national\n    columns: ["+wrong.columns+"]\nindicators:\n")
		got := p.office.with("Accept-Language", "en").send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(text)).is(http.StatusUnprocessableEntity)
		if got.text("errors.0.code") != wrong.code || !strings.Contains(got.text("errors.0.message"), wrong.says) || got.text("errors.0.line") == "" || len(got.list("errors")) != 1 {
			t.Errorf("%s: %s", wrong.columns, got)
		}
	}
	text := p.definition("indicators:\n", "exports:\n  - id: national\n    columns: [{header: A, field: sex, codes: {female: K, male: M}}]\nindicators:\n")
	if got := p.office.with("Accept-Language", "en").send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(text)).is(http.StatusOK); !strings.Contains(string(got.body), "no word for other") {
		t.Errorf("nothing warns of an option without a code: %s", got)
	}
}

func TestContractAnotherSystemsListIsCompared(t *testing.T) {
	t.Parallel()
	p := national(t)
	for _, name := range []string{"iga", "jan"} {
		p.office.post(p.at+"/consultations", p.consultation(name)).is(http.StatusCreated)
	}
	exported := string(p.office.get(p.at + "/exports/national.csv").is(http.StatusOK).body)
	at := p.at + "/exports/national/comparison"
	same := p.office.send("POST", at, "text/csv", []byte(exported)).is(http.StatusOK)
	if same.text("theirs") != "4" || same.text("ours") != "4" || same.text("counts.same") != "4" || len(same.list("only_theirs"))+len(same.list("only_ours"))+len(same.list("differ"))+len(same.list("twice")) != 0 {
		t.Errorf("the export compared with itself: %s", same)
	}

	// Columns in another order, of other names and lacking; a PESEL that a spreadsheet took for a number is another case.
	theirs := "Uwagi;E-mail;Nazwisko;Imię;PESEL;Płeć;Data rozpoczęcia udziału w projekcie;Data zakończenia udziału\n" +
		"x;ANNA@example.org ;Nowak;Anna;;M;" + p.today.AddDate(0, 0, -10).Format("02.01.2006") + ";" + p.day(-3) + "\n" +
		";;Przykładowska;=Ola;44051401359;M;" + p.day(-10) + ";\n" +
		";obcy@example.org;Obcy;Adam;;M;" + p.day(-10) + ";\n" +
		";;Nowak;anna;;K;" + p.day(-10) + ";" + p.day(-2) + "\n" +
		";;;;44051401359;;;\n"
	got := p.office.send("POST", at, "text/csv", []byte(theirs)).is(http.StatusOK)
	want := map[string]string{
		"theirs": "5", "ours": "4", "counts.same": "0", "counts.only_theirs": "2", "counts.only_ours": "2", "counts.differ": "2", "counts.twice": "1",
		"only_theirs.0.row": "4", "only_theirs.0.cells.E-mail": "obcy@example.org", "twice.0.row": "6",
		"differ.0.row": "2", "differ.0.person.email": "anna@example.org", "differ.0.columns.0.header": "Płeć", "differ.0.columns.0.theirs": "M", "differ.0.columns.0.ours": "K",
		"differ.0.columns.1.header": "Data zakończenia udziału", "differ.1.columns.0.header": "E-mail", "other_columns.0": "Uwagi", "missing_columns.0": "Kraj",
	}
	got.has(want)
	one := p.office.browser().with("Accept-Language", "en")
	kind, body := multipartOf(part{"file", "list.csv", theirs})
	page := one.send("POST", at, kind, body).shows([]string{"Theirs: 5. Ours: 4.", "Adam Obcy", "only in ours", "Data zakończenia udziału", "Uwagi"})
	if !strings.Contains(string(page.body), "iga@example.org") {
		t.Errorf("the page does not show who is only here: %s", page)
	}
	kind, body = multipartOf(part{"file", "list.csv", "a;b\n1;2\n"})
	if bad := one.send("POST", at, kind, body).is(http.StatusUnprocessableEntity).isPage(); !strings.Contains(string(bad.body), "PESEL, E-mail, Telefon") {
		t.Errorf("the page does not say by which columns people are found: %s", bad)
	}
	p.office.send("POST", at, "text/csv", []byte("a;b\n1;2\n")).isInvalid("file unreadable")
	p.office.send("POST", at, "text/csv", nil).isInvalid("file missing")
	p.office.send("POST", at, "text/csv", bytes.Repeat([]byte("a"), 5<<20)).is(http.StatusRequestEntityTooLarge)
	for _, c := range []caller{p.adviser, p.funder, p.radio, p.admin} {
		c.send("POST", at, "text/csv", []byte(theirs)).is(http.StatusForbidden)
	}
	p.anyone.send("POST", at, "text/csv", []byte(theirs)).is(http.StatusUnauthorized)
}

// A merged person is one row, and one who was erased none.
func TestContractRegisterOfMergedAndErasedPeople(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	ids := map[string]string{}
	for _, name := range []string{"ewa", "ewunia", "jan"} {
		p.office.post(p.at+"/signups", signup(name, "planting").and(fields{"sex": map[string]any{"ewunia": "female"}[name]})).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
		ids[name] = p.office.get(p.at + "/people?q=" + name + "@example.org").is(http.StatusOK).text("items.0.id")
	}
	p.office.post(p.at+"/people/"+ids["ewunia"]+"/merge", fields{"into": ids["ewa"]}).is(http.StatusOK)
	p.office.delete(p.at + "/people/" + ids["jan"]).is(http.StatusOK)
	got := p.register("")
	if len(got.rows) != 1 || got.of("Ewa", "id", "sex", "email", "planting.hours") != ids["ewa"]+", female, ewa@example.org, 4" {
		t.Errorf("the register: %q", got.rows)
	}
}

// The register has those who lack an attribute, also where they count nowhere, and attributes as they are counted:
// corrected, and taken from a PESEL.
func TestContractRegisterAgreesWithTheSnapshot(t *testing.T) {
	t.Parallel()
	for incomplete, out := range map[string]int{"everywhere": 0, "total": 0, "nowhere": 2} {
		p := newProject(t, "indicators:\n", complete(incomplete))
		p.fourPeople()
		got := p.register("")
		leftOut := 0
		if at := slices.Index(got.head, "left_out"); at >= 0 {
			for _, row := range got.rows {
				if row[at] == "incomplete" {
					leftOut++
				}
			}
		} else if incomplete == "nowhere" {
			t.Errorf("no column says who does not count: %q", got.head)
		}
		if total := p.compile().text("participants.total"); leftOut != out || fmt.Sprint(len(got.rows)-leftOut) != total {
			t.Errorf("%s: %d rows, of which %d are left out, and %s participants", incomplete, len(got.rows), leftOut, total)
		}
		if got.of("Iga", "missing") != "home" || got.of("Ola", "missing", "residence") != ", refused" || got.of("Jan", "missing") != "sex|birth_year|residence|home" {
			t.Errorf("%s: what is missing: %q", incomplete, got.rows)
		}
		// After the snapshot the register continues from its checkpoint.
		iga := p.office.get(p.at + "/people?q=iga").is(http.StatusOK).text("items.0.id")
		p.office.put(p.at+"/people/"+iga+"/attributes", fields{"home": "ul. Nowa 2", "birth_year": nil}).is(http.StatusOK)
		p.office.post(p.at+"/attendance", p.attendance("zofia").and(fields{"person": fields{"email": "zofia@example.org", "pesel": "44051401359", "first_name": "Zofia"}})).is(http.StatusCreated)
		p.accepts(p.office, "a.csv", "email,activity,date,outcome,hours\niga@example.org,compost,"+p.day(-4)+",completed,\"2,5\"\n")
		got = p.register("")
		if row := got.of("Iga", "home", "birth_year", "missing", "compost.outcome", "compost.hours"); row != "ul. Nowa 2, , birth_year, completed, 2.5" {
			t.Errorf("%s: corrected: %s", incomplete, row)
		}
		if row := got.of("Zofia", "pesel", "sex", "birth_year"); row != "44051401359, male, 1944" {
			t.Errorf("%s: by PESEL: %s", incomplete, row)
		}
	}
}
