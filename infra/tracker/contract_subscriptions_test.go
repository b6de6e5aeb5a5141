package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// hook is a webhook as a receiver got it.
type hook struct {
	id, signature, body string
	at                  string // the timestamp of the header
	kind, about         string
	answered            int
}

// receiver is another program that gets webhooks.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []hook
	answer func(n int, h hook) int // the status of the answer to the nth webhook; nil: 204
}

// receive starts a receiver that checks what every webhook must have.
func receive(t *testing.T, answer func(n int, h hook) int) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, asked *http.Request) {
		body, err := io.ReadAll(asked.Body)
		h := hook{id: asked.Header.Get("webhook-id"), at: asked.Header.Get("webhook-timestamp"), signature: asked.Header.Get("webhook-signature"), body: string(body), answered: http.StatusNoContent}
		var said struct {
			Type      string
			Timestamp time.Time
			Data      map[string]string
		}
		if err != nil || json.Unmarshal(body, &said) != nil || asked.Method != http.MethodPost || asked.Header.Get("Content-Type") != "application/json" || said.Timestamp.IsZero() {
			t.Errorf("%s %v: %s", asked.Method, asked.Header, body)
		}
		for name := range said.Data {
			if name != "project" && name != "id" {
				t.Errorf("a webhook tells %s: %s", name, body)
			}
		}
		h.kind, h.about = said.Type, said.Data["id"]
		r.mu.Lock()
		if r.answer != nil {
			h.answered = r.answer(len(r.got), h)
		}
		r.got = append(r.got, h)
		r.mu.Unlock()
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(h.answered)
	}))
	t.Cleanup(r.Close)
	return r
}

// hooks are the webhooks that came so far.
func (r *receiver) hooks() []hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// taken are the webhooks that were taken, as type and id.
func (r *receiver) taken() (out []string) {
	for _, h := range r.hooks() {
		if h.answered < 300 {
			out = append(out, h.kind+" "+h.about)
		}
	}
	return out
}

// isSigned checks the signature of a webhook by the specification.
func (h hook) isSigned(t *testing.T, secret string) {
	t.Helper()
	encoded, is := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !is || err != nil || len(key) < 24 || len(key) > 64 {
		t.Fatalf("the secret %s is none", secret)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.id + "." + h.at + "." + h.body))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.signature != want {
		t.Errorf("signed %s, want %s", h.signature, want)
	}
	sent, err := strconv.ParseInt(h.at, 10, 64)
	if now := time.Now().Unix(); err != nil || sent > now+60 || sent < now-3600 {
		t.Errorf("sent at %s", h.at)
	}
}

var everyEvent = []string{"snapshot.approved", "signup.changed", "upload.finished"}

func (p *project) subscribe(url string, events ...string) reply {
	p.t.Helper()
	return p.office.post(p.at+"/subscriptions", fields{"url": url, "events": events}).is(http.StatusCreated)
}

// withWebhooks is a project of a tracker that sends webhooks to this machine.
func withWebhooks(t *testing.T) *project {
	t.Helper()
	return newProjectAt(t, start(t, t.TempDir(), "localhost:0", "-empty", "-insecure-webhooks"), "hooked")
}

func TestContractSubscriptionsGetSignedWebhooks(t *testing.T) {
	t.Parallel()
	p := withWebhooks(t)
	all, some := receive(t, nil), receive(t, nil)
	p.office.post(p.at+"/signups", signup("before", "planting")).is(http.StatusCreated)
	secret := p.subscribe(all.URL+"/in?token=1", everyEvent...).text("secret")
	p.subscribe(some.URL, "snapshot.approved")

	one := p.office.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated).text("id")
	file := p.upload(p.radio, "a.csv", p.airings("radio"), nil).text("id")
	bad := p.upload(p.radio, "b.csv", "nonsense\n", nil).text("id")
	checked := p.upload(p.radio, "c.csv", p.airings("radio"), fields{"check_only": true}).text("id")
	p.office.put(p.at+"/signups/"+one, fields{"state": "cancelled"}).is(http.StatusOK)
	snap := p.compile()
	p.approve(snap)

	want := []string{"signup.changed " + one, "upload.finished " + file, "upload.finished " + bad, "upload.finished " + checked, "signup.changed " + one, "snapshot.approved " + snap.text("id")}
	eventually(t, "six webhooks", func() bool { return len(all.taken()) >= len(want) })
	if got := all.taken(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	eventually(t, "the approval", func() bool { return len(some.taken()) > 0 })
	if got := some.taken(); !slices.Equal(got, want[len(want)-1:]) {
		t.Errorf("who asked for approvals alone got %v", got)
	}
	ids := map[string]bool{}
	for _, h := range all.hooks() {
		h.isSigned(t, secret)
		if h.id == "" || ids[h.id] {
			t.Errorf("the id %q came twice", h.id)
		}
		ids[h.id] = true
		for _, private := range []string{"ewa", "Ewa", "example.org", "Przykładowska"} {
			if strings.Contains(h.body, private) {
				t.Errorf("%s tells %s", h.body, private)
			}
		}
	}
}

func TestContractWebhookThatIsNotTakenIsSentAgain(t *testing.T) {
	t.Parallel()
	p := withWebhooks(t)
	failing := receive(t, func(n int, _ hook) int {
		if n == 0 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	other := receive(t, nil)
	secret := p.subscribe(failing.URL, everyEvent...).text("secret")
	p.subscribe(other.URL, everyEvent...)
	var want []string
	for _, name := range []string{"ewa", "jan", "ola"} {
		want = append(want, "signup.changed "+p.office.post(p.at+"/signups", signup(name, "planting")).is(http.StatusCreated).text("id"))
	}
	eventually(t, "the other subscription", func() bool { return slices.Equal(other.taken(), want) })
	eventually(t, "the one that failed", func() bool { return slices.Equal(failing.taken(), want) })
	got := failing.hooks()
	if len(got) != 4 || got[0].id != got[1].id || got[0].body != got[1].body {
		t.Errorf("%+v", got)
	}
	for _, h := range got {
		h.isSigned(t, secret)
	}
}

func TestContractWebhooksFollowNoRedirect(t *testing.T) {
	t.Parallel()
	p := withWebhooks(t)
	moved := receive(t, func(int, hook) int { return http.StatusTemporaryRedirect })
	p.subscribe(moved.URL, everyEvent...)
	p.office.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated)
	eventually(t, "the refusal", func() bool {
		return said(p.office.get(p.at+"/subscriptions").is(http.StatusOK).at("items.0.reason")) == "redirect"
	})
	for _, h := range moved.hooks() {
		if h.id != moved.hooks()[0].id {
			t.Errorf("it went on after a redirect: %+v", h)
		}
	}
	p.office.get(p.at + "/subscriptions").has(map[string]string{"items.0.state": "failing"})
}

func TestContractSubscriptionsTakePublicHTTPSAlone(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, address := range []string{
		"http://example.org/hook", "https://localhost/hook", "https://127.0.0.1/hook", "https://127.1.2.3:8443/", "https://[::1]/", "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest",
		"https://100.64.0.1/", "https://0.0.0.0/", "https://[fe80::1]/", "https://[fd00:ec2::254]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:a00:1]/", "https://[64:ff9b::a00:1]/", "https://224.0.0.1/",
		"https://user:pass@example.org/", "ftp://example.org/", "example.org", "https://", "", "https://example.org/#part", "https://2130706433/", "https://0x7f.1/",
	} {
		got := p.office.post(p.at+"/subscriptions", fields{"url": address, "events": everyEvent})
		if got.status != http.StatusUnprocessableEntity || got.text("errors.0.field") != "url" {
			t.Errorf("%q: %s", address, got)
		}
	}
	for _, events := range []any{[]string{}, []string{"signup"}, "signup.changed", nil, []any{1}} {
		p.office.post(p.at+"/subscriptions", fields{"url": "https://hooks.invalid/hook", "events": events}).is(http.StatusUnprocessableEntity)
	}
	p.office.post(p.at+"/subscriptions", fields{"url": "https://hooks.invalid/hook", "events": everyEvent, "secret": "x"}).isInvalid("secret unknown_field")
	if got := p.office.get(p.at + "/subscriptions").is(http.StatusOK).list("items"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestContractSubscriptionsAreTheCoordinators(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	draft := fields{"url": "https://hooks.invalid/hook", "events": []string{"upload.finished", "snapshot.approved"}}
	made := p.office.with("Idempotency-Key", "a").post(p.at+"/subscriptions", draft).is(http.StatusCreated)
	again := p.office.with("Idempotency-Key", "a").post(p.at+"/subscriptions", draft).is(http.StatusCreated)
	if made.text("id") != again.text("id") || made.text("secret") != again.text("secret") {
		t.Errorf("%s, then %s", made, again)
	}
	list := p.office.get(p.at + "/subscriptions").is(http.StatusOK)
	list.has(map[string]string{"items.0.id": made.text("id"), "items.0.url": "https://hooks.invalid/hook", "items.0.state": "active"})
	if len(list.list("items")) != 1 || strings.Contains(string(list.body), "whsec_") || strings.Contains(string(list.body), made.text("secret")[6:]) {
		t.Errorf("%s", list)
	}
	if page := p.office.browser().get(p.at + "/subscriptions").is(http.StatusOK).isPage(); strings.Contains(string(page.body), made.text("secret")[6:]) {
		t.Error("the page shows the secret again")
	}
	for range 9 {
		p.subscribe("https://hooks.invalid/hook", "upload.finished")
	}
	p.office.post(p.at+"/subscriptions", draft).is(http.StatusConflict)
	p.office.delete(p.at + "/subscriptions/" + made.text("id")).is(http.StatusOK)
	p.office.delete(p.at + "/subscriptions/" + made.text("id")).is(http.StatusNotFound)
	if got := p.office.get(p.at + "/subscriptions").is(http.StatusOK).list("items"); len(got) != 9 {
		t.Errorf("%d subscriptions", len(got))
	}
	form := p.office.browser().send("POST", p.at+"/subscriptions", "application/x-www-form-urlencoded", []byte(url.Values{"url": {"https://hooks.invalid/other"}, "events[]": {"snapshot.approved"}}.Encode()))
	if form.status != http.StatusCreated || !strings.Contains(string(form.body), "whsec_") {
		t.Errorf("a form's answer: %s", form)
	}
}
