package fact

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"outreach/internal/table"
	"outreach/internal/table/memory"
	"outreach/internal/table/tabletest"
)

// open returns a log on an empty table.
func open(testing.TB) *Log { return &Log{Table: &memory.Table{}} }

// anew returns a log without cached heads, as a newly started function has.
func anew(s *Log) *Log {
	return &Log{Table: s.Table, Lane: s.Lane}
}

func TestConcurrentAppendsLeaveNoGaps(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := context.Background()
	const writers, each = 8, 25
	var group sync.WaitGroup
	for w := range writers {
		group.Add(1)
		go func() {
			defer group.Done()
			own := anew(s)
			for i := range each {
				f, err := New("id", "tried", time.Now(), "", fmt.Sprint(w, " ", i))
				if err == nil {
					err = own.Append(ctx, "p", []Fact{f, f})
				}
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()
	heads, err := anew(s).Heads(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	last := Heads{}
	err = s.Read(ctx, "p", Heads{}, heads, func(f Fact) error {
		found[string(f.Data)]++
		if f.Number != last[f.Lane]+1 {
			t.Errorf("lane %d: %d after %d", f.Lane, f.Number, last[f.Lane])
		}
		last[f.Lane] = f.Number
		return nil
	})
	if err != nil || len(found) != writers*each || last != heads {
		t.Fatalf("%d different facts, up to %v, heads %v: %v", len(found), last, heads, err)
	}
	for data, n := range found {
		if n != 2 {
			t.Errorf("%s is there %d times", data, n)
		}
	}
}

// Another writer takes the number that Append was about to use: the other's fact stays, and the new one follows it.
func TestAppendReplacesNoFact(t *testing.T) {
	t.Parallel()
	home := &memory.Table{}
	add := func(s *Log, data string) {
		t.Helper()
		f, err := New("id", "tried", time.Now(), "", data)
		if err == nil {
			err = s.Append(t.Context(), "p", []Fact{f})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	lane := func() int { return 3 }
	raced := false
	add(&Log{Lane: lane, Table: &tabletest.Faulty{Table: home, Before: func(c tabletest.Call) error {
		if c.Verb == "write" && !raced {
			raced = true
			add(&Log{Lane: lane, Table: home}, "of the other writer")
		}
		return nil
	}}}, "late")
	var found []string
	heads := Heads{3: 2}
	err := (&Log{Table: home}).Read(t.Context(), "p", Heads{}, heads, func(f Fact) error {
		found = append(found, fmt.Sprint(f.Number, " ", string(f.Data)))
		return nil
	})
	if want := []string{`1 "of the other writer"`, `2 "late"`}; err != nil || !slices.Equal(found, want) {
		t.Errorf("the facts are %q, want %q: %v", found, want, err)
	}
}

func TestHeadOfALongLaneIsFoundWithoutACache(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := context.Background()
	for _, n := range []int64{0, 1, 2, 999, 1000, 1001, 1999, 2000, 5000, 17_500, 64_001} {
		project := fmt.Sprint("p", n)
		var ops []table.Op
		flush := func() {
			if len(ops) > 0 {
				if err := s.Table.Write(ctx, ops...); err != nil {
					t.Fatal(err)
				}
			}
			ops = ops[:0]
		}
		// The search reads only the first and the last fact of each partition and the facts of the last one.
		for number := int64(1); number <= n; number++ {
			if number%bucket == 0 || number%bucket == bucket-1 || number/bucket == n/bucket {
				ops = append(ops, table.PutJSON(factKey(project, 3, number), Fact{ID: "x"}, table.Absent))
			}
			if len(ops) == table.MostWrites {
				flush()
			}
		}
		flush()
		got, err := anew(s).head(ctx, project, 3)
		if err != nil || got != n {
			t.Errorf("head %d, %v; want %d", got, err, n)
		}
	}
}

func TestConflictNamesTheCallersOperationsOnly(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := context.Background()
	key := table.Key{PK: "MINE", SK: "1"}
	if err := s.Table.Write(ctx, table.PutJSON(key, 1, table.Absent)); err != nil {
		t.Fatal(err)
	}
	f, err := New("id", "tried", time.Now(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Append(ctx, "p", []Fact{f}, table.Require(table.Key{PK: "MINE", SK: "0"}, table.Absent), table.PutJSON(key, 2, table.Absent))
	conflict, met := table.AsConflict(err)
	if !met || len(conflict.Keys) != 1 || conflict.Keys[0] != key || conflict.Failed[0] != 1 {
		t.Errorf("got %v", err)
	}
	if heads, err := anew(s).Heads(ctx, "p"); err != nil || heads != (Heads{}) {
		t.Errorf("a fact was written: %v, %v", heads, err)
	}
}

// gate is a table whose queries for facts are answered when as many are asked as there are lanes.
type gate struct {
	table.Table
	asked atomic.Int64
	all   chan struct{}
}

func (g *gate) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if q.To != "" {
		if g.asked.Add(1) == Lanes {
			close(g.all)
		}
		select {
		case <-g.all:
		case <-ctx.Done():
			return table.Page{}, ctx.Err()
		}
	}
	return g.Table.Query(ctx, q)
}

func TestReadAllReadsLanesInParallel(t *testing.T) {
	t.Parallel()
	s := open(t)
	lane := 0
	s.Lane = func() int { lane++; return lane % Lanes }
	for range Lanes {
		f, err := New("id", KindPersonMerged, time.Now(), "", PersonMerged{Person: "01J00000000000000000000000", Into: "01J00000000000000000000001"})
		if err == nil {
			err = s.Append(t.Context(), "p", []Fact{f})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // where they are read one after the other, for ever
	defer cancel()
	s.Table = &gate{Table: s.Table, all: make(chan struct{})}
	var read atomic.Int64
	err := s.ReadAll(ctx, "p", nil, func(Fact) error { read.Add(1); return nil })
	if err != nil || read.Load() != Lanes {
		t.Errorf("%d facts, %v", read.Load(), err)
	}
}
