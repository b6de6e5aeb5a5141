package sqlite

import (
	"path/filepath"
	"testing"

	"outreach/internal/table"
	"outreach/internal/table/tabletest"
)

func TestSuite(t *testing.T) {
	tabletest.Run(t, func(t *testing.T) table.Table {
		db, err := Open(filepath.Join(t.TempDir(), "a b%20?.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		tracker, err := db.Table("tracker")
		if err != nil {
			t.Fatal(err)
		}
		return tracker
	})
}
