package importer

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"outreach/internal/schema"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// mediaFile is a file of airings as a partner's system writes it.
func mediaFile(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("date,time,medium,kind,title,outlet,reach,contacts,source,url,note\n")
	day := time.Date(2009, 11, 2, 0, 0, 0, 0, time.UTC)
	for i := range rows {
		fmt.Fprintf(&b, "%s,%02d:%02d,%s,%s,\"Spółdzielnia socjalna: praca, którą tworzysz %d\",Telewizja Partner,%d,%d,badanie własne,https://example.org/emisje/%d,\n",
			day.AddDate(0, 0, i%480).Format(time.DateOnly), i%24, i%60, [...]string{"tv", "radio", "prasa", "web"}[i%4], [...]string{"spot", "reportage"}[i%2], i, 1000+i%20_000, 30_000+i%20_000, i)
	}
	return b.Bytes()
}

// checkAll checks a file and its repeated rows, as ingestion does.
func checkAll(tb testing.TB, data []byte, rows int) {
	tb.Helper()
	var repeats Repeats
	checked, err := Check(tb.Context(), File{Body: bytes.NewReader(data), Size: int64(len(data))}, scope, anyKind, func(l Line) error {
		repeats.Add(l.Row, schema.Builtin().Kind("media").AppendNaturalKey(nil, "tv-partner", l.Entry.Row), nil)
		return nil
	})
	if err != nil || checked.Rows != rows || checked.Errors.Total > 0 || len(repeats.Rows()) > 0 {
		tb.Fatalf("%d rows, %v, %v", checked.Rows, briefs(checked.Errors), err)
	}
}

func readCSV(tb testing.TB, data []byte, rows int) {
	tb.Helper()
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	n := 0
	for {
		if _, err := r.Read(); err == io.EOF {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
		n++
	}
	if n != rows+1 {
		tb.Fatalf("%d lines", n)
	}
}

// BenchmarkCheck reads and checks 100,000 rows. x-csv is how many times as long as encoding/csv that takes, which only
// cuts the same file into cells. The two take turns, and of each the best round counts: what else the machine does only
// adds.
func BenchmarkCheck(b *testing.B) {
	const rows = 100_000
	polish := bytes.ReplaceAll(bytes.ReplaceAll(mediaFile(rows), []byte(","), []byte(";")), []byte("praca;"), []byte("praca,"))
	windows, err := charmap.Windows1250.NewEncoder().Bytes(polish)
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range []struct {
		name string
		data []byte
		as   []byte // what encoding/csv reads
	}{{"utf8", mediaFile(rows), mediaFile(rows)}, {"windows1250", windows, mediaFile(rows)}} {
		b.Run(file.name, func(b *testing.B) {
			whole, alone := time.Hour, time.Hour
			b.SetBytes(int64(len(file.data)))
			for b.Loop() {
				start := time.Now()
				readCSV(b, file.as, rows)
				between := time.Now()
				checked, err := Check(b.Context(), File{Body: bytes.NewReader(file.data), Size: int64(len(file.data))}, scope, anyKind, func(Line) error { return nil })
				if err != nil || checked.Rows != rows || checked.Errors.Total > 0 {
					b.Fatal(briefs(checked.Errors), err)
				}
				alone, whole = min(alone, between.Sub(start)), min(whole, time.Since(between))
			}
			b.ReportMetric(float64(whole)/float64(alone), "x-csv")
			b.ReportMetric(float64(whole.Microseconds())/1000, "check-ms")
		})
	}
}

// BenchmarkCheckWorkbook reads and checks 100,000 rows of a workbook with shared texts.
func BenchmarkCheckWorkbook(b *testing.B) {
	data := workbookFile(b, 100_000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		checkAll(b, data, 100_000)
	}
}

func workbookFile(tb testing.TB, rows int) []byte {
	tb.Helper()
	f := excelize.NewFile()
	defer f.Close()
	date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		tb.Fatal(err)
	}
	if err := f.SetColStyle("Sheet1", "A", date); err != nil {
		tb.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(mediaFile(rows))), "\n")
	for i, line := range lines {
		cells, err := csv.NewReader(strings.NewReader(line)).Read()
		if err != nil {
			tb.Fatal(err)
		}
		for j, text := range cells {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				tb.Fatal(err)
			}
			var value any = text
			if day, err := time.Parse(time.DateOnly, text); err == nil {
				value = day
			} else if n, err := strconv.Atoi(text); err == nil {
				value = n
			}
			if err := f.SetCellValue("Sheet1", at, value); err != nil {
				tb.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// BenchmarkPeakMemory compares the most memory that checking 200,000 rows takes with that of 10,000, each in a process
// of its own that reads the file from the disk: x-rows is the one over the other.
func BenchmarkPeakMemory(b *testing.B) {
	peak := func(rows int) float64 {
		file := b.TempDir() + "/media.csv"
		if err := os.WriteFile(file, mediaFile(rows), 0o600); err != nil {
			b.Fatal(err)
		}
		command := exec.Command(os.Args[0], "-test.run=^TestPeakMemoryOfOneFile$", "-test.v")
		command.Env = append(os.Environ(), "PEAK_FILE="+file, "PEAK_ROWS="+strconv.Itoa(rows))
		out, err := command.CombinedOutput()
		_, figure, found := strings.Cut(string(out), "peak ")
		if err != nil || !found {
			b.Fatalf("%v\n%s", err, out)
		}
		figure, _, _ = strings.Cut(figure, " ")
		n, err := strconv.ParseFloat(figure, 64)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	for b.Loop() {
		few, many := peak(10_000), peak(200_000)
		b.ReportMetric(many/few, "x-rows")
		b.ReportMetric(many/1024, "MB")
	}
}

// TestPeakMemoryOfOneFile is the process that BenchmarkPeakMemory measures.
func TestPeakMemoryOfOneFile(t *testing.T) {
	name := os.Getenv("PEAK_FILE")
	if name == "" {
		t.Skip("only BenchmarkPeakMemory asks for it")
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	var repeats Repeats
	checked, err := Check(t.Context(), File{Body: file, Size: info.Size()}, scope, anyKind, func(l Line) error {
		repeats.Add(l.Row, schema.Builtin().Kind("media").AppendNaturalKey(nil, "tv-partner", l.Entry.Row), nil)
		return nil
	})
	if err != nil || strconv.Itoa(checked.Rows) != os.Getenv("PEAK_ROWS") || len(repeats.Rows()) > 0 {
		t.Fatalf("%d rows, %v", checked.Rows, err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skipf("%s does not tell: %v", runtime.GOOS, err)
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	t.Logf("peak %s kB", strings.Fields(peak)[0])
}
