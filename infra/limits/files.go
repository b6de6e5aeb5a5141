package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"outreach/functions/ingest-upload/ingestupload"
	"outreach/internal/schema"
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
		large := d.put("uploads/town/"+owner+"/large.csv", file(kind, rows))
		small := d.put("uploads/village/radio/small.csv", file(schema.Builtin().Kind(schema.Media), 3))
		from, cpu := time.Now(), processTime()
		waited, deliveries := time.Duration(0), 0
		var wg sync.WaitGroup
		wg.Go(func() {
			for pending := true; pending && deliveries < 3; deliveries++ {
				began := time.Now()
				if pending = len(d.deliver([]string{large})) > 0; pending { // the queue shows the message again after its visibility time-out
					time.Sleep(time.Hour - time.Since(began))
				}
			}
		})
		wg.Go(func() { // the template's batches have one message
			if len(d.deliver([]string{small})) == 0 {
				waited = time.Since(from)
			}
		})
		wg.Wait()
		u := d.upload("town", owner)
		r.saw("%s: %s after %d deliveries in %s and %.0f s of CPU, the other waits %s", kind.Plural, u.State, deliveries, time.Since(from).Round(time.Second), (processTime() - cpu).Seconds(), waited.Round(time.Second))
		r.must(u.State == uploads.Accepted && u.Rows == rows, "%s: %s with %d rows", kind.Plural, u.State, u.Rows)
		r.must(waited > 0 && waited < time.Minute, "beside %s the other file waits %s", kind.Plural, waited.Round(time.Second))
	}
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
		var event events.S3Event
		record := events.S3EventRecord{EventSource: "aws:s3", EventName: "ObjectCreated:Put"}
		record.S3.Object.Key, record.S3.Object.URLDecodedKey = key, key
		event.Records = []events.S3EventRecord{record}
		body, err := json.Marshal(event)
		d.run.check(err)
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: key, Body: string(body)})
	}
	d.invoke(d.run.Context(), "ingest-upload", func(ctx context.Context, i *instance) {
		response, err := ingestupload.New(i.App, i.log).Handle(ctx, batch)
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

// file returns a file of so many different rows of a kind, with few people, except for sign-ups.
func file(kind *schema.Kind, rows int) string {
	var out bytes.Buffer
	day := func(n int) string {
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n%150).Format(time.DateOnly)
	}
	header, line := "", func(int) {}
	switch kind.Name {
	case schema.Media:
		header, line = "date,time,medium,title,outlet,reach", func(n int) {
			fmt.Fprintf(&out, "%s,%02d:%02d,radio,Programme %d,Radio,%d\n", day(n), n%24, n%60, n, n%1000+1)
		}
	case schema.Signup:
		header, line = "activity,first_name,last_name,email,consent_processing,submitted_at", func(n int) {
			fmt.Fprintf(&out, "hall,Ewa,Nowa%d,ewa%d@example.org,yes,%s\n", n, n, day(n))
		}
	case schema.Attendance:
		header, line = "email,activity,date,outcome,hours", func(n int) {
			fmt.Fprintf(&out, "ewa%d@example.org,hall,%s,completed,7.5\n", n/150, day(n))
		}
	case schema.Test:
		header, line = "email,activity,date,pre_score,post_score,max_score", func(n int) {
			fmt.Fprintf(&out, "ewa%d@example.org,hall,%s,1,2,10\n", n/150, day(n))
		}
	case schema.Consultation:
		header, line = "email,date,field,minutes,form,adviser", func(n int) {
			fmt.Fprintf(&out, "ewa%d@example.org,%s,law,60,phone,adviser@example.org\n", n/150, day(n))
		}
	case schema.Output:
		header, line = "date,kind,quantity,title", func(n int) { fmt.Fprintf(&out, "%s,leaflet,1,Leaflet %d\n", day(n), n) }
	}
	out.WriteString(header + "\n")
	for n := range rows {
		line(n)
	}
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
	return strings.ReplaceAll(content, "Programme ", fmt.Sprintf("Programme %d-", n))
}
