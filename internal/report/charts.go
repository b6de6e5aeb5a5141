// Package report computes the charts of the results page and writes the CSV exports of a snapshot.
package report

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

// Bar is the progress of an indicator, on a bar 100 wide. The target is at Plan in every bar, so that the marks of all
// bars align.
type Bar struct {
	Filled float64
	Plan   float64
	Over   bool // the value exceeds the bar
}

// barEnd is the percentage at the end of a bar.
const barEnd = 150

// Progress returns the bar of a percentage.
func Progress(percent json.Number) Bar {
	p := value(percent)
	return Bar{Filled: round(min(max(p, 0), barEnd) * 100 / barEnd), Plan: round(100 * 100.0 / barEnd), Over: p > barEnd}
}

// Share returns the share of a part in a whole, 0 to 100.
func Share(part, whole int64) float64 {
	if whole <= 0 || part <= 0 {
		return 0
	}
	return round(min(100, float64(part)*100/float64(whole)))
}

// Curve is the growth by month as a step line, and what was planned. Both are SVG paths; Line has the area below the
// line, whose edges lie outside of the chart. Plan is "" where nothing was planned.
type Curve struct {
	Line string
	Plan string
}

// overhang is how far outside of the chart the edges of an area lie.
const overhang = 8

// Growth returns the curve of an indicator for a chart of the given size. The plan is its line where the definition has
// targets by date or a baseline, else the target. The top of the chart is 8 % above the largest of the target, the
// plan's points that it shows, and the totals.
func Growth(d *project.Definition, in snapshot.Indicator, width, height float64) Curve {
	defined, _ := d.Indicator(in.Code)
	var line plan
	if len(defined.Targets) > 0 || defined.Baseline != nil {
		line = planOf(d, defined)
	}
	top := value(in.Target)
	for i, point := range line {
		if i == 0 || point.months <= float64(len(in.ByMonth)) {
			top = max(top, point.value)
		}
	}
	for _, m := range in.ByMonth {
		top = max(top, value(m.Total))
	}
	if top <= 0 {
		top = 1
	}
	top *= 1.08
	y := func(v float64) float64 { return math.Round(height - v/top*height) }
	out := Curve{}
	switch {
	case in.Target == "":
	case line != nil:
		out.Plan = line.path(len(in.ByMonth), width, y)
	default:
		out.Plan = "M0 " + number(y(value(in.Target))) + "H" + number(width)
	}
	if len(in.ByMonth) == 0 {
		return out
	}
	var path strings.Builder
	path.WriteString("M-" + number(overhang) + " " + number(height+overhang) + "V" + number(y(0)))
	at := y(0)
	for i, m := range in.ByMonth {
		if now := y(max(0, value(m.Total))); now != at { // the axis begins at 0
			at = now
			path.WriteString("H" + number(math.Round(float64(i)*width/float64(len(in.ByMonth)))) + "V" + number(at))
		}
	}
	path.WriteString("H" + number(width+overhang) + "V" + number(height+overhang))
	out.Line = path.String()
	return out
}

// Whole is the joint growth of all results: at the end of each month, the mean of their percentages, each capped at
// 100. The chart is as wide as the project is long. The plan is the mean of what was planned of them: a straight line
// from 0 on the first day of the project to 100 on its last where none has targets by date or a last day of its own.
type Whole struct {
	Line, Area  string
	Plan        string
	Percent     json.Number
	PlanPercent json.Number // of the plan on the day of the snapshot
}

// JointGrowth returns the joint growth for a chart of the given size, without results whose number is not shown, that
// have no target, or that are to go down. It
// returns false if the snapshot has no months or the period is invalid.
func JointGrowth(s snapshot.Snapshot, d *project.Definition, width, height float64) (Whole, bool) {
	period := d.Period
	from, err := time.Parse(time.DateOnly, period.From)
	to, bad := time.Parse(time.DateOnly, period.To)
	asOf, none := time.Parse(time.DateOnly, s.AsOf)
	months := 0
	counted := slices.DeleteFunc(slices.Clone(s.Indicators), func(in snapshot.Indicator) bool {
		defined, _ := d.Indicator(in.Code)
		return in.Few || in.Withheld || len(in.ByMonth) == 0 || value(in.Target) <= 0 || defined.Direction == project.Down
	})
	for _, in := range counted {
		months = max(months, len(in.ByMonth))
	}
	if err != nil || bad != nil || none != nil || months == 0 {
		return Whole{}, false
	}
	months = min(months, to.Year()*12+int(to.Month())-from.Year()*12-int(from.Month())+1)
	// passed returns the share of the days of the project that have passed at the end of a day.
	passed := func(day time.Time) float64 {
		const long = 24 * time.Hour
		return min(1, max(0, float64(day.Sub(from)/long+1)/float64(to.Sub(from)/long+1)))
	}
	var line strings.Builder
	line.WriteString("M0 " + number(height))
	mean := 0.0
	for i := range months {
		mean = 0
		for _, in := range counted {
			mean += max(0, min(100, 100*value(in.ByMonth[min(i, len(in.ByMonth)-1)].Total)/value(in.Target))) / float64(len(counted))
		}
		last := time.Date(from.Year(), from.Month()+time.Month(i)+1, 0, 0, 0, 0, 0, time.UTC) // of the month
		if last.After(asOf) {
			last = asOf
		}
		line.WriteString("L" + number(math.Round(passed(last)*width)) + " " + number(math.Round(height-mean/100*height)))
	}
	plan, percent := jointPlan(counted, d, to.Sub(from).Hours()/24+1, asOf.Sub(from).Hours()/24+1, width, height)
	return Whole{Line: line.String(), Area: line.String() + "V" + number(height) + "H0Z", Plan: plan, Percent: tenths(mean), PlanPercent: tenths(percent)}, true
}

// jointPlan returns the mean of what was planned of indicators, in percent of their targets, each from 0 to 100: as an
// SVG path over all days of the project, and the value on the day of the snapshot.
func jointPlan(counted []snapshot.Indicator, d *project.Definition, last, asOf, width, height float64) (path string, now float64) {
	var plans []plan
	days := []float64{0, last}
	for _, in := range counted {
		defined, known := d.Indicator(in.Code)
		line := planOf(d, defined)
		if !known || len(line) == 0 || line[len(line)-1].value <= 0 {
			line = plan{{}, {days: last, value: 100}}
		}
		plans = append(plans, line)
		for _, point := range line {
			if point.days > 0 && point.days < last {
				days = append(days, point.days)
			}
		}
	}
	at := func(day float64) (mean float64) {
		for _, line := range plans {
			mean += max(0, min(100, 100*line.on(day)/line[len(line)-1].value)) / float64(len(plans))
		}
		return mean
	}
	slices.Sort(days)
	sign := "M"
	for _, day := range slices.Compact(days) {
		path += sign + number(math.Round(day/last*width)) + " " + number(math.Round(height-at(day)/100*height))
		sign = "L"
	}
	return path, at(min(max(asOf, 0), last))
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

// Percent returns part × 100 ÷ whole, rounded half up to one decimal, as a snapshot writes percentages.
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
