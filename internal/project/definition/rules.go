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
	if err != nil {
		wrong := &rule.Error{Line: 1, Column: 1}
		errors.As(err, &wrong)
		line, column := o.lines.place(n, wrong.Line, wrong.Column)
		o.reportAt(line, column, o.at("where"), badRule, wrong.Message)
		return out
	}
	for _, risk := range compiled.Risks() {
		line, column := o.lines.place(n, risk.Line, risk.Column)
		line, column = o.lines.within(line, column)
		o.warnings = append(o.warnings, Problem{Field: o.at("where"), Code: mayFail, Line: line, Column: column, Message: risk.Message})
	}
	for _, c := range compiled.Comparisons() {
		if message, ok := misspelt(kind, c, d); ok {
			line, column := o.lines.place(n, c.Line, c.Column)
			o.reportAt(line, column, o.at("where"), notInList, message)
		}
	}
	return out
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
	case schema.Choice, schema.Choices:
		for _, option := range f.Options(d) {
			values = append(values, option.ID)
		}
	case schema.YesNo:
		values = []string{"yes", "no"}
	default:
		return text.Message{}, false
	}
	return noSuchValue(c.Variable, c.Value, values), !slices.Contains(values, c.Value)
}
