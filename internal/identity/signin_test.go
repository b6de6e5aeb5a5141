package identity_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"outreach/internal/identity"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// browser keeps cookies, follows nothing by itself, and is given the application by the address http://localhost:3000.
type browser struct {
	t       *testing.T
	handler http.Handler
	base    *url.URL
	jar     http.CookieJar
}

func newBrowser(t *testing.T, a *identity.Authority, base string) *browser {
	return &browser{t: t, handler: a.Handler(), base: must(url.Parse(base)), jar: must(cookiejar.New(nil))}
}

// send gives the answer to a request, and keeps its cookies.
func (b *browser) send(r *http.Request) *http.Response {
	for _, cookie := range b.jar.Cookies(b.base) {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	b.jar.SetCookies(b.base, w.Result().Cookies())
	return w.Result()
}

func (b *browser) get(address string) *http.Response {
	return b.send(httptest.NewRequest(http.MethodGet, address, nil))
}

// request is one that carries the browser's cookies.
func (b *browser) request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/ces", nil)
	for _, cookie := range b.jar.Cookies(b.base) {
		r.AddCookie(cookie)
	}
	return r
}

// begin goes as far as the provider's page, and gives its address.
func (b *browser) begin(to string) string {
	b.t.Helper()
	answer := b.get("/auth/sign-in?to=" + url.QueryEscape(to))
	if answer.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("sign-in: %s", answer.Status)
	}
	return answer.Header.Get("Location")
}

func (b *browser) signIn(f *fake, to string) *http.Response {
	b.t.Helper()
	return b.get(f.consent(b.begin(to)).RequestURI())
}

func cookieNamed(t *testing.T, answer *http.Response, name string) *http.Cookie {
	t.Helper()
	for _, cookie := range answer.Cookies() {
		if cookie.Name == name {
			return cookie
		}
	}
	t.Fatalf("no cookie %s in %v", name, answer.Cookies())
	return nil
}

func TestSignedInIsCalledAtEachSignIn(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	settings := f.settings()
	var called []identity.Identity
	settings.SignedIn = func(r *http.Request, who identity.Identity) {
		if r.URL.Path != "/auth/callback" {
			t.Errorf("at %s", r.URL.Path)
		}
		called = append(called, who)
	}
	b := newBrowser(t, authority(t, settings), "http://localhost:3000")
	b.begin("/ces")
	b.get("/auth/callback?code=guessed&state=guessed")
	if len(called) > 0 {
		t.Errorf("called without a sign-in: %v", called)
	}
	b.signIn(f, "/ces")
	want := []identity.Identity{{Subject: "248289761001", Email: "anna.nowak@example.org", Groups: []string{"ces:coordinator", "ces:partner:tv-partner"}}}
	if diff := cmp.Diff(want, called); diff != "" {
		t.Error(diff)
	}
}

func TestSignInAndSignOut(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	a := authority(t, f.settings())
	b := newBrowser(t, a, "http://localhost:3000")

	answer := b.signIn(f, "/ces/uploads?limit=5")
	if got, want := answer.Header.Get("Location"), "http://localhost:3000/ces/uploads?limit=5"; answer.StatusCode != http.StatusSeeOther || got != want {
		t.Fatalf("callback: %s to %q, want %q", answer.Status, got, want)
	}
	if f.verified != 1 {
		t.Errorf("the provider saw %d right verifiers, want 1", f.verified)
	}
	if got := answer.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("callback may be cached: %q", got)
	}
	cookie := cookieNamed(t, answer, "session")
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.MaxAge != 8*60*60 || cookie.Secure || cookie.Domain != "" {
		t.Errorf("session cookie: %v", cookie)
	}
	if gone := cookieNamed(t, answer, "sign-in"); gone.MaxAge >= 0 {
		t.Errorf("the attempt is still remembered: %v", gone)
	}
	if strings.Contains(cookie.Value, "nowak") || len(cookie.Value) > 300 {
		t.Errorf("session cookie of %d bytes: %s", len(cookie.Value), cookie.Value)
	}
	want := identity.Identity{Subject: "248289761001", Email: "anna.nowak@example.org", Groups: []string{"ces:coordinator", "ces:partner:tv-partner"}}
	got, err := a.Identify(b.request())
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("session: %v %s", err, diff)
	}

	answer = b.send(httptest.NewRequest(http.MethodPost, "/auth/sign-out", nil))
	if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || got != "http://localhost:3000/auth/sign-out" {
		t.Errorf("sign-out: %s to %q: a form cannot be redirected to the provider, which no page's policy names", answer.Status, got)
	}
	answer = b.send(httptest.NewRequest(http.MethodGet, "/auth/sign-out", nil))
	to := must(url.Parse(strings.TrimPrefix(answer.Header.Get("Refresh"), "0; url=")))
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(to.String(), f.URL+"/logout?") || to.Query().Get("realm") != "ces" ||
		to.Query().Get("client_id") != clientID || to.Query().Get("post_logout_redirect_uri") != "http://localhost:3000/" {
		t.Errorf("sign-out: %s to %s", answer.Status, to)
	}
	if got, err := a.Identify(b.request()); err != nil || got.SignedIn() {
		t.Errorf("signed out: %v, %v, want anyone", got, err)
	}
}

func TestSignOutWorksWithoutTheProvider(t *testing.T) {
	t.Parallel()
	endless, down := newFake(t), newFake(t)
	endless.ended, down.down = false, true
	for name, f := range map[string]*fake{"it has no end-session endpoint": endless, "it is down": down} {
		answer := newBrowser(t, authority(t, f.settings()), "http://localhost:3000").send(httptest.NewRequest(http.MethodPost, "/auth/sign-out", nil))
		if got := answer.Header.Get("Location"); got != "http://localhost:3000/" || cookieNamed(t, answer, "session").MaxAge >= 0 {
			t.Errorf("%s: %s to %q, cookies %v", name, answer.Status, got, answer.Cookies())
		}
	}
}

func TestCookiesOnHTTPS(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	settings := f.settings()
	settings.BaseURL = "https://outreach.example.org/"
	b := newBrowser(t, authority(t, settings), "https://outreach.example.org")
	answer := b.signIn(f, "")
	if got := answer.Header.Get("Location"); got != "https://outreach.example.org/?work=1" {
		t.Errorf("callback redirects to %q", got)
	}
	for _, name := range []string{"__Host-session", "__Host-sign-in"} {
		if cookie := cookieNamed(t, answer, name); !cookie.Secure || cookie.Path != "/" || cookie.Domain != "" || !cookie.HttpOnly {
			t.Errorf("cookie: %v", cookie)
		}
	}
}

func TestClientSecretIsSentAsTheProviderWants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, secret string
		methods      []string
		header, form string
	}{
		{"in the header, where the provider says nothing", "s3cret", nil, "s3cret", ""},
		{"in the header, where it may be", "s3cret", []string{"client_secret_post", "client_secret_basic"}, "s3cret", ""},
		{"in the form, where only that is possible", "s3cret", []string{"client_secret_post"}, "", "s3cret"},
		{"not at all, where there is none", "", nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t)
			f.methods = c.methods
			settings := f.settings()
			settings.ClientSecret = c.secret
			if answer := newBrowser(t, authority(t, settings), "http://localhost:3000").signIn(f, "/"); answer.StatusCode != http.StatusSeeOther {
				t.Fatal(answer.Status)
			}
			if diff := cmp.Diff([]string{c.header, c.form}, f.secrets); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSigningInRedirectsWithinTheApplication(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	a := authority(t, f.settings())
	for _, c := range []struct{ name, to, want string }{
		{"nowhere is the front page", "", "http://localhost:3000/?work=1"},
		{"a project's page", "/ces", "http://localhost:3000/ces?work=1"},
		{"a project's page with a query", "/ces?lang=en", "http://localhost:3000/ces?lang=en&work=1"},
		{"a page within a project", "/ces/snapshots", "http://localhost:3000/ces/snapshots"},
		{"a page with a query and a fragment", "/ces/people?q=a%20b&limit=5#list", "http://localhost:3000/ces/people?q=a%20b&limit=5#list"},
		{"an address in a query stays one", "/ces?from=https://elsewhere.example.org", "http://localhost:3000/ces?from=https://elsewhere.example.org&work=1"},
		{"the sign-in itself would be a loop", "/auth/sign-in?to=/auth/sign-in", "http://localhost:3000/?work=1"},
		{"another site", "https://elsewhere.example.org/", ""},
		{"another site by the same scheme", "//elsewhere.example.org", ""},
		{"another site, as browsers read backslashes", `/\elsewhere.example.org`, ""},
		{"another site, as browsers drop tabs", "/\t/elsewhere.example.org", ""},
		{"another site, as browsers drop line ends", "/\n/elsewhere.example.org", ""},
		{"a line end in a fragment", "/ces#\nSet-Cookie: session=x", ""},
		{"another site behind a space", " //elsewhere.example.org", ""},
		{"a host behind the base", "@elsewhere.example.org", ""},
		{"a domain behind the base", ".elsewhere.example.org", ""},
		{"a script", "javascript:alert(1)", ""},
		{"no address at all", "/%zz", ""},
		{"one too long for a cookie", "/" + strings.Repeat("x", 1000), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBrowser(t, a, "http://localhost:3000")
			if c.want == "" {
				answer := b.get("/auth/sign-in?to=" + url.QueryEscape(c.to))
				if answer.StatusCode != http.StatusBadRequest || answer.Header.Get("Location") != "" {
					t.Errorf("%s to %q, want 400", answer.Status, answer.Header.Get("Location"))
				}
				return
			}
			if got := b.signIn(f, c.to).Header.Get("Location"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSigningInRefusesOtherSites(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	a := authority(t, f.settings())
	rapid.Check(t, func(t *rapid.T) {
		to := rapid.StringOf(rapid.SampledFrom([]rune("/\\.:@?#%25\t\n a-elsewhere"))).Draw(t, "to")
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/auth/sign-in?to="+url.QueryEscape(to), nil))
		if w.Code == http.StatusBadRequest {
			return
		}
		back := httptest.NewRequest(http.MethodGet, f.consent(w.Header().Get("Location")).RequestURI(), nil)
		for _, cookie := range w.Result().Cookies() {
			back.AddCookie(cookie)
		}
		w = httptest.NewRecorder()
		a.Handler().ServeHTTP(w, back)
		location, err := url.Parse(w.Header().Get("Location"))
		if err != nil || location.Host != "localhost:3000" || location.Scheme != "http" || location.User != nil || strings.ContainsAny(w.Header().Get("Location"), "\\\t\n") {
			t.Fatalf("%q redirects to %q", to, w.Header().Get("Location"))
		}
	})
}

func TestInvalidCallbacksAreRefused(t *testing.T) {
	t.Parallel()
	other := bytes.Repeat([]byte{8}, 32)
	for _, c := range []struct {
		name   string
		status int
		// back gives the return's answer, of a browser that has come as far as the provider's page
		back func(f *fake, b *browser, page string) *http.Response
	}{
		{"a repeated callback", http.StatusBadRequest, func(f *fake, b *browser, page string) *http.Response {
			back := f.consent(page).RequestURI()
			b.get(back)
			return b.get(back)
		}},
		{"a repeated callback with the attempt's cookie kept: the code was used", http.StatusForbidden, func(f *fake, b *browser, page string) *http.Response {
			kept := b.jar.Cookies(b.base)
			back := f.consent(page).RequestURI()
			b.get(back)
			b.jar.SetCookies(b.base, kept)
			return b.get(back)
		}},
		{"an attempt of another browser", http.StatusBadRequest, func(f *fake, b *browser, page string) *http.Response {
			b.jar = must(cookiejar.New(nil))
			return b.get(f.consent(page).RequestURI())
		}},
		{"another browser that has an attempt of its own", http.StatusBadRequest, func(f *fake, b *browser, page string) *http.Response {
			b.begin("/")
			return b.get(f.consent(page).RequestURI())
		}},
		{"another code under this attempt", http.StatusForbidden, func(f *fake, b *browser, page string) *http.Response {
			stranger := newBrowser(b.t, authority(b.t, f.settings()), "http://localhost:3000")
			stolen := f.consent(stranger.begin("/")).Query().Get("code")
			return b.get("/auth/callback?code=" + stolen + "&state=" + must(url.Parse(page)).Query().Get("state"))
		}},
		{"a made-up code", http.StatusForbidden, func(f *fake, b *browser, page string) *http.Response {
			return b.get("/auth/callback?code=x&state=" + must(url.Parse(page)).Query().Get("state"))
		}},
		{"no state", http.StatusBadRequest, func(f *fake, b *browser, page string) *http.Response {
			return b.get("/auth/callback?code=" + f.consent(page).Query().Get("code"))
		}},
		{"after too long", http.StatusBadRequest, func(f *fake, b *browser, page string) *http.Response {
			f.advance(10 * time.Minute)
			return b.get(f.consent(page).RequestURI())
		}},
		{"from another issuer", http.StatusBadRequest, func(f *fake, b *browser, page string) *http.Response {
			return b.get(f.consent(page).RequestURI() + "&iss=https%3A%2F%2Felsewhere.example.org")
		}},
		{"the provider says no", http.StatusForbidden, func(f *fake, b *browser, page string) *http.Response {
			return b.get(f.consent(page).RequestURI() + "&error=access_denied")
		}},
		{"an attempt sealed with another key", http.StatusBadRequest, func(f *fake, b *browser, page string) *http.Response {
			settings := f.settings()
			settings.CookieKey = other
			b.handler = authority(b.t, settings).Handler()
			return b.get(f.consent(page).RequestURI())
		}},
		{"the token is of another attempt", http.StatusForbidden, func(f *fake, b *browser, page string) *http.Response {
			f.respond = func(_ url.Values, c claims) claims { return c.with("nonce", "another") }
			return b.get(f.consent(page).RequestURI())
		}},
		{"the token is of no attempt", http.StatusForbidden, func(f *fake, b *browser, page string) *http.Response {
			f.respond = func(_ url.Values, c claims) claims { return c.with("nonce", nil) }
			return b.get(f.consent(page).RequestURI())
		}},
		{"the token is for another application", http.StatusForbidden, func(f *fake, b *browser, page string) *http.Response {
			f.respond = func(_ url.Values, c claims) claims { return c.with("aud", "another") }
			return b.get(f.consent(page).RequestURI())
		}},
		{"an access token in an ID token's place", http.StatusForbidden, func(f *fake, b *browser, page string) *http.Response {
			f.respond = func(_ url.Values, c claims) claims { return c.with("aud", nil).with("client_id", clientID) }
			return b.get(f.consent(page).RequestURI())
		}},
		{"more groups than a cookie holds", http.StatusForbidden, func(f *fake, b *browser, page string) *http.Response {
			f.respond = func(_ url.Values, c claims) claims {
				var groups []string
				for i := range 200 {
					groups = append(groups, "ces:partner:"+strings.Repeat("x", i))
				}
				return c.with("groups", groups)
			}
			return b.get(f.consent(page).RequestURI())
		}},
		{"the provider is down", http.StatusServiceUnavailable, func(f *fake, b *browser, page string) *http.Response {
			back := f.consent(page).RequestURI()
			f.change(func() { f.down = true })
			return b.get(back)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t)
			a := authority(t, f.settings())
			b := newBrowser(t, a, "http://localhost:3000")
			answer := c.back(f, b, b.begin("/"))
			body, _ := io.ReadAll(answer.Body)
			if answer.StatusCode != c.status || strings.Contains(string(body), "nowak") {
				t.Errorf("%s, want %d: %s", answer.Status, c.status, body)
			}
			for _, cookie := range answer.Cookies() {
				if cookie.Name == "session" {
					t.Errorf("a session is set all the same: %v", cookie)
				}
			}
		})
	}
}

func TestSignInFailsWhileTheProviderIsDown(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.down = true
	settings := f.settings()
	var failed error
	settings.Fail = func(w http.ResponseWriter, _ *http.Request, status int, err error) {
		failed = err
		w.WriteHeader(status)
	}
	answer := newBrowser(t, authority(t, settings), "http://localhost:3000").get("/auth/sign-in")
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || !errors.Is(failed, identity.ErrUnavailable) {
		t.Errorf("%s, Retry-After %q, %v", answer.Status, answer.Header.Get("Retry-After"), failed)
	}
}

func TestInvalidSessionsAreRefused(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	a := authority(t, f.settings())
	b := newBrowser(t, a, "http://localhost:3000")
	begun := func() string {
		b.begin("/")
		for _, cookie := range b.jar.Cookies(b.base) {
			if cookie.Name == "sign-in" {
				return cookie.Value
			}
		}
		t.Fatal("no attempt")
		return ""
	}()
	good := cookieNamed(t, b.signIn(f, "/"), "session").Value
	identify := func(a *identity.Authority, value string) (identity.Identity, error) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: "session", Value: value})
		return a.Identify(r)
	}
	settings := f.settings()
	settings.CookieKey = bytes.Repeat([]byte{8}, 32)
	for _, c := range []struct {
		name  string
		a     *identity.Authority
		value string
	}{
		{"sealed with another key", authority(t, settings), good},
		{"cut short", a, good[:len(good)-4]},
		{"nothing", a, ""},
		{"shorter than a seal", a, "AAAA"},
		{"not of our letters", a, "!" + good},
		{"an attempt to sign in, under the session's name", a, begun},
	} {
		if got, err := identify(c.a, c.value); err == nil || got.SignedIn() {
			t.Errorf("%s: got %v, %v, want a refusal", c.name, got, err)
		}
	}
	for i := range good[:len(good)-1] { // the last letter has bits without meaning
		letter := byte('A')
		if good[i] == 'A' {
			letter = 'B'
		}
		if got, err := identify(a, good[:i]+string(letter)+good[i+1:]); err == nil {
			t.Fatalf("altered at %d: got %v, want a refusal", i, got)
		}
	}
	twin := authority(t, f.settings())
	f.advance(8*time.Hour - time.Second)
	if got, err := identify(twin, good); err != nil || !got.SignedIn() {
		t.Errorf("in another process, a second before its end: got %v, %v", got, err)
	}
	f.advance(time.Second)
	if got, err := identify(a, good); err == nil {
		t.Errorf("ended: got %v, want a refusal", got)
	}
	both := withToken("bad")
	both.AddCookie(&http.Cookie{Name: "session", Value: good})
	if got, err := a.Identify(both); err == nil {
		t.Errorf("a bad token beside a session: got %v, want a refusal", got)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	settings := f.settings()
	settings.BaseURL = "https://outreach.example.org"
	protected := authority(t, settings).Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }))
	for _, c := range []struct {
		name, method string
		headers      map[string]string
		passes       bool
	}{
		{"a form of our own page", "POST", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "https://outreach.example.org"}, true},
		{"our own page behind a gateway with another name", "POST", map[string]string{"Origin": "https://outreach.example.org"}, true},
		{"a program without a browser", "POST", nil, true},
		{"another site's link", "GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, true},
		{"another site's form", "POST", map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		{"a neighbour's form", "POST", map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.org"}, false},
		{"another site's form in an old browser", "POST", map[string]string{"Origin": "https://elsewhere.example.org"}, false},
		{"a hidden origin in an old browser", "POST", map[string]string{"Origin": "null"}, false},
		{"another site's DELETE", "DELETE", map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		{"a program in a page of another site, with a token", "POST", map[string]string{"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x"}, true},
		{"a password in the address is no token", "POST", map[string]string{"Sec-Fetch-Site": "cross-site", "Authorization": "Basic eDp5"}, false},
	} {
		r := httptest.NewRequest(c.method, "http://abc123.execute-api.example.org/ces/signups", nil)
		for name, value := range c.headers {
			r.Header.Set(name, value)
		}
		r.AddCookie(&http.Cookie{Name: "__Host-session", Value: "x"})
		w := httptest.NewRecorder()
		protected.ServeHTTP(w, r)
		want := map[bool]int{true: http.StatusCreated, false: http.StatusForbidden}[c.passes]
		if w.Code != want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, want)
		}
	}
	signOut := httptest.NewRequest(http.MethodPost, "/auth/sign-out", nil)
	signOut.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	authority(t, settings).Handler().ServeHTTP(w, signOut)
	if w.Code != http.StatusForbidden {
		t.Errorf("another site signs out: %d, want 403", w.Code)
	}
}
