package main_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheOfficesFirstPageNamesLinesThatNothingCanProve(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	task := func() any {
		for _, one := range p.office.get(p.at + "/attention").is(http.StatusOK).list("items") {
			if said(within(one, "what")) == "unproved" {
				return one
			}
		}
		return nil
	}
	if one := task(); one != nil {
		t.Fatalf("nothing is missing, but %v", one)
	}
	definition := definitionOfPeople(p, `{code: "7", label: L, count: people, who: 'any(visit, true)'}`, `{code: "8", label: L, count: records, of: visit}`, `{code: "9", label: L, count: records, of: attendance}`)
	without := strings.Replace(definition, "  exit:", "  visit: {label: Visit, person: yes, fields: {group: {type: choice, options: [a]}}}\n  exit:", 1)
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(without)).is(http.StatusOK)
	if one := task(); one != nil {
		t.Fatalf("every line has records, but %v", one)
	}

	// Without activities no attendance can be entered.
	head, rest, _ := strings.Cut(without, "activities:\n")
	_, rest, _ = strings.Cut(rest, "output_kinds:")
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(head+"output_kinds:"+rest)).is(http.StatusOK)
	one := task()
	if said(within(one, "count")) != "1" || said(within(one, "href")) != p.at+"/definition#h-proof" || !strings.Contains(said(within(one, "message")), "(9)") {
		t.Errorf("the task is %v", one)
	}
	page := string(p.office.browser().get(p.at + "/attention").is(http.StatusOK).isPage().body)
	if !strings.Contains(page, `href="`+p.at+`/definition#h-proof"`) {
		t.Error("the page does not lead to the table")
	}
	if !strings.Contains(string(p.office.browser().get(p.at+"/definition").is(http.StatusOK).body), `id="h-proof"`) {
		t.Error("the table has another address")
	}
}
