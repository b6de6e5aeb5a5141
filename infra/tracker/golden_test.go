package main_test

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const goldenFolder = "testdata/golden"

// goldenRow is a row of the first table in testdata/golden/README.md: the results of a project on a day.
type goldenRow struct {
	folder, project, asOf string
	state                 string // of the folder's snapshot of that day, or none
	hash, evidence        string
}

// resent lists files of the golden folders, each with a row to add.
var resent = []struct{ folder, project, role, object, row string }{
	{"ces-c95fb75", "ces", "partner:press-partner", "uploads/ces/press-partner/01M8KYXZRJA1V7WVB6E7TSVXJM/file", "08.06.2010;;press;article;Dodatek;Gazeta Partner;1000;"},
	{"ces-c95fb75", "ces", "coordinator", "uploads/ces/coordinator/01M8KYXZF4XYTA8JFQRGYPHF8K/file", "osoba001@example.org,running-promotion,2010-11-26,3,completed"},
	{"ces-c95fb75", "ces", "coordinator", "uploads/ces/coordinator/01M8KYXZN1AZXRJNT9SJSV59S5/file", "osoba106@example.org,2011-01-30,coaching,60,in-person,coach@example.org,Dodatek"},
	{"courtyards-6bd1782", "gc", "partner:radio", "uploads/gc/radio/01M8M8DPC5GYN8PWS8S9GN9KNB/file", "2026-06-02,08:00,radio,spot,Dodatek,Radio Podwórko,700"},
	{"courtyards-6bd1782", "gc", "coordinator", "uploads/gc/coordinator/01M8M8DPSFP0TZE5DTBY5WPGMX/file", "2026-06-21,film,1,Dodatek,"},
}

// TestGoldenFolderCountsTheSame opens data folders that earlier versions wrote and compiles the days that README.md
// lists. A day without a snapshot is counted for the first time, from the folder's checkpoint where it is there; each
// snapshot is then verified, which counts it from the first fact and from the latest checkpoint.
func TestGoldenFolderCountsTheSame(t *testing.T) {
	t.Parallel()
	for _, folder := range goldenFolders(t) {
		for _, checkpoints := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/checkpoints=%t", folder, checkpoints), func(t *testing.T) {
				t.Parallel()
				s := openGolden(t, folder, checkpoints)
				for _, cells := range goldenTable(t, folder, 4) {
					p := at(t, s, cells[1])
					verification := p.office.post(p.at+"/snapshots/"+cells[2]+"/verification", fields{}).is(http.StatusOK)
					if got := strings.TrimPrefix(verification.text("computed"), "sha256:"); got != cells[3] {
						t.Errorf("snapshot %s of %s comes to %s, want %s", cells[2], cells[1], got, cells[3])
					}
				}
				for _, cells := range goldenTable(t, folder, 6) {
					compareGolden(t, s, goldenRow{cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]})
				}
			})
		}
	}
}

func compareGolden(t *testing.T, s *tracker, want goldenRow) {
	t.Helper()
	p := at(t, s, want.project)
	snap := p.office.post(p.at+"/snapshots", fields{"as_of": want.asOf})
	state := snap.text("state")
	if snap.status != http.StatusOK {
		snap.is(http.StatusCreated)
		state = "none"
	}
	snapshot := p.at + "/snapshots/" + snap.text("id")
	got := goldenRow{want.folder, want.project, want.asOf, state, strings.TrimPrefix(snap.text("hash"), "sha256:"), evidenceDigest(p, snapshot, snap)}
	if got != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	verification := p.office.post(snapshot+"/verification", fields{}).is(http.StatusOK)
	for _, path := range []string{"computed", "checkpoint"} {
		hash := strings.TrimPrefix(verification.text(path), "sha256:")
		late := path == "checkpoint" && hash == "" && state != "none" // the checkpoint is later than this snapshot
		if !late && hash != want.hash {
			t.Errorf("%s %s: %s is %q", want.project, want.asOf, path, hash)
		}
	}
}

// evidenceDigest returns a hash of the records behind each figure of a snapshot.
func evidenceDigest(p *project, snapshot string, snap reply) string {
	p.t.Helper()
	lists := []string{"participants"}
	for _, in := range snap.list("indicators") {
		lists = append(lists, "indicators/"+said(within(in, "code")))
	}
	digest := sha256.New()
	for _, list := range lists {
		fmt.Fprintln(digest, list)
		var lines []string
		for _, item := range p.everything(snapshot + "/" + list + "/evidence") {
			var values []any
			for _, name := range []string{"id", "kind", "date", "person", "upload", "row"} {
				values = append(values, within(item, name))
			}
			line, err := json.Marshal(values)
			if err != nil {
				p.t.Fatal(err)
			}
			lines = append(lines, string(line))
		}
		slices.Sort(lines)
		fmt.Fprintln(digest, strings.Join(lines, "\n"))
	}
	return fmt.Sprintf("%x", digest.Sum(nil))[:16]
}

// TestGoldenFolderRecognisesAFileSentBefore sends files of the folders again, each with one more row.
func TestGoldenFolderRecognisesAFileSentBefore(t *testing.T) {
	t.Parallel()
	for _, folder := range goldenFolders(t) {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			s := openGolden(t, folder, true)
			for _, file := range resent {
				if file.folder != folder {
					continue
				}
				content, err := os.ReadFile(filepath.Join(s.data, "objects", filepath.FromSlash(file.object)))
				if err != nil {
					t.Fatal(err)
				}
				text := strings.TrimRight(string(content), "\r\n") + "\n" + file.row + "\n"
				p := at(t, s, file.project)
				sent := p.upload(p.caller("again@example.org", file.project+":"+file.role), "again.csv", text, nil)
				sent.has(map[string]string{
					"state": "accepted", "new": "1", "changed": "0", "unchanged": fmt.Sprint(strings.Count(text, "\n") - 2),
				})
			}
		})
	}
}

func goldenFolders(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*.tar.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden folders: %v", err)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(filepath.Base(files[i]), ".tar.gz")
	}
	return files
}

// goldenTable returns the rows of README.md for a folder that have so many cells.
func goldenTable(t *testing.T, folder string, columns int) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(goldenFolder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(cells[i], " `")
		}
		if cells[0] == folder && len(cells) == columns {
			rows = append(rows, cells)
		}
	}
	if rows == nil {
		t.Fatalf("README.md lists nothing for %s", folder)
	}
	return rows
}

// openGolden starts a tracker on a copy of a golden folder.
func openGolden(t *testing.T, folder string, checkpoints bool) *tracker {
	t.Helper()
	dir := t.TempDir()
	unpack(t, filepath.Join(goldenFolder, folder+".tar.gz"), dir)
	data := filepath.Join(dir, folder)
	if !checkpoints {
		if err := os.RemoveAll(filepath.Join(data, "objects", "checkpoints")); err != nil {
			t.Fatal(err)
		}
	}
	return start(t, data, "localhost:0", "-empty")
}

func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for reader := tar.NewReader(zipped); ; {
		entry, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.FromSlash(entry.Name))
		if entry.FileInfo().IsDir() {
			err = os.MkdirAll(name, 0o700)
		} else {
			var content []byte
			content, err = io.ReadAll(reader)
			err = cmp.Or(err, os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, content, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestGoldenFolderFindsAndErasesPeople finds people of the folders by each word of their names, and erases them: no
// item of the tables has their ids or addresses.
func TestGoldenFolderFindsAndErasesPeople(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		folder, project, address string
		signups                  int
		words                    []string
	}{
		{"ces-c95fb75", "ces", "osoba003@example.org", 1, []string{"uczestniczka nr 003", "003"}},
		{"courtyards-6bd1782", "gc", "anna@example.org", 4, []string{"zielińska anna", "ann", "ziel"}},
		{"courtyards-6bd1782", "gc", "celina@example.org", 2, []string{"celina", "ogrodnik", "cel ogr"}},
	} {
		t.Run(c.address, func(t *testing.T) {
			t.Parallel()
			s := openGolden(t, c.folder, true)
			p := at(t, s, c.project)
			id := p.office.get(p.at + "/people?q=" + c.address).is(http.StatusOK).text("items.0.id")
			for _, words := range c.words {
				found := p.office.get(p.at + "/people?q=" + url.QueryEscape(words)).is(http.StatusOK).list("items")
				if !slices.ContainsFunc(found, func(one any) bool { return said(within(one, "id")) == id }) {
					t.Errorf("%q does not find %s", words, id)
				}
			}
			export := p.office.get(p.at + "/people/" + id + ".json").is(http.StatusOK)
			if made := export.list("signups"); len(made) != c.signups || said(within(made[0], "sendings.0.email")) == "" {
				t.Errorf("the export has %d sign-ups, want %d with forms", len(made), c.signups)
			}
			p.office.delete(p.at + "/people/" + id).is(http.StatusOK)
			for _, it := range dump(t, s) {
				if kind, _, _ := strings.Cut(it.pk, "#"); slices.Contains([]string{"ERASURES", "ERASING", "ANSWER", "MERGED"}, kind) {
					continue // the ledger, answers that expire in two days, and merges of ids, which say no more than that
				}
				if line := fmt.Sprint(it); strings.Contains(line, id) || strings.Contains(line, c.address) {
					t.Errorf("a trace is left: %s", line)
				}
			}
		})
	}
}
