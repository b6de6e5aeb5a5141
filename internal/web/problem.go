package web

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"outreach/internal/identity"
	"outreach/internal/logs"
	"outreach/internal/objects"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/text"
)

// Error is an error response. Detail is the key "detail.<Detail>" of a message; if it is empty, the status's own is
// used.
type Error struct {
	Status   int
	Detail   string
	Args     []any
	Problems []schema.Problem
	Lines    []Line         // problems with a position in a text; if not nil, they replace Problems
	Allow    string         // of 405: the allowed methods
	Extra    map[string]any // further members of the problem document
}

// Line is a problem at a position in a text, such as a definition in YAML.
type Line struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

func (e *Error) Error() string { return "problem " + strconv.Itoa(e.Status) + " " + e.Detail }

// Invalid returns a 422 error that lists the problems.
func Invalid(problems ...schema.Problem) error {
	return &Error{Status: http.StatusUnprocessableEntity, Problems: problems}
}

// Problems returns the problems of a 422 error, and false for any other error.
func Problems(err error) ([]schema.Problem, bool) {
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusUnprocessableEntity && len(e.Problems) > 0 {
		return few(e.Problems, 0), true
	}
	return nil, false
}

// Limits of an answer's problems.
const (
	mostProblems = 100
	longestField = 100 // characters of a field's name
	longestGiven = 300 // characters of a value that a message quotes
)

// more is the code of the line that says how many problems an answer leaves out.
const more = "more"

// few returns the first problems, with names and quoted values cut, and one that says how many more there are: those
// left out here, and others.
func few(problems []schema.Problem, others int) []schema.Problem {
	left := max(len(problems)-mostProblems, 0) + others
	out := slices.Clone(problems[:min(len(problems), mostProblems)])
	for i := range out {
		out[i].Field = cut(out[i].Field, longestField)
		for name, value := range out[i].Args {
			if len(value) > longestGiven {
				out[i].Args = maps.Clone(out[i].Args)
				out[i].Args[name] = cut(value, longestGiven)
			}
		}
	}
	if left > 0 {
		out = append(out, schema.Problem{Code: more, Args: map[string]string{"n": strconv.Itoa(left)}})
	}
	return out
}

// cut returns the first characters of a text, with an ellipsis where there are more.
func cut(text string, most int) string {
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i] + "…"
		}
	}
	return text
}

// FewLines returns the first problems of a text, and one without a place that says how many more there are.
func (c *Call) FewLines(lines []Line) []Line {
	if len(lines) <= mostProblems {
		return lines
	}
	rest := c.Messages().Problem(schema.Problem{Code: more, Args: map[string]string{"n": strconv.Itoa(len(lines) - mostProblems)}})
	return append(slices.Clone(lines[:mostProblems]), Line{Code: more, Message: rest})
}

// asResponse maps an error of a feature or a service to an error response; nil means an internal error (500).
func asResponse(err error) *Error {
	var e *Error
	var exists *records.Exists
	var tooLarge *http.MaxBytesError
	var conflict *table.Conflict
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &exists):
		return &Error{Status: http.StatusConflict, Detail: "exists", Args: []any{"id", exists.ID}, Extra: map[string]any{"existing": exists.ID}}
	case errors.Is(err, store.ErrDamaged):
		return &Error{Status: http.StatusInternalServerError, Detail: "damaged", Extra: map[string]any{"code": "damaged"}}
	case errors.Is(err, store.ErrNotFound), errors.Is(err, objects.ErrNotFound):
		return &Error{Status: http.StatusNotFound}
	case errors.Is(err, store.ErrStale):
		return &Error{Status: http.StatusPreconditionFailed}
	case errors.Is(err, people.ErrTwoPeople):
		return &Error{Status: http.StatusConflict, Detail: "two_people", Problems: []schema.Problem{{Field: "person", Code: schema.TwoPeople}}}
	case errors.Is(err, people.ErrWhichPerson):
		return &Error{Status: http.StatusConflict, Detail: "which_person", Problems: []schema.Problem{{Field: "person", Code: schema.WhichPerson}}}
	case errors.Is(err, signups.ErrDecided):
		return &Error{Status: http.StatusConflict, Detail: "nobody_else"}
	case errors.Is(err, signups.ErrFull):
		return &Error{Status: http.StatusConflict, Detail: "full"}
	case errors.Is(err, store.ErrOtherBody):
		return Invalid(schema.Problem{Field: "Idempotency-Key", Code: "other_body"}).(*Error)
	case errors.Is(err, table.ErrCursor):
		return &Error{Status: http.StatusBadRequest, Detail: "cursor"}
	case errors.As(err, &tooLarge):
		return &Error{Status: http.StatusRequestEntityTooLarge}
	case errors.As(err, &conflict), errors.Is(err, table.ErrUnavailable), errors.Is(err, objects.ErrUnavailable), errors.Is(err, identity.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded): // the function's time is over
		return &Error{Status: http.StatusServiceUnavailable}
	}
	return nil
}

// Refuse logs and answers a request that was refused before it reached a handler: a cross-site form or a failed
// sign-in.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	s.Log.WarnContext(r.Context(), "refused", "route", r.Pattern, "status", status, "reason", err.Error())
	c := &Call{Request: r, W: w, Site: s, Page: wantsPage(r)}
	c.headers()
	refused := &Error{Status: status}
	if errors.Is(err, identity.ErrOtherSite) {
		refused.Detail = "other_site"
	}
	c.fail(refused)
}

// fail responds with a problem document, or for a browser with a page; an unexpected error is logged and answered 500.
func (c *Call) fail(err error) {
	e := asResponse(err)
	if e == nil {
		c.Site.Log.ErrorContext(c.Context(), "internal", "route", c.Pattern, "error", err.Error())
		e = &Error{Status: http.StatusInternalServerError}
	}
	if errors.Is(err, store.ErrDamaged) {
		c.Site.Log.ErrorContext(c.Context(), "damaged", "route", c.Pattern, "project", c.Project, "error", err.Error()) // the template counts these lines
	}
	if c.Language == "" {
		c.Language = text.Language(c.Header.Get("Accept-Language"), "")
	}
	switch e.Status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		c.W.Header().Set("Retry-After", "2")
	case http.StatusMethodNotAllowed:
		c.W.Header().Set("Allow", e.Allow)
	case http.StatusUnauthorized:
		c.W.Header().Set("WWW-Authenticate", `Bearer realm="outreach"`)
	}
	words := c.Messages()
	problems := e.Problems
	if len(problems) > 0 {
		problems = few(problems, c.unread)
	}
	status := "status." + strconv.Itoa(e.Status)
	title, detail := words.Say(status+".title"), words.Say(status+".detail")
	if e.Detail != "" {
		detail = words.Say("detail."+e.Detail, e.Args...)
	}
	if c.Page {
		if e.Status == http.StatusUnauthorized && c.Method == http.MethodGet && c.Header.Get("Authorization") == "" {
			_ = c.Redirect("/auth/sign-in?" + url.Values{"to": {c.URL.RequestURI()}}.Encode())
			return
		}
		content := page.Problem{Status: e.Status, Title: title, Detail: detail, Problems: problems, RequestID: logs.Request(c.Context())}
		if id := c.PathValue("id"); errors.Is(err, store.ErrDamaged) && id != "" && c.HasRole(Coordinator) {
			content.Do = &page.Deed{Address: "/" + c.Project + "/snapshots/" + id + "/verification", Label: words.Say("verify.ask")}
		}
		if err := c.Show(e.Status, content); err == nil {
			return
		}
	}
	problem := map[string]any{"type": "about:blank", "title": title, "status": e.Status, "detail": detail}
	if id := logs.Request(c.Context()); id != "" {
		problem["request_id"] = id
	}
	for name, value := range e.Extra {
		problem[name] = value
	}
	switch {
	case e.Lines != nil:
		problem["errors"] = c.FewLines(e.Lines)
	case len(problems) > 0:
		list := make([]map[string]string, len(problems))
		for i, p := range problems {
			list[i] = map[string]string{"field": p.Field, "code": p.Code, "message": words.Problem(p)}
		}
		problem["errors"] = list
	}
	body, err := json.Marshal(problem)
	if err != nil {
		c.Site.Log.ErrorContext(c.Context(), "internal", "route", c.Pattern, "error", err.Error())
	}
	c.W.Header().Set("Content-Type", "application/problem+json")
	c.W.WriteHeader(e.Status)
	_, _ = c.W.Write(body)
}
