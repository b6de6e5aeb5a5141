package fact

import (
	"testing"
	"time"
)

// Evidence of snapshots has ids of rows: how they are derived must never change.
func TestLineIDNeverChanges(t *testing.T) {
	t.Parallel()
	arrived := time.Date(2010, 3, 1, 12, 30, 15, 987654321, time.UTC)
	if got := LineID("01JD0000000000000000000000", arrived, 3); got != "014WCV93XKVCJB013KQG000003" {
		t.Errorf("got %s", got)
	}
}

func TestTheKeyOfAFactNamesItsProject(t *testing.T) {
	t.Parallel()
	for partition, want := range map[string]string{factPartition("town-1", 7, 12): "town-1", "SIGNUP#town-1#x": "", "": ""} {
		if got := ProjectOf(partition); got != want {
			t.Errorf("%q is of %q, want %q", partition, got, want)
		}
	}
}
