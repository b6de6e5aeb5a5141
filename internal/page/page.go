// Package page draws the tracker's web pages: the layout, the templates and the structs that they show. Handlers fill a
// struct and hand it to Write; what is on a page, its words and its shape are decided here. Pages are plain HTML with one
// stylesheet, work without JavaScript, and take nothing from another server.
package page

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"outreach/internal/text"
	"outreach/internal/version"
)

// Frame is what stands around every page.
type Frame struct {
	Language string         // its tag
	Path     string         // the page's own address with its query: where the language links and the sign-in lead back to
	Project  *Project       // nil on pages that belong to no project
	SignedIn string         // the e-mail address of who is signed in, or ""
	Roles    Roles          // what they are in the project: which sections the page offers
	Message  string         // what has just been done, said once at the top
	Zone     *time.Location // in which instants are written; nil: UTC
}

// Project names the project that a page belongs to.
type Project struct{ ID, Title string }

// Roles are what somebody is in a project.
type Roles struct{ Coordinator, Adviser, Funder, Partner bool }

// Link is an address and what it is called.
type Link struct{ Href, Label string }

// Content is what a page shows: one of this package's structs.
type Content interface {
	// draw names the template and gives what it is executed with.
	draw(view) (name string, data any)
}

// Write answers with a page. It is drawn completely first, so an error leaves the answer untouched.
func Write(w http.ResponseWriter, status int, frame Frame, content Content) error {
	drawn, err := render(frame, content)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", text.Of(frame.Language).Language())
	header.Set("Content-Length", strconv.Itoa(len(drawn)))
	w.WriteHeader(status)
	_, err = w.Write(drawn)
	return err
}

func render(frame Frame, content Content) ([]byte, error) {
	if frame.Zone == nil {
		frame.Zone = time.UTC
	}
	v := view{Messages: text.Of(frame.Language), Frame: frame}
	name, data := content.draw(v)
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
		return bound(b.Bytes(), letters), nil
	}
	return b.Bytes(), nil
}

// Each page's templates are parsed once, when it is first shown.
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

// view is what the templates see: the words, the frame, and the page's own data.
type view struct {
	*text.Messages
	Frame
	Page any
	name string // of the page's template
}

// Lang is the page's language.
func (v view) Lang() string { return v.Messages.Language() }

// Version is that of the running program.
func (view) Version() string { return version.String() }

// With is the view of a part of the page.
func (v view) With(data any) view {
	v.Page = data
	return v
}

// Int is a length as Count takes it.
func (v view) Int(n int) int64 { return int64(n) }

// Add is a sum.
func (view) Add(a, b int) int { return a + b }

// When writes an instant, RFC 3339, in the frame's time zone.
func (v view) When(instant string) string { return v.Moment(instant, v.Zone) }

// At writes an instant in the frame's time zone.
func (v view) At(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.When(t.Format(time.RFC3339))
}

// In is the address of this page in a language.
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

// language is a language that pages can be read in.
type language struct {
	Tag, Name string
	OwnName   string // at the beginning of a line
}

// Languages are the languages that are offered, each by the name it has in itself.
func (v view) Languages() []language {
	var out []language
	for _, tag := range text.Languages() {
		out = append(out, language{Tag: tag, Name: text.Name(tag)[tag], OwnName: text.OwnName(tag)})
	}
	return out
}

// SignIn is where one signs in, to come back to this page.
func (v view) SignIn() string { return "/auth/sign-in?" + url.Values{"to": {v.Path}}.Encode() }

// Base is the project's address.
func (v view) Base() string {
	if v.Project == nil {
		return ""
	}
	return "/" + v.Project.ID
}

// Sections are the parts of the project that this person may open.
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

// work are the parts of a project that are open to somebody because of their roles: where one lands first.
func (v view) work(base string, r Roles) []section {
	return slices.DeleteFunc(v.sections(base, r), func(s section) bool { return s.Href == base })
}

// sections are the parts of a project that are open to somebody. The results are open to all.
func (v view) sections(base string, r Roles) []section {
	var out []section
	for _, s := range []struct {
		name string
		open bool
	}{
		{"attention", r.Coordinator}, {"", true}, {"signups", r.Coordinator}, {"activities", r.Coordinator}, {"consultations", r.Adviser || r.Coordinator},
		{"outputs", r.Coordinator}, {"uploads", r.Partner || r.Coordinator}, {"people", r.Coordinator}, {"snapshots", r.Funder || r.Coordinator}, {"definition", r.Coordinator},
		{"audit", r.Coordinator},
	} {
		if !s.open {
			continue
		}
		href, key := base, "section.results"
		if s.name != "" {
			href, key = href+"/"+s.name, "section."+s.name
		}
		path, _, _ := strings.Cut(v.Path, "?")
		here := path == href || s.name != "" && strings.HasPrefix(path, href+"/")
		if s.name == "activities" { // the lists of all activities belong to it
			here = here || strings.HasPrefix(path+"/", base+"/attendance/") || strings.HasPrefix(path+"/", base+"/tests/")
		}
		out = append(out, section{Link: Link{Href: href, Label: v.Say(key)}, Here: here})
	}
	return out
}

// Work is where somebody's work in a project begins: the first section that is open to them alone; "" where none is.
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
