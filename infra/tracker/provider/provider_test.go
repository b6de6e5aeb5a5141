package provider_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"outreach/infra/tracker/provider"
	"outreach/internal/identity"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

const issuer = "http://localhost:3000" + provider.Path

// sharedKey is made once, for making one takes a second.
var sharedKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func key(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := sharedKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// stack is a provider and an application that trusts it, with one address and one clock.
type stack struct {
	*provider.Provider
	*identity.Authority
	at time.Time
}

func newStack(t *testing.T, key *rsa.PrivateKey) *stack {
	t.Helper()
	s := &stack{at: time.Date(2011, 2, 28, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return s.at }
	var err error
	if s.Provider, err = provider.New(issuer, key, now); err != nil {
		t.Fatal(err)
	}
	s.Roles = func() []provider.Role { return provider.Roles("ces", "tv-partner") }
	s.ChooseRole = func(w http.ResponseWriter, _ *http.Request, roles []provider.Role, hidden url.Values) {
		json.NewEncoder(w).Encode(map[string]any{"roles": roles, "hidden": hidden})
	}
	settings := identity.Settings{Issuer: issuer, ClientID: provider.ClientID, CookieKey: bytes.Repeat([]byte{7}, 32), BaseURL: "http://localhost:3000", Now: now}
	if s.Authority, err = identity.New(settings, &http.Client{Transport: s.Provider}); err != nil {
		t.Fatal(err)
	}
	return s
}

// RoundTrip serves both, so that a client needs no listener.
func (s *stack) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	inner := r.Clone(r.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	switch {
	case strings.HasPrefix(r.URL.Path, provider.Path):
		s.ServeHTTP(w, inner)
	case strings.HasPrefix(r.URL.Path, "/auth/"):
		s.Handler().ServeHTTP(w, inner)
	default:
		who, err := s.Identify(inner)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
		json.NewEncoder(w).Encode(who)
	}
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

func (s *stack) browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: s, Jar: jar}
}

func read[T any](t *testing.T, answer *http.Response, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var content T
	if answer.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(answer.Body)
		t.Fatalf("%s %s: %s", answer.Request.URL, answer.Status, body)
	}
	if err := json.NewDecoder(answer.Body).Decode(&content); err != nil {
		t.Fatal(err)
	}
	return content
}

type page struct {
	Roles  []provider.Role
	Hidden url.Values
}

func TestSignInWithEachRole(t *testing.T) {
	t.Parallel()
	signing := key(t)
	for _, c := range []struct {
		name   string
		choice url.Values
		email  string
		groups []string
	}{
		{"the coordinator", url.Values{"role": {"ces:coordinator"}}, "coordinator@example.org", []string{"ces:coordinator"}},
		{"an adviser", url.Values{"role": {"ces:adviser"}}, "adviser@example.org", []string{"ces:adviser"}},
		{"the funder", url.Values{"role": {"ces:funder"}}, "funder@example.org", []string{"ces:funder"}},
		{"a partner", url.Values{"role": {"ces:partner:tv-partner"}}, "tv-partner@example.org", []string{"ces:partner:tv-partner"}},
		{"the administrator", url.Values{"role": {"admin"}}, "admin@example.org", []string{"admin"}},
		{"who types an address and groups", url.Values{"email": {" Jan.Kowalski@Example.org "}, "groups": {"ces:adviser, other:funder"}}, "jan.kowalski@example.org", []string{"ces:adviser", "other:funder"}},
		{"who types an address alone", url.Values{"email": {"nobody@example.org"}}, "nobody@example.org", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, signing)
			browser := s.browser(t)
			answer, err := browser.Get("http://localhost:3000/auth/sign-in?to=/ces")
			shown := read[page](t, answer, err)
			if diff := cmp.Diff(s.Roles(), shown.Roles); diff != "" {
				t.Error(diff)
			}
			form := shown.Hidden
			for name, values := range c.choice {
				form[name] = values
			}
			answer, err = browser.PostForm(issuer+"/authorize", form)
			who := read[identity.Identity](t, answer, err)
			if answer.Request.URL.String() != "http://localhost:3000/ces?work=1" {
				t.Errorf("signing in leads to %s", answer.Request.URL)
			}
			if who.Email != c.email || !cmp.Equal(who.Groups, c.groups) || who.Subject == "" {
				t.Errorf("signed in as %+v", who)
			}
			answer, err = browser.PostForm("http://localhost:3000/auth/sign-out", nil)
			if who := read[identity.Identity](t, answer, err); who.SignedIn() || answer.Request.URL.Path != "/" {
				t.Errorf("after signing out, at %s: %+v", answer.Request.URL, who)
			}
		})
	}
}

func TestTokensStayValidAfterRestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key.pem")
	var keys [4]*rsa.PrivateKey
	var starting sync.WaitGroup
	for i := range keys {
		starting.Go(func() {
			var err error
			if keys[i], err = provider.Key(path); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	for _, other := range keys[1:] {
		if !keys[0].Equal(other) {
			t.Fatal("processes that start at once have different keys")
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); err != nil || left != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	token, err := newStack(t, keys[0]).Token("Anna.Nowak@example.org", []string{"ces:coordinator"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := provider.Key(path)
	if err != nil {
		t.Fatal(err)
	}
	s := newStack(t, again)
	r := httptest.NewRequest(http.MethodGet, "/ces", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	who, err := s.Identify(r)
	if err != nil || who.Email != "anna.nowak@example.org" || !who.HasRole("ces", "coordinator") {
		t.Errorf("got %+v, %v", who, err)
	}
	s.at = s.at.Add(8*time.Hour + 3*time.Minute)
	if who, err := s.Identify(r); err == nil {
		t.Errorf("after its end: got %+v, want a refusal", who)
	}
	if who, err := newStack(t, key(t)).Identify(r); err == nil {
		t.Errorf("under another key: got %+v, want a refusal", who)
	}
}

func TestKeyRefusesBrokenFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := filepath.Join(folder, "text.pem")
	if err := os.WriteFile(text, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(folder, "broken.pem")
	if err := os.WriteFile(broken, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, broken, folder, filepath.Join(folder, "missing", "key.pem")} {
		if _, err := provider.Key(path); err == nil {
			t.Errorf("%s is taken", path)
		}
	}
}

// asked is a request for a code as the application sends it.
func asked(verifier string) url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {provider.ClientID}, "redirect_uri": {"http://localhost:3000/auth/callback"}, "scope": {"openid email"},
		"state": {"state"}, "nonce": {"nonce"}, "code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
}

func (s *stack) post(path string, form url.Values) *http.Response {
	r := httptest.NewRequest(http.MethodPost, issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func TestAuthorizeRefusesInvalidRequests(t *testing.T) {
	t.Parallel()
	s := newStack(t, key(t))
	for _, c := range []struct {
		name, field, value string
		status             int
	}{
		{"for another application", "client_id", "another", http.StatusBadRequest},
		{"back to another site", "redirect_uri", "http://elsewhere.example.org/auth/callback", http.StatusBadRequest},
		{"back to another port", "redirect_uri", "http://localhost:3001/auth/callback", http.StatusBadRequest},
		{"back to another scheme", "redirect_uri", "https://localhost:3000/auth/callback", http.StatusBadRequest},
		{"back to no address", "redirect_uri", "%", http.StatusBadRequest},
		{"for a token at once", "response_type", "id_token", http.StatusBadRequest},
		{"for something else than who one is", "scope", "email", http.StatusBadRequest},
		{"without a challenge", "code_challenge", "", http.StatusBadRequest},
		{"with a challenge in the clear", "code_challenge_method", "plain", http.StatusBadRequest},
		{"for a role that is not offered", "role", "other:coordinator", http.StatusUnprocessableEntity},
		{"in a form of 128 KiB", "padding", strings.Repeat("x", 1<<17), http.StatusBadRequest},
		{"for an address that is none", "email", "anna", http.StatusUnprocessableEntity},
	} {
		form := asked("verifier")
		form.Set("role", "admin")
		if got := s.post("/authorize", form); got.StatusCode != http.StatusSeeOther {
			t.Fatalf("a right request: %s", got.Status)
		}
		form.Set(c.field, c.value)
		if got := s.post("/authorize", form); got.StatusCode != c.status || got.Header.Get("Location") != "" {
			t.Errorf("%s: %s to %q, want %d", c.name, got.Status, got.Header.Get("Location"), c.status)
		}
	}
}

func TestCodeIsRedeemedOnceWithinAMinute(t *testing.T) {
	t.Parallel()
	s := newStack(t, key(t))
	verifier := oauth2.GenerateVerifier()
	redeem := func(change func(form url.Values)) *http.Response {
		form := asked(verifier)
		form.Set("role", "admin")
		back, err := url.Parse(s.post("/authorize", form).Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if query := back.Query(); query.Get("state") != "state" || query.Get("iss") != issuer {
			t.Errorf("sent back to %s", back)
		}
		form = url.Values{
			"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "client_id": {provider.ClientID},
			"redirect_uri": {"http://localhost:3000/auth/callback"}, "code_verifier": {verifier},
		}
		change(form)
		return s.post("/token", form)
	}
	for _, c := range []struct {
		name   string
		change func(form url.Values)
		want   string
	}{
		{"a right one", func(url.Values) {}, ""},
		{"a second time", func(form url.Values) { s.post("/token", form) }, "invalid_grant"},
		{"a second time, after a wrong verifier", func(form url.Values) {
			form.Set("code_verifier", "guess")
			s.post("/token", form)
			form.Set("code_verifier", verifier)
		}, "invalid_grant"},
		{"a minute later", func(url.Values) { s.at = s.at.Add(time.Minute) }, "invalid_grant"},
		{"within the minute", func(url.Values) { s.at = s.at.Add(59 * time.Second) }, ""},
		{"made up", func(form url.Values) { form.Set("code", "guess") }, "invalid_grant"},
		{"with another verifier", func(form url.Values) { form.Set("code_verifier", oauth2.GenerateVerifier()) }, "invalid_grant"},
		{"without a verifier", func(form url.Values) { form.Del("code_verifier") }, "invalid_grant"},
		{"for another address", func(form url.Values) { form.Set("redirect_uri", "http://localhost:3000/") }, "invalid_grant"},
		{"for another application", func(form url.Values) { form.Set("client_id", "another") }, "invalid_client"},
		{"for another kind of grant", func(form url.Values) { form.Set("grant_type", "password") }, "unsupported_grant_type"},
	} {
		answer := redeem(c.change)
		var content struct {
			Error   string `json:"error"`
			IDToken string `json:"id_token"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&content); err != nil {
			t.Fatal(err)
		}
		if content.Error != c.want || (content.IDToken == "") != (c.want != "") || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s %+v, want error %q", c.name, answer.Status, content, c.want)
		}
	}
}

func TestEndSessionRedirectsToOwnAddressesOnly(t *testing.T) {
	t.Parallel()
	s := newStack(t, key(t))
	for to, want := range map[string]string{
		"http://localhost:3000/ces": "http://localhost:3000/ces", "": "/", "https://elsewhere.example.org/": "/", "//elsewhere.example.org": "/", "%": "/",
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, issuer+"/end-session?post_logout_redirect_uri="+url.QueryEscape(to), nil))
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func TestRoundTripServesTheIssuersHostOnly(t *testing.T) {
	t.Parallel()
	s := newStack(t, key(t))
	client := &http.Client{Transport: s.Provider}
	answer, err := client.Get(issuer + "/.well-known/openid-configuration")
	if got := read[map[string]any](t, answer, err); got["issuer"] != issuer {
		t.Errorf("issuer: %v", got["issuer"])
	}
	if answer, err = client.Get("http://localhost:3000/elsewhere"); err != nil || answer.StatusCode != http.StatusNotFound {
		t.Errorf("another path: %v, %v", answer, err)
	}
	if _, err := client.Get("http://elsewhere.example.org/"); err == nil {
		t.Error("it answers for another host")
	}
	for _, wrong := range []string{"", "http://localhost:3000", "localhost" + provider.Path} {
		if _, err := provider.New(wrong, key(t), time.Now); err == nil {
			t.Errorf("issuer %q is taken", wrong)
		}
	}
}
