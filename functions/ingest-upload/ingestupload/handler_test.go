package ingestupload

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"outreach/internal/app"
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

func TestFailedMessagesOfABatchAreReportedAndOthersProcessed(t *testing.T) {
	t.Parallel()
	files, err := folder.Open(t.TempDir(), "http://localhost", []byte("a secret for pre-signed requests"))
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.New(t)
	db.Objects = files
	a, ctx := app.New(db), t.Context()
	d := &project.Definition{ID: "town", TimeZone: "Europe/Warsaw", Period: project.Period{From: "2020-01-01", To: "2020-12-31"}, Partners: []project.Partner{{ID: "radio", Name: "Radio"}}}
	if _, _, err := a.Projects.SetDefinition(ctx, d, []byte("town"), "", ""); err != nil {
		t.Fatal(err)
	}
	const good = "uploads/town/radio/maj.csv"
	if err := files.Put(ctx, good, strings.NewReader(airing), ""); err != nil {
		t.Fatal(err)
	}
	response, err := New(a, slog.New(slog.DiscardHandler)).Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{
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
