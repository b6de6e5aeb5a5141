package definition

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"outreach/internal/text"
)

// The limits of a text, far above what a definition needs, so that none exhausts a function's time or memory.
const (
	mostBytes  = 256 << 10
	mostTokens = 40_000
	mostKeys   = 200 // of one mapping
	mostBlanks = 100 // empty lines in a row
	deepest    = 16
)

type shape int

const (
	empty shape = iota // nothing, null or ~
	scalar
	mapping
	list
)

// node is a value of the YAML text and where it begins: line and column from 1, columns in characters.
type node struct {
	shape        shape
	line, column int
	text         string // of scalars, as written
	block        bool   // a scalar after | or >, with its text on the next lines
	plain        bool   // a scalar without quotes
	escapes      bool   // a scalar in double quotes
	entries      []entry
	items        []*node
}

type entry struct {
	key          string
	bare         bool // a key without a colon, as follows a comma within { }
	line, column int
	value        *node
}

// source is the text as lines of characters.
type source [][]rune

func lines(text string) source {
	var out source
	for line := range strings.SplitSeq(text, "\n") {
		out = append(out, []rune(line))
	}
	return out
}

// within clamps a place to the text: parsers report its end in different ways.
func (s source) within(line, column int) (int, int) {
	line = min(max(line, 1), len(s))
	return line, min(max(column, 1), len(s[line-1])+1)
}

// read parses YAML to nodes, or reports why it cannot and returns nil.
func (r *reader) read(text []byte) (root *node) {
	if len(text) > mostBytes {
		r.lines = source{nil}
		r.reportAt(1, 1, "", tooLarge, textTooLarge(len(text)))
		return nil
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	clean := strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\r", "\n")
	r.lines = lines(clean)
	if !r.readable(clean) {
		return nil
	}
	blanks := 0
	for i, line := range r.lines {
		if blanks++; strings.TrimSpace(string(line)) != "" {
			blanks = 0
		}
		if blanks > mostBlanks && i < len(r.lines)-1 {
			r.reportAt(i+1, 1, "", tooLarge, tooManyBlanks)
			return nil
		}
	}
	defer func() {
		// The parser may panic on unforeseen texts: they are reported as not YAML.
		if recover() != nil {
			root = nil
			r.reportAt(1, 1, "", unreadable, notYAML(""))
		}
	}()
	// Between words a tab equals a space, which the lexer reads faster.
	tokens := lexer.Tokenize(strings.ReplaceAll(clean, "\t", " "))
	if bad := tokens.InvalidToken(); bad != nil {
		r.reportToken(bad, unreadable, notYAML(bad.Error))
		return nil
	}
	if !r.plain(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		type located interface {
			error
			GetToken() *token.Token
			GetMessage() string
		}
		if at, ok := errors.AsType[located](err); ok && at.GetToken() != nil {
			r.reportToken(at.GetToken(), unreadable, notYAML(at.GetMessage()))
		} else {
			r.reportAt(1, 1, "", unreadable, notYAML(""))
		}
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return &node{shape: empty, line: 1, column: 1}
	}
	return r.node(file.Docs[0].Body)
}

// readable reports whether a text is UTF-8 without control characters and indented by spaces: YAML forbids tabs there.
func (r *reader) readable(text string) bool {
	braces := strings.HasPrefix(strings.TrimSpace(text), "{") // JSON, where indents mean nothing
	line, column, indent := 1, 1, true
	for i, c := range text {
		switch {
		case c == '\t' && indent && !braces:
			r.reportAt(line, column, "", unreadable, noTabs)
			return false
		case c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"), unicode.IsControl(c) && c != '\n' && c != '\t':
			r.reportAt(line, column, "", unreadable, notText)
			return false
		}
		indent = indent && unicode.IsSpace(c)
		if column++; c == '\n' {
			line, column, indent = line+1, 1, true
		}
	}
	return true
}

// plain reports whether a text is free of features that definitions do not use (anchors, tags, merged and complex keys,
// directives) and within the limits in which parsing is fast: its time grows with the square of a mapping's keys, of
// the depth, and of empty lines.
func (r *reader) plain(tokens token.Tokens) bool {
	if len(tokens) > mostTokens {
		r.reportToken(tokens[mostTokens], tooLarge, tooManyTokens)
		return false
	}
	ok, ended := true, false
	depth, dashes, line := 0, 0, 0
	var around []counted // the enclosing mappings and lists, from the left
	for i, t := range tokens {
		switch t.Type {
		case token.CommentType:
			continue
		case token.DocumentHeaderType:
			ended = ended || slices.ContainsFunc(tokens[:i], func(t *token.Token) bool { return t.Type != token.CommentType })
		case token.MappingValueType:
			if depth > 0 || t.Prev == nil {
				break
			}
			if around = inside(around, t.Prev.Position.Column); around[len(around)-1].keys > mostKeys {
				r.reportToken(t.Prev, tooLarge, tooManyKeys)
				return false
			}
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType, token.MappingKeyType, token.DirectiveType:
			r.reportToken(t, notAllowed, plainOnly(t.Value))
			ok = false
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType:
			around = inside(around, t.Position.Column)
			if t.Position.Line != line {
				line, dashes = t.Position.Line, 0
			}
			dashes++
		}
		if ended {
			r.reportToken(t, notAllowed, oneDocument)
			return false
		}
		ended = t.Type == token.DocumentEndType
		if depth > deepest || dashes > deepest {
			r.reportToken(t, tooLarge, tooDeep)
			return false
		}
	}
	return ok
}

// counted is a column of keys or hyphens, and how many of them followed one another.
type counted struct{ column, keys int }

// inside drops the columns to the right of one, and counts one more in it.
func inside(around []counted, column int) []counted {
	for len(around) > 0 && around[len(around)-1].column > column {
		around = around[:len(around)-1]
	}
	if len(around) == 0 || around[len(around)-1].column < column {
		around = append(around, counted{column: column})
	}
	around[len(around)-1].keys++
	return around
}

func (r *reader) node(n ast.Node) *node {
	out := &node{}
	if t := n.GetToken(); t != nil {
		out.line, out.column = r.lines.within(t.Position.Line, t.Position.Column)
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.MappingNode:
		out.shape = mapping
		for _, value := range n.Values {
			out.entries = append(out.entries, r.entry(value))
		}
		if !n.IsFlowStyle && len(out.entries) > 0 {
			// The parser reports the first colon as the place of a block mapping.
			out.line, out.column = out.entries[0].line, out.entries[0].column
		}
	case *ast.MappingValueNode:
		e := r.entry(n)
		*out = node{shape: mapping, line: e.line, column: e.column, entries: []entry{e}}
	case *ast.SequenceNode:
		out.shape = list
		for _, value := range n.Values {
			out.items = append(out.items, r.node(value))
		}
	case *ast.LiteralNode:
		out.shape, out.text, out.block = scalar, n.Value.Value, true
	default:
		t := n.GetToken()
		out.shape, out.text, out.escapes = scalar, t.Value, t.Type == token.DoubleQuoteType
		out.plain = !out.escapes && t.Type != token.SingleQuoteType
	}
	return out
}

func (r *reader) entry(n *ast.MappingValueNode) entry {
	key := r.node(n.Key)
	return entry{key: key.text, bare: key.plain && n.Start.Type != token.MappingValueType, line: key.line, column: key.column, value: r.node(n.Value)}
}

func (r *reader) reportToken(t *token.Token, code string, message text.Message) {
	r.reportAt(t.Position.Line, t.Position.Column, "", code, message)
}

// place returns the place in the YAML text of a line and column of a scalar's value. It follows the value through the
// source, past quotes, escapes, indents and folded lines.
func (s source) place(n *node, line, column int) (int, int) {
	value := []rune(n.text)
	wanted := 0
	for ; wanted < len(value) && line > 1; wanted++ {
		if value[wanted] == '\n' {
			line--
		}
	}
	wanted += column - 1

	at := cursor{s, n.line - 1, n.column - 1}
	if n.block {
		at.line, at.column = n.line, 0
	} else if c := at.rune(); len(value) > 0 && (c == '"' || c == '\'') && (n.escapes || c == '\'') {
		at.next()
	}
	for i, v := range value {
		if !unicode.IsSpace(v) {
			for at.more() && unicode.IsSpace(at.rune()) {
				at.next()
			}
		}
		if i == wanted {
			break
		}
		switch c := at.rune(); {
		case unicode.IsSpace(v):
			if unicode.IsSpace(c) {
				at.next()
			} else if c == '\\' && n.escapes {
				at.escape()
			}
		case c == '\\' && n.escapes:
			at.escape()
		case c == '\'' && v == '\'' && !n.block && s[n.line-1][n.column-1] == '\'':
			at.next()
			at.next()
		default:
			at.next()
		}
	}
	return s.within(at.line+1, at.column+1)
}

// cursor is a place in a source, counted from 0; the end of a line reads as a newline.
type cursor struct {
	source       source
	line, column int
}

func (c *cursor) more() bool {
	return c.line < len(c.source)-1 || c.line == len(c.source)-1 && c.column < len(c.source[c.line])
}

func (c *cursor) rune() rune {
	if c.line >= len(c.source) || c.column >= len(c.source[c.line]) {
		return '\n'
	}
	return c.source[c.line][c.column]
}

func (c *cursor) next() {
	if !c.more() {
		return
	}
	if c.column++; c.column > len(c.source[c.line]) {
		c.line, c.column = c.line+1, 0
	}
}

// escape skips an escape in double quotes: \" or \u017c.
func (c *cursor) escape() {
	c.next()
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[c.rune()]
	for range digits + 1 {
		c.next()
	}
}
