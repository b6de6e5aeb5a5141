package blank_test

import (
	"bytes"
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
		OutputKinds: []project.Labelled{{ID: "film", Label: project.Text{"pl": "film", "en": "film"}}},
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
	if err != nil || checked.Errors.Total > 0 {
		t.Fatalf("%v %+v\n%s", err, checked.Errors.List, content)
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

func TestEveryTemplateIsAcceptedAsItIs(t *testing.T) {
	t.Parallel()
	without := definition()
	without.Activities, without.OutputKinds = nil, nil
	tiny := definition()
	tiny.Region.Population = 300
	formulas := definition()
	formulas.Activities[0].Label, formulas.Activities[1].Label = project.Text{"pl": "=planting", "en": "+planting"}, project.Text{"pl": "@compost", "en": "-compost"}
	formulas.OutputKinds[0].Label = project.Text{"pl": "=film", "en": "@film"}
	for name, at := range map[string]struct {
		d     *project.Definition
		today string
		rows  func(kind string) int
	}{
		"where labels begin like formulas":    {formulas, "2026-07-21", func(string) int { return 2 }},
		"in the middle of the project":        {definition(), "2026-07-21", func(string) int { return 2 }},
		"on its first day":                    {definition(), "2026-01-01", func(string) int { return 2 }},
		"before it":                           {definition(), "2025-12-01", func(string) int { return 2 }},
		"after it":                            {definition(), "2027-03-01", func(string) int { return 2 }},
		"in a small town":                     {tiny, "2026-07-21", func(string) int { return 2 }},
		"of a project without its own values": {without, "2026-07-21", func(kind string) int { return map[string]int{"media": 2, "consultations": 2, "harvest": 2}[kind] }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, k := range schema.For(at.d).Kinds {
				for _, language := range []string{"pl", "en"} {
					b := blank.Of(k, at.d, at.today, language)
					var csv, xlsx bytes.Buffer
					if err := b.CSV(&csv); err != nil {
						t.Fatal(err)
					}
					if err := b.XLSX(&xlsx, "Title", time.Unix(1, 0)); err != nil {
						t.Fatal(err)
					}
					fromCSV, lines := read(t, csv.Bytes(), at.d, at.today)
					fromXLSX, same := read(t, xlsx.Bytes(), at.d, at.today)
					for _, checked := range []importer.Checked{fromCSV, fromXLSX} {
						if checked.Kind != k || checked.Rows != at.rows(k.Plural) {
							t.Errorf("%s in %s is read as %d rows of %v", k.Plural, language, checked.Rows, checked.Kind)
						}
						if name != "before it" && checked.Warnings.Total > 0 {
							t.Errorf("%s in %s: %+v", k.Plural, language, checked.Warnings.List)
						}
					}
					for i := range lines {
						if one, other := strings.Join(lines[i].Entry.Row, "|"), strings.Join(same[i].Entry.Row, "|"); one != other {
							t.Errorf("%s in %s: as CSV %q, as XLSX %q", k.Plural, language, one, other)
						}
					}
					head, _, _ := strings.Cut(csv.String(), "\n")
					if checked, _ := read(t, []byte(head), at.d, at.today); checked.Kind != k || checked.Rows != 0 {
						t.Errorf("%s in %s without its examples is read as %d rows of %v", k.Plural, language, checked.Rows, checked.Kind)
					}
				}
			}
		})
	}
}
