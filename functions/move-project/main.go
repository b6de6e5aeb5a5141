// Command move-project writes the archive of a project, and makes a project of one.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/move-project/moveproject"
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
	c, err := cloud.New(cloud.Tracker, cloud.People, cloud.Files, cloud.Keys)
	if err != nil {
		return err
	}
	lambda.Start(gateway.Serve(c, moveproject.Routes))
	return nil
}
