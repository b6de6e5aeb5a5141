package main_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"outreach/functions"
	"outreach/internal/app"
	"outreach/internal/web"
)

// who is the set of callers that a request is for.
type who struct {
	may    []string // get what they ask for, or hear what is wrong with it
	hidden []string // are told that there is no such thing, because to be refused would tell that there is
	secret bool     // it is for programs with a secret alone, also where a person is signed in
}

// everybody is all callers of the test.
var everybody = []string{"nobody", "coordinator", "coordinator elsewhere", "adviser", "other adviser", "funder", "partner", "other partner", "admin"}

// roles are the callers with a role in the project.
var roles = map[string]string{
	"coordinator": web.Coordinator, "adviser": web.Adviser, "other adviser": web.Adviser, "funder": web.Funder, "partner": web.Partner, "other partner": web.Partner,
}

// expect derives from a route whom a request is for.
func expect(route web.Route, path string) who {
	if route.Admin {
		return who{may: []string{"admin"}}
	}
	if route.Scope == web.Secret {
		return who{secret: true}
	}
	if len(route.Roles) == 0 {
		if route.Scope == web.Holder && !strings.Contains(path, "token={") {
			return who{hidden: everybody}
		}
		return who{may: everybody}
	}
	if route.Begins && strings.HasPrefix(path, "/{project}none/") {
		return who{may: []string{"admin"}, hidden: slices.DeleteFunc(slices.Clone(everybody), func(name string) bool { return name == "admin" || name == "nobody" })}
	}
	if strings.HasPrefix(route.Path, "/{project}/records/{kind}") {
		route.Roles = []string{web.Coordinator} // further roles are those that a kind names; built-in kinds name none
	}
	if strings.HasPrefix(route.Path, "/{project}/sources/{source}") {
		route.Roles = []string{web.Coordinator} // a partner sets those alone whose id begins with its own
	}
	if route.Path == "/{project}/attachments/{id}" { // it is of the adviser's record
		return who{may: []string{"coordinator", "adviser"}, hidden: []string{"other adviser", "partner", "other partner"}}
	}
	var w who
	for _, name := range everybody {
		role := roles[name]
		switch {
		case name == "admin" && slices.Contains(route.Roles, web.Admin):
			w.may = append(w.may, name)
		case role == "" || !slices.Contains(route.Roles, role):
		case role != web.Coordinator && route.Scope == web.Own && slices.Contains(route.Names(), "id") && strings.HasPrefix(name, "other "),
			role != web.Coordinator && route.Scope == web.Approved && strings.Contains(path, "{draft}"):
			w.hidden = append(w.hidden, name)
		case name == "other partner" && strings.Contains(path, "{new source}"): // its id says whose it is
		default:
			w.may = append(w.may, name)
		}
	}
	return w
}

// request is an example request to a route.
type request struct {
	route string
	path  string // what is asked for; "": the route's path
	body  string // of a program; one of a form, _method=DELETE, is sent by browsers alone
}

// requests has an example for each route, and several where a route covers different things. The test replaces what is
// in braces by the ids of things that exist.
var requests = []request{
	{route: "GET /"},
	{route: "GET /health"},
	{route: "GET /openapi.json"},
	{route: "GET /programme/{programme}", path: "/programme/neighbours"},
	{route: "GET /programme/{programme}.csv", path: "/programme/neighbours.csv"},
	{route: "GET /assets/{file}"},
	{route: "GET /auth/sign-in"},
	{route: "GET /auth/callback"},
	{route: "GET /auth/sign-out"},
	{route: "POST /auth/sign-out"},
	{route: "GET /{project}"},
	{route: "GET /{project}/signup"},
	{route: "OPTIONS /{project}/signup"},
	{route: "GET /{project}/signup/embedding"},
	{route: "POST /{project}/signups", body: `{}`},
	{route: "OPTIONS /{project}/signups"},
	{route: "GET /{project}/signups/{id}/cancel", path: "/{project}/signups/{signup}/cancel?token={token}"},
	{route: "GET /{project}/signups/{id}/cancel", path: "/{project}/signups/{signup}/cancel?token=00"},
	{route: "GET /{project}/signups/{id}/cancel", path: "/{project}/signups/{signup}/cancel"},
	{route: "POST /{project}/signups/{id}/cancel", path: "/{project}/signups/{signup}/cancel?token={token}", body: `{}`},
	{route: "POST /{project}/signups/{id}/cancel", path: "/{project}/signups/{signup}/cancel?token=00", body: `{}`},
	{route: "GET /{project}/signups/{id}/confirm", path: "/{project}/signups/{signup}/confirm?token={confirmation}"},
	{route: "GET /{project}/signups/{id}/confirm", path: "/{project}/signups/{signup}/confirm?token=00"},
	{route: "POST /{project}/signups/{id}/confirm", path: "/{project}/signups/{signup}/confirm?token={confirmation}", body: `{}`},
	{route: "POST /{project}/signups/{id}/confirm", path: "/{project}/signups/{signup}/confirm?token=00", body: `{}`},

	{route: "GET /{project}/signups"},
	{route: "GET /{project}/signups.csv"},
	{route: "GET /{project}/signups.xlsx"},
	{route: "GET /{project}/participants.csv"},
	{route: "GET /{project}/participants.xlsx"},
	{route: "GET /{project}/exports"},
	{route: "GET /{project}/exports/{export}.csv", path: "/{project}/exports/national.csv"},
	{route: "GET /{project}/exports/{export}.xlsx", path: "/{project}/exports/national.xlsx"},
	{route: "GET /{project}/exports/{export}.txt", path: "/{project}/exports/national.txt"},
	{route: "POST /{project}/exports/{export}/comparison", path: "/{project}/exports/national/comparison", body: `{}`},
	{route: "PUT /{project}/signups/{id}", path: "/{project}/signups/{signup}", body: `{"state":"rubbish"}`},
	{route: "POST /{project}/signups/{id}", path: "/{project}/signups/{signup}", body: `_method=PUT&state=rubbish`},

	{route: "GET /{project}/uploads"},
	{route: "POST /{project}/uploads", body: `{}`},
	{route: "GET /{project}/uploads/{id}", path: "/{project}/uploads/{upload}"},
	{route: "GET /{project}/uploads/{id}/errors.csv", path: "/{project}/uploads/{upload}/errors.csv"},
	{route: "GET /{project}/uploads/{id}/original", path: "/{project}/uploads/{upload}/original"},
	{route: "GET /{project}/uploads/template.csv", path: "/{project}/uploads/template.csv?kind=media"},
	{route: "GET /{project}/uploads/template.xlsx", path: "/{project}/uploads/template.xlsx?kind=media"},
	{route: "POST /{project}/uploads/{id}/counting", path: "/{project}/uploads/{upload}/counting", body: `{}`},
	{route: "POST /{project}/uploads/{id}/reading", path: "/{project}/uploads/{upload}/reading", body: `{}`},
	{route: "GET /{project}/uploads/{id}/columns", path: "/{project}/uploads/{upload}/columns"},
	{route: "POST /{project}/uploads/{id}/columns", path: "/{project}/uploads/{upload}/columns", body: `{}`},
	{route: "GET /{project}/access"},
	{route: "POST /{project}/access", body: `{}`},
	{route: "PUT /{project}/access", body: `{}`},
	{route: "GET /{project}/access/{id}", path: "/{project}/access/{member}"},
	{route: "PUT /{project}/access/{id}", path: "/{project}/access/{member}", body: `{"roles": "none"}`},
	{route: "POST /{project}/access/{id}", path: "/{project}/access/{member}", body: `_method=PUT&roles=none`},
	{route: "DELETE /{project}/access/{id}", path: "/{project}/access/{member}"},
	{route: "GET /{project}/sources"},
	{route: "POST /{project}/sources", body: `text=id`},
	{route: "PUT /{project}/sources/{source}", path: "/{project}/sources/made", body: `{}`},
	{route: "GET /{project}/sources/{source}", path: "/{project}/sources/{source}"},
	{route: "GET /{project}/sources/{source}/versions", path: "/{project}/sources/{source}/versions"},
	{route: "POST /{project}/sources/{source}", path: "/{project}/sources/made", body: `_method=PUT`},
	{route: "POST /{project}/sources/{source}/secret", path: "/{project}/sources/form/secret", body: `{}`},
	{route: "POST /{project}/hooks/{source}", path: "/{project}/hooks/form", body: `{}`},
	{route: "GET /{project}/deliveries"},
	{route: "GET /{project}/deliveries/{id}", path: "/{project}/deliveries/{new delivery}"},
	{route: "POST /{project}/deliveries/{id}", path: "/{project}/deliveries/{new delivery}", body: `_method=DELETE`},
	{route: "POST /{project}/deliveries/{id}/reading", path: "/{project}/deliveries/{new delivery}/reading", body: `{}`},
	{route: "DELETE /{project}/deliveries/{id}", path: "/{project}/deliveries/{new delivery}"},
	{route: "DELETE /{project}/sources/{source}", path: "/{project}/sources/{new source}"},
	{route: "DELETE /{project}/uploads/{id}", path: "/{project}/uploads/{upload}"},
	{route: "POST /{project}/uploads/{id}", path: "/{project}/uploads/{upload}", body: `_method=DELETE`},

	{route: "GET /{project}/consultations"},
	{route: "POST /{project}/consultations", body: `{}`},
	{route: "GET /{project}/consultations/sheet"},
	{route: "GET /{project}/consultations/{id}", path: "/{project}/consultations/{consultation}"},
	{route: "PUT /{project}/consultations/{id}", path: "/{project}/consultations/{consultation}", body: `{}`},
	{route: "POST /{project}/consultations/{id}", path: "/{project}/consultations/{consultation}", body: `_method=PUT`},
	{route: "DELETE /{project}/consultations/{id}", path: "/{project}/consultations/{new consultation}"},

	{route: "GET /{project}/attention"},
	{route: "GET /{project}/archive.zip"},
	{route: "GET /{project}/people.csv"},
	{route: "GET /{project}/uploads.csv"},
	{route: "GET /{project}/attendance.csv"},
	{route: "GET /{project}/tests.csv"},
	{route: "GET /{project}/outputs.csv"},
	{route: "GET /{project}/consultations.csv"},
	{route: "GET /{project}/records/{kind}.csv", path: "/{project}/records/attendance.csv"},
	{route: "POST /archive", body: `{}`},
	{route: "GET /{project}/audit"},
	{route: "GET /{project}/activities"},
	{route: "GET /{project}/activities/{activity}", path: "/{project}/activities/planting"},
	{route: "GET /{project}/activities/{activity}/attendance", path: "/{project}/activities/planting/attendance"},
	{route: "POST /{project}/activities/{activity}/attendance", path: "/{project}/activities/planting/attendance", body: `{}`},
	{route: "GET /{project}/activities/{activity}/tests", path: "/{project}/activities/planting/tests"},
	{route: "POST /{project}/activities/{activity}/tests", path: "/{project}/activities/planting/tests", body: `{}`},
	{route: "GET /{project}/activities/{activity}/list", path: "/{project}/activities/planting/list"},
	{route: "GET /{project}/activities/{activity}/certificates", path: "/{project}/activities/planting/certificates"},
	{route: "GET /{project}/attendance"},
	{route: "POST /{project}/attendance", body: `{}`},
	{route: "GET /{project}/attendance/{id}", path: "/{project}/attendance/{attendance}"},
	{route: "PUT /{project}/attendance/{id}", path: "/{project}/attendance/{attendance}", body: `{}`},
	{route: "POST /{project}/attendance/{id}", path: "/{project}/attendance/{attendance}", body: `_method=PUT`},
	{route: "DELETE /{project}/attendance/{id}", path: "/{project}/attendance/{new attendance}"},
	{route: "GET /{project}/tests"},
	{route: "POST /{project}/tests", body: `{}`},
	{route: "GET /{project}/tests/{id}", path: "/{project}/tests/{test}"},
	{route: "PUT /{project}/tests/{id}", path: "/{project}/tests/{test}", body: `{}`},
	{route: "POST /{project}/tests/{id}", path: "/{project}/tests/{test}", body: `_method=PUT`},
	{route: "DELETE /{project}/tests/{id}", path: "/{project}/tests/{new test}"},
	{route: "GET /{project}/outputs"},
	{route: "POST /{project}/outputs", body: `{}`},
	{route: "GET /{project}/outputs/{id}", path: "/{project}/outputs/{output}"},
	{route: "PUT /{project}/outputs/{id}", path: "/{project}/outputs/{output}", body: `{}`},
	{route: "POST /{project}/outputs/{id}", path: "/{project}/outputs/{output}", body: `_method=PUT`},
	{route: "DELETE /{project}/outputs/{id}", path: "/{project}/outputs/{new output}"},

	{route: "GET /{project}/records/{kind}", path: "/{project}/records/test"},
	{route: "POST /{project}/records/{kind}", path: "/{project}/records/test", body: `{}`},
	{route: "GET /{project}/records/{kind}/{id}", path: "/{project}/records/test/{test}"},
	{route: "PUT /{project}/records/{kind}/{id}", path: "/{project}/records/test/{test}", body: `{}`},
	{route: "POST /{project}/records/{kind}/{id}", path: "/{project}/records/test/{test}", body: `_method=PUT`},
	{route: "DELETE /{project}/records/{kind}/{id}", path: "/{project}/records/output/{new output}"},

	{route: "POST /{project}/attachments", body: `{}`},
	{route: "GET /{project}/attachments/{id}", path: "/{project}/attachments/{attachment}"},

	{route: "GET /{project}/people"},
	{route: "GET /{project}/people", path: "/{project}/people?q=ewa@example.org"},
	{route: "GET /{project}/people/duplicates"},
	{route: "GET /{project}/people/incomplete"},
	{route: "POST /{project}/people/{id}/question", path: "/{project}/people/{person}/question", body: `{}`},
	{route: "GET /{project}/people/{id}/questions/{question}", path: "{question}?token={asked}"},
	{route: "GET /{project}/people/{id}/questions/{question}", path: "{question}?token=00"},
	{route: "POST /{project}/people/{id}/questions/{question}", path: "{question}?token={asked}", body: `{}`},
	{route: "POST /{project}/people/{id}/questions/{question}", path: "{question}?token=00", body: `{}`},
	{route: "GET /{project}/people/{id}", path: "/{project}/people/{person}"},
	{route: "GET /{project}/people/{id}.json", path: "/{project}/people/{person}.json"},
	{route: "POST /{project}/people/{id}", path: "/{project}/people/{person}", body: `_method=PUT`},
	{route: "PUT /{project}/people/{id}", path: "/{project}/people/{person}", body: `{"email":"rubbish"}`},
	{route: "GET /{project}/people/{id}/erasure", path: "/{project}/people/{person}/erasure"},
	{route: "PUT /{project}/people/{id}/attributes", path: "/{project}/people/{person}/attributes", body: `{"sex": "other"}`},
	{route: "POST /{project}/people/{id}/attributes", path: "/{project}/people/{person}/attributes", body: `_method=PUT`},
	{route: "GET /{project}/people/{id}/merge", path: "/{project}/people/{person}/merge?into=ewa@example.org"},
	{route: "POST /{project}/people/{id}/merge", path: "/{project}/people/{person}/merge", body: `{}`},
	{route: "POST /{project}/people/{id}/apart", path: "/{project}/people/{person}/apart", body: `{}`},
	{route: "DELETE /{project}/people/{id}", path: "/{project}/people/{new person}"},

	{route: "GET /{project}/snapshots"},
	{route: "POST /{project}/snapshots", body: `{"as_of":"rubbish"}`},
	{route: "GET /{project}/snapshots/{id}", path: "/{project}/snapshots/{approved}"},
	{route: "GET /{project}/snapshots/{id}.json", path: "/{project}/snapshots/{approved}.json"},
	{route: "GET /{project}/snapshots/{id}.csv", path: "/{project}/snapshots/{approved}.csv"},
	{route: "GET /{project}/snapshots/{id}.xlsx", path: "/{project}/snapshots/{approved}.xlsx"},
	{route: "GET /{project}/snapshots/{id}.pdf", path: "/{project}/snapshots/{approved}.pdf"},
	{route: "GET /{project}/snapshots/{id}.iati.xml", path: "/{project}/snapshots/{approved}.iati.xml"},
	{route: "GET /{project}/snapshots/{id}.iati.xml", path: "/{project}/snapshots/{draft}.iati.xml"},
	{route: "GET /{project}/snapshots/{id}.dhis2.json", path: "/{project}/snapshots/{approved}.dhis2.json"},
	{route: "GET /{project}/snapshots/{id}.dhis2.json", path: "/{project}/snapshots/{draft}.dhis2.json"},
	{route: "GET /{project}/snapshots/{id}", path: "/{project}/snapshots/latest"},
	{route: "GET /{project}/snapshots/{id}", path: "/{project}/snapshots/{draft}"},
	{route: "GET /{project}/snapshots/{id}.pdf", path: "/{project}/snapshots/{draft}.pdf"},
	{route: "GET /{project}/snapshots/{id}/changes", path: "/{project}/snapshots/{approved}/changes"},
	{route: "GET /{project}/snapshots/{id}/changes", path: "/{project}/snapshots/{draft}/changes"},
	{route: "POST /{project}/snapshots/{id}/approval", path: "/{project}/snapshots/{draft}/approval", body: `{}`},
	{route: "POST /{project}/snapshots/{id}/recomputation", path: "/{project}/snapshots/{approved}/recomputation", body: `{}`},
	{route: "POST /{project}/snapshots/{id}/verification", path: "/{project}/snapshots/{approved}/verification", body: `{}`},
	{route: "POST /{project}/snapshots/{id}/verification", path: "/{project}/snapshots/{draft}/verification", body: `{}`},
	{route: "GET /{project}/snapshots/{id}/indicators/{code}/evidence", path: "/{project}/snapshots/{approved}/indicators/1/evidence"},
	{route: "GET /{project}/snapshots/{id}/indicators/{code}/evidence", path: "/{project}/snapshots/{draft}/indicators/1/evidence"},
	{route: "GET /{project}/snapshots/{id}/indicators/{code}/evidence.csv", path: "/{project}/snapshots/{approved}/indicators/1/evidence.csv"},
	{route: "GET /{project}/snapshots/{id}/participants/evidence", path: "/{project}/snapshots/{approved}/participants/evidence"},
	{route: "GET /{project}/snapshots/{id}/participants/evidence.csv", path: "/{project}/snapshots/{approved}/participants/evidence.csv"},
	{route: "GET /{project}/snapshots/{id}/participants/evidence.csv", path: "/{project}/snapshots/{draft}/participants/evidence.csv"},
	{route: "GET /{project}/snapshots/{id}/indicators.parquet", path: "/{project}/snapshots/{approved}/indicators.parquet"},
	{route: "GET /{project}/snapshots/{id}/indicators/{code}/evidence.parquet", path: "/{project}/snapshots/{approved}/indicators/1/evidence.parquet"},
	{route: "GET /{project}/snapshots/{id}/participants/evidence.parquet", path: "/{project}/snapshots/{approved}/participants/evidence.parquet"},
	{route: "GET /{project}/snapshots/{id}/indicators.parquet", path: "/{project}/snapshots/{draft}/indicators.parquet"},
	{route: "GET /{project}/snapshots/{id}/indicators/{code}/evidence.parquet", path: "/{project}/snapshots/{draft}/indicators/1/evidence.parquet"},
	{route: "GET /{project}/snapshots/{id}/participants/evidence.parquet", path: "/{project}/snapshots/{draft}/participants/evidence.parquet"},

	{route: "GET /{project}/indicators/{code}/said", path: "/{project}/indicators/said/said"},
	{route: "PUT /{project}/indicators/{code}/said", path: "/{project}/indicators/said/said", body: `{}`},
	{route: "POST /{project}/indicators/{code}/said", path: "/{project}/indicators/said/said", body: `_method=PUT`},

	{route: "GET /{project}/subscriptions"},
	{route: "POST /{project}/subscriptions", body: `{}`},
	{route: "PUT /{project}/subscriptions/{id}", path: "/{project}/subscriptions/{subscription}", body: `{"state":"rubbish"}`},
	{route: "DELETE /{project}/subscriptions/{id}", path: "/{project}/subscriptions/{new subscription}"},
	{route: "POST /{project}/subscriptions/{id}", path: "/{project}/subscriptions/{new subscription}", body: `_method=DELETE`},

	{route: "GET /{project}/openapi.json"},
	{route: "GET /{project}/definition"},
	{route: "GET /{project}/definition/versions"},
	{route: "GET /{project}/definition/versions/{number}", path: "/{project}/definition/versions/1"},
	{route: "PUT /{project}/definition", path: "/{project}/definition?dry_run=1", body: "id: x"},
	{route: "PUT /{project}/definition", path: "/{project}none/definition?dry_run=1", body: "id: x"},
	{route: "POST /{project}/definition", body: `{}`},
}

// TestEachRouteAdmitsItsRolesOnly sends a request to each route as each caller, as a program and as a browser.
func TestEachRouteAdmitsItsRolesOnly(t *testing.T) {
	t.Parallel()
	routes := map[string]web.Route{}
	for _, route := range functions.All(&app.App{}) {
		routes[route.Method+" "+route.Path] = route
		if !slices.ContainsFunc(requests, func(q request) bool { return q.route == route.Method+" "+route.Path }) {
			t.Errorf("no request asks for %s %s: add one to `requests`", route.Method, route.Path)
		}
	}
	p := newProject(t, "reports: {", "confirm: email\nembed: ["+site+"]\nreports: {", "indicators:\n", `people: {complete: [education]}
exports: [{id: national, columns: [{header: E-mail, field: email}]}]
records:
  consultation: {fields: {agreement: {type: file, label: Agreement}}}
  harvest: {label: Harvest, by: [partner], fields: {photo: {type: file, label: Photo}}}
indicators:
  - {code: said, unit: point, count: said, label: Satisfaction}
`)
	callers := map[string]caller{
		"nobody": p.anyone, "coordinator": p.office, "coordinator elsewhere": p.caller("office@example.org", "elsewhere:coordinator"),
		"adviser": p.adviser, "other adviser": p.caller("other-adviser@example.org", p.id+":adviser"), "funder": p.funder,
		"partner": p.radio, "other partner": p.press, "admin": p.admin,
	}
	things := accessThings(t, p)
	for _, row := range requests {
		route, found := routes[row.route]
		if !found {
			t.Errorf("%s is no route", row.route)
			continue
		}
		method, path := route.Method, cmp.Or(row.path, route.Path)
		who := expect(route, path)
		t.Run(method+" "+strings.ReplaceAll(path, "/", "⁄"), func(t *testing.T) {
			form := strings.HasPrefix(row.body, "_method=")
			for _, browser := range []bool{false, true} {
				if form && !browser {
					continue
				}
				for _, name := range append(refused(who), who.may...) {
					c := callers[name].in(t)
					contentType := "application/json"
					body := row.body
					if browser {
						c = c.browser()
						contentType = "application/x-www-form-urlencoded"
						if !form {
							body = ""
						}
					}
					if method == "PUT" && strings.Contains(path, "/definition") {
						contentType, body = "application/yaml", row.body
					}
					if row.body == "" {
						contentType = ""
					}
					if method != http.MethodPost && method != http.MethodPut && method != http.MethodDelete {
						c = c.with("Origin", site)
					}
					got := c.send(method, things(path), contentType, []byte(body))
					who.check(t, name, browser, method, got)
					if !route.Embeds {
						got.isNotEmbedded()
					}
				}
			}
		})
	}
}

// refused are the callers that are refused.
func refused(w who) []string {
	return slices.DeleteFunc(slices.Clone(everybody), func(name string) bool { return slices.Contains(w.may, name) })
}

// check compares an answer with the one that a caller must get.
func (w who) check(t *testing.T, name string, browser bool, method string, got reply) {
	t.Helper()
	switch {
	case slices.Contains(w.may, name):
		if slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, got.status) {
			t.Errorf("%s is refused: %s", name, got)
		}
		if location := got.header.Get("Location"); got.status == http.StatusSeeOther && strings.Contains(location, "/auth/sign-in?") {
			t.Errorf("%s is led to sign in: %s", name, got)
		}
	case slices.Contains(w.hidden, name):
		got.is(http.StatusNotFound)
	case w.secret:
		got.is(http.StatusUnauthorized)
	case name == "nobody" && browser && method == http.MethodGet:
		got.is(http.StatusSeeOther)
		if location := got.header.Get("Location"); !strings.HasPrefix(location, "/auth/sign-in?to="+url.QueryEscape("/p")) {
			t.Errorf("a browser is led to %q, want to sign in and back: %s", location, got)
		}
	case name == "nobody":
		got.is(http.StatusUnauthorized)
	default:
		got.is(http.StatusForbidden)
	}
	if browser && got.status >= 400 && got.header.Get("Content-Type") != "" {
		got.isPage()
	}
	if !slices.Contains(w.may, name) && strings.Contains(string(got.body), "ewa@example.org") {
		t.Errorf("%s is told who somebody is: %s", name, got)
	}
}

// accessThings creates things in a project, and returns a function that puts their ids into paths.
func accessThings(t *testing.T, p *project) func(path string) string {
	t.Helper()
	things := map[string]string{"{project}": p.id}
	things["{file}"] = strings.TrimPrefix(regexp.MustCompile(`/assets/[^"]+`).FindString(string(p.anyone.browser().get("/").is(http.StatusOK).body)), "/assets/")
	email := p.id + "-ewa@example.org" // letters to one mailbox are counted in all projects together
	p.anyone.post(p.at+"/signups", signup("ewa", "planting").and(fields{"email": email})).is(http.StatusCreated)
	things["{signup}"] = p.office.get(p.at + "/signups").is(http.StatusOK).text("items.0.id")
	things["{person}"] = p.office.get(p.at + "/people?q=" + email).is(http.StatusOK).text("items.0.id")
	token := func(link *regexp.Regexp) (found []string) {
		eventually(t, "the letter with the link "+link.String(), func() bool {
			for _, letter := range p.mails(email) {
				if parts := link.FindStringSubmatch(said(within(letter, "text"))); parts != nil {
					found = parts
				}
			}
			return found != nil
		})
		return found
	}
	ofSignup := func(what string) string {
		return token(regexp.MustCompile(regexp.QuoteMeta(p.at+"/signups/"+things["{signup}"]) + "/" + what + `\?token=([0-9a-f]+)`))[1]
	}
	things["{confirmation}"] = ofSignup("confirm")
	p.anyone.post(p.at+"/signups/"+things["{signup}"]+"/confirm", fields{"token": things["{confirmation}"]}).is(http.StatusOK)
	things["{token}"] = ofSignup("cancel")
	p.office.post(p.at+"/people/"+things["{person}"]+"/question", fields{}).is(http.StatusCreated)
	question := token(regexp.MustCompile("(" + regexp.QuoteMeta(p.at+"/people/"+things["{person}"]) + `/questions/[0-9A-Z]+)\?token=([0-9a-f]+)`))
	things["{question}"], things["{asked}"] = question[1], question[2]
	things["{attachment}"] = p.attach(p.adviser, "agreement.jpg", filesByType[jpeg])
	p.adviser.post(p.at+"/consultations", p.consultation("ewa").and(fields{"agreement": things["{attachment}"], "topic": "with a file"})).is(http.StatusCreated)
	things["{upload}"] = p.accepts(p.radio, "a.csv", p.airings("radio")).text("id")
	things["{consultation}"] = p.adviser.post(p.at+"/consultations", p.consultation("ewa")).is(http.StatusCreated).text("id")
	things["{attendance}"] = p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated).text("id")
	things["{test}"] = p.office.post(p.at+"/tests", p.exam("ewa")).is(http.StatusCreated).text("id")
	source := func(id string) string {
		p.office.put(p.at+"/sources/"+id, fields{"id": id, "kind": "media", "recognise": []string{id}, "columns": fields{"date": "Day", "title": "Title", "outlet": "Outlet", "reach": id}, "constants": fields{"medium": "web"}}).is(http.StatusCreated)
		return id
	}
	things["{source}"] = source("listed")
	things["{member}"] = p.office.post(p.at+"/access", fields{"email": "member@example.org", "roles": []string{"funder"}}).is(http.StatusCreated).text("id")
	things["{subscription}"] = p.subscribe("https://hooks.invalid/", "snapshot.approved").text("id")
	things["{output}"] = p.office.post(p.at+"/outputs", p.output("Ulotka")).is(http.StatusCreated).text("id")
	draft := p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-1)}).is(http.StatusCreated)
	things["{draft}"] = draft.text("id")
	approved := p.compile()
	p.approve(approved)
	things["{approved}"] = approved.text("id")
	secret := p.hook("form", ownForm)
	made := 0
	return func(path string) string {
		if strings.Contains(path, "{new source}") {
			things["{new source}"] = "radio-made"
			p.source(p.office, "radio-made", "kind: media\ncolumns: {date: Day, title: Title, outlet: Outlet, reach: Reach}\nconstants: {medium: web}\n")
		}
		if strings.Contains(path, "{new delivery}") {
			made++
			p.toHook("form", secret, fmt.Sprintf(`{"n": %d}`, made)).is(http.StatusUnprocessableEntity)
			waiting := p.office.get(p.at + "/deliveries?limit=200").is(http.StatusOK).list("items")
			things["{new delivery}"] = said(within(waiting[len(waiting)-1], "id"))
		}
		if strings.Contains(path, "{new consultation}") {
			made++
			things["{new consultation}"] = p.adviser.post(p.at+"/consultations", p.consultation("ewa").and(fields{"minutes": 10, "topic": "nowa " + strings.Repeat("x", made)})).is(http.StatusCreated).text("id")
		}
		for _, c := range []struct {
			name, at string
			body     fields
		}{
			{"{new subscription}", "/subscriptions", fields{"url": "https://hooks.invalid/", "events": []string{"snapshot.approved"}}}, {"{new attendance}", "/attendance", p.attendance("jan")}, {"{new test}", "/tests", p.exam("jan")}, {"{new output}", "/outputs", p.output("Plakat")},
		} {
			if strings.Contains(path, c.name) && things[c.name] != "" {
				p.office.delete(p.at + c.at + "/" + things[c.name])
			}
			if strings.Contains(path, c.name) {
				things[c.name] = p.office.post(p.at+c.at, c.body).is(http.StatusCreated).text("id")
			}
		}
		if strings.Contains(path, "{new source}") {
			made++
			path = strings.ReplaceAll(path, "{new source}", source("made"+strconv.Itoa(made)))
		}
		if strings.Contains(path, "{new person}") {
			made++
			name := "nowa" + strings.Repeat("x", made)
			p.office.post(p.at+"/attendance", p.attendance(name)).is(http.StatusCreated)
			things["{new person}"] = p.office.get(p.at + "/people?q=" + name + "@example.org").is(http.StatusOK).text("items.0.id")
		}
		for name, id := range things {
			path = strings.ReplaceAll(path, name, id)
		}
		return path
	}
}
