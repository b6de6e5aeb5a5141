package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// function is a function as the template declares it: what wakes it beside requests.
type function struct {
	Name      string // the folder of its code: submit-signup
	Queue     bool
	Schedules []schedule
	Stream    bool
}

// parseTemplate reads what the stack needs from the SAM template: functions with their events, and how often the queue
// delivers before a message is put aside.
func parseTemplate(text []byte) (functions []function, deliveries int, err error) {
	var template struct {
		Resources map[string]resource `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		return nil, 0, fmt.Errorf("template: %w", err)
	}
	for id, r := range template.Resources {
		deliveries = max(deliveries, r.Properties.RedrivePolicy.Deliveries)
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		f := function{Name: path.Base(strings.TrimSuffix(r.Properties.Code, "/"))}
		for name, event := range r.Properties.Events {
			switch event.Type {
			case "HttpApi": // the routes are known: the functions have them
			case "SQS":
				f.Queue = true
			case "ScheduleV2":
				if f.Name != "compile-snapshot" {
					return nil, 0, fmt.Errorf("template: %s: only compile-snapshot can have a schedule, and %s is one", id, name)
				}
				p := event.Properties
				if p.State != nil || p.StartDate != nil || p.EndDate != nil || p.Input != nil {
					return nil, 0, fmt.Errorf("template: %s: schedule %s: State, StartDate, EndDate and Input are not known", id, name)
				}
				due, err := parseSchedule(p.Expression, p.Zone)
				if err != nil {
					return nil, 0, fmt.Errorf("template: %s: %s: %w", id, name, err)
				}
				f.Schedules = append(f.Schedules, due)
			case "DynamoDB":
				f.Stream = true
			default:
				return nil, 0, fmt.Errorf("template: %s: event %s is of type %s, which the local stack does not know", id, name, event.Type)
			}
		}
		functions = append(functions, f)
	}
	slices.SortFunc(functions, func(a, b function) int { return strings.Compare(a.Name, b.Name) })
	return functions, deliveries, nil
}

// resource is what matters here of any resource of the template.
type resource struct {
	Type       string `yaml:"Type"`
	Properties struct {
		Code          string `yaml:"CodeUri"`
		RedrivePolicy struct {
			Deliveries int `yaml:"maxReceiveCount"`
		} `yaml:"RedrivePolicy"`
		Events map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				Expression string `yaml:"ScheduleExpression"`
				Zone       string `yaml:"ScheduleExpressionTimezone"`
				State      any    `yaml:"State"`
				StartDate  any    `yaml:"StartDate"`
				EndDate    any    `yaml:"EndDate"`
				Input      any    `yaml:"Input"`
			} `yaml:"Properties"`
		} `yaml:"Events"`
	} `yaml:"Properties"`
}
