package counting_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/counting"
	"outreach/internal/counting/checkpoint"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
)

// permuted is the built-in registry with the fields of each kind in another order.
func permuted(t *rapid.T) *schema.Registry {
	var kinds []*schema.Kind
	for _, k := range schema.Builtin().Kinds {
		kinds = append(kinds, &schema.Kind{Name: k.Name, Plural: k.Plural, Person: k.Person, ByPartner: k.ByPartner, Rules: k.Rules, Fields: rapid.Permutation(k.Fields).Draw(t, k.Name)})
	}
	return schema.NewRegistry(kinds...)
}

// widened is the built-in registry with one more field in each kind.
func widened(t interface{ Fatal(...any) }) *schema.Registry {
	var more []project.RecordKind
	for _, k := range schema.Builtin().Kinds {
		more = append(more, project.RecordKind{Name: k.Name, Plural: k.Plural, Fields: []project.RecordField{{ID: "added", Type: "text"}}})
	}
	r, err := schema.Extend(schema.Builtin(), more...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// narrowed is the built-in registry without some fields that no rule asks for.
func narrowed() *schema.Registry {
	var kinds []*schema.Kind
	for _, k := range schema.Builtin().Kinds {
		less := &schema.Kind{Name: k.Name, Plural: k.Plural, Person: k.Person, ByPartner: k.ByPartner}
		less.Fields = slices.DeleteFunc(slices.Clone(k.Fields), func(f schema.Field) bool {
			return slices.Contains([]string{"contacts", "source", "organisation", "locale"}, f.Name)
		})
		kinds = append(kinds, less)
	}
	return schema.NewRegistry(kinds...)
}

func TestFieldsAddedRemovedOrReorderedChangeNoHash(t *testing.T) {
	t.Parallel()
	builtin := mustRules(t, definition)
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		asOf := drawDay(t)
		first := counting.New(schema.Builtin())
		h.apply(t, first, h.facts)
		want := hash(t, builtin, first, asOf)

		for name, registry := range map[string]*schema.Registry{"reordered": permuted(t), "added": widened(t), "removed": narrowed()} {
			rules, err := counting.NewRules(definition, registry)
			if err != nil {
				t.Fatal(err)
			}
			f := counting.New(registry)
			h.apply(t, f, h.facts)
			if got := hash(t, rules, f, asOf); got != want {
				t.Fatalf("fields %s: hash %s, want %s", name, got, want)
			}
			// What one version of the schema kept in a checkpoint another one reads by the names of its columns, or refuses.
			var file bytes.Buffer
			if err := checkpoint.Write(&file, first, fact.Heads{}, checkpoint.Counts{}); err != nil {
				t.Fatal(err)
			}
			back, _, err := checkpoint.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), registry)
			switch {
			case name == "added" && !errors.Is(err, checkpoint.ErrFormat):
				t.Fatalf("a checkpoint that lacks a field: error %v", err)
			case name == "added":
			case err != nil:
				t.Fatal(err)
			default:
				h.apply(t, back, nil)
				if got := hash(t, rules, back, asOf); got != want {
					t.Fatalf("fields %s, from a checkpoint: hash %s, want %s", name, got, want)
				}
			}
		}
	})
}
