// Command manage-uploads serves the routes of uploads and the exports of sign-ups.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/manage-uploads/manageuploads"
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
	c, err := cloud.New(cloud.Tracker, cloud.People, cloud.Files)
	if err != nil {
		return err
	}
	lambda.Start(gateway.Serve(c, manageuploads.Routes))
	return nil
}
