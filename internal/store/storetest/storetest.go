// Package storetest provides tests with a base on empty tables.
package storetest

import (
	"testing"
	"time"

	"outreach/internal/objects/folder"
	"outreach/internal/store"
	"outreach/internal/table/memory"
)

// New returns a base with empty tables in memory.
func New(t testing.TB) *store.DB {
	t.Helper()
	return &store.DB{Tracker: &memory.Table{}, People: &memory.Table{}, Secret: []byte("0123456789abcdef0123456789abcdef"), Now: time.Now}
}

// WithObjects returns such a base with objects in a new folder.
func WithObjects(t testing.TB) *store.DB {
	t.Helper()
	db := New(t)
	files, err := folder.Open(t.TempDir(), "http://localhost:3000", db.Secret)
	if err != nil {
		t.Fatal(err)
	}
	db.Objects = files
	return db
}

// Reopen returns another base on the same tables, as a newly started function has: without cached heads of lanes.
func Reopen(db *store.DB) *store.DB {
	return &store.DB{Tracker: db.Tracker, People: db.People, Objects: db.Objects, Secret: db.Secret, Links: db.Links, Now: db.Now, Lane: db.Lane}
}
