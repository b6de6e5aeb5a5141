// Command sign-in leads people to the OpenID Connect provider and back, and ends their sessions.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

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
	c, err := cloud.New(ctx, cloud.SignIn)
	if err != nil {
		return err
	}
	lambda.StartWithOptions(gateway.SignIn(c), lambda.WithContext(ctx))
	return nil
}
