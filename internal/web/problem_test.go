package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"outreach/internal/identity"
	"outreach/internal/objects"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/text"
)

func TestErrorsMapToStatuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err    error
		status int
		detail string
	}{
		{&Error{Status: http.StatusForbidden}, 403, ""},
		{&records.Exists{ID: "01J"}, 409, "exists"},
		{store.ErrNotFound, 404, ""},
		{objects.ErrNotFound, 404, ""},
		{store.ErrStale, 412, ""},
		{people.ErrTwoPeople, 409, "two_people"},
		{signups.ErrFull, 409, "full"},
		{store.ErrOtherBody, 422, ""},
		{table.ErrCursor, 400, "cursor"},
		{&table.Conflict{}, 503, ""},
		{table.ErrUnavailable, 503, ""},
		{table.ErrBusy, 503, ""},
		{objects.ErrUnavailable, 503, ""},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), 503, ""},
		{identity.ErrUnavailable, 503, ""},
	} {
		got := asResponse(fmt.Errorf("operation: %w", tt.err))
		if got == nil || got.Status != tt.status || got.Detail != tt.detail {
			t.Errorf("%v: got %+v, want %d %s", tt.err, got, tt.status, tt.detail)
		}
	}
	if got := asResponse(errors.New("unexpected")); got != nil {
		t.Errorf("an unexpected error: got %+v, want none", got)
	}
}

func TestProblemDocument(t *testing.T) {
	t.Parallel()
	missing := schema.Problem{Field: "title", Code: schema.Missing}
	for _, tt := range []struct {
		name    string
		err     error
		status  int
		headers map[string]string
		errors  int
	}{
		{"all problems are listed", Invalid(missing, missing), 422, nil, 2},
		{"unavailable asks for a retry", table.ErrUnavailable, 503, map[string]string{"Retry-After": "2"}, 0},
		{"not signed in names the scheme", &Error{Status: 401}, 401, map[string]string{"WWW-Authenticate": `Bearer realm="outreach"`}, 0},
		{"an unexpected error is hidden", errors.New("secret"), 500, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			c := &Call{Request: httptest.NewRequest(http.MethodPost, "/town/outputs", nil), W: w, Site: &Site{Log: slog.New(slog.DiscardHandler)}, Language: text.English}
			c.fail(tt.err)
			var got struct {
				Title, Detail string
				Status        int
				Errors        []struct{ Field, Code, Message string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || got.Status != tt.status || got.Title == "" || got.Detail == "" || got.Detail == "secret" || len(got.Errors) != tt.errors {
				t.Errorf("%d %+v", w.Code, got)
			}
			for _, e := range got.Errors {
				if e.Field != "title" || e.Code != schema.Missing || e.Message == "" {
					t.Errorf("%+v", e)
				}
			}
			if media := w.Header().Get("Content-Type"); media != "application/problem+json" {
				t.Error(media)
			}
			for name, want := range tt.headers {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestPageWithoutSessionRedirectsToSignIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, authorization, location string
	}{
		{http.MethodGet, "", "/auth/sign-in?to=%2Ftown%2Foutputs%3Fx%3D1"},
		{http.MethodPost, "", ""},
		{http.MethodGet, "Bearer expired", ""},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(tt.method, "/town/outputs?x=1", nil)
		if tt.authorization != "" {
			r.Header.Set("Authorization", tt.authorization)
		}
		c := &Call{Request: r, W: w, Site: &Site{Log: slog.New(slog.DiscardHandler)}, Language: text.English, Page: true}
		c.fail(&Error{Status: http.StatusUnauthorized})
		want := http.StatusUnauthorized
		if tt.location != "" {
			want = http.StatusSeeOther
		}
		if got := w.Header().Get("Location"); got != tt.location || w.Code != want {
			t.Errorf("%s %s: %d to %q", tt.method, tt.authorization, w.Code, got)
		}
	}
}
