// Package rule compiles and evaluates the rules of a definition: Expr expressions over one record that are true or
// false, such as `activity == "partnerships" && outcome == "completed"`. The language is restricted, so that no rule
// can hang, exhaust memory or depend on anything but the record. Package definition checks rules with it, and package
// counting applies them.
package rule

import (
	"cmp"
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

// Limits of a rule: its length in characters, and the number of its parts (names, values, operators).
const (
	longest   = 2000
	mostParts = 500
)

// Error is an error of a rule with its position.
type Error struct {
	Line, Column int // of the expression, from 1; columns in characters
	Message      text.Message
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, text.Of(text.English).Word(e.Message))
}

// Rule is a compiled rule. It is immutable and safe for concurrent use, with one Vars for each goroutine.
type Rule struct {
	kind        *schema.Kind
	program     *vm.Program // nil: the empty rule
	uses        []int       // the variables that the rule reads, by their index
	attributes  []int       // those of them that are attributes of the person, by their index in the registry's Attributes
	comparisons []Comparison
	risks       []Risk
}

// ErrFailed means that a rule cannot be evaluated for a record. The error says where in the rule, and nothing of the
// record.
var ErrFailed = errors.New("the rule cannot be evaluated for the record")

// Comparison is a text that a rule compares with a variable by ==, != or in.
type Comparison struct {
	Variable     string
	Value        string
	Line, Column int // of the text, as in Error
}

// Comparisons returns the texts that the rule compares with variables, in the order of the rule, so that misspelt
// values can be found.
func (r *Rule) Comparisons() []Comparison { return r.comparisons }

// Compile compiles a rule over records of a kind. The empty rule matches every record. Any error is an *Error.
func Compile(registry *schema.Registry, kind *schema.Kind, where string) (rule *Rule, err error) {
	if strings.TrimSpace(where) == "" {
		return &Rule{kind: kind}, nil
	}
	defer recovered(&err)
	variables := variablesOf(registry, kind)
	options := language(variables)
	tree, err := parse(where, options)
	if err != nil {
		return nil, err
	}
	check := inspect(registry, kind, variables, where, &tree.Node)
	if check.err != nil {
		return nil, check.err
	}
	program, err := expr.Compile(where, options...)
	if err != nil {
		return nil, explain(err)
	}
	var attributes []int
	for _, i := range check.uses {
		if variables[i].from == fromAttributes {
			attributes = append(attributes, variables[i].attribute)
		}
	}
	return &Rule{kind: kind, program: program, uses: check.uses, attributes: attributes, comparisons: check.comparisons, risks: check.risks}, nil
}

// recovered is deferred while a rule is compiled: it makes an *Error of a panic, one in Expr too.
func recovered(err *error) {
	switch r := recover().(type) {
	case nil:
	case *Error:
		*err = r
	default:
		message := unclear("")
		if r == errParts {
			message = tooManyParts
		}
		*err = &Error{Line: 1, Column: 1, Message: message}
	}
}

// parse parses a rule, whose length and parts are bounded. Any error is an *Error.
func parse(where string, options []expr.Option) (*parser.Tree, error) {
	if length := len([]rune(where)); length > longest {
		return nil, &Error{Line: 1, Column: 1, Message: tooLong(length)}
	}
	config := conf.CreateNew()
	for _, option := range options {
		option(config)
	}
	tree, err := parser.ParseWithConfig(where, config)
	if err != nil {
		return nil, explain(err)
	}
	ast.Walk(&tree.Node, new(parts))
	return tree, nil
}

// Uses returns the variables that the rule reads, by their index in Variables of its kind.
func (r *Rule) Uses() []int { return r.uses }

// UsesAttributes reports whether the rule reads attributes of the record's person.
func (r *Rule) UsesAttributes() bool { return len(r.attributes) > 0 }

// Attributes returns the attributes of the record's person that the rule reads, by their index in the registry's
// Attributes.
func (r *Rule) Attributes() []int { return r.attributes }

// Functions are the functions that rules may call. Each takes time and memory in proportion to its arguments, returns
// no more than it is given, and is pure: there is no clock, repetition or replacement.
var Functions = []string{"abs", "ceil", "float", "floor", "hasPrefix", "hasSuffix", "indexOf", "int", "lastIndexOf", "len", "lower", "max", "min", "round", "string", "trim", "trimPrefix", "trimSuffix", "upper"}

// overEnvironment returns the options of a condition over variables, by their name a value of their type.
func overEnvironment(env map[string]any) []expr.Option {
	options := []expr.Option{expr.Env(env), expr.AsBool(), expr.WarnOnAny(), expr.MaxNodes(mostParts), expr.DisableAllBuiltins()}
	return append(options, enabled(Functions)...)
}

func language(variables []variable) []expr.Option {
	env := make(map[string]any, len(variables))
	for _, v := range variables {
		env[v.name] = v.zero()
		if v.refusable {
			env[refused(v.name)] = false
		}
	}
	options := overEnvironment(env)
	if slices.ContainsFunc(variables, func(v variable) bool { return v.refusable }) {
		options = append(options, expr.Patch(&refusals{variables, map[ast.Node]comparison{}}))
	}
	return append(options, finite()...)
}

// Matches reports whether the record in v meets the rule. It fails with ErrFailed if the rule cannot be evaluated for
// the record, for instance because it divides by 0 or converts a text that is not a number. No part of the record is in the error.
func (r *Rule) Matches(v *Vars) (bool, error) {
	if v.kind != r.kind {
		return false, fmt.Errorf("rule of %s applied to a record of %s", r.kind.Name, v.kind.Name)
	}
	if r.program == nil {
		return true, nil
	}
	for _, i := range r.uses {
		if err := v.load(i); err != nil {
			return false, fmt.Errorf("%w: %w", ErrFailed, err)
		}
	}
	result, err := v.run(r.program)
	if err != nil {
		v.vm = vm.VM{} // what a failed run left in it must not reach the next one
		if located, ok := errors.AsType[*file.Error](err); ok {
			return false, fmt.Errorf("%w: rule of %s, line %d, column %d", ErrFailed, r.kind.Name, located.Line, located.Column+1)
		}
		return false, fmt.Errorf("%w: rule of %s", ErrFailed, r.kind.Name)
	}
	matches, ok := result.(bool)
	if !ok {
		return false, fmt.Errorf("%w: rule of %s is neither true nor false", ErrFailed, r.kind.Name)
	}
	return matches, nil
}

// run runs a program. A panic in Expr is an error of the record, and does not end the program.
func (v *Vars) run(program *vm.Program) (result any, err error) {
	defer func() {
		if recover() != nil {
			result, err = nil, ErrFailed
		}
	}()
	return v.vm.Run(program, v.env)
}

// parts counts the nodes of an expression, and panics with errParts if there are too many. Expr turns 1 < x < 3 into 1
// < x and x < 3, with x in both, so nested comparisons of this form grow exponentially.
type parts int

var errParts = errors.New("too many parts")

func (p *parts) Visit(*ast.Node) {
	if *p++; *p > 2*mostParts {
		panic(errParts)
	}
}

// inspection checks the nodes of an expression and collects what it reads.
type inspection struct {
	registry    *schema.Registry
	kind        *schema.Kind
	variables   []variable
	source      []rune
	allowed     map[ast.Node]bool // ranges in a permitted position
	steps       int               // of all patterns together
	uses        []int
	comparisons []Comparison
	risks       []Risk
	err         *Error
}

func inspect(registry *schema.Registry, kind *schema.Kind, variables []variable, where string, root *ast.Node) *inspection {
	in := &inspection{registry: registry, kind: kind, variables: variables, source: []rune(where), allowed: map[ast.Node]bool{}}
	ast.Walk(root, ranges{in})
	ast.Walk(root, in)
	slices.SortStableFunc(in.risks, func(a, b Risk) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	slices.SortFunc(in.comparisons, func(a, b Comparison) int {
		return (a.Line-b.Line)*(longest+1) + a.Column - b.Column
	})
	return in
}

// ranges finds the permitted ranges: right of `in`, after a variable, between two number literals. For a whole number
// Expr turns the range into two comparisons, with the left side twice, which must not nest; for any other type it makes
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

// Visit checks one node of the expression, after its children.
func (in *inspection) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		i := find(in.variables, n.Value)
		if i < 0 {
			in.refuse(n, in.unknownVariable(n.Value))
		} else if !slices.Contains(in.uses, i) {
			in.uses = append(in.uses, i)
		}
	case *ast.CallNode:
		name := "?"
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			name = callee.Value
		}
		in.refuse(n.Callee, in.unknownFunction(name))
	case *ast.BuiltinNode:
		if !slices.Contains(Functions, n.Name) {
			in.refuse(n, in.unknownFunction(n.Name))
		}
		in.call(n)
	case *ast.MemberNode:
		in.member(n)
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
	case "/", "%":
		in.divides(n)
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
		in.compare(n.Right, n.Left) // "homeless" in situation
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

// refuse keeps the error that comes first in the text of the rule.
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
