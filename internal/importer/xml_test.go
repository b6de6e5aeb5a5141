package importer

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// scanned returns the tokens of a text, a line each, and the error that ends them.
func scanned(from io.Reader) (tokens []string, err error) {
	s := newXMLScanner(from)
	for {
		token, err := s.next()
		if err != nil {
			return tokens, err
		}
		switch token {
		case xmlStart:
			line := "<" + string(s.name)
			for _, a := range s.attributes {
				line += fmt.Sprintf(" %s=%q", s.values[a.name:a.value], s.attribute(string(s.values[a.name:a.value])))
			}
			tokens = append(tokens, line)
		case xmlEnd:
			tokens = append(tokens, "</"+string(s.name))
		case xmlText:
			tokens = append(tokens, fmt.Sprintf("%q", s.text))
		}
	}
}

// decoded returns the same by encoding/xml.
func decoded(text string) (tokens []string, err error) {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.RawToken()
		if err != nil {
			return tokens, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			line := "<" + t.Name.Local
			for _, a := range t.Attr {
				if a.Name.Space == "" {
					line += fmt.Sprintf(" %s=%q", a.Name.Local, attributeOf(t, a.Name.Local))
				}
			}
			tokens = append(tokens, line)
		case xml.EndElement:
			tokens = append(tokens, "</"+t.Name.Local)
		case xml.CharData:
			tokens = append(tokens, fmt.Sprintf("%q", []byte(t)))
		}
	}
}

// attributeOf returns the first attribute of a name without prefix.
func attributeOf(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// FuzzXMLScanner finds XML that the scanner and encoding/xml read differently.
func FuzzXMLScanner(f *testing.F) {
	for _, text := range []string{
		`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><a b="c" x:d='e"'>f &lt;&#322;&#x142; g<h/></a>`,
		"<a>\r\n\r\t]] > ]&gt; ]]&gt;&#93;]></a>", "<a>]]></a>", "<a b=\"]]>\r\n<\"/>", "<a b='&quot;&apos;\r\n>'/ >", "<a", "<a b", "<a b=", "<a b='", "<a b='c", "<a b='c'", "<a>b", "<a>&", "<a>&am", "<a>&amp",
		"<a><![CDATA[b]]]]><![CDATA[>\r\nc]]></a>", "<![CDATA[", "<![CDAT[]]>", "<!-- a -- b -->", "<!-- a --->", "<!---->", "<!--->", "<!-- a", "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "<é/>", "<a é='b'/>",
		"<a>\x00</a>", "<a>\xff</a>", "<a>\ufffe</a>", "<a b='\x01'/>", "<a>&#0;&#xD800;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&#00000000000000000065;</a>", "<a>&#;</a>", "<a>&#x;</a>", "<a>&#xg;</a>", "<a>&#X41;</a>",
		"<a>&nbsp;</a>", "<a>& b</a>", "<a b=c/>", "<a b>c</a>", "<a b = 'c'\n/>", "</a >", "</ a>", "</a b>", "<a:b:c/>", "<:a/>", "<a:/>", "<a b:c:d='e'/>", "<1/>", "<-a/>", "< a/>", "text", "", "&lt;",
		"<?xml version='1.1'?>", "<?xml encoding='latin2'?>", "<?xml encoding=utf-8 encoding='Utf-8'?>", "<?a b?>", "<?a b? >?>", "<?", "<? a?>", "<?xml?>", "<?xml version=", "<a b='1' b='2'/>", "<a/></b>", "\r", "<a>\r", "a\rb",
		"<c r=\"A1\" s=\"2\" t=\"s\"><v>7</v></c>", "<a>żółć \U0001f600</a>",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := scanned(strings.NewReader(text))
		again, errAgain := scanned(iotest.OneByteReader(strings.NewReader(text)))
		if diff := cmp.Diff(got, again); diff != "" || (err == io.EOF) != (errAgain == io.EOF) {
			t.Fatalf("byte by byte: %v and %v\n%s", err, errAgain, diff)
		}
		want, wrong := decoded(text)
		if errors.Is(err, errUnsupportedXML) {
			return
		}
		if (err == io.EOF) != (wrong == io.EOF) {
			t.Fatalf("got %v, encoding/xml %v", err, wrong)
		}
		if diff := cmp.Diff(want, got); diff != "" && err == io.EOF {
			t.Fatalf("(-encoding/xml +got)\n%s", diff)
		}
	})
}

func TestXMLErrorOfTheReaderIsReturned(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	for _, text := range []string{"", "<a", "<a>b", "<a b='c"} {
		if _, err := scanned(io.MultiReader(strings.NewReader(text), iotest.ErrReader(failed))); !errors.Is(err, failed) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
