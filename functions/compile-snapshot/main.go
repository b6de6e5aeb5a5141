// Command compile-snapshot turns facts into snapshots: nightly by a schedule, and over HTTP on request.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/compile-snapshot/compilesnapshot"
	"outreach/internal/cloud"
	"outreach/internal/cloud/gateway"
	"outreach/internal/snapshots/compile"
)

func main() {
	if err := realMain(); err != nil {
		slog.Error("start", "reason", err.Error())
		os.Exit(1)
	}
}

func realMain() error {
	c, err := cloud.New(cloud.Tracker, cloud.People, cloud.Files)
	if err != nil {
		return err
	}
	serve := gateway.Serve(c, compilesnapshot.Routes)
	// An event without an HTTP method comes from the schedule.
	lambda.Start(func(ctx context.Context, event gateway.Request) (any, error) {
		if event.RequestContext.HTTP.Method != "" {
			return serve(ctx, event)
		}
		app, err := c.App(ctx)
		if err != nil {
			return nil, err
		}
		if err := compile.New(app).Schedule(ctx); err != nil {
			return nil, err
		}
		c.Log.InfoContext(ctx, "all projects compiled") // the template counts these lines
		return nil, nil
	})
	return nil
}
