// Command show-report shows what was found: to the public what is approved, to the funder the records behind it.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/show-report/showreport"
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
	c, err := cloud.New(cloud.Tracker, cloud.Files, cloud.SignIn)
	if err != nil {
		return err
	}
	lambda.Start(gateway.Serve(c, showreport.New))
	return nil
}
