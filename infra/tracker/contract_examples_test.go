package main_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"outreach/internal/project/definition"
)

const noDuckDB = `DuckDB, which works the figures out a second time, is missing:

python3 -m venv /tmp/duckdb && /tmp/duckdb/bin/pip install duckdb==2.0.1 && export TRACKER_TEST_DUCKDB=/tmp/duckdb/bin/python`

// promisedLines is how many lines the three examples promise together.
const promisedLines = 42

// example is a project below examples: a definition, files of made-up data, and its figures in SQL. What is in it goes
// through the routes in the order of the files' names.
type example struct {
	id   string
	days []string // on which figures are compared
}

var examples = []example{
	{"new-start", []string{"2024-06-30", "2024-12-31", "2025-06-30", "2025-12-31"}},
	{"clean-shores", []string{"2024-03-31", "2024-12-31", "2025-12-31"}},
	{"library-health", []string{"2024-09-30", "2024-12-31", "2025-06-30", "2025-09-30"}},
}

// The figures of the example projects, each worked out by the tracker from what it was sent and by DuckDB from the
// files themselves, are the same.
func TestContractExamplesCountAsDuckDBDoes(t *testing.T) {
	t.Parallel()
	python := os.Getenv("TRACKER_TEST_DUCKDB")
	if python == "" {
		lacking(t, noDuckDB)
	}
	for _, e := range examples {
		t.Run(e.id, func(t *testing.T) {
			t.Parallel()
			p := e.begin(t)
			seen := map[string]bool{} // lines that have come to something
			for _, day := range e.days {
				snap := p.compileOn(day)
				if day == e.days[len(e.days)-1] {
					p.checkQuality(snap)
				}
				ours, theirs := figuresOf(snap), e.ask(t, python, day)
				for _, path := range slices.Sorted(maps.Keys(ours)) {
					if ours[path] != theirs[path] {
						t.Errorf("%s: %s is %s, DuckDB finds %s", day, path, cmp.Or(ours[path], "0"), cmp.Or(theirs[path], "0"))
					}
				}
				for path, value := range theirs {
					code, member, _ := strings.Cut(path, "|")
					seen[code] = seen[code] || member == "achieved"
					if _, known := ours[path]; !known {
						t.Errorf("%s: %s is not in the snapshot, DuckDB finds %s", day, path, value)
					}
				}
				p.checkEvidence(snap, e.counted(t)...)
			}
			for _, code := range e.promises(t) {
				if !seen[code] {
					t.Errorf("%s is 0 on every day: the data do not test it", code)
				}
			}
		})
	}
}

// The examples state what they promise in their definitions alone, without a warning.
func TestExamplesStateWhatTheyPromise(t *testing.T) {
	t.Parallel()
	lines := 0
	for _, e := range examples {
		lines += len(e.promises(t))
		text := e.read(t, "definition.yaml")
		if _, problems := definition.Parse(e.id, text); len(problems) > 0 {
			t.Errorf("%s: %+v", e.id, problems)
		}
		if warnings := definition.Warnings(e.id, text); len(warnings) > 0 {
			t.Errorf("%s: %+v", e.id, warnings)
		}
	}
	if lines != promisedLines {
		t.Errorf("the examples promise %d lines", lines)
	}
}

func (e example) read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("examples", e.id, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// promises returns the codes of the lines that the definition's own text has.
func (e example) promises(t *testing.T) (codes []string) {
	t.Helper()
	_, lines, _ := strings.Cut(string(e.read(t, "definition.yaml")), "\nindicators:\n")
	for line := range strings.Lines(lines) {
		if rest, is := strings.CutPrefix(line, "  - {code: "); is {
			code, _, _ := strings.Cut(rest, ",")
			codes = append(codes, strings.Trim(code, `"`))
		}
	}
	return codes
}

// counted returns the codes of the lines whose evidence counts people or records, those of packs too.
func (e example) counted(t *testing.T) (codes []string) {
	t.Helper()
	d, problems := definition.Parse(e.id, e.read(t, "definition.yaml"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, in := range d.Indicators {
		if slices.Contains([]string{"people", "records", "share"}, in.Count) {
			codes = append(codes, in.Code)
		}
	}
	return codes
}

// begin makes the project and sends everything in its folder.
func (e example) begin(t *testing.T) *project {
	t.Helper()
	p := &project{t: t, tracker: shared, id: e.id, at: "/" + e.id, today: time.Now()}
	p.meet(t)
	p.admin.send("PUT", p.at+"/definition", "application/yaml", e.read(t, "definition.yaml")).is(http.StatusCreated)
	names, err := filepath.Glob(filepath.Join("examples", e.id, "[0-9]*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files (%v)", err)
	}
	for _, path := range names {
		name := filepath.Base(path)
		if filepath.Ext(name) == ".jsonl" {
			p.take(string(e.read(t, name)))
		} else {
			p.accepts(p.office, name, string(e.read(t, name)))
		}
	}
	return p
}

// take sends the steps of a file, one on each line: a record that is entered, changed or voided, an attribute that is
// corrected, or what the office says of an indicator.
func (p *project) take(steps string) {
	p.t.Helper()
	at := map[string]string{} // by the name of a record
	lines := bufio.NewScanner(strings.NewReader(steps))
	for lines.Scan() {
		var s struct {
			Step, Name, Kind string
			Body             fields
		}
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			p.t.Fatalf("%s: %v", lines.Text(), err)
		}
		switch s.Step {
		case "enter":
			route := map[string]string{"attendance": "/attendance", "consultation": "/consultations", "test": "/tests", "output": "/outputs"}[s.Kind]
			route = p.at + cmp.Or(route, "/records/"+s.Kind)
			at[s.Name] = route + "/" + p.office.post(route, s.Body).is(http.StatusCreated).text("id")
		case "change":
			p.office.put(at[s.Name], s.Body).is(http.StatusOK)
		case "void":
			p.office.delete(at[s.Name]).is(http.StatusOK)
		case "correct":
			p.office.put(p.at+"/people/"+p.person(s.Name)+"/attributes", s.Body).is(http.StatusOK)
		case "said":
			p.office.put(p.at+"/indicators/"+s.Name+"/said", s.Body).is(http.StatusOK)
		default:
			p.t.Fatalf("an unknown step: %s", lines.Text())
		}
	}
}

// checkQuality checks that no rule failed for the example's records.
func (p *project) checkQuality(snap reply) {
	p.t.Helper()
	if failed := snap.at("quality.rule_errors"); failed != nil {
		p.t.Errorf("rules failed: %v", failed)
	}
}

// ask has DuckDB work out the figures of a day.
func (e example) ask(t *testing.T, python, day string) map[string]string {
	t.Helper()
	command := exec.CommandContext(t.Context(), python, "../figures.py", day, "../before.sql", "figures.sql", "../after.sql")
	command.Dir = filepath.Join("examples", e.id)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("DuckDB: %v\n%s", err, stderrOf(err))
	}
	var rows [][3]any
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatal(err)
	}
	figures := map[string]string{}
	for _, row := range rows {
		keep(figures, fmt.Sprintf("%s|%s", row[0], row[1]), row[2])
	}
	return figures
}

func stderrOf(err error) string {
	if failed, is := err.(*exec.ExitError); is {
		return string(failed.Stderr)
	}
	return ""
}

// figuresOf returns the figures of a snapshot by line and member, such as "EECO01|by.sex.female", without those that
// are 0 or withheld.
func figuresOf(snap reply) map[string]string {
	snap.t.Helper()
	figures := map[string]string{}
	breakdowns := func(code string, by any) {
		dimensions, _ := by.(map[string]any)
		for dimension, parts := range dimensions {
			for part, value := range parts.(map[string]any) {
				keep(figures, code+"|by."+dimension+"."+part, value)
			}
		}
	}
	keep(figures, "participants|achieved", snap.at("participants.total"))
	breakdowns("participants", snap.at("participants.by"))
	for _, in := range snap.list("indicators") {
		code := said(within(in, "code"))
		for _, member := range []string{"achieved", "percent", "numerator", "denominator"} {
			keep(figures, code+"|"+member, within(in, member))
		}
		if status := within(in, "status"); status != "monitored" {
			keep(figures, code+"|status", status)
		}
		breakdowns(code, within(in, "by"))
	}
	return figures
}

// keep notes a word, or a number that is not 0 in one way of writing it.
func keep(figures map[string]string, path string, value any) {
	number, err := strconv.ParseFloat(said(value), 64)
	switch {
	case value == nil || value == "hidden" || err == nil && number == 0:
	case err == nil:
		figures[path] = strconv.FormatFloat(number, 'f', -1, 64)
	default:
		figures[path] = said(value)
	}
}
