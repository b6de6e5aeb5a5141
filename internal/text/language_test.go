package text_test

import (
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"outreach/internal/letter"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// TestLanguageIsAddedByOneFile adds a language with a few messages and finds them everywhere; the others are in
// English.
func TestLanguageIsAddedByOneFile(t *testing.T) {
	remove, err := text.Add(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	eo := text.Of("eo")
	want := func(where, got, part string) {
		t.Helper()
		if !strings.Contains(got, part) {
			t.Errorf("%s: %q is missing in %s", where, part, got)
		}
	}

	if got := text.Languages(); !slices.Equal(got, []string{"pl", "en", "eo"}) {
		t.Errorf("the languages are %v", got)
	}
	want("negotiation", text.Language("eo-XX, en;q=0.5", ""), "eo")
	want("a choice", text.Language("en", "eo"), "eo")

	shown := httptest.NewRecorder()
	if err := page.Write(shown, 200, page.Frame{Language: "eo", Path: "/"}, page.Message{Title: "T"}); err != nil {
		t.Fatal(err)
	}
	want("page", shown.Body.String(), `<html lang="eo">`)
	want("page", shown.Body.String(), "Ensaluti")
	want("page, in words that are missing", shown.Body.String(), "Skip to the content")
	want("language links", shown.Body.String(), `hreflang="pl">Polski</a> <a href="/?lang=en" lang="en" hreflang="en">English</a> <span aria-current="true">Esperanto</span>`)

	d := &project.Definition{ID: "p", TimeZone: "UTC", Title: project.Text{"eo": "Ĝardeno", "en": "Garden"}}
	scope := schema.Scope{Definition: d, Today: "2010-07-21", Loose: true}
	parse := func(kind *schema.Kind, field, value string) (string, schema.Problem) {
		canonical, problem := kind.Fields[kind.Index(field)].Parse(value, scope)
		if problem == nil {
			return canonical, schema.Problem{}
		}
		return canonical, *problem
	}
	_, bad := parse(schema.Builtin().Kind(schema.Media), "date", "x")
	want("cell", eo.Problem(bad), "Tio ne estas dato.")
	_, future := parse(schema.Builtin().Kind(schema.Media), "date", "2011-01-01")
	want("date in a cell's sentence", eo.Problem(future), "21-a de julio 2010")
	if got, _ := parse(schema.Builtin().Kind(schema.Signup), "locale", "Esperanto"); got != "eo" {
		t.Errorf("the locale Esperanto is read as %q", got)
	}
	if got, _ := parse(schema.Builtin().Kind(schema.Signup), "consent_news", "Jes"); got != "yes" {
		t.Errorf("the answer Jes is read as %q", got)
	}

	sent, err := letter.RenderRejected(letter.Rejected{Language: "eo", Project: d, Kind: schema.Builtin().Kind(schema.Media), Cells: []letter.Cell{{Row: 2, Column: "date", Problem: bad}, {Row: 3, Column: "date", Problem: bad}}})
	if err != nil {
		t.Fatal(err)
	}
	want("letter", sent.Subject, "Ĝardeno")
	want("letter", sent.Text, "La dosiero havas 2 malbonajn ĉelojn.")
	want("letter", sent.Text, "Tio ne estas dato.")

	said := func(source string) (out string) {
		_, problems := definition.Parse("", []byte(source))
		for _, p := range problems {
			out += eo.Word(p.Message) + "\n"
		}
		return out
	}
	want("definition", said("id: p\ntitle: {eo: Ĝardeno}\n"), "Mankas period.")
	if got := said("id: p\ntitle: {eo: Ĝardeno}\n"); strings.Contains(got, "eo") {
		t.Errorf("a text in the language is refused: %s", got)
	}
	want("rule", said("id: p\nindicators: [{of: media, where: 'title > 5'}]\n"), "Ĉe > ne kongruas teksto kaj entjero.")
	if got := eo.Number(12500.5); got != "12\u00a0500,5" {
		t.Errorf("a number is %q", got)
	}

	remove()
	if got := text.Languages(); !slices.Equal(got, []string{"pl", "en"}) {
		t.Errorf("afterwards the languages are %v", got)
	}
}

func TestAddRefusesAFileThatIsNotACatalogue(t *testing.T) {
	for name, content := range map[string]string{"no tag": `{}`, "de.json": `[`} {
		file := name
		if !strings.HasSuffix(file, ".json") {
			file += ".json"
		}
		if _, err := text.Add(fstest.MapFS{file: {Data: []byte(content)}}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
