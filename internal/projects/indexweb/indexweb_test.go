package indexweb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"outreach/internal/app"
	"outreach/internal/projects"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

// get sends a GET and returns the answer.
func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

// broken is a Projects that cannot be read.
type broken struct{}

var errBroken = errors.New("the table cannot be read")

func (broken) Projects(context.Context) ([]string, error) { return nil, errBroken }
func (broken) Definition(context.Context, string) (projects.Defined, error) {
	return projects.Defined{}, errBroken
}

func TestAddressesOutsideAnyProject(t *testing.T) {
	t.Parallel()
	tr := webtest.New(t, webtest.Definition, func(a *app.App) []web.Route { return New(a).Routes() })
	h := web.NewRouter(tr.Site, New(tr.App).Routes())

	var list struct{ Items []projectLine }
	if w := get(t, h, "/"); w.Code != http.StatusOK || json.Unmarshal(w.Body.Bytes(), &list) != nil || len(list.Items) != 1 {
		t.Fatalf("projects: %d %s", w.Code, w.Body)
	}
	if p := list.Items[0]; p.ID != webtest.Project || p.State != "running" || !p.SignupOpen {
		t.Errorf("project %+v", p)
	}
	if w := get(t, h, "/health"); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("health: %d %s", w.Code, w.Body)
	}
	var document struct{ Servers []struct{ URL string } }
	if w := get(t, h, "/openapi.json"); w.Code != http.StatusOK || json.Unmarshal(w.Body.Bytes(), &document) != nil || len(document.Servers) != 1 || document.Servers[0].URL != tr.Site.BaseURL {
		t.Errorf("description of the API: %d, servers %+v", w.Code, document.Servers)
	}
	if w := get(t, h, "/nothing/here"); w.Code != http.StatusNotFound {
		t.Errorf("another address: %d", w.Code)
	}
}

func TestHealthFailsWhenTheTablesCannotBeRead(t *testing.T) {
	t.Parallel()
	tr := webtest.New(t, webtest.Definition, func(*app.App) []web.Route { return nil })
	h := web.NewRouter(tr.Site, Handlers{projects: broken{}}.Routes())
	if w := get(t, h, "/health"); w.Code < 500 {
		t.Errorf("health: %d %s", w.Code, w.Body)
	}
}
