package text

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// noBreak keeps the groups of a Polish number, a number and its unit on one line.
const noBreak = "\u00a0"

// Number writes a number as the language does: 12 500,5 in Polish (the space does not break), 12,500.5 in English.
func (m *Messages) Number(value any) string {
	var digits string
	switch v := value.(type) {
	case int:
		digits = strconv.Itoa(v)
	case int64:
		digits = strconv.FormatInt(v, 10)
	case float64:
		digits = strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		digits = v.String()
	case string:
		digits = v
	default:
		return fmt.Sprint(value)
	}
	return m.digits(digits)
}

var plain = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

func (m *Messages) digits(value string) string {
	if !plain.MatchString(value) {
		return value
	}
	group, point := noBreak, ","
	if m.language == English {
		group, point = ",", "."
	}
	sign := ""
	if value[0] == '-' {
		sign, value = "\u2212", value[1:]
	}
	whole, fraction, broken := strings.Cut(value, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(digit)
	}
	if broken {
		b.WriteString(point + fraction)
	}
	return b.String()
}

// Percent writes a percentage: 98,2% in Polish, 98.2% in English.
func (m *Messages) Percent(value any) string { return m.Number(value) + "%" }

// Money writes an amount with two decimals and its currency's code.
func (m *Messages) Money(value float64, currency string) string {
	amount := m.digits(strconv.FormatFloat(value, 'f', 2, 64))
	if m.language == English {
		return currency + noBreak + amount
	}
	return amount + noBreak + currency
}

// Size writes a number of bytes for people.
func (m *Messages) Size(bytes int64) string {
	switch {
	case bytes >= 1e6:
		return m.digits(strconv.FormatFloat(float64(bytes)/1e6, 'f', 1, 64)) + noBreak + "MB"
	case bytes >= 1e3:
		return m.Number(bytes/1e3) + noBreak + "kB"
	}
	return m.Number(bytes) + noBreak + "B"
}

// Date writes a day, YYYY-MM-DD: 21 lipca 2010, or 21 July 2010. What is not a day is given back as it is.
func (m *Messages) Date(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return m.day(t)
}

// Month writes a month, YYYY-MM: lipiec 2010, or July 2010.
func (m *Messages) Month(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	names := nominative
	if m.language == English {
		names = englishMonths
	}
	return names[t.Month()-1] + noBreak + strconv.Itoa(t.Year())
}

// Moment writes an instant, RFC 3339, in a time zone: 21 lipca 2010, 18:25. A day alone is written as one.
func (m *Messages) Moment(instant string, zone *time.Location) string {
	t, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		return m.Date(instant)
	}
	t = t.In(zone)
	return m.day(t) + ", " + t.Format("15:04")
}

func (m *Messages) day(t time.Time) string {
	names := genitive
	if m.language == English {
		names = englishMonths
	}
	return strconv.Itoa(t.Day()) + noBreak + names[t.Month()-1] + noBreak + strconv.Itoa(t.Year())
}

// A Polish month stands in the genitive after a day, in the nominative alone.
var (
	genitive      = [12]string{"stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września", "października", "listopada", "grudnia"}
	nominative    = [12]string{"styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec", "lipiec", "sierpień", "wrzesień", "październik", "listopad", "grudzień"}
	englishMonths = [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
)

// An argument of a problem that is a day or a number is written as the language does; up to four digits are left
// together, since they may be a year.
func (m *Messages) argument(value string) string {
	switch {
	case len(value) == len(time.DateOnly) && m.Date(value) != value:
		return m.Date(value)
	case plain.MatchString(value) && len(value) > 4:
		return m.digits(value)
	}
	return value
}

func quality(parameter string) float64 {
	value, found := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
	if !found {
		return 1
	}
	weight, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0
	}
	return weight
}
