// Command limits runs the loads of docs/limits.md on the functions' own handlers, with a DynamoDB and an S3 that take
// time, conflict and throttle as the services do, and prints what was measured. It exits with 1 unless every row holds.
// Time is virtual (testing/synctest): latencies, time-outs and pauses count, and the speed of the machine does not.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"outreach/internal/table"
)

// logged is where the functions' log goes.
var logged = io.Discard

// row is a load and what must hold under it.
type row struct {
	name, must string
	run        func(r *run)
}

// run is one run of a row.
type run struct {
	*testing.T
	long     bool   // the contract's own numbers, not a tenth of them
	fault    *fault // planted by a test; nil: none
	measured []string
	broken   []string
}

// saw notes a measurement.
func (r *run) saw(format string, args ...any) {
	r.measured = append(r.measured, fmt.Sprintf(format, args...))
}

// must notes what does not hold.
func (r *run) must(holds bool, format string, args ...any) {
	if !holds {
		r.broken = append(r.broken, fmt.Sprintf(format, args...))
	}
}

// fail ends the run.
func (r *run) fail(format string, args ...any) {
	r.Helper()
	r.broken = append(r.broken, fmt.Sprintf(format, args...))
	r.FailNow()
}

// check ends the run if there is an error.
func (r *run) check(err error) {
	r.Helper()
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		r.fail("%s", first)
	}
}

// scaled returns the contract's number in the long form, a tenth of it in the short one.
func (r *run) scaled(n int) int {
	if r.long {
		return n
	}
	return n / 10
}

func main() {
	testing.Init()
	long := flag.Bool("long", false, "run the contract's own numbers: by default a tenth of them")
	costs := flag.String("costs", "", "compute what the tracker costs, and write the page to this `file`")
	only := flag.String("only", "", "run the rows whose name matches this `expression`")
	flag.Func("log", "write what the functions log to this `file`", func(name string) (err error) {
		logged, err = os.Create(name)
		return err
	})
	flag.Parse()
	wanted, err := regexp.Compile(*only)
	if err == nil && !slices.ContainsFunc(rows, func(row row) bool { return wanted.MatchString(row.name) }) {
		err = fmt.Errorf("no row is named %s", *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	// A bubble of virtual time belongs to a test.
	testing.Main(regexp.MatchString, []testing.InternalTest{{Name: "limits", F: func(t *testing.T) {
		if *costs != "" {
			page := measureCosts(t, projectCounts...).page()
			if err := os.WriteFile(*costs, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
			os.Exit(0)
		}
		if !report(t, *long, wanted.MatchString) {
			os.Exit(1)
		}
		os.Exit(0)
	}}}, nil, nil)
}

// report measures the wanted rows, prints the table, and reports whether all of them hold.
func report(t *testing.T, long bool, wanted func(name string) bool) bool {
	scale := "a tenth of the numbers that the rows name; -long runs the numbers themselves"
	if long {
		scale = "the numbers that the rows name"
	}
	fmt.Printf("Measured with %s.\n\n", scale)
	hold, all := 0, 0
	fmt.Print("| load | must | measured | |\n|---|---|---|---|\n")
	for _, row := range rows {
		if !wanted(row.name) {
			continue
		}
		all++
		r := measure(t, row, long, nil)
		verdict := "holds"
		if len(r.broken) > 0 {
			verdict = "**" + strings.Join(r.broken, "; ") + "**"
		} else {
			hold++
		}
		fmt.Printf("| %s | %s | %s | %s |\n", row.name, row.must, strings.Join(r.measured, ", "), verdict)
	}
	fmt.Printf("\n%d of %d rows hold\n", hold, all)
	return hold == all
}

// fault is a mistake that a test plants, to see the row fail that is there to find it.
type fault struct {
	tracker  func(table.Table) table.Table // what a function has in place of the tracker table
	walks    bool                          // send-notices looks at all projects
	limits   func(map[string]limits)       // changes the template's settings of functions
	unmarked bool                          // send-notices does not mark projects with news
	together bool                          // one delivery brings all projects that are due
}

// measure runs a row in a bubble of its own.
func measure(t *testing.T, row row, long bool, planted *fault) *run {
	r := &run{long: long, fault: planted}
	ok := t.Run(row.name, func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r.T = t
			row.run(r)
		})
	})
	r.must(ok || len(r.broken) > 0, "the run failed")
	return r
}

var rows = []row{
	{"50 sign-ups a second for 60 s into one activity, then 20 that wait", "none fails, 99 % within 2 s, at most 3 transactions each, no place too many, the queue in the order of submission", signupLoad},
	{"a sign-up alone", "at most 8 calls one after another, at most 18 write units", signupAlone},
	{"the letter of one sign-up at 1, 100 and 1,000 projects", "the same calls and units within a tenth", wake},
	{"a file of 200,000 rows of each kind", "accepted within three deliveries; a file of another project waits less than 60 s", largeFiles},
	{"a night at 1,000 projects, 950 without news", "a message for each project that is due; at most 2 read units for one without news, the weekly walk included; done within 15 minutes; one that fails keeps no other waiting", manyProjects},
	{"a night at 1,000,000 records", "nothing new: at most 2 object writes; 1,000 new: at most 0.1 of the CPU of a full fold", manyRecords},
	{"office pages at 20,000 sign-ups in an activity and 50,000 people", "read units follow from what is shown", officePages},
}

// bubble runs a function on virtual time. What a bubble before it left in pools, such as encoders of the library that
// compresses checkpoints, belongs to that bubble and must not be used in another: two collections empty the pools.
func bubble(t *testing.T, run func(t *testing.T)) {
	runtime.GC()
	runtime.GC()
	synctest.Test(t, run)
}
