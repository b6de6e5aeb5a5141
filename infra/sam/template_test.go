package sam

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// function is a function of the template.
type function struct {
	ID     string   // the template's name for it
	Folder string   // of its code and its events
	Routes []string // "GET /{project}", or "$default"
	Wakes  string   // SQS, DynamoDB or ScheduleV2, where it has such an event

	Settings []string    // names of its environment
	Allowed  []statement // what its role allows beside writing its log
}

// statement is one of a policy.
type statement struct {
	Effect   string
	Action   any
	Resource any
}

func functions(t *testing.T) map[string]function {
	t.Helper()
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Globals struct {
			Function struct {
				Environment environment `yaml:"Environment"`
			} `yaml:"Function"`
		} `yaml:"Globals"`
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				CodeUri     string      `yaml:"CodeUri"`
				Environment environment `yaml:"Environment"`
				Policies    any         `yaml:"Policies"` // other resources have them too, and in other forms
				Events      map[string]struct {
					Type       string `yaml:"Type"`
					Properties struct {
						Method string `yaml:"Method"`
						Path   string `yaml:"Path"`
					} `yaml:"Properties"`
				} `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	found := map[string]function{}
	for id, r := range template.Resources {
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		f := function{ID: id, Folder: filepath.Base(r.Properties.CodeUri), Allowed: statements(template.Resources[id+"Role"].Properties.Policies)}
		for _, e := range []environment{template.Globals.Function.Environment, r.Properties.Environment} {
			f.Settings = slices.AppendSeq(f.Settings, maps.Keys(e.Variables))
		}
		for _, e := range r.Properties.Events {
			switch {
			case e.Type != "HttpApi":
				f.Wakes = e.Type
			case e.Properties.Path == "":
				f.Routes = append(f.Routes, "$default")
			default:
				f.Routes = append(f.Routes, e.Properties.Method+" "+e.Properties.Path)
			}
		}
		found[f.Folder] = f
	}
	return found
}

type environment struct {
	Variables map[string]any `yaml:"Variables"`
}

// statements finds those of a function's policies, in conditions too.
func statements(in any) []statement {
	switch in := in.(type) {
	case []any:
		var all []statement
		for _, one := range in {
			all = append(all, statements(one)...)
		}
		return all
	case map[string]any:
		if effect, ok := in["Effect"].(string); ok {
			return []statement{{effect, in["Action"], in["Resource"]}}
		}
		if document, ok := in["PolicyDocument"]; ok {
			return statements(document)
		}
		return statements(in["Statement"])
	}
	return nil
}

func TestPermissions(t *testing.T) {
	for name, f := range functions(t) {
		t.Run(name+" may do what is named, to what is named", func(t *testing.T) {
			if len(f.Allowed) == 0 {
				t.Fatal("no statement was found")
			}
			for _, s := range f.Allowed {
				for _, action := range texts(s.Action) {
					if strings.Contains(action, "*") {
						t.Errorf("action %s", action)
					}
				}
				for _, resource := range texts(s.Resource) {
					if (resource == "*" || resource == "") && !slices.Contains(texts(s.Action), "xray:PutTraceSegments") { // traces cannot be named
						t.Errorf("%v of resource %q", s.Action, resource)
					}
				}
			}
		})
	}
	t.Run("who somebody is stays with those that must know", func(t *testing.T) {
		for name, f := range functions(t) {
			knows := slices.Contains(f.Settings, "PEOPLE_TABLE")
			may := slices.ContainsFunc(f.Allowed, func(s statement) bool { return strings.Contains(fmt.Sprint(s.Resource), "People") })
			if knows != may || knows && (name == "show-report" || name == "sign-in") {
				t.Errorf("%s: has the table's name: %v, may use it: %v", name, knows, may)
			}
		}
	})
}

// texts are a text, or each of a list.
func texts(of any) []string {
	switch of := of.(type) {
	case []any:
		var all []string
		for _, one := range of {
			all = append(all, texts(one)...)
		}
		return all
	case string:
		return []string{of}
	}
	return []string{fmt.Sprint(of)}
}
