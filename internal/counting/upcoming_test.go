package counting

import (
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

// The day that is told is the first one on which status itself says something else.
func TestNextStatusChangeIsTheDayOnWhichTheStatusChanges(t *testing.T) {
	t.Parallel()
	def := &project.Definition{Period: project.Period{From: "2026-01-01", To: "2026-12-31"}}
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const days = 365
	for tenths := int64(0); tenths <= 1100; tenths += 7 {
		for _, today := range []int64{-5, 1, 40, 200, 364, 365, 400} {
			passed := min(max(today, 0), days)
			now := status(big.NewInt(tenths), passed, days)
			want := ""
			for day := today + 1; day <= days+10; day++ {
				if status(big.NewInt(tenths), min(max(day, 0), days), days) != now {
					want = first.AddDate(0, 0, int(day-1)).Format(time.DateOnly)
					break
				}
			}
			snap := snapshot.Snapshot{Indicators: []snapshot.Indicator{
				{Percent: percent(big.NewInt(tenths)), Status: now},
				{Percent: json.Number("120.0"), Status: achieved},
			}}
			after := first.AddDate(0, 0, int(today-1)).Format(time.DateOnly)
			if got := NextStatusChange(def, snap, after); got != want {
				t.Fatalf("%d tenths after %s: %q, want %q", tenths, after, got, want)
			}
		}
	}
}
