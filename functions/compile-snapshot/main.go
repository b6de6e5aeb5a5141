// Command compile-snapshot turns facts into snapshots: over HTTP on request, and nightly. A schedule queues the
// projects that are due; each message is the nightly work of one project.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/compile-snapshot/compilesnapshot"
	"outreach/internal/cloud"
	"outreach/internal/cloud/gateway"
	"outreach/internal/cloud/sqs"
)

func main() {
	if err := realMain(); err != nil {
		slog.Error("start", "reason", err.Error())
		os.Exit(1)
	}
}

// event is a request, a batch of messages or, with neither, the event of a schedule.
type event struct {
	gateway.Request
	Records []events.SQSMessage `json:"Records"`
}

func realMain() error {
	c, err := cloud.New(cloud.Tracker, cloud.People, cloud.Files, cloud.Nights, cloud.Keys)
	if err != nil {
		return err
	}
	queue := sqs.NewNights(c)
	serve := gateway.Serve(c, compilesnapshot.Routes)
	lambda.Start(func(ctx context.Context, e event) (any, error) {
		if e.RequestContext.HTTP.Method != "" {
			return serve(ctx, e.Request)
		}
		app, err := c.App(ctx)
		if err != nil {
			return nil, err
		}
		handler := compilesnapshot.New(app, queue, c.Log)
		if len(e.Records) > 0 {
			return handler.Handle(ctx, events.SQSEvent{Records: e.Records})
		}
		return nil, handler.Scheduled(ctx)
	})
	return nil
}
