// Command manage-uploads is the partners' door: places to upload to, and what became of the files.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/manage-uploads/handler"
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
	c, err := cloud.New(ctx, cloud.Tracker, cloud.People, cloud.Files, cloud.SignIn)
	if err != nil {
		return err
	}
	lambda.StartWithOptions(gateway.Serve(c, handler.New), lambda.WithContext(ctx))
	return nil
}
