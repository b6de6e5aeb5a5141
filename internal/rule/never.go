package rule

import (
	"cmp"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// NeverHolds returns the error of a rule over one record that no record can meet, nil where that cannot be seen from
// its comparisons of variables with constants, such as quantity > 3 && quantity < 2. The rule must be one that Compile
// accepts. Stored rules are not held to it: one that never holds counts nothing, as it always did.
func NeverHolds(where string) error {
	tree, err := parser.Parse(where)
	if err != nil || !never(tree.Node) {
		return nil // Compile reports what cannot be parsed
	}
	return &Error{Line: 1, Column: 1, Message: neverTrue}
}

// never reports whether a condition is seen to be false of every record.
func never(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BoolNode:
		return !n.Value
	case *ast.BinaryNode:
		switch n.Operator {
		case "||", "or":
			return never(n.Left) && never(n.Right)
		case "&&", "and":
			return never(n.Left) || never(n.Right) || contradicts(n)
		}
	}
	return false
}

// contradicts reports whether conditions joined by && leave a variable no value.
func contradicts(n ast.Node) bool {
	ranges := map[string]*valueRange{}
	var read func(n ast.Node) bool
	read = func(n ast.Node) bool {
		binary, is := n.(*ast.BinaryNode)
		if !is {
			return false
		}
		if binary.Operator == "&&" || binary.Operator == "and" {
			return read(binary.Left) || read(binary.Right)
		}
		name, operator, value := compared(binary)
		if name == "" {
			return false
		}
		if ranges[name] == nil {
			ranges[name] = &valueRange{}
		}
		ranges[name].meet(operator, value)
		return ranges[name].empty()
	}
	return read(n)
}

// compared returns the variable, the operator and the constant of a comparison, the variable first; "" for any other
// condition.
func compared(n *ast.BinaryNode) (name, operator string, value any) {
	flipped := map[string]string{"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
	if flipped[n.Operator] == "" {
		return "", "", nil
	}
	if variable, is := n.Left.(*ast.IdentifierNode); is {
		if value = constant(n.Right); value != nil {
			return variable.Value, n.Operator, value
		}
	}
	if variable, is := n.Right.(*ast.IdentifierNode); is {
		if value = constant(n.Left); value != nil {
			return variable.Value, flipped[n.Operator], value
		}
	}
	return "", "", nil
}

// constant returns a number as float64 or a text, nil for any other expression.
func constant(n ast.Node) any {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return float64(n.Value)
	case *ast.FloatNode:
		return n.Value
	case *ast.StringNode:
		return n.Value
	case *ast.UnaryNode:
		if value, is := constant(n.Node).(float64); is && n.Operator == "-" {
			return -value
		}
	}
	return nil
}

// valueRange is the values that a variable may have: between two bounds, each of which may be missing (nil) or open.
type valueRange struct {
	low, high         any
	lowOpen, highOpen bool
}

// meet leaves the values for which a comparison with a constant is true.
func (r *valueRange) meet(operator string, value any) {
	if operator == "==" || operator[0] == '>' {
		if c := compareConstants(value, r.low); r.low == nil || c > 0 || c == 0 && operator == ">" {
			r.low, r.lowOpen = value, operator == ">"
		}
	}
	if operator == "==" || operator[0] == '<' {
		if c := compareConstants(value, r.high); r.high == nil || c < 0 || c == 0 && operator == "<" {
			r.high, r.highOpen = value, operator == "<"
		}
	}
}

func (r *valueRange) empty() bool {
	if r.low == nil || r.high == nil {
		return false
	}
	c := compareConstants(r.low, r.high)
	return c > 0 || c == 0 && (r.lowOpen || r.highOpen)
}

// compareConstants compares two numbers or two texts; 0 for others, which Compile does not accept.
func compareConstants(a, b any) int {
	switch a := a.(type) {
	case float64:
		if b, is := b.(float64); is {
			return cmp.Compare(a, b)
		}
	case string:
		if b, is := b.(string); is {
			return cmp.Compare(a, b)
		}
	}
	return 0
}
