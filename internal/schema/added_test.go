package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/functions"
	"outreach/internal/app"
	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/importer"
	"outreach/internal/importer/blank"
	"outreach/internal/openapi"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// widened is a project whose definition adds an attribute to sign-ups, and a number and a private text to
// consultations.
var widened = &project.Definition{
	ID: "wide", TimeZone: "Europe/Warsaw", Title: project.Text{"en": "Wide"}, Period: project.Period{From: "2026-01-01", To: "2026-12-31"},
	Activities:   []project.Activity{{ID: "garden", Label: project.Text{"en": "Garden"}}},
	Participants: []project.Rule{{Of: "consultation"}},
	Indicators: []project.Indicator{
		{Code: "letters", Count: "sum", Field: "letters_written", Target: 10, Rule: project.Rule{Of: "consultation", Where: `letters_written > 0 && housing == "owner"`}},
	},
	Records: []project.RecordKind{
		{Name: "signup", Plural: "signups", Fields: []project.RecordField{
			{ID: "housing", Type: "choice", Attribute: true, Section: "about", Label: project.Text{"en": "Housing", "pl": "Mieszkanie"}, Column: map[string]string{"pl": "mieszkanie"},
				Options: []project.RecordOption{{ID: "owner", Label: project.Text{"en": "owner", "pl": "właściciel"}}, {ID: "tenant", Label: project.Text{"en": "tenant", "pl": "najemca"}}}},
		}},
		{Name: "consultation", Plural: "consultations", Fields: []project.RecordField{
			{ID: "letters_written", Type: "whole", Max: 100, Label: project.Text{"en": "Letters written"}, Example: [2]string{"2", "1"}},
			{ID: "story", Type: "text", Privacy: "sealed", Label: project.Text{"en": "Story"}},
			{ID: "case_number", Type: "text", Key: true, Label: project.Text{"en": "Case number"}},
		}},
	},
}

var today = schema.Scope{Definition: widened, Today: "2026-06-01"}

// A field that a definition adds is in all that is derived from the schema, and nothing else lists fields.
func TestAddedFieldIsFoundEverywhere(t *testing.T) {
	t.Parallel()
	registry := schema.For(widened)
	signup, consultation := registry.Kind(schema.Signup), registry.Kind(schema.Consultation)
	formOf := func(t *testing.T, content page.Content) string {
		t.Helper()
		w := httptest.NewRecorder()
		if err := page.Write(w, 200, page.Frame{Language: "en", Path: "/wide", Project: &page.Project{ID: "wide"}, Roles: page.Roles{Coordinator: true}, Zone: time.UTC}, content); err != nil {
			t.Fatal(err)
		}
		return w.Body.String()
	}
	for place, check := range map[string]func(t *testing.T){
		"JSON bodies": func(t *testing.T) {
			entry, problems := consultation.Read(schema.Given{"person": map[string]any{"id": "p1"}, "date": "2026-05-01", "field": "law", "minutes": json.Number("5"), "form": "phone", "letters_written": json.Number("3"), "story": "x"}, today)
			if out := consultation.JSON(entry.Row); len(problems) > 0 || out["letters_written"] != json.Number("3") || out["story"] != "x" {
				t.Errorf("%v, %v", out, problems)
			}
			if _, problems := consultation.Read(schema.Given{"person": map[string]any{"id": "p1"}, "date": "2026-05-01", "field": "law", "minutes": json.Number("5"), "form": "phone", "letters_written": json.Number("101")}, today); len(problems) != 1 || problems[0].Code != schema.OutOfRange {
				t.Errorf("a value out of its range: %v", problems)
			}
		},
		"the sign-up form": func(t *testing.T) {
			html := formOf(t, page.Signup{Definition: widened, Places: []page.Place{{Activity: widened.Activities[0], Open: true, Left: -1}}, Today: "2026-06-01"})
			if !strings.Contains(html, `name="housing"`) || !strings.Contains(html, "Housing") || !strings.Contains(html, `value="tenant"`) {
				t.Error("it has no input for the field")
			}
		},
		"the form and the list of records": func(t *testing.T) {
			row := consultation.Row(schema.ValuesOf(map[string]string{"date": "2026-05-01", "letters_written": "37"}))
			html := formOf(t, page.Records{Kind: consultation, Definition: widened, Today: "2026-06-01", Items: []page.Record{{ID: "1", Row: row}}})
			if !strings.Contains(html, `name="letters_written"`) || !strings.Contains(html, "Letters written") || !strings.Contains(html, ">37<") {
				t.Error("they lack the field")
			}
		},
		"columns of files": func(t *testing.T) {
			file := "email;data;dziedzina;minuty;forma;letters_written\na@example.org;2026-05-01;prawo;5;telefon;7\n"
			var got []string
			checked, err := importer.Check(t.Context(), importer.File{Body: strings.NewReader(file), Size: int64(len(file))}, today, func(*schema.Kind) bool { return true }, func(l importer.Line) error {
				got = append(got, consultation.Get(l.Entry.Row, "letters_written"))
				return nil
			})
			if err != nil || checked.Errors.Total > 0 || !slices.Equal(got, []string{"7"}) {
				t.Errorf("%v, %v, %v", got, checked.Errors.List, err)
			}
			file = "działanie;imię;nazwisko;email;mieszkanie;zgoda na przetwarzanie\ngarden;A;B;a@example.org;najemca;tak\n"
			checked, err = importer.Check(t.Context(), importer.File{Body: strings.NewReader(file), Size: int64(len(file))}, today, func(*schema.Kind) bool { return true }, func(l importer.Line) error {
				got = append(got, signup.Get(l.Entry.Row, "housing"))
				return nil
			})
			if err != nil || checked.Errors.Total > 0 || !slices.Contains(got, "tenant") {
				t.Errorf("by its Polish name: %v, %v, %v", got, checked.Errors.List, err)
			}
		},
		"templates of files": func(t *testing.T) {
			var file bytes.Buffer
			if err := blank.Of(consultation, widened, "2026-06-01", "en").CSV(&file); err != nil || !strings.Contains(file.String(), "Letters written") {
				t.Errorf("%s, %v", file.String(), err)
			}
		},
		"natural keys": func(t *testing.T) {
			key := func(number string) string {
				return consultation.NaturalKey("p1", consultation.Row(schema.ValuesOf(map[string]string{"date": "2026-05-01", "case_number": number})))
			}
			if key("1") == key("2") {
				t.Error("two case numbers are one consultation")
			}
		},
		"variables of rules": func(t *testing.T) {
			if _, err := rule.Compile(registry, consultation, `letters_written >= 2 && housing == "tenant"`); err != nil {
				t.Error(err)
			}
			if _, err := rule.Compile(registry, consultation, `story == "x"`); err == nil {
				t.Error("a rule may ask for a private text")
			}
		},
		"figures, breakdowns and evidence": func(t *testing.T) {
			found := countWide(t, registry)
			if got := fmt.Sprint(found.Indicators[0].Achieved); got != "5" {
				t.Errorf("the sum is %s, want 5", got)
			}
			if got := found.Participants.By["housing"]; !slices.Contains(got, snapshot.Part{Code: "owner", People: 1}) || !slices.Contains(got, snapshot.Part{Code: snapshot.Unknown, People: 1}) {
				t.Errorf("the breakdown is %v", got)
			}
			for counted := range found.Evidence("letters") {
				if counted.ID != "r1" || fmt.Sprint(counted.Adds) != "5" {
					t.Errorf("evidence %+v", counted)
				}
			}
		},
		"exports of reports": func(t *testing.T) {
			if !slices.Contains(report.Dimensions(widened), "housing") {
				t.Error("reports do not show its breakdown")
			}
			var file bytes.Buffer
			found := countWide(t, registry)
			snap, err := found.Snapshot(snapshot.Definition{})
			if err != nil {
				t.Fatal(err)
			}
			if err := report.WriteSnapshot(&file, widened, snap, "en"); err != nil || !strings.Contains(file.String(), "participants.housing.owner,Housing: owner") {
				t.Errorf("%s, %v", file.String(), err)
			}
		},
		"the API's document": func(t *testing.T) {
			document, err := openapi.Document(functions.All(&app.App{}), registry)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(document)
			if err != nil || !bytes.Contains(text, []byte(`"letters_written"`)) || !bytes.Contains(text, []byte(`"housing"`)) {
				t.Errorf("it lacks the fields, %v", err)
			}
		},
		"erasure": func(t *testing.T) {
			if left := signup.Erased(schema.ValuesOf(map[string]string{"activity": "garden", "housing": "owner"})); left.Get("housing") != "" || left.Get("activity") != "garden" {
				t.Errorf("of a sign-up stays %v", left)
			}
			left := consultation.Erased(schema.ValuesOf(map[string]string{"date": "2026-05-01", "story": "hash", "letters_written": "5", "case_number": "1"}))
			if left.Get("story") != "" || left.Get("letters_written") != "5" {
				t.Errorf("of a consultation stays %v", left)
			}
		},
		"private texts and their retention": func(t *testing.T) {
			row := consultation.Row(schema.ValuesOf(map[string]string{"story": "long ago", "letters_written": "5"}))
			if private := consultation.Private(row); private["story"] != "long ago" || len(private) != 1 {
				t.Errorf("private are %v", private)
			}
			if sealed := consultation.Seal(row, func(*schema.Field, string) string { return "#" }); consultation.Get(sealed, "story") != "#" || consultation.Get(sealed, "letters_written") != "5" {
				t.Errorf("sealed is %v", sealed)
			}
		},
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			check(t)
		})
	}
}

// countWide counts two people: a participant with the attribute, who had five letters written, and one without.
func countWide(t *testing.T, registry *schema.Registry) counting.Figures {
	t.Helper()
	rules, err := counting.NewRules(widened, registry)
	if err != nil {
		t.Fatal(err)
	}
	fold := counting.New(registry)
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for i, one := range []struct {
		kind string
		data any
	}{
		{fact.KindSignup, fact.Signup{Signup: "s1", Entry: "e1", Person: "p1", Submitted: at, State: schema.Accepted, Values: schema.ValuesOf(map[string]string{"activity": "garden", "housing": "owner"})}},
		{fact.KindRecordEntered, fact.RecordEntered{Record: "r1", Version: 1, Kind: schema.Consultation, Person: "p1", Values: schema.ValuesOf(map[string]string{"date": "2026-05-01", "letters_written": "5"})}},
		{fact.KindRecordEntered, fact.RecordEntered{Record: "r2", Version: 1, Kind: schema.Consultation, Person: "p2", Values: schema.ValuesOf(map[string]string{"date": "2026-05-01", "letters_written": "9"})}},
	} {
		made, err := fact.New(fmt.Sprint("f", i), one.kind, at, "", one.data)
		if err != nil {
			t.Fatal(err)
		}
		if err := fold.Apply(made); err != nil {
			t.Fatal(err)
		}
	}
	found, err := counting.Compile(widened, rules, fold.Live(), "2026-06-01")
	if err != nil {
		t.Fatal(err)
	}
	return found
}
