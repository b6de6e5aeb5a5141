// Command sign-in signs people in by an OpenID Connect provider, registers the staff as recipients of letters, and ends
// sessions.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/internal/cloud"
	"outreach/internal/cloud/gateway"
)

func main() {
	if err := realMain(); err != nil {
		slog.Error("start", "reason", err.Error())
		os.Exit(1)
	}
}

func realMain() error {
	c, err := cloud.New(cloud.Tracker, cloud.People)
	if err != nil {
		return err
	}
	lambda.Start(gateway.SignIn(c))
	return nil
}
