package schema

import (
	"time"
)

// Instant is a point in time, RFC 3339 in UTC, from 1900 to the day of receipt.
var Instant = &Type{Name: "instant", wrong: NotADate, parse: parseInstant}

// parseInstant accepts RFC 3339, and if loose a local time or a day in the project's time zone.
func parseInstant(_ *Field, value string, s Scope) (string, *Problem) {
	at, err := time.Parse(time.RFC3339, value)
	if err != nil && s.Loose {
		for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2.1.2006 15:04", "2006-01-02", "2.1.2006"} {
			if at, err = time.ParseInLocation(layout, value, s.Definition.Location()); err == nil {
				break
			}
		}
	}
	switch {
	case err != nil || at.Year() > 9999:
		return "", &Problem{Code: NotADate, Hint: "instant"}
	case s.Definition.Day(at) > s.Today:
		return "", &Problem{Code: InTheFuture, Args: map[string]string{"today": s.Today}}
	case at.Year() < 1900:
		return "", &Problem{Code: OutOfRange, Hint: "date"}
	}
	return at.UTC().Format(time.RFC3339Nano), nil
}
