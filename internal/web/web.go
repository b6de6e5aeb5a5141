// Package web is what all addresses have in common: who asks and in which language, pages for browsers and JSON for
// programs, bodies and their limits, problems, lists, exports. The handlers of a function say the rest.
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

	"github.com/oklog/ulid/v2"

	"outreach/internal/app"
	"outreach/internal/identity"
	"outreach/internal/page"
	"outreach/internal/projects"
	"outreach/internal/store"
	"outreach/internal/text"
)

// Roles in a project, as groups name them.
const (
	Coordinator = "coordinator"
	Adviser     = "adviser"
	Funder      = "funder"
)

// Site is what the handlers of all functions share.
type Site struct {
	*app.App
	Authority *identity.Authority
	Log       *slog.Logger
	BaseURL   string   // where people find the tracker, without a slash at the end
	Origins   []string // other origins that pages send to: the bucket's
}

// Call is one request being answered.
type Call struct {
	*http.Request
	W        http.ResponseWriter
	Site     *Site
	Who      identity.Identity
	Language string           // pl or en
	Page     bool             // a browser asks: answer with a page
	Project  string           // the address's project, "" where it names none
	Defined  projects.Defined // its definition; empty where the route allows projects that are not there yet
}

// Handler answers a request, or says why not.
type Handler func(*Call) error

// Reserved are the first parts of addresses that are no projects.
var Reserved = []string{"health", "ready", "metrics", "archive", "programme", "help", "local", "auth", "assets", "openapi", "openapi.json"}

// notFound answers an address that is none. One with a slash too many is shown the way.
func notFound(c *Call) error {
	if trimmed := strings.TrimRight(c.URL.Path, "/"); c.Method == http.MethodGet && trimmed != "" && trimmed != c.URL.Path && !strings.HasPrefix(c.URL.Path, "//") {
		return c.Redirect((&url.URL{Path: trimmed, RawQuery: c.URL.RawQuery}).String())
	}
	return store.ErrNotFound
}

// LanguageCookie keeps the language that somebody chose.
const LanguageCookie = "language"

func (s *Site) answer(route Route) http.Handler {
	return s.Authority.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &Call{Request: r, W: w, Site: s, Project: r.PathValue("project"), Page: wantsPage(r)}
		defer func() {
			if failed := recover(); failed != nil {
				// What a panic says may hold somebody's data: the stack says where it was.
				s.Log.ErrorContext(r.Context(), "panic", "route", r.Pattern, "stack", string(debug.Stack()))
				c.fail(errors.New("panic"))
			}
			c.logged()
		}()
		c.headers()
		if err := c.begin(route); err != nil {
			c.fail(err)
			return
		}
		if err := route.Handler(c); err != nil {
			c.fail(err)
		}
	}))
}

// known is the address's project where there is one of that name: what else stands in its place may name somebody.
func (c *Call) known() string {
	if c.Defined.Definition == nil {
		return ""
	}
	return c.Defined.Definition.ID
}

// begin finds out who asks and for which project, and whether they may.
func (c *Call) begin(route Route) error {
	c.Language = c.chosenLanguage()
	who, err := c.Site.Authority.Identify(c.Request)
	if err != nil {
		if errors.Is(err, identity.ErrUnavailable) {
			return err
		}
		if c.Header.Get("Authorization") != "" {
			return &Error{Status: http.StatusUnauthorized}
		}
		who = identity.Identity{} // a session that has ended, or is none: whoever it was is anybody now
	}
	c.Who = who
	if !couldBe(c.Request) {
		return store.ErrNotFound
	}
	if c.Project != "" {
		c.Defined, err = c.Site.Projects.Definition(c.Context(), c.Project)
		if route.Begins && errors.Is(err, store.ErrNotFound) {
			return c.mayBegin()
		}
		if err != nil {
			return err
		}
	}
	if len(route.Roles) == 0 {
		return nil
	}
	return c.Need(route.Roles...)
}

// mayBegin tells that the one who asks may begin a project. For everybody else it just does not exist.
func (c *Call) mayBegin() error {
	switch {
	case !c.Who.SignedIn():
		return &Error{Status: http.StatusUnauthorized}
	case !c.Who.Admin():
		return store.ErrNotFound
	}
	return nil
}

var projectID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// couldBe tells whether what an address names could be there at all: projects have short ids, all else has ULIDs.
func couldBe(r *http.Request) bool {
	if project := r.PathValue("project"); project != "" && (!projectID.MatchString(project) || slices.Contains(Reserved, project)) {
		return false
	}
	id, _, _ := strings.Cut(r.PathValue("id"), ".")
	if r.PathValue("id") == "" || id == "latest" {
		return true
	}
	_, err := ulid.ParseStrict(id)
	return err == nil
}

func (c *Call) chosenLanguage() string {
	choice := c.URL.Query().Get("lang")
	if text.Offers(choice) {
		http.SetCookie(c.W, &http.Cookie{Name: LanguageCookie, Value: choice, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(c.Site.BaseURL, "https:")})
		return choice
	}
	return Language(c.Request)
}

// Language is that of whoever sends a request: the one they chose before, or else the one that their browser prefers.
func Language(r *http.Request) string {
	choice := ""
	if cookie, err := r.Cookie(LanguageCookie); err == nil {
		choice = cookie.Value
	}
	return text.Language(r.Header.Get("Accept-Language"), choice)
}

func (c *Call) headers() {
	h := c.W.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", page.Policy(c.Site.Origins...))
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept, Accept-Language, Cookie, Authorization")
}

// wantsPage tells a browser from a program: it accepts HTML, and sends no JSON.
func wantsPage(r *http.Request) bool {
	if isJSON(r.Header.Get("Content-Type")) {
		return false
	}
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return quality(accept, "text/html") > 0 && quality(accept, "text/html") >= quality(accept, "application/json")
}

// Need tells that the one who asks has any of the roles, or a partner's where the roles name "partner".
func (c *Call) Need(roles ...string) error {
	if slices.ContainsFunc(roles, func(role string) bool { return c.Has(role) }) {
		return nil
	}
	if !c.Who.SignedIn() {
		return &Error{Status: http.StatusUnauthorized}
	}
	return &Error{Status: http.StatusForbidden}
}

// Partner stands among roles for being any media partner of the project.
const Partner = "partner"

// Has tells that the one who asks has a role in the project.
func (c *Call) Has(role string) bool {
	if role == Partner {
		return len(c.Who.Partners(c.Project)) > 0
	}
	return c.Who.Is(c.Project, role)
}

// Staff is the random id of who is signed in; "" for the public. Whoever comes with a token never signed in: what they may do
// is registered here, so that letters find them.
func (c *Call) Staff() (string, error) {
	if roles := c.Who.Roles(c.Project); c.Header.Get("Authorization") != "" && len(roles) > 0 {
		if err := c.Site.Access.RegisterRoles(c.Context(), c.Project, c.Who.Email, c.Language, roles); err != nil {
			c.Site.Log.ErrorContext(c.Context(), "staff not registered", "reason", err.Error()) // what they came for is done all the same
		}
	}
	return c.Site.Access.Staff(c.Context(), c.Project, c.StaffName())
}

// Register keeps whoever signs in among the staff of their projects, for letters to find them. Where that fails they are
// let in all the same: the next time will do.
func Register(s *app.App, log *slog.Logger) func(*http.Request, identity.Identity) {
	return func(r *http.Request, who identity.Identity) {
		if err := s.Access.RegisterStaff(r.Context(), who.Email, Language(r), who.Groups); err != nil {
			log.ErrorContext(r.Context(), "staff not registered", "reason", err.Error())
		}
	}
}

// StaffName is by what a signed-in member of the staff is known: their e-mail, or where the provider tells none, their subject.
func (c *Call) StaffName() string {
	if c.Who.Email != "" {
		return c.Who.Email
	}
	return c.Who.Subject
}

// Messages are the words of the call's language.
func (c *Call) Messages() *text.Messages { return text.Of(c.Language) }

// Today is the date in the project's time zone.
func (c *Call) Today() string { return c.Defined.Definition.Day(c.Site.DB.Now()) }

// Show answers with a page.
func (c *Call) Show(status int, content page.Content) error {
	return page.Write(c.W, status, c.frame(), content)
}

func (c *Call) frame() page.Frame {
	frame := page.Frame{Language: c.Language, Path: c.URL.RequestURI(), SignedIn: c.StaffName()}
	if d := c.Defined.Definition; d != nil {
		frame.Project = &page.Project{ID: d.ID, Title: d.Title.In(c.Language)}
		frame.Zone = d.Location()
		frame.Roles = c.Roles(d.ID)
	}
	if done := c.URL.Query().Get("done"); done != "" && c.Messages().Has("done."+done) {
		frame.Message = c.Messages().Say("done." + done)
	}
	return frame
}

// Roles are what the one who asks is in a project.
func (c *Call) Roles(project string) page.Roles {
	return page.Roles{
		Coordinator: c.Who.Is(project, Coordinator), Adviser: c.Who.Is(project, Adviser), Funder: c.Who.Is(project, Funder),
		Partner: len(c.Who.Partners(project)) > 0,
	}
}

// Redirect sends a browser on after a form.
func (c *Call) Redirect(to string) error {
	c.W.Header().Set("Location", to)
	c.W.WriteHeader(http.StatusSeeOther)
	return nil
}

// recorder remembers the status for the log.
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
