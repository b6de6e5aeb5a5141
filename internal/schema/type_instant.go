package schema

import (
	"errors"
	"time"
)

// Instant is a point in time, RFC 3339 in UTC, from 1900 to the day of receipt.
var Instant = &Type{Name: "instant", wrong: NotADate, parse: parseInstant}

var errAmbiguous = errors.New("the day may be a month")

// parseInstant accepts RFC 3339, and if loose a local time or a day in the project's time zone, in the forms of
// ParseMoment.
func parseInstant(_ *Field, value string, s Scope) (string, *Problem) {
	at, err := time.Parse(time.RFC3339, value)
	if err != nil && s.Loose {
		in := s.Definition.Location()
		for _, layout := range append([]string{"2006-01-02T15:04Z07:00"}, momentLayouts...) {
			if at, err = time.ParseInLocation(layout, value, in); err == nil && layout[:2] == "2/" && at.Day() <= 12 {
				err = errAmbiguous
			}
			if err == nil {
				break
			}
		}
	}
	switch {
	case err != nil && s.Loose && isAmbiguousDay(value):
		return "", &Problem{Code: NotADate, Hint: "ambiguous"}
	case err != nil || at.Year() > 9999:
		return "", &Problem{Code: NotADate, Hint: "instant"}
	case s.Definition.Day(at) > s.Today:
		return "", &Problem{Code: InTheFuture, Args: map[string]string{"today": s.Today}}
	case at.Year() < 1900:
		return "", &Problem{Code: OutOfRange, Hint: "date"}
	}
	return at.UTC().Format(time.RFC3339Nano), nil
}
