package page

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/schema"
)

// Uploads is the list of uploads with the form for a new one. The form posts the file as multipart/form-data to
// /{project}/uploads; with JavaScript it requests a pre-signed URL there, and sends the file to that.
type Uploads struct {
	Items []Upload
	Next  string     // the address of the next page, or ""
	Error string     // of the form, or ""
	All   bool       // uploads of all owners, for a coordinator: the list shows the owners
	Once  string     // idempotency key
	Kinds []string   // kinds with a template to download
	Own   *OwnTotals // of a partner's files; nil if none counts, and for coordinators
}

// OwnTotals are the totals of one partner's files.
type OwnTotals struct {
	AsOf    time.Time
	All     OwnLine
	Mediums []OwnLine
	Months  []OwnLine
	Outside int  // airings outside the project's period, which are not in the totals
	TooMany bool // there are too many rows to sum
}

// OwnLine is one line of a partner's totals.
type OwnLine struct {
	Name    string
	Airings int
	Reach   int64
}

// Upload is one upload: a line of the list, and, with its findings, a page.
type Upload struct {
	ID, State, Kind, Filename, Owner string
	Records                          *schema.Kind // the kind of its rows; nil if it is unknown
	SHA256                           string
	Bytes                            int64
	Rows, New, Changed, Unchanged    int
	Totals                           map[string]json.Number // sums of the rows, by field
	Errors, Warnings                 []CellProblem
	Cut                              bool              // there are more errors than the list has
	Headings                         map[string]string // the file's names of columns, by their English names
	Columns                          []string          // of the bad rows, by their names in the file
	BadRows                          []FileRow         // rows with errors
	ReceivedAt, FinishedAt           time.Time
	SameAs                           string // the earlier upload with the same bytes, or ""
	CheckOnly                        bool
	Once                             string // idempotency key of the button that makes a checked file count
	Mine                             bool   // the reader may withdraw it
	Original                         string // the address of the original, or ""
	Source                           string // by which it was read, or ""
	SourceVersion                    int
	Sources                          []string  // of a rejected one: those that it can be read by
	Unclear                          bool      // of a rejected one: who sent it may say which column is which
	Removed                          time.Time // when the original was removed; zero: it is stored
}

// CellProblem is an error or a warning about one cell; its message is in the reader's language.
type CellProblem struct {
	Sheet                        string // where several are read
	Row                          int
	Column, Code, Value, Message string
	Rows                         []int // of a warning about several rows: the first ones
	Count                        int   // and how many there are
}

// AlsoRows returns the rows of a problem that concerns several, and their number if not all are listed.
func (p CellProblem) AlsoRows() string {
	if p.Count < 2 || p.Code == schema.OtherSheet || p.Code == schema.HiddenSheet {
		return "" // of sheets the message has the names
	}
	var rows []string
	for _, row := range p.Rows {
		rows = append(rows, strconv.Itoa(row))
	}
	if p.Count > len(p.Rows) {
		rows = append(rows, "…")
	}
	return strings.Join(rows, ", ")
}

// FileRow is a row of a file with its problems.
type FileRow struct {
	Row      int
	Cells    []FileCell
	Problems []CellProblem
}

// FileCell is one cell, masked if it identifies a person.
type FileCell struct {
	Text string
	Bad  bool
}

// fileTotal is a total of a file with its label.
type fileTotal struct {
	Label string
	Value json.Number
}

// Limits of the problems on a page. The list as a file is complete.
const (
	mostErrors   = 40
	mostWarnings = 20
)

// FirstErrors and FirstWarnings return the problems that the page lists.
func (u Upload) FirstErrors() []CellProblem   { return u.Errors[:min(len(u.Errors), mostErrors)] }
func (u Upload) FirstWarnings() []CellProblem { return u.Warnings[:min(len(u.Warnings), mostWarnings)] }

// InProgress reports whether the upload is still being processed.
func (u Upload) InProgress() bool { return u.State == "received" || u.State == "processing" }

// Counts reports whether the upload's rows count.
func (u Upload) Counts() bool { return u.State == "accepted" }

// Read reports whether the file was read to its end, so that its numbers are complete.
func (u Upload) Read() bool {
	return u.State == "accepted" || u.State == "checked" || u.State == "withdrawn"
}

func (u Uploads) render(view) (string, any) { return "uploads", u }

// totalLabel returns the label of the total of a field. Fields of a project have their own.
func (u Upload) totalLabel(v view, field string) string {
	if key, ok := totalKeys[field]; ok || u.Records == nil || u.Records.Field(field) == nil {
		return v.Say(key)
	}
	return u.Records.Field(field).LabelIn(v.Messages)
}

var totalKeys = map[string]string{"reach": "upload.total_reach", "minutes": "upload.total_minutes", "hours": "upload.total_hours", "quantity": "upload.total_quantity"}

// named returns problems with the file's names of columns, and where these are unknown, the names in the page's
// language.
func (u Upload) named(v view, problems []CellProblem) []CellProblem {
	out := slices.Clone(problems)
	for i, p := range out {
		if heading := u.Headings[p.Column]; heading != "" {
			out[i].Column = heading
		} else {
			out[i].Column = u.Records.ColumnIn(p.Column, v.Lang())
		}
	}
	return out
}

type uploadPage struct {
	Upload
	Figures []fileTotal
}

func (u Upload) render(v view) (string, any) {
	u.Errors, u.Warnings, u.BadRows = u.named(v, u.Errors), u.named(v, u.Warnings), slices.Clone(u.BadRows)
	for i, row := range u.BadRows {
		u.BadRows[i].Problems = u.named(v, row.Problems)
	}
	p := uploadPage{Upload: u}
	for _, name := range slices.Sorted(maps.Keys(u.Totals)) {
		p.Figures = append(p.Figures, fileTotal{Label: u.totalLabel(v, name), Value: u.Totals[name]})
	}
	return "upload", p
}
