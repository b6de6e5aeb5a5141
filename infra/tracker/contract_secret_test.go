package main_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestLostSecretIsNotReplaced(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards")
	p.anyone.post(p.at+"/signups", signup("zapisana", "planting")).is(http.StatusCreated)
	if code := s.stop(t, os.Interrupt); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	file := filepath.Join(s.data, "secret")
	right, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, content []byte, words ...string) {
		t.Helper()
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if content != nil {
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.Command(program, "-addr", "localhost:0", "-data", s.data, "-empty").CombinedOutput()
		if err == nil {
			t.Fatalf("%s: the program ended without an error: %s", name, out)
		}
		for _, word := range append(words, file, "backup", "docs/runbook.md") {
			if !strings.Contains(string(out), word) {
				t.Errorf("%s: it does not say %q: %s", name, word, out)
			}
		}
		now, err := os.ReadFile(file)
		if content == nil && !os.IsNotExist(err) || content != nil && !bytes.Equal(now, content) {
			t.Errorf("%s: the file changed", name)
		}
		if err := os.WriteFile(file, right, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused("missing", nil, "is missing", "would count twice")
	refused("another one", []byte(strings.Repeat("0f", 32)+"\n"), "not the one of these tables", "would be recognised")
	p.tracker = s.again(t)
	p.meet(t)
	p.anyone.post(p.at+"/signups", signup("zapisana", "compost")).is(http.StatusCreated)
	if n := len(p.office.get(p.at + "/people?q=zapisana@example.org").is(http.StatusOK).list("items")); n != 1 {
		t.Errorf("with the right secret: %d people", n)
	}
}

func TestRotatedSecretLosesNobody(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards")
	p.anyone.post(p.at+"/signups", signup("znana", "planting").and(fields{"pesel": pesel1})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("znana", "compost").and(fields{"pesel": pesel1})).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("znana")).is(http.StatusCreated)
	rows := "email,activity,date,outcome\nznana@example.org,planting," + p.day(-3) + ",completed\n"
	p.accepts(p.office, "obecni.csv", rows)
	var links []string
	eventually(t, "two letters with links", func() bool {
		links = nil
		for _, mail := range p.mails("znana@example.org") {
			links = append(links, regexp.MustCompile(`/courtyards/signups/[^/]+/cancel\?token=[0-9a-f]+`).FindAllString(said(within(mail, "text")), 1)...)
		}
		return len(links) == 2
	})
	before := p.compile()
	session, _ := p.signIn(p.id + ":coordinator")
	whole := func(label string, want int) {
		t.Helper()
		got := p.holding(session).get(p.at + "/people")
		if got.status != want {
			t.Errorf("%s: a session is answered %d, want %d", label, got.status, want)
		}
	}
	whole("before", http.StatusOK)
	rotate := func() string {
		t.Helper()
		out, err := exec.Command(program, "rotate-secret", "-data", s.data).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if out, err := exec.Command(program, "rotate-secret", "-data", s.data).CombinedOutput(); err == nil || !strings.Contains(string(out), "stop it first") {
		t.Errorf("beside a tracker that serves: %v: %s", err, out)
	}
	file := filepath.Join(s.data, "secret")
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if code := s.stop(t, os.Interrupt); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if out := rotate(); !strings.Contains(out, "the secret is replaced") {
		t.Error(out)
	}
	if now, err := os.ReadFile(file); err != nil || bytes.Equal(now, old) || len(now) != len(old) {
		t.Errorf("the file is the same: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(s.data, "secret*"))
	if err != nil || !slices.Equal(left, []string{file}) {
		t.Errorf("files that are left: %v, %v", left, err)
	}
	s = s.again(t)
	p.tracker = s
	p.meet(t)
	whole("a session from before the rotation", http.StatusUnauthorized)

	// No person counts twice: by a form, an adviser, a file, and a file that was sent before.
	had := len(p.mails("znana@example.org"))
	p.anyone.post(p.at+"/signups", signup("znana", "last-call").and(fields{"pesel": pesel1})).is(http.StatusCreated)
	eventually(t, "a letter", func() bool { return len(p.mails("znana@example.org")) > had })
	p.office.post(p.at+"/consultations", p.consultation("znana")).is(http.StatusConflict) // the same consultation
	p.accepts(p.office, "obecni znowu.csv", rows)
	for _, q := range []string{"znana@example.org", pesel1} {
		if n := len(p.office.get(p.at + "/people?q=" + url.QueryEscape(q)).is(http.StatusOK).list("items")); n != 1 {
			t.Errorf("%d people are found by one identity", n)
		}
	}
	v := p.office.post(p.at+"/snapshots/"+before.text("id")+"/verification", fields{}).is(http.StatusOK)
	if v.text("same") != "true" {
		t.Errorf("the snapshot is not the same: %s", v)
	}
	after := p.compile()
	for _, code := range []string{"1", "2", "6", "7", "9"} {
		if a, b := figure(before, code, "achieved"), figure(after, code, "achieved"); a != b {
			t.Errorf("indicator %s was %s and is %s", code, a, b)
		}
	}
	// Links of letters from before work, after a second rotation, too; those of new letters are others.
	p.anyone.browser().get(links[0]).is(http.StatusOK)
	if fresh := p.mails("znana@example.org"); !strings.Contains(said(within(fresh[0], "text")), "/cancel?token=") || strings.Contains(said(within(fresh[0], "text")), strings.SplitN(links[0], "token=", 2)[1]) {
		t.Errorf("a letter from after the rotation: %v", fresh[0])
	}
	if code := s.stop(t, os.Interrupt); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	rotate()
	s = s.again(t)
	p.tracker = s
	p.meet(t)
	p.anyone.post(links[0], fields{}).is(http.StatusOK)
	if code := s.stop(t, os.Interrupt); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if out, err := exec.Command(program, "rotate-secret", "-data", s.data, "-link-days", "0").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s = s.again(t)
	p.tracker = s
	p.meet(t)
	p.anyone.browser().get(links[1]).is(http.StatusNotFound)
}
