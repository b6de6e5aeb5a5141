// Package ingestupload answers the queue's events: files that have arrived in the bucket.
package ingestupload

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"outreach/internal/app"
	"outreach/internal/objects"
	"outreach/internal/uploads/ingest"
)

// Handler ingests the objects that a batch of messages names.
type Handler struct {
	*ingest.Ingester
	log *slog.Logger
}

// New returns a Handler on the features of an application.
func New(a *app.App, log *slog.Logger) *Handler { return &Handler{ingest.New(a), log} }

// Handle ingests the objects of a batch. It reports the messages that failed, which the queue delivers again and moves
// to its dead letters in the end; the others are done. The error is always nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, message := range batch.Records {
		if err := h.message(ctx, message.Body); err != nil {
			h.log.ErrorContext(ctx, "upload not processed", "message", message.MessageId, "reason", err.Error())
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return response, nil
}

// message ingests the objects of an S3 event. The bucket's test event, sent when notifications are set up, has no
// records.
func (h *Handler) message(ctx context.Context, body string) error {
	var event events.S3Event
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		return errors.New("the message is not an S3 event")
	}
	for _, r := range event.Records {
		if err := h.Object(ctx, r.S3.Object.URLDecodedKey); err != nil {
			return objects.WithoutFileName(r.S3.Object.URLDecodedKey, err)
		}
	}
	return nil
}
