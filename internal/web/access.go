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

// access is what a handler found out about a request for the access log.
type access struct{ route, project string }

// Logged gives each request an id, unless its context has one, and writes one line to the access log when it is answered.
// The line names the route and never the address, which may hold a token or name somebody.
func Logged(log *slog.Logger, now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := now()
		id := cmp.Or(logs.Request(r.Context()), ulid.Make().String())
		found := &access{}
		ctx := context.WithValue(logs.WithRequest(r.Context(), id), accessKey{}, found)
		r = r.WithContext(ctx)
		w.Header().Set(RequestHeader, id)
		recorder := &recorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			log.InfoContext(ctx, "request", "method", method(r.Method), "route", cmp.Or(found.route, r.Pattern), "project", found.project,
				"status", recorder.status, "ms", now().Sub(began).Milliseconds())
		}()
		next.ServeHTTP(recorder, r)
	})
}

// method returns a method of HTTP as it is, and "other" for anything else: a caller may write what they like there.
func method(name string) string {
	switch name {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return name
	}
	return "other"
}

// logged tells the access log what a handler knows of its request.
func (c *Call) logged() {
	if found, ok := c.Context().Value(accessKey{}).(*access); ok {
		found.route, found.project = c.Pattern, c.known()
	}
}
