package main_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// archiveOf downloads the archive of a project, wherever it lies.
func (p *project) archiveOf() []byte {
	p.t.Helper()
	got := p.office.get(p.at + "/archive.zip")
	if got.status == http.StatusSeeOther {
		got = p.anyone.send("GET", got.header.Get("Location"), "", nil)
	}
	got.is(http.StatusOK)
	return got.body
}

// taken is the answer to an archive, which is put at a place where it is too large for a request.
func (p *project) taken(archive []byte) reply {
	p.t.Helper()
	if len(archive) <= 4<<20 {
		return p.admin.send("POST", "/archive", "application/zip", archive)
	}
	place := p.admin.post("/archive", fields{"filename": "archive.zip", "size": len(archive)}).is(http.StatusCreated)
	p.deliver(place, string(archive))
	return p.admin.post("/archive", fields{"id": place.text("id")})
}

// moved takes the project in at another tracker, with a folder and a secret of its own.
func (p *project) moved(archive []byte) *project {
	p.t.Helper()
	other := *p
	other.tracker = start(p.t, filepath.Join(p.t.TempDir(), "other"), "localhost:0", "-empty")
	other.meet(p.t)
	other.taken(archive).is(http.StatusCreated).has(map[string]string{"project": p.id})
	return &other
}

// entries are the entries of an archive by name.
func entries(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	all, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range all.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		out[f.Name] = string(content)
	}
	return out
}

func TestContractArchiveMovesTheModelProject(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short: plays the whole model project")
	}
	p := &project{t: t, tracker: start(t, filepath.Join(t.TempDir(), "data"), "localhost:0"), id: "ces", at: "/ces"}
	p.meet(t)
	before := p.office.get(p.at + "/snapshots/latest").is(http.StatusOK)
	const published = "sha256:a6b49de57ae68c55cd50dbda6bceabdbf016641aaf85ca104811fa1d70b20b39"
	if before.text("hash") != published {
		t.Fatalf("the hash is %s", before.text("hash"))
	}
	archive := p.archiveOf()
	other := p.moved(archive)
	after := other.office.get(p.at + "/snapshots/latest").is(http.StatusOK)
	for _, name := range []string{"id", "hash", "seal", "evidence.root", "state", "known_at"} {
		if after.text(name) != before.text(name) {
			t.Errorf("%s was %s and is %s", name, before.text(name), after.text(name))
		}
	}
	again := other.office.post(p.at+"/snapshots", fields{"as_of": before.text("as_of")})
	if again.text("hash") != published {
		t.Errorf("compiled anew: %s", again)
	}
	v := other.office.post(p.at+"/snapshots/"+before.text("id")+"/verification", fields{}).is(http.StatusOK)
	if v.text("same") != "true" || v.text("computed") != published {
		t.Errorf("verified: %s", v)
	}
	if n := len(other.anyone.get("/local/mail").is(http.StatusOK).list("items")); n != 0 {
		t.Errorf("%d letters were sent", n)
	}
	files := entries(t, archive)
	for _, name := range []string{"README.md", "people.csv", "signups.csv", "records/media.csv", "records/attendance.csv", "definition/1.yaml", "erasures.csv"} {
		if files[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	names := []string{}
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	t.Log(len(archive), strings.Join(names, "\n"))
}
