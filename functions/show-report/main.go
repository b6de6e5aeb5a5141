// Command show-report serves results, snapshots and their evidence, and the addresses outside any project.
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
	c, err := cloud.New(cloud.Tracker, cloud.Files)
	if err != nil {
		return err
	}
	lambda.Start(gateway.Serve(c, showreport.Routes))
	return nil
}
