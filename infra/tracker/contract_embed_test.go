package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// site is the origin of a site that may embed the form; elsewhere may not.
const (
	site      = "https://www.example.org"
	elsewhere = "https://elsewhere.example.org"
)

// embedding is the change of a definition by which sites may embed the sign-up form.
func embedding(origins ...string) []string {
	return []string{"reports: {", "embed: [" + strings.Join(origins, ", ") + "]\nreports: {"}
}

// isNotEmbedded checks that no other site may frame an answer, or read it.
func (r reply) isNotEmbedded() {
	r.t.Helper()
	for name := range r.header {
		if strings.HasPrefix(name, "Access-Control-") {
			r.t.Errorf("%s has %s", r.what, name)
		}
	}
	if !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		return
	}
	if r.header.Get("X-Frame-Options") != "DENY" || !strings.Contains(r.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		r.t.Errorf("%s may be framed: %.400v", r.what, r.header)
	}
}

// isFramable checks that the sites and no others may frame an answer, and that it sets no cookie.
func (r reply) isFramable(origins ...string) reply {
	r.t.Helper()
	if want := "frame-ancestors " + strings.Join(origins, " ") + ";"; !strings.Contains(r.header.Get("Content-Security-Policy"), want) || r.header.Get("X-Frame-Options") != "" {
		r.t.Errorf("%s may not be framed: %v", r.what, r.header)
	}
	if r.header.Get("Set-Cookie") != "" {
		r.t.Errorf("%s sets a cookie: %v", r.what, r.header)
	}
	return r
}

func TestContractTheSignUpFormAloneMayBeFramed(t *testing.T) {
	t.Parallel()
	p := newProject(t, embedding(site, "https://club.example.org:8443")...)
	page := p.anyone.browser()
	framed := page.with("Sec-Fetch-Dest", "iframe").with("Sec-Fetch-Site", "cross-site")
	for _, c := range []caller{page, framed, page.with("Sec-Fetch-Dest", "document")} {
		c.get(p.at+"/signup").is(http.StatusOK).isPage().isFramable(site, "https://club.example.org:8443")
	}
	form := framed.get(p.at+"/signup?lang=pl").is(http.StatusOK).isFramable(site, "https://club.example.org:8443")
	for _, part := range []string{`action="` + p.at + `/signups?embed=1&amp;lang=pl"`, `target="_blank"`} {
		if !strings.Contains(string(form.body), part) {
			t.Errorf("the form lacks %s: %s", part, form)
		}
	}
	if strings.Contains(string(form.body), "/auth/") {
		t.Errorf("the form leads to sign in: %s", form)
	}
	// What is sent from a frame has the tracker's own origin.
	sent := framed.with("Sec-Fetch-Site", "same-origin").with("Origin", p.anyone.base)
	sent.fill(p.at+"/signups?embed=1&lang=pl", fields{}).is(http.StatusUnprocessableEntity).isPage().isFramable(site, "https://club.example.org:8443")
	done := sent.fill(p.at+"/signups?embed=1&lang=pl", signup("ewa", "planting")).is(http.StatusSeeOther).isFramable(site, "https://club.example.org:8443")
	to := done.header.Get("Location")
	if !strings.Contains(to, "embed=1") || !strings.Contains(to, "lang=pl") {
		t.Errorf("the form leads to %s", to)
	}
	framed.get(to).is(http.StatusOK).isPage().isFramable(site, "https://club.example.org:8443")
	framed.get(p.at + "/signup?" + strings.Repeat("x", 9000)).is(http.StatusBadRequest)
	for _, at := range []string{p.at, p.at + "/signups", p.at + "/nothing", "/", "/" + p.id + "x/signup"} {
		framed.with("Origin", site).get(at).isNotEmbedded()
	}
	q := newProject(t)
	framed.with("Origin", site).get(q.at + "/signup").is(http.StatusOK).isPage().isNotEmbedded()
}

// Cookies of a coordinator, who is signed in on the same site, are not used where another site may show the page.
func TestContractAFramedFormHasNoSession(t *testing.T) {
	t.Parallel()
	p := newProject(t, embedding(site)...)
	session, _ := p.signIn(p.id + ":coordinator")
	office := p.holding(session).browser()
	const paper = `name="submitted_at"`
	for dest, want := range map[string]bool{"": false, "iframe": false, "frame": false, "object": false, "empty": false, "document": true} {
		c := office
		if dest != "" {
			c = c.with("Sec-Fetch-Dest", dest)
		}
		got := c.get(p.at + "/signup").is(http.StatusOK).isPage()
		if strings.Contains(string(got.body), paper) != want {
			t.Errorf("shown as %q: the session is used: %v, want %v", dest, !want, want)
		}
		if want {
			got.isNotEmbedded()
		} else {
			got.isFramable(site)
		}
		c.get(p.at + "/signup?embed=1").is(http.StatusOK).isFramable(site)
	}
	// Neither does a session sign anybody up from a frame, or from another site.
	sent := signup("ewa", "planting")
	inFrame := p.holding(session).with("Sec-Fetch-Dest", "iframe").with("Sec-Fetch-Site", "same-origin").with("Origin", p.anyone.base)
	fromSite := p.holding(session).with("Sec-Fetch-Dest", "document").with("Sec-Fetch-Site", "same-site").with("Origin", site)
	for _, c := range []caller{inFrame, fromSite} {
		c.post(p.at+"/signups", sent.and(fields{"email": p.id + "@example.org"})).is(http.StatusCreated).has(map[string]string{"state": "received", "id": ""})
		c.post(p.at+"/signups", sent.and(fields{"submitted_at": p.when(-3, "10:00:00")})).is(http.StatusUnprocessableEntity)
	}
	// A program's token is no session.
	p.office.post(p.at+"/signups", signup("jan", "planting")).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
	p.holding(session).with("Sec-Fetch-Dest", "document").with("Sec-Fetch-Site", "same-origin").post(p.at+"/signups", signup("ola", "planting")).is(http.StatusCreated).has(map[string]string{"state": "accepted"})
}

func TestContractASitesOwnFormSignsPeopleUp(t *testing.T) {
	t.Parallel()
	p := newProject(t, embedding(site)...)
	from := func(origin string) caller {
		return p.anyone.with("Origin", origin).with("Sec-Fetch-Site", "cross-site").with("Sec-Fetch-Mode", "cors").with("Sec-Fetch-Dest", "empty")
	}
	may := func(got reply) reply {
		t.Helper()
		if h := got.header; h.Get("Access-Control-Allow-Origin") != site || h.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(h.Get("Vary"), "Origin") || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", got.what, h)
		}
		return got
	}
	here := from(site)
	may(here.get(p.at + "/signup").is(http.StatusOK).has(map[string]string{"project": p.id}))
	keyed := here.with("Idempotency-Key", "a-"+p.id)
	first := may(keyed.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated).has(map[string]string{"state": "received"}))
	may(keyed.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated).has(map[string]string{"receipt": first.text("receipt")}))
	may(here.fill(p.at+"/signups", signup("jan", "planting")).is(http.StatusCreated))
	// A form without script is a page of its own.
	plain := p.anyone.browser().with("Origin", site).with("Sec-Fetch-Site", "cross-site").with("Sec-Fetch-Mode", "navigate").with("Sec-Fetch-Dest", "document")
	plain.fill(p.at+"/signups", signup("ola", "planting")).is(http.StatusSeeOther)
	// Errors can be read as well.
	may(here.post(p.at+"/signups", fields{}).is(http.StatusUnprocessableEntity))
	may(here.post(p.at+"/signups", "{").is(http.StatusBadRequest))
	may(here.send("POST", p.at+"/signups", "text/plain", []byte("x")).is(http.StatusUnsupportedMediaType))
	may(here.send("POST", p.at+"/signups", "application/json", []byte(`{"x":"`+strings.Repeat("x", 2<<20)+`"}`)).is(http.StatusRequestEntityTooLarge))
	if got := len(p.everything(p.at + "/signups?activity=planting")); got != 3 {
		t.Errorf("%d sign-ups, want 3", got)
	}
	// A browser asks first.
	for path, method := range map[string]string{"/signup": "GET", "/signups": "POST"} {
		asked := may(from(site).with("Access-Control-Request-Method", method).with("Access-Control-Request-Headers", "content-type,idempotency-key").send("OPTIONS", p.at+path, "", nil).is(http.StatusNoContent))
		if h := asked.header; h.Get("Access-Control-Allow-Methods") != method || h.Get("Access-Control-Allow-Headers") != "Content-Type, Idempotency-Key, Accept-Language" || h.Get("Access-Control-Max-Age") == "" {
			t.Errorf("%s: %v", asked.what, h)
		}
		from(site).with("Access-Control-Request-Method", "DELETE").send("OPTIONS", p.at+path, "", nil).isNotEmbedded()
	}
	// Nothing else, and no other origin: each is compared as a whole.
	for _, origin := range []string{elsewhere, "null", "http://www.example.org", "https://www.example.org:8443", "https://www.example.org.example.com", "https://example.org", "https://WWW.example.org", site + "/"} {
		from(origin).get(p.at + "/signup").is(http.StatusOK).isNotEmbedded()
		from(origin).post(p.at+"/signups", signup("eva", "planting")).is(http.StatusForbidden).isNotEmbedded()
		for _, path := range []string{"/signup", "/signups"} {
			from(origin).with("Access-Control-Request-Method", "POST").send("OPTIONS", p.at+path, "", nil).isNotEmbedded()
		}
	}
	for _, path := range []string{p.at, p.at + "/signups", p.at + "/snapshots", p.at + "/openapi.json", "/openapi.json", "/health"} {
		here.get(path).isNotEmbedded()
		here.with("Access-Control-Request-Method", "GET").send("OPTIONS", strings.Replace(path, "/signups", "/uploads", 1), "", nil).isNotEmbedded()
	}
	here.post(p.at+"/outputs", p.output("x")).is(http.StatusForbidden).isNotEmbedded()
	q := newProject(t)
	here.post(q.at+"/signups", signup("ewa", "planting")).is(http.StatusForbidden).isNotEmbedded()
	here.get(q.at + "/signup").is(http.StatusOK).isNotEmbedded()
}
