package schema

import (
	"strings"
)

// Pesel is a number of the Polish population register.
var Pesel = &Type{Name: "pesel", wrong: Unreadable, parse: parsePesel}

func parsePesel(_ *Field, value string, _ Scope) (string, *Problem) {
	if digits(value) < len(value) {
		value = strings.ReplaceAll(groupSpaces.Replace(value), " ", "")
	}
	for _, r := range value {
		if r < '0' || r > '9' {
			return "", &Problem{Code: NotANumber, Hint: "pesel"}
		}
	}
	if !ValidPesel(value) {
		return "", &Problem{Code: OutOfRange, Hint: "pesel"}
	}
	return value, nil
}

// ValidPesel reports whether a text is a PESEL with a correct check digit: the digits weighted 1 3 7 9 1 3 7 9 1 3 1
// add up to a multiple of ten (act on the population register of 24 September 2010, art. 15).
func ValidPesel(value string) bool {
	if len(value) != 11 {
		return false
	}
	sum := 0
	for i, weight := range [11]int{1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1} {
		digit := int(value[i]) - '0'
		if digit < 0 || digit > 9 {
			return false
		}
		sum += digit * weight
	}
	return sum%10 == 0 && value != "00000000000"
}
