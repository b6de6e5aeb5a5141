package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
)

// Projects is the first page: the projects of this tracker.
type Projects struct{ Items []ProjectItem }

// ProjectItem is one project of the list.
type ProjectItem struct {
	Definition *project.Definition
	SignupOpen bool
	State      string // upcoming, running or ended
	Roles      Roles  // of who looks at the list: what of the project they may open
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
	Status    int
	Title     string
	Detail    string
	Problems  []schema.Problem // bad input, where no form can show it
	RequestID string           // by which the log names the request; "": not shown
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
	Definition *project.Definition
	Newest     *snapshot.Snapshot // the approved one of the latest day, shown in short; nil: there is none, or it was shown before
	Exports    []Link             // of the newest
	Items      []SnapshotItem
	Next       string // the address of the next page, or ""
	Compile    bool
	Today      string
	Entry      Entry
}

// SnapshotItem is one snapshot of the list.
type SnapshotItem struct {
	ID, AsOf, State, Hash, Supersedes string
	KnownAt                           string // RFC 3339
	Version                           int    // of the definition
}

// Short is the beginning of the hash, enough to compare by eye.
func (s SnapshotItem) Short() string { return short(s.Hash) }

type snapshotsPage struct {
	Snapshots
	Short *resultsPage // the newest
}

func (s Snapshots) draw(v view) (string, any) {
	out := snapshotsPage{Snapshots: s}
	if s.Newest != nil {
		_, drawn := Results{Definition: s.Definition, Snapshot: s.Newest, Inside: true}.draw(v)
		short := drawn.(resultsPage)
		out.Short = &short
	}
	return "snapshots", out
}

// Evidence is the list of the records behind a figure, and how they make it up.
type Evidence struct {
	Definition *project.Definition // that the snapshot was counted by
	Title      string              // what the figure counts
	Code       string              // the indicator's, or "" for participants
	Figure     string              // the figure as it stands in the snapshot, a canonical number
	Snapshot   string              // the snapshot's id
	AsOf       string
	Items      []snapshot.Counted
	Senders    map[string]string // who sent a file, by its upload: a partner's name, or "" for the office
	Next       string            // the address of the next page, or ""
	Exports    []Link
}

type evidencePage struct {
	Evidence
	Counted  *counted
	From, To string // the days between which records count
	office   string // what the office is called
}

// Sender is who sent an upload. The file's own name is the office's alone.
func (p evidencePage) Sender(upload string) string { return cmp.Or(p.Senders[upload], p.office) }

// Kinds tells that records of more than one kind may stand in the list.
func (p evidencePage) Kinds() bool { return p.Counted == nil || len(p.Counted.Rules) > 1 }

// Adds tells that the snapshot has kept what each record adds.
func (e Evidence) Adds() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Counted) bool { return one.Total != "" })
}

// Says tells that any of the records says which it is.
func (e Evidence) Says() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Counted) bool { return one.What != "" })
}

// Sum is what all records add up to, on the last page of their list; "" elsewhere.
func (e Evidence) Sum() string {
	if e.Next != "" || len(e.Items) == 0 {
		return ""
	}
	return e.Items[len(e.Items)-1].Total.String()
}

// Agrees tells that the records add up to the figure.
func (e Evidence) Agrees() bool { return e.Sum() == e.Figure }

// OfPeople tells that any of the records is about a person.
func (e Evidence) OfPeople() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Counted) bool { return one.Person != "" })
}

func (e Evidence) draw(v view) (string, any) {
	out := evidencePage{Evidence: e, office: v.Say("evidence.office")}
	d := e.Definition
	if d == nil {
		return "evidence", out
	}
	out.From, out.To = d.Period.From, min(d.Period.To, e.AsOf)
	if in, found := d.Indicator(e.Code); found || e.Code == "" {
		of := &in
		if e.Code == "" {
			of = nil
		}
		how := v.countedBy(d, of)
		out.Counted = &how
	}
	return "evidence", out
}

// agreed says to which words on the use of data somebody agreed.
func (v view) agreed(version string) string {
	if version == "" {
		return ""
	}
	return v.Field(signups.ConsentGiven) + " " + v.Date(version)
}

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
