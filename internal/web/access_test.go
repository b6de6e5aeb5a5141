package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"outreach/internal/logs"
)

type line struct {
	Msg, Method, Route, Project string
	Status                      int
	RequestID                   string `json:"request_id"`
}

// serve sends a request through Logged and returns the response and the lines of the log.
func serve(t *testing.T, r *http.Request, h func(*Site) http.HandlerFunc) (*httptest.ResponseRecorder, []line) {
	t.Helper()
	var out bytes.Buffer
	site := &Site{Log: logs.New(&out, logs.Request)}
	w := httptest.NewRecorder()
	mux := http.NewServeMux()
	mux.Handle("GET /{project}/signups", h(site))
	Logged(site.Log, time.Now, mux).ServeHTTP(w, r)
	if strings.Contains(out.String(), "secret") {
		t.Errorf("the log contains the URL: %s", &out)
	}
	var lines []line
	for d := json.NewDecoder(&out); d.More(); {
		var l line
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return w, lines
}

func TestLoggedGivesEachRequestAnIDAndOneLine(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/town/signups?token=secret", nil)
	r.Header.Set(RequestHeader, "chosen by the client")
	w, lines := serve(t, r, func(*Site) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }
	})
	id := w.Header().Get(RequestHeader)
	if len(id) != 26 {
		t.Errorf("the id is %q, want a ULID", id)
	}
	want := line{Msg: "request", Method: http.MethodGet, Route: "GET /{project}/signups", Status: http.StatusTeapot, RequestID: id}
	if len(lines) != 1 || lines[0] != want {
		t.Errorf("got %+v, want %+v", lines, want)
	}
}

func TestLoggedKeepsTheIDInTheContext(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/secret", nil)
	r.Method = "SECRET-secret"
	w, lines := serve(t, r.WithContext(logs.WithRequest(r.Context(), "id1")), func(*Site) http.HandlerFunc { return http.NotFound })
	if got := w.Header().Get(RequestHeader); got != "id1" || len(lines) != 1 || lines[0].RequestID != "id1" || lines[0].Method != "other" {
		t.Errorf("got %q and %+v", got, lines)
	}
}

func TestProblemsIncludeTheRequestID(t *testing.T) {
	t.Parallel()
	for _, accept := range []string{"text/html", "application/json"} {
		r := httptest.NewRequest(http.MethodGet, "/town/signups?email=secret", nil)
		r.Header.Set("Accept", accept)
		w, lines := serve(t, r, func(s *Site) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				c := &Call{Request: r, W: w, Site: s, Page: wantsPage(r)}
				c.fail(http.ErrAbortHandler)
				c.logged()
			}
		})
		id := w.Header().Get(RequestHeader)
		if w.Code != http.StatusInternalServerError || id == "" || !strings.Contains(w.Body.String(), id) {
			t.Errorf("%s: answered %d without the id %q: %s", accept, w.Code, id, w.Body)
		}
		if len(lines) != 2 || lines[0].Msg != "internal" || lines[0].RequestID != id || lines[1].RequestID != id {
			t.Errorf("%s: got %+v, want two lines of %s", accept, lines, id)
		}
	}
}
