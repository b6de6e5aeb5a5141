// Package storetest gives tests a base with empty tables.
package storetest

import (
	"path/filepath"
	"testing"
	"time"

	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/sqlite"
)

// New is a base whose tables and files are empty, and go with the test.
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

// Again is a base on the same tables for another function that starts: it remembers nothing of the lanes.
func Again(db *store.DB) *store.DB {
	return &store.DB{Tracker: db.Tracker, People: db.People, Objects: db.Objects, Secret: db.Secret, Now: db.Now, Lane: db.Lane}
}
