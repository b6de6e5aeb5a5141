package format

import (
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"

	"outreach/internal/text"
)

// Number is how numbers are written: the signs for thousands and for the decimal point, and whether a multiple may
// follow. It is immutable and safe for concurrent use.
type Number struct {
	group, point rune // 0: none
	multiples    bool
}

// multiples are the words that may follow a number, with the power of ten that they stand for. The contract names K, M,
// tys. and mln.
var multiples = []struct {
	word  string
	power int
}{{"tys.", 3}, {"tys", 3}, {"mln.", 6}, {"mln", 6}, {"mio.", 6}, {"mio", 6}, {"mrd.", 9}, {"mrd", 9}, {"mld", 9}, {"тис.", 3}, {"тис", 3}, {"млн", 6}, {"k", 3}, {"m", 6}, {"b", 9}}

// groupSigns are the signs that may stand between thousands; spaces of any kind are one sign.
const groupSigns = ",. '’"

// NewNumber reads the example of a number. The only sign in it is that of thousands if three digits follow, and else
// the decimal point; of two signs the last is the point. With K, M, tys. or mln at its end, numbers may end with any of
// these words, or with none. What is no number is refused with a message.
func NewNumber(example string) (*Number, *text.Message) {
	n := &Number{}
	digits, power := cutMultiple(spaced(example))
	n.multiples = power > 0
	digits = strings.TrimPrefix(strings.TrimPrefix(digits, "-"), "+")
	refuse := func() (*Number, *text.Message) { return nil, wrong("source.error.format_number", "format", example) }
	last := strings.LastIndexFunc(digits, isSign)
	if digits == "" || strings.ContainsFunc(digits, func(r rune) bool { return !isSign(r) && !isDigit(r) }) || !isDigit(rune(digits[0])) || !isDigit(rune(digits[len(digits)-1])) {
		return refuse()
	}
	if last < 0 {
		return n, nil
	}
	sign, size := utf8.DecodeRuneInString(digits[last:])
	whole, after := digits[:last], digits[last+size:]
	first := strings.IndexFunc(whole, isSign)
	switch {
	case first < 0 && len(after) == 3 && len(whole) <= 3 && whole != "0":
		n.group = sign
	case first < 0:
		n.point = sign
	default:
		n.group, _ = utf8.DecodeRuneInString(whole[first:])
		if n.group != sign {
			n.point = sign
		}
	}
	if n.point == ' ' || n.point == '\'' || n.point == '’' {
		return refuse()
	}
	if _, ok := n.Read(example); !ok {
		return refuse()
	}
	return n, nil
}

func isSign(r rune) bool  { return strings.ContainsRune(groupSigns, r) }
func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// spaced returns a text with each space of any kind as an ordinary one.
func spaced(value string) string {
	value = strings.TrimSpace(value)
	for i := range len(value) {
		if value[i] >= utf8.RuneSelf || value[i] == '\t' {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return ' '
				}
				return r
			}, value)
		}
	}
	return value
}

// cutMultiple cuts a multiple from the end of a text, and the spaces before it.
func cutMultiple(value string) (number string, power int) {
	if value == "" || isDigit(rune(value[len(value)-1])) {
		return value, 0
	}
	for _, m := range multiples {
		if at := len(value) - len(m.word); at > 0 && strings.EqualFold(value[at:], m.word) {
			return strings.TrimSpace(value[:at]), m.power
		}
	}
	return value, 0
}

// Read returns a number in the form 1234.5, without a point where there are no decimals but zeros. Thousands need no
// sign between them, but where they have one it is each time that of the example. It returns false for another text.
func (n *Number) Read(value string) (string, bool) {
	value = spaced(value)
	power := 0
	if n.multiples {
		value, power = cutMultiple(value)
	}
	out := make([]byte, 0, len(value))
	if value != "" && (value[0] == '-' || value[0] == '+') {
		if value[0] == '-' {
			out = append(out, '-')
		}
		value = value[1:]
	}
	whole, decimals, ok := value, "", true
	if n.point != 0 {
		if at := strings.IndexRune(value, n.point); at >= 0 {
			whole, decimals = value[:at], value[at+1:]
			ok = decimals != ""
		}
	}
	run, grouped := 0, false
	for i, r := range whole {
		switch {
		case isDigit(r):
			out = append(out, byte(r))
			run++
		case r == n.group && i > 0 && (grouped && run == 3 || !grouped && run <= 3 && run > 0):
			run, grouped = 0, true
		default:
			return "", false
		}
	}
	if !ok || run == 0 || grouped && run != 3 || strings.ContainsFunc(decimals, func(r rune) bool { return !isDigit(r) }) || len(whole)+len(decimals) > 40 {
		return "", false
	}
	if power > 0 {
		return multiplied(string(out), decimals, power)
	}
	if decimals = strings.TrimRight(decimals, "0"); decimals != "" {
		out = append(append(out, '.'), decimals...)
	}
	return string(out), true
}

// multiplied returns a number times a power of ten, exactly.
func multiplied(whole, decimals string, power int) (string, bool) {
	for len(decimals) < power {
		decimals += "0"
	}
	n, ok := new(big.Int).SetString(whole+decimals[:power], 10)
	if !ok {
		return "", false
	}
	if rest := strings.TrimRight(decimals[power:], "0"); rest != "" {
		return n.String() + "." + rest, true
	}
	return n.String(), true
}
