package importer

import (
	"fmt"
	"math"
	"time"
)

// momentFormat is which parts of a moment a number format shows.
type momentFormat struct {
	year, month, day, clock bool
	elapsed                 bool // hours are counted on beyond a day
}

func (f momentFormat) isMoment() bool { return f.year || f.month || f.day || f.clock }

// dated reports whether the format shows any part of a date.
func (f momentFormat) dated() bool { return f.year || f.month || f.day }

// vague returns which part of a date the format leaves out.
func (f momentFormat) vague() vague {
	switch {
	case !f.dated():
		return exact
	case !f.day:
		return withoutDay
	case !f.year:
		return withoutYear
	}
	return exact
}

const (
	secondsADay = 24 * 60 * 60
	lastDay     = 2958465 // 9999-12-31 in the 1900 system
	mostElapsed = 32      // days up to which a time of day is a count of hours: a date of January 1900 is none that anybody means
)

// cell returns a number as its format shows it: 2010-07-21, 18:25:00, or both; or 25:30:00, a duration. It returns
// false if it is not a moment.
func (f momentFormat) cell(n float64, from1904 bool) (cell, bool) {
	if !f.isMoment() || n < 0 || n > lastDay {
		return cell{}, false
	}
	seconds := int64(math.Round(n * secondsADay))
	days := int(seconds / secondsADay)
	if !f.dated() && (f.elapsed || 1 <= days && days < mostElapsed) {
		return cell{text: durationText(seconds), form: moment}, true
	}
	c := cell{form: moment, vague: f.vague()}
	at := time.Date(1899, time.December, 30, 0, 0, int(seconds%secondsADay), 0, time.UTC)
	switch {
	case from1904:
		at = at.AddDate(4, 0, days+2)
	case days > 60:
		at = at.AddDate(0, 0, days)
	case days == 60 && f.dated(): // 29 February 1900, which only exists in spreadsheets
		c.text = "1900-02-29"
		return c, true
	case days == 0 && f.dated():
		c.text = "1900-01-00"
		return c, true
	default:
		at = at.AddDate(0, 0, days+1)
	}
	switch {
	case !f.clock:
		c.text = at.Format(time.DateOnly)
	case !f.dated():
		c.text = at.Format(time.TimeOnly)
	default:
		c.text = at.Format(momentLayout)
	}
	return c, true
}

// durationText returns seconds as 25:30:00.
func durationText(seconds int64) string {
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// isoMoment returns the cell of a moment stored as text in ISO 8601, of which a format shows a part. Without a format
// all of it is shown.
func isoMoment(stored string, f momentFormat) cell {
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		at, err := time.Parse(layout, stored)
		if err != nil {
			continue
		}
		c := cell{form: moment, vague: f.vague()}
		switch {
		case f.clock && !f.dated():
			c.text = at.Format(time.TimeOnly)
		case f.dated() && !f.clock, at.Equal(at.Truncate(24 * time.Hour)):
			c.text = at.Format(time.DateOnly)
		default:
			c.text = at.Format(momentLayout)
		}
		return c
	}
	return cell{text: stored, form: moment}
}
