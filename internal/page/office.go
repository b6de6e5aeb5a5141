package page

import (
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/record"
	"outreach/internal/snapshot"
)

// Projects is the first page: the projects of this tracker.
type Projects struct{ Items []ProjectItem }

// ProjectItem is one project of the list.
type ProjectItem struct {
	Definition *project.Definition
	SignupOpen bool
	Roles      Roles // of who looks at the list: what of the project they may open
}

type projectsPage struct{ Items []projectLine }

type projectLine struct {
	ProjectItem
	Work []section
}

// The projects in which somebody has work come first.
func (p Projects) draw(v view) (string, any) {
	out := projectsPage{}
	for _, item := range p.Items {
		out.Items = append(out.Items, projectLine{item, v.work("/"+item.Definition.ID, item.Roles)})
	}
	slices.SortStableFunc(out.Items, func(a, b projectLine) int { return min(len(b.Work), 1) - min(len(a.Work), 1) })
	return "projects", out
}

// Problem says that something could not be done, in the terms of an RFC 9457 problem.
type Problem struct {
	Status   int
	Title    string
	Detail   string
	Advice   string           // what to do about it
	Problems []record.Problem // bad input, where no form can show it
}

func (p Problem) draw(view) (string, any) { return "problem", p }

// Message says one thing, and where to go from there.
type Message struct {
	Title string
	Text  string
	Links []Link
}

func (m Message) draw(view) (string, any) { return "message", m }

// Snapshots is the list of snapshots, newest first, for the coordinator with a form to compile one now.
type Snapshots struct {
	Items   []SnapshotItem
	Next    string // the address of the next page, or ""
	Compile bool
	Today   string
	Entry   Entry
}

// SnapshotItem is one snapshot of the list.
type SnapshotItem struct {
	ID, AsOf, State, Hash, Supersedes string
	KnownAt                           string // RFC 3339
	Version                           int    // of the definition
}

// Short is the beginning of the hash, enough to compare by eye.
func (s SnapshotItem) Short() string { return short(s.Hash) }

func (s Snapshots) draw(view) (string, any) { return "snapshots", s }

// Evidence is the list of the records behind a figure.
type Evidence struct {
	Title    string // what the figure counts
	Code     string // the indicator's, or "" for participants
	Figure   string // the figure as it stands in the snapshot, a canonical number
	Snapshot string // the snapshot's id
	AsOf     string
	Items    []snapshot.Evidence
	Next     string // the address of the next page, or ""
	Exports  []Link
}

// OfPeople tells that any of the records is about a person.
func (e Evidence) OfPeople() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Evidence) bool { return one.Person != "" })
}

func (e Evidence) draw(view) (string, any) { return "evidence", e }

func short(hash string) string {
	const prefix = "sha256:"
	if len(hash) > len(prefix)+12 && hash[:len(prefix)] == prefix {
		return hash[len(prefix) : len(prefix)+12]
	}
	return hash
}

// Attention is the office's first page: what needs somebody, the most pressing first.
type Attention struct{ Items []Task }

// Task is one thing that waits, and the address where it is done.
type Task struct {
	What, Message, Href string
	Urgent              bool // somebody outside waits for it
}

func (a Attention) draw(view) (string, any) { return "attention", a }

// Audit is the trail of who did what and when, newest first.
type Audit struct {
	Kind, Who string // what the list is narrowed to, or ""
	Items     []AuditLine
	Next      string // the address of the next page, or ""
}

// AuditLine is one thing that happened.
type AuditLine struct {
	At     time.Time
	By     string // an address, or ""
	Origin string // staff, or one of Origins
	Says   string
	Links  []Link
}

// Origins are where things come from that nobody of the staff did.
var Origins = []string{"form", "delivery", "schedule"}

type auditPage struct {
	Audit
	Kinds []choice
	Whose []string
}

// AllWhose are the words for who is nobody of the staff.
func (p auditPage) AllWhose() string { return strings.Join(p.Whose, ", ") }

func (a Audit) draw(v view) (string, any) {
	out := auditPage{Audit: a}
	for _, kind := range fact.Kinds {
		out.Kinds = append(out.Kinds, choice{Value: kind, Label: v.Say("event." + kind), Chosen: kind == a.Kind})
	}
	for _, o := range Origins {
		said := v.Say("origin_of." + o)
		out.Whose = append(out.Whose, said)
		if o == a.Who {
			out.Who = said
		}
	}
	return "audit", out
}
