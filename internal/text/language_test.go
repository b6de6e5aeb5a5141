package text_test

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/xuri/excelize/v2"

	"outreach/functions"
	"outreach/internal/app"
	"outreach/internal/importer"
	"outreach/internal/importer/blank"
	"outreach/internal/letter"
	"outreach/internal/openapi"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// TestLanguageIsAddedByOneFile adds a language with a few messages and finds them everywhere; the others are in
// English.
func TestLanguageIsAddedByOneFile(t *testing.T) {
	before := text.Languages()
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

	if got := text.Languages(); !slices.Contains(got, "eo") || len(got) != len(before)+1 {
		t.Errorf("the languages are %v, before %v", got, before)
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
	want("language links", shown.Body.String(), `hreflang="en">English</a> <span aria-current="true">Esperanto</span>`)

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

	consultation := schema.Builtin().Kind(schema.Consultation)
	for spelling, id := range map[string]string{"Telefone": "phone", "telefonvoke": "phone", "per telefono": "phone", "telefonicznie": "phone", "telefon": "phone", "by phone": "phone", "online": "online"} {
		if got, problem := parse(consultation, "form", spelling); got != id {
			t.Errorf("the form %s is read as %q, %v", spelling, got, problem)
		}
	}
	record := page.Records{Kind: consultation, Definition: d, Today: scope.Today}
	record.Items = []page.Record{{ID: "1", Row: consultation.Row(schema.ValuesOf(map[string]string{"date": "2010-07-20", "field": "law", "form": "online"}))}}
	shown = httptest.NewRecorder()
	if err := page.Write(shown, 200, page.Frame{Language: "eo", Path: "/p", Project: &page.Project{ID: "p"}, Roles: page.Roles{Coordinator: true}, Zone: time.UTC}, record); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"Minutoj", "telefone", "Pri kio temis."} {
		want("form", shown.Body.String(), word)
	}
	for _, word := range []string{"Fako", "juro", "20-a de julio 2010"} {
		want("list", shown.Body.String(), word)
	}
	want("label of a field that is missing", shown.Body.String(), "Adviser")
	want("option that is missing", shown.Body.String(), "in person")
	var template bytes.Buffer
	if err := blank.Of(consultation, d, scope.Today, "eo").CSV(&template); err != nil {
		t.Fatal(err)
	}
	want("template", template.String(), "dato;fako;minutoj;formo;adviser;topic")
	want("template", template.String(), ";juro;45;")

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
	if got := text.Languages(); !slices.Equal(got, before) {
		t.Errorf("afterwards the languages are %v", got)
	}
}

// TestBuiltinKindsSpeakALanguageOfOneFile adds a language in which each word of records is its key, and finds the words
// of every kind in its form, its list and its template of a file, which is read back.
func TestBuiltinKindsSpeakALanguageOfOneFile(t *testing.T) {
	remove, err := text.Add(fstest.MapFS{"eo.json": {Data: marked(t)}})
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	d := &project.Definition{
		ID: "p", TimeZone: "UTC", Title: project.Text{"eo": "Ĝardeno"}, Period: project.Period{From: "2010-01-01", To: "2010-12-31"}, Region: project.Region{Population: 50_000},
		Activities:  []project.Activity{{ID: "garden", Label: project.Text{"eo": "Ĝardeno"}}},
		OutputKinds: []project.OutputKind{{ID: "film", Label: project.Text{"eo": "Filmo"}}},
		Groups:      []project.Labelled{{ID: "society", Label: project.Text{"eo": "Societo"}}},
	}
	scope := schema.Scope{Definition: d, Today: "2010-07-21", Loose: true}
	show := func(content page.Content) string {
		t.Helper()
		shown := httptest.NewRecorder()
		frame := page.Frame{Language: "eo", Path: "/p", Project: &page.Project{ID: "p"}, Roles: page.Roles{Coordinator: true}, Zone: time.UTC}
		if err := page.Write(shown, 200, frame, content); err != nil {
			t.Fatal(err)
		}
		return html.UnescapeString(shown.Body.String())
	}
	for _, kind := range schema.Builtin().Kinds {
		t.Run(kind.Name, func(t *testing.T) {
			want := func(where, in, word string) {
				t.Helper()
				if !strings.Contains(in, "«"+word+"»") {
					t.Errorf("the %s lacks %s", where, word)
				}
			}
			form, records := "", page.Records{Kind: kind, Definition: d, Today: scope.Today}
			switch {
			case kind.Name == schema.Signup:
				form = show(page.Signup{Definition: d, Places: []page.Place{{Activity: d.Activities[0], Open: true, Left: -1}}, Today: scope.Today})
			default:
				form = show(records)
			}
			for i := range kind.Fields {
				f := &kind.Fields[i]
				if form != "" && f.Section != "hidden" && f.Section != "office" {
					want("form", form, "field."+f.Name)
				}
				for _, key := range optionKeys(f, d) {
					if form != "" {
						want("form", form, key)
					}
					row := make(schema.Row, len(kind.Fields))
					row[i] = key[strings.LastIndexByte(key, '.')+1:]
					records.Items = []page.Record{{ID: "1", Row: row}}
					want("list", show(records), key)
					if got, problem := f.Parse("«"+key+"»", scope); got != row[i] {
						t.Errorf("«%s» is read as %q, %v", key, got, problem)
					}
				}
			}

			template := blank.Of(kind, d, scope.Today, "eo")
			var csv, xlsx bytes.Buffer
			if err := template.CSV(&csv); err != nil {
				t.Fatal(err)
			}
			if err := template.XLSX(&xlsx, "Ĝardeno", time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
			book, err := excelize.OpenReader(bytes.NewReader(xlsx.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			explained, err := book.GetRows(book.GetSheetName(1))
			if err != nil {
				t.Fatal(err)
			}
			head, examples, _ := strings.Cut(csv.String(), "\n")
			for _, f := range kind.Columns() {
				want("template", head, "column."+f.Name)
				if !slices.ContainsFunc(explained, func(row []string) bool { return row[0] == f.Name && row[1] == "«column."+f.Name+"»" }) {
					t.Errorf("the template does not explain column.%s", f.Name)
				}
				if keys := optionKeys(f, d); f.Required && len(keys) > 0 {
					want("example of the template", examples, keys[0])
				}
			}
			for _, content := range [][]byte{csv.Bytes(), xlsx.Bytes()} {
				file := importer.File{Body: bytes.NewReader(content), Size: int64(len(content))}
				checked, err := importer.Check(t.Context(), file, scope, func(*schema.Kind) bool { return true }, func(importer.Line) error { return nil })
				if err != nil || checked.Kind != kind || len(checked.Warnings.List) != 1 || checked.Warnings.List[0].Code != schema.ExampleRow || checked.Warnings.List[0].Count != 2 {
					t.Errorf("the template is read as %+v, %v", checked, err)
				}
			}
		})
	}
}

func TestDocumentOfTheAPIHasTheColumnsOfAllLanguages(t *testing.T) {
	remove, err := text.Add(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	document, err := openapi.Document(functions.All(&app.App{}), schema.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{" or `minuty`", " or `minutoj`", "(minuty, ", "minutoj", "Polish", "Esperanto", `"pl","de","en","eo",`, `"eo"`} {
		if !bytes.Contains(written, []byte(part)) {
			t.Errorf("it lacks %s", part)
		}
	}
}

// optionKeys returns the keys of the labels of a built-in field's options; none for lists of the definition and of
// languages.
func optionKeys(f *schema.Field, d *project.Definition) []string {
	if f.Type != schema.Choice || f.Name == "locale" {
		return nil
	}
	var keys []string
	for _, o := range f.Options(d) {
		switch {
		case o.Own:
		case text.Records().Word("option."+f.Name+"."+o.ID) == nil && text.Records().Word("value."+o.ID) != nil:
			keys = append(keys, "value."+o.ID)
		default:
			keys = append(keys, "option."+f.Name+"."+o.ID)
		}
	}
	return keys
}

// marked returns a catalogue like the English one in which each word of records is its key in quotation marks.
func marked(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("en.json")
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^  "((?:field|column|option|value)\.[^"]+)": ".*"`).ReplaceAll(data, []byte(`  "$1": "«$1»"`))
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
