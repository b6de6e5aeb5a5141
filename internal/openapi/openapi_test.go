package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"outreach/functions"
	"outreach/internal/app"
	"outreach/internal/openapi"
	"outreach/internal/openapi/served"
	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

func written(t *testing.T) []byte {
	t.Helper()
	document, err := openapi.Document(functions.All(&app.App{}), schema.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(document, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func read(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(written(t))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestDocumentIsValid(t *testing.T) {
	if err := read(t).Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var update = flag.Bool("update", false, "write the document that show-report serves")

// The document is generated here and embedded, because the function that serves it would otherwise link all handlers.
func TestServedDocumentIsCurrent(t *testing.T) {
	const file = "served/openapi.json"
	want := written(t)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not current: go test ./internal/openapi -update", file)
	}
}

func TestDocumentHasEveryFieldOfEveryKind(t *testing.T) {
	document := read(t)
	for _, k := range schema.Builtin().Kinds {
		schema := document.Components.Schemas[k.Name].Value
		for i := range k.Fields {
			f := &k.Fields[i]
			p := schema.Properties[f.Name]
			if p == nil {
				t.Errorf("%s: no %s", k.Name, f.Name)
				continue
			}
			if got := slices.Contains(schema.Required, f.Name); got != f.Required {
				t.Errorf("%s.%s: required %t, want %t", k.Name, f.Name, got, f.Required)
			}
			if f.Max != 0 && (p.Value.Max == nil || *p.Value.Max != f.Max) {
				t.Errorf("%s.%s: no maximum of %v", k.Name, f.Name, f.Max)
			}
			if f.Options != nil {
				for _, o := range f.Options(&project.Definition{}) {
					if !slices.Contains(p.Value.Enum, any(o.ID)) {
						t.Errorf("%s.%s: %s is not on the list", k.Name, f.Name, o.ID)
					}
				}
			}
		}
	}
}

// A record is valid in the document if and only if it is valid for its kind.
func TestDocumentAcceptsWhatTheSchemaAccepts(t *testing.T) {
	document := read(t)
	definition := &project.Definition{
		TimeZone: "Europe/Warsaw", Region: project.Region{Population: 1000},
		Activities: []project.Activity{{ID: "a"}}, OutputKinds: []project.OutputKind{{ID: "leaflet"}},
	}
	for _, c := range []struct{ name, kind, body string }{
		{"a sign-up by e-mail", "signup", `{"activity":"a","first_name":"Ewa","last_name":"Wzór","email":"ewa@example.org","consent_processing":true}`},
		{"a sign-up with all there is", "signup", `{"activity":"a","first_name":"Ewa","last_name":"Wzór","pesel":"44051401359","phone":"1","sex":"female","birth_year":1980,"education":"isced-3-4","labour_status":"inactive","residence":"rural","disability":"no","organisation":"O","consent_processing":true,"consent_news":false,"locale":"pl","submitted_at":"2026-01-02T03:04:05+01:00"}`},
		{"a sign-up with nulls", "signup", `{"activity":"a","first_name":"Ewa","last_name":"Wzór","email":"ewa@example.org","pesel":null,"sex":null,"consent_processing":true}`},
		{"a sign-up without a person", "signup", `{"activity":"a","first_name":"Ewa","last_name":"Wzór","consent_processing":true}`},
		{"a sign-up without consent", "signup", `{"activity":"a","first_name":"Ewa","last_name":"Wzór","email":"ewa@example.org","consent_processing":false}`},
		{"a sign-up of an unknown sex", "signup", `{"activity":"a","first_name":"Ewa","last_name":"Wzór","email":"ewa@example.org","sex":"x","consent_processing":true}`},
		{"a consultation", "consultation", `{"person":{"email":"ewa@example.org"},"date":"2026-01-02","field":"law","minutes":45,"form":"phone","topic":"umowa","notes":"…"}`},
		{"a consultation of no minutes", "consultation", `{"person":{"email":"ewa@example.org"},"date":"2026-01-02","field":"law","minutes":0,"form":"phone"}`},
		{"a consultation of 961 minutes", "consultation", `{"person":{"email":"ewa@example.org"},"date":"2026-01-02","field":"law","minutes":961,"form":"phone"}`},
		{"a consultation of half a minute", "consultation", `{"person":{"email":"ewa@example.org"},"date":"2026-01-02","field":"law","minutes":0.5,"form":"phone"}`},
		{"a consultation of a text of minutes", "consultation", `{"person":{"email":"ewa@example.org"},"date":"2026-01-02","field":"law","minutes":"45","form":"phone"}`},
		{"a consultation without a person", "consultation", `{"person":{},"date":"2026-01-02","field":"law","minutes":45,"form":"phone"}`},
		{"a consultation with a person of other keys", "consultation", `{"person":{"name":"Ewa"},"date":"2026-01-02","field":"law","minutes":45,"form":"phone"}`},
		{"an attendance", "attendance", `{"person":{"id":"01J00000000000000000000000"},"activity":"a","date":"2026-01-02","outcome":"completed","hours":7.5}`},
		{"an attendance with an unknown field", "attendance", `{"person":{"id":"01J00000000000000000000000"},"activity":"a","date":"2026-01-02","outcome":"completed","colour":"red"}`},
		{"a test", "test", `{"person":{"pesel":"44051401359"},"activity":"a","date":"2026-01-02","pre_score":1,"post_score":2.5,"max_score":10}`},
		{"a test below zero", "test", `{"person":{"pesel":"44051401359"},"activity":"a","date":"2026-01-02","pre_score":-1,"post_score":2.5,"max_score":10}`},
		{"an output", "output", `{"date":"2026-01-02","kind":"leaflet","quantity":1,"title":"Ulotka"}`},
		{"an output without a title", "output", `{"date":"2026-01-02","kind":"leaflet","quantity":1}`},
		{"an output with too long a title", "output", `{"date":"2026-01-02","kind":"leaflet","quantity":1,"title":"` + strings.Repeat("ż", 301) + `"}`},
		{"an airing", "media", `{"date":"2026-01-02","time":"18:25","medium":"tv","kind":"spot","title":"T","outlet":"TV","reach":0,"contacts":5,"source":"s","url":"https://example.org","note":"n"}`},
		{"an airing at no time of day", "media", `{"date":"2026-01-02","time":"25:00","medium":"tv","title":"T","outlet":"TV","reach":0}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var given schema.Given
			decoder := json.NewDecoder(strings.NewReader(c.body))
			decoder.UseNumber()
			if err := decoder.Decode(&given); err != nil {
				t.Fatal(err)
			}
			_, wrong := schema.Builtin().Kind(c.kind).Read(given, schema.Scope{Definition: definition, Today: "2026-06-01"})
			err := accepts(t, document, c.kind, []byte(c.body))
			if (len(wrong) == 0) != (err == nil) {
				t.Errorf("the table says %v, the document %v", wrong, err)
			}
		})
	}
}

func accepts(t *testing.T, document *openapi3.T, schema string, body []byte) error {
	t.Helper()
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatal(err)
	}
	return document.Components.Schemas[schema].Value.VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation(), openapi3.MultiErrors())
}

func TestSnapshotMatchesTheDocument(t *testing.T) {
	document := read(t)
	before := "01J00000000000000000000000"
	snap := snapshot.Snapshot{
		Project: "good-start", ID: before, AsOf: "2026-01-02", KnownAt: "2026-01-03T02:00:00Z", State: snapshot.Draft, Supersedes: &before,
		Hash:         "sha256:" + strings.Repeat("0", 64),
		Participants: snapshot.Participants{Total: 7, Target: 10, By: snapshot.Breakdowns{"sex": {{Code: "female", People: 5}, {Code: "unknown", People: 2}}}},
		Indicators: []snapshot.Indicator{{
			Code: "1", Unit: "person", Target: "10", Achieved: "2.5", Percent: "25.0", Status: "behind", Records: 1,
			ByMonth: []snapshot.Month{{Month: "2026-01", Added: "2.5", Total: "2.5"}},
		}},
	}
	for name, s := range map[string]snapshot.Snapshot{"a full one": snap, "a public one": snap.Public(nil), "an empty one": {AsOf: "2026-01-02", KnownAt: "2026-01-03T02:00:00Z", State: snapshot.Draft, Hash: snap.Hash}} {
		body, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := accepts(t, document, "snapshot", body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var loose map[string]any
	body, _ := json.Marshal(snap)
	if err := json.Unmarshal(body, &loose); err != nil {
		t.Fatal(err)
	}
	for name := range maps.Clone(loose) {
		short := maps.Clone(loose)
		delete(short, name)
		body, _ := json.Marshal(short)
		if accepts(t, document, "snapshot", body) == nil {
			t.Errorf("a snapshot without %s passes", name)
		}
	}
}

func TestEveryNamedSchemaExistsAndIsUsed(t *testing.T) {
	schemas := read(t).Components.Schemas
	named := map[string]bool{"media": true} // a row of a file: described in text
	for _, match := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(string(written(t)), -1) {
		named[match[1]] = true
	}
	for name := range named {
		if schemas[name] == nil {
			t.Errorf("%s is named, but not there", name)
		}
	}
	for name := range schemas {
		if !named[name] {
			t.Errorf("%s is there, but not named", name)
		}
	}
}

func TestEveryOperationNamesItsRoles(t *testing.T) {
	for path, item := range read(t).Paths.Map() {
		for method, o := range item.Operations() {
			if !strings.HasPrefix(o.Description, "For: ") {
				t.Errorf("%s %s does not", method, path)
			}
			open := strings.HasPrefix(o.Description, "For: anyone")
			if asks := len(*o.Security) > 0; asks == open {
				t.Errorf("%s %s: %q, but asks for a token: %t", method, path, o.Description, asks)
			}
		}
	}
}

// documentOf reads a valid definition, and returns it with the document of its project, and the document's text.
func documentOf(t *testing.T, of string) (*project.Definition, *openapi3.T, []byte) {
	t.Helper()
	d, problems := definition.Parse("", []byte(of))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	made, err := served.OfProject(d)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d, document, text
}

// The document of a project has an address for each kind of its own, and the fields and lists of its definition.
func TestDocumentOfAProject(t *testing.T) {
	_, document, _ := documentOf(t, `
id: valley
title: A valley
period: {from: 2026-01-01, to: 2027-12-31}
region: {name: Valley, population: 1000}
languages: [en]
people:
  attributes:
    labour_status: {options: [at-work, at-home]}
    situation: {type: choices, options: [homeless, minority], refusable: true}
records:
  consultation: {fields: {field: {options: [law, tax]}}}
  upload: {label: Upload, person: no, key: [site], by: [coordinator, adviser], fields: {site: {type: choice, options: [north, south], required: true}, weight: {type: number, decimals: 2, unit: kg}}}
  exit: {label: Exit, person: yes, fields: {reason: {type: text}}}
indicators:
  - {code: "1", label: Weight, count: sum, of: upload, field: weight, target: 5}
`)
	body := func(path string) *openapi3.Schema {
		item := document.Paths.Value(path)
		if item == nil {
			t.Fatalf("no %s", path)
		}
		return item.Post.RequestBody.Value.Content["application/json"].Schema.Value
	}
	for path, bodies := range map[string]map[string]bool{
		"/valley/records/upload": {
			`{"date":"2026-05-01","site":"north","weight":1.25}`:  true,
			`{"date":"2026-05-01","site":"north","weight":null}`:  true,
			`{"date":"2026-05-01","site":"west","weight":1}`:      false,
			`{"date":"2026-05-01","weight":1}`:                    false,
			`{"date":"2026-05-01","site":"north","visitors":1}`:   false,
			`{"date":"2026-05-01","site":"north","person":"abc"}`: false,
		},
		"/valley/records/exit": {
			`{"date":"2026-05-01","person":{"email":"a@example.org"},"reason":"moved"}`: true,
			`{"date":"2026-05-01","reason":"moved"}`:                                    false,
		},
		"/valley/consultations": {
			`{"date":"2026-05-01","person":{"email":"a@example.org"},"field":"law","form":"in-person","minutes":30}`:   true,
			`{"date":"2026-05-01","person":{"email":"a@example.org"},"field":"legal","form":"in-person","minutes":30}`: false,
		},
	} {
		schema := body(path)
		for text, valid := range bodies {
			var value any
			if err := json.Unmarshal([]byte(text), &value); err != nil {
				t.Fatal(err)
			}
			if err := schema.VisitJSON(value); (err == nil) != valid {
				t.Errorf("%s takes %s: %t, %v", path, text, err == nil, err)
			}
		}
	}
	signup := document.Components.Schemas["signup"].Value
	for text, valid := range map[string]bool{`["homeless"]`: true, `"refused"`: true, `["other"]`: false, `null`: true} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := signup.Properties["situation"].Value.VisitJSON(value); (err == nil) != valid {
			t.Errorf("situation %s: %v", text, err)
		}
	}
	if got := document.Paths.Value("/valley/records/upload").Get; !strings.HasPrefix(got.Description, "For: coordinator, adviser.") || got.OperationID != "listRecord_upload" {
		t.Errorf("%s: %s", got.OperationID, got.Description)
	}
}

// The document of a project knows people by its own keys, and asks for what the project asks: it takes a request if and
// only if the schema does, and names no PESEL where there is none.
func TestDocumentOfAProjectWithItsOwnKeys(t *testing.T) {
	d, document, text := documentOf(t, `
id: warm-homes
title: Warm homes
period: {from: 2026-01-01, to: 2027-12-31}
languages: [ro-RO, en]
activities: [{id: workshop, label: Workshop}]
people:
  keys: [household, phone, name]
  identifiers: {household: {label: Household, pattern: 'RO-[0-9]{5}'}}
  attributes:
    disability: {ask: no}
    education: {ask: no}
    heating: {type: choice, options: [wood, gas], label: Heating, required: yes}
records:
  consultation: {fields: {measures: {type: choices, options: [insulation, bills], label: Measures}}}
  visit: {label: Visit, person: optional, fields: {reason: {type: text, label: Reason}}}
indicators:
  - {code: "1", label: Advised, count: people, of: consultation, target: 5}
`)
	for _, name := range []string{`"pesel":`, `"disability":`, `"education":`} {
		if i := bytes.Index(text, []byte(name)); i >= 0 {
			t.Errorf("it has %s: …%s", name, text[max(0, i-200):i+100])
		}
	}
	body := func(at string, put bool, media string) *openapi3.Schema {
		item := document.Paths.Value("/warm-homes" + at)
		operation := item.Post
		if put {
			operation = item.Put
		}
		return operation.RequestBody.Value.Content[media].Schema.Value
	}
	signup := `{"activity":"workshop","first_name":"Ana","last_name":"Exemplu","consent_processing":true,`
	advised := `{"date":"2026-05-01","field":"law","form":"phone","minutes":30,`
	for at, bodies := range map[string][]string{
		"/signups": {
			signup + `"heating":"wood","household":"RO-12345"}`, signup + `"heating":"wood","phone":"0700 000 000","email":"ana@example.org"}`,
			signup + `"heating":"wood","birth_year":1980}`, signup + `"heating":"wood","email":"ana@example.org"}`, signup + `"household":"RO-12345"}`,
			signup + `"heating":"wood","household":"RO-12345","pesel":"44051401359"}`, signup + `"heating":"coal","household":"RO-12345"}`,
			signup + `"heating":"wood","household":"RO-12345","disability":"no"}`, signup + `"heating":"wood","household":"12345"}`,
		},
		"/consultations": {
			advised + `"person":{"household":"RO-12345","first_name":"Ana"},"measures":["bills","insulation"]}`, advised + `"person":{"phone":"0700 000 000"},"measures":null}`,
			advised + `"person":{"name":{"first_name":"Ana","last_name":"Exemplu","birth_year":1980}}}`, advised + `"person":{"name":{"first_name":"Ana"}}}`,
			advised + `"person":{"email":"ana@example.org"}}`, advised + `"person":{"first_name":"Ana"}}`, advised + `"person":{"id":"01J00000000000000000000000"}}`,
			advised + `"person":{"household":"RO-12345"},"measures":["windows"]}`, advised + `"person":{}}`,
		},
		"/records/visit": {
			`{"date":"2026-05-01","reason":"a check"}`, `{"date":"2026-05-01","person":{"household":"RO-12345"}}`, `{"date":"2026-05-01","person":{"pesel":"44051401359"}}`,
		},
	} {
		kind := map[string]string{"/signups": "signup", "/consultations": "consultation", "/records/visit": "visit"}[at]
		for _, text := range bodies {
			var given schema.Given
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.UseNumber()
			if err := decoder.Decode(&given); err != nil {
				t.Fatal(err)
			}
			_, wrong := schema.For(d).Kind(kind).Read(given, schema.Scope{Definition: d, Today: "2026-06-01"})
			var value any
			if err := json.Unmarshal([]byte(text), &value); err != nil {
				t.Fatal(err)
			}
			if err := body(at, false, "application/json").VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation(), openapi3.MultiErrors()); (len(wrong) == 0) != (err == nil) {
				t.Errorf("%s: the schema says %v, the document %v", text, wrong, err)
			}
		}
	}
	const typed = "application/x-www-form-urlencoded"
	for _, form := range []struct {
		at    string
		put   bool
		media string
		want  []string
	}{
		{"/signups", false, typed, []string{"household", "phone", "email", "heating", "birth_year", "homepage", "idempotency_key"}},
		{"/consultations", false, typed, []string{"household", "phone", "first_name", "birth_year", "measures", "measures[]"}},
		{"/people/{id}", true, "application/json", []string{"household", "phone", "email", "first_name"}},
		{"/people/{id}/attributes", true, "application/json", []string{"heating", "sex", "reason"}},
	} {
		properties := body(form.at, form.put, form.media).Properties
		for _, name := range form.want {
			if properties[name] == nil {
				t.Errorf("the body of %s has no %s", form.at, name)
			}
		}
	}
	if properties := body("/consultations", false, typed).Properties; properties["email"] != nil {
		t.Error("the form of an advice asks for an address that is no key")
	}
	for name, want := range map[string]string{"person": "household", "person-ref": "name", "signup-kept": "heating", "consultation-kept": "measures", "records.visit": "change_reason"} {
		if document.Components.Schemas[name].Value.Properties[want] == nil {
			t.Errorf("%s has no %s", name, want)
		}
	}
	if form := document.Components.Schemas["signup-form"].Value; form.Properties["heating"] != nil || slices.Contains(form.Required, "activity") {
		t.Error("what GET …/signup answers has the fields of a sign-up")
	}
}
