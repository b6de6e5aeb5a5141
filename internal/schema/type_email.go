package schema

import (
	"net/mail"
	"strings"

	letters "outreach/internal/mail"
)

// Email is an e-mail address that a letter can be sent to, in lower case.
var Email = &Type{Name: "email", wrong: Unreadable, parse: parseEmailField}

// ParseEmail checks an address and gives it trimmed and in lower case, which is how addresses are compared. One that no
// letter can be sent to is none.
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

// isPlainEmail tells of an address of the usual characters, as nearly all are. Of the others a full parser decides.
func isPlainEmail(value string) bool {
	name, domain, _ := strings.Cut(value, "@")
	return len(value) <= 254 && isDotted(name, "!#$%&'*+-/=?^_`{|}~") && isDotted(domain, "-") && strings.Contains(domain, ".")
}

// isDotted tells of lower-case words of letters, digits and some signs, with single dots between them.
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
