package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"outreach/functions/ingest-upload/ingestupload"
	"outreach/internal/importer/blank"
	"outreach/internal/project/definition"
	"outreach/internal/schema"
	"outreach/internal/text"
	"outreach/internal/uploads"
)

// largeFiles ingests a file of 200,000 rows of each kind, and a small one of another project that arrives with it.
func largeFiles(r *run) {
	rows := r.scaled(200_000)
	for _, kind := range schema.Builtin().Kinds {
		d := deploy(r)
		d.define(town("town", 0))
		d.define(town("village", 0))
		owner := "coordinator"
		if kind.ByPartner {
			owner = "radio"
		}
		large := d.put("uploads/town/"+owner+"/large.csv", d.file(kind, rows))
		small := d.put("uploads/village/radio/small.csv", d.file(schema.Builtin().Kind(schema.Media), 3))
		cpu := processTime()
		got := d.arrive(large, small)
		u := d.upload("town", owner)
		r.saw("%s: %s after %d deliveries in %s and %.0f s of CPU, the other waits %s", kind.Plural, u.State, got[large].deliveries, got[large].took.Round(time.Second), (processTime() - cpu).Seconds(), got[small].took.Round(time.Second))
		r.must(u.State == uploads.Accepted && u.Rows == rows, "%s: %s with %d rows", kind.Plural, u.State, u.Rows)
		r.must(got[large].deliveries <= 3, "%s: %d deliveries", kind.Plural, got[large].deliveries)
		r.must(got[small].done && got[small].took < time.Minute, "beside %s the other file waits %s", kind.Plural, got[small].took.Round(time.Second))
	}
}

// arrival is what became of a message.
type arrival struct {
	done       bool
	deliveries int
	took       time.Duration // until it was done
}

// arrive puts messages about objects into the queue at once, and delivers them as the template says, in batches and
// three times at most.
func (d *deployment) arrive(keys ...string) map[string]arrival {
	l := d.limits["ingest-upload"]
	if l.Batch == 0 || l.Visibility == 0 {
		d.run.fail("the template gives ingest-upload no queue")
	}
	from, all := time.Now(), map[string]arrival{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for batch := range slices.Chunk(keys, l.Batch) {
		wg.Go(func() {
			pending := batch
			for n := 1; n <= 3 && len(pending) > 0; n++ {
				began := time.Now()
				failed := d.deliver(pending)
				mu.Lock()
				for _, key := range pending {
					all[key] = arrival{done: !slices.Contains(failed, key), deliveries: n, took: time.Since(from)}
				}
				mu.Unlock()
				if pending = failed; len(pending) > 0 {
					time.Sleep(d.hidden(pending, l.Visibility-time.Since(began)))
				}
			}
		})
	}
	wg.Wait()
	return all
}

// returned is the queue to which ingest-upload gives messages back.
type returned struct{ d *deployment }

// SendFor is not called: messages are delivered as those of their projects.
func (q returned) SendFor(_ context.Context, project, _ string) error {
	return fmt.Errorf("a message of %s is sent again", project)
}

// Redeliver notes after how long a message is delivered again.
func (q returned) Redeliver(_ context.Context, receipt string, after time.Duration) error {
	q.d.mu.Lock()
	defer q.d.mu.Unlock()
	q.d.soon[receipt] = after
	return nil
}

// hidden returns how long it takes until all of these messages are delivered again: each has the rest of its visibility
// time-out, unless it was given back.
func (d *deployment) hidden(keys []string, rest time.Duration) (longest time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range keys {
		wait, given := d.soon[key]
		if !given {
			wait = rest
		}
		delete(d.soon, key)
		longest = max(longest, wait)
	}
	return longest
}

// put stores an object and returns its key.
func (d *deployment) put(key, content string) string {
	d.run.check(d.objects.Put(d.run.Context(), key, strings.NewReader(content), "text/csv"))
	return key
}

// deliver delivers messages to ingest-upload as one batch, and returns those that failed.
func (d *deployment) deliver(keys []string) (failed []string) {
	var batch events.SQSEvent
	for _, key := range keys {
		var event struct {
			events.S3Event
			Project string `json:"project"`
		}
		event.Project, _, _, _, _ = uploads.ParseObjectKey(key)
		record := events.S3EventRecord{EventSource: "aws:s3", EventName: "ObjectCreated:Put"}
		record.S3.Object.Key, record.S3.Object.URLDecodedKey = key, key
		event.Records = []events.S3EventRecord{record}
		body, err := json.Marshal(event)
		d.run.check(err)
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: key, ReceiptHandle: key, Body: string(body)})
	}
	d.received(len(keys))
	d.invoke(d.run.Context(), "ingest-upload", func(ctx context.Context, i *instance) {
		response, err := ingestupload.New(i.App, i.log, returned{d}).Handle(ctx, batch)
		d.run.check(err)
		for _, f := range response.BatchItemFailures {
			failed = append(failed, f.ItemIdentifier)
		}
	})
	return failed
}

// upload returns the only upload of an owner, or none.
func (d *deployment) upload(project, owner string) (u uploads.Upload) {
	time.Sleep(d.dynamo.IndexLag())
	d.invoke(d.run.Context(), "manage-uploads", func(ctx context.Context, i *instance) {
		page, err := i.Uploads.Uploads(ctx, project, owner, 2, "")
		d.run.check(err)
		if len(page.Items) > 0 {
			u = page.Items[0]
		}
	})
	return u
}

// file returns a file of so many different rows of a kind, with the columns that are required, tell rows apart or are
// added up. A person has one row, or 150 on different days if the day tells rows apart.
func (d *deployment) file(kind *schema.Kind, rows int) string {
	def, _ := definition.Parse("", []byte(town("town", 0)))
	var template, out bytes.Buffer
	d.run.check(blank.Of(kind, def, "2000-06-15", text.English).CSV(&template))
	examples, err := csv.NewReader(&template).ReadAll()
	d.run.check(err)
	if len(examples) < 2 {
		d.run.fail("%s: the template of files has no example", kind.Name)
	}
	var head, example []string
	var columns []*schema.Field
	each := 1
	for i, f := range kind.Columns() {
		if f.Key && f.Type == schema.Date {
			each = 150
		}
		if f.Required || f.Key || f.Total || f.Type == schema.Email || f.Type == schema.Instant {
			columns, head, example = append(columns, f), append(head, f.Name), append(example, examples[1][i])
		}
	}
	w := csv.NewWriter(&out)
	d.run.check(w.Write(head))
	row := make([]string, len(columns))
	for n := range rows {
		for i, f := range columns {
			switch row[i] = example[i]; {
			case f.Type == schema.Date, f.Type == schema.Instant:
				row[i] = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n%150).Format(time.DateOnly)
			case f.Type == schema.TimeOfDay:
				row[i] = fmt.Sprintf("%02d:%02d", n%24, n%60)
			case f.Type == schema.Email && f.Privacy == schema.Staff:
				row[i] = "adviser@example.org"
			case f.Type == schema.Email:
				row[i] = fmt.Sprintf("ewa%d@example.org", n/each)
			case f.Required && (f.Type == nil || f.Type == schema.Text):
				row[i] = fmt.Sprintf("Entry %d", n)
			}
		}
		d.run.check(w.Write(row))
	}
	w.Flush()
	d.run.check(w.Error())
	return out.String()
}

// processTime returns the CPU time of this process so far. It is real, unlike all other times here.
func processTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// rename returns a file of media with other titles.
func rename(content string, n int) string {
	return strings.ReplaceAll(content, "Entry ", fmt.Sprintf("Entry %d-", n))
}
