// Package rule compiles and runs the rules by which a definition counts: Expr expressions over one record that are true
// or false, such as `activity == "partnerships" && outcome == "completed"`. What a rule can say is bounded, so that none
// can hang, exhaust memory or depend on anything but the record. Package definition checks rules with it, and package
// indicator counts with it.
package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"outreach/internal/schema"
	"outreach/internal/text"
)

// The bounds of a rule: its length in characters, and the parts (names, values, operators) it is made of.
const (
	longest   = 2000
	mostParts = 500
)

// Error is what is wrong with a rule, and where.
type Error struct {
	Line, Column int // of the expression, from 1; columns in characters
	Message      text.Message
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, text.Of(text.English).Word(e.Message))
}

// Rule is a compiled rule. It does not change, and may be used by many goroutines, each with its own Vars.
type Rule struct {
	kind        *schema.Kind
	program     *vm.Program // nil: every record matches
	uses        []int       // the variables that the rule reads, by their place in the layout
	comparisons []Comparison
}

// Comparison is a text that a rule compares with a variable by ==, != or in.
type Comparison struct {
	Variable     string
	Value        string
	Line, Column int // of the text, as in Error
}

// Comparisons are the texts that the rule compares with variables, in their order in the rule. A definition's check
// finds misspelt values in them.
func (r *Rule) Comparisons() []Comparison { return r.comparisons }

// Compile checks a rule over records of a kind. The empty rule matches every record. The error is an *Error.
func Compile(registry *schema.Registry, kind *schema.Kind, where string) (rule *Rule, err error) {
	if strings.TrimSpace(where) == "" {
		return &Rule{kind: kind}, nil
	}
	if length := len([]rune(where)); length > longest {
		return nil, &Error{Line: 1, Column: 1, Message: tooLong(length)}
	}
	defer func() {
		// Expr may panic on what neither its parser nor the checks here foresee; a definition must not bring a function down.
		switch r := recover(); r {
		case nil:
		case errParts:
			rule, err = nil, &Error{Line: 1, Column: 1, Message: tooManyParts}
		default:
			rule, err = nil, &Error{Line: 1, Column: 1, Message: unclear("")}
		}
	}()

	variables := layout(registry, kind)
	options := language(variables)
	config := conf.CreateNew()
	for _, option := range options {
		option(config)
	}
	tree, err := parser.ParseWithConfig(where, config)
	if err != nil {
		return nil, explain(err)
	}
	ast.Walk(&tree.Node, new(parts))
	check := inspect(kind, variables, where, &tree.Node)
	if check.err != nil {
		return nil, check.err
	}
	program, err := expr.Compile(where, options...)
	if err != nil {
		return nil, explain(err)
	}
	return &Rule{kind: kind, program: program, uses: check.uses, comparisons: check.comparisons}, nil
}

// Functions are the functions that rules may call. Each takes time and memory in proportion to its arguments, gives no
// more than it was given, and depends on nothing else: no clock, no repetition, no replacement.
var Functions = []string{"abs", "ceil", "float", "floor", "hasPrefix", "hasSuffix", "indexOf", "int", "lastIndexOf", "len", "lower", "max", "min", "round", "string", "trim", "trimPrefix", "trimSuffix", "upper"}

func language(variables []variable) []expr.Option {
	env := make(map[string]any, len(variables))
	for _, v := range variables {
		env[v.name] = v.zero()
	}
	options := []expr.Option{expr.Env(env), expr.AsBool(), expr.WarnOnAny(), expr.MaxNodes(mostParts), expr.DisableAllBuiltins()}
	for _, name := range Functions {
		options = append(options, expr.EnableBuiltin(name))
	}
	return options
}

// Matches tells whether the record in v meets the rule. The error is of the record and the rule together, such as a text
// that the rule takes for a number and that is none.
func (r *Rule) Matches(v *Vars) (bool, error) {
	if v.kind != r.kind {
		return false, fmt.Errorf("a rule of %s was asked about a record of %s", r.kind.Name, v.kind.Name)
	}
	if r.program == nil {
		return true, nil
	}
	for _, i := range r.uses {
		if err := v.load(i); err != nil {
			return false, err
		}
	}
	result, err := v.vm.Run(r.program, v.env)
	if err != nil {
		if located, ok := errors.AsType[*file.Error](err); ok {
			return false, fmt.Errorf("rule of %s: line %d, column %d: %s", r.kind.Name, located.Line, located.Column+1, located.Message)
		}
		return false, fmt.Errorf("rule of %s: %w", r.kind.Name, err)
	}
	matches, ok := result.(bool)
	if !ok {
		return false, fmt.Errorf("rule of %s gave neither true nor false", r.kind.Name)
	}
	return matches, nil
}

// parts counts what an expression is made of, and stops at too much. Of 1 < x < 3 Expr makes 1 < x and x < 3, with x in
// both: within each other such comparisons double what is to be compiled.
type parts int

var errParts = errors.New("too many parts")

func (p *parts) Visit(*ast.Node) {
	if *p++; *p > 2*mostParts {
		panic(errParts)
	}
}

// inspection is what a look at an expression's parts found.
type inspection struct {
	kind        *schema.Kind
	variables   []variable
	source      []rune
	allowed     map[ast.Node]bool // ranges that stand where they may
	steps       int               // of all patterns together
	uses        []int
	comparisons []Comparison
	err         *Error
}

func inspect(kind *schema.Kind, variables []variable, where string, root *ast.Node) *inspection {
	in := &inspection{kind: kind, variables: variables, source: []rune(where), allowed: map[ast.Node]bool{}}
	ast.Walk(root, ranges{in})
	ast.Walk(root, in)
	slices.SortFunc(in.comparisons, func(a, b Comparison) int {
		return (a.Line-b.Line)*(longest+1) + a.Column - b.Column
	})
	return in
}

// ranges finds the ranges that may stand: right of `in`, after a variable, between two numbers written out. Of a whole
// number Expr makes two comparisons of it, and says what stands left twice, which must not nest; of anything else it makes
// a list for each record, which has to be short.
type ranges struct{ *inspection }

const longestRange = 1000

func (in ranges) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.BinaryNode)
	if !ok || n.Operator != "in" {
		return
	}
	span, ok := n.Right.(*ast.BinaryNode)
	if !ok || span.Operator != ".." {
		return
	}
	name, variable := n.Left.(*ast.IdentifierNode)
	from, first := span.Left.(*ast.IntegerNode)
	to, last := span.Right.(*ast.IntegerNode)
	if !variable || !first || !last {
		return
	}
	i := find(in.variables, name.Value)
	whole := i >= 0 && in.variables[i].typ == schema.Wholes
	in.allowed[span] = whole || to.Value-from.Value < longestRange
}

// Visit looks at one part of the expression, after the parts it is made of.
func (in *inspection) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		i := find(in.variables, n.Value)
		if i < 0 {
			in.refuse(n, unknownVariable(n.Value, in.kind, in.variables))
		} else if !slices.Contains(in.uses, i) {
			in.uses = append(in.uses, i)
		}
	case *ast.CallNode:
		name := "?"
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			name = callee.Value
		}
		in.refuse(n.Callee, unknownFunction(name))
	case *ast.BuiltinNode:
		if !slices.Contains(Functions, n.Name) {
			in.refuse(n, unknownFunction(n.Name))
		}
	case *ast.NilNode:
		in.refuse(n, noNil)
	case *ast.VariableDeclaratorNode, *ast.SequenceNode, *ast.PredicateNode, *ast.PointerNode:
		in.refuse(n, oneExpression)
	case *ast.BinaryNode:
		in.binary(n)
	}
}

func (in *inspection) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "..":
		if !in.allowed[n] {
			in.refuse(n, rangePlace)
		}
	case "matches":
		pattern, ok := n.Right.(*ast.StringNode)
		if !ok {
			in.refuse(n.Right, patternText)
			return
		}
		steps, err := patternSteps(pattern.Value)
		in.steps += steps
		switch {
		case err != nil:
			in.refuse(pattern, patternUnclear)
		case in.steps > mostSteps:
			in.refuse(pattern, patternLarge)
		}
	case "==", "!=":
		in.compare(n.Left, n.Right)
		in.compare(n.Right, n.Left)
	case "in":
		if list, ok := n.Right.(*ast.ArrayNode); ok {
			for _, value := range list.Nodes {
				in.compare(n.Left, value)
			}
		}
	}
}

func (in *inspection) compare(variable, value ast.Node) {
	name, ok := variable.(*ast.IdentifierNode)
	if !ok {
		return
	}
	if text, ok := value.(*ast.StringNode); ok {
		line, column := in.position(text)
		in.comparisons = append(in.comparisons, Comparison{Variable: name.Value, Value: text.Value, Line: line, Column: column})
	}
}

// refuse keeps the first error of the expression, in the order of reading.
func (in *inspection) refuse(n ast.Node, message text.Message) {
	line, column := in.position(n)
	if e := in.err; e == nil || line < e.Line || line == e.Line && column <= e.Column {
		in.err = &Error{Line: line, Column: column, Message: message}
	}
}

func (in *inspection) position(n ast.Node) (line, column int) {
	line, column = 1, 1
	for _, r := range in.source[:min(n.Location().From, len(in.source))] {
		if r == '\n' {
			line++
			column = 1
		} else {
			column++
		}
	}
	return line, column
}
