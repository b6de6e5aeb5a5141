package definition

import (
	"bytes"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"outreach/internal/project"
)

// The bounds of a text, far above what a definition needs, so that none can take a function's time or memory.
const (
	mostBytes  = 256 << 10
	mostTokens = 40_000
	deepest    = 16
)

type shape int

const (
	empty shape = iota // nothing, null or ~
	scalar
	mapping
	list
)

// node is a value of the YAML text, and where it begins: line and column from 1, columns in characters.
type node struct {
	shape        shape
	line, column int
	text         string // of scalars, as written
	block        bool   // a scalar after | or >, whose text begins on the next line
	plain        bool   // a scalar without quotes
	escapes      bool   // a scalar in double quotes
	entries      []entry
	items        []*node
}

type entry struct {
	key          string
	bare         bool // a key without a colon, as a comma within { } makes of what follows it
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

// within moves a place into the text: parsers name the end of the text in different ways.
func (s source) within(line, column int) (int, int) {
	line = min(max(line, 1), len(s))
	return line, min(max(column, 1), len(s[line-1])+1)
}

// read turns YAML into nodes, or says why it cannot.
func (r *reader) read(text []byte) (root *node) {
	if len(text) > mostBytes {
		r.lines = source{nil}
		r.reportAt(1, 1, "", tooLarge, textTooLarge(len(text)))
		return nil
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	clean := strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\r", "\n")
	r.lines = lines(clean)
	if line, column, ok := unreadableAt(clean); ok {
		r.reportAt(line, column, "", unreadable, notText)
		return nil
	}
	defer func() {
		// The parser may panic on a text that nobody thought of; whoever wrote it is told what can be told.
		if recover() != nil {
			root = nil
			r.reportAt(1, 1, "", unreadable, notYAML(""))
		}
	}()
	tokens := lexer.Tokenize(clean)
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
	root = &node{shape: empty, line: 1, column: 1}
	seen := false
	for _, document := range file.Docs {
		if document.Body == nil {
			continue
		}
		body := r.node(document.Body)
		if seen {
			r.report(body, "", notAllowed, oneDocument)
			return nil
		}
		root, seen = body, true
	}
	return root
}

// unreadableAt finds what is not UTF-8 text.
func unreadableAt(text string) (line, column int, found bool) {
	line, column = 1, 1
	for i, c := range text {
		if c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") || unicode.IsControl(c) && c != '\n' && c != '\t' {
			return line, column, true
		}
		if column++; c == '\n' {
			line, column = line+1, 1
		}
	}
	return 0, 0, false
}

// plain tells whether a text has none of what definitions do without (anchors, tags, merged and complex keys,
// directives) and keeps the bounds within which parsing is quick.
func (r *reader) plain(tokens token.Tokens) bool {
	if len(tokens) > mostTokens {
		r.reportToken(tokens[mostTokens], tooLarge, tooManyTokens)
		return false
	}
	ok := true
	depth, dashes, line := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType, token.MappingKeyType, token.DirectiveType:
			r.reportToken(t, notAllowed, plainOnly(t.Value))
			ok = false
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType:
			if t.Position.Line != line {
				line, dashes = t.Position.Line, 0
			}
			dashes++
		}
		if depth > deepest || dashes > deepest {
			r.reportToken(t, tooLarge, tooDeep)
			return false
		}
	}
	return ok
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
			// The parser places a mapping in lines at its first colon.
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

func (r *reader) reportToken(t *token.Token, code string, message project.Text) {
	r.reportAt(t.Position.Line, t.Position.Column, "", code, message)
}

// place finds where a line and column of a scalar's text stand in the YAML text. It follows the text through the
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

// cursor is a place in a source, from 0; the end of a line reads as a newline.
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

// escape passes an escape of a text in double quotes: \" or \u017c.
func (c *cursor) escape() {
	c.next()
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[c.rune()]
	for range digits + 1 {
		c.next()
	}
}
