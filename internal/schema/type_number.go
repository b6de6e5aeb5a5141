package schema

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Whole is a whole number, Decimal a number with at most six decimals. Both must be within the field's limits.
var (
	Whole   = &Type{Name: "whole", Storage: Wholes, wrong: NotANumber, parse: parseNumber, canonical: isStoredWhole}
	Decimal = &Type{Name: "decimal", Storage: Doubles, wrong: NotANumber, parse: parseNumber, canonical: isStoredDecimal}
)

// isStoredWhole reports whether a text is up to sixteen digits without sign or leading zeros.
func isStoredWhole(text string) bool {
	n := digits(text)
	return n == len(text) && 1 <= n && n <= 16 && (n == 1 || text[0] != '0')
}

// isStoredDecimal reports whether a text is a number from 0 as formatted by Number, with at most six decimals.
func isStoredDecimal(text string) bool {
	if isStoredWhole(text) {
		return true
	}
	if digits(text) == 0 {
		return false
	}
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && Number(n) == text && len(text)-strings.IndexByte(text, '.')-1 <= 6
}

var (
	groupSpaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u2007", " ")
	ungroup     = strings.NewReplacer(" ", "", ".", "", ",", "")
)

func unsigned(value string) string {
	if value != "" && (value[0] == '-' || value[0] == '+') {
		return value[1:]
	}
	return value
}

// isWhole reports whether a text is up to fifteen digits, which a float64 represents exactly, with an optional sign.
func isWhole(value string) bool {
	value = unsigned(value)
	n := digits(value)
	return n == len(value) && 1 <= n && n <= 15
}

// groups returns how many groups of three digits follow the first one to three digits of a text, all of them after a
// point, a space or a comma; 0 if the text is not written so or starts with a zero, as no number of thousands does.
func groups(value string) int {
	value = unsigned(value)
	n := digits(value)
	if n < 1 || n > 3 || value[0] == '0' {
		return 0
	}
	count := 0
	for rest := value[n:]; rest != ""; rest = rest[4:] {
		if len(rest) < 4 || strings.IndexByte(", .", rest[0]) < 0 || rest[0] != value[n] || digits(rest[1:4]) != 3 {
			return 0
		}
		count++
	}
	if count > 4 {
		return 0
	}
	return count
}

// isAmbiguous reports whether a text may be a fraction or a number of thousands: 12.500. A comma is that of a fraction.
func isAmbiguous(value string) bool {
	return groups(value) == 1 && strings.Contains(value, ".")
}

// Typed returns a canonical value as a form shows it, which is read as the same value when it is sent back. 1.234 could
// be a number of thousands, so it has one more zero.
func (f *Field) Typed(value string) string {
	if f.Type.Number() && isAmbiguous(value) {
		return value + "0"
	}
	return value
}

// splitGrouped returns a fraction whose whole part is grouped, such as 1.234,5 or 1,234.5, with a decimal point and
// without groups; any other text as it is.
func splitGrouped(value string) string {
	at := strings.LastIndexAny(value, ".,")
	if at < 1 || digits(value[at+1:]) != len(value)-at-1 {
		return value
	}
	whole := value[:at]
	if groups(whole) == 0 || strings.IndexByte(whole, value[at]) >= 0 {
		return value
	}
	return ungroup.Replace(whole) + "." + value[at+1:]
}

// isDecimal reports whether a text is up to thirteen digits and up to six decimals after a point.
func isDecimal(value string) bool {
	value = unsigned(value)
	n := digits(value)
	if n < 1 || n > 13 {
		return false
	}
	if value = value[n:]; value == "" {
		return true
	}
	n = digits(value[1:])
	return value[0] == '.' && n == len(value)-1 && 1 <= n && n <= 6
}

func parseNumber(f *Field, value string, s Scope) (string, *Problem) {
	if s.Loose {
		if !isASCII(value) {
			value = groupSpaces.Replace(value)
		}
		switch {
		case isWhole(value):
		case f.Type.Storage == Wholes:
			if groups(value) > 0 {
				value = ungroup.Replace(value)
			}
		case isAmbiguous(value):
			return "", &Problem{Code: NotANumber, Hint: "ambiguous"}
		case groups(value) > 1 || groups(value) == 1 && strings.Contains(value, " "):
			value = ungroup.Replace(value)
		default:
			value = splitGrouped(value)
			value = strings.Replace(value, ",", ".", 1)
			if f.Hours {
				value = parseHours(value)
			}
		}
	}
	if f.Type.Storage == Wholes && !isWhole(value) {
		return "", f.notANumber("whole", value)
	}
	if f.Type.Storage == Doubles && !isDecimal(value) {
		return "", f.notANumber("decimal", value)
	}
	if at := strings.IndexByte(value, '.'); f.Decimals > 0 && at >= 0 && len(strings.TrimRight(value[at+1:], "0")) > f.Decimals {
		return "", &Problem{Code: NotANumber, Hint: "decimals", Args: map[string]string{"n": strconv.Itoa(f.Decimals)}}
	}
	var n float64
	var err error
	if f.Type.Storage == Wholes {
		var whole int64
		whole, err = strconv.ParseInt(value, 10, 64)
		n = float64(whole)
	} else {
		n, err = strconv.ParseFloat(value, 64)
	}
	if err != nil {
		return "", &Problem{Code: NotANumber}
	}
	if n < f.Min || n > f.most(s) {
		problem := f.outOfRange(s)
		switch {
		case f.Limited != "" && n <= 0 && f.Min > 0:
			problem.Hint = "correction"
		case f.OfPeople() && n > f.Min: // over the region's population: it may belong in another field
			problem.Hint = "population"
		}
		return "", problem
	}
	if f.Type.Storage == Wholes && '1' <= value[0] && value[0] <= '9' {
		return value, nil
	}
	return Number(n), nil
}

// notANumber returns the problem of a text that is no number, with an example of one that the field takes.
func (f *Field) notANumber(hint, value string) *Problem {
	p := &Problem{Code: NotANumber, Hint: hint}
	switch minutes, ok := duration(value); {
	case f.Minutes && ok:
		p.Hint, p.Args = "minutes", map[string]string{"minutes": Number(math.Round(minutes))}
	case f.Minutes:
		p.Hint = "minutes"
	case f.Example[0] != "":
		p.Args = map[string]string{"example": f.Example[0]}
	}
	return p
}

var shapeOfDuration = regexp.MustCompile(`^(?i:(?:([0-9]{1,4}) ?(?:h|hrs?|godz)\.?)? ?(?:([0-9]{1,4}) ?(?:m|min|mins)\.?)? ?(?:([0-9]{1,4}) ?(?:s|sec|sek)\.?)?|([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9]))?)$`)

// duration reads a duration such as 1h 57m, 90 min or 1:57, in minutes.
func duration(value string) (minutes float64, ok bool) {
	parts := shapeOfDuration.FindStringSubmatch(value)
	if parts == nil || value == "" {
		return 0, false
	}
	number := func(a, b string) float64 {
		n, _ := strconv.Atoi(a + b) // up to four digits; of none it is 0
		return float64(n)
	}
	return 60*number(parts[1], parts[4]) + number(parts[2], parts[5]) + number(parts[3], parts[6])/60, true
}

// parseHours returns a duration in hours, rounded to two decimals; any other text as it is.
func parseHours(value string) string {
	if minutes, ok := duration(value); ok {
		return Number(math.Round(minutes/60*100) / 100)
	}
	return value
}

// most returns the largest allowed number.
func (f *Field) most(s Scope) float64 {
	switch {
	case f.Year:
		year, _ := strconv.Atoi(s.Today[:4])
		return float64(year)
	case !f.OfPeople():
		return f.Max
	case s.Definition.Region.Population != 0:
		return float64(s.Definition.Region.Population)
	}
	return 1e12
}

// OfPeople reports whether the number is limited by the population of the region.
func (f *Field) OfPeople() bool { return f.Type.Number() && f.Max == 0 && f.Min >= 0 && !f.Year }

func (f *Field) outOfRange(s Scope) *Problem {
	return &Problem{Field: f.Name, Code: OutOfRange, Args: map[string]string{"min": Number(f.Min), "max": Number(f.most(s))}}
}

func isASCII(value string) bool {
	for i := range len(value) {
		if value[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Number returns the canonical text of a number: without a negative zero, trailing zeros or an exponent.
func Number(n float64) string {
	if n == 0 {
		return "0"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// FromNumber returns a number of JSON or a spreadsheet as text for Parse, rounded to six decimals, and false if it is
// not finite or its absolute value exceeds 1e15.
func FromNumber(n float64) (string, bool) {
	if math.IsNaN(n) || math.IsInf(n, 0) || math.Abs(n) > 1e15 {
		return "", false
	}
	return Number(math.Round(n*1e6) / 1e6), true
}
