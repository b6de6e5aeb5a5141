package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// trained is a project in which some have a place, and their ids by their names.
func trained(t *testing.T, names ...string) (*project, map[string]string) {
	t.Helper()
	p := newProject(t)
	ids := map[string]string{}
	for _, name := range names {
		p.office.post(p.at+"/signups", signup(name, "planting")).is(http.StatusCreated)
		ids[name] = p.office.get(p.at + "/people?q=" + name + "@example.org").text("items.0.id")
	}
	return p, ids
}

func (p *project) sheet(rows ...fields) fields {
	return fields{"date": p.day(-10), "rows": rows}
}

const sheetAt = "/activities/planting/attendance"

// became counts the rows by outcome.
func became(created, changed, removed, unchanged int) map[string]string {
	return map[string]string{"new": fmt.Sprint(created), "changed": fmt.Sprint(changed), "removed": fmt.Sprint(removed), "unchanged": fmt.Sprint(unchanged)}
}

func TestASheetSavesEachRowAsARecordOfItsOwn(t *testing.T) {
	t.Parallel()
	p, ids := trained(t, "ala", "bea", "cyl")
	done := p.office.post(p.at+"/attendance", p.attendance("ala")).is(http.StatusCreated).text("id")
	sheet := p.sheet(
		fields{"person": fields{"id": ids["ala"]}, "outcome": "withdrew", "hours": 1.5},
		fields{"person": of("bea"), "outcome": "completed", "hours": 6},
		fields{"person": fields{"id": ids["cyl"]}})
	p.office.post(p.at+sheetAt, sheet).is(http.StatusOK).has(became(1, 1, 0, 1))
	p.office.get(p.at + "/attendance/" + done).is(http.StatusOK).has(map[string]string{"outcome": "withdrew", "hours": "1.5"})
	p.counts(map[string]string{"1": "1", "2": "7.5"})
	p.office.post(p.at+sheetAt, sheet).is(http.StatusOK).has(became(0, 0, 0, 3))
	p.office.post(p.at+sheetAt, p.sheet(fields{"person": of("ala")})).is(http.StatusOK).has(became(0, 0, 1, 0))
	p.office.get(p.at + "/attendance/" + done).is(http.StatusNotFound)
	p.counts(map[string]string{"1": "1", "2": "6"})

	p.office.get(p.at + sheetAt + "?date=" + p.day(-10)).is(http.StatusOK).has(map[string]string{
		"activity": "planting", "date": p.day(-10), "items.0.person.first_name": "Ala", "items.0.version": "", "items.1.outcome": "completed", "items.1.hours": "6", "items.2.outcome": ""})
	p.office.get(p.at + "/activities/planting").is(http.StatusOK).has(map[string]string{
		"accepted": "3", "items.1.outcome": "completed", "items.1.hours": "6", "items.1.days.0": p.day(-10), "items.2.outcome": ""})
}

func TestASheetIsSavedOnTheWayToItsNextPage(t *testing.T) {
	t.Parallel()
	p, ids := trained(t, "ala", "bea", "cyl")
	form := fields{"date": p.day(-10), "person-0": ids["ala"], "seen-0": "||", "outcome-0": "completed", "hours-0": "4", "then": ids["ala"]}
	page := p.office.browser().with("Accept-Language", "en")
	to := page.fill(p.at+sheetAt, form).is(http.StatusSeeOther).header.Get("Location")
	page.get(to).shows([]string{"Saved: 1 new", "Bea Przykładowska", "2–3 of 3"}, "Ala Przykładowska")
	wrong := page.fill(p.at+sheetAt, form.and(fields{"person-0": ids["bea"], "hours-0": "dużo", "then": ids["bea"]})).is(http.StatusUnprocessableEntity)
	if !strings.Contains(string(wrong.body), `value="dużo"`) {
		t.Errorf("what was typed is gone: %s", wrong)
	}
	p.office.post(p.at+sheetAt, p.sheet().and(fields{"then": ids["ala"], "rows": []any{}})).isInvalid("then unknown_field")
}

func TestASheetOfTests(t *testing.T) {
	t.Parallel()
	p, _ := trained(t, "ala", "bea")
	at := p.at + "/activities/planting/tests"
	p.office.post(at, p.sheet(fields{"person": of("ala"), "pre_score": 3, "post_score": 7.5, "max_score": 10}, fields{"person": of("bea"), "max_score": 10})).is(http.StatusOK).has(became(1, 0, 0, 1))
	p.office.post(at, p.sheet(fields{"person": of("bea"), "pre_score": 3, "post_score": 11, "max_score": 10})).isInvalid("rows.0.post_score out_of_range")
	p.office.get(p.at + "/activities/planting").has(map[string]string{"items.0.tests.0.post_score": "7.5", "items.0.tests.0.date": p.day(-10)})
	p.counts(map[string]string{"8": "1"})
}

func TestGoodRowsOfASheetAreKeptWhateverIsWrongWithOthers(t *testing.T) {
	t.Parallel()
	p, ids := trained(t, "ala", "bea", "cyl")
	got := p.office.post(p.at+sheetAt, p.sheet(
		fields{"person": of("ala"), "outcome": "done", "hours": "7"},
		fields{"person": of("bea"), "outcome": "completed"},
		fields{"person": fields{"id": ids["bea"]}, "outcome": "completed"},
		fields{"person": fields{"id": "01J00000000000000000000000"}, "outcome": "completed"},
		fields{"outcome": "completed"},
		fields{"person": of("cyl"), "hours": 3},
		fields{"person": of("cyl"), "outcome": "completed", "date": p.day(-1)},
		fields{"person": of("cyl"), "outcome": "completed", "colour": "green"},
	))
	got.isInvalid("rows.0.outcome not_in_list", "rows.0.hours not_a_number", "rows.2.person repeated", "rows.3.person.id not_in_list", "rows.4.person missing",
		"rows.5.outcome missing", "rows.6.date unknown_field", "rows.7.colour unknown_field")
	got.has(map[string]string{"saved.new": "1", "saved.unchanged": "0"})
	p.counts(map[string]string{"1": "1"})
	for _, c := range []struct {
		name string
		body fields
		want []string
	}{
		{"nothing", fields{}, []string{"date missing", "rows missing"}},
		{"a date to come", fields{"date": p.day(1), "rows": []any{}}, []string{"date in_the_future"}},
		{"a date as people write it", fields{"date": "21.07.2010", "rows": []any{}}, []string{"date not_a_date"}},
		{"rows that are none", fields{"date": p.day(-1), "rows": fields{}}, []string{"rows unreadable"}},
		{"a row that is none", fields{"date": p.day(-1), "rows": []any{1}}, []string{"rows.0 unreadable"}},
		{"an unknown field", p.sheet().and(fields{"colour": "green", "rows": []any{}}), []string{"colour unknown_field"}},
		{"too many rows", fields{"date": p.day(-1), "rows": slices.Repeat([]fields{{"person": of("ala")}}, 101)}, []string{"rows out_of_range"}},
	} {
		t.Run(c.name, func(t *testing.T) { p.office.in(t).post(p.at+sheetAt, c.body).isInvalid(c.want...) })
	}
}

func TestARowThatSomebodyElseHasChangedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	p, _ := trained(t, "ala", "bea", "cyl", "dan")
	record := p.office.post(p.at+"/attendance", p.attendance("ala")).is(http.StatusCreated).text("id")
	p.office.post(p.at+"/attendance", p.attendance("dan")).is(http.StatusCreated)
	shown := p.office.get(p.at + sheetAt + "?date=" + p.day(-10)).is(http.StatusOK)
	p.office.put(p.at+"/attendance/"+record, p.attendance("ala").and(fields{"hours": 9})).is(http.StatusOK)
	p.office.post(p.at+"/attendance", p.attendance("bea").and(fields{"hours": 1})).is(http.StatusCreated)
	row := func(n int, name string, hours float64) fields {
		return fields{"person": of(name), "outcome": "completed", "hours": hours, "version": shown.text(fmt.Sprintf("items.%d.version", n))}
	}
	got := p.office.post(p.at+sheetAt, p.sheet(row(0, "ala", 5), row(1, "bea", 5), row(2, "cyl", 5), row(3, "dan", 5))).is(http.StatusPreconditionFailed)
	if codes := strings.Join(got.codes(), ", "); codes != "rows.0 stale, rows.1 stale" {
		t.Errorf("the codes are %s", codes)
	}
	got.has(map[string]string{"saved.new": "1", "saved.changed": "1"})
	p.counts(map[string]string{"2": "20"})
	shown = p.office.get(p.at + sheetAt + "?date=" + p.day(-10)).is(http.StatusOK)
	p.office.post(p.at+sheetAt, p.sheet(row(0, "ala", 5), row(1, "bea", 5), row(2, "cyl", 5), row(3, "dan", 5))).is(http.StatusOK).has(became(0, 2, 0, 2))
	p.counts(map[string]string{"2": "20"})
}

func TestASheetShowsWhatFilesSayAndCorrectsIt(t *testing.T) {
	t.Parallel()
	p, _ := trained(t, "ala", "bea", "cyl")
	p.office.post(p.at+"/attendance", p.attendance("bea").and(fields{"hours": 1})).is(http.StatusCreated)
	file := p.accepts(p.office, "lista.csv", "email,activity,date,hours,outcome\n"+
		fmt.Sprintf("ala@example.org,planting,%[1]s,4,completed\nbea@example.org,planting,%[1]s,4,completed\n", p.day(-10))).text("id")
	at := p.at + sheetAt + "?date=" + p.day(-10)
	p.office.get(at).is(http.StatusOK).has(map[string]string{"items.0.hours": "4", "items.0.upload": file, "items.0.row": "2", "items.1.hours": "4", "items.1.upload": file, "items.2.hours": ""})
	p.office.post(p.at+sheetAt, p.sheet(fields{"person": of("ala"), "outcome": "completed", "hours": 4}, fields{"person": of("bea"), "outcome": "completed", "hours": 4})).is(http.StatusOK).has(became(0, 0, 0, 2))
	p.office.post(p.at+sheetAt, p.sheet(fields{"person": of("ala")})).isInvalid("rows.0 not_allowed")
	p.office.post(p.at+sheetAt, p.sheet(fields{"person": of("ala"), "outcome": "completed", "hours": 5}, fields{"person": of("bea"), "outcome": "completed", "hours": 6})).is(http.StatusOK).has(became(0, 2, 0, 0))
	p.office.get(at).is(http.StatusOK).has(map[string]string{"items.0.hours": "5", "items.0.upload": "", "items.1.hours": "6"})
	p.counts(map[string]string{"1": "2", "2": "11"})
	// What is emptied lets the file hold again.
	p.office.post(p.at+sheetAt, p.sheet(fields{"person": of("ala")})).is(http.StatusOK).has(became(0, 0, 1, 0))
	p.office.get(at).is(http.StatusOK).has(map[string]string{"items.0.hours": "4", "items.0.upload": file})
	p.office.delete(p.at + "/uploads/" + file).is(http.StatusOK)
	p.office.get(at).is(http.StatusOK).has(map[string]string{"items.0.hours": "", "items.1.hours": "6"})
	p.counts(map[string]string{"1": "1", "2": "6"})
}

func TestASheetKnowsWhoWasMerged(t *testing.T) {
	t.Parallel()
	p, ids := trained(t, "ala", "bea")
	p.office.post(p.at+"/attendance", p.attendance("ala")).is(http.StatusCreated)
	p.office.post(p.at+"/people/"+ids["ala"]+"/merge", fields{"into": ids["bea"]}).is(http.StatusOK)
	got := p.office.get(p.at + sheetAt + "?date=" + p.day(-10)).is(http.StatusOK).has(map[string]string{"items.0.person.id": ids["bea"], "items.0.hours": "4"})
	if n := len(got.list("items")); n != 1 {
		t.Errorf("%d rows", n)
	}
	p.office.post(p.at+sheetAt, p.sheet(fields{"person": of("ala"), "outcome": "completed", "hours": 2})).is(http.StatusOK).has(became(0, 1, 0, 0))
	p.counts(map[string]string{"1": "1", "2": "2"})
}

func TestASheetSentTwiceIsAnsweredAsTheFirstTime(t *testing.T) {
	t.Parallel()
	p, _ := trained(t, "ala", "bea")
	sheet := p.sheet(fields{"person": of("ala"), "outcome": "completed"}, fields{"person": of("bea"), "outcome": "completed"})
	office := p.office.with("Idempotency-Key", "k")
	office.post(p.at+sheetAt, sheet).is(http.StatusOK).has(became(2, 0, 0, 0))
	office.post(p.at+sheetAt, sheet).is(http.StatusOK).has(became(2, 0, 0, 0))
	office.post(p.at+sheetAt, p.sheet(fields{"person": of("ala")})).isInvalid("Idempotency-Key other_body")

	// Many at once make each record once.
	sheet["date"] = p.day(-5)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			p.office.post(p.at+sheetAt, sheet).is(http.StatusOK)
		})
	}
	group.Wait()
	records := slices.DeleteFunc(p.everything(p.at+"/attendance"), func(r any) bool { return said(within(r, "date")) != p.day(-5) })
	if len(records) != 2 {
		t.Errorf("%d records", len(records))
	}
}

func TestASheetIsReadPageByPage(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for n := range 43 {
		p.office.post(p.at+"/signups", signup(fmt.Sprintf("osoba%02d", n), "planting").and(fields{"last_name": fmt.Sprintf("Łoś %02d", 99-n)})).is(http.StatusCreated)
	}
	// Who has no place has no row.
	cancelled := p.office.get(p.at + "/signups?activity=planting").text("items.0.id")
	first := p.office.get(p.at + sheetAt).is(http.StatusOK)
	if n := len(first.list("items")); n != 40 {
		t.Fatalf("%d rows", n)
	}
	first.has(map[string]string{"items.0.person.last_name": "Łoś 57", "items.39.person.last_name": "Łoś 96"})
	p.office.put(p.at+"/signups/"+cancelled, fields{"state": "cancelled"}).is(http.StatusOK)
	rest := p.office.get(p.at + sheetAt + "?cursor=" + first.text("next")).is(http.StatusOK).has(map[string]string{"items.0.person.last_name": "Łoś 97", "next": ""})
	if n := len(rest.list("items")); n != 2 {
		t.Errorf("%d rows after them", n)
	}
	if n := len(p.office.get(p.at + sheetAt + "?limit=100").list("items")); n != 42 {
		t.Errorf("%d rows where a hundred may be", n)
	}
	p.office.get(p.at + sheetAt + "?cursor=rubbish").is(http.StatusBadRequest)
	p.office.get(p.at + sheetAt + "?date=rubbish").isInvalid("date not_a_date")
	for _, path := range []string{"/activities/swimming", "/activities/swimming/attendance", "/activities/swimming/list", "/activities/swimming/certificates"} {
		p.office.get(p.at + path).is(http.StatusNotFound)
	}

	// A form comes back to its page, with what was saved.
	person := rest.text("items.0.person.id")
	form := fields{"date": p.day(-3), "cursor": first.text("next"), "person-0": person, "seen-0": "||", "outcome-0": "completed", "hours-0": "7,5", "idempotency_key": "f"}
	for range 2 {
		got := p.office.browser().fill(p.at+sheetAt, form).is(http.StatusSeeOther)
		if to := got.header.Get("Location"); !strings.Contains(to, "saved=1-0-0-0") || !strings.Contains(to, "cursor="+first.text("next")) {
			t.Errorf("it leads to %s", to)
		}
	}
	again := p.office.browser().fill(p.at+sheetAt, form.and(fields{"date": "31.06.2010", "idempotency_key": "g", "hours-0": "8"})).is(http.StatusUnprocessableEntity).isPage()
	for _, typed := range []string{`value="31.06.2010"`, `value="8"`} {
		if !strings.Contains(string(again.body), typed) {
			t.Errorf("what was typed is gone: %s", typed)
		}
	}
}

func TestCertificatesAreOfThoseWhoCompleted(t *testing.T) {
	t.Parallel()
	p, ids := trained(t, "ala", "bea", "cyl")
	p.office.post(p.at+sheetAt, p.sheet(fields{"person": of("ala"), "outcome": "attended", "hours": 4}, fields{"person": of("bea"), "outcome": "withdrew", "hours": 4})).is(http.StatusOK)
	p.office.post(p.at+sheetAt, p.sheet(fields{"person": of("ala"), "outcome": "completed", "hours": 3.5}).and(fields{"date": p.day(-8)})).is(http.StatusOK)
	p.office.post(p.at+"/attendance", p.attendance("zoe").and(fields{"hours": nil})).is(http.StatusCreated) // who did not sign up
	got := p.office.get(p.at + "/activities/planting/certificates").is(http.StatusOK).has(map[string]string{
		"items.0.person.id": ids["ala"], "items.0.hours": "7.5", "items.0.from": p.day(-10), "items.0.to": p.day(-8), "next": ""})
	if n := len(got.list("items")); n != 1 || !strings.HasPrefix(got.text("items.0.number"), p.id+"/planting/") {
		t.Errorf("got %s", got)
	}
	zoe := p.office.get(p.at + "/people?q=zoe@example.org").text("items.0.id")
	p.office.get(p.at + "/activities/planting/certificates?person=" + zoe).is(http.StatusOK).has(map[string]string{"items.0.person.id": zoe, "items.0.hours": ""})
	if n := len(p.office.get(p.at + "/activities/planting/certificates?person=" + ids["bea"]).is(http.StatusOK).list("items")); n != 0 {
		t.Error("who withdrew gets a certificate")
	}
	p.office.get(p.at + "/activities/planting/certificates?person=01J00000000000000000000000").is(http.StatusNotFound)
	// Of an erased person there is nothing to certify.
	p.office.delete(p.at + "/people/" + ids["ala"]).is(http.StatusOK)
	if n := len(p.office.get(p.at + "/activities/planting/certificates").is(http.StatusOK).list("items")); n != 0 {
		t.Error("an erased person gets a certificate")
	}
	p.office.get(p.at + "/activities/planting").is(http.StatusOK).has(map[string]string{"accepted": "3"})
	p.office.browser().get(p.at + "/activities/planting").is(http.StatusOK).isPage()
	for _, path := range []string{"/attendance", "/list"} {
		if n := len(p.office.get(p.at + "/activities/planting" + path).is(http.StatusOK).list("items")); n != 2 {
			t.Errorf("%s has %d rows", path, n)
		}
	}
	p.office.get(p.at + "/activities/planting/list?date=rubbish").isInvalid("date not_a_date")
}
