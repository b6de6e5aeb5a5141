package main_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestOneAddressIsAPageForABrowserAndJSONForAProgram(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated)
	snap := p.compile()
	p.approve(snap)
	p.office.post(p.at+"/attendance", p.attendance("jan")).is(http.StatusCreated)
	person := p.office.get(p.at + "/people?q=ewa@example.org").text("items.0.id")
	upload := p.accepts(p.office, "outputs.csv", "date,kind,quantity,title\n"+p.day(-1)+",leaflet,1,Ulotka\n").text("id")
	one := p.office.get(p.at + "/attendance").text("items.0.id")
	snapshot := p.at + "/snapshots/" + snap.text("id")
	for _, c := range []struct {
		path string
		who  caller
	}{
		{"/", p.anyone}, {p.at, p.anyone}, {p.at + "/signup", p.anyone}, {p.at + "/signup?activity=planting", p.anyone},
		{p.at + "/signups", p.office}, {p.at + "/signups?activity=planting", p.office},
		{p.at + "/activities", p.office}, {p.at + "/activities/planting", p.office}, {p.at + "/activities/planting/attendance", p.office}, {p.at + "/activities/planting/tests", p.office},
		{p.at + "/activities/planting/list", p.office}, {p.at + "/activities/planting/certificates", p.office}, {p.at + "/activities/planting/certificates?person=" + person, p.office},
		{p.at + "/uploads", p.office}, {p.at + "/uploads", p.radio}, {p.at + "/uploads/" + upload, p.office},
		{p.at + "/consultations", p.adviser}, {p.at + "/consultations", p.office}, {p.at + "/attendance", p.office}, {p.at + "/attendance/" + one, p.office},
		{p.at + "/tests", p.office}, {p.at + "/outputs", p.office},
		{p.at + "/people", p.office}, {p.at + "/people?q=ewa", p.office}, {p.at + "/people/" + person, p.office}, {p.at + "/people/duplicates", p.office},
		{p.at + "/people/" + person + "/merge?into=jan@example.org", p.office}, {p.at + "/people/" + person + "/erasure", p.office},
		{p.at + "/attention", p.office}, {p.at + "/audit", p.office}, {p.at + "/definition/versions", p.office},
		{p.at + "/snapshots", p.office}, {p.at + "/snapshots", p.funder}, {snapshot, p.office}, {snapshot, p.funder}, {p.at + "/snapshots/latest", p.funder},
		{snapshot + "/indicators/1/evidence", p.funder}, {snapshot + "/participants/evidence", p.funder},
	} {
		t.Run(strings.ReplaceAll(c.path, "/", "⁄"), func(t *testing.T) {
			program := c.who.in(t).get(c.path).is(http.StatusOK)
			if got := program.header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
				t.Errorf("a program gets %s", got)
			}
			c.who.in(t).browser().get(c.path).is(http.StatusOK).isPage()
		})
	}
	t.Run("the definition is YAML for programs and a page for browsers", func(t *testing.T) {
		got := p.office.in(t).with("Accept", "application/yaml").get(p.at + "/definition").is(http.StatusOK)
		if string(got.body) != p.definition() {
			t.Errorf("not what was put: %s", got)
		}
		p.office.in(t).browser().get(p.at + "/definition").is(http.StatusOK).isPage()
	})
	t.Run("a JSON body is a program's, whatever it accepts", func(t *testing.T) {
		got := p.office.in(t).browser().post(p.at+"/outputs", p.output("Plakat")).is(http.StatusCreated)
		if got.text("id") == "" {
			t.Errorf("no JSON: %s", got)
		}
	})
	t.Run("errors are pages for browsers and problems for programs", func(t *testing.T) {
		p.office.in(t).browser().get(p.at + "/attendance/01J00000000000000000000000").is(http.StatusNotFound).isPage()
		p.office.in(t).get(p.at + "/attendance/01J00000000000000000000000").is(http.StatusNotFound)
	})
}

// Who may do what: everybody's answer at every address.
func TestEveryAddressIsForThoseItIsFor(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	snap := p.compile()
	p.approve(snap)
	id := snap.text("id")
	nobody := "01J00000000000000000000000"
	everybody := map[string]caller{"anyone": p.anyone, "office": p.office, "adviser": p.adviser, "funder": p.funder, "partner": p.radio, "another project's office": p.caller("x@example.org", "other:coordinator")}
	for _, c := range []struct {
		address string
		body    string
		for_    []string // who gets what they ask for, or hears what is wrong with it
	}{
		{"GET /signups", "", []string{"office"}},
		{"GET /signups.csv", "", []string{"office"}},
		{"GET /signups.xlsx", "", []string{"office"}},
		{"PUT /signups/" + nobody, `{"state":"cancelled"}`, []string{"office"}},
		{"GET /activities", "", []string{"office"}},
		{"GET /activities/planting", "", []string{"office"}},
		{"GET /activities/planting/attendance", "", []string{"office"}},
		{"POST /activities/planting/attendance", `{}`, []string{"office"}},
		{"GET /activities/planting/tests", "", []string{"office"}},
		{"POST /activities/planting/tests", `{}`, []string{"office"}},
		{"GET /activities/planting/list", "", []string{"office"}},
		{"GET /activities/planting/certificates", "", []string{"office"}},
		{"GET /uploads", "", []string{"office", "partner"}},
		{"POST /uploads", `{}`, []string{"office", "partner"}},
		{"GET /uploads/" + nobody, "", []string{"office", "partner"}},
		{"GET /uploads/" + nobody + "/errors.csv", "", []string{"office", "partner"}},
		{"GET /uploads/" + nobody + "/original", "", []string{"office", "partner"}},
		{"DELETE /uploads/" + nobody, "", []string{"office", "partner"}},
		{"GET /consultations", "", []string{"office", "adviser"}},
		{"POST /consultations", `{}`, []string{"office", "adviser"}},
		{"GET /consultations/" + nobody, "", []string{"office", "adviser"}},
		{"PUT /consultations/" + nobody, `{}`, []string{"office", "adviser"}},
		{"DELETE /consultations/" + nobody, "", []string{"office", "adviser"}},
		{"GET /attendance", "", []string{"office"}},
		{"POST /attendance", `{}`, []string{"office"}},
		{"GET /tests", "", []string{"office"}},
		{"POST /tests", `{}`, []string{"office"}},
		{"GET /outputs", "", []string{"office"}},
		{"POST /outputs", `{}`, []string{"office"}},
		{"DELETE /outputs/" + nobody, "", []string{"office"}},
		{"GET /people", "", []string{"office"}},
		{"GET /people/duplicates", "", []string{"office"}},
		{"GET /people/" + nobody, "", []string{"office"}},
		{"GET /people/" + nobody + ".json", "", []string{"office"}},
		{"PUT /people/" + nobody, `{}`, []string{"office"}},
		{"GET /people/" + nobody + "/merge", "", []string{"office"}},
		{"GET /people/" + nobody + "/erasure", "", []string{"office"}},
		{"GET /attention", "", []string{"office"}},
		{"GET /audit", "", []string{"office"}},
		{"GET /definition/versions", "", []string{"office"}},
		{"GET /definition/versions/1", "", []string{"office"}},
		{"POST /people/" + nobody + "/merge", `{}`, []string{"office"}},
		{"DELETE /people/" + nobody, "", []string{"office"}},
		{"GET /snapshots", "", []string{"office", "funder"}},
		{"POST /snapshots", `{"as_of":"rubbish"}`, []string{"office"}},
		{"GET /snapshots/" + id, "", []string{"office", "funder"}},
		{"GET /snapshots/" + id + ".json", "", []string{"office", "funder"}},
		{"GET /snapshots/" + id + ".csv", "", []string{"office", "funder"}},
		{"GET /snapshots/" + id + ".xlsx", "", []string{"office", "funder"}},
		{"GET /snapshots/" + id + ".pdf", "", []string{"office", "funder"}},
		{"POST /snapshots/" + id + "/approval", `{}`, []string{"office"}},
		{"GET /snapshots/" + id + "/changes", "", []string{"office", "funder"}},
		{"GET /snapshots/" + id + "/indicators/1/evidence", "", []string{"office", "funder"}},
		{"GET /snapshots/" + id + "/indicators/1/evidence.csv", "", []string{"office", "funder"}},
		{"GET /snapshots/" + id + "/participants/evidence", "", []string{"office", "funder"}},
		{"GET /snapshots/" + id + "/participants/evidence.csv", "", []string{"office", "funder"}},
		{"GET /definition", "", []string{"office"}},
		{"PUT /definition?dry_run=1", "id: x", []string{"office"}},
	} {
		t.Run(strings.ReplaceAll(c.address, "/", "⁄"), func(t *testing.T) {
			method, path, _ := strings.Cut(c.address, " ")
			for name, who := range everybody {
				contentType := "application/json"
				if strings.HasPrefix(path, "/definition") {
					contentType = "application/yaml"
				}
				if c.body == "" {
					contentType = ""
				}
				got := who.in(t).send(method, p.at+path, contentType, []byte(c.body))
				switch {
				case slices.Contains(c.for_, name):
					if got.status == http.StatusUnauthorized || got.status == http.StatusForbidden {
						t.Errorf("%s is refused: %s", name, got)
					}
				case name == "anyone":
					got.is(http.StatusUnauthorized)
				case got.status != http.StatusForbidden && got.status != http.StatusNotFound:
					t.Errorf("%s is not refused: %s", name, got)
				}
			}
		})
	}
}

func TestWhatMayNotBeSeenDoesNotSeemToExist(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	draft := p.compile().text("id")
	theirs := p.adviser.post(p.at+"/consultations", p.consultation("ewa")).is(http.StatusCreated).text("id")
	other := p.caller("other-adviser@example.org", p.id+":adviser")
	upload := p.accepts(p.radio, "a.csv", p.airings("radio")).text("id")
	elsewhere := newProject(t)
	for _, c := range []struct {
		name string
		who  caller
		path string
	}{
		{"another adviser's consultation", other, p.at + "/consultations/" + theirs},
		{"another partner's upload", p.press, p.at + "/uploads/" + upload},
		{"another partner's list of errors", p.press, p.at + "/uploads/" + upload + "/errors.csv"},
		{"another partner's file", p.press, p.at + "/uploads/" + upload + "/original"},
		{"a draft, to the funder", p.funder, p.at + "/snapshots/" + draft},
		{"a draft's table, to the funder", p.funder, p.at + "/snapshots/" + draft + ".csv"},
		{"the records behind a draft, to the funder", p.funder, p.at + "/snapshots/" + draft + "/indicators/1/evidence"},
		{"the latest snapshot where none is approved, to the funder", p.funder, p.at + "/snapshots/latest"},
		{"a record of another project", elsewhere.office, elsewhere.at + "/consultations/" + theirs},
		{"an upload of another project", elsewhere.office, elsewhere.at + "/uploads/" + upload},
		{"a snapshot of another project", elsewhere.office, elsewhere.at + "/snapshots/" + draft},
		{"a project that is not there", p.office, "/no-such-project"},
		{"a page that is not there", p.office, p.at + "/no-such-page"},
		{"a fixed word that is no address", p.office, "/health/signups"},
		{"an indicator that is not there", p.office, p.at + "/snapshots/" + draft + "/indicators/99/evidence"},
		{"a form that is not there", p.office, p.at + "/snapshots/" + draft + ".docx"},
	} {
		t.Run(c.name, func(t *testing.T) { c.who.in(t).get(c.path).is(http.StatusNotFound) })
	}
	t.Run("changing another adviser's consultation", func(t *testing.T) {
		other.in(t).put(p.at+"/consultations/"+theirs, p.consultation("ewa")).is(http.StatusNotFound)
		other.in(t).delete(p.at + "/consultations/" + theirs).is(http.StatusNotFound)
	})
	t.Run("withdrawing another partner's upload", func(t *testing.T) {
		p.press.in(t).delete(p.at + "/uploads/" + upload).is(http.StatusNotFound)
	})
	t.Run("another adviser's consultation is not in one's list", func(t *testing.T) {
		if got := other.in(t).get(p.at + "/consultations").is(http.StatusOK); len(got.list("items")) != 0 {
			t.Errorf("got %s", got)
		}
	})
	t.Run("another partner's upload is not in one's list", func(t *testing.T) {
		if got := p.press.in(t).get(p.at + "/uploads").is(http.StatusOK); len(got.list("items")) != 0 {
			t.Errorf("got %s", got)
		}
	})
}

func TestSomeWordsAreNoProjects(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, id := range []string{"health", "local", "auth", "assets", "openapi", "Wielka", "a_b", "a.b", "ż"} {
		text := p.definition("id: "+p.id, "id: "+id)
		if got := p.admin.send("PUT", "/"+id+"/definition", "application/yaml", []byte(text)); got.status < 400 {
			t.Errorf("%q becomes a project: %s", id, got)
		}
	}
}

func TestAListIsReadPageByPage(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	const many = 53
	for i := range many {
		p.office.post(p.at+"/outputs", p.output(fmt.Sprintf("Ulotka %d", i))).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(fmt.Sprintf("osoba%d", i))).is(http.StatusCreated)
		p.office.post(p.at+"/signups", signup(fmt.Sprintf("osoba%d", i), "planting")).is(http.StatusCreated)
	}
	snap := p.compile().text("id")
	lists := map[string]int{"/outputs": many, "/attendance": many, "/signups": many, "/people": many, "/snapshots/" + snap + "/indicators/5/evidence": many, "/snapshots/" + snap + "/participants/evidence": many}
	for path, total := range lists {
		t.Run(strings.ReplaceAll(path, "/", "⁄"), func(t *testing.T) {
			for _, c := range []struct {
				query string
				want  int
			}{{"", 50}, {"?limit=7", 7}, {"?limit=200", total}, {"?limit=0", 50}, {"?limit=201", 50}, {"?limit=-3", 50}, {"?limit=many", 50}, {"?limit=1", 1}} {
				got := p.office.in(t).get(p.at + path + c.query).is(http.StatusOK)
				if n := len(got.list("items")); n != c.want {
					t.Errorf("%q gives %d items, want %d", c.query, n, c.want)
				}
				if more := got.at("next") != nil; more != (c.want < total) {
					t.Errorf("%q says next %v", c.query, got.at("next"))
				}
			}
			seen := map[string]bool{}
			for address := "?limit=9"; ; {
				page := p.office.in(t).get(p.at + path + address).is(http.StatusOK)
				for _, item := range page.list("items") {
					if id := said(within(item, "id")); seen[id] {
						t.Errorf("%s comes twice", id)
					} else {
						seen[id] = true
					}
				}
				if page.at("next") == nil {
					break
				}
				address = "?limit=9&cursor=" + page.text("next")
			}
			if len(seen) != total {
				t.Errorf("%d items on all pages, want %d", len(seen), total)
			}
		})
	}
	t.Run("a cursor that is none is refused", func(t *testing.T) {
		if got := p.office.in(t).get(p.at + "/outputs?cursor=%00rubbish"); got.status != http.StatusBadRequest && got.status != http.StatusUnprocessableEntity {
			t.Errorf("got %s", got)
		}
	})
}

func TestABodyThatCannotBeReadIs400AndOneOfAnotherTypeIs415(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, path := range []string{"/signups", "/uploads", "/consultations", "/attendance", "/tests", "/outputs", "/snapshots"} {
		for _, c := range []struct {
			name, contentType, body string
			want                    int
		}{
			{"half an object", "application/json", `{"activity": "plan`, http.StatusBadRequest},
			{"no JSON", "application/json", `activity=planting`, http.StatusBadRequest},
			{"a list", "application/json", `[1, 2]`, http.StatusBadRequest},
			{"two objects", "application/json", `{} {}`, http.StatusBadRequest},
			{"bytes that are no UTF-8", "application/json", "{\"title\": \"\xff\xfe\"}", http.StatusBadRequest},
			{"plain text", "text/plain", `{}`, http.StatusUnsupportedMediaType},
			{"XML", "application/xml", `<a/>`, http.StatusUnsupportedMediaType},
			{"seven million bytes", "application/json", `{"title": "` + strings.Repeat("x", 7_000_000) + `"}`, http.StatusRequestEntityTooLarge},
		} {
			t.Run(path[1:]+" of "+c.name, func(t *testing.T) {
				p.office.in(t).send("POST", p.at+path, c.contentType, []byte(c.body)).is(c.want)
			})
		}
	}
	t.Run("a definition of seven million bytes", func(t *testing.T) {
		p.office.in(t).send("PUT", p.at+"/definition", "application/yaml", bytes.Repeat([]byte("# comment\n"), 700_000)).is(http.StatusRequestEntityTooLarge)
	})
}

func TestEveryProblemIsNamedAtOnceAndInTheLanguageAskedFor(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	tomorrow := p.day(1)
	for _, c := range []struct {
		name, path string
		body       any
		want       []string
	}{
		{"a sign-up with nothing", "/signups", fields{}, []string{"activity missing", "first_name missing", "last_name missing", "email missing", "consent_processing missing"}},
		{"a sign-up with everything wrong", "/signups", fields{
			"activity": "swimming", "first_name": strings.Repeat("ż", 101), "last_name": 7, "email": "nobody", "pesel": "44051401358", "sex": "f", "birth_year": "1980",
			"education": "high", "labour_status": "busy", "residence": "sea", "disability": "maybe", "group": "tourist", "consent_processing": false, "consent_news": "x", "locale": "fr", "colour": "green",
		}, []string{
			"activity not_in_list", "first_name too_long", "last_name unreadable", "email unreadable", "pesel out_of_range", "sex not_in_list", "birth_year not_a_number",
			"education not_in_list", "labour_status not_in_list", "residence not_in_list", "disability not_in_list", "group not_in_list", "consent_processing not_in_list", "consent_news not_in_list", "locale not_in_list", "colour unknown_field",
		}},
		{"a consultation with nothing", "/consultations", fields{}, []string{"person missing", "date missing", "field missing", "minutes missing", "form missing"}},
		{"a consultation with everything wrong", "/consultations", fields{"person": fields{"email": "x"}, "date": tomorrow, "field": "love", "minutes": 961, "form": "fax", "adviser": "me", "topic": strings.Repeat("x", 301), "hours": 1},
			[]string{"person.email unreadable", "date in_the_future", "field not_in_list", "minutes out_of_range", "form not_in_list", "adviser unreadable", "topic too_long", "hours unknown_field"}},
		{"an attendance with everything wrong", "/attendance", fields{"person": fields{"pesel": "12345"}, "activity": 1, "date": "21.07.2010", "outcome": "slept", "hours": -1},
			[]string{"person.pesel out_of_range", "activity not_in_list", "date not_a_date", "outcome not_in_list", "hours out_of_range"}},
		{"a test with scores over the maximum", "/tests", fields{"person": of("ewa"), "activity": "planting", "date": p.day(-1), "pre_score": 11, "post_score": 10.5, "max_score": 10},
			[]string{"pre_score out_of_range", "post_score out_of_range"}},
		{"a test below zero", "/tests", fields{"person": of("ewa"), "activity": "planting", "date": p.day(-1), "pre_score": -1, "post_score": 1, "max_score": 10}, []string{"pre_score out_of_range"}},
		{"an output of none", "/outputs", fields{"date": p.day(-1), "kind": "leaflet", "quantity": 0, "title": "  "}, []string{"quantity out_of_range", "title missing"}},
		{"an output of half a thing", "/outputs", fields{"date": p.day(-1), "kind": "leaflet", "quantity": 1.5, "title": "x"}, []string{"quantity not_a_number"}},
		{"an output of a day that is none", "/outputs", fields{"date": "2026-02-30", "kind": "sculpture", "quantity": 1, "title": "x"}, []string{"date not_a_date", "kind not_in_list"}},
		{"an upload with nothing", "/uploads", fields{}, []string{"filename missing", "size missing"}},
		{"an upload of more than 50 MB", "/uploads", fields{"filename": "a.csv", "size": 50<<20 + 1}, []string{"size out_of_range"}},
		{"an upload of nothing", "/uploads", fields{"filename": "a.csv", "size": 0, "kind": "media"}, []string{"size out_of_range", "kind unknown_field"}},
		{"a snapshot of tomorrow", "/snapshots", fields{"as_of": tomorrow}, []string{"as_of in_the_future"}},
		{"a snapshot of no day", "/snapshots", fields{"as_of": "soon", "note": "x"}, []string{"as_of not_a_date", "note unknown_field"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			english := p.office.in(t).with("Accept-Language", "en").post(p.at+c.path, c.body).isInvalid(c.want...)
			polish := p.office.in(t).with("Accept-Language", "pl-PL,pl;q=0.9,en;q=0.1").post(p.at+c.path, c.body).isInvalid(c.want...)
			if english.text("errors.0.message") == polish.text("errors.0.message") || english.text("title") == polish.text("title") {
				t.Errorf("one message in both languages: %s", english)
			}
		})
	}
}

func TestAFormIsShownAgainWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, c := range []struct {
		name, path string
		who        caller
		form       fields
		typed      string
	}{
		{"a sign-up", "/signups", p.anyone, fields{"activity": "planting", "first_name": "Łucja <b>", "last_name": "", "email": "lucja", "consent_processing": "on"}, "Łucja &lt;b&gt;"},
		{"a consultation", "/consultations", p.adviser, fields{"email": "ewa@example.org", "date": p.day(1), "field": "law", "minutes": "wiele", "form": "phone", "topic": "Spór o płot"}, "Spór o płot"},
		{"an output", "/outputs", p.office, fields{"date": "kiedyś", "kind": "leaflet", "quantity": "3", "title": "Ulotka o drzewach"}, "Ulotka o drzewach"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.who.in(t).browser().with("Accept-Language", "en").fill(p.at+c.path, c.form).is(http.StatusUnprocessableEntity).isPage()
			if !strings.Contains(string(got.body), c.typed) {
				t.Errorf("what was typed is gone: %s", got)
			}
			if !strings.Contains(string(got.body), "aria-invalid") && !strings.Contains(string(got.body), "aria-describedby") {
				t.Errorf("no field is marked: %s", got)
			}
		})
	}
}

func TestAFormThatIsRightLeadsOn(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	d := p.day(-2)
	for _, c := range []struct {
		name, path string
		who        caller
		form       fields
	}{
		{"a sign-up", "/signups", p.anyone, fields{"activity": "planting", "first_name": "Łucja", "last_name": "Wzór", "email": "lucja@example.org", "consent_processing": "on"}},
		{"an office's sign-up of late paper", "/signups", p.office, fields{"activity": "over", "first_name": "Jan", "last_name": "Wzór", "email": "jan@example.org", "consent_processing": "on", "submitted_at": d}},
		{"a consultation, dated as people do", "/consultations", p.adviser, fields{"email": "lucja@example.org", "date": p.today.AddDate(0, 0, -2).Format("02.01.2006"), "field": "prawo", "minutes": "45", "form": "telefon"}},
		{"an attendance with a decimal comma", "/attendance", p.office, fields{"email": "lucja@example.org", "activity": "planting", "date": d, "outcome": "completed", "hours": "7,5"}},
		{"a test", "/tests", p.office, fields{"pesel": "44051401359", "activity": "planting", "date": d, "pre_score": "1,5", "post_score": "2", "max_score": "10"}},
		{"an output of many", "/outputs", p.office, fields{"date": d, "kind": "leaflet", "quantity": "12 500", "title": "Ulotka"}},
		{"a snapshot", "/snapshots", p.office, fields{"as_of": d}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.who.in(t).browser().fill(p.at+c.path, c.form.and(fields{"idempotency_key": "key-" + c.name})).is(http.StatusSeeOther)
			if to := got.header.Get("Location"); to == "" {
				t.Error("it leads nowhere")
			} else {
				c.who.in(t).browser().get(to).is(http.StatusOK).isPage()
			}
		})
	}
	p.counts(map[string]string{"2": "7.5", "5": "12500", "6": "1", "9": "2"})
	t.Run("sent twice, it makes nothing new", func(t *testing.T) {
		form := fields{"date": d, "kind": "leaflet", "quantity": "5", "title": "Druga", "idempotency_key": "k"}
		p.office.in(t).browser().fill(p.at+"/outputs", form).is(http.StatusSeeOther)
		p.office.in(t).browser().fill(p.at+"/outputs", form).is(http.StatusSeeOther)
		p.office.in(t).browser().fill(p.at+"/outputs", form.and(fields{"title": "Trzecia"})).is(http.StatusUnprocessableEntity)
		if got := p.office.in(t).get(p.at + "/outputs"); len(got.list("items")) != 2 {
			t.Errorf("want two outputs: %s", got)
		}
	})
}

func TestAnotherSitesPageCannotSendAForm(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	c := p.anyone.with("Origin", "https://elsewhere.example.org").with("Sec-Fetch-Site", "cross-site")
	if got := c.fill(p.at+"/signups", signup("ewa", "planting")); got.status != http.StatusForbidden {
		t.Errorf("it can: %s", got)
	}
}

func TestAnIdempotencyKeyGivesTheSameAnswerAgain(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, c := range []struct {
		name, path string
		who        caller
		body       fields
		list       string
	}{
		{"of a public sign-up", "/signups", p.anyone, signup("ewa", "planting"), "/signups"},
		{"of the office's sign-up", "/signups", p.office, signup("jan", "compost"), "/signups?activity=compost"},
		{"of a consultation", "/consultations", p.adviser, p.consultation("ewa"), "/consultations"},
		{"of an attendance", "/attendance", p.office, p.attendance("ewa"), "/attendance"},
		{"of a test", "/tests", p.office, p.exam("ewa"), "/tests"},
		{"of an output", "/outputs", p.office, p.output("Ulotka"), "/outputs"},
		{"of an upload", "/uploads", p.radio, fields{"filename": "a.csv", "size": 10}, "/uploads"},
		{"of a snapshot", "/snapshots", p.office, fields{"as_of": p.day(-1)}, "/snapshots"},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := strings.Repeat("klucz ", 40) + c.name[:2] // long, with spaces
			who := c.who.in(t).with("Idempotency-Key", key)
			first := who.post(p.at+c.path, c.body).is(http.StatusCreated)
			for range 3 {
				again := who.post(p.at+c.path, c.body).is(http.StatusCreated)
				if c.path != "/uploads" && !bytes.Equal(first.body, again.body) {
					t.Errorf("another answer: %s\nthen %s", first, again)
				}
				if again.text("id") != first.text("id") {
					t.Errorf("something new: %s", again)
				}
			}
			if n := len(p.everything(p.at + c.list)); n != 1 {
				t.Errorf("there are %d", n)
			}
			other := c.body.and(fields{"title": "Inna", "as_of": p.day(-2), "size": 11, "first_name": "Inna"})
			who.post(p.at+c.path, other).is(http.StatusUnprocessableEntity)
		})
	}
	t.Run("also where the first answer and the second cross", func(t *testing.T) {
		who := p.office.in(t).with("Idempotency-Key", "crossing")
		ids := sync.Map{}
		var sent sync.WaitGroup
		for range 12 {
			sent.Go(func() {
				got := who.post(p.at+"/outputs", p.output("Naraz"))
				if got.status != http.StatusCreated {
					t.Errorf("got %s", got)
				}
				ids.Store(got.text("id"), true)
			})
		}
		sent.Wait()
		n := 0
		ids.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d different answers", n)
		}
	})
	t.Run("also of sign-ups sent at once", func(t *testing.T) {
		who := p.anyone.in(t).with("Idempotency-Key", "signups-crossing")
		receipts := sync.Map{}
		var sent sync.WaitGroup
		for range 12 {
			sent.Go(func() {
				got := who.post(p.at+"/signups", signup("zosia", "last-call"))
				if got.status != http.StatusCreated {
					t.Errorf("got %s", got)
				}
				receipts.Store(got.text("receipt"), true)
			})
		}
		sent.Wait()
		n := 0
		receipts.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d different receipts", n)
		}
	})
	t.Run("to each of two people, who chose the same key", func(t *testing.T) {
		one := p.caller("one@example.org", p.id+":coordinator").in(t).with("Idempotency-Key", "the same")
		two := p.caller("two@example.org", p.id+":coordinator").in(t).with("Idempotency-Key", "the same")
		a := one.post(p.at+"/outputs", p.output("Moja")).is(http.StatusCreated)
		b := two.post(p.at+"/outputs", p.output("Twoja")).is(http.StatusCreated)
		if a.text("id") == b.text("id") {
			t.Errorf("they share an answer: %s", b)
		}
	})
	t.Run("but not of what was refused", func(t *testing.T) {
		who := p.office.in(t).with("Idempotency-Key", "refused first")
		who.post(p.at+"/outputs", p.output("")).is(http.StatusUnprocessableEntity)
		who.post(p.at+"/outputs", p.output("Poprawiona")).is(http.StatusCreated)
	})
}

func TestAStaleIfMatchIs412(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for _, c := range []struct {
		path string
		body fields
	}{{"/consultations", p.consultation("ewa")}, {"/attendance", p.attendance("ewa")}, {"/tests", p.exam("ewa")}, {"/outputs", p.output("Ulotka")}} {
		t.Run(c.path[1:], func(t *testing.T) {
			office := p.office.in(t)
			made := office.post(p.at+c.path, c.body).is(http.StatusCreated)
			address, first := p.at+c.path+"/"+made.text("id"), made.header.Get("ETag")
			if first == "" || office.get(address).header.Get("ETag") != first {
				t.Fatalf("no ETag, or another one when shown: %q", first)
			}
			second := office.with("If-Match", first).put(address, c.body.and(fields{"reason": "poprawka"})).is(http.StatusOK).header.Get("ETag")
			if second == "" || second == first {
				t.Errorf("the version did not change: %q", second)
			}
			office.with("If-Match", first).put(address, c.body).is(http.StatusPreconditionFailed)
			office.with("If-Match", first).delete(address).is(http.StatusPreconditionFailed)
			office.with("If-Match", "*").put(address, c.body).is(http.StatusOK)
			office.put(address, c.body).is(http.StatusOK)
			latest := office.get(address).header.Get("ETag")
			office.with("If-Match", latest).delete(address).is(http.StatusOK)
			office.get(address).is(http.StatusNotFound)
		})
	}
	t.Run("of the definition too", func(t *testing.T) {
		office := p.office.in(t)
		tag := office.get(p.at + "/definition").is(http.StatusOK).header.Get("ETag")
		put := func(c caller, text string) reply {
			return c.send("PUT", p.at+"/definition", "application/yaml", []byte(text))
		}
		put(office.with("If-Match", tag), p.definition("en: More green", "en: Much more green")).is(http.StatusOK)
		put(office.with("If-Match", tag), p.definition("en: More green", "en: Less green")).is(http.StatusPreconditionFailed)
	})
}

func TestAnAnswerOver4MBWaitsAtAPreSignedAddress(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	const many = 65_000
	var file strings.Builder
	file.WriteString("date,time,medium,title,outlet,reach\n")
	for i := range many {
		fmt.Fprintf(&file, "%s,%02d:%02d,radio,Audycja %d,Radio Podwórko,%d\n", p.day(-1-i%50), i%24, i%60, i, 100+i%900)
	}
	p.accepts(p.radio, "audycje.csv", file.String())
	snap := p.compile()
	if got := figure(snap, "3", "records"); got != fmt.Sprint(many) {
		t.Fatalf("%s records", got)
	}
	got := p.office.get(p.at + "/snapshots/" + snap.text("id") + "/indicators/3/evidence.csv").is(http.StatusSeeOther)
	whole := caller{t: t, base: p.anyone.base}.get(got.header.Get("Location"))
	if whole.status != http.StatusOK {
		t.Fatalf("at the pre-signed address: %s", whole)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(whole.body, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != many+1 {
		t.Errorf("%d rows (%v), want %d and a header", len(rows), err, many)
	}
}

func TestADefinitionIsCheckedAndSet(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	put := func(c caller, query, text string) reply {
		return c.send("PUT", p.at+"/definition"+query, "application/yaml", []byte(text))
	}
	lines := strings.Split(p.definition(), "\n")
	line := func(beginning string) int {
		return slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), beginning) }) + 1
	}
	for _, c := range []struct {
		name string
		text string
		line int // of the first error
	}{
		{"a rule over a field that there is not", p.definition(`'activity == "planting" && outcome == "completed"'`, `'place == "planting"'`), line(`- {code: "1"`)},
		{"a rule that is no rule", p.definition(`'post_score > pre_score'`, `'post_score >'`), line(`- {code: "8"`)},
		{"a rule that is a number", p.definition(`'post_score > pre_score'`, `'post_score + pre_score'`), line(`- {code: "8"`)},
		{"a rule that asks who", p.definition(`'field == "law"'`, `'topic == "umowa"'`), line(`- {code: "10"`)},
		{"a rule that asks the person", p.definition(`'field == "law"'`, `'person != ""'`), line(`- {code: "10"`)},
		{"a sum of texts", p.definition(`field: quantity`, `field: title`), line(`- {code: "5"`)},
		{"a count of nothing known", p.definition(`count: records`, `count: heads`), line(`- {code: "6"`)},
		{"a kind that there is not", p.definition(`of: signup, label`, `of: visit, label`), line(`- {code: "9"`)},
		{"a code twice", p.definition(`code: "11"`, `code: "10"`), line(`- {code: "11"`)},
		{"a target below zero", p.definition(`target: 1000`, `target: -1`), line(`- {code: "5"`)},
		{"an end before the beginning", p.definition("to: "+p.day(300), "to: "+p.day(-61)), line("period:")},
		{"a time zone that there is not", p.definition("Europe/Warsaw", "Europe/Exampleton"), line("time_zone:")},
		{"a key that there is not", p.definition("target_group: 20", "target_grup: 20"), line("target_group:")},
		{"people counted of airings", p.definition("count: distinct, field: outlet", "count: people"), line(`- {code: "4"`)},
		{"no YAML", "id: [" + "\n", 1},
		{"a list", "- a\n- b\n", 1},
		{"nothing", "", 1},
		{"another project's", p.definition("id: "+p.id, "id: other"), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, query := range []string{"?dry_run=1", ""} {
				got := put(p.office.in(t), query, c.text).is(http.StatusUnprocessableEntity)
				if len(got.list("errors")) == 0 {
					t.Fatalf("no errors: %s", got)
				}
				for i, e := range got.list("errors") {
					for _, name := range []string{"field", "code", "message", "line", "column"} {
						if _, there := e.(map[string]any)[name]; !there {
							t.Errorf("error %d has no %s: %s", i, name, got)
						}
					}
				}
				if c.line > 1 && got.text("errors.0.line") != fmt.Sprint(c.line) {
					t.Errorf("line %s, want %d: %s", got.text("errors.0.line"), c.line, got)
				}
			}
		})
	}
	t.Run("every error is named at once", func(t *testing.T) {
		text := p.definition("target: 1000", "target: -1", "count: records", "count: heads", "Europe/Warsaw", "Nowhere")
		if got := put(p.office.in(t), "?dry_run=1", text).is(http.StatusUnprocessableEntity); len(got.list("errors")) < 3 {
			t.Errorf("want three errors: %s", got)
		}
	})
	t.Run("a dry run changes nothing", func(t *testing.T) {
		put(p.office.in(t), "?dry_run=1", p.definition("target: 1000", "target: 2000")).is(http.StatusOK)
		if got := p.office.in(t).get(p.at + "/definition"); string(got.body) != p.definition() {
			t.Errorf("it did: %s", got)
		}
		if got := p.compile(); got.text("definition.version") != "1" {
			t.Errorf("version %s", got.text("definition.version"))
		}
	})
	t.Run("a new version counts from the next snapshot on", func(t *testing.T) {
		before := p.compile()
		put(p.office.in(t), "", p.definition("target: 1000", "target: 2000")).is(http.StatusOK)
		after := p.office.in(t).post(p.at+"/snapshots", fields{}).is(http.StatusCreated)
		after.has(map[string]string{"definition.version": "2", "supersedes": before.text("id")})
		if figure(after, "5", "target") != "2000" {
			t.Errorf("target %s", figure(after, "5", "target"))
		}
		unchanged := p.office.in(t).get(p.at + "/snapshots/" + before.text("id")).is(http.StatusOK)
		if unchanged.text("hash") != before.text("hash") || figure(unchanged, "5", "target") != "1000" {
			t.Errorf("the old snapshot changed: %s", unchanged)
		}
	})
}

func TestHealthAndTheDocumentAreForAnyone(t *testing.T) {
	t.Parallel()
	c := caller{t: t, base: shared.base}
	c.get("/health").is(http.StatusOK)
	got := c.get("/openapi.json").is(http.StatusOK)
	if !strings.HasPrefix(got.text("openapi"), "3.") || got.text("servers.0.url") != shared.base {
		t.Errorf("version %s at %s", got.text("openapi"), got.text("servers.0.url"))
	}
	if err := told.document.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

// What people get wrong in an address or a header is met halfway.
func TestAddressesAreForgiving(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for from, to := range map[string]string{p.at + "/": p.at, p.at + "/signup/?activity=planting": p.at + "/signup?activity=planting"} {
		if got := p.anyone.browser().get(from).is(http.StatusSeeOther); got.header.Get("Location") != to {
			t.Errorf("%s leads to %s", from, got.header.Get("Location"))
		}
	}
	for _, address := range []string{"//example.net/", "/%2Fexample.net/", "/\\example.net/"} {
		if got := p.anyone.browser().get(address); strings.HasPrefix(got.header.Get("Location"), "//") || strings.HasPrefix(got.header.Get("Location"), "/\\") {
			t.Errorf("%s leads to %s", address, got.header.Get("Location"))
		}
	}
	if got := p.anyone.with("Accept", "text/*").get(p.at).is(http.StatusOK); !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		t.Errorf("text/* is answered with %s", got.header.Get("Content-Type"))
	}
	p.office.post(p.at+"/consultations", p.consultation("ola").and(fields{"date": "27.11.2026"})).is(http.StatusUnprocessableEntity).has(map[string]string{"errors.0.field": "date", "errors.0.code": "not_a_date"})
	if says := p.office.post(p.at+"/consultations", p.consultation("ola").and(fields{"date": "27.11.2026"})).text("errors.0.message"); strings.Contains(says, "21.07.2010") {
		t.Errorf("what is refused is recommended: %s", says)
	}
	if says := p.anyone.browser().with("Sec-Fetch-Site", "cross-site").fill(p.at+"/signups", signup("ola", "planting")).is(http.StatusForbidden); !strings.Contains(string(says.body), "z\u00a0innej strony") {
		t.Errorf("a form of another site is told %s", says)
	}
	if says := p.office.post(p.at+"/signups", signup("ola", "planting").and(fields{"birth_year": 1800})).is(http.StatusUnprocessableEntity).text("errors.0.message"); !strings.Contains(says, p.day(0)[:4]) {
		t.Errorf("the year of birth: %s", says)
	}
}

func TestADefinitionOfAnotherProjectIsToldWhereItSaysSo(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	text := strings.Replace(p.definition(), "id: "+p.id+"\n", "", 1)
	text = strings.Replace(text, "target_group: 20", "target_group: 20\nid: other", 1)
	line := strings.Count(text[:strings.Index(text, "id: other")], "\n") + 1
	got := p.office.send("PUT", p.at+"/definition?dry_run=1", "application/yaml", []byte(text)).is(http.StatusUnprocessableEntity)
	got.has(map[string]string{"errors.0.field": "id", "errors.0.line": fmt.Sprint(line), "errors.0.column": "5"})
}

// A project need not name its funder: nothing on the form or in the report is left hanging.
func TestAProjectWithoutAFunderSaysNothingOfOne(t *testing.T) {
	t.Parallel()
	p := newProject(t, "funding: {source: {pl: Fundusz Miejski, en: City Fund}, value: 80000.50, currency: PLN, share_percent: 95}\n", "")
	if got := string(p.anyone.browser().get(p.at + "/signup").is(http.StatusOK).body); !strings.Contains(got, "przed instytucją finansującą.") {
		t.Errorf("the form says %s", got)
	}
}
