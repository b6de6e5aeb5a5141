package schema

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"outreach/internal/text"
)

// Clean returns a text in Unicode NFC without leading and trailing white space and byte order marks. All input is
// cleaned first.
func Clean(value string) string {
	// There are no combining characters below U+0300, whose first UTF-8 byte is 0xcc, so most texts are NFC already.
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

// isGraph reports whether a byte is a visible ASCII character.
func isGraph(b byte) bool { return ' ' < b && b < 0x7f }

// Parse validates one value and returns its canonical text, "" for an empty value of a field that is not required.
func (f *Field) Parse(value string, s Scope) (string, *Problem) {
	value = Clean(value)
	if value == "" {
		if f.Required {
			return "", &Problem{Field: f.Name, Code: Missing}
		}
		return "", nil
	}
	if f.refuses(value, s) {
		return Refused, nil
	}
	canonical, problem := f.typ().parse(f, value, s)
	if problem != nil {
		problem.Field = f.Name
		if f.Refusable && problem.Options != nil {
			problem.Options = append(problem.Options, text.Choice{ID: Refused, Label: refusals(), ByID: !s.Loose})
		}
		return "", problem
	}
	return canonical, nil
}

// identity matches e-mail addresses, and eleven digits with any spacing.
var identity = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[^\s@]+@[^\s@]+|[0-9](?:[\s.\x{a0}\x{202f}-]?[0-9]){10}`)
})

// Mask returns the part of an invalid value that may be shown: only the first letter if the field is not open or is
// sensitive or the value looks like an e-mail address or a PESEL, else the first hundred characters. A nil field counts
// as open.
func (f *Field) Mask(value string) string {
	if f != nil && (f.Privacy != Open || f.Sensitive) || identity().MatchString(value) {
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
