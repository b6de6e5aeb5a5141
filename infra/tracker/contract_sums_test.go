package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// meetings is a source of a webinar's attendance, which has a row for each time that a person joined.
const meetings = `id: meetings
kind: attendance
recognise: [Mail, Joined, Minutes]
columns: {email: Mail, date: Joined, hours: Minutes, outcome: State}
formats: {hours: minutes}
constants: {activity: planting}
sum: [hours]
`

func TestRowsOfOnePersonAndDayAreAddedUp(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	day, other := p.today.AddDate(0, 0, -3).Format("2006-01-02"), p.today.AddDate(0, 0, -2).Format("2006-01-02")
	const head = "Mail,Joined,Minutes,State\n"
	rows := []string{"ala.sums@example.org," + day + ",20,completed\n", "ola.sums@example.org," + day + ",7,attended\n", "Ala.Sums@example.org," + day + ",20,attended\n",
		"ala.sums@example.org," + other + ",30,attended\n", "ala.sums@example.org," + day + ",20,completed\n", "ola.sums@example.org," + day + ",,attended\n"}
	file := head + strings.Join(rows, "")

	// Without sum two rows that say different things are an error, as in any file.
	p.source(p.office, "meetings", strings.Replace(meetings, "sum: [hours]\n", "", 1)).is(http.StatusCreated)
	if got := cells(p.upload(p.office, "conflict.csv", file, nil).has(map[string]string{"state": "rejected"}), "errors"); len(got) == 0 || !strings.Contains(got[0], "conflicting_rows") {
		t.Errorf("without sum: %q", got)
	}
	p.source(p.office, "meetings", meetings).is(http.StatusOK).has(map[string]string{"sum.0": "hours", "formats.hours": "minutes"})
	first := p.upload(p.office, "joined.csv", file, nil).has(map[string]string{"state": "accepted", "rows": "6", "new": "3", "totals.hours": "1.616667"})
	found := false
	for _, w := range first.list("warnings") {
		if said(within(w, "code")) == "summed" {
			found = true
			if said(within(w, "count")) != "3" || said(within(w, "rows.0")) != "4" || said(within(w, "rows.1")) != "6" || said(within(w, "rows.2")) != "7" || said(within(w, "message")) == "" {
				t.Errorf("the warning: %v", w)
			}
		}
	}
	if !found {
		t.Errorf("no row is named: %s", first)
	}
	// The same rows in another order, and a file with the sums written in it, say the same.
	p.upload(p.office, "turned.csv", head+rows[0]+rows[5]+rows[4]+rows[3]+rows[2]+rows[1], nil).has(map[string]string{"state": "accepted", "unchanged": "3", "changed": "0", "new": "0", "totals.hours": "1.616667"})
	p.upload(p.office, "written.csv", head+"ala.sums@example.org,"+day+",60,completed\nala.sums@example.org,"+other+",30,attended\nola.sums@example.org,"+day+",7,attended\n", nil).
		has(map[string]string{"state": "accepted", "unchanged": "3", "totals.hours": "1.616667"})

	// What is wrong in a row is wrong, and so is a sum out of range; one of more hours than a day has is unlikely.
	bad := p.upload(p.office, "bad.csv", head+rows[0]+"ala.sums@example.org,"+day+",many,completed\n", nil).has(map[string]string{"state": "rejected"})
	if got := cells(bad, "errors"); len(got) != 1 || got[0] != "3 Minutes not_a_number" {
		t.Errorf("a bad row: %q", got)
	}
	far := p.upload(p.office, "far.csv", head+"ala.sums@example.org,"+day+",40000,completed\nala.sums@example.org,"+day+",30000,completed\n", nil).
		has(map[string]string{"state": "rejected", "errors.0.rows.0": "2", "errors.0.rows.1": "3"})
	if got := cells(far, "errors"); len(got) != 1 || got[0] != "2 Minutes out_of_range" || !strings.Contains(far.text("errors.0.message"), "1000") {
		t.Errorf("a sum out of range: %q %s", got, far.text("errors.0.message"))
	}
	long := p.upload(p.office, "long.csv", head+"ala.sums@example.org,"+day+",800,completed\nala.sums@example.org,"+day+",800,completed\n", nil).has(map[string]string{"state": "accepted", "changed": "1", "totals.hours": "26.666667"})
	if got := strings.Join(cells(long, "warnings"), "|"); !strings.Contains(got, "2 Minutes unlikely") || !strings.Contains(got, "3  summed") {
		t.Errorf("a long day: %q", got)
	}
	// A file whose conditions leave one row of each is as without.
	p.upload(p.office, "alone.csv", head+rows[3], nil).has(map[string]string{"state": "accepted", "unchanged": "1", "totals.hours": "0.5"})
}

// Records without people are added up, too, across sheets of one file and whatever their other values are.
func TestAiringsOfOneTitleAreAddedUp(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.source(p.office, "press-daily", "id: press-daily\nkind: media\nby: [press]\nrecognise: [Day, Name, Readers]\ncolumns: {date: Day, title: Name, reach: Readers, outlet: Where, url: Link}\nconstants: {medium: web}\nsum: [reach]\n").is(http.StatusCreated)
	day := p.today.AddDate(0, 0, -3).Format("2006-01-02")
	file := "Day,Name,Readers,Where,Link\n" + day + ",A title,100,Portal,https://example.org/1\n" + day + ",Another,5,Portal,\n" + day + ",A title,23,Portal,https://example.org/2\n"
	got := p.upload(p.press, "daily.csv", file, nil).has(map[string]string{"state": "accepted", "rows": "3", "new": "2", "totals.reach": "128"})
	if w := cells(got, "warnings"); len(w) != 1 || w[0] != "4  summed" {
		t.Errorf("warnings: %q", w)
	}
	p.compile().has(map[string]string{"reach.sum": "128", "reach.airings": "2"})
}

func TestSumNamesNumbersOfTheRecord(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for from, want := range map[string]string{
		"sum: [outcome]": "7 7 sum[0] not_allowed hours", "sum: [date]": "7 7 sum[0] not_allowed hours", "sum: [email]": "7 7 sum[0] not_allowed hours",
		"sum: [hour]": "7 7 sum[0] not_in_list hours", "sum: [hours, hours]": "7 14 sum[1] repeated hours", "sum: hours": "7 6 sum wrong_form sum",
	} {
		got := p.source(p.office.with("Accept-Language", "en"), "meetings", strings.Replace(meetings, "sum: [hours]", from, 1)).is(http.StatusUnprocessableEntity)
		place := strings.Join([]string{got.text("errors.0.line"), got.text("errors.0.column"), got.text("errors.0.field"), got.text("errors.0.code")}, " ")
		if !strings.HasPrefix(want, place+" ") || !strings.Contains(got.text("errors.0.message"), strings.TrimPrefix(want, place+" ")) {
			t.Errorf("%s: %s %s; want %s", from, place, got.text("errors.0.message"), want)
		}
	}
	p.source(p.office, "meetings", strings.Replace(meetings, "formats: {hours: minutes}", "formats: {hours: seconds}", 1)).is(http.StatusUnprocessableEntity)
}
