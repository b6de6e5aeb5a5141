package importer

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// oneByte are the supported encodings of one byte a letter, the more likely ones first. prior is what an encoding has to
// be better by, in the points of a text.
var oneByte = []struct {
	name  string
	made  func() encoding.Encoding
	prior int
}{
	{"Windows-1250", func() encoding.Encoding { return charmap.Windows1250 }, 0},
	{"ISO-8859-2", func() encoding.Encoding { return charmap.ISO8859_2 }, 1},
	{"Windows-1252", func() encoding.Encoding { return charmap.Windows1252 }, 1},
	{"Windows-1251", func() encoding.Encoding { return charmap.Windows1251 }, 1},
	{"CP852", func() encoding.Encoding { return charmap.CodePage852 }, 2},
	{"Mac Central European", newMacCE, 3},
}

// script is the letters of a language beside those of English.
type script struct {
	letters string
	points  int // of each letter
	fits    func(r, before, after rune) bool
}

const (
	vowels    = "aeiouyąęóáéíúàâèêëîïôûäöüűőAEIOUYĄĘÓÁÉÍÚÀÂÈÊËÎÏÔÛÄÖÜŰŐ"
	quotes    = "„”“‘’‚‛‟«»‹›–—−…•·\u00a0\u202f№§©®™°€¿¡´`'*/"
	inWords   = "’‘‚´–—-\u00a0…“”„«»"
	germanTwo = "äöüÄÖÜ"
)

func isVowel(r rune) bool { return strings.ContainsRune(vowels, r) }

var scripts = []script{
	{"ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", 2, func(r, _, after rune) bool {
		return !(strings.ContainsRune("ńćśźŃĆŚŹ", r) && isVowel(after) && !strings.ContainsRune("óÓ", after))
	}},
	{"äöüßÄÖÜ", 2, func(r, before, _ rune) bool { return !strings.ContainsRune(germanTwo, r) || !isVowel(before) }},
	{"áéíóúñüÁÉÍÓÚÑÜªº", 2, func(r, _, after rune) bool { return !strings.ContainsRune("ñÑ", r) || isVowel(after) }},
	{"абвгґдеєжзиіїйклмнопрстуфхцчшщьюяАБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯыэъёЫЭЪЁ", 2, nil},
	{"áčďéěíňóřšťúůýžôľÁČĎÉĚÍŇÓŘŠŤÚŮÝŽÔĽ", 1, nil},
	{"àâçéèêëîïôùûüœÀÂÇÉÈÊËÎÏÔÙÛÜŒ", 1, nil},
}

// Points of what is wrong in a word.
const (
	foreignLetter = -6  // of no alphabet, or of another one than its neighbours
	signInWord    = -8  // a sign between letters
	strayControl  = -20 // no character, or a control character
	oddCase       = -5  // a capital within a word, or a small letter among capitals
)

// plausibility returns how likely a text of words is, in points, as the language that explains it best, and how many of
// its characters are not ASCII.
func plausibility(words []string) (points, characters int) {
	var by [6]int
	for _, word := range words {
		runes := []rune(word)
		at := func(i int) rune {
			if i < 0 || i >= len(runes) {
				return ' '
			}
			return runes[i]
		}
		for i, r := range runes {
			if r < utf8.RuneSelf {
				continue
			}
			characters++
			before, after := at(i-1), at(i+1)
			common := inContext(r, before, after)
			for n := range scripts {
				by[n] += common
				if unicode.IsLetter(r) {
					by[n] += scripts[n].of(r, before, after)
				}
			}
		}
	}
	return slices.Max(by[:]), characters
}

// of returns the points of a letter in a language.
func (s *script) of(r, before, after rune) int {
	switch {
	case !strings.ContainsRune(s.letters, r):
		return foreignLetter
	case s.fits != nil && !s.fits(r, before, after):
		return foreignLetter
	}
	return s.points
}

// inContext returns the points of a character beside its neighbours, in any language.
func inContext(r, before, after rune) int {
	switch {
	case r == utf8.RuneError, unicode.IsControl(r), r > 0xffff:
		return strayControl
	case !unicode.IsLetter(r):
		between := unicode.IsLetter(before) && unicode.IsLetter(after)
		switch {
		case between && !strings.ContainsRune(inWords, r):
			return signInWord
		case between && strings.ContainsRune("„“”«»…‚", r): // a letter of another encoding, most likely
			return signInWord
		case !strings.ContainsRune(quotes, r) && (unicode.IsLetter(before) || unicode.IsLetter(after)):
			return foreignLetter / 2
		}
		return 0
	}
	points := 0
	for _, other := range [2]rune{before, after} {
		if unicode.IsLetter(other) && unicode.Is(unicode.Cyrillic, r) != unicode.Is(unicode.Cyrillic, other) {
			points += foreignLetter
		}
	}
	switch {
	case unicode.IsUpper(r) && unicode.IsLower(before), unicode.IsUpper(r) && unicode.IsUpper(before) && unicode.IsLower(after),
		unicode.IsLower(r) && unicode.IsUpper(after):
		points += oddCase
	}
	if !isVowel(r) && unicode.Is(unicode.Latin, r) && isConsonant(before) && isConsonant(after) {
		points -= 2
	}
	return points
}

func isConsonant(r rune) bool { return unicode.IsLetter(r) && !isVowel(r) }

// guess is an encoding by its letters.
type guess struct {
	encoding.Encoding
	name       string
	words      []string // as they are read with it
	points     int
	characters int
}

// margin is by how many points an encoding has to be better than others in order to be certain.
const margin = 3

// guessEncodings returns how each encoding of one byte a letter explains some words, the best one first.
func guessEncodings(words []string) []guess {
	var all []guess
	for _, e := range oneByte {
		g := guess{Encoding: e.made(), name: e.name}
		decoder := g.NewDecoder()
		for _, w := range words {
			text, err := decoder.String(w)
			if err != nil {
				text = "\ufffd"
			}
			g.words = append(g.words, text)
		}
		g.points, g.characters = plausibility(g.words)
		g.points -= e.prior
		all = append(all, g)
	}
	slices.SortStableFunc(all, func(a, b guess) int { return cmp.Compare(b.points, a.points) })
	return all
}

// isCertain reports whether no other encoding reads the words in another way that is nearly as likely.
func (g *guess) isCertain(all []guess) bool {
	return !slices.ContainsFunc(all, func(o guess) bool {
		return o.name != g.name && o.points > g.points-margin && !slices.Equal(o.words, g.words)
	})
}

// leastLikely is the points for each character below which no encoding explains a text.
const leastLikely = -1

// explained reports whether the letters make sense.
func (g *guess) explained() bool { return g.points+3 >= leastLikely*g.characters }

// likely reports whether nearly all letters make sense.
func (g *guess) likely() bool { return g.characters > 0 && g.points >= g.characters }

// shownWords is how many words show how letters were read.
const shownWords = 3

// sample returns words that show how letters were read.
func sample(words []string) string {
	var out []string
	for _, w := range words {
		if len(out) < shownWords && strings.IndexFunc(w, func(r rune) bool { return r >= utf8.RuneSelf && unicode.IsLetter(r) }) >= 0 && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		out = words[:min(len(words), shownWords)]
	}
	return strings.Join(out, ", ")
}

// Points of a word and of what it was before its letters were converted twice.
const (
	garbled  = -6
	restored = 2
)

// twice returns the words of a text in UTF-8 whose letters were converted twice: taken for letters of another encoding,
// and converted again.
func twice(words []string) []string {
	var out []string
	for _, e := range []encoding.Encoding{charmap.Windows1250, charmap.Windows1252, charmap.Windows1251, charmap.ISO8859_1, charmap.CodePage852} {
		encoder := e.NewEncoder()
		for _, w := range words {
			before, err := encoder.String(w)
			if err != nil || !utf8.ValidString(before) || len(before) == len(w) || isPlain(before) {
				continue
			}
			now, _ := plausibility([]string{w})
			then, _ := plausibility([]string{before})
			if now <= garbled && then >= restored && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}

func isPlain(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
