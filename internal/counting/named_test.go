package counting_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/counting"
	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// fromFields is a person as evidence shows them: the values of fields alone.
type fromFields struct {
	registry *schema.Registry
	items    []snapshot.Counted
}

func (p fromFields) Attribute(int) string { return "" }

func (p fromFields) Entry() string { return p.items[0].Fields.Get(schema.DayOfEntry) }

func (p fromFields) of(kind int) (out []snapshot.Counted) {
	for _, one := range p.items {
		if one.Kind == p.registry.Kinds[kind].Name {
			out = append(out, one)
		}
	}
	return out
}

func (p fromFields) Records(kind int) int { return len(p.of(kind)) }

func (p fromFields) Value(kind, record, variable int) string {
	one := p.of(kind)[record]
	if name := rule.Variables(p.registry, p.registry.Kinds[kind])[variable].Name; name != "date" {
		return one.Fields.Get(name)
	}
	return one.Date
}

// fieldsMeet reports whether a record meets a rule by what evidence says of it alone, or may meet it: attributes are
// not in evidence.
func fieldsMeet(t interface{ Fatal(...any) }, registry *schema.Registry, r project.Rule, one snapshot.Counted) bool {
	kind := registry.Kind(one.Kind)
	if kind == nil || kind.Name != r.Of {
		return false
	}
	compiled, err := rule.Compile(registry, kind, r.Where)
	if err != nil {
		t.Fatal(err)
	}
	row := make(schema.Row, len(kind.Fields))
	for i := range kind.Fields {
		row[i] = one.Fields.Get(kind.Fields[i].Name)
	}
	vars := rule.NewVars(registry, kind)
	vars.Set(row, one.Date, one.Fields.Get("state"), make([]string, len(registry.Attributes())))
	for _, name := range registry.AttributeNames() {
		if one.Fields.Get(name) != "" {
			t.Fatal("an erasure would leave the attribute " + name)
		}
	}
	holds, err := compiled.Matches(vars)
	if err != nil {
		t.Fatal(err)
	}
	return holds || compiled.UsesAttributes()
}

// A reader of evidence sees by its fields alone that the rule holds for each record that counts, and what is added up.
func TestFieldsOfEvidenceMeetTheRule(t *testing.T) {
	t.Parallel()
	checked := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		def, registry := drawCompleteness(t), schema.Builtin()
		h := drawHistory(t)
		f := counting.New(registry)
		h.apply(t, f, h.facts)
		found, err := counting.Compile(def, mustRulesOf(t, def), f.Live(), drawDay(t))
		if err != nil {
			t.Fatal(err)
		}
		for one := range found.Evidence(counting.ParticipantsEvidence) {
			if !slices.ContainsFunc(def.Participants, func(r project.Rule) bool { return fieldsMeet(t, registry, r, one) }) {
				t.Fatalf("participants: no rule holds by %+v", one)
			}
		}
		for _, in := range def.Indicators {
			people := map[string][]snapshot.Counted{}
			for one := range found.Evidence(in.Code) {
				checked[in.Code]++
				people[one.Person] = append(people[one.Person], one)
				switch {
				case in.Who != "" || in.Of == "":
				case in.Count != project.CountShare || in.Per == project.CountRecords && one.Adds == "1":
					if !fieldsMeet(t, registry, in.Rule, one) {
						t.Fatalf("%s: the rule does not hold by %+v", in.Code, one)
					}
				case in.Among.Who == "" && !fieldsMeet(t, registry, in.Rule, one) && !fieldsMeet(t, registry, *in.Among, one):
					t.Fatalf("%s: neither rule holds by %+v", in.Code, one)
				}
				if in.Count == project.CountSum || in.Count == project.CountMean {
					if value := one.Fields.Get(in.Field); value != one.Adds.String() && value != "" {
						if rational(value).FloatString(2) != rational(one.Adds.String()).FloatString(2) {
							t.Fatalf("%s: adds %s by %+v", in.Code, one.Adds, one)
						}
					}
				}
			}
			if in.Who == "" || in.Count != project.CountPeople {
				continue
			}
			compiled, err := rule.CompilePerson(registry, in.Who)
			if err != nil {
				t.Fatal(err)
			}
			for _, items := range people {
				vars := rule.NewPersonVars(registry)
				if holds, err := compiled.Holds(vars, fromFields{registry, items}); err != nil || !holds && !compiled.Ordered() && !compiled.UsesAttributes() {
					t.Fatalf("%s: the rule does not hold by %+v: %v", in.Code, items, err)
				}
			}
		}
	})
	if testing.Short() {
		return
	}
	if len(checked) < len(definition.Indicators)-2 { // those that few histories meet
		t.Errorf("evidence of %d figures alone was checked: %v", len(checked), checked)
	}
}
