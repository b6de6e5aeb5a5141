package rule

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"outreach/internal/text"
)

// Row is a compiled condition over the cells of a file's row: row["Reach"] == "N/A". The language is that of rules; the
// only variable is row, whose cells are texts, "" for a column that the file does not have. It is not safe for
// concurrent use.
type Row struct {
	program *vm.Program
	names   []string // of the columns that it reads
	vm      vm.VM
	cells   map[string]string
	env     map[string]any
}

// rowName is the name of the variable.
const rowName = "row"

var rowOnly = text.NewMessage("rule.error.row_only")

// CompileRow compiles a condition over a row. Columns are named by texts between quotes. Any error is an *Error.
func CompileRow(where string) (row *Row, err error) {
	defer recovered(&err)
	options := append(overEnvironment(map[string]any{rowName: map[string]string{}}), finite()...)
	tree, err := parse(where, options)
	if err != nil {
		return nil, err
	}
	check := &rowInspection{inspection: inspection{source: []rune(where)}, inside: map[ast.Node]bool{}}
	ast.Walk(&tree.Node, rowMembers{check})
	ast.Walk(&tree.Node, check)
	if check.err != nil {
		return nil, check.err
	}
	program, err := expr.Compile(where, options...)
	if err != nil {
		return nil, explain(err)
	}
	cells := map[string]string{}
	return &Row{program: program, names: check.names, cells: cells, env: map[string]any{rowName: cells}}, nil
}

// Names returns the names of the columns that the condition reads, each once, in the order of the condition.
func (r *Row) Names() []string { return r.names }

// Holds reports whether the condition is true of a row, whose cells it asks for by the names of their columns. It fails
// with ErrFailed if the condition cannot be evaluated, for instance because it divides by 0 or converts a text that is not
// a number.
func (r *Row) Holds(cell func(name string) string) (holds bool, err error) {
	for _, name := range r.names {
		r.cells[name] = cell(name)
	}
	defer func() {
		if recover() != nil {
			r.vm, holds, err = vm.VM{}, false, ErrFailed
		}
	}()
	result, err := r.vm.Run(r.program, r.env)
	if err != nil {
		r.vm = vm.VM{}
		return false, fmt.Errorf("%w: condition of a source", ErrFailed)
	}
	holds, _ = result.(bool)
	return holds, nil
}

// rowMembers finds where row is used as it may be: row["name"], or row.name.
type rowMembers struct{ *rowInspection }

func (in rowMembers) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.MemberNode)
	if !ok {
		return
	}
	of, is := n.Node.(*ast.IdentifierNode)
	name, named := n.Property.(*ast.StringNode)
	if !is || of.Value != rowName || !named || n.Optional {
		in.refuse(n, rowOnly)
		return
	}
	in.inside[of] = true
	if !slices.Contains(in.names, name.Value) {
		in.names = append(in.names, name.Value)
	}
}

type rowInspection struct {
	inspection
	inside map[ast.Node]bool // where row is followed by the name of a column
	names  []string
}

// Visit checks one node of the condition, after its children.
func (in *rowInspection) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if !in.inside[n] {
			in.refuse(n, rowOnly)
		}
	case *ast.CallNode:
		name := "?"
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			name = callee.Value
			in.inside[callee] = true
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
		switch n.Operator {
		case "..":
			in.refuse(n, rangePlace)
		case "matches":
			in.binary(n)
		}
	}
}
