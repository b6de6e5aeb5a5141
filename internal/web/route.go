package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"
)

// Route is one method of one address. The routes of a function are its only list of addresses: the router, who may ask, the
// API's document, docs/addresses.md and the access test are derived from it, and a test compares it with the template.
type Route struct {
	Method string
	Path   string   // as in the template; one kind of file has its suffix after the id: /{project}/snapshots/{id}.pdf
	Roles  []string // who may ask; none: anyone
	Scope  Scope    // what roles other than the coordinator's may ask for; the handler checks it
	Begins bool     // the project need not exist: then the route is for admins alone

	Handler Handler
	Plain   func(*Site) http.Handler // serves HTTP by itself, in the place of Handler

	// For the API's document. A route without an ID is a part of pages and is left out.
	ID       string // the operation's id
	Tag      string
	Summary  string
	Detail   string
	Query    []Parameter
	Request  any     // the body: a shape, see package shape; nil: none
	Optional bool    // the body may be left out
	Response any     // the body of the answer: a shape; nil: none
	Success  string  // what the answer is
	Page     bool    // a browser gets a page
	Status   int     // of the answer; 0: 200
	Creates  bool    // the answer is 201, and tells the new thing's address
	Short    bool    // the answer is never too long to be given at once
	Tagged   bool    // the answer has an ETag
	Match    bool    // the request may have an If-Match
	Once     bool    // the request may have an Idempotency-Key
	Conflict string  // what a 409 means; "": there is none
	Others   []Other // other answers than those that follow from the fields above
}

// Scope says what those who are no coordinators may ask for.
type Scope string

// Scopes. What is out of somebody's scope does not exist for them: 404.
const (
	Own      Scope = "own"      // what they made themselves
	Approved Scope = "approved" // approved snapshots
	Media    Scope = "media"    // files of media records; another kind is refused
	Holder   Scope = "token"    // of anyone, what the token in the address is for
)

// Parameter is a parameter of a query.
type Parameter struct {
	Name, Description string
	Required          bool
	Values            []string // all there are; nil: any text
	Schema            any      // its shape where it is no text
}

// Paged gives parameters, and those of what is told page by page.
func Paged(parameters ...Parameter) []Parameter {
	return append(parameters, Parameter{Name: Limit}, Parameter{Name: Cursor})
}

// Parameters of all lists, which the document describes once.
const (
	Limit  = "limit"
	Cursor = "cursor"
)

// Other is an answer with another status than the usual one.
type Other struct {
	Status      int
	Description string
	Response    any // a shape; nil: none
	Problem     any // of a problem: a shape of its further members
}

// Names are the parameters of the path.
func (r Route) Names() []string {
	var names []string
	for part := range strings.SplitSeq(r.Path, "/") {
		if name, _, found := strings.Cut(strings.TrimPrefix(part, "{"), "}"); found {
			names = append(names, name)
		}
	}
	return names
}

// NewRouter serves routes. Any other address, and any other method, is answered 404.
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
	return clean
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
				forget(q, names)
				missing.ServeHTTP(w, q)
				return
			}
			q.SetPathValue(name, value)
		}
		q.Pattern = r.Method + " " + r.Path
		next.ServeHTTP(w, q)
	})
}

func forget(r *http.Request, names []string) {
	for _, name := range names {
		r.SetPathValue(name, "")
	}
}

// routePath is the path that the router sees: all that need not be escaped is not, so that one thing has one address
// however it is written, and a slash inside a part is no end of the part.
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
