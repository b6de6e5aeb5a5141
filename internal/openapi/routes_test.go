package openapi

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// What the template routes and the document leaves out, as part of pages and no addresses for programs: assets, signing
// in, the addresses that are nobody's, and the POSTs by which a page's form says PUT or DELETE.
var leftOut = []string{
	"GET /assets/{file}",
	"GET /auth/sign-in", "GET /auth/callback", "POST /auth/sign-out", "GET /auth/sign-out",
	"POST /{project}/signups/{id}", "POST /{project}/uploads/{id}", "POST /{project}/people/{id}", "POST /{project}/definition",
	"POST /{project}/consultations/{id}", "POST /{project}/attendance/{id}", "POST /{project}/tests/{id}", "POST /{project}/outputs/{id}",
}

// templateRoutes are the addresses that the template hands to functions, as "GET /{project}".
func templateRoutes(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Events map[string]struct {
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
	var routes []string
	for _, resource := range template.Resources {
		for _, event := range resource.Properties.Events {
			if event.Type == "HttpApi" && event.Properties.Path != "" {
				routes = append(routes, strings.ToUpper(event.Properties.Method)+" "+event.Properties.Path)
			}
		}
	}
	if len(routes) == 0 {
		t.Fatal("no routes in the template")
	}
	return routes
}

// documentRoutes are the addresses of the document as a router knows them: of {id}.csv the whole last part is the id.
func documentRoutes() []string {
	var routes []string
	for _, o := range operations() {
		path := o.path
		if name, suffix, found := strings.Cut(path, "{id}."); found && !strings.Contains(suffix, "/") {
			path = name + "{id}"
		}
		if route := o.method + " " + path; !slices.Contains(routes, route) {
			routes = append(routes, route)
		}
	}
	return routes
}

func TestEveryRouteOfTheTemplateStandsInTheDocument(t *testing.T) {
	told := documentRoutes()
	routed := templateRoutes(t)
	for _, route := range routed {
		if !slices.Contains(told, route) && !slices.Contains(leftOut, route) {
			t.Errorf("%s is routed, but not told", route)
		}
	}
	for _, route := range leftOut {
		if !slices.Contains(routed, route) {
			t.Errorf("%s is left out, but not routed either", route)
		}
	}
}

func TestEveryAddressOfTheDocumentIsRoutedByTheTemplate(t *testing.T) {
	routed := templateRoutes(t)
	for _, route := range documentRoutes() {
		if !slices.Contains(routed, route) {
			t.Errorf("%s is told, but not routed", route)
		}
	}
}
