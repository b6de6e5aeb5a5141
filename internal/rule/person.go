package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"outreach/internal/schema"
	"outreach/internal/text"
)

// Person is what a rule over a person reads. Lists are numbered as the kinds of the registry; variables as Variables
// returns them for the kind.
type Person interface {
	// Attribute returns an attribute by its index in the registry's Attributes, "" if it is not given.
	Attribute(place int) string
	// Entry returns the first day on which they were a participant, "" if they were none.
	Entry() string
	// Records returns the number of their records of a kind.
	Records(kind int) int
	// Value returns the text of a variable of one of their records.
	Value(kind, record, variable int) string
}

// PersonRule is a compiled rule over a person, such as `sum(attendance, .hours) >= 8`. It has the syntax of Expr, but
// is evaluated by this package: with exact numbers, and without a value for what is missing, so that any comparison
// with it is false. It is immutable and safe for concurrent use, with one PersonVars for each goroutine.
type PersonRule struct {
	holds       func(*PersonVars) value
	lists       []int
	variables   map[int][]int
	attributes  []int // by their index in the registry's Attributes
	entry       bool
	ordered     bool
	comparisons []PersonComparison
	risks       []Risk
}

// PersonComparison is a text that a rule compares with a variable of a kind's records, or with an attribute.
type PersonComparison struct {
	Comparison
	Kind *schema.Kind // of an attribute that of sign-ups
}

// Lists returns the numbers of the kinds whose records the rule reads, in order.
func (r *PersonRule) Lists() []int { return r.lists }

// Variables returns the variables that the rule reads of the records of a kind.
func (r *PersonRule) Variables(kind int) []int { return r.variables[kind] }

// UsesAttributes reports whether the rule reads attributes.
func (r *PersonRule) UsesAttributes() bool { return len(r.attributes) > 0 }

// Attributes returns the attributes that the rule reads, by their index in the registry's Attributes.
func (r *PersonRule) Attributes() []int { return r.attributes }

// UsesEntry reports whether the rule reads the day of entry.
func (r *PersonRule) UsesEntry() bool { return r.entry }

// Ordered reports whether the order of records within a day may change the result.
func (r *PersonRule) Ordered() bool { return r.ordered || len(r.risks) > 0 }

// Comparisons returns the texts that the rule compares with variables, in the order of the rule.
func (r *PersonRule) Comparisons() []PersonComparison { return r.comparisons }

// Risks returns the parts of the rule that may fail for a person, in the order of the rule.
func (r *PersonRule) Risks() []Risk { return r.risks }

// PersonFunctions are the functions of rules over people.
var PersonFunctions = slices.Sorted(slices.Values(append([]string{
	"all", "any", "count", "days", "filter", "find", "findLast", "first", "last", "map", "mean", "none", "one", "sum",
}, Functions...)))

var (
	personTrueOrFalse = text.NewMessage("rule.error.person_true_or_false")
	neverTrue         = text.NewMessage("rule.error.never_true")
	wantDates         = text.NewMessage("rule.error.days")
	wholeRecord       = text.NewMessage("rule.error.whole_record")
	personFails       = text.NewMessage("rule.risk.person")
)

func unknownOfPeople(function string) text.Message {
	return text.NewMessage("rule.error.unknown_function", "name", function, "list", PersonFunctions)
}

// CompilePerson compiles a rule over a person. Any error is an *Error; so is a rule that can never be true, where that
// can be seen from the rule alone.
func CompilePerson(registry *schema.Registry, who string) (rule *PersonRule, err error) {
	if strings.TrimSpace(who) == "" {
		return nil, &Error{Line: 1, Column: 1, Message: endsEarly}
	}
	defer recovered(&err)
	tree, err := parsePerson(who)
	if err != nil {
		return nil, err
	}
	c := &personCompiler{registry: registry, source: []rune(who), rule: &PersonRule{variables: map[int][]int{}}}
	root := c.compile(tree.Node)
	switch {
	case root.typ.base != conditions:
		c.refuse(tree.Node, personTrueOrFalse)
	case root.isNever():
		return nil, &Error{Line: 1, Column: 1, Message: neverTrue}
	}
	c.rule.holds = root.run
	slices.Sort(c.rule.lists)
	slices.SortFunc(c.rule.comparisons, func(a, b PersonComparison) int {
		return (a.Line-b.Line)*(longest+1) + a.Column - b.Column
	})
	return c.rule, nil
}

// parsePerson parses a rule over a person. Any error is an *Error.
func parsePerson(who string) (*parser.Tree, error) {
	return parse(who, append([]expr.Option{expr.MaxNodes(mostParts), expr.DisableAllBuiltins()}, enabled(PersonFunctions)...))
}

// Parse returns the syntax tree of a rule, over records or over a person, that was compiled without an error.
func Parse(source string) (node ast.Node, err error) {
	defer recovered(&err)
	tree, err := parsePerson(source)
	if err != nil {
		return nil, err
	}
	return tree.Node, nil
}

// enabled returns the options that enable functions of Expr.
func enabled(names []string) (out []expr.Option) {
	for _, name := range names {
		if name != "days" {
			out = append(out, expr.EnableBuiltin(name))
		}
	}
	return out
}

// Holds reports whether the rule holds for a person. It fails with ErrFailed as Rule.Matches does.
func (r *PersonRule) Holds(v *PersonVars, p Person) (bool, error) {
	v.person, v.element, v.failed, v.steps = p, value{}, false, 0
	result := r.holds(v)
	if v.failed {
		return false, fmt.Errorf("%w: rule over a person", ErrFailed)
	}
	return result.is(), nil
}

// mostPersonSteps is the limit of elements that one evaluation looks at; a rule of lists within lists may need many.
const mostPersonSteps = 20_000_000

// PersonVars is the state of evaluations. It is not safe for concurrent use.
type PersonVars struct {
	person  Person
	lists   []list // by kind
	element value  // of the innermost list
	failed  bool
	steps   int
}

// NewPersonVars returns the state for rules over a registry.
func NewPersonVars(registry *schema.Registry) *PersonVars {
	return &PersonVars{lists: make([]list, len(registry.Kinds))}
}

// fail notes that the rule cannot be evaluated.
func (v *PersonVars) fail() value {
	v.failed = true
	return value{missing: absent}
}

// missing says that there is no value: a date that was not given, or an element or what follows from it.
type missing uint8

const (
	given missing = iota
	notGiven
	refusal
	absent
)

// value is a value of any type.
type value struct {
	missing missing
	truth   bool
	record  int32 // the index of a record
	number  number
	text    string
	list    *list
}

// is reports whether a condition is true; what is missing is not.
func (v value) is() bool { return v.missing == given && v.truth }

func condition(truth bool) value { return value{truth: truth} }

// list is all records of a kind, or values.
type list struct {
	records int
	values  []value
}

func (l *list) len() int { return l.records + len(l.values) }

func (l *list) at(i int) value {
	if i < l.records {
		return value{record: int32(i)}
	}
	return l.values[i]
}

// each calls a function with the elements of a list as the current one, until it returns false or the rule fails.
func (v *PersonVars) each(l *list, do func(i int) bool) {
	outer := v.element
	for i := range l.len() {
		if v.steps++; v.steps > mostPersonSteps {
			v.fail()
		}
		v.element = l.at(i)
		if v.failed || !do(i) {
			break
		}
	}
	v.element = outer
}

// base is a type of values.
type base int

const (
	texts base = iota
	numbers
	conditions
	records
	lists
)

// word returns the name of the type in messages of Expr, which typeWord words.
func (t typ) word() text.Message {
	return typeWord(map[base]string{texts: "string", numbers: "float64", conditions: "bool"}[t.base])
}

// typ is the type of a part of a rule.
type typ struct {
	base    base
	date    bool // of texts: a day, or none
	kind    int  // of records
	element *typ // of lists; nil: of an empty one
}

// node is a compiled part of a rule.
type node struct {
	typ      typ
	run      func(*PersonVars) value
	constant bool      // it reads nothing
	never    bool      // a condition that cannot be true
	counts   bool      // a number that is not below 0
	digits   bool      // a text of digits, or missing
	variable *variable // an attribute, or a variable of the kind's records
	kind     *schema.Kind
	same     bool                   // the variable is of the person or of the current element
	pins     []pin                  // what a condition says of variables
	gap      func(*PersonVars) bool // of a comparison that may be negated: one of its sides is missing
}

// pin is a text that a variable must have for a condition to be true.
type pin struct {
	kind     *schema.Kind
	variable string
	text     string
}

type personCompiler struct {
	registry *schema.Registry
	source   []rune
	steps    int // of all patterns together
	rule     *PersonRule
	element  *typ // of the innermost list
}

func (c *personCompiler) position(n ast.Node) (line, column int) {
	in := inspection{source: c.source}
	return in.position(n)
}

// refuse ends the compilation with an error.
func (c *personCompiler) refuse(n ast.Node, message text.Message) {
	line, column := c.position(n)
	panic(&Error{Line: line, Column: column, Message: message})
}

func (c *personCompiler) risk(n ast.Node) {
	line, column := c.position(n)
	c.rule.risks = append(c.rule.risks, Risk{Line: line, Column: column, Message: personFails})
}

// isNever reports whether a condition cannot be true.
func (n *node) isNever() bool {
	return n.never || n.constant && n.typ.base == conditions && !n.run(&PersonVars{}).is()
}

func fixed(t base, v value) node {
	return node{typ: typ{base: t}, constant: true, run: func(*PersonVars) value { return v }}
}

// compile compiles a part of the rule.
func (c *personCompiler) compile(n ast.Node) node {
	switch n := n.(type) {
	case *ast.StringNode:
		return fixed(texts, value{text: n.Value})
	case *ast.IntegerNode:
		return fixed(numbers, value{number: whole(n.Value)})
	case *ast.FloatNode:
		exact, ok := parseNumber(schema.Number(n.Value))
		if !ok {
			c.refuse(n, unclear(""))
		}
		return fixed(numbers, value{number: exact})
	case *ast.BoolNode:
		return fixed(conditions, condition(n.Value))
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.ChainNode:
		return c.compile(n.Node)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.BuiltinNode:
		return c.builtin(n)
	case *ast.CallNode:
		name := "?"
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			name = callee.Value
		}
		if name == "days" {
			return c.days(n)
		}
		c.refuse(n, unknownOfPeople(name))
	case *ast.NilNode:
		c.refuse(n, noNil)
	case *ast.VariableDeclaratorNode, *ast.SequenceNode, *ast.PredicateNode:
		c.refuse(n, oneExpression)
	}
	c.refuse(n, unclear(""))
	return node{}
}

// typed returns the type of a variable.
func typed(v *variable, f *schema.Field) typ {
	switch v.typ {
	case schema.Wholes, schema.Doubles:
		return typ{base: numbers}
	case schema.Lists:
		return typ{base: lists, element: &typ{base: texts}}
	}
	day := v.from == fromDate || f != nil && (f.Type == schema.Date || f.Type == schema.Instant)
	return typ{base: texts, date: day}
}

// reads returns a function that gives a variable's text its type. A refused answer is missing: no comparison is met by
// it but those with the text "refused".
func reads(t typ, refusable bool, from func(*PersonVars) string) func(*PersonVars) value {
	if refusable {
		answered := reads(t, false, from)
		return func(v *PersonVars) value {
			if from(v) == schema.Refused {
				return value{missing: refusal, list: &list{}}
			}
			return answered(v)
		}
	}
	switch {
	case t.base == numbers:
		return func(v *PersonVars) value {
			written := from(v)
			if written == "" {
				return value{}
			}
			n, ok := parseNumber(written)
			if !ok {
				return v.fail()
			}
			return value{number: n}
		}
	case t.base == lists:
		return func(v *PersonVars) value {
			out := &list{}
			if written := from(v); written != "" {
				for _, one := range schema.Chosen(written) {
					out.values = append(out.values, value{text: one})
				}
			}
			return value{list: out}
		}
	case t.date:
		return func(v *PersonVars) value {
			written := from(v)
			if written == "" {
				return value{missing: notGiven}
			}
			return value{text: written}
		}
	}
	return func(v *PersonVars) value { return value{text: from(v)} }
}

// identifier compiles the name of an attribute, of a list, or entry.
func (c *personCompiler) identifier(n *ast.IdentifierNode) node {
	if n.Value == schema.DayOfEntry {
		c.rule.entry = true
		t := typ{base: texts, date: true}
		return node{typ: t, run: reads(t, false, func(v *PersonVars) string { return v.person.Entry() })}
	}
	for number, kind := range c.registry.Kinds {
		switch {
		case kind.Plural == n.Value && !kind.Person:
			c.refuse(n, text.NewMessage("rule.error.list_not_about_people", "kind", kind.Name))
		case kind.Plural == n.Value:
			return c.list(number)
		}
	}
	if place := c.registry.Attribute(n.Value); place >= 0 {
		c.rule.attributes = append(c.rule.attributes, place)
		f := c.registry.Attributes()[place]
		variable := &variable{name: f.Name, typ: f.Type.Stored(), from: fromAttributes, attribute: place, refusable: f.Refusable}
		t := typed(variable, f)
		return node{typ: t, variable: variable, kind: c.registry.Kind(schema.Signup), same: true, run: reads(t, f.Refusable, func(v *PersonVars) string { return v.person.Attribute(place) })}
	}
	if kind := c.registry.Kind(n.Value); kind != nil {
		message := text.NewMessage("rule.error.list_name", "name", n.Value, "plural", kind.Plural)
		if !kind.Person {
			message = text.NewMessage("rule.error.list_not_about_people", "kind", kind.Name)
		}
		c.refuse(n, message)
	}
	if c.element != nil && c.element.base == records && find(variablesOf(c.registry, c.registry.Kinds[c.element.kind]), n.Value) >= 0 {
		c.refuse(n, text.NewMessage("rule.error.dot_field", "name", n.Value))
	}
	names := []string{schema.DayOfEntry}
	for _, kind := range c.registry.Kinds {
		if kind.Person {
			names = append(names, kind.Plural)
		}
	}
	c.refuse(n, text.NewMessage("rule.error.unknown_of_person", "name", n.Value, "list", append(names, c.registry.AttributeNames()...)))
	return node{}
}

// list compiles the list of a person's records of a kind.
func (c *personCompiler) list(number int) node {
	if !slices.Contains(c.rule.lists, number) {
		c.rule.lists = append(c.rule.lists, number)
	}
	return node{typ: typ{base: lists, element: &typ{base: records, kind: number}}, run: func(v *PersonVars) value {
		l := &v.lists[number]
		l.records = v.person.Records(number)
		return value{list: l}
	}}
}

func (c *personCompiler) pointer(n *ast.PointerNode) node {
	if c.element == nil || n.Name != "" {
		c.refuse(n, unclear(""))
	}
	return node{typ: *c.element, run: func(v *PersonVars) value { return v.element }}
}

// member compiles a field of a record, or an element of a list.
func (c *personCompiler) member(n *ast.MemberNode) node {
	of := c.compile(n.Node)
	if name, ok := n.Property.(*ast.StringNode); ok && of.typ.base == records {
		return c.field(n, of, name.Value)
	}
	place := c.compile(n.Property)
	if of.typ.base != lists || of.typ.element == nil || place.typ.base != numbers {
		c.refuse(n, unclear(""))
	}
	c.rule.ordered = true
	return node{typ: *of.typ.element, run: func(v *PersonVars) value {
		from, at := of.run(v), place.run(v)
		if from.missing != given || at.missing != given {
			return value{missing: absent}
		}
		i, exact, ok := at.number.integer()
		if i < 0 {
			i += int64(from.list.len())
		}
		if !ok || !exact || i < 0 || i >= int64(from.list.len()) {
			return value{missing: absent}
		}
		return from.list.at(int(i))
	}}
}

// field compiles a variable of a record.
func (c *personCompiler) field(n ast.Node, of node, name string) node {
	number := of.typ.kind
	kind := c.registry.Kinds[number]
	all := variablesOf(c.registry, kind)
	i := find(all, name)
	if i < 0 {
		names := make([]string, len(all))
		for i, v := range all {
			names[i] = v.name
		}
		c.refuse(n, text.NewMessage("rule.error.unknown_of_list", "name", name, "kind", kind.Name, "list", names))
	}
	variable := all[i]
	if !slices.Contains(c.rule.variables[number], i) {
		c.rule.variables[number] = append(c.rule.variables[number], i)
	}
	var f *schema.Field
	if variable.from == fromAttributes {
		c.rule.attributes = append(c.rule.attributes, variable.attribute)
		f = c.registry.Attributes()[variable.attribute]
	} else if variable.field >= 0 {
		f = &kind.Fields[variable.field]
	}
	t := typed(&variable, f)
	run := of.run
	read := reads(t, variable.refusable, func(v *PersonVars) string { return v.person.Value(number, int(v.element.record), i) })
	_, current := n.(*ast.MemberNode).Node.(*ast.PointerNode)
	if current {
		return node{typ: t, variable: &variable, kind: kind, same: true, run: read}
	}
	return node{typ: t, variable: &variable, kind: kind, run: func(v *PersonVars) value {
		record := run(v)
		if record.missing != given {
			return value{missing: absent}
		}
		outer := v.element
		v.element = record
		out := read(v)
		v.element = outer
		return out
	}}
}

// slice compiles a part of a text or a list.
func (c *personCompiler) slice(n *ast.SliceNode) node {
	of := c.compile(n.Node)
	bound := func(b ast.Node) *node {
		if b == nil {
			return nil
		}
		out := c.compile(b)
		if out.typ.base != numbers {
			c.refuse(b, unclear(""))
		}
		return &out
	}
	from, to := bound(n.From), bound(n.To)
	if of.typ.base != texts && of.typ.base != lists || of.typ.base == lists && of.typ.element == nil {
		c.refuse(n, unclear(""))
	}
	c.rule.ordered = true
	at := func(v *PersonVars, b *node, most, otherwise int) int {
		if b == nil {
			return otherwise
		}
		i, _, _ := b.run(v).number.integer()
		if i < 0 {
			i += int64(most)
		}
		return int(min(max(i, 0), int64(most)))
	}
	result := of.typ
	result.date = false
	return node{typ: result, digits: of.typ.date && isPartOfDate(n), run: func(v *PersonVars) value {
		whole := of.run(v)
		if whole.missing != given {
			return value{missing: absent}
		}
		if result.base == texts {
			first, last := at(v, from, len(whole.text), 0), at(v, to, len(whole.text), len(whole.text))
			return value{text: whole.text[min(first, last):last]}
		}
		length := whole.list.len()
		first, last := at(v, from, length, 0), at(v, to, length, length)
		out := &list{}
		for i := min(first, last); i < last; i++ {
			out.values = append(out.values, whole.list.at(i))
		}
		return value{list: out}
	}}
}

// isPartOfDate reports whether a part of a date is its year, month or day.
func isPartOfDate(n *ast.SliceNode) bool {
	from, first := n.From.(*ast.IntegerNode)
	to, last := n.To.(*ast.IntegerNode)
	if !last || n.From != nil && !first {
		return false
	}
	part := [2]int{0, to.Value}
	if first {
		part[0] = from.Value
	}
	return slices.Contains([][2]int{{0, 4}, {5, 7}, {8, 10}}, part)
}

func (c *personCompiler) array(n *ast.ArrayNode) node {
	out := node{typ: typ{base: lists}, constant: true}
	var all []node
	for _, one := range n.Nodes {
		next := c.compile(one)
		switch {
		case next.typ.base == lists || next.typ.base == records:
			c.refuse(one, unclear(""))
		case out.typ.element == nil:
			out.typ.element = &typ{base: next.typ.base}
		case out.typ.element.base != next.typ.base:
			c.refuse(one, mismatch(",", *out.typ.element, next.typ))
		}
		out.constant = out.constant && next.constant
		all = append(all, next)
	}
	out.run = func(v *PersonVars) value {
		l := &list{values: make([]value, len(all))}
		for i := range all {
			l.values[i] = all[i].run(v)
		}
		return value{list: l}
	}
	if out.constant {
		once := out.run(&PersonVars{})
		out.run = func(*PersonVars) value { return once }
	}
	return out
}

func mismatch(sign string, left, right typ) text.Message {
	return text.NewMessage("rule.error.mismatch", "sign", sign, "left", left.word(), "right", right.word())
}

func (c *personCompiler) conditional(n *ast.ConditionalNode) node {
	cond, yes, no := c.compile(n.Cond), c.compile(n.Exp1), c.compile(n.Exp2)
	if cond.typ.base != conditions {
		c.refuse(n.Cond, mismatch("?", cond.typ, typ{base: conditions}))
	}
	if yes.typ.base != no.typ.base || yes.typ.base == lists || yes.typ.base == records {
		c.refuse(n.Exp2, mismatch(":", yes.typ, no.typ))
	}
	t := yes.typ
	t.date = yes.typ.date && no.typ.date
	return node{typ: t, constant: cond.constant && yes.constant && no.constant, run: func(v *PersonVars) value {
		if cond.run(v).is() {
			return yes.run(v)
		}
		return no.run(v)
	}}
}

// predicate compiles what a function asks of each element of a list.
func (c *personCompiler) predicate(n ast.Node, of typ) node {
	body, ok := n.(*ast.PredicateNode)
	if !ok || of.element == nil {
		c.refuse(n, unclear(""))
	}
	outer := c.element
	c.element = of.element
	out := c.compile(body.Node)
	c.element = outer
	return out
}
