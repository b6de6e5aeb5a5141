package main

import (
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestEventNamesProjectsWithNewFacts(t *testing.T) {
	t.Parallel()
	var event events.DynamoDBEvent
	for _, pk := range []string{"FACT#town#3#0", "FACT#village#0#12", "FACT#town#1#0", "SIGNUP#city#x"} {
		record := events.DynamoDBEventRecord{}
		record.Change.Keys = map[string]events.DynamoDBAttributeValue{"pk": events.NewStringAttribute(pk)}
		event.Records = append(event.Records, record)
	}
	if got := projects(event); !slices.Equal(got, []string{"town", "village"}) {
		t.Errorf("got %v", got)
	}
	if got := projects(events.DynamoDBEvent{}); len(got) > 0 {
		t.Errorf("an empty event names %v", got)
	}
}
