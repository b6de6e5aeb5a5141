package compilesnapshot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"outreach/internal/app"
	"outreach/internal/nights"
	"outreach/internal/snapshots/compile"
)

// Handler handles the function's events other than requests.
type Handler struct {
	compile.Compiler
	queue compile.Queue
	log   *slog.Logger
}

// New returns a Handler on the features of an application, which sends the projects that are due to a queue.
func New(a *app.App, queue compile.Queue, log *slog.Logger) *Handler {
	return &Handler{compile.New(a), queue, log}
}

// Scheduled handles the event of a schedule: it sends a message for each project that is due. It may be repeated.
func (h *Handler) Scheduled(ctx context.Context) error {
	sent, err := h.Night(ctx, h.queue)
	if err != nil {
		return err
	}
	h.log.InfoContext(ctx, "night begun", "projects", sent) // the template counts these lines
	return nil
}

// Handle does the nightly work of the projects that a batch of messages names. It reports the messages that failed,
// which the queue delivers again and moves to its dead letters in the end; the others are done. The error is always
// nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, message := range batch.Records {
		if err := h.message(ctx, message.Body); err != nil {
			h.log.ErrorContext(ctx, "project not compiled", "message", message.MessageId, "reason", err.Error())
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return response, nil
}

func (h *Handler) message(ctx context.Context, body string) error {
	var due nights.Due
	if err := json.Unmarshal([]byte(body), &due); err != nil || due.Project == "" {
		return errors.New("the message names no project")
	}
	return h.Project(ctx, due)
}
