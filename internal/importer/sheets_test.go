package importer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// told returns the warnings of a file as "code sheet [rows] count value".
func told(f Findings) (out []string) {
	for _, w := range f.List {
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %s %v %d %s", w.Code, w.Sheet, w.Rows, w.Count, w.Value)), " "))
	}
	slices.Sort(out)
	return out
}

// placed returns errors as "sheet row column code", and lines as "sheet row title".
func placed(checked Checked, lines []Line) (out []string) {
	for _, e := range checked.Errors.List {
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %d %s %s", e.Sheet, e.Row, e.Column, e.Code)), " "))
	}
	for _, l := range lines {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %d %s", checked.Sheet(l), l.Row, checked.Kind.Get(l.Entry.Row, "title"))))
	}
	return out
}

// tab is a sheet to write.
type tab struct {
	name, state string
	rows        [][]any
}

func airingOf(title string) []any {
	return []any{"2010-03-11", "", "tv", title, "TV", 1, ""}
}

func TestEverySheetIsReadOrNamed(t *testing.T) {
	t.Parallel()
	cover := [][]any{{"Raport medialny"}, {"Okres: marzec 2010"}}
	month := func(titles ...string) [][]any {
		rows := [][]any{mediaHead}
		for _, title := range titles {
			rows = append(rows, airingOf(title))
		}
		return rows
	}
	swapped := [][]any{{"tytuł", "data", "medium", "redakcja", "zasięg"}, {"C", "2010-03-12", "radio", "R", 5}}
	outputs := [][]any{{"data", "rodzaj", "liczba", "tytuł"}, {"2010-03-12", "tv-spot", 1, "O"}}
	bad := month("A")
	bad = append(bad, []any{"2010-03-11", "", "tv", "B", "TV", "many", ""})
	for _, tt := range []struct {
		name        string
		tabs        []tab
		want, warns string
	}{
		{"one sheet has no name", []tab{{"Dane", "", month("A")}}, "2 A", ""},
		{"an empty sheet beside it", []tab{{"Dane", "", month("A")}, {"Arkusz2", "", nil}}, "2 A", ""},
		{"tabs of the same kind", []tab{{"Lipiec", "", month("A", "B")}, {"Sierpień", "", month("C")}}, "Lipiec 2 A; Lipiec 3 B; Sierpień 2 C", ""},
		{"columns in another order", []tab{{"Lipiec", "", month("A")}, {"Sierpień", "", swapped}}, "Lipiec 2 A; Sierpień 2 C", ""},
		{"an error names its sheet", []tab{{"Lipiec", "", month("A")}, {"Sierpień", "", bad}}, "Sierpień 3 reach not_a_number; Lipiec 2 A; Sierpień 2 A", ""},
		{"a cover in front", []tab{{"Okładka", "", cover}, {"Dane", "", month("A")}}, "2 A", "other_sheet [1] 1 Okładka"},
		{"another kind", []tab{{"Dane", "", month("A")}, {"Produkty", "", outputs}}, "2 A", "other_sheet [1] 1 Produkty"},
		{"a summary that shares two columns", []tab{{"Suma", "", [][]any{{"medium", "zasięg"}, {"tv", 1}}}, {"Dane", "", month("A")}}, "2 A", "other_sheet [1] 1 Suma"},
		{"two covers are one warning", []tab{{"Okładka", "", cover}, {"Dane", "", month("A")}, {"Uwagi", "", cover}}, "2 A", "other_sheet [1 1] 2 Okładka, Uwagi"},
		{"a month that lacks a column", []tab{{"Lipiec", "", month("A")}, {"Sierpień", "", [][]any{{"data", "medium", "tytuł", "redakcja"}, {"2010-03-12", "tv", "C", "TV"}}}}, "Sierpień 1 reach missing_column; Lipiec 2 A", ""},
		{"a hidden sheet", []tab{{"Dane", "", month("A")}, {"Stare", "hidden", month("B")}}, "2 A", "hidden_sheet [1] 1 Stare"},
		{"a very hidden sheet", []tab{{"Stare", "veryHidden", month("B")}, {"Dane", "", month("A")}}, "2 A", "hidden_sheet [1] 1 Stare"},
		{"a hidden sheet without data", []tab{{"Dane", "", month("A")}, {"Stare", "hidden", nil}}, "2 A", ""},
		{"no sheet with a header", []tab{{"Okładka", "", cover}, {"Uwagi", "", cover}}, "1 unreadable", ""},
		{"titles in each sheet", []tab{{"Lipiec", "", append([][]any{{"Lipiec"}}, month("A")...)}, {"Sierpień", "", append([][]any{{"Sierpień"}}, month("C")...)}}, "Lipiec 3 A; Sierpień 3 C", "skipped_rows Lipiec, Sierpień [1 1] 2"},
		{"only a header in each", []tab{{"Lipiec", "", month()}, {"Sierpień", "", month()}}, "1 no_rows", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for format, data := range map[string][]byte{"XLSX": workbookOfTabs(t, tt.tabs), "ODS": documentOfTabs(t, tt.tabs)} {
				checked, lines := read(t, data)
				if got := strings.Join(placed(checked, lines), "; "); got != tt.want {
					t.Errorf("%s:\n got %s\nwant %s", format, got, tt.want)
				}
				if got := strings.Join(told(checked.Warnings), "; "); got != tt.warns {
					t.Errorf("%s:\n warns %s\nwant %s", format, got, tt.warns)
				}
			}
		})
	}
}

func workbookOfTabs(t testing.TB, tabs []tab) []byte {
	t.Helper()
	return workbookOf(t, func(f *excelize.File) {
		for i, tab := range tabs {
			if _, err := f.NewSheet(tab.name); err != nil {
				t.Fatal(err)
			}
			for n, row := range tab.rows {
				if err := f.SetSheetRow(tab.name, fmt.Sprintf("A%d", n+1), &row); err != nil {
					t.Fatal(err)
				}
			}
			if tab.state == "" {
				f.SetActiveSheet(i + 1)
			}
		}
		if err := f.DeleteSheet("Sheet1"); err != nil {
			t.Fatal(err)
		}
		for _, tab := range tabs {
			if tab.state != "" {
				if err := f.SetSheetVisible(tab.name, false, tab.state == "veryHidden"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}, nil)
}

func documentOfTabs(t testing.TB, tabs []tab) []byte {
	t.Helper()
	var b strings.Builder
	for _, tab := range tabs {
		style := "shown"
		if tab.state != "" {
			style = "hidden"
		}
		fmt.Fprintf(&b, `<table:table table:name="%s" table:style-name="%s"><table:table-column table:number-columns-repeated="16384"/>`, tab.name, style)
		for _, row := range tab.rows {
			b.WriteString("<table:table-row>")
			for _, value := range row {
				if n, is := value.(int); is {
					fmt.Fprintf(&b, `<table:table-cell office:value-type="float" office:value="%d"><text:p>%d</text:p></table:table-cell>`, n, n)
				} else if value == "" {
					b.WriteString("<table:table-cell/>")
				} else {
					fmt.Fprintf(&b, `<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>`, value)
				}
			}
			b.WriteString("</table:table-row>")
		}
		b.WriteString("</table:table>")
	}
	return documentOf(t, b.String())
}

// documentOf is an OpenDocument spreadsheet of some tables.
func documentOf(t testing.TB, tables string) []byte {
	t.Helper()
	return packed(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": contentOf(tables)})
}

const documentNames = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"`

func contentOf(tables string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><office:document-content ` + documentNames + `><office:automatic-styles>` +
		`<number:date-style style:name="N1"><number:year/><number:text>-</number:text><number:month/><number:day/></number:date-style>` +
		`<number:date-style style:name="N2"><number:month number:textual="true"/><number:year/></number:date-style>` +
		`<number:date-style style:name="N3"><number:year/><number:month/><number:day/><number:hours/><number:minutes/></number:date-style>` +
		`<number:time-style style:name="N4"><number:hours/><number:minutes/></number:time-style>` +
		`<number:time-style style:name="N5" number:truncate-on-overflow="false"><number:hours/><number:minutes/></number:time-style>` +
		`<style:style style:name="day" style:family="table-cell" style:data-style-name="N1"/><style:style style:name="month" style:family="table-cell" style:data-style-name="N2"/>` +
		`<style:style style:name="both" style:family="table-cell" style:data-style-name="N3"/><style:style style:name="clock" style:family="table-cell" style:data-style-name="N4"/>` +
		`<style:style style:name="hours" style:family="table-cell" style:data-style-name="N5"/>` +
		`<style:style style:name="shown" style:family="table"><style:table-properties table:display="true"/></style:style>` +
		`<style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/></style:style>` +
		`</office:automatic-styles><office:body><office:spreadsheet>` + tables + `</office:spreadsheet></office:body></office:document-content>`
}

func TestFormatsOfADocumentMayStandInAPartOfTheirOwn(t *testing.T) {
	t.Parallel()
	const month = `<number:date-style style:name="N9"><number:month/><number:year/></number:date-style>`
	content := contentOf(`<table:table table:name="A" table:style-name="shown"><table:table-row>` + strings.Repeat(`<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>`, 5) + `</table:table-row>` +
		`<table:table-row><table:table-cell table:style-name="vague" office:value-type="date" office:date-value="2010-03-01"><text:p>marzec 2010</text:p></table:table-cell>` +
		strings.Repeat(`<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>`, 4) + `</table:table-row></table:table>`)
	content = fmt.Sprintf(content, "date", "medium", "title", "outlet", "reach", "tv", "T", "TV", "1")
	content = strings.Replace(content, "</office:automatic-styles>", `<style:style style:name="vague" style:family="table-cell" style:data-style-name="N9"/></office:automatic-styles>`, 1)
	checked, lines := read(t, packed(t, map[string]string{
		"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content,
		"styles.xml": `<office:document-styles ` + documentNames + `><office:styles>` + month + `</office:styles></office:document-styles>`,
	}))
	if got := placed(checked, lines); len(got) != 1 || len(checked.Warnings.List) != 1 || checked.Warnings.List[0].Code != "unlikely" {
		t.Errorf("%v %v", got, told(checked.Warnings))
	}
}

func TestDocumentCells(t *testing.T) {
	t.Parallel()
	text := func(s string) string {
		if s == "" {
			return "<table:table-cell/>"
		}
		return `<table:table-cell office:value-type="string"><text:p>` + s + `</text:p></table:table-cell>`
	}
	row := func(cells map[int]string) string {
		out := ""
		for i, s := range []string{"2010-03-11", "", "tv", "T", "TV", "1", ""} {
			if own, ok := cells[i]; ok {
				out += own
			} else {
				out += text(s)
			}
		}
		return "<table:table-row>" + out + "</table:table-row>"
	}
	typed := func(kind, attributes, shown string) string {
		return fmt.Sprintf(`<table:table-cell office:value-type="%s" %s><text:p>%s</text:p></table:table-cell>`, kind, attributes, shown)
	}
	head := "<table:table-row>"
	for _, s := range []string{"data", "godzina", "medium", "tytuł", "redakcja", "zasięg", "uwagi"} {
		head += text(s)
	}
	head += "</table:table-row>"
	const good = "2010-03-11||T|1|"
	for _, tt := range []struct{ name, rows, want, warns string }{
		{"texts", row(nil), good, ""},
		{"a date", row(map[int]string{0: typed("date", `table:style-name="day" office:date-value="2010-03-12"`, "12.3.2010")}), "2010-03-12||T|1|", ""},
		{"a date and time", row(map[int]string{0: typed("date", `table:style-name="both" office:date-value="2010-03-12T18:25:00"`, "x")}), "2010-03-12|18:25|T|1|", ""},
		{"a date whose time is not shown", row(map[int]string{0: typed("date", `table:style-name="day" office:date-value="2010-03-12T18:25:00"`, "x")}), "2010-03-12||T|1|", ""},
		{"a month", row(map[int]string{0: typed("date", `table:style-name="month" office:date-value="2010-03-01"`, "marzec 2010")}), "2010-03-01||T|1|", "unlikely 0 2010-03-01"},
		{"a time", row(map[int]string{1: typed("time", `table:style-name="clock" office:time-value="PT18H25M00S"`, "18:25")}), "2010-03-11|18:25|T|1|", ""},
		{"the time of a day", row(map[int]string{1: typed("time", `table:style-name="clock" office:time-value="PT965970H25M00S"`, "18:25")}), "2010-03-11|18:25|T|1|", ""},
		{"a broadcaster's time", row(map[int]string{1: typed("time", `table:style-name="hours" office:time-value="PT25H30M00S"`, "25:30")}), "2 time out_of_range", ""},
		{"a number with groups", row(map[int]string{5: typed("float", `office:value="12500"`, "12 500")}), "2010-03-11||T|12500|", ""},
		{"a number with a unit", row(map[int]string{5: typed("float", `office:value="12500"`, "12.500 osób")}), "2010-03-11||T|12500|", ""},
		{"a rounded number", row(map[int]string{5: typed("float", `office:value="12499.6"`, "12500")}), "2010-03-11||T|12500|", ""},
		{"a number in thousands", row(map[int]string{5: typed("float", `office:value="12500"`, "12,5K")}), "2 reach not_a_number", ""},
		{"a number with decimals", row(map[int]string{5: typed("float", `office:value="12500"`, "12.500,00")}), "2010-03-11||T|12500|", ""},
		{"a hidden number", row(map[int]string{5: `<table:table-cell office:value-type="float" office:value="7"/>`}), "2 reach missing", ""},
		{"a number with leading zeros in a text", row(map[int]string{6: typed("float", `office:value="7"`, "007")}), good + "007", ""},
		{"per cent", row(map[int]string{5: typed("percentage", `office:value="0.85"`, "85%")}), "2 reach percent", ""},
		{"a number that is shown as per cent", row(map[int]string{5: typed("float", `office:value="85"`, "85 %")}), "2 reach percent", ""},
		{"a text of per cent", row(map[int]string{5: typed("string", ``, "85,5%")}), "2 reach percent", ""},
		{"a formula with its result", row(map[int]string{5: typed("float", `table:formula="of:=7000+500" office:value="7500"`, "7500")}), "2010-03-11||T|7500|", ""},
		{"a formula without", row(map[int]string{5: `<table:table-cell table:formula="of:=7000+500"/>`}), "2 reach formula", ""},
		{"a formula's error", row(map[int]string{3: typed("string", `table:formula="of:=1/0" calcext:value-type="error" office:string-value=""`, "#DIV/0!")}), "2 title unreadable", ""},
		{"a note in a cell", row(map[int]string{3: `<table:table-cell office:value-type="string"><office:annotation><text:p>uwaga</text:p></office:annotation><text:p>Razem<text:s text:c="2"/><text:span>ł</text:span>atwiej</text:p></table:table-cell>`}), "2010-03-11||Razem łatwiej|1|", "cleaned [2] 1 Razem łatwiej"},
		{"two paragraphs", row(map[int]string{6: `<table:table-cell office:value-type="string"><text:p>a</text:p><text:p>b</text:p></table:table-cell>`}), good + "a\nb", ""},
		{"a row repeated", strings.Replace(row(nil), "<table:table-row", `<table:table-row table:number-rows-repeated="3"`, 1), good + "; " + good + "; " + good, ""},
		{"a million blank rows", `<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>` + row(nil), good, ""},
		{"a cell repeated", "<table:table-row>" + text("2010-03-11") + "<table:table-cell/>" + strings.Replace(text("tv"), "<table:table-cell", `<table:table-cell table:number-columns-repeated="3"`, 1) + text("1") + "</table:table-row>", "2010-03-11||tv|1|", ""},
		{"a hidden row", strings.Replace(row(nil), "<table:table-row", `<table:table-row table:visibility="filter"`, 1), good, "hidden_rows [2] 1"},
		{"a merged cell", row(map[int]string{3: strings.Replace(text("Wspólny"), "<table:table-cell", `<table:table-cell table:number-rows-spanned="2"`, 1)}) + row(map[int]string{0: text("2010-03-12"), 3: "<table:covered-table-cell/>"}), "2010-03-11||Wspólny|1|; 2010-03-12||Wspólny|1|", "merged_cells [2 3] 2 Wspólny"},
		{"rows in a group", "<table:table-row-group>" + row(nil) + "</table:table-row-group>", good, ""},
		{"a table in a cell", row(map[int]string{6: `<table:table-cell><table:table><table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table></table:table-cell>`}), good, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tables := `<table:tracked-changes><table:previous><table:table-cell><text:p>old</text:p></table:table-cell></table:previous></table:tracked-changes><table:table table:name="A" table:style-name="shown"><table:shapes><draw:frame><text:p>x</text:p></draw:frame></table:shapes>` + head + tt.rows + "</table:table>"
			flat := strings.Replace(strings.Replace(contentOf(tables), "office:document-content", `office:document office:mimetype="application/vnd.oasis.opendocument.spreadsheet"`, 1), "office:document-content", "office:document", 1)
			for format, data := range map[string][]byte{"ODS": documentOf(t, tables), "FODS": []byte(flat)} {
				checked, lines := read(t, data)
				got := placed(checked, nil)
				for _, l := range lines {
					var cells []string
					for _, name := range []string{"date", "time", "title", "reach", "note"} {
						cells = append(cells, checked.Kind.Get(l.Entry.Row, name))
					}
					got = append(got, strings.Join(cells, "|"))
				}
				if got := strings.Join(got, "; "); got != tt.want {
					t.Errorf("%s:\n got %s\nwant %s", format, got, tt.want)
				}
				if got := strings.ReplaceAll(strings.Join(told(checked.Warnings), "; "), "unlikely [] ", "unlikely "); got != tt.warns {
					t.Errorf("%s:\n warns %s\nwant %s", format, got, tt.warns)
				}
			}
		})
	}
}
