package rule

import (
	"github.com/expr-lang/expr/ast"

	"outreach/internal/schema"
	"outreach/internal/text"
)

// Risk is a part of a rule that cannot be evaluated for every record. A record for which it fails does not count.
type Risk struct {
	Line, Column int // of the part, as in Error
	Message      text.Message
}

// Risks returns the parts of the rule that may fail for a record, in the order of the rule.
func (r *Rule) Risks() []Risk { return r.risks }

var (
	divisorZero = text.NewMessage("rule.risk.divisor")
	emptyList   = text.NewMessage("rule.risk.empty_list")
	noPlace     = text.NewMessage("rule.risk.place")
)

func notANumber(function string) text.Message {
	return text.NewMessage("rule.risk.not_a_number", "name", function)
}

func (in *inspection) risk(n ast.Node, message text.Message) {
	line, column := in.position(n)
	in.risks = append(in.risks, Risk{Line: line, Column: column, Message: message})
}

// call notes functions that fail for some values: a text that is not a number, and a list without a number.
func (in *inspection) call(n *ast.BuiltinNode) {
	switch n.Name {
	case "int", "float":
		if len(n.Arguments) == 1 && !in.numeric(n.Arguments[0]) {
			in.risk(n, notANumber(n.Name))
		}
	case "min", "max":
		for _, argument := range n.Arguments {
			if list, is := argument.(*ast.ArrayNode); !in.numeric(argument) && (!is || len(list.Nodes) == 0) {
				in.risk(n, emptyList)
				return
			}
		}
	}
}

// divides notes a division whose divisor may be 0.
func (in *inspection) divides(n *ast.BinaryNode) {
	if by, is := n.Right.(*ast.FloatNode); is && by.Value != 0 {
		return
	}
	if !isDivisor(n.Right) {
		in.risk(n, divisorZero)
	}
}

// member notes an element of a text or list by its place, which may lie beyond the end.
func (in *inspection) member(n *ast.MemberNode) {
	list, listed := n.Node.(*ast.ArrayNode)
	place, fixed := n.Property.(*ast.IntegerNode)
	if !listed || !fixed || place.Value < -len(list.Nodes) || place.Value >= len(list.Nodes) {
		in.risk(n, noPlace)
	}
}

// numeric reports whether the rule itself shows that a part of it is a number.
func (in *inspection) numeric(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	case *ast.IdentifierNode:
		i := find(in.variables, n.Value)
		return i >= 0 && in.variables[i].typ != schema.Texts
	case *ast.UnaryNode:
		return n.Operator != "not" && n.Operator != "!" && in.numeric(n.Node)
	case *ast.BinaryNode:
		return n.Operator != "==" && in.numeric(n.Left) && in.numeric(n.Right)
	case *ast.BuiltinNode:
		switch n.Name {
		case "abs", "ceil", "float", "floor", "indexOf", "int", "lastIndexOf", "len", "max", "min", "round":
			return true
		}
	}
	return false
}
