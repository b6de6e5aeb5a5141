package page

import (
	"slices"
	"strconv"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Activities is the list of a project's activities, each with its counts.
type Activities struct{ Items []ActivityItem }

// ActivityItem is one activity: how many sign-ups have a place, wait, or are held.
type ActivityItem struct {
	Activity                   project.Activity
	Accepted, Waitlisted, Held int
}

// Where returns where and when an activity is.
func (v view) Where(a project.Activity) string {
	said := []string{a.Place, v.When(a.Starts)}
	if a.Ends != "" && a.Ends != a.Starts {
		said[1] += " – " + v.When(a.Ends)
	}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), " · ")
}

func (a Activities) render(view) (string, any) { return "activities", a }

// Activity is one activity: who signed up, and what they did there.
type Activity struct {
	ActivityItem
	Definition *project.Definition
	Items      []Participant
	Next       string // the address of the next page, or ""

	Query        string // of a search
	Searched     bool   // whether the page has a search: everybody is not on it
	BySubmission bool   // the order is that of submission, not of names
}

// Participant is one person at an activity.
type Participant struct {
	Person, Name, Email string
	State               string // of the sign-up
	Days                int
	Hours, Outcome      string // canonical; "" where there is no record
	Tests               []Score
}

// Score is the result of a test, in canonical numbers.
type Score struct{ Before, After, Most string }

type activityPage struct {
	Activity
	Lines []participantLine
}

type participantLine struct {
	Participant
	Ended, Scores string // as people read them
}

func (a Activity) render(v view) (string, any) {
	p := activityPage{Activity: a}
	for _, one := range a.Items {
		line := participantLine{Participant: one}
		if one.Outcome != "" {
			line.Ended = v.cell(schema.For(a.Definition).Kind(schema.Attendance).Field("outcome"), a.Definition, one.Outcome)
		}
		var tests []string
		for _, t := range one.Tests {
			tests = append(tests, v.Say("activity.scores", "before", v.Number(t.Before), "after", v.Number(t.After), "most", v.Number(t.Most)))
		}
		line.Scores = strings.Join(tests, ", ")
		p.Lines = append(p.Lines, line)
	}
	return "activity", p
}

// Sheet is the form for everybody at an activity on one day, a row each: attendance, or tests.
type Sheet struct {
	Kind       *schema.Kind
	Activity   project.Activity
	Definition *project.Definition
	Date       string // as it was given
	Today      string
	Columns    []string          // the fields of a row
	Common     []string          // the fields that can be filled into every row at once
	All        map[string]string // the values to fill in, as typed
	Rows       []SheetRow
	First      int // how many rows the pages before this one have
	People     int // on all pages; 0 where that is not known

	Query        string // of a search
	Searched     bool   // whether the page has a search: everybody is not on it
	BySubmission bool   // the order is that of submission, not of names
	Days         []string
	Problems     []schema.Problem // of the day
	Saved        *SheetCount      // what was just saved; nil where nothing was to be saved
	Filled       bool             // the rows were filled in and are not saved yet
	Once         string           // idempotency key
	Cursor       string           // of this page
	Next         string           // the cursor of the next page, or ""

	NextAddress string // of that page
}

// SheetCount counts the rows of a sheet by what saving them did.
type SheetCount struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Removed   int `json:"removed"`
	Wrong     int `json:"-"` // rows that were not saved
}

// SheetRow is one person's row.
type SheetRow struct {
	Person, Name, Email string
	Values              map[string]string // as typed, or as they are stored
	Seen                string            // the version and values that were shown, sent back with the row
	File                bool              // the values are from a file
	Problems            []schema.Problem
	Theirs              map[string]string // what someone else saved meanwhile, or nil
}

type sheetPage struct {
	Sheet
	Heads []string
	All   []input
	Lines []sheetLine
	Wrong []summary
}

type sheetLine struct {
	SheetRow
	N      int
	Inputs []input
	Errors []string
}

// ErrorID returns the id of the element with the errors of the row.
func (l sheetLine) ErrorID() string { return "row-" + strconv.Itoa(l.N) + "-error" }

func (s Sheet) render(v view) (string, any) {
	p := sheetPage{Sheet: s}
	for _, name := range s.Columns {
		p.Heads = append(p.Heads, v.Field(name))
	}
	for _, name := range s.Common {
		in := v.cellInput(s, name, s.All[name])
		in.Name = "all-" + name
		p.All = append(p.All, in)
	}
	for n, row := range s.Rows {
		line := sheetLine{SheetRow: row, N: n}
		for _, name := range s.Columns {
			in := v.cellInput(s, name, row.Values[name])
			in.Name = name + "-" + strconv.Itoa(n)
			for _, problem := range row.Problems {
				if problem.Field == name {
					in.Errors = append(in.Errors, v.sentence(problem))
				}
			}
			line.Inputs = append(line.Inputs, in)
		}
		for _, problem := range row.Problems {
			said := v.sentence(problem)
			if slices.Contains(s.Columns, problem.Field) {
				said = v.Field(problem.Field) + ": " + said
			}
			line.Errors = append(line.Errors, said)
		}
		if row.Theirs != nil {
			line.Errors = append(line.Errors, v.theirs(s, row.Theirs))
		}
		for _, said := range line.Errors {
			p.Wrong = append(p.Wrong, summary{Href: "#row-" + strconv.Itoa(n), Label: row.Name, Message: said})
		}
		p.Lines = append(p.Lines, line)
	}
	return "sheet", p
}

// theirs returns the message on what someone else saved.
func (v view) theirs(s Sheet, values map[string]string) string {
	var said []string
	for _, name := range s.Columns {
		if values[name] != "" {
			said = append(said, v.Field(name)+" "+v.cell(s.field(name), s.Definition, values[name]))
		}
	}
	if len(said) == 0 {
		return v.Say("sheet.theirs_gone")
	}
	return v.Say("sheet.theirs", "values", strings.Join(said, ", "))
}

func (s Sheet) field(name string) *schema.Field { return &s.Kind.Fields[s.Kind.Index(name)] }

// cellInput returns the input of one cell. A choice is a select, in which typing its first letter selects it.
func (v view) cellInput(s Sheet, name, value string) input {
	in := v.input(s.field(name), s.Definition, Entry{Values: map[string]string{name: value}}, s.Today)
	if in.As == "choice" {
		in.As = "select"
	}
	return in
}

// AttendanceList is an activity's attendance list of one day, for printing and signing.
type AttendanceList struct {
	Definition *project.Definition
	Activity   project.Activity
	Date       string // a day; "" leaves a line to write it by hand
	Names      []string
	Empty      []int // lines for those who come without having signed up
}

func (r AttendanceList) render(view) (string, any) { return "roll", r }

// Certificates are an activity's certificates, one on a printed page, in a language of their own.
type Certificates struct {
	Definition *project.Definition
	Activity   project.Activity
	In         string // the language of the certificates
	Person     string // of one person; "" for all who completed
	Items      []Certificate
	Next       string
}

// Certificate is what one certificate states.
type Certificate struct {
	Name, Number, Hours string
	From, To            string // the first and the last day
}

type certificatesPage struct {
	Certificates
	Words *text.Messages
}

// When returns the days of a certificate.
func (p certificatesPage) When(c Certificate) string {
	if c.From == c.To {
		return p.Words.Date(c.From)
	}
	return p.Words.Date(c.From) + " – " + p.Words.Date(c.To)
}

func (c Certificates) render(view) (string, any) {
	return "certificates", certificatesPage{c, text.Of(c.In)}
}
