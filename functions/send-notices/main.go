// Command send-notices sends the e-mails that facts call for. The tracker's stream wakes it; which facts are still to
// be announced it reads from the table, so the event's content does not matter.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/internal/cloud"
	"outreach/internal/cloud/ses"
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
	lambda.Start(func(ctx context.Context, _ json.RawMessage) error {
		app, err := c.App(ctx)
		if err != nil {
			return err
		}
		return deliver.New(app, sender, os.Getenv(cloud.BaseURL), c.Log, owner).CatchUp(ctx)
	})
	return nil
}
