package counting

import (
	"math/big"
	"slices"
	"time"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

// NextStatusChange returns the first day after a day on which an indicator of the snapshot may get another status
// although nothing is added: by then more is planned than was achieved. It returns "" where there is none. The snapshot
// is of the day or of an earlier one from which it differs in the day alone.
func NextStatusChange(def *project.Definition, snap snapshot.Snapshot, after string) string {
	first, err := time.Parse(time.DateOnly, def.Period.From)
	if err != nil || !isDay(after) || !isDay(def.Period.To) {
		return ""
	}
	c := counter{from: dayOf(def.Period.From)}
	today, next := c.daysTo(dayOf(after)), 0
	for i := range snap.Indicators {
		figure := &snap.Indicators[i]
		in, known := def.Indicator(figure.Code)
		if !known || in.Monitored || figure.Status == "" {
			continue
		}
		p := newPlan(def, in)
		last := p.points[len(p.points)-1].day
		if next > 0 {
			last = min(last, next-1)
		}
		for day := max(today+1, 1); day <= last; day++ {
			if p.mayChange(figure, in, day) {
				next = day
				break
			}
		}
	}
	if next == 0 {
		return ""
	}
	return first.AddDate(0, 0, next-1).Format(time.DateOnly)
}

// mayChange reports whether the status of a figure may be another one on a day, as far as the rounded figure shows.
func (p *plan) mayChange(figure *snapshot.Indicator, in project.Indicator, day int) bool {
	started := figure.Records > 0 || !in.OfRecords() || in.UsesWho() && figure.Achieved != "" && figure.Achieved != "0"
	return slices.ContainsFunc(possible(figure, in), func(value *big.Rat) bool {
		_, status := p.judge(value, started, day)
		return status != figure.Status
	})
}

// possible returns values that the figure may exactly have: the least, its own and the largest.
func possible(figure *snapshot.Indicator, in project.Indicator) []*big.Rat {
	value, ok := new(big.Rat).SetString(figure.Achieved.String())
	switch {
	case !ok:
		return nil
	case in.Count == project.CountShare && figure.Denominator > 0:
		return []*big.Rat{big.NewRat(100*figure.Numerator, figure.Denominator)}
	case !in.Derived() || in.Count == project.CountSaid:
		return []*big.Rat{value}
	}
	step := big.NewRat(1, 2)
	for range in.Decimals {
		step.Quo(step, big.NewRat(10, 1))
	}
	return []*big.Rat{new(big.Rat).Sub(value, step), value, new(big.Rat).Add(value, step)}
}
