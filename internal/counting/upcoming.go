package counting

import (
	"math/big"
	"time"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

// NextStatusChange returns the first day after a day on which an indicator of the snapshot gets another status although
// nothing is added: by then more is planned than was achieved. It returns "" where there is none. The snapshot is of
// the day or of an earlier one from which it differs in the day alone.
func NextStatusChange(def *project.Definition, snap snapshot.Snapshot, after string) string {
	first, err := time.Parse(time.DateOnly, def.Period.From)
	if err != nil || !isDay(after) || !isDay(def.Period.To) {
		return ""
	}
	c := counter{from: dayOf(def.Period.From), to: dayOf(def.Period.To)}
	days, today := int64(c.daysTo(c.to)), int64(c.daysTo(dayOf(after)))
	next := days + 1
	for _, in := range snap.Indicators {
		achieved, ok := new(big.Rat).SetString(in.Percent.String())
		if in.Status != onTrack || !ok {
			continue
		}
		// An indicator is behind once the share of the days that have passed is larger than the percentage.
		planned := achieved.Mul(achieved, big.NewRat(days, 100))
		change := new(big.Int).Quo(planned.Num(), planned.Denom()).Int64() + 1
		if change > today {
			next = min(next, change)
		}
	}
	if next > days {
		return ""
	}
	return first.AddDate(0, 0, int(next-1)).Format(time.DateOnly)
}
