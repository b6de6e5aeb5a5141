package rule

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"outreach/internal/schema"
)

// refused returns the name of the variable that says whether the answer to a refusable one was refused. No rule can
// write this name.
func refused(name string) string { return name + "?" + schema.Refused }

// refusals changes the comparisons of an expression with refusable variables: those with the text "refused" ask whether
// the answer was refused, and no other is met by a refused answer, not even != and not in.
type refusals struct {
	variables []variable
	changed   map[ast.Node]comparison // by what it was changed to
}

// comparison is a comparison that reads refusable variables. It is met where asks is, or where no answer was refused
// and plain is met.
type comparison struct {
	reads []string // their names
	asks  ast.Node // nil: it does not ask for refused answers
	plain ast.Node // nil: it asks for nothing else
}

// compares are the operators and functions that compare.
var compares = []string{"==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches", "hasPrefix", "hasSuffix"}

// Visit changes one node of the expression, after its children.
func (r *refusals) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BuiltinNode:
		if slices.Contains(compares, n.Name) {
			r.change(node, comparison{reads: r.read(n.Arguments...), plain: n})
		}
	case *ast.BinaryNode:
		if slices.Contains(compares, n.Operator) {
			r.change(node, r.split(n))
		}
	case *ast.UnaryNode:
		// "x not in y" is one comparison, of which Expr makes two nodes at the place of the operator.
		if inner, is := r.changed[n.Node]; is && n.Operator == "not" && n.Location() == n.Node.Location() {
			inner.asks = nil
			if inner.plain != nil {
				inner.plain = &ast.UnaryNode{Operator: "not", Node: inner.plain}
			} else {
				inner.plain = &ast.BoolNode{Value: true}
			}
			r.change(node, inner)
		}
	}
}

// change replaces a node by what the comparison means, if it reads refusable variables.
func (r *refusals) change(node *ast.Node, c comparison) {
	if len(c.reads) == 0 {
		return
	}
	out := c.plain
	if out != nil {
		for _, name := range c.reads {
			answered := &ast.UnaryNode{Operator: "not", Node: &ast.IdentifierNode{Value: refused(name)}}
			out = &ast.BinaryNode{Operator: "&&", Left: answered, Right: out}
		}
	}
	switch {
	case out == nil:
		out = c.asks
	case c.asks != nil:
		out = &ast.BinaryNode{Operator: "||", Left: c.asks, Right: out}
	}
	at := (*node).Location()
	ast.Patch(node, out)
	(*node).SetLocation(at)
	r.changed[*node] = c
}

// split finds what an operator asks of refused answers, and what of others.
func (r *refusals) split(n *ast.BinaryNode) comparison {
	c := comparison{reads: r.read(n.Left, n.Right), plain: n}
	left, right := r.named(n.Left), r.named(n.Right)
	switch {
	case n.Operator == "==" && (left != "" && isRefused(n.Right) || right != "" && isRefused(n.Left)), n.Operator == "in" && right != "" && isRefused(n.Left):
		c.asks, c.plain = &ast.IdentifierNode{Value: refused(left + right)}, nil
	case n.Operator == "!=" && (left != "" && isRefused(n.Right) || right != "" && isRefused(n.Left)):
		c.plain = &ast.BoolNode{Value: true}
	case n.Operator == "in" && left != "":
		list, is := n.Right.(*ast.ArrayNode)
		if !is || !slices.ContainsFunc(list.Nodes, isRefused) {
			return c
		}
		c.asks, c.plain = &ast.IdentifierNode{Value: refused(left)}, nil
		others := slices.DeleteFunc(slices.Clone(list.Nodes), isRefused)
		if len(others) > 0 {
			c.plain = &ast.BinaryNode{Operator: "in", Left: n.Left, Right: &ast.ArrayNode{Nodes: others}}
		}
	}
	return c
}

func isRefused(n ast.Node) bool {
	text, is := n.(*ast.StringNode)
	return is && text.Value == schema.Refused
}

// named returns the name of the refusable variable that a node is, "" if it is none.
func (r *refusals) named(n ast.Node) string {
	name, is := n.(*ast.IdentifierNode)
	if !is {
		return ""
	}
	if i := find(r.variables, name.Value); i < 0 || !r.variables[i].refusable {
		return ""
	}
	return name.Value
}

// read returns the refusable variables from which the values of nodes are made, each once. Those of conditions within
// them are not among them: a condition has its own answer.
func (r *refusals) read(nodes ...ast.Node) []string {
	var out []string
	for _, node := range nodes {
		var parts []ast.Node
		switch n := node.(type) {
		case *ast.IdentifierNode:
			if name := r.named(n); name != "" {
				out = append(out, name)
			}
		case *ast.BinaryNode:
			if !slices.Contains(compares, n.Operator) && !slices.Contains([]string{"&&", "||", "and", "or"}, n.Operator) {
				parts = []ast.Node{n.Left, n.Right}
			}
		case *ast.UnaryNode:
			parts = []ast.Node{n.Node}
		case *ast.BuiltinNode:
			parts = n.Arguments
		case *ast.ArrayNode:
			parts = n.Nodes
		case *ast.MemberNode:
			parts = []ast.Node{n.Node, n.Property}
		case *ast.SliceNode:
			parts = []ast.Node{n.Node, n.From, n.To}
		case *ast.ChainNode:
			parts = []ast.Node{n.Node}
		case *ast.ConditionalNode:
			parts = []ast.Node{n.Exp1, n.Exp2}
		}
		out = append(out, r.read(parts...)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
