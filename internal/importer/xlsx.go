package importer

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Workbooks are not read by excelize: a sheet has to be streamed in little memory, the formats of cells are needed
// (a date is a number with a format), and a damaged workbook must be rejected, never read in part.

// Limits of the parts of a workbook.
const (
	maxShared      = 128 << 20 // bytes of the shared texts
	maxSharedRatio = 200       // and how often as large as their packed part they may be, from sharedFree bytes on
	sharedFree     = 1 << 20
	maxShares      = 4 << 20 // shared texts
	maxStyles      = 1 << 16 // as in a spreadsheet
	maxMerges      = 1 << 16 // merged ranges of a sheet
)

// workbook is a workbook in the format of Excel since 2007.
type workbook struct {
	parts
	list         []sheetInfo
	targets      []string // parts of the sheets
	shared       sharedTexts
	formats      []numberFormat // by style
	from1904     bool
	uncalculated bool // results of formulas are not calculated
	cells        int  // that were read
}

func (w *workbook) sheets() []sheetInfo { return w.list }

// load reads everything but the sheets.
func (w *workbook) load() error {
	ofPackage, err := w.relations("")
	if err != nil {
		return err
	}
	book := related(ofPackage, "officeDocument")
	if book == "" {
		return errNoSheet
	}
	ofBook, err := w.relations(book)
	if err != nil {
		return err
	}
	if err := w.readBook(book, ofBook); err != nil {
		return err
	}
	if part := related(ofBook, "styles"); part != "" {
		if err := w.readStyles(part); err != nil {
			return err
		}
	}
	if part := related(ofBook, "sharedStrings"); part != "" {
		return w.readShared(part)
	}
	return nil
}

// readBook reads the list of sheets. Sheets of other kinds, such as charts, have no cells.
func (w *workbook) readBook(part string, related []relation) error {
	s, err := w.smallPart(part)
	if err != nil {
		return err
	}
	err = s.each(func() error {
		switch string(s.name) {
		case "workbookPr":
			w.from1904 = isTrue(s.attribute("date1904"))
		case "calcPr":
			completed := s.attribute("calcCompleted")
			w.uncalculated = isTrue(s.attribute("fullCalcOnLoad")) || len(completed) > 0 && !isTrue(completed)
		case "sheet":
			at := slices.IndexFunc(related, func(r relation) bool { return r.kind == "worksheet" && r.id == string(s.attribute("id")) })
			if at < 0 {
				return nil
			}
			state := string(s.attribute("state"))
			w.list = append(w.list, sheetInfo{name: string(s.attribute("name")), hidden: state == "hidden" || state == "veryHidden"})
			w.targets = append(w.targets, related[at].target)
		}
		return nil
	})
	if err == nil && !slices.ContainsFunc(w.list, func(i sheetInfo) bool { return !i.hidden }) {
		return errNoSheet
	}
	return err
}

func isTrue(value []byte) bool { return string(value) == "1" || string(value) == "true" }

// isZero reports whether a text is a number that is nothing: 0 or 0.0.
func isZero(value []byte) bool { return len(value) > 0 && len(bytes.Trim(value, "0.")) == 0 }

// readStyles reads the number format of each style.
func (w *workbook) readStyles(part string) error {
	s, err := w.smallPart(part)
	if err != nil {
		return err
	}
	codes := map[int]numberFormat{}
	inCells := false
	return s.each(func() error {
		switch string(s.name) {
		case "numFmt":
			if s.depth == 3 && len(codes) < maxStyles {
				codes[numberOf(s.attribute("numFmtId"))] = readFormat(string(s.attribute("formatCode")))
			}
		case "cellXfs":
			inCells = true
		case "cellStyles", "cellStyleXfs", "dxfs":
			inCells = false
		case "xf":
			if !inCells {
				return nil
			}
			id := numberOf(s.attribute("numFmtId"))
			format, ok := codes[id]
			if !ok {
				format = builtInFormat(id)
			}
			if w.formats = append(w.formats, format); len(w.formats) > maxStyles {
				return errTooLarge
			}
		}
		return nil
	})
}

// numberOf returns the number of an attribute, -1 if it is none.
func numberOf(text []byte) int {
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return -1
	}
	return n
}

// sharedTexts are the texts that cells refer to by number, in one string: a slice of strings would take twice the
// memory.
type sharedTexts struct {
	all  string
	ends []uint32
}

func (s sharedTexts) text(i int) (string, bool) {
	if i < 0 || i >= len(s.ends) {
		return "", false
	}
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.all[start:s.ends[i]], true
}

func (w *workbook) readShared(name string) error {
	packed := int64(0)
	if f := w.files[partName(name)]; f != nil {
		packed = int64(min(f.CompressedSize64, MaxBytes))
	}
	unpacked, err := w.parts.open(name, min(maxShared, sharedFree+maxSharedRatio*packed))
	if err != nil {
		return err
	}
	scanner := newXMLScanner(unpacked)
	var all strings.Builder
	var text []byte
	for {
		token, err := scanner.next()
		if err == io.EOF {
			w.shared.all = all.String()
			return nil
		}
		if err != nil {
			return err
		}
		if token != xmlStart || string(scanner.name) != "si" {
			continue
		}
		unpacked.mark()
		if text, err = readText(scanner, "si", text[:0]); err != nil {
			return err
		}
		if bytes.Contains(text, []byte("_x")) {
			text = append(text[:0], unescape(string(text))...)
		}
		all.Write(text)
		if w.shared.ends = append(w.shared.ends, uint32(all.Len())); len(w.shared.ends) > maxShares {
			return errTooLarge
		}
	}
}

// readText appends the text of an element to into: that of its t elements, without phonetic hints (rPh). It reads up to
// the end of the element.
func readText(scanner *xmlScanner, element string, into []byte) ([]byte, error) {
	inText, spoken := false, false
	for {
		token, err := scanner.next()
		if err != nil {
			return into, unexpected(err)
		}
		switch token {
		case xmlStart:
			inText = string(scanner.name) == "t" && !spoken
			spoken = spoken || string(scanner.name) == "rPh"
		case xmlEnd:
			inText = false
			switch string(scanner.name) {
			case "rPh":
				spoken = false
			case element:
				return into, nil
			}
		case xmlText:
			if inText {
				into = append(into, scanner.text...)
			}
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// worksheet reads the rows of a sheet.
type worksheet struct {
	*workbook
	xml    *xmlScanner
	meter  *meter
	merged merged
	totals map[int]bool // rows of totals of the tables in the sheet

	tailRead bool

	row    int
	rows   int // elements that were read
	column int // of the next cell without a reference
	ended  bool
	cells  []cell
	text   []byte
}

func (w *workbook) openSheet(sheet int) (*worksheet, error) {
	s := &worksheet{workbook: w}
	if err := s.readTail(w.targets[sheet]); err != nil {
		return nil, err
	}
	unpacked, err := w.parts.open(w.targets[sheet], maxSheet)
	if err != nil {
		return nil, err
	}
	s.meter = unpacked
	s.xml = newXMLScanner(unpacked)
	return s, nil
}

func (w *workbook) open(sheet int) (rows, error) {
	s, err := w.openSheet(sheet)
	if err != nil {
		return nil, bookFault(1, err)
	}
	return s, nil
}

var startOfRow, endOfData = []byte("<row"), []byte("sheetData>")

// readTail reads what follows the rows of a sheet, and is needed to read them: its merged ranges and its tables.
func (s *worksheet) readTail(part string) error {
	unpacked, err := s.parts.open(part, maxSheet)
	if err != nil {
		return err
	}
	from := unlimited{unpacked}
	buffer := make([]byte, 64<<10)
	const longest = 64 // of the tag
	rows := 0
	for kept := 0; ; {
		n, err := from.Read(buffer[kept:])
		data := buffer[:kept+n]
		if rows += bytes.Count(data[kept:], startOfRow); rows > maxSheetRows {
			return errTooLarge // before gigabytes of empty rows are unpacked
		}
		if rest, found := behindData(data); found {
			s.tailRead = true
			return s.scanTail(part, newXMLScanner(io.MultiReader(bytes.NewReader(rest), from)))
		}
		if err == io.EOF {
			return nil // the sheet has no rows, or is not read to its end
		}
		if err != nil {
			return err
		}
		kept = copy(buffer, data[max(0, len(data)-longest):])
	}
}

// behindData returns what follows the end tag of the rows in a piece of a sheet. A tag cannot be part of a text.
func behindData(data []byte) ([]byte, bool) {
	for at := 0; ; {
		i := bytes.Index(data[at:], endOfData)
		if i < 0 {
			return nil, false
		}
		at += i
		open := bytes.LastIndexByte(data[:at], '<')
		if open >= 0 && open+1 < at && data[open+1] == '/' {
			return data[at+len(endOfData):], true
		}
		at += len(endOfData)
	}
}

func (s *worksheet) scanTail(part string, xml *xmlScanner) error {
	xml.prefixed = true
	var tables []string
	err := xml.each(func() error {
		switch string(xml.name) {
		case "mergeCell":
			if len(s.merged.ranges) == maxMerges {
				return errTooLarge
			}
			r, ok := rangeOf(xml.attribute("ref"))
			if !ok {
				return errMalformed
			}
			s.merged.ranges = append(s.merged.ranges, r)
		case "tablePart":
			tables = append(tables, string(xml.attribute("id")))
		}
		return nil
	})
	if err != nil || len(tables) == 0 {
		s.merged.sort()
		return err
	}
	s.merged.sort()
	related, err := s.relations(part)
	if err != nil {
		return err
	}
	for _, r := range related {
		if r.kind == "table" && slices.Contains(tables, r.id) {
			if err := s.readTable(r.target); err != nil {
				return err
			}
		}
	}
	return nil
}

// readTable finds the rows of totals of a table.
func (s *worksheet) readTable(part string) error {
	xml, err := s.smallPart(part)
	if err != nil {
		return err
	}
	return xml.each(func() error {
		if string(xml.name) != "table" {
			return nil
		}
		area, ok := rangeOf(xml.attribute("ref"))
		for n := range numberOf(xml.attribute("totalsRowCount")) {
			if !ok || n > 1 {
				break
			}
			if s.totals == nil {
				s.totals = map[int]bool{}
			}
			s.totals[int(area.to)-n] = true
		}
		return nil
	})
}

func (s *worksheet) next() (row, error) {
	if s.ended {
		return row{}, io.EOF
	}
	r, err := s.readRow()
	if err == io.EOF {
		s.ended = true
		return row{}, err
	}
	if err == nil {
		s.cells, err = s.merged.apply(r.number, s.cells, &s.workbook.cells)
	}
	if err != nil {
		return row{}, bookFault(max(s.row, 1), err)
	}
	s.row = r.number
	r.cells, r.total = s.cells, s.totals[r.number]
	return r, nil
}

// readRow reads up to the end of the next row, io.EOF after the last.
func (s *worksheet) readRow() (row, error) {
	s.cells = s.cells[:0]
	var r row
	inRow := false
	for {
		token, err := s.xml.next()
		if err != nil {
			return r, unexpected(err) // the end of the sheet data is missing
		}
		switch token {
		case xmlStart:
			switch string(s.xml.name) {
			case "row":
				s.meter.mark()
				inRow, r.number, s.column = true, s.row+1, 0
				if given := s.xml.attribute("r"); len(given) > 0 {
					if r.number, err = strconv.Atoi(string(given)); err != nil || r.number < 1 {
						return r, errMalformed
					}
				}
				if s.rows++; r.number > maxSheetRows || s.rows > maxSheetRows {
					return r, errTooLarge
				}
				r.hidden = isTrue(s.xml.attribute("hidden")) || isZero(s.xml.attribute("ht"))
			case "c":
				if !inRow {
					return r, errMalformed
				}
				if err := s.readCell(); err != nil {
					return r, err
				}
			}
		case xmlEnd:
			switch string(s.xml.name) {
			case "row":
				return r, nil
			case "sheetData":
				if s.rows > 0 && !s.tailRead {
					return r, errMalformed
				}
				return r, io.EOF // the rest was read before
			}
		}
	}
}

// readCell reads a cell, whose start was read, to its end and sets it in the row.
func (s *worksheet) readCell() error {
	if s.workbook.cells++; s.workbook.cells > maxCells {
		return errTooLarge
	}
	at := s.column
	if r := s.xml.attribute("r"); len(r) > 0 {
		var ok bool
		if at, ok = columnOf(r); !ok {
			return errMalformed
		}
	}
	if at >= mostColumns {
		return errMalformed
	}
	s.column = at + 1
	kind, style := cellKind(s.xml.attribute("t")), -1
	if given := s.xml.attribute("s"); len(given) > 0 {
		style = numberOf(given)
	}
	var formula, uncalculated, inValue, stored bool
	s.text = s.text[:0]
read:
	for {
		token, err := s.xml.next()
		if err != nil {
			return unexpected(err)
		}
		switch token {
		case xmlStart:
			switch string(s.xml.name) {
			case "v":
				inValue, stored = kind != "inlineStr", true
			case "f":
				formula = true
				uncalculated = s.uncalculated || isTrue(s.xml.attribute("ca"))
			case "is":
				// A cell has its text here or its value there; some programs write both.
				stored = true
				start := len(s.text)
				if s.text, err = readText(s.xml, "is", s.text); err != nil {
					return err
				}
				if kind != "inlineStr" {
					s.text = s.text[:start]
				}
			}
		case xmlEnd:
			inValue = false
			if string(s.xml.name) == "c" {
				break read
			}
		case xmlText:
			if inValue {
				s.text = append(s.text, s.xml.text...)
			}
		}
	}
	value, err := s.value(kind, style, s.text, formula)
	if err == nil && (uncalculated || formula && !stored) {
		value.form = uncomputed
	}
	if err != nil || value == (cell{}) {
		return err
	}
	for len(s.cells) <= at {
		s.cells = append(s.cells, cell{})
	}
	s.cells[at] = value
	return nil
}

// cellKind returns a type of cells as a string, which it does not allocate for the usual ones.
func cellKind(name []byte) string {
	switch string(name) {
	case "s":
		return "s"
	case "n":
		return "n"
	case "str":
		return "str"
	case "inlineStr":
		return "inlineStr"
	}
	return string(name)
}

// value returns the cell of a type, a style (-1: none) and a stored text.
func (w *workbook) value(kind string, style int, text []byte, formula bool) (cell, error) {
	if len(text) == 0 {
		if formula && kind != "str" {
			return cell{form: uncomputed}, nil
		}
		return cell{}, nil
	}
	if kind == "s" {
		i, err := strconv.Atoi(string(bytes.TrimSpace(text)))
		if err != nil {
			return cell{}, errMalformed
		}
		shared, ok := w.shared.text(i)
		if !ok {
			return cell{}, errMalformed
		}
		return cell{text: shared}, nil
	}
	format := numberFormat{}
	if style >= 0 && style < len(w.formats) {
		format = w.formats[style]
	}
	stored := string(text)
	switch kind {
	case "inlineStr", "str":
		return cell{text: unescape(stored)}, nil
	case "b":
		return cell{text: map[bool]string{true: "TRUE", false: "FALSE"}[stored == "1" || stored == "true"]}, nil
	case "e":
		return cell{text: stored, form: failed}, nil
	case "d":
		moment := momentFormat{}
		if len(format.sections) > 0 {
			moment = format.sections[0].momentFormat
		}
		return isoMoment(stored, moment), nil
	case "", "n":
	default:
		return cell{}, errMalformed
	}
	if isWhole(stored) && format.plain() {
		return cell{text: stored, form: number}, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(stored), 64)
	if err != nil {
		return cell{}, errMalformed
	}
	return format.cell(n, w.from1904), nil
}

// isWhole reports whether a number is written as numberText writes it, without parsing it.
func isWhole(text string) bool {
	if text[0] == '0' || len(text) > 15 {
		return text == "0"
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// columnOf returns the column of a cell's reference; that of A1 is 0.
func columnOf(name []byte) (int, bool) {
	column := 0
	for i, r := range name {
		switch {
		case 'A' <= r && r <= 'Z':
			column = column*26 + int(r-'A') + 1
		case 'a' <= r && r <= 'z':
			column = column*26 + int(r-'a') + 1
		default:
			return column - 1, i > 0
		}
		if column > mostColumns {
			return 0, false
		}
	}
	return 0, false
}

// unescape replaces escapes such as _x000D_, by which spreadsheets write characters that XML does not allow. Line ends
// become line feeds, as in delimited text.
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var b strings.Builder
	for {
		i := strings.Index(text, "_x")
		if i < 0 {
			b.WriteString(text)
			return strings.ReplaceAll(b.String(), "\r\n", "\n")
		}
		b.WriteString(text[:i])
		text = text[i:]
		if len(text) >= 7 && text[6] == '_' {
			if code, err := strconv.ParseUint(text[2:6], 16, 16); err == nil {
				b.WriteRune(rune(code))
				text = text[7:]
				continue
			}
		}
		b.WriteString(text[:2])
		text = text[2:]
	}
}
