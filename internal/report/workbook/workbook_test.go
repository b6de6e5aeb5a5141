package workbook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"outreach/internal/project"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

var definition = &project.Definition{
	Title: project.Text{"pl": "Centrum Ekonomii Społecznej", "en": "Social Economy Centre"}, Programme: project.Text{"pl": "=Program", "en": "@Programme"},
	Period: project.Period{From: "2010-01-01", To: "2011-02-28"}, TimeZone: "Europe/Warsaw",
	Groups: []project.Labelled{{ID: "individual", Label: project.Text{"pl": "osoba zainteresowana", "en": "interested person"}}},
}

func example() snapshot.Snapshot {
	superseded := "01JD0000000000000000000000"
	months := func(totals ...json.Number) []snapshot.Month {
		var out []snapshot.Month
		for i, total := range totals {
			out = append(out, snapshot.Month{Month: fmt.Sprintf("2010-%02d", i+1), Added: json.Number(strconv.Itoa(i)), Total: total})
		}
		return out
	}
	return snapshot.Snapshot{
		Project: "ces", ID: "01JD0000000000000000000001", AsOf: "2010-03-31", KnownAt: "2026-11-23T02:00:00Z", State: snapshot.Approved, Supersedes: &superseded,
		Definition: snapshot.Definition{Version: 3, SHA256: strings.Repeat("ab", 32)}, Hash: "sha256:" + strings.Repeat("0f", 32),
		Participants: snapshot.Participants{Total: 252, Target: 210, By: snapshot.Breakdowns{
			"sex":   {{Code: "female", People: 159}, {Code: "male", People: 93}, {Code: "unknown"}},
			"group": {{Code: "individual", People: 250}, {Code: "unknown", People: 2, Shown: snapshot.Few}},
		}},
		Indicators: []snapshot.Indicator{
			{Code: "1", Label: project.Text{"pl": "Osoby przeszkolone: źdźbło, łąka", "en": "People trained"}, Unit: "person", Target: "45", Achieved: "46", Percent: "102.2", Status: "achieved", Records: 51,
				By: snapshot.Breakdowns{"sex": {{Code: "female", People: 46}, {Code: "male"}, {Code: "unknown"}}}, ByMonth: months("0", "15", "46")},
			{Code: "=2", Label: project.Text{"pl": "=1+1", "en": `=HYPERLINK("x")`}, Unit: "hour", Target: "10.5", Achieved: "7.25", Percent: "69", Status: "behind", Records: 3, ByMonth: months("0", "0.1", "7.25")},
			{Code: "5", Label: project.Text{"pl": "Mieszkańcy", "en": "Inhabitants"}, Unit: "@unit", Target: "200000", Achieved: "898860", Percent: "449.4", Status: "on-track", Records: 113, ByMonth: months("1", "2", "898860")},
		},
		Reach:   snapshot.Reach{Sum: 898860, Low: 23400, Estimate: 727311, High: 898859, Population: 2070000, Airings: 113},
		Quality: snapshot.Quality{PeopleWithoutAttributes: 7, RecordsOutsidePeriod: 11},
	}
}

// tester is a test or a property.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// A sheet as its reader found it, or should find it: cells as "s:text", "n:number", "d:instant", or "" where there is
// none.
type found struct {
	Name, Dimension, Frozen string
	Formulas                int
	Rows                    [][]string
}

func wanted(t testing.TB, sheets []Sheet) []found {
	t.Helper()
	var out []found
	for _, s := range sheets {
		last, err := excelize.CoordinatesToCellName(len(s.Columns), len(s.Rows)+1)
		if err != nil {
			t.Fatal(err)
		}
		f := found{Name: s.Name, Dimension: "A1:" + last, Frozen: "A2", Rows: make([][]string, 1)}
		for _, c := range s.Columns {
			f.Rows[0] = append(f.Rows[0], seen(t, c.Name))
		}
		for _, row := range s.Rows {
			var cells []string
			for i := range s.Columns {
				var value any
				if i < len(row) {
					value = row[i]
				}
				cells = append(cells, seen(t, value))
			}
			f.Rows = append(f.Rows, cells)
		}
		out = append(out, f)
	}
	return out
}

// seen is how a reader should see a value.
func seen(t tester, value any) string {
	t.Helper()
	instant := func(layout, value string) string {
		at, err := time.Parse(layout, value)
		if err != nil {
			t.Fatal(err)
		}
		return "d:" + at.Format("2006-01-02T15:04:05")
	}
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		if v == "" {
			return ""
		}
		if strings.ContainsRune("=+-@\t\r\n", rune(v[0])) {
			v = "'" + v
		}
		return "s:" + v
	case Day:
		return instant("2006-01-02", string(v))
	case Month:
		return instant("2006-01", string(v))
	case time.Time:
		return "d:" + v.Format("2006-01-02T15:04:05")
	}
	number, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	if err != nil {
		t.Fatal(err)
	}
	return "n:" + strconv.FormatFloat(number, 'g', 15, 64)
}

// byExcelize reads a workbook with the library that wrote it.
func byExcelize(t tester, data []byte) []found {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []found
	for _, name := range f.GetSheetList() {
		dimension, err := f.GetSheetDimension(name)
		if err != nil {
			t.Fatal(err)
		}
		panes, err := f.GetPanes(name)
		if err != nil {
			t.Fatal(err)
		}
		s := found{Name: name, Dimension: dimension}
		if panes.Freeze && panes.XSplit == 0 {
			s.Frozen = fmt.Sprint("A", panes.YSplit+1)
		}
		_, corner, _ := strings.Cut(dimension, ":")
		columns, rows, err := excelize.CellNameToCoordinates(corner)
		if err != nil {
			t.Fatal(err)
		}
		for y := 1; y <= rows; y++ {
			var row []string
			for x := 1; x <= columns; x++ {
				at, _ := excelize.CoordinatesToCellName(x, y)
				formula, err := f.GetCellFormula(name, at)
				if err != nil {
					t.Fatal(err)
				}
				if formula != "" {
					s.Formulas++
				}
				row = append(row, cellOf(t, f, name, at))
			}
			s.Rows = append(s.Rows, row)
		}
		out = append(out, s)
	}
	return out
}

func cellOf(t tester, f *excelize.File, sheet, at string) string {
	t.Helper()
	raw, err := f.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	kind, err := f.GetCellType(sheet, at)
	if err != nil {
		t.Fatal(err)
	}
	if kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString {
		return "s:" + raw
	}
	if raw == "" {
		return ""
	}
	number, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		t.Fatalf("%s!%s is no number: %q", sheet, at, raw)
	}
	id, err := f.GetCellStyle(sheet, at)
	if err != nil {
		t.Fatal(err)
	}
	if style, err := f.GetStyle(id); err == nil && style.CustomNumFmt != nil && strings.HasPrefix(*style.CustomNumFmt, "yyyy") {
		day, err := excelize.ExcelDateToTime(number, false)
		if err != nil {
			t.Fatal(err)
		}
		return "d:" + day.Round(time.Second).Format("2006-01-02T15:04:05")
	}
	return "n:" + strconv.FormatFloat(number, 'g', 15, 64)
}

// byOpenpyxl reads a workbook with another library, in another language.
func byOpenpyxl(t *testing.T, data []byte) []found {
	t.Helper()
	python := os.Getenv("TRACKER_TEST_OPENPYXL")
	if python == "" {
		const howTo = "TRACKER_TEST_OPENPYXL has to name a Python that has openpyxl; .ci/run installs one"
		if os.Getenv("REQUIRE_ALL") != "" {
			t.Fatal(howTo)
		}
		t.Skip(howTo)
	}
	c := exec.Command(python, "-W", "error", "testdata/read.py", file(t, data))
	var said strings.Builder
	c.Stderr = &said
	printed, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	var out []found
	if err := json.Unmarshal(printed, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// byLibreOffice has LibreOffice open a workbook and save it again.
func byLibreOffice(t *testing.T, data []byte) []found {
	t.Helper()
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("no LibreOffice to open workbooks with: apt-get install -y libreoffice-calc")
	}
	in, out := file(t, data), t.TempDir()
	if said, err := exec.Command(office, "-env:UserInstallation=file://"+t.TempDir(), "--headless", "--convert-to", "xlsx", "--outdir", out, in).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	again, err := os.ReadFile(filepath.Join(out, filepath.Base(in)))
	if err != nil {
		t.Fatal(err)
	}
	return byExcelize(t, again)
}

func file(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "figures.xlsx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func snapshotAs(t testing.TB, language string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSnapshot(&b, definition, example(), language); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func snapshotSheets(language string) []Sheet {
	return tables{text.Of(language), definition, example()}.all(time.Date(2026, 11, 23, 3, 0, 0, 0, definition.Location()))
}

func TestExcelizeSeesEveryCell(t *testing.T) {
	for _, language := range []string{"pl", "en"} {
		if diff := cmp.Diff(wanted(t, snapshotSheets(language)), byExcelize(t, snapshotAs(t, language))); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", language, diff)
		}
	}
}

func TestOpenpyxlSeesEveryCell(t *testing.T) {
	for _, language := range []string{"pl", "en"} {
		if diff := cmp.Diff(wanted(t, snapshotSheets(language)), byOpenpyxl(t, snapshotAs(t, language))); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", language, diff)
		}
	}
}

func TestLibreOfficeSeesEveryCell(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short: starts LibreOffice")
	}
	want := wanted(t, snapshotSheets("pl"))
	for i := range want {
		want[i].Frozen = "" // it converts without a window, and keeps nothing of how a sheet is viewed
	}
	got := byLibreOffice(t, snapshotAs(t, "pl"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// numbersOf are all numbers of a snapshot's JSON, and what the public sees in the place of some.
func numbersOf(t tester, s snapshot.Snapshot) []string {
	t.Helper()
	plain, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	in := json.NewDecoder(bytes.NewReader(plain))
	in.UseNumber()
	var all any
	if err := in.Decode(&all); err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case json.Number:
			out = append(out, seen(t, v))
		case string:
			if v == snapshot.Few || v == snapshot.Hidden {
				out = append(out, "s:"+v)
			}
		}
	}
	walk(all)
	return out
}

// Each number of the snapshot has a value of its own, which must be found in the cells.
func TestWorkbookHasAllNumbersOfTheJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := example()
		next := int64(rapid.IntRange(1000, 1_000_000).Draw(t, "first"))
		number := func() int64 { next += 7; return next }
		decimal := func() json.Number { return json.Number(strconv.FormatInt(number(), 10) + ".25") }
		s.Participants.Total, s.Participants.Target = number(), number()
		for _, b := range s.Participants.By {
			for i := range b {
				b[i].People = number()
			}
		}
		for i := range s.Indicators {
			in := &s.Indicators[i]
			in.Target, in.Achieved, in.Percent, in.Records = decimal(), decimal(), decimal(), number()
			for dimension, b := range in.By {
				in.TargetBy = map[string]map[string]json.Number{dimension: {}}
				for i := range b {
					b[i].People = number()
					in.TargetBy[dimension][b[i].Code] = decimal()
				}
			}
			for i := range in.ByMonth {
				in.ByMonth[i].Added, in.ByMonth[i].Total = decimal(), decimal()
			}
		}
		s.Reach = snapshot.Reach{Sum: number(), Low: number(), Estimate: number(), High: number(), Population: number(), Airings: number()}
		s.Quality = snapshot.Quality{PeopleWithoutAttributes: number(), RecordsOutsidePeriod: number()}
		s.Definition.Version = int(number())
		var b bytes.Buffer
		if err := WriteSnapshot(&b, definition, s, rapid.SampledFrom([]string{"pl", "en"}).Draw(t, "language")); err != nil {
			t.Fatal(err)
		}
		cells := map[string]bool{}
		for _, sheet := range byExcelize(t, b.Bytes()) {
			for _, row := range sheet.Rows {
				for _, cell := range row {
					cells[cell] = true
				}
			}
		}
		for _, n := range numbersOf(t, s) {
			if !cells[n] {
				t.Errorf("%s of the JSON stands nowhere in the workbook", n)
			}
		}
	})
}

func TestNoTextIsAFormulaOrLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.StringMatching(`[=+\-@\t\r\n"', a0<>&_x]{0,6}`), rapid.String()).Draw(t, "value")
		var b bytes.Buffer
		if err := Write(&b, About{Made: time.Unix(0, 0)}, Sheet{Name: "A", Columns: []Column{{"a", 10}, {"b", 10}}, Rows: [][]any{{value, "end"}}}); err != nil {
			t.Fatal(err)
		}
		sheet := byExcelize(t, b.Bytes())[0]
		got := strings.TrimPrefix(sheet.Rows[1][0], "s:")
		if sheet.Formulas > 0 || got != "" && strings.ContainsRune("=+-@\t\r\n", rune(got[0])) {
			t.Fatalf("%q became the formula %q", value, got)
		}
		if sheet.Rows[1][1] != "s:end" {
			t.Fatalf("after %q the row ends with %q", value, sheet.Rows[1][1])
		}
	})
}

func TestEveryCharacterIsReadAsItWasWritten(t *testing.T) {
	for _, value := range []string{"a\x07b\x00", "_x0041_", "__x0041__", "_x004", "a\rb\r\nc\td", "]]>&lt;<&>\"'", "źdźbło 😀", strings.Repeat("ż", longestText)} {
		var b bytes.Buffer
		if err := Write(&b, About{}, Sheet{Name: "A", Columns: []Column{{"a", 10}}, Rows: [][]any{{value}}}); err != nil {
			t.Fatal(err)
		}
		if got := byExcelize(t, b.Bytes())[0].Rows[1][0]; got != "s:"+value {
			t.Errorf("%.40q was read as %.40q", value, got)
		}
	}
}

func TestTextLongerThanACellIsCut(t *testing.T) {
	for value, want := range map[string]int{strings.Repeat("ż", longestText+1): longestText, strings.Repeat("😀", longestText): longestText / 2} {
		var b bytes.Buffer
		if err := Write(&b, About{}, Sheet{Name: "A", Columns: []Column{{"a", 10}}, Rows: [][]any{{value}}}); err != nil {
			t.Fatal(err)
		}
		got := strings.TrimPrefix(byExcelize(t, b.Bytes())[0].Rows[1][0], "s:")
		if !strings.HasPrefix(value, got) || len([]rune(got)) != want {
			t.Errorf("%d characters, want %d", len([]rune(got)), want)
		}
	}
}

func TestDatesAreThoseOfSpreadsheets(t *testing.T) {
	for day, want := range map[string]string{
		"1899-12-31": "s:1899-12-31", "1900-01-01": "d:1900-01-01T00:00:00", "1900-03-01": "d:1900-03-01T00:00:00", "2010-07-21": "d:2010-07-21T00:00:00", "9999-12-31": "d:9999-12-31T00:00:00",
	} {
		var b bytes.Buffer
		if err := Write(&b, About{}, Sheet{Name: "A", Columns: []Column{{"a", 10}}, Rows: [][]any{{Day(day)}}}); err != nil {
			t.Fatal(err)
		}
		if got := byExcelize(t, b.Bytes())[0].Rows[1][0]; got != want {
			t.Errorf("%s was read as %s", day, got)
		}
	}
}

func TestInvalidDaysAndMonthsAreText(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		want  string
	}{
		{"a day that is none is text", Day("=soon"), "s:'=soon"},
		{"a month that is none is text", Month("2010"), "s:2010"},
		{"a number that is none is text", json.Number("-x"), "s:'-x"},
		{"an instant is shown by its own clock", time.Date(2010, 7, 21, 18, 25, 59, 0, time.FixedZone("", 7200)), "d:2010-07-21T18:25:59"},
		{"a number below zero is a number", json.Number("-7.5"), "n:-7.5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(&b, About{}, Sheet{Name: "A", Columns: []Column{{"a", 10}}, Rows: [][]any{{c.value}}}); err != nil {
				t.Fatal(err)
			}
			if got := byExcelize(t, b.Bytes())[0].Rows[1][0]; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if err := Write(&bytes.Buffer{}, About{}, Sheet{Name: "A", Columns: []Column{{"a", 10}}, Rows: [][]any{{struct{}{}}}}); err == nil {
		t.Error("something else is no error")
	}
}

func TestErrorOfTheWriterIsReturned(t *testing.T) {
	full, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	full.Close()
	if err := WriteSnapshot(full, definition, example(), "pl"); err == nil {
		t.Error("no error")
	}
}
