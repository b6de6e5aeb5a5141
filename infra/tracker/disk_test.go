package main_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// onDisk returns the content of every file of a folder, and what is packed in it: Parquet, gzip, and ZIP, which
// workbooks are.
func onDisk(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(folder, func(file string, entry os.DirEntry, err error) error {
		name, _ := filepath.Rel(folder, file)
		out["the names of files"] = append(out["the names of files"], filepath.ToSlash(name)+"\n"...)
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		out[name] = content
		switch {
		case strings.HasSuffix(name, ".parquet"):
			out[name+", decoded"] = decodedParquet(t, file)
		case bytes.HasPrefix(content, []byte("PK\x03\x04")):
			out[name+", unpacked"] = unzipped(t, content)
		}
		// Gzip and ZIP may be stored inside another file, as in an item of the tables.
		for at := 0; ; at++ {
			next := bytes.Index(content[at:], []byte{0x1f, 0x8b, 8})
			if next < 0 {
				break
			}
			at += next
			if packed, err := gzip.NewReader(bytes.NewReader(content[at:])); err == nil {
				part, _ := io.ReadAll(packed) // as far as it goes
				out[name+", unpacked"] = append(out[name+", unpacked"], part...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// copied copies the data folder of a tracker as a backup does: the tables by SQLite, all other files as they are.
func copied(t *testing.T, data string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("VACUUM INTO ?", filepath.Join(to, "backup.db")); err != nil {
		t.Fatal(err)
	}
	return to
}

// remaining reports which of the values occur where on the disk and in a backup, in any encoding.
func remaining(t *testing.T, data string, values map[string]string) []string {
	t.Helper()
	files := onDisk(t, data)
	for name, content := range onDisk(t, copied(t, data)) {
		files["backup: "+name] = content
	}
	return occurrences(values, files)
}

// TestErasureReachesTheDisk enters personal data of every kind by every way, erases one person and then all, and
// searches the whole data folder and backups for each value.
func TestErasureReachesTheDisk(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards", "reports:", "retention: {people: 12, texts: 12, originals: 12}\nreports:")
	hers, his := map[string]string{}, map[string]string{}
	for _, what := range []string{"first name", "last name", "e-mail", "PESEL", "phone", "topic", "notes", "topic in a file", "reason", "file name"} {
		hers[what] = secrets[what]
	}
	hers["second e-mail"], hers["second last name"] = "dawna.nazwa@utajnione.example.org", "Przedślubna-Tajna"
	for _, what := range []string{"another's first name", "another's last name", "another's e-mail", "another's PESEL"} {
		his[what] = secrets[what]
	}
	his["topic of his"], his["notes of his"] = "Spór o miedzę z Kacprowiczem", "Prosił „o dyskrecję” w czwartek"

	me := fields{"activity": "planting", "first_name": hers["first name"], "last_name": hers["last name"], "email": hers["e-mail"], "pesel": hers["PESEL"], "phone": hers["phone"], "sex": "female", "consent_processing": true}
	him := fields{"activity": "compost", "first_name": his["another's first name"], "last_name": his["another's last name"], "email": his["another's e-mail"], "pesel": his["another's PESEL"], "consent_processing": true}
	keyed := p.anyone.with("Idempotency-Key", "klucz-1")
	keyed.post(p.at+"/signups", me).is(http.StatusCreated)
	keyed.post(p.at+"/signups", me).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", him).is(http.StatusCreated)
	p.office.post(p.at+"/signups", me.and(fields{"activity": "last-call", "last_name": hers["second last name"], "email": hers["second e-mail"]})).is(http.StatusCreated)
	talk := p.adviser.post(p.at+"/consultations", p.consultation("x").and(fields{"person": fields{"email": hers["e-mail"]}, "topic": hers["topic"], "notes": hers["notes"]})).is(http.StatusCreated).text("id")
	p.adviser.put(p.at+"/consultations/"+talk, p.consultation("x").and(fields{"person": fields{"email": hers["e-mail"]}, "topic": hers["topic"], "notes": hers["notes"], "minutes": 50, "reason": hers["reason"]})).is(http.StatusOK)
	p.adviser.post(p.at+"/consultations", p.consultation("x").and(fields{"person": fields{"email": his["another's e-mail"]}, "topic": his["topic of his"], "notes": his["notes of his"]})).is(http.StatusCreated)
	p.accepts(p.office, hers["file name"], "email,pesel,date,field,minutes,form,topic\n"+fmt.Sprintf("%s,%s,%s,law,15,phone,%s\n", hers["e-mail"], hers["PESEL"], p.day(-4), hers["topic in a file"]))
	p.upload(p.office, "próba "+hers["file name"], "email,pesel,date,field,minutes,form,topic\n"+fmt.Sprintf("%s,%s,%s,law,15,phone,%s\n", hers["e-mail"], hers["PESEL"], p.day(-5), hers["topic in a file"]), fields{"check_only": true})
	p.upload(p.office, "zły "+hers["file name"], "email,pesel,date,field,minutes,form,topic\n"+fmt.Sprintf("%s,%s,never,law,15,phone,%s\n", hers["e-mail"], hers["PESEL"], hers["topic in a file"]), nil)
	eventually(t, "letters", func() bool { return len(p.mails(hers["e-mail"])) > 0 && len(p.mails(his["another's e-mail"])) > 0 })
	p.compile()
	lay(t, s, "answers/"+p.id+"/01J00000000000000000000000", hers["first name"]+" "+hers["last name"]+";"+hers["PESEL"])
	p.office.get(p.at + "/signups.xlsx").is(http.StatusOK)

	found := strings.Join(remaining(t, s.data, hers), "\n")
	for _, where := range []string{" in tracker.db", " in backup: backup.db", " in objects/uploads/", " in mail.jsonl", " in objects/answers/"} {
		if !strings.Contains(found, where) {
			t.Errorf("before the erasure the search finds nothing%s: %s", where, found)
		}
	}
	for what := range hers {
		if !strings.Contains(found, what+" occurs") {
			t.Errorf("before the erasure the search does not find the %s", what)
		}
	}
	var ids []string
	for _, q := range []string{hers["e-mail"], hers["second e-mail"]} {
		for _, one := range p.office.get(p.at + "/people?q=" + url.QueryEscape(q)).is(http.StatusOK).list("items") {
			ids = append(ids, said(within(one, "id")))
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		p.office.delete(p.at + "/people/" + id).is(http.StatusOK)
	}
	for _, left := range remaining(t, s.data, hers) {
		t.Errorf("after the erasure %s", left)
	}
	if n := len(remaining(t, s.data, his)); n == 0 {
		t.Error("another person's data are gone, too")
	}
	if code := s.stop(t, os.Interrupt); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	for _, left := range remaining(t, s.data, hers) {
		t.Errorf("after the stop %s", left)
	}
	// What a killed process leaves in temporary files is removed at the start.
	for _, name := range []string{"tmp/rows-1", "mail.jsonl.new"} {
		if err := os.WriteFile(filepath.Join(s.data, name), []byte(hers["e-mail"]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = s.again(t)
	p.tracker = s
	p.meet(t)
	for _, left := range remaining(t, s.data, hers) {
		t.Errorf("after the next start %s", left)
	}

	// The project ends: the night after its retention erases everyone.
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition(
		"to: "+p.day(300), "to: "+p.day(-500), "from: "+p.day(-60), "from: "+p.day(-900), "reports:", "retention: {people: 12, texts: 12, originals: 12}\nreports:"))).is(http.StatusOK)
	p.anyone.post("/local/run", fields{"function": "compile-snapshot"}).is(http.StatusOK)
	all := maps.Clone(hers)
	maps.Copy(all, his)
	for _, left := range remaining(t, s.data, all) {
		t.Errorf("after the purge %s", left)
	}
}

func TestStoredAnswersExpire(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	folder := filepath.Join(s.data, "objects", "answers", "courtyards")
	for name, age := range map[string]time.Duration{"old": 25 * time.Hour, "fresh": 23 * time.Hour} {
		lay(t, s, "answers/courtyards/"+name, "x")
		at := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(folder, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if code := s.stop(t, os.Interrupt); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	s.again(t)
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != "fresh" {
		t.Errorf("%v, %v", left, err)
	}
}

func TestSearchOfTheDiskFindsWhatIsPacked(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var packed, archive bytes.Buffer
	packed.WriteString("before")
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(secrets["notes"])) // into memory
	_ = w.Close()
	z := zip.NewWriter(&archive)
	part, err := z.Create("sheet.xml")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(secrets["topic"])) // into memory
	_ = z.Close()
	for name, content := range map[string][]byte{"a.db": packed.Bytes(), "b.xlsx": archive.Bytes()} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found := onDisk(t, folder)
	if !bytes.Contains(found["a.db, unpacked"], []byte(secrets["notes"])) || !bytes.Contains(found["b.xlsx, unpacked"], []byte(secrets["topic"])) {
		t.Errorf("%q", found)
	}
}
