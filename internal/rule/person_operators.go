package rule

import (
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"outreach/internal/schema"
	"outreach/internal/text"
)

func (c *personCompiler) unary(n *ast.UnaryNode) node {
	of := c.compile(n.Node)
	switch n.Operator {
	case "!", "not":
		if of.typ.base != conditions {
			c.refuse(n, text.NewMessage("rule.error.bad_after", "sign", n.Operator, "after", of.typ.word()))
		}
		if of.gap != nil && n.Location() == n.Node.Location() { // not in, not contains …: a comparison itself
			return node{typ: of.typ, constant: of.constant, run: func(v *PersonVars) value { return condition(!of.gap(v) && !of.run(v).is()) }}
		}
		return node{typ: of.typ, constant: of.constant, run: func(v *PersonVars) value { return condition(!of.run(v).is()) }}
	case "-", "+":
		if of.typ.base != numbers {
			c.refuse(n, text.NewMessage("rule.error.bad_after", "sign", n.Operator, "after", of.typ.word()))
		}
		if n.Operator == "+" {
			return of
		}
		return node{typ: of.typ, constant: of.constant, run: func(v *PersonVars) value {
			out := of.run(v)
			out.number = out.number.negated()
			return out
		}}
	}
	c.refuse(n, unclear(""))
	return node{}
}

func (c *personCompiler) binary(n *ast.BinaryNode) node {
	if n.Operator == "in" {
		if span, is := n.Right.(*ast.BinaryNode); is && span.Operator == ".." {
			return c.inRange(n, span)
		}
	}
	if n.Operator == ".." {
		c.refuse(n, rangePlace)
	}
	if list, is := n.Right.(*ast.ArrayNode); is && n.Operator == "in" && slices.ContainsFunc(list.Nodes, isRefused) {
		if out, is := c.inOrRefused(n, list); is {
			return out
		}
	}
	left, right := c.compile(n.Left), c.compile(n.Right)
	out := node{typ: typ{base: conditions}, constant: left.constant && right.constant}
	switch n.Operator {
	case "in", "contains", "startsWith", "endsWith", "matches":
		out.gap = func(v *PersonVars) bool { return left.run(v).missing != given || right.run(v).missing != given }
	}
	if asks, is := c.asksRefusal(n, left, right); is {
		return asks
	}
	both := func(of ...base) {
		if left.typ.base != right.typ.base || !slices.Contains(of, left.typ.base) {
			for i, side := range []typ{left.typ, right.typ} {
				if side.base == records {
					c.refuse([]ast.Node{n.Left, n.Right}[i], wholeRecord)
				}
			}
			c.refuse(n, mismatch(n.Operator, left.typ, right.typ))
		}
	}
	switch n.Operator {
	case "&&", "and", "||", "or":
		both(conditions)
		return c.joined(n, left, right)
	case "==", "!=":
		both(texts, numbers, conditions)
		c.compared(left, n.Right)
		c.compared(right, n.Left)
		return c.equality(n, left, right)
	case "<", "<=", ">", ">=":
		both(texts, numbers)
		out.run = ordered(n.Operator, left, right)
		out.never = left.counts && below(n.Operator, right) || right.counts && below(map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[n.Operator], left)
	case "in":
		if right.typ.base != lists {
			c.refuse(n.Right, unclear(""))
		}
		if right.typ.element == nil {
			return node{typ: out.typ, constant: true, never: true, run: func(*PersonVars) value { return condition(false) }}
		}
		if e := *right.typ.element; e.base != left.typ.base || e.base == records || e.base == lists {
			c.refuse(n, text.NewMessage("rule.error.not_in", "left", left.typ.word(), "in", e.word()))
		}
		c.compared(right, n.Left)
		if list, is := n.Right.(*ast.ArrayNode); is {
			for _, one := range list.Nodes {
				c.compared(left, one)
			}
		}
		out.run = func(v *PersonVars) value {
			one, of := left.run(v), right.run(v)
			switch {
			case one.missing == given && of.missing == refusal:
				return condition(left.typ.base == texts && one.text == schema.Refused)
			case one.missing == refusal && of.missing == given && left.typ.base == texts:
				one = value{text: schema.Refused}
			case one.missing != given || of.missing != given:
				return condition(false)
			}
			for i := range of.list.len() {
				if other := of.list.at(i); other.missing == given && same(one, other, left.typ.base) {
					return condition(true)
				}
			}
			return condition(false)
		}
	case "contains", "startsWith", "endsWith":
		both(texts)
		test := map[string]func(string, string) bool{"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix}[n.Operator]
		out.run = func(v *PersonVars) value {
			a, b := left.run(v), right.run(v)
			return condition(a.missing == given && b.missing == given && test(a.text, b.text))
		}
	case "matches":
		both(texts)
		out.run = c.matches(n, left)
	case "??":
		if left.typ.base != right.typ.base || left.typ.base == lists || left.typ.base == records {
			c.refuse(n, mismatch(n.Operator, left.typ, right.typ))
		}
		out.typ = left.typ
		out.run = func(v *PersonVars) value {
			if one := left.run(v); one.missing == given || one.missing == refusal {
				return one
			}
			return right.run(v)
		}
	case "+":
		if left.typ.base == texts && right.typ.base == texts {
			out.typ = typ{base: texts}
			out.run = func(v *PersonVars) value {
				a, b := left.run(v), right.run(v)
				return value{missing: max(a.missing, b.missing), text: a.text + b.text}
			}
			return out
		}
		fallthrough
	case "-", "*", "/", "%", "**", "^":
		both(numbers)
		out.typ = typ{base: numbers}
		out.run = c.arithmetic(n, left, right)
	default:
		c.refuse(n, unclear(""))
	}
	return out
}

// compared notes a text that is compared with a variable.
func (c *personCompiler) compared(of node, with ast.Node) {
	literal, is := with.(*ast.StringNode)
	if of.variable == nil || !is {
		return
	}
	line, column := c.position(with)
	c.rule.comparisons = append(c.rule.comparisons, PersonComparison{Comparison{Variable: of.variable.name, Value: literal.Value, Line: line, Column: column}, of.kind})
}

// joined compiles conditions joined by && or ||.
func (c *personCompiler) joined(n *ast.BinaryNode, left, right node) node {
	out := node{typ: left.typ, constant: left.constant && right.constant}
	if n.Operator == "||" || n.Operator == "or" {
		out.never = left.isNever() && right.isNever()
		out.run = func(v *PersonVars) value { return condition(left.run(v).is() || right.run(v).is()) }
		return out
	}
	out.never = left.isNever() || right.isNever()
	for _, a := range left.pins {
		for _, b := range right.pins {
			out.never = out.never || a.kind == b.kind && a.variable == b.variable && a.text != b.text
		}
	}
	out.pins = append(slices.Clone(left.pins), right.pins...)
	out.run = func(v *PersonVars) value { return condition(left.run(v).is() && right.run(v).is()) }
	return out
}

func same(a, b value, of base) bool {
	switch of {
	case numbers:
		return a.number.compare(b.number) == 0
	case conditions:
		return a.truth == b.truth
	default:
		return a.text == b.text
	}
}

// equality compiles == and !=. A date that was not given is equal to "" and to nothing else.
// inOrRefused compiles the question whether a refusable variable is refused, or in the rest of a list.
func (c *personCompiler) inOrRefused(n *ast.BinaryNode, list *ast.ArrayNode) (node, bool) {
	of := c.compile(n.Left)
	if of.variable == nil || !of.variable.refusable {
		return node{}, false
	}
	others := slices.DeleteFunc(slices.Clone(list.Nodes), isRefused)
	within := node{run: func(*PersonVars) value { return condition(false) }}
	if len(others) > 0 {
		within = c.binary(&ast.BinaryNode{Operator: "in", Left: n.Left, Right: &ast.ArrayNode{Nodes: others}})
	}
	return node{
		typ: typ{base: conditions},
		run: func(v *PersonVars) value { return condition(of.run(v).missing == refusal || within.run(v).is()) },
		gap: func(v *PersonVars) bool { one := of.run(v).missing; return one != given && one != refusal },
	}, true
}

// asksRefusal compiles a comparison of a refusable variable with the text "refused", whatever the variable's type.
func (c *personCompiler) asksRefusal(n *ast.BinaryNode, left, right node) (node, bool) {
	if n.Operator != "==" && n.Operator != "!=" {
		return node{}, false
	}
	of := left
	switch {
	case isRefused(n.Right) && left.variable != nil && left.variable.refusable:
		c.compared(left, n.Right)
	case isRefused(n.Left) && right.variable != nil && right.variable.refusable:
		c.compared(right, n.Left)
		of = right
	default:
		return node{}, false
	}
	wanted := n.Operator == "=="
	return node{typ: typ{base: conditions}, run: func(v *PersonVars) value {
		one := of.run(v)
		return condition(one.missing <= refusal && (one.missing == refusal) == wanted)
	}}, true
}

func (c *personCompiler) equality(n *ast.BinaryNode, left, right node) node {
	out := node{typ: typ{base: conditions}, constant: left.constant && right.constant}
	wanted := n.Operator == "=="
	for _, side := range []struct {
		of      node
		literal ast.Node
	}{{left, n.Right}, {right, n.Left}} {
		written, is := side.literal.(*ast.StringNode)
		if !is {
			continue
		}
		if written.Value == "" && side.of.typ.date {
			of := side.of
			out.run = func(v *PersonVars) value {
				one := of.run(v)
				return condition(one.missing <= notGiven && (one.missing == notGiven) == wanted)
			}
			return out
		}
		if side.of.variable != nil && side.of.same && wanted {
			out.pins = append(out.pins, pin{side.of.kind, side.of.variable.name, written.Value})
		}
	}
	if wanted {
		out.never = left.counts && below("==", right) || right.counts && below("==", left)
	}
	base := left.typ.base
	out.run = func(v *PersonVars) value {
		a, b := left.run(v), right.run(v)
		return condition(a.missing == given && b.missing == given && same(a, b, base) == wanted)
	}
	return out
}

// below reports whether only numbers below 0 meet a comparison with a fixed number.
func below(operator string, with node) bool {
	if !with.constant || with.typ.base != numbers {
		return false
	}
	sign := with.run(&PersonVars{}).number.compare(number{})
	return operator == "<" && sign <= 0 || (operator == "<=" || operator == "==") && sign < 0
}

func ordered(operator string, left, right node) func(*PersonVars) value {
	meets := map[string]func(int) bool{
		"<": func(n int) bool { return n < 0 }, "<=": func(n int) bool { return n <= 0 },
		">": func(n int) bool { return n > 0 }, ">=": func(n int) bool { return n >= 0 },
	}[operator]
	numeric := left.typ.base == numbers
	return func(v *PersonVars) value {
		a, b := left.run(v), right.run(v)
		if a.missing != given || b.missing != given {
			return condition(false)
		}
		if numeric {
			return condition(meets(a.number.compare(b.number)))
		}
		return condition(meets(strings.Compare(a.text, b.text)))
	}
}

// inRange compiles in with a range of two whole numbers.
func (c *personCompiler) inRange(n, span *ast.BinaryNode) node {
	left := c.compile(n.Left)
	from, first := span.Left.(*ast.IntegerNode)
	to, last := span.Right.(*ast.IntegerNode)
	if !first || !last {
		c.refuse(span, rangePlace)
	}
	if left.typ.base != numbers {
		c.refuse(n, text.NewMessage("rule.error.not_in", "left", left.typ.word(), "in", typ{base: numbers}.word()))
	}
	low, high := whole(from.Value), whole(to.Value)
	gap := func(v *PersonVars) bool { return left.run(v).missing != given }
	return node{typ: typ{base: conditions}, constant: left.constant, gap: gap, never: from.Value > to.Value || left.counts && to.Value < 0, run: func(v *PersonVars) value {
		one := left.run(v)
		_, exact, _ := one.number.integer()
		return condition(one.missing == given && exact && low.compare(one.number) <= 0 && one.number.compare(high) <= 0)
	}}
}

func (c *personCompiler) matches(n *ast.BinaryNode, left node) func(*PersonVars) value {
	pattern, is := n.Right.(*ast.StringNode)
	if !is {
		c.refuse(n.Right, patternText)
	}
	steps, err := patternSteps(pattern.Value)
	if c.steps += steps; err != nil {
		c.refuse(pattern, patternUnclear)
	} else if c.steps > mostSteps {
		c.refuse(pattern, patternLarge)
	}
	compiled, err := regexp.Compile(pattern.Value)
	if err != nil {
		c.refuse(pattern, patternUnclear)
	}
	return func(v *PersonVars) value {
		one := left.run(v)
		return condition(one.missing == given && compiled.MatchString(one.text))
	}
}

// arithmetic compiles a calculation with exact numbers. Division by 0 has no result; a remainder of it fails.
func (c *personCompiler) arithmetic(n *ast.BinaryNode, left, right node) func(*PersonVars) value {
	calculate := map[string]func(v *PersonVars, a, b number) (number, bool){
		"+": func(_ *PersonVars, a, b number) (number, bool) { return a.add(b) },
		"-": func(_ *PersonVars, a, b number) (number, bool) { return a.add(b.negated()) },
		"*": func(_ *PersonVars, a, b number) (number, bool) { return exactly(new(big.Rat).Mul(a.rat(), b.rat())) },
		"/": func(_ *PersonVars, a, b number) (number, bool) { return exactly(new(big.Rat).Quo(a.rat(), b.rat())) },
		"%": func(_ *PersonVars, a, b number) (number, bool) {
			one, exact, ok := a.integer()
			by, whole, fits := b.integer()
			if !exact || !ok || !whole || !fits || by == 0 {
				return number{}, false
			}
			return exactly(new(big.Rat).SetInt64(one % by))
		},
		"**": power, "^": power,
	}[n.Operator]
	if _, literal := n.Right.(*ast.IntegerNode); n.Operator == "%" && !literal || n.Operator == "**" || n.Operator == "^" {
		c.risk(n)
	}
	c.rule.ordered = c.rule.ordered || n.Operator == "/" && !right.constant // a sum of many fractions may get too long
	divides := n.Operator == "/"
	return func(v *PersonVars) value {
		a, b := left.run(v), right.run(v)
		if a.missing != given || b.missing != given || divides && b.number.compare(number{}) == 0 {
			return value{missing: absent}
		}
		out, ok := calculate(v, a.number, b.number)
		if !ok {
			return v.fail()
		}
		return value{number: out}
	}
}

func power(_ *PersonVars, a, b number) (number, bool) {
	x, _ := a.rat().Float64()
	y, _ := b.rat().Float64()
	out := new(big.Rat).SetFloat64(math.Pow(x, y))
	if out == nil {
		return number{}, false
	}
	return exactly(out)
}
