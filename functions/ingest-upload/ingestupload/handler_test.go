package ingestupload

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"outreach/internal/app"
	"outreach/internal/objects"
	"outreach/internal/objects/folder"
	"outreach/internal/project"
	"outreach/internal/store/storetest"
	"outreach/internal/uploads"
)

func event(keys ...string) string {
	var records []string
	for _, key := range keys {
		records = append(records, `{"eventSource":"aws:s3","s3":{"object":{"key":"`+key+`"}}}`)
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

const airing = "date,medium,title,outlet,reach\n2020-05-01,radio,Audycja,Radio,10\n"

// openTown returns a tracker with a project and its partner.
func openTown(t *testing.T) *app.App {
	t.Helper()
	files, err := folder.Open(t.TempDir(), "http://localhost", []byte("a secret for pre-signed requests"))
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.New(t)
	db.Objects = files
	a := app.New(db)
	d := &project.Definition{ID: "town", TimeZone: "Europe/Warsaw", Period: project.Period{From: "2020-01-01", To: "2020-12-31"}, Partners: []project.Partner{{ID: "radio", Name: "Radio"}}}
	if _, _, err := a.Projects.SetDefinition(t.Context(), d, []byte("town"), "", ""); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestFailedMessagesOfABatchAreReportedAndOthersProcessed(t *testing.T) {
	t.Parallel()
	a, ctx := openTown(t), t.Context()
	const good = "uploads/town/radio/maj.csv"
	if err := a.DB.Objects.Put(ctx, good, strings.NewReader(airing), ""); err != nil {
		t.Fatal(err)
	}
	response, err := New(a, slog.New(slog.DiscardHandler), nil).Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "no event", Body: "poison"},
		{MessageId: "no such key", Body: event("elsewhere/file.csv")},
		{MessageId: "no such object", Body: event("uploads/town/radio/gone.csv")},
		{MessageId: "no such project", Body: event("uploads/village/radio/maj.csv")},
		{MessageId: "good", Body: event("uploads%2Ftown%2Fradio%2Fmaj.csv")},
		{MessageId: "the bucket's own test", Body: `{"Service":"Amazon S3","Event":"s3:TestEvent"}`},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, f := range response.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	if got := strings.Join(failed, ", "); got != "no event, no such key, no such object, no such project" {
		t.Errorf("failed: %s", got)
	}
	page, err := a.Uploads.Uploads(ctx, "town", "radio", 10, "")
	if err != nil || len(page.Items) != 1 || page.Items[0].State != uploads.Accepted || page.Items[0].Filename != "maj.csv" {
		t.Errorf("uploads: %+v, %v", page.Items, err)
	}
}

// waiting is a store of objects that answers nothing before the context ends.
type waiting struct{ objects.Store }

func (waiting) Stat(ctx context.Context, _ string) (objects.Info, error) {
	<-ctx.Done()
	return objects.Info{}, ctx.Err()
}

// returned notes the messages that are given back to the queue.
type returned map[string]time.Duration

func (returned) SendFor(context.Context, string, string) error { return errors.New("not expected") }

func (r returned) Redeliver(ctx context.Context, receipt string, after time.Duration) error {
	r[receipt] = after
	return ctx.Err()
}

func TestAFileWithoutTimeLeftIsDeliveredAgainSoonAndAFailureIsNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := storetest.New(t)
		db.Objects = waiting{}
		a := app.New(db)
		d := &project.Definition{ID: "town", TimeZone: "Europe/Warsaw", Period: project.Period{From: "2020-01-01", To: "2020-12-31"}}
		if _, _, err := a.Projects.SetDefinition(t.Context(), d, []byte("town"), "", ""); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		from, back := time.Now(), returned{}
		response, err := New(a, slog.New(slog.DiscardHandler), back).Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{
			{MessageId: "1", ReceiptHandle: "no event", Body: "poison"},
			{MessageId: "2", ReceiptHandle: "long", Body: `{"project":"town",` + event("uploads/town/radio/long.csv")[1:]},
		}})
		if err != nil || len(response.BatchItemFailures) != 2 {
			t.Errorf("failed: %v, %v", response.BatchItemFailures, err)
		}
		if took := time.Since(from); took >= 10*time.Minute || took < 9*time.Minute {
			t.Errorf("the work ends after %s of ten minutes", took)
		}
		if len(back) != 1 || back["long"] <= 0 || back["long"] > time.Minute {
			t.Errorf("given back: %v", back)
		}
	})
}

// sent notes the messages that are sent as a project's.
type sent struct {
	returned
	bodies  map[string]string
	refused error
}

func (s sent) SendFor(_ context.Context, project, body string) error {
	s.bodies[project] = body
	return s.refused
}

func TestAFileIsFirstSentAgainAsItsProjects(t *testing.T) {
	t.Parallel()
	a, ctx := openTown(t), t.Context()
	if err := a.DB.Objects.Put(ctx, "uploads/town/radio/maj.csv", strings.NewReader(airing), ""); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		t.Helper()
		page, err := a.Uploads.Uploads(ctx, "town", "radio", 10, "")
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Items)
	}
	deliver := func(q sent, body string) int {
		t.Helper()
		response, err := New(a, slog.New(slog.DiscardHandler), q).Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: body}}})
		if err != nil {
			t.Fatal(err)
		}
		return len(response.BatchItemFailures)
	}
	first := event("uploads/town/radio/maj.csv")
	if failed := deliver(sent{bodies: map[string]string{}, refused: errors.New("no")}, first); failed != 1 || count() != 0 {
		t.Errorf("what could not be sent again: %d failed, %d uploads", failed, count())
	}
	q := sent{bodies: map[string]string{}}
	if failed := deliver(q, first); failed != 0 || count() != 0 || len(q.bodies) != 1 {
		t.Fatalf("%d failed, %d uploads, sent %v", failed, count(), q.bodies)
	}
	for range 2 { // queues may deliver twice
		if failed := deliver(q, q.bodies["town"]); failed != 0 || count() != 1 || len(q.bodies) != 1 {
			t.Errorf("%d failed, %d uploads, sent %v", failed, count(), q.bodies)
		}
	}
}
