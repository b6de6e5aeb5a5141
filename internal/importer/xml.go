package importer

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// xmlScanner reads the tokens of an XML document: start and end tags and text. It checks what encoding/xml checks in
// Decoder.RawToken, of which it takes a fifth of the time, because it allocates nothing for a token. It refuses two
// things that encoding/xml reads: declarations of a document type, which workbooks must not have (ECMA-376 part 2,
// 8.2.5), and names that are not in ASCII.
type xmlScanner struct {
	from    io.Reader
	buffer  []byte
	at, end int // what of the buffer is not scanned yet
	err     error
	stops   [256]bool // bytes that end a run of ordinary text

	// Of the last token; valid until the next one.
	name       []byte // of a tag, without its prefix
	text       []byte
	attributes []xmlAttribute
	values     []byte // of all attributes
	closing    bool   // the start tag is an end tag too

	prefixed bool // attributes with a prefix are kept, by their names without it
	depth    int  // of the elements that are open
}

// xmlAttribute is an attribute without prefix, by the places of its name and its value in values.
type xmlAttribute struct{ name, value, end int }

type xmlToken int

const (
	xmlStart xmlToken = iota
	xmlEnd
	xmlText
)

// Errors of next, beside those of the reader.
var (
	errXML            = errors.New("malformed XML")
	errUnsupportedXML = errors.New("XML that no workbook has")
)

func newXMLScanner(from io.Reader) *xmlScanner {
	s := &xmlScanner{from: from, buffer: make([]byte, 32<<10)}
	for b := range s.stops {
		s.stops[b] = b < ' ' && b != '\t' && b != '\n' || strings.IndexByte(`<>&"'`, byte(b)) >= 0
	}
	return s
}

// next returns the next token, io.EOF after the last one. Comments and processing instructions are left out.
func (s *xmlScanner) next() (xmlToken, error) {
	if s.closing {
		s.closing = false
		s.depth--
		return xmlEnd, nil
	}
	for {
		b, ok := s.get()
		if !ok {
			return 0, s.err
		}
		if b != '<' {
			s.at--
			s.text, ok = s.readText(s.text[:0], 0)
			return xmlText, s.failed(ok)
		}
		if b, ok = s.must(); !ok {
			return 0, s.err
		}
		switch b {
		case '/':
			s.depth--
			return xmlEnd, s.failed(s.readEnd())
		case '?':
			if !s.skipInstruction() {
				return 0, s.failed(false)
			}
		case '!':
			if b, ok = s.must(); ok && b == '[' {
				return xmlText, s.failed(s.readSection())
			}
			if !ok || b != '-' {
				s.fail(errUnsupportedXML)
				return 0, s.err
			}
			if !s.skipComment() {
				return 0, s.failed(false)
			}
		default:
			s.at--
			if s.depth++; s.depth > maxDepth {
				s.fail(errTooLarge)
				return 0, s.err
			}
			return xmlStart, s.failed(s.readStart())
		}
	}
}

// failed returns the error of a token that was not read, errXML where nothing else is wrong.
func (s *xmlScanner) failed(ok bool) error {
	if ok {
		return nil
	}
	s.fail(errXML)
	return s.err
}

// fail records an error, unless the reader has failed: the end of the input is none.
func (s *xmlScanner) fail(err error) {
	if s.err == nil || s.err == io.EOF {
		s.err = err
	}
}

// each calls do for each start tag, up to the end or an error of do.
func (s *xmlScanner) each(do func() error) error {
	for {
		token, err := s.next()
		if err == io.EOF && s.depth <= 0 {
			return nil
		}
		if err == nil && token == xmlStart {
			err = do()
		}
		if err != nil {
			return unexpected(err)
		}
	}
}

// attribute returns the value of an attribute of the last start tag, nil where it has none.
func (s *xmlScanner) attribute(name string) []byte {
	for _, a := range s.attributes {
		if string(s.values[a.name:a.value]) == name {
			return s.values[a.value:a.end:a.end]
		}
	}
	return nil
}

// get returns the next byte, false at the end.
func (s *xmlScanner) get() (byte, bool) {
	if s.at == s.end && !s.fill() {
		return 0, false
	}
	s.at++
	return s.buffer[s.at-1], true
}

// must returns the next byte, within a token.
func (s *xmlScanner) must() (byte, bool) {
	b, ok := s.get()
	if !ok {
		s.fail(io.ErrUnexpectedEOF)
	}
	return b, ok
}

func (s *xmlScanner) fill() bool {
	for s.err == nil {
		n, err := s.from.Read(s.buffer)
		s.at, s.end = 0, n
		if s.err = err; n > 0 {
			return true
		}
	}
	return false
}

// space skips white space, and returns the byte after it.
func (s *xmlScanner) space() (byte, bool) {
	for {
		b, ok := s.must()
		if !ok || b != ' ' && b != '\n' && b != '\t' && b != '\r' {
			return b, ok
		}
	}
}

// readName appends a name.
func (s *xmlScanner) readName(to []byte) ([]byte, bool) {
	start := len(to)
	for {
		b, ok := s.must()
		if !ok {
			return to, false
		}
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_', b == ':':
		case '0' <= b && b <= '9', b == '-', b == '.':
			if len(to) == start {
				return to, false
			}
		case b >= utf8.RuneSelf:
			s.fail(errUnsupportedXML)
			return to, false
		default:
			s.at--
			return to, len(to) > start
		}
		to = append(to, b)
	}
}

// local returns a name without its prefix.
func local(name []byte) (rest []byte, prefixed, ok bool) {
	prefix, rest, found := bytes.Cut(name, []byte{':'})
	if !found || len(prefix) == 0 || len(rest) == 0 {
		return name, false, bytes.Count(name, []byte{':'}) < 2
	}
	return rest, true, bytes.IndexByte(rest, ':') < 0
}

func (s *xmlScanner) readTagName() (ok bool) {
	if s.name, ok = s.readName(s.name[:0]); ok {
		s.name, _, ok = local(s.name)
	}
	return ok
}

func (s *xmlScanner) readEnd() bool {
	if !s.readTagName() {
		return false
	}
	b, ok := s.space()
	return ok && b == '>'
}

func (s *xmlScanner) readStart() bool {
	s.attributes, s.values = s.attributes[:0], s.values[:0]
	if !s.readTagName() {
		return false
	}
	for {
		b, ok := s.space()
		switch {
		case !ok:
			return false
		case b == '>':
			return true
		case b == '/':
			b, ok = s.must()
			s.closing = ok && b == '>'
			return s.closing
		}
		s.at--
		if !s.readAttribute() {
			return false
		}
	}
}

func (s *xmlScanner) readAttribute() (ok bool) {
	a := xmlAttribute{name: len(s.values)}
	if s.values, ok = s.readName(s.values); !ok {
		return false
	}
	rest, prefixed, ok := local(s.values[a.name:])
	if !ok {
		return false
	}
	if prefixed && s.prefixed {
		a.name, prefixed = len(s.values)-len(rest), string(s.values[a.name:a.name+min(6, len(s.values)-a.name)]) == "xmlns:"
	}
	if b, ok := s.space(); !ok || b != '=' {
		return false
	}
	quote, ok := s.space()
	if !ok || quote != '"' && quote != '\'' {
		return false
	}
	a.value = len(s.values)
	if s.values, ok = s.readText(s.values, quote); !ok {
		return false
	}
	a.end = len(s.values)
	if !prefixed {
		s.attributes = append(s.attributes, a)
	}
	return true
}

// readText appends text up to the next tag, or up to a quotation mark, which it skips. Line ends become line feeds.
func (s *xmlScanner) readText(to []byte, quote byte) ([]byte, bool) {
	begin, plain := len(to), len(to) // plain is where the text after the last reference begins
	bits := byte(0)
	for {
		if s.at == s.end && !s.fill() {
			if quote != 0 || s.err != io.EOF {
				s.fail(io.ErrUnexpectedEOF)
				return to, false
			}
			return to, validText(to[begin:], bits)
		}
		piece, i := s.buffer[s.at:s.end], 0
		for i < len(piece) && !s.stops[piece[i]] {
			bits |= piece[i]
			i++
		}
		to = append(to, piece[:i]...)
		s.at += i
		if i == len(piece) {
			continue
		}
		switch b := piece[i]; {
		case b == '<':
			return to, quote == 0 && validText(to[begin:], bits)
		case b == quote && quote != 0:
			s.at++
			return to, validText(to[begin:], bits)
		case b == '&':
			s.at++
			r, ok := s.readReference()
			if !ok {
				return to, false
			}
			to = utf8.AppendRune(to, r)
			plain = len(to)
			continue
		case b == '>' && quote == 0 && bytes.HasSuffix(to[plain:], []byte("]]")):
			return to, false
		case b == '\r':
			to = append(to, '\n')
			s.at++
			if next, ok := s.get(); ok && next != '\n' {
				s.at--
			}
			continue
		case b < ' ':
			return to, false
		default:
			to = append(to, b)
			s.at++
		}
	}
}

// validText reports whether a text is valid UTF-8, without the characters that XML has not. bits are those of all its
// bytes.
func validText(text []byte, bits byte) bool {
	if bits < utf8.RuneSelf {
		return true
	}
	return utf8.Valid(text) && !bytes.Contains(text, []byte("\uffff")) && !bytes.Contains(text, []byte("\ufffe"))
}

// readReference returns the character of a reference such as &lt; or &#322; behind its first byte.
func (s *xmlScanner) readReference() (rune, bool) {
	var name [8]byte
	n := 0
	b, ok := s.must()
	if ok && b == '#' {
		return s.readNumber()
	}
	for ; ok && b != ';'; b, ok = s.must() {
		if n == len(name) {
			return 0, false
		}
		name[n] = b
		n++
	}
	switch string(name[:n]) {
	case "lt":
		return '<', ok
	case "gt":
		return '>', ok
	case "amp":
		return '&', ok
	case "quot":
		return '"', ok
	case "apos":
		return '\'', ok
	}
	return 0, false
}

func (s *xmlScanner) readNumber() (rune, bool) {
	base, digits, number := 10, 0, 0
	b, ok := s.must()
	if ok && b == 'x' {
		base = 16
		b, ok = s.must()
	}
	for ; ok && b != ';'; b, ok = s.must() {
		digit := strings.IndexByte("0123456789abcdef", b)
		if 'A' <= b && b <= 'F' {
			digit = int(b-'A') + 10
		}
		if digit < 0 || digit >= base {
			return 0, false
		}
		number = min(number*base+digit, unicode.MaxRune+1)
		digits++
	}
	switch r := rune(number); {
	case !ok, digits == 0, number > unicode.MaxRune, r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0xfffe, r == 0xffff:
		return 0, false
	case !utf8.ValidRune(r):
		return utf8.RuneError, true
	default:
		return r, true
	}
}

// readSection reads the text of a CDATA section, behind its "<![".
func (s *xmlScanner) readSection() bool {
	for _, want := range []byte("CDATA[") {
		if b, ok := s.must(); !ok || b != want {
			return false
		}
	}
	s.text = s.text[:0]
	bits, carriage := byte(0), false
	for {
		b, ok := s.must()
		if !ok {
			return false
		}
		switch {
		case b == '>' && bytes.HasSuffix(s.text, []byte("]]")):
			s.text = s.text[:len(s.text)-2]
			return validText(s.text, bits)
		case b == '\r':
			s.text = append(s.text, '\n')
		case b == '\n' && carriage:
		case b < ' ' && b != '\n' && b != '\t':
			return false
		default:
			s.text = append(s.text, b)
		}
		bits, carriage = bits|b, b == '\r'
	}
}

// skipComment skips a comment, behind its "<!-".
func (s *xmlScanner) skipComment() bool {
	if b, ok := s.must(); !ok || b != '-' {
		return false
	}
	for dashes := 0; ; {
		b, ok := s.must()
		switch {
		case !ok:
			return false
		case dashes == 2:
			return b == '>'
		case b == '-':
			dashes++
		default:
			dashes = 0
		}
	}
}

// skipInstruction skips a processing instruction, behind its "<?". The declaration of XML must name version 1.0 and
// UTF-8, where it names them.
func (s *xmlScanner) skipInstruction() (ok bool) {
	if s.name, ok = s.readName(s.name[:0]); !ok {
		return false
	}
	declaration := string(s.name) == "xml"
	s.text = s.text[:0]
	for last := byte(0); ; {
		b, ok := s.must()
		if !ok {
			return false
		}
		if last == '?' && b == '>' {
			break
		}
		if last = b; declaration {
			s.text = append(s.text, b)
		}
	}
	if !declaration {
		return true
	}
	version, encoding := declared(string(s.text), "version"), declared(string(s.text), "encoding")
	return (version == "" || version == "1.0") && (encoding == "" || strings.EqualFold(encoding, "utf-8"))
}

// declared returns what a declaration gives for a name, "" where it gives nothing.
func declared(text, name string) string {
	for {
		_, rest, found := strings.Cut(text, name+"=")
		if !found || rest == "" {
			return ""
		}
		if quote := rest[:1]; quote == `"` || quote == "'" {
			value, _, closed := strings.Cut(rest[1:], quote)
			if !closed {
				return ""
			}
			return value
		}
		text = rest[1:]
	}
}
