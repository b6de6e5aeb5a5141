// Package ingestupload answers the queue's events: files that have arrived in the bucket.
package ingestupload

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"outreach/internal/app"
	"outreach/internal/objects"
	"outreach/internal/uploads"
	"outreach/internal/uploads/ingest"
)

// Handler ingests the objects that a batch of messages names.
type Handler struct {
	*ingest.Ingester
	log   *slog.Logger
	queue queue
}

// queue is the queue that delivered the messages. Redeliver makes it deliver a message again after a time; SendFor
// sends one as a project's, of which none keeps those of others waiting.
type queue interface {
	Redeliver(ctx context.Context, receipt string, after time.Duration) error
	SendFor(ctx context.Context, project, body string) error
}

const (
	// reserve is how long before the deadline of an invocation the work ends, at most a tenth of the time.
	reserve = 20 * time.Second
	// soon is after how long a file is continued whose invocation had no time left.
	soon = 5 * time.Second
)

// New returns a Handler on the features of an application. Where q is nil, what had no time left is delivered again
// like what failed, and the order of messages is the sender's matter.
func New(a *app.App, log *slog.Logger, q queue) *Handler { return &Handler{ingest.New(a), log, q} }

// Handle ingests the objects of a batch. A message as S3 sends it is first sent again as its project's. It reports
// the messages that failed, which the queue delivers again and moves to its dead letters in the end; the others are
// done. The work ends before the deadline of ctx, since an invocation that exceeds it is an error of the function;
// what had no time left is delivered again soon, and goes on where it ended. The error is always nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	work := ctx
	if deadline, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		work, cancel = context.WithDeadline(ctx, deadline.Add(-min(reserve, time.Until(deadline)/10)))
		defer cancel()
	}
	for _, message := range batch.Records {
		if project, body := unassigned(message.Body); h.queue != nil && project != "" {
			if err := h.queue.SendFor(work, project, body); err != nil {
				h.log.ErrorContext(ctx, "upload not queued", "message", message.MessageId, "reason", err.Error())
				response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
			continue
		}
		if err := h.message(work, message.Body); err != nil {
			if h.queue != nil && work.Err() != nil && ctx.Err() == nil {
				h.log.WarnContext(ctx, "upload to be continued", "message", message.MessageId, "reason", err.Error())
				err = h.queue.Redeliver(ctx, message.ReceiptHandle, soon)
			}
			if err != nil {
				h.log.ErrorContext(ctx, "upload not processed", "message", message.MessageId, "reason", err.Error())
			}
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return response, nil
}

// unassigned returns the project of a message as S3 sends it, which cannot name the project, and its body with the
// project in it. It returns "" for a message that was sent as a project's before, and for one without a file.
func unassigned(body string) (project, assigned string) {
	var event struct {
		events.S3Event
		Project string `json:"project"`
	}
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &event) != nil || json.Unmarshal([]byte(body), &all) != nil || event.Project != "" || len(event.Records) == 0 {
		return "", ""
	}
	if project, _, _, _, _ = uploads.ParseObjectKey(event.Records[0].S3.Object.URLDecodedKey); project == "" {
		return "", ""
	}
	quoted, err := json.Marshal(project)
	if err != nil {
		return "", ""
	}
	all["project"] = quoted
	out, err := json.Marshal(all)
	if err != nil {
		return "", ""
	}
	return project, string(out)
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
