package importer

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"outreach/internal/schema"
	"outreach/internal/text"
)

// book is the sheets of a file, in the order of their tabs. Delimited text is a book of one sheet without a name.
type book interface {
	sheets() []sheetInfo
	// open returns the rows of a sheet from the top. Only the sheet that was opened last can be read.
	open(sheet int) (rows, error)
}

type sheetInfo struct {
	name   string
	hidden bool
}

// row is a row of a sheet and its number. The cells are valid until the next row is read.
type row struct {
	number int
	cells  []cell
	hidden bool
	total  bool // the workbook itself says that it is a row of totals
}

// blank reports whether a row says nothing: a value of a merged range that began above is not the row's own.
func (r row) blank() bool {
	return !slices.ContainsFunc(r.cells, func(c cell) bool { return !c.blank() && (!c.merged || c.own) })
}

// rows reads a table from top to bottom.
type rows interface {
	// next returns the next row, io.EOF after the last, or a *fault.
	next() (row, error)
}

// openBook detects the format of a file and returns its sheets.
func openBook(body *source, v *vocabulary) (book, error) {
	if body.size > MaxBytes {
		return nil, unreadable(1, "too_large")
	}
	start := make([]byte, min(body.size, 512))
	if _, err := io.ReadFull(body.reader(), start); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return openArchive(body)
	case bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return nil, compoundFormat(body)
	}
	if wrong := binaryFormat(start); wrong != nil {
		return nil, wrong
	}
	wrong, flat, err := textFormat(body)
	switch {
	case err != nil:
		return nil, err
	case wrong != nil:
		return nil, wrong
	case flat:
		return openFlatDocument(body)
	}
	return openDelimited(body, v)
}

// plan is which sheets of a book are read.
type plan struct {
	kind   *schema.Kind // nil if no sheet has a header
	read   []planned
	others []unread // visible sheets with data that are not read
	hidden []unread // hidden ones
	first  header   // the first row of a book in which no sheet has a header
}

// planned is a sheet that is read, and its header.
type planned struct {
	sheet int
	name  string
	head  header
	below rows // the rest of the sheet, where no other one was opened since; else nil
}

// unread is a sheet with data that is not read, and the first row that is not blank.
type unread struct {
	name string
	row  int
}

// most sheets of a file.
const mostSheets = 1000

// plan finds the headers of a book. The visible sheets whose header is of the same kind are read: the kind of the first
// header that lacks no column, best of one that the sender may upload. io.EOF if all visible sheets are blank.
func (v *vocabulary) plan(b book) (plan, error) {
	var p plan
	var found []planned
	sheets := b.sheets()
	if len(sheets) > mostSheets {
		return p, unreadable(1, "too_large")
	}
	var last *planned // the one that is open
	for i, info := range sheets {
		if info.hidden {
			continue
		}
		last = nil
		table, err := b.open(i)
		if err != nil {
			return p, err
		}
		head, below, ok, err := v.findHeader(table)
		switch {
		case err == io.EOF:
		case err != nil:
			return p, err
		case isExplanation(head.cells):
		case ok:
			found = append(found, planned{sheet: i, name: info.name, head: head, below: below})
			last = &found[len(found)-1]
		default:
			if p.first.cells == nil {
				p.first = head
			}
			p.others = append(p.others, unread{info.name, head.row})
		}
	}
	if len(found) == 0 && p.first.cells == nil {
		return p, io.EOF
	}
	best := -1
	for i := range found {
		if best < 0 || v.better(&found[i], &found[best]) {
			best = i
		}
	}
	visible := -1
	if last != nil {
		visible = last.sheet
	}
	for i, f := range found {
		if i == best || f.head.kind == found[best].head.kind && f.head.mapping == found[best].head.mapping && f.head.alike() {
			p.kind = found[best].head.kind
			if f.sheet != visible {
				f.below = nil
			}
			p.read = append(p.read, f)
		} else {
			p.others = append(p.others, unread{f.name, f.head.row})
		}
	}
	for i, info := range sheets {
		if !info.hidden {
			continue
		}
		table, err := b.open(i)
		if err != nil {
			return p, err
		}
		for j := range p.read {
			p.read[j].below = nil
		}
		first, err := nextFilled(table)
		if err == nil && !isExplanation(first.cells) {
			p.hidden = append(p.hidden, unread{info.name, first.number})
		}
		if err != nil && err != io.EOF {
			return p, err
		}
	}
	return p, nil
}

// better reports whether a sheet identifies the kind of its file better than an earlier one.
func (v *vocabulary) better(a, b *planned) bool {
	rank := func(p *planned) (out int) {
		if v.allowed(p.head.kind) {
			out++
		}
		if len(p.head.missing) == 0 {
			out += 2
		}
		return out
	}
	if rank(a) != rank(b) {
		return rank(a) > rank(b)
	}
	return len(b.head.missing) > 0 && a.head.known() > b.head.known()
}

// alike reports whether a header is one of its kind, though columns may be missing, and not a summary that shares two
// columns with it.
func (h *header) alike() bool {
	required := 0
	for _, f := range h.kind.Columns() {
		if f.Required {
			required++
		}
	}
	return 2*len(h.missing) <= required
}

// isExplanation reports whether a row is the header of the sheet with which our templates explain their columns, in any
// language.
func isExplanation(cells []cell) bool {
	for _, language := range text.Languages() {
		say := text.Of(language).Say
		same := true
		for i, key := range []string{"blank.name", "", "blank.needed", "blank.holds", "blank.allowed"} {
			same = same && i < len(cells) && (key == "" || fold(cells[i].text) == fold(say(key)))
		}
		if same {
			return true
		}
	}
	return false
}

// tell adds the warnings about sheets that are not read, one of each kind with the names of the sheets.
func (p plan) tell(c *checker) {
	c.tellUnread(schema.OtherSheet, p.others)
	c.tellUnread(schema.HiddenSheet, p.hidden)
}

func (c *checker) tellUnread(code string, sheets []unread) {
	if len(sheets) == 0 {
		return
	}
	var names []string
	var rows []int
	for _, s := range sheets[:min(len(sheets), ListedRows)] {
		names, rows = append(names, shown(nil, s.name)), append(rows, s.row)
	}
	if len(sheets) > ListedRows {
		names = append(names, "…")
	}
	list := strings.Join(names, ", ")
	c.Warnings.Add(CellError{Row: 1, Code: code, Value: list, Rows: rows, Count: len(sheets), Args: map[string]string{"sheets": list}})
}

// single is a book of one table.
type single struct{ table rows }

func (s single) sheets() []sheetInfo    { return []sheetInfo{{}} }
func (s single) open(int) (rows, error) { return s.table, nil }

// Limits of a book, beside those of its sheets. They bound the work and the memory of a file whatever it unpacks to.
const (
	maxUnpacked  = 1 << 30 // bytes of all parts together, a sheet counting as often as it is read
	maxSheet     = 1 << 29 // bytes of a sheet
	maxPart      = 16 << 20
	maxElement   = 4 << 20 // bytes of a row, or a shared text
	maxDirectory = 1 << 20 // bytes of an archive's directory
	maxSheetRows = 1 << 20 // as in a spreadsheet
	maxCells     = 1 << 24 // of all sheets together
	maxDepth     = 64      // of elements
)

var errTooLarge = errors.New("the unpacked workbook is too large")

// errNoSheet is the error of a workbook without a sheet that could be shown.
var errNoSheet = errors.New("no sheet")

var errMalformed = errors.New("malformed sheet")

// bookFault returns the fault of a workbook that could not be read. Errors of the body are recorded by source.
func bookFault(row int, err error) error {
	var known *fault
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, errTooLarge):
		return unreadable(row, "too_large")
	}
	return unreadable(row, "damaged")
}
