// Command send-notices sends the e-mails that facts call for. The tracker's stream wakes it; which facts are still to be
// told it knows by itself, so what the event holds does not matter.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/send-notices/handler"
	"outreach/internal/cloud"
	"outreach/internal/cloud/ses"
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
	notices := handler.Notices{Mail: ses.New(c), BaseURL: os.Getenv(cloud.BaseURL), Log: c.Log, Owner: rand.Text()}
	lambda.Start(func(ctx context.Context, _ json.RawMessage) error {
		app, err := c.App(ctx)
		if err != nil {
			return err
		}
		notices.App = app
		return notices.CatchUp(ctx)
	})
	return nil
}
