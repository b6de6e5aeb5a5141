package main_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestContractTheFunderOfAProgrammeSeesItsProjects(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	member := func(id, line string) *project {
		return newProjectAt(t, s, id, "programme: {pl:", "programme_id: neighbours\nprogramme: {pl:", `target: 8, count: people,`, `target: 8, counts_for: `+line+`, count: people,`)
	}
	first, second, third := member("first", "people.trained"), member("second", "people.trained"), member("third", "people.trained")
	outside := newProjectAt(t, s, "outside")
	for _, p := range []*project{first, second, outside} {
		p.office.post(p.at+"/attendance", p.attendance("anna")).is(http.StatusCreated) // the same person in each
	}
	second.office.post(second.at+"/attendance", second.attendance("jan")).is(http.StatusCreated)
	first.approve(first.compile())
	approved := second.compile()
	second.approve(approved)
	second.office.post(second.at+"/attendance", second.attendance("ewa")).is(http.StatusCreated)
	second.compile() // not approved
	third.compile()

	funder := first.caller("programme@example.org", "programme:neighbours")
	got := funder.get("/programme/neighbours").is(http.StatusOK)
	got.has(map[string]string{
		"programme": "neighbours", "lines.0.line": "people.trained", "lines.0.unit": "person", "lines.0.projects": "2", "lines.0.target": "16", "lines.0.achieved": "3", "lines.0.participations": "true",
		"items.0.project": "first", "items.0.indicators.0.code": "1", "items.0.indicators.0.counts_for": "people.trained", "items.0.indicators.0.achieved": "1", "items.0.indicators.0.target": "8", "items.0.indicators.0.percent": "12.5",
		"items.1.approved.id": approved.text("id"), "items.1.approved.hash": approved.text("hash"), "items.1.approved.as_of": approved.text("as_of"), "items.1.indicators.0.achieved": "2",
		"items.2.project": "third", "items.2.approved": "",
	})
	if n := len(got.list("items")); n != 3 || len(got.list("lines")) != 1 || got.text("items.1.approved.decided_at") == "" {
		t.Errorf("%d projects: %s", n, got)
	}
	page := funder.browser().get("/programme/neighbours?lang=en").is(http.StatusOK).isPage()
	page.shows([]string{"people.trained", "participations", "No figures are approved yet."}, "outside")
	csv := string(funder.get("/programme/neighbours.csv?lang=en").is(http.StatusOK).body)
	for _, want := range []string{",people.trained,,,16,3,,person,,", "first,Green Courtyards,", ",people.trained,1,People trained,8,2,25.0,person,", "third,Green Courtyards,,"} {
		if !strings.Contains(csv, want) {
			t.Errorf("the table lacks %q:\n%s", want, csv)
		}
	}

	// Who may ask: the funder of this programme, and administrators.
	first.admin.get("/programme/neighbours").is(http.StatusOK)
	for name, c := range map[string]caller{"the funder of another": first.caller("other@example.org", "programme:others"), "a coordinator": first.office, "a project's funder": first.funder} {
		if got := c.get("/programme/neighbours"); got.status != http.StatusForbidden {
			t.Errorf("%s: %s", name, got)
		}
	}
	first.anyone.get("/programme/neighbours").is(http.StatusUnauthorized)
	funder.get(first.at + "/people").is(http.StatusForbidden)
	funder.get(outside.at + "/snapshots").is(http.StatusForbidden)
	at := second.at + "/snapshots/" + approved.text("id")
	funder.get(at).is(http.StatusOK)
	funder.get(at + "/indicators/1/evidence").is(http.StatusOK)
	funder.get(second.at + "/snapshots/" + second.compile().text("id")).is(http.StatusNotFound) // a draft
	first.admin.get("/programme/None").is(http.StatusNotFound)

	// A project that leaves is seen no more.
	first.office.send("PUT", first.at+"/definition", "application/yaml", []byte(first.definition())).is(http.StatusOK)
	funder.get(first.at + "/snapshots").is(http.StatusForbidden)
	left := funder.get("/programme/neighbours").is(http.StatusOK)
	if len(left.list("items")) != 2 || left.text("lines.0.achieved") != "2" {
		t.Errorf("after one left: %s", left)
	}
	if empty := first.caller("none@example.org", "programme:none").get("/programme/none").is(http.StatusOK); len(empty.list("items")) != 0 {
		t.Errorf("a programme without projects: %s", empty)
	}
}

func TestContractCountsForNeedsAProgrammeAndAFigureThatAdds(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for name, c := range map[string]struct{ from, to, want string }{
		"no programme": {`target: 8, count: people,`, `target: 8, counts_for: x, count: people,`, "counts_for"},
		"a share":      {"programme: {pl:", "programme_id: n\nprogramme: {pl:", ""},
	} {
		t.Run(name, func(t *testing.T) {
			changes := []string{c.from, c.to}
			if c.want == "" {
				changes = append(changes, `target: 4, count: people, of: test,`, `target: 4, counts_for: x, count: share, among: {of: test}, of: test,`)
			}
			got := p.office.in(t).send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition(changes...))).is(http.StatusUnprocessableEntity)
			if !strings.Contains(string(got.body), "counts_for") {
				t.Error(got)
			}
		})
	}
}
