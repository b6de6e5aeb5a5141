// Command record-consultation keeps the advisers' consultations.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/record-consultation/handler"
	"outreach/internal/cloud"
	"outreach/internal/cloud/gateway"
)

func main() {
	if err := realMain(context.Background()); err != nil {
		slog.Error("start", "reason", err.Error())
		os.Exit(1)
	}
}

func realMain(ctx context.Context) error {
	c, err := cloud.New(ctx, cloud.Tracker, cloud.People, cloud.SignIn)
	if err != nil {
		return err
	}
	lambda.StartWithOptions(gateway.Serve(c, handler.New), lambda.WithContext(ctx))
	return nil
}
