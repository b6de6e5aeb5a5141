package schema

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Clean is how every text that comes in is first made comparable: composed letters, no outer spaces.
func Clean(value string) string {
	// Below U+0300, whose first byte in UTF-8 is 0xcc, nothing combines: nearly every text is composed as it is.
	for i := range len(value) {
		if value[i] >= 0xcc {
			value = norm.NFC.String(value)
			break
		}
	}
	if n := len(value); n == 0 || isGraph(value[0]) && isGraph(value[n-1]) {
		return value
	}
	return strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
}

// isGraph tells that a byte is an ASCII character that can be seen.
func isGraph(b byte) bool { return ' ' < b && b < 0x7f }

// Parse checks one value and gives its canonical text.
func (f *Field) Parse(value string, s Scope) (string, *Problem) {
	value = Clean(value)
	if value == "" {
		if f.Required {
			return "", &Problem{Field: f.Name, Code: Missing}
		}
		return "", nil
	}
	canonical, problem := f.typ().parse(f, value, s)
	if problem != nil {
		problem.Field = f.Name
		return "", problem
	}
	return canonical, nil
}

// identity finds addresses, and eleven digits, however they are spaced.
var identity = regexp.MustCompile(`[^\s@]+@[^\s@]+|[0-9](?:[\s.\x{a0}\x{202f}-]?[0-9]){10}`)

// Mask shows of a bad value only what cannot identify a person: its first letter where the field says who or tells a
// story, or where the value looks like an address or a PESEL; else its first hundred characters.
func (f *Field) Mask(value string) string {
	if f != nil && f.Keep != Open || identity.MatchString(value) {
		return mask(value)
	}
	if runes := []rune(value); len(runes) > 100 {
		return string(runes[:100]) + "…"
	}
	return value
}

func mask(value string) string {
	first, _ := utf8.DecodeRuneInString(value)
	if first == utf8.RuneError {
		return ""
	}
	return fmt.Sprintf("%c***", first)
}
