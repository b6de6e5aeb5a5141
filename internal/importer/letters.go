package importer

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// oneByte are the supported encodings of one byte a letter, the more likely ones first. prior is what an encoding
// has to be better by, in the points of a text.
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

//go:embed letters.json
var lettersFile []byte

// alphabets returns the letters by which encodings are told apart.
var alphabets = sync.OnceValue(func() (a struct {
	Vowels  string   `json:"vowels"` // of all languages
	Words   string   `json:"words"`  // the letters that are words by themselves
	Scripts []script `json:"languages"`
	Mac     string   `json:"mac_central_european"` // the upper half of that encoding
}) {
	if err := json.Unmarshal(lettersFile, &a); err != nil {
		panic("letters.json: " + err.Error()) // the file is embedded
	}
	return a
})

// script is the letters of a language beside those of English, and which of them stand beside vowels.
type script struct {
	Language      string `json:"language"`
	Letters       string `json:"letters"`
	Points        int    `json:"points"`          // of each letter
	NoVowelAfter  string `json:"no_vowel_after"`  // letters that no vowel follows
	But           string `json:"but"`             // except these
	VowelAfter    string `json:"vowel_after"`     // letters that a vowel follows
	NoVowelBefore string `json:"no_vowel_before"` // letters that no vowel precedes
}

// Signs that stand beside words, and those that stand within them.
const (
	besideWords = "\u201e\u201d\u201c\u2018\u2019\u201a\u201b\u201f\u00ab\u00bb\u2039\u203a\u2013\u2014\u2212\u2026\u2022\u00b7\u00a0\u202f\u2116\u00a7\u00a9\u00ae\u2122\u00b0\u20ac\u00bf\u00a1\u00b4"
	withinWords = "\u2019\u2018\u00b4\u2013\u2014-\u00a0\u00b7"
	dashes      = "\u2013\u2014"
)

func isVowel(r rune) bool { return strings.ContainsRune(alphabets().Vowels, r) }

// Points of what stands in a word beside the letters of a language.
const (
	foreignLetter = -6 // of no alphabet, or of another one than its neighbours
	signInWord    = -8 // a sign between letters
	noBreakSpace  = 3
	strayControl  = -20 // no character, or a control character
	oddCase       = -5  // a capital within a word, or a small letter among capitals
	closeDash     = -1  // a dash without a space on one side
)

// isOneWord reports whether a letter that is not ASCII is a word by itself.
func isOneWord(r rune) bool { return strings.ContainsRune(alphabets().Words, r) }

// plausibility returns how likely a text of words is, in points, as the language that explains it best, and how many of
// its characters are not ASCII.
func plausibility(words []string) (points, characters int) {
	by := make([]int, len(alphabets().Scripts))
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
			for n := range by {
				by[n] += common
				if unicode.IsLetter(r) {
					by[n] += alphabets().Scripts[n].of(r, before, after)
				}
			}
		}
	}
	return slices.Max(by), characters
}

// of returns the points of a letter in a language.
func (s *script) of(r, before, after rune) int {
	switch {
	case !strings.ContainsRune(s.Letters, r),
		strings.ContainsRune(s.NoVowelAfter, r) && isVowel(after) && !strings.ContainsRune(s.But, after),
		strings.ContainsRune(s.VowelAfter, r) && !isVowel(after),
		strings.ContainsRune(s.NoVowelBefore, r) && isVowel(before):
		return foreignLetter
	}
	return s.Points
}

// inContext returns the points of a character beside its neighbours, in any language.
func inContext(r, before, after rune) int {
	switch {
	case r == utf8.RuneError, unicode.IsControl(r), r > 0xffff:
		return strayControl
	case !unicode.IsLetter(r):
		between := unicode.IsLetter(before) && unicode.IsLetter(after)
		switch {
		case 0x2500 <= r && r <= 0x25ff: // lines and blocks
			return signInWord
		case r == '\u00a0': // most files with a single other character have this one
			return noBreakSpace
		case between && !strings.ContainsRune(withinWords, r):
			return signInWord
		case !strings.ContainsRune(besideWords, r) && (unicode.IsLetter(before) || unicode.IsLetter(after)):
			return foreignLetter / 2
		case between && strings.ContainsRune(dashes, r): // more often it is between spaces
			return 2 * closeDash
		case strings.ContainsRune(dashes, r) && (unicode.IsLetter(before) || unicode.IsLetter(after)):
			return closeDash
		}
		return 0
	}
	points := 0
	if unicode.Is(unicode.Latin, r) && !isOneWord(r) && !unicode.IsLetter(before) && !unicode.IsLetter(after) {
		points += foreignLetter / 2
	}
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
		return o.name != g.name && o.points >= g.points-margin && !slices.Equal(o.words, g.words)
	})
}

// named returns the name of an encoding for a message, and whether it is only a guess: any but one of the two of Polish
// whose letters leave no doubt. Western letters may as well be those of Windows-1252, where they read the same.
func (g *guess) named(all []guess) (name string, guessed bool) {
	if g.Encoding != charmap.Windows1250 && g.Encoding != charmap.ISO8859_2 || g.points < 0 || !g.isCertain(all) {
		return g.name, true
	}
	for _, o := range all {
		if o.Encoding == charmap.Windows1252 && slices.Equal(o.words, g.words) && slices.ContainsFunc(g.words, hasForeignLetter) {
			return o.name, true
		}
	}
	return g.name, false
}

// hasForeignLetter reports whether a word has a letter that is neither ASCII nor Polish.
func hasForeignLetter(word string) bool {
	polish := alphabets().Scripts[0].Letters
	return strings.IndexFunc(word, func(r rune) bool {
		return r >= utf8.RuneSelf && unicode.IsLetter(r) && !strings.ContainsRune(polish, r)
	}) >= 0
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
	garbled  = -3
	restored = 1
)

// isGarbled reports whether a word makes no sense, but what it was before does.
func isGarbled(word, before string) bool {
	now, _ := plausibility([]string{word})
	then, _ := plausibility([]string{before})
	return now <= garbled && then >= restored
}

// ofUTF8 returns the words that are UTF-8, though the others are in this encoding: one file was made of two.
func (g *guess) ofUTF8(words []string) (out []string) {
	for i, w := range words {
		if utf8.ValidString(w) && isGarbled(g.words[i], w) {
			out = append(out, g.words[i])
		}
	}
	return out
}

// mistaken returns the bytes of the letters of encodings that UTF-8 is taken for. A byte without a letter is one of the
// control characters, as programs read it.
var mistaken = sync.OnceValue(func() (all []map[rune]byte) {
	for _, e := range []encoding.Encoding{
		charmap.Windows1250, charmap.Windows1252, charmap.Windows1251, charmap.ISO8859_1, charmap.ISO8859_2, charmap.CodePage852, charmap.CodePage850, charmap.CodePage437,
		charmap.Macintosh, newMacCE(),
	} {
		letters := map[rune]byte{}
		decoder := e.NewDecoder()
		for b := 0x80; b <= 0xff; b++ {
			r := rune(b)
			if text, err := decoder.String(string([]byte{byte(b)})); err == nil && text != "\ufffd" {
				r, _ = utf8.DecodeRuneInString(text)
			}
			letters[r] = byte(b)
		}
		all = append(all, letters)
	}
	return all
})

// before returns what a word was before its letters in UTF-8 were taken for those of another encoding, and false if
// they cannot have been.
func before(word string, letters map[rune]byte) (string, bool) {
	out := make([]byte, 0, len(word))
	for _, r := range word {
		b, known := byte(r), r < utf8.RuneSelf
		if !known {
			b, known = letters[r]
		}
		if !known {
			return "", false
		}
		out = append(out, b)
	}
	return string(out), utf8.Valid(out) && !isPlain(string(out))
}

// twice returns the words of a text in UTF-8 whose letters were converted twice: taken for letters of another encoding,
// and converted again.
func twice(words []string) []string {
	var out []string
	for _, w := range words {
		for _, letters := range mistaken() {
			was, possible := before(w, letters)
			if !possible {
				continue
			}
			if isGarbled(w, was) {
				out = append(out, w)
				break
			}
		}
	}
	return out
}

func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
