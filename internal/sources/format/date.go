// Package format reads dates and numbers in a form that a source describes: a date by tokens, DD-MMM-YYYY hh:mm A, a
// number by an example, 1.234,5.
package format

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"outreach/internal/text"
)

// Tokens are the tokens of a date format, those first that begin with another one.
var Tokens = []string{"YYYY", "YY", "MMMM", "MMM", "MM", "M", "DD", "D", "HH", "H", "hh", "h", "mm", "ss", "A", "Z"}

// Date is the format of a day, of a time of day, or of both. It is immutable and safe for concurrent use.
type Date struct {
	parts  []part
	months months

	days, clocks bool
}

// part is a token of a format, or a text between tokens; spaces are left out.
type part struct {
	token   string
	gives   string // see meaning
	literal string
	fixed   bool // a number follows at once: this one has all its digits
}

// Moment is what was read in a date format.
type Moment struct {
	Day   string // YYYY-MM-DD, "" where the format has none
	Clock string // HH:MM, "" where the format has none
	At    time.Time
	Zoned bool // the text names a zone: At is an instant, and Day and Clock are that of the text
}

// meaning is what a token gives.
var meaning = map[string]string{
	"YYYY": "year", "YY": "year", "MMMM": "month", "MMM": "month", "MM": "month", "M": "month", "DD": "day", "D": "day",
	"HH": "hour", "H": "hour", "hh": "hour", "h": "hour", "mm": "minute", "ss": "second", "A": "half", "Z": "zone",
}

// NewDate reads a date format. It may have names of months in the interface languages and in others, which are BCP 47
// tags. A format that no date can have is refused with a message.
func NewDate(format string, languages ...string) (*Date, *text.Message) {
	d := &Date{months: monthsIn(languages)}
	has := map[string]string{}
	for rest := format; rest != ""; {
		if i := slices.IndexFunc(Tokens, func(t string) bool { return strings.HasPrefix(rest, t) }); i >= 0 {
			token := Tokens[i]
			if other := has[meaning[token]]; other != "" {
				return nil, wrong("source.error.format_twice", "format", format, "token", token, "other", other)
			}
			has[meaning[token]] = token
			if n := len(d.parts); n > 0 && d.parts[n-1].token != "" && numeric(token) {
				d.parts[n-1].fixed = true
			}
			d.parts = append(d.parts, part{token: token, gives: meaning[token]})
			rest = rest[len(token):]
			continue
		}
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case unicode.IsSpace(r):
			d.parts = append(d.parts, part{}) // divides two numbers
		case r == '[' && strings.IndexByte(rest, ']') > 0: // a text in brackets
			size = strings.IndexByte(rest, ']') + 1
			d.parts = append(d.parts, part{literal: strings.ToLower(strings.TrimSpace(rest[1 : size-1]))})
		case unicode.IsLetter(r) && r != 'T':
			return nil, wrong("source.error.format_token", "format", format, "token", string(r), "list", Tokens, "near", nearest(format))
		default:
			d.parts = append(d.parts, part{literal: strings.ToLower(string(r))})
		}
		rest = rest[size:]
	}
	d.days, d.clocks = d.Days(), d.Clocks()
	switch {
	case len(has) == 0:
		return nil, wrong("source.error.format_empty", "format", format, "list", Tokens)
	case d.Days() && (has["year"] == "" || has["month"] == "" || has["day"] == ""):
		return nil, wrong("source.error.format_no_day", "format", format)
	case d.Clocks() && has["minute"] == "" || has["second"]+has["minute"]+has["half"] != "" && has["hour"] == "":
		return nil, wrong("source.error.format_no_clock", "format", format)
	case strings.HasPrefix(has["hour"], "h") && has["half"] == "":
		return nil, wrong("source.error.format_half", "format", format, "token", has["hour"])
	case strings.HasPrefix(has["hour"], "H") && has["half"] != "":
		return nil, wrong("source.error.format_whole", "format", format, "token", has["hour"], "near", strings.Replace(format, has["hour"], strings.ToLower(has["hour"]), 1))
	}
	return d, nil
}

func wrong(key string, args ...any) *text.Message {
	m := text.NewMessage(key, args...)
	return &m
}

// nearest returns a format with the letters of other programs' formats replaced by ours, "" where that does not help.
func nearest(format string) string {
	near := strings.NewReplacer("yyyy", "YYYY", "yy", "YY", "dd", "DD", "d", "D", "aa", "A", "a", "A", "rrrr", "YYYY", "JJJJ", "YYYY", "TT", "DD", "%Y", "YYYY", "%m", "MM", "%d", "DD", "%H", "HH", "%M", "mm", "%S", "ss").Replace(format)
	if !strings.ContainsAny(near, "Hh") {
		near = strings.ReplaceAll(near, "mm", "MM")
	}
	if near == format {
		return ""
	}
	if _, problem := NewDate(near); problem != nil {
		return ""
	}
	return near
}

// Days reports whether the format has a day.
func (d *Date) Days() bool { return d.has("year") || d.has("month") || d.has("day") }

// Clocks reports whether the format has a time of day.
func (d *Date) Clocks() bool { return d.has("hour") || d.has("minute") }

func (d *Date) has(what string) bool {
	return slices.ContainsFunc(d.parts, func(p part) bool { return meaning[p.token] == what })
}

func numeric(token string) bool {
	switch token {
	case "MMMM", "MMM", "A", "Z", "":
		return false
	}
	return true
}

// Read reads a text in the format. It returns false for another text, and for a day that is not in the calendar.
// Letters are compared without case, and spaces are free: 21-Jul-2026 10:05AM is DD-MMM-YYYY hh:mm A. Numbers may lack
// a leading zero, except where another number follows at once.
func (d *Date) Read(value string) (Moment, bool) {
	year, month, day, hour, minute, second := 1, 1, 1, 0, 0, 0
	half := ""
	zone, zoned := time.UTC, false
	rest := value
	for i := range d.parts {
		p := &d.parts[i]
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if p.token == "" {
			if len(rest) < len(p.literal) || !strings.EqualFold(rest[:len(p.literal)], p.literal) {
				return Moment{}, false
			}
			rest = rest[len(p.literal):]
			continue
		}
		var n int
		var ok bool
		switch p.token {
		case "MMM", "MMMM":
			month, rest, ok = d.months.read(rest)
		case "A":
			half, rest, ok = readHalf(rest)
		case "Z":
			zone, rest, ok = readZone(rest)
			zoned = ok
		case "YYYY":
			year, rest, ok = readNumber(rest, 4, 4)
		case "YY":
			if n, rest, ok = readNumber(rest, 2, 2); ok {
				if year = 2000 + n; n >= 70 {
					year = 1900 + n
				}
			}
		default:
			least := 1
			if p.fixed && len(p.token) == 2 || p.token == "mm" || p.token == "ss" {
				least = 2
			}
			n, rest, ok = readNumber(rest, least, 2)
			switch p.gives {
			case "month":
				month = n
			case "day":
				day = n
			case "hour":
				hour = n
			case "minute":
				minute = n
			case "second":
				second = n
			}
		}
		if !ok {
			return Moment{}, false
		}
	}
	if rest != "" && strings.TrimSpace(rest) != "" {
		return Moment{}, false
	}
	if half != "" {
		if hour < 1 || hour > 12 {
			return Moment{}, false
		}
		if hour %= 12; half == "pm" {
			hour += 12
		}
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, 0, zone)
	if at.Day() != day || int(at.Month()) != month || hour > 23 || minute > 59 || second > 59 {
		return Moment{}, false
	}
	m := Moment{At: at, Zoned: zoned}
	if d.days {
		m.Day = string([]byte{digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), '-', digit(month / 10), digit(month), '-', digit(day / 10), digit(day)})
	}
	if d.clocks {
		m.Clock = string([]byte{digit(hour / 10), digit(hour), ':', digit(minute / 10), digit(minute)})
	}
	return m, true
}

// digit returns the last digit of a number.
func digit(n int) byte { return byte('0' + n%10) }

// In returns the day and the time of day in a location, if the text names a zone.
func (m Moment) In(in *time.Location) Moment {
	if !m.Zoned || m.Day == "" {
		return m
	}
	m.At = m.At.In(in)
	m.Day = m.At.Format(time.DateOnly)
	if m.Clock != "" {
		m.Clock = m.At.Format("15:04")
	}
	return m
}

// readNumber reads between least and most digits.
func readNumber(from string, least, most int) (n int, rest string, ok bool) {
	i := 0
	for i < len(from) && i < most && from[i] >= '0' && from[i] <= '9' {
		n = 10*n + int(from[i]-'0')
		i++
	}
	return n, from[i:], i >= least
}

// halves are words for the halves of a day, the longer ones first.
var halves = []struct{ word, half string }{{"a.m.", "am"}, {"p.m.", "pm"}, {"a. m.", "am"}, {"p. m.", "pm"}, {"am", "am"}, {"pm", "pm"}, {"дп", "am"}, {"пп", "pm"}}

func readHalf(from string) (half, rest string, ok bool) {
	for _, h := range halves {
		if len(from) >= len(h.word) && strings.EqualFold(from[:len(h.word)], h.word) {
			return h.half, from[len(h.word):], true
		}
	}
	return "", from, false
}

// zones are the names of zones that mean one offset in Europe, in hours from UTC.
var zones = map[string]int{"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3}

// readZone reads +02:00, +0200, +02, GMT+2 or a name of zones.
func readZone(from string) (zone *time.Location, rest string, ok bool) {
	n := 0
	for n < len(from) && (from[n] >= 'A' && from[n] <= 'Z' || from[n] >= 'a' && from[n] <= 'z') {
		n++
	}
	hours, known := zones[strings.ToUpper(from[:n])]
	switch rest = from[n:]; {
	case n > 0 && !known:
		return nil, from, false
	case rest == "" || rest[0] != '+' && rest[0] != '-':
		return time.FixedZone("", hours*3600), rest, known
	case known && hours != 0:
		return nil, from, false
	}
	sign := 1
	if rest[0] == '-' {
		sign = -1
	}
	hours, rest, ok = readNumber(rest[1:], 1, 2)
	minutes := 0
	if ok && strings.HasPrefix(rest, ":") {
		minutes, rest, ok = readNumber(rest[1:], 2, 2)
	} else if ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		minutes, rest, ok = readNumber(rest, 2, 2)
	}
	if !ok || hours > 15 || minutes > 59 {
		return nil, from, false
	}
	return time.FixedZone("", sign*(hours*3600+minutes*60)), rest, true
}
