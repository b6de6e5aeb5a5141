package main_test

import (
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// measured are kinds of output with decimals and corrections, and indicators that add them up.
const measured = `output_kinds:
  - {id: waste, label: {pl: odpady, en: waste}, decimals: 2, correction: true}
  - {id: paint, label: {pl: farba, en: paint}, decimals: 4}
  - {id: badge, label: {pl: znaczek, en: badge}, correction: true}
`

const measuredFigures = `indicators:
  - {code: "30", unit: kg, target: 50, count: sum, field: quantity, of: output, where: 'kind == "waste"', label: Waste}
  - {code: "31", unit: l, target: 1, count: sum, field: quantity, of: output, where: 'kind == "paint"', label: Paint}
  - {code: "32", unit: piece, target: 100, count: sum, field: quantity, of: output, where: 'kind == "badge"', label: Badges}
  - {code: "33", unit: record, target: 5, count: records, of: output, where: 'quantity < 0', label: Corrections}
  - {code: "34", unit: any, target: 5, count: sum, field: quantity, by: [kind], of: output, label: All}
`

func newProjectThatMeasures(t *testing.T) *project {
	t.Helper()
	return newProject(t, "output_kinds:\n", measured, "indicators:\n", measuredFigures)
}

func amountOf(p *project, kind, title string, quantity any) fields {
	return fields{"date": p.day(-10), "kind": kind, "quantity": quantity, "title": title}
}

// Each kind takes the amounts that the definition allows, in JSON, on the form and in files alike.
func TestContractOutputKindsLimitAmounts(t *testing.T) {
	t.Parallel()
	p := newProjectThatMeasures(t)
	for _, c := range []struct {
		kind, json, form string
		want             string // "": it is taken
		message          string
	}{
		{"waste", "12.35", "12,35", "", ""},
		{"waste", "-12.35", "-12,35", "", ""},
		{"waste", "0", "0", "", ""},
		{"waste", "-7", "-7", "", ""},
		{"waste", "1234.5", "1 234,5", "", ""},
		{"waste", "1234.50", "1.234,50", "", ""},
		{"waste", "12.355", "12,355", "not_a_number", "at most 2"},
		{"waste", "1000000001", "1000000001", "out_of_range", ""},
		{"waste", "-1000000001", "-1000000001", "out_of_range", ""},
		{"paint", "0.0001", "0,0001", "", ""},
		{"paint", "0.00001", "0,00001", "not_a_number", "at most 4"},
		{"paint", "0", "0", "out_of_range", "correction"},
		{"paint", "-0.5", "-0.5", "out_of_range", "correction"},
		{"badge", "-3", "-3", "", ""},
		{"badge", "12500", "12.500", "", ""},
		{"badge", "-3.5", "-3,5", "not_a_number", "whole"},
		{"leaflet", "12500", "12 500", "", ""},
		{"leaflet", "12500", "12.500", "", ""},
		{"leaflet", "1.5", "1,5", "not_a_number", "whole"},
		{"leaflet", "0", "0", "out_of_range", "correction"},
		{"leaflet", "-1", "-1", "out_of_range", "correction"},
	} {
		title := c.kind + " " + c.form
		english := p.office.in(t).with("Accept-Language", "en")
		made := english.post(p.at+"/outputs", amountOf(p, c.kind, title, json.Number(c.json)))
		file := p.upload(p.office.in(t).with("Accept-Language", "en"), "a.csv", "date;kind;quantity;title\n"+p.day(-9)+";"+c.kind+";"+c.form+";"+title+"\n", fields{"check_only": true})
		form := p.office.in(t).browser().with("Accept-Language", "en").fill(p.at+"/outputs", fields{"date": p.day(-8), "kind": c.kind, "quantity": c.form, "title": title})
		if c.want == "" {
			made.is(http.StatusCreated)
			form.is(http.StatusSeeOther)
			if file.text("state") != "checked" {
				t.Errorf("%s: the file: %s", title, file)
			}
			continue
		}
		made.isInvalid("quantity " + c.want)
		form.is(http.StatusUnprocessableEntity)
		if found := cells(file, "errors"); !slices.Equal(found, []string{"2 quantity " + c.want}) {
			t.Errorf("%s: the file: %q", title, found)
		}
		for from, text := range map[string]string{"JSON": made.text("errors.0.message"), "the file": file.text("errors.0.message"), "the form": string(form.body)} {
			if !strings.Contains(text, c.message) {
				t.Errorf("%s: %s does not say %q: %s", title, from, c.message, text)
			}
		}
	}
}

// Amounts are added up exactly, below zero too; a change, a void and a further compile keep to that.
func TestContractOutputsAddUpExactly(t *testing.T) {
	t.Parallel()
	p := newProjectThatMeasures(t)
	var last string
	for i, quantity := range []string{"0.1", "0.2", "12.35", "-40"} {
		last = p.office.post(p.at+"/outputs", amountOf(p, "waste", "W"+string(rune('a'+i)), json.Number(quantity))).is(http.StatusCreated).text("id")
	}
	got := p.accepts(p.office, "a.csv", "data;rodzaj;liczba;tytuł\n"+p.day(-9)+";odpady;0,75;A\n"+p.day(-9)+";farba;0,0001;B\n"+p.day(-9)+";farba;0,0002;C\n"+p.day(-9)+";znaczek;-5;D\n")
	if sum := got.text("totals.quantity"); sum != "-4.2497" {
		t.Errorf("the file's total: %s", sum)
	}
	p.counts(map[string]string{"30": "-26.6", "31": "0.0003", "32": "-5", "33": "2", "34": "-31.5997"})
	snap := p.office.get(p.at + "/snapshots/latest").is(http.StatusOK)
	for path, want := range map[string]string{"percent": "-53.2", "status": "behind"} {
		if found := figure(snap, "30", path); found != want {
			t.Errorf("%s of a sum below zero: %s, want %s", path, found, want)
		}
	}
	if found := figure(snap, "34", "by.kind.waste") + " " + figure(snap, "34", "by.kind.paint") + " " + figure(snap, "34", "by.kind.badge"); found != "-26.6 0.0003 -5" {
		t.Errorf("by kind: %s", found)
	}
	changed := p.office.put(p.at+"/outputs/"+last, amountOf(p, "waste", "Wd", json.Number("-0.05"))).is(http.StatusOK)
	if changed.text("quantity") != "-0.05" {
		t.Errorf("the change: %s", changed)
	}
	p.office.put(p.at+"/outputs/"+last, amountOf(p, "paint", "Wd", json.Number("-0.05"))).isInvalid("quantity out_of_range")
	p.counts(map[string]string{"30": "13.35", "31": "0.0003", "33": "2", "34": "8.3503"})
	evidence := p.office.get(p.at + "/snapshots/latest/indicators/34/evidence").is(http.StatusOK)
	sum := new(big.Rat)
	for _, item := range evidence.list("items") {
		adds, ok := new(big.Rat).SetString(said(within(item, "adds")))
		if !ok {
			t.Fatalf("the evidence: %s", evidence)
		}
		sum.Add(sum, adds)
	}
	if sum.FloatString(4) != "8.3503" {
		t.Errorf("the evidence adds up to %s: %s", sum.FloatString(4), evidence)
	}
	p.office.send("DELETE", p.at+"/outputs/"+last, "", nil).is(http.StatusOK)
	p.counts(map[string]string{"30": "13.4", "34": "8.4003"})
	for _, kind := range []string{".csv", ".xlsx", ".pdf", ""} {
		p.office.get(p.at + "/snapshots/latest" + kind).is(http.StatusOK)
	}
	if csv := string(p.office.get(p.at + "/snapshots/latest.csv").body); !strings.Contains(csv, "8.4003") {
		t.Errorf("the CSV: %s", csv)
	}
}

// Records stay readable and count when their kind has decimals or corrections no longer.
func TestContractOutputsOutliveTheLimitsOfTheirKind(t *testing.T) {
	t.Parallel()
	p := newProjectThatMeasures(t)
	made := p.office.post(p.at+"/outputs", amountOf(p, "waste", "A", json.Number("-12.35"))).is(http.StatusCreated)
	p.counts(map[string]string{"34": "-12.35"})
	plain := strings.NewReplacer(", decimals: 2, correction: true", "", ", decimals: 4", "", ", correction: true", "")
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(plain.Replace(p.definition("output_kinds:\n", measured, "indicators:\n", measuredFigures)))).is(http.StatusOK)
	p.office.get(p.at + "/outputs/" + made.text("id")).is(http.StatusOK).has(map[string]string{"quantity": "-12.35"})
	p.office.post(p.at+"/outputs", amountOf(p, "waste", "B", json.Number("1.5"))).isInvalid("quantity not_a_number")
	p.office.post(p.at+"/outputs", amountOf(p, "waste", "B", 1)).is(http.StatusCreated)
	p.counts(map[string]string{"34": "-11.35"})
}

// A form that is sent back unchanged changes nothing, also with three decimals.
func TestContractFormsOfOutputsComeBackUnchanged(t *testing.T) {
	t.Parallel()
	p := newProjectThatMeasures(t)
	for i, quantity := range []string{"1.234", "12.5", "0.0001", "1000", "0.125"} {
		title := "P" + string(rune('a'+i))
		at := p.at + "/outputs/" + p.office.post(p.at+"/outputs", amountOf(p, "paint", title, json.Number(quantity))).is(http.StatusCreated).text("id")
		page := string(p.office.browser().get(at).is(http.StatusOK).body)
		_, shown, _ := strings.Cut(page, `name="quantity" value="`)
		shown, _, _ = strings.Cut(shown, `"`)
		p.office.browser().fill(at, fields{"_method": "PUT", "date": p.day(-10), "kind": "paint", "quantity": shown, "title": title}).is(http.StatusSeeOther)
		p.office.get(at).is(http.StatusOK).has(map[string]string{"quantity": quantity})
	}
}

// The form and the template say what each kind takes; the pages and reports show amounts as readers write them.
func TestContractPagesShowAmountsOfOutputs(t *testing.T) {
	t.Parallel()
	p := newProjectThatMeasures(t)
	p.office.post(p.at+"/outputs", amountOf(p, "waste", "A", json.Number("-1234.5"))).is(http.StatusCreated)
	p.compile()
	polish := p.office.browser().with("Accept-Language", "pl")
	for path, wants := range map[string][]string{
		"/outputs":                           {"odpady (najwyżej 2 cyfr po przecinku, korekty równe 0 i mniejsze)", "1 234,5"},
		"/snapshots/latest":                  {"1 234,5"},
		"/uploads/template.csv?kind=outputs": {"odpady;12,5;", "farba;0,5;"},
	} {
		page := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(string(polish.get(p.at + path).is(http.StatusOK).body))
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %s: %s", path, want, page)
			}
		}
	}
	plain := newProject(t)
	page := string(plain.office.browser().with("Accept-Language", "en").get(plain.at + "/outputs").is(http.StatusOK).body)
	if strings.Contains(page, "Other amounts") || !strings.Contains(page, `inputmode="numeric"`) {
		t.Errorf("the form of a project with whole amounts alone: %s", page)
	}
}
