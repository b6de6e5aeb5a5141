package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tidy returns a text without invisible characters, and whether it had any: zero-width and direction marks, soft
// hyphens and the like. Characters that join letters of a script which needs them, or signs of one emoji, stay.
func Tidy(value string) (tidy string, changed bool) {
	if isASCII(value) || IsTidy(value) {
		return value, false
	}
	first := strings.IndexFunc(value, isInvisible)
	if first < 0 {
		return value, false
	}
	var out strings.Builder
	out.WriteString(value[:first])
	before := rune(' ')
	if first > 0 {
		before, _ = utf8.DecodeLastRuneInString(value[:first])
	}
	for _, r := range value[first:] {
		if isInvisible(r) && !joins(r, before) {
			changed = true
			continue
		}
		out.WriteRune(r)
		before = r
	}
	if !changed {
		return value, false
	}
	return out.String(), true
}

const (
	isSpace    = 1
	isDoubtful = 2
)

// untidy says of bytes whether they are spaces, or the first ones of characters that Clean or TidyWords may change:
// combining, invisible and other spaces among them. Letters of Latin and Cyrillic scripts have other first bytes.
var untidy = func() (first [256]byte) {
	for b := 0xcc; b < 0x100; b++ {
		if b != 0xd0 && b != 0xd1 {
			first[b] = isDoubtful
		}
	}
	first[0xc2], first[' '] = isDoubtful, isSpace
	return first
}()

// IsTidy reports whether Clean and TidyWords leave a text as it is. It looks at bytes alone, and may be false of such a
// text too.
func IsTidy(value string) bool {
	if n := len(value); n > 0 && (value[0] <= ' ' || value[n-1] <= ' ') {
		return false
	}
	before, wrong := byte(0), byte(0)
	for i := range len(value) {
		is := untidy[value[i]]
		wrong |= is | is&before<<1 // two spaces are doubtful
		before = is
	}
	return wrong < isDoubtful
}

// isInvisible reports whether a character is never seen by itself.
func isInvisible(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r == 0xad, 0x200b <= r && r <= 0x200f, 0x202a <= r && r <= 0x202e, 0x2060 <= r && r <= 0x206f, r == 0xfeff:
		return true
	case r < 0x034f, 0x0370 <= r && r < 0x0600:
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// joins reports whether an invisible character changes how its neighbours look: a joiner or a variation of a sign that
// is no letter, or a joiner in a script other than Latin, Greek and Cyrillic.
func joins(r, before rune) bool {
	switch {
	case r == '\u200c', r == '\u200d':
		return before == '\ufe0f' || unicode.In(before, unicode.So, unicode.Sk, unicode.Arabic, unicode.Devanagari, unicode.Bengali, unicode.Gujarati,
			unicode.Gurmukhi, unicode.Kannada, unicode.Malayalam, unicode.Oriya, unicode.Sinhala, unicode.Tamil, unicode.Telugu, unicode.Khmer, unicode.Mongolian)
	case unicode.Is(unicode.Variation_Selector, r):
		return !unicode.In(before, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Space)
	}
	return false
}

// TidyWords returns a text of words as Tidy does, with one ordinary space in the place of several and of no-break and
// other spaces. Line breaks and tabs stay.
func TidyWords(value string) (tidy string, changed bool) {
	if IsTidy(value) {
		return value, false
	}
	value, changed = Tidy(value)
	if isSpaced(value) {
		return value, changed
	}
	var out strings.Builder
	space := false
	for _, r := range value {
		if r == ' ' || r > ' ' && unicode.Is(unicode.Zs, r) {
			if space {
				changed = true
				continue
			}
			changed = changed || r != ' '
			space = true
			out.WriteByte(' ')
			continue
		}
		space = false
		out.WriteRune(r)
	}
	return out.String(), changed
}

// isSpaced reports whether all spaces of a text are single ordinary ones.
func isSpaced(value string) bool {
	for i := range len(value) {
		switch c := value[i]; {
		case c == ' ' && i+1 < len(value) && value[i+1] == ' ':
			return false
		case c == 0xc2 && i+1 < len(value) && value[i+1] == 0xa0, c == 0xe1, c == 0xe2, c == 0xe3: // first bytes of other spaces
			return false
		}
	}
	return true
}
