package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// function is a function of the template, with its event sources other than requests.
type function struct {
	Name      string // the folder of its code: submit-signup
	Queue     bool
	Schedules []schedule
	Stream    bool
}

// parseTemplate reads from the SAM template the functions with their events, sorted by name, and how often the queue
// delivers a message before it becomes a dead letter. It refuses events and schedules that this program cannot run.
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
			case "HttpApi": // routes come from the code
			case "SQS":
				f.Queue = true
			case "ScheduleV2":
				if f.Name == "send-notices" {
					continue // here, letters that wait are tried again every half minute, and places are released every minute
				}
				if f.Name != "compile-snapshot" {
					return nil, 0, fmt.Errorf("template: %s: only compile-snapshot can have a schedule, not %s", id, name)
				}
				p := event.Properties
				if p.State != nil || p.StartDate != nil || p.EndDate != nil || p.Input != nil {
					return nil, 0, fmt.Errorf("template: %s: schedule %s: State, StartDate, EndDate and Input are not supported", id, name)
				}
				due, err := parseSchedule(p.Expression, p.Zone)
				if err != nil {
					return nil, 0, fmt.Errorf("template: %s: %s: %w", id, name, err)
				}
				f.Schedules = append(f.Schedules, due)
			case "DynamoDB":
				f.Stream = true
			default:
				return nil, 0, fmt.Errorf("template: %s: event %s has the type %s, which is not supported", id, name, event.Type)
			}
		}
		functions = append(functions, f)
	}
	slices.SortFunc(functions, func(a, b function) int { return strings.Compare(a.Name, b.Name) })
	return functions, deliveries, nil
}

// resource is the part of a template's resource that is read.
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
