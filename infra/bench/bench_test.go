package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain runs a piece of work where a test started this program as its child.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "-child" {
		if err := run(os.Args[2], "", 0, "", os.Args[3:]...); err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestDuckDBFindsTheFiguresOfTheSnapshot(t *testing.T) {
	t.Parallel()
	python := os.Getenv("TRACKER_TEST_DUCKDB")
	if python == "" {
		const howTo = "TRACKER_TEST_DUCKDB has to name a Python that has duckdb; .ci/run installs one"
		if os.Getenv("REQUIRE_ALL") != "" {
			t.Fatal(howTo)
		}
		t.Skip(howTo)
	}
	for _, r := range rows[:2] {
		b := &benches{Context: t.Context(), dir: t.TempDir(), python: python, thousand: 2}
		measured, err := b.measure(r, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(measured.ours) != 2 || measured.ours[0].Figures["participants|sex|female"] == 0 {
			t.Errorf("%s: %+v", r.name, measured.ours)
		}
	}
}

func TestFiguresThatDifferAreNamed(t *testing.T) {
	t.Parallel()
	err := sameFigures(map[string]float64{"1|achieved|": 3, "2|achieved|": 5}, map[string]float64{"1|achieved|": 4, "2|achieved|": 5, "reach|sum|": 1})
	if err == nil || !strings.Contains(err.Error(), "1|achieved|: 3, DuckDB finds 4") || !strings.Contains(err.Error(), "reach|sum|: none, DuckDB finds 1") {
		t.Error(err)
	}
	if err := sameFigures(nil, nil); err == nil {
		t.Error("no figures at all are no agreement")
	}
}

func TestFilesGoThroughTheHandlerAndThePeer(t *testing.T) {
	t.Parallel()
	for _, r := range rows[2:4] {
		b := &benches{Context: t.Context(), dir: t.TempDir(), files: 500}
		measured, err := b.measure(r, 1)
		if err != nil {
			t.Fatal(r.name, err)
		}
		if measured.ours[0].CPU <= 0 || measured.theirs[0].CPU <= 0 {
			t.Errorf("%s: %+v", r.name, measured)
		}
	}
}

func TestARowSaysWhatDoesNotHold(t *testing.T) {
	t.Parallel()
	r := result{row: row{name: "a", most: 2, cpu: 10, memory: 1 << 20}, ours: []cost{{CPU: 30, Memory: 3 << 20}, {CPU: 40, Memory: 3 << 20}, {CPU: 30, Memory: 3 << 20}}, theirs: []cost{{CPU: 10}, {CPU: 10}, {CPU: 10}}}
	if got := r.broken(); strings.Count(got, "is more than") != 3 || !strings.HasPrefix(got, "3.00 × is more than 2 ×") {
		t.Error(got)
	}
	r.most, r.cpu, r.memory = 3, 30, 3<<20
	if got := r.broken(); got != "" {
		t.Error(got)
	}
}

func TestEveryFunctionIsMeasured(t *testing.T) {
	t.Parallel()
	mains, err := filepath.Glob("../../functions/*/main.go")
	if err != nil || len(mains) != len(functions) {
		t.Errorf("%d functions, %d are measured (%v)", len(mains), len(functions), err)
	}
	for _, main := range mains {
		if _, known := functions[filepath.Base(filepath.Dir(main))]; !known {
			t.Errorf("%s is not measured", main)
		}
	}
}

func TestThePageHasEveryRow(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !strings.Contains(string(text), "| "+r.name+" | "+r.peer+" | "+r.must()+" |") {
			t.Errorf("%s lacks %q: run go run ./infra/bench", page, r.name)
		}
	}
}

// The cold start of a function is measured until it polls, whatever it does then.
func TestColdStartEndsWithTheFirstPoll(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short: builds a function")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	floor, err := buildFunction(dir, "floor", "./testdata/floor", "dynamodb")
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := newLambdaRuntime()
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.listener.Close()
	if c, err := runtime.start(floor); err != nil || c.CPU <= 0 {
		t.Errorf("%v, %v", c.CPU, err)
	}
	if _, err := runtime.start("/bin/false"); err == nil {
		t.Error("a program that ends without asking is measured")
	}
}
