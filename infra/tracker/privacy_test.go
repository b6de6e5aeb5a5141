package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// originals returns the uploaded files that a tracker keeps, by key.
func originals(t *testing.T, s *tracker) map[string]string {
	t.Helper()
	found := map[string]string{}
	root := filepath.Join(s.data, "objects", "uploads")
	err := filepath.WalkDir(root, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		found[file] = string(text)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return found
}

func TestErasureCoversFilesAndLetters(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards")
	p.anyone.post(p.at+"/signups", signup("znikająca", "planting").and(fields{"email": "znika@example.org"})).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("zostaje", "planting")).is(http.StatusCreated)
	eventually(t, "letters", func() bool { return len(p.mails("znika@example.org")) > 0 && len(p.mails("zostaje@example.org")) > 0 })
	header := "email,activity,date,outcome\n"
	row := func(email string, day int) string { return email + ",planting," + p.day(day) + ",completed\n" }
	both := p.accepts(p.office, "znika i inni.csv", header+row("znika@example.org", -1)+row("zostaje@example.org", -1)).text("id")
	twice := p.accepts(p.office, "jeszcze raz.csv", header+row("znika@example.org", -1)+row("zostaje@example.org", -1)).text("id")
	checked := p.upload(p.office, "na próbę.csv", header+row("znika@example.org", -1)+row("zostaje@example.org", -1), fields{"check_only": true}).text("id")
	paper := p.accepts(p.office, "papier.csv", "activity,first_name,last_name,email,sex,consent_processing\nlast-call,Znikająca,Papierowa,znika@example.org,female,tak\n").text("id")
	others := p.accepts(p.office, "inni.csv", header+row("zostaje@example.org", -2)).text("id")
	media := p.accepts(p.radio, "audycje.csv", p.airings("radio")).text("id")
	before := p.compile()
	person := p.office.get(p.at + "/people?q=znika@example.org").is(http.StatusOK).text("items.0.id")
	p.office.delete(p.at + "/people/" + person).is(http.StatusOK)

	for file, text := range originals(t, s) {
		if strings.Contains(text, "znika@") {
			t.Errorf("%s is still there", file)
		}
	}
	for name, id := range map[string]string{"that names them and others": both, "of the same bytes": twice, "of the same bytes, only checked": checked, "of sign-ups": paper} {
		got := p.office.get(p.at + "/uploads/" + id).is(http.StatusOK)
		if got.text("original_removed_at") == "" || got.text("filename") != "" {
			t.Errorf("a file %s: it is not said that it was removed: %s", name, got)
		}
		p.office.get(p.at + "/uploads/" + id + "/original").is(http.StatusGone)
		shown := p.office.browser().with("Accept-Language", "en").get(p.at + "/uploads/" + id).is(http.StatusOK).isPage()
		if !strings.Contains(string(shown.body), "The file as it was sent was removed") || strings.Contains(string(shown.body), "/original") {
			t.Errorf("a file %s: its page: %s", name, shown)
		}
		for language, words := range map[string]string{"pl": "Przesłany plik usunięto", "en": "The file as it was sent was removed"} {
			gone := p.office.browser().with("Accept-Language", language).get(p.at + "/uploads/" + id + "/original").is(http.StatusGone).isPage()
			if !strings.Contains(string(gone.body), words) {
				t.Errorf("a file %s, asked for: %s", name, gone)
			}
		}
	}
	for name, id := range map[string]string{"of others": others, "of a partner": media} {
		if got := p.office.get(p.at + "/uploads/" + id).is(http.StatusOK); got.text("original_removed_at") != "" {
			t.Errorf("a file %s: %s", name, got)
		}
		p.office.get(p.at + "/uploads/" + id + "/original").is(http.StatusSeeOther)
	}
	if letters := p.mails("znika@example.org"); len(letters) > 0 {
		t.Errorf("letters are still there: %v", letters)
	}
	if letters := p.mails("zostaje@example.org"); len(letters) == 0 {
		t.Error("another's letters are gone")
	}
	after := p.compile()
	for _, code := range []string{"1", "7", "9"} {
		if a, b := figure(before, code, "achieved"), figure(after, code, "achieved"); a != b {
			t.Errorf("indicator %s was %s and is %s: rows stopped counting", code, a, b)
		}
	}
	if code := s.stop(t, os.Interrupt); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, name := range []string{"mail.jsonl", "log.jsonl", "tracker.db", "tracker.db-wal"} {
		if text, err := os.ReadFile(filepath.Join(s.data, name)); name == "mail.jsonl" && (err != nil || strings.Contains(string(text), "znika@")) {
			t.Errorf("%s: %v: %s", name, err, text)
		}
	}
	// Existing files are delivered again after a restart; removed ones cause no error.
	s = s.again(t)
	p.tracker = s
	p.meet(t)
	if got := p.anyone.get("/local/dead-letters").is(http.StatusOK).list("items"); len(got) > 0 {
		t.Errorf("dead letters: %v", got)
	}
}

func TestSchedulePurgesAfterTheRetentionPeriod(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	over := func(id, retention string) *project {
		p := &project{t: t, tracker: s, id: id, at: "/" + id}
		p.today = newTime(t)
		p.meet(t)
		p.admin.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition(
			"to: "+p.day(300), "to: "+p.day(-500), "from: "+p.day(-60), "from: "+p.day(-900), "reports:", retention+"\nreports:"))).is(http.StatusCreated)
		p.office.post(p.at+"/signups", signup("dawna", "planting").and(fields{"sex": "female", "submitted_at": p.when(-600, "10:00:00")})).is(http.StatusCreated)
		p.office.post(p.at+"/consultations", p.consultation("dawna").and(fields{"date": p.day(-600), "topic": "Dawny temat", "notes": "Dawna notatka", "adviser": "adviser@example.org"})).is(http.StatusCreated)
		p.office.post(p.at+"/outputs", p.output("Ulotka").and(fields{"date": p.day(-600), "evidence": "Dawny dowód"})).is(http.StatusCreated)
		p.accepts(p.office, "dawni.csv", "email,activity,date,outcome\ndawna@example.org,planting,"+p.day(-600)+",completed\n")
		p.accepts(p.office, "porady.csv", "email,date,field,minutes,form,topic\ndawna@example.org,"+p.day(-601)+",law,15,phone,Dawny wiersz\n")
		p.accepts(p.radio, "audycje.csv", fmt.Sprintf("date,medium,title,outlet,reach\n%s,radio,Dawna audycja,Radio,100\n", p.day(-600)))
		return p
	}
	due := over("due", "retention: {people: 12, texts: 3, originals: 12}")
	texts := over("texts", "retention: {people: 600, texts: 3}")
	kept := over("kept", "retention: {people: 24, texts: 24, originals: 24}")
	silent := over("silent", "")
	all := []*project{due, texts, kept, silent}
	snaps := map[string]reply{}
	for _, p := range all {
		snaps[p.id] = p.compile()
	}
	for range 2 { // the second night finds nothing to do
		due.anyone.post("/local/run", fields{"function": "compile-snapshot"}).is(http.StatusOK)
	}
	story := func(p *project) string {
		found := p.office.get(p.at + "/people?q=dawna@example.org").is(http.StatusOK)
		if len(found.list("items")) == 0 {
			return ""
		}
		return string(p.office.get(p.at + "/people/" + found.text("items.0.id") + ".json").is(http.StatusOK).body)
	}
	if got := story(due); got != "" {
		t.Errorf("the person is still there: %s", got)
	}
	if got := story(texts); !strings.Contains(got, "dawna@example.org") || strings.Contains(got, "Dawny") || strings.Contains(got, "Dawna ") {
		t.Errorf("of texts alone: %s", got)
	}
	for _, p := range []*project{kept, silent} {
		if got := story(p); !strings.Contains(got, "Dawny temat") || !strings.Contains(got, "Dawny wiersz") || !strings.Contains(got, "Dawna notatka") {
			t.Errorf("%s: %s", p.id, got)
		}
	}
	for file := range originals(t, s) {
		if strings.Contains(file, string(filepath.Separator)+"due"+string(filepath.Separator)) {
			t.Errorf("%s is still there", file)
		}
	}
	for _, p := range all {
		removed := 0
		for _, u := range p.office.get(p.at + "/uploads").is(http.StatusOK).list("items") {
			if said(within(u, "original_removed_at")) != "" {
				removed++
			}
		}
		if want := map[string]int{"due": 3}[p.id]; removed != want {
			t.Errorf("%s: %d files are said to be removed, want %d", p.id, removed, want)
		}
		v := p.office.post(p.at+"/snapshots/"+snaps[p.id].text("id")+"/verification", fields{}).is(http.StatusOK)
		var classes []string
		for _, purge := range v.list("purges") {
			classes = append(classes, said(within(purge, "class")))
		}
		want := map[string]string{"due": "originals people texts", "texts": "texts"}[p.id]
		if got := strings.Join(sorted(classes), " "); got != want || v.text("same") != fmt.Sprint(p != due) || (len(v.list("erasures")) > 0) != (p == due) {
			t.Errorf("%s: verified: purges %q, want %q: %s", p.id, got, want, v)
		}
		after := p.compile()
		for _, code := range []string{"1", "2", "3", "5", "6", "7", "9", "10"} { // all that ask for no attribute
			if a, b := figure(snaps[p.id], code, "achieved"), figure(after, code, "achieved"); a != b || a == "0" && code != "2" {
				t.Errorf("%s: indicator %s was %s and is %s", p.id, code, a, b)
			}
		}
	}
	for language, words := range map[string]string{"pl": "od tego czasu usunięto osoby", "en": "the people were removed since"} {
		page := due.office.browser().with("Accept-Language", language).fill(due.at+"/snapshots/"+snaps["due"].text("id")+"/verification", fields{}).is(http.StatusOK).isPage()
		if !strings.Contains(string(page.body), words) {
			t.Errorf("%s: %s", language, page)
		}
	}
}

// newTime returns the current time in the projects' time zone.
func newTime(t *testing.T) time.Time {
	t.Helper()
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().In(warsaw)
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}
