package importer

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"

	"outreach/internal/schema"
)

const (
	utf8BOM    = "\xef\xbb\xbf"
	utf16LEBOM = "\xff\xfe"
	utf16BEBOM = "\xfe\xff"
)

// detected is the encoding of a text.
type detected struct {
	encoding.Encoding                   // nil: UTF-8
	mark              int               // the length of its byte order mark
	guess             map[string]string // what to tell about an encoding that was guessed
	wrong             *fault            // of letters that cannot be read; nil: they can
}

// detectEncoding returns the encoding of a text. It reads the whole text, since a single letter decides, and may be
// in the last row.
func detectEncoding(text io.Reader) (detected, error) {
	t := newTally()
	buffer := make([]byte, pieceSize)
	kept := 0 // bytes of a letter that continues in the next piece
	for first := true; ; first = false {
		n, err := io.ReadFull(text, buffer[kept:])
		end := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !end {
			return detected{}, err
		}
		piece := buffer[:kept+n]
		if first {
			switch {
			case bytes.HasPrefix(piece, []byte(utf8BOM)):
				t.marked = true
				piece = piece[len(utf8BOM):]
			case bytes.HasPrefix(piece, []byte(utf16LEBOM)):
				return detected{Encoding: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), mark: len(utf16LEBOM)}, nil
			case bytes.HasPrefix(piece, []byte(utf16BEBOM)):
				return detected{Encoding: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), mark: len(utf16BEBOM)}, nil
			}
			if unmarked := unmarkedUTF16(piece); unmarked != nil {
				return detected{Encoding: unmarked}, nil
			}
		}
		rest := t.add(piece, end)
		if end {
			break
		}
		kept = copy(buffer, rest)
	}
	return t.decide(), nil
}

// unmarkedUTF16 detects UTF-16 without a byte order mark: the header is mostly ASCII, so every other byte is zero. It
// returns nil for any other text.
func unmarkedUTF16(text []byte) encoding.Encoding {
	text = text[:min(len(text), 512)]
	var zeros [2]int
	for i, b := range text {
		if b == 0 {
			zeros[i%2]++
		}
	}
	const share = 0.7
	pairs := float64(len(text) / 2)
	switch {
	case pairs == 0:
		return nil
	case zeros[0] == 0 && float64(zeros[1]) > share*pairs:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros[1] == 0 && float64(zeros[0]) > share*pairs:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// tally counts what distinguishes the encodings.
type tally struct {
	letters int  // UTF-8 sequences that are not Polish text in a one-byte encoding
	chance  int  // other UTF-8 sequences, or letters of scripts that hardly any file has
	invalid int  // bytes that are not valid UTF-8
	marked  bool // the text has the mark of UTF-8

	words map[string]bool // words with other letters than those of ASCII, up to mostWords
	list  []string        // the same, in the order of the text
}

func newTally() *tally { return &tally{words: map[string]bool{}} }

// Limits of the words that are kept.
const (
	mostWords   = 4000
	longestWord = 60 // in bytes
)

// isOfWord reports whether a byte belongs to a word, in any encoding.
func isOfWord(b byte) bool { return b >= utf8.RuneSelf || 'a' <= b|0x20 && b|0x20 <= 'z' }

// keepWord keeps the word around a place of a piece of the text, and returns where it ends.
func (t *tally) keepWord(piece []byte, at int) int {
	start, end := at, at
	for start > 0 && at-start < longestWord && isOfWord(piece[start-1]) {
		start--
	}
	for end < len(piece) && end-at < longestWord && isOfWord(piece[end]) {
		end++
	}
	// A word at the end of a piece may go on in the next one.
	if word := piece[start:end]; len(t.list) < mostWords && !t.words[string(word)] && (end < len(piece) || len(piece) < pieceSize) {
		t.words[string(word)] = true
		t.list = append(t.list, string(word))
	}
	return end
}

// pieceSize is the number of bytes read at a time.
const pieceSize = 64 << 10

// add counts a piece of the text, and returns an incomplete letter at its end.
func (t *tally) add(text []byte, last bool) (rest []byte) {
	piece, known := text, 0 // words before known are kept
	for len(text) > 0 {
		if len(text) >= 8 && binary.NativeEndian.Uint64(text)&0x8080808080808080 == 0 {
			text = text[8:]
			continue
		}
		if text[0] < utf8.RuneSelf {
			text = text[1:]
			continue
		}
		if !last && !utf8.FullRune(text) {
			return text
		}
		if at := len(piece) - len(text); at >= known && len(t.list) < mostWords {
			known = t.keepWord(piece, at)
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			t.invalid++
		case isPolish(text[:size]), isOfRareScript(r):
			t.chance++
		default:
			t.letters++
		}
		text = text[size:]
	}
	return nil
}

// Bytes of Polish letters in both one-byte encodings, only in Windows-1250, and only in ISO-8859-2; and bytes of
// quotation marks, dashes, dots and the no-break space, of which ISO-8859-2 has only the last.
const (
	bothPolish    = "\xa3\xaf\xb3\xbf\xc6\xca\xd1\xd3\xe6\xea\xf1\xf3" // ŁŻłżĆĘŃÓćęńó
	windowsPolish = "\x8c\x8f\x9c\x9f\xa5\xb9"                         // ŚŹśźĄą
	isoPolish     = "\xa1\xa6\xac\xb1\xb6\xbc"                         // ĄŚŹąśź
	punctuation   = "\x82\x84\x85\x91\x92\x93\x94\x96\x97\xab\xbb\xa0" // ‚„…‘’“”–—«»
)

// isPolish reports whether bytes may be Polish text in a one-byte encoding. Some such text is also valid UTF-8: ÓŁ is
// a Tajik letter, and Ń followed by a dash a Ukrainian one.
func isPolish(text []byte) bool {
	for _, b := range text {
		if strings.IndexByte(bothPolish+windowsPolish+isoPolish+punctuation, b) < 0 {
			return false
		}
	}
	return true
}

// isOfRareScript reports whether a letter that two bytes in UTF-8 may be by chance is of a script that hardly any file
// has: ř and á in Mac Central European are a letter of the Maldives.
func isOfRareScript(r rune) bool { return 0x0530 <= r && r < 0x0800 }

// fewInvalid is the number of invalid bytes that one letter in UTF-8 outweighs. Polish text in a one-byte encoding
// has no such letters, except in a foreign word.
const fewInvalid = 4

// decide returns the encoding. UTF-8 is preferred if the text is valid, and if it has letters in UTF-8 and few
// invalid bytes: a broken letter is then an error of its cell, and not every letter is read as two others. Other
// encodings are recognised by their letters.
func (t *tally) decide() detected {
	utf8 := detected{}
	if t.marked {
		utf8.mark = len(utf8BOM)
	}
	if t.marked || t.invalid == 0 && (t.letters > 0 || t.chance == 0) {
		utf8.wrong = t.convertedTwice()
		return utf8
	}
	all := guessEncodings(t.list)
	best := all[0]
	if t.invalid <= fewInvalid*t.letters && !best.likely() {
		utf8.wrong = t.convertedTwice()
		return utf8
	}
	unread := best.words
	if best.explained() {
		unread = best.ofUTF8(t.list)
	}
	if len(unread) > 0 {
		utf8.wrong = &fault{row: 1, code: schema.Encoding, args: map[string]string{"words": sample(unread)}}
		return utf8
	}
	found := detected{Encoding: best.Encoding}
	if named, guessed := best.named(all); guessed {
		found.guess = map[string]string{"encoding": named, "words": sample(best.words)}
	}
	return found
}

// convertedTwice returns the fault of a text in UTF-8 with letters that were converted twice, or nil.
func (t *tally) convertedTwice() *fault {
	if words := twice(t.list); len(words) > 0 {
		return &fault{row: 1, code: schema.Encoding, hint: "twice", args: map[string]string{"words": sample(words)}}
	}
	return nil
}
