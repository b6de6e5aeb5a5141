package main_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
)

// rootOf is the root of the RFC 6962 tree over records, by the recipe in docs/funder.md.
func rootOf(leaves [][]byte) [32]byte {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	default:
		half := 1 << (bits.Len(uint(n-1)) - 1)
		left, right := rootOf(leaves[:half]), rootOf(leaves[half:])
		return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

func prefixed(hash [32]byte) string { return "sha256:" + hex.EncodeToString(hash[:]) }

// sealOf computes the seal of a snapshot from what a reader can download.
func (p *project) sealOf(c caller, snap reply) (root, seal string) {
	p.t.Helper()
	lists := map[string]string{"participants": "participants"} // by code
	for _, in := range snap.list("indicators") {
		lists[said(within(in, "code"))] = "indicators/" + said(within(in, "code"))
	}
	var figures [][]byte
	var codes []string
	for code := range lists {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	canonical := func(value any) []byte {
		plain, err := json.Marshal(value)
		if err != nil {
			p.t.Fatal(err)
		}
		text, err := jcs.Transform(plain)
		if err != nil {
			p.t.Fatal(err)
		}
		return text
	}
	reader := *p
	reader.office = c
	for _, code := range codes {
		var leaves [][]byte
		for _, item := range reader.everything(p.at + "/snapshots/" + snap.text("id") + "/" + lists[code] + "/evidence") {
			leaf := maps.Clone(item.(map[string]any))
			delete(leaf, "fields")
			leaves = append(leaves, canonical(leaf))
		}
		figures = append(figures, canonical(map[string]any{"code": code, "records": len(leaves), "root": prefixed(rootOf(leaves))}))
	}
	root = prefixed(rootOf(figures))
	return root, prefixed(sha256.Sum256([]byte(snap.text("hash") + root)))
}

func newSealed(t *testing.T) (p *project, snap reply) {
	t.Helper()
	p = newProjectAt(t, start(t, filepath.Join(t.TempDir(), "data"), "localhost:0", "-empty"), "sealed")
	for i := range 7 {
		name := fmt.Sprintf("osoba%d", i)
		p.office.post(p.at+"/signups", signup(name, "planting")).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name).and(fields{"hours": 2.5})).is(http.StatusCreated)
	}
	p.office.post(p.at+"/outputs", p.output("Zażółć „gęślą” <jaźń> & \"co\"")).is(http.StatusCreated)
	snap = p.compile()
	p.approve(snap)
	return p, snap
}

func TestStrangerComputesTheSeal(t *testing.T) {
	t.Parallel()
	p, snap := newSealed(t)
	root, seal := p.sealOf(p.funder, snap)
	if snap.text("evidence.root") != root || snap.text("seal") != seal {
		t.Errorf("root %s and seal %s, computed %s and %s", snap.text("evidence.root"), snap.text("seal"), root, seal)
	}
	public := p.anyone.get(p.at).is(http.StatusOK)
	if public.text("snapshot.seal") != seal || public.text("snapshot.evidence.root") != root {
		t.Errorf("the public reads %s and %s", public.text("snapshot.seal"), public.text("snapshot.evidence.root"))
	}
	address := p.at + "/snapshots/" + snap.text("id")
	for _, shown := range []reply{p.anyone.browser().get(p.at), p.funder.browser().get(address), p.funder.get(address + ".csv")} {
		if !strings.Contains(string(shown.body), seal) {
			t.Errorf("the seal is not on %.200s", shown)
		}
	}
	if line := p.funder.get(p.at + "/snapshots").is(http.StatusOK); line.text("items.0.seal") != seal {
		t.Errorf("listed with the seal %s", line.text("items.0.seal"))
	}
	p.office.post(p.at+"/attendance", p.attendance("osoba9")).is(http.StatusCreated)
	next := p.compile()
	p.approve(next)
	after := p.funder.get(p.at + "/snapshots/" + next.text("id")).is(http.StatusOK)
	if after.text("previous.id") != snap.text("id") || after.text("previous.seal") != seal {
		t.Errorf("approved after %v", after.at("previous"))
	}
	if root, seal := p.sealOf(p.funder, after); after.text("evidence.root") != root || after.text("seal") != seal {
		t.Errorf("of the next: root %s and seal %s, computed %s and %s", after.text("evidence.root"), after.text("seal"), root, seal)
	}
}

// damage changes, or deletes, each file of a folder of objects.
func damage(t *testing.T, pattern string, change func([]byte) []byte) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if content = change(content); content == nil {
			err = os.Remove(file)
		} else {
			err = os.WriteFile(file, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatWasAlteredIsNeverShown(t *testing.T) {
	t.Parallel()
	p, snap := newSealed(t)
	address := p.at + "/snapshots/" + snap.text("id")
	evidence := []string{address + "/participants/evidence", address + "/participants/evidence.csv", address + "/indicators/" + snap.text("indicators.0.code") + "/evidence"}
	figures := append([]string{p.at, address, address + "/changes"}, evidence...)
	for _, suffix := range []string{".json", ".csv", ".xlsx", ".pdf"} {
		figures = append(figures, address+suffix)
	}
	objects := filepath.Join(p.tracker.data, "objects", "snapshots", p.id)
	of := filepath.Join(objects, snap.text("id"))
	nine := func(content []byte) []byte { return []byte(strings.Replace(string(content), ":7", ":9", 1)) }
	gone := func([]byte) []byte { return nil }
	half := func(content []byte) []byte { return content[:len(content)/2] }
	for _, c := range []struct {
		name, files string
		change      func([]byte) []byte
		addresses   []string
		differs     string
	}{
		{"a figure was altered", filepath.Join(of, "snapshot.json"), nine, figures, "snapshot"},
		{"the figures were truncated", filepath.Join(of, "snapshot.json"), half, figures, "snapshot"},
		{"the figures were deleted", filepath.Join(of, "snapshot.json"), gone, figures, "snapshot"},
		{"the index of the evidence was altered", filepath.Join(of, "evidence.json"), func(b []byte) []byte { return []byte(strings.Replace(string(b), "parts", "Parts", 1)) }, evidence, "evidence"},
		{"the index of the evidence was deleted", filepath.Join(of, "evidence.json"), gone, evidence, "evidence"},
		{"evidence was altered", filepath.Join(objects, "evidence", "*.json"), func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "attendance", "consultation")) }, evidence, "evidence"},
		{"evidence was truncated", filepath.Join(objects, "evidence", "*.json"), half, evidence, "evidence"},
		{"evidence was deleted", filepath.Join(objects, "evidence", "*.json"), gone, evidence, "evidence"},
	} {
		damage(t, c.files, c.change)
		for _, at := range c.addresses {
			got := p.funder.get(at).is(http.StatusInternalServerError)
			if got.text("code") != "damaged" {
				t.Errorf("%s: %s answers %s", c.name, at, got)
			}
			if at == p.at {
				p.anyone.browser().get(at + "?lang=en").is(http.StatusInternalServerError)
			}
		}
		v := p.office.post(address+"/verification", fields{}).is(http.StatusOK)
		if v.text("same") != "false" || !slices.Contains(v.list("differs"), any(c.differs)) {
			t.Errorf("%s: verified: %s", c.name, v)
		}
		again := p.office.post(address+"/recomputation", fields{}).is(http.StatusOK)
		if again.text("seal") != snap.text("seal") || again.text("hash") != snap.text("hash") {
			t.Errorf("%s: made again: %s", c.name, again)
		}
		for _, at := range figures {
			p.funder.get(at).is(http.StatusOK)
		}
		if v := p.office.post(address+"/verification", fields{}).is(http.StatusOK); v.text("same") != "true" {
			t.Errorf("%s: made again, verified: %s", c.name, v)
		}
	}
	p.funder.post(address+"/recomputation", fields{}).is(http.StatusForbidden)
	p.office.post(p.at+"/snapshots/01ARZ3NDEKTSV4RRFFQ69G5FAV/recomputation", fields{}).is(http.StatusNotFound)
}

// A snapshot from before there were seals says so, and gets one when it is made again.
func TestEarlierSnapshotIsNotSealed(t *testing.T) {
	t.Parallel()
	s := openGolden(t, "ces-c95fb75", true)
	p := at(t, s, "ces")
	snap := p.funder.get(p.at + "/snapshots/latest").is(http.StatusOK)
	address := p.at + "/snapshots/" + snap.text("id")
	if snap.at("seal") != nil || snap.at("evidence") != nil {
		t.Errorf("sealed: %s", snap)
	}
	for _, lang := range []string{"en", "pl"} {
		words := map[string]string{"en": "not sealed", "pl": "bez pieczęci"}[lang]
		for _, shown := range []reply{p.anyone.browser().get(p.at + "?lang=" + lang), p.funder.browser().get(address + "?lang=" + lang), p.funder.get(address + ".csv?lang=" + lang)} {
			if !strings.Contains(string(shown.body), words) {
				t.Errorf("%q is not on %.300s", words, shown)
			}
		}
	}
	hash := snap.text("hash")
	damage(t, filepath.Join(s.data, "objects", "snapshots", "ces", snap.text("id"), "snapshot.json"), func(content []byte) []byte {
		return regexp.MustCompile(`"achieved":"?[0-9]+`).ReplaceAll(content, []byte(`"achieved":9999`))
	})
	p.anyone.get(p.at).is(http.StatusInternalServerError)
	again := p.office.post(address+"/recomputation", fields{}).is(http.StatusOK)
	if root, seal := p.sealOf(p.funder, again); again.text("hash") != hash || again.text("seal") != seal || again.text("evidence.root") != root {
		t.Errorf("made again: %s", again)
	}
	p.anyone.get(p.at).is(http.StatusOK)
}
