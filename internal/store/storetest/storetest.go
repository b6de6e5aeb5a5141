// Package storetest gives tests a base with empty tables.
package storetest

import (
	"testing"
	"time"

	"outreach/internal/store"
	"outreach/internal/table/memory"
)

// New returns a base with empty tables in memory.
func New(t testing.TB) *store.DB {
	t.Helper()
	return &store.DB{Tracker: &memory.Table{}, People: &memory.Table{}, Secret: []byte("0123456789abcdef0123456789abcdef"), Now: time.Now}
}

// Again is a base on the same tables for another function that starts: it remembers nothing of the lanes.
func Again(db *store.DB) *store.DB {
	return &store.DB{Tracker: db.Tracker, People: db.People, Objects: db.Objects, Secret: db.Secret, Now: db.Now, Lane: db.Lane}
}
