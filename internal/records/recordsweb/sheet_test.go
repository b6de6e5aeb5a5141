package recordsweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/web/webtest"
)

const sheetPath = "/activities/planting/attendance"

// line is a row of a sheet in an answer.
type line struct {
	Person  people.PersonView
	Outcome string
	Hours   float64
	Version string
}

func rowsOf(t *testing.T, tr *webtest.Tracker, day string) (out []line) {
	t.Helper()
	var sheet struct{ Items []line }
	tr.Send(t, webtest.Request{Path: sheetPath + "?date=" + day, As: office}).Want(http.StatusOK).Read(&sheet)
	return sheet.Items
}

func saveRows(t *testing.T, tr *webtest.Tracker, rows ...body) webtest.Answer {
	t.Helper()
	return tr.Send(t, webtest.Request{Path: sheetPath, As: office, JSON: body{"date": "2026-05-10", "rows": rows}})
}

func TestSheetListsThePeopleWithAPlaceByName(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, name := range []string{"Ola", "Ewa", "Iga"} { // Iga waits
		tr.SignUp(t, name, "planting")
	}
	var names []string
	for _, row := range rowsOf(t, tr, "2026-05-10") {
		names = append(names, row.Person.FirstName)
	}
	if !slices.Equal(names, []string{"Ewa", "Ola"}) {
		t.Errorf("got %q", names)
	}
	tr.Send(t, webtest.Request{Path: "/activities/dancing/attendance", As: office}).Want(http.StatusNotFound)
	if got := tr.Send(t, webtest.Request{Path: sheetPath + "?date=May", As: office}).Want(http.StatusUnprocessableEntity).Problems(); !slices.Equal(got, []string{"date: not_a_date"}) {
		t.Errorf("a bad day: %q", got)
	}
	tr.Send(t, webtest.Request{Path: sheetPath + "?cursor=nobody", As: office}).Want(http.StatusBadRequest)
}

func TestSheetSavesEachRowByItself(t *testing.T) {
	t.Parallel()
	tr := open(t)
	ewa, ola := body{"id": tr.SignUp(t, "Ewa", "planting").Person}, body{"id": tr.SignUp(t, "Ola", "planting").Person}
	row := func(person body, outcome string, hours any) body {
		return body{"person": person, "outcome": outcome, "hours": hours}
	}
	for _, c := range []struct {
		name   string
		rows   []body
		status int
		want   page.SheetCount
		wrong  []string
	}{
		{"a good row is kept beside a bad one", []body{row(ewa, "completed", 6), row(ola, "asleep", 6)}, http.StatusUnprocessableEntity, page.SheetCount{New: 1}, []string{"rows.1.outcome: not_in_list"}},
		{"a row that agrees is left alone", []body{row(ewa, "completed", 6), row(ola, "attended", 3)}, http.StatusOK, page.SheetCount{New: 1, Unchanged: 1}, nil},
		{"a change, and a row with a person alone", []body{row(ewa, "completed", 5), {"person": ola}}, http.StatusOK, page.SheetCount{Changed: 1, Removed: 1}, nil},
		{"one person twice", []body{row(ewa, "completed", 5), row(ewa, "withdrew", 5)}, http.StatusUnprocessableEntity, page.SheetCount{Unchanged: 1}, []string{"rows.1.person: repeated"}},
		{"somebody who is nobody", []body{row(body{"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "completed", 5)}, http.StatusUnprocessableEntity, page.SheetCount{}, []string{"rows.0.person.id: not_in_list"}},
		{"a row with a day of its own", []body{{"person": ewa, "date": "2026-05-11", "outcome": "completed"}}, http.StatusUnprocessableEntity, page.SheetCount{}, []string{"rows.0.date: unknown_field"}},
	} {
		answer := saveRows(t, tr, c.rows...).Want(c.status)
		var got page.SheetCount
		if c.status == http.StatusOK {
			answer.Read(&got)
		} else {
			var problem struct{ Saved page.SheetCount }
			answer.Read(&problem)
			got = problem.Saved
			if problems := answer.Problems(); !slices.Equal(problems, c.wrong) {
				t.Errorf("%s: problems %q, want %q", c.name, problems, c.wrong)
			}
		}
		if got != c.want {
			t.Errorf("%s: saved %+v, want %+v", c.name, got, c.want)
		}
	}
	rows := rowsOf(t, tr, "2026-05-10")
	if len(rows) != 2 || rows[0].Hours != 5 || rows[0].Version == "" || rows[1].Version != "" {
		t.Errorf("the sheet is %+v", rows)
	}
}

func TestSheetRefusesABadBody(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for name, c := range map[string]struct {
		sent body
		want []string
	}{
		"no rows":           {body{"date": "2026-05-10"}, []string{"rows: missing"}},
		"no day":            {body{"rows": []body{}}, []string{"date: missing"}},
		"rows are no list":  {body{"date": "2026-05-10", "rows": 7}, []string{"rows: unreadable"}},
		"a row is a text":   {body{"date": "2026-05-10", "rows": []any{"Ewa"}}, []string{"rows.0: unreadable"}},
		"an unknown member": {body{"date": "2026-05-10", "rows": []body{}, "mood": "good"}, []string{"mood: unknown_field"}},
		"too many rows":     {body{"date": "2026-05-10", "rows": make([]body, mostRows+1)}, []string{"rows: out_of_range"}},
	} {
		if got := tr.Send(t, webtest.Request{Path: sheetPath, As: office, JSON: c.sent}).Want(http.StatusUnprocessableEntity).Problems(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSheetDoesNotOverwriteWhatSomebodyElseSaved(t *testing.T) {
	t.Parallel()
	tr := open(t)
	ewa := body{"id": tr.SignUp(t, "Ewa", "planting").Person}
	saveRows(t, tr, body{"person": ewa, "outcome": "attended"}).Want(http.StatusOK)
	seen := rowsOf(t, tr, "2026-05-10")[0].Version
	saveRows(t, tr, body{"person": ewa, "outcome": "completed", "version": seen}).Want(http.StatusOK)
	answer := saveRows(t, tr, body{"person": ewa, "outcome": "withdrew", "version": seen}).Want(http.StatusPreconditionFailed)
	if got := answer.Problems(); !slices.Equal(got, []string{"rows.0: stale"}) {
		t.Errorf("got %q", got)
	}
	if got := rowsOf(t, tr, "2026-05-10")[0].Outcome; got != "completed" {
		t.Errorf("the outcome is %s", got)
	}
	// Without a version it replaces whatever is stored.
	saveRows(t, tr, body{"person": ewa, "outcome": "withdrew"}).Want(http.StatusOK)
}

func TestRepeatedSheetRequestIsAnsweredAsBefore(t *testing.T) {
	t.Parallel()
	tr := open(t)
	sent := body{"date": "2026-05-10", "rows": []body{{"person": body{"id": tr.SignUp(t, "Ewa", "planting").Person}, "outcome": "attended"}}}
	for range 2 {
		var got page.SheetCount
		tr.Send(t, webtest.Request{Path: sheetPath, As: office, JSON: sent, Header: map[string]string{"Idempotency-Key": "key"}}).Want(http.StatusOK).Read(&got)
		if got != (page.SheetCount{New: 1}) {
			t.Errorf("got %+v, want one new record", got)
		}
	}
}

func TestBrowserSheetRedirectsOrComesBack(t *testing.T) {
	t.Parallel()
	tr := open(t)
	who := tr.SignUp(t, "Ewa", "planting").Person
	form := func(outcome string, more url.Values) url.Values {
		out := url.Values{"date": {"2026-05-10"}, "person-0": {who}, "seen-0": {"||"}, "outcome-0": {outcome}, "hours-0": {"4"}}
		for name, value := range more {
			out[name] = value
		}
		return out
	}
	send := func(form url.Values) webtest.Answer {
		return tr.Send(t, webtest.Request{Path: sheetPath, As: office, Form: form})
	}
	if got := send(form("asleep", nil)).Want(http.StatusUnprocessableEntity).Body.String(); !strings.Contains(got, `value="4"`) {
		t.Error("what was typed is lost")
	}
	if got := send(form("", url.Values{"fill": {"1"}, "all-outcome": {"completed"}})).Want(http.StatusOK).Body.String(); !strings.Contains(got, `<option value="completed" selected>`) {
		t.Error("filling in changed no row")
	}
	if len(rowsOf(t, tr, "2026-05-10")[0].Version) > 0 {
		t.Error("filling in saved something")
	}
	to := send(form("completed", url.Values{"then": {who}})).Want(http.StatusSeeOther).Location()
	if want := fmt.Sprintf("/garden%s?cursor=%s&date=2026-05-10&saved=1-0-0-0", sheetPath, who); to != want {
		t.Errorf("led to %s, want %s", to, want)
	}
	// The form that was shown before the first record still says that there was none.
	if got := send(form("attended", nil)).Want(http.StatusPreconditionFailed).Body.String(); !strings.Contains(got, schema.Attendance) {
		t.Error("no sheet comes back")
	}
}
