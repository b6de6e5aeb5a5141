package definition

import (
	"errors"
	"slices"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// rule reads `of` and `where`, and checks the expression and the values that it compares with.
func (o object) rule(d *project.Definition) project.Rule {
	registry := schema.For(d)
	names := make([]string, len(registry.Kinds))
	for i, kind := range registry.Kinds {
		names[i] = kind.Name
	}
	out := project.Rule{Of: o.oneOf("of", names...)}
	n := o.fields["where"]
	if n == nil {
		return out
	}
	if n.shape != scalar {
		o.report(n, o.at("where"), wrongForm, wantQuotedRule)
		return out
	}
	out.Where = n.text
	kind := registry.Kind(out.Of)
	if kind == nil {
		return out
	}
	compiled, err := rule.Compile(registry, kind, out.Where)
	if err == nil {
		err = rule.NeverHolds(out.Where)
	}
	if err != nil {
		o.reportRule("where", err)
		return out
	}
	o.warnOf("where", compiled.Risks())
	for _, c := range compiled.Comparisons() {
		o.checkValue("where", kind, c, d)
	}
	return out
}

// peopleRule reads `who`, and where it is not given `of` and `where`.
func (o object) peopleRule(d *project.Definition) project.Rule {
	n := o.fields["who"]
	if n == nil {
		o.require("of")
		return o.rule(d)
	}
	o.refuse("who", "of", "where")
	if n.shape != scalar {
		o.report(n, o.at("who"), wrongForm, wantQuotedRule)
		return project.Rule{}
	}
	compiled, err := rule.CompilePerson(schema.For(d), n.text)
	if err != nil {
		o.reportRule("who", err)
		return project.Rule{Who: n.text}
	}
	o.warnOf("who", compiled.Risks())
	for _, c := range compiled.Comparisons() {
		o.checkValue("who", c.Kind, c.Comparison, d)
	}
	return project.Rule{Who: n.text}
}

// reportRule reports the error of a rule at its place.
func (o object) reportRule(key string, err error) {
	wrong := &rule.Error{Line: 1, Column: 1}
	errors.As(err, &wrong)
	line, column := o.lines.place(o.fields[key], wrong.Line, wrong.Column)
	o.reportAt(line, column, o.at(key), badRule, wrong.Message)
}

// warnOf warns of the parts of a rule that may fail.
func (o object) warnOf(key string, risks []rule.Risk) {
	for _, risk := range risks {
		line, column := o.lines.place(o.fields[key], risk.Line, risk.Column)
		line, column = o.lines.within(line, column)
		o.warnings = append(o.warnings, Problem{Field: o.at(key), Code: mayFail, Line: line, Column: column, Message: risk.Message})
	}
}

// warn warns of the value of a key.
func (o object) warn(key string, message text.Message) {
	n := o.fields[key]
	o.warnings = append(o.warnings, Problem{Field: o.at(key), Code: unlikely, Line: n.line, Column: n.column, Message: message})
}

// checkValue reports a text that no record or person can have and a rule compares with.
func (o object) checkValue(key string, kind *schema.Kind, c rule.Comparison, d *project.Definition) {
	if message, ok := misspelt(kind, c, d); ok {
		line, column := o.lines.place(o.fields[key], c.Line, c.Column)
		o.reportAt(line, column, o.at(key), notInList, message)
	}
}

// misspelt reports whether no record can have the value that a rule compares with: such a rule would silently count
// nothing, or everything.
func misspelt(kind *schema.Kind, c rule.Comparison, d *project.Definition) (text.Message, bool) {
	if c.Value == "" {
		return text.Message{}, false // a missing value
	}
	if kind.Name == schema.Signup && c.Variable == "state" {
		states := []string{schema.Accepted, schema.Waitlisted, schema.Held, schema.Cancelled}
		return noSuchValue(c.Variable, c.Value, states), !slices.Contains(states, c.Value)
	}
	f := kind.Field(c.Variable)
	if f == nil {
		f = schema.For(d).Kind(schema.Signup).Field(c.Variable) // the attributes are fields of sign-ups
	}
	if f == nil {
		return text.Message{}, false
	}
	var values []string
	switch f.Type {
	case schema.File:
		return fileNotRead(c.Variable), !f.Refusable || c.Value != schema.Refused
	case schema.Choice, schema.Choices:
		for _, option := range f.Options(d) {
			values = append(values, option.ID)
		}
	case schema.YesNo:
		values = []string{"yes", "no"}
	default:
		return text.Message{}, false
	}
	if f.Refusable {
		values = append(values, schema.Refused)
	}
	return noSuchValue(c.Variable, c.Value, values), !slices.Contains(values, c.Value)
}
