// Package sam tests the functions as they are deployed: their events, and the built binaries under SAM CLI.
// infra/sam/test runs the tests that need SAM CLI.
package sam

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestEvents(t *testing.T) {
	known := functions(t)
	for folder, f := range known {
		t.Run(folder+" has events that it can take", func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("../../events", folder, "*.json"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no event (%v)", err)
			}
			for _, file := range files {
				text := read(t, folder+"/"+strings.TrimSuffix(filepath.Base(file), ".json"))
				if bytes.Contains(text, []byte(`"routeKey"`)) {
					checkRequest(t, file, text, f)
				} else {
					checkWake(t, file, text, f)
				}
			}
		})
	}
	folders, err := filepath.Glob("../../events/*")
	if err != nil || len(folders) != len(known) {
		t.Errorf("events for %d functions, the template has %d (%v)", len(folders), len(known), err)
	}
}

// read returns an event, by its function and its case.
func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decode(t *testing.T, file string, text []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Errorf("%s: %v", file, err)
	}
}

// checkRequest compares an event of the HTTP API with the routes: its route is the function's, its path and parameters
// are the route's, and its method is the same in all fields.
func checkRequest(t *testing.T, file string, text []byte, f function) {
	t.Helper()
	var e events.APIGatewayV2HTTPRequest
	decode(t, file, text, &e)
	if !slices.Contains(f.Routes, e.RouteKey) || e.RequestContext.RouteKey != e.RouteKey {
		t.Errorf("%s: the function has no route %q", file, e.RouteKey)
	}
	if e.RequestContext.HTTP.Path != e.RawPath {
		t.Errorf("%s: two paths", file)
	}
	if e.RouteKey == "$default" {
		return
	}
	path := e.RouteKey
	for name, value := range e.PathParameters {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	if path != e.RequestContext.HTTP.Method+" "+e.RawPath {
		t.Errorf("%s: the route leads to %q, the event is of %s %s", file, path, e.RequestContext.HTTP.Method, e.RawPath)
	}
}

func checkWake(t *testing.T, file string, text []byte, f function) {
	t.Helper()
	for name, kind := range f.kinds {
		if input, _ := f.events[name]["Input"].(string); kind == "ScheduleV2" && input != "" && string(bytes.TrimSpace(text)) == input {
			return
		}
	}
	woken := func(kind string) bool { return slices.Contains(f.Wakes, kind) }
	switch {
	case woken("SQS") && bytes.Contains(text, []byte(`"aws:sqs"`)):
		var e events.SQSEvent
		decode(t, file, text, &e)
		if len(e.Records) == 0 {
			t.Errorf("%s: no message", file)
		}
	case woken("DynamoDB"):
		var e events.DynamoDBEvent
		decode(t, file, text, &e)
		for _, r := range e.Records {
			// The filter passes facts only; one event has another item.
			if key := r.Change.Keys["pk"]; strings.HasPrefix(key.String(), "FACT#") == strings.HasSuffix(file, "other-items.json") {
				t.Errorf("%s: the stream brings only facts, not %q", file, key.String())
			}
		}
	case woken("ScheduleV2"):
		var e struct {
			events.CloudWatchEvent
			Detail string `json:"detail"` // the Scheduler's is a text
		}
		decode(t, file, text, &e)
		if e.Source != "aws.scheduler" {
			t.Errorf("%s: comes from %q", file, e.Source)
		}
	default:
		t.Errorf("%s: the function is woken by nothing but HTTP", file)
	}
}
