package page

import (
	"slices"
	"strconv"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Activities is the list of a project's activities, each with how it stands.
type Activities struct{ Items []ActivityItem }

// ActivityItem is one activity: how many have a place, wait, or are held.
type ActivityItem struct {
	Activity                   project.Activity
	Accepted, Waitlisted, Held int
}

// Where says where and when it is.
func (v view) Where(a project.Activity) string {
	said := []string{a.Place, v.When(a.Starts)}
	if a.Ends != "" && a.Ends != a.Starts {
		said[1] += " – " + v.When(a.Ends)
	}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), " · ")
}

func (a Activities) draw(view) (string, any) { return "activities", a }

// Activity is one activity: who signed up, and what is known of each there.
type Activity struct {
	ActivityItem
	Items []Participant
	Next  string // the address of the next page, or ""
}

// Participant is one person at an activity.
type Participant struct {
	Person, Name, Email string
	State               string // of the sign-up
	Days                int
	Hours, Outcome      string // canonical; "" where nothing is known
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

func (a Activity) draw(v view) (string, any) {
	p := activityPage{Activity: a}
	for _, one := range a.Items {
		line := participantLine{Participant: one}
		if one.Outcome != "" {
			line.Ended = v.cell(schema.Builtin().Kind(schema.Attendance).Field("outcome"), nil, one.Outcome)
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
	Common     []string          // those that can be put into every row at once
	All        map[string]string // what was typed to be put there
	Rows       []SheetRow
	First      int // how many rows the pages before have
	People     int // on all pages
	Days       []string
	Problems   []schema.Problem // of the day
	Saved      *SheetCount      // what has been saved just now; nil: nothing was to be
	Filled     bool             // the rows were filled in and are not saved yet
	Once       string           // idempotency key
	Cursor     string           // of this page
	Next       string           // the cursor of the next page, or ""
}

// SheetCount is what became of the rows of a sheet.
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
	Values              map[string]string // as typed, or as they hold
	Seen                string            // what held when the row was shown, sent back with it
	File                bool              // a file says so
	Problems            []schema.Problem
	Theirs              map[string]string // what somebody else has saved meanwhile; nil: nobody has
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

// ErrorID is the element that says what is wrong with the row.
func (l sheetLine) ErrorID() string { return "row-" + strconv.Itoa(l.N) + "-error" }

func (s Sheet) draw(v view) (string, any) {
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

// theirs says what somebody else has saved.
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

// cellInput is a field of the grid: a list is a select, which takes the first letter of a choice.
func (v view) cellInput(s Sheet, name, value string) input {
	in := v.input(s.field(name), s.Definition, Entry{Values: map[string]string{name: value}}, s.Today)
	if in.As == "choice" {
		in.As = "select"
	}
	return in
}

// Roll is an activity's attendance list for one day, to be printed and signed.
type Roll struct {
	Definition *project.Definition
	Activity   project.Activity
	Date       string // a day, or "" where it is to be written by hand
	Names      []string
	First      int   // how many names the pages before have
	Empty      []int // lines for those who come without having signed up
	Next       string
}

func (r Roll) draw(view) (string, any) { return "roll", r }

// Certificates are an activity's certificates, a sheet of paper each, in a language of their own.
type Certificates struct {
	Definition *project.Definition
	Activity   project.Activity
	In         string // the language of the certificates
	Person     string // the one person whose it is, or "": all who completed
	Items      []Certificate
	Next       string
}

// Certificate is what one certifies.
type Certificate struct {
	Name, Number, Hours string
	From, To            string // the first and the last day
}

type certificatesPage struct {
	Certificates
	Words *text.Messages
}

// When says on which days it was.
func (p certificatesPage) When(c Certificate) string {
	if c.From == c.To {
		return p.Words.Date(c.From)
	}
	return p.Words.Date(c.From) + " – " + p.Words.Date(c.To)
}

func (c Certificates) draw(view) (string, any) {
	return "certificates", certificatesPage{c, text.Of(c.In)}
}
