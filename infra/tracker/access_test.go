package main_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// who says for whom an address is, as the contract's table does.
type who struct {
	may    []string // get what they ask for, or hear what is wrong with it
	hidden []string // are told that there is no such thing, because to be refused would tell that there is
}

// everybody is all who ask.
var everybody = []string{"nobody", "coordinator", "coordinator elsewhere", "adviser", "other adviser", "funder", "partner", "other partner", "admin"}

var (
	anyone         = who{may: everybody}
	coordinator    = who{may: []string{"coordinator"}}
	advisers       = who{may: []string{"coordinator", "adviser", "other adviser"}}
	theirAdviser   = who{may: []string{"coordinator", "adviser"}, hidden: []string{"other adviser"}}
	partners       = who{may: []string{"coordinator", "partner", "other partner"}}
	theirPartner   = who{may: []string{"coordinator", "partner"}, hidden: []string{"other partner"}}
	funder         = who{may: []string{"coordinator", "funder"}}
	draftsReader   = who{may: []string{"coordinator"}, hidden: []string{"funder"}}
	beginner       = who{may: []string{"admin"}, hidden: []string{"coordinator", "coordinator elsewhere", "adviser", "other adviser", "funder", "partner", "other partner"}}
	holderOfAToken = who{hidden: everybody} // who holds it is anyone: the rows with ?token= say so
)

type accessRow struct {
	address string // as the template has it
	path    string // what is asked for; "": the address itself
	body    string // of a program; one of a form, _method=DELETE, is sent by browsers alone
	who     who
}

// access is the contract's table of who may do what, a row for each address of the template, and more where an address is of
// different things. In braces stands what the test puts there: things that exist.
var access = []accessRow{
	{"GET /", "", "", anyone},
	{"GET /health", "", "", anyone},
	{"GET /openapi.json", "", "", anyone},
	{"GET /assets/{file}", "", "", anyone},
	{"GET /auth/sign-in", "", "", anyone},
	{"GET /auth/callback", "", "", anyone},
	{"GET /auth/sign-out", "", "", anyone},
	{"POST /auth/sign-out", "", "", anyone},
	{"GET /{project}", "", "", anyone},
	{"GET /{project}/signup", "", "", anyone},
	{"POST /{project}/signups", "", `{}`, anyone},
	{"GET /{project}/signups/{id}/cancel", "/{project}/signups/{signup}/cancel?token={token}", "", anyone},
	{"GET /{project}/signups/{id}/cancel", "/{project}/signups/{signup}/cancel?token=00", "", holderOfAToken},
	{"GET /{project}/signups/{id}/cancel", "/{project}/signups/{signup}/cancel", "", holderOfAToken},
	{"POST /{project}/signups/{id}/cancel", "/{project}/signups/{signup}/cancel?token={token}", `{}`, anyone},
	{"POST /{project}/signups/{id}/cancel", "/{project}/signups/{signup}/cancel?token=00", `{}`, holderOfAToken},

	{"GET /{project}/signups", "", "", coordinator},
	{"GET /{project}/signups.csv", "", "", coordinator},
	{"GET /{project}/signups.xlsx", "", "", coordinator},
	{"PUT /{project}/signups/{id}", "/{project}/signups/{signup}", `{"state":"rubbish"}`, coordinator},
	{"POST /{project}/signups/{id}", "/{project}/signups/{signup}", `_method=PUT&state=rubbish`, coordinator},

	{"GET /{project}/uploads", "", "", partners},
	{"POST /{project}/uploads", "", `{}`, partners},
	{"GET /{project}/uploads/{id}", "/{project}/uploads/{upload}", "", theirPartner},
	{"GET /{project}/uploads/{id}/errors.csv", "/{project}/uploads/{upload}/errors.csv", "", theirPartner},
	{"GET /{project}/uploads/{id}/original", "/{project}/uploads/{upload}/original", "", theirPartner},
	{"GET /{project}/uploads/template.csv", "/{project}/uploads/template.csv?kind=media", "", partners},
	{"GET /{project}/uploads/template.xlsx", "/{project}/uploads/template.xlsx?kind=media", "", partners},
	{"POST /{project}/uploads/{id}/counting", "/{project}/uploads/{upload}/counting", `{}`, theirPartner},
	{"DELETE /{project}/uploads/{id}", "/{project}/uploads/{upload}", "", theirPartner},
	{"POST /{project}/uploads/{id}", "/{project}/uploads/{upload}", `_method=DELETE`, theirPartner},

	{"GET /{project}/consultations", "", "", advisers},
	{"POST /{project}/consultations", "", `{}`, advisers},
	{"GET /{project}/consultations/sheet", "", "", advisers},
	{"GET /{project}/consultations/{id}", "/{project}/consultations/{consultation}", "", theirAdviser},
	{"PUT /{project}/consultations/{id}", "/{project}/consultations/{consultation}", `{}`, theirAdviser},
	{"POST /{project}/consultations/{id}", "/{project}/consultations/{consultation}", `_method=PUT`, theirAdviser},
	{"DELETE /{project}/consultations/{id}", "/{project}/consultations/{new consultation}", "", theirAdviser},

	{"GET /{project}/attention", "", "", coordinator},
	{"GET /{project}/audit", "", "", coordinator},
	{"GET /{project}/activities", "", "", coordinator},
	{"GET /{project}/activities/{activity}", "/{project}/activities/planting", "", coordinator},
	{"GET /{project}/activities/{activity}/attendance", "/{project}/activities/planting/attendance", "", coordinator},
	{"POST /{project}/activities/{activity}/attendance", "/{project}/activities/planting/attendance", `{}`, coordinator},
	{"GET /{project}/activities/{activity}/tests", "/{project}/activities/planting/tests", "", coordinator},
	{"POST /{project}/activities/{activity}/tests", "/{project}/activities/planting/tests", `{}`, coordinator},
	{"GET /{project}/activities/{activity}/list", "/{project}/activities/planting/list", "", coordinator},
	{"GET /{project}/activities/{activity}/certificates", "/{project}/activities/planting/certificates", "", coordinator},
	{"GET /{project}/attendance", "", "", coordinator},
	{"POST /{project}/attendance", "", `{}`, coordinator},
	{"GET /{project}/attendance/{id}", "/{project}/attendance/{attendance}", "", coordinator},
	{"PUT /{project}/attendance/{id}", "/{project}/attendance/{attendance}", `{}`, coordinator},
	{"POST /{project}/attendance/{id}", "/{project}/attendance/{attendance}", `_method=PUT`, coordinator},
	{"DELETE /{project}/attendance/{id}", "/{project}/attendance/{new attendance}", "", coordinator},
	{"GET /{project}/tests", "", "", coordinator},
	{"POST /{project}/tests", "", `{}`, coordinator},
	{"GET /{project}/tests/{id}", "/{project}/tests/{test}", "", coordinator},
	{"PUT /{project}/tests/{id}", "/{project}/tests/{test}", `{}`, coordinator},
	{"POST /{project}/tests/{id}", "/{project}/tests/{test}", `_method=PUT`, coordinator},
	{"DELETE /{project}/tests/{id}", "/{project}/tests/{new test}", "", coordinator},
	{"GET /{project}/outputs", "", "", coordinator},
	{"POST /{project}/outputs", "", `{}`, coordinator},
	{"GET /{project}/outputs/{id}", "/{project}/outputs/{output}", "", coordinator},
	{"PUT /{project}/outputs/{id}", "/{project}/outputs/{output}", `{}`, coordinator},
	{"POST /{project}/outputs/{id}", "/{project}/outputs/{output}", `_method=PUT`, coordinator},
	{"DELETE /{project}/outputs/{id}", "/{project}/outputs/{new output}", "", coordinator},

	{"GET /{project}/people", "", "", coordinator},
	{"GET /{project}/people", "/{project}/people?q=ewa@example.org", "", coordinator},
	{"GET /{project}/people/duplicates", "", "", coordinator},
	{"GET /{project}/people/{id}", "/{project}/people/{person}", "", coordinator},
	{"GET /{project}/people/{id}", "/{project}/people/{person}.json", "", coordinator},
	{"POST /{project}/people/{id}", "/{project}/people/{person}", `_method=PUT`, coordinator},
	{"PUT /{project}/people/{id}", "/{project}/people/{person}", `{"email":"rubbish"}`, coordinator},
	{"GET /{project}/people/{id}/erasure", "/{project}/people/{person}/erasure", "", coordinator},
	{"GET /{project}/people/{id}/merge", "/{project}/people/{person}/merge?into=ewa@example.org", "", coordinator},
	{"POST /{project}/people/{id}/merge", "/{project}/people/{person}/merge", `{}`, coordinator},
	{"POST /{project}/people/{id}/apart", "/{project}/people/{person}/apart", `{}`, coordinator},
	{"DELETE /{project}/people/{id}", "/{project}/people/{new person}", "", coordinator},

	{"GET /{project}/snapshots", "", "", funder},
	{"POST /{project}/snapshots", "", `{"as_of":"rubbish"}`, coordinator},
	{"GET /{project}/snapshots/{id}", "/{project}/snapshots/{approved}", "", funder},
	{"GET /{project}/snapshots/{id}", "/{project}/snapshots/{approved}.json", "", funder},
	{"GET /{project}/snapshots/{id}", "/{project}/snapshots/{approved}.csv", "", funder},
	{"GET /{project}/snapshots/{id}", "/{project}/snapshots/{approved}.xlsx", "", funder},
	{"GET /{project}/snapshots/{id}", "/{project}/snapshots/{approved}.pdf", "", funder},
	{"GET /{project}/snapshots/{id}", "/{project}/snapshots/latest", "", funder},
	{"GET /{project}/snapshots/{id}", "/{project}/snapshots/{draft}", "", draftsReader},
	{"GET /{project}/snapshots/{id}", "/{project}/snapshots/{draft}.pdf", "", draftsReader},
	{"GET /{project}/snapshots/{id}/changes", "/{project}/snapshots/{approved}/changes", "", funder},
	{"GET /{project}/snapshots/{id}/changes", "/{project}/snapshots/{draft}/changes", "", draftsReader},
	{"POST /{project}/snapshots/{id}/approval", "/{project}/snapshots/{draft}/approval", `{}`, coordinator},
	{"POST /{project}/snapshots/{id}/verification", "/{project}/snapshots/{approved}/verification", `{}`, funder},
	{"POST /{project}/snapshots/{id}/verification", "/{project}/snapshots/{draft}/verification", `{}`, draftsReader},
	{"GET /{project}/snapshots/{id}/indicators/{code}/evidence", "/{project}/snapshots/{approved}/indicators/1/evidence", "", funder},
	{"GET /{project}/snapshots/{id}/indicators/{code}/evidence", "/{project}/snapshots/{draft}/indicators/1/evidence", "", draftsReader},
	{"GET /{project}/snapshots/{id}/indicators/{code}/evidence.csv", "/{project}/snapshots/{approved}/indicators/1/evidence.csv", "", funder},
	{"GET /{project}/snapshots/{id}/participants/evidence", "/{project}/snapshots/{approved}/participants/evidence", "", funder},
	{"GET /{project}/snapshots/{id}/participants/evidence.csv", "/{project}/snapshots/{approved}/participants/evidence.csv", "", funder},
	{"GET /{project}/snapshots/{id}/participants/evidence.csv", "/{project}/snapshots/{draft}/participants/evidence.csv", "", draftsReader},

	{"GET /{project}/definition", "", "", coordinator},
	{"GET /{project}/definition/versions", "", "", coordinator},
	{"GET /{project}/definition/versions/{number}", "/{project}/definition/versions/1", "", coordinator},
	{"PUT /{project}/definition", "/{project}/definition?dry_run=1", "id: x", coordinator},
	{"PUT /{project}/definition", "/{project}none/definition?dry_run=1", "id: x", beginner},
	{"POST /{project}/definition", "", `{}`, coordinator},
}

// TestEveryAddressOfTheTemplateIsForThoseOfTheTable asks every address as everybody, as a program and as a browser, for
// things that exist.
func TestEveryAddressOfTheTemplateIsForThoseOfTheTable(t *testing.T) {
	t.Parallel()
	routes := templateRoutes(t)
	for _, row := range access {
		if !slices.Contains(routes, row.address) {
			t.Errorf("the table of who may do what has %s, and the template has not", row.address)
		}
	}
	for _, route := range routes {
		if !slices.ContainsFunc(access, func(row accessRow) bool { return row.address == route }) {
			t.Errorf("the template has %s, and no row of `access` in access_test.go says who may ask for it: write one, as the contract has it", route)
		}
	}
	p := newProject(t)
	callers := map[string]caller{
		"nobody": p.anyone, "coordinator": p.office, "coordinator elsewhere": p.caller("office@example.org", "elsewhere:coordinator"),
		"adviser": p.adviser, "other adviser": p.caller("other-adviser@example.org", p.id+":adviser"), "funder": p.funder,
		"partner": p.radio, "other partner": p.press, "admin": p.admin,
	}
	things := accessThings(t, p)
	for _, row := range access {
		method, path, _ := strings.Cut(row.address, " ")
		if row.path != "" {
			path = row.path
		}
		t.Run(method+" "+strings.ReplaceAll(path, "/", "⁄"), func(t *testing.T) {
			form := strings.HasPrefix(row.body, "_method=")
			for _, browser := range []bool{false, true} {
				if form && !browser {
					continue
				}
				for _, name := range append(refused(row.who), row.who.may...) {
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
					row.who.check(t, name, browser, method, c.send(method, things(path), contentType, []byte(body)))
				}
			}
		})
	}
}

// refused are those who do not get what they ask for.
func refused(w who) []string {
	return slices.DeleteFunc(slices.Clone(everybody), func(name string) bool { return slices.Contains(w.may, name) })
}

// check compares an answer with what somebody is to be told.
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

// templateRoutes are the routes of the template, as "GET /{project}".
func templateRoutes(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Events map[string]struct {
					Type       string `yaml:"Type"`
					Properties struct {
						Path   string `yaml:"Path"`
						Method string `yaml:"Method"`
					} `yaml:"Properties"`
				} `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, r := range template.Resources {
		for _, event := range r.Properties.Events {
			if event.Type == "HttpApi" && event.Properties.Path != "" {
				routes = append(routes, event.Properties.Method+" "+event.Properties.Path)
			}
		}
	}
	slices.Sort(routes)
	return routes
}

// accessThings makes things of a project, and gives what puts their ids into paths.
func accessThings(t *testing.T, p *project) func(path string) string {
	t.Helper()
	things := map[string]string{"{project}": p.id}
	things["{file}"] = strings.TrimPrefix(regexp.MustCompile(`/assets/[^"]+`).FindString(string(p.anyone.browser().get("/").is(http.StatusOK).body)), "/assets/")
	p.anyone.post(p.at+"/signups", signup("ewa", "planting")).is(http.StatusCreated)
	things["{signup}"] = p.office.get(p.at + "/signups").is(http.StatusOK).text("items.0.id")
	things["{person}"] = p.office.get(p.at + "/people?q=ewa@example.org").is(http.StatusOK).text("items.0.id")
	eventually(t, "a letter", func() bool { return len(p.mails("ewa@example.org")) > 0 })
	link := regexp.MustCompile(`token=([0-9a-f]+)`).FindStringSubmatch(said(within(p.mails("ewa@example.org")[0], "text")))
	if link == nil {
		t.Fatal("a letter without a link")
	}
	things["{token}"] = link[1]
	things["{upload}"] = p.accepts(p.radio, "a.csv", p.airings("radio")).text("id")
	things["{consultation}"] = p.adviser.post(p.at+"/consultations", p.consultation("ewa")).is(http.StatusCreated).text("id")
	things["{attendance}"] = p.office.post(p.at+"/attendance", p.attendance("ewa")).is(http.StatusCreated).text("id")
	things["{test}"] = p.office.post(p.at+"/tests", p.exam("ewa")).is(http.StatusCreated).text("id")
	things["{output}"] = p.office.post(p.at+"/outputs", p.output("Ulotka")).is(http.StatusCreated).text("id")
	draft := p.office.post(p.at+"/snapshots", fields{"as_of": p.day(-1)}).is(http.StatusCreated)
	things["{draft}"] = draft.text("id")
	approved := p.compile()
	p.approve(approved)
	things["{approved}"] = approved.text("id")
	made := 0
	return func(path string) string {
		if strings.Contains(path, "{new consultation}") {
			made++
			things["{new consultation}"] = p.adviser.post(p.at+"/consultations", p.consultation("ewa").and(fields{"minutes": 10, "topic": "nowa " + strings.Repeat("x", made)})).is(http.StatusCreated).text("id")
		}
		for _, c := range []struct {
			name, at string
			body     fields
		}{
			{"{new attendance}", "/attendance", p.attendance("jan")}, {"{new test}", "/tests", p.exam("jan")}, {"{new output}", "/outputs", p.output("Plakat")},
		} {
			if strings.Contains(path, c.name) && things[c.name] != "" {
				p.office.delete(p.at + c.at + "/" + things[c.name])
			}
			if strings.Contains(path, c.name) {
				things[c.name] = p.office.post(p.at+c.at, c.body).is(http.StatusCreated).text("id")
			}
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
