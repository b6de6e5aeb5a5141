package page

import (
	"regexp"
	"strings"
	"sync"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// counted explains how a figure is counted: what of which records, under which conditions.
type counted struct {
	How   string
	Value string // the expression of a figure over others
	Rules []countedRule
	Who   bool // by a rule over people
}

type countedRule struct {
	Who   bool // it is one over people
	Kind  string
	Where string   // the rule as in the definition
	Words []string // its conditions in words; none: the rule is too complex
	Any   bool     // one of the conditions is enough; else all are needed
}

// countedBy explains how an indicator is counted, or the participants if it is nil.
func (v view) countedBy(d *project.Definition, in *project.Indicator) counted {
	if in == nil {
		out := counted{How: v.Say("evidence.counts_participants")}
		for _, r := range d.Participants {
			out.Rules = append(out.Rules, v.rule(d, r))
		}
		return out
	}
	out := counted{How: v.Say("evidence.counts_"+in.Count, "field", v.Field(in.Field)), Value: in.Value, Who: in.UsesWho()}
	if in.Count == project.CountPeople && out.Who {
		out.How = v.Say("evidence.counts_who")
	}
	if in.OfRecords() {
		out.Rules = []countedRule{v.rule(d, in.Rule)}
	}
	if in.Among != nil {
		out.Rules = append(out.Rules, v.rule(d, *in.Among))
	}
	return out
}

func (v view) rule(d *project.Definition, r project.Rule) countedRule {
	if r.Who != "" {
		return countedRule{Who: true, Where: strings.TrimSpace(r.Who)}
	}
	out := countedRule{Kind: r.Of, Where: strings.TrimSpace(r.Where)}
	if kind := schema.For(d).Kind(r.Of); kind != nil {
		out.Kind = kind.LabelIn(v.Messages, schema.Several)
		out.Words, out.Any = v.conditions(d, kind, out.Where)
	}
	return out
}

// A rule is put into words if it is a list of comparisons joined by the same operator; any other is shown as it is
// written. The patterns here spare functions that only show figures from linking package rule.
var (
	comparison = pattern(`^(\w+)\s*(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|[\w.]+)$`)
	oneOf      = pattern(`^(\w+)\s+in\s+\[\s*((?:"[^"]*"|'[^']*')(?:\s*,\s*(?:"[^"]*"|'[^']*'))*)\s*\]$`)
	quoted     = pattern(`"[^"]*"|'[^']*'`)
	joins      = pattern(`"[^"]*"|'[^']*'|&&|\|\||\band\b|\bor\b`)
)

// pattern compiles an expression when it is first needed.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

func (v view) conditions(d *project.Definition, kind *schema.Kind, where string) (words []string, any bool) {
	if where == "" {
		return nil, false
	}
	var clauses []string
	from, joined := 0, ""
	for _, at := range joins().FindAllStringIndex(where, -1) {
		word := map[string]string{"&&": "and", "and": "and", "||": "or", "or": "or"}[where[at[0]:at[1]]]
		if word == "" {
			continue
		}
		if joined != "" && joined != word {
			return nil, false
		}
		clauses, from, joined = append(clauses, where[from:at[0]]), at[1], word
	}
	for _, clause := range append(clauses, where[from:]) {
		said, ok := v.condition(d, kind, strings.TrimSpace(clause))
		if !ok {
			return nil, false
		}
		words = append(words, said)
	}
	return words, joined == "or"
}

func (v view) condition(d *project.Definition, kind *schema.Kind, clause string) (string, bool) {
	if parts := oneOf().FindStringSubmatch(clause); parts != nil {
		var values []string
		for _, value := range quoted().FindAllString(parts[2], -1) {
			values = append(values, v.ruleValue(d, kind, parts[1], value))
		}
		return v.Field(parts[1]) + ": " + strings.Join(values, " "+v.Say("evidence.or")+" "), true
	}
	parts := comparison().FindStringSubmatch(clause)
	if parts == nil {
		return "", false
	}
	value := v.ruleValue(d, kind, parts[1], parts[3])
	switch sign := parts[2]; sign {
	case "==":
		return v.Field(parts[1]) + ": " + value, true
	case "!=":
		return v.Field(parts[1]) + ": " + v.Say("evidence.not", "value", value), true
	default:
		return v.Field(parts[1]) + " " + map[string]string{"<": "<", ">": ">", "<=": "≤", ">=": "≥"}[sign] + " " + value, true
	}
}

// ruleValue formats the value that a rule compares a variable with.
func (v view) ruleValue(d *project.Definition, kind *schema.Kind, variable, value string) string {
	text := strings.Trim(value, `"'`)
	if text == value { // a number, or another variable
		if v.Has("field." + value) {
			return v.Field(value)
		}
		return v.Number(value)
	}
	switch {
	case text == "":
		return v.Say("dimension.unknown")
	case variable == "state":
		return v.Say("signup_state." + text)
	}
	for _, k := range []*schema.Kind{kind, schema.For(d).Kind(schema.Signup)} { // the attributes of people are fields of their sign-up
		if i := k.Index(variable); i >= 0 {
			return v.cell(&k.Fields[i], d, text)
		}
	}
	return text
}
