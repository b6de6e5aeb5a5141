package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// notYetRight names the cases of testdata/cases whose outcome is not the right one yet, and what they wait for. A case
// that comes out right must be taken off the list.
var notYetRight = map[string]string{}

// sentCase is a case that was sent to a project of its own, and what became of it.
type sentCase struct {
	*project
	got   reply
	wrong []string // what is not right
}

func (c *sentCase) want(holds bool, what string, args ...any) {
	if !holds {
		c.wrong = append(c.wrong, fmt.Sprintf(what, args...))
	}
}

// codesOf returns a list of findings as "row column code".
func (c *sentCase) codesOf(list string) []string { return cells(c.got, list) }

// accepted wants the file accepted with these codes of warnings at least, each once.
func (c *sentCase) accepted(warnings ...string) *sentCase {
	c.want(c.got.text("state") == "accepted", "it is %s: %v", c.got.text("state"), c.codesOf("errors"))
	c.warns(warnings...)
	return c
}

func (c *sentCase) warns(codes ...string) {
	found := map[string]int{}
	for _, w := range c.got.list("warnings") {
		found[said(within(w, "code"))]++
	}
	for _, code := range codes {
		c.want(found[code] > 0, "no warning %s: %v", code, c.codesOf("warnings"))
	}
	for code, n := range found {
		if !slices.Contains([]string{"other_person", "other_name", "unlikely"}, code) {
			c.want(n == 1, "%d warnings %s", n, code)
		}
	}
}

// rejected wants the file rejected with exactly these errors, as "row column code", or at least with the code of one.
func (c *sentCase) rejected(errors ...string) *sentCase {
	c.want(c.got.text("state") == "rejected", "it is %s", c.got.text("state"))
	got := c.codesOf("errors")
	if len(errors) == 1 && !strings.Contains(errors[0], " ") {
		c.want(slices.ContainsFunc(got, func(e string) bool { return strings.HasSuffix(e, " "+errors[0]) }), "no error %s: %v", errors[0], got)
		return c
	}
	c.want(slices.Equal(got, errors), "errors %q, want %q", got, errors)
	return c
}

// message returns the messages of all errors and warnings, one a line.
func (c *sentCase) message() string {
	var out strings.Builder
	for _, list := range []string{"errors", "warnings"} {
		for _, e := range c.got.list(list) {
			out.WriteString(said(within(e, "message")) + "\n")
		}
	}
	return out.String()
}

// says wants each of some words in the messages.
func (c *sentCase) says(words ...string) *sentCase {
	for _, w := range words {
		c.want(strings.Contains(c.message(), w), "no message says %q: %s", w, c.message())
	}
	return c
}

// signed returns the sign-ups to an activity, each as the values of some fields.
func (c *sentCase) signed(activity string, fields ...string) []string {
	var out []string
	for _, item := range c.everything(c.at + "/signups?activity=" + activity) {
		var values []string
		for _, f := range fields {
			values = append(values, said(within(item, f)))
		}
		out = append(out, strings.Join(values, " "))
	}
	slices.Sort(out)
	return out
}

// airings wants so many airings with this reach in all.
func (c *sentCase) airs(airings, reach string) *sentCase {
	snap := c.compile()
	c.want(snap.text("reach.airings") == airings && snap.text("reach.sum") == reach, "%s airings with reach %s, want %s with %s",
		snap.text("reach.airings"), snap.text("reach.sum"), airings, reach)
	return c
}

// tellsWhichColumn is the outcome of an export of another tool, until somebody has said which column is which.
func tellsWhichColumn(c *sentCase) {
	c.want(c.got.text("state") == "rejected", "it is %s", c.got.text("state"))
	c.want(len(c.got.list("errors")) > 0, "no error")
}

// cases are the files of testdata/cases, each with its right outcome.
var cases = map[string]func(c *sentCase){
	"01-meltwater.csv":     tellsWhichColumn,
	"04-pl-monitoring.csv": tellsWhichColumn,
	"42-ms-forms.xlsx":     tellsWhichColumn,
	"55-kobo.csv":          tellsWhichColumn,
	"60-zoom.csv":          tellsWhichColumn,
	"63-teams.csv":         tellsWhichColumn,
	"142-talkwalker.csv":   tellsWhichColumn,
	"smefs-header.csv":     tellsWhichColumn,

	"02-meltwater-renamed.csv": func(c *sentCase) {
		c.rejected("2 date not_a_date", "2 time not_a_date", "3 date not_a_date", "3 time not_a_date", "3 medium not_in_list",
			"4 reach not_a_number", "5 date not_a_date", "5 reach not_a_number", "6 reach not_a_number", "7 reach not_a_number", "8 reach not_a_number")
	},
	"150-clear-dates.csv": func(c *sentCase) { c.accepted().airs("5", "1650") },
	"05-total-line.csv":   func(c *sentCase) { c.accepted("total_row").airs("2", "24000") },
	"82-excel-table-total.xlsx": func(c *sentCase) {
		c.accepted("total_row").airs("2", "30")
	},
	"07-youtube-studio.csv": func(c *sentCase) { c.rejected("unreadable").says("airings", "date, medium, title, outlet, reach") },
	"09-gsc.zip":            func(c *sentCase) { c.rejected("wrong_format").says("ZIP") },
	"27-spreadsheetml.xls":  func(c *sentCase) { c.rejected("wrong_format").says("XML") },
	"30-gzip.csv.gz":        func(c *sentCase) { c.rejected("wrong_format").says("gzip") },
	"84-libre.fods": func(c *sentCase) {
		if c.got.text("state") == "accepted" {
			c.airs("2", "14000")
			return
		}
		c.rejected("wrong_format")
	},
	"84-libre.ods":           func(c *sentCase) { c.accepted().airs("2", "14000") },
	"10-webex-protected.csv": func(c *sentCase) { c.accepted().airs("1", "12500") },
	"11-monthly-tabs.xlsx":   func(c *sentCase) { c.accepted().airs("4", "10000") },
	"12-cover-sheet.xlsx": func(c *sentCase) {
		if c.got.text("state") != "accepted" {
			c.says("Dane")
		}
	},
	"13-xlsxwriter-formula.xlsx": func(c *sentCase) { c.rejected("2 reach formula", "3 reach formula") },
	"14-broadcast-day.xlsx":      func(c *sentCase) { c.rejected("2 time out_of_range") },
	"16-hidden-rows.xlsx":        func(c *sentCase) { c.accepted("hidden_rows").airs("3", "500100") },
	"17-quote-swallow.csv":       func(c *sentCase) { c.rejected("quote").says("2–4") },
	"85-legit-newline.csv":       func(c *sentCase) { c.accepted().airs("1", "5") },
	"19-same-title-notime.csv": func(c *sentCase) {
		c.rejected("conflicting_rows").says("2", "3", "time", "title")
	},
	"61-zoom-renamed.csv": func(c *sentCase) { c.rejected("conflicting_rows").says("2", "3") },
	"20-sep-quoted.csv":   func(c *sentCase) { c.accepted("skipped_rows").airs("1", "1000") },
	"35-slash-dates.csv": func(c *sentCase) {
		c.rejected("2 date not_a_date", "3 date not_a_date", "4 date not_a_date", "5 date not_a_date", "7 date not_a_date")
	},
	"36-national-reach.csv": func(c *sentCase) { c.rejected("2 reach out_of_range").says("contacts", "region") },
	"40-google-forms-pl.csv": func(c *sentCase) {
		c.rejected("unreadable").says("first_name")
		c.want(!strings.Contains(c.message(), "outlet"), "its example is of media: %s", c.message())
	},
	"43-shared-email.csv": func(c *sentCase) {
		c.accepted("other_person")
		got := c.signed("running-promotion", "person.first_name")
		c.want(slices.Equal(got, []string{"Jan", "Maria"}), "people: %q", got)
	},
	"44c-zero-width-accepted.csv": func(c *sentCase) {
		c.accepted("cleaned")
		people := map[string]bool{}
		for _, activity := range []string{"running-promotion", "partnerships", "founding-cooperatives"} {
			for _, id := range c.signed(activity, "person.id") {
				people[id] = true
			}
		}
		c.want(len(people) == 1, "%d people", len(people))
	},
	"48-pesel-impossible.csv": func(c *sentCase) {
		c.rejected("out_of_range")
		got := c.codesOf("errors")
		for _, row := range []string{"2", "3", "4", "5"} {
			c.want(slices.Contains(got, row+" pesel out_of_range"), "row %s: %q", row, got)
		}
	},
	"51-order.csv": func(c *sentCase) {
		c.accepted()
		got := c.signed("tiny", "state", "person.first_name")
		c.want(slices.Equal(got, []string{"accepted Pierwsza", "waitlisted Druga", "waitlisted Trzecia"}), "%q", got)
	},
	"54-merged-group.xlsx": func(c *sentCase) {
		c.accepted("merged_cells")
		got := c.signed("partnerships", "group")
		c.want(slices.Equal(got, []string{"local-authority", "local-authority", "local-authority"}), "groups %q", got)
	},
	"66-percent.xlsx": func(c *sentCase) { c.rejected("percent") },
	"70-people-cp852.csv": func(c *sentCase) {
		c.accepted("guessed_encoding").says("CP852")
		got := c.signed("partnerships", "person.last_name")
		c.want(slices.Equal(got, []string{"Dąbrowa", "Wójcik", "Zielińska"}), "names %q", got)
	},
	"88-cyrillic-1251.csv": func(c *sentCase) {
		c.accepted("guessed_encoding").says("Windows-1251", "Оксана")
		got := c.signed("partnerships", "person.first_name", "person.last_name")
		c.want(slices.Equal(got, []string{"Оксана Шевченко"}), "names %q", got)
	},
	"81-month-only.xlsx": func(c *sentCase) { c.accepted("unlikely") },
	"112-consult-hours.csv": func(c *sentCase) {
		c.rejected("2 minutes not_a_number", "3 field not_in_list", "4 minutes not_a_number").says("90")
	},
	"118-phone.csv": func(c *sentCase) {
		c.accepted("unlikely")
		c.want(slices.Contains(c.codesOf("warnings"), "2 phone unlikely"), "%q", c.codesOf("warnings"))
		c.want(!slices.Contains(c.codesOf("warnings"), "3 phone unlikely"), "%q", c.codesOf("warnings"))
		got := c.signed("partnerships", "phone")
		c.want(slices.Contains(got, "+48600100200"), "phones %q", got)
	},
	"120-inline-with-v.xlsx":       func(c *sentCase) { c.accepted().airs("1", "12") },
	"123-header-only.csv":          func(c *sentCase) { c.rejected("no_rows") },
	"127-empty-unknown-column.csv": func(c *sentCase) { c.accepted() },
	"131a-nbsp-first.csv":          func(c *sentCase) { c.accepted().airs("1", "100") },
	"131b-nbsp-again.csv": func(c *sentCase) {
		c.accepted("cleaned").airs("1", "100")
	},
	"132-backslash-quotes.csv": func(c *sentCase) {
		c.accepted().airs("2", "200")
		again := c.upload(c.press, "again.csv", "date,medium,title,outlet,reach\n2026-08-08,tv,\"Film \"\"Razem\"\" o nas\",TV A,100\n", nil)
		c.want(again.text("unchanged") == "1", "the title is another: %s", again)
	},
}

// before lists files that are sent to a project before a case.
var before = map[string][]string{"131b-nbsp-again.csv": {"131a-nbsp-first.csv"}}

// TestEachCaseHasItsOutcome sends the files of testdata/cases, which have the shapes of files that people send.
func TestEachCaseHasItsOutcome(t *testing.T) {
	t.Parallel()
	definition, err := os.ReadFile("testdata/cases/definition.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir("testdata/cases")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{"README.md": true, "definition.yaml": true}
	for _, f := range files {
		name := f.Name()
		outcome, listed := cases[name]
		if !listed {
			if !seen[name] {
				t.Errorf("%s has no outcome", name)
			}
			continue
		}
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newCaseProject(t, string(definition))
			for _, earlier := range before[name] {
				p.sendCase(earlier)
			}
			c := &sentCase{project: p, got: p.sendCase(name)}
			outcome(c)
			switch reason, expected := notYetRight[name]; {
			case expected && len(c.wrong) == 0:
				t.Errorf("it is right now: take it off the list (%s)", reason)
			case !expected && len(c.wrong) > 0:
				t.Errorf("%s", strings.Join(c.wrong, "\n"))
			}
		})
	}
	for name := range cases {
		if !seen[name] {
			t.Errorf("%s is not in testdata/cases", name)
		}
	}
	for name := range notYetRight {
		if cases[name] == nil {
			t.Errorf("%s is no case", name)
		}
	}
}

// newCaseProject begins a project of the cases' definition.
func newCaseProject(t *testing.T, definition string) *project {
	t.Helper()
	id := fmt.Sprintf("case%d", projects.Add(1))
	p := &project{t: t, tracker: shared, id: id, at: "/" + id}
	p.meet(t)
	p.office, p.press = p.office.with("Accept-Language", "en"), p.caller("tv@example.org", id+":partner:tv-partner").with("Accept-Language", "en")
	text := strings.Replace(definition, "id: tst\n", "id: "+id+"\n", 1)
	p.admin.send("PUT", p.at+"/definition", "application/yaml", []byte(text)).is(http.StatusCreated)
	return p
}

// ofMedia are the cases that a partner sends; the others are the coordinator's.
func ofMedia(name string) bool {
	for _, prefix := range []string{"112-", "118-", "127-", "40-", "42-", "43-", "44c-", "48-", "51-", "54-", "55-", "60-", "61-", "63-", "66-", "70-", "81-", "88-", "smefs-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}

// sendCase sends a case as its sender.
func (p *project) sendCase(name string) reply {
	p.t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata/cases", name))
	if err != nil {
		p.t.Fatal(err)
	}
	from := p.office
	if ofMedia(name) {
		from = p.press
	}
	return p.upload(from, name, string(content), nil)
}
