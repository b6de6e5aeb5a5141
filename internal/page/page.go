// Package page renders the tracker's web pages. It holds the layout, the templates and the structs that they show: a
// handler fills in a struct and passes it to Write. Pages are plain HTML with one stylesheet, work without JavaScript
// and load nothing from other servers.
package page

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"outreach/internal/schema"
	"outreach/internal/text"
	"outreach/internal/version"
)

// Frame is the data of the layout around a page's content.
type Frame struct {
	Language string         // the tag of the page's language
	Path     string         // the page's own path and query, for the language links and for returning after sign-in
	Project  *Project       // nil for pages outside a project
	SignedIn string         // the e-mail address of the signed-in user, or ""
	Roles    Roles          // the user's roles in the project, which decide the sections of the navigation
	Message  string         // a confirmation of what has just been done, shown at the top
	Framed   bool           // the page is shown within a page of another site, without the frame of this one
	Zone     *time.Location // the time zone for instants; nil: UTC
}

// Project names the project that a page belongs to.
type Project struct {
	ID, Title string
	Languages []string         // its own, the first of them its own above all; nil: those that pages speak
	Kinds     *schema.Registry // the kinds of its records; nil: the built-in ones
}

// Roles are a user's roles in a project.
type Roles struct{ Coordinator, Adviser, Funder, Partner bool }

// Link is a URL and its label.
type Link struct{ Href, Label string }

// Content is the content of a page: one of this package's structs.
type Content interface {
	// render returns the name of the template and the data to execute it with.
	render(view) (name string, data any)
}

// Write responds with a page. The page is rendered completely before anything is written: if rendering fails, w is
// untouched.
func Write(w http.ResponseWriter, status int, frame Frame, content Content) error {
	html, err := renderPage(frame, content)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", text.Of(frame.Language).Language())
	header.Set("Content-Length", strconv.Itoa(len(html)))
	w.WriteHeader(status)
	_, err = w.Write(html)
	return err
}

// renderPage returns the HTML of a page.
func renderPage(frame Frame, content Content) ([]byte, error) {
	if frame.Zone == nil {
		frame.Zone = time.UTC
	}
	v := view{Messages: text.Of(frame.Language), Frame: frame}
	if p := frame.Project; p != nil && p.Kinds != nil && !p.Kinds.Keys.Usual() {
		v.Messages = v.Keyed()
	}
	name, data := content.render(v)
	v.Page, v.name = data, name
	t, err := parsed(name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout", v); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	if letters := v.EndsNoLine(); letters != "" {
		return bindShortWords(b.Bytes(), letters), nil
	}
	return b.Bytes(), nil
}

// pages holds the parsed templates by name; each is parsed when its page is first rendered.
var pages sync.Map

func parsed(name string) (*template.Template, error) {
	if t, ok := pages.Load(name); ok {
		return t.(*template.Template), nil
	}
	t, err := template.New(name).ParseFS(templates, "templates/layout.html", "templates/parts.html", "templates/"+name+".html")
	if err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	pages.Store(name, t)
	return t, nil
}

// view is the data of the templates: the catalogue, the frame and the page's own data.
type view struct {
	*text.Messages
	Frame
	Page any
	name string // of the page's template
}

// Lang returns the tag of the page's language.
func (v view) Lang() string { return v.Messages.Language() }

// Version returns the version of the running program.
func (view) Version() string { return version.String() }

// With returns a view with other data, for a part of the page.
func (v view) With(data any) view {
	v.Page = data
	return v
}

// Int converts a length for Count.
func (v view) Int(n int) int64 { return int64(n) }

// Add returns a + b.
func (view) Add(a, b int) int { return a + b }

// When formats an RFC 3339 instant in the frame's time zone.
func (v view) When(instant string) string { return v.Moment(instant, v.Zone) }

// At formats an instant in the frame's time zone, "" for the zero time.
func (v view) At(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.When(t.Format(time.RFC3339))
}

// Leaving returns the attributes of a link out of the page: from within a frame it opens a page of its own.
func (v view) Leaving() template.HTMLAttr {
	if v.Framed {
		return ` target="_blank" rel="noopener"`
	}
	return ""
}

// In returns the URL of this page in a language, without the one-time parameters done and work.
func (v view) In(language string) string {
	u, err := url.Parse(v.Path)
	if err != nil || u.IsAbs() || u.Host != "" || u.Path == "" {
		u = &url.URL{Path: "/"}
	}
	query := u.Query()
	query.Del("done")
	query.Del("work")
	query.Set("lang", language)
	u.RawQuery = query.Encode()
	return u.String()
}

// language is a language on offer.
type language struct {
	Tag, Name string
	OwnName   string // capitalised for the beginning of a line
	Chosen    bool   // the page is in it
}

// Languages returns the offered languages, each with its own name.
func (v view) Languages() []language {
	var out []language
	for _, tag := range text.Languages() {
		out = append(out, language{Tag: tag, Name: text.Name(tag)[tag], OwnName: text.OwnName(tag)})
	}
	return out
}

// Choices returns the languages of pages, and, by their tags, those that only the project's texts have.
func (v view) Choices() []language {
	out := v.Languages()
	if v.Project != nil {
		for _, tag := range v.Project.Languages {
			if !text.Speaks(tag) {
				out = append(out, language{Tag: tag, Name: tag, OwnName: tag})
			}
		}
	}
	for i := range out {
		out[i].Chosen = text.Preferred(v.Texts()) == out[i].Tag
	}
	return out
}

// Reviewed reports whether a speaker of the page's language has read its texts.
func (v view) Reviewed() bool { return text.Reviewed(v.Lang()) }

// SignIn returns the URL to sign in and return to this page.
func (v view) SignIn() string { return "/auth/sign-in?" + url.Values{"to": {v.Path}}.Encode() }

// Kind returns the name of a kind of record for one record of it. The kind is given by its singular or plural name.
func (v view) Kind(name string) string { return v.kinds().LabelIn(v.Messages, schema.One, name) }

// Kinds returns the name of a kind of record for several records of it, within a sentence or list.
func (v view) Kinds(name string) string { return v.kinds().LabelIn(v.Messages, schema.Several, name) }

// KindHeading returns the name of a kind of record as a heading.
func (v view) KindHeading(name string) string {
	return v.kinds().LabelIn(v.Messages, schema.Heading, name)
}

func (v view) kinds() *schema.Registry {
	if v.Project == nil || v.Project.Kinds == nil {
		return schema.Builtin()
	}
	return v.Project.Kinds
}

// Base returns the path of the project, "" without a project.
func (v view) Base() string {
	if v.Project == nil {
		return ""
	}
	return "/" + v.Project.ID
}

// Sections returns the navigation: the parts of the project that the user may open; nil if there is no choice.
func (v view) Sections() []section {
	if v.Project == nil || v.SignedIn == "" {
		return nil
	}
	all := v.sections(v.Base(), v.Roles)
	if len(all) == 1 {
		return nil
	}
	return all
}

// work returns the sections that the roles open, without the public results.
func (v view) work(base string, r Roles) []section {
	return slices.DeleteFunc(v.sections(base, r), func(s section) bool { return s.Href == base })
}

// sections returns the parts of a project that the roles may open. The results are public.
func (v view) sections(base string, r Roles) []section {
	type part struct {
		name string
		open bool
	}
	parts := []part{{"attention", r.Coordinator}, {"", true}, {"signups", r.Coordinator}, {"activities", r.Coordinator}, {"consultations", r.Adviser || r.Coordinator}, {"outputs", r.Coordinator}}
	labels := map[string]string{"": v.Say("section.results")}
	var ofPartners []part // they come after the files, where partners begin
	for _, k := range v.kinds().Kinds {
		if !k.SharesRoutes() || !k.Typed() {
			continue
		}
		labels[k.Path] = k.LabelIn(v.Messages, schema.Heading)
		p := part{k.Path, r.Coordinator || r.Adviser && slices.Contains(k.By, "adviser") || r.Partner && k.SentByPartners()}
		if k.ByPartner {
			ofPartners = append(ofPartners, p)
		} else {
			parts = append(parts, p)
		}
	}
	parts = append(parts, part{"uploads", r.Partner || r.Coordinator})
	parts = append(parts, ofPartners...)
	parts = append(parts, part{"people", r.Coordinator}, part{"snapshots", r.Funder || r.Coordinator}, part{"definition", r.Coordinator}, part{"audit", r.Coordinator})
	var out []section
	for _, s := range parts {
		if !s.open {
			continue
		}
		href := base
		if s.name != "" {
			href += "/" + s.name
		}
		path, _, _ := strings.Cut(v.Path, "?")
		here := path == href || s.name != "" && strings.HasPrefix(path, href+"/")
		if s.name == "activities" { // it includes the lists of all activities
			here = here || strings.HasPrefix(path+"/", base+"/attendance/") || strings.HasPrefix(path+"/", base+"/tests/")
		}
		out = append(out, section{Link: Link{Href: href, Label: cmp.Or(labels[s.name], v.Say("section."+s.name))}, Here: here})
	}
	return out
}

// Work returns the path of the first section that the roles open beside the public results, "" if there is none: where
// a user begins after signing in.
func Work(project string, r Roles) string {
	v := view{Messages: text.Of(text.Default)}
	if work := v.work("/"+project, r); len(work) > 0 {
		return work[0].Href
	}
	return ""
}

type section struct {
	Link
	Here bool
}
