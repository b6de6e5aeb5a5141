package fact

import (
	"testing"
	"time"
)

// What lies in snapshots' evidence must be found again: the id of a row is worked out the same way for ever.
func TestALineKeepsItsID(t *testing.T) {
	t.Parallel()
	arrived := time.Date(2010, 3, 1, 12, 30, 15, 987654321, time.UTC)
	if got := LineID("01JD0000000000000000000000", arrived, 3); got != "014WCV93XKVCJB013KQG000003" {
		t.Errorf("got %s", got)
	}
}
