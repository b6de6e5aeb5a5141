package page

import (
	"bytes"
	"slices"
	"strings"
)

// bound is a page in which a space that does not break follows words of one of the letters: Polish leaves none of them at the
// end of a line. What stands in tags, what programs read, and what somebody types on is left as it is.
func bound(page []byte, letters string) []byte {
	out := make([]byte, 0, len(page)+len(page)/64)
	for len(page) > 0 {
		said := page
		if at := bytes.IndexByte(page, '<'); at >= 0 {
			said = page[:at]
		}
		out, page = appendBound(out, said, letters), page[len(said):]
		n := markup(page)
		out, page = append(out, page[:n]...), page[n:]
	}
	return out
}

func appendBound(out, said []byte, letters string) []byte {
	done := 0
	for i, c := range said {
		if c == ' ' && i > 0 && strings.IndexByte(letters, said[i-1]) >= 0 && beginsWord(said[:i-1]) {
			out, done = append(append(out, said[done:i]...), "\u00a0"...), i+1
		}
	}
	return append(out, said[done:]...)
}

// beginsWord tells that a word begins after what was said before.
func beginsWord(before []byte) bool {
	return len(before) == 0 || slices.ContainsFunc([]string{" ", "\u00a0", "\n", "(", "„"}, func(end string) bool { return bytes.HasSuffix(before, []byte(end)) })
}

// markup is how long the tag is with which a part of a page begins; of an element that is left as it is, all up to its end.
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
