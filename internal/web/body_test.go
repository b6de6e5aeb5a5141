package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/schema"
	"outreach/internal/store"
)

const formMedia = "application/x-www-form-urlencoded"

func request(method, contentType, body string) *Call {
	r := httptest.NewRequest(method, "/town/outputs", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return &Call{Request: r, W: httptest.NewRecorder(), Site: &Site{DB: &store.DB{Now: time.Now}}, Project: "town"}
}

func TestReadRefusesInvalidBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, contentType, body string
		want                    Error
	}{
		{"not UTF-8", "application/json", "\"\xff\"", Error{Status: 400, Detail: "not_utf8"}},
		{"not JSON", "application/json", "{", Error{Status: 400, Detail: "not_json"}},
		{"JSON with more after it", "application/json", "{} {}", Error{Status: 400, Detail: "not_json"}},
		{"JSON that is not an object", "application/merge-patch+json", "[]", Error{Status: 400, Detail: "not_an_object"}},
		{"a form with a broken escape", formMedia, "title=%zz", Error{Status: 400, Detail: "not_a_form"}},
		{"another media type", "text/csv", "title", Error{Status: 415}},
		{"no media type", "", "title", Error{Status: 415}},
		{"a body above the limit", "application/json", strings.Repeat(" ", MostBody+1), Error{Status: 413}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := request(http.MethodPost, tt.contentType, tt.body).Read()
			got := asResponse(err)
			if got == nil || got.Status != tt.want.Status || got.Detail != tt.want.Detail {
				t.Errorf("got %+v (%v), want %+v", got, err, tt.want)
			}
		})
	}
}

func TestReadParsesJSONAndForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, contentType, body string
		form                    bool
		want                    schema.Given
	}{
		{"an empty body is an empty object", "", " \n", false, schema.Given{}},
		{"an empty form is a form", formMedia, "", true, schema.Given{}},
		{"JSON", "application/json; charset=utf-8", `{"title": "x", "evidence": null}`, false, schema.Given{"title": "x", "evidence": nil}},
		{"JSON without invisible characters", "application/json", `{"ti\u202etle": "R\u202eaz\u200bem \u2066x\u2069", "person": {"first_name": "Ol\u00ada"}, "list": ["a\u202c"], "n": 1}`, false,
			schema.Given{"title": "Razem x", "person": map[string]any{"first_name": "Ola"}, "list": []any{"a"}, "n": json.Number("1")}},
		{"a form without invisible characters", formMedia, "title=R%E2%80%AEazem", true, schema.Given{"title": "Razem"}},
		{"the last of several values in a form", formMedia, "title=x&title=y+z", true, schema.Given{"title": "y z"}},
		{"fields for the protocol are not part of the record", formMedia, "title=x&idempotency_key=k&_method=put&_if_match=3", true, schema.Given{"title": "x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, err := request(http.MethodPost, tt.contentType, tt.body).Read()
			if diff := cmp.Diff(tt.want, body.Given); err != nil || diff != "" || body.Form != tt.form {
				t.Errorf("%v, form %v (-want +got):\n%s", err, body.Form, diff)
			}
		})
	}
}

func TestFormCarriesMethodAndVersion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, contentType, body, ifMatch string
		wantMethod, wantVersion                  string
	}{
		{"a form may name another method and the version", "POST", formMedia, "_method=put&_if_match=3", "", "PUT", "3"},
		{"the header takes precedence over the field", "POST", formMedia, "_if_match=3", "4", "POST", "4"},
		{"JSON cannot name another method", "POST", "application/json", `{"_method": "DELETE"}`, "", "POST", ""},
		{"only POST can name another method", "PUT", formMedia, "_method=delete", "", "PUT", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := request(tt.method, tt.contentType, tt.body)
			c.Header.Set("If-Match", tt.ifMatch)
			body, err := c.Read()
			if method, version := body.Method(c), body.IfMatch(c); err != nil || method != tt.wantMethod || version != tt.wantVersion {
				t.Errorf("got %s of version %q (%v), want %s of %q", method, version, err, tt.wantMethod, tt.wantVersion)
			}
		})
	}
}

func TestReadLimitsTheIdempotencyKey(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]bool{MostKey: true, MostKey + 1: false} {
		c := request(http.MethodPost, "application/json", "{}")
		c.Header.Set("Idempotency-Key", strings.Repeat("ż", length))
		_, err := c.Read()
		problems, invalid := Problems(err)
		if want != (err == nil) || !want && (!invalid || problems[0].Field != "Idempotency-Key" || problems[0].Code != schema.TooLong) {
			t.Errorf("%d characters: %v", length, err)
		}
	}
}

func TestQualityOfAcceptHeaders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		accept, media string
		want          float64
	}{
		{"", "text/html", 0},
		{"text/html", "text/html", 1},
		{"text/*;q=0.4", "text/html", 0.4},
		{"text/*;q=0.4, text/html;q=0.8", "text/html", 0.8},
		{"text/html;q=high", "text/html", 0},
		{"*/*", "text/html", 0},
	} {
		if got := quality(tt.accept, tt.media); got != tt.want {
			t.Errorf("%s in %q: got %v, want %v", tt.media, tt.accept, got, tt.want)
		}
	}
}

func TestWantsPage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, accept, contentType string
		want                      bool
	}{
		{"a browser", "text/html,application/xhtml+xml,*/*;q=0.8", "", true},
		{"a program", "application/json", "", false},
		{"no preference", "*/*", "", false},
		{"JSON preferred to HTML", "text/html;q=0.5, application/json", "", false},
		{"HTML accepted, JSON sent", "text/html", "application/json", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept", tt.accept)
		r.Header.Set("Content-Type", tt.contentType)
		if got := wantsPage(r); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}
