package rule

import (
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"outreach/internal/text"
)

// arguments refuses a function that is not given arguments of some types; want may be several.
func (c *personCompiler) arguments(n *ast.BuiltinNode, given []node, want ...[]base) {
	for _, types := range want {
		if len(types) != len(given) {
			continue
		}
		fits := true
		for i, t := range types {
			fits = fits && given[i].typ.base == t
		}
		if fits {
			return
		}
	}
	c.refuse(n, text.NewMessage("rule.error.bad_arguments", "name", n.Name))
}

// builtin compiles a function.
func (c *personCompiler) builtin(n *ast.BuiltinNode) node {
	switch n.Name {
	case "all", "any", "none", "one", "count", "sum", "filter", "map", "find", "findLast":
		return c.overList(n)
	}
	if !slices.Contains(PersonFunctions, n.Name) {
		c.refuse(n, unknownOfPeople(n.Name))
	}
	var of []node
	constant := true
	for _, argument := range n.Arguments {
		next := c.compile(argument)
		of, constant = append(of, next), constant && next.constant
	}
	out := node{typ: typ{base: texts}, constant: constant}
	// simple makes a function of the values of the arguments, which has no result where one is missing.
	simple := func(call func(v *PersonVars, all []value) value) {
		out.run = func(v *PersonVars) value {
			all := make([]value, len(of))
			for i := range of {
				if all[i] = of[i].run(v); all[i].missing != given {
					return value{missing: absent}
				}
			}
			return call(v, all)
		}
	}
	one := []base{texts}
	two := []base{texts, texts}
	switch n.Name {
	case "len":
		c.arguments(n, of, one, []base{lists})
		out.typ, out.counts = typ{base: numbers}, true
		simple(func(_ *PersonVars, all []value) value {
			if all[0].list != nil {
				return value{number: whole(all[0].list.len())}
			}
			return value{number: whole(utf8.RuneCountInString(all[0].text))}
		})
	case "first", "last":
		c.arguments(n, of, []base{lists})
		if of[0].typ.element == nil {
			c.refuse(n, unclear(""))
		}
		c.rule.ordered = true
		out.typ = *of[0].typ.element
		first := n.Name == "first"
		simple(func(_ *PersonVars, all []value) value {
			switch length := all[0].list.len(); {
			case length == 0:
				return value{missing: absent}
			case first:
				return all[0].list.at(0)
			default:
				return all[0].list.at(length - 1)
			}
		})
	case "min", "max", "mean":
		return c.extreme(n, of, out)
	case "lower", "upper":
		c.arguments(n, of, one)
		change := map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper}[n.Name]
		simple(func(_ *PersonVars, all []value) value { return value{text: change(all[0].text)} })
	case "trim", "trimPrefix", "trimSuffix":
		c.arguments(n, of, one, two)
		change := map[string]func(string, string) string{"trim": strings.Trim, "trimPrefix": strings.TrimPrefix, "trimSuffix": strings.TrimSuffix}[n.Name]
		simple(func(_ *PersonVars, all []value) value {
			switch {
			case len(all) == 2:
				return value{text: change(all[0].text, all[1].text)}
			case n.Name == "trim":
				return value{text: strings.TrimSpace(all[0].text)}
			}
			return value{text: change(all[0].text, " ")}
		})
	case "hasPrefix", "hasSuffix":
		c.arguments(n, of, two)
		out.typ = typ{base: conditions}
		test := map[string]func(string, string) bool{"hasPrefix": strings.HasPrefix, "hasSuffix": strings.HasSuffix}[n.Name]
		simple(func(_ *PersonVars, all []value) value { return condition(test(all[0].text, all[1].text)) })
	case "indexOf", "lastIndexOf":
		c.arguments(n, of, two)
		out.typ = typ{base: numbers}
		search := map[string]func(string, string) int{"indexOf": strings.Index, "lastIndexOf": strings.LastIndex}[n.Name]
		simple(func(_ *PersonVars, all []value) value { return value{number: whole(search(all[0].text, all[1].text))} })
	case "abs", "ceil", "floor", "round":
		c.arguments(n, of, []base{numbers})
		out.typ = typ{base: numbers}
		simple(func(v *PersonVars, all []value) value { return v.rounded(n.Name, all[0].number) })
	case "int", "float":
		c.arguments(n, of, one, []base{numbers})
		if of[0].typ.base == texts && !of[0].digits {
			c.risk(n)
		}
		out.typ = typ{base: numbers}
		written := of[0].typ.base == texts
		simple(func(v *PersonVars, all []value) value {
			from := all[0].number
			if written {
				var ok bool
				if from, ok = parseNumber(all[0].text); !ok || n.Name == "int" && strings.Contains(all[0].text, ".") {
					return v.fail()
				}
			}
			if n.Name == "float" {
				return value{number: from}
			}
			return v.rounded("int", from)
		})
	case "string":
		c.arguments(n, of, one, []base{numbers}, []base{conditions})
		simple(func(_ *PersonVars, all []value) value {
			switch of[0].typ.base {
			case numbers:
				return value{text: all[0].number.text()}
			case conditions:
				return value{text: map[bool]string{true: "true", false: "false"}[all[0].truth]}
			}
			return all[0]
		})
	}
	return out
}

// rounded rounds a number: abs, ceil, floor, round (half away from zero) or int (towards zero).
func (v *PersonVars) rounded(how string, n number) value {
	sign := n.compare(number{})
	if how == "abs" {
		if sign < 0 {
			n = n.negated()
		}
		return value{number: n}
	}
	if how == "round" {
		half := number{millionths: million / 2}
		if sign < 0 {
			half = half.negated()
		}
		var ok bool
		if n, ok = n.add(half); !ok {
			return v.fail()
		}
	}
	i, exact, ok := n.integer()
	switch {
	case !ok:
		return v.fail()
	case !exact && how == "ceil" && sign > 0:
		i++
	case !exact && how == "floor" && sign < 0:
		i--
	}
	return value{number: whole(int(i))}
}

// extreme compiles min, max and mean of numbers, or of a list of numbers. Of none there is no result.
func (c *personCompiler) extreme(n *ast.BuiltinNode, of []node, out node) node {
	for _, one := range of {
		if one.typ.base != numbers && (one.typ.base != lists || one.typ.element == nil || one.typ.element.base != numbers) {
			c.refuse(n, text.NewMessage("rule.error.bad_arguments", "name", n.Name))
		}
	}
	if len(of) == 0 {
		c.refuse(n, text.NewMessage("rule.error.bad_arguments", "name", n.Name))
	}
	out.typ = typ{base: numbers}
	out.run = func(v *PersonVars) value {
		best, sum, count := value{missing: absent}, number{}, 0
		take := func(one value) {
			if one.missing != given {
				return
			}
			if best.missing != given || n.Name == "min" && one.number.compare(best.number) < 0 || n.Name == "max" && one.number.compare(best.number) > 0 {
				best = one
			}
			if n.Name != "mean" {
				return
			}
			var ok bool
			if sum, ok = sum.add(one.number); !ok {
				v.fail()
			}
			count++
		}
		for i := range of {
			one := of[i].run(v)
			if one.list == nil {
				take(one)
				continue
			}
			for j := range one.list.len() {
				take(one.list.at(j))
			}
		}
		if n.Name != "mean" || count == 0 {
			return best
		}
		mean, ok := exactly(new(big.Rat).Quo(sum.rat(), new(big.Rat).SetInt64(int64(count))))
		if !ok {
			return v.fail()
		}
		return value{number: mean}
	}
	return out
}

// overList compiles a function over the elements of a list.
func (c *personCompiler) overList(n *ast.BuiltinNode) node {
	of := c.compile(n.Arguments[0])
	if of.typ.base != lists {
		c.refuse(n.Arguments[0], text.NewMessage("rule.error.needs_list", "name", n.Name))
	}
	var each node
	if len(n.Arguments) > 1 {
		each = c.predicate(n.Arguments[1], of.typ)
	} else if of.typ.element != nil {
		each = node{typ: *of.typ.element, run: func(v *PersonVars) value { return v.element }}
		if n.Name == "count" && each.typ.base == records {
			each = fixed(conditions, condition(true))
		}
	}
	want := conditions
	switch n.Name {
	case "sum":
		want = numbers
	case "map":
		want = each.typ.base
		if want == records || want == lists {
			c.refuse(n, wholeRecord)
		}
	}
	if each.typ.base != want || each.run == nil {
		if len(n.Arguments) > 1 && each.typ.base == records {
			c.refuse(n.Arguments[1], wholeRecord)
		}
		c.refuse(n, text.NewMessage("rule.error.bad_arguments", "name", n.Name))
	}
	out := node{typ: typ{base: conditions}}
	run := func(of value, v *PersonVars) value { return value{} }
	switch n.Name {
	case "any":
		out.never = each.isNever()
		run = func(of value, v *PersonVars) (found value) {
			v.each(of.list, func(int) bool {
				found.truth = each.run(v).is()
				return !found.truth
			})
			return found
		}
	case "all":
		run = func(of value, v *PersonVars) value {
			every := true
			v.each(of.list, func(int) bool {
				every = each.run(v).is()
				return every
			})
			return condition(every)
		}
	case "none", "one", "count":
		if n.Name == "count" {
			out.typ, out.counts = typ{base: numbers}, true
		}
		out.never = n.Name == "one" && each.isNever()
		run = func(of value, v *PersonVars) value {
			found := 0
			v.each(of.list, func(int) bool {
				if each.run(v).is() {
					found++
				}
				return true
			})
			switch n.Name {
			case "none":
				return condition(found == 0)
			case "one":
				return condition(found == 1)
			}
			return value{number: whole(found)}
		}
	case "sum":
		out.typ = typ{base: numbers}
		run = func(of value, v *PersonVars) value {
			var sum value
			v.each(of.list, func(int) bool {
				if next := each.run(v); next.missing == given {
					var ok bool
					if sum.number, ok = sum.number.add(next.number); !ok {
						v.fail()
					}
				}
				return true
			})
			return sum
		}
	case "filter":
		out.typ = of.typ
		run = func(of value, v *PersonVars) value {
			found := &list{}
			v.each(of.list, func(i int) bool {
				if each.run(v).is() {
					found.values = append(found.values, of.list.at(i))
				}
				return true
			})
			return value{list: found}
		}
	case "map":
		element := each.typ
		out.typ = typ{base: lists, element: &element}
		run = func(of value, v *PersonVars) value {
			found := &list{}
			v.each(of.list, func(int) bool {
				found.values = append(found.values, each.run(v))
				return true
			})
			return value{list: found}
		}
	case "find", "findLast":
		c.rule.ordered = true
		out.typ = *of.typ.element
		last := n.Name == "findLast"
		run = func(of value, v *PersonVars) value {
			found := value{missing: absent}
			v.each(of.list, func(i int) bool {
				if each.run(v).is() {
					found = of.list.at(i)
					return last
				}
				return true
			})
			return found
		}
	}
	out.run = func(v *PersonVars) value {
		list := of.run(v)
		if list.missing != given {
			return value{missing: absent}
		}
		return run(list, v)
	}
	return out
}

// days compiles the whole days from one day to another.
func (c *personCompiler) days(n *ast.CallNode) node {
	if len(n.Arguments) != 2 {
		c.refuse(n, wantDates)
	}
	var of [2]node
	for i, argument := range n.Arguments {
		of[i] = c.compile(argument)
		literal, fixed := argument.(*ast.StringNode)
		if fixed {
			_, fixed = dayNumber(literal.Value)
		}
		if of[i].typ.base != texts || !of[i].typ.date && !fixed {
			c.refuse(argument, wantDates)
		}
	}
	return node{typ: typ{base: numbers}, constant: of[0].constant && of[1].constant, run: func(v *PersonVars) value {
		from, to := of[0].run(v), of[1].run(v)
		if from.missing != given || to.missing != given {
			return value{missing: absent}
		}
		first, one := dayNumber(from.text)
		last, other := dayNumber(to.text)
		if !one || !other {
			return v.fail()
		}
		return value{number: whole(last - first)}
	}}
}

// dayNumber returns the number of a day, YYYY-MM-DD, or of that of an instant.
func dayNumber(text string) (int, bool) {
	const length = len("2026-01-01")
	if len(text) < length || text[4] != '-' || text[7] != '-' {
		return 0, false
	}
	digits := func(part string) (n int) {
		for i := range len(part) {
			if part[i] < '0' || part[i] > '9' {
				return 99_999
			}
			n = n*10 + int(part[i]-'0')
		}
		return n
	}
	year, month, day := digits(text[:4]), digits(text[5:7]), digits(text[8:length])
	if year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if at.Day() != day {
		return 0, false
	}
	return int(at.Unix() / (24 * 60 * 60)), true
}
