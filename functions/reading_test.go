package functions_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/tabletest"
)

// TestReadsDoNotGrowWithTheData counts the calls that pages make to the tables: four times as many people, records and
// nights do not increase them. Lists show fifty rows, a sheet forty.
func TestReadsDoNotGrowWithTheData(t *testing.T) {
	t.Parallel()
	calls := 0
	count := func(inner table.Table) table.Table {
		return &tabletest.Faulty{Table: inner, Before: func(tabletest.Call) error { calls++; return nil }}
	}
	h := newHarness(t, newStorage(t), count, func() int { return 0 })
	h.at(day)
	define(t, h)
	ctx, m := context.Background(), &sender{ids: map[string]string{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	grow := func(from, to int) {
		t.Helper()
		for n := from; n < to; n++ {
			must(public(fmt.Sprint("form", n), form("garden", n, nil))(h, m))
			must(post("/town/consultations", fmt.Sprint("consultation", n), consultation(n, "2126-05-10", "o czym mowa"))(h, m))
			if n%10 == 0 {
				kept, _, err := h.compiler.Compile(ctx, "town", day.AddDate(0, 0, n/10-60).Format(time.DateOnly), "", store.Once{})
				must(err)
				if n%20 == 0 {
					_, err = h.app.Snapshots.Decide(ctx, "town", kept.ID, snapshot.Approved, "", "")
					must(err)
				}
			}
		}
	}
	addresses := []string{
		"/town", "/town/attention", "/town/activities", "/town/activities/garden", "/town/activities/garden/attendance", "/town/activities/garden/list",
		"/town/signups", "/town/signups.csv", "/town/consultations", "/town/people", "/town/people?q=nowa", "/town/people/duplicates",
		"/town/snapshots", "/town/snapshots/latest", "/town/snapshots/latest/changes", "/town/snapshots/latest/participants/evidence", "/town/audit", "/town/uploads",
	}
	ask := func() map[string]int {
		t.Helper()
		asked := map[string]int{}
		for _, address := range addresses {
			calls = 0
			if status, body := h.send("GET", address, "", "", nil); status != http.StatusOK {
				t.Fatalf("%s: %d %s", address, status, body)
			}
			asked[address] = calls
		}
		return asked
	}
	grow(1, 100)
	few := ask()
	grow(100, 400)
	for address, n := range ask() {
		if n > few[address] {
			t.Errorf("%s asks %d times, and of a quarter as many %d times", address, n, few[address])
		}
	}
}
