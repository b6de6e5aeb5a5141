package schema

import (
	"slices"

	"outreach/internal/project"
	"outreach/internal/text"
)

// Lack is what keeps records of a kind from coming: the list of a field that every record needs is empty; or, without a
// field, there is no sender.
type Lack struct {
	Kind  *Kind
	Field *Field
	Codes []string // of the indicators that need such records
}

// Lacks returns what keeps records from coming that the indicators of a definition count, in the order of kinds.
func Lacks(d *project.Definition) []Lack {
	var out []Lack
	registry := For(d)
	for _, k := range registry.Kinds {
		var codes []string
		for _, in := range d.Indicators {
			if in.OfRecords() && (registry.needs(in.Rule, k) || in.Among != nil && registry.needs(*in.Among, k)) {
				codes = append(codes, in.Code)
			}
		}
		for i := range k.Fields {
			if f := &k.Fields[i]; len(codes) > 0 && f.Required && f.Options != nil && len(f.Options(d)) == 0 {
				out = append(out, Lack{k, f, codes})
			}
		}
		if len(codes) > 0 && k.ByPartner && len(d.Partners) == 0 {
			out = append(out, Lack{k, nil, codes})
		}
	}
	return out
}

// needs reports whether a rule looks at records of a kind. It reads no rule as a program: a rule over people names the
// lists that it looks at; one that names none asks for attributes, which sign-ups say.
func (r *Registry) needs(rule project.Rule, k *Kind) bool {
	if rule.Who == "" {
		return rule.Of == k.Name
	}
	names := func(k *Kind) bool { return k.Person && rule.UsesAny([]string{k.Plural}) }
	return names(k) || k.Name == Signup && !slices.ContainsFunc(r.Kinds, names)
}

// Of reports whether an indicator needs such records.
func (l Lack) Of(code string) bool { return slices.Contains(l.Codes, code) }

// In says in words what is missing.
func (l Lack) In(words *text.Messages) string {
	kind := l.Kind.LabelIn(words, Several)
	if l.Field == nil {
		return words.Say("definition.proof.no_partner", "kind", kind)
	}
	return words.Say("definition.proof.no_list", "kind", kind, "field", l.Field.LabelIn(words))
}
