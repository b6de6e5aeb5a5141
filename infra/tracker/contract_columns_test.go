package main_test

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// filledIn returns what a browser would send of the form of a page that posts to an address, as it is filled in.
func filledIn(t *testing.T, page []byte, action string) fields {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	attr := func(n *html.Node, name string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val, true
			}
		}
		return "", false
	}
	for form := range root.Descendants() {
		method, _ := attr(form, "method")
		if to, _ := attr(form, "action"); form.Data != "form" || to != action || method != "post" {
			continue
		}
		out := fields{}
		for n := range form.Descendants() {
			name, named := attr(n, "name")
			value, _ := attr(n, "value")
			kind, _ := attr(n, "type")
			_, checked := attr(n, "checked")
			switch {
			case !named:
			case n.Data == "input" && (checked || kind != "radio" && kind != "checkbox"):
				out[name] = value
			case n.Data == "select":
				out[name] = ""
				for option := range n.Descendants() {
					if _, chosen := attr(option, "selected"); chosen {
						out[name], _ = attr(option, "value")
					}
				}
			}
		}
		return out
	}
	t.Fatalf("the page has no form that posts to %s: %s", action, page)
	return nil
}

// says fills in the form of a rejected file as it is proposed, with changes, and returns what becomes of the file.
func (p *project) says(c caller, rejected reply, changes fields) reply {
	p.t.Helper()
	at := p.at + "/uploads/" + rejected.text("id") + "/columns"
	form := filledIn(p.t, c.browser().get(at).is(http.StatusOK).isPage().body, at)
	maps.Copy(form, changes)
	sent := c.browser().fill(at, form)
	if sent.status != http.StatusSeeOther {
		p.t.Fatalf("%v: %s", form, sent)
	}
	to := sent.header.Get("Location")
	return p.settled(c, to[strings.LastIndex(to, "/")+1:])
}

// says wants texts in a page.
func (r reply) says(want []string) reply {
	r.t.Helper()
	for _, w := range want {
		if !strings.Contains(string(r.body), w) {
			_, problems, _ := strings.Cut(string(r.body), `id="problems"`)
			r.t.Errorf("the page does not say %s: %.600s", w, problems)
		}
	}
	return r
}

// The files of other tools go in by a source that is made on the page of the rejected file.
func TestFilesOfOtherToolsGoInByASourceMadeOnThePage(t *testing.T) {
	t.Parallel()
	definition, err := os.ReadFile("testdata/cases/definition.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, one := range map[string]struct {
		changes fields
		want    map[string]string
		reach   string
		signed  string
	}{
		"01-meltwater.csv":       {fields{"constant.medium": "web"}, map[string]string{"kind": "media", "rows": "1", "totals.reach": "12500"}, "12500", ""},
		"04-pl-monitoring.csv":   {fields{}, map[string]string{"kind": "media", "rows": "1", "totals.reach": "12500"}, "12500", ""},
		"142-talkwalker.csv":     {fields{}, map[string]string{"kind": "media", "rows": "1", "totals.reach": "12500"}, "12500", ""},
		"42-ms-forms.xlsx":       {fields{}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, "", "Anna Formularzowa"},
		"40-google-forms-pl.csv": {fields{}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, "", "Anna Testowa"},
		"55-kobo.csv":            {fields{}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, "", "Ala Kobowa"},
		"60-zoom.csv":            {fields{"constant.activity": "partnerships", "constant.outcome": "attended", "skip": `row["User Email"] == ""`}, map[string]string{"kind": "attendance", "rows": "2", "new": "1"}, "", ""},
		"63-teams.csv":           {fields{"constant.activity": "partnerships", "constant.outcome": "attended", "skip": `row["Email"] in ["", "Email"]`}, map[string]string{"kind": "attendance", "rows": "1", "new": "1", "totals.hours": "1.95"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newCaseProject(t, string(definition))
			from := p.office
			if ofMedia(name) {
				from = p.press
			}
			rejected := p.sendCase(name).has(map[string]string{"state": "rejected"})
			page := from.browser().get(p.at + "/uploads/" + rejected.text("id")).is(http.StatusOK).isPage()
			if !strings.Contains(string(page.body), "/columns") {
				t.Error("its page does not lead to where its columns are named")
			}
			got := p.says(from, rejected, one.changes)
			got.has(map[string]string{"state": "accepted"}).has(one.want)
			if got.text("source.version") != "1" {
				t.Errorf("it was read by no source: %s", got)
			}
			if one.reach != "" {
				p.compile().has(map[string]string{"reach.sum": one.reach})
			}
			if one.signed != "" {
				c := &sentCase{project: p}
				if people := c.signed("partnerships", "person.first_name", "person.last_name"); len(people) != 1 || people[0] != one.signed {
					t.Errorf("people %q, want %s", people, one.signed)
				}
			}
			// It is remembered by its header: the next file goes in without a word.
			content, err := os.ReadFile(filepath.Join("testdata/cases", name))
			if err != nil {
				t.Fatal(err)
			}
			if again := p.upload(from, "again-"+name, string(content), nil); again.text("state") != "accepted" {
				t.Errorf("the same file again: %s", again)
			}
		})
	}
}

func TestWhatIsWrongOnThePageOfColumnsIsShownAgain(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	rejected := p.upload(p.office, "Monitoring 07.csv", "Date,Headline,Where,Reach,Sort\n21-Jul-2010,A,B,1.2K,Gazetka\n22-Jul-2010,C,B,950,Gazetka\n", nil).has(map[string]string{"state": "rejected"})
	at := p.at + "/uploads/" + rejected.text("id") + "/columns"
	office := p.office.with("Accept-Language", "en").browser()
	page := office.get(at).is(http.StatusOK).isPage()
	form := filledIn(t, page.body, at)
	for name, want := range map[string]any{"kind": "media", "row": "1", "column.0": "date", "format.0": "DD-MMM-YYYY", "column.1": "title", "column.2": "", "column.3": "reach", "format.3": "1.2K", "id": "monitoring"} {
		if form[name] != want {
			t.Errorf("%s is %q, want %q", name, form[name], want)
		}
	}
	// A field that each record needs and that nothing gives.
	wrong := office.fill(at, form).is(http.StatusUnprocessableEntity).isPage().says([]string{"outlet"})
	form = filledIn(t, wrong.body, at)
	if form["format.3"] != "1.2K" || form["column.0"] != "date" {
		t.Errorf("what was said is lost: %v", form)
	}
	// Values of a list are asked for once its column is said.
	maps.Copy(form, fields{"column.2": "outlet", "column.4": "medium"})
	form = filledIn(t, office.fill(at, form).is(http.StatusUnprocessableEntity).isPage().says([]string{"Sort", "Gazetka"}).body, at)
	if form["theirs.4.0"] != "Gazetka" {
		t.Fatalf("the value is not asked for: %v", form)
	}
	maps.Copy(form, fields{"ours.4.0": "press", "format.0": "DD-MM"})
	form = filledIn(t, office.fill(at, form).is(http.StatusUnprocessableEntity).isPage().says([]string{"DD-MM"}).body, at)
	form["format.0"] = "DD-MMM-YYYY"
	to := office.fill(at, form).is(http.StatusSeeOther).header.Get("Location")
	got := p.settled(p.office, to[strings.LastIndex(to, "/")+1:]).has(map[string]string{"state": "accepted", "totals.reach": "2150", "source.id": "monitoring"})
	office.get(p.at + "/uploads/" + got.text("id")).is(http.StatusOK).isPage().says([]string{"/sources/monitoring"})
	p.office.get(p.at + "/sources/monitoring").has(map[string]string{"values.medium.Gazetka": "press", "recognise.0": "Date", "constants": ""})
	office.get(p.at + "/sources/monitoring").is(http.StatusOK).isPage().says([]string{"Gazetka", "office@example.org"})
	office.get(p.at + "/sources").is(http.StatusOK).isPage().says([]string{"monitoring"})

	// The name is taken; a file that was accepted has no such page; others have none of this one.
	other := p.upload(p.office, "Monitoring.csv", "Day,Headline,Where,Reach,Type\n2010-07-21,A,B,5,tv\n", nil).has(map[string]string{"state": "rejected"})
	at = p.at + "/uploads/" + other.text("id") + "/columns"
	form = filledIn(t, office.get(at).is(http.StatusOK).body, at)
	maps.Copy(form, fields{"column.2": "outlet"})
	office.fill(at, form).is(http.StatusUnprocessableEntity).isPage().says([]string{"monitoring already"})
	office.get(p.at + "/uploads/" + got.text("id") + "/columns").is(http.StatusConflict)
	p.press.browser().get(at).is(http.StatusNotFound)
	p.funder.browser().get(at).is(http.StatusForbidden)
}
