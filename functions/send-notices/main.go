// Command send-notices sends the e-mails that facts call for, and marks the projects with news as due for the next
// night. The tracker's stream wakes it and names the projects; which of their facts are still to be announced it reads
// from the table. An event without facts means all projects. One of its schedules sends the letters that failed, one
// gives places that are reserved no longer to those who wait, and one sends the webhooks that are due: apart from the
// stream, so that a slow receiver holds up no letter.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"outreach/internal/cloud"
	"outreach/internal/cloud/ses"
	"outreach/internal/fact"
	"outreach/internal/nights"
	"outreach/internal/notices/deliver"
	"outreach/internal/subscriptions"
	"outreach/internal/subscriptions/send"
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
		if event.Reservations {
			return app.Signups.ReleasePlaces(ctx)
		}
		if event.Webhooks {
			return send.New(app, c.Log).Run(ctx)
		}
		deliverer := deliver.New(app, sender, os.Getenv(cloud.BaseURL), c.Log, owner)
		if event.Postponed {
			return deliverer.Retry(ctx)
		}
		ids, news, happened, since := projects(event.DynamoDBEvent)
		// Marks come first: letters may have to wait for a mail server. An event that fails is delivered again.
		if len(news) > 0 {
			if err := app.Nights.Mark(ctx, since, news...); err != nil {
				return err
			}
		}
		if err := app.Subscriptions.Mark(ctx, happened...); err != nil {
			return err
		}
		if len(ids) > 0 {
			return deliverer.CatchUpWith(ctx, ids...)
		}
		return deliverer.CatchUp(ctx)
	})
	return nil
}

// wakeUp is an event of the stream, or of a schedule.
type wakeUp struct {
	events.DynamoDBEvent
	Postponed    bool `json:"postponed"`
	Reservations bool `json:"reservations"`
	Webhooks     bool `json:"webhooks"`
}

// projects returns the projects whose facts an event of the stream names, each once; those among them with news for the
// nightly run, and those with events for webhooks; and when the first of its facts was written.
func projects(event events.DynamoDBEvent) (ids, news, happened []string, since time.Time) {
	for _, record := range event.Records {
		id := fact.ProjectOf(record.Change.Keys["pk"].String())
		if id == "" {
			continue
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		f, read := factOf(record.Change)
		if (!read || nights.Announces(f)) && !slices.Contains(news, id) {
			news = append(news, id)
		}
		if (!read || subscriptions.Announces(f)) && !slices.Contains(happened, id) {
			happened = append(happened, id)
		}
		if at := record.Change.ApproximateCreationDateTime.Time; since.IsZero() || at.Before(since) {
			since = at
		}
	}
	return ids, news, happened, since
}

// factOf returns the fact that a change has written, and false where the change does not say what it is.
func factOf(change events.DynamoDBStreamRecord) (f fact.Fact, read bool) {
	data, shown := change.NewImage["data"]
	if !shown || data.DataType() != events.DataTypeBinary {
		return f, false
	}
	return f, json.Unmarshal(data.Binary(), &f) == nil
}
