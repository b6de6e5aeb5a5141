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
	utf8BOM    = "\xef\xbb\xbf"
	utf16LEBOM = "\xff\xfe"
	utf16BEBOM = "\xfe\xff"
)

// detectEncoding returns the encoding of a text, nil for UTF-8, and the length of its byte order mark. It reads the
// whole text, since a single letter decides, and may be in the last row.
func detectEncoding(text io.Reader) (encoding.Encoding, int, error) {
	var t tally
	buffer := make([]byte, 64<<10)
	kept := 0 // bytes of a letter that continues in the next piece
	for first := true; ; first = false {
		n, err := io.ReadFull(text, buffer[kept:])
		end := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !end {
			return nil, 0, err
		}
		piece := buffer[:kept+n]
		if first {
			switch {
			case bytes.HasPrefix(piece, []byte(utf8BOM)):
				return nil, len(utf8BOM), nil
			case bytes.HasPrefix(piece, []byte(utf16LEBOM)):
				return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), len(utf16LEBOM), nil
			case bytes.HasPrefix(piece, []byte(utf16BEBOM)):
				return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), len(utf16BEBOM), nil
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
	bytes   [256]int // those from 0x80 on
	letters int      // UTF-8 sequences that are not Polish text in a one-byte encoding
	chance  int      // other UTF-8 sequences
	invalid int      // bytes that are not valid UTF-8
}

// add counts a piece of the text, and returns an incomplete letter at its end.
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

// Bytes of Polish letters in both one-byte encodings, only in Windows-1250, and only in ISO-8859-2; and bytes of
// quotation marks, dashes, dots and the no-break space, of which ISO-8859-2 has only the last.
const (
	bothPolish    = "\xa3\xaf\xb3\xbf\xc6\xca\xd1\xd3\xe6\xea\xf1\xf3" // ŁŻłżĆĘŃÓćęńó
	windowsPolish = "\x8c\x8f\x9c\x9f\xa5\xb9"                         // ŚŹśźĄą
	isoPolish     = "\xa1\xa6\xac\xb1\xb6\xbc"                         // ĄŚŹąśź
	punctuation   = "\x82\x84\x85\x91\x92\x93\x94\x96\x97\xab\xbb\xa0" // ‚„…‘’“”–—«»
)

// isPolish reports whether bytes may be Polish text in a one-byte encoding. Some such text is also valid UTF-8: ÓŁ is a
// Tajik letter, and Ń followed by a dash a Ukrainian one.
func isPolish(text []byte) bool {
	for _, b := range text {
		if strings.IndexByte(bothPolish+windowsPolish+isoPolish+punctuation, b) < 0 {
			return false
		}
	}
	return true
}

// fewInvalid is the number of invalid bytes that one letter in UTF-8 outweighs. Polish text in a one-byte encoding has
// no such letters, except in a foreign word.
const fewInvalid = 4

// decide returns the encoding. UTF-8 is preferred if the text is valid, and if it has letters in UTF-8 and few invalid
// bytes: a broken letter is then an error of its cell, and not every letter is read as two others.
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
	// The bytes of a Polish letter in only one encoding are a sign or a foreign letter in the other.
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
