package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"outreach/internal/table"
)

// TestWhatIsDeletedLeavesTheDisk writes, changes and deletes items of all sizes at random, and searches the files for
// texts and keys that are no longer there.
func TestWhatIsDeletedLeavesTheDisk(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 1))
		path := filepath.Join(t.TempDir(), "scrubbed.db")
		db, people := openTable(t, path, "people")
		tracker, err := db.Table("tracker")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.writer.Exec(`PRAGMA synchronous = off`); err != nil { // nothing crashes here
			t.Fatal(err)
		}
		live, dead := map[string]table.Item{}, []string{}
		n := 0
		marked := func() string { n++; return fmt.Sprintf("<mark-%d-%d>", seed, n) }
		for range 3000 {
			tbl, prefix := people, "p"
			if random.IntN(2) == 0 {
				tbl, prefix = tracker, "t"
			}
			key := prefix + fmt.Sprint(random.IntN(300))
			before, there := live[key]
			kill := func() {
				if there {
					dead = append(dead, string(before.Data[:bytes.IndexByte(before.Data, '>')+1]), before.Index.SK)
				}
			}
			if there && random.IntN(3) == 0 {
				kill()
				delete(live, key)
				if err := tbl.Write(t.Context(), table.Op{Verb: table.Delete, Item: before}); err != nil {
					t.Fatal(err)
				}
				continue
			}
			kill()
			it := item(key, "x", marked()+strings.Repeat("y", random.IntN(1<<random.IntN(14))))
			it.Index = table.Key{PK: "i", SK: marked()}
			live[key] = it
			if err := tbl.Write(t.Context(), table.Op{Item: it}); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Scrubbed(t.Context(), func() (bool, error) { return true, nil }); err != nil {
			t.Fatal(err)
		}
		var content []byte
		for _, name := range []string{path, path + "-wal"} {
			part, err := os.ReadFile(name)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			content = append(content, part...)
		}
		found := 0
		for _, mark := range dead {
			if bytes.Contains(content, []byte(mark)) {
				found++
			}
		}
		if found > 0 {
			t.Errorf("seed %d: %d of %d deleted texts are in the files", seed, found, len(dead))
		}
		for key, it := range live {
			if !bytes.Contains(content, it.Data[:bytes.IndexByte(it.Data, '>')+1]) {
				t.Errorf("seed %d: %s is not in the files: the search finds nothing", seed, key)
			}
		}
	}
}

func TestScrubDoesWhatWasLeft(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "left.db")
	db, tbl := openTable(t, path, "people")
	holds := func() bool {
		t.Helper()
		log, err := os.ReadFile(path + "-wal")
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return bytes.Contains(log, []byte("<a secret>"))
	}
	it := item("p", "a", "<a secret>")
	write := func() {
		t.Helper()
		if err := tbl.Write(t.Context(), table.Op{Item: it}); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(err error) func() (bool, error) {
		return func() (bool, error) {
			return err == nil, errors.Join(err, tbl.Write(t.Context(), table.Op{Verb: table.Delete, Item: it}))
		}
	}
	failed := errors.New("failed")
	write()
	if err := db.Scrub(t.Context()); err != nil || holds() { // a file of an earlier version
		t.Errorf("a new file: %v", err)
	}
	write()
	if err := db.Scrubbed(t.Context(), func() (bool, error) { return false, nil }); err != nil || !holds() {
		t.Errorf("nothing was removed, but the file was written anew: %v", err)
	}
	if err := db.Scrub(t.Context()); err != nil || !holds() {
		t.Errorf("nothing was left to do: %v", err)
	}
	if err := db.Scrubbed(t.Context(), remove(failed)); !errors.Is(err, failed) || !holds() {
		t.Errorf("after an error: %v", err)
	}
	if err := db.Scrub(t.Context()); err != nil || holds() {
		t.Errorf("what an error left: %v", err)
	}
	write()
	err := db.Scrubbed(t.Context(), func() (bool, error) {
		inner := db.Scrubbed(t.Context(), remove(nil))
		if !holds() {
			t.Error("the first of two to end did not leave it to the last")
		}
		return false, inner
	})
	if err != nil || holds() {
		t.Errorf("the last of two to end: %v", err)
	}
	write()
	err = db.Scrubbed(t.Context(), func() (bool, error) { // a second process finds what a crash leaves
		removed, err := remove(nil)()
		crashed, _ := openTable(t, path, "people")
		if !crashed.soiled {
			t.Error("after a crash nothing would be done")
		}
		return removed, err
	})
	if again, _ := openTable(t, path, "people"); err != nil || again.soiled {
		t.Errorf("after the end it would be done again: %v", err)
	}
}
