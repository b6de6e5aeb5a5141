package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
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
			if seen[f.Name] || f.Name == "" {
				t.Errorf("%s.%s has no name of its own", k.Name, f.Name)
			}
			if f.ColumnIn("en") != f.Name {
				t.Errorf("%s.%s has the column %s in English, not its id", k.Name, f.Name, f.ColumnIn("en"))
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

// The words of built-in kinds are in the catalogues, where a language is one file. Spellings that belong to no
// language, such as true and 1, may be in the data.
func TestBuiltinKindsHaveNoWordsOfTheirOwn(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("builtin/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no built-in kinds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var kind project.RecordKind
		if err := json.Unmarshal(data, &kind); err != nil {
			t.Fatal(err)
		}
		if len(kind.Label) > 0 {
			t.Errorf("%s has a label: move it to kind.%s of the catalogues", file, kind.Name)
		}
		for _, f := range kind.Fields {
			if len(f.Column) > 0 || len(f.Label) > 0 {
				t.Errorf("%s: %s has words: move them to column.%s and field.%s of the catalogues", file, f.ID, f.ID, f.ID)
			}
			for _, o := range f.Options {
				if len(o.Label) > 0 {
					t.Errorf("%s: %s of %s has a label: move it to option.%s.%s of the catalogues", file, o.ID, f.ID, f.ID, o.ID)
				}
				for _, spelling := range o.Also {
					if !slices.Contains([]string{"true", "false", "1", "0"}, spelling) {
						t.Errorf("%s: %s of %s has the spelling %q: move it to also.%s.%s of the catalogues", file, o.ID, f.ID, spelling, f.ID, o.ID)
					}
				}
			}
		}
	}
}

func TestFormsOfAKindsName(t *testing.T) {
	t.Parallel()
	registry, err := schema.Extend(schema.Builtin(), project.RecordKind{Name: "visit"}, project.RecordKind{Name: "harvest", Label: project.Text{"pl": "Zbiory"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		kind, in string
		want     [3]string // One, Several, Heading
	}{
		{"test", "en", [3]string{"Test", "tests", "Tests"}},
		{"tests", "pl", [3]string{"Test wiedzy", "testy wiedzy", "Testy wiedzy"}},
		{"harvest", "en", [3]string{"Zbiory", "Zbiory", "Zbiory"}},
		{"visit", "pl", [3]string{"visit", "visit", "visit"}},
		{"unknown", "pl", [3]string{"unknown", "unknown", "unknown"}},
	} {
		for form, want := range tt.want {
			if got := registry.LabelIn(text.Of(tt.in), schema.Form(form), tt.kind); got != want {
				t.Errorf("form %d of %s in %s: %q, want %q", form, tt.kind, tt.in, got, want)
			}
		}
	}
}

func TestOwnWordsOfADefinitionTakePrecedenceOverTheCatalogues(t *testing.T) {
	t.Parallel()
	registry, err := schema.Extend(schema.Builtin(),
		project.RecordKind{Name: "output", Plural: "outputs", Fields: []project.RecordField{
			{ID: "title", Type: "text", Label: project.Text{"pl": "Nazwa", "en": "Name"}, Column: map[string]string{"pl": "nazwa"}},
			{ID: "sex", Type: "choice", Options: []project.RecordOption{{ID: "female", Label: project.Text{"pl": "samica", "en": "doe"}}, {ID: "male"}}},
		}},
		project.RecordKind{Name: "visit", Plural: "visits", Fields: []project.RecordField{
			{ID: "date", Type: "date", Label: project.Text{"pl": "Dzień wizyty"}},
			{ID: "guests", Type: "whole", Label: project.Text{"pl": "Goście"}},
			{ID: "weather", Type: "text"},
		}})
	if err != nil {
		t.Fatal(err)
	}
	output, visit := registry.Kind("output"), registry.Kind("visit")
	for _, tt := range []struct {
		name  string
		field *schema.Field
		label string
		in    string
	}{
		{"an own label replaces that of the catalogue", output.Field("title"), "Nazwa", "pl"},
		{"an own label replaces that of the catalogue", output.Field("title"), "Name", "en"},
		{"an own label of an own kind", visit.Field("date"), "Dzień wizyty", "pl"},
		{"the catalogue has the language that the own label lacks", visit.Field("date"), "Date", "en"},
		{"a field that the catalogue lacks has its label in another language", visit.Field("guests"), "Goście", "en"},
		{"a field without any label has its id", visit.Field("weather"), "weather", "pl"},
		{"a field that the definition leaves alone", output.Field("quantity"), "Liczba", "pl"},
	} {
		if got := tt.field.LabelIn(text.Of(tt.in)); got != tt.label {
			t.Errorf("%s: %q in %s, want %q", tt.name, got, tt.in, tt.label)
		}
	}
	for _, tt := range []struct {
		name  string
		field *schema.Field
		want  []string
	}{
		{"an own column replaces that of the catalogue", output.Field("title"), []string{"title", "nazwa", "Name"}},
		{"a built-in field has those of all languages", output.Field("quantity"), []string{"quantity", "liczba"}},
		{"a field with a label takes none from the catalogue", visit.Field("date"), []string{"date", "Dzień wizyty"}},
	} {
		got := slices.DeleteFunc(tt.field.ColumnNames(), func(name string) bool { // that of a further language
			return !slices.Contains(tt.want, name) && name != tt.field.ColumnIn(text.Polish) && name != tt.field.ColumnIn(text.English)
		})
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	options := output.Field("sex").Options(nil)
	if options[0].Label["pl"] != "samica" || options[1].Label["pl"] != "" || len(options[0].Also) > 0 {
		t.Errorf("own options take words of the built-in field of the same id: %+v", options)
	}
}

// Definitions that extend the same pack have the same kinds, but not the same languages or keys of people.
func TestRegistryIsOfItsDefinition(t *testing.T) {
	t.Parallel()
	define := func(languages ...string) *project.Definition {
		d := &project.Definition{
			Languages: languages,
			Records:   []project.RecordKind{{Name: "visit", Person: true, Label: project.Text{"de": "Besuch", "es": "Visita"}, Fields: []project.RecordField{{ID: "date", Type: "date"}}}},
		}
		d.Speak()
		return d
	}
	german, spanish, polish := schema.For(define("de")), schema.For(define("es")), schema.For(define("pl"))
	for want, registry := range map[string]*schema.Registry{"Besuch": german, "Visita": spanish} {
		if got := registry.Kind("visit").Label.In("uk"); got != want {
			t.Errorf("to readers of other languages it is %q, want %q", got, want)
		}
		if registry.Keys.Usual() {
			t.Errorf("a project that is not Polish recognises people by PESEL")
		}
	}
	if !polish.Keys.Usual() {
		t.Error("a Polish project does not recognise people by PESEL")
	}
}
