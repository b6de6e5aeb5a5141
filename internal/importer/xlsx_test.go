package importer

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// workbookOf writes rows as Excel does, texts shared; then edit may change what it likes.
func workbookOf(t testing.TB, edit func(*excelize.File), rows [][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err == nil {
			err = f.SetSheetRow("Sheet1", at, &row)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(f)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed packs parts of a workbook.
func packed(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, err := archive.Create(name)
		if err == nil {
			_, err = io.WriteString(w, parts[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// smallest is a workbook with nothing that could be left out, around a sheet's data. Extra parts may take the place of
// its own.
func smallest(t testing.TB, data string, extra map[string]string) []byte {
	t.Helper()
	const types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	parts := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="` + types + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="` + types + `"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="` + types + `worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + data + `</sheetData></worksheet>`,
	}
	maps.Copy(parts, extra)
	maps.DeleteFunc(parts, func(_, text string) bool { return text == "" })
	return packed(t, parts)
}

// inline writes rows of texts as sheet data.
func inline(rows ...[]string) string {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString("<row>")
		for _, text := range row {
			fmt.Fprintf(&b, `<c t="inlineStr"><is><t>%s</t></is></c>`, text)
		}
		b.WriteString("</row>")
	}
	return b.String()
}

var mediaHead = []any{"data", "godzina", "medium", "tytuł", "redakcja", "zasięg", "uwagi"}

func TestWorkbookCells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		row   []any
		style map[string]any // of columns: a built-in format or a code
		edit  func(*excelize.File)
		want  string // the row, or its errors
	}{
		{name: "texts", row: []any{"11.03.2010", "18:25", "telewizja", "Razem łatwiej", "TV", "7 500", "x"}, want: "2 date=2010-03-11 time=18:25 medium=tv title=Razem łatwiej outlet=TV reach=7500 note=x"},
		{name: "dates, times and numbers", row: []any{time.Date(2010, 3, 11, 0, 0, 0, 0, time.UTC), 0.767361111, "tv", "T", "TV", 7500}, style: map[string]any{"A": 14, "B": 20}, want: "2 date=2010-03-11 time=18:25 medium=tv title=T outlet=TV reach=7500"},
		{name: "formats of one's own", row: []any{40248, 40248.767361111, "tv", "T", "TV", 7500}, style: map[string]any{"A": `[$-415]d\ mmmm\ yyyy;@`, "B": `dd.mm.yyyy" godz. "hh:mm`, "F": `#,##0\ "osób";[Red]-#,##0`}, want: "2 date=2010-03-11 time=18:25 medium=tv title=T outlet=TV reach=7500"},
		{name: "a date and time in the column of dates", row: []any{40248.767361111, "", "tv", "T", "TV", 1}, style: map[string]any{"A": 22}, want: "2 date=2010-03-11 time=18:25 medium=tv title=T outlet=TV reach=1"},
		{name: "a number that is no date by its format", row: []any{40248, "", "tv", "T", "TV", 1}, want: `2 date not_a_date "40248"`},
		{name: "a date in the column of times", row: []any{"2010-03-11", 40248, "tv", "T", "TV", 1}, style: map[string]any{"B": 14}, want: `2 time not_a_date "2010-03-11" time`},
		{name: "a time in the column of dates", row: []any{0.5, "", "tv", "T", "TV", 1}, style: map[string]any{"A": 20}, want: `2 date not_a_date "12:00:00"`},
		{name: "a date in the column of numbers", row: []any{"2010-03-11", "", "tv", "T", "TV", 7500}, style: map[string]any{"F": 14}, want: `2 reach not_a_number "1920-07-13" whole`},
		{name: "numbers, times and dates in columns of text", row: []any{"2010-03-11", "", "tv", 2010, 7.5, 1, 40248.5}, style: map[string]any{"G": 22}, want: "2 date=2010-03-11 medium=tv title=2010 outlet=7.5 reach=1 note=2010-03-11 12:00:00"},
		{name: "a fraction is not grouped digits", row: []any{"2010-03-11", "", "tv", "T", "TV", 12.345}, want: `2 reach not_a_number "12.345" whole`},
		{name: "a text of grouped digits is", row: []any{"2010-03-11", "", "tv", "T", "TV", "12.345"}, want: "2 date=2010-03-11 medium=tv title=T outlet=TV reach=12345"},
		{name: "the noise of calculation", row: []any{"2010-03-11", "", "tv", "T", "TV", 7499.9999999999999}, want: "2 date=2010-03-11 medium=tv title=T outlet=TV reach=7500"},
		{name: "a large number", row: []any{"2010-03-11", "", "tv", 1e14, "TV", 2.07e6}, want: "2 date=2010-03-11 medium=tv title=100000000000000 outlet=TV reach=2070000"},
		{name: "booleans", row: []any{"2010-03-11", "", "tv", true, "TV", false}, want: `2 reach not_a_number "FALSE" whole`},
		{name: "the result of a formula", row: []any{"2010-03-11", "", "tv", "T", "TV", 7500}, edit: func(f *excelize.File) { f.SetCellFormula("Sheet1", "F2", "7000+500") }, want: "2 date=2010-03-11 medium=tv title=T outlet=TV reach=7500"},
		{name: "rich text", row: []any{"2010-03-11", "", "tv", "", "TV", 1}, edit: func(f *excelize.File) {
			f.SetCellRichText("Sheet1", "D2", []excelize.RichTextRun{{Text: "Razem "}, {Text: "łatwiej", Font: &excelize.Font{Bold: true}}})
		}, want: "2 date=2010-03-11 medium=tv title=Razem łatwiej outlet=TV reach=1"},
		{name: "blank rows and columns that are formatted", row: []any{"2010-03-11", "", "tv", "T", "TV", 1}, style: map[string]any{"G": 14, "H": 14, "XFD": 14}, want: "2 date=2010-03-11 medium=tv title=T outlet=TV reach=1"},
		{name: "a hidden sheet before", row: []any{"2010-03-11", "", "tv", "T", "TV", 1}, edit: func(f *excelize.File) {
			f.NewSheet("lists")
			f.MoveSheet("lists", "Sheet1")
			f.SetSheetVisible("lists", false)
		}, want: "2 date=2010-03-11 medium=tv title=T outlet=TV reach=1"},
		{name: "other sheets behind", row: []any{"2010-03-11", "", "tv", "T", "TV", 1}, edit: func(f *excelize.File) {
			f.NewSheet("more")
			f.SetCellValue("more", "A1", "x")
			f.SetActiveSheet(1)
		}, want: "2 date=2010-03-11 medium=tv title=T outlet=TV reach=1"},
		{name: "days counted from 1904", row: []any{40248 - 1462, "", "tv", "T", "TV", 1}, style: map[string]any{"A": 14}, edit: func(f *excelize.File) {
			yes := true
			f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes})
		}, want: "2 date=2010-03-11 medium=tv title=T outlet=TV reach=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data := workbookOf(t, func(f *excelize.File) {
				for column, format := range tt.style {
					style := &excelize.Style{}
					switch v := format.(type) {
					case int:
						style.NumFmt = v
					case string:
						style.CustomNumFmt = &v
					}
					id, err := f.NewStyle(style)
					if err == nil {
						err = f.SetCellStyle("Sheet1", column+"2", column+"4", id)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if tt.edit != nil {
					tt.edit(f)
				}
			}, [][]any{mediaHead, tt.row})
			checked, lines := read(t, data)
			got := briefs(checked.Errors)
			for _, l := range lines {
				got = append(got, values(checked.Kind, l))
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("\n got %s\nwant %s", strings.Join(got, "; "), tt.want)
			}
		})
	}
}

func TestSheetData(t *testing.T) {
	t.Parallel()
	head := inline([]string{"date", "time", "medium", "title", "outlet", "reach", "note"})
	// A row of good cells, of which some are written otherwise.
	row := func(cells map[string]string) string {
		var b strings.Builder
		b.WriteString("<row r=\"2\">")
		for i, text := range []string{"2010-03-11", "", "tv", "T", "TV", "1", ""} {
			name := string(rune('A'+i)) + "2"
			if own, ok := cells[name[:1]]; ok {
				b.WriteString(strings.Replace(own, "<c", `<c r="`+name+`"`, 1))
			} else if text != "" {
				fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, name, text)
			}
		}
		return b.String() + "</row>"
	}
	const types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	withShared := map[string]string{
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="` + types + `worksheet" Target="/xl/worksheets/Sheet1.xml"/><Relationship Id="r2" Type="` + types + `sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       `<sst><si><t>first</t></si><si/><si><r><t xml:space="preserve">Razem </t></r><r><t>łatwiej &amp; co_x000A_dalej</t></r><rPh><t>spoken</t></rPh></si></sst>`,
	}
	for _, tt := range []struct {
		name, data string
		extra      map[string]string
		want       string
	}{
		{"an error of a formula in a text", head + row(map[string]string{"D": `<c t="e"><f>NA()</f><v>#N/A</v></c>`}), nil, `2 title unreadable "#N/A" formula`},
		{"an error of a formula in a number", head + row(map[string]string{"F": `<c t="e"><v>#DIV/0!</v></c>`}), nil, `2 reach not_a_number "#DIV/0!" whole`},
		{"a formula whose result was not saved", head + row(map[string]string{"G": `<c><f>A1</f></c>`}), nil, `2 note formula ""`},
		{"a formula whose result is no text", head + row(map[string]string{"G": `<c t="str"><f>A1</f><v></v></c>`}), nil, "2 date=2010-03-11 medium=tv title=T outlet=TV reach=1"},
		{"a formula's text", head + row(map[string]string{"D": `<c t="str"><f>A1</f><v>Razem</v></c>`}), nil, "2 date=2010-03-11 medium=tv title=Razem outlet=TV reach=1"},
		{"numbers with a fraction of zero or an exponent", head + row(map[string]string{"F": `<c><v>7500.0</v></c>`}) + row(map[string]string{"F": `<c t="n"><v>7.5E3</v></c>`}), nil,
			"2 date=2010-03-11 medium=tv title=T outlet=TV reach=7500; 2 date=2010-03-11 medium=tv title=T outlet=TV reach=7500"},
		{"dates as ISO 8601", head + row(map[string]string{"A": `<c t="d"><v>2010-03-12T00:00:00</v></c>`, "B": `<c t="d"><v>2010-03-12T18:25:00</v></c>`}), nil, "2 date=2010-03-12 time=18:25 medium=tv title=T outlet=TV reach=1"},
		{"shared texts, by name and in runs, but not how they are pronounced", head + row(map[string]string{"D": `<c t="s"><v>2</v></c>`, "E": `<c t="s"><v>0</v></c>`, "G": `<c t="s"><v>1</v></c>`}), withShared,
			"2 date=2010-03-11 medium=tv title=Razem łatwiej & co\ndalej outlet=first reach=1"},
		{"a shared text that is not there", head + row(map[string]string{"D": `<c t="s"><v>3</v></c>`}), withShared, `1  unreadable "" damaged`},
		{"rows and cells without names", head + inline([]string{"2010-03-11", "", "tv", "T", "TV", "1"}), nil, "2 date=2010-03-11 medium=tv title=T outlet=TV reach=1"},
		{"rows that are left out", head + strings.Replace(row(nil), `r="2"`, `r="70"`, 1), nil, "70 date=2010-03-11 medium=tv title=T outlet=TV reach=1"},
		{"names with a prefix", strings.NewReplacer("<row", "<x:row", "</row", "</x:row", "<c ", "<x:c ", "</c>", "</x:c>").Replace(head + row(nil)), nil, "2 date=2010-03-11 medium=tv title=T outlet=TV reach=1"},
		{"a sheet that breaks off", head + row(nil), map[string]string{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + head + row(nil)}, `2  unreadable "" damaged; 2 date=2010-03-11 medium=tv title=T outlet=TV reach=1`},
		{"a sheet that is no XML", "", map[string]string{"xl/worksheets/sheet1.xml": "date,title"}, `1  unreadable "" damaged`},
		{"a workbook without sheets", "", map[string]string{"xl/workbook.xml": "<workbook/>"}, `1  unreadable "" damaged`},
		{"an archive of something else", "", map[string]string{"_rels/.rels": ""}, `1  unreadable "" damaged`},
		{"a sheet that is not there", "", map[string]string{"xl/worksheets/sheet1.xml": ""}, `1  unreadable "" damaged`},
		{"a cell in no row", `<c t="inlineStr"><is><t>date</t></is></c>`, nil, `1  unreadable "" damaged`},
		{"a cell beyond the last column", head + `<row><c r="XFE2"><v>1</v></c></row>`, nil, `1  unreadable "" damaged`},
		{"an empty sheet", "", nil, `1  unreadable "" empty`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, lines := read(t, smallest(t, tt.data, tt.extra))
			got := briefs(checked.Errors)
			for _, l := range lines {
				got = append(got, values(checked.Kind, l))
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("\n got %s\nwant %s", strings.Join(got, "; "), tt.want)
			}
		})
	}
}

func TestPeselThatLostItsZeroAsANumber(t *testing.T) {
	t.Parallel()
	head := inline([]string{"pesel", "activity", "date", "outcome"})
	row := func(pesel string) string {
		return strings.Replace(inline([]string{"", "partnerships", "2010-02-19", "completed"}), `<c t="inlineStr"><is><t></t></is></c>`, pesel, 1)
	}
	checked, lines := read(t, smallest(t, head+row(`<c><v>2270803624</v></c>`)+row(`<c t="inlineStr"><is><t>2270803624</t></is></c>`)+row(`<c><v>70803624</v></c>`), nil))
	wantErrors(t, checked, `3 pesel out_of_range "2***" pesel`, `4 pesel out_of_range "7***" pesel`)
	wantRows(t, checked, lines, "2 pesel=02270803624 activity=partnerships date=2010-02-19 outcome=completed")
}

func TestDamagedWorkbookIsNeverReadInPart(t *testing.T) {
	t.Parallel()
	damages := int64(50)
	if testing.Short() {
		damages = 10
	}
	var rows [][]any
	rows = append(rows, []any{"date", "medium", "title", "outlet", "reach"})
	for i := range 2000 {
		rows = append(rows, []any{"2010-03-11", "tv", fmt.Sprint("title ", i*i), "TV", i})
	}
	data := workbookOf(t, nil, rows)
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range archive.File {
		if part.Name != "xl/worksheets/sheet1.xml" && part.Name != "xl/sharedStrings.xml" {
			continue
		}
		start, err := part.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		size := int64(part.CompressedSize64)
		for i := range damages {
			bad := bytes.Clone(data)
			bad[start+i*size/damages] ^= 0x10
			checked, _ := read(t, bad)
			if checked.Errors.Total == 0 {
				t.Errorf("%s with a bit turned at %d is accepted, with %d rows", part.Name, i*size/damages, checked.Rows)
			}
		}
	}
	for i := range int(damages) {
		if checked, _ := read(t, data[:len(data)*i/int(damages)]); checked.Errors.Total == 0 {
			t.Errorf("cut to %d/%d, it is accepted", i, damages)
		}
	}
}

func TestWorkbookThatUnpacksToGigabytesIsRefused(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short: writes large workbooks")
	}
	head := inline([]string{"date", "medium", "title", "outlet", "reach"})
	long := strings.Repeat("x", maxElement+100_000)
	const types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	shared := map[string]string{
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="` + types + `worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="` + types + `sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
	}
	with := func(text string) map[string]string {
		parts := maps.Clone(shared)
		parts["xl/sharedStrings.xml"] = text
		return parts
	}
	lying := smallest(t, head+inline([]string{"2010-03-11", "tv", "T", "TV", "1"}), nil)
	for _, tt := range []struct {
		name string
		file []byte
	}{
		{"one text", smallest(t, head+"<row><c t=\"inlineStr\"><is><t>"+long+"</t></is></c></row>", nil)},
		{"one row", smallest(t, head+"<row>"+strings.Repeat(`<c r="A2"/>`, maxElement/10)+"</row>", nil)},
		{"empty rows", smallest(t, head+strings.Repeat("<row/>", maxSheetRows), nil)},
		{"one shared text", smallest(t, head, with("<sst><si><t>"+long+"</t></si></sst>"))},
		{"many shared texts", smallest(t, head, with("<sst>"+strings.Repeat("<si/>", maxShares+1)+"</sst>"))},
		{"long shared texts", smallest(t, head, with("<sst>"+strings.Repeat("<si><t>"+strings.Repeat("x", 1<<16)+"</t></si>", maxShared>>16)+"</sst>"))},
		{"styles", smallest(t, head, map[string]string{
			"xl/_rels/workbook.xml.rels": strings.Replace(shared["xl/_rels/workbook.xml.rels"], "sharedStrings\" Target=\"sharedStrings.xml", "styles\" Target=\"styles.xml", 1),
			"xl/styles.xml":              "<styleSheet>" + strings.Repeat(" ", maxPart) + "</styleSheet>"})},
		{"a sheet, said to be larger than any", bytes.ReplaceAll(lying, sizes(t, lying, 0), sizes(t, lying, maxSheet+1))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checked, lines := read(t, tt.file)
			if len(checked.Errors.List) == 0 || checked.Errors.List[0].Code != "unreadable" || checked.Errors.List[0].Hint != "too_large" {
				t.Errorf("%v", briefs(checked.Errors))
			}
			if len(lines) > 0 {
				t.Error("rows were passed on")
			}
		})
	}
}

// sizes are the sizes of the sheet as the archive's directory gives them, or with another unpacked size.
func sizes(t *testing.T, data []byte, unpacked uint32) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		if f.Name == "xl/worksheets/sheet1.xml" {
			if unpacked == 0 {
				unpacked = uint32(f.UncompressedSize64)
			}
			out := binary.LittleEndian.AppendUint32(nil, uint32(f.CompressedSize64))
			return binary.LittleEndian.AppendUint32(out, unpacked)
		}
	}
	t.Fatal("no sheet")
	return nil
}

func TestWhatASheetShowsOfItsRows(t *testing.T) {
	t.Parallel()
	const types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	head := `<row r="1">` + strings.TrimSuffix(strings.TrimPrefix(inline([]string{"date", "time", "medium", "title", "outlet", "reach", "note"}), "<row>"), "</row>") + "</row>"
	row := func(n int, attributes string, cells map[string]string) string {
		var b strings.Builder
		fmt.Fprintf(&b, `<row r="%d" %s>`, n, attributes)
		for i, text := range []string{fmt.Sprintf("2010-03-%02d", n), "", "tv", "T", "TV", "1", ""} {
			name := fmt.Sprintf("%c%d", 'A'+i, n)
			if own, ok := cells[name[:1]]; ok {
				b.WriteString(strings.Replace(own, "<c", `<c r="`+name+`"`, 1))
			} else if text != "" {
				fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, name, text)
			}
		}
		return b.String() + "</row>"
	}
	sheet := func(rows, behind string) map[string]string {
		return map[string]string{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + head + rows + "</sheetData>" + behind + "</worksheet>"}
	}
	calculation := func(attributes string) map[string]string {
		return map[string]string{"xl/workbook.xml": `<workbook xmlns:r="` + types + `"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets><calcPr calcId="1" ` + attributes + `/></workbook>`}
	}
	table := map[string]string{
		"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships><Relationship Id="r7" Type="` + types + `table" Target="../tables/table1.xml"/></Relationships>`,
		"xl/tables/table1.xml":                `<table ref="A1:G3" totalsRowCount="1"/>`,
	}
	with := func(all ...map[string]string) map[string]string {
		out := map[string]string{}
		for _, one := range all {
			maps.Copy(out, one)
		}
		return out
	}
	merge := func(refs ...string) string {
		return `<mergeCells><mergeCell ref="` + strings.Join(refs, `"/><mergeCell ref="`) + `"/></mergeCells>`
	}
	empty := map[string]string{"D": "", "E": ""}
	formula := map[string]string{"F": `<c><f>1+1</f><v>2</v></c>`}
	for _, tt := range []struct {
		name        string
		parts       map[string]string
		want, warns string
	}{
		{"a merged range", sheet(row(2, "", nil)+row(3, "", empty)+row(4, "", empty), merge("D2:D4", "E2:E4")), "2 T; 3 T; 4 T", "merged_cells [2 3 4] 3 T"},
		{"a range merged across columns", sheet(row(2, "", map[string]string{"G": ""}), merge("F2:G2")), "2 T", "merged_cells [2] 1 1"},
		{"a value below a merged range is not seen", sheet(row(2, "", nil)+row(3, "", map[string]string{"D": `<c t="inlineStr"><is><t>old</t></is></c>`}), merge("D2:D3")), "2 T; 3 T", "merged_cells [2 3] 2 T"},
		{"a merged range that goes on below the rows", sheet(row(2, "", nil)+`<row r="3"/>`, merge("C2:C9")), "2 T", "merged_cells [2] 1 tv"},
		{"a merged title", sheet(row(2, "", nil), merge("A1:B1")), "2 T", ""},
		{"a hidden row", sheet(row(2, "", nil)+row(3, `hidden="1"`, nil)+row(4, `ht="0.0" customHeight="1"`, nil), ""), "2 T; 3 T; 4 T", "hidden_rows [3 4] 2"},
		{"a hidden row without values", sheet(row(2, "", nil)+`<row r="3" hidden="1"/>`, ""), "2 T", ""},
		{"a total that a table says it has", with(sheet(row(2, "", nil)+row(3, "", nil), `<tableParts><tablePart xmlns:r="x" r:id="r7"/></tableParts>`), table), "2 T", "total_row [3] 1"},
		{"a formula with its result", sheet(row(2, "", formula), ""), "2 T", ""},
		{"a formula that a program did not calculate", with(sheet(row(2, "", formula), ""), calculation(`fullCalcOnLoad="1"`)), "2 reach formula", ""},
		{"a formula that was not calculated to its end", with(sheet(row(2, "", formula), ""), calculation(`calcCompleted="0"`)), "2 reach formula", ""},
		{"a workbook calculated by hand", with(sheet(row(2, "", formula), ""), calculation(`calcMode="manual" calcCompleted="1" fullCalcOnLoad="0"`)), "2 T", ""},
		{"a formula to be calculated", sheet(row(2, "", map[string]string{"F": `<c><f ca="1">A1</f><v>2</v></c>`}), ""), "2 reach formula", ""},
		{"a formula with an empty result", sheet(row(2, "", map[string]string{"F": `<c><f>A1</f><v></v></c>`}), ""), "2 reach formula", ""},
		{"a formula of text without a result", sheet(row(2, "", map[string]string{"G": `<c t="str"><f>A1</f></c>`}), ""), "2 note formula", ""},
		{"a formula of text with an empty result", sheet(row(2, "", map[string]string{"G": `<c t="str"><f>A1</f><v></v></c>`}), ""), "2 T", ""},
		{"a formula in the header", map[string]string{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + strings.Replace(head, `<is><t>note</t></is>`, `<f>A9</f>`, 1) + row(2, "", nil) + "</sheetData></worksheet>"}, "1 formula; 2 T", ""},
		{"a text with a value", sheet(row(2, "", map[string]string{"F": `<c t="inlineStr"><v>12</v><is><t>12</t></is></c>`}), ""), "2 T", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, lines := read(t, smallest(t, "", tt.parts))
			if got := strings.Join(placed(checked, lines), "; "); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
			if got := strings.Join(told(checked.Warnings), "; "); got != tt.warns {
				t.Errorf("\n warns %s\nwant %s", got, tt.warns)
			}
		})
	}
}

func TestPointsAndHoursOfAWorkbook(t *testing.T) {
	t.Parallel()
	tests := [][]any{{"email", "activity", "date", "pre_score", "post_score", "max_score"}, {"a@example.org", "incubator", "2010-02-19", 0.4, 0.85, 100}}
	attendance := [][]any{{"email", "activity", "date", "hours", "outcome"}, {"a@example.org", "incubator", "2010-02-19", 0.0625, "completed"}, {"b@example.org", "incubator", "2010-02-19", 1.25, "completed"}}
	styled := func(rows [][]any, format string, cells ...string) []byte {
		return workbookOf(t, func(f *excelize.File) {
			id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
			for _, c := range cells {
				if err == nil {
					err = f.SetCellStyle("Sheet1", c, c, id)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}, rows)
	}
	for _, tt := range []struct {
		name, want, hours string
		file              []byte
	}{
		{"points in per cent", "2 pre_score percent; 2 post_score percent", "", styled(tests, "0%", "D2", "E2")},
		{"points beside a text with a per cent sign", "2 pre_score percent; 2 post_score percent", "", styled(tests, `0.00" %"`, "D2", "E2")},
		{"hours as a duration", "2; 3", "1.5 30", styled(attendance, "[h]:mm", "D2", "D3")},
		{"hours as a time", "2; 3", "1.5 30", styled(attendance, "h:mm", "D2", "D3")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, lines := read(t, tt.file)
			var hours []string
			for _, l := range lines {
				hours = append(hours, checked.Kind.Get(l.Entry.Row, "hours"))
			}
			if got := strings.Join(placed(checked, lines), "; "); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
			if got := strings.TrimSpace(strings.Join(hours, " ")); got != tt.hours {
				t.Errorf("hours %s, want %s", got, tt.hours)
			}
		})
	}
}

// A workbook does not say how a date is shown in the reader's country, so a date among words is taken as it is stored,
// with a warning. An ODS says how it is shown.
func TestDateAmongWordsIsTakenAsItIsShownOrNamed(t *testing.T) {
	t.Parallel()
	data := workbookOf(t, nil, [][]any{
		{"date", "medium", "kind", "title", "outlet", "reach", "source"},
		{"2010-05-02", "tv", "spot", time.Date(2010, 5, 1, 0, 0, 0, 0, time.UTC), "TV", 5, "own"},
	})
	checked, lines := read(t, data)
	wantErrors(t, checked)
	if got := briefs(checked.Warnings); !slices.Equal(got, []string{`2 title unlikely "2010-05-01" moment`}) || len(lines) != 1 {
		t.Errorf("an XLSX: %v, %d lines", got, len(lines))
	}
	if testing.Short() {
		t.Skip("with -short: starts LibreOffice")
	}
	checked, lines = read(t, byLibreOffice(t, data, "ods")["ods"])
	if title := checked.Kind.Get(lines[0].Entry.Row, "title"); title == "2010-05-01" || !strings.Contains(title, "10") || checked.Warnings.Total > 0 {
		t.Errorf("an ODS: %q, %v", title, briefs(checked.Warnings))
	}
}
