// Command ingest-upload reads the files that arrive in the bucket, named by the messages of a queue.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/ingest-upload/ingestupload"
	"outreach/internal/cloud"
	"outreach/internal/cloud/sqs"
)

func main() {
	if err := realMain(); err != nil {
		slog.Error("start", "reason", err.Error())
		os.Exit(1)
	}
}

func realMain() error {
	c, err := cloud.New(cloud.Tracker, cloud.People, cloud.Files, cloud.Arrivals)
	if err != nil {
		return err
	}
	queue := sqs.New(c)
	lambda.Start(func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		app, err := c.App(ctx)
		if err != nil {
			return events.SQSEventResponse{}, err
		}
		return ingestupload.New(app, c.Log, queue).Handle(ctx, batch)
	})
	return nil
}
