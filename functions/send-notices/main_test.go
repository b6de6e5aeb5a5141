package main

import (
	"slices"
	"testing"
	"time"

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
	if got, _, _, _ := projects(event); !slices.Equal(got, []string{"town", "village"}) {
		t.Errorf("got %v", got)
	}
	if got, news, _, _ := projects(events.DynamoDBEvent{}); len(got)+len(news) > 0 {
		t.Errorf("an empty event names %v", got)
	}
}

func TestFactsOfTheNightlyRunAreNoNewsForIt(t *testing.T) {
	t.Parallel()
	var event events.DynamoDBEvent
	first := time.Date(2026, 6, 30, 2, 0, 0, 0, time.UTC)
	for n, c := range []struct{ pk, fact string }{
		{"FACT#town#3#0", `{"kind": "snapshot.compiled"}`}, {"FACT#village#0#12", `{"kind": "snapshot.compiled", "by": "01J"}`},
		{"FACT#city#1#0", `{"kind": "report.due"}`}, {"FACT#city#1#0", `{"kind": "record.said", "by": "01J"}`}, {"FACT#hill#1#0", `not a fact`},
	} {
		record := events.DynamoDBEventRecord{}
		record.Change.Keys = map[string]events.DynamoDBAttributeValue{"pk": events.NewStringAttribute(c.pk)}
		record.Change.NewImage = map[string]events.DynamoDBAttributeValue{"data": events.NewBinaryAttribute([]byte(c.fact))}
		record.Change.ApproximateCreationDateTime.Time = first.Add(time.Duration(n) * time.Second)
		event.Records = append(event.Records, record)
	}
	ids, news, happened, since := projects(event)
	if len(ids) != 4 || !slices.Equal(news, []string{"village", "city", "hill"}) || !since.Equal(first) {
		t.Errorf("of %v are news %v since %s", ids, news, since)
	}
	if !slices.Equal(happened, []string{"hill"}) { // what cannot be read may be an event
		t.Errorf("events of %v", happened)
	}
}
