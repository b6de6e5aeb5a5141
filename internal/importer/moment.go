package importer

import (
	"math"
	"strconv"
	"strings"
	"time"

	"outreach/internal/schema"
)

// momentFormat is which parts of a moment a number format shows.
type momentFormat struct{ day, clock bool }

// builtInFormat returns the format of a built-in id, which has no code in the file.
func builtInFormat(id int) momentFormat {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id >= 57 && id <= 58:
		return momentFormat{day: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id >= 55 && id <= 56:
		return momentFormat{clock: true}
	case id == 22:
		return momentFormat{day: true, clock: true}
	}
	return momentFormat{}
}

// readFormat reads a format's code, such as yyyy\-mm\-dd or [$-415]d mmmm hh:mm. An m is a minute beside hours or
// seconds, and else a month.
func readFormat(code string) momentFormat {
	var f momentFormat
	month := false
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case ';': // what follows is for other numbers than positive ones
			i = len(code)
		case '\\', '_', '*': // the next character is shown, or measured, as it is
			i++
		case '"':
			if end := strings.IndexByte(code[i+1:], '"'); end >= 0 {
				i += end + 1
			}
		case '[': // a colour, a language, or elapsed hours, minutes or seconds
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				continue
			}
			if strings.Trim(strings.ToLower(code[i+1:i+end]), "hms") == "" {
				f.clock = true
			}
			i += end
		case 'y', 'Y', 'd', 'D':
			f.day = true
		case 'h', 'H', 's', 'S':
			f.clock = true
		case 'm', 'M':
			month = true
		case 'G', 'g': // General
			if len(code) >= i+7 && strings.EqualFold(code[i:i+7], "general") {
				i += 6
			}
		}
	}
	if month && !f.clock {
		f.day = true
	}
	return f
}

const (
	secondsADay = 24 * 60 * 60
	lastDay     = 2958465 // 9999-12-31 in the 1900 system
)

// momentText returns a number as its format shows it: 2010-07-21, 18:25:00, or both; false if it is not a moment.
func momentText(n float64, f momentFormat, from1904 bool) (string, bool) {
	if !f.day && !f.clock || n < 0 || n > lastDay {
		return "", false
	}
	seconds := int64(math.Round(n * secondsADay))
	days := int(seconds / secondsADay)
	at := time.Date(1899, time.December, 30, 0, 0, int(seconds%secondsADay), 0, time.UTC)
	switch {
	case from1904:
		at = at.AddDate(4, 0, days+2)
	case days > 60:
		at = at.AddDate(0, 0, days)
	case days == 60 && f.day: // 29 February 1900, which only exists in spreadsheets
		return "1900-02-29", true
	case days == 0 && f.day:
		return "1900-01-00", true
	default:
		at = at.AddDate(0, 0, days+1)
	}
	switch {
	case !f.clock:
		return at.Format(time.DateOnly), true
	case !f.day:
		return at.Format(time.TimeOnly), true
	}
	return at.Format(momentLayout), true
}

// isoMoment returns the cell of a moment stored as text in ISO 8601.
func isoMoment(stored string) cell {
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, stored); err == nil {
			if at.Equal(at.Truncate(24 * time.Hour)) {
				return cell{text: at.Format(time.DateOnly), form: moment}
			}
			return cell{text: at.Format(momentLayout), form: moment}
		}
	}
	return cell{text: stored, form: moment}
}

// numberText returns a number rounded to fifteen digits, the precision of spreadsheets: 0.1+0.2 is 0.3.
func numberText(n float64) string {
	if rounded, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64); err == nil {
		n = rounded
	}
	return schema.Number(n)
}
