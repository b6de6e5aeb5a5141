package schema

import (
	"regexp"
	"time"
)

// TimeOfDay is a time of the day, 18:25.
var TimeOfDay = &Type{Name: "time", wrong: NotADate, parse: parseClock}

func parseClock(_ *Field, value string, s Scope) (string, *Problem) {
	if len(value) == 5 && digits(value) == 2 && value[2] == ':' && digits(value[3:]) == 2 && value[:2] < "24" && value[3] < '6' {
		return value, nil
	}
	layouts := []string{"15:04", "15:04:05"}
	if s.Loose {
		layouts = append(layouts, "15:4", "15.04") // 7.5 is ambiguous: it may mean half past seven
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, value); err == nil {
			return t.Format("15:04"), nil
		}
	}
	if shapeOfLateClock.MatchString(value) {
		return "", &Problem{Code: OutOfRange, Hint: "time"}
	}
	return "", &Problem{Code: NotADate, Hint: "time"}
}

// shapeOfLateClock is a time of 24:00 and more, as broadcasters write it.
var shapeOfLateClock = regexp.MustCompile(`^(2[4-9]|[3-9][0-9]|[0-9]{3})[:.][0-5]?[0-9](:[0-5]?[0-9])?$`)
