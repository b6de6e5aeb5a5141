// Command send-notices sends the e-mails that facts call for. The tracker's stream wakes it and names the projects; which
// of their facts are still to be announced it reads from the table. An event without facts means all projects; that of its
// schedule, the letters that were refused for now.
package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"slices"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"outreach/internal/cloud"
	"outreach/internal/cloud/ses"
	"outreach/internal/fact"
	"outreach/internal/notices/deliver"
)

func main() {
	if err := realMain(); err != nil {
		slog.Error("start", "reason", err.Error())
		os.Exit(1)
	}
}

func realMain() error {
	c, err := cloud.New(cloud.Tracker, cloud.People, cloud.Files, cloud.Mail)
	if err != nil {
		return err
	}
	sender, owner := ses.New(c), rand.Text()
	lambda.Start(func(ctx context.Context, event wakeUp) error {
		app, err := c.App(ctx)
		if err != nil {
			return err
		}
		deliverer := deliver.New(app, sender, os.Getenv(cloud.BaseURL), c.Log, owner)
		if event.Postponed {
			return deliverer.RetryPostponed(ctx)
		}
		if ids := projects(event.DynamoDBEvent); len(ids) > 0 {
			return deliverer.CatchUpWith(ctx, ids...)
		}
		return deliverer.CatchUp(ctx)
	})
	return nil
}

// wakeUp is an event of the stream, or of the schedule.
type wakeUp struct {
	events.DynamoDBEvent
	Postponed bool `json:"postponed"`
}

// projects returns the projects whose facts an event of the stream names, each once.
func projects(event events.DynamoDBEvent) []string {
	var ids []string
	for _, record := range event.Records {
		if id := fact.ProjectOf(record.Change.Keys["pk"].String()); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
