package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// monitoring is the source of the contract.
const monitoring = `id: monitoring
kind: media
by: [press]                      # who may use it; coordinators always may
recognise: ["Date", "Headline", "Source", "Reach"]      # a header with all of these is of this source; empty: of no file
columns: {date: "Date", title: "Headline", outlet: "Source", reach: "Reach"}
formats: {date: "DD-MMM-YYYY hh:mm A", reach: "1,234"}  # where the ordinary forms do not do
values: {medium: {"Online News": web}}   # theirs to ours
constants: {medium: web}
ignore: [Sentiment, AVE]                 # or "*"
skip: 'row["Reach"] == "N/A"'            # rows that are none
`

// source puts a source in force.
func (p *project) source(c caller, id, text string) reply {
	p.t.Helper()
	return c.send("PUT", p.at+"/sources/"+id, "application/yaml", []byte(text))
}

func TestAFileIsReadByASource(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	day := func(days int, clock string) string { return p.today.AddDate(0, 0, days).Format("02-Jan-2006 ") + clock }
	file := "Sentiment,Date,Headline,Source,Reach,AVE\n" +
		"good," + day(-3, "10:05AM") + ",A co-operative begins,Portal A,\"12,500\",1\n" +
		"good," + day(-2, "06:25 PM") + ",A second text,Portal A,950,2\n" +
		"," + day(-1, "06:25 PM") + ",Of no reach,Portal A,N/A,\n"
	before := p.upload(p.press, "before.csv", file, nil).has(map[string]string{"state": "rejected"})
	if before.text("source") != "" {
		t.Errorf("it was read by a source that is not there: %s", before)
	}
	made := p.source(p.office, "monitoring", monitoring).is(http.StatusCreated).has(map[string]string{"id": "monitoring", "kind": "media", "version": "1"})
	if made.header.Get("ETag") == "" || !strings.HasSuffix(made.header.Get("Location"), p.at+"/sources/monitoring") {
		t.Errorf("a new source: %v", made.header)
	}
	got := p.upload(p.press, "after.csv", file, nil).has(map[string]string{"state": "accepted", "kind": "media", "rows": "2", "new": "2", "source.id": "monitoring", "source.version": "1", "totals.reach": "13450"})
	if w := cells(got, "warnings"); len(w) != 1 || w[0] != "4  skipped" {
		t.Errorf("warnings: %q", w)
	}
	p.compile().has(map[string]string{"reach.sum": "13450", "reach.airings": "2"})

	// A correction is of the same things, though the file is another.
	p.upload(p.press, "later.csv", strings.Replace(file, "950", "951", 1), nil).has(map[string]string{"state": "accepted", "changed": "1", "unchanged": "1"})

	// Others may not use it; the office may.
	p.upload(p.radio, "radio.csv", file, nil).has(map[string]string{"state": "rejected"})
	p.upload(p.office, "office.csv", file, nil).has(map[string]string{"state": "accepted", "source.id": "monitoring"})

	// What was rejected is read again without being sent anew.
	again := p.press.post(p.at+"/uploads/"+before.text("id")+"/reading", fields{}).is(http.StatusCreated)
	p.settled(p.press, again.text("id")).has(map[string]string{"state": "accepted", "same_as": got.text("id"), "filename": "before.csv"})
	p.press.post(p.at+"/uploads/"+got.text("id")+"/reading", fields{}).is(http.StatusConflict)
	p.radio.post(p.at+"/uploads/"+before.text("id")+"/reading", fields{}).is(http.StatusNotFound)
}

func TestErrorsOfAFileReadByASourceNameItsOwnColumns(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.source(p.office, "monitoring", monitoring).is(http.StatusCreated)
	got := p.upload(p.press, "bad.csv", "Date,Headline,Source,Reach,Colour\n"+
		"21.07.2010,,Portal A,12.5,red\n"+
		"31-Jun-2010 10:05AM,A,Portal A,\"1,2\",\n", nil).has(map[string]string{"state": "rejected", "source.id": "monitoring"})
	want := []string{"1 Colour unknown_column", "2 Date not_a_date", "2 Headline missing", "2 Reach not_a_number", "3 Date not_a_date", "3 Reach not_a_number"}
	if found := cells(got, "errors"); strings.Join(found, "\n") != strings.Join(want, "\n") {
		t.Errorf("errors %q, want %q", found, want)
	}
	if !strings.Contains(got.text("errors.1.message"), "DD-MMM-YYYY hh:mm A") {
		t.Errorf("the message does not name the format: %s", got.text("errors.1.message"))
	}
}

func TestOwnColumnsComeBeforeSourcesAndTwoSourcesAreAnError(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	own := "date,medium,title,outlet,reach\n2010-07-21,radio,A,B,5\n"
	p.source(p.office, "own", "kind: media\nrecognise: [date, title]\ncolumns: {date: date, title: outlet, outlet: title, reach: reach}\nconstants: {medium: tv}\nignore: \"*\"\n").is(http.StatusCreated)
	p.upload(p.office, "own.csv", own, nil).has(map[string]string{"state": "accepted", "source": ""})
	p.source(p.office, "monitoring", monitoring).is(http.StatusCreated)
	p.source(p.office, "second", strings.ReplaceAll(strings.Replace(monitoring, "id: monitoring", "id: second", 1), `"Headline", "Source", `, "")).is(http.StatusCreated)
	file := "Date,Headline,Source,Reach\n21-Jul-2010 10:05AM,A,B,5\n"
	got := p.upload(p.office, "two.csv", file, nil).has(map[string]string{"state": "rejected", "errors.0.code": "unreadable"})
	for _, name := range []string{"monitoring", "second"} {
		if !strings.Contains(got.text("errors.0.message"), name) {
			t.Errorf("%s is not named: %s", name, got)
		}
	}
	// Which of the two it is can be said.
	again := p.office.post(p.at+"/uploads/"+got.text("id")+"/reading", fields{"source": "second"}).is(http.StatusCreated)
	p.settled(p.office, again.text("id")).has(map[string]string{"state": "accepted", "source.id": "second"})
	p.office.post(p.at+"/uploads/"+got.text("id")+"/reading", fields{"source": "third"}).isInvalid("source not_in_list")

	// An empty recognise is of no file, but of one for which it is chosen.
	p.office.delete(p.at + "/sources/monitoring").is(http.StatusOK)
	p.office.delete(p.at + "/sources/second").is(http.StatusOK)
	p.source(p.office, "chosen", strings.Replace(strings.Replace(monitoring, "id: monitoring", "id: chosen", 1), `["Date", "Headline", "Source", "Reach"]`, "[]", 1)).is(http.StatusCreated)
	got = p.upload(p.office, "three.csv", file+"22-Jul-2010 10:05AM,A,B,5\n", nil).has(map[string]string{"state": "rejected"})
	again = p.office.post(p.at+"/uploads/"+got.text("id")+"/reading", fields{"source": "chosen"}).is(http.StatusCreated)
	p.settled(p.office, again.text("id")).has(map[string]string{"state": "accepted", "source.id": "chosen", "rows": "2"})
}

func TestWhoMaySetWhichSource(t *testing.T) {
	t.Parallel()
	p := newProject(t, "partners:\n", "partners:\n  - {id: press-two, name: Press Two}\n")
	mine := strings.Replace(strings.Replace(monitoring, "id: monitoring", "id: press-monitoring", 1), "by: [press]  ", "# ", 1)
	p.source(p.press, "press-monitoring", mine).is(http.StatusCreated).has(map[string]string{"by.0": "press"})
	p.source(p.press, "monitoring", monitoring).is(http.StatusForbidden)
	p.source(p.radio, "press-monitoring", mine).is(http.StatusForbidden)
	p.source(p.press, "press-two-x", strings.Replace(mine, "press-monitoring", "press-two-x", 1)).is(http.StatusForbidden)
	p.source(p.press, "press-att", "kind: attendance\ncolumns: {email: E, activity: A, date: D, outcome: O}\n").is(http.StatusForbidden)
	p.source(p.press, "press-others", strings.Replace(strings.Replace(monitoring, "id: monitoring", "id: press-others", 1), "[press]", "[press, radio]", 1)).is(http.StatusForbidden)
	p.source(p.funder, "monitoring", monitoring).is(http.StatusForbidden)
	p.source(p.adviser, "monitoring", monitoring).is(http.StatusForbidden)
	p.source(p.anyone, "monitoring", monitoring).is(http.StatusUnauthorized)
	p.source(p.office, "monitoring", monitoring).is(http.StatusCreated)
	for _, c := range []struct {
		caller caller
		ids    string
	}{{p.office, "monitoring press-monitoring"}, {p.press, "press-monitoring"}, {p.radio, ""}} {
		var ids []string
		for _, one := range c.caller.get(p.at + "/sources").is(http.StatusOK).list("items") {
			ids = append(ids, said(within(one, "id")))
		}
		if strings.Join(ids, " ") != c.ids {
			t.Errorf("sources %q, want %q", ids, c.ids)
		}
	}
	p.radio.get(p.at + "/sources/press-monitoring").is(http.StatusForbidden)
	p.radio.delete(p.at + "/sources/press-monitoring").is(http.StatusForbidden)
	p.press.get(p.at + "/sources/press-monitoring/versions").is(http.StatusOK)
	p.press.delete(p.at + "/sources/press-monitoring").is(http.StatusOK)
	p.office.get(p.at + "/sources/press-monitoring").is(http.StatusNotFound)
}

func TestASourceHasVersionsAndIsNotOverwrittenUnseen(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	first := p.source(p.office, "monitoring", monitoring).is(http.StatusCreated)
	p.source(p.office, "monitoring", monitoring).is(http.StatusOK).has(map[string]string{"version": "1"})
	changed := strings.Replace(monitoring, "medium: web}\nignore", "medium: press}\nignore", 1)
	p.office.with("If-Match", `"else"`).send("PUT", p.at+"/sources/monitoring", "application/yaml", []byte(changed)).is(http.StatusPreconditionFailed)
	second := p.office.with("If-Match", first.header.Get("ETag")).send("PUT", p.at+"/sources/monitoring", "application/yaml", []byte(changed)).is(http.StatusOK).
		has(map[string]string{"version": "2", "constants.medium": "press", "changed_by": "office@example.org"})
	p.office.with("If-Match", first.header.Get("ETag")).delete(p.at + "/sources/monitoring").is(http.StatusPreconditionFailed)

	// What is answered may be sent back, as JSON.
	shown := p.office.get(p.at + "/sources/monitoring").is(http.StatusOK).has(map[string]string{"ignore.1": "AVE", "values.medium.Online News": "web", "skip": `row["Reach"] == "N/A"`})
	p.office.send("PUT", p.at+"/sources/monitoring", "application/json", shown.body).is(http.StatusOK).has(map[string]string{"version": "3", "formats.reach": "1,234"})
	p.office.with("If-Match", second.header.Get("ETag")).delete(p.at + "/sources/monitoring").is(http.StatusPreconditionFailed)
	p.office.delete(p.at + "/sources/monitoring").is(http.StatusOK)
	p.office.delete(p.at + "/sources/monitoring").is(http.StatusNotFound)
	p.source(p.office, "monitoring", monitoring).is(http.StatusCreated).has(map[string]string{"version": "5"})
	var versions []string
	for _, one := range p.office.get(p.at + "/sources/monitoring/versions").is(http.StatusOK).list("items") {
		versions = append(versions, said(within(one, "version"))+" "+said(within(one, "removed")))
	}
	if got := strings.Join(versions, ","); got != "5 ,4 true,3 ,2 ,1 " {
		t.Errorf("versions %q", got)
	}
	trail := string(p.office.get(p.at + "/audit?limit=50").is(http.StatusOK).body)
	for _, kind := range []string{"source.set", "source.removed"} {
		if !strings.Contains(trail, kind) {
			t.Errorf("the trail has no %s", kind)
		}
	}
}

func TestABadSourceIsRefusedLikeADefinition(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, c := range []struct{ from, to, want string }{
		{"kind: media", "kind: medai", "2 7 kind not_in_list media"},
		{"by: [press]", "by: [pres]", "3 6 by[0] not_in_list press"},
		{"outlet: \"Source\"", "outlets: \"Source\"", "5 44 columns.outlets unknown_field outlet"},
		{"reach: \"Reach\"}\nf", "reach: \"Reach\", reach: \"Z\"}\nf", "5 78 columns.reach repeated reach"},
		{"DD-MMM-YYYY hh:mm A", "dd-mm-yyyy", "6 17 formats.date bad_format DD-MM-YYYY"},
		{"DD-MMM-YYYY hh:mm A", "DD-MMM-YYYY hh:mm", "6 17 formats.date bad_format A"},
		{"DD-MMM-YYYY hh:mm A", "hh:mm A", "6 17 formats.date bad_format DD"},
		{`"1,234"}  #`, `"many"}  #`, "6 47 formats.reach bad_format 1,234.5"},
		{"date: \"DD-MMM", "title: \"DD-MMM", "6 18 formats.title not_allowed title"},
		{`{"Online News": web}`, `{"Online News": wbe}`, "7 34 values.medium.Online News not_in_list web"},
		{"constants: {medium: web}", "constants: {medium: internetz}", "8 21 constants.medium not_in_list web"},
		{"constants: {medium: web}", "constants: {reach: lots, medium: web}", "8 20 constants.reach not_a_number reach"},
		{"constants: {medium: web}", "constants: {time: '12:00'}", "1 1 columns.medium missing medium"},
		{"ignore: [Sentiment", "ignore: [headline", "9 10 ignore[0] not_allowed title"},
		{`row["Reach"] ==`, `Reach ==`, "10 8 skip bad_rule row["},
		{`row["Reach"] ==`, `row["Reach"] =`, "10 21 skip bad_rule =="},
		{"id: monitoring", "id: other", "1 5 id not_allowed monitoring"},
		{"ignore: [Sentiment, AVE]", "ignor: [Sentiment, AVE]", "9 1 ignor unknown_field ignore"},
		{"kind: media", "kind: [media", "3 1  unreadable ]"},
	} {
		bad := strings.Replace(monitoring, c.from, c.to, 1)
		if bad == monitoring {
			t.Fatalf("%s is not in the source", c.from)
		}
		got := p.source(p.office.with("Accept-Language", "en"), "monitoring", bad).is(http.StatusUnprocessableEntity)
		place := strings.Join([]string{got.text("errors.0.line"), got.text("errors.0.column"), got.text("errors.0.field"), got.text("errors.0.code")}, " ")
		if !strings.HasPrefix(c.want, place+" ") || !strings.Contains(got.text("errors.0.message"), strings.TrimPrefix(c.want, place+" ")) {
			t.Errorf("%s: %s %s; want %s", c.to, place, got.text("errors.0.message"), c.want)
		}
	}
	p.office.get(p.at + "/sources/monitoring").is(http.StatusNotFound)
}

// A day and a time of day may come from one column, by one format.
func TestADateAndATimeComeFromOneColumn(t *testing.T) {
	t.Parallel()
	p := newProject(t, `of: media, label: {pl: Zasięg`, `of: media, where: 'time != "00:01" && title != ""', label: {pl: Zasięg`)
	day := p.today.AddDate(0, 0, -3)
	days := strings.NewReplacer("{dots}", day.Format("02.01.2006"), "{words}", day.Format("02-Jan-2006"), "{day}", day.Format("2006-01-02"))
	for i, c := range []struct {
		name, columns, formats, cell string
		time                         string // "": the file is rejected
	}{
		{"the format of the date gives both", `date: "When", time: "When"`, `date: "DD.MM.YYYY HH:mm"`, "{dots} 18:25", "18:25"},
		{"names differ in case and spaces", `date: "When", time: " when "`, `date: "DD-MMM-YYYY hh:mm A"`, "{words} 06:26 PM", "18:26"},
		{"a date with a time fills the time that has no column", `date: "When"`, `date: "DD.MM.YYYY HH:mm"`, "{dots} 18:27", "18:27"},
		{"each has a format", `date: "When", time: "When"`, `date: "DD.MM.YYYY HH:mm", time: "DD.MM.YYYY mm:HH"`, "{dots} 18:05", "05:18"},
		{"the time alone has a format", `date: "When", time: "When"`, `time: "DD.MM.YYYY HH:mm"`, "{dots} 18:28", "18:28"},
		{"no format", `date: "When", time: "When"`, "", "{day} 18:29", "18:29"},
		{"a date without a format fills the time", `date: "When"`, "", "{day} 18:30", "18:30"},
		{"a time in a column of its own", `date: "When", time: "Hour"`, `date: "DD.MM.YYYY HH:mm"`, "{dots} 18:31", "07:15"},
		{"a date that is not in the format", `date: "When", time: "When"`, `date: "DD.MM.YYYY HH:mm"`, "{dots}", ""},
		{"a date without a time", `date: "When", time: "When"`, `date: "DD.MM.YYYY"`, "{dots}", ""},
	} {
		id := fmt.Sprintf("when%d", i)
		p.source(p.office, id, fmt.Sprintf("id: %s\nkind: media\nrecognise: [%s]\ncolumns: {%s, title: T, outlet: O, reach: R}\nformats: {%s}\nconstants: {medium: web}\nignore: \"*\"\n", id, id, c.columns, c.formats)).is(http.StatusCreated)
		got := p.upload(p.office, id+".csv", "When,Hour,T,O,R,"+id+"\n"+days.Replace(c.cell)+",7:15,"+id+",O,5,x\n", nil)
		if c.time == "" {
			got.has(map[string]string{"state": "rejected", "errors.0.column": "When", "errors.0.code": "not_a_date"})
			continue
		}
		got.has(map[string]string{"state": "accepted"})
		found := map[string]string{}
		for _, one := range p.office.get(p.at + "/snapshots/" + p.compile().text("id") + "/indicators/3/evidence?limit=200").is(http.StatusOK).list("items") {
			found[said(within(one, "fields.title"))] = said(within(one, "fields.time"))
		}
		if found[id] != c.time {
			t.Errorf("%s: %q, want %s: %v", c.name, found[id], c.time, found)
		}
	}
}
