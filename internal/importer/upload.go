// Package importer reads a file of records: it detects format, encoding and kind, validates every cell, and passes on
// the valid rows one at a time. It stores nothing: a caller that needs the rows several times keeps them outside of the
// memory, or calls Check again.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"outreach/internal/fact"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Limits of a file.
const (
	MaxBytes  = 50 << 20
	MaxRows   = 200_000
	MaxListed = 1000 // errors, and as many warnings, that are listed; the others are only counted
)

// File is a file to read. Its format is detected from the content alone. A header that no kind explains may be of one
// of the mappings.
type File struct {
	Body     io.ReaderAt
	Size     int64
	Mappings []*Mapping
}

// CellError is an error or a warning about one cell. It is worded like a schema.Problem.
type CellError struct {
	Sheet  string            `json:"sheet,omitempty"` // where several are read; of a warning told once, all that it concerns
	Row    int               `json:"row"`             // as a spreadsheet numbers it
	Column string            `json:"column"`          // the English name, of a mapping the file's own; "" for the whole row or file
	Code   string            `json:"code"`
	Value  string            `json:"value"`           // as in the file, masked if it may identify a person
	Rows   []int             `json:"rows,omitempty"`  // of a warning that is told once for a file: the first ListedRows
	Count  int               `json:"count,omitempty"` // and how many rows it concerns
	Hint   string            `json:"-"`
	Args   map[string]string `json:"-"`

	Options []text.Choice `json:"-"`
}

// ListedRows is how many rows a warning names that is told once for a file.
const ListedRows = 20

// Findings are the first MaxListed errors or warnings, and the number of all.
type Findings struct {
	List  []CellError
	Total int
	once  map[string]int   // the places in List of the warnings that are told once
	last  map[string]place // and the last row that each concerns
}

// place is a row of a sheet.
type place struct {
	sheet string
	row   int
}

// Warn adds a warning. Of the warnings of one code there is one in the list, with the rows it concerns, except of those
// whose rows have to be looked at one by one. Rows of one code must be added in the order of the file.
func (f *Findings) Warn(e CellError) {
	switch e.Code {
	case schema.Unlikely, schema.OtherPerson, schema.OtherName:
		f.Add(e)
		return
	}
	if at, there := f.once[e.Code]; there {
		w := &f.List[at]
		if f.last[e.Code] == (place{e.Sheet, e.Row}) {
			return // another cell of the same row
		}
		if last := f.last[e.Code]; last.sheet != e.Sheet {
			w.Sheet += ", " + e.Sheet
		}
		f.last[e.Code] = place{e.Sheet, e.Row}
		w.Count++
		if len(w.Rows) < ListedRows {
			w.Rows = append(w.Rows, e.Row)
		}
		return
	}
	if f.once == nil {
		f.once, f.last = map[string]int{}, map[string]place{}
	}
	f.last[e.Code] = place{e.Sheet, e.Row}
	e.Rows, e.Count = []int{e.Row}, 1
	f.once[e.Code] = len(f.List)
	f.Total++
	f.List = append(f.List, e) // there are few codes: they are told even where the list is full
}

// Add counts an error, and lists it if the list is not full.
func (f *Findings) Add(e CellError) {
	f.Total++
	if len(f.List) < MaxListed {
		f.List = append(f.List, e)
	}
}

// Cut reports whether the list is incomplete.
func (f *Findings) Cut() bool { return f.Total > len(f.List) }

// addFirst adds an error of the whole file at the front, even to a full list.
func (f *Findings) addFirst(e CellError) {
	f.Total++
	f.List = append([]CellError{e}, f.List[:min(len(f.List), MaxListed-1)]...)
}

// Checked is the result of reading a file.
type Checked struct {
	Kind     *schema.Kind // nil if it was not recognised
	Mapping  *Mapping     // by which it was read; nil: by our own columns
	Rows     int          // rows below the header that are not blank
	Errors   Findings     // the file is valid if there are none
	Warnings Findings
	Sheets   []string // the names of the sheets that were read, if there are several
}

// Sheet returns the name of the sheet that a line is from, "" if only one is read.
func (c *Checked) Sheet(l Line) string {
	if l.Sheet < len(c.Sheets) {
		return c.Sheets[l.Sheet]
	}
	return ""
}

// Line is a valid row of a file; or the person of an invalid row whose keys are valid, without Entry.Row. Entry.Row is
// valid until the function that is called with the line returns.
type Line struct {
	Kind  *schema.Kind // of the file
	Row   int          // as the spreadsheet numbers it
	Sheet int          // the number of its sheet among those that are read, from 0 on
	Entry schema.Entry
}

// Place returns a number that is the line's alone in its file, in the order of the file.
func (l Line) Place() int { return fact.LineNumber(l.Sheet, l.Row) }

// At returns a line without values from its place.
func At(place int) Line { return Line{Row: fact.RowOf(place), Sheet: fact.SheetOf(place)} }

// Check reads the whole file and returns everything that is wrong with it; the same file in the same scope always has
// the same result. It calls line for each valid row, in file order, also if other rows are invalid: the caller has to
// discard the rows of an invalid file. It calls line for the person of an invalid row, too, so that errors of the
// person can be reported. If the kind is not allowed no row is read.
//
// Rows are numbered as in a spreadsheet: a record with a quoted cell of several lines is one row, a blank line is a row
// but not a record, and the line "sep=;", which sets the delimiter in Excel, is not a row.
//
// An error is returned only if the body could not be read, ctx ended, or line failed; it does not concern the content
// of the file.
func Check(ctx context.Context, f File, scope schema.Scope, allowed func(*schema.Kind) bool, line func(Line) error) (Checked, error) {
	scope.Loose = true
	c := checker{scope: scope, line: line}
	body := &source{ctx: ctx, from: f.Body, size: f.Size}
	err := c.check(body, newVocabulary(schema.For(scope.Definition), allowed, f.Mappings))
	if body.err != nil {
		return Checked{}, fmt.Errorf("read the file: %w", body.err)
	}
	var wrong *fault
	if errors.As(err, &wrong) {
		c.Errors.addFirst(CellError{Sheet: wrong.sheet, Row: wrong.row, Code: wrong.code, Hint: wrong.hint, Args: wrong.args, Options: wrong.options})
		err = nil
	}
	return c.Checked, err
}

// fault is an error in the file that ends reading.
type fault struct {
	sheet      string
	row        int
	code, hint string
	args       map[string]string
	options    []text.Choice
}

func (f *fault) Error() string { return f.code + " " + f.hint }

func unreadable(row int, hint string) *fault {
	return &fault{row: row, code: schema.Unreadable, hint: hint}
}

// source reads a body of a known size, and records its first error: a body that cannot be read must not be reported as
// a damaged file.
type source struct {
	ctx  context.Context
	from io.ReaderAt
	size int64
	err  error
}

// errOutside is an error of the file, not of the body: the directory of a damaged archive may point anywhere.
var errOutside = errors.New("outside of the file")

func (s *source) ReadAt(p []byte, at int64) (int, error) {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return 0, s.err
	}
	if at < 0 || at > s.size {
		return 0, errOutside
	}
	n, err := s.from.ReadAt(p, at)
	switch {
	case n == len(p), err == io.EOF && at+int64(n) >= s.size:
		return n, err
	case err == nil, err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	s.err = err
	return n, err
}

func (s *source) reader() io.Reader { return io.NewSectionReader(s, 0, s.size) }
