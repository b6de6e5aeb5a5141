package recordsweb

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"outreach/internal/app"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

const office = web.Coordinator

func open(t *testing.T) *webtest.Tracker {
	return webtest.New(t, webtest.Definition, func(a *app.App) []web.Route {
		consultations := New(a, schema.Consultation, web.Adviser, web.Coordinator)
		return slices.Concat(SheetRoutes(a), consultations.Routes(), []web.Route{consultations.MonthRoute()}, New(a, schema.Attendance, web.Coordinator).Routes(), New(a, schema.Output, web.Coordinator).Routes())
	})
}

type body = map[string]any

// stored is a record in an answer.
type stored struct {
	ID      string
	Topic   string
	Minutes int
	Adviser string
	Person  people.PersonView
}

// talk is a consultation, with other values in the place of the usual ones; nil removes one.
func talk(who string, other body) body {
	b := body{"date": "2026-03-02", "field": "law", "minutes": 30, "form": "phone", "topic": "lease", "person": body{"email": who}}
	maps.Copy(b, other)
	maps.DeleteFunc(b, func(_ string, value any) bool { return value == nil })
	return b
}

func create(t *testing.T, tr *webtest.Tracker, q webtest.Request) (out stored) {
	t.Helper()
	q.Path = "/consultations"
	tr.Send(t, q).Want(http.StatusCreated).Read(&out)
	return out
}

func TestRecordsAreForTheRolesOfTheirKind(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, c := range []struct {
		path, as string
		want     int
	}{
		{"/consultations", "", http.StatusUnauthorized},
		{"/consultations", web.Funder, http.StatusForbidden},
		{"/consultations", web.Adviser, http.StatusOK},
		{"/consultations", office, http.StatusOK},
		{"/attendance", web.Adviser, http.StatusForbidden},
		{"/outputs", web.Adviser, http.StatusForbidden},
		{"/activities/planting/attendance", web.Adviser, http.StatusForbidden},
		{"/activities/planting/attendance", office, http.StatusOK},
	} {
		tr.Send(t, webtest.Request{Path: c.path, As: c.as}).Want(c.want)
	}
}

func TestCreateRefusesBadRecords(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, c := range []struct {
		name string
		as   string
		sent body
		want []string
	}{
		{"all that is missing is named at once", web.Adviser, body{"topic": "lease"}, []string{"date: missing", "field: missing", "form: missing", "minutes: missing", "person: missing"}},
		{"values out of their lists and limits", web.Adviser, talk("ewa@example.org", body{"field": "magic", "minutes": 0}), []string{"field: not_in_list", "minutes: out_of_range"}},
		{"a day to come", web.Adviser, talk("ewa@example.org", body{"date": "2999-01-01"}), []string{"date: in_the_future"}},
		{"an adviser writes in another's name", web.Adviser, talk("ewa@example.org", body{"adviser": "other@example.org"}), []string{"adviser: not_allowed"}},
		{"an id that is nobody's", web.Adviser, talk("", body{"person": body{"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}}), []string{"person.id: not_in_list"}},
		{"an unknown field", office, talk("ewa@example.org", body{"mood": "good"}), []string{"mood: unknown_field"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := tr.Send(t, webtest.Request{Path: "/consultations", As: c.as, JSON: c.sent}).Want(http.StatusUnprocessableEntity).Problems()
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCreatedRecordHasAnAddressAndAVersion(t *testing.T) {
	t.Parallel()
	tr := open(t)
	answer := tr.Send(t, webtest.Request{Path: "/consultations", As: web.Adviser, JSON: talk("ewa@example.org", nil)}).Want(http.StatusCreated)
	var got stored
	answer.Read(&got)
	if answer.Location() != "/garden/consultations/"+got.ID || answer.ETag() != `"`+got.ID+`.1"` || got.Adviser != "adviser@example.org" || got.Topic != "lease" || got.Person.Email != "ewa@example.org" {
		t.Errorf("at %s, version %s: %+v", answer.Location(), answer.ETag(), got)
	}
	var problem struct{ Existing string }
	tr.Send(t, webtest.Request{Path: "/consultations", As: web.Adviser, JSON: talk("ewa@example.org", nil)}).Want(http.StatusConflict).Read(&problem)
	if problem.Existing != got.ID {
		t.Errorf("a second one with the same natural key names %q, want %q", problem.Existing, got.ID)
	}
}

func TestRepeatedRequestCreatesOneRecord(t *testing.T) {
	t.Parallel()
	tr := open(t)
	key := map[string]string{"Idempotency-Key": "key"}
	first := create(t, tr, webtest.Request{As: web.Adviser, JSON: talk("ewa@example.org", nil), Header: key})
	second := create(t, tr, webtest.Request{As: web.Adviser, JSON: talk("ewa@example.org", nil), Header: key})
	if first.ID != second.ID {
		t.Errorf("records %s and %s", first.ID, second.ID)
	}
	got := tr.Send(t, webtest.Request{Path: "/consultations", As: web.Adviser, JSON: talk("ola@example.org", nil), Header: key}).Want(http.StatusUnprocessableEntity).Problems()
	if !slices.Equal(got, []string{"Idempotency-Key: other_body"}) {
		t.Errorf("another body under the same key: %q", got)
	}
}

func TestAdviserSeesOnlyTheirOwnRecords(t *testing.T) {
	t.Parallel()
	tr := open(t)
	mine := create(t, tr, webtest.Request{As: web.Adviser, Email: "mine@example.org", JSON: talk("ewa@example.org", nil)})
	theirs := create(t, tr, webtest.Request{As: web.Adviser, Email: "theirs@example.org", JSON: talk("ewa@example.org", nil)})
	ids := func(as, email string) (out []string) {
		var page struct{ Items []stored }
		tr.Send(t, webtest.Request{Path: "/consultations", As: as, Email: email}).Want(http.StatusOK).Read(&page)
		for _, item := range page.Items {
			out = append(out, item.ID)
		}
		slices.Sort(out) // ids of one millisecond have no order
		return out
	}
	both := []string{mine.ID, theirs.ID}
	slices.Sort(both)
	if got := ids(web.Adviser, "mine@example.org"); !slices.Equal(got, []string{mine.ID}) {
		t.Errorf("an adviser sees %q", got)
	}
	if got := ids(office, ""); !slices.Equal(got, both) {
		t.Errorf("a coordinator sees %q", got)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPut} {
		q := webtest.Request{Method: method, Path: "/consultations/" + theirs.ID, As: web.Adviser, Email: "mine@example.org"}
		if method == http.MethodPut {
			q.JSON = talk("ewa@example.org", nil)
		}
		tr.Send(t, q).Want(http.StatusNotFound)
	}
	tr.Send(t, webtest.Request{Path: "/consultations/" + theirs.ID, As: office}).Want(http.StatusOK)
}

func TestChangeNeedsTheVersionThatWasSeen(t *testing.T) {
	t.Parallel()
	tr := open(t)
	record := create(t, tr, webtest.Request{As: web.Adviser, JSON: talk("ewa@example.org", nil)})
	at, seen := "/consultations/"+record.ID, `"`+record.ID+`.1"`
	change := func(method, ifMatch string, sent body) webtest.Answer {
		q := webtest.Request{Method: method, Path: at, As: web.Adviser, Header: map[string]string{"If-Match": ifMatch}}
		if sent != nil {
			q.JSON = sent
		}
		return tr.Send(t, q)
	}
	var got stored
	answer := change(http.MethodPut, seen, talk("ewa@example.org", body{"minutes": 45, "reason": "misread"})).Want(http.StatusOK).Read(&got)
	if got.Minutes != 45 || answer.ETag() != `"`+record.ID+`.2"` {
		t.Errorf("version %s: %+v", answer.ETag(), got)
	}
	change(http.MethodPut, seen, talk("ewa@example.org", body{"minutes": 60})).Want(http.StatusPreconditionFailed)
	change(http.MethodDelete, seen, nil).Want(http.StatusPreconditionFailed)
	change(http.MethodPut, "", talk("ewa@example.org", body{"minutes": -1})).Want(http.StatusUnprocessableEntity)
	change(http.MethodDelete, `"`+record.ID+`.2"`, nil).Want(http.StatusOK)
	change(http.MethodGet, "", nil).Want(http.StatusNotFound)
	change(http.MethodPost, "", body{}).Want(http.StatusMethodNotAllowed)
	create(t, tr, webtest.Request{As: web.Adviser, JSON: talk("ewa@example.org", nil)}) // the voided one has no natural key
}

func TestRecordOfAnErasedPersonCanBeCorrectedWithoutNamingThem(t *testing.T) {
	t.Parallel()
	tr := open(t)
	record := create(t, tr, webtest.Request{As: web.Adviser, JSON: talk("ewa@example.org", nil)})
	if err := tr.Privacy.Erase(t.Context(), webtest.Project, record.Person.ID, ""); err != nil {
		t.Fatal(err)
	}
	put := func(sent body) webtest.Answer {
		return tr.Send(t, webtest.Request{Method: http.MethodPut, Path: "/consultations/" + record.ID, As: web.Adviser, JSON: sent})
	}
	var got stored
	put(talk("", body{"person": nil, "minutes": 50})).Want(http.StatusOK).Read(&got)
	if got.Minutes != 50 || got.Person.Email != "" || got.Person.ID == record.Person.ID {
		t.Errorf("got %+v", got)
	}
	put(talk("", body{"person": body{"id": got.Person.ID}, "minutes": 55})).Want(http.StatusOK)
	put(talk("", body{"person": body{"id": record.Person.ID}})).Want(http.StatusUnprocessableEntity)
}

func TestBrowserIsRedirectedOrGetsItsFormBack(t *testing.T) {
	t.Parallel()
	tr := open(t)
	form := func(other url.Values) url.Values {
		out := url.Values{"date": {"2026-03-02"}, "kind": {"leaflet"}, "quantity": {"100"}, "title": {"Compost at home"}}
		maps.Copy(out, other)
		return out
	}
	send := func(path string, form url.Values) webtest.Answer {
		return tr.Send(t, webtest.Request{Path: path, As: office, Form: form})
	}
	if to := send("/outputs", form(nil)).Want(http.StatusSeeOther).Location(); to != "/garden/outputs?done=saved" {
		t.Errorf("led to %s", to)
	}
	for _, c := range []struct {
		name   string
		other  url.Values
		status int
	}{
		{"bad values", url.Values{"quantity": {"many"}}, http.StatusUnprocessableEntity},
		{"the same record is there", nil, http.StatusConflict},
	} {
		page := send("/outputs", form(c.other)).Want(c.status).Body.String()
		if !strings.Contains(page, `value="Compost at home"`) {
			t.Errorf("%s: what was typed is lost", c.name)
		}
	}
	var list struct{ Items []stored }
	tr.Send(t, webtest.Request{Path: "/outputs", As: office}).Read(&list)
	at := "/outputs/" + list.Items[0].ID
	if to := send(at, form(url.Values{"_method": {"PUT"}, "quantity": {"90"}})).Want(http.StatusSeeOther).Location(); to != "/garden/outputs?done=changed" {
		t.Errorf("after a change led to %s", to)
	}
	stale := form(url.Values{"_method": {"PUT"}, "quantity": {"80"}, "_if_match": {`"` + list.Items[0].ID + `.1"`}})
	if page := send(at, stale).Want(http.StatusPreconditionFailed).Body.String(); !strings.Contains(page, `value="80"`) {
		t.Error("a stale change: what was typed is lost")
	}
	if to := send(at, url.Values{"_method": {"DELETE"}}).Want(http.StatusSeeOther).Location(); to != "/garden/outputs?done=voided" {
		t.Errorf("after voiding led to %s", to)
	}
}

func TestAdviserNamesThePersonInOneField(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for i, name := range []string{"Ewa Nowa", "Ewa Stara"} {
		first, last, _ := strings.Cut(name, " ")
		email := strings.ToLower(last) + "@example.org"
		if _, err := tr.People.Resolve(t.Context(), webtest.Project, schema.PersonRef{Email: email}, people.Names{First: first, Last: last}); err != nil {
			t.Fatal(err)
		}
		create(t, tr, webtest.Request{As: office, JSON: talk(email, body{"date": "2026-03-0" + string(rune('1'+i)), "adviser": "adviser@example.org"})})
	}
	for _, c := range []struct {
		name, typed string
		status      int
	}{
		{"an address", "iga@example.org", http.StatusSeeOther},
		{"a PESEL", "440514 01359", http.StatusSeeOther},
		{"the name of somebody whom the office chose", "ewa nowa", http.StatusSeeOther},
		{"last name first, without diacritics", "Stara Ewa", http.StatusSeeOther},
		{"a name of two people", "Ewa", http.StatusUnprocessableEntity},
		{"a name of nobody", "Zofia", http.StatusUnprocessableEntity},
		{"nothing", "", http.StatusUnprocessableEntity},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := url.Values{"person": {c.typed}, "date": {"2026-04-01"}, "field": {"law"}, "minutes": {"30"}, "form": {"phone"}, "topic": {c.name}}
			tr.Send(t, webtest.Request{Path: "/consultations", As: web.Adviser, Form: form}).Want(c.status)
		})
	}
}

// The page of a kind and its month have one path.
func TestMonthIsBelowThePathOfItsKind(t *testing.T) {
	t.Parallel()
	route := Handlers{kind: &schema.Kind{Name: "visit", Plural: "visit", Path: "records/visit"}}.MonthRoute()
	if route.Path != "/{project}/records/visit/sheet" {
		t.Error(route.Path)
	}
}

func TestMonthIsTheAdvisersOwn(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for date, field := range map[string]string{"2026-03-31": "law", "2026-03-01": "coaching", "2026-04-01": "law"} {
		create(t, tr, webtest.Request{As: web.Adviser, JSON: talk("ewa@example.org", body{"date": date, "field": field})})
	}
	create(t, tr, webtest.Request{As: web.Adviser, Email: "other@example.org", JSON: talk("ewa@example.org", nil)})
	for _, c := range []struct{ as, query string }{{web.Adviser, "?month=2026-03"}, {web.Adviser, "?month=2026-03&adviser=other@example.org"}, {office, "?month=2026-03&adviser=adviser@example.org"}} {
		var got struct {
			Adviser string
			Items   []struct{ Date string }
			Total   sum
			ByField []fieldSum `json:"by_field"`
		}
		tr.Send(t, webtest.Request{Path: "/consultations/sheet" + c.query, As: c.as}).Want(http.StatusOK).Read(&got)
		if got.Adviser != "adviser@example.org" || len(got.Items) != 2 || got.Items[0].Date != "2026-03-01" || got.Total != (sum{2, 60}) || !slices.Equal(got.ByField, []fieldSum{{"coaching", sum{1, 30}}, {"law", sum{1, 30}}}) {
			t.Errorf("%s %s: got %+v", c.as, c.query, got)
		}
	}
	for query, want := range map[string]string{"?month=March": "month: not_a_date", "?month=2026-03&adviser=nobody": "adviser: unreadable"} {
		as := office
		if !strings.Contains(query, "adviser") {
			as = web.Adviser
		}
		if got := tr.Send(t, webtest.Request{Path: "/consultations/sheet" + query, As: as}).Want(http.StatusUnprocessableEntity).Problems(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q", query, got)
		}
	}
}

func TestFieldThatAProjectAddsIsTakenAndShown(t *testing.T) {
	t.Parallel()
	tr := open(t)
	record := talk("ewa@example.org", body{"venue": "library"})
	if got := tr.Send(t, webtest.Request{Path: "/consultations", As: web.Adviser, JSON: record}).Want(http.StatusUnprocessableEntity).Problems(); !slices.Equal(got, []string{"venue: unknown_field"}) {
		t.Errorf("before: %q", got)
	}
	tr.AddField(schema.Consultation, project.RecordField{ID: "venue", Type: "text"})
	id := create(t, tr, webtest.Request{As: web.Adviser, JSON: record}).ID
	var got body
	tr.Send(t, webtest.Request{Path: "/consultations/" + id, As: web.Adviser}).Want(http.StatusOK).Read(&got)
	if got["venue"] != "library" {
		t.Errorf("got %v", got)
	}
	tr.AddField(schema.Attendance, project.RecordField{ID: "role", Type: "text"})
	who := tr.SignUp(t, "Ola", "planting").Person
	created := tr.Send(t, webtest.Request{Path: "/attendance", As: office, JSON: body{"person": body{"id": who}, "activity": "planting", "date": "2026-05-10", "outcome": "attended", "role": "host"}})
	created.Want(http.StatusCreated)
	var sheet struct{ Items []body }
	tr.Send(t, webtest.Request{Path: sheetPath + "?date=2026-05-10", As: office}).Want(http.StatusOK).Read(&sheet)
	if len(sheet.Items) != 1 || sheet.Items[0]["role"] != "host" {
		t.Errorf("the sheet has %v", sheet.Items)
	}
}
