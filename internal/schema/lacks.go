package schema

import (
	"slices"

	"outreach/internal/project"
	"outreach/internal/text"
)

// Lack is what keeps records of a kind from coming: the list of a field that every record needs is empty. A kind that
// partners send lacks nothing without one: the office sends it as well.
type Lack struct {
	Kind  *Kind
	Field *Field
	Codes []string // of the indicators that need such records
}

// Lacks returns what keeps records from coming that the indicators of a definition count, in the order of kinds.
func Lacks(d *project.Definition) []Lack {
	var out []Lack
	registry := For(d)
	needed := make([][]string, len(d.Indicators))
	for i, in := range d.Indicators {
		needed[i] = registry.Needed(d, in)
	}
	for _, k := range registry.Kinds {
		var codes []string
		for i, in := range d.Indicators {
			if slices.Contains(needed[i], k.Name) {
				codes = append(codes, in.Code)
			}
		}
		for i := range k.Fields {
			if f := &k.Fields[i]; len(codes) > 0 && f.Required && f.Options != nil && len(f.Options(d)) == 0 {
				out = append(out, Lack{k, f, codes})
			}
		}
	}
	return out
}

// DayOfEntry is the name of the day of a person's entry in rules over people.
const DayOfEntry = "entry"

// Needed returns the kinds of record that an indicator's rules look at, in the order of kinds; none of one that is not
// of records. No rule is compiled for it: one over people names the lists that it looks at, and the day of entry, for
// which it needs the records that make participants. One that names none asks for attributes, which sign-ups say.
func (r *Registry) Needed(d *project.Definition, in project.Indicator) (kinds []string) {
	if !in.OfRecords() {
		return nil
	}
	rules := []project.Rule{in.Rule}
	if in.Among != nil {
		rules = append(rules, *in.Among)
	}
	needed := map[string]bool{}
	for _, rule := range rules {
		if rule.Who == "" {
			needed[rule.Of] = true
			continue
		}
		named := false
		for _, k := range r.Kinds {
			if k.Person && rule.UsesAny([]string{k.Plural}) {
				named, needed[k.Name] = true, true
			}
		}
		if rule.UsesAny([]string{DayOfEntry}) {
			for _, p := range d.Participants {
				named, needed[p.Of] = true, true
			}
		}
		if !named {
			needed[Signup] = true
		}
	}
	for _, k := range r.Kinds {
		if needed[k.Name] {
			kinds = append(kinds, k.Name)
		}
	}
	return kinds
}

// Of reports whether an indicator needs such records.
func (l Lack) Of(code string) bool { return slices.Contains(l.Codes, code) }

// In says in words what is missing.
func (l Lack) In(words *text.Messages) string {
	return words.Say("definition.proof.no_list", "kind", l.Kind.LabelIn(words, Several), "field", l.Field.LabelIn(words))
}
