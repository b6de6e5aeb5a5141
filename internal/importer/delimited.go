package importer

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// openDelimited detects the encoding and the delimiter of a text, and returns its rows.
func openDelimited(body *source, v *vocabulary) (book, error) {
	found, err := detectEncoding(body.reader())
	if err != nil {
		return nil, err
	}
	text := func() (io.Reader, error) {
		reader := body.reader()
		if _, err := io.CopyN(io.Discard, reader, int64(found.mark)); err != nil {
			return nil, err
		}
		if found.Encoding != nil {
			reader = transform.NewReader(reader, found.NewDecoder())
		}
		return reader, nil
	}
	from, err := text()
	if err != nil {
		return nil, err
	}
	start := make([]byte, 64<<10)
	n, err := io.ReadFull(from, start)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	start = start[:n]
	delimiter, length := declaredDelimiter(start)
	if length == 0 {
		delimiter = detectDelimiter(start, v)
	}
	if from, err = text(); err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, from, int64(length)); err != nil {
		return nil, err
	}
	table := newDelimited(from, delimiter)
	table.guess, table.wrong = found.guess, found.wrong
	return single{table}, nil
}

// declaredDelimiter reads the line "sep=;", which sets the delimiter in Excel, and returns the delimiter and the length
// of the line, 0 if there is none.
func declaredDelimiter(start []byte) (byte, int) {
	line, rest, _ := bytes.Cut(start, []byte("\n"))
	end := len(start) - len(rest)
	if head, _, ok := bytes.Cut(line, []byte("\r")); ok && len(head) < len(line)-1 {
		line, end = head, len(head)+1 // lines that end with CR alone
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 5 && strings.EqualFold(string(line[:4]), "sep=") && strings.IndexByte(delimiters, line[4]) >= 0 {
		return line[4], end
	}
	return 0, 0
}

const delimiters = ",;\t|"

// detectDelimiter returns the delimiter for which the header matches the most columns of a kind. Ties are broken by the
// number of cells of the first row that is not blank; where there is no header by that of the longest of the first
// rows.
func detectDelimiter(start []byte, v *vocabulary) byte {
	best, most, cells := delimiters[0], -1, 0
	for _, d := range []byte(delimiters) {
		head, _, found, err := v.findHeader(newDelimited(bytes.NewReader(start), d))
		if err == io.EOF {
			return d // the text has nothing but delimiters
		}
		if err != nil {
			continue
		}
		known, length := 0, len(head.cells)
		if found {
			known = head.known()
		} else {
			length = longest(newDelimited(bytes.NewReader(start), d))
		}
		if known > most || known == most && length > cells {
			best, most, cells = d, known, length
		}
	}
	return best
}

// longest returns the number of cells of the longest of the rows in which a header may stand.
func longest(table rows) (cells int) {
	for range titleRows {
		next, err := nextFilled(table)
		if err != nil {
			break
		}
		cells = max(cells, len(next.cells))
	}
	return cells
}

// Limits of a row, in bytes and cells. A file with a larger row is not a table.
const (
	longestRow  = 1 << 20
	mostColumns = 1 << 14 // as in a spreadsheet
)

// longestCell is the number of bytes stored of a cell. It is more than any field allows, in letters of any size; of a
// longer cell only the length is needed.
const longestCell = 16 << 10

// delimited reads rows of delimited text. Lines end with LF, CR LF or CR. A quoted cell may contain delimiters, line
// ends and doubled quotation marks. A quotation mark inside a cell that does not end it is literal, as in "the "Razem"
// film", unless that makes the end of the row ambiguous. One after a backslash is literal, as in "the \"Razem\" film",
// where it does not look like the end of a path.
type delimited struct {
	from      io.Reader
	buffer    []byte
	data      []byte // read and not yet parsed
	ended     bool   // the input has ended
	delimiter byte
	stops     [256]bool         // bytes that end a run of ordinary bytes
	afterCR   bool              // a line feed at this place belongs to the CR before it
	guess     map[string]string // what to tell about an encoding that was guessed; nil: it was not
	wrong     *fault            // of letters that cannot be read; nil: they can

	row   int
	text  []byte      // of the current row
	start int         // of the current cell, in text
	ends  []int       // of the cells of the row, in text
	lines []int       // cells of the row that have several lines
	cuts  []truncated // cells of the row that are not stored whole
	cells []cell
}

// truncated is a cell by its place in the row, and how many of its characters and ends of lines are not stored.
type truncated struct{ place, beyond, lines int }

func newDelimited(from io.Reader, delimiter byte) *delimited {
	d := &delimited{from: from, delimiter: delimiter, buffer: make([]byte, 64<<10)}
	d.stops[delimiter], d.stops['\n'], d.stops['\r'] = true, true, true
	return d
}

// fill reads the next part of the input. It returns false at the end.
func (d *delimited) fill() (bool, error) {
	for !d.ended {
		n, err := d.from.Read(d.buffer)
		d.data = d.buffer[:n]
		if err == io.EOF {
			d.ended = true
		} else if err != nil {
			return false, err
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}

// state is the state of the parser within a cell.
type state uint8

const (
	atStart   state = iota // of a cell
	inPlain                // a cell that is not quoted
	inQuotes               // a quoted cell
	afterMark              // after a quotation mark in a quoted cell, and spaces: most likely the cell is closed
)

// keep appends a piece to the current cell, up to longestCell.
func (d *delimited) keep(piece []byte) {
	if room := longestCell - (len(d.text) - d.start); room < len(piece) {
		piece = d.head(piece, room)
	}
	d.text = append(d.text, piece...)
}

// head returns the first bytes of a piece, and counts the characters and the ends of lines of the rest.
func (d *delimited) head(piece []byte, room int) []byte {
	if n := len(d.cuts); n == 0 || d.cuts[n-1].place != len(d.ends) {
		d.cuts = append(d.cuts, truncated{place: len(d.ends)})
	}
	last := &d.cuts[len(d.cuts)-1]
	for _, b := range piece[room:] {
		if utf8.RuneStart(b) {
			last.beyond++
		}
	}
	end := "\n"
	if bytes.IndexByte(piece, '\n') < 0 {
		end = "\r"
	}
	last.lines += bytes.Count(piece[room:], []byte(end))
	return piece[:room]
}

// linesBeyond returns how many ends of lines of the current row are not stored.
func (d *delimited) linesBeyond() (n int) {
	for _, c := range d.cuts {
		n += c.lines
	}
	return n
}

func (d *delimited) next() (row, error) {
	d.text, d.ends, d.cuts, d.lines, d.start = d.text[:0], d.ends[:0], d.cuts[:0], d.lines[:0], 0
	at := atStart
	spaces := 0      // since the last quotation mark of a quoted cell
	literal := false // the cell has a literal quotation mark
	lines := false   // the cell has several lines
	unclear := false // the end of the row is ambiguous
	escaped := 0     // quotation marks after a backslash in the cell
	empty := true    // nothing was read
	endCell := func() {
		unclear = unclear || literal && lines
		if lines {
			d.lines = append(d.lines, len(d.ends))
		}
		escaped = 0
		d.ends = append(d.ends, len(d.text))
		d.start, literal, lines, at = len(d.text), false, false, atStart
	}
	for {
		if len(d.data) == 0 {
			more, err := d.fill()
			if err != nil {
				return row{}, err
			}
			if !more {
				if empty {
					return row{}, io.EOF
				}
				if at == inQuotes { // the end of the last line is not one of a row
					unclear = true
					d.text = bytes.TrimRight(d.text, "\r\n")
				}
				endCell()
				break
			}
		}
		if d.afterCR {
			d.afterCR = false
			if d.data[0] == '\n' {
				d.data = d.data[1:]
				continue
			}
		}
		if len(d.text) > longestRow || len(d.ends) > mostColumns {
			return row{}, unreadable(d.row+1, "row")
		}
		empty = false
		c := d.data[0]
		switch at {
		case inQuotes:
			piece, more, closed := bytes.Cut(d.data, []byte{'"'})
			lines = lines || bytes.IndexByte(piece, '\n') >= 0 || bytes.IndexByte(piece, '\r') >= 0
			d.keep(piece)
			d.data = more
			switch {
			case !closed:
			case escaped%2 == 1 && d.afterBackslash(): // as the first one of the pair was
				d.text[len(d.text)-1] = '"'
				escaped++
			default:
				spaces, at = 0, afterMark
			}
			continue
		case afterMark:
			switch {
			case c == '"' && spaces == 0: // a doubled mark
				d.keep(d.data[:1])
				d.data, at = d.data[1:], inQuotes
				continue
			case c == ' ':
				spaces++
				d.data = d.data[1:]
				continue
			case !d.stops[c] && spaces == 0 && d.afterBackslash():
				d.text[len(d.text)-1] = '"'
				escaped++
				at = inQuotes
				continue
			case !d.stops[c]: // the mark did not close the cell
				d.keep([]byte{'"'})
				for range spaces {
					d.keep([]byte{' '})
				}
				literal, at = true, inQuotes
				continue
			}
		case atStart:
			if c == '"' {
				d.data, at = d.data[1:], inQuotes
				continue
			}
			at = inPlain
		}
		// The cell goes on, or ends here.
		i, data, stops := 0, d.data, &d.stops
		for i < len(data) && !stops[data[i]] {
			i++
		}
		d.keep(data[:i])
		if i == len(data) {
			d.data = nil
			continue
		}
		c = data[i]
		d.data = data[i+1:]
		endCell()
		if c != d.delimiter {
			d.afterCR = c == '\r'
			break
		}
	}
	d.row++
	if unclear {
		d.cells = append(d.cells[:0], cell{form: unclosed, text: lineFeeds(string(d.text))})
		return row{number: d.row, cells: d.cells}, nil
	}
	d.split()
	return row{number: d.row, cells: d.cells}, nil
}

// severalLines reports whether a cell of a row has several lines.
func (d *delimited) severalLines(cells []cell) bool {
	for i := range cells {
		if cells[i].lines {
			return true
		}
	}
	return false
}

// afterBackslash reports whether the text of the current cell ends with a backslash that is not escaped itself.
func (d *delimited) afterBackslash() bool {
	cell := d.text[d.start:]
	n := len(cell) - len(bytes.TrimRight(cell, `\`))
	return n%2 == 1
}

// lineFeeds returns a text whose lines end with LF.
func lineFeeds(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// split sets the cells of the row, which share one string.
func (d *delimited) split() {
	text := string(d.text)
	carriage := strings.IndexByte(text, '\r') >= 0
	d.cells = d.cells[:0]
	start := 0
	for _, end := range d.ends {
		value := text[start:end]
		if carriage {
			value = lineFeeds(value)
		}
		d.cells = append(d.cells, cell{text: value})
		start = end
	}
	for _, place := range d.lines {
		d.cells[place].lines = true
	}
	for _, l := range d.cuts {
		c := &d.cells[l.place]
		c.form, c.length = cut, int32(utf8.RuneCountInString(c.text)+l.beyond)
	}
}
