package page

import (
	"bytes"
	"slices"
	"strings"
)

// bindShortWords replaces the space after each one-letter word of the given letters by a no-break space, because Polish
// typography does not leave them at the end of a line. Tags and the content of script, textarea, pre and code stay
// unchanged.
func bindShortWords(page []byte, letters string) []byte {
	out := make([]byte, 0, len(page)+len(page)/64)
	for len(page) > 0 {
		text := page
		if at := bytes.IndexByte(page, '<'); at >= 0 {
			text = page[:at]
		}
		out, page = appendBound(out, text, letters), page[len(text):]
		n := markup(page)
		out, page = append(out, page[:n]...), page[n:]
	}
	return out
}

// appendBound appends a text without tags to out, with its short words bound.
func appendBound(out, text []byte, letters string) []byte {
	done := 0
	for i, c := range text {
		if c == ' ' && i > 0 && strings.IndexByte(letters, text[i-1]) >= 0 && beginsWord(text[:i-1]) {
			out, done = append(append(out, text[done:i]...), "\u00a0"...), i+1
		}
	}
	return append(out, text[done:]...)
}

// beginsWord reports whether a word begins after the text before it.
func beginsWord(before []byte) bool {
	return len(before) == 0 || slices.ContainsFunc([]string{" ", "\u00a0", "\n", "(", "„"}, func(end string) bool { return bytes.HasSuffix(before, []byte(end)) })
}

// markup returns the length of the tag at the beginning of page, and for an element that stays unchanged of its content
// too.
func markup(page []byte) int {
	end := bytes.IndexByte(page, '>') + 1
	if end == 0 {
		return len(page)
	}
	name, _, _ := bytes.Cut(page[1:end-1], []byte(" "))
	switch string(name) {
	case "script", "textarea", "pre", "code":
		if closed := bytes.Index(page, append([]byte("</"), name...)); closed >= 0 {
			return closed
		}
	}
	return end
}
