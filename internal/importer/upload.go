// Package importer reads a file of records: it recognises what kind of table it is and how it is written, checks every cell,
// and hands over the rows that are right, one at a time. It keeps nothing and decides nothing: whoever receives files calls
// Check as often as they need the rows, which is cheaper than holding two hundred thousand of them.
package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"outreach/internal/schema"
	"outreach/internal/text"
)

// The limits of a file.
const (
	MaxBytes  = 50 << 20
	MaxRows   = 200_000
	MaxListed = 1000 // errors, and warnings, that are listed; the others are only counted
)

// File is what was received. Its format is told by its content alone, whatever it is called.
type File struct {
	Body io.ReaderAt
	Size int64
}

// CellError is something wrong, or worth a warning, in one cell. It becomes a sentence the way a schema.Problem does.
type CellError struct {
	Row    int               `json:"row"`    // as a spreadsheet numbers it; the header's is 1
	Column string            `json:"column"` // the English name; "" where the whole row or file is meant
	Code   string            `json:"code"`
	Value  string            `json:"value"` // as it stands in the file, masked where it may identify a person
	Hint   string            `json:"-"`
	Args   map[string]string `json:"-"`

	Options []text.Choice `json:"-"`
}

// Findings are errors or warnings: the first of them, and how many there are.
type Findings struct {
	List  []CellError
	Total int
}

// Add counts one more, and lists it if there is room.
func (f *Findings) Add(e CellError) {
	f.Total++
	if len(f.List) < MaxListed {
		f.List = append(f.List, e)
	}
}

// Cut tells that not all are listed.
func (f *Findings) Cut() bool { return f.Total > len(f.List) }

// addFirst is for what concerns the whole file, which no other error may push off the list.
func (f *Findings) addFirst(e CellError) {
	f.Total++
	f.List = append([]CellError{e}, f.List[:min(len(f.List), MaxListed-1)]...)
}

// Checked is what a file turned out to be.
type Checked struct {
	Kind     *schema.Kind // nil where it was not recognised
	Rows     int          // rows below the header that are not blank
	Errors   Findings     // one of them rejects the file
	Warnings Findings
}

// Line is a row of a file that is right by itself; or whom a row is about of which other cells are wrong, without Entry.Row.
// It is the receiver's to keep.
type Line struct {
	Row   int
	Entry schema.Entry
}

// Check reads the file from its beginning to its end and tells everything that is wrong with it; the same file in the same
// scope always gives the same answer. Each row that is right by itself is handed to line, in file order, whether or not
// others are wrong: its receiver has to discard them if the file turns out bad. So is who is named by a row that is wrong in
// other cells, for what is wrong with the person is to be told too. Of a kind that is not allowed no row is read.
//
// Rows are numbered as a spreadsheet shows them: a record whose quoted cell goes over several lines is one row, a blank
// line is a row too but is not a record, and the line "sep=;" that tells Excel the delimiter is none.
//
// An error is returned only if the body could not be read, ctx ended, or line failed; it says nothing about the file.
func Check(ctx context.Context, f File, scope schema.Scope, allowed func(*schema.Kind) bool, line func(Line) error) (Checked, error) {
	scope.Loose = true
	c := checker{scope: scope, line: line}
	body := &source{ctx: ctx, from: f.Body, size: f.Size}
	err := c.check(body, newVocabulary(schema.For(scope.Definition), allowed))
	if body.err != nil {
		return Checked{}, fmt.Errorf("read the file: %w", body.err)
	}
	var wrong *fault
	if errors.As(err, &wrong) {
		c.Errors.addFirst(CellError{Row: wrong.row, Code: wrong.code, Hint: wrong.hint, Args: wrong.args})
		err = nil
	}
	return c.Checked, err
}

// rows is a table that is read from top to bottom.
type rows interface {
	// next gives the next row and its number, io.EOF after the last, or a *fault. The cells hold until the next call.
	next() (number int, cells []cell, err error)
}

// fault is something wrong with the file itself: it cannot be read on.
type fault struct {
	row        int
	code, hint string
	args       map[string]string
}

func (f *fault) Error() string { return f.code + " " + f.hint }

func unreadable(row int, hint string) *fault {
	return &fault{row: row, code: schema.Unreadable, hint: hint}
}

// source reads a body of a known size, and remembers what went wrong there: a body that fails must never pass for a
// damaged or a shorter file.
type source struct {
	ctx  context.Context
	from io.ReaderAt
	size int64
	err  error
}

// errOutside is not the body's failure: the directory of a damaged archive may point anywhere.
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

// open recognises the format.
func open(body *source, v *vocabulary) (rows, error) {
	if body.size > MaxBytes {
		return nil, unreadable(1, "too_large")
	}
	start := make([]byte, min(body.size, 16))
	if _, err := io.ReadFull(body.reader(), start); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return openWorkbook(body)
	case bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return nil, compoundFault(body)
	}
	for _, f := range formats {
		if bytes.HasPrefix(start[min(f.at, len(start)):], []byte(f.sign)) {
			return nil, otherFormat(f.name)
		}
	}
	return openDelimited(body, v)
}

// formats are those that people send in the place of a table, and the signs by which they are known.
var formats = []struct {
	name, sign string
	at         int // bytes before the sign
}{
	{name: "PDF", sign: "%PDF-"},
	{name: "PNG", sign: "\x89PNG\r\n\x1a\n"},
	{name: "JPEG", sign: "\xff\xd8\xff"},
	{name: "GIF", sign: "GIF8"},
	{name: "TIFF", sign: "II*\x00"},
	{name: "TIFF", sign: "MM\x00*"},
	{name: "WebP", sign: "WEBP", at: 8},
	{name: "HEIC", sign: "ftyphei", at: 4},
	{name: "RTF", sign: `{\rtf`},
}

func otherFormat(name string) *fault {
	return &fault{row: 1, code: schema.Unreadable, hint: "format", args: map[string]string{"format": name}}
}
