// Package web holds what all endpoints share: routes and the router, authentication and roles, the choice of language,
// content negotiation between pages and JSON, request bodies and their limits, problem documents, lists and downloads.
// Features add their handlers as Routes.
package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/oklog/ulid/v2"

	"outreach/internal/identity"
	"outreach/internal/page"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/text"
)

// Roles in a project, as the groups of a token name them.
const (
	Coordinator = "coordinator"
	Adviser     = "adviser"
	Funder      = "funder"
	Admin       = "admin"     // in all projects, by tokens alone
	Programme   = "programme" // the funder of the address's programme
)

// Site holds what all handlers of a process share. It is safe for concurrent use.
type Site struct {
	DB          *store.DB
	Definitions Definitions
	Staff       Staff
	Authority   *identity.Authority
	Log         *slog.Logger
	BaseURL     string   // the tracker's public URL, without a trailing slash
	Origins     []string // other origins that pages may send requests to: the bucket's
}

// Call is one request and its response. It is not safe for concurrent use.
type Call struct {
	*http.Request
	W        http.ResponseWriter
	Site     *Site
	Caller   identity.Identity
	Language string           // the tag of the page's language; see text.Language
	Page     bool             // the client is a browser: respond with a page
	Project  string           // the path's project, "" if it has none
	Defined  projects.Defined // its definition; empty if the project does not exist and the route allows that (Route.Begins)
	Framed   bool             // the page is shown within a page of another site (Route.Embeds)

	sessionless bool // no cookie is read or set

	unread int // fields of the body that Read counted and did not keep
}

// Handler responds to a request. An error that it returns before it has written anything becomes the response.
type Handler func(*Call) error

// Reserved lists the first path segments that cannot be ids of projects.
var Reserved = []string{"health", "ready", "metrics", "archive", "programme", "help", "local", "auth", "assets", "openapi", "openapi.json"}

// notFound handles unknown paths: it redirects a GET with trailing slashes to the path without them, and fails with 404
// otherwise.
func notFound(c *Call) error {
	if trimmed := strings.TrimRight(c.URL.Path, "/"); c.Method == http.MethodGet && trimmed != "" && trimmed != c.URL.Path && !strings.HasPrefix(c.URL.Path, "//") {
		return c.Redirect((&url.URL{Path: trimmed, RawQuery: c.URL.RawQuery}).String())
	}
	return store.ErrNotFound
}

// LanguageCookie is the name of the cookie with the chosen language.
const LanguageCookie = "language"

// answer returns the handler of a route: it refuses requests of other sites, authenticates the caller, checks the roles
// and calls route.Handler.
func (s *Site) answer(route Route) http.Handler {
	answer := s.respond(route)
	if route.Embeds {
		return answer // it knows the project's own list of other sites
	}
	return s.Authority.Protect(answer)
}

func (s *Site) respond(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &Call{Request: r, W: w, Site: s, Project: r.PathValue("project"), Page: wantsPage(r)}
		defer func() {
			if failed := recover(); failed != nil {
				// The panic's value may contain personal data, so only the stack is logged.
				s.Log.ErrorContext(r.Context(), "panic", "route", r.Pattern, "stack", string(debug.Stack()))
				c.fail(errors.New("panic"))
			}
			c.logged()
		}()
		c.headers()
		if route.Scope == Holder {
			w.Header().Set("Referrer-Policy", "no-referrer") // the address has a token
		}
		if err := c.authorize(route); err != nil {
			c.fail(err)
			return
		}
		if err := route.Handler(c); err != nil {
			c.fail(err)
		}
	})
}

// existingProject returns the project's id if the project exists, else "": any other text in the path may be personal
// data.
func (c *Call) existingProject() string {
	if c.Defined.Definition == nil {
		return ""
	}
	return c.Defined.Definition.ID
}

// authorize sets the call's language, identity and definition, and checks that the caller may use the route.
func (c *Call) authorize(route Route) error {
	if len(c.URL.RawQuery) > mostQuery {
		return &Error{Status: http.StatusBadRequest, Detail: "query", Args: []any{"most", mostQuery}}
	}
	if route.Embeds {
		if err := c.embed(); err != nil {
			return err
		}
	}
	c.Language = c.chosenLanguage()
	var who identity.Identity
	var err error
	if route.Scope != Secret {
		who, err = c.Site.Authority.Identify(c.Request)
	}
	if err != nil {
		if errors.Is(err, identity.ErrUnavailable) {
			return err
		}
		if c.Header.Get("Authorization") != "" {
			return &Error{Status: http.StatusUnauthorized}
		}
		who = identity.Identity{} // an expired or invalid session counts as not signed in
	}
	c.Caller = who
	if !wellFormed(c.Request) {
		return store.ErrNotFound
	}
	if c.Project != "" {
		err = c.define()
		if route.Begins && errors.Is(err, store.ErrNotFound) {
			return c.checkAdmin()
		}
		if err != nil {
			return err
		}
		if err := c.grant(); err != nil {
			return err
		}
		if own := c.Defined.Definition.Languages; len(own) > 0 && !text.Offers(c.URL.Query().Get("lang")) {
			c.Language = c.chosenLanguage(own...)
		}
	}
	switch {
	case route.Admin && !c.Caller.Admin():
		return c.RequireRole()
	case len(route.Roles) == 0:
		return nil
	}
	return c.RequireRole(route.Roles...)
}

// grant adds the roles in the call's project that the caller has besides those of the token: the funder of its
// programme is a funder of the project, and the tracker's own list gives roles by address. It is read for each request,
// so that a role that was taken away ends at once.
func (c *Call) grant() error {
	if id := c.Defined.Definition.ProgrammeID; id != "" && c.Caller.HasRole(Programme, id) {
		c.Caller = c.Caller.With(c.Project + ":" + Funder)
	}
	if !c.Caller.Checked {
		return nil
	}
	roles, err := c.Site.Staff.Granted(c.Context(), c.Project, c.Caller.Email)
	for _, role := range roles {
		c.Caller = c.Caller.With(c.Project + ":" + role)
	}
	return err
}

// GrantAll adds the roles in all projects that the tracker's own list gives the caller, for pages about all projects.
func (c *Call) GrantAll() error {
	if !c.Caller.Checked {
		return nil
	}
	groups, err := c.Site.Staff.GrantedGroups(c.Context(), c.Caller.Email)
	c.Caller = c.Caller.With(groups...)
	return err
}

// define sets the definition of the call's project, which it reads once.
func (c *Call) define() error {
	if c.Defined.Definition != nil {
		return nil
	}
	var err error
	c.Defined, err = c.Site.Definitions.Definition(c.Context(), c.Project)
	return err
}

// checkAdmin returns nil for an admin, who may create the project. For other callers the project does not exist.
func (c *Call) checkAdmin() error {
	switch {
	case !c.Caller.SignedIn():
		return &Error{Status: http.StatusUnauthorized}
	case !c.Caller.Admin():
		return store.ErrNotFound
	}
	return nil
}

var projectID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`) })

// wellFormed reports whether the ids in the path are syntactically valid: projects have short ids, everything else
// ULIDs.
func wellFormed(r *http.Request) bool {
	if project := r.PathValue("project"); project != "" && (!projectID().MatchString(project) || slices.Contains(Reserved, project)) {
		return false
	}
	id, _, _ := strings.Cut(r.PathValue("id"), ".")
	if r.PathValue("id") == "" || id == "latest" {
		return true
	}
	_, err := ulid.ParseStrict(id)
	return err == nil
}

// chosenLanguage returns the language for the request: the choice of its query, which is remembered in a cookie; else
// that of the cookie, else the best match of the header Accept-Language, else the first of the project's own that is
// offered.
func (c *Call) chosenLanguage(own ...string) string {
	choice := c.URL.Query().Get("lang")
	if text.Offers(choice) || slices.Contains(own, choice) {
		if c.sessionless {
			return text.Language("", choice, own...)
		}
		http.SetCookie(c.W, &http.Cookie{Name: LanguageCookie, Value: choice, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(c.Site.BaseURL, "https:")})
		return text.Language("", choice, own...)
	}
	return chosen(c.Request, own...)
}

// chosen returns the language for a request whose query has no choice.
func chosen(r *http.Request, own ...string) string {
	choice := ""
	if cookie, err := r.Cookie(LanguageCookie); err == nil {
		choice = cookie.Value
	}
	return text.Language(r.Header.Get("Accept-Language"), choice, own...)
}

func (c *Call) headers() {
	h := c.W.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", page.Policy(nil, c.Site.Origins...))
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept, Accept-Language, Cookie, Authorization")
}

// wantsPage reports whether the client is a browser: it prefers HTML to JSON and does not send JSON.
func wantsPage(r *http.Request) bool {
	if isJSON(r.Header.Get("Content-Type")) {
		return false
	}
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return quality(accept, "text/html") > 0 && quality(accept, "text/html") >= quality(accept, "application/json")
}

// RequireRole returns nil if the caller has any of the roles, an error with status 401 if they are not signed in, and
// 403 otherwise.
func (c *Call) RequireRole(roles ...string) error {
	if slices.ContainsFunc(roles, func(role string) bool { return c.HasRole(role) }) {
		return nil
	}
	if !c.Caller.SignedIn() {
		return &Error{Status: http.StatusUnauthorized}
	}
	return &Error{Status: http.StatusForbidden}
}

// Partner is the role of all media partners of a project.
const Partner = "partner"

// HasRole reports whether the caller has a role in the project.
func (c *Call) HasRole(role string) bool {
	switch role {
	case Partner:
		return len(c.Caller.Partners(c.Project)) > 0
	case Admin:
		return c.Caller.Admin()
	case Programme:
		return c.Caller.HasRole(Programme, c.PathValue("programme"))
	}
	return c.Caller.HasRole(c.Project, role)
}

// Partner returns the partner of the project whom the caller belongs to, the first one where there are several; an
// error with status 403 where there is none.
func (c *Call) Partner() (string, error) {
	for _, id := range c.Caller.Partners(c.Project) {
		if _, known := c.Defined.Definition.Partner(id); known {
			return id, nil
		}
	}
	return "", &Error{Status: http.StatusForbidden}
}

// Staff returns the random id of the signed-in member of the staff, "" for the public. For a caller with a bearer token
// it also registers their roles, as signing in would, so that they receive notices; a failure of that is only logged.
func (c *Call) Staff() (string, error) {
	if roles := c.Caller.Roles(c.Project); c.Header.Get("Authorization") != "" && len(roles) > 0 {
		if err := c.Site.Staff.RegisterRoles(c.Context(), c.Project, c.Caller.Email, text.Spoken(c.Language), roles); err != nil {
			c.Site.Log.ErrorContext(c.Context(), "staff not registered", "reason", err.Error())
		}
	}
	return c.Site.Staff.Staff(c.Context(), c.Project, c.StaffName())
}

// Register returns a function to be called at each sign-in: it registers the member of the staff in the projects of
// their groups, so that they receive notices. A failure is logged and does not prevent the sign-in; the next one
// retries.
func Register(registry StaffRegistry, log *slog.Logger) func(*http.Request, identity.Identity) {
	return func(r *http.Request, who identity.Identity) {
		granted, err := []string(nil), error(nil)
		if who.Checked {
			granted, err = registry.GrantedGroups(r.Context(), who.Email)
		}
		if err == nil {
			err = registry.RegisterStaff(r.Context(), who.Email, chosen(r), who.With(granted...).Groups)
		}
		if err != nil {
			log.ErrorContext(r.Context(), "staff not registered", "reason", err.Error())
		}
	}
}

// StaffName returns the e-mail of the signed-in member of the staff, or their subject if the provider gives no e-mail.
func (c *Call) StaffName() string {
	if c.Caller.Email != "" {
		return c.Caller.Email
	}
	return c.Caller.Subject
}

// Messages returns the catalogue of the call's language, as its project has it.
func (c *Call) Messages() *text.Messages { return c.MessagesIn(c.Language) }

// MessagesIn returns the catalogue of a language, as the call's project has it.
func (c *Call) MessagesIn(language string) *text.Messages {
	if d := c.Defined.Definition; d != nil && !d.UsualKeys() {
		return text.Of(language).Keyed()
	}
	return text.Of(language)
}

// Today returns the date in the project's time zone, YYYY-MM-DD. The call must have a project.
func (c *Call) Today() string { return c.Defined.Definition.Day(c.Site.DB.Now()) }

// Show responds with a page.
func (c *Call) Show(status int, content page.Content) error {
	return page.Write(c.W, status, c.frame(), content)
}

func (c *Call) frame() page.Frame {
	frame := page.Frame{Language: c.Language, Path: c.URL.RequestURI(), SignedIn: c.StaffName(), Framed: c.Framed}
	if d := c.Defined.Definition; d != nil {
		frame.Project = &page.Project{ID: d.ID, Title: d.Title.In(c.Language), Languages: d.Languages, Kinds: schema.For(d)}
		frame.Zone = d.Location()
		frame.Roles = c.Roles(d.ID)
	}
	if done := c.URL.Query().Get("done"); done != "" && c.Messages().Has("done."+done) {
		frame.Message = c.Messages().Say("done." + done)
	}
	return frame
}

// Roles returns the caller's roles in a project.
func (c *Call) Roles(project string) page.Roles {
	return page.Roles{
		Coordinator: c.Caller.HasRole(project, Coordinator), Adviser: c.Caller.HasRole(project, Adviser), Funder: c.Caller.HasRole(project, Funder),
		Partner: len(c.Caller.Partners(project)) > 0,
	}
}

// Redirect responds with 303 See Other.
func (c *Call) Redirect(to string) error {
	c.W.Header().Set("Location", to)
	c.W.WriteHeader(http.StatusSeeOther)
	return nil
}

// recorder records the status for the access log.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.wrote = true
	return r.ResponseWriter.Write(b)
}
