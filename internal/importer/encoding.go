package importer

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const (
	utf8Mark    = "\xef\xbb\xbf"
	utf16LEMark = "\xff\xfe"
	utf16BEMark = "\xfe\xff"
)

// detectEncoding says how a text is written, and how long its mark is. It reads all of it: one letter decides, and may
// stand in the last row. Of UTF-8 the encoding is nil.
func detectEncoding(text io.Reader) (encoding.Encoding, int, error) {
	var t tally
	buffer := make([]byte, 64<<10)
	kept := 0 // bytes of a letter that goes on in the next piece
	for first := true; ; first = false {
		n, err := io.ReadFull(text, buffer[kept:])
		end := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !end {
			return nil, 0, err
		}
		piece := buffer[:kept+n]
		if first {
			switch {
			case bytes.HasPrefix(piece, []byte(utf8Mark)):
				return nil, len(utf8Mark), nil
			case bytes.HasPrefix(piece, []byte(utf16LEMark)):
				return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), len(utf16LEMark), nil
			case bytes.HasPrefix(piece, []byte(utf16BEMark)):
				return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), len(utf16BEMark), nil
			}
			if unmarked := unmarkedUTF16(piece); unmarked != nil {
				return unmarked, 0, nil
			}
		}
		rest := t.add(piece, end)
		if end {
			break
		}
		kept = copy(buffer, rest)
	}
	return t.decide(), 0, nil
}

// unmarkedUTF16 recognises UTF-16 by its zeros: the header is mostly in ASCII, every other byte of which is zero then.
func unmarkedUTF16(text []byte) encoding.Encoding {
	text = text[:min(len(text), 512)]
	var zeros [2]int
	for i, b := range text {
		if b == 0 {
			zeros[i%2]++
		}
	}
	const most = 0.7
	pairs := float64(len(text) / 2)
	switch {
	case pairs == 0:
		return nil
	case zeros[0] == 0 && float64(zeros[1]) > most*pairs:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros[1] == 0 && float64(zeros[0]) > most*pairs:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// tally counts what tells the encodings apart.
type tally struct {
	bytes   [256]int // those from 0x80 on
	letters int      // UTF-8 sequences that Polish text in one byte a letter does not make by chance
	chance  int      // other UTF-8 sequences
	invalid int      // bytes that are no part of UTF-8
}

// add counts a piece of the text, and gives back an incomplete letter at its end.
func (t *tally) add(text []byte, last bool) (rest []byte) {
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
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			t.invalid++
		case isPolish(text[:size]):
			t.chance++
		default:
			t.letters++
		}
		for _, b := range text[:size] {
			t.bytes[b]++
		}
		text = text[size:]
	}
	return nil
}

// The bytes of Polish letters: in both one-byte encodings, in Windows-1250 alone and in ISO-8859-2 alone; and those of
// quotation marks, dashes, dots and the no-break space, of which ISO-8859-2 has the last alone.
const (
	bothPolish    = "\xa3\xaf\xb3\xbf\xc6\xca\xd1\xd3\xe6\xea\xf1\xf3" // ŁŻłżĆĘŃÓćęńó
	windowsPolish = "\x8c\x8f\x9c\x9f\xa5\xb9"                         // ŚŹśźĄą
	isoPolish     = "\xa1\xa6\xac\xb1\xb6\xbc"                         // ĄŚŹąśź
	punctuation   = "\x82\x84\x85\x91\x92\x93\x94\x96\x97\xab\xbb\xa0" // ‚„…‘’“”–—«»
)

// isPolish tells of bytes that are Polish text in one of the one-byte encodings. Some of it is UTF-8 by chance: ÓŁ makes a
// Tajik letter, and Ń with a dash behind it a Ukrainian one.
func isPolish(text []byte) bool {
	for _, b := range text {
		if strings.IndexByte(bothPolish+windowsPolish+isoPolish+punctuation, b) < 0 {
			return false
		}
	}
	return true
}

// fewInvalid is how many broken bytes a letter of UTF-8 outweighs. In Polish text of one byte a letter there are no such
// letters at all; one may come about where a foreign word stands in it.
const fewInvalid = 4

// decide prefers UTF-8 where it is valid, and also where it has letters and not many bytes that are broken: a broken letter
// is then an error of its cell, instead of every letter becoming two others.
func (t *tally) decide() encoding.Encoding {
	if t.letters > 0 && t.invalid <= fewInvalid*t.letters || t.chance == 0 && t.invalid == 0 {
		return nil
	}
	// 0x80 to 0x9f are letters and quotation marks in Windows-1250, control characters in ISO-8859-2.
	for _, n := range t.bytes[0x80:0xa0] {
		if n > 0 {
			return charmap.Windows1250
		}
	}
	// Where one encoding has a Polish letter that the other lacks, that has a sign or a letter of another language.
	if t.count(isoPolish) > t.count(windowsPolish) {
		return charmap.ISO8859_2
	}
	return charmap.Windows1250
}

func (t *tally) count(letters string) int {
	n := 0
	for _, b := range []byte(letters) {
		n += t.bytes[b]
	}
	return n
}
