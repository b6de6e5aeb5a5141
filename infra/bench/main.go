// Command bench measures the tracker's speed, each row in pairs with a named peer in the same run, and writes the
// results to docs/performance.md. It is run in the repository's root, needs a Python with DuckDB for the first row, and
// exits with 1 unless every row holds.
//
//	go run ./infra/bench                       # everything, and writes the page
//	go run ./infra/bench -only csv             # some rows, which are printed alone
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// page is where the results are written.
const page = "docs/performance.md"

// row is something that is measured, in pairs with a peer. Its costs are CPU times of processes, because the machine
// may have other work.
type row struct {
	name   string
	peer   string
	most   float64       // times the peer's CPU; 0: no limit
	cpu    time.Duration // of CPU at most; 0: no limit
	memory int64         // bytes at most; 0: no limit
	pairs  int           // times the number of the flag; 0: once that number
	pair   func(*benches) (ours, theirs func(pair int) (cost, error), err error)
	same   bool // both find the same figures
}

var rows = append([]row{
	{name: "compile of 1,000,000 records from the checkpoint, with evidence", peer: "DuckDB, one thread, `infra/bench/answers.sql`", most: 3, same: true, pair: pairOfAnswers(nextDays)},
	{name: "the same, with every record counted again", peer: "the same", same: true, pair: pairOfAnswers(earlierDays)},
	{name: "CSV of 100,000 rows through ingest-upload", peer: "encoding/csv cutting it into cells", cpu: time.Second, memory: 25 << 20, pair: pairOfCSV},
	{name: "XLSX of 100,000 rows through ingest-upload", peer: "excelize reading its stored values", most: 0.5, pair: pairOfXLSX},
}, coldStarts()...)

func coldStarts() (out []row) {
	for name := range functions {
		out = append(out, coldStart(name))
	}
	slices.SortFunc(out, func(a, b row) int { return cmp.Compare(a.name, b.name) })
	return out
}

// benches is what the rows of a run share.
type benches struct {
	context.Context
	dir      string // for files; removed in the end
	python   string // with DuckDB
	thousand int    // records of the project that is compiled
	files    int    // rows of a file
	cleanups []func()
}

func (b *benches) cleanup(f func()) { b.cleanups = append(b.cleanups, f) }

// pairOfAnswers compiles another day in each pair, so that there is no snapshot of it.
func pairOfAnswers(first time.Time) func(b *benches) (ours, theirs func(int) (cost, error), err error) {
	day := func(pair int) string { return first.AddDate(0, 0, pair).Format(time.DateOnly) }
	return func(b *benches) (ours, theirs func(int) (cost, error), err error) {
		if out, err := exec.Command(b.python, "-c", "import duckdb").CombinedOutput(); err != nil {
			return nil, nil, notMeasured{fmt.Sprintf("%s has no DuckDB (%s): python3 -m venv /tmp/duckdb && /tmp/duckdb/bin/pip install duckdb, then TRACKER_TEST_DUCKDB=/tmp/duckdb/bin/python", b.python, lastLine(out))}
		}
		dir, err := os.MkdirTemp(b.dir, "answers-")
		if err != nil {
			return nil, nil, err
		}
		checkpoint, err := prepareAnswers(b, dir, b.thousand)
		if err != nil {
			return nil, nil, err
		}
		return func(pair int) (cost, error) { return child("compile", dir, day(pair)) },
			func(pair int) (cost, error) { return askDuckDB(b.python, checkpoint, day(pair)) }, nil
	}
}

func pairOfCSV(b *benches) (ours, theirs func(int) (cost, error), err error) {
	file := filepath.Join(b.dir, "large.csv")
	if err := os.WriteFile(file, []byte(mediaFile(b.files, 0, 0)), 0o600); err != nil {
		return nil, nil, err
	}
	return func(int) (cost, error) { return child("ingest", file, "large.csv", fmt.Sprint(b.files)) },
		func(int) (cost, error) { return child("csv", file, fmt.Sprint(b.files)) }, nil
}

func pairOfXLSX(b *benches) (ours, theirs func(int) (cost, error), err error) {
	name := filepath.Join(b.dir, "large.xlsx")
	file, err := os.Create(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if err := workbookFile(file, mediaFile(b.files, 0, 0)); err != nil {
		return nil, nil, err
	}
	return func(int) (cost, error) { return child("ingest", name, "large.xlsx", fmt.Sprint(b.files)) },
		func(int) (cost, error) { return child("excelize", name, fmt.Sprint(b.files)) }, nil
}

// notMeasured is the error of a row that needs something that is not there.
type notMeasured struct{ reason string }

func (n notMeasured) Error() string { return "not measured: " + n.reason }

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// result is a row that was measured.
type result struct {
	row
	ours, theirs []cost
}

// measure runs the pairs of a row, one after another, so that what else the machine does meets both.
func (b *benches) measure(r row, pairs int) (out result, err error) {
	out.row = r
	ours, theirs, err := r.pair(b)
	if err != nil {
		return out, err
	}
	for pair := range pairs * max(r.pairs, 1) {
		a, err := ours(pair)
		if err != nil {
			return out, err
		}
		z, err := theirs(pair)
		if err != nil {
			return out, err
		}
		if r.same {
			if err := sameFigures(a.Figures, z.Figures); err != nil {
				return out, err
			}
		}
		out.ours, out.theirs = append(out.ours, a), append(out.theirs, z)
	}
	return out, nil
}

// ratios returns our CPU over the peer's, of each pair, sorted.
func (r result) ratios() []float64 {
	out := make([]float64, len(r.ours))
	for i := range out {
		out[i] = float64(r.ours[i].CPU) / float64(r.theirs[i].CPU)
	}
	slices.Sort(out)
	return out
}

// median returns the middle of a list, the upper one of two.
func median[T cmp.Ordered](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func cpuOf(costs []cost) time.Duration {
	var list []time.Duration
	for _, c := range costs {
		list = append(list, c.CPU)
	}
	return median(list)
}

func memoryOf(costs []cost) int64 {
	var list []int64
	for _, c := range costs {
		list = append(list, c.Memory)
	}
	return median(list)
}

// broken returns what does not hold, "" if all does.
func (r result) broken() string {
	var out []string
	if ratio := median(r.ratios()); r.most > 0 && ratio > r.most {
		out = append(out, fmt.Sprintf("%.2f × is more than %g ×", ratio, r.most))
	}
	if cpu := cpuOf(r.ours); r.cpu > 0 && cpu > r.cpu {
		out = append(out, fmt.Sprintf("%s is more than %s", seconds(cpu), seconds(r.cpu)))
	}
	if memory := memoryOf(r.ours); r.memory > 0 && memory > r.memory {
		out = append(out, fmt.Sprintf("%d MB is more than %d MB", memory>>20, r.memory>>20))
	}
	return strings.Join(out, "; ")
}

// must says what has to hold.
func (r row) must() string {
	var out []string
	if r.most > 0 {
		out = append(out, fmt.Sprintf("at most %g ×", r.most))
	}
	if r.cpu > 0 {
		out = append(out, "at most "+seconds(r.cpu)+" of CPU")
	}
	if r.memory > 0 {
		out = append(out, fmt.Sprintf("at most %d MB above idle", r.memory>>20))
	}
	return strings.Join(out, ", ")
}

func seconds(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// line returns the row of the table.
func (r result) line() string {
	ratios := r.ratios()
	figure := fmt.Sprintf("**%.2f ×** (%s and %s)", median(ratios), seconds(cpuOf(r.ours)), seconds(cpuOf(r.theirs)))
	if r.memory > 0 {
		figure += fmt.Sprintf(", %d MB", memoryOf(r.ours)>>20)
	}
	verdict := "holds"
	if broken := r.broken(); broken != "" {
		verdict = "**" + broken + "**"
	} else if r.must() == "" {
		verdict = "no limit"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %.2f to %.2f in %d pairs | %s |\n", r.name, r.peer, r.must(), figure, ratios[len(ratios)/4], ratios[3*len(ratios)/4], len(ratios), verdict)
}

const head = `| what | compared with | must | measured | half of the pairs | |
|---|---|---|---|---|---|
`

func main() {
	only := flag.String("only", "", "measure the rows whose name matches this `expression`, and do not write the page")
	pairs := flag.Int("pairs", 5, "`number` of pairs; a cold start takes eight times as many")
	python := flag.String("python", cmp.Or(os.Getenv("TRACKER_TEST_DUCKDB"), "python3"), "a Python that has DuckDB")
	work := flag.String("child", "", "run one piece of `work` and print its cost: what this program does to itself")
	flag.Parse()
	if err := run(*work, *only, *pairs, *python, flag.Args()...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(work, only string, pairs int, python string, args ...string) error {
	if work != "" {
		c, err := children[work](args)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(c)
	}
	wanted, err := regexp.Compile("(?i)" + only)
	if err != nil {
		return err
	}
	b := &benches{Context: context.Background(), python: python, thousand: 1000, files: 100_000}
	if b.dir, err = os.MkdirTemp("", "bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	defer func() {
		for _, f := range b.cleanups {
			f()
		}
	}()
	table, missing, err := b.report(os.Stdout, wanted.MatchString, max(pairs, 1))
	if only == "" && !missing {
		err = cmp.Or(os.WriteFile(page, []byte(about()+table), 0o644), err)
	}
	return err
}

// report measures the wanted rows, prints the table, and returns it. missing reports whether a row could not be
// measured. The error says that not every row holds.
func (b *benches) report(out io.Writer, wanted func(string) bool, pairs int) (table string, missing bool, err error) {
	table = head
	fmt.Fprint(out, head)
	all, hold := 0, 0
	for _, r := range rows {
		if !wanted(r.name) {
			continue
		}
		all++
		measured, err := b.measure(r, pairs)
		if err != nil {
			missing = true
			fmt.Fprintf(out, "| %s | %s | %s | %s | | |\n", r.name, r.peer, r.must(), err)
			continue
		}
		if measured.broken() == "" {
			hold++
		}
		table += measured.line()
		fmt.Fprint(out, measured.line())
	}
	fmt.Fprintf(out, "\n%d of %d rows hold\n", hold, all)
	if hold < all {
		err = errors.New("not every row holds")
	}
	return table, missing, err
}

// about returns the page's text above the table.
func about() string {
	load, _ := os.ReadFile("/proc/loadavg")
	minute, _, _ := strings.Cut(string(load), " ")
	return fmt.Sprintf(`# Performance

Written by `+"`go run ./infra/bench`"+` on %s: %s, %d processors, %s, load %s.

Each row is measured in pairs with a peer that does the same or less, one after the other in the same run, each in a process of its
own. Figures are CPU time of all threads of the process, as a multiple of the peer's: the median, and the range in which half of the
pairs lie, which is the noise. One row alone, as in `+"`go run ./infra/bench -only CSV`"+`, is printed.

- *Compile*: the project came through ingest-upload: 900,000 airings, 100,000 of them in a file of corrections, a withdrawn
  file, 10,000 sign-ups and 90,000 days of attendance. Each pair compiles another day from the checkpoint, and stores snapshot
  and evidence: first a day after all records, as a night does, which continues what the checkpoint says of each record; then an
  earlier day, for which every record is counted again, as after a deployment, a merge or a withdrawn file. DuckDB answers from the
  same checkpoint: it resolves layers and natural keys and counts people, months and breakdowns. Both must find the same figures. DuckDB comes from pip, outside of the repository:
  `+"`python3 -m venv /tmp/duckdb && /tmp/duckdb/bin/pip install duckdb`"+`, then `+"`TRACKER_TEST_DUCKDB=/tmp/duckdb/bin/python`"+` in the environment.
- *CSV and XLSX*: the event of the object is delivered to ingest-upload, with tables in SQLite and objects in files; it ends when the
  upload is accepted. Memory is the peak above that of the same process after a file of 1,000 rows. The peers store and check nothing.
- *Cold start*: from the start of the process to its first poll for an event.

`, time.Now().UTC().Format(time.DateOnly), processor(), runtime.NumCPU(), runtime.Version(), cmp.Or(minute, "unknown"))
}

// processor returns the name of the machine's processor.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(info), "model name")
	_, rest, _ = strings.Cut(rest, ": ")
	name, _, _ := strings.Cut(rest, "\n")
	return cmp.Or(strings.TrimSpace(name), runtime.GOARCH)
}
