package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/project"
)

// Pesel is a number of the Polish population register, of somebody who is born.
var Pesel = &Type{Name: "pesel", wrong: Unreadable, parse: parsePesel}

func parsePesel(_ *Field, value string, s Scope) (string, *Problem) {
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
	if born, ok := bornOn(value); !ok || s.Today != "" && born > s.Today {
		return "", &Problem{Code: OutOfRange, Hint: "pesel_date"}
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

// bornOn returns the date of birth in a valid PESEL, YYYY-MM-DD, and false where there is no such day: two digits
// each of year, month and day. The month of the years from 1800 is 80 more, from 2000 20, from 2100 40, from 2200 60
// (the same act, art. 15).
func bornOn(pesel string) (string, bool) {
	number := func(from int) int { n, _ := strconv.Atoi(pesel[from : from+2]); return n }
	century := []int{1900, 2000, 2100, 2200, 1800}[number(2)/20]
	day := fmt.Sprintf("%04d-%02d-%02d", century+number(0), number(2)%20, number(4))
	_, err := time.Parse(time.DateOnly, day)
	return day, err == nil
}

// OfPesel returns the attributes of a project that a valid PESEL says: the sex, by its tenth digit, which is even for
// women, and the year of birth. Attributes and values that the project does without are left out. There are none
// without a PESEL.
func OfPesel(d *project.Definition, pesel string) Values {
	if pesel == "" {
		return Values{}
	}
	born, _ := bornOn(pesel)
	out := map[string]string{}
	sex := "male"
	if (pesel[9]-'0')%2 == 0 {
		sex = "female"
	}
	kind := For(d).Kind(Signup)
	if f := kind.Field("sex"); f != nil && f.Options != nil && slices.ContainsFunc(f.Options(d), func(o Option) bool { return o.ID == sex }) {
		out["sex"] = sex
	}
	if f := kind.Field("birth_year"); f != nil && f.Year {
		out["birth_year"] = born[:4]
	}
	return ValuesOf(out)
}

// YearOfPesel returns the year of birth in a valid PESEL.
func YearOfPesel(pesel string) string {
	born, _ := bornOn(pesel)
	return born[:4]
}

// YearContradicts reports whether a year of birth contradicts a valid PESEL.
func YearContradicts(pesel, year string) bool {
	if pesel == "" || year == "" || year == Refused {
		return false
	}
	return YearOfPesel(pesel) != year
}
