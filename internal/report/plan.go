package report

import (
	"math"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

// plan is the line of what was planned of an indicator: straight between its points.
type plan []planned

// planned is a point of a plan: what is planned at the end of a day. Its time is the number of days since the period's
// start, and its month that of months, so that charts of both kinds can draw it.
type planned struct{ days, months, value float64 }

// planOf returns the plan of an indicator: from 0, or from its baseline, at the start of the period, by its dated
// targets to the last one. It returns nil where nothing was promised, or a date is invalid.
func planOf(d *project.Definition, in project.Indicator) plan {
	from, err := time.Parse(time.DateOnly, d.Period.From)
	if err != nil || in.Monitored {
		return nil
	}
	var out plan
	add := func(day string, value float64) bool {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return false
		}
		monthDays := time.Date(at.Year(), at.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
		out = append(out, planned{
			days:   at.Sub(from).Hours()/24 + 1,
			months: float64(at.Year()*12+int(at.Month())-from.Year()*12-int(from.Month())) + float64(at.Day())/float64(monthDays),
			value:  value,
		})
		return true
	}
	start := 0.0
	if in.Baseline != nil {
		start = in.Baseline.Value
	}
	out = append(out, planned{0, float64(from.Day()-1) / 31, start})
	for _, t := range in.Targets {
		if !add(t.By, t.Value) {
			return nil
		}
	}
	if len(in.Targets) == 0 && !add(in.LastDay(d.Period), in.Target) {
		return nil
	}
	return out
}

// on returns what is planned at the end of a day, in days since the period's start.
func (p plan) on(days float64) float64 {
	before := p[0]
	for _, next := range p[1:] {
		if days < next.days {
			if days <= before.days {
				return before.value
			}
			return before.value + (next.value-before.value)*(days-before.days)/(next.days-before.days)
		}
		before = next
	}
	return before.value
}

// path returns the plan as an SVG path in a chart by months, level from its last point to the chart's edge.
func (p plan) path(months int, width float64, y func(float64) float64) string {
	var out strings.Builder
	for i, point := range p {
		sign := "L"
		if i == 0 {
			sign = "M"
		}
		out.WriteString(sign + number(math.Round(point.months*width/float64(max(months, 1)))) + " " + number(y(point.value)))
	}
	if last := p[len(p)-1]; last.months < float64(months) {
		out.WriteString("H" + number(width))
	}
	return out.String()
}

// Tally is how many of the results with a target are achieved, as the reader of a snapshot sees it.
type Tally struct {
	Planned  int64 // that are shown with their status
	Achieved int64 // of these
	NotShown int64 // others, whose status would reveal a number of few people
}

// TallyOf counts results. Those without a target are watched only, and in no number.
func TallyOf(all []snapshot.Indicator) Tally {
	var t Tally
	for _, in := range all {
		switch {
		case in.Target == "":
		case in.Few || in.Withheld:
			t.NotShown++
		default:
			t.Planned++
			if in.Status == "achieved" {
				t.Achieved++
			}
		}
	}
	return t
}
