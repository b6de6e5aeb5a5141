package activitiesweb

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"outreach/internal/app"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

func open(t *testing.T) *webtest.Tracker {
	return webtest.New(t, webtest.Definition, func(a *app.App) []web.Route { return New(a).Routes() })
}

// record stores a record of someone at planting.
func record(t *testing.T, tr *webtest.Tracker, kind, who string, values map[string]string) {
	t.Helper()
	k := schema.Builtin().Kind(kind)
	values["activity"] = "planting"
	if _, err := tr.Records.Create(t.Context(), webtest.Project, records.Draft{Kind: k, Person: who, Row: k.Row(schema.ValuesOf(values))}, store.Once{}); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, tr *webtest.Tracker, path string, into any) {
	t.Helper()
	tr.Send(t, webtest.Request{Path: path, As: web.Coordinator}).Want(http.StatusOK).Read(into)
}

func TestActivitiesAreForCoordinators(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, path := range []string{"/activities", "/activities/planting", "/activities/planting/list", "/activities/planting/certificates"} {
		tr.Send(t, webtest.Request{Path: path}).Want(http.StatusUnauthorized)
		tr.Send(t, webtest.Request{Path: path, As: web.Adviser}).Want(http.StatusForbidden)
		tr.Send(t, webtest.Request{Path: path, As: web.Coordinator}).Want(http.StatusOK)
		tr.Send(t, webtest.Request{Path: path, As: web.Coordinator, Page: true}).Want(http.StatusOK)
	}
	tr.Send(t, webtest.Request{Path: "/activities/dancing", As: web.Coordinator}).Want(http.StatusNotFound)
}

func TestListCountsSignUpsByState(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, name := range []string{"Ewa", "Ola", "Iga"} {
		tr.SignUp(t, name, "planting")
	}
	var got struct{ Items []activityLine }
	get(t, tr, "/activities", &got)
	if len(got.Items) != 3 || got.Items[0].Accepted != 2 || got.Items[0].Waitlisted != 1 || got.Items[1].Accepted != 0 {
		t.Errorf("got %+v", got.Items)
	}
}

func TestActivityShowsWhatPeopleDidThere(t *testing.T) {
	t.Parallel()
	tr := open(t)
	ewa, ola := tr.SignUp(t, "Ewa", "planting").Person, tr.SignUp(t, "Ola", "planting").Person
	record(t, tr, schema.Attendance, ewa, map[string]string{"date": "2026-05-11", "hours": "1.5", "outcome": "completed"})
	record(t, tr, schema.Attendance, ewa, map[string]string{"date": "2026-05-10", "hours": "3", "outcome": "attended"})
	record(t, tr, schema.Test, ewa, map[string]string{"date": "2026-05-11", "pre_score": "3", "post_score": "8", "max_score": "10"})
	var got activityView
	get(t, tr, "/activities/planting?limit=1", &got)
	if len(got.Items) != 1 || got.Next == nil {
		t.Fatalf("got %+v, want one person and a next page", got)
	}
	one := got.Items[0]
	if one.Person.ID != ewa || !slices.Equal(one.Days, []string{"2026-05-10", "2026-05-11"}) || *one.Hours != 4.5 || one.Outcome != "completed" || len(one.Tests) != 1 || one.Tests[0]["post_score"] != 8.0 {
		t.Errorf("got %+v", one)
	}
	var rest activityView
	get(t, tr, "/activities/planting?limit=1&cursor="+*got.Next, &rest)
	if len(rest.Items) != 1 || rest.Items[0].Person.ID != ola || rest.Items[0].Hours != nil || rest.Next != nil {
		t.Errorf("the next page: %+v", rest)
	}
	tr.Send(t, webtest.Request{Path: "/activities/planting?cursor=nobody", As: web.Coordinator}).Want(http.StatusBadRequest)
}

func TestAttendanceListHasThoseWithAPlaceAndEmptyLines(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, name := range []string{"Ola", "Ewa", "Iga"} { // Iga waits
		tr.SignUp(t, name, "planting")
	}
	var got attendanceList
	get(t, tr, "/activities/planting/list", &got)
	if len(got.Items) != 2 || got.Items[0].Person.FirstName != "Ewa" || *got.Date != "2026-05-10" {
		t.Errorf("got %+v", got)
	}
	if got := tr.Send(t, webtest.Request{Path: "/activities/planting/list?date=May", As: web.Coordinator}).Want(http.StatusUnprocessableEntity).Problems(); !slices.Equal(got, []string{"date: not_a_date"}) {
		t.Errorf("a bad day: %q", got)
	}
	lines := func(query string) int {
		page := tr.Send(t, webtest.Request{Path: "/activities/planting/list" + query, As: web.Coordinator, Page: true}).Want(http.StatusOK).Body.String()
		_, table, _ := strings.Cut(page, "<tbody>")
		return strings.Count(table, "<tr")
	}
	for query, want := range map[string]int{"": 7, "?empty=0": 2, "?empty=3": 5, "?empty=1000": 7} {
		if got := lines(query); got != want {
			t.Errorf("%q: %d lines, want %d", query, got, want)
		}
	}
}

func TestCertificatesAreForThoseWhoCompleted(t *testing.T) {
	t.Parallel()
	tr := open(t)
	ewa, ola := tr.SignUp(t, "Ewa", "planting").Person, tr.SignUp(t, "Ola", "planting").Person
	record(t, tr, schema.Attendance, ewa, map[string]string{"date": "2026-05-10", "outcome": "attended"})
	record(t, tr, schema.Attendance, ewa, map[string]string{"date": "2026-05-11", "hours": "2", "outcome": "completed"})
	record(t, tr, schema.Attendance, ola, map[string]string{"date": "2026-05-10", "outcome": "withdrew"})
	read := func(query string) (out []certificate) {
		var got struct{ Items []certificate }
		get(t, tr, "/activities/planting/certificates"+query, &got)
		return got.Items
	}
	all := read("")
	if len(all) != 1 || all[0].Person.ID != ewa || all[0].From != "2026-05-10" || all[0].To != "2026-05-11" || *all[0].Hours != 2 {
		t.Fatalf("got %+v", all)
	}
	if one := read("?person=" + ewa); len(one) != 1 || one[0].Number != all[0].Number || strings.Contains(one[0].Number, ewa) {
		t.Errorf("of one person: %+v, want the same number, without their id", one)
	}
	if none := read("?person=" + ola); len(none) != 0 {
		t.Errorf("of somebody who withdrew: %+v", none)
	}
	tr.Send(t, webtest.Request{Path: "/activities/planting/certificates?person=nobody", As: web.Coordinator}).Want(http.StatusNotFound)
	if err := tr.Privacy.Erase(t.Context(), webtest.Project, ewa, ""); err != nil {
		t.Fatal(err)
	}
	if left := read(""); len(left) != 0 {
		t.Errorf("of somebody who was erased: %+v", left)
	}
}
