// Package importer reads a file of records: it detects format, encoding and kind, validates every cell, and passes on
// the valid rows one at a time. It stores nothing: a caller that needs the rows several times keeps them outside of
// the memory, or calls Check again.
package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"outreach/internal/schema"
	"outreach/internal/text"
)

// Limits of a file.
const (
	MaxBytes  = 50 << 20
	MaxRows   = 200_000
	MaxListed = 1000 // errors, and as many warnings, that are listed; the others are only counted
)

// File is a file to read. Its format is detected from the content alone.
type File struct {
	Body io.ReaderAt
	Size int64
}

// CellError is an error or a warning about one cell. It is worded like a schema.Problem.
type CellError struct {
	Row    int               `json:"row"`    // as a spreadsheet numbers it; the header is row 1
	Column string            `json:"column"` // the English name; "" for the whole row or file
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
	once  map[string]int // the places in List of the warnings that are told once
}

// Warn adds a warning. Of the warnings of one code there is one in the list, with the rows it concerns, except of
// those whose rows have to be looked at one by one. Rows of one code must be added in the order of the file.
func (f *Findings) Warn(e CellError) {
	switch e.Code {
	case schema.Unlikely, "other_person", "other_name":
		f.Add(e)
		return
	}
	if at, there := f.once[e.Code]; there {
		w := &f.List[at]
		if w.Rows[len(w.Rows)-1] == e.Row {
			return // another cell of the same row
		}
		w.Count++
		if len(w.Rows) < ListedRows {
			w.Rows = append(w.Rows, e.Row)
		}
		return
	}
	if f.once == nil {
		f.once = map[string]int{}
	}
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
	Rows     int          // rows below the header that are not blank
	Errors   Findings     // the file is valid if there are none
	Warnings Findings
}

// Line is a valid row of a file; or the person of an invalid row whose keys are valid, without Entry.Row. The
// receiver may keep it.
type Line struct {
	Row   int
	Entry schema.Entry
}

// Check reads the whole file and returns everything that is wrong with it; the same file in the same scope always has
// the same result. It calls line for each valid row, in file order, also if other rows are invalid: the caller has to
// discard the rows of an invalid file. It calls line for the person of an invalid row, too, so that errors of the
// person can be reported. If the kind is not allowed no row is read.
//
// Rows are numbered as in a spreadsheet: a record with a quoted cell of several lines is one row, a blank line is a
// row but not a record, and the line "sep=;", which sets the delimiter in Excel, is not a row.
//
// An error is returned only if the body could not be read, ctx ended, or line failed; it does not concern the content
// of the file.
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
		c.Errors.addFirst(CellError{Row: wrong.row, Code: wrong.code, Hint: wrong.hint, Args: wrong.args, Options: wrong.options})
		err = nil
	}
	return c.Checked, err
}

// rows reads a table from top to bottom.
type rows interface {
	// next returns the next row and its number, io.EOF after the last, or a *fault. The cells are valid until the
	// next call.
	next() (number int, cells []cell, err error)
}

// fault is an error in the file that ends reading.
type fault struct {
	row        int
	code, hint string
	args       map[string]string
	options    []text.Choice
}

func (f *fault) Error() string { return f.code + " " + f.hint }

func unreadable(row int, hint string) *fault {
	return &fault{row: row, code: schema.Unreadable, hint: hint}
}

// source reads a body of a known size, and records its first error: a body that cannot be read must not be reported
// as a damaged file.
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

// open detects the format of a file and returns its rows.
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
		if bytes.HasPrefix(start[min(f.at, len(start)):], []byte(f.signature)) {
			return nil, otherFormat(f.name)
		}
	}
	markup, err := markupFormat(body)
	if err != nil {
		return nil, err
	}
	if markup != "" {
		return nil, otherFormat(markup)
	}
	return openDelimited(body, v)
}

// formats are unsupported formats that people send, and their signatures.
var formats = []struct {
	name, signature string
	at              int // bytes before the signature
}{
	{name: "PDF", signature: "%PDF-"},
	{name: "PNG", signature: "\x89PNG\r\n\x1a\n"},
	{name: "JPEG", signature: "\xff\xd8\xff"},
	{name: "GIF", signature: "GIF8"},
	{name: "TIFF", signature: "II*\x00"},
	{name: "TIFF", signature: "MM\x00*"},
	{name: "WebP", signature: "WEBP", at: 8},
	{name: "HEIC", signature: "ftyphei", at: 4},
	{name: "RTF", signature: `{\rtf`},
	{name: "gzip", signature: "\x1f\x8b"},
	{name: "7-Zip", signature: "7z\xbc\xaf\x27\x1c"},
	{name: "RAR", signature: "Rar!"},
	{name: "Parquet", signature: "PAR1"},
	{name: "SQLite", signature: "SQLite format 3"},
}

// markupFormat returns the name of a format that begins with a sign of markup, "" for any other text. A table may
// begin with such a sign only in a quoted cell.
func markupFormat(body *source) (string, error) {
	start := make([]byte, min(body.size, 4096))
	if _, err := io.ReadFull(body.reader(), start); err != nil {
		return "", err
	}
	// In UTF-16 every other byte of these signs is zero.
	text := string(bytes.ToLower(bytes.TrimLeft(bytes.ReplaceAll(start, []byte{0}, nil), "\ufeff\xff\xfe \t\r\n")))
	begins := func(signs ...string) bool {
		return slices.ContainsFunc(signs, func(sign string) bool { return strings.HasPrefix(text, sign) })
	}
	switch {
	case begins("<?xml", "<workbook", "<office:document"):
		switch {
		case strings.Contains(text, "urn:oasis:names:tc:opendocument"):
			return "FODS", nil
		case strings.Contains(text, "urn:schemas-microsoft-com:office:spreadsheet"):
			return "XML (Excel 2003)", nil
		case strings.Contains(text, "<html"):
			return "HTML", nil
		}
		return "XML", nil
	case begins("<!doctype html", "<html", "<table", "<head", "<meta"):
		return "HTML", nil
	case begins("{\"", "[{", "[\n", "{\n", "[\r\n", "{\r\n"):
		return "JSON", nil
	}
	return "", nil
}

// ways are the hints of formats from which the table has to be got in another way than by saving it as CSV or XLSX.
var ways = map[string]string{
	"ZIP": "archive", "gzip": "archive", "7-Zip": "archive", "RAR": "archive",
	"PDF": "print", "PNG": "print", "JPEG": "print", "GIF": "print", "TIFF": "print", "WebP": "print", "HEIC": "print",
	"JSON": "export", "Parquet": "export", "SQLite": "export",
}

// otherFormat returns the fault of a file in an unsupported format.
func otherFormat(name string) *fault { return wrongFormat(ways[name], name) }

func wrongFormat(hint, name string) *fault {
	return &fault{row: 1, code: schema.WrongFormat, hint: hint, args: map[string]string{"format": name}}
}
