// Package webtest sends requests to routes that run on a tracker with empty tables and one project, for unit tests of
// handlers.
package webtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"outreach/internal/app"
	"outreach/internal/identity"
	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/web"
)

// Project is the id of the project.
const Project = "garden"

// Definition is a project for tests that need nothing special: it runs for a century, planting has two places and
// compost has no limit.
const Definition = `
id: garden
title: {pl: Ogród, en: Garden}
period: {from: 2001-01-01, to: 2100-12-31}
groups:
  - {id: school, label: {pl: szkoła, en: school}}
activities:
  - {id: planting, kind: training, capacity: 2, label: {pl: Sadzenie, en: Planting}, starts: 2026-05-10 09:00, ends: 2026-05-10 15:00}
  - {id: compost, kind: training, label: {pl: Kompost, en: Compost}}
  - {id: pruning, kind: training, label: {pl: Cięcie, en: Pruning}, closes: 2020-05-01}
output_kinds:
  - {id: leaflet, label: {pl: ulotka, en: leaflet}}
partners:
  - {id: radio, name: Radio}
indicators:
  - {code: "1", unit: person, target: 20, count: people, of: attendance, where: 'outcome == "completed"', label: {pl: Osoby, en: People}}
  - {code: "2", unit: consultation, target: 60, count: records, of: consultation, label: {pl: Porady, en: Consultations}}
`

// The client id and the addresses that tokens name.
const (
	issuer   = "https://issuer.example.org"
	clientID = "tracker"
	baseURL  = "https://tracker.example.org"
)

// Tracker serves routes on empty tables. Tests may set the clock, DB.Now, before they send anything.
type Tracker struct {
	*app.App
	Site    *web.Site
	t       testing.TB
	key     *ecdsa.PrivateKey
	handler http.Handler
}

// New returns a Tracker with a project of this definition, a text in YAML, that serves the routes. It fails the test
// where the definition is wrong.
func New(t testing.TB, text string, routes func(*app.App) []web.Route) *Tracker {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := app.New(storetest.New(t))
	authority, err := identity.New(identity.Settings{Issuer: issuer, ClientID: clientID, CookieKey: make([]byte, 32), BaseURL: baseURL},
		&http.Client{Transport: provider{key: key.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	site := &web.Site{DB: a.DB, Definitions: a.Projects, Staff: a.Access, Authority: authority, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), BaseURL: baseURL}
	tracker := &Tracker{App: a, Site: site, t: t, key: key, handler: web.NewRouter(site, routes(a))}
	tracker.Define(text)
	return tracker
}

// Define puts a definition in force and returns it.
func (tr *Tracker) Define(text string) *project.Definition {
	tr.t.Helper()
	def, problems := definition.Parse("", []byte(text))
	if len(problems) > 0 {
		tr.t.Fatalf("definition: %+v", problems)
	}
	if _, _, err := tr.Projects.SetDefinition(tr.t.Context(), def, []byte(text), "", ""); err != nil {
		tr.t.Fatal(err)
	}
	return def
}

// AddField adds a field to a kind of record, as a project's own definition does.
func (tr *Tracker) AddField(kind string, field project.RecordField) {
	tr.t.Helper()
	tr.AddKind(project.RecordKind{Name: kind, Fields: []project.RecordField{field}})
}

// AddKind adds a kind of record, or fields to one, as a project's own definition does.
func (tr *Tracker) AddKind(kind project.RecordKind) {
	tr.t.Helper()
	defined, err := tr.Projects.Definition(tr.t.Context(), Project)
	if err != nil {
		tr.t.Fatal(err)
	}
	def := *defined.Definition
	def.Records = append(slices.Clone(def.Records), kind)
	if _, _, err := tr.Projects.SetDefinition(tr.t.Context(), &def, fmt.Appendf(nil, "%+v", kind), "", ""); err != nil {
		tr.t.Fatal(err)
	}
}

// SignUp signs a person up to an activity, as a coordinator does: Ewa is Ewa Nowa, ewa@example.org.
func (tr *Tracker) SignUp(t testing.TB, first, activity string) signups.Signup {
	t.Helper()
	kind := schema.Builtin().Kind(schema.Signup)
	row := kind.Row(schema.ValuesOf(map[string]string{
		"activity": activity, "first_name": first, "last_name": "Nowa", "email": strings.ToLower(first) + "@example.org", "consent_processing": "yes",
	}))
	defined, err := tr.Projects.Definition(t.Context(), Project)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := defined.Definition.Activity(activity)
	done, err := tr.Signups.SignUp(t.Context(), Project, signups.SignupDraft{Kind: kind, Activity: a, Row: row, Submitted: tr.DB.Now()}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return done.Signup
}

// Request is what a test sends: JSON or a form, by a program unless Page is set.
type Request struct {
	Method string // "" is GET, or POST where there is a body
	Path   string // after the project: /signups?activity=planting
	As     string // a role in the project: coordinator, adviser, partner:radio; or admin; "" is anyone
	Email  string // of the one who asks; "" is the role's: coordinator@example.org
	JSON   any
	Form   url.Values // a browser's form: sets Page
	Body   string     // any other body, of the Content-Type in Header
	Page   bool       // a browser asks
	Header map[string]string
}

// Answer is what a test got.
type Answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// Send sends a request and returns the answer, which fails t.
func (tr *Tracker) Send(t testing.TB, q Request) Answer {
	t.Helper()
	var body io.Reader
	contentType := ""
	switch {
	case q.Body != "":
		body = strings.NewReader(q.Body)
	case q.Form != nil:
		body, contentType, q.Page = strings.NewReader(q.Form.Encode()), "application/x-www-form-urlencoded", true
	case q.JSON != nil:
		encoded, err := json.Marshal(q.JSON)
		if err != nil {
			t.Fatal(err)
		}
		body, contentType = bytes.NewReader(encoded), "application/json"
	}
	method := q.Method
	switch {
	case method == "" && body != nil:
		method = http.MethodPost
	case method == "":
		method = http.MethodGet
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "/"+Project+q.Path, body)
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Accept", "application/json")
	if q.Page {
		r.Header.Set("Accept", "text/html")
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if q.As != "" {
		r.Header.Set("Authorization", "Bearer "+tr.token(t, q.As, q.Email))
	}
	for name, value := range q.Header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	tr.handler.ServeHTTP(w, r)
	return Answer{w, t}
}

// token returns a bearer token of someone with a role.
func (tr *Tracker) token(t testing.TB, role, email string) string {
	t.Helper()
	group := Project + ":" + role
	if role == "admin" {
		group = role
	}
	if email == "" {
		email = strings.ReplaceAll(role, ":", ".") + "@example.org"
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: tr.key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": issuer, "aud": clientID, "sub": email, "email": email, "groups": []string{group}, "exp": time.Now().Add(time.Hour).Unix(),
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Want fails the test unless the answer has a status. It returns the answer.
func (a Answer) Want(status int) Answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("status %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

// Read decodes the JSON of the answer.
func (a Answer) Read(into any) Answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), into); err != nil {
		a.t.Fatalf("%v: %s", err, a.Body)
	}
	return a
}

// Location returns where the answer redirects to, or where what it created is.
func (a Answer) Location() string { return a.Header().Get("Location") }

// ETag returns the version that the answer names.
func (a Answer) ETag() string { return a.Header().Get("ETag") }

// Problems returns the problems of the answer as "field: code", in their order.
func (a Answer) Problems() []string {
	a.t.Helper()
	var problem struct {
		Errors []struct{ Field, Code string }
	}
	a.Read(&problem)
	var out []string
	for _, e := range problem.Errors {
		out = append(out, fmt.Sprintf("%s: %s", e.Field, e.Code))
	}
	return out
}

// provider is an OpenID Connect provider, in the place of the network.
type provider struct{ key any }

func (p provider) RoundTrip(r *http.Request) (*http.Response, error) {
	var body any = map[string]any{"issuer": issuer, "jwks_uri": issuer + "/keys"}
	if r.URL.Path == "/keys" {
		body = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key}}}
	}
	w := httptest.NewRecorder()
	if err := json.NewEncoder(w).Encode(body); err != nil {
		return nil, err
	}
	return w.Result(), nil
}
