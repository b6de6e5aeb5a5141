package web

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/logs"
)

// RequestHeader carries the id of a request in its answer.
const RequestHeader = "X-Request-Id"

type accessKey struct{}

// access holds the route and the project of a request, which the handler fills in for the access log.
type access struct{ route, project string }

// Logged returns a handler that gives each request an id, unless its context has one, calls next and writes one line to
// the access log. The line has the route and never the URL, which may contain a token or personal data.
func Logged(log *slog.Logger, now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := now()
		id := cmp.Or(logs.Request(r.Context()), ulid.Make().String())
		found := &access{}
		ctx := context.WithValue(logs.WithRequest(r.Context(), id), accessKey{}, found)
		r = r.WithContext(ctx)
		w.Header().Set(RequestHeader, id)
		recorder := &recorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			log.InfoContext(ctx, "request", "method", method(r.Method), "route", cmp.Or(found.route, r.Pattern), "project", found.project,
				"status", recorder.status, "ms", now().Sub(start).Milliseconds())
		}()
		next.ServeHTTP(recorder, r)
	})
}

// method returns a standard HTTP method unchanged and "other" for anything else, because clients may send any text.
func method(name string) string {
	switch name {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return name
	}
	return "other"
}

// logged fills in the route and the project for the access log.
func (c *Call) logged() {
	if found, ok := c.Context().Value(accessKey{}).(*access); ok {
		found.route, found.project = c.Pattern, c.existingProject()
	}
}
