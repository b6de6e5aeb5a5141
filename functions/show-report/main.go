// Command show-report shows what was found: to the public what is approved, to the funder the records behind it.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/show-report/handler"
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
	c, err := cloud.New(ctx, cloud.Tracker, cloud.Files, cloud.SignIn)
	if err != nil {
		return err
	}
	lambda.StartWithOptions(gateway.Serve(c, handler.New), lambda.WithContext(ctx))
	return nil
}
