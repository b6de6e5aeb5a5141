package sam

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// template is a SAM template. Of !Ref, !GetAtt and other tags only the argument is kept: a resource is found by
// the occurrences of its name.
type template struct {
	Globals struct {
		Function map[string]any `yaml:"Function"`
	} `yaml:"Globals"`
	Resources map[string]resource `yaml:"Resources"`
	Outputs   map[string]any      `yaml:"Outputs"`
}

type resource struct {
	Type                string         `yaml:"Type"`
	DeletionPolicy      string         `yaml:"DeletionPolicy"`
	UpdateReplacePolicy string         `yaml:"UpdateReplacePolicy"`
	Metadata            map[string]any `yaml:"Metadata"`
	Properties          map[string]any `yaml:"Properties"`
}

func parse(text []byte) (template, error) {
	var out template
	err := yaml.Unmarshal(text, &out)
	return out, err
}

// of returns the resources of a type, by name.
func (t template) of(kind string) map[string]resource {
	found := map[string]resource{}
	for name, r := range t.Resources {
		if r.Type == kind {
			found[name] = r
		}
	}
	return found
}

// named returns the resources of a type whose names occur in a value.
func (t template) named(value any, kind string) []string {
	var found []string
	for _, text := range texts(value) {
		name, _, _ := strings.Cut(strings.TrimPrefix(text, "${"), ".")
		if name = strings.TrimSuffix(name, "}"); t.Resources[name].Type == kind {
			found = append(found, name)
		}
	}
	return found
}

// at returns the value at a path of keys, nil where there is none.
func at(value any, keys ...string) any {
	for _, key := range keys {
		inside, _ := value.(map[string]any)
		value = inside[key]
	}
	return value
}

// number returns a value as a number, or -1.
func number(value any) int {
	switch n := value.(type) {
	case uint64:
		return int(n)
	case int64:
		return int(n)
	}
	return -1
}

// objects returns the maps of a value or of its lists, including those under a condition.
func objects(value any) []map[string]any {
	switch value := value.(type) {
	case []any:
		var all []map[string]any
		for _, one := range value {
			all = append(all, objects(one)...)
		}
		return all
	case map[string]any:
		return []map[string]any{value}
	}
	return nil
}

// texts returns all strings in a value.
func texts(value any) []string {
	var all []string
	switch value := value.(type) {
	case []any:
		for _, one := range value {
			all = append(all, texts(one)...)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			all = append(all, texts(value[key])...)
		}
	case []string:
		all = value
	case string:
		all = []string{value}
	}
	return all
}

// function is a function of the template.
type function struct {
	ID     string   // the template's name for it
	Folder string   // of its code and its events
	Routes []string // "GET /{project}", or "$default"
	Wakes  []string // of SQS, DynamoDB and ScheduleV2 those that it has events of

	Settings []string    // names of its environment
	Allowed  []statement // what its role allows

	timeout    int
	properties map[string]any
	events     map[string]map[string]any // those that wake it, by their names
	kinds      map[string]string         // of those events
}

// statement is a statement of a policy.
type statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition any
}

// functions returns the functions of the template, by the folders of their code.
func functions(t *testing.T) map[string]function {
	t.Helper()
	parsed, err := parse(templateText(t))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.functions()
}

func templateText(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (t template) functions() map[string]function {
	found := map[string]function{}
	routes := t.routes()
	for id, r := range t.of("AWS::Serverless::Function") {
		f := function{ID: id, properties: r.Properties, events: map[string]map[string]any{}, kinds: map[string]string{}}
		code, _ := r.Properties["CodeUri"].(string)
		f.Folder = filepath.Base(code)
		if f.timeout = number(r.Properties["Timeout"]); f.timeout < 0 {
			f.timeout = number(t.Globals.Function["Timeout"])
		}
		for _, p := range []map[string]any{t.Globals.Function, r.Properties} {
			variables, _ := at(p, "Environment", "Variables").(map[string]any)
			f.Settings = slices.AppendSeq(f.Settings, maps.Keys(variables))
		}
		f.Allowed = statements(r.Properties["Policies"])
		for _, role := range t.named(r.Properties["Role"], "AWS::IAM::Role") {
			f.Allowed = append(f.Allowed, statements(t.Resources[role].Properties["Policies"])...)
		}
		f.Routes = routes[id]
		events, _ := r.Properties["Events"].(map[string]any)
		for name, e := range events {
			properties, _ := at(e, "Properties").(map[string]any)
			kind, _ := at(e, "Type").(string)
			f.Wakes = append(f.Wakes, kind)
			f.events[name], f.kinds[name] = properties, kind
		}
		found[f.Folder] = f
	}
	return found
}

// routes returns the API's routes, by the function that each is integrated with.
func (t template) routes() map[string][]string {
	found := map[string][]string{}
	for _, api := range t.of("AWS::ApiGatewayV2::Api") {
		paths, _ := at(api.Properties, "Body", "paths").(map[string]any)
		for path := range paths {
			methods, _ := paths[path].(map[string]any)
			for method, operation := range methods {
				uri, _ := at(operation, "x-amazon-apigateway-integration", "uri").(string)
				_, function, _ := strings.Cut(uri, "functions/${")
				function, _, _ = strings.Cut(function, ".")
				route := strings.ToUpper(method) + " " + path
				if at(operation, "isDefaultRoute") == true {
					route = strings.TrimPrefix(path, "/")
				}
				found[function] = append(found[function], route)
			}
		}
	}
	return found
}

// statements returns the statements of policies, including those under conditions.
func statements(in any) []statement {
	var all []statement
	for _, m := range objects(in) {
		switch effect, is := m["Effect"].(string); {
		case is:
			all = append(all, statement{effect, texts(m["Action"]), texts(m["Resource"]), m["Condition"]})
		case m["PolicyDocument"] != nil:
			all = append(all, statements(m["PolicyDocument"])...)
		default:
			all = append(all, statements(m["Statement"])...)
		}
	}
	return all
}
