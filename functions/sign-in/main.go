// Command sign-in leads people to the OpenID Connect provider and back, keeps whom of the staff letters find, and ends
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
	c, err := cloud.New(cloud.Tracker, cloud.People, cloud.SignIn)
	if err != nil {
		return err
	}
	lambda.Start(gateway.SignIn(c))
	return nil
}
