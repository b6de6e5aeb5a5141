package schema_test

import (
	"testing"

	"outreach/internal/schema"
)

func TestKindsAreFoundBySingularAndPlural(t *testing.T) {
	t.Parallel()
	for plural, name := range map[string]string{"signups": "signup", "consultations": "consultation", "attendance": "attendance", "tests": "test", "outputs": "output", "media": "media"} {
		k := schema.Builtin().Plural(plural)
		if k == nil || k.Name != name || schema.Builtin().Kind(name) != k {
			t.Errorf("%s and %s are not one kind", plural, name)
		}
	}
	if len(schema.Builtin().Kinds) != 6 || schema.Builtin().Kind("media2") != nil || schema.Builtin().Plural("test") != nil {
		t.Error("there are six kinds and no others")
	}
}

func TestBuiltinFieldsAreConsistent(t *testing.T) {
	t.Parallel()
	for _, k := range schema.Builtin().Kinds {
		seen := map[string]bool{}
		for _, f := range k.Fields {
			if seen[f.Name] || f.Name == "" || f.Column["pl"] == "" {
				t.Errorf("%s.%s has no name of its own in both languages", k.Name, f.Name)
			}
			seen[f.Name] = true
			if (f.Type == schema.Choice) != (f.Options != nil) {
				t.Errorf("%s.%s: a list, and only a list, has options", k.Name, f.Name)
			}
			if f.Privacy == schema.Identity && !k.Person {
				t.Errorf("%s.%s identifies a person, but the kind has none", k.Name, f.Name)
			}
			if f.Required && f.NoColumn {
				t.Errorf("%s.%s is needed, but files cannot have it", k.Name, f.Name)
			}
		}
	}
}
