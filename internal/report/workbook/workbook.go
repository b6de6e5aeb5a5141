// Package workbook writes tables as XLSX: snapshots and lists.
package workbook

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"outreach/internal/report"
)

// MediaType is the media type of XLSX.
const MediaType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// Sheet is one table of a workbook. A cell is empty (nil or ""), a text (string), a figure (int64 or json.Number),
// shown with thousands separators, a number without them, such as a year (int), a Day, a Month, a time (time.Time),
// shown in its time zone, or a Plain text.
type Sheet struct {
	Name    string // at most 31 characters
	Columns []Column
	Rows    [][]any
	Plain   bool // the names of its columns are written as they are, as Plain texts are
}

// Column is a column of a sheet. Its width is in characters.
type Column struct {
	Name  string
	Width float64
}

// Plain is a text that is written as it is, though it begins like a formula: for systems that read the workbook. All
// other texts are escaped.
type Plain string

// Day is a date, YYYY-MM-DD. Anything else is written as text.
type Day string

// Month is a month, YYYY-MM, written as its first day. Anything else is written as text.
type Month string

// About is the metadata of a workbook: its title, its language by tag, and the time of its content.
type About struct {
	Title    string
	Language string
	Made     time.Time
}

// Write writes a workbook of at least one sheet. It fails if a cell has a type that Sheet does not list.
func Write(w io.Writer, about About, sheets ...Sheet) error {
	archive := zip.NewWriter(w)
	for _, part := range parts(about, sheets) {
		if err := writePart(archive, part.name, func(p *bufio.Writer) error {
			_, err := p.WriteString(declaration + part.content)
			return err
		}); err != nil {
			return err
		}
	}
	for i, s := range sheets {
		if err := writePart(archive, fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), func(p *bufio.Writer) error { return s.write(p, i == 0) }); err != nil {
			return fmt.Errorf("workbook: %s: %w", s.Name, err)
		}
	}
	return archive.Close()
}

const declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

func writePart(archive *zip.Writer, name string, write func(*bufio.Writer) error) error {
	part, err := archive.Create(name)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(part)
	if err := write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

type part struct{ name, content string }

// parts returns the parts of the package but the sheets: ECMA-376 part 2, and part 1 chapter 18.
func parts(about About, sheets []Sheet) []part {
	const (
		office       = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
		sheetTypes   = "application/vnd.openxmlformats-officedocument.spreadsheetml."
		packageTypes = "application/vnd.openxmlformats-package."
		relations    = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	)
	var types, list, targets strings.Builder
	for i, s := range sheets {
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i+1, sheetTypes)
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escaped(s.Name), i+1, i+1)
		fmt.Fprintf(&targets, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, office, i+1)
	}
	made := about.Made.UTC().Format(time.RFC3339)
	return []part{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="` + packageTypes + `relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + sheetTypes + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + sheetTypes + `styles+xml"/>` +
			`<Override PartName="/docProps/core.xml" ContentType="` + packageTypes + `core-properties+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", relations + `<Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/>` +
			`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`},
		{"docProps/core.xml", `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
			` xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>` + escaped(about.Title) + `</dc:title><dc:creator>outreach</dc:creator>` +
			`<dc:language>` + escaped(about.Language) + `</dc:language><dcterms:created xsi:type="dcterms:W3CDTF">` + made + `</dcterms:created>` +
			`<dcterms:modified xsi:type="dcterms:W3CDTF">` + made + `</dcterms:modified></cp:coreProperties>`},
		{"xl/workbook.xml", `<workbook xmlns="` + spreadsheet + `" xmlns:r="` + office + `"><bookViews><workbookView/></bookViews><sheets>` + list.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relations + targets.String() +
			fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, len(sheets)+1, office)},
		{"xl/styles.xml", styles},
	}
}

const spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

// The styles of cells, by their place among the cellXfs of styles.
const (
	styleHead = iota + 1
	styleText
	styleWhole
	styleDecimal
	styleDay
	styleMonth
	styleInstant
)

const styles = `<styleSheet xmlns="` + spreadsheet + `"><numFmts count="5"><numFmt numFmtId="164" formatCode="#,##0"/><numFmt numFmtId="165" formatCode="#,##0.0#"/>` +
	`<numFmt numFmtId="166" formatCode="yyyy-mm-dd"/><numFmt numFmtId="167" formatCode="yyyy-mm"/><numFmt numFmtId="168" formatCode="yyyy-mm-dd hh:mm:ss"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>` +
	`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
	`<fill><patternFill patternType="solid"><fgColor rgb="FFE8EEF4"/></patternFill></fill></fills>` +
	`<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>` +
	`<border><left/><right/><top/><bottom style="thin"><color rgb="FF5B6B7A"/></bottom><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="8"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf>` +
	`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
	numberStyle + `numFmtId="164"` + aligned + numberStyle + `numFmtId="165"` + aligned + numberStyle + `numFmtId="166"` + aligned +
	numberStyle + `numFmtId="167"` + aligned + numberStyle + `numFmtId="168"` + aligned +
	`</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

const (
	numberStyle = `<xf fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1" `
	aligned     = `><alignment vertical="top"/></xf>`
)

// write writes the sheet: its first row stays in view, and it is printed on A4, landscape, as wide as the page.
// An error of w comes again when w is flushed.
func (s Sheet) write(w *bufio.Writer, selected bool) error {
	last := columnName(max(len(s.Columns), 1)-1) + strconv.Itoa(len(s.Rows)+1)
	view := ""
	if selected {
		view = ` tabSelected="1"`
	}
	fmt.Fprintf(w, `%s<worksheet xmlns="%s"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:%s"/><sheetViews><sheetView%s workbookViewId="0">`+
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>`, declaration, spreadsheet, last, view)
	head := []byte(`<row r="1">`)
	if len(s.Columns) > 0 {
		fmt.Fprint(w, "<cols>")
		for i, c := range s.Columns {
			fmt.Fprintf(w, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, c.Width)
			name := c.Name
			if !s.Plain {
				name = report.Text(name).String()
			}
			head = appendText(head, columnName(i)+"1", styleHead, name)
		}
		fmt.Fprint(w, "</cols>")
	}
	fmt.Fprintf(w, "<sheetData>%s</row>", head)
	var line []byte
	for n, row := range s.Rows {
		number := strconv.Itoa(n + 2)
		line = append(line[:0], `<row r="`+number+`">`...)
		for i, value := range row {
			var err error
			if line, err = appendCell(line, columnName(i)+number, value); err != nil {
				return err
			}
		}
		if _, err := w.Write(append(line, "</row>"...)); err != nil {
			return err
		}
	}
	fmt.Fprint(w, `</sheetData><pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/></worksheet>`)
	return nil
}

// columnName returns the letters of a column; those of 0 are A.
func columnName(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return columnName(i/26-1) + string(rune('A'+i%26))
}

// appendCell appends a cell of the types that Sheet lists.
func appendCell(to []byte, at string, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return to, nil
	case string:
		if v == "" {
			return to, nil
		}
		return appendText(to, at, styleText, report.Text(v).String()), nil
	case Plain:
		if v == "" {
			return to, nil
		}
		return appendText(to, at, styleText, string(v)), nil
	case int:
		return appendNumber(to, at, styleText, strconv.Itoa(v)), nil
	case int64:
		return appendNumber(to, at, styleWhole, strconv.FormatInt(v, 10)), nil
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return appendNumber(to, at, styleWhole, strconv.FormatInt(whole, 10)), nil
		}
		if decimal, err := v.Float64(); err == nil {
			return appendNumber(to, at, styleDecimal, strconv.FormatFloat(decimal, 'f', -1, 64)), nil
		}
		return appendText(to, at, styleText, report.Text(v.String()).String()), nil
	case Day:
		day, err := time.Parse(time.DateOnly, string(v))
		return appendTime(to, at, styleDay, day, err == nil, string(v)), nil
	case Month:
		first, err := time.Parse("2006-01", string(v))
		return appendTime(to, at, styleMonth, first, err == nil, string(v)), nil
	case time.Time:
		return appendTime(to, at, styleInstant, v, true, v.Format(time.RFC3339)), nil
	}
	return to, fmt.Errorf("no cell for a %T", value)
}

func appendNumber(to []byte, at string, style int, number string) []byte {
	return fmt.Appendf(to, `<c r="%s" s="%d"><v>%s</v></c>`, at, style, number)
}

// appendTime appends a time, or its text where it is none that spreadsheets know.
func appendTime(to []byte, at string, style int, value time.Time, valid bool, text string) []byte {
	if serial, ok := serialOf(value); ok && valid {
		return appendNumber(to, at, style, serial)
	}
	return appendText(to, at, styleText, report.Text(text).String())
}

// serialOf returns the number that shows a time on its own clock: days since 1899-12-30. Spreadsheets know no time
// before 1900, and a 29th of February in that year.
func serialOf(at time.Time) (string, bool) {
	const day = 24 * 60 * 60
	_, offset := at.Zone()
	seconds := at.Unix() + int64(offset) - time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()
	if seconds < 61*day {
		seconds -= day
	}
	return strconv.FormatFloat(float64(seconds)/day, 'f', -1, 64), seconds >= day
}

// longestText is how much of a text a cell takes, in UTF-16 units.
const longestText = 32767

// appendText appends a text as it is.
func appendText(to []byte, at string, style int, text string) []byte {
	if len(text) > longestText {
		if units := utf16.Encode([]rune(text)); len(units) > longestText {
			text = strings.TrimSuffix(string(utf16.Decode(units[:longestText])), "\ufffd")
		}
	}
	return fmt.Appendf(to, `<c r="%s" s="%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, at, style, escaped(text))
}

// escaped returns a text as XML. Control characters, which XML does not allow, are written by their number, as in
// _x0007_. Of a text that looks like such a number the underscore is written by its number.
func escaped(text string) string {
	var b strings.Builder
	start := 0
	for i := range len(text) {
		control := text[i] < ' ' && text[i] != '\t' && text[i] != '\n'
		if control || isEscape(text[i:]) {
			_ = xml.EscapeText(&b, []byte(text[start:i]))
			fmt.Fprintf(&b, "_x%04X_", text[i])
			start = i + 1
		}
	}
	_ = xml.EscapeText(&b, []byte(text[start:])) // a Builder never fails
	return b.String()
}

// isEscape reports whether a text begins like _x0007_.
func isEscape(text string) bool {
	if len(text) < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(text[2:6], 16, 16)
	return err == nil
}
