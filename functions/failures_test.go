package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"outreach/infra/tracker/provider"
	"outreach/internal/app"
	"outreach/internal/mail"
	"outreach/internal/notices/deliver"
	"outreach/internal/objects"
	"outreach/internal/records"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/tabletest"
	"outreach/internal/uploads"
)

// saboteur injects one fault, at one call of one operation, into tables, files, or both. After a kill every call fails
// until the functions are restarted.
type saboteur struct {
	mu      sync.Mutex
	armed   bool
	fault   fault
	at      int // the number of the call, among those that can fail, from 1
	calls   int
	fired   bool
	dead    bool
	counted int // all calls while armed
}

// fault is a kind of failure.
type fault struct {
	name   string
	after  bool // the call has taken effect, but its answer is lost
	writes bool // only writes fail
	tables bool // only tables fail
	err    error
}

var faults = []fault{
	{name: "killed before", writes: true, err: tabletest.ErrKilled},
	{name: "killed after", writes: true, after: true, err: tabletest.ErrKilled},
	{name: "the answer is lost", writes: true, after: true, err: fmt.Errorf("no answer in time: %w: %w", table.ErrUnavailable, objects.ErrUnavailable)},
	{name: "a transaction conflict", writes: true, tables: true, err: &table.Conflict{}},
	{name: "throttled", err: fmt.Errorf("too much to do: %w: %w", table.ErrUnavailable, objects.ErrUnavailable)},
}

func (s *saboteur) ask(after, write, ofTable bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.armed:
		return nil
	case s.dead:
		return tabletest.ErrKilled
	}
	if !after {
		s.counted++
	}
	f := s.fault
	if s.fired || f.err == nil || f.after != after || f.writes && !write || f.tables && !ofTable {
		return nil
	}
	if s.calls++; s.calls != s.at {
		return nil
	}
	s.fired, s.dead = true, errors.Is(f.err, tabletest.ErrKilled)
	return f.err
}

// arm prepares the saboteur for one operation; disarm ends it, and reports whether the fault occurred.
func (s *saboteur) arm(f fault, at int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed, s.fault, s.at, s.calls, s.fired, s.dead = true, f, at, 0, false, false
}

func (s *saboteur) disarm() (fired bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = false
	return s.fired
}

func (s *saboteur) table(inner table.Table) table.Table {
	return &tabletest.Faulty{
		Table:  inner,
		Before: func(c tabletest.Call) error { return s.ask(false, c.Verb == "write", true) },
		After:  func(c tabletest.Call) error { return s.ask(true, c.Verb == "write", true) },
	}
}

// files is an object store with injected faults.
type files struct {
	objects.Store
	saboteur *saboteur
}

func (f files) call(write bool, do func() error) error {
	if err := f.saboteur.ask(false, write, false); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return f.saboteur.ask(true, write, false)
}

func (f files) Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error {
	return f.call(true, func() error { return f.Store.Put(ctx, key, body, contentType) })
}

func (f files) Delete(ctx context.Context, key string) error {
	return f.call(true, func() error { return f.Store.Delete(ctx, key) })
}

func (f files) Erase(ctx context.Context, key string, upTo time.Time) error {
	return f.call(true, func() error { return f.Store.Erase(ctx, key, upTo) })
}

func (f files) Stat(ctx context.Context, key string) (info objects.Info, err error) {
	err = f.call(false, func() error { info, err = f.Store.Stat(ctx, key); return err })
	return info, err
}

func (f files) List(ctx context.Context, prefix string, each func(objects.Info) error) error {
	return f.call(false, func() error { return f.Store.List(ctx, prefix, each) })
}

func (f files) Open(ctx context.Context, key, etag string) (body io.ReadCloser, info objects.Info, err error) {
	err = f.call(false, func() error { body, info, err = f.Store.Open(ctx, key, etag); return err })
	if err != nil && body != nil {
		body.Close()
	}
	return body, info, err
}

// limited is the definition of these tests: two places in the garden, a monthly report to the funder, and a retention
// period.
var limited = strings.Replace(definitionText, "{id: garden, label: Garden}", "{id: garden, label: Garden, capacity: 2}", 1) +
	"reports: {funder: monthly, language: pl}\nretention: {people: 60, texts: 24, originals: 36}\n"

// scenario is an operation on a prepared project.
type scenario struct {
	name string
	act  func(*harness, *sender) error
	// repeats are the kinds of facts that may occur once more, since the request repeats what is recorded.
	repeats []string
}

// overtime is after the end of the project's retention period.
var overtime = time.Date(2132, 6, 1, 8, 0, 0, 0, time.UTC)

var day = time.Date(2126, 6, 1, 8, 0, 0, 0, time.UTC)

func person(n int) map[string]any {
	return map[string]any{"email": fmt.Sprintf("osoba%d@example.org", n)}
}

func form(activity string, n int, more map[string]any) map[string]any {
	body := map[string]any{"activity": activity, "first_name": "Osoba", "last_name": fmt.Sprint("Nowa", n), "email": person(n)["email"], "consent_processing": true, "sex": "female", "locale": "pl"}
	maps.Copy(body, more)
	return body
}

func consultation(n int, date, topic string) map[string]any {
	return map[string]any{"person": person(n), "date": date, "field": "law", "minutes": 30, "form": "phone", "topic": topic}
}

// prepare creates a full activity with a waiting list, consultations, files, a snapshot, and two records of one person.
func prepare(h *harness, m *sender) error {
	steps := []func(*harness, *sender) error{}
	for n := 1; n <= 4; n++ {
		steps = append(steps, post("/town/signups", fmt.Sprint("signup", n), form("garden", n, nil)))
	}
	steps = append(steps,
		public("held", form("grants", 1, map[string]any{"pesel": "44051401359"})),
		post("/town/consultations", "consultation1", consultation(1, "2126-04-01", "pierwsza sprawa")),
		post("/town/consultations", "consultation5", consultation(5, "2126-04-02", "druga sprawa")),
		post("/town/attendance", "attendance1", map[string]any{"person": person(1), "activity": "garden", "date": "2126-05-10", "outcome": "completed", "hours": json.Number("2.5")}),
		arrived("radio", "radio.csv", "date,medium,title,outlet,reach\n2126-05-01,radio,Audycja,Radio,100\n2126-05-02,radio,Audycja,Radio,200\n"),
		eventOf("radio", "radio.csv"),
		arrived("coordinator", "obecni.csv", "email,activity,date,hours,outcome\nosoba1@example.org,garden,2126-05-11,3,completed\nosoba6@example.org,garden,2126-05-11,3,completed\n"),
		eventOf("coordinator", "obecni.csv"),
		arrived("coordinator", "zapisy.csv", "submitted_at,activity,first_name,last_name,email,sex,consent_processing\n2126-02-01T09:00:00Z,garden,Osoba,Zpliku,plik1@example.org,female,tak\n2126-02-02T09:00:00Z,grants,Osoba,Zpliku,plik2@example.org,male,tak\n"),
		eventOf("coordinator", "zapisy.csv"),
		func(h *harness, m *sender) error {
			kept, _, err := h.compiler.Compile(context.Background(), "town", "2126-05-31", "", store.Once{})
			m.ids["snapshot"] = kept.ID
			return err
		},
		post("/town/consultations", "consultation7", consultation(7, "2126-04-03", "trzecia sprawa")),
		arrived("radio", "poprawka.csv", "date,medium,title,outlet,reach\n2126-05-02,radio,Audycja,Radio,250\n2126-05-03,radio,Audycja,Radio,50\n"),
		arrived("coordinator", "obecni2.csv", "email,pesel,activity,date,hours,outcome\nosoba8@example.org,44051401359,garden,2126-05-12,1,completed\nosoba2@example.org,,garden,2126-05-12,2,withdrew\nosoba2@example.org,,garden,2126-05-12,2,completed\n"),
		arrived("coordinator", "zapisy2.csv", "submitted_at,activity,first_name,last_name,email,sex,consent_processing\n2126-02-03T09:00:00Z,grants,Osoba,Zpliku,plik3@example.org,female,tak\n2126-02-04T09:00:00Z,garden,Osoba,Zpliku,osoba1@example.org,female,tak\n"),
		arrived("radio", "gorsza.csv", "date,medium,title,outlet,reach\n2126-05-04,radio,Audycja,Radio,nikt\n"),
		eventOf("radio", "gorsza.csv"),
		arrived("radio", "zla.csv", "date,medium,title,outlet,reach\n2126-05-04,radio,Audycja,Radio,wiele\n"),
	)
	for i, step := range steps {
		h.at(day.Add(time.Duration(i) * time.Minute))
		if err := step(h, m); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

// public sends the public form with its hidden key. The same key must get the same answer each time.
func public(key string, body map[string]any) func(*harness, *sender) error {
	return func(h *harness, m *sender) error {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		status, answer := h.sendAs("", "POST", "/town/signups", key, "application/json", encoded)
		if status != http.StatusCreated {
			return fmt.Errorf("sign-up: %d %s", status, answer)
		}
		if before := m.ids[key]; before != "" && before != string(answer) {
			return fmt.Errorf("sign-up: answered %s, and before %s", answer, before)
		}
		m.ids[key] = string(answer)
		return nil
	}
}

func arrived(owner, name, content string) func(*harness, *sender) error {
	o := object{key: "uploads/town/" + owner + "/" + name, name: name, content: content}
	return func(h *harness, m *sender) error { return o.arrive(h) }
}

func eventOf(owner, name string) func(*harness, *sender) error {
	return object{key: "uploads/town/" + owner + "/" + name, name: name}.event
}

// ask sends a request without an idempotency key. An answer that says it was done before is accepted too.
func ask(method string, address func(*sender) string, body any, again ...int) func(*harness, *sender) error {
	return func(h *harness, m *sender) error {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		status, answer := h.send(method, address(m), "", "application/json", encoded)
		if status != http.StatusOK && status != http.StatusCreated && !slices.Contains(again, status) {
			return fmt.Errorf("%s %s: %d %s", method, address(m), status, answer)
		}
		return nil
	}
}

func at(prefix, key, suffix string) func(*sender) string {
	return func(m *sender) string { return prefix + m.ids[key] + suffix }
}

// whose returns the person of a typed record.
func whose(h *harness, m *sender, key string) (string, error) {
	found, err := h.app.DB.Tracker.Query(context.Background(), table.Query{PK: "RECORDS#town#consultation"})
	if err != nil {
		return "", err
	}
	for _, it := range found.Items {
		var typed records.Typed
		if err := json.Unmarshal(it.Data, &typed); err != nil {
			return "", err
		}
		if typed.ID == m.ids[key] {
			return typed.Person, nil
		}
	}
	return "", fmt.Errorf("no consultation %s", key)
}

// remembered looks people up before a fault occurs, as a user does who opens a page first.
func remembered(h *harness, m *sender) error {
	for _, key := range []string{"consultation1", "consultation5", "consultation7"} {
		id, err := whose(h, m, key)
		if err != nil {
			return err
		}
		m.ids["person of "+key] = id
	}
	return nil
}

// letters is a fake mail sender that keeps the ids of letters.
type letters struct{ ids []string }

func (l *letters) Send(_ context.Context, m mail.Message) error {
	l.ids = append(l.ids, m.ID)
	return nil
}

var scenarios = []scenario{
	{name: "somebody new signs up", act: public("form", form("grants", 20, nil))},
	{name: "somebody new signs up where all places are taken", act: public("form", form("garden", 20, nil))},
	{name: "a sign-up is held for the office", act: public("form", form("grants", 2, map[string]any{"pesel": "44051401359"}))},
	{name: "a form is sent again by somebody who is signed up", act: public("form", form("garden", 1, map[string]any{"education": "isced-5-8"}))},
	{name: "the office signs somebody up", act: post("/town/signups", "paper", form("grants", 21, map[string]any{"submitted_at": "2126-03-01T10:00:00Z", "phone": "600100200"}))},
	{name: "somebody withdraws by the link, and the first of the queue gets the place", act: func(h *harness, m *sender) error {
		token := h.app.Signups.CancelToken("town", m.ids["signup1"])
		status, answer := h.sendAs("", "POST", "/town/signups/"+m.ids["signup1"]+"/cancel?token="+token, "", "application/json", []byte("{}"))
		if status != http.StatusOK {
			return fmt.Errorf("cancel: %d %s", status, answer)
		}
		return nil
	}},
	{name: "the office cancels a sign-up", act: ask("PUT", at("/town/signups/", "signup2", ""), map[string]any{"state": "cancelled"})},
	{name: "the office accepts one who was held", act: func(h *harness, m *sender) error {
		page, err := h.app.Signups.Signups(context.Background(), "town", "grants", 10, "")
		if err != nil || len(page.Items) == 0 {
			return fmt.Errorf("sign-ups: 503 %v", err)
		}
		held := page.Items[slices.IndexFunc(page.Items, func(su signups.Signup) bool { return su.Upload == "" })]
		return ask("PUT", func(*sender) string { return "/town/signups/" + held.ID }, map[string]any{"state": "accepted"})(h, m)
	}},
	{name: "a consultation is typed", act: post("/town/consultations", "typed", consultation(22, "2126-04-05", "nowa sprawa"))},
	{name: "a consultation is typed without a key", act: ask("POST", at("/town/consultations", "", ""), consultation(22, "2126-04-05", "nowa sprawa"), http.StatusConflict)},
	{name: "an output is typed", act: post("/town/outputs", "guide", map[string]any{"date": "2126-05-01", "kind": "guide", "quantity": 2, "title": "Poradnik", "evidence": "szafa"})},
	{name: "a consultation is replaced", act: func(h *harness, m *sender) error {
		body, err := json.Marshal(consultation(5, "2126-04-09", "inna sprawa"))
		if err != nil {
			return err
		}
		token, err := officeToken()
		if err != nil {
			return err
		}
		id := m.ids["consultation1"]
		status, answer := h.request(token, "PUT", "/town/consultations/"+id, http.Header{"Content-Type": {"application/json"}, "If-Match": {`"` + id + `.1"`}}, body)
		if status != http.StatusOK && status != http.StatusPreconditionFailed { // of what was replaced already
			return fmt.Errorf("PUT: %d %s", status, answer)
		}
		return nil
	}},
	{name: "a consultation is voided", act: change("DELETE", "/town/consultations", "consultation5", map[string]any{"reason": "pomyłka"})},
	{name: "a place to upload is asked for", act: post("/town/uploads", "asked", map[string]any{"filename": "maj.csv", "size": 100})},
	{name: "a media file corrects another", act: eventOf("radio", "poprawka.csv")},
	{name: "a file brings attendance and people", act: eventOf("coordinator", "obecni2.csv")},
	{name: "a file brings sign-ups", act: eventOf("coordinator", "zapisy2.csv")},
	{name: "a file with a bad cell is rejected", act: eventOf("radio", "zla.csv")},
	{name: "a media file is withdrawn", act: withdraw("radio.csv")},
	{name: "a file of sign-ups is withdrawn", act: withdraw("zapisy.csv")},
	{name: "the office compiles", act: post("/town/snapshots", "compile", map[string]any{"as_of": "2126-05-31"})},
	{name: "the schedule compiles", act: func(h *harness, _ *sender) error { return h.compiler.Schedule(context.Background()) }},
	{name: "a snapshot is approved", act: ask("POST", at("/town/snapshots/", "snapshot", "/approval"), map[string]any{"decision": "approve", "note": "dobrze"})},
	{name: "a definition gives more places", act: func(h *harness, _ *sender) error {
		status, answer := h.send("PUT", "/town/definition", "", "application/yaml", []byte(strings.Replace(limited, "capacity: 2", "capacity: 4", 1)))
		if status != http.StatusOK {
			return fmt.Errorf("definition: %d %s", status, answer)
		}
		return nil
	}},
	{name: "two records of a person are merged", act: func(h *harness, m *sender) error {
		return ask("POST", at("/town/people/", "person of consultation7", "/merge"), map[string]any{"into": m.ids["person of consultation1"]})(h, m)
	}},
	{name: "two people are told apart", repeats: []string{"people.apart"}, act: func(h *harness, m *sender) error {
		return ask("POST", at("/town/people/", "person of consultation7", "/apart"), map[string]any{"from": m.ids["person of consultation1"]})(h, m)
	}},
	{name: "a person is corrected", repeats: []string{"person.corrected"}, act: ask("PUT", at("/town/people/", "person of consultation5", ""),
		map[string]any{"first_name": "Anna Maria", "last_name": "Poprawiona", "email": "poprawiona@example.org", "phone": "600700800"})},
	{name: "people are looked for by a word of their name", act: ask("GET", at("/town/people?q=jan", "", ""), nil)},
	{name: "somebody with sign-ups, records and rows is erased", repeats: []string{"person.erased"}, act: ask("DELETE", at("/town/people/", "person of consultation1", ""), map[string]any{}, http.StatusNotFound)},
	{name: "somebody of the staff signs in, and has another role than before", act: func(h *harness, _ *sender) error {
		return h.app.Access.RegisterStaff(context.Background(), "office@example.org", "en", []string{"town:adviser", "village:coordinator"})
	}},
	{name: "a report is made in the night, approved, and sent to the funder", act: func(h *harness, m *sender) error {
		ctx := context.Background()
		if err := h.app.Access.RegisterStaff(ctx, "funder@example.org", "en", []string{"town:funder"}); err != nil {
			return err
		}
		if err := h.compiler.Schedule(ctx); err != nil {
			return err
		}
		report, _, err := h.app.Snapshots.Latest(ctx, "town", "2126-05-31")
		if err != nil {
			return err
		}
		if _, err := h.app.Snapshots.Decide(ctx, "town", report.ID, snapshot.Approved, "", ""); err != nil {
			return err
		}
		box := &letters{}
		err = deliver.New(h.app, box, base, h.log, "").CatchUp(ctx)
		for _, id := range box.ids {
			m.ids["letter "+id] = id
		}
		return err
	}},
	{name: "what is kept no longer is removed", repeats: []string{"person.erased"}, act: func(h *harness, _ *sender) error {
		ctx := context.Background()
		h.at(overtime.Add(2 * time.Minute)) // the night begins with what an earlier one was cut off in
		if err := h.app.Privacy.FinishErasures(ctx, "town"); err != nil {
			return err
		}
		h.at(overtime)
		defined, err := h.app.Projects.Definition(ctx, "town")
		if err == nil {
			err = h.app.Privacy.Purge(ctx, defined.Definition)
		}
		return err
	}},
	{name: "files that never counted are removed", act: func(h *harness, _ *sender) error {
		h.at(day.Add(uploads.UncountedFor + 48*time.Hour))
		_, err := h.app.Uploads.RemoveUncounted(context.Background(), "town")
		return err
	}},
	{name: "letters are sent", act: func(h *harness, m *sender) error {
		box := &letters{}
		err := deliver.New(h.app, box, base, h.log, "").CatchUp(context.Background())
		for _, id := range box.ids {
			m.ids["letter "+id] = id
		}
		return err
	}},
}

var (
	anyID     = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{26}\b`)
	anySeal   = regexp.MustCompile(`\b[0-9a-f]{32}\b`)
	anyTree   = regexp.MustCompile(`"(seal|root|index|check)":"[^"]*"`) // of records with random ids
	anyHeads  = regexp.MustCompile(`"heads":\[[^\]]*\]`)
	newPerson = regexp.MustCompile(`{"row":\d+,"column":"[a-z]*","value":"[^"]*"(?:,"rows":\[[\d,]*\],"count":\d+)?,"problem":{"field":"[a-z]*","code":"new_person"}},?`)
	instant   = regexp.MustCompile(`(2126-06-0\dT|2126-07-0\dT|2132-06-01T)0[89]:\d\d:\d\d(\.\d+)?Z`) // of the operation, however often it was done
)

// state returns all that is stored, without what differs between runs: new ids, hashes of them, fractions of seconds.
// It leaves out private texts without a record, which TestErasureCoversInterruptedRequests checks.
func (h *harness) state(known map[string]bool, repeats []string) []string {
	h.t.Helper()
	same := func(all *regexp.Regexp, text, as string) string {
		return all.ReplaceAllStringFunc(text, func(found string) string {
			if known[found] {
				return found
			}
			return as
		})
	}
	plain := func(text string) string {
		text = instant.ReplaceAllString(anyHeads.ReplaceAllString(anyTree.ReplaceAllString(text, `"$1":""`), ""), "${1}now")
		return same(anySeal, same(anyID, text, "*"), "#")
	}
	var all []string
	tracker := h.dump("tracker")
	for _, line := range append(slices.Clone(tracker), h.dump("people")...) {
		kind, _, _ := strings.Cut(line, "#")
		parts := strings.Split(strings.SplitN(line, " ", 2)[0], "#")
		switch kind {
		case "FORM", "TEXT", "FILENAME":
			id := parts[2]
			if kind == "FORM" { // of which a sign-up may have several
				id = strings.Fields(line)[1]
			}
			if !slices.ContainsFunc(tracker, func(l string) bool { return strings.Contains(l, id) }) {
				continue
			}
		case "CHECKPOINT": // which of several compiles left it
			continue
		case "FINDINGS": // who was not known before the first delivery is known to the second
			line = newPerson.ReplaceAllString(line, "")
			if strings.Contains(line, `"findings":[]`) {
				continue
			}
		case "FACT":
			line = "FACT " + line[strings.Index(line, "{"):]
		case "PACKKEYS":
			line = fmt.Sprint("PACKKEYS ", len(line))
		}
		if !known[line] {
			line = plain(line)
		}
		all = append(all, line)
	}
	err := h.files.List(context.Background(), "", func(info objects.Info) error {
		if strings.HasPrefix(info.Key, "uploads/") {
			all = append(all, "OBJECT "+info.Key)
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Sort(all)
	for _, kind := range repeats {
		all = slices.CompactFunc(all, func(a, b string) bool { return a == b && strings.Contains(a, `"kind":"`+kind+`"`) })
	}
	return all
}

// dump returns each item of a table as a line: key, key in the index, data.
func (h *harness) dump(name string) []string {
	var lines []string
	for _, it := range h.storage.tables[name].Items() {
		lines = append(lines, fmt.Sprintf("%s %s %s %s %s", it.PK, it.SK, it.Index.PK, it.Index.SK, it.Data))
	}
	return lines
}

// copied returns a harness on a copy of storage, with a saboteur.
func copied(t testing.TB, from *storage, s *saboteur) *harness {
	t.Helper()
	to := newStorage(t)
	for name, table := range from.tables {
		to.tables[name] = table.Clone()
	}
	err := filepath.WalkDir(from.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(from.dir, path)
		if err != nil {
			return err
		}
		name := filepath.Join(to.dir, inside)
		if entry.IsDir() {
			return os.MkdirAll(name, 0o700)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return err
		}
		return os.Chtimes(name, info.ModTime(), info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
	h := newHarness(t, to, s.table, func() int { return 0 })
	h.cover = func(inner objects.Store) objects.Store { return files{inner, s} }
	h.start()
	return h
}

// after runs the scenario's operation until it succeeds, as a client that retries does, and then once more. It reports
// whether the fault occurred.
func (sc scenario) after(h *harness, s *saboteur, m *sender, f fault, n int) (fired bool, err error) {
	now := day.Add(time.Hour)
	s.arm(f, n)
	for range 3 {
		now = now.Add(time.Minute)
		h.at(now)
		err = sc.act(h, m)
		fired = s.disarm() || fired
		if err == nil {
			break
		}
		if !fired {
			return fired, err
		}
		status := regexp.MustCompile(`: (\d\d\d) `).FindStringSubmatch(err.Error())
		if !errors.Is(f.err, tabletest.ErrKilled) && status != nil && status[1] != "503" {
			return fired, fmt.Errorf("it is answered %s, want 503: %w", status[1], err)
		}
		h.start()
	}
	if err != nil {
		return fired, fmt.Errorf("it never succeeds: %w", err)
	}
	h.start()
	h.at(now.Add(time.Minute))
	return fired, sc.act(h, m)
}

// TestEachOperationSurvivesEachFailure runs each operation with each failure at each of its calls, and compares what is
// stored in the end with a run without failures: nothing is lost or counted twice, no place is given twice, no merge or
// erasure is partial.
func TestEachOperationSurvivesEachFailure(t *testing.T) {
	t.Parallel()
	notShort(t, "plays some hundred failures")
	from := newStorage(t)
	first := newHarness(t, from, func(inner table.Table) table.Table { return inner }, func() int { return 0 })
	first.at(day)
	defineAs(t, first, limited)
	before := &sender{ids: map[string]string{}}
	if err := prepare(first, before); err != nil {
		t.Fatal(err)
	}
	if err := remembered(first, before); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{} // lines, and the ids and hashes in them
	for _, line := range append(first.dump("tracker"), first.dump("people")...) {
		known[line] = true
		for _, found := range append(anyID.FindAllString(line, -1), anySeal.FindAllString(line, -1)...) {
			known[found] = true
		}
	}
	run := func(t *testing.T, sc scenario, f fault, n int) (state []string, hash string, m *sender, fired bool) {
		t.Helper()
		s := &saboteur{}
		h := copied(t, from, s)
		m = &sender{ids: maps.Clone(before.ids)}
		fired, err := sc.after(h, s, m, f, n)
		if err != nil {
			t.Errorf("%s, call %d: %v", f.name, n, err)
		}
		h.at(day.Add(2 * time.Hour))
		if fired || f.err == nil {
			state = h.state(known, sc.repeats)
			hash = h.hash("2126-06-01")
			// What an erasure or a compile that was cut off left behind goes with the next compile.
			checkpoints := 0
			if err := h.files.List(context.Background(), "checkpoints/", func(objects.Info) error { checkpoints++; return nil }); err != nil {
				t.Fatal(err)
			}
			state = append(state, fmt.Sprint(checkpoints, " checkpoints"))
		}
		return state, hash, m, fired
	}
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			want, hash, calm, _ := run(t, sc, fault{}, 0)
			played := 0
			for _, f := range faults {
				for n := 1; ; n++ {
					got, again, m, fired := run(t, sc, f, n)
					if !fired {
						break
					}
					played++
					if hash != again {
						t.Errorf("%s, call %d: the figures differ", f.name, n)
					}
					if missing, extra := apart(want, got); len(missing)+len(extra) > 0 {
						t.Errorf("%s, call %d:\nmissing %s\nand more than once or wrong %s", f.name, n, strings.Join(missing, "\n        "), strings.Join(extra, "\n        "))
					}
					if len(calm.ids) != len(m.ids) {
						t.Errorf("%s, call %d: its sender knows of %d things, undisturbed of %d", f.name, n, len(m.ids), len(calm.ids))
					}
					if t.Failed() {
						return
					}
				}
			}
			t.Logf("%d failures", played)
		})
	}
}

// apart returns what two lists do not have in common.
func apart(a, b []string) (onlyA, onlyB []string) {
	left := map[string]int{}
	for _, line := range a {
		left[line]++
	}
	for _, line := range b {
		if left[line]--; left[line] < 0 {
			onlyB = append(onlyB, line)
		}
	}
	for line, n := range left {
		for range n {
			onlyA = append(onlyA, line)
		}
	}
	return onlyA, onlyB
}

// TestErasureCoversInterruptedRequests: texts of a request that never succeeded are erased with the person.
func TestErasureCoversInterruptedRequests(t *testing.T) {
	t.Parallel()
	for _, sc := range []struct {
		name, address string
		body          map[string]any
	}{
		{"a consultation", "/town/consultations", consultation(1, "2126-04-09", "osoba1@example.org pyta")},
		{"a sign-up", "/town/signups", form("grants", 1, nil)},
		{"a form sent again", "/town/signups", form("garden", 1, nil)},
	} {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			s := &saboteur{}
			h := newHarness(t, newStorage(t), s.table, func() int { return 0 })
			h.at(day)
			define(t, h)
			m := &sender{ids: map[string]string{}}
			for _, step := range []func(*harness, *sender) error{
				post("/town/signups", "signup1", form("garden", 1, nil)),
				post("/town/consultations", "consultation1", consultation(1, "2126-04-01", "osoba1@example.org pyta")),
			} {
				if err := step(h, m); err != nil {
					t.Fatal(err)
				}
			}
			for n := 1; ; n++ {
				s.arm(faults[1], n) // killed after
				err := post(sc.address, "", sc.body)(h, m)
				fired := s.disarm()
				h.start()
				if !fired {
					break
				}
				_ = err // no one asks again
			}
			person, err := whose(h, m, "consultation1")
			if err != nil {
				t.Fatal(err)
			}
			if err := h.app.Privacy.Erase(context.Background(), "town", person, ""); err != nil {
				t.Fatal(err)
			}
			for _, line := range append(h.dump("tracker"), h.dump("people")...) {
				if strings.Contains(line, "osoba1@example.org") || strings.Contains(line, "Nowa1") {
					t.Errorf("after the erasure there is %s", line)
				}
			}
		})
	}
}

// TestErasureKeepsRecordsReassignedToAnotherPerson: an erasure leaves a record that the office has corrected to another
// person, and an export of the first person does not contain it.
func TestErasureKeepsRecordsReassignedToAnotherPerson(t *testing.T) {
	t.Parallel()
	h := defined(t)
	m := &sender{ids: map[string]string{}}
	run := func(step func(*harness, *sender) error) {
		t.Helper()
		if err := step(h, m); err != nil {
			t.Fatal(err)
		}
	}
	run(post("/town/consultations", "consultation1", consultation(1, "2126-04-01", "sprawa pierwszej osoby")))
	first, err := whose(h, m, "consultation1")
	if err != nil {
		t.Fatal(err)
	}
	run(change("PUT", "/town/consultations", "consultation1", consultation(2, "2126-04-01", "sprawa drugiej osoby")))
	second, err := whose(h, m, "consultation1")
	if err != nil {
		t.Fatal(err)
	}
	if _, story := h.send("GET", "/town/people/"+first+".json", "", "", nil); strings.Contains(string(story), "sprawa") {
		t.Errorf("the first person's story: %s", story)
	}
	run(ask("DELETE", func(*sender) string { return "/town/people/" + first }, map[string]any{}))
	if now, err := whose(h, m, "consultation1"); err != nil || now != second {
		t.Errorf("it is %s's, want %s's: %v", now, second, err)
	}
	if _, body := h.send("GET", "/town/consultations/"+m.ids["consultation1"], "", "", nil); !strings.Contains(string(body), "sprawa drugiej osoby") {
		t.Errorf("after the erasure: %s", body)
	}
	for _, line := range h.dump("people") {
		if strings.Contains(line, "sprawa pierwszej") {
			t.Errorf("after the erasure there is %s", line)
		}
	}
}

// TestPoisonMessageEndsAmongDeadLettersAndOthersSucceed delivers a batch as the queue does: a message that fails is
// delivered five times, and becomes a dead letter; the others succeed. The log has the reason with the message's id,
// without personal data.
func TestPoisonMessageEndsAmongDeadLettersAndOthersSucceed(t *testing.T) {
	t.Parallel()
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return inner }, nil)
	var log bytes.Buffer
	h.log = slog.New(slog.NewJSONHandler(&log, nil))
	h.start()
	h.at(day)
	define(t, h)
	files := map[string]string{"dobry1.csv": "Radio", "dobry2.csv": "Telewizja"}
	var waiting []events.SQSMessage
	message := func(id, key string) events.SQSMessage {
		var e events.S3Event
		e.Records = make([]events.S3EventRecord, 1)
		e.Records[0].S3.Object.Key = key
		body, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return events.SQSMessage{MessageId: id, Body: string(body)}
	}
	for name, outlet := range files {
		key := "uploads/town/radio/" + name
		if err := h.files.Put(context.Background(), key, strings.NewReader("date,medium,title,outlet,reach\n2126-05-01,radio,Audycja,"+outlet+",100\n"), ""); err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, message(name, key))
	}
	waiting = append(waiting, message("poison", "uploads/town/radio/Jan-Kowalski-44051401359.csv"))
	tries, dead := map[string]int{}, []events.SQSMessage{}
	for len(waiting) > 0 {
		response, err := h.ingest.Handle(context.Background(), events.SQSEvent{Records: waiting})
		if err != nil {
			t.Fatal(err)
		}
		var again []events.SQSMessage
		for _, m := range waiting {
			tries[m.MessageId]++
			failed := slices.ContainsFunc(response.BatchItemFailures, func(f events.SQSBatchItemFailure) bool { return f.ItemIdentifier == m.MessageId })
			switch {
			case failed && tries[m.MessageId] == 5:
				dead = append(dead, m)
			case failed:
				again = append(again, m)
			}
		}
		waiting = again
	}
	if len(dead) != 1 || dead[0].MessageId != "poison" || tries["dobry1.csv"] != 1 || tries["dobry2.csv"] != 1 {
		t.Errorf("dead letters %v, after %v tries", dead, tries)
	}
	h.at(day.Add(time.Hour))
	h.hash("2126-06-01")
	if figures := h.figures("2126-06-01"); !strings.Contains(figures, "4: 200 of 2 records") {
		t.Errorf("figures: %s", figures)
	}
	if told := log.String(); strings.Count(told, `"message":"poison"`) != 5 || !strings.Contains(told, "the object does not exist") || strings.Contains(told, "Kowalski") || strings.Contains(told, "44051401359") {
		t.Errorf("the log: %s", told)
	}
	// A redrive, once the object exists, processes it like any other.
	if err := h.files.Put(context.Background(), "uploads/town/radio/Jan-Kowalski-44051401359.csv", strings.NewReader("date,medium,title,outlet,reach\n2126-05-01,radio,Audycja,Prasa,7\n"), ""); err != nil {
		t.Fatal(err)
	}
	if response, err := h.ingest.Handle(context.Background(), events.SQSEvent{Records: dead}); err != nil || len(response.BatchItemFailures) > 0 {
		t.Errorf("brought back: %v, %v", response, err)
	}
}

// defined returns a harness without faults, with the town's definition.
func defined(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return inner }, nil)
	h.at(day)
	define(t, h)
	return h
}

func TestConcurrentSchedulesCompileOneSnapshot(t *testing.T) {
	t.Parallel()
	h := defined(t)
	m := &sender{ids: map[string]string{}}
	if err := post("/town/consultations", "consultation1", consultation(1, "2126-04-01", "sprawa"))(h, m); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			own := app.New(&store.DB{Tracker: h.app.DB.Tracker, People: h.app.DB.People, Objects: h.app.DB.Objects, Secret: h.app.DB.Secret, Now: h.clock})
			if err := compile.New(own).Schedule(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	kept, err := h.app.Snapshots.Snapshots(context.Background(), "town", "", 10, "")
	if err != nil || len(kept.Items) != 1 || kept.Items[0].AsOf != "2126-05-31" {
		t.Errorf("%d snapshots: %v", len(kept.Items), err)
	}
	compiled := 0
	for _, line := range h.dump("tracker") {
		if strings.Contains(line, `"kind":"snapshot.compiled"`) {
			compiled++
		}
	}
	if compiled != 1 {
		t.Errorf("%d facts say that a snapshot was compiled", compiled)
	}
	if err := h.compiler.Schedule(context.Background()); err != nil { // the night after
		t.Fatal(err)
	}
	if v, err := h.compiler.Verify(context.Background(), kept.Items[0]); err != nil || !v.Same {
		t.Errorf("computed again: %+v, %v", v, err)
	}
}

// rewritten is an object store in which a file is overwritten while it is being read.
type rewritten struct {
	objects.Store
	over func()
}

func (r rewritten) Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error) {
	body, info, err := r.Store.Open(ctx, key, etag)
	if err != nil {
		return nil, info, err
	}
	return &interrupted{body, r.over}, info, nil
}

type interrupted struct {
	io.ReadCloser
	over func()
}

func (i *interrupted) Read(p []byte) (int, error) {
	n, err := i.ReadCloser.Read(p[:min(len(p), 40)])
	i.over()
	return n, err
}

// TestFileOverwrittenDuringReadingIsReadOnceEach: the version being read is read to its end, the new one comes with its
// own event.
func TestFileOverwrittenDuringReadingIsReadOnceEach(t *testing.T) {
	t.Parallel()
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return inner }, nil)
	h.at(day)
	const key, head = "uploads/town/radio/maj.csv", "date,medium,title,outlet,reach\n2126-05-01,radio,Audycja,Radio,"
	once := sync.OnceFunc(func() {
		if err := h.files.Put(context.Background(), key, strings.NewReader(head+"30\n2126-05-02,radio,Audycja,Radio,5\n"), ""); err != nil {
			t.Error(err)
		}
	})
	h.cover = func(inner objects.Store) objects.Store { return rewritten{inner, once} }
	h.start()
	define(t, h)
	if err := h.files.Put(context.Background(), key, strings.NewReader(head+"10\n"), ""); err != nil {
		t.Fatal(err)
	}
	m := &sender{ids: map[string]string{}}
	for range 3 {
		if err := eventOf("radio", "maj.csv")(h, m); err != nil {
			t.Fatal(err)
		}
	}
	h.hash("2126-06-01")
	if figures := h.figures("2126-06-01"); !strings.Contains(figures, "4: 35 of 2 records") {
		t.Errorf("figures: %s", figures)
	}
	if page, err := h.app.Uploads.Uploads(context.Background(), "town", "radio", 10, ""); err != nil || len(page.Items) != 2 {
		t.Errorf("%d uploads: %v", len(page.Items), err)
	}
}

// TestFunctionsTolerateClocksTwoMinutesApart runs the functions on machines whose clocks are two minutes fast and slow.
func TestFunctionsTolerateClocksTwoMinutesApart(t *testing.T) {
	t.Parallel()
	shared := newStorage(t)
	plain := func(inner table.Table) table.Table { return inner }
	fast, slow := newHarness(t, shared, plain, nil), newHarness(t, shared, plain, nil)
	const off = 2 * time.Minute
	now := day
	pass := func() {
		now = now.Add(10 * time.Second)
		fast.at(now.Add(off))
		slow.at(now.Add(-off))
	}
	pass()
	defineAs(t, fast, strings.Replace(limited, "capacity: 2", "capacity: 1", 1))
	m := &sender{ids: map[string]string{}}
	must := func(h *harness, step func(*harness, *sender) error) {
		t.Helper()
		pass()
		if err := step(h, m); err != nil {
			t.Fatal(err)
		}
	}
	must(fast, public("first", form("garden", 1, nil)))
	must(slow, public("first", form("garden", 1, nil))) // the same answer, by the same key
	must(slow, post("/town/signups", "second", form("garden", 2, nil)))
	must(fast, post("/town/signups", "third", form("garden", 3, nil)))
	state := func(key string) string {
		t.Helper()
		su, err := fast.app.Signups.Signup(context.Background(), "town", m.ids[key])
		if err != nil {
			t.Fatal(err)
		}
		return su.State
	}
	if a, b := state("second"), state("third"); a != "waitlisted" || b != "waitlisted" {
		t.Errorf("the one place was taken; the second is %s, the third %s", a, b)
	}
	all, err := fast.app.Signups.Signups(context.Background(), "town", "garden", 10, "")
	if err != nil || len(all.Items) != 3 {
		t.Fatalf("%d sign-ups: %v", len(all.Items), err)
	}
	first := all.Items[slices.IndexFunc(all.Items, func(su signups.Signup) bool { return su.State == "accepted" })].ID
	must(slow, ask("PUT", func(*sender) string { return "/town/signups/" + first }, map[string]any{"state": "cancelled"}))
	if a, b := state("second"), state("third"); a != "accepted" || b != "waitlisted" {
		t.Errorf("after the first has left, the second is %s, the third %s", a, b)
	}
	// The later version counts, whatever the clock of its writer.
	must(fast, post("/town/consultations", "consultation1", consultation(1, "2126-04-01", "sprawa")))
	must(slow, change("PUT", "/town/consultations", "consultation1", consultation(1, "2126-04-02", "sprawa")))
	must(fast, post("/town/consultations", "consultation2", consultation(2, "2126-04-01", "sprawa")))
	must(slow, change("DELETE", "/town/consultations", "consultation2", map[string]any{}))
	pass()
	if a, b := fast.hash("2126-06-01"), slow.hash("2126-06-01"); a != b || !strings.HasPrefix(slow.figures("2126-06-01"), "1 participants") {
		t.Errorf("%s and %s; %s", a, b, slow.figures("2126-06-01"))
	}
	// Two schedules, one on each clock, compile the same day.
	now = time.Date(2126, 6, 2, 0, 0, 0, 0, time.UTC) // two in the morning in Warsaw
	for _, h := range []*harness{fast, slow} {
		pass()
		if err := h.compiler.Schedule(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := slow.app.Snapshots.Snapshots(context.Background(), "town", "", 10, "")
	if err != nil || len(kept.Items) != 1 {
		t.Errorf("%d snapshots: %v", len(kept.Items), err)
	}
	// The issuer's clock may differ as much.
	dirOfKey := t.TempDir()
	key, err := provider.Key(filepath.Join(dirOfKey, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, off := range []time.Duration{-119 * time.Second, 119 * time.Second} {
		issuer, err := provider.New(base+provider.Path, key, func() time.Time { return time.Now().Add(off) })
		if err != nil {
			t.Fatal(err)
		}
		fast.provider = issuer
		fast.start()
		token, err := issuer.Token("office@example.org", []string{"town:coordinator"})
		if err != nil {
			t.Fatal(err)
		}
		if status, body := fast.sendAs(token, "GET", "/town/people?q=", "", "", nil); status != http.StatusOK {
			t.Errorf("the issuer's clock is %s off: %d %s", off, status, body)
		}
	}
}

// meeting is a table that calls read after each Get.
type meeting struct {
	table.Table
	read func()
}

func (t meeting) Get(ctx context.Context, keys ...table.Key) (map[table.Key]table.Item, error) {
	found, err := t.Table.Get(ctx, keys...)
	t.read()
	return found, err
}

// TestScheduleBetweenAnyTwoReadsOfAnother runs a second compile of the same day after each read of the first.
func TestScheduleBetweenAnyTwoReadsOfAnother(t *testing.T) {
	t.Parallel()
	for at, met := 1, true; met; at++ {
		met = false
		reads := 0
		var h, other *harness
		shared := newStorage(t)
		h = newHarness(t, shared, func(inner table.Table) table.Table {
			return meeting{inner, func() {
				if reads++; other == nil || reads != at {
					return
				}
				met = true
				if err := other.compiler.Schedule(context.Background()); err != nil {
					t.Error(err)
				}
			}}
		}, nil)
		h.at(day)
		define(t, h)
		beside := newHarness(t, shared, func(inner table.Table) table.Table { return inner }, nil)
		beside.at(day)
		reads, other = 0, beside
		if err := h.compiler.Schedule(context.Background()); err != nil {
			t.Fatal(err)
		}
		kept, err := h.app.Snapshots.Snapshots(context.Background(), "town", "", 10, "")
		if err != nil || len(kept.Items) != 1 {
			t.Errorf("after read %d another schedule ran: %d snapshots, %v", at, len(kept.Items), err)
		}
	}
}
