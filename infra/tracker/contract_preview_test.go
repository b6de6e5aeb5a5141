package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// dryRun checks a definition, and returns the answer and the figures of its preview by code.
func (p *project) dryRun(definition string) (reply, map[string]any) {
	p.t.Helper()
	r := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(definition)).is(http.StatusOK)
	figures := map[string]any{}
	list, _ := r.at("preview.figures").([]any)
	for _, one := range list {
		figures[said(within(one, "code"))] = one
	}
	return r, figures
}

func TestAPreviewShowsHowEachFigureWouldChange(t *testing.T) {
	t.Parallel()
	before := []string{
		`{code: "hours", label: L, unit: person, target: 2, count: people, who: 'sum(attendance, .hours) >= 8'}`,
		`{code: "days", label: L, count: records, of: attendance}`,
		`{code: "gone", label: Left, count: records, of: exit}`,
		`{code: "share", label: L, target: 50, count: share, of: attendance, where: 'hours >= 4', among: {of: attendance}}`,
	}
	p := newProjectOfPeople(t, before...)
	for i := range 14 {
		p.attend(fmt.Sprintf("osoba%02d", i), -20+i, i, nil)
	}
	p.leave("osoba01", -1, "work")
	snap := p.compile()
	p.figures(snap, map[string]string{"hours.achieved": "6", "days.achieved": "14", "gone.achieved": "1"})

	after := []string{
		`{code: "hours", label: L, unit: person, target: 2, count: people, who: 'sum(attendance, .hours) <= 10'}`,
		`{code: "days", label: L, count: records, of: attendance}`,
		`{code: "new", label: L, count: sum, field: hours, of: attendance, where: 'outcome == "completed"'}`,
		`{code: "share", label: L, target: 50, count: share, of: attendance, where: 'hours >= 12', among: {of: attendance}}`,
	}
	r, figures := p.dryRun(definitionOfPeople(p, after...))
	check := func(code string, want map[string]string) {
		t.Helper()
		for path, value := range want {
			if got := said(within(figures[code], path)); got != value {
				t.Errorf("%s: %s is %s, want %s", code, path, got, value)
			}
		}
	}
	check("hours", map[string]string{"what": "changed", "before.achieved": "6", "after.achieved": "11", "newly.count": "8", "no_longer.count": "3"})
	check("days", map[string]string{"what": "same", "before.achieved": "14", "after.achieved": "14", "newly.count": "0", "no_longer.count": "0"})
	check("gone", map[string]string{"what": "removed", "before.achieved": "1", "after": "", "no_longer.count": "1"})
	check("new", map[string]string{"what": "added", "before": "", "after.achieved": "91", "newly.count": "14"})
	check("share", map[string]string{"what": "changed", "before.achieved": "71.4", "after.achieved": "14.3", "newly.count": "0", "no_longer.count": "8"})
	if rule := fmt.Sprint(within(figures["hours"], "rule")); !strings.Contains(rule, "10") || strings.Contains(rule, ".hours") {
		t.Errorf("the rule in words is %s", rule)
	}
	if items := within(figures["new"], "newly.items").([]any); len(items) != 10 {
		t.Errorf("%d records are listed", len(items))
	}
	for _, one := range within(figures["hours"], "newly.items").([]any) {
		if said(within(one, "person")) == "" || said(within(one, "kind")) != "attendance" {
			t.Errorf("a person who would newly count is listed as %v", one)
		}
	}
	if strings.Contains(r.String(), "osoba0") {
		t.Error("a preview names people")
	}

	// The figures of the preview are those that the definition then gives, and nothing is stored before.
	p.figures(p.compile(), map[string]string{"hours.achieved": "6"})
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(definitionOfPeople(p, after...))).is(http.StatusOK)
	snap = p.compile()
	for code := range figures {
		if code != "participants" && code != "gone" {
			if got, want := said(within(figures[code], "after.achieved")), figure(snap, code, "achieved"); got != want {
				t.Errorf("%s: the preview has %s, the snapshot %s", code, got, want)
			}
		}
	}

	// The same definition has no preview, and the editor asks for none while it checks what is typed.
	if r, _ := p.dryRun(definitionOfPeople(p, after...)); r.at("preview") != nil {
		t.Error("the same definition has a preview")
	}
	quick := p.office.send("PUT", p.at+"/definition?dry_run=1&preview=0", "application/yaml", []byte(definitionOfPeople(p, before...))).is(http.StatusOK)
	if quick.at("preview") != nil {
		t.Error("preview=0 has a preview")
	}
}

// A project with more rows than a preview counts twice is told so, and its definition can be put in force all the same.
// Of records that could no longer be read, more than a thousand are not counted one by one.
func TestAPreviewOfALargeProjectSaysThatItIsTooLarge(t *testing.T) {
	t.Parallel()
	harvest := "records:\n  harvest: {label: Harvest, by: [coordinator], key: [row], fields: {row: {type: number}}}"
	p := newProject(t, "target_group: 20", "target_group: 20\n"+harvest)
	rows := func(first, n int) string {
		var file strings.Builder
		file.WriteString("date,row\n")
		for i := range n {
			fmt.Fprintf(&file, "%s,%d\n", p.day(-5), first+i)
		}
		return file.String()
	}
	without := p.definition("target_group: 20", "target_group: 21")
	put := func(query, definition string) reply {
		return p.office.with("Accept-Language", "en").send("PUT", p.at+"/definition"+query, "application/yaml", []byte(definition))
	}
	for _, step := range []struct {
		rows  int
		count string
	}{{1000, "(records: 1000)"}, {1, "(records: more than 1000)"}, {49_000, "(records: more than 1000)"}} {
		p.accepts(p.office, "harvest.csv", rows(step.rows, step.rows))
		refused := put("", without).is(http.StatusUnprocessableEntity)
		if said := refused.text("errors.0.message"); !strings.Contains(said, step.count) {
			t.Errorf("with %d rows more: %s", step.rows, said)
		}
	}
	larger := p.definition("target_group: 20", "target_group: 21\n"+harvest)
	preview := put("?dry_run=1", larger).is(http.StatusOK)
	if said := preview.text("preview.too_large"); !strings.Contains(said, "50,000") || strings.Contains(preview.String(), `"figures"`) {
		t.Errorf("the preview of 50,001 rows: %s", preview)
	}
	page := string(p.office.browser().with("Accept-Language", "en").fill(p.at+"/definition", fields{"_method": "PUT", "yaml": larger, "dry_run": "1"}).body)
	if !strings.Contains(page, "50,000") {
		t.Errorf("the page: %s", page)
	}
	put("", larger).is(http.StatusOK)
}
