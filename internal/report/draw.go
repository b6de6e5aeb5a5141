// Package report draws a snapshot: the bars and curves of the results page, and the tables that are handed on as CSV.
package report

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

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

// Curve is an indicator's growth by month as a line of steps, in a drawing of the given size. An SVG path draws it.
type Curve struct {
	Line, Area string
	Plan       float64 // height of the line of what was planned
}

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
	y := func(v float64) float64 { return round(height - v/top*height) }
	c := Curve{Plan: y(value(target))}
	if len(months) == 0 {
		return c
	}
	step := width / float64(len(months))
	var line strings.Builder
	line.WriteString("M0 " + number(y(0)))
	for i, m := range months {
		line.WriteString("V" + number(y(value(m.Total))) + "H" + number(round(float64(i+1)*step)))
	}
	c.Line = line.String()
	c.Area = c.Line + "V" + number(y(0)) + "H0Z"
	return c
}

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
