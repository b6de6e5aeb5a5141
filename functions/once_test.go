package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"pgregory.net/rapid"

	"outreach/functions/compile-snapshot/compilesnapshot"
	"outreach/functions/define-project/defineproject"
	"outreach/functions/ingest-upload/ingestupload"
	"outreach/functions/manage-project/manageproject"
	"outreach/functions/manage-uploads/manageuploads"
	"outreach/functions/record-consultation/recordconsultation"
	"outreach/functions/show-report/showreport"
	"outreach/functions/submit-signup/submitsignup"
	"outreach/infra/tracker/provider"
	"outreach/internal/app"
	"outreach/internal/identity"
	"outreach/internal/objects"
	"outreach/internal/objects/folder"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/memory"
	"outreach/internal/table/tabletest"
	"outreach/internal/web"
)

const base = "http://localhost:3000"

const definitionText = `
id: town
title: Town
period: {from: 2126-01-01, to: 2126-12-31}
time_zone: Europe/Warsaw
region: {name: Region, population: 1000000}
groups: [{id: resident, label: Resident}]
age_bands: ["0-24", "25-54", "55+"]
activities: [{id: garden, label: Garden}, {id: grants, label: Grants}]
output_kinds: [{id: guide, label: Guide}]
partners: [{id: radio, name: Radio}, {id: press, name: Press}]
participants: [{of: attendance}, {of: consultation}]
indicators:
  - {code: "1", unit: person, target: 10, count: people, of: attendance, where: 'outcome == "completed"', label: Trained}
  - {code: "2", unit: hour, target: 10, count: sum, field: hours, of: attendance, label: Hours}
  - {code: "3", unit: person, target: 10, count: people, of: consultation, where: 'sex == "female"', label: Advised women}
  - {code: "4", unit: inhabitant, target: 1000, count: sum, field: reach, of: media, label: Reach}
  - {code: "5", unit: piece, target: 3, count: sum, field: quantity, of: output, label: Guides}
  - {code: "6", unit: person, target: 3, count: records, of: signup, label: Sign-ups}
`

// harness runs the handlers of all functions on shared storage, with a clock that the test sets.
type harness struct {
	t        testing.TB
	storage  *storage
	files    *folder.Store
	provider *provider.Provider
	wrap     func(table.Table) table.Table
	lane     func() int
	cover    func(objects.Store) objects.Store // nil: the files as they are
	log      *slog.Logger

	mu  sync.Mutex
	now time.Time

	app      *app.App
	handlers []http.Handler
	ingest   *ingestupload.Handler
	compiler compile.Compiler
}

var (
	signingKey = sync.OnceValues(func() (*provider.Provider, error) {
		dir, err := os.MkdirTemp("", "provider")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		key, err := provider.Key(filepath.Join(dir, "key.pem"))
		if err != nil {
			return nil, err
		}
		return provider.New(base+provider.Path, key, time.Now)
	})
	officeToken = sync.OnceValues(func() (string, error) {
		p, err := signingKey()
		if err != nil {
			return "", err
		}
		return p.Token("office@example.org", []string{"admin", "town:coordinator"})
	})
)

// notShort skips a test that takes long where go test runs with -short.
func notShort(t *testing.T, why string) {
	t.Helper()
	if testing.Short() {
		t.Skip("with -short: " + why)
	}
}

// storage is what all functions of an installation share: tables in memory, and a folder of files.
type storage struct {
	dir    string
	tables map[string]*memory.Table
}

// newStorage returns empty storage. Its folder is in memory too where the machine has such a place, for what dies in
// these tests is a process, not the machine.
func newStorage(t testing.TB) *storage {
	t.Helper()
	s := &storage{tables: map[string]*memory.Table{"tracker": {}, "people": {}}}
	const shared = "/dev/shm"
	if _, err := os.Stat(shared); err == nil {
		if s.dir, err = os.MkdirTemp(shared, "outreach-test-"); err == nil {
			t.Cleanup(func() { os.RemoveAll(s.dir) })
			return s
		}
	}
	s.dir = t.TempDir()
	return s
}

func newHarness(t testing.TB, s *storage, wrap func(table.Table) table.Table, lane func() int) *harness {
	t.Helper()
	h := &harness{t: t, storage: s, wrap: wrap, lane: lane, now: time.Date(2126, 6, 1, 8, 0, 0, 0, time.UTC), log: slog.New(slog.DiscardHandler)}
	var err error
	if h.files, err = folder.Open(filepath.Join(s.dir, "objects"), base, []byte("a secret for pre-signed requests")); err != nil {
		t.Fatal(err)
	}
	h.files.Now = h.clock
	if h.provider, err = signingKey(); err != nil {
		t.Fatal(err)
	}
	h.start()
	return h
}

// start creates the functions anew, as after a crash: they keep nothing in memory.
func (h *harness) start() {
	open := func(name string) table.Table { return h.wrap(h.storage.tables[name]) }
	var files objects.Store = h.files
	if h.cover != nil {
		files = h.cover(files)
	}
	h.app = app.New(&store.DB{Tracker: open("tracker"), People: open("people"), Objects: files, Secret: []byte("0123456789abcdef0123456789abcdef"), Now: h.clock, Lane: h.lane})
	authority, err := identity.New(identity.Settings{Issuer: base + provider.Path, ClientID: provider.ClientID, CookieKey: []byte("0123456789abcdef0123456789abcdef"), BaseURL: base}, &http.Client{Transport: h.provider})
	if err != nil {
		h.t.Fatal(err)
	}
	site := &web.Site{DB: h.app.DB, Definitions: h.app.Projects, Staff: h.app.Access, Authority: authority, Log: h.log, BaseURL: base}
	h.handlers = nil
	for _, routes := range []func(*app.App) []web.Route{submitsignup.Routes, manageuploads.Routes, recordconsultation.Routes, manageproject.Routes, defineproject.Routes, compilesnapshot.Routes, showreport.Routes} {
		h.handlers = append(h.handlers, web.NewRouter(site, routes(h.app)))
	}
	h.ingest = ingestupload.New(h.app, site.Log, nil)
	h.compiler = compile.New(h.app)
}

func (h *harness) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(time.Microsecond)
	return h.now
}

func (h *harness) at(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
}

// send sends a request as the office to the function that has its route, and returns the answer's status and body.
func (h *harness) send(method, address, key, contentType string, body []byte) (int, []byte) {
	token, err := officeToken()
	if err != nil {
		h.t.Fatal(err)
	}
	return h.sendAs(token, method, address, key, contentType, body)
}

// sendAs is send with another token, or with none.
func (h *harness) sendAs(token, method, address, key, contentType string, body []byte) (int, []byte) {
	header := http.Header{"Content-Type": {contentType}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	return h.request(token, method, address, header, body)
}

func (h *harness) request(token, method, address string, header http.Header, body []byte) (int, []byte) {
	for _, handler := range h.handlers {
		r := httptest.NewRequest(method, base+address, bytes.NewReader(body))
		r.Header = header.Clone()
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code == http.StatusNotFound || w.Code == http.StatusMethodNotAllowed {
			continue
		}
		return w.Code, w.Body.Bytes()
	}
	return http.StatusNotFound, nil
}

func (h *harness) hash(asOf string) string {
	h.t.Helper()
	kept, _, err := h.compiler.Compile(context.Background(), "town", asOf, "", store.Once{})
	if err != nil {
		h.t.Fatal(err)
	}
	return kept.Hash
}

// operation is a request or an event. It may be repeated; an error means that it was interrupted.
type operation struct {
	at     time.Time
	arrive func(*harness) error // of a file: stores it, once and in order; run is the event
	run    func(*harness, *sender) error
	late   bool // it may be repeated after later operations: an event, or a request with an idempotency key
}

// sender keeps the ids of earlier answers for later operations.
type sender struct{ ids map[string]string }

func post(address, key string, body map[string]any) func(*harness, *sender) error {
	return func(h *harness, m *sender) error {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		status, answer := h.send("POST", address, key, "application/json", encoded)
		if status != http.StatusCreated {
			return fmt.Errorf("POST %s: %d %s", address, status, answer)
		}
		var got struct{ ID string }
		err = json.Unmarshal(answer, &got)
		m.ids[key] = got.ID
		return err
	}
}

func change(method, address, key string, body map[string]any) func(*harness, *sender) error {
	return func(h *harness, m *sender) error {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		status, answer := h.send(method, address+"/"+m.ids[key], "", "application/json", encoded)
		if status != http.StatusOK && !(method == "DELETE" && status == http.StatusNotFound) {
			return fmt.Errorf("%s %s: %d %s", method, address, status, answer)
		}
		return nil
	}
}

// object is an uploaded file.
type object struct{ key, name, content string }

func (o object) arrive(h *harness) error {
	return h.files.Put(context.Background(), o.key, strings.NewReader(o.content), "text/csv")
}

// event delivers the event of the file's arrival.
func (o object) event(h *harness, m *sender) error {
	ctx := context.Background()
	var event events.S3Event
	event.Records = make([]events.S3EventRecord, 1)
	event.Records[0].S3.Object.Key = url.QueryEscape(o.key)
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	response, err := h.ingest.Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: string(body)}}})
	if err == nil && len(response.BatchItemFailures) > 0 {
		err = errors.New("the event failed")
	}
	if err != nil {
		return err
	}
	info, err := h.files.Stat(ctx, o.key)
	m.ids[o.name] = store.IDFor(info.Arrived, o.key+"|"+info.ETag)
	return err
}

// arrivals stores all files, in order.
func arrivals(h *harness, strands [][]operation) error {
	var files []operation
	for _, strand := range strands {
		for _, op := range strand {
			if op.arrive != nil {
				files = append(files, op)
			}
		}
	}
	slices.SortFunc(files, func(a, b operation) int { return a.at.Compare(b.at) })
	for _, op := range files {
		h.at(op.at)
		if err := op.arrive(h); err != nil {
			return err
		}
	}
	return nil
}

// randomHistory returns operations in strands. Those of a strand are ordered; between strands only the times in the
// records give an order.
func randomHistory(t *rapid.T) [][]operation {
	begin := time.Date(2126, 6, 1, 8, 0, 0, 0, time.UTC)
	tick := 0
	op := func(run func(*harness, *sender) error) operation {
		tick++
		return operation{at: begin.Add(time.Duration(tick) * time.Minute), run: run}
	}
	create := func(address, key string, body map[string]any) operation {
		out := op(post(address, key, body))
		out.late = true
		return out
	}
	file := func(owner, name, content string) operation {
		o := object{key: "uploads/town/" + owner + "/" + name, name: name, content: content}
		out := op(o.event)
		out.arrive, out.late = o.arrive, true
		return out
	}
	person := rapid.IntRange(1, 4)
	day := rapid.IntRange(1, 28)
	email := func(label string) string { return fmt.Sprintf("osoba%d@example.org", person.Draw(t, label)) }
	var strands [][]operation
	n := rapid.IntRange(2, 7).Draw(t, "strands")
	for i := range n {
		var strand []operation
		key := fmt.Sprint("k", i)
		switch rapid.SampledFrom([]string{"signup", "consultation", "attendance", "output", "media", "office file", "merge", "signup file"}).Draw(t, "what") {
		case "signup":
			body := map[string]any{"activity": rapid.SampledFrom([]string{"garden", "grants"}).Draw(t, "activity"), "first_name": "Osoba", "last_name": "Nowa", "email": email("who"),
				"consent_processing": true, "submitted_at": fmt.Sprintf("2126-03-%02dT10:00:%02dZ", day.Draw(t, "day"), i)}
			if rapid.Bool().Draw(t, "sex") {
				body["sex"] = rapid.SampledFrom([]string{"female", "male"}).Draw(t, "which")
			}
			strand = append(strand, create("/town/signups", key, body))
		case "consultation":
			body := map[string]any{"person": map[string]any{"email": email("who")}, "date": fmt.Sprintf("2126-04-%02d", day.Draw(t, "day")), "field": "law", "minutes": 30, "form": "phone", "topic": key}
			strand = append(strand, create("/town/consultations", key, body))
			if rapid.Bool().Draw(t, "put") {
				body = map[string]any{"person": map[string]any{"email": email("other")}, "date": "2126-04-30", "field": "coaching", "minutes": 45, "form": "phone", "topic": key}
				strand = append(strand, op(change("PUT", "/town/consultations", key, body)))
			}
			if rapid.Bool().Draw(t, "delete") {
				strand = append(strand, op(change("DELETE", "/town/consultations", key, map[string]any{})))
			}
		case "attendance":
			// A typed record and a file may speak of the same thing: whichever is later counts.
			body := map[string]any{"person": map[string]any{"email": fmt.Sprintf("gosc%d@example.org", i)}, "activity": "garden", "date": "2126-05-10", "outcome": "completed", "hours": json.Number("2.5")}
			strand = append(strand, create("/town/attendance", key, body))
			if rapid.Bool().Draw(t, "delete") {
				strand = append(strand, op(change("DELETE", "/town/attendance", key, map[string]any{})))
			}
		case "output":
			strand = append(strand, op(post("/town/outputs", key, map[string]any{"date": "2126-05-01", "kind": "guide", "quantity": day.Draw(t, "quantity"), "title": key})))
		case "media":
			rows, said := "date,medium,title,outlet,reach\n", sayings{}
			for range rapid.IntRange(1, 4).Draw(t, "rows") {
				which := rapid.IntRange(1, 3).Draw(t, "which day")
				rows += said.once(which, fmt.Sprintf("2126-05-%02d,radio,Audycja,Radio,%d\n", which, 100*rapid.IntRange(1, 9).Draw(t, "reach")))
			}
			name := key + ".csv"
			strand = append(strand, file("radio", name, rows))
			if rapid.IntRange(0, 2).Draw(t, "withdraw") == 0 {
				strand = append(strand, op(withdraw(name)))
			}
		case "office file":
			rows, said := "email,activity,date,hours,outcome\n", sayings{}
			for range rapid.IntRange(1, 4).Draw(t, "rows") {
				who := rapid.IntRange(0, 6).Draw(t, "who")
				rows += said.once(who, fmt.Sprintf("gosc%d@example.org,garden,2126-05-10,%d,%s\n", who, rapid.IntRange(1, 8).Draw(t, "hours"), rapid.SampledFrom([]string{"completed", "withdrew"}).Draw(t, "outcome")))
			}
			strand = append(strand, file("coordinator", key+".csv", rows))
			if rapid.IntRange(0, 2).Draw(t, "withdraw") == 0 {
				strand = append(strand, op(withdraw(key+".csv")))
			}
		case "signup file":
			rows := "submitted_at,activity,first_name,last_name,email,sex,consent_processing\n"
			for row := range rapid.IntRange(1, 3).Draw(t, "rows") {
				rows += fmt.Sprintf("2126-02-%02dT09:00:%02dZ,garden,Osoba,Zplik,plik%d-%d@example.org,female,tak\n", day.Draw(t, "day"), i, i, row)
			}
			strand = append(strand, file("coordinator", key+".csv", rows))
			if rapid.IntRange(0, 2).Draw(t, "withdraw") == 0 {
				strand = append(strand, op(withdraw(key+".csv")))
			}
		case "merge":
			for _, which := range []string{"a", "b"} {
				strand = append(strand, op(post("/town/consultations", key+which, map[string]any{"person": map[string]any{"email": fmt.Sprintf("para%d%s@example.org", i, which)}, "date": "2126-04-02", "field": "law", "minutes": 30, "form": "phone", "topic": "para"})))
			}
			strand = append(strand, op(func(h *harness, m *sender) error {
				ids := [2]string{}
				for j, which := range []string{"a", "b"} {
					_, body := h.send("GET", "/town/consultations/"+m.ids[key+which], "", "", nil)
					var got struct{ Person struct{ ID string } }
					if err := json.Unmarshal(body, &got); err != nil {
						return err
					}
					ids[j] = got.Person.ID
				}
				if ids[0] == ids[1] {
					return nil // merged before
				}
				encoded, err := json.Marshal(map[string]string{"into": ids[1]})
				if err != nil {
					return err
				}
				status, answer := h.send("POST", "/town/people/"+ids[0]+"/merge", "", "application/json", encoded)
				if status != http.StatusOK {
					return fmt.Errorf("merge: %d %s", status, answer)
				}
				return nil
			}))
		}
		strands = append(strands, strand)
	}
	return strands
}

func withdraw(name string) func(*harness, *sender) error {
	return func(h *harness, m *sender) error {
		status, answer := h.send("DELETE", "/town/uploads/"+m.ids[name], "", "application/json", nil)
		if status != http.StatusOK {
			return fmt.Errorf("withdraw: %d %s", status, answer)
		}
		return nil
	}
}

// TestOnceInEffect checks that nothing is lost or counted twice: random histories that are delivered one to three
// times, in any order that the records allow, with functions dying between any two writes and with other lanes, have
// the same hash as when they are delivered once and in order.
func TestOnceInEffect(t *testing.T) {
	t.Parallel()
	plain := func(t table.Table) table.Table { return t }
	rapid.Check(t, func(rt *rapid.T) {
		strands := randomHistory(rt)
		seed := rapid.Uint64().Draw(rt, "seed")
		random := rand.New(rand.NewPCG(seed, 1))

		calm := newHarness(t, newStorage(t), plain, func() int { return 0 })
		define(t, calm)
		if err := arrivals(calm, strands); err != nil {
			rt.Fatal(err)
		}
		calmly := make([]*sender, len(strands))
		for i, strand := range strands {
			m := &sender{ids: map[string]string{}}
			calmly[i] = m
			for _, op := range strand {
				calm.at(op.at)
				if err := op.run(calm, m); err != nil {
					rt.Fatal(err)
				}
			}
		}

		quiet, kills := false, 0
		wild := newHarness(t, newStorage(t), func(inner table.Table) table.Table {
			fault := func(c tabletest.Call) error {
				if !quiet && c.Verb == "write" && kills < 40 && random.IntN(6) == 0 {
					kills++
					return tabletest.ErrKilled
				}
				return nil
			}
			return &tabletest.Faulty{Table: inner, Before: fault, After: fault}
		}, func() int { return random.IntN(8) })
		quiet = true
		define(t, wild)
		if err := arrivals(wild, strands); err != nil {
			rt.Fatal(err)
		}
		quiet = false
		senders := make([]*sender, len(strands))
		for i := range senders {
			senders[i] = &sender{ids: map[string]string{}}
		}
		next := make([]int, len(strands))
		for left := len(strands); left > 0; {
			i := random.IntN(len(strands))
			if next[i] == len(strands[i]) {
				continue
			}
			op := strands[i][next[i]]
			deliver := func(op operation, times int) {
				for tries := 0; times > 0; tries++ {
					wild.at(op.at)
					err := op.run(wild, senders[i])
					switch {
					case err == nil:
						times--
					case tries == 60:
						rt.Fatalf("it never succeeds: %v", err)
					default:
						wild.start()
					}
				}
			}
			deliver(op, 1+random.IntN(3))
			for _, earlier := range strands[i][:next[i]] {
				if earlier.late && random.IntN(2) == 0 {
					deliver(earlier, 1)
				}
			}
			if next[i]++; next[i] == len(strands[i]) {
				left--
			}
			if random.IntN(4) == 0 {
				quiet = true
				wild.start()
				wild.at(op.at)
				wild.hash("2126-06-01")
				quiet = false
			}
		}
		quiet = true
		wild.start()
		end := time.Date(2126, 7, 1, 0, 0, 0, 0, time.UTC)
		calm.at(end)
		wild.at(end)
		for _, asOf := range []string{"2126-04-15", "2126-06-30"} {
			if a, b := calm.hash(asOf), wild.hash(asOf); a != b {
				rt.Fatalf("as of %s: in order %s, disturbed %s\n%s\n%s", asOf, a, b, calm.figures(asOf), wild.figures(asOf))
			}
		}
		for i := range strands {
			for name, id := range calmly[i].ids {
				if !strings.HasSuffix(name, ".csv") {
					continue
				}
				want, err := calm.app.Uploads.Upload(context.Background(), "town", id)
				if err != nil {
					rt.Fatal(err)
				}
				got, err := wild.app.Uploads.Upload(context.Background(), "town", senders[i].ids[name])
				if err != nil || got.State != want.State {
					rt.Fatalf("%s is %s, once and in order it is %s: %v", name, got.State, want.State, err)
				}
			}
		}
		latest, _, err := wild.app.Snapshots.Latest(context.Background(), "town", "2126-06-30")
		if err != nil {
			rt.Fatal(err)
		}
		if again, err := wild.compiler.Verify(context.Background(), latest); err != nil || !again.Same {
			rt.Fatalf("computed again: %+v, %v", again, err)
		}
	})
}

func (h *harness) figures(asOf string) string {
	kept, _, err := h.app.Snapshots.Latest(context.Background(), "town", asOf)
	if err != nil {
		return err.Error()
	}
	snap, err := h.app.Snapshots.Snapshot(context.Background(), kept)
	if err != nil {
		return err.Error()
	}
	out := fmt.Sprintf("%d participants", snap.Participants.Total)
	for _, in := range snap.Indicators {
		out += fmt.Sprintf("; %s: %s of %d records", in.Code, in.Achieved, in.Records)
	}
	return out
}

func define(t testing.TB, h *harness) {
	t.Helper()
	defineAs(t, h, definitionText)
}

func defineAs(t testing.TB, h *harness, text string) {
	t.Helper()
	if status, body := h.send("PUT", "/town/definition", "", "application/yaml", []byte(text)); status != http.StatusCreated {
		t.Fatalf("definition: %d %s", status, body)
	}
}

// sayings are the rows of a file by what they are about: a file must not say two things of one.
type sayings map[int]string

// once returns the row that the file has of a thing already, else the given one.
func (s sayings) once(about int, row string) string {
	if before, is := s[about]; is {
		return before
	}
	s[about] = row
	return row
}
