package peopleweb

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oklog/ulid/v2"

	"outreach/internal/app"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

const pesel, otherPesel = "44051401359", "02070803628"

func routes(a *app.App) []web.Route { return New(a).Routes() }

func open(t *testing.T) *webtest.Tracker { return webtest.New(t, webtest.Definition, routes) }

// office sends a request of a coordinator.
func office(t *testing.T, tr *webtest.Tracker, q webtest.Request) webtest.Answer {
	t.Helper()
	q.As = web.Coordinator
	return tr.Send(t, q)
}

// person makes a person with an address and a name.
func person(t *testing.T, tr *webtest.Tracker, email, first, last string) string {
	t.Helper()
	id, err := tr.People.Resolve(t.Context(), webtest.Project, schema.PersonRef{Email: email}, people.Names{First: first, Last: last})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// row makes a row of a kind.
func row(kind *schema.Kind, values map[string]string) schema.Row {
	out := make(schema.Row, len(kind.Fields))
	for name, value := range values {
		out[kind.Index(name)] = value
	}
	return out
}

// attend records that a person completed planting on a day.
func attend(t *testing.T, tr *webtest.Tracker, id, day string) string {
	t.Helper()
	kind := schema.Builtin().Kind(schema.Attendance)
	draft := records.Draft{Kind: kind, Person: id, Row: row(kind, map[string]string{"activity": "planting", "date": day, "outcome": "completed"})}
	record, err := tr.Records.Create(t.Context(), webtest.Project, draft, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return record.ID
}

// signUp signs a person up to the compost course, with an attribute.
func signUp(t *testing.T, tr *webtest.Tracker, email string) string {
	t.Helper()
	draft := signups.SignupDraft{
		Kind: schema.Builtin().Kind(schema.Signup), Activity: project.Activity{ID: "compost"}, Submitted: tr.DB.Now(),
		Row: row(schema.Builtin().Kind(schema.Signup), map[string]string{"activity": "compost", "email": email, "first_name": "Anna", "last_name": "Nowa", "sex": "female"}),
	}
	done, err := tr.Signups.SignUp(t.Context(), webtest.Project, draft, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return done.Signup.ID
}

func TestPeopleRoutesAreForCoordinators(t *testing.T) {
	t.Parallel()
	tr := open(t)
	id := person(t, tr, "a@example.org", "Anna", "Nowa")
	for _, route := range routes(tr.App) {
		path := strings.TrimPrefix(strings.ReplaceAll(route.Path, "{id}", id), "/{project}")
		if route.Scope == web.Holder {
			if got := tr.Send(t, webtest.Request{Method: route.Method, Path: path + "?token=" + strings.Repeat("0", 32)}); got.Code != http.StatusNotFound {
				t.Errorf("%s %s with a wrong token: %d", route.Method, route.Path, got.Code)
			}
			continue
		}
		for as, status := range map[string]int{"": http.StatusUnauthorized, web.Adviser: http.StatusForbidden, web.Funder: http.StatusForbidden, "partner:radio": http.StatusForbidden} {
			if got := tr.Send(t, webtest.Request{Method: route.Method, Path: path, As: as}); got.Code != status {
				t.Errorf("%s %s as %q: %d, want %d", route.Method, route.Path, as, got.Code, status)
			}
		}
	}
	office(t, tr, webtest.Request{Path: "/people/" + id}).Want(http.StatusOK)
}

func TestUnknownPersonIsNotFound(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, route := range routes(tr.App) {
		if !strings.Contains(route.Path, "{id}") {
			continue
		}
		for _, id := range []string{ulid.Make().String(), "anna"} {
			q := webtest.Request{Method: route.Method, Path: strings.TrimPrefix(strings.ReplaceAll(route.Path, "{id}", id), "/{project}")}
			switch {
			case route.Method == http.MethodPost && strings.HasSuffix(route.Path, "{id}"):
				q.Form = url.Values{"_method": {"DELETE"}}
			case strings.HasSuffix(route.Path, "/merge"):
				other := person(t, tr, "a@example.org", "Anna", "Nowa")
				q.JSON = map[string]any{"into": other}
				if route.Method == http.MethodGet {
					q.JSON, q.Path = nil, q.Path+"?into="+other
				}
			case route.Method == http.MethodPut:
				q.JSON = map[string]any{"email": "b@example.org"}
			}
			if got := office(t, tr, q); got.Code != http.StatusNotFound {
				t.Errorf("%s %s of %s: %d, want 404", route.Method, route.Path, id, got.Code)
			}
		}
	}
}

func TestSearchFindsPeopleByKeyOrName(t *testing.T) {
	t.Parallel()
	tr := open(t)
	person(t, tr, "anna@example.org", "Anna", "Żak")
	person(t, tr, "ewa@example.org", "Ewa", "Nowak")
	for query, want := range map[string]string{"": "Nowak Żak", "zak": "Żak", "an żak": "Żak", "EWA@example.org": "Nowak", "jan": ""} {
		var list struct{ Items []people.PersonView }
		office(t, tr, webtest.Request{Path: "/people?q=" + url.QueryEscape(query)}).Want(http.StatusOK).Read(&list)
		names := []string{}
		for _, p := range list.Items {
			names = append(names, p.LastName)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	var first struct {
		Items []people.PersonView
		Next  string
	}
	office(t, tr, webtest.Request{Path: "/people?limit=1"}).Want(http.StatusOK).Read(&first)
	if len(first.Items) != 1 || first.Next == "" {
		t.Errorf("a page of one has %d people and the cursor %q", len(first.Items), first.Next)
	}
	office(t, tr, webtest.Request{Path: "/people?cursor=x"}).Want(http.StatusBadRequest)
	if html := office(t, tr, webtest.Request{Path: "/people?q=zak", Page: true}).Want(http.StatusOK).Body.String(); !strings.Contains(html, "anna@example.org") {
		t.Error("the page does not show whom the search found")
	}
}

func TestPersonFileHoldsSignupsRecordsAndHistory(t *testing.T) {
	t.Parallel()
	tr := open(t)
	id := person(t, tr, "a@example.org", "Anna", "Nowa")
	record, signup := attend(t, tr, id, "2026-05-10"), signUp(t, tr, "a@example.org")
	for _, path := range []string{"/people/" + id, "/people/" + id + ".json"} {
		var file struct {
			Person  struct{ Emails []string }
			Signups []struct {
				ID, State, Sex string
				Sendings       []map[string]any
				States         []map[string]any
			}
			Records []struct{ ID, Kind, Date, Outcome string }
			History []struct{ Record string }
		}
		answer := office(t, tr, webtest.Request{Path: path}).Want(http.StatusOK).Read(&file)
		if len(file.Person.Emails) != 1 || len(file.Signups) != 1 || len(file.Records) != 1 || len(file.History) != 1 {
			t.Fatalf("%s: %s", path, answer.Body)
		}
		if s := file.Signups[0]; s.ID != signup || s.State != schema.Accepted || s.Sex != "female" || len(s.Sendings) != 1 || len(s.States) != 1 {
			t.Errorf("%s: the sign-up is %+v", path, s)
		}
		if r := file.Records[0]; r.ID != record || r.Kind != schema.Attendance || r.Date != "2026-05-10" || r.Outcome != "completed" || file.History[0].Record != record {
			t.Errorf("%s: the record is %+v, its history %+v", path, r, file.History)
		}
		if answer.ETag() == "" {
			t.Errorf("%s has no ETag", path)
		}
	}
}

func TestCorrection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		json   map[string]any
		form   url.Values
		match  string
		status int
		want   string // problems of JSON, or where a form leads
	}{
		{name: "a name by JSON", json: map[string]any{"first_name": "Ewa", "email": "a@example.org"}, status: http.StatusOK},
		{name: "a name by form", form: url.Values{"_method": {"PUT"}, "first_name": {"Ewa"}, "email": {"a@example.org"}}, status: http.StatusSeeOther, want: "?done=saved"},
		{name: "a person needs a key", json: map[string]any{"first_name": "Ewa"}, status: http.StatusUnprocessableEntity, want: "email: missing"},
		{name: "an address that is none", json: map[string]any{"email": "a"}, status: http.StatusUnprocessableEntity, want: "email: unreadable"},
		{name: "a PESEL with a wrong check digit", json: map[string]any{"pesel": "44051401350"}, status: http.StatusUnprocessableEntity, want: "pesel: out_of_range, email: missing"},
		{name: "a field that there is not", json: map[string]any{"email": "a@example.org", "age": "7"}, status: http.StatusUnprocessableEntity, want: "age: unknown_field"},
		{name: "a form with an address that is none is shown with the problem", form: url.Values{"_method": {"PUT"}, "email": {"a"}}, status: http.StatusUnprocessableEntity},
		{name: "an address of another person by JSON", json: map[string]any{"email": "b@example.org"}, status: http.StatusConflict, want: "email: taken"},
		{name: "an address of another person by form", form: url.Values{"_method": {"PUT"}, "email": {"b@example.org"}}, status: http.StatusConflict},
		{name: "a version that is no longer current by JSON", json: map[string]any{"email": "a@example.org", "last_name": "Inna"}, match: `"old"`, status: http.StatusPreconditionFailed},
		{name: "a version that is no longer current by form", form: url.Values{"_method": {"PUT"}, "email": {"a@example.org"}, "_if_match": {`"old"`}}, status: http.StatusPreconditionFailed},
		{name: "a form that says neither PUT nor DELETE", form: url.Values{"email": {"a@example.org"}}, status: http.StatusMethodNotAllowed},
		{name: "a body that is no JSON object", status: http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := open(t)
			id := person(t, tr, "a@example.org", "Anna", "Nowa")
			person(t, tr, "b@example.org", "Beata", "Druga")
			q := webtest.Request{Path: "/people/" + id, Form: c.form, Header: map[string]string{}}
			if c.form == nil {
				q.Method, q.JSON = http.MethodPut, c.json
			}
			if c.match != "" {
				q.Header["If-Match"] = c.match
			}
			answer := office(t, tr, q).Want(c.status)
			switch {
			case c.form != nil && c.want != "":
				if !strings.HasSuffix(answer.Location(), c.want) {
					t.Errorf("the form leads to %s", answer.Location())
				}
			case c.form != nil && c.status != http.StatusMethodNotAllowed:
				if typed := c.form.Get("email"); !strings.Contains(answer.Body.String(), `value="`+typed+`"`) {
					t.Errorf("the form does not show %q as it was typed", typed)
				}
			case c.want != "":
				if got := strings.Join(answer.Problems(), ", "); got != c.want {
					t.Errorf("problems %s, want %s", got, c.want)
				}
			}
			p, err := tr.People.Person(t.Context(), webtest.Project, id)
			if changed := p.FirstName == "Ewa"; err != nil || changed != (c.status < 400) || p.Email() != "a@example.org" {
				t.Errorf("the person is %+v, %v", p, err)
			}
		})
	}
}

func TestCorrectionNeedsTheVersionThatWasShown(t *testing.T) {
	t.Parallel()
	tr := open(t)
	id := person(t, tr, "a@example.org", "Anna", "Nowa")
	seen := office(t, tr, webtest.Request{Path: "/people/" + id}).Want(http.StatusOK).ETag()
	put := func(last string) webtest.Answer {
		return office(t, tr, webtest.Request{
			Method: http.MethodPut, Path: "/people/" + id, JSON: map[string]any{"email": "a@example.org", "last_name": last}, Header: map[string]string{"If-Match": seen},
		})
	}
	first := put("Pierwsza").Want(http.StatusOK)
	if first.ETag() == seen || first.ETag() == "" {
		t.Errorf("the ETag after a correction is %s, before it %s", first.ETag(), seen)
	}
	put("Druga").Want(http.StatusPreconditionFailed)
	seen = first.ETag()
	put("Druga").Want(http.StatusOK)
}

func TestErasureRemovesAPersonOnce(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]webtest.Request{
		"by JSON": {Method: http.MethodDelete},
		"by form": {Form: url.Values{"_method": {"DELETE"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := open(t)
			id := person(t, tr, "a@example.org", "Anna", "Nowa")
			attend(t, tr, id, "2026-05-10")
			q.Path = "/people/" + id
			if answer := office(t, tr, q); q.Form != nil {
				if answer.Want(http.StatusSeeOther).Location() != "/"+webtest.Project+"/people?done=erased" {
					t.Errorf("the form leads to %s", answer.Location())
				}
			} else {
				var body struct{ ID, State string }
				if answer.Want(http.StatusOK).Read(&body); body.ID != id || body.State != "erased" {
					t.Errorf("the answer is %+v", body)
				}
			}
			office(t, tr, webtest.Request{Path: "/people/" + id}).Want(http.StatusNotFound)
			q.Page = false
			office(t, tr, webtest.Request{Method: http.MethodDelete, Path: q.Path}).Want(http.StatusNotFound)
		})
	}
}

func TestErasurePreviewCountsWhatGoesAndWhatStays(t *testing.T) {
	t.Parallel()
	tr := open(t)
	id := person(t, tr, "a@example.org", "Anna", "Nowa")
	attend(t, tr, id, "2026-05-10")
	signUp(t, tr, "a@example.org")
	var preview struct {
		Goes, Stays map[string]int
		Figures     []struct {
			Code            string
			Rule, Breakdown bool
		}
	}
	office(t, tr, webtest.Request{Path: "/people/" + id + "/erasure"}).Want(http.StatusOK).Read(&preview)
	if want := map[string]int{"keys": 1, "forms": 1, "attributes": 1, "texts": 0, "files": 0}; !maps.Equal(preview.Goes, want) {
		t.Errorf("%v goes, want %v", preview.Goes, want)
	}
	if want := map[string]int{"signups": 1, "records": 1, "rows": 0}; !maps.Equal(preview.Stays, want) {
		t.Errorf("%v stays, want %v", preview.Stays, want)
	}
	// The indicator counts people with attendance, broken down by their attributes; the one of consultations has no
	// record of them.
	if len(preview.Figures) != 1 || preview.Figures[0].Code != "1" || preview.Figures[0].Rule || !preview.Figures[0].Breakdown {
		t.Errorf("the figures are %+v", preview.Figures)
	}
	office(t, tr, webtest.Request{Path: "/people/" + id}).Want(http.StatusOK) // nothing has gone yet
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		into   func(from, into string) string
		form   bool
		status int
		want   string
	}{
		{"by JSON", func(_, into string) string { return into }, false, http.StatusOK, ""},
		{"by form", func(_, into string) string { return into }, true, http.StatusSeeOther, "?done=merged"},
		{"into nobody in particular", func(_, _ string) string { return "" }, false, http.StatusUnprocessableEntity, "into: missing"},
		{"into an unknown person", func(_, _ string) string { return ulid.Make().String() }, false, http.StatusUnprocessableEntity, "into: not_in_list"},
		{"into themselves", func(from, _ string) string { return from }, false, http.StatusUnprocessableEntity, "into: not_in_list"},
		{"into themselves by form", func(from, _ string) string { return from }, true, http.StatusUnprocessableEntity, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := open(t)
			from, into := person(t, tr, "a@example.org", "Anna", "Nowa"), person(t, tr, "b@example.org", "Anna", "Nowa")
			q := webtest.Request{Path: "/people/" + from + "/merge", JSON: map[string]any{"into": c.into(from, into)}}
			if c.form {
				q.JSON, q.Form = nil, url.Values{"into": {c.into(from, into)}}
			}
			answer := office(t, tr, q).Want(c.status)
			switch {
			case c.form && c.want != "":
				if !strings.HasSuffix(answer.Location(), "/people/"+into+c.want) {
					t.Errorf("the form leads to %s", answer.Location())
				}
			case c.want != "":
				if got := strings.Join(answer.Problems(), ", "); got != c.want {
					t.Errorf("problems %s, want %s", got, c.want)
				}
			}
			p, err := tr.People.Person(t.Context(), webtest.Project, from)
			if merged := p.ID == into; err != nil || merged != (c.status < 400) {
				t.Errorf("the id leads to %+v, %v", p, err)
			}
			if c.status == http.StatusOK { // a client that lost the answer sends the request again: the pair is one person already
				if got := office(t, tr, q).Want(http.StatusOK); !strings.Contains(got.Body.String(), into) {
					t.Errorf("the repeated merge answers %s", got.Body)
				}
			}
		})
	}
}

func TestMergePreviewShowsBothAndWhatCollides(t *testing.T) {
	t.Parallel()
	tr := open(t)
	from, into := person(t, tr, "a@example.org", "Anna", "Nowa"), person(t, tr, "b@example.org", "Anna", "Nowak")
	attend(t, tr, from, "2026-05-10")
	attend(t, tr, into, "2026-05-10")
	attend(t, tr, into, "2026-05-11")
	signUp(t, tr, "a@example.org")
	for _, query := range []string{into, "b@example.org", "B@example.org "} {
		var preview struct {
			From, Into, Result struct{ Emails, Signups, Records int }
			Collisions         []struct{ Kind, Activity, Date string }
		}
		answer := office(t, tr, webtest.Request{Path: "/people/" + from + "/merge?into=" + url.QueryEscape(query)}).Want(http.StatusOK).Read(&preview)
		if preview.From.Records != 1 || preview.Into.Records != 2 || preview.Result.Records != 3 || preview.Result.Emails != 2 || preview.Result.Signups != 1 {
			t.Errorf("by %s: %s", query, answer.Body)
		}
		if len(preview.Collisions) != 1 || preview.Collisions[0].Kind != schema.Attendance || preview.Collisions[0].Date != "2026-05-10" {
			t.Errorf("by %s the collisions are %+v", query, preview.Collisions)
		}
	}
	signUp(t, tr, "b@example.org")
	if got := office(t, tr, webtest.Request{Path: "/people/" + from + "/merge?into=" + into}).Want(http.StatusOK).Body.String(); !strings.Contains(got, `{"kind":"signup","activity":"compost"}`) {
		t.Errorf("both signed up to compost, and the preview is %s", got)
	}
	for query, want := range map[string]string{"": "into: missing", "nobody@example.org": "into: not_in_list", "a@example.org": "into: not_in_list", otherPesel: "into: not_in_list", "Nowak": "into: not_in_list"} {
		answer := office(t, tr, webtest.Request{Path: "/people/" + from + "/merge?into=" + url.QueryEscape(query)}).Want(http.StatusUnprocessableEntity)
		if got := strings.Join(answer.Problems(), ", "); got != want {
			t.Errorf("into %q: %s, want %s", query, got, want)
		}
	}
}

func TestDuplicatesListsPairsUntilTheyAreMarkedDistinct(t *testing.T) {
	t.Parallel()
	tr := open(t)
	a, b := person(t, tr, "a@example.org", "Anna", "Nowa"), person(t, tr, "b@example.org", "Anna", "Nowa")
	person(t, tr, "c@example.org", "Celina", "Inna")
	list := func() (pairs []struct {
		People []people.PersonView
		Reason string
	}) {
		t.Helper()
		var body struct {
			Items *[]struct {
				People []people.PersonView
				Reason string
			}
		}
		body.Items = &pairs
		office(t, tr, webtest.Request{Path: "/people/duplicates"}).Want(http.StatusOK).Read(&body)
		return pairs
	}
	if pairs := list(); len(pairs) != 1 || pairs[0].Reason != people.SameName || len(pairs[0].People) != 2 {
		t.Fatalf("the pairs are %+v", pairs)
	}
	apart := func(from string) webtest.Answer {
		return office(t, tr, webtest.Request{Path: "/people/" + a + "/apart", JSON: map[string]any{"from": from}})
	}
	for from, want := range map[string]string{"": "from: missing", a: "from: not_in_list", ulid.Make().String(): "from: not_in_list"} {
		if got := strings.Join(apart(from).Want(http.StatusUnprocessableEntity).Problems(), ", "); got != want {
			t.Errorf("apart from %q: %s, want %s", from, got, want)
		}
	}
	for range 2 { // a repeated request changes nothing
		apart(b).Want(http.StatusOK)
	}
	if pairs := list(); len(pairs) != 0 {
		t.Errorf("after they were marked distinct the pairs are %+v", pairs)
	}
	form := office(t, tr, webtest.Request{Path: "/people/" + a + "/apart", Form: url.Values{"from": {b}}}).Want(http.StatusSeeOther)
	if form.Location() != "/"+webtest.Project+"/people/duplicates?done=apart" {
		t.Errorf("the form leads to %s", form.Location())
	}
	for _, cursor := range []string{"x", "-1"} {
		office(t, tr, webtest.Request{Path: "/people/duplicates?cursor=" + cursor}).Want(http.StatusBadRequest)
	}
}

// pairs is a service with many pairs.
type pairs struct {
	People
	n int
}

func (p pairs) Duplicates(_ context.Context, _ string, from, limit int) (people.PairPage, error) {
	n, next := max(0, min(limit, p.n-from)), from+limit
	if next >= p.n {
		next = -1
	}
	return people.PairPage{Pairs: slices.Repeat([]people.Pair{{Why: []string{people.SameName, people.SamePhone}}}, n), Next: next}, nil
}

func TestDuplicatesArePagedByTheirNumber(t *testing.T) {
	t.Parallel()
	tr := webtest.New(t, webtest.Definition, func(*app.App) []web.Route { return Handlers{people: pairs{n: 5}}.Routes() })
	for _, c := range []struct {
		query, next string
		items       int
	}{{"?limit=2", "2", 2}, {"?limit=2&cursor=2", "4", 2}, {"?limit=2&cursor=4", "", 1}, {"?limit=2&cursor=9", "", 0}, {"?limit=5", "", 5}} {
		var list struct {
			Items []struct{ Reasons []string }
			Next  string
		}
		office(t, tr, webtest.Request{Path: "/people/duplicates" + c.query}).Want(http.StatusOK).Read(&list)
		if len(list.Items) != c.items || list.Next != c.next {
			t.Errorf("%s: %d pairs, next %q; want %d, %q", c.query, len(list.Items), list.Next, c.items, c.next)
		}
	}
}

// failing is a service whose look-up fails.
type failing struct {
	People
	err error
}

func (f failing) Person(context.Context, string, string) (people.Person, error) {
	return people.Person{}, f.err
}

func TestErrorsOfServicesBecomeStatuses(t *testing.T) {
	t.Parallel()
	for status, err := range map[int]error{
		http.StatusServiceUnavailable:  table.ErrUnavailable,
		http.StatusInternalServerError: errors.New("the address of anna@example.org"),
		http.StatusNotFound:            store.ErrNotFound,
		http.StatusPreconditionFailed:  store.ErrStale,
	} {
		tr := webtest.New(t, webtest.Definition, func(*app.App) []web.Route { return Handlers{people: failing{err: err}}.Routes() })
		answer := office(t, tr, webtest.Request{Path: "/people/" + ulid.Make().String()}).Want(status)
		if strings.Contains(answer.Body.String(), "anna@") {
			t.Errorf("%d tells the reason: %s", status, answer.Body)
		}
	}
}
