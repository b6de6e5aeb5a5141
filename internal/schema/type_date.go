package schema

import (
	"regexp"
	"time"
)

// Date is a day, 2010-07-21, from 1900 to the day of receipt.
var Date = &Type{Name: "date", wrong: NotADate, parse: parseDate, canonical: isDay}

func parseDate(_ *Field, value string, s Scope) (string, *Problem) {
	day, ok := ParseDay(value, s.Loose)
	if !ok && s.Loose {
		day, _, ok = ParseMoment(value, s.Definition.Location())
	}
	switch {
	case !ok && s.Loose && isAmbiguousDay(value):
		return "", &Problem{Code: NotADate, Hint: "ambiguous"}
	case !ok && (shapeOfDay.MatchString(value) || s.Loose && shapeOfPolishDay.MatchString(value)):
		return "", &Problem{Code: NotADate, Hint: "no_such_day"}
	case !ok:
		return "", &Problem{Code: NotADate}
	case day > s.Today:
		return "", &Problem{Code: InTheFuture, Args: map[string]string{"today": s.Today}}
	case day < "1900-01-01":
		return "", &Problem{Code: OutOfRange, Hint: "date"}
	}
	return day, nil
}

// The formats of days, also of those that are not in the calendar.
var (
	shapeOfDay       = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	shapeOfPolishDay = regexp.MustCompile(`^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}$`)
)

// ParseDay returns a date as YYYY-MM-DD, and false if it is not one. It accepts 2010-07-21, and if loose 21.07.2010
// too.
func ParseDay(value string, loose bool) (string, bool) {
	if isDay(value) {
		return value, true
	}
	if loose {
		if len(value) == 10 && value[2] == '.' && value[5] == '.' {
			value = value[6:] + "-" + value[3:5] + "-" + value[:2]
			return value, isDay(value)
		}
		if t, err := time.Parse("2.1.2006", value); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// isDay reports whether a text is a day of the calendar in the form YYYY-MM-DD.
func isDay(value string) bool {
	if len(value) != 10 || value[4] != '-' || value[7] != '-' || digits(value) != 4 || digits(value[5:]) != 2 || digits(value[8:]) != 2 {
		return false
	}
	year := int(value[0]-'0')*1000 + int(value[1]-'0')*100 + twoDigits(value[2:])
	month, day := twoDigits(value[5:]), twoDigits(value[8:])
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	return day <= 28 || day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func twoDigits(value string) int { return int(value[0]-'0')*10 + int(value[1]-'0') }

// digits returns the number of leading ASCII digits.
func digits(value string) int {
	n := 0
	for n < len(value) && '0' <= value[n] && value[n] <= '9' {
		n++
	}
	return n
}

// momentLayouts are the forms of a day that files have besides 2010-07-21 and 21.07.2010, with a time of day or
// without. 21/07/2010 is among them, for a day that cannot be a month.
var momentLayouts = func() (layouts []string) {
	for _, day := range []string{"2006-01-02", "2.1.2006", "2006/1/2", "2/1/2006"} {
		layouts = append(layouts, day)
		for _, clock := range []string{"15:04", "15:04:05", "15:4"} {
			layouts = append(layouts, day+" "+clock)
		}
	}
	return append(layouts, "2006-01-02T15:04", "2006-01-02T15:04:05")
}()

var shapeOfSlashes = regexp.MustCompile(`^([0-9]{1,2})/([0-9]{1,2})/[0-9]{4}`)

// isAmbiguousDay reports whether a text with slashes may be read as two days: 03/04/2010.
func isAmbiguousDay(value string) bool {
	parts := shapeOfSlashes.FindStringSubmatch(value)
	return parts != nil && isUpTo12(parts[1]) && isUpTo12(parts[2])
}

func isUpTo12(number string) bool { return len(number) == 1 || number <= "12" }

// ParseMoment reads a day that may have a time of day with it. It returns the day, as YYYY-MM-DD, and the time, as
// HH:MM, "" if there is none; both in the location, if the text names a zone. It returns false for other texts, and
// where two days are possible.
func ParseMoment(value string, in *time.Location) (day, clock string, ok bool) {
	if len(value) < 8 || len(value) > 40 || value[0] < '0' || value[0] > '9' {
		return "", "", false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.Parse(layout, value); err == nil {
			at = at.In(in)
			return at.Format(time.DateOnly), at.Format("15:04"), true
		}
	}
	for _, layout := range momentLayouts {
		at, err := time.Parse(layout, value)
		if err != nil || layout[:2] == "2/" && at.Day() <= 12 {
			continue
		}
		if len(layout) > 10 {
			clock = at.Format("15:04")
		}
		return at.Format(time.DateOnly), clock, true
	}
	return "", "", false
}
