package text

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// noBreak is a no-break space.
const noBreak = "\u00a0"

// format holds how a language writes numbers and dates: its messages "format.…".
type format struct {
	group, point    string
	months, inDates []string
	endsNoLine      string
}

func (m *Messages) readFormat() format {
	f := format{
		group: m.Say("format.group"), point: m.Say("format.point"),
		months: strings.Fields(m.Say("format.months")), inDates: strings.Fields(m.Say("format.months_in_dates")),
	}
	if m.Has("format.ends_no_line") {
		f.endsNoLine = m.Say("format.ends_no_line")
	}
	return f
}

// DecimalPoint returns the decimal separator.
func (m *Messages) DecimalPoint() string { return m.form.point }

// EndsNoLine returns the one-letter words that must not end a line, "" in most languages.
func (m *Messages) EndsNoLine() string { return m.form.endsNoLine }

// Number formats a number: 12 500,5 in Polish (with a no-break space), 12,500.5 in English. Texts that are not numbers
// stay unchanged.
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
		if v == "" {
			return NoNumber
		}
		digits = v.String()
	case string:
		digits = v
	default:
		return fmt.Sprint(value)
	}
	return m.digits(digits)
}

// NoNumber is in place of a number that there is not.
const NoNumber = "–"

var plain = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

func (m *Messages) digits(value string) string {
	if !plain.MatchString(value) {
		return value
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
			b.WriteString(m.form.group)
		}
		b.WriteRune(digit)
	}
	if broken {
		b.WriteString(m.form.point + fraction)
	}
	return b.String()
}

// Percent formats a percentage: 98,2% in Polish, 98.2% in English.
func (m *Messages) Percent(value any) string {
	if value == json.Number("") {
		return NoNumber
	}
	return m.Say("format.percent", "number", m.Number(value))
}

// Money formats an amount with two decimals and the code of its currency.
func (m *Messages) Money(value float64, currency string) string {
	amount := m.digits(strconv.FormatFloat(value, 'f', 2, 64))
	return m.Say("format.money", "amount", amount, "currency", currency)
}

// Size formats a number of bytes in B, kB or MB (powers of 1000).
func (m *Messages) Size(bytes int64) string {
	switch {
	case bytes >= 1e6:
		return m.digits(strconv.FormatFloat(float64(bytes)/1e6, 'f', 1, 64)) + noBreak + "MB"
	case bytes >= 1e3:
		return m.Number(bytes/1e3) + noBreak + "kB"
	}
	return m.Number(bytes) + noBreak + "B"
}

// Date formats a day, YYYY-MM-DD, as 21 lipca 2010 or 21 July 2010. It returns any other text unchanged.
func (m *Messages) Date(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return m.day(t)
}

// Month formats a month, YYYY-MM, as lipiec 2010 or July 2010. It returns any other text unchanged.
func (m *Messages) Month(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return m.Say("format.month", "month", m.form.months[t.Month()-1], "year", t.Year())
}

// Moment formats an RFC 3339 instant in a time zone: 21 lipca 2010, 18:25. A day is formatted as by Date.
func (m *Messages) Moment(instant string, zone *time.Location) string {
	t, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		return m.Date(instant)
	}
	t = t.In(zone)
	return m.Say("format.moment", "date", m.day(t), "time", t.Format("15:04"))
}

func (m *Messages) day(t time.Time) string {
	return m.Say("format.date", "day", t.Day(), "month", m.form.inDates[t.Month()-1], "year", t.Year())
}

// argument formats an argument of a problem if it is a day or a number. Numbers of up to four digits stay ungrouped,
// since they may be years.
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

// RuleOf names the rule of a figure: of an indicator by its code, or of the participants.
func (m *Messages) RuleOf(code string) string {
	if code == "participants" {
		return m.Say("results.rule_of_participants")
	}
	return m.Say("results.rule_of_indicator", "code", code)
}
