// Command take-deliveries serves the hooks, to which other form tools send, and the list of what could not be taken.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/take-deliveries/takedeliveries"
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
	lambda.Start(gateway.Serve(c, takedeliveries.Routes))
	return nil
}
