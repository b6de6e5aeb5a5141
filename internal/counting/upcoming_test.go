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
	def := &project.Definition{Period: project.Period{From: "2026-01-01", To: "2026-12-31"}, Indicators: []project.Indicator{
		{Code: "1", Count: "records", Target: 100}, {Code: "2", Count: "records", Target: 10},
		{Code: "3", Count: "records", Targets: []project.TargetPoint{{By: "2026-03-01", Value: 30}, {By: "2026-10-01", Value: 90}}, Target: 90},
		{Code: "4", Count: "records", Target: 20, Direction: "down", Baseline: &project.Baseline{Value: 90}},
		{Code: "5", Count: "records", Monitored: true},
	}}
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, only := range []int{0, 2, 3} {
		p := newPlan(def, def.Indicators[only])
		for value := int64(0); value <= 110; value += 3 {
			for _, today := range []int{-5, 1, 40, 200, 364, 365, 400} {
				on := func(day int) (json.Number, string) { return p.judge(big.NewRat(value, 1), value > 0, min(day, 365)) }
				percent, now := on(today)
				want := ""
				for day := max(today+1, 1); day <= 375; day++ {
					if _, then := on(day); then != now {
						want = first.AddDate(0, 0, day-1).Format(time.DateOnly)
						break
					}
				}
				number := func(n int64) json.Number { return json.Number(big.NewInt(n).String()) }
				snap := snapshot.Snapshot{Indicators: []snapshot.Indicator{
					{Code: def.Indicators[only].Code, Percent: percent, Achieved: number(value), Records: value, Status: now},
					{Code: "2", Percent: json.Number("120.0"), Achieved: "12", Records: 12, Status: achieved},
					{Code: "5", Achieved: "7", Records: 7, Status: monitored}, {Code: "gone", Achieved: "1", Status: behind},
				}}
				after := first.AddDate(0, 0, today-1).Format(time.DateOnly)
				if got := NextStatusChange(def, snap, after); got != want {
					t.Fatalf("%s: %d after %s: %q, want %q", def.Indicators[only].Code, value, after, got, want)
				}
			}
		}
	}
}
