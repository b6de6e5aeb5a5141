// Package handler takes in the files that arrive: each object's arrival is an event, which may come twice, late, or out of
// order, and after which the upload is accepted as a whole or rejected with every bad cell named.
package handler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"outreach/internal/app"
	"outreach/internal/objects"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/uploads"
)

// Ingest takes in files.
type Ingest struct {
	*app.App
	Log *slog.Logger
}

// Handle answers a batch of the queue: what fails is delivered again, and lies among the dead letters in the end; the
// others are done.
func (in *Ingest) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, message := range batch.Records {
		if err := in.message(ctx, message.Body); err != nil {
			in.Log.ErrorContext(ctx, "upload not processed", "message", message.MessageId, "reason", err.Error())
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return response, nil
}

// message is an S3 event; the bucket's test event, which tells that notifications work, has no records.
func (in *Ingest) message(ctx context.Context, body string) error {
	var event events.S3Event
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		return errors.New("the message is no S3 event")
	}
	for _, r := range event.Records {
		if err := in.Object(ctx, r.S3.Object.URLDecodedKey); err != nil {
			return objects.Unnamed(r.S3.Object.URLDecodedKey, err)
		}
	}
	return nil
}

// tries is how often an object is read that was put again meanwhile.
const tries = 3

// Object takes in one object, whatever became of it before.
func (in *Ingest) Object(ctx context.Context, key string) error {
	project, owner, id, filename, ok := uploads.ParseObjectKey(key)
	if !ok {
		return errors.New("the object's key is not uploads/{project}/{owner}/{file}")
	}
	defined, err := in.Projects.Definition(ctx, project)
	if err != nil {
		return err
	}
	info, err := in.DB.Objects.Stat(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		if u, err := in.Uploads.Upload(ctx, project, id); id != "" && err == nil && u.Final() {
			return nil // it was taken in before, and removed since
		}
		return fmt.Errorf("project %s: the object is gone: %w", project, err)
	}
	if err != nil {
		return err
	}
	asked := false // at such a place only the same bytes are put again, by a request that was repeated
	if id != "" {
		before, err := in.Uploads.Upload(ctx, project, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		asked = err == nil && before.Object == key
	}
	if !asked {
		// Nobody asked for it: it is known by where it lies and what it holds, so that a second delivery is the same upload.
		id = store.IDFor(info.Arrived, key+"|"+info.ETag)
	}
	u := uploads.Upload{
		ID: id, Owner: owner, Object: key, Filename: filename, Size: info.Size, Language: defined.Definition.Reports.Language,
		Arrived: info.Arrived.UTC(), Bytes: info.Size,
	}
	if u, err = in.Uploads.BeginUpload(ctx, project, u); err != nil || u.Final() {
		return err
	}
	err = in.take(ctx, project, defined, u, info)
	for n := 1; asked && n < tries && errors.Is(err, objects.ErrChanged); n++ {
		if info, err = in.DB.Objects.Stat(ctx, key); err == nil {
			err = in.take(ctx, project, defined, u, info)
		}
	}
	if errors.Is(err, objects.ErrChanged) {
		// Whoever owns the place wrote over it before it was read: what lies there now has an event of its own.
		u.State = uploads.RejectedUp
		over := schema.Problem{Code: schema.Unreadable, Hint: "overwritten"}
		return in.Uploads.FinishUpload(ctx, project, u, uploads.Findings{Errors: []uploads.Finding{{Row: 1, Problem: over}}})
	}
	return err
}

func (in *Ingest) take(ctx context.Context, project string, defined projects.Defined, u uploads.Upload, info objects.Info) error {
	run := &run{in: in, defined: defined, project: project, upload: u}
	defer run.close()
	return run.process(ctx, info)
}
