package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
)

// hostSite is a website of others: one page on an https address of this machine, with a certificate that the test's
// visitors accept.
type hostSite struct {
	*httptest.Server
	body string
}

func newHostSite(t *testing.T) *hostSite {
	t.Helper()
	s := &hostSite{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><html lang="en"><title>Our club</title><link rel="icon" href="data:,"><h1>Our club</h1>`+s.body+"</html>")
	}))
	t.Cleanup(s.Close)
	return s
}

// shows opens the page of a website.
func (v *visitor) shows(s *hostSite) {
	v.t.Helper()
	command(v, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
	v.do("the other website", chromedp.Navigate(s.URL+"/"))
}

// framed returns a visitor who is at the page in the frame.
func (v *visitor) framed(address string) *visitor {
	v.t.Helper()
	inner := &visitor{t: v.t, base: v.base, width: v.width}
	eventually(v.t, "the form in the frame", func() bool {
		targets, err := chromedp.Targets(v.ctx)
		if err != nil {
			v.t.Fatal(err)
		}
		for _, found := range targets {
			if found.Type == "iframe" && strings.HasPrefix(found.URL, address) {
				ctx, leave := chromedp.NewContext(v.ctx, chromedp.WithTargetID(found.TargetID))
				v.t.Cleanup(leave)
				if err := chromedp.Do(ctx); err != nil { // what attaches to the frame must not end before the test
					v.t.Fatal(err)
				}
				inner.ctx = ctx
				return true
			}
		}
		return false
	})
	return inner
}

func TestTheFormSignsUpWithinAPageOfAnotherWebsite(t *testing.T) {
	t.Parallel()
	listed, other := newHostSite(t), newHostSite(t)
	p := newProject(t, embedding(listed.URL)...)
	snippet := p.office.get(p.at + "/signup/embedding?lang=en").is(http.StatusOK).text("snippet")
	listed.body, other.body = snippet, snippet
	v := visit(t, launch(t), p.tracker)
	v.shows(listed)
	const height = `parseInt(document.querySelector("iframe").style.height)`
	eventually(t, "the height of the form", func() bool { return look[int](v, height) != 1600 })
	form := v.framed(p.tracker.base + p.at + "/signup")
	fits := func(what string) {
		t.Helper()
		eventually(t, "the height of "+what, func() bool {
			size := look[[]int](form, `[document.documentElement.getBoundingClientRect().height, document.documentElement.scrollHeight, document.documentElement.scrollWidth - document.documentElement.clientWidth].map(Math.ceil)`)
			return look[int](v, height) == size[0] && size[1] <= size[0] && size[2] <= 0
		})
	}
	fits("the form")
	send := func(name string) {
		t.Helper()
		look[bool](form, fmt.Sprintf(`(() => {
			const set = (n, value) => { document.querySelector("[name=" + n + "]").value = value; };
			document.querySelector("[name=activity][value=planting]").checked = true;
			set("first_name", %q); set("last_name", "Nowak"); set("email", %q);
			document.querySelector("[name=consent_processing]").checked = true;
			document.querySelector("main form").requestSubmit();
			return true;
		})()`, name, p.id+"@example.org"))
	}
	send("")
	eventually(t, "what is missing", func() bool {
		return look[bool](form, `!!document.querySelector("#f-first_name-error") && document.readyState === "complete"`)
	})
	fits("the form with what is wrong")
	send("Ewa")
	eventually(t, "the receipt", func() bool {
		return look[bool](form, `!!document.querySelector(".receipt") && document.readyState === "complete"`)
	})
	fits("the receipt")
	if links := look[[]string](form, `[...document.querySelectorAll("a[href]")].filter((a) => !a.getAttribute("href").startsWith("#") && a.target !== "_blank" && !a.href.includes("embed=1")).map((a) => a.href)`); len(links) > 0 {
		t.Errorf("links lead out of the frame: %v", links)
	}
	if got := p.everything(p.at + "/signups?activity=planting"); len(got) != 1 || said(within(got[0], "person.first_name")) != "Ewa" {
		t.Errorf("signed up: %v", got)
	}
	v.forget() // browsers say that a frame of another site may not take the focus

	// Without script the frame has a height of its own.
	plain := visit(t, launch(t), p.tracker).withoutScript()
	plain.shows(listed)
	plain.framed(p.tracker.base + p.at + "/signup")
	if got := look[int](plain, height); got != 1600 {
		t.Errorf("without script the frame is %d high", got)
	}
	plain.forget()

	// A website that is not listed shows nothing.
	stranger := visit(t, launch(t), p.tracker)
	stranger.shows(other)
	eventually(t, "the refusal", func() bool {
		stranger.mu.Lock()
		defer stranger.mu.Unlock()
		return strings.Contains(strings.Join(stranger.wrong, "\n"), "frame-ancestors")
	})
	stranger.forget()
}

func TestAFormOfAnotherWebsiteSignsPeopleUp(t *testing.T) {
	t.Parallel()
	listed, other := newHostSite(t), newHostSite(t)
	p := newProject(t, embedding(listed.URL)...)
	send := func(email string) string {
		return fmt.Sprintf(`(async () => {
			try {
				const form = await (await fetch(%[1]q + "/signup", {headers: {Accept: "application/json"}})).json();
				const body = {activity: form.activities[0].id, first_name: "Ewa", last_name: "Nowak", email: %[2]q, consent_processing: true};
				const send = (body) => fetch(%[1]q + "/signups", {method: "POST", headers: {"Content-Type": "application/json", "Accept-Language": "en", "Idempotency-Key": "one"}, body: JSON.stringify(body)});
				const answer = await send(body), got = await answer.json(), again = await (await send(body)).json();
				const wrong = await (await fetch(%[1]q + "/signups", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"})).json();
				return [answer.status, got.state, got.receipt === again.receipt, wrong.status].join(" ");
			} catch (error) { return error.name; }
		})()`, p.tracker.base+p.at, email)
	}
	for _, c := range []struct {
		from *hostSite
		want string
	}{{listed, "201 received true 422"}, {other, "TypeError"}} {
		v := visit(t, launch(t), p.tracker)
		v.shows(c.from)
		if got := look[string](v, send(p.id+"@example.org")); got != c.want {
			t.Errorf("from %s: %s, want %s", c.from.URL, got, c.want)
		}
		v.forget()
	}
	if got := len(p.everything(p.at + "/signups?activity=planting")); got != 1 {
		t.Errorf("%d sign-ups, want 1", got)
	}
}
