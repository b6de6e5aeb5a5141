package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"outreach/functions/compile-snapshot/compilesnapshot"
	"outreach/internal/nights"
	"outreach/internal/schema"
	"outreach/internal/table/dynamo/simulated"
	"outreach/internal/uploads"
)

// messages is the queue of projects that are due.
type messages struct {
	mu  sync.Mutex
	due []nights.Due
}

// Send takes messages, ten at a time.
func (m *messages) Send(_ context.Context, due ...nights.Due) error {
	for some := range slices.Chunk(due, 10) {
		time.Sleep(10 * time.Millisecond)
		m.mu.Lock()
		m.due = append(m.due, some...)
		m.mu.Unlock()
	}
	return nil
}

// night is what a night used and did.
type night struct {
	used     simulated.Usage
	took     time.Duration // until every project was done that was done
	messages int
	dead     []string // projects whose messages failed for good
}

// night wakes send-notices for changes, waits until the schedule is due and fires it; then it delivers the messages, so
// many at once and again after each failure as the template says.
func (d *deployment) night() (n night) {
	d.notify()
	now := time.Now()
	due := time.Date(now.Year(), now.Month(), now.Day()+1, 1, 30, 0, 0, time.UTC)
	time.Sleep(time.Until(due))
	ctx, count := simulated.Count(d.run.Context())
	var queue messages
	for pause, failed := time.Minute, true; failed && pause <= 4*time.Minute; pause *= 2 { // Lambda tries twice more
		d.invoke(ctx, "compile-snapshot", func(ctx context.Context, i *instance) {
			failed = compilesnapshot.New(i.App, &queue, i.log).Scheduled(ctx) != nil
		})
		if failed {
			time.Sleep(pause)
		}
	}
	batches := slices.Collect(slices.Chunk(queue.due, 1))
	if d.run.fault != nil && d.run.fault.together && len(queue.due) > 0 {
		batches = [][]nights.Due{queue.due}
	}
	n.messages = len(queue.due)
	l := d.limits["compile-snapshot"]
	limit := make(chan struct{}, l.AtOnce)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, batch := range batches {
		wg.Go(func() {
			for range l.Deliveries {
				limit <- struct{}{}
				left := d.compile(ctx, &queue, batch)
				<-limit
				mu.Lock()
				if len(left) < len(batch) {
					n.took = max(n.took, time.Since(due))
				}
				mu.Unlock()
				if batch = left; len(batch) == 0 {
					return
				}
				time.Sleep(l.Visibility)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, d := range batch {
				n.dead = append(n.dead, d.Project)
			}
		})
	}
	wg.Wait()
	n.used = count()
	return n
}

// compile delivers messages to compile-snapshot as one batch, and returns those that failed.
func (d *deployment) compile(ctx context.Context, queue *messages, batch []nights.Due) (failed []nights.Due) {
	var event events.SQSEvent
	for n, due := range batch {
		body, err := json.Marshal(due)
		d.run.check(err)
		event.Records = append(event.Records, events.SQSMessage{MessageId: strconv.Itoa(n), Body: string(body)})
	}
	d.received(len(batch))
	d.computed("compile-snapshot", time.Duration(len(batch))*cpuOfCompile)
	d.invoke(ctx, "compile-snapshot", func(ctx context.Context, i *instance) {
		response, err := compilesnapshot.New(i.App, queue, i.log).Handle(ctx, event)
		d.run.check(err)
		for _, f := range response.BatchItemFailures {
			n, err := strconv.Atoi(f.ItemIdentifier)
			d.run.check(err)
			failed = append(failed, batch[n])
		}
	})
	return failed
}

// manyProjects runs nights at 1,000 projects, of which 950 have no news.
func manyProjects(r *run) {
	projects := r.scaled(1000)
	news := projects / 20
	d := deploy(r)
	for n := range projects {
		d.define(town(projectID(n), 0))
	}
	first := d.night()
	before := map[string]string{}
	d.snapshots(projects, before)
	r.saw("the first night: %d messages, %s", first.messages, first.took.Round(time.Second))
	r.must(first.messages == projects && len(before) == projects && len(first.dead) == 0, "the first night: %d messages, %d projects have a snapshot", first.messages, len(before))
	r.must(first.took <= 15*time.Minute, "the first night takes %s", first.took.Round(time.Second))

	idle := d.night()
	r.must(idle.messages == 0, "%d messages although no project is due", idle.messages)
	r.must(d.checked(projectID(0)) == yesterday(), "without news %s is checked until %s", projectID(0), d.checked(projectID(0)))

	send := func(n int) {
		w, _ := d.request("submit-signup", form(r.Context(), projectID(n), 1))
		r.must(w.Code == http.StatusCreated || w.Code == http.StatusSeeOther, "a sign-up is answered %d", w.Code)
	}
	for n := range news {
		send(projects - 1 - n)
	}
	fails := projectID(projects - news) // the first of those that are due
	d.objects.hang("snapshots/" + fails + "/")
	busy := d.night()
	changed, after := 0, map[string]string{}
	d.snapshots(projects, after)
	for n := range news {
		if id := projectID(projects - 1 - n); after[id] != before[id] {
			changed++
		}
	}
	r.saw("with news in %d: %d messages, %d have a new snapshot after %s, %d fails, %d calls", news, busy.messages, changed, busy.took.Round(time.Second), len(busy.dead), busy.used.Calls)
	r.must(busy.messages == news, "%d messages, %d projects have news", busy.messages, news)
	r.must(changed == news-1 && slices.Equal(busy.dead, []string{fails}), "%d of %d projects with news have a new snapshot, %v failed", changed, news-1, busy.dead)
	r.must(busy.took <= 15*time.Minute, "the night takes %s", busy.took.Round(time.Second))
	r.must(d.checked(fails) < yesterday(), "a project that failed is checked until %s", d.checked(fails))

	d.objects.hang("")
	mended := d.night()
	d.snapshots(projects, after)
	r.must(mended.messages == 1 && after[fails] != before[fails], "the night after: %d messages, %s has a new snapshot: %t", mended.messages, fails, after[fails] != before[fails])

	send(0)
	d.mu.Lock()
	clear(d.news) // its mark is lost
	d.mu.Unlock()
	var walk, week night
	for range 7 {
		night := d.night()
		week.used.Reads += night.used.Reads
		if night.messages > 0 {
			walk = night
		}
	}
	lost := before[projectID(0)]
	d.snapshots(projects, before)
	each := week.used.Reads / 7 / float64(projects)
	r.saw("a week without news: %.2f read units a project and night, %.1f of it in the weekly walk, which repairs a lost mark with %d messages", each, walk.used.Reads/7/float64(projects), walk.messages)
	r.must(each <= 2, "%.2f read units for a project without news", each)
	r.must(before[projectID(0)] != lost, "a lost mark is not repaired within a week")
	r.must(walk.messages <= 1+2*news, "the walk sends %d messages", walk.messages)
}

// yesterday returns the day that the last night compiled.
func yesterday() string { return time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly) }

// checked returns the day up to which a project was looked at.
func (d *deployment) checked(id string) (day string) {
	d.invoke(d.run.Context(), "show-report", func(ctx context.Context, i *instance) {
		defined, err := i.Projects.Definition(ctx, id)
		d.run.check(err)
		day, err = i.Nights.Checked(ctx, defined.Definition)
		d.run.check(err)
	})
	return day
}

// snapshots notes the latest snapshot of each project, and returns how many have one.
func (d *deployment) snapshots(projects int, into map[string]string) int {
	d.invoke(d.run.Context(), "define-project", func(_ context.Context, i *instance) {
		for n := range projects {
			if newest, err := i.Snapshots.Newest(d.run.Context(), projectID(n)); err == nil {
				into[projectID(n)] = newest.ID
			}
		}
	})
	return len(into)
}

// manyRecords runs nights of a project with 1,000,000 records: the first one, one without news, one with 1,000 new
// records.
func manyRecords(r *run) {
	files, rows := 5, r.scaled(200_000)
	d := deploy(r)
	d.define(town("town", 0))
	media := schema.Builtin().Kind(schema.Media)
	for n := range files {
		d.ingest("town", rename(d.file(media, rows), n))
	}
	cpu := processTime()
	d.night()
	full := processTime() - cpu
	writes := d.objects.writes()
	d.night()
	written := d.objects.writes() - writes
	r.saw("nothing new: %d object writes", written)
	r.must(written <= 2, "%d object writes", written)
	d.ingest("town", rename(d.file(media, r.scaled(1000)), files))
	writes = d.objects.writes()
	cpu = processTime()
	d.night()
	some := processTime() - cpu
	r.saw("%d new of %d: %.2f of the CPU of a full fold (%.1f s), %d object writes", r.scaled(1000), files*rows, some.Seconds()/full.Seconds(), full.Seconds(), d.objects.writes()-writes)
	r.must(some <= full/10, "%.2f of the CPU of a full fold", some.Seconds()/full.Seconds())
}

// ingest puts a file of the radio and delivers it until it is accepted.
func (d *deployment) ingest(project, content string) {
	key := d.put("uploads/"+project+"/radio/"+d.start("ingest-upload").DB.NewID()+".csv", content)
	for range 3 {
		if len(d.deliver([]string{key})) == 0 {
			break
		}
	}
	if u := d.upload(project, "radio"); u.State != uploads.Accepted {
		d.run.fail("a file is %s: %+v", u.State, u)
	}
}
