// Command submit-signup serves the public sign-up form, and the withdrawal of a sign-up by its token.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/submit-signup/submitsignup"
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
	lambda.Start(gateway.Serve(c, submitsignup.Routes))
	return nil
}
