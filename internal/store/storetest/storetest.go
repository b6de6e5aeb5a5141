// Package storetest provides tests with a base on empty tables.
package storetest

import (
	"path/filepath"
	"testing"
	"time"

	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/sqlite"
)

// New returns a base on empty SQLite tables, without objects, that are deleted after the test.
func New(t testing.TB) *store.DB {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	open := func(name string) table.Table {
		opened, err := db.Table(name)
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	return &store.DB{Tracker: open("tracker"), People: open("people"), Secret: []byte("0123456789abcdef0123456789abcdef"), Now: time.Now}
}

// Again returns another base on the same tables, as a newly started function has: without cached heads of lanes.
func Again(db *store.DB) *store.DB {
	return &store.DB{Tracker: db.Tracker, People: db.People, Objects: db.Objects, Secret: db.Secret, Now: db.Now, Lane: db.Lane}
}
