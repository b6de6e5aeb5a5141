package importer

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// made is a cell to write: a text or a number, and its format.
type made struct {
	kind   string // text or number
	value  any
	format string
}

func (m made) MarshalJSON() ([]byte, error) { return json.Marshal([]any{m.kind, m.value, m.format}) }

// shownFormats are the formats of columns. What they show is the same in every program: dates in ISO 8601, decimals
// with a point.
var shownFormats = []string{
	"", "0", "0.00", "#,##0", "#,##0.0", "0%", "0.0%", "00000", "000-000-000", `#,##0" osób"`, `0.00" zł"`, "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[hh]:mm:ss",
	"0.00E+00", `0;-0;"-"`, "@",
}

// makeCells draws a table. Each column has a format of its own; texts are among the numbers.
func makeCells(random *rand.Rand, rows int) [][]made {
	texts := []string{"Razem łatwiej", "a, b; c", `"x"`, "2010", "Ґанок", "тест", "x\ny", "00:30", "=1+1", "'quoted", "100%", "  spaces  "}
	// A little more than whole seconds: LibreOffice cuts them off, and may show a second less.
	seconds := func(most int) float64 { return (float64(random.IntN(most)) + 0.3) / 86_400 }
	var out [][]made
	for range rows {
		var row []made
		for _, format := range shownFormats {
			m := made{kind: "number", format: format}
			switch format {
			case "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss":
				m.value = 61 + float64(random.IntN(60_000)) + seconds(86_400)
			case "hh:mm:ss":
				m.value = seconds(86_400)
			case "[hh]:mm:ss":
				m.value = seconds(300_000)
			case "00000", "000-000-000", "0.00E+00":
				m.value = float64(random.IntN(1_000_000_000))
				if format == "00000" {
					m.value = float64(random.IntN(100_000))
				}
			case "0%", "0.0%":
				m.value = (float64(random.IntN(20_000)) + 0.1) / 10_000 // programs round halves of these differently
			default:
				m.value = []float64{0, float64(random.IntN(100)), float64(random.IntN(1_000_000)), float64(random.IntN(1_000_000)) / 1000, -float64(random.IntN(10_000)) / 100}[random.IntN(5)]
			}
			switch random.IntN(6) {
			case 0:
				m = made{kind: "text", value: texts[random.IntN(len(texts))], format: format}
			case 1:
				m = made{kind: "text", value: ""}
			}
			row = append(row, m)
		}
		row[0] = made{kind: "text", value: "row"} // no row is blank
		out = append(out, row)
	}
	return out
}

func byExcelize(t *testing.T, cells [][]made) []byte {
	t.Helper()
	return workbookOf(t, func(f *excelize.File) {
		styles := map[string]int{}
		for i, row := range cells {
			for j, m := range row {
				if m.value == "" {
					continue
				}
				name, err := excelize.CoordinatesToCellName(j+1, i+1)
				if err == nil {
					err = f.SetCellValue("Sheet1", name, m.value)
				}
				if _, known := styles[m.format]; !known && err == nil && m.format != "" {
					styles[m.format], err = f.NewStyle(&excelize.Style{CustomNumFmt: &m.format})
				}
				if err == nil && m.format != "" {
					err = f.SetCellStyle("Sheet1", name, name, styles[m.format])
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}, nil)
}

func byOpenpyxl(t *testing.T, cells [][]made) []byte {
	t.Helper()
	python := os.Getenv("TRACKER_TEST_OPENPYXL")
	if python == "" {
		const howTo = "TRACKER_TEST_OPENPYXL has to name a Python that has openpyxl; .ci/run installs one"
		if os.Getenv("REQUIRE_ALL") != "" {
			t.Fatal(howTo)
		}
		t.Skip(howTo)
	}
	in, err := json.Marshal(cells)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "table.xlsx")
	c := exec.Command(python, "testdata/write.py", out)
	c.Stdin = bytes.NewReader(in)
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// byLibreOffice has LibreOffice open a workbook and save it in some formats.
func byLibreOffice(t *testing.T, data []byte, formats ...string) map[string][]byte {
	t.Helper()
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("no LibreOffice to open workbooks with: apt-get install -y libreoffice-calc")
	}
	in, profile, all := filepath.Join(t.TempDir(), "table.xlsx"), t.TempDir(), map[string][]byte{}
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range formats {
		extension, _, _ := strings.Cut(format, ":")
		out := t.TempDir()
		if said, err := exec.Command(office, "-env:UserInstallation=file://"+profile, "--headless", "--convert-to", format, "--outdir", out, in).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		if all[extension], err = os.ReadFile(filepath.Join(out, "table."+extension)); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// asShown is delimited text with commas in UTF-8, with each cell as it is shown.
const asShown = "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true"

var (
	groupedNumber = regexp.MustCompile(`^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?( .*)?$`)
	zerosBehind   = regexp.MustCompile(`^(-?[0-9]+)(?:(\.[0-9]*[1-9])0+|\.0+|())(%| .*|)$`)
)

// normal returns a shown number without groups and zeros at its end: 1,234.50 is 1234.5. A dash and a nought with a
// sign, which the format 0;-0;"-" shows, are 0.
func normal(shown string) string {
	shown = strings.TrimSpace(shown)
	if groupedNumber.MatchString(shown) {
		shown = strings.ReplaceAll(shown, ",", "")
	}
	if shown = zerosBehind.ReplaceAllString(shown, "$1$2$4"); shown == "-" || shown == "-0" {
		return "0"
	}
	return shown
}

// cellsOf reads the cells of the first sheet of a workbook as they are shown.
func cellsOf(t *testing.T, data []byte) (out [][]string) {
	t.Helper()
	b, err := openBook(&source{ctx: t.Context(), from: bytes.NewReader(data), size: int64(len(data))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	table, err := b.open(0)
	if err != nil {
		t.Fatal(err)
	}
	for {
		r, err := table.next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		var row []string
		for _, c := range r.cells {
			text := c.text
			if c.shown != "" {
				text = c.shown
			}
			row = append(row, normal(text))
		}
		out = append(out, row)
	}
}

// TestCellsAreReadAsLibreOfficeShowsThem writes random workbooks with two libraries, has LibreOffice save them as
// delimited text, and in its own formats, and compares all cells.
func TestCellsAreReadAsLibreOfficeShowsThem(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short: starts LibreOffice")
	}
	seed := rand.Uint64()
	if given := os.Getenv("RAPID_SEED"); given != "" {
		seed, _ = strconv.ParseUint(given, 10, 64)
	}
	cells := makeCells(rand.New(rand.NewPCG(seed, 1)), 200) //nolint:gosec // a test's
	for name, write := range map[string]func(*testing.T, [][]made) []byte{"excelize": byExcelize, "openpyxl": byOpenpyxl} {
		t.Run(name, func(t *testing.T) {
			data := write(t, cells)
			saved := byLibreOffice(t, data, asShown, "xlsx", "ods", "fods")
			shown, err := csv.NewReader(bytes.NewReader(saved["csv"])).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			saved[name] = data
			delete(saved, "csv")
			for from, file := range saved {
				got, wrong := cellsOf(t, file), 0
				for i, row := range shown {
					for j, want := range row {
						have := ""
						if i < len(got) && j < len(got[i]) {
							have = got[i][j]
						}
						if have != normal(want) {
							if wrong++; wrong <= 5 {
								t.Errorf("%s: RAPID_SEED=%d row %d, %q of %v as %q: %q, LibreOffice shows %q", from, seed, i+1, shownFormats[j], cells[i][j].value, cells[i][j].kind, have, want)
							}
						}
					}
				}
				if len(shown) != len(cells) {
					t.Errorf("%d rows of %d", len(shown), len(cells))
				}
			}
		})
	}
}
