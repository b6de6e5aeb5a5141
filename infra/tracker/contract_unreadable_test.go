package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// kept is what a definition says of records in the tests of what may be taken out of it.
const kept = `target_group: 20
people:
  attributes:
    citizenship: {type: choice, options: [pl, other], label: Citizenship}
records:
  harvest:
    label: Harvest
    person: no
    key: [site]
    by: [coordinator]
    fields:
      site: {type: choice, options: [north, south]}
      weight: {type: number, decimals: 2, unit: kg}
      remark: {type: text, open: true}
      income: {type: number, refusable: true}`

func TestWhatStoredRecordsNeedCannotBeTakenOut(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	put := func(query, definition string) reply {
		return p.office.send("PUT", p.at+"/definition"+query, "application/yaml", []byte(definition))
	}
	// with returns the definition with a line of kept in another form, or without it.
	with := func(line, instead string) string {
		if !strings.Contains(kept, line) {
			t.Fatalf("%q is not in the definition", line)
		}
		return p.definition("target_group: 20", strings.Replace(kept, line, instead, 1))
	}
	put("", with("kg", "kg")).is(http.StatusOK)

	// While there are no records, anything may change.
	harvest := "  harvest:" + kept[strings.Index(kept, "harvest:")+len("harvest:"):]
	for _, definition := range []string{with("records:\n"+harvest, ""), with("decimals: 2", "decimals: 0"), with("    key: [site]\n", ""), with("person: no", "person: optional")} {
		put("?dry_run=1", definition).is(http.StatusOK)
	}

	// Two records that are typed, one of them corrected and one voided since, and two in a file.
	first := p.office.post(p.at+"/records/harvest", fields{"date": p.day(-3), "site": "north", "weight": 12.25, "remark": "wet", "income": "refused"}).is(http.StatusCreated)
	p.office.put(p.at+"/records/harvest/"+first.text("id"), fields{"date": p.day(-3), "site": "north", "weight": 12}).is(http.StatusOK)
	second := p.office.post(p.at+"/records/harvest", fields{"date": p.day(-2), "site": "north", "weight": 7}).is(http.StatusCreated)
	p.office.send("DELETE", p.at+"/records/harvest/"+second.text("id"), "", nil).is(http.StatusOK)
	rows := fmt.Sprintf("date,site,weight\n%s,south,1.5\n%s,south,2\n", p.day(-5), p.day(-4))
	p.accepts(p.office, "harvest.csv", rows)
	p.office.post(p.at+"/signups", signup("ewa", "planting").and(fields{"citizenship": "other"})).is(http.StatusCreated)
	p.office.post(p.at+"/signups", signup("jan", "planting")).is(http.StatusCreated)

	line := func(definition, text string) int {
		return strings.Count(definition[:strings.Index(definition, text)], "\n") + 1
	}
	for _, c := range []struct{ name, line, instead, field, number, at string }{
		{"a kind", harvest, "  other: {label: Other, fields: {n: {type: number}}}", "records.harvest", "4", "records:"},
		{"a field", "      remark: {type: text, open: true}\n", "", "records.harvest.fields.remark", "1", "fields:\n      site"},
		{"decimals", "decimals: 2", "decimals: 1", "records.harvest.fields.weight.decimals", "1", "weight:"},
		{"all decimals", "decimals: 2, ", "", "records.harvest.fields.weight.decimals", "2", "weight:"},
		{"a type", "weight: {type: number, decimals: 2, unit: kg}", "weight: {type: text, open: true}", "records.harvest.fields.weight.type", "4", "weight:"},
		{"a text that is sealed", "{type: text, open: true}", "{type: text}", "records.harvest.fields.remark.open", "1", "remark:"},
		{"a refused answer", ", refusable: true", "", "records.harvest.fields.income.refusable", "1", "income:"},
		{"a key", "    key: [site]\n", "", "records.harvest.key", "4", "harvest:"},
		{"a person", "person: no", "person: yes", "records.harvest.person", "4", "person: yes"},
		{"an attribute", "    citizenship: {type: choice, options: [pl, other], label: Citizenship}", "    faith: {type: yes-no}", "people.attributes.citizenship", "1", "attributes:"},
	} {
		definition := with(c.line, c.instead)
		for _, query := range []string{"?dry_run=1", ""} {
			bad := put(query, definition).is(http.StatusUnprocessableEntity)
			errors := bad.list("errors")
			if len(errors) != 1 {
				t.Fatalf("%s: %s", c.name, bad)
			}
			message := said(within(errors[0], "message"))
			if got := said(within(errors[0], "field")); got != c.field || said(within(errors[0], "code")) != "in_use" || !strings.Contains(message, " "+c.number+")") {
				t.Errorf("%s: %v", c.name, errors[0])
			}
			if got, want := said(within(errors[0], "line")), fmt.Sprint(line(definition, c.at)); got != want {
				t.Errorf("%s: line %s, want %s", c.name, got, want)
			}
		}
	}
	for name, definition := range map[string]string{
		"a value of a list":     with("options: [north, south]", "options: [north]"),
		"more decimals":         with("decimals: 2", "decimals: 4"),
		"an attribute unasked":  with("label: Citizenship}", "label: Citizenship, ask: no}"),
		"a further field":       with("unit: kg}", "unit: kg}\n      women: {type: number}"),
		"several of a list":     with("site: {type: choice, ", "site: {type: choices, "),
		"other words":           with("label: Harvest", "label: Crop"),
		"a smaller most":        with("unit: kg}", "unit: kg, max: 10}"),
		"an optional field now": with("unit: kg}", "unit: kg, required: true}"),
	} {
		if r := put("?dry_run=1", definition); r.status != http.StatusOK {
			t.Errorf("%s: %s", name, r)
		}
		put("", definition).is(http.StatusOK)
		p.compile()
		put("", with("kg", "kg")).is(http.StatusOK)
	}
}

func TestAKindAndAnAttributeDoNotShareAnID(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, id := range []string{"citizenship", "sex"} {
		definition := p.definition("target_group: 20", strings.Replace(kept, "  harvest:", "  "+id+":", 1))
		bad := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(definition)).is(http.StatusUnprocessableEntity)
		one := bad.list("errors")[0]
		if want := strings.Count(definition[:strings.Index(definition, "  "+id+":\n")], "\n") + 1; said(within(one, "field")) != "records."+id || said(within(one, "line")) != fmt.Sprint(want) || said(within(one, "column")) != "3" {
			t.Errorf("%s: %s", id, bad)
		}
	}
}
