package schema

import (
	"math"
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
	groupSpaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ")
	ungroup     = strings.NewReplacer(" ", "", ".", "")
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

// isGrouped reports whether a text is digits in groups of three, separated by points or spaces.
func isGrouped(value string) bool {
	value = unsigned(value)
	n := digits(value)
	if n < 1 || n > 3 {
		return false
	}
	groups := 0
	for value = value[n:]; value != ""; value = value[4:] {
		if len(value) < 4 || value[0] != '.' && value[0] != ' ' || digits(value[1:4]) != 3 {
			return false
		}
		groups++
	}
	return 1 <= groups && groups <= 4
}

// isDecimal reports whether a text is up to twelve digits and up to six decimals after a point.
func isDecimal(value string) bool {
	value = unsigned(value)
	n := digits(value)
	if n < 1 || n > 12 {
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
		if isGrouped(value) && (f.Type.Storage == Wholes || !strings.Contains(value, ".")) {
			value = ungroup.Replace(value)
		}
		if f.Type.Storage == Doubles {
			value = strings.Replace(value, ",", ".", 1)
		}
	}
	if f.Type.Storage == Wholes && !isWhole(value) {
		return "", &Problem{Code: NotANumber, Hint: "whole"}
	}
	if f.Type.Storage == Doubles && !isDecimal(value) {
		return "", &Problem{Code: NotANumber, Hint: "decimal"}
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
		return "", f.outOfRange(s)
	}
	if f.Type.Storage == Wholes && '1' <= value[0] && value[0] <= '9' {
		return value, nil
	}
	return Number(n), nil
}

// most returns the largest allowed number.
func (f *Field) most(s Scope) float64 {
	switch {
	case f.Year:
		year, _ := strconv.Atoi(s.Today[:4])
		return float64(year)
	case f.Max != 0:
		return f.Max
	case s.Definition.Region.Population != 0:
		return float64(s.Definition.Region.Population)
	}
	return 1e12
}

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
