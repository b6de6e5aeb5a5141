package main_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// A definition extends packs, says over them what it likes, and shows the result; a snapshot names their versions.
func TestContractPacks(t *testing.T) {
	t.Parallel()
	p := newProject(t, "indicators:\n", "extends: [training]\nindicators:\n  - {code: consultations, target: 4}\n")
	p.office.post(p.at+"/consultations", p.consultation("ewa").and(fields{"adviser": "adviser@example.org"})).is(http.StatusCreated)
	snap := p.compile()
	if got := figure(snap, "consultations", "achieved") + " of " + figure(snap, "consultations", "target"); got != "1 of 4" {
		t.Errorf("a line of the pack with a target of the project: %s", got)
	}
	if got := snap.list("packs"); len(got) != 1 || got[0] != "training@1" {
		t.Errorf("the snapshot names %v", got)
	}
	if got := figure(snap, "1", "target"); got == "" {
		t.Error("a line of the project is gone")
	}
	expanded := p.office.get(p.at + "/definition?expanded=1").is(http.StatusOK)
	if text := string(expanded.body); strings.Contains(text, "extends") || !strings.Contains(text, "training-hours") || !strings.Contains(text, `code: "1"`) {
		t.Errorf("expanded: %s", text)
	}
	dry := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", expanded.body).is(http.StatusOK)
	if changes := dry.list("changes"); len(changes) != 1 || within(changes[0], "id") != "extends" {
		t.Errorf("what is expanded differs: %v", changes)
	}
	for _, line := range dry.list("proof") {
		if within(line, "code") == "trained" && (within(line, "sources.0.at") != "/attendance" || within(line, "until") == "") {
			t.Errorf("the proof of a line: %v", line)
		}
	}
	page := string(p.office.browser().get(p.at + "/definition").is(http.StatusOK).body)
	if !strings.Contains(page, `href="`+p.at+`/attendance"`) {
		t.Error("the page does not say where attendance is recorded")
	}
	text := string(p.office.get(p.at + "/definition").is(http.StatusOK).body)
	if !strings.Contains(text, "extends: [training]") {
		t.Errorf("the text as it was sent: %s", text)
	}
	wrong := p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(strings.Replace(text, "[training]", "[trainings]", 1))).is(http.StatusUnprocessableEntity)
	if !slices.ContainsFunc(wrong.list("errors"), func(e any) bool { return within(e, "field") == "extends[0]" && within(e, "code") == "not_in_list" }) {
		t.Errorf("a pack that there is not: %s", wrong)
	}
}
