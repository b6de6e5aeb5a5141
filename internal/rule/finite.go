package rule

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
)

// finiteName is the name of a function that no rule can write: it fails for what is no number, as a division by 0.
const finiteName = "finite?"

// finite returns the options by which calculations fail that have no finite result. Expr divides 10 by 0 to an infinity,
// which is more than any number, so that a record would count of which the rule says nothing.
func finite() []expr.Option {
	check := func(of ...any) (any, error) {
		if n, is := of[0].(float64); is && !math.IsInf(n, 0) && !math.IsNaN(n) {
			return n, nil
		}
		return nil, fmt.Errorf("%w: no finite number", ErrFailed)
	}
	return []expr.Option{expr.Function(finiteName, check, new(func(float64) float64)), expr.Patch(finitePatch{})}
}

// finitePatch puts the results of calculations into calls of finite, but for those that are always finite: one
// operation with variables and literals that is no division by a variable or by 0.
type finitePatch struct{}

// Visit changes one node of the expression, after its children.
func (finitePatch) Visit(node *ast.Node) {
	if t := (*node).Type(); t == nil || t.Kind() != reflect.Float64 {
		return
	}
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if isSmall(n.Left) && (n.Operator == "/" && isDivisor(n.Right) || slices.Contains([]string{"+", "-", "*"}, n.Operator) && isSmall(n.Right)) {
			return
		}
	case *ast.BuiltinNode:
		if n.Name != "float" { // of a text: "inf"
			return
		}
	default:
		return
	}
	ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: finiteName}, Arguments: []ast.Node{*node}})
}

// isSmall reports whether a part is a variable or a literal, which two of cannot exceed the range of numbers.
func isSmall(n ast.Node) bool {
	const most = 1e100
	switch n := n.(type) {
	case *ast.IdentifierNode, *ast.IntegerNode:
		return true
	case *ast.FloatNode:
		return n.Value < most
	case *ast.UnaryNode:
		return isSmall(n.Node)
	}
	return false
}

// isDivisor reports whether a part is a whole number other than 0.
func isDivisor(n ast.Node) bool {
	number, is := n.(*ast.IntegerNode)
	return is && number.Value != 0
}
