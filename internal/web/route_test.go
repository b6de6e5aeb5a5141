package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"outreach/internal/identity"
	"outreach/internal/store"
)

// echo returns a router whose routes respond with their pattern and the values of the path's parameters.
func echo(t *testing.T, paths ...string) http.Handler {
	t.Helper()
	authority, err := identity.New(identity.Settings{Issuer: "https://issuer.example.org", ClientID: "tracker", CookieKey: make([]byte, 32), BaseURL: "https://tracker.example.org"}, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	site := &Site{DB: &store.DB{Now: time.Now}, Authority: authority, Log: slog.New(slog.DiscardHandler)}
	var routes []Route
	for _, path := range paths {
		route := Route{Method: http.MethodGet, Path: path}
		route.Plain = func(*Site) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, r.Pattern)
				for _, name := range route.Names() {
					fmt.Fprintf(w, " %s=%s", name, r.PathValue(name))
				}
			})
		}
		routes = append(routes, route)
	}
	return NewRouter(site, routes)
}

func TestRouter(t *testing.T) {
	h := echo(t, "/", "/health", "/{project}", "/{project}/uploads/template.csv", "/{project}/uploads/{id}", "/{project}/snapshots/{id}", "/{project}/snapshots/{id}.pdf", "/{project}/snapshots/{id}/indicators/{code}/evidence")
	for _, c := range []struct {
		name, method, path string
		status             int
		want               string // the body, or the target of a redirect
	}{
		{"the first page", "GET", "/", 200, "GET /"},
		{"a fixed word comes before a project", "GET", "/health", 200, "GET /health"},
		{"a project", "GET", "/ces", 200, "GET /{project} project=ces"},
		{"HEAD is served as GET", "HEAD", "/ces", 200, "GET /{project} project=ces"},
		{"a fixed part comes before an id", "GET", "/ces/uploads/template.csv", 200, "GET /{project}/uploads/template.csv project=ces"},
		{"an id", "GET", "/ces/snapshots/latest", 200, "GET /{project}/snapshots/{id} project=ces id=latest"},
		{"an id with a suffix that has a route", "GET", "/ces/snapshots/latest.pdf", 200, "GET /{project}/snapshots/{id}.pdf project=ces id=latest"},
		{"an id with a suffix that has none", "GET", "/ces/snapshots/latest.doc", 200, "GET /{project}/snapshots/{id} project=ces id=latest.doc"},
		{"a suffix without an id", "GET", "/ces/snapshots/.pdf", 404, ""},
		{"an escaped letter is the letter", "GET", "/ces/%73napshots/latest", 200, "GET /{project}/snapshots/{id} project=ces id=latest"},
		{"an escaped slash ends no part", "GET", "/ces/snapshots/latest/indicators/a%2Fb/evidence", 200, "GET /{project}/snapshots/{id}/indicators/{code}/evidence project=ces id=latest code=a/b"},
		{"an escaped percent sign", "GET", "/ces/snapshots/latest/indicators/5%252F/evidence", 200, "GET /{project}/snapshots/{id}/indicators/{code}/evidence project=ces id=latest code=5%2F"},
		{"a letter outside ASCII", "GET", "/ces/uploads/%C5%BC", 200, "GET /{project}/uploads/{id} project=ces id=ż"},
		{"another method", "PUT", "/ces", 404, ""},
		{"an unknown method", "BREW", "/ces", 404, ""},
		{"another path", "GET", "/ces/nothing/here", 404, ""},
		{"a trailing slash redirects to the path without it", "GET", "/ces/?lang=pl", 303, "/ces?lang=pl"},
		{"two slashes redirect to the clean path", "GET", "/ces//snapshots/latest", 307, "/ces/snapshots/latest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
			got := w.Body.String()
			if w.Code/100 == 3 {
				got = w.Header().Get("Location")
			}
			if w.Code != c.status || c.want != "" && got != c.want {
				t.Errorf("%d %s, want %d %s", w.Code, got, c.status, c.want)
			}
		})
	}
}

func TestRouteNamesItsParameters(t *testing.T) {
	if names := (Route{Path: "/{project}/snapshots/{id}.pdf"}).Names(); strings.Join(names, " ") != "project id" {
		t.Error(names)
	}
}

func TestReservedWordsAreNoProjects(t *testing.T) {
	authority, err := identity.New(identity.Settings{Issuer: "https://issuer.example.org", ClientID: "tracker", CookieKey: make([]byte, 32), BaseURL: "https://tracker.example.org"}, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	site := &Site{DB: &store.DB{Now: time.Now}, Authority: authority, Log: slog.New(slog.DiscardHandler)}
	h := NewRouter(site, []Route{{Method: http.MethodGet, Path: "/{project}/definition", Handler: func(*Call) error { t.Error("the handler runs"); return nil }}})
	for _, word := range []string{"health", "ready", "metrics", "archive", "programme", "help", "local", "auth", "assets", "openapi"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+word+"/definition", nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", word, w.Code)
		}
	}
}
