package tabletest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"outreach/internal/table"
	"outreach/internal/table/sqlite"
	"outreach/internal/table/tabletest"
)

func TestFaulty(t *testing.T) {
	at := func(n int, err error) func(tabletest.Call) error {
		return func(c tabletest.Call) error {
			if c.N == n {
				return err
			}
			return nil
		}
	}
	full := fmt.Errorf("throttled: %w", table.ErrUnavailable)
	for _, c := range []struct {
		name          string
		before, after func(tabletest.Call) error
		answers       [3]error // to three writes
	}{
		{name: "without faults calls pass through"},
		{name: "a call can fail before it happens", before: at(2, full), answers: [3]error{1: full}},
		{name: "a call can lose its response", after: at(2, full), answers: [3]error{1: full}},
		{name: "after the kill every call fails", before: at(2, tabletest.ErrKilled), answers: [3]error{1: tabletest.ErrKilled, 2: tabletest.ErrKilled}},
		{name: "a call that was killed after it was made is applied", after: at(2, tabletest.ErrKilled), answers: [3]error{1: tabletest.ErrKilled, 2: tabletest.ErrKilled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, err := sqlite.Open(filepath.Join(t.TempDir(), "test.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }() // the test is over
			home, err := db.Table("test")
			if err != nil {
				t.Fatal(err)
			}
			faulty := &tabletest.Faulty{Table: home, Before: c.before, After: c.after}
			for i, want := range c.answers {
				key := table.Key{PK: "p", SK: fmt.Sprint(i)}
				if err := faulty.Write(t.Context(), table.Op{Item: table.Item{Key: key}}); !errors.Is(err, want) {
					t.Errorf("write %d: %v, not %v", i+1, err, want)
				}
				happened := want == nil || c.after != nil && i == 1
				items, err := home.Get(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				if len(items) == 1 != happened {
					t.Errorf("write %d: happened is %v", i+1, !happened)
				}
			}
			killed := errors.Is(c.answers[2], tabletest.ErrKilled)
			if _, err := faulty.Get(t.Context()); errors.Is(err, tabletest.ErrKilled) != killed {
				t.Errorf("get: %v", err)
			}
			if _, err := faulty.Query(t.Context(), table.Query{PK: "p"}); errors.Is(err, tabletest.ErrKilled) != killed {
				t.Errorf("query: %v", err)
			}
		})
	}
}
