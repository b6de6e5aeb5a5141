package counting

import (
	"slices"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// named is a field that the rule of a figure names: evidence has its value.
type named struct {
	name   string
	number bool
	value  value
}

// fromEntry is the origin of a person's day of entry, which only rules over people read. Its place is the last day that
// counts.
const fromEntry origin = -1

// nameFields finds the fields that the rules of all figures name, by figure and kind; the kind after the last is that
// of people. It must be called after all rules were compiled.
func (r *Rules) nameFields(def *project.Definition) error {
	r.named = map[string][][]named{}
	all := make([][]rule.Variable, len(r.layouts.all)) // by kind
	for i, s := range r.layouts.all {
		all[i] = rule.Variables(r.layouts.registry, s.Kind)
	}
	add := func(code string, s *kindLayout, variables []int, names ...string) error {
		for _, name := range names {
			if i := slices.IndexFunc(all[s.number], func(v rule.Variable) bool { return v.Name == name }); i >= 0 {
				variables = append(slices.Clone(variables), i)
			}
		}
		for _, i := range slices.Sorted(slices.Values(variables)) {
			v := all[s.number][i]
			of, err := r.value(s, v.Name, false)
			if err != nil {
				return err
			}
			r.name(code, s.number, v.Name, v.Numeric, of)
		}
		return nil
	}
	for _, s := range r.layouts.all {
		for _, compiled := range r.byKind[s.number].participants {
			if err := add(ParticipantsEvidence, s, compiled.Uses()); err != nil {
				return err
			}
		}
		for i := range r.byKind[s.number].indicators {
			in := &r.byKind[s.number].indicators[i]
			variables := in.rule.Uses()
			if in.also != nil {
				variables = append(slices.Clone(variables), in.also.Uses()...)
			}
			if err := add(in.code, s, variables, append([]string{def.Indicators[in.figure].Field}, def.Indicators[in.figure].By...)...); err != nil {
				return err
			}
		}
	}
	for i := range r.people {
		in := &r.people[i]
		for _, kind := range in.rule.Lists() {
			if err := add(in.code, r.layouts.all[kind], in.rule.Variables(kind)); err != nil {
				return err
			}
		}
		if !in.rule.UsesEntry() {
			continue
		}
		for _, kind := range append(slices.Clone(in.rule.Lists()), len(r.layouts.all)) {
			r.name(in.code, kind, schema.DayOfEntry, false, value{origin: fromEntry, place: int(in.until)})
		}
	}
	return nil
}

// name adds a field to those of a figure, unless it is there already or is the date, which all evidence has. Sensitive
// fields are left out, as funders read evidence; and attributes and other personal ones, as an erasure removes them,
// while stored evidence stays as it is.
func (r *Rules) name(code string, kind int, name string, number bool, of value) {
	if r.named[code] == nil {
		r.named[code] = make([][]named, len(r.layouts.all)+1)
	}
	list := &r.named[code][kind]
	if of.origin == fromDate || of.field != nil && (of.field.Sensitive || of.field.Personal) || slices.ContainsFunc(*list, func(n named) bool { return n.name == name }) {
		return
	}
	of.field = nil // a refusal is shown as one
	*list = append(*list, named{name: name, number: number, value: of})
}

// fields returns a record's values of the fields that the rule of a figure names, without those that are not given.
func (f *Figures) fields(code string, r recordRef) (out snapshot.Fields) {
	of := f.named[code]
	if of == nil || len(of[r.kind]) == 0 {
		return nil
	}
	for i := range of[r.kind] {
		n := &of[r.kind][i]
		if text := f.namedText(n.value, r); text != "" {
			if out == nil {
				out = make(snapshot.Fields, 0, len(of[r.kind])-i)
			}
			out = append(out, snapshot.Field{Name: n.name, Value: text, Number: n.number && text != schema.Refused})
		}
	}
	return out
}

func (f *Figures) namedText(of value, r recordRef) string {
	if of.origin != fromEntry {
		return f.text(of, r, nil)
	}
	if entry := f.entries[f.person(r)]; entry != 0 && entry <= day(of.place) {
		return entry.String()
	}
	return ""
}

// listsBase reports whether evidence of a rule over a kind may list records of the base: anew, or because the first
// record of a person is another one now.
func (r *indicatorRule) listsBase() bool {
	return r.share || r.valued() || r.completeOnly || r.value.origin == fromAttributes || r.layout.Person && (r.count == countPeople || r.count == countDistinct)
}

// namedFields returns the fields of a kind's rows that evidence of records of the base may need.
func (r *Rules) namedFields(s *kindLayout) (out []int) {
	add := func(code string) {
		if r.named[code] == nil {
			return
		}
		for _, n := range r.named[code][s.number] {
			if n.value.origin == fromRow {
				out = append(out, n.value.place)
			}
		}
	}
	add(ParticipantsEvidence)
	for i := range r.byKind[s.number].indicators {
		if in := &r.byKind[s.number].indicators[i]; in.listsBase() {
			add(in.code)
		}
	}
	return out
}
