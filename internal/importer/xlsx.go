package importer

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
)

// Workbooks are not read by excelize: a sheet has to be streamed in little memory, the formats of cells are needed
// (a date is a number with a format), and a damaged workbook must be rejected, never read in part.

// Limits of a workbook, the first four in bytes of unpacked XML. Files with the longest texts and the most rows stay
// below.
const (
	maxSheet   = 1 << 30
	maxShared  = 128 << 20
	maxPart    = 16 << 20 // of the small parts
	maxElement = 4 << 20  // of a row, or a shared text

	maxShares    = 4 << 20 // shared texts
	maxSheetRows = 1 << 20 // as in a spreadsheet
)

var errTooLarge = errors.New("the unpacked workbook is too large")

// workbook reads the rows of the first visible sheet.
type workbook struct {
	sheet    *xmlScanner
	meter    *meter
	shared   sharedTexts
	formats  []momentFormat // by style
	from1904 bool
	stale    bool // results of formulas are to be computed when the workbook is opened: those stored are none

	row    int
	column int // of the next cell without a reference
	ended  bool
	cells  []cell
	text   []byte
}

// openWorkbook returns the rows of the first visible sheet.
func openWorkbook(body *source) (rows, error) {
	archive, err := zip.NewReader(body, body.size)
	if err != nil {
		return nil, workbookFault(1, err)
	}
	p := newPackage(archive)
	if name := p.otherFormat(); name != "" {
		return nil, otherFormat(name)
	}
	w := &workbook{}
	if err := w.open(p); err != nil {
		return nil, workbookFault(1, err)
	}
	return w, nil
}

// otherFormat returns the name of an archive's format if it is not a workbook, else "".
func (p parts) otherFormat() string {
	switch {
	case p["word/document.xml"] != nil:
		return "DOCX"
	case p["ppt/presentation.xml"] != nil:
		return "PPTX"
	case p["mimetype"] != nil && p["content.xml"] != nil:
		return "OpenDocument"
	case p["xl/workbook.bin"] != nil:
		return "XLSB"
	case p["index/document.iwa"] != nil, p["index.zip"] != nil:
		return "Numbers"
	case p["_rels/.rels"] == nil && p["[content_types].xml"] == nil:
		return "ZIP"
	}
	return ""
}

// workbookFault returns the fault of a workbook that could not be read. Errors of the body are recorded by source.
func workbookFault(row int, err error) error {
	if errors.Is(err, errTooLarge) {
		return unreadable(row, "too_large")
	}
	return unreadable(row, "damaged")
}

var errNoSheet = errors.New("no sheet")

func (w *workbook) open(p parts) error {
	main, err := p.related("", "officeDocument")
	if err != nil {
		return err
	}
	if len(main) == 0 {
		return errNoSheet
	}
	book := main[0].target
	var contents struct {
		Properties struct {
			From1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Calculation struct {
			OnLoad string `xml:"fullCalcOnLoad,attr"`
		} `xml:"calcPr"`
		Sheets []struct {
			ID    string `xml:"id,attr"`
			State string `xml:"state,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := p.decode(book, &contents); err != nil {
		return err
	}
	w.stale = contents.Calculation.OnLoad == "1" || contents.Calculation.OnLoad == "true"
	w.from1904 = contents.Properties.From1904 == "1" || contents.Properties.From1904 == "true"
	sheets, err := p.related(book, "worksheet")
	if err != nil {
		return err
	}
	first := ""
	for _, s := range contents.Sheets {
		for _, r := range sheets {
			if r.id == s.ID && first == "" && s.State != "hidden" && s.State != "veryHidden" {
				first = r.target
			}
		}
	}
	if first == "" {
		return errNoSheet
	}
	if err := w.readStyles(p, book); err != nil {
		return err
	}
	if err := w.readShared(p, book); err != nil {
		return err
	}
	unpacked, err := p.open(first, maxSheet)
	if err != nil {
		return err
	}
	w.meter = unpacked
	w.sheet = newXMLScanner(unpacked)
	return nil
}

// parts are the parts of a workbook's package by lower-case name.
type parts map[string]*zip.File

func newPackage(archive *zip.Reader) parts {
	p := parts{}
	for _, f := range archive.File {
		p[partName(f.Name)] = f
	}
	return p
}

func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), "/"))
}

var errNoPart = errors.New("a part is missing")

// open opens a part. Reading it fails after limit bytes.
func (p parts) open(name string, limit int64) (*meter, error) {
	f, ok := p[partName(name)]
	if !ok {
		return nil, errNoPart
	}
	if f.UncompressedSize64 > uint64(limit) {
		return nil, errTooLarge
	}
	from, err := f.Open()
	if err != nil {
		return nil, err
	}
	return &meter{from: from, left: limit, element: maxElement}, nil
}

// decode reads a small part.
func (p parts) decode(name string, into any) error {
	part, err := p.open(name, maxPart)
	if err != nil {
		return err
	}
	part.element = maxPart
	return xml.NewDecoder(part).Decode(into)
}

type relation struct{ id, target string }

// related returns the relations of a part, or of the package for "", whose type ends with a name.
func (p parts) related(name, kind string) ([]relation, error) {
	folder, file := path.Split(name)
	var list struct {
		Relations []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := p.decode(folder+"_rels/"+file+".rels", &list); err != nil {
		return nil, err
	}
	var out []relation
	for _, r := range list.Relations {
		if !strings.HasSuffix(r.Type, "/"+kind) {
			continue
		}
		target := r.Target
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		out = append(out, relation{id: r.ID, target: target})
	}
	return out, nil
}

// meter is a reader that limits the bytes read in all, and between two calls of mark.
type meter struct {
	from    io.Reader
	left    int64
	element int64
}

// mark starts another element.
func (m *meter) mark() { m.element = maxElement }

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	m.left -= int64(n)
	m.element -= int64(n)
	if m.left < 0 || m.element < 0 {
		return 0, errTooLarge
	}
	return n, err
}

func (w *workbook) readStyles(p parts, book string) error {
	found, err := p.related(book, "styles")
	if err != nil || len(found) == 0 {
		return err
	}
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := p.decode(found[0].target, &styles); err != nil {
		return err
	}
	codes := map[int]momentFormat{}
	for _, f := range styles.Formats {
		codes[f.ID] = readFormat(f.Code)
	}
	for _, c := range styles.Cells {
		format, ok := codes[c.Format]
		if !ok {
			format = builtInFormat(c.Format)
		}
		w.formats = append(w.formats, format)
	}
	return nil
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

func (w *workbook) readShared(p parts, book string) error {
	found, err := p.related(book, "sharedStrings")
	if err != nil || len(found) == 0 {
		return err
	}
	unpacked, err := p.open(found[0].target, maxShared)
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

// readText appends the text of an element to into: that of its t elements, without phonetic hints (rPh). It reads up
// to the end of the element.
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

func (w *workbook) next() (int, []cell, error) {
	if w.ended {
		return 0, nil, io.EOF
	}
	number, err := w.readRow()
	if err == io.EOF {
		w.ended = true
		return 0, nil, err
	}
	if err != nil {
		return 0, nil, workbookFault(max(w.row, 1), err)
	}
	w.row = number
	return w.row, w.cells, nil
}

var errMalformed = errors.New("malformed sheet")

// readRow reads up to the end of the next row and returns its number, io.EOF after the last.
func (w *workbook) readRow() (int, error) {
	w.cells = w.cells[:0]
	number, inRow := 0, false
	for {
		token, err := w.sheet.next()
		if err != nil {
			return 0, unexpected(err) // the end of the sheet data is missing
		}
		switch token {
		case xmlStart:
			switch string(w.sheet.name) {
			case "row":
				w.meter.mark()
				inRow, number, w.column = true, w.row+1, 0
				if r := w.sheet.attribute("r"); len(r) > 0 {
					if number, err = strconv.Atoi(string(r)); err != nil || number < 1 {
						return 0, errMalformed
					}
				}
				if number > maxSheetRows {
					return 0, errTooLarge
				}
			case "c":
				if !inRow {
					return 0, errMalformed
				}
				if err := w.readCell(); err != nil {
					return 0, err
				}
			}
		case xmlEnd:
			switch string(w.sheet.name) {
			case "row":
				return number, nil
			case "sheetData":
				// The rest has no cells, but the checksum is only verified at the end.
				if _, err := io.Copy(io.Discard, unlimited{w.meter}); err != nil {
					return 0, unexpected(err)
				}
				return 0, io.EOF
			}
		}
	}
}

// unlimited reads without a limit on elements.
type unlimited struct{ *meter }

func (m unlimited) Read(p []byte) (int, error) {
	m.mark()
	return m.meter.Read(p)
}

// readCell reads a cell, whose start was read, to its end and sets it in the row.
func (w *workbook) readCell() error {
	at := w.column
	if r := w.sheet.attribute("r"); len(r) > 0 {
		var ok bool
		if at, ok = columnOf(r); !ok {
			return errMalformed
		}
	}
	if at >= mostColumns {
		return errMalformed
	}
	w.column = at + 1
	kind, style := cellKind(w.sheet.attribute("t")), -1
	if s := w.sheet.attribute("s"); len(s) > 0 {
		if number, err := strconv.Atoi(string(s)); err == nil {
			style = number
		}
	}
	var formula, inValue bool
	w.text = w.text[:0]
read:
	for {
		token, err := w.sheet.next()
		if err != nil {
			return unexpected(err)
		}
		switch token {
		case xmlStart:
			switch string(w.sheet.name) {
			case "v":
				inValue = true
			case "f":
				formula = true
			case "is":
				if w.text, err = readText(w.sheet, "is", w.text); err != nil {
					return err
				}
			}
		case xmlEnd:
			inValue = false
			if string(w.sheet.name) == "c" {
				break read
			}
		case xmlText:
			if inValue {
				w.text = append(w.text, w.sheet.text...)
			}
		}
	}
	value, err := w.value(kind, style, w.text, formula)
	if err != nil || value == (cell{}) {
		return err
	}
	for len(w.cells) <= at {
		w.cells = append(w.cells, cell{})
	}
	w.cells[at] = value
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
	if formula && w.stale {
		return cell{form: uncomputed}, nil
	}
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
	stored := string(text)
	switch kind {
	case "inlineStr", "str":
		return cell{text: unescape(stored)}, nil
	case "b":
		return cell{text: map[bool]string{true: "TRUE", false: "FALSE"}[stored == "1" || stored == "true"]}, nil
	case "e":
		return cell{text: stored, form: failed}, nil
	case "d":
		return isoMoment(stored), nil
	case "", "n":
	default:
		return cell{}, errMalformed
	}
	format := momentFormat{}
	if style >= 0 && style < len(w.formats) {
		format = w.formats[style]
	}
	if format == (momentFormat{}) && isWhole(stored) {
		return cell{text: stored, form: number}, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(stored), 64)
	if err != nil {
		return cell{}, errMalformed
	}
	if text, ok := momentText(n, format, w.from1904); ok {
		return cell{text: text, form: moment}, nil
	}
	return cell{text: numberText(n), form: number}, nil
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

// unescape replaces escapes such as _x000D_, by which spreadsheets write characters that XML does not allow. Line
// ends become line feeds, as in delimited text.
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

// compoundFault returns the fault of a compound file: a workbook with a password, a Word document, or a workbook in
// the format before 2007. They are distinguished by the names of streams, in UTF-16.
func compoundFault(body *source) *fault {
	names := []struct {
		stream string
		fault  *fault
	}{
		{"EncryptedPackage", wrongFormat("protected", "XLSX")},
		{"WordDocument", otherFormat("DOC")},
	}
	buffer := make([]byte, 64<<10)
	reader := body.reader()
	for kept := 0; ; {
		n, err := reader.Read(buffer[kept:])
		for _, name := range names {
			if bytes.Contains(buffer[:kept+n], []byte(strings.Join(strings.Split(name.stream, ""), "\x00"))) {
				return name.fault
			}
		}
		if err != nil {
			return wrongFormat("old_excel", "XLS")
		}
		const longest = 2 * len("EncryptedPackage")
		kept = copy(buffer, buffer[max(0, kept+n-longest):kept+n])
	}
}
