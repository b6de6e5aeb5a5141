package format

import (
	"math/big"
	"regexp"
	"strings"
	"sync"
)

// InMinutes is the format of hours that are written in minutes: "minutes" in a source.
const InMinutes = "minutes"

var (
	plainMinutes  = lazily(`^[0-9]{1,6}(?:[.,][0-9]{1,2})?$`)
	unitsOfTime   = lazily(`(?i)^(?:([0-9]{1,4}) ?(?:h|hrs?|godz)\.?)? ?(?:([0-9]{1,6}) ?(?:m|min|mins)\.?)? ?(?:([0-9]{1,6}) ?(?:s|sec|sek)\.?)?$`)
	secondsOfUnit = [...]int64{3600, 60, 1}
)

// Minutes reads durations in minutes, 90 or 90.5, or in units of their own, 1h 57m 13s.
type Minutes struct{}

// Read returns a duration in hours, rounded to six decimals. It returns false for a text that is none.
func (Minutes) Read(value string) (hours string, ok bool) {
	seconds := new(big.Rat)
	if value = spaced(value); plainMinutes().MatchString(value) {
		seconds.SetString(strings.Replace(value, ",", ".", 1))
		seconds.Mul(seconds, big.NewRat(60, 1))
	} else {
		parts := unitsOfTime().FindStringSubmatch(value)
		if value == "" || parts == nil {
			return "", false
		}
		for i, per := range secondsOfUnit {
			if given, is := new(big.Rat).SetString(parts[i+1]); is {
				seconds.Add(seconds, given.Mul(given, big.NewRat(per, 1)))
			}
		}
	}
	hours = seconds.Quo(seconds, big.NewRat(3600, 1)).FloatString(6)
	return strings.TrimSuffix(strings.TrimRight(hours, "0"), "."), true
}

// lazily returns a function that compiles a pattern when it is first called, not at the start of every function.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
