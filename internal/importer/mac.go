package importer

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// macCE is the encoding Mac Central European (x-mac-ce), which package charmap does not have. It is only read.
type macCE struct{ encoding.Encoding }

func newMacCE() encoding.Encoding { return macCE{encoding.Nop} }

// NewDecoder implements encoding.Encoding.
func (macCE) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: macDecoder{high: []rune(alphabets().Mac)}}
}

type macDecoder struct {
	transform.NopResetter
	high []rune // the characters of the bytes from 0x80 on
}

// Transform implements transform.Transformer.
func (d macDecoder) Transform(dst, src []byte, _ bool) (written, read int, err error) {
	for _, b := range src {
		r := rune(b)
		if b >= utf8.RuneSelf {
			r = d.high[b-utf8.RuneSelf]
		}
		if len(dst)-written < utf8.RuneLen(r) {
			return written, read, transform.ErrShortDst
		}
		written += utf8.EncodeRune(dst[written:], r)
		read++
	}
	return written, read, nil
}
