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

// Projects is the first page: the list of projects.
type Projects struct{ Items []ProjectItem }

// ProjectItem is one project of the list.
type ProjectItem struct {
	Definition *project.Definition
	SignupOpen bool
	State      string // upcoming, running or ended
	Roles      Roles  // of the reader in the project
}

type projectsPage struct{ Items []projectLine }

type projectLine struct {
	ProjectItem
	Work []section
}

// Projects in which the reader has work come first.
func (p Projects) render(v view) (string, any) {
	out := projectsPage{}
	for _, item := range p.Items {
		out.Items = append(out.Items, projectLine{item, v.work("/"+item.Definition.ID, item.Roles)})
	}
	slices.SortStableFunc(out.Items, func(a, b projectLine) int { return min(len(b.Work), 1) - min(len(a.Work), 1) })
	return "projects", out
}

// Problem is an error, in the terms of RFC 9457.
type Problem struct {
	Status    int
	Title     string
	Detail    string
	Problems  []schema.Problem // invalid input, where no form can show it
	RequestID string           // as in the log; "": not shown
	Do        *Deed            // what helps; nil: nothing
}

func (p Problem) render(view) (string, any) { return "problem", p }

// Message is a text with links to continue.
type Message struct {
	Title string
	Text  string
	Links []Link
	Do    *Deed // nil: nothing is to be done
}

// Deed is a button that sends an empty form.
type Deed struct{ Address, Label, Means string }

func (m Message) render(view) (string, any) { return "message", m }

// Snapshots is the list of snapshots, newest first, for the coordinator with a form to compile one now.
type Snapshots struct {
	Definition *project.Definition
	Newest     *snapshot.Snapshot // the approved one of the latest day, summarised; nil: there is none, or an earlier page showed it
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

// Short returns the beginning of the hash, enough to compare by eye.
func (s SnapshotItem) Short() string { return short(s.Hash) }

type snapshotsPage struct {
	Snapshots
	Short *resultsPage // the newest
}

func (s Snapshots) render(v view) (string, any) {
	out := snapshotsPage{Snapshots: s}
	if s.Newest != nil {
		_, rendered := Results{Definition: s.Definition, Snapshot: s.Newest, Inside: true}.render(v)
		short := rendered.(resultsPage)
		out.Short = &short
	}
	return "snapshots", out
}

// Evidence is the list of the records behind a figure, and how they add up to it.
type Evidence struct {
	Definition *project.Definition // that the snapshot was counted by
	Title      string              // what the figure counts
	Code       string              // the indicator's, or "" for participants
	Figure     string              // the figure as it is in the snapshot, a canonical number or what was said
	Derived    bool                // it is worked out from others, or said: the records do not add up to it
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
	From, To string   // the days between which records count
	office   string   // the name of the office
	Said     []string // by item: the values of the fields that the rule names
	SaidAt   string   // where a coordinator says the value, of an indicator that is not counted; or ""
}

// Sender returns who sent an upload. The file's name is shown to the office only.
func (p evidencePage) Sender(upload string) string { return cmp.Or(p.Senders[upload], p.office) }

// Kinds reports whether the list may have records of several kinds.
func (p evidencePage) Kinds() bool {
	return p.Counted == nil || len(p.Counted.Rules) > 1 || p.Counted.Who
}

// HasAmounts reports whether the snapshot stores what each record adds.
func (e Evidence) HasAmounts() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Counted) bool { return one.Total != "" })
}

// HasValues reports whether any of the records has a value of its own, and HasParts whether any is one of those by
// which the sum is divided.
func (e Evidence) HasValues() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Counted) bool { return one.Value != "" })
}

func (e Evidence) HasParts() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Counted) bool { return one.Of != "" })
}

// HasFields reports whether any of the records has fields that the rule names.
func (e Evidence) HasFields() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Counted) bool { return len(one.Fields) > 0 })
}

// HasDescriptions reports whether any of the records has a description.
func (e Evidence) HasDescriptions() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Counted) bool { return one.What != "" })
}

// Sum returns the total of all records on the last page of their list, and "" elsewhere.
func (e Evidence) Sum() string {
	if e.Next != "" || len(e.Items) == 0 || e.Derived {
		return ""
	}
	return e.Items[len(e.Items)-1].Total.String()
}

// AddsUp reports whether the records add up to the figure.
func (e Evidence) AddsUp() bool { return e.Sum() == e.Figure }

// OfPeople reports whether any of the records is about a person.
func (e Evidence) OfPeople() bool {
	return slices.ContainsFunc(e.Items, func(one snapshot.Counted) bool { return one.Person != "" })
}

func (e Evidence) render(v view) (string, any) {
	out := evidencePage{Evidence: e, office: v.Say("evidence.office")}
	d := e.Definition
	for _, one := range e.Items {
		out.Said = append(out.Said, v.fields(d, one))
	}
	if d == nil {
		return "evidence", out
	}
	out.From, out.To = d.Period.From, min(d.Period.To, e.AsOf)
	if in, found := d.Indicator(e.Code); found || e.Code == "" {
		of := &in
		if in.Count == project.CountSaid && v.Roles.Coordinator {
			out.SaidAt = v.Base() + "/indicators/" + in.Code + "/said"
		}
		if found {
			out.To = min(in.LastDay(d.Period), e.AsOf)
		}
		if e.Code == "" {
			of = nil
		}
		how := v.countedBy(d, of)
		out.Counted = &how
	}
	return "evidence", out
}

// fields returns the values of the fields that a rule names as one line of labels and values.
func (v view) fields(d *project.Definition, one snapshot.Counted) string {
	registry := v.kinds()
	if d != nil {
		registry = schema.For(d)
	}
	var said []string
	for _, n := range one.Fields {
		label, value := v.Field(n.Name), n.Value
		f := registry.Kind(schema.Signup).Field(n.Name) // attributes of people are fields of their sign-up
		if kind := registry.Kind(one.Kind); kind != nil && kind.Index(n.Name) >= 0 {
			f = kind.Field(n.Name)
		}
		switch {
		case f != nil && d != nil:
			label, value = f.LabelIn(v.Messages), v.cell(f, d, n.Value)
		case n.Name == "state":
			value = v.Say("signup_state." + n.Value)
		case n.Name == schema.DayOfEntry:
			label, value = v.Say("rule.words.entry"), v.Date(n.Value)
		}
		said = append(said, label+": "+value)
	}
	return strings.Join(said, " · ")
}

// agreed returns to which version of the words on the use of data a person agreed: those of the form, by its day, or
// those of another form tool, by the source that names them and its version.
func (v view) agreed(version string) string {
	if version == "" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, version); err != nil {
		return v.Field(signups.ConsentGiven) + " " + version
	}
	return v.Field(signups.ConsentGiven) + " " + v.Date(version)
}

// short returns the first twelve digits of a hash.
func short(hash string) string {
	const prefix = "sha256:"
	if len(hash) > len(prefix)+12 && hash[:len(prefix)] == prefix {
		return hash[len(prefix) : len(prefix)+12]
	}
	return hash
}

// Attention is the office's first page: its tasks, the most urgent first.
type Attention struct {
	Held     []HeldItem // sign-ups to decide on, which come first
	MoreHeld int        // how many are not shown
	Items    []Task
}

// HeldItem is a sign-up that is held, beside the known person.
type HeldItem struct {
	ID, Name, Activity, SubmittedAt, Version string
	Why                                      string // why it is held
	Own                                      bool   // it contradicts the known person; else only keys are to be confirmed
	Unconfirmed                              bool   // its address has not been confirmed
	Undisputed                               bool   // and that is the only reason
	Known                                    string // the id of the known person, "" where there is none any more
	KnownName                                string
	Lines                                    []HeldLine
}

// HeldLine is what a form and what the known person has of one field.
type HeldLine struct {
	Field, Sent, Known string
	Label              string // of a field that the catalogues do not know
	Differs            bool
}

// Task is one task, with the address where it is done.
type Task struct {
	What, Message, Href string
	Urgent              bool // someone outside waits for it
}

func (a Attention) render(view) (string, any) { return "attention", a }

// Audit is the trail of who did what and when, newest first.
type Audit struct {
	Kind, Who string // what the list is narrowed to, or ""
	Items     []AuditLine
	Next      string // the address of the next page, or ""
}

// AuditLine is one line of the trail.
type AuditLine struct {
	At     time.Time
	By     string // an address, or ""
	Origin string // staff, or one of Origins
	Says   string
	Links  []Link
}

// Origins are the origins of facts that no member of the staff caused.
var Origins = []string{"form", "delivery", "schedule"}

type auditPage struct {
	Audit
	Kinds        []choice
	OriginLabels []string
}

// OriginNames returns the names of Origins as one text.
func (p auditPage) OriginNames() string { return strings.Join(p.OriginLabels, ", ") }

func (a Audit) render(v view) (string, any) {
	out := auditPage{Audit: a}
	for _, kind := range fact.Kinds {
		out.Kinds = append(out.Kinds, choice{Value: kind, Label: v.Say("event." + kind), Chosen: kind == a.Kind})
	}
	for _, o := range Origins {
		said := v.Say("origin_of." + o)
		out.OriginLabels = append(out.OriginLabels, said)
		if o == a.Who {
			out.Who = said
		}
	}
	return "audit", out
}
