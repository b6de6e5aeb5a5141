package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// typed lists hostile texts for fields and cells.
var typed = map[string]string{
	"elements":            `"'><script data-foreign>window.ran=1</script></title></textarea></option></select></td><b data-foreign>x`,
	"attributes":          `" autofocus onfocus="window.ran=1" data-foreign="<img data-foreign src=x onerror=window.ran=1>`,
	"a template":          `{{.}}{{printf "%v" .Page}}{{end}}=HYPERLINK("javascript:window.ran=1";"x")`,
	"an address":          `javascript:window.ran=1//`,
	"the other direction": "abc\u202egnirts\u202e\u2066\u200f\u0627\u0628\u200e",
	"one long word":       strings.Repeat("W", 300),
}

// cut returns the part of a text that fits a field.
func cut(text string, most int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), most)])
}

// cell returns a text as a cell of a CSV file.
func cell(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

// TestTypedTextIsNeverInterpretedByAPage enters markup, scripts, templates, addresses, direction marks and long words
// into every field, cell and form, and then visits every page that is linked.
func TestTypedTextIsNeverInterpretedByAPage(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	for name, text := range typed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProjectAt(t, s, fmt.Sprintf("p%d", projects.Add(1)), foreign(text)...)
			filled(t, p, text)
			browser := launch(t)
			for _, role := range []string{"", "coordinator", "adviser", "funder", "partner:radio"} {
				v := visit(t, browser, s)
				v.size(narrow)
				if role != "" {
					session, _ := p.signIn(p.id + ":" + role)
					command(v, network.SetCookie, network.SetCookieParams{Name: "session", Value: session, URL: s.base})
				}
				v.wander(p, text)
			}
		})
	}
}

// foreign returns changes of a definition that put a text into each of its labels.
func foreign(text string) []string {
	text = strings.TrimSpace(text)
	var changes []string
	quoted := func(most int) string {
		encoded, _ := json.Marshal(cut(text, most))
		return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(encoded))
	}
	for _, label := range []string{"Green Courtyards", "Neighbours Programme", "City Fund", "More green", "Exampleton", "tenant", "Planting trees", "leaflet", "People trained"} {
		changes = append(changes, "en: "+label+"}", "en: "+quoted(300)+"}")
	}
	for _, label := range []string{"Zielone podwórka", "Sadzenie drzew", "ulotka", "Osoby po szkoleniu"} {
		changes = append(changes, "pl: "+label+",", "pl: "+quoted(300)+",")
	}
	return append(changes, "name: Radio Podwórko", "name: "+quoted(300), "unit: person", "unit: "+quoted(300))
}

// filled enters a text into every field and cell.
func filled(t *testing.T, p *project, text string) {
	t.Helper()
	ok := func(got reply) reply {
		t.Helper()
		if got.status != http.StatusCreated && got.status != http.StatusOK {
			t.Fatal(got)
		}
		return got
	}
	ok(p.anyone.post(p.at+"/signups", signup("ola", "planting").and(fields{"first_name": cut(text, 100), "last_name": cut(text, 100), "phone": cut(text, 40), "organisation": cut(text, 200), "locale": "en"})))
	ok(p.office.post(p.at+"/signups", signup("ala", "planting").and(fields{"first_name": cut(text, 100), "last_name": cut(text, 100)})))
	ok(p.adviser.post(p.at+"/consultations", p.consultation("ola").and(fields{"topic": cut(text, 300), "notes": cut(text, 300)})))
	ok(p.office.post(p.at+"/outputs", p.output(cut(text, 300)).and(fields{"evidence": cut(text, 300)})))
	ok(p.office.post(p.at+"/attendance", p.attendance("ola")))
	c := cell(cut(strings.TrimSpace(text), 300))
	p.upload(p.radio, cut(text, 60)+".csv", "date,medium,kind,title,outlet,reach,source,url,note\n"+p.day(-3)+",radio,"+strings.Join([]string{c, c, c, "100", c, c, c}, ",")+"\n", nil)
	p.upload(p.office, cut(text, 60)+".csv", "email,date,field,minutes,form,topic\nola@example.org,"+p.day(-4)+",law,15,phone,"+c+"\n", nil)
	p.upload(p.office, cut(text, 60)+".csv", "date,kind,quantity,title,evidence\n"+p.day(-4)+",leaflet,5,"+c+","+c+"\n", nil)
	p.upload(p.office, "zle.csv", "email,activity,date,outcome\n"+strings.Join([]string{c, c, c, c}, ",")+"\n", nil)
	p.upload(p.office, "obca-kolumna.csv", "email,activity,date,outcome,"+c+"\n", nil)
	snap := p.compile()
	ok(p.office.post(p.at+"/snapshots/"+snap.text("id")+"/approval", fields{"decision": "approve", "note": cut(text, 300)}))
}

// wander visits every linked page of a project, and enters the text into every form on it.
func (v *visitor) wander(p *project, text string) {
	v.t.Helper()
	const most = 60 // pages of one kind are alike
	seen, forms := map[string]bool{}, map[string]bool{}
	next := []string{p.at + "?lang=en", p.at + "/signup?activity=" + url.QueryEscape(text), p.at + "/people?q=" + url.QueryEscape(text), p.at + "?done=" + url.QueryEscape(text) + "&lang=" + url.QueryEscape(text), "/", "/local/mail", p.at + "/" + url.PathEscape(text)}
	for len(next) > 0 && len(seen) < most {
		path := next[0]
		next = next[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		v.turns(path, chromedp.Navigate(v.base+path))
		found := look[struct{ Links, Forms []string }](v, `(() => ({
			Links: [...document.querySelectorAll("main a[href], nav.sections a[href]")].map((a) => a.getAttribute("href")).filter((href) => href.startsWith("/")),
			Forms: [...document.querySelectorAll("main form")].filter((f) => !f.enctype.startsWith("multipart")).map((f) => f.method + " " + f.getAttribute("action") + " " + (f.querySelector("[name=_method]")?.value || "")),
		}))()`)
		for _, link := range found.Links {
			link, _, _ = strings.Cut(link, "#")
			if (strings.HasPrefix(link, p.at+"/") || link == p.at) && !aFile(link) && !slices.Contains(next, link) {
				next = append(next, link)
			}
		}
		left := false // whether a form has led away from the page
		for i, form := range found.Forms {
			if forms[form] || strings.HasSuffix(form, " DELETE") || strings.Contains(form, "/verification") || strings.Contains(form, " /local/") {
				continue
			}
			forms[form] = true
			if left {
				v.turns(path, chromedp.Navigate(v.base+path))
			}
			left = true
			encoded, err := json.Marshal(text)
			if err != nil {
				v.t.Fatal(err)
			}
			v.turns("the form "+form+" of "+path, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
				const form = [...document.querySelectorAll("main form")].filter((f) => !f.enctype.startsWith("multipart"))[%d];
				for (const field of form.elements) {
					if (["text", "email", "tel", "search", "number", "date", "url", "time", "textarea", "datetime-local"].includes(field.type)) {
						field.type === "textarea" || (field.type = "text");
						field.value = %s;
					}
				}
				HTMLFormElement.prototype.submit.call(form);
			})()`, i, encoded)))
		}
	}
	if len(seen) < 5 {
		v.t.Errorf("only %d pages were seen", len(seen))
	}
}

// aFile reports whether a link is a download.
func aFile(link string) bool {
	path, _, _ := strings.Cut(link, "?")
	last := path[strings.LastIndex(path, "/")+1:]
	return strings.Contains(last, ".") || last == "original" || strings.HasPrefix(last, "errors")
}

// turns opens another page, and checks that no typed text was interpreted on it.
func (v *visitor) turns(what string, step chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, stop := context.WithTimeout(v.ctx, attention)
	defer stop()
	if _, err := chromedp.RunResponse(ctx, step); err != nil {
		v.fail("%s: %v", what, err)
	}
	shown := look[struct {
		Foreign, Width int64
		Ran            bool
		Odd            []string
	}](v, `(() => {
		const odd = [];
		for (const e of document.querySelectorAll("*")) {
			for (const a of e.attributes) {
				const leads = /^(href|src|action|formaction|content|data)$/i.test(a.name) && /^[\s\x00-\x1f]*(javascript|vbscript|data):/i.test(a.value);
				if (/^on/i.test(a.name) || a.name === "autofocus" && e.hasAttribute("onfocus") || a.name === "style" || leads && e.getAttribute("rel") !== "icon") {
					odd.push(e.outerHTML.slice(0, 200));
				}
			}
		}
		for (const script of document.scripts) {
			if (!script.text.startsWith('"use strict";\n') || script.src) { // the policy lets no other run
				odd.push(script.outerHTML.slice(0, 200));
			}
		}
		for (const foreign of document.querySelectorAll("img, iframe, object, embed, base")) {
			odd.push(foreign.outerHTML.slice(0, 200));
		}
		if (!document.querySelector("main") || document.querySelectorAll("body, main, title").length !== 3) {
			odd.push("the page has not one body, title and main part");
		}
		return {Foreign: document.querySelectorAll("[data-foreign]").length, Width: document.documentElement.scrollWidth, Ran: "ran" in window, Odd: odd};
	})()`)
	switch {
	case shown.Foreign > 0 || shown.Ran || len(shown.Odd) > 0:
		v.t.Errorf("%s: what was typed became a part of the page: %d elements, ran: %v, %q", what, shown.Foreign, shown.Ran, shown.Odd)
	case shown.Width > v.width:
		v.t.Errorf("%s: the page is %d pixels wide on a screen of %d: %s", what, shown.Width, v.width, look[string](v, `[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > 361 && !e.closest(".scroll, thead")).map((e) => e.outerHTML.slice(0, 120)).slice(0, 4).join(" | ")`))
	}
	v.mu.Lock()
	// The browser reports an invalid date, too.
	v.wrong = slices.DeleteFunc(v.wrong, func(what string) bool {
		return strings.Contains(what, "does not conform to the required format") || strings.Contains(what, "/favicon.ico")
	})
	v.mu.Unlock()
	v.calm()
}
