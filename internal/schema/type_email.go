package schema

import (
	"net/mail"
	"strings"

	letters "outreach/internal/mail"
)

// Email is a deliverable e-mail address, in lower case.
var Email = &Type{Name: "email", wrong: Unreadable, parse: parseEmailField}

// ParseEmail returns an address trimmed and in lower case, the form in which addresses are compared. It returns false
// for a text that is not an address or that no e-mail can be sent to.
func ParseEmail(value string) (string, bool) {
	value = strings.ToLower(Clean(value))
	if isPlainEmail(value) {
		return value, true
	}
	address, err := mail.ParseAddress(value)
	if err != nil || address.Address != value || len(value) > 254 || !strings.Contains(value[strings.LastIndex(value, "@")+1:], ".") {
		return "", false
	}
	_, ok := letters.Address(value)
	return value, ok
}

// isPlainEmail reports whether an address has the usual characters only. It is a fast path before the full parser.
func isPlainEmail(value string) bool {
	name, domain, _ := strings.Cut(value, "@")
	return len(value) <= 254 && isDotted(name, "!#$%&'*+-/=?^_`{|}~") && isDotted(domain, "-") && strings.Contains(domain, ".")
}

// isDotted reports whether a text is words of lower-case letters, digits and the signs, separated by single dots.
func isDotted(value, signs string) bool {
	word := false
	for i := range len(value) {
		switch c := value[i]; {
		case c == '.':
			if !word {
				return false
			}
			word = false
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', strings.IndexByte(signs, c) >= 0:
			word = true
		default:
			return false
		}
	}
	return word
}

func parseEmailField(_ *Field, value string, _ Scope) (string, *Problem) {
	address, ok := ParseEmail(value)
	if !ok {
		return "", &Problem{Code: Unreadable, Hint: "email"}
	}
	return address, nil
}
