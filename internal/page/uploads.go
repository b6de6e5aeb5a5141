package page

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"outreach/internal/schema"
)

// Uploads is the list of uploads with the form for a new one. The form posts the file itself, as multipart/form-data, to
// /{project}/uploads; with JavaScript it asks there for a place to upload, and sends the file to that.
type Uploads struct {
	Items []Upload
	Next  string     // the address of the next page, or ""
	Error string     // what was wrong with the form, or ""
	All   bool       // everybody's uploads, for the coordinator: the list names the owners
	Once  string     // idempotency key
	Kinds []string   // of which there are templates to download
	Own   *OwnTotals // what a partner's files come to now; nil where none counts, or for the office
}

// OwnTotals are what the files of one partner come to.
type OwnTotals struct {
	AsOf    time.Time
	All     OwnLine
	Mediums []OwnLine
	Months  []OwnLine
	Outside int  // airings outside the project's period, which are in no figure
	TooMany bool // so many rows that they were not added up
}

// OwnLine is one line of a partner's totals.
type OwnLine struct {
	Name    string
	Airings int
	Reach   int64
}

// Upload is one upload: a line of the list, and with its problems a page of its own.
type Upload struct {
	ID, State, Kind, Filename, Owner string
	SHA256                           string
	Bytes                            int64
	Rows, New, Changed, Unchanged    int
	Totals                           map[string]json.Number // what the rows add up to, by field
	Errors, Warnings                 []CellProblem
	Cut                              bool              // there are more errors than the list has
	Headings                         map[string]string // what the file calls its columns, by their English names
	Columns                          []string          // of the bad rows, as the file calls them
	BadRows                          []FileRow         // rows in which something is wrong, as they were read
	ReceivedAt, FinishedAt           time.Time
	SameAs                           string // the upload that said the same before, or ""
	CheckOnly                        bool
	Once                             string    // idempotency key of the button that lets a checked file count
	Mine                             bool      // may be withdrawn by who looks at it
	Original                         string    // the address of the file as it was sent, or ""
	Removed                          time.Time // when that was removed; zero: it is there
}

// CellProblem is something wrong with one cell, or worth a warning; its message is in the reader's language.
type CellProblem struct {
	Row                          int
	Column, Code, Value, Message string
}

// FileRow is a row of a file, with what is wrong in it.
type FileRow struct {
	Row      int
	Cells    []FileCell
	Problems []CellProblem
}

// FileCell is one cell; one that identifies somebody is masked.
type FileCell struct {
	Text string
	Bad  bool
}

// fileTotal is what a file adds up to, and what that is called.
type fileTotal struct {
	Label string
	Value json.Number
}

// Most problems that a page lists, so that it stays light; the list as a file has all.
const (
	mostErrors   = 40
	mostWarnings = 20
)

// FirstErrors and FirstWarnings are as many as the page lists.
func (u Upload) FirstErrors() []CellProblem   { return u.Errors[:min(len(u.Errors), mostErrors)] }
func (u Upload) FirstWarnings() []CellProblem { return u.Warnings[:min(len(u.Warnings), mostWarnings)] }

// Going tells that the upload is still worked on.
func (u Upload) Going() bool { return u.State == "received" || u.State == "processing" }

// Counts tells that the upload's rows count.
func (u Upload) Counts() bool { return u.State == "accepted" }

// Read tells that the file was read to its end, so that its numbers mean something.
func (u Upload) Read() bool {
	return u.State == "accepted" || u.State == "checked" || u.State == "withdrawn"
}

func (u Uploads) draw(view) (string, any) { return "uploads", u }

var totalKeys = map[string]string{"reach": "upload.total_reach", "minutes": "upload.total_minutes", "hours": "upload.total_hours", "quantity": "upload.total_quantity"}

// named calls the columns of problems what the file calls them, and where that is not known what the page's language does.
func (u Upload) named(v view, problems []CellProblem) []CellProblem {
	out := slices.Clone(problems)
	for i, p := range out {
		if heading := u.Headings[p.Column]; heading != "" {
			out[i].Column = heading
		} else {
			out[i].Column = schema.Builtin().Plural(u.Kind).ColumnIn(p.Column, v.Lang())
		}
	}
	return out
}

type uploadPage struct {
	Upload
	Figures []fileTotal
}

func (u Upload) draw(v view) (string, any) {
	u.Errors, u.Warnings, u.BadRows = u.named(v, u.Errors), u.named(v, u.Warnings), slices.Clone(u.BadRows)
	for i, row := range u.BadRows {
		u.BadRows[i].Problems = u.named(v, row.Problems)
	}
	p := uploadPage{Upload: u}
	for _, name := range slices.Sorted(maps.Keys(u.Totals)) {
		p.Figures = append(p.Figures, fileTotal{Label: v.Say(totalKeys[name]), Value: u.Totals[name]})
	}
	return "upload", p
}
