package main_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

func TestRedriveDeliversDeadLetters(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	c := caller{t: t, base: s.base}
	waiting := func(n int) func() bool {
		return func() bool { return len(c.get("/local/dead-letters").is(http.StatusOK).list("items")) == n }
	}
	day := newProject(t).day(-3)
	lay(t, s, "uploads/courtyards/radio/airings.csv", "date;medium;title;outlet;reach\n"+day+";radio;Drzewa;Radio;12500\n")
	eventually(t, "a dead letter of a project that is not there", waiting(1))
	p := newProjectAt(t, s, "courtyards")
	if out, err := exec.Command(program, "redrive", "-data", s.data).CombinedOutput(); err != nil || !strings.Contains(string(out), "1 dead letters") {
		t.Fatalf("redrive: %v\n%s", err, out)
	}
	eventually(t, "no dead letter any more", waiting(0))
	if uploads := p.office.get(p.at + "/uploads").is(http.StatusOK); uploads.text("items.0.state") != "accepted" {
		t.Errorf("the file: %s", uploads)
	}
}
