package handler

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/oklog/ulid/v2"

	"outreach/internal/app"
	"outreach/internal/objects"
	"outreach/internal/objects/folder"
	"outreach/internal/project"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/sqlite"
	"outreach/internal/uploads"
)

func ingest(t *testing.T) (*Ingest, *folder.Store) {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	open := func(name string) table.Table {
		table, err := db.Table(name)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	files, err := folder.Open(t.TempDir(), "http://localhost", []byte("a secret for pre-signed requests"))
	if err != nil {
		t.Fatal(err)
	}
	s := app.New(&store.DB{Tracker: open("tracker"), People: open("people"), Objects: files, Secret: make([]byte, 32), Now: time.Now})
	d := &project.Definition{ID: "town", TimeZone: "Europe/Warsaw", Period: project.Period{From: "2020-01-01", To: "2020-12-31"}, Region: project.Region{Population: 1000}, Partners: []project.Partner{{ID: "radio", Name: "Radio"}},
		Activities: []project.Activity{{ID: "garden", Label: project.Text{"en": "Garden"}}}}
	if _, _, err := s.Projects.SetDefinition(context.Background(), d, []byte("town"), "", ""); err != nil {
		t.Fatal(err)
	}
	return &Ingest{App: s, Log: slog.New(slog.DiscardHandler)}, files
}

func event(keys ...string) string {
	var records []string
	for _, key := range keys {
		records = append(records, `{"eventSource":"aws:s3","s3":{"object":{"key":"`+key+`"}}}`)
	}
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

const airing = "date,medium,title,outlet,reach\n2020-05-01,radio,Audycja,Radio,10\n"

func TestOfABatchOnlyWhatFailedComesAgain(t *testing.T) {
	t.Parallel()
	in, files := ingest(t)
	ctx := context.Background()
	const good = "uploads/town/radio/maj.csv"
	if err := files.Put(ctx, good, strings.NewReader(airing), ""); err != nil {
		t.Fatal(err)
	}
	response, err := in.Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{
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
	page, err := in.Uploads.Uploads(ctx, "town", "radio", 10, "")
	if err != nil || len(page.Items) != 1 || page.Items[0].State != uploads.AcceptedUp || page.Items[0].Filename != "maj.csv" {
		t.Errorf("uploads: %+v, %v", page.Items, err)
	}
}

// overwriting is a place whose owner writes over an object just before it is read.
type overwriting struct {
	*folder.Store
	over func()
}

func (o overwriting) Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error) {
	o.over()
	return o.Store.Open(ctx, key, etag)
}

func TestAnObjectWrittenOverBeforeItIsReadCountsAsWhatItIsNow(t *testing.T) {
	t.Parallel()
	in, files := ingest(t)
	ctx := context.Background()
	const key = "uploads/town/radio/maj.csv"
	write := func(text string) {
		if err := files.Put(ctx, key, strings.NewReader(text), ""); err != nil {
			t.Error(err)
		}
	}
	write(airing)
	once := false
	in.DB.Objects = overwriting{files, func() {
		if !once {
			once = true
			write(strings.Replace(airing, ",10\n", ",20\n", 1))
		}
	}}
	for range 2 { // each of the two has its event
		if err := in.Object(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	page, err := in.Uploads.Uploads(ctx, "town", "radio", 10, "")
	if err != nil || len(page.Items) != 2 {
		t.Fatalf("uploads: %+v, %v", page.Items, err)
	}
	states := map[string]string{}
	for _, u := range page.Items {
		states[u.State] += u.Totals["reach"].String()
	}
	if reach, ok := states[uploads.RejectedUp]; !ok || reach != "" || states[uploads.AcceptedUp] != "20" {
		t.Errorf("reach by state: %v", states)
	}
}

// A request that is repeated puts the same file again where it was asked to be: that is no other file.
func TestAFilePutAgainWhileItIsReadCounts(t *testing.T) {
	t.Parallel()
	in, files := ingest(t)
	ctx := context.Background()
	u, err := in.Uploads.AskUpload(ctx, "town", uploads.Upload{Owner: "radio", Filename: "maj.csv", Size: int64(len(airing))}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	put := func() {
		if err := files.Put(ctx, u.Object, strings.NewReader(airing), ""); err != nil {
			t.Error(err)
		}
	}
	put()
	again := 2
	in.DB.Objects = overwriting{files, func() {
		if again--; again >= 0 {
			put()
		}
	}}
	for range 3 { // each has its event
		if err := in.Object(ctx, u.Object); err != nil {
			t.Fatal(err)
		}
	}
	if u, err = in.Uploads.Upload(ctx, "town", u.ID); err != nil || u.State != uploads.AcceptedUp || u.Rows != 1 {
		t.Errorf("%+v, %v", u, err)
	}
}

// A partner names folders as it likes: none of them is taken for the place of an upload that somebody asked for.
func TestAFolderIsNoUploadThatWasAskedFor(t *testing.T) {
	t.Parallel()
	in, files := ingest(t)
	ctx := context.Background()
	asked, err := in.Uploads.AskUpload(ctx, "town", uploads.Upload{Owner: uploads.Office, Filename: "lista.csv", Size: 10}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	for n, key := range []string{"emission-lists-2010-summer/a.csv", "emission-lists-2010-summer/b.csv", "01JZZZZZZZZZZZZZZZZZZZZZZZ/a.csv", asked.ID + "/file"} {
		key = "uploads/town/radio/" + key
		if err := files.Put(ctx, key, strings.NewReader(strings.Replace(airing, ",10\n", fmt.Sprintf(",%d\n", n+1), 1)), ""); err != nil {
			t.Fatal(err)
		}
		if err := in.Object(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	page, err := in.Uploads.Uploads(ctx, "town", "radio", 10, "")
	if err != nil || len(page.Items) != 4 {
		t.Fatalf("uploads: %+v, %v", page.Items, err)
	}
	for _, u := range page.Items {
		if _, err := ulid.ParseStrict(u.ID); err != nil || u.State != uploads.AcceptedUp || u.ID == asked.ID {
			t.Errorf("%+v", u)
		}
	}
	if u, err := in.Uploads.Upload(ctx, "town", asked.ID); err != nil || u.State != uploads.Received || u.Owner != uploads.Office {
		t.Errorf("what the office asked for is %+v, %v", u, err)
	}
}

func TestTwoDeliveriesAtTheSameTimeAcceptTheFileOnce(t *testing.T) {
	t.Parallel()
	in, files := ingest(t)
	ctx := context.Background()
	const key = "uploads/town/radio/maj.csv"
	if err := files.Put(ctx, key, strings.NewReader(airing), ""); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	const deliveries = 6
	for range deliveries {
		go func() {
			for { // what fails is delivered again
				if err := in.Object(ctx, key); err == nil {
					done <- nil
					return
				}
			}
		}()
	}
	for range deliveries {
		<-done
	}
	page, err := in.Uploads.Uploads(ctx, "town", "radio", 10, "")
	if err != nil || len(page.Items) != 1 || page.Items[0].State != uploads.AcceptedUp || page.Items[0].New != 1 {
		t.Errorf("uploads: %+v, %v", page.Items, err)
	}
	heads, err := in.Facts.Heads(ctx, "town")
	if err != nil {
		t.Fatal(err)
	}
	facts := int64(0)
	for _, n := range heads {
		facts += n
	}
	if facts != 2 { // the definition's, and the upload's
		t.Errorf("%d facts", facts)
	}
}
