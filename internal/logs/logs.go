// Package logs writes the program's log: JSON lines with the version and, if there is one, the id of the request.
package logs

import (
	"context"
	"io"
	"log/slog"

	"outreach/internal/version"
)

type requestKey struct{}

// WithRequest returns a context whose log lines have the id of a request or another event.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// Request returns the id that WithRequest put into the context, or "".
func Request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// New returns a logger that writes to w. request finds the id of the request in a context; Request is the usual one.
func New(w io.Writer, request func(context.Context) string) *slog.Logger {
	return slog.New(handler{slog.NewJSONHandler(w, nil), request}).With("version", version.String())
}

// handler adds request_id to each record of a context that has one.
type handler struct {
	slog.Handler
	request func(context.Context) string
}

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if id := h.request(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.request}
}

func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.request}
}
