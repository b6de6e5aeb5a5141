package page

import (
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/record"
	"outreach/internal/signup"
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
		out.Items = append(out.Items, projectLine{item, v.sections("/"+item.Definition.ID, item.Roles)[1:]})
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
	Next       string // the address of the next page, or ""
	Exports    []Link
}

type evidencePage struct {
	Evidence
	Counted  *counted
	From, To string // the days between which records count
}

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
	out := evidencePage{Evidence: e}
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

// People is the search for people, and the list of probable duplicates.
type People struct {
	Query      string
	Items      []PersonItem
	Duplicates bool // the list is one of probable duplicates
	Pairs      []Pair
	Next       string // the address of the next page, or ""
}

// PersonItem is one person of a list.
type PersonItem struct{ ID, Name, Email, Pesel string }

// Pair is two records that are probably one person's, and why.
type Pair struct {
	A, B PersonItem
	Why  string
}

func (p People) draw(view) (string, any) { return "people", p }

// Person is everything held on one person.
type Person struct {
	Person     PersonItem
	Facts      []Fact // phone, attributes, consents: labels and values as people read them
	Signups    []SignupItem
	Records    []PersonRecord
	Definition *project.Definition
	Export     string // the address of the subject-access export
	Entry      Entry  // of the merge form
}

// Fact is a labelled value.
type Fact struct{ Label, Value string }

// PersonRecord is one record about a person.
type PersonRecord struct {
	Kind *record.Kind
	ID   string // of a typed record, or ""
	Row  record.Row
}

type personPage struct {
	Person
	Forms []personForm
	Lines []personLine
}

type personForm struct {
	SignupItem
	Says string
}

type personLine struct{ Kind, Date, Says, Href string }

func (p Person) draw(v view) (string, any) {
	out := personPage{Person: p}
	for _, s := range p.Signups {
		out.Forms = append(out.Forms, personForm{s, joined(" · ", v.says(&signup.Kind, p.Definition, s.Row, "activity", "submitted_at", "first_name", "last_name", "locale"), v.agreed(s.Consent))})
	}
	for _, r := range p.Records {
		line := personLine{Kind: v.Say("kind." + r.Kind.Name), Date: v.Date(r.Kind.Get(r.Row, "date")), Says: v.says(r.Kind, p.Definition, r.Row, "date")}
		if r.ID != "" {
			line.Href = v.Base() + "/" + r.Kind.Plural + "/" + r.ID
		}
		out.Lines = append(out.Lines, line)
	}
	return "person", out
}

// agreed says to which words on the use of data somebody agreed.
func (v view) agreed(version string) string {
	if version == "" {
		return ""
	}
	return v.Field(signup.ConsentGiven) + " " + v.Date(version)
}

// says writes a record out in one line, but for some fields.
func (v view) says(kind *record.Kind, d *project.Definition, row record.Row, without ...string) string {
	var said []string
	for i := range kind.Fields {
		f := &kind.Fields[i]
		if i < len(row) && row[i] != "" && !slices.Contains(without, f.Name) {
			said = append(said, v.Field(f.Name)+": "+v.cell(f, d, row[i]))
		}
	}
	return strings.Join(said, " · ")
}

// Named is an activity's label.
func (p Person) Named(activity, language string) string {
	return Signups{Definition: p.Definition}.Named(activity, language)
}

// Definition is the editor of the project's definition. It puts to its own address; checking adds dry_run=1.
type Definition struct {
	YAML     string
	Number   int    // of the version shown; 0: there is none yet
	SHA256   string // of the version shown
	Version  string // its ETag, sent back as _if_match
	Problems []LineProblem
	Checked  bool // it was checked and found right, and not saved
}

// LineProblem is something wrong at a place of the definition.
type LineProblem struct {
	Line, Column int
	Message      string
}

// Quote is a line of the definition, counted from 1, or "".
func (d Definition) Quote(line int) string {
	lines := strings.Split(d.YAML, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[line-1], "\r")
}

func (d Definition) draw(view) (string, any) { return "definition", d }

func short(hash string) string {
	const prefix = "sha256:"
	if len(hash) > len(prefix)+12 && hash[:len(prefix)] == prefix {
		return hash[len(prefix) : len(prefix)+12]
	}
	return hash
}
