package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"outreach/internal/table"
)

func openTable(t *testing.T, path, name string) (*DB, *Table) {
	t.Helper()
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // closed twice does no harm
	tbl, err := db.Table(name)
	if err != nil {
		t.Fatal(err)
	}
	return db, tbl
}

func item(pk, sk, data string) table.Item {
	return table.Item{Key: table.Key{PK: pk, SK: sk}, Data: []byte(data)}
}

// ending is a context that counts as cancelled after a number of checks.
type ending struct {
	context.Context
	mu   sync.Mutex
	left int
}

func (e *ending) Done() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	done := make(chan struct{})
	if e.left--; e.left < 0 {
		close(done)
	}
	return done
}

func (e *ending) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.left < 0 {
		return context.Canceled
	}
	return nil
}

// writeForEver runs in the process that is killed: it prints the number of each write after it has returned.
func writeForEver(path string) error {
	db, err := Open(path)
	if err != nil {
		return err
	}
	tbl, err := db.Table("tracker")
	if err != nil {
		return err
	}
	page, err := tbl.Query(context.Background(), table.Query{PK: "p0", Backward: true, Limit: 1})
	if err != nil {
		return err
	}
	first := 0
	for _, last := range page.Items {
		if _, err := fmt.Sscanf(last.SK, "%d", &first); err != nil {
			return err
		}
		first++
	}
	for i := first; ; i++ {
		var ops []table.Op
		for j := range 5 {
			ops = append(ops, table.Op{Item: item(fmt.Sprintf("p%d", j), fmt.Sprintf("%06d", i), strings.Repeat("x", 1000)), If: table.Absent})
		}
		if err := tbl.Write(context.Background(), ops...); err != nil {
			return err
		}
		if _, err := fmt.Println(i); err != nil {
			return err
		}
	}
}

func TestMain(m *testing.M) {
	if path := os.Getenv("WRITE_FOR_EVER"); path != "" {
		fmt.Fprintln(os.Stderr, writeForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.db")
	said := -1
	for round := range 3 {
		t.Run(fmt.Sprintf("acknowledged writes are there after kill %d, each of them complete", round+1), func(t *testing.T) {
			process := exec.CommandContext(t.Context(), os.Args[0])
			process.Env = append(os.Environ(), "WRITE_FOR_EVER="+path)
			process.Stderr = os.Stderr
			out, err := process.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			for lines.Scan() {
				if _, err := fmt.Sscan(lines.Text(), &said); err != nil {
					t.Fatal(err)
				}
				if said >= 20*(round+1) {
					if err := process.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := process.Wait(); err == nil {
				t.Fatal("the process ended by itself")
			}
			db, tbl := openTable(t, path, "tracker")
			defer func() { _ = db.Close() }() // the next process opens it
			var counts []int
			for j := range 5 {
				page, err := tbl.Query(t.Context(), table.Query{PK: fmt.Sprintf("p%d", j)})
				if err != nil {
					t.Fatal(err)
				}
				counts = append(counts, len(page.Items))
			}
			for _, n := range counts {
				if n != counts[0] || n < said+1 {
					t.Errorf("%v items in the partitions, but write %d was answered", counts, said)
				}
			}
		})
	}
}

func TestFile(t *testing.T) {
	t.Run("tables of one file do not see each other", func(t *testing.T) {
		db, tracker := openTable(t, filepath.Join(t.TempDir(), "two.db"), "tracker")
		people, err := db.Table("people")
		if err != nil {
			t.Fatal(err)
		}
		it := item("p", "a", "tracker")
		if err := tracker.Write(t.Context(), table.Op{Item: it}); err != nil {
			t.Fatal(err)
		}
		if err := people.Write(t.Context(), table.Op{Verb: table.Check, Item: it, If: table.Absent}); err != nil {
			t.Error(err)
		}
	})
	t.Run("items are there after the file is reopened", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "again.db")
		db, tbl := openTable(t, path, "tracker")
		it := item("p", "a", "x")
		if err := errors.Join(tbl.Write(t.Context(), table.Op{Item: it}), db.Close()); err != nil {
			t.Fatal(err)
		}
		_, tbl = openTable(t, path, "tracker")
		if items, err := tbl.Get(t.Context(), it.Key); err != nil || string(items[it.Key].Data) != "x" || items[it.Key].Rev != 1 {
			t.Errorf("%v, %v", items, err)
		}
	})
	t.Run("expired items are returned until the table is reopened, or told to delete them", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "expired.db")
		db, tbl := openTable(t, path, "tracker")
		past, future, never := item("p", "past", ""), item("p", "future", ""), item("p", "never", "")
		past.Expires, future.Expires = time.Date(2010, 7, 21, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		if err := tbl.Write(t.Context(), table.Op{Item: past}, table.Op{Item: future}, table.Op{Item: never}); err != nil {
			t.Fatal(err)
		}
		count := func(tbl *Table, want int) {
			t.Helper()
			if items, err := tbl.Get(t.Context(), past.Key, future.Key, never.Key); err != nil || len(items) != want {
				t.Errorf("%v, %v, not %d items", items, err, want)
			}
		}
		count(tbl, 3)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db, tbl = openTable(t, path, "tracker")
		count(tbl, 2)
		if err := errors.Join(tbl.Write(t.Context(), table.Op{Item: past}), db.DeleteExpired(t.Context())); err != nil {
			t.Fatal(err)
		}
		count(tbl, 2)
	})
	t.Run("a write is on the disk before it returns", func(t *testing.T) {
		db, _ := openTable(t, filepath.Join(t.TempDir(), "sync.db"), "tracker")
		var mode string
		var level int
		if err := errors.Join(db.writer.QueryRow(`PRAGMA journal_mode`).Scan(&mode), db.writer.QueryRow(`PRAGMA synchronous`).Scan(&level)); err != nil {
			t.Fatal(err)
		}
		if mode != "wal" || level < 2 {
			t.Errorf("journal mode %s, synchronous %d", mode, level)
		}
	})
	t.Run("a page of large items ends at a megabyte", func(t *testing.T) {
		_, tbl := openTable(t, filepath.Join(t.TempDir(), "large.db"), "tracker")
		for i := range 8 {
			if err := tbl.Write(t.Context(), table.Op{Item: item("p", fmt.Sprint(i), strings.Repeat("x", table.MostData))}); err != nil {
				t.Fatal(err)
			}
		}
		page, err := tbl.Query(t.Context(), table.Query{PK: "p"})
		if err != nil || len(page.Items) != 3 || page.Next == "" {
			t.Errorf("%d items, next %q, %v", len(page.Items), page.Next, err)
		}
	})
	t.Run("a write that is cancelled at any moment was applied if and only if it returned nil", func(t *testing.T) {
		_, tbl := openTable(t, filepath.Join(t.TempDir(), "cancelled.db"), "tracker")
		happened := map[bool]int{}
		for moment := range 12 {
			op := table.Op{Item: item("p", fmt.Sprint(moment), "x"), If: table.Absent}
			err := tbl.Write(&ending{Context: t.Context(), left: moment}, op)
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			items, getErr := tbl.Get(t.Context(), op.Item.Key)
			if getErr != nil || (len(items) == 1) != (err == nil) {
				t.Errorf("%v, but %d items, %v", err, len(items), getErr)
			}
			happened[err == nil]++
		}
		if happened[true] == 0 || happened[false] == 0 {
			t.Errorf("%d happened, %d did not: some of both were meant", happened[true], happened[false])
		}
	})
	t.Run("only the owner can read the file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "own.db")
		_, tbl := openTable(t, path, "tracker")
		if err := tbl.Write(t.Context(), table.Op{Item: item("p", "a", "x")}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{path, path + "-wal"} {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode().Perm(); mode != 0o600 {
				t.Errorf("%s has mode %o", name, mode)
			}
		}
	})
	t.Run("a missing folder and a file that is not a database are errors", func(t *testing.T) {
		if _, err := Open(filepath.Join(t.TempDir(), "no such folder", "x.db")); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		text := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(text, []byte(strings.Repeat("not a table ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(text); err == nil {
			t.Error("a text file was opened")
		}
	})
	t.Run("a table's name is letters, digits and underscores", func(t *testing.T) {
		db, _ := openTable(t, filepath.Join(t.TempDir(), "names.db"), "tracker")
		for _, name := range []string{"", "Tracker", "a b", "a;b", "1a", strings.Repeat("a", 64)} {
			if _, err := db.Table(name); err == nil {
				t.Errorf("%q was taken", name)
			}
		}
	})
}

func TestUnavailable(t *testing.T) {
	t.Run("a file locked by another process is unavailable until it is unlocked", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "locked.db")
		db, tbl := openTable(t, path, "tracker")
		if _, err := db.writer.Exec(`PRAGMA busy_timeout = 0`); err != nil {
			t.Fatal(err)
		}
		other, err := connect(path, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Close() }() // the test is over
		lock, err := other.Begin()
		if err != nil {
			t.Fatal(err)
		}
		op := table.Op{Item: item("p", "a", "x"), If: table.Absent}
		if err := tbl.Write(t.Context(), op); !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("while locked: %v", err)
		}
		if _, err := tbl.Get(t.Context(), op.Item.Key); err != nil {
			t.Errorf("a read needs no lock: %v", err)
		}
		if err := lock.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := tbl.Write(t.Context(), op); err != nil {
			t.Errorf("after the lock: %v", err)
		}
	})
	t.Run("a full disk is unavailability and changes nothing", func(t *testing.T) {
		db, tbl := openTable(t, filepath.Join(t.TempDir(), "full.db"), "tracker")
		if _, err := db.writer.Exec(`PRAGMA max_page_count = 20`); err != nil {
			t.Fatal(err)
		}
		small, large := item("p", "a", "x"), item("p", "b", strings.Repeat("x", table.MostData))
		if err := tbl.Write(t.Context(), table.Op{Item: small}, table.Op{Item: large}); !errors.Is(err, table.ErrUnavailable) {
			t.Error(err)
		}
		if items, err := tbl.Get(t.Context(), small.Key, large.Key); err != nil || len(items) != 0 {
			t.Errorf("%d items, %v", len(items), err)
		}
		if err := tbl.Write(t.Context(), table.Op{Item: small}); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{1, 3, 100} {
		b.Run(fmt.Sprintf("%d items of 1 kB", n), func(b *testing.B) {
			db, err := Open(filepath.Join(b.TempDir(), "bench.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }() // the benchmark is over
			tbl, err := db.Table("tracker")
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				var ops []table.Op
				for j := range n {
					ops = append(ops, table.Op{Item: item("p", fmt.Sprintf("%d-%d", i, j), strings.Repeat("x", 1000)), If: table.Absent})
				}
				if err := tbl.Write(b.Context(), ops...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	db, err := Open(filepath.Join(b.TempDir(), "bench.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }() // the benchmark is over
	tbl, err := db.Table("tracker")
	if err != nil {
		b.Fatal(err)
	}
	var keys []table.Key
	for i := range 10 {
		var ops []table.Op
		for j := range table.MostWrites {
			it := item("p", fmt.Sprintf("%d-%d", i, j), strings.Repeat("x", 500))
			ops, keys = append(ops, table.Op{Item: it}), append(keys, it.Key)
		}
		if err := tbl.Write(b.Context(), ops...); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("a page of 1000", func(b *testing.B) {
		for b.Loop() {
			if page, err := tbl.Query(b.Context(), table.Query{PK: "p"}); err != nil || len(page.Items) != 1000 {
				b.Fatal(len(page.Items), err)
			}
		}
	})
	b.Run("1000 by key", func(b *testing.B) {
		for b.Loop() {
			if items, err := tbl.Get(b.Context(), keys...); err != nil || len(items) != 1000 {
				b.Fatal(len(items), err)
			}
		}
	})
	b.Run("1 by key", func(b *testing.B) {
		for b.Loop() {
			if items, err := tbl.Get(b.Context(), keys[500]); err != nil || len(items) != 1 {
				b.Fatal(len(items), err)
			}
		}
	})
}
