package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"outreach/internal/text"
)

func TestTheProgramStopsCleanlyOnASignal(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]os.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, t.TempDir(), "localhost:0", "-empty")
			if code := s.stop(t, signal); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func TestAnEmptyStoreHasNoProjectsWhereNoneArePlayedIn(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	got := caller{t: t, base: s.base}.get("/").is(http.StatusOK)
	if len(got.list("items")) != 0 || got.at("next") != nil {
		t.Errorf("want no projects: %s", got)
	}
}

func TestWithAnIssuerNothingUnderLocalExists(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty", "-issuer", newIssuer(t))
	c := caller{t: t, base: s.base}
	c.get("/health").is(http.StatusOK)
	for _, address := range []string{"GET /local/mail", "GET /local/dead-letters", "POST /local/token", "POST /local/run", "GET /local/oidc/.well-known/openid-configuration", "GET /local"} {
		method, path, _ := strings.Cut(address, " ")
		if got := c.send(method, path, "application/json", []byte("{}")); got.status != http.StatusNotFound {
			t.Errorf("want 404: %s", got)
		}
	}
}

// newIssuer starts a provider that publishes as little as it may, and returns its address.
func newIssuer(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			_, _ = w.Write([]byte(`{"keys": []}`)) // the tracker has given up otherwise
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": server.URL, "authorization_endpoint": server.URL + "/authorize", "token_endpoint": server.URL + "/token", "jwks_uri": server.URL + "/keys"})
	})
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func TestUnreachableIssuerIsAnErrorAtTheStart(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, issuer := range map[string]string{"nobody listens there": closed.URL, "it names another issuer": newIssuer(t) + "/"} {
		out, err := exec.Command(program, "-addr", "localhost:0", "-data", t.TempDir(), "-empty", "-issuer", issuer, "-issuer-wait", "1ms").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "the issuer "+issuer+" did not answer for 1ms") || !strings.Contains(string(out), "-issuer-wait") || strings.Contains(string(out), "ready ") {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}

func TestIssuerThatComesLateIsWaitedFor(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	var issuer string
	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if r.URL.Path == "/keys" {
			_, _ = w.Write([]byte(`{"keys": []}`)) // the tracker has given up otherwise
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": issuer, "jwks_uri": issuer + "/keys"})
	}))
	t.Cleanup(late.Close)
	issuer = late.URL
	s := start(t, t.TempDir(), "localhost:0", "-empty", "-issuer", issuer, "-issuer-wait", patience.String())
	caller{t: t, base: s.base}.get("/health").is(http.StatusOK)
}

func TestLocalAnswersOnLoopbackAlone(t *testing.T) {
	t.Parallel()
	c := caller{t: t, base: shared.base}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Forwarded-Host"} {
		if got := c.with(name, "203.0.113.7").get("/local/mail"); got.status < 400 {
			t.Errorf("a request forwarded by %s is answered: %s", name, got)
		}
	}
}

func TestTheMailboxTellsTheTimeOfTheProjects(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.anyone.post(p.at+"/signups", signup("zofia", "compost").and(fields{"email": p.id + "@example.org"})).is(http.StatusCreated)
	var letters []any
	eventually(t, "a letter", func() bool { letters = p.mails(p.id + "@example.org"); return len(letters) > 0 })
	sent, err := time.Parse(time.RFC3339, said(within(letters[0], "at")))
	warsaw, zoneErr := time.LoadLocation("Europe/Warsaw")
	if err != nil || zoneErr != nil {
		t.Fatal(err, zoneErr)
	}
	said := strings.ReplaceAll(text.Of(text.Polish).Moment(sent.Format(time.RFC3339), warsaw), "\u00a0", " ")
	p.anyone.browser().get("/local/mail").shows([]string{p.id + "@example.org · " + said})
}

func TestATokenSaysWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, c := range []struct {
		name   string
		groups []string
		want   int
	}{
		{"a coordinator's is let in", []string{p.id + ":coordinator"}, http.StatusOK},
		{"another project's coordinator is not", []string{"other:coordinator"}, http.StatusForbidden},
		{"one without groups is not", nil, http.StatusForbidden},
		{"a funder may not see people", []string{p.id + ":funder"}, http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.caller("somebody@example.org", c.groups...).in(t).get(p.at + "/people").is(c.want)
		})
	}
	for name, token := range map[string]string{"rubbish": "rubbish", "an altered one": p.office.token[:len(p.office.token)-6] + "AAAAAA", "one without a signature": strings.Join(strings.Split(p.office.token, ".")[:2], ".") + "."} {
		t.Run(name+" is 401", func(t *testing.T) {
			c := p.anyone.in(t)
			c.token = token
			c.get(p.at + "/people").is(http.StatusUnauthorized)
		})
	}
	t.Run("one without an address is refused", func(t *testing.T) {
		if got := p.anyone.in(t).post("/local/token", "{}"); got.status < 400 {
			t.Errorf("got a token: %s", got)
		}
	})
}

func TestAnAdminBeginsProjects(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	fresh := "fresh-" + p.id
	text := []byte(p.definition("id: "+p.id, "id: "+fresh))
	put := func(c caller) reply { return c.send("PUT", "/"+fresh+"/definition", "application/yaml", text) }
	put(p.anyone).is(http.StatusUnauthorized)
	for who, c := range map[string]caller{"another project's coordinator": p.office, "a partner": p.radio} {
		if got := put(c); got.status != http.StatusForbidden && got.status != http.StatusNotFound {
			t.Errorf("%s begins a project: %s", who, got)
		}
	}
	put(p.admin).is(http.StatusCreated)
	p.anyone.get("/" + fresh).is(http.StatusOK)
	found := false
	for _, item := range p.anyone.get("/?limit=200").is(http.StatusOK).list("items") {
		found = found || said(within(item, "id")) == fresh
	}
	if !found {
		t.Errorf("%s is not among the projects", fresh)
	}
}

func TestAScheduleCompilesTheYesterdayOfEachProject(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/outputs", p.output("Ulotka")).is(http.StatusCreated)
	p.office.post("/local/run", fields{"function": "compile-snapshot"}).is(http.StatusOK)
	got := p.office.get(p.at + "/snapshots").is(http.StatusOK)
	if len(got.list("items")) != 1 {
		t.Fatalf("want one snapshot: %s", got)
	}
	got.has(map[string]string{"items.0.as_of": p.day(-1), "items.0.state": "draft"})
	p.office.post("/local/run", fields{"function": "compile-snapshot"}).is(http.StatusOK)
	if again := p.office.get(p.at + "/snapshots").is(http.StatusOK); len(again.list("items")) != 1 {
		t.Errorf("nothing changed, but there is another snapshot: %s", again)
	}
	if got := p.office.post("/local/run", fields{"function": "no-such"}); got.status < 400 {
		t.Errorf("an unknown function runs: %s", got)
	}
}

func TestTheNightMakesNoSnapshotThatDiffersInItsDayAlone(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	days := func() (days []string) {
		for _, item := range p.office.get(p.at + "/snapshots").is(http.StatusOK).list("items") {
			days = append(days, said(within(item, "as_of")))
		}
		return days
	}
	if got := p.anyone.get(p.at).is(http.StatusOK).text("checked"); got != "" {
		t.Errorf("before the first night it was looked until %q", got)
	}
	p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-3)}).is(http.StatusCreated)
	for range 2 {
		p.office.post("/local/run", fields{"function": "compile-snapshot"}).is(http.StatusOK)
		if got := days(); !slices.Equal(got, []string{p.day(-3)}) {
			t.Errorf("the night makes snapshots of %v", got)
		}
		p.anyone.get(p.at).is(http.StatusOK).has(map[string]string{"checked": p.day(-1)})
	}
	p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-1)}).is(http.StatusCreated)
	if got := days(); !slices.Equal(got, []string{p.day(-1), p.day(-3)}) {
		t.Errorf("after the office compiled yesterday there are snapshots of %v", got)
	}
}

func TestWhatCannotBeProcessedLiesAmongTheDeadLetters(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	c := caller{t: t, base: s.base}
	if got := c.get("/local/dead-letters").is(http.StatusOK); len(got.list("items")) != 0 {
		t.Fatalf("want none: %s", got)
	}
	lay(t, s, "uploads/nowhere/radio/airings.csv", "date;medium\n")
	eventually(t, "a dead letter", func() bool { return len(c.get("/local/dead-letters").list("items")) == 1 })
	letter := c.get("/local/dead-letters")
	if reason := letter.text("items.0.reason"); reason == "" {
		t.Errorf("no reason: %s", letter)
	}
	c.browser().get("/local/dead-letters").is(http.StatusOK).isPage()
}

// lay puts an object where the tracker keeps them, as someone with access to the folder would.
func lay(t *testing.T, s *tracker, key, text string) {
	t.Helper()
	file := filepath.Join(s.data, "objects", filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	aside := filepath.Join(t.TempDir(), "object")
	if err := os.WriteFile(aside, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(aside, file); err != nil {
		t.Fatal(err)
	}
}

func TestNothingAnsweredIsLostWhenTheProgramIsKilled(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards")
	p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated)
	p.office.post(p.at+"/consultations", p.consultation("jan")).is(http.StatusCreated)
	p.accepts(p.radio, "audycje.csv", "data;medium;tytuł;redakcja;zasięg\n"+p.day(-3)+";radio;Drzewa;Radio Podwórko;12 500\n")
	before := p.compile()

	const many = 60
	var kept sync.Map
	var sent sync.WaitGroup
	for i := range many {
		sent.Go(func() {
			name := fmt.Sprintf("osoba%d", i)
			if p.tryPost(p.at+"/signups", signup(name, "planting")) {
				kept.Store(name+"@example.org", true)
			}
			if i == many/2 {
				s.kill()
			}
		})
	}
	sent.Wait()
	s = s.again(t)
	p.tracker = s
	p.meet(t)

	list := p.everything(p.at + "/signups?activity=planting")
	there := map[string]bool{}
	for _, item := range list {
		there[said(within(item, "person.email"))] = true
	}
	kept.Range(func(email, _ any) bool {
		if !there[email.(string)] {
			t.Errorf("%s was answered, and is gone", email)
		}
		return true
	})

	if got := p.office.get(p.at + "/snapshots/" + before.text("id")).is(http.StatusOK); got.text("hash") != before.text("hash") {
		t.Errorf("the snapshot has another hash after a restart: %s", got)
	}
	after := p.compile()
	for _, code := range []string{"1", "2", "3", "6"} {
		if got, want := figure(after, code, "achieved"), figure(before, code, "achieved"); got != want {
			t.Errorf("indicator %s is %s after a restart, was %s", code, got, want)
		}
	}
	if got, want := figure(after, "9", "achieved"), fmt.Sprint(len(list)); got != want {
		t.Errorf("%s people signed up, the list has %s", got, want)
	}
	s.kill()
	s = s.again(t)
	p.tracker = s
	p.meet(t)
	p.office.post(p.at+"/snapshots", fields{}).is(http.StatusOK).has(map[string]string{"id": after.text("id"), "hash": after.text("hash")})
}
