package blank_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"outreach/internal/importer"
	"outreach/internal/importer/blank"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

func definition() *project.Definition {
	return &project.Definition{
		ID: "p", TimeZone: "Europe/Warsaw", Period: project.Period{From: "2026-01-01", To: "2026-12-31"}, Region: project.Region{Population: 50_000},
		Activities:  []project.Activity{{ID: "planting", Label: project.Text{"pl": "Sadzenie; drzew", "en": "Planting, trees"}}, {ID: "compost", Label: project.Text{"pl": "planting", "en": "Compost"}}},
		OutputKinds: []project.OutputKind{{ID: "film", Label: project.Text{"pl": "film", "en": "film"}}},
		Records: []project.RecordKind{{Name: "harvest", Fields: []project.RecordField{
			{ID: "date", Type: "date", Required: true, Key: true}, {ID: "site", Type: "text", Required: true, Key: true},
			{ID: "weight", Type: "whole", Required: true, Min: 5, Max: 9}, {ID: "length", Type: "decimal", Required: true, Max: 0.5}, {ID: "children", Type: "whole"},
		}}},
	}
}

// read is how a file is taken in: without errors, or the test ends.
func read(t *testing.T, content []byte, d *project.Definition, today string) (importer.Checked, []importer.Line) {
	t.Helper()
	var lines []importer.Line
	checked, err := importer.Check(t.Context(), importer.File{Body: bytes.NewReader(content), Size: int64(len(content))}, schema.Scope{Definition: d, Today: today},
		func(*schema.Kind) bool { return true }, func(l importer.Line) error { lines = append(lines, l); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return checked, lines
}

// The second sheet names the language of its second column.
func TestTemplateNamesTheLanguageOfItsColumns(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{text.English: "Column in " + text.Name(text.Default)[text.English], text.Polish: "Kolumna (polski)"} {
		var file bytes.Buffer
		if err := blank.Of(schema.Builtin().Kind(schema.Media), definition(), "2026-07-21", language).XLSX(&file, "Title", time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		book, err := excelize.OpenReader(&file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := book.GetCellValue(book.GetSheetName(1), "B1"); err != nil || got != want {
			t.Errorf("in %s: %q, %v, want %q", language, got, err, want)
		}
	}
}

func TestATemplateSentUnchangedHasNothingButExamples(t *testing.T) {
	t.Parallel()
	without := definition()
	without.Activities, without.OutputKinds = nil, nil
	tiny := definition()
	tiny.Region.Population = 300
	formulas := definition()
	formulas.Activities[0].Label, formulas.Activities[1].Label = project.Text{"pl": "=planting", "en": "+planting"}, project.Text{"pl": "@compost", "en": "-compost"}
	formulas.OutputKinds[0].Label = project.Text{"pl": "=film", "en": "@film"}
	measured := definition()
	measured.OutputKinds = append(measured.OutputKinds, project.OutputKind{ID: "waste", Label: project.Text{"pl": "odpady", "en": "waste"}, Decimals: 2, Correction: true})
	for name, at := range map[string]struct {
		d     *project.Definition
		today string
		rows  func(kind string) int
	}{
		"where a kind of output has decimals and corrections": {measured, "2026-07-21", func(string) int { return 2 }},
		"where labels begin like formulas":                    {formulas, "2026-07-21", func(string) int { return 2 }},
		"in the middle of the project":                        {definition(), "2026-07-21", func(string) int { return 2 }},
		"on its first day":                                    {definition(), "2026-01-01", func(string) int { return 2 }},
		"before it":                                           {definition(), "2025-12-01", func(string) int { return 2 }},
		"after it":                                            {definition(), "2027-03-01", func(string) int { return 2 }},
		"in a small town":                                     {tiny, "2026-07-21", func(string) int { return 2 }},
		"of a project without its own values":                 {without, "2026-07-21", func(kind string) int { return map[string]int{"media": 2, "consultations": 2, "harvest": 2}[kind] }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, k := range schema.For(at.d).Kinds {
				for _, language := range text.Languages() {
					b := blank.Of(k, at.d, at.today, language)
					var csv, xlsx bytes.Buffer
					if err := b.CSV(&csv); err != nil {
						t.Fatal(err)
					}
					if err := b.XLSX(&xlsx, "Title", time.Unix(1, 0)); err != nil {
						t.Fatal(err)
					}
					for format, data := range map[string][]byte{"CSV": csv.Bytes(), "XLSX": xlsx.Bytes()} {
						checked, lines := read(t, data, at.d, "2027-05-01") // sent on a later day
						if checked.Kind != k || checked.Rows != 0 || len(lines) != 0 {
							t.Errorf("%s in %s, %s: read as %d rows of %v", k.Plural, language, format, checked.Rows, checked.Kind)
						}
						if len(checked.Errors.List) != 1 || checked.Errors.List[0].Code != schema.NoRows {
							t.Errorf("%s in %s, %s: %+v", k.Plural, language, format, checked.Errors.List)
						}
						examples := 0
						for _, w := range checked.Warnings.List {
							if w.Code == schema.ExampleRow {
								examples = w.Count
							}
						}
						if examples != at.rows(k.Plural) {
							t.Errorf("%s in %s, %s: %+v", k.Plural, language, format, checked.Warnings.List)
						}
					}
				}
			}
		})
	}
}

func TestATemplateOfEarlierListsHasOnlyExamples(t *testing.T) {
	t.Parallel()
	before, now := definition(), definition()
	slices.Reverse(now.Activities)
	slices.Reverse(now.OutputKinds)
	slices.Reverse(now.Groups)
	now.Activities = append([]project.Activity{{ID: "new", Label: project.Text{"pl": "nowe", "en": "new"}}}, now.Activities...)
	now.OutputKinds = append([]project.OutputKind{{ID: "new", Label: project.Text{"pl": "nowe", "en": "new"}}}, now.OutputKinds...)
	for _, k := range schema.For(before).Kinds {
		var csv bytes.Buffer
		if err := blank.Of(k, before, "2026-07-21", "pl").CSV(&csv); err != nil {
			t.Fatal(err)
		}
		checked, lines := read(t, csv.Bytes(), now, "2026-08-21")
		if len(lines) != 0 || len(checked.Errors.List) != 1 || checked.Errors.List[0].Code != schema.NoRows {
			t.Errorf("%s: %v %+v", k.Plural, lines, checked.Errors.List)
		}
	}
}

func TestARowThatIsNotQuiteAnExampleCounts(t *testing.T) {
	t.Parallel()
	d := definition()
	for _, k := range schema.For(d).Kinds {
		for _, language := range text.Languages() {
			var csv bytes.Buffer
			if err := blank.Of(k, d, "2026-07-21", language).CSV(&csv); err != nil {
				t.Fatal(err)
			}
			for _, word := range []string{text.Of(language).Say("blank.example", "n", 2), "przyklad-2@example.org"} {
				if !strings.Contains(csv.String(), word) {
					continue
				}
				file := strings.Replace(csv.String(), word, strings.Replace(word, "2", "7", 1), 1)
				checked, lines := read(t, []byte(file), d, "2026-07-21")
				if len(lines) != 1 || checked.Errors.Total != 0 || checked.Warnings.List[0].Code != schema.ExampleRow || checked.Warnings.List[0].Count != 1 {
					t.Errorf("%s in %s: %d rows, %+v %+v", k.Plural, language, len(lines), checked.Errors.List, checked.Warnings.List)
				}
			}
		}
	}
}

func TestTemplatesSayWhatEachKindOfOutputTakes(t *testing.T) {
	t.Parallel()
	d := definition()
	d.OutputKinds = append(d.OutputKinds, project.OutputKind{ID: "waste", Label: project.Text{"pl": "odpady", "en": "waste"}, Decimals: 2, Correction: true})
	kind := schema.For(d).Kind(schema.Output)
	got := blank.DescribeValues(kind.Field("quantity"), d, text.Of("en"))
	if want := "a whole number, 1 to 1,000,000,000; waste: a number, -1,000,000,000 to 1,000,000,000, with at most 2 digits after the point"; strings.ReplaceAll(got, "−", "-") != want {
		t.Errorf("%q, want %q", got, want)
	}
	var csv bytes.Buffer
	if err := blank.Of(kind, d, "2026-07-21", "pl").CSV(&csv); err != nil || !strings.Contains(csv.String(), ";-0,5;") {
		t.Errorf("the template: %s, error %v", csv.String(), err)
	}
}
