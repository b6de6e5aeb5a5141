// Package report draws a snapshot: the bars and curves of the results page, and the tables that are handed on as CSV.
package report

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

// Bar is how far an indicator has come, in parts of a bar that is 100 wide. What was planned is at Plan in every bar, so
// that the marks of a table stand below each other.
type Bar struct {
	Filled float64
	Plan   float64
	Over   bool // there is more than the bar can show
}

// The bar ends at one and a half times the plan.
const barEnd = 150

// Progress gives the bar of a percentage.
func Progress(percent json.Number) Bar {
	p := value(percent)
	return Bar{Filled: round(min(max(p, 0), barEnd) * 100 / barEnd), Plan: round(100 * 100.0 / barEnd), Over: p > barEnd}
}

// Share gives a part of a whole on a bar 100 wide.
func Share(part, whole int64) float64 {
	if whole <= 0 || part <= 0 {
		return 0
	}
	return round(min(100, float64(part)*100/float64(whole)))
}

// Curve is a growth by month as a line of steps, in a drawing of the given size. An SVG path draws it: Line together with
// the area below it, whose edges lie outside of the drawing.
type Curve struct {
	Line string
	Plan float64 // height of the line of what was planned
}

// beyond is how far outside of the drawing an area's edges lie.
const beyond = 8

// Growth gives the curve. The drawing's height is the larger of what was planned and what there is, and a little air.
func Growth(months []snapshot.Month, target json.Number, width, height float64) Curve {
	top := value(target)
	for _, m := range months {
		top = max(top, value(m.Total))
	}
	if top <= 0 {
		top = 1
	}
	top *= 1.08
	y := func(v float64) float64 { return math.Round(height - v/top*height) }
	if len(months) == 0 {
		return Curve{Plan: y(value(target))}
	}
	var line strings.Builder
	line.WriteString("M-" + number(beyond) + " " + number(height+beyond) + "V" + number(y(0)))
	at := y(0)
	for i, m := range months {
		if now := y(value(m.Total)); now != at {
			at = now
			line.WriteString("H" + number(math.Round(float64(i)*width/float64(len(months)))) + "V" + number(at))
		}
	}
	line.WriteString("H" + number(width+beyond) + "V" + number(height+beyond))
	return Curve{Line: line.String(), Plan: y(value(target))}
}

// Whole is how all planned results have grown together: by the end of each month, the mean of what was achieved of each,
// where no result counts for more than all that was planned of it. The drawing is as wide as the project is long; the plan's
// line goes evenly from nothing, on the project's first day, to everything on its last, as the states of results do.
type Whole struct {
	Line, Area  string
	Percent     json.Number
	PlanPercent json.Number // where the plan's line stands on the day of the snapshot
}

// Together gives the growth of the whole; false where a snapshot has no months or the period is none.
func Together(s snapshot.Snapshot, period project.Period, width, height float64) (Whole, bool) {
	from, err := time.Parse(time.DateOnly, period.From)
	to, bad := time.Parse(time.DateOnly, period.To)
	asOf, none := time.Parse(time.DateOnly, s.AsOf)
	if err != nil || bad != nil || none != nil || len(s.Indicators) == 0 || len(s.Indicators[0].ByMonth) == 0 {
		return Whole{}, false
	}
	// passed is the share of the project's days that has passed at the end of a day.
	passed := func(day time.Time) float64 {
		const long = 24 * time.Hour
		return min(1, max(0, float64(day.Sub(from)/long+1)/float64(to.Sub(from)/long+1)))
	}
	var line strings.Builder
	line.WriteString("M0 " + number(height))
	mean := 0.0
	for i := range s.Indicators[0].ByMonth {
		mean = 0
		for _, in := range s.Indicators {
			if target := value(in.Target); target > 0 && i < len(in.ByMonth) {
				mean += min(100, 100*value(in.ByMonth[i].Total)/target) / float64(len(s.Indicators))
			}
		}
		last := time.Date(from.Year(), from.Month()+time.Month(i)+1, 0, 0, 0, 0, 0, time.UTC) // of the month
		if last.After(asOf) {
			last = asOf
		}
		line.WriteString("L" + number(math.Round(passed(last)*width)) + " " + number(math.Round(height-mean/100*height)))
	}
	return Whole{Line: line.String(), Area: line.String() + "V" + number(height) + "H0Z", Percent: tenths(mean), PlanPercent: tenths(100 * passed(asOf))}, true
}

func tenths(v float64) json.Number { return json.Number(number(round(v))) }

func value(n json.Number) float64 {
	v, err := n.Float64()
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

func round(v float64) float64 { return math.Round(v*10) / 10 }

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Percent is part × 100 ÷ whole, rounded half up to one decimal, as a snapshot writes percentages.
func Percent(part, whole int64) json.Number {
	if whole <= 0 {
		return "0"
	}
	tenths := (part*2000 + whole) / (2 * whole)
	if tenths%10 == 0 {
		return json.Number(strconv.FormatInt(tenths/10, 10))
	}
	return json.Number(strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10))
}
