package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"
)

// Route is one method of one path. The routes of a function are the only list of its endpoints: the router, the role
// check, the API description, docs/addresses.md and the access test are derived from them, and a test compares them
// with the template.
type Route struct {
	Method string
	Path   string   // as in the template, except that a file format may follow the id: /{project}/snapshots/{id}.pdf
	Roles  []string // the allowed roles; empty: anyone
	Scope  Scope    // what roles other than coordinator may access; the handler checks it
	Embeds bool     // pages of the origins in the project's `embed` may show the response in a frame and read it
	Begins bool     // the project need not exist; if it does not, only an admin may call the route
	Admin  bool     // only an admin may call the route, which has no project

	Handler Handler
	Plain   func(*Site) http.Handler // if not nil, serves the route instead of Handler, without the role check

	// The fields below describe the route in the API description, which leaves out routes without an ID (parts of
	// pages).
	ID       string // the operation's id
	Tag      string
	Summary  string
	Detail   string
	Query    []Parameter
	Request  any     // the body: a shape, see package shape; nil: none
	Optional bool    // the body may be left out
	Response any     // the response's body: a shape; nil: none
	Success  string  // the description of the successful response
	Page     bool    // browsers get a page
	Status   int     // of the successful response; 0: 200
	Creates  bool    // the response is 201 with the header Location
	Short    bool    // the response never exceeds MostAnswer
	Tagged   bool    // the response has an ETag
	Match    bool    // the request may have the header If-Match
	Once     bool    // the request may have the header Idempotency-Key
	Conflict string  // the meaning of a 409; "": the route never answers it
	Others   []Other // further responses, beside those derived from the fields above
}

// Scope limits what roles other than coordinator may access.
type Scope string

// The scopes. A resource outside the caller's scope is answered 404.
const (
	Own      Scope = "own"      // records that the caller created
	Approved Scope = "approved" // approved snapshots
	Media    Scope = "media"    // files of media records; other kinds are refused
	Holder   Scope = "token"    // the resource that the token in the URL belongs to, for anyone
	Secret   Scope = "secret"   // another program, by a secret that the handler checks; the request has no identity
)

// Parameter is a query parameter.
type Parameter struct {
	Name, Description string
	Required          bool
	Values            []string // the allowed values; nil: any text
	Schema            any      // its shape, if it is not a string
}

// Paged returns the parameters followed by limit and cursor.
func Paged(parameters ...Parameter) []Parameter {
	return append(parameters, Parameter{Name: Limit}, Parameter{Name: Cursor})
}

// The names of the parameters of every list, which the API description contains once.
const (
	Limit  = "limit"
	Cursor = "cursor"
)

// Other is a response with another status than the route's usual one.
type Other struct {
	Status      int
	Description string
	Response    any // a shape; nil: none
	Problem     any // of a problem: the shape of its additional members
}

// Damaged describes the answer of a route whose snapshot is not what was stored.
func Damaged() Other {
	return Other{Status: http.StatusInternalServerError, Description: "Damaged: the snapshot, or its evidence, is missing or is not what was stored", Problem: struct {
		Code string `json:"code,omitempty" enum:"damaged"`
	}{}}
}

// Names returns the names of the path's parameters.
func (r Route) Names() []string {
	var names []string
	for part := range strings.SplitSeq(r.Path, "/") {
		if name, _, found := strings.Cut(strings.TrimPrefix(part, "{"), "}"); found {
			names = append(names, name)
		}
	}
	return names
}

// NewRouter returns a handler for the routes, with HEAD for each GET. It answers 404 for any other path or method, and
// redirects paths with duplicate slashes or dot segments to the clean path.
func NewRouter(site *Site, routes []Route) http.Handler {
	router := chi.NewRouter()
	missing := site.answer(Route{Handler: notFound})
	router.NotFound(missing.ServeHTTP)
	router.MethodNotAllowed(missing.ServeHTTP)
	for _, route := range routes {
		h := route.handler(site, missing)
		router.Method(route.Method, route.Path, h)
		if route.Method == http.MethodGet {
			router.Method(http.MethodHead, route.Path, h)
		}
	}
	clean := http.NewServeMux() // redirects from //a and /a/../b to the clean path
	clean.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		found := chi.NewRouteContext()
		found.RoutePath = routePath(r.URL)
		router.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, found)))
	})
	return secure(site, clean)
}

// secure tells browsers to use https alone for this host from now on, where the tracker's public address is https.
func secure(site *Site, next http.Handler) http.Handler {
	if !strings.HasPrefix(site.BaseURL, "https://") {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}

func (r Route) handler(site *Site, missing http.Handler) http.Handler {
	var next http.Handler
	if r.Plain != nil {
		next = r.Plain(site)
	} else {
		next = site.answer(r)
	}
	names := r.Names()
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		for _, name := range names {
			value, err := url.PathUnescape(q.PathValue(name))
			if err != nil || value == "" {
				q.Pattern = "/"
				clearParameters(q, names)
				missing.ServeHTTP(w, q)
				return
			}
			q.SetPathValue(name, value)
		}
		q.Pattern = r.Method + " " + r.Path
		next.ServeHTTP(w, q)
	})
}

func clearParameters(r *http.Request, names []string) {
	for _, name := range names {
		r.SetPathValue(name, "")
	}
}

// routePath returns the path that the router matches: percent-encoding is removed except for slashes and percent signs,
// so that each spelling of a path matches the same route and an encoded slash does not separate segments.
func routePath(u *url.URL) string {
	escaped := u.EscapedPath()
	if !strings.Contains(escaped, "%") {
		return u.Path
	}
	parts := strings.Split(escaped, "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = strings.NewReplacer("%", "%25", "/", "%2F").Replace(plain)
		}
	}
	return strings.Join(parts, "/")
}
