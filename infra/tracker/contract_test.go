package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// The tests of these files know the tracker as the outside does: by HTTP alone. The program is built once and runs once
// for most of them; every test has a project of its own in it.

var (
	program string   // the built program
	shared  *tracker // the running one, for all tests that need none of their own
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if err := errors.Join(shorten(), widen()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "tracker")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	prepareBrowser(dir)
	defer func() { sharedBrowser.close() }()
	program = filepath.Join(dir, "tracker")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	if shared, err = begin(filepath.Join(dir, "data"), "localhost:0", "-empty"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer shared.kill()
	return m.Run()
}

// patience bounds a wait that hangs. It is far longer than a slow machine needs.
const patience = 5 * time.Minute

// tracker is a running program.
type tracker struct {
	process *exec.Cmd
	base    string // http://localhost:1234
	data    string
	exited  chan struct{}
}

// begin starts the program and waits until it says that it is ready.
func begin(data, address string, flags ...string) (*tracker, error) {
	return await(&tracker{process: exec.Command(program, append([]string{"-addr", address, "-data", data}, flags...)...), data: data})
}

// await starts the process and waits until it says that it is ready.
func await(t *tracker) (*tracker, error) {
	t.exited = make(chan struct{})
	out, err := t.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var wrong bytes.Buffer
	t.process.Stderr = &wrong
	if err := t.process.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if base, found := strings.CutPrefix(lines.Text(), "ready "); found {
				ready <- base
			}
		}
		_ = t.process.Wait() // how it ended is read from its state
		close(t.exited)
	}()
	select {
	case t.base = <-ready:
		return t, nil
	case <-t.exited:
		return nil, fmt.Errorf("the program ended: %s", wrong.String())
	case <-time.After(patience):
		t.kill()
		return nil, errors.New("the program did not get ready")
	}
}

// kill ends the program at once, as a power cut would.
func (s *tracker) kill() {
	_ = s.process.Process.Kill() // it may have ended by itself
	<-s.exited
}

// stop ends the program as a service manager would, and gives its exit code.
func (s *tracker) stop(t *testing.T, signal os.Signal) int {
	t.Helper()
	if err := s.process.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.exited:
	case <-time.After(patience):
		s.kill()
		t.Fatalf("the program did not end after %s", signal)
	}
	return s.process.ProcessState.ExitCode()
}

// again starts a program that has ended on the same data, at the same address.
func (s *tracker) again(t *testing.T) *tracker {
	t.Helper()
	return start(t, s.data, strings.TrimPrefix(s.base, "http://"), "-empty")
}

// start begins a program of the test's own.
func start(t *testing.T, data, address string, flags ...string) *tracker {
	t.Helper()
	s, err := begin(data, address, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	return s
}

// eventually asks again and again until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

// caller asks the tracker: with or without a token, and with headers of their own.
type caller struct {
	t      *testing.T
	base   string
	token  string
	header map[string]string
}

// with is the same caller with a header.
func (c caller) with(name, value string) caller {
	header := map[string]string{name: value}
	for n, v := range c.header {
		if n != name {
			header[n] = v
		}
	}
	c.header = header
	return c
}

// browser is the same caller with a browser.
func (c caller) browser() caller {
	return c.with("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
}

// in is the same caller, to whom another test belongs.
func (c caller) in(t *testing.T) caller {
	c.t = t
	return c
}

var client = &http.Client{
	Timeout:       patience,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 200},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (c caller) send(method, path, contentType string, body []byte) reply {
	c.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = c.base + path
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	request.Header.Set("Accept", "application/json")
	for name, value := range c.header {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	r := reply{t: c.t, what: method + " " + path, status: response.StatusCode, header: response.Header, body: content}
	r.isNoLeak()
	if strings.HasPrefix(path, "/") {
		r.isDescribed(method, path)
	}
	return r
}

func (c caller) get(path string) reply { c.t.Helper(); return c.send("GET", path, "", nil) }

func (c caller) delete(path string) reply { c.t.Helper(); return c.send("DELETE", path, "", nil) }

func (c caller) post(path string, body any) reply {
	c.t.Helper()
	return c.send("POST", path, "application/json", c.encode(body))
}

func (c caller) put(path string, body any) reply {
	c.t.Helper()
	return c.send("PUT", path, "application/json", c.encode(body))
}

// fill sends a web form.
func (c caller) fill(path string, fields fields) reply {
	c.t.Helper()
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, fmt.Sprint(value))
	}
	return c.send("POST", path, "application/x-www-form-urlencoded", []byte(values.Encode()))
}

func (c caller) encode(body any) []byte {
	c.t.Helper()
	if text, ok := body.(string); ok {
		return []byte(text)
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	return encoded
}

// fields are a body's.
type fields map[string]any

// and is the same fields with some changed; nil leaves one out.
func (f fields) and(more fields) fields {
	out := fields{}
	for _, part := range []fields{f, more} {
		for name, value := range part {
			if out[name] = value; value == nil {
				delete(out, name)
			}
		}
	}
	return out
}

// reply is what came.
type reply struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

func (r reply) String() string {
	body := r.body
	if len(body) > 1500 {
		body = append(slices.Clone(body[:1500]), "…"...)
	}
	return fmt.Sprintf("%s: %d %s\n%s", r.what, r.status, r.header.Get("Content-Type"), body)
}

// is ends the test where the answer has another status.
func (r reply) is(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("want %d, got %s", status, r)
	}
	if status >= 400 && !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		r.isProblem()
	}
	return r
}

// isProblem checks that an error is as RFC 9457 wants it.
func (r reply) isProblem() {
	r.t.Helper()
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.t.Errorf("a problem of type %q: %s", got, r)
		return
	}
	for _, name := range []string{"type", "title", "detail"} {
		if text, _ := r.at(name).(string); text == "" {
			r.t.Errorf("a problem without %s: %s", name, r)
		}
	}
	if r.text("status") != strconv.Itoa(r.status) {
		r.t.Errorf("a problem of another status: %s", r)
	}
	if r.status == http.StatusServiceUnavailable && r.header.Get("Retry-After") == "" {
		r.t.Errorf("503 without Retry-After: %s", r)
	}
}

var leak = regexp.MustCompile(`goroutine \d+|\.go:\d+|panic:|\bAKIA[0-9A-Z]{16}\b|SQLITE|sqlite|ConditionalCheck|BEGIN [A-Z ]*PRIVATE KEY`)

// isNoLeak checks that an answer has no stack and no key in it, and is no fault of the tracker.
func (r reply) isNoLeak() {
	r.t.Helper()
	if r.status == http.StatusInternalServerError && !strings.Contains(string(r.body), `"code":"damaged"`) && !strings.Contains(string(r.body), "altered or lost") {
		r.t.Errorf("the tracker failed: %s", r)
	}
	if strings.Contains(r.header.Get("Content-Type"), "json") && leak.Match(r.body) {
		r.t.Errorf("the inside shows: %s", r)
	}
}

// value is the answer's JSON.
func (r reply) value() any {
	r.t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		r.t.Fatalf("no JSON (%v): %s", err, r)
	}
	return value
}

// at returns the value at a path of names and numbers, such as items.0.id; nil where there is none.
func (r reply) at(path string) any {
	r.t.Helper()
	return within(r.value(), path)
}

func within(value any, path string) any {
	if path == "" {
		return value
	}
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// text is the value at a path, as text; "" where there is none.
func (r reply) text(path string) string {
	r.t.Helper()
	return said(r.at(path))
}

func said(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// list is the list at a path.
func (r reply) list(path string) []any {
	r.t.Helper()
	items, ok := r.at(path).([]any)
	if !ok {
		r.t.Fatalf("no list at %q: %s", path, r)
	}
	return items
}

// has checks that texts are found at paths.
func (r reply) has(want map[string]string) reply {
	r.t.Helper()
	for path, text := range want {
		if got := r.text(path); got != text {
			r.t.Errorf("%s is %q, want %q: %s", path, got, text, r)
		}
	}
	return r
}

// codes are the errors, as "field code", in order.
func (r reply) codes() []string {
	r.t.Helper()
	codes := []string{}
	for _, e := range r.list("errors") {
		if said(within(e, "message")) == "" {
			r.t.Errorf("an error without a message: %s", r)
		}
		codes = append(codes, said(within(e, "field"))+" "+said(within(e, "code")))
	}
	slices.Sort(codes)
	return codes
}

// isInvalid checks that the answer is 422 and names these errors, as "field code", and no others.
func (r reply) isInvalid(want ...string) reply {
	r.t.Helper()
	r.is(http.StatusUnprocessableEntity)
	slices.Sort(want)
	if got := r.codes(); !slices.Equal(got, want) {
		r.t.Errorf("errors %v, want %v: %s", got, want, r)
	}
	return r
}

// isPage checks that the answer is a page.
func (r reply) isPage() reply {
	r.t.Helper()
	if got := r.header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
		r.t.Errorf("no page: %s", r)
	}
	return r
}

// told is what the tracker says of itself.
var told struct {
	sync.Once
	document *openapi3.T
	routes   []toldRoute
	seen     sync.Map
}

type toldRoute struct {
	pattern *regexp.Regexp
	names   int
	item    *openapi3.PathItem
}

// isDescribed checks that the tracker's own OpenAPI document describes the answer. Of answers alike it checks the first
// few.
func (r reply) isDescribed(method, path string) {
	r.t.Helper()
	told.Do(func() { readDocument(r.t) })
	path, _, _ = strings.Cut(path, "?")
	if strings.HasPrefix(r.header.Get("Location"), "/auth/sign-in?") {
		return // a browser, which is led to sign in, is no program
	}
	if strings.HasPrefix(path, "/local") || strings.HasPrefix(path, "/auth") || strings.HasPrefix(path, "/assets") {
		return
	}
	for _, route := range told.routes {
		if !route.pattern.MatchString(path) {
			continue
		}
		operation := route.item.GetOperation(method)
		if operation == nil {
			continue
		}
		count, _ := told.seen.LoadOrStore(fmt.Sprint(operation.OperationID, r.status, r.header.Get("Content-Type")), new(atomic.Int32))
		if count.(*atomic.Int32).Add(1) > 8 {
			return
		}
		r.isToldBy(operation)
		return
	}
}

func (r reply) isToldBy(operation *openapi3.Operation) {
	r.t.Helper()
	response := operation.Responses.Status(r.status)
	if response == nil {
		r.t.Errorf("an answer that openapi.json does not tell: %s", r)
		return
	}
	contentType, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if len(response.Value.Content) == 0 || contentType == "text/html" && r.status >= 400 {
		return
	}
	media := response.Value.Content.Get(contentType)
	if media == nil {
		r.t.Errorf("a type that openapi.json does not tell: %s", r)
		return
	}
	if !strings.Contains(contentType, "json") {
		return
	}
	var value any
	if err := json.Unmarshal(r.body, &value); err != nil {
		r.t.Errorf("%v: %s", err, r)
		return
	}
	if err := media.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors()); err != nil {
		r.t.Errorf("not as openapi.json tells: %v\n%s", err, r)
	}
}

func readDocument(t *testing.T) {
	t.Helper()
	response, err := client.Get(shared.base + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if told.document, err = openapi3.NewLoader().LoadFromData(text); err != nil {
		t.Fatalf("openapi.json: %v", err)
	}
	parameter := regexp.MustCompile(`\\\{[a-z]+\\\}`)
	for path, item := range told.document.Paths.Map() {
		pattern := parameter.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
		told.routes = append(told.routes, toldRoute{regexp.MustCompile("^" + pattern + "$"), strings.Count(path, "{")*100 - len(path), item})
	}
	slices.SortFunc(told.routes, func(a, b toldRoute) int { return a.names - b.names }) // the most particular first
}

// project is a project of a test's own, and who has to do with it.
type project struct {
	t       *testing.T
	tracker *tracker
	id      string
	at      string // its address, /id
	today   time.Time

	anyone, office, adviser, funder, radio, press, admin caller
}

var projects atomic.Int64

// newProject begins a project that is running now. The definition's lines may be changed: pairs of the present text and
// what should.
func newProject(t *testing.T, changes ...string) *project {
	t.Helper()
	return newProjectAt(t, shared, fmt.Sprintf("p%d", projects.Add(1)), changes...)
}

func newProjectAt(t *testing.T, s *tracker, id string, changes ...string) *project {
	t.Helper()
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	p := &project{t: t, tracker: s, id: id, at: "/" + id, today: time.Now().In(warsaw)}
	p.meet(t)
	p.admin.send("PUT", p.at+"/definition", "application/yaml", []byte(p.definition(changes...))).is(http.StatusCreated)
	return p
}

// meet gets everybody a token.
func (p *project) meet(t *testing.T) {
	t.Helper()
	p.t = t
	p.anyone = caller{t: t, base: p.tracker.base}
	p.office = p.caller("office@example.org", p.id+":coordinator")
	p.adviser = p.caller("adviser@example.org", p.id+":adviser")
	p.funder = p.caller("funder@example.org", p.id+":funder")
	p.radio = p.caller("radio@example.org", p.id+":partner:radio")
	p.press = p.caller("press@example.org", p.id+":partner:press")
	p.admin = p.caller("admin@example.org", "admin")
}

// caller is someone who signed in.
func (p *project) caller(email string, groups ...string) caller {
	p.t.Helper()
	c := caller{t: p.t, base: p.tracker.base}
	c.token = c.post("/local/token", fields{"email": email, "groups": groups}).is(http.StatusOK).text("token")
	return c
}

// day is a day, so many from today.
func (p *project) day(days int) string { return p.today.AddDate(0, 0, days).Format(time.DateOnly) }

// when is an instant of a day, so many from today.
func (p *project) when(days int, clock string) string { return p.day(days) + "T" + clock + "Z" }

// definition is a project that began 60 days ago and goes on for 300.
func (p *project) definition(changes ...string) string {
	text := strings.NewReplacer("{id}", p.id, "{from}", p.day(-60), "{to}", p.day(300), "{yesterday}", p.day(-1), "{today}", p.day(0)).Replace(definitionText)
	for i := 0; i+1 < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			p.t.Fatalf("the definition has no %q", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	return text
}

const definitionText = `id: {id}
title: {pl: Zielone podwórka, en: Green Courtyards}
programme: {pl: Program Sąsiedzi, en: Neighbours Programme}
funding: {source: {pl: Fundusz Miejski, en: City Fund}, value: 80000.50, currency: PLN, share_percent: 95}
period: {from: {from}, to: {to}}
time_zone: Europe/Warsaw
goal: {pl: Więcej zieleni, en: More green}
region: {name: {pl: Przykładów, en: Exampleton}, population: 100000}
target_group: 20
groups:
  - {id: tenant, label: {pl: lokator, en: tenant}}
  - {id: owner, label: {pl: właściciel, en: owner}}
age_bands: ["0-24", "25-54", "55+"]
activities:
  - {id: planting, kind: training, label: {pl: Sadzenie drzew, en: Planting trees}}
  - {id: compost, kind: training, capacity: 3, label: {pl: Kompost, en: Composting}}
  - {id: over, kind: training, closes: {yesterday}, label: {pl: Zamknięte, en: Closed}}
  - {id: last-call, kind: training, closes: {today}, label: {pl: Ostatni dzień, en: Last day}}
output_kinds:
  - {id: leaflet, label: {pl: ulotka, en: leaflet}}
  - {id: film, label: {pl: film, en: film}}
partners:
  - {id: radio, name: Radio Podwórko}
  - {id: press, name: Gazeta Podwórkowa}
participants:
  - {of: attendance, where: 'outcome == "completed"'}
  - {of: consultation}
indicators:
  - {code: "1", unit: person, target: 8, count: people, of: attendance, where: 'activity == "planting" && outcome == "completed"', label: {pl: Osoby po szkoleniu, en: People trained}}
  - {code: "2", unit: hour, target: 100.5, count: sum, field: hours, of: attendance, label: {pl: Godziny, en: Hours}}
  - {code: "3", unit: inhabitant, target: 50000, count: sum, field: reach, of: media, label: {pl: Zasięg, en: Reach}}
  - {code: "4", unit: outlet, target: 3, count: distinct, field: outlet, of: media, where: 'medium in ["press", "web", "radio"]', label: {pl: Redakcje, en: Outlets}}
  - {code: "5", unit: piece, target: 1000, count: sum, field: quantity, of: output, where: 'kind == "leaflet"', label: {pl: Ulotki, en: Leaflets}}
  - {code: "6", unit: consultation, target: 6, count: records, of: consultation, label: {pl: Porady, en: Consultations}}
  - {code: "7", unit: person, target: 10, count: people, of: signup, where: 'state == "accepted"', label: {pl: Przyjęci, en: Accepted}}
  - {code: "8", unit: person, target: 4, count: people, of: test, where: 'post_score > pre_score', label: {pl: Więcej wiedzy, en: Learned more}}
  - {code: "9", unit: person, target: 10, count: people, of: signup, label: {pl: Zapisani, en: Signed up}}
  - {code: "10", unit: minute, target: 300, count: sum, field: minutes, of: consultation, where: 'field == "law"', label: {pl: Minuty prawa, en: Minutes of law}}
  - {code: "11", unit: person, target: 5, count: people, of: attendance, where: 'sex == "female"', label: {pl: Kobiety, en: Women}}
reports: {funder: quarterly, language: en}
`

// signup is a sign-up of someone to an activity.
func signup(name, activity string) fields {
	return fields{
		"activity": activity, "first_name": strings.ToUpper(name[:1]) + name[1:], "last_name": "Przykładowska", "email": name + "@example.org", "consent_processing": true,
	}
}

// of is the person with an address.
func of(name string) fields { return fields{"email": name + "@example.org"} }

func (p *project) attendance(name string) fields {
	return fields{"person": of(name), "activity": "planting", "date": p.day(-10), "outcome": "completed", "hours": 4}
}

func (p *project) consultation(name string) fields {
	return fields{"person": of(name), "date": p.day(-10), "field": "law", "minutes": 45, "form": "phone", "topic": "umowa"}
}

func (p *project) exam(name string) fields {
	return fields{"person": of(name), "activity": "planting", "date": p.day(-10), "pre_score": 3, "post_score": 7.5, "max_score": 10}
}

func (p *project) output(title string) fields {
	return fields{"date": p.day(-10), "kind": "leaflet", "quantity": 100, "title": title}
}

// compile makes the snapshot of today, whether or not anything has changed.
func (p *project) compile() reply {
	p.t.Helper()
	r := p.office.post(p.at+"/snapshots", fields{})
	if r.status != http.StatusOK && r.status != http.StatusCreated {
		p.t.Fatalf("compile: %s", r)
	}
	return r
}

// achieved is what an indicator has come to now.
func (p *project) achieved(code string) string {
	p.t.Helper()
	return figure(p.compile(), code, "achieved")
}

// counts checks that indicators have come to these figures by now.
func (p *project) counts(want map[string]string) {
	p.t.Helper()
	snap := p.compile()
	for code, figures := range want {
		if got := figure(snap, code, "achieved"); got != figures {
			p.t.Errorf("indicator %s is %s, want %s", code, got, figures)
		}
	}
}

// figure is the value at a path of a snapshot's indicator.
func figure(snap reply, code, path string) string {
	snap.t.Helper()
	for _, in := range snap.list("indicators") {
		if said(within(in, "code")) == code {
			return said(within(in, path))
		}
	}
	snap.t.Fatalf("no indicator %s: %s", code, snap)
	return ""
}

// approve lets the public and the funder see a snapshot.
func (p *project) approve(snap reply) {
	p.t.Helper()
	p.office.post(p.at+"/snapshots/"+snap.text("id")+"/approval", fields{"decision": "approve"}).is(http.StatusOK)
}

// mails are the letters to an address, newest first.
func (p *project) mails(to string) []any {
	p.t.Helper()
	return slices.DeleteFunc(p.anyone.get("/local/mail").is(http.StatusOK).list("items"), func(m any) bool { return said(within(m, "to")) != to })
}

// ask asks for a place to upload to, and sends the file there.
func (p *project) ask(c caller, name, content string, more fields) string {
	p.t.Helper()
	place := c.post(p.at+"/uploads", fields{"filename": name, "size": len(content)}.and(more)).is(http.StatusCreated)
	p.deliver(place, content)
	return place.text("id")
}

// deliver sends a file to its place, whatever kind of request that is.
func (p *project) deliver(place reply, content string) {
	p.t.Helper()
	if got := p.knock(place, content); got.status >= 300 {
		p.t.Fatalf("sent to its place: %s", got)
	}
}

func (p *project) knock(place reply, content string) reply {
	p.t.Helper()
	c := caller{t: p.t, base: p.anyone.base}
	headers, _ := place.at("headers").(map[string]any)
	for name, value := range headers {
		c = c.with(name, said(value))
	}
	if place.text("method") != http.MethodPut {
		p.t.Fatalf("a place of another kind: %s", place)
	}
	return c.send("PUT", place.text("url"), "", []byte(content))
}

// upload sends a file, and waits for what becomes of it.
func (p *project) upload(c caller, name, content string, more fields) reply {
	p.t.Helper()
	return p.settled(c, p.ask(c, name, content, more))
}

func (p *project) settled(c caller, id string) (settled reply) {
	p.t.Helper()
	eventually(p.t, "an end of the upload", func() bool {
		settled = c.get(p.at + "/uploads/" + id).is(http.StatusOK)
		state := settled.text("state")
		return state != "received" && state != "processing"
	})
	return settled
}

// accepts sends a file that has to be accepted.
func (p *project) accepts(c caller, name, content string) reply {
	p.t.Helper()
	got := p.upload(c, name, content, nil)
	if got.text("state") != "accepted" {
		p.t.Fatalf("not accepted: %s", got)
	}
	return got
}

// everything is a whole list, page by page.
func (p *project) everything(path string) []any {
	p.t.Helper()
	var all []any
	for cursor := ""; ; {
		address, err := url.Parse(path)
		if err != nil {
			p.t.Fatal(err)
		}
		query := address.Query()
		query.Set("limit", "200")
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		address.RawQuery = query.Encode()
		page := p.office.get(address.String()).is(http.StatusOK)
		all = append(all, page.list("items")...)
		if cursor = page.text("next"); cursor == "" {
			return all
		}
	}
}

// tryPost sends what may be cut off, and returns whether it was answered as created.
func (p *project) tryPost(path string, body fields) bool {
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.tracker.base+path, bytes.NewReader(p.anyone.encode(body)))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusCreated
}
