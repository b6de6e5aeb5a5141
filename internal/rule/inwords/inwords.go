// Package inwords puts the rules of a definition into words in the reader's language. It links the expression
// language: pages that only show figures do without it.
package inwords

import (
	"cmp"
	"strings"

	"github.com/expr-lang/expr/ast"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Indicator says how an indicator of a valid definition is counted, one sentence or rule after the other. A rule of
// which a part has no words is there as it is written.
func Indicator(words *text.Messages, d *project.Definition, in project.Indicator) []string {
	how := "evidence.counts_" + in.Count
	if in.Count == project.CountPeople && in.Who != "" {
		how = "rule.words.counts_who"
	}
	field := words.Field(in.Field)
	if kind := schema.For(d).Kind(in.Of); kind != nil {
		if f := kind.Field(in.Field); f != nil {
			field = f.LabelIn(words)
		}
	}
	out := []string{words.Say(how, "field", field)}
	if in.Value != "" {
		out = append(out, strings.TrimSpace(in.Value))
	}
	if in.Who != "" || in.Of != "" {
		out = append(out, Rule(words, d, in.Rule))
	}
	if in.Among != nil {
		out = append(out, words.Say("evidence.counts_share_among"), Rule(words, d, *in.Among))
	}
	return out
}

// Rule says whom or what a rule of a valid definition selects.
func Rule(words *text.Messages, d *project.Definition, r project.Rule) string {
	s := &speaker{Messages: words, d: d, registry: schema.For(d)}
	if r.Who != "" {
		return words.Say("rule.words.people", "what", s.rule(r.Who))
	}
	s.kind = s.registry.Kind(r.Of)
	if s.kind == nil {
		return r.Where
	}
	name := s.kind.LabelIn(words, schema.Heading)
	if strings.TrimSpace(r.Where) == "" {
		return words.Say("rule.words.all_records", "kind", name)
	}
	return words.Say("rule.words.records", "kind", name, "what", s.rule(r.Where))
}

// speaker says the parts of one rule.
type speaker struct {
	*text.Messages
	d        *project.Definition
	registry *schema.Registry
	kind     *schema.Kind // of the records that the rule is over; nil: it is over people
	element  *schema.Kind // of the records of the innermost list
}

// noWords is the panic at a part that has no words.
type noWords struct{}

func (s *speaker) rule(source string) (said string) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(noWords); !ok {
				panic(r)
			}
			said = strings.TrimSpace(source)
		}
	}()
	tree, err := rule.Parse(source)
	if err != nil {
		panic(noWords{})
	}
	return s.condition(tree)
}

// condition says a part that is true or false.
func (s *speaker) condition(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "&&", "and", "||", "or":
			return s.joined(n)
		case "==", "!=", "<", "<=", ">", ">=":
			return s.comparison(n)
		case "in":
			return s.membership(n)
		case "contains", "startsWith", "endsWith":
			what, f := s.subject(n.Left)
			return s.Say("rule.words."+strings.ToLower(n.Operator), "what", what, "value", s.value(n.Right, f))
		}
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			return s.Say("rule.words.not", "what", s.condition(n.Node))
		}
	case *ast.BuiltinNode:
		switch n.Name {
		case "any", "all", "none", "one":
			if len(n.Arguments) > 1 {
				return s.Say("rule.words."+n.Name, "list", s.list(n.Arguments[0]), "what", s.within(n.Arguments[0], n.Arguments[1], s.condition))
			}
		}
	}
	panic(noWords{})
}

// joined says conditions that are joined by and or or; those within others are in parentheses.
func (s *speaker) joined(n *ast.BinaryNode) string {
	isAnd := func(operator string) bool { return operator == "&&" || operator == "and" }
	part := func(of ast.Node) string {
		said := s.condition(of)
		if inner, is := of.(*ast.BinaryNode); is && isJoin(inner) && isAnd(inner.Operator) != isAnd(n.Operator) {
			return "(" + said + ")"
		}
		return said
	}
	word := s.Say("evidence.or")
	if isAnd(n.Operator) {
		word = s.Say("rule.words.and")
	}
	return part(n.Left) + " " + word + " " + part(n.Right)
}

func isJoin(n *ast.BinaryNode) bool {
	switch n.Operator {
	case "&&", "and", "||", "or":
		return true
	}
	return false
}

func (s *speaker) comparison(n *ast.BinaryNode) string {
	left, right, operator := n.Left, n.Right, n.Operator
	if isConstant(left) && !isConstant(right) { // 8 <= sum(…)
		left, right = right, left
		operator = cmp.Or(map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[operator], operator)
	}
	what, f := s.subject(left)
	if written, is := right.(*ast.StringNode); is && written.Value == "" {
		switch operator {
		case "==":
			return s.Say("rule.words.not_given", "what", what)
		case "!=":
			return s.Say("rule.words.given", "what", what)
		}
	}
	value := s.value(right, f)
	switch operator {
	case "==":
		return s.Say("rule.words.is", "what", what, "value", value)
	case "!=":
		return s.Say("rule.words.is", "what", what, "value", s.Say("evidence.not", "value", value))
	}
	key := map[string]string{"<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}[operator]
	if s.isDay(left) || s.isDay(right) {
		key = map[string]string{"<": "before", "<=": "until", ">": "after", ">=": "from"}[operator]
	}
	return s.Say("rule.words."+key, "what", what, "value", value)
}

func isConstant(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode:
		return true
	}
	return false
}

// membership says that a value is in a list or a range.
func (s *speaker) membership(n *ast.BinaryNode) string {
	if span, is := n.Right.(*ast.BinaryNode); is && span.Operator == ".." {
		what, f := s.subject(n.Left)
		return s.Say("rule.words.between", "what", what, "from", s.value(span.Left, f), "to", s.value(span.Right, f))
	}
	if list, is := n.Right.(*ast.ArrayNode); is {
		what, f := s.subject(n.Left)
		var values []string
		for _, one := range list.Nodes {
			values = append(values, s.value(one, f))
		}
		return s.Say("rule.words.is", "what", what, "value", strings.Join(values, " "+s.Say("evidence.or")+" "))
	}
	what, f := s.subject(n.Right)
	if f == nil {
		panic(noWords{})
	}
	return s.Say("rule.words.includes", "what", what, "value", s.value(n.Left, f))
}

// list says a list of records.
func (s *speaker) list(n ast.Node) string {
	if call, is := n.(*ast.BuiltinNode); is && call.Name == "filter" && len(call.Arguments) == 2 {
		return s.Say("rule.words.with", "list", s.list(call.Arguments[0]), "what", s.within(call.Arguments[0], call.Arguments[1], s.condition))
	}
	return s.listed(n).LabelIn(s.Messages, schema.Several)
}

// listed returns the kind of the records of a list.
func (s *speaker) listed(n ast.Node) *schema.Kind {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if kind := s.registry.Plural(n.Value); kind != nil && s.kind == nil {
			return kind
		}
	case *ast.BuiltinNode:
		if n.Name == "filter" && len(n.Arguments) == 2 {
			return s.listed(n.Arguments[0])
		}
	}
	panic(noWords{})
}

// within says what a function of a list asks of each record.
func (s *speaker) within(list, of ast.Node, say func(ast.Node) string) string {
	body, is := of.(*ast.PredicateNode)
	if !is {
		panic(noWords{})
	}
	outer := s.element
	s.element = s.listed(list)
	defer func() { s.element = outer }()
	return say(body.Node)
}

// subject says a part that has a value, and returns its field if it is one.
func (s *speaker) subject(n ast.Node) (string, *schema.Field) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return s.variable(n.Value, s.kind)
	case *ast.ChainNode:
		return s.subject(n.Node)
	case *ast.MemberNode:
		if name, is := n.Property.(*ast.StringNode); is {
			return s.member(n.Node, name.Value)
		}
	case *ast.BuiltinNode:
		return s.function(n), nil
	case *ast.CallNode:
		if name, is := n.Callee.(*ast.IdentifierNode); is && name.Value == "days" && len(n.Arguments) == 2 {
			return s.Say("rule.words.days", "from", s.value(n.Arguments[0], nil), "to", s.value(n.Arguments[1], nil)), nil
		}
	case *ast.BinaryNode:
		if sign := map[string]string{"+": "+", "-": "−", "*": "×", "/": "÷"}[n.Operator]; sign != "" {
			part := func(of ast.Node) string {
				said := s.value(of, nil)
				if _, deeper := of.(*ast.BinaryNode); deeper {
					return "(" + said + ")"
				}
				return said
			}
			return part(n.Left) + " " + sign + " " + part(n.Right), nil
		}
	}
	panic(noWords{})
}

// variable says a variable of records of a kind, or of people if it is nil.
func (s *speaker) variable(name string, kind *schema.Kind) (string, *schema.Field) {
	if kind == nil && name == "entry" {
		return s.Say("rule.words.entry"), &schema.Field{Type: schema.Date}
	}
	if kind != nil {
		if f := kind.Field(name); f != nil {
			return f.LabelIn(s.Messages), f
		}
		if name == "date" || name == "state" {
			return s.Field(name), &schema.Field{Name: name, Type: map[string]*schema.Type{"date": schema.Date, "state": schema.Text}[name]}
		}
	}
	if place := s.registry.Attribute(name); place >= 0 {
		f := s.registry.Attributes()[place]
		return f.LabelIn(s.Messages), f
	}
	panic(noWords{})
}

// member says a field of the record that is looked at, or of the first or last of a list.
func (s *speaker) member(of ast.Node, name string) (string, *schema.Field) {
	switch of := of.(type) {
	case *ast.PointerNode:
		return s.variable(name, s.element)
	case *ast.BuiltinNode:
		if (of.Name == "first" || of.Name == "last") && len(of.Arguments) == 1 {
			return s.of(of.Name, of.Arguments[0], name)
		}
	case *ast.MemberNode:
		switch place := of.Property.(type) {
		case *ast.IntegerNode:
			if place.Value == 0 {
				return s.of("first", of.Node, name)
			}
		case *ast.UnaryNode:
			if one, is := place.Node.(*ast.IntegerNode); is && place.Operator == "-" && one.Value == 1 {
				return s.of("last", of.Node, name)
			}
		}
	}
	panic(noWords{})
}

func (s *speaker) of(which string, list ast.Node, name string) (string, *schema.Field) {
	what, f := s.variable(name, s.listed(list))
	return s.Say("rule.words."+which, "what", what, "list", s.list(list)), f
}

// function says a number that is worked out of a list.
func (s *speaker) function(n *ast.BuiltinNode) string {
	number := func(of ast.Node) string { what, _ := s.subject(of); return what }
	switch {
	case n.Name == "len" && len(n.Arguments) == 1:
		return s.Say("rule.words.len", "list", s.list(n.Arguments[0]))
	case n.Name == "count" && len(n.Arguments) == 1:
		return s.Say("rule.words.len", "list", s.list(n.Arguments[0]))
	case n.Name == "count" && len(n.Arguments) == 2:
		if body, is := n.Arguments[1].(*ast.PredicateNode); is {
			if truth, always := body.Node.(*ast.BoolNode); always && truth.Value {
				return s.Say("rule.words.len", "list", s.list(n.Arguments[0]))
			}
		}
		return s.Say("rule.words.count", "list", s.list(n.Arguments[0]), "what", s.within(n.Arguments[0], n.Arguments[1], s.condition))
	case n.Name == "sum" && len(n.Arguments) == 2:
		return s.Say("rule.words.sum", "list", s.list(n.Arguments[0]), "what", s.within(n.Arguments[0], n.Arguments[1], number))
	case (n.Name == "min" || n.Name == "max" || n.Name == "mean") && len(n.Arguments) == 1:
		if of, is := n.Arguments[0].(*ast.BuiltinNode); is && of.Name == "map" && len(of.Arguments) == 2 {
			return s.Say("rule.words."+n.Name, "list", s.list(of.Arguments[0]), "what", s.within(of.Arguments[0], of.Arguments[1], number))
		}
	}
	panic(noWords{})
}

// isDay reports whether a part is a day.
func (s *speaker) isDay(n ast.Node) bool {
	switch n.(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		_, f := s.subject(n)
		return f != nil && (f.Type == schema.Date || f.Type == schema.Instant)
	}
	return false
}

// value says what something is compared with: a value as people read it, or another part of the rule.
func (s *speaker) value(n ast.Node, f *schema.Field) string {
	switch n := n.(type) {
	case *ast.IntegerNode:
		if f != nil && f.Year {
			return schema.Number(float64(n.Value))
		}
		return s.Number(n.Value)
	case *ast.FloatNode:
		return s.Number(n.Value)
	case *ast.UnaryNode:
		if number, is := n.Node.(*ast.IntegerNode); is && n.Operator == "-" {
			return s.Number(-number.Value)
		}
	case *ast.StringNode:
		return s.word(n.Value, f)
	}
	what, _ := s.subject(n)
	return what
}

// word says a text that a field is compared with.
func (s *speaker) word(value string, f *schema.Field) string {
	switch {
	case f == nil:
		return s.Date(value)
	case f.Refusable && value == schema.Refused:
		return s.Say("value.refused")
	case f.Name == "state" && s.Has("signup_state."+value):
		return s.Say("signup_state." + value)
	case f.Type == schema.YesNo && s.Has("value."+value):
		return s.Say("value." + value)
	case f.Type.Listed() && f.Options != nil:
		for _, o := range f.Options(s.d) {
			if o.ID == value {
				return cmp.Or(o.Label.In(s.Texts()), value)
			}
		}
	case f.Type == schema.Date || f.Type == schema.Instant:
		return s.Date(value)
	}
	return `"` + value + `"`
}
