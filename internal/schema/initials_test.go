package schema_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// A letter means what it means in the project's own languages, and nothing where that is two things.
func TestInitialsAreOfTheProjectsLanguages(t *testing.T) {
	t.Parallel()
	sex := schema.Builtin().Kind(schema.Signup).Field("sex")
	for _, c := range []struct {
		languages []string
		letter    string
		want      string
	}{
		{nil, "K", "female"}, {nil, "m", "male"}, {nil, "w", ""}, {nil, "h", ""},
		{[]string{"pl", "en"}, "k", "female"}, {[]string{"pl", "en"}, "f", "female"}, {[]string{"pl", "en"}, "M", "male"},
		{[]string{"de-AT"}, "W", "female"}, {[]string{"de-AT"}, "m", "male"}, {[]string{"de"}, "k", ""},
		{[]string{"es", "en"}, "H", "male"}, {[]string{"es", "en"}, "f", "female"}, {[]string{"es", "en"}, "M", ""}, {[]string{"pl", "es"}, "m", ""},
		{[]string{"uk"}, "Ж", "female"}, {[]string{"uk"}, "ч", "male"}, {[]string{"ca"}, "m", ""},
	} {
		got, problem := sex.Parse(c.letter, schema.Scope{Definition: &project.Definition{Languages: c.languages}, Loose: true})
		if got != c.want || (problem == nil) != (c.want != "") {
			t.Errorf("%s in %v: %q, %v, want %q", c.letter, c.languages, got, problem, c.want)
		}
	}
}
