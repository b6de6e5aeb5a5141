// Command record-consultation serves consultations to advisers and coordinators.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"outreach/functions/record-consultation/recordconsultation"
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
	lambda.Start(gateway.Serve(c, recordconsultation.Routes))
	return nil
}
