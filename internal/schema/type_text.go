package schema

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Text is free text of one or more lines, without control characters but tabs and line breaks.
var Text = &Type{Name: "text", wrong: Unreadable, parse: parseText}

func parseText(f *Field, value string, _ Scope) (string, *Problem) {
	if len(value) <= f.longest() && isGraphic(value) {
		return value, nil
	}
	length, readable := 0, true
	for i := 0; i < len(value); length++ {
		if isGraph(value[i]) || value[i] == ' ' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(value[i:])
		readable = readable && (!unicode.IsControl(r) || r == '\n' || r == '\r' || r == '\t') && r != utf8.RuneError
		i += size
	}
	switch {
	case length > f.longest():
		return "", f.TooLong(length)
	case !readable:
		return "", &Problem{Code: Unreadable, Hint: "text"}
	}
	return value, nil
}

// isGraphic reports whether a text has only visible characters of ASCII and spaces.
func isGraphic(value string) bool {
	for i := range len(value) {
		if !isGraph(value[i]) && value[i] != ' ' {
			return false
		}
	}
	return true
}

func (f *Field) longest() int {
	if f.Longest == 0 {
		return DefaultLongest
	}
	return f.Longest
}

// TooLong returns the problem of a text with too many characters.
func (f *Field) TooLong(length int) *Problem {
	return &Problem{Field: f.Name, Code: TooLong, Args: map[string]string{"longest": strconv.Itoa(f.longest()), "length": strconv.Itoa(length)}}
}
