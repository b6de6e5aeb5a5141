package store

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/person"
	"outreach/internal/record"
	"outreach/internal/table"
	"outreach/internal/table/sqlite"
)

func open(t testing.TB) *Store {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	tracker, err := db.Table("tracker")
	if err != nil {
		t.Fatal(err)
	}
	people, err := db.Table("people")
	if err != nil {
		t.Fatal(err)
	}
	return &Store{Tracker: tracker, People: people, Secret: []byte("0123456789abcdef0123456789abcdef"), Now: time.Now}
}

// anew is a function that starts: it remembers nothing of the lanes.
func anew(s *Store) *Store {
	return &Store{Tracker: s.Tracker, People: s.People, Secret: s.Secret, Now: s.Now, Lane: s.Lane}
}

func TestWritersAtOnceLeaveNoGapAndLoseNothing(t *testing.T) {
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
				f, err := fact.New(own.NewID(), "tried", time.Now(), "", fmt.Sprint(w, " ", i))
				if err == nil {
					err = own.append(ctx, "p", []fact.Fact{f, f})
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
	last := fact.Heads{}
	err = s.Facts(ctx, "p", fact.Heads{}, heads, func(f fact.Fact) error {
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
			t.Errorf("%s stands %d times", data, n)
		}
	}
}

func TestTheHeadOfALongLaneIsFoundFromNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := context.Background()
	for _, n := range []int64{0, 1, 2, 999, 1000, 1001, 1999, 2000, 5000, 17_500, 64_001} {
		project := fmt.Sprint("p", n)
		var ops []table.Op
		flush := func() {
			if len(ops) > 0 {
				if err := s.Tracker.Write(ctx, ops...); err != nil {
					t.Fatal(err)
				}
			}
			ops = ops[:0]
		}
		// Where the head is, only the first fact of each partition and those of the last partition tell.
		for number := int64(1); number <= n; number++ {
			if number%bucket == 0 || number/bucket == n/bucket {
				ops = append(ops, put(factKey(project, 3, number), fact.Fact{ID: "x"}, table.Absent))
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

func TestAFailedConditionOfTheCallerIsTheCallers(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := context.Background()
	key := table.Key{PK: "MINE", SK: "1"}
	if err := s.Tracker.Write(ctx, put(key, 1, table.Absent)); err != nil {
		t.Fatal(err)
	}
	f, err := s.fact("tried", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	err = s.append(ctx, "p", []fact.Fact{f}, check(table.Key{PK: "MINE", SK: "0"}, table.Absent), put(key, 2, table.Absent))
	conflict, met := table.AsConflict(err)
	if !met || len(conflict.Keys) != 1 || conflict.Keys[0] != key || conflict.Failed[0] != 1 {
		t.Errorf("got %v", err)
	}
	if heads, err := anew(s).Heads(ctx, "p"); err != nil || heads != (fact.Heads{}) {
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
		if g.asked.Add(1) == fact.Lanes {
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

func TestAllLanesAreReadAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	lane := 0
	s.Lane = func() int { lane++; return lane % fact.Lanes }
	who := resolve(t, s, record.PersonRef{Email: "a@example.org"})
	for range fact.Lanes {
		f, err := s.fact(fact.KindPersonMerged, "", fact.Merged{Person: "01J00000000000000000000000", Into: who})
		if err == nil {
			err = s.append(t.Context(), "p", []fact.Fact{f})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // where they are read one after the other, for ever
	defer cancel()
	s.Tracker = &gate{Table: s.Tracker, all: make(chan struct{})}
	d, err := s.Dossier(ctx, "p", person.Person{ID: who})
	if err != nil || len(d.Merges) != fact.Lanes {
		t.Errorf("%d merges, %v", len(d.Merges), err)
	}
}
