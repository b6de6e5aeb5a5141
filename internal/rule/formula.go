package rule

import (
	"math/big"
	"slices"
	"strings"
	"unicode"

	"outreach/internal/text"
)

// Formula is a compiled expression over the figures of other indicators: i["1"] + 2 * i["2"]. It is immutable, and safe
// for concurrent use.
type Formula struct {
	steps    []step // in reverse Polish notation
	operands []Operand
}

// Operand is an indicator that a formula names.
type Operand struct {
	Code         string
	Line, Column int // of the expression, from 1; columns in characters
}

type step struct {
	operator rune     // one of + - * / and n, which negates; 0: a value
	number   *big.Rat // nil: that of the indicator
	code     string
}

// The longest formula, in characters, and how deep parentheses may go in it.
const (
	longestFormula = 2000
	deepestFormula = 50
)

// CompileFormula compiles the expression of a figure. It fails with an Error. Its time is bounded, whatever the text.
func CompileFormula(from string) (*Formula, error) {
	p := &formulaParser{text: []rune(from)}
	if len(p.text) > longestFormula {
		return nil, p.fail(longestFormula, "formula.error.too_long")
	}
	if err := p.sum(0); err != nil {
		return nil, err
	}
	if p.skip(); p.at < len(p.text) {
		return nil, p.fail(p.at, "formula.error.unexpected")
	}
	return &p.out, nil
}

// Operands returns the indicators that the formula names, each time that it does.
func (f *Formula) Operands() []Operand { return f.operands }

// Codes returns the codes of the indicators that the formula names, each once, in the order of the expression.
func (f *Formula) Codes() []string {
	var out []string
	for _, o := range f.operands {
		if !slices.Contains(out, o.Code) {
			out = append(out, o.Code)
		}
	}
	return out
}

// Value returns the exact value, nil where an indicator has none or where it divides by zero.
func (f *Formula) Value(of func(code string) *big.Rat) *big.Rat {
	var stack []*big.Rat
	for _, s := range f.steps {
		switch n := len(stack); s.operator {
		case 0:
			value := s.number
			if value == nil {
				value = of(s.code)
			}
			if value == nil {
				return nil
			}
			stack = append(stack, value)
		case 'n':
			stack[n-1] = new(big.Rat).Neg(stack[n-1])
		default:
			a, b := stack[n-2], stack[n-1]
			stack = stack[:n-1]
			out := new(big.Rat)
			switch s.operator {
			case '+':
				out.Add(a, b)
			case '-':
				out.Sub(a, b)
			case '*':
				out.Mul(a, b)
			case '/':
				if b.Sign() == 0 {
					return nil
				}
				out.Quo(a, b)
			}
			stack[n-2] = out
		}
	}
	return stack[0]
}

// formulaParser is a recursive-descent parser.
type formulaParser struct {
	text []rune
	at   int
	out  Formula
}

func (p *formulaParser) skip() {
	for p.at < len(p.text) && unicode.IsSpace(p.text[p.at]) {
		p.at++
	}
}

// next returns the next character that is no space, 0 at the end.
func (p *formulaParser) next() rune {
	if p.skip(); p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *formulaParser) place(at int) (line, column int) {
	line, column = 1, 1
	for _, r := range p.text[:at] {
		if column++; r == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}

func (p *formulaParser) fail(at int, key string) error {
	line, column := p.place(min(at, len(p.text)))
	return &Error{Line: line, Column: column, Message: text.NewMessage(key, "found", p.word(at))}
}

// word returns the whole word that begins at a place, else the character there, "" at the end.
func (p *formulaParser) word(at int) string {
	if at >= len(p.text) {
		return ""
	}
	const longest = 40
	end := at
	for end < len(p.text) && end < at+longest && (unicode.IsLetter(p.text[end]) || unicode.IsDigit(p.text[end]) || p.text[end] == '_') {
		end++
	}
	return string(p.text[at:max(end, at+1)])
}

// sum parses terms joined by + and -.
func (p *formulaParser) sum(depth int) error { return p.joined(depth, "+-", p.product) }

// product parses factors joined by * and /.
func (p *formulaParser) product(depth int) error { return p.joined(depth, "*/", p.factor) }

func (p *formulaParser) joined(depth int, operators string, part func(int) error) error {
	if err := part(depth); err != nil {
		return err
	}
	for {
		operator := p.next()
		if operator == 0 || !strings.ContainsRune(operators, operator) {
			return nil
		}
		p.at++
		if err := part(depth); err != nil {
			return err
		}
		p.out.steps = append(p.out.steps, step{operator: operator})
	}
}

func (p *formulaParser) factor(depth int) error {
	if depth > deepestFormula {
		return p.fail(p.at, "formula.error.too_deep")
	}
	switch r := p.next(); {
	case r == '(':
		p.at++
		if err := p.sum(depth + 1); err != nil {
			return err
		}
		if p.next() != ')' {
			return p.fail(p.at, "formula.error.no_parenthesis")
		}
		p.at++
		return nil
	case r == '-':
		p.at++
		if err := p.factor(depth + 1); err != nil {
			return err
		}
		p.out.steps = append(p.out.steps, step{operator: 'n'})
		return nil
	case r >= '0' && r <= '9':
		return p.number()
	case r == 'i' && p.word(p.at) == "i":
		return p.operand()
	}
	return p.fail(p.at, "formula.error.unexpected")
}

func (p *formulaParser) number() error {
	start := p.at
	for p.at < len(p.text) && (p.text[p.at] >= '0' && p.text[p.at] <= '9' || p.text[p.at] == '.') {
		p.at++
	}
	written := string(p.text[start:p.at])
	value, ok := new(big.Rat).SetString(written)
	if !ok || len(written) > 30 || strings.HasSuffix(written, ".") {
		return p.fail(start, "formula.error.number")
	}
	p.out.steps = append(p.out.steps, step{number: value})
	return nil
}

// operand parses i["code"].
func (p *formulaParser) operand() error {
	start := p.at
	p.at++
	if p.next() != '[' {
		return p.fail(start, "formula.error.operand")
	}
	p.at++
	quote := p.next()
	if quote != '"' && quote != '\'' {
		return p.fail(start, "formula.error.operand")
	}
	p.at++
	end := slices.Index(p.text[p.at:], quote)
	if end < 0 {
		return p.fail(start, "formula.error.operand")
	}
	code := string(p.text[p.at : p.at+end])
	p.at += end + 1
	if p.next() != ']' {
		return p.fail(start, "formula.error.operand")
	}
	p.at++
	line, column := p.place(start)
	p.out.operands = append(p.out.operands, Operand{Code: code, Line: line, Column: column})
	p.out.steps = append(p.out.steps, step{code: code})
	return nil
}
