package rule

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/vm"

	"outreach/internal/schema"
)

// Variable is one variable of the rules over a kind of record.
type Variable struct {
	Name    string
	Numeric bool // a number, so that an indicator can sum it
}

// Variables returns the variables of rules over a kind of record: its open fields, its date, the state of a sign-up,
// and for records about a person the attributes of that person.
func Variables(registry *schema.Registry, kind *schema.Kind) []Variable {
	variables := variablesOf(registry, kind)
	out := make([]Variable, len(variables))
	for i, v := range variables {
		out[i] = Variable{Name: v.name, Numeric: v.typ == schema.Wholes || v.typ == schema.Doubles}
	}
	return out
}

// origin is where a variable's value comes from.
type origin int

const (
	fromRow origin = iota
	fromDate
	fromState
	fromAttributes
)

type variable struct {
	name      string
	typ       schema.Storage
	from      origin
	field     int // its index in rows, or -1
	attribute int // its index in the attributes, or -1
	refusable bool
}

// zero returns the value of a variable that is not given.
func (v variable) zero() any {
	switch v.typ {
	case schema.Wholes:
		return 0
	case schema.Doubles:
		return 0.0
	case schema.Lists:
		return []string{}
	default:
		return ""
	}
}

func (v variable) value(text string) (any, error) {
	if text == "" || v.refusable && text == schema.Refused {
		return v.zero(), nil
	}
	switch v.typ {
	case schema.Wholes:
		return strconv.Atoi(text)
	case schema.Doubles:
		return strconv.ParseFloat(text, 64)
	case schema.Lists:
		return schema.Chosen(text), nil
	default:
		return text, nil
	}
}

func variablesOf(registry *schema.Registry, kind *schema.Kind) []variable {
	var out []variable
	for i := range kind.Fields {
		if f := &kind.Fields[i]; f.Privacy == schema.Open {
			out = append(out, variable{name: f.Name, typ: f.Type.Stored(), field: i, attribute: -1, refusable: f.Refusable})
		}
	}
	add := func(name string, typ schema.Storage, from origin, attribute int, refusable bool) {
		i := find(out, name)
		if i < 0 {
			out = append(out, variable{name: name, typ: typ, field: -1})
			i = len(out) - 1
		}
		out[i].from, out[i].attribute, out[i].refusable = from, attribute, refusable
	}
	add("date", schema.Texts, fromDate, -1, false)
	if kind.Name == schema.Signup {
		add("state", schema.Texts, fromState, -1, false)
	}
	if kind.Person {
		for i, f := range registry.Attributes() {
			add(f.Name, f.Type.Stored(), fromAttributes, i, f.Refusable)
		}
	}
	return out
}

func find(variables []variable, name string) int {
	return slices.IndexFunc(variables, func(v variable) bool { return v.name == name })
}

// Vars holds the variables of one record at a time. It is not safe for concurrent use.
type Vars struct {
	kind       *schema.Kind
	variables  []variable
	row        schema.Row
	date       string
	state      string
	attributes []string

	// A variable is converted only for a rule that reads it, and only if it differs from that of the record before, which
	// saves most conversions and allocations.
	turn   int // the number of records so far
	loaded []loaded
	env    map[string]any
	vm     vm.VM
}

type loaded struct {
	turn int
	text string
}

// NewVars returns a Vars for records of a kind.
func NewVars(registry *schema.Registry, kind *schema.Kind) *Vars {
	variables := variablesOf(registry, kind)
	v := &Vars{kind: kind, variables: variables, loaded: make([]loaded, len(variables)), env: make(map[string]any, len(variables))}
	for _, variable := range variables {
		v.env[variable.name] = variable.zero()
		if variable.refusable {
			v.env[refused(variable.name)] = false
		}
	}
	return v
}

// Set sets the next record: its row, the day from which it counts, the state of a sign-up, and the person's attributes
// in the order of the registry's Attributes, "" if not given. Attributes are nil if the kind is not about people; those
// of a sign-up are then taken from its row. Row and attributes must not change until the next Set.
func (v *Vars) Set(row schema.Row, date, state string, attributes []string) {
	v.row, v.date, v.state, v.attributes = row, date, state, attributes
	v.turn++
}

func (v *Vars) text(variable *variable) string {
	switch {
	case variable.from == fromDate:
		return v.date
	case variable.from == fromState:
		return v.state
	case variable.from == fromAttributes && v.attributes != nil:
		return v.attributes[variable.attribute]
	case variable.field >= 0 && variable.field < len(v.row):
		return v.row[variable.field]
	default:
		return ""
	}
}

func (v *Vars) load(i int) error {
	last := &v.loaded[i]
	if last.turn == v.turn {
		return nil
	}
	variable := &v.variables[i]
	if text := v.text(variable); text != last.text {
		value, err := variable.value(text)
		if err != nil {
			return fmt.Errorf("%s of a record of %s is not a number", variable.name, v.kind.Name)
		}
		v.env[variable.name], last.text = value, text
		if variable.refusable {
			v.env[refused(variable.name)] = text == schema.Refused
		}
	}
	last.turn = v.turn
	return nil
}
