package main_test

import (
	"bytes"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// readySamples are files in the form of known tools, made up, with what is said on their pages beyond what is proposed,
// and what becomes of them.
var readySamples = map[string]struct {
	tool    string
	changes fields
	want    map[string]string
	reach   string // the sum of reach of the airings
}{
	"meltwater":       {"Meltwater", fields{}, map[string]string{"kind": "media", "rows": "2", "totals.reach": "15900"}, "15900"},
	"brand24":         {"Brand24", fields{}, map[string]string{"kind": "media", "rows": "1", "totals.reach": "1250"}, "1250"},
	"monitoring-pl":   {"Monitoring mediów (PL)", fields{}, map[string]string{"kind": "media", "rows": "2", "totals.reach": "13450"}, "13450"},
	"google-forms":    {"Google Forms", fields{}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, ""},
	"google-forms-pl": {"Google Forms", fields{}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, ""},
	"microsoft-forms": {"Microsoft Forms", fields{}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, ""},
	"typeform":        {"Typeform", fields{}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, ""},
	"kobotoolbox":     {"KoboToolbox", fields{}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, ""},
	"eventbrite":      {"Eventbrite", fields{"ours.6.0": "partnerships", "constant.consent_processing": "yes"}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, ""},
	"pretix":          {"pretix", fields{"ours.6.0": "partnerships", "constant.consent_processing": "yes"}, map[string]string{"kind": "signups", "rows": "1", "new": "1"}, ""},
	"zoom":            {"Zoom", fields{"constant.activity": "partnerships"}, map[string]string{"kind": "attendance", "rows": "4", "new": "2", "totals.hours": "2.966667"}, ""},
	"teams":           {"Microsoft Teams", fields{"constant.activity": "partnerships"}, map[string]string{"kind": "attendance", "rows": "2", "new": "2", "totals.hours": "3.25"}, ""},
	"moodle-grades":   {"Moodle", fields{"constant.activity": "partnerships", "constant.date": "2026-03-03", "constant.pre_score": "2", "constant.max_score": "10"}, map[string]string{"kind": "tests", "rows": "1", "new": "1"}, ""},
}

// readySample returns a sample.
func readySample(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata/ready", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// caseDefinition is the definition of the cases.
func caseDefinition(t *testing.T) string {
	t.Helper()
	definition, err := os.ReadFile("testdata/cases/definition.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(definition)
}

// The file of a known tool is not read by itself; its page names the tool, and what is proposed there is right.
func TestFilesOfKnownToolsGoInByWhatIsProposed(t *testing.T) {
	t.Parallel()
	definition := caseDefinition(t)
	for name, one := range readySamples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newCaseProject(t, definition)
			rejected := p.upload(p.office, name+".csv", readySample(t, name), nil).has(map[string]string{"state": "rejected"})
			page := p.office.browser().get(p.at + "/uploads/" + rejected.text("id") + "/columns").is(http.StatusOK).isPage()
			if !bytes.Contains(page.body, []byte("a file of "+one.tool+".")) {
				t.Errorf("the page does not name %s", one.tool)
			}
			p.says(p.office, rejected, one.changes).has(map[string]string{"state": "accepted"}).has(one.want)
			if one.reach != "" {
				p.compile().has(map[string]string{"reach.sum": one.reach})
			}
		})
	}
}

// readyText is the text in the editor of a page.
var readyText = regexp.MustCompile(`(?s)<textarea[^>]*name="text"[^>]*>(.*?)</textarea>`)

// A format in the list of known tools becomes a source of the project once it is saved, and no file is read by it
// before.
func TestAReadySourceIsAddedFromTheListOfSources(t *testing.T) {
	t.Parallel()
	definition := caseDefinition(t)
	for _, name := range []string{"meltwater", "brand24", "monitoring-pl"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newCaseProject(t, definition)
			for owner, from := range map[string]caller{"": p.office, "tv-partner-": p.press} {
				p.upload(from, name+".csv", readySample(t, name), nil).has(map[string]string{"state": "rejected"})
				list := string(from.browser().get(p.at + "/sources").is(http.StatusOK).isPage().body)
				if !strings.Contains(list, `href="`+p.at+`/sources?ready=`+name+`#new"`) {
					t.Fatalf("%s is not in the list", name)
				}
				if zoom := strings.Contains(list, "?ready=zoom"); zoom != (owner == "") {
					t.Errorf("a source of attendance in the list of %q: %v", owner, zoom)
				}
				typed := readyText.FindSubmatch(from.browser().get(p.at + "/sources?ready=" + name).is(http.StatusOK).isPage().body)
				if typed == nil {
					t.Fatal("the page has no text")
				}
				from.browser().fill(p.at+"/sources", fields{"text": html.UnescapeString(string(typed[1]))}).is(http.StatusSeeOther)
				p.upload(from, "again-"+name+".csv", readySample(t, name), nil).has(map[string]string{"state": "accepted", "source.id": owner + name}).has(readySamples[name].want)
				from.delete(p.at + "/sources/" + owner + name).is(http.StatusOK)
			}
		})
	}
}

// Statistics have no airings: the page says so, and what to send.
func TestStatisticsAreNamedWithWhatToSendInstead(t *testing.T) {
	t.Parallel()
	p := newCaseProject(t, caseDefinition(t))
	for name, tool := range map[string]string{"google-analytics": "Google Analytics", "facebook-insights": "Facebook", "linkedin-analytics": "LinkedIn"} {
		rejected := p.upload(p.press, name+".csv", readySample(t, name), nil).has(map[string]string{"state": "rejected"})
		p.press.browser().get(p.at + "/uploads/" + rejected.text("id") + "/columns").is(http.StatusOK).isPage().says([]string{"statistics of " + tool, "Send a list of publications instead"})
	}
}
