package importer

import (
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// No library reads OpenDocument spreadsheets in little memory, or reports which rows are hidden.

// document is an OpenDocument spreadsheet: an archive, or a single XML file.
type document struct {
	content func() (*meter, error) // opens the part with the sheets
	list    []sheetInfo
	hidden  map[string]bool         // styles of sheets that are not shown
	formats map[string]momentFormat // of dates and times, by style of cells
	cells   int                     // that were read

	current *documentSheet // the sheet that was opened last
	at      int            // its number
}

func (p parts) isDocument() bool {
	if !p.has("mimetype") || !p.has("content.xml") {
		return false
	}
	part, err := p.open("mimetype", 200)
	if err != nil {
		return false
	}
	kind, err := io.ReadAll(part)
	return err == nil && strings.HasPrefix(string(kind), "application/vnd.oasis.opendocument.spreadsheet")
}

func openDocument(p parts) (book, error) {
	d := &document{content: func() (*meter, error) { return p.open("content.xml", maxSheet) }}
	if p.has("meta-inf/manifest.xml") {
		s, err := p.smallPart("meta-inf/manifest.xml")
		if err != nil {
			return nil, bookFault(1, err)
		}
		locked := false
		if err := s.each(func() error { locked = locked || string(s.name) == "encryption-data"; return nil }); err != nil {
			return nil, bookFault(1, err)
		}
		if locked {
			return nil, wrongFormat("ODS", unprotect)
		}
	}
	var common []func() (*meter, error)
	if p.has("styles.xml") {
		common = append(common, func() (*meter, error) { return p.open("styles.xml", maxPart) })
	}
	if err := d.load(common...); err != nil {
		return nil, bookFault(1, err)
	}
	return d, nil
}

func openFlatDocument(body *source) (book, error) {
	left := int64(maxUnpacked)
	d := &document{content: func() (*meter, error) {
		return &meter{from: body.reader(), left: maxSheet, all: &left, element: maxElement}, nil
	}}
	if err := d.load(); err != nil {
		return nil, bookFault(1, err)
	}
	return d, nil
}

func (d *document) sheets() []sheetInfo { return d.list }

// load reads styles and the list of sheets. Styles may be in a part of their own, in front of those of the content.
func (d *document) load(styles ...func() (*meter, error)) error {
	d.hidden, d.formats = map[string]bool{}, map[string]momentFormat{}
	data := map[string]momentFormat{} // by name of the format
	for _, part := range append(styles, d.content) {
		from, err := part()
		if err != nil {
			return err
		}
		s := newXMLScanner(unlimited{from})
		s.prefixed = true
		if err := d.readStyles(s, data); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(d.list, func(i sheetInfo) bool { return !i.hidden }) {
		return errNoSheet
	}
	return nil
}

// readStyles reads the styles of a part, and the sheets behind them. It adds the formats of dates and times to data:
// styles of one part may use those of an earlier one.
func (d *document) readStyles(s *xmlScanner, data map[string]momentFormat) error {
	named := "" // the format whose parts come next
	style := "" // the style whose properties come next
	depth := 0  // of the sheets
	return s.each(func() error {
		if len(data)+len(d.formats)+len(d.hidden)+len(d.list) > maxStyles {
			return errTooLarge
		}
		switch string(s.name) {
		case "date-style", "time-style":
			named = string(s.attribute("name"))
			data[named] = momentFormat{elapsed: string(s.attribute("truncate-on-overflow")) == "false"}
		case "number-style", "percentage-style", "currency-style", "boolean-style", "text-style":
			named = ""
			delete(data, string(s.attribute("name")))
		case "day", "day-of-week", "week-of-year", "month", "quarter", "year", "hours", "minutes", "seconds":
			f, ok := data[named]
			if !ok || named == "" {
				return nil
			}
			switch string(s.name) {
			case "day":
				f.day = true
			case "month", "quarter":
				f.month = true
			case "year":
				f.year = true
			case "hours", "minutes", "seconds":
				f.clock = true
			}
			data[named] = f
		case "style":
			named, style = "", string(s.attribute("name"))
			if string(s.attribute("family")) != "table-cell" {
				return nil
			}
			f, ok := data[string(s.attribute("data-style-name"))]
			if !ok {
				f, ok = d.formats[string(s.attribute("parent-style-name"))]
			}
			if ok {
				d.formats[style] = f
			}
		case "table-properties":
			if string(s.attribute("display")) == "false" {
				d.hidden[style] = true
			}
		case "spreadsheet":
			depth = s.depth + 1
		case "table":
			if depth > 0 && s.depth == depth {
				d.list = append(d.list, sheetInfo{name: string(s.attribute("name")), hidden: d.hidden[string(s.attribute("style-name"))]})
			}
		}
		return nil
	})
}

// open returns the rows of a sheet. Sheets are read most quickly in their order.
func (d *document) open(sheet int) (rows, error) {
	if d.current == nil || sheet <= d.at {
		from, err := d.content()
		if err != nil {
			return nil, bookFault(1, err)
		}
		s := newXMLScanner(from)
		s.prefixed = true
		d.current, d.at = &documentSheet{document: d, xml: s, meter: from}, -1
	}
	t := &documentSheet{document: d, xml: d.current.xml, meter: d.current.meter, depth: d.current.depth}
	d.current.ended = true
	for d.at < sheet {
		if err := t.skip(); err != nil {
			return nil, bookFault(1, err)
		}
		d.at++
	}
	d.current = t
	return t, nil
}

// documentSheet reads the rows of a sheet.
type documentSheet struct {
	*document
	xml   *xmlScanner
	meter *meter
	depth int // of the sheets; 0 before the first one

	columns []columnStyle // default styles
	merged  merged
	row     row
	repeat  int  // how often the row is still to be repeated
	again   bool // it was passed on already
	cells   []cell
	last    int // the number of the last row
	rows    int // elements that were read
	ended   bool
}

// columnStyle is the default style of columns up to one.
type columnStyle struct {
	to    int
	style string
}

// skip reads up to the start of the next sheet.
func (t *documentSheet) skip() error {
	for {
		t.meter.mark()
		token, err := t.xml.next()
		if err != nil {
			return unexpected(err)
		}
		if token != xmlStart {
			continue
		}
		switch string(t.xml.name) {
		case "spreadsheet":
			t.depth = t.xml.depth + 1
		case "table":
			if t.depth > 0 && t.xml.depth == t.depth {
				return nil
			}
		}
	}
}

func (t *documentSheet) next() (row, error) {
	for t.repeat == 0 {
		if t.ended {
			return row{}, io.EOF
		}
		err := t.readRow()
		if err == io.EOF {
			t.ended = true
			return row{}, err
		}
		if err != nil {
			return row{}, bookFault(t.last+1, err)
		}
	}
	t.repeat--
	t.last++
	r := t.row
	r.number = t.last
	if t.again {
		if t.document.cells += len(t.cells); t.document.cells > maxCells {
			return row{}, bookFault(r.number, errTooLarge)
		}
	}
	t.again = true
	var err error
	if r.cells, err = t.merged.apply(r.number, slices.Clip(t.cells), &t.document.cells); err != nil {
		return row{}, bookFault(r.number, err)
	}
	return r, nil
}

// readRow reads the next row, io.EOF after the last one. Blank rows that are repeated are passed over, unless a merged
// range reaches them.
func (t *documentSheet) readRow() error {
	for {
		t.meter.mark()
		token, err := t.xml.next()
		if err != nil {
			return unexpected(err)
		}
		name := string(t.xml.name)
		switch {
		case token == xmlEnd && name == "table" && t.xml.depth < t.depth:
			return io.EOF
		case token != xmlStart:
		case name == "table-column":
			t.readColumn()
		case name == "table-row":
			return t.readCells()
		case name == "table" || name == "shapes" || name == "forms" || name == "table-source" || name == "scenario":
			if err := t.leave(); err != nil {
				return err
			}
		}
	}
}

// leave reads to the end of the element that was begun.
func (t *documentSheet) leave() error {
	for depth := t.xml.depth; t.xml.depth >= depth; {
		t.meter.mark()
		if _, err := t.xml.next(); err != nil {
			return unexpected(err)
		}
	}
	return nil
}

// times returns how often a row, a column or a cell is repeated.
func times(text []byte) int {
	if len(text) == 0 {
		return 1
	}
	return max(1, min(numberOf(text), maxSheetRows))
}

func (t *documentSheet) readColumn() {
	to := 0
	if n := len(t.columns); n > 0 {
		to = t.columns[n-1].to
	}
	if len(t.columns) < mostColumns {
		t.columns = append(t.columns, columnStyle{to: to + times(t.xml.attribute("number-columns-repeated")), style: string(t.xml.attribute("default-cell-style-name"))})
	}
}

func (t *documentSheet) readCells() error {
	if t.rows++; t.rows > maxSheetRows {
		return errTooLarge
	}
	t.repeat = times(t.xml.attribute("number-rows-repeated"))
	visible := string(t.xml.attribute("visibility"))
	style := string(t.xml.attribute("default-cell-style-name"))
	t.again = false
	t.row, t.cells = row{hidden: visible == "collapse" || visible == "filter"}, t.cells[:0]
	column, filled := 0, false
	for depth := t.xml.depth; t.xml.depth >= depth; {
		token, err := t.xml.next()
		if err != nil {
			return unexpected(err)
		}
		if token != xmlStart {
			continue
		}
		name := string(t.xml.name)
		if name != "table-cell" && name != "covered-table-cell" {
			if err := t.leave(); err != nil {
				return err
			}
			continue
		}
		count := times(t.xml.attribute("number-columns-repeated"))
		across, down := times(t.xml.attribute("number-columns-spanned")), times(t.xml.attribute("number-rows-spanned"))
		value, err := t.readCell(column, style)
		if err != nil {
			return err
		}
		if t.document.cells++; t.document.cells > maxCells {
			return errTooLarge
		}
		if name == "table-cell" && !value.blank() {
			filled = true
			if column+count > mostColumns {
				return errMalformed
			}
			for len(t.cells) < column {
				t.cells = append(t.cells, cell{})
			}
			for range count {
				t.cells = append(t.cells, value)
			}
			if t.document.cells += count - 1; t.document.cells > maxCells {
				return errTooLarge
			}
			if across > 1 || down > 1 {
				if len(t.merged.ranges) == maxMerges {
					return errTooLarge
				}
				t.merged.ranges = append(t.merged.ranges, area{from: int32(t.last + 1), to: int32(t.last + down), left: int32(column), right: int32(min(column+across, mostColumns) - 1)})
			}
		}
		column += count
	}
	if !filled { // nothing to repeat; a value merged into these rows is none of their own
		t.last += t.repeat
		t.repeat = 0
	}
	if t.last+t.repeat > maxSheetRows {
		return errTooLarge
	}
	return nil
}

// format returns the format of a cell: by its own style, that of its row or that of its column.
func (t *documentSheet) format(own []byte, ofRow string, column int) momentFormat {
	name := string(own)
	if name == "" {
		name = ofRow
	}
	for i := 0; name == "" && i < len(t.columns); i++ {
		if column < t.columns[i].to {
			name = t.columns[i].style
			break
		}
	}
	return t.formats[name]
}

// readCell reads a cell, whose start was read, to its end.
func (t *documentSheet) readCell(column int, ofRow string) (cell, error) {
	x := t.xml
	kind, isError := "", false
	for _, a := range x.attributes {
		if string(x.values[a.name:a.value]) == "value-type" {
			switch value := string(x.values[a.value:a.end]); {
			case value == "error":
				isError = true
			case kind == "":
				kind = value
			}
		}
	}
	formula := len(x.attribute("formula")) > 0
	var stored string
	switch kind {
	case "float", "percentage", "currency":
		stored = string(x.attribute("value"))
	case "date":
		stored = string(x.attribute("date-value"))
	case "time":
		stored = string(x.attribute("time-value"))
	case "boolean":
		stored = string(x.attribute("boolean-value"))
	case "string":
		stored = string(x.attribute("string-value"))
	}
	var format momentFormat
	if kind == "date" || kind == "time" {
		format = t.format(x.attribute("style-name"), ofRow, column)
	}
	shown, err := t.readText()
	if err != nil {
		return cell{}, err
	}
	switch {
	case isError:
		return cell{text: shown, form: failed}, nil
	case formula && kind == "":
		return cell{text: shown, form: uncomputed}, nil
	}
	switch kind {
	case "float", "currency", "percentage":
		n, err := strconv.ParseFloat(stored, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return cell{}, errMalformed
		}
		if kind == "percentage" || isPercent(shown) {
			return cell{text: shown, form: percent}, nil
		}
		return shownNumber(n, shown), nil
	case "boolean":
		return cell{text: strings.ToUpper(stored)}, nil
	case "date":
		c := isoMoment(stored, format)
		c.shown = shown
		return c, nil
	case "time":
		c := shownTime(stored, format)
		c.shown = shown
		return c, nil
	case "string":
		if shown == "" {
			shown = stored
		}
	}
	return cell{text: shown}, nil
}

// readText reads the text of a cell to the end of the cell, without notes and drawings.
func (t *documentSheet) readText() (string, error) {
	x := t.xml
	var text []byte
	paragraphs := 0
	for depth := x.depth; x.depth >= depth; {
		token, err := x.next()
		if err != nil {
			return "", unexpected(err)
		}
		switch token {
		case xmlText:
			if x.depth > depth {
				text = append(text, x.text...)
			}
		case xmlStart:
			switch string(x.name) {
			case "p", "h":
				if paragraphs++; paragraphs > 1 {
					text = append(text, '\n')
				}
			case "s":
				for range min(times(x.attribute("c")), longestCell) {
					text = append(text, ' ')
				}
			case "tab":
				text = append(text, '\t')
			case "line-break":
				text = append(text, '\n')
			case "span", "a", "ruby", "ruby-base", "sheet-name", "title", "date", "time", "page-number", "file-name", "author-name":
			default:
				if err := t.leave(); err != nil {
					return "", err
				}
			}
		}
		if len(text) > maxElement {
			return "", errTooLarge
		}
	}
	return string(text), nil
}

// mostDecimals is to how many decimals a number is looked for in what is shown of it.
const mostDecimals = 12

// shownNumber returns a number as a cell shows it: rounded as in its text, whatever is written around the digits. Where
// the text shows another number, such as one in thousands, the text is all there is.
func shownNumber(n float64, text string) cell {
	if text == "" {
		return cell{} // the format hides the number
	}
	digits := onlyDigits(text)
	if digits == "" && n == 0 {
		return cell{text: "0", form: number} // as a dash
	}
	for decimals := 0; digits != "" && decimals <= mostDecimals; decimals++ {
		short := rounded(n, decimals)
		whole, fraction, _ := strings.Cut(short, ".")
		full := onlyDigits(whole) + fraction + strings.Repeat("0", decimals-len(fraction))
		if strings.TrimLeft(full, "0") == strings.TrimLeft(digits, "0") {
			c := cell{text: short, form: number}
			if !isBareNumber().MatchString(text) {
				c.shown = text
			}
			return c
		}
	}
	return cell{text: text}
}

// isBareNumber is a number without leading zeros and texts: 7 500, -0,5 or 1.234,50.
var isBareNumber = lazily(`^[-−]?(0|[1-9][0-9\x{00a0}\x{202f}\x{2009} .,]*)?([.,][0-9]+)?$`)

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

var shapeOfTime = lazily(`^PT(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})(?:[.,][0-9]+)?S)?$`)

// shownTime returns a time of day, or a duration, stored as PT18H25M00S. A date of which a format shows the time alone
// is stored as the hours since 1899.
func shownTime(stored string, f momentFormat) cell {
	parts := shapeOfTime().FindStringSubmatch(stored)
	if parts == nil {
		return cell{text: stored, form: moment}
	}
	seconds := int64(0)
	for i, unit := range []int64{3600, 60, 1} {
		n, _ := strconv.ParseInt("0"+parts[i+1], 10, 64)
		seconds += n * unit
	}
	if !f.elapsed && seconds >= mostElapsed*secondsADay {
		seconds %= secondsADay
	}
	return cell{text: durationText(seconds), form: moment}
}
