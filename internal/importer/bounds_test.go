package importer

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"testing"
)

// TestBombsEndEarlyAndInLittleMemory reads small files that unpack to much. What is counted is what the reader unpacks
// and allocates, not the time.
func TestBombsEndEarlyAndInLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short: writes large workbooks")
	}
	head := inline([]string{"date", "medium", "title", "outlet", "reach"})
	const types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	related := func(kind, part string) map[string]string {
		return map[string]string{"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="` + types + `worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="` + types + kind + `" Target="` + part + `"/></Relationships>`}
	}
	with := func(parts map[string]string, name, content string) map[string]string {
		parts = maps.Clone(parts)
		parts["xl/"+name] = content
		return parts
	}
	shared, styles := related("sharedStrings", "sharedStrings.xml"), related("styles", "styles.xml")
	many := strings.Repeat
	tabs := `<workbook xmlns:r="` + types + `"><sheets>` + many(`<sheet name="A" sheetId="1" r:id="r1"/>`, 5000) + `</sheets></workbook>`
	document := func(rows string) []byte {
		return documentOf(t, `<table:table table:name="A" table:style-name="shown">`+rows+"</table:table>")
	}
	for _, tt := range []struct {
		name     string
		file     []byte
		unpacked int64  // at most, in megabytes
		want     string // "": it is too large; else what is found within the bounds
	}{
		{"empty rows", smallest(t, head+many("<row/>", 50<<20/6), nil), 20, ""},
		{"empty rows of one number", smallest(t, head+many(`<row r="2"/>`, 50<<20/12), nil), 20, ""},
		{"empty cells", smallest(t, head+many("<row>"+many("<c/>", 16_000)+"</row>", 2200), nil), 400, ""},
		{"merged ranges over all rows", smallest(t, head+many("<row/>", 100_000)+`</sheetData><mergeCells>`+many(`<mergeCell ref="A2:XFD1048576"/>`, 100_000)+`</mergeCells><sheetData>`, nil), 20, ""},
		{"nested elements", smallest(t, head+"<row>"+many("<a>", 1<<20), nil), 10, ""},
		{"white space", smallest(t, head+many(" ", 300<<20), nil), 320, ""},
		{"empty shared texts", smallest(t, head, with(shared, "sharedStrings.xml", "<sst>"+many("<si/>", 18<<20/5)+"</sst>")), 20, ""},
		{"long shared texts", smallest(t, head, with(shared, "sharedStrings.xml", "<sst>"+many("<si><t>"+many("x", 1<<16)+"</t></si>", 1000)+"</sst>")), 20, ""},
		{"styles", smallest(t, head, with(styles, "styles.xml", "<styleSheet><cellXfs>"+many("<xf/>", 15<<20/5)+"</cellXfs></styleSheet>")), 20, ""},
		{"number formats", smallest(t, head, with(styles, "styles.xml", "<styleSheet><numFmts>"+many(`<numFmt numFmtId="164" formatCode="`+many("0;", 4000)+`"/>`, 1800)+"</numFmts></styleSheet>")), 20, "no_rows"},
		{"relations", smallest(t, head, map[string]string{"xl/_rels/workbook.xml.rels": "<Relationships>" + many("<Relationship/>", 15<<20/15) + "</Relationships>"}), 20, ""},
		{"tabs of the same part", smallest(t, head, map[string]string{"xl/workbook.xml": tabs}), 20, ""},
		{"an archive of many parts", archiveOfMany(t, 100_000), 1, ""},
		{"rows of a document", document(many("<table:table-row/>", 40<<20/18)), 100, ""},
		{"a repeated row of repeated cells", document(`<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16000" office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>`), 1, "unreadable header"},
		{"nested elements of a document", document("<table:table-row>" + many("<a>", 1<<20)), 20, ""},
		{"columns of a document", document(many("<table:table-column/>", 40<<20/21) + "<table:table-row/>"), 100, "unreadable empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			body := &source{ctx: t.Context(), from: bytes.NewReader(tt.file), size: int64(len(tt.file))}
			checked, err := Check(context.WithoutCancel(t.Context()), File{Body: body, Size: body.size}, scope, anyKind, func(Line) error { return nil })
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			if checked.Errors.Total == 0 {
				t.Error("it is accepted")
			}
			want := tt.want
			if want == "" {
				want = "unreadable too_large"
			}
			if first := checked.Errors.List[0]; strings.TrimSpace(first.Code+" "+first.Hint) != want {
				t.Errorf("%s %s, want %s", first.Code, first.Hint, want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
				t.Errorf("%d KB take %d MB of memory", len(tt.file)>>10, used>>20)
			}
			// Opened again, to see how much is unpacked.
			if unpacked := unpackedOf(t, body); unpacked > tt.unpacked<<20 {
				t.Errorf("%d KB are unpacked to %d MB", len(tt.file)>>10, unpacked>>20)
			}
		})
	}
}

// unpackedOf returns how many bytes are unpacked to plan how a workbook is read, and to read its first sheet.
func unpackedOf(t *testing.T, body *source) int64 {
	t.Helper()
	archive, err := zip.NewReader(body, body.size)
	if err != nil {
		t.Fatal(err)
	}
	left := int64(maxUnpacked)
	p := parts{files: map[string]*zip.File{}, left: &left}
	for _, f := range archive.File {
		p.files[partName(f.Name)] = f
	}
	var b book
	if p.isDocument() {
		b, err = openDocument(p)
	} else {
		w := &workbook{parts: p}
		if err = w.load(); err == nil {
			b = w
		}
	}
	if err == nil && len(b.sheets()) <= mostSheets {
		var table rows
		if table, err = b.open(0); err == nil {
			for n := 0; err == nil && n < MaxRows; n++ {
				_, err = nextFilled(table)
			}
		}
	}
	return maxUnpacked - left
}

func archiveOfMany(t *testing.T, parts int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for n := range parts {
		if _, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
