package main

import (
	"context"
	"net/http"
	"time"

	"outreach/internal/schema"
	"outreach/internal/snapshots/compile"
	"outreach/internal/table/dynamo/simulated"
	"outreach/internal/uploads"
)

// night waits until the schedule is due and runs it, again after each failure as the template says. It returns what it
// used, how long it took, and how often it was tried.
func (d *deployment) night() (used simulated.Usage, took time.Duration, tries int) {
	now := time.Now()
	due := time.Date(now.Year(), now.Month(), now.Day()+1, 1, 30, 0, 0, time.UTC)
	time.Sleep(time.Until(due))
	ctx, count := simulated.Count(d.run.Context())
	for failed := true; failed && tries < 3; tries++ {
		d.invoke(ctx, "compile-snapshot", func(ctx context.Context, i *instance) {
			failed = compile.New(i.App).Schedule(ctx) != nil
		})
	}
	return count(), time.Since(due), tries
}

// manyProjects runs a night at 1,000 projects, of which 950 have no news.
func manyProjects(r *run) {
	projects := r.scaled(1000)
	news := projects / 20
	d := deploy(r)
	for n := range projects {
		d.define(town(projectID(n), 0))
	}
	before := map[string]string{}
	for range 10 { // until all have a first snapshot
		if d.night(); d.snapshots(projects, before) == projects {
			break
		}
	}
	r.must(len(before) == projects, "only %d projects have a snapshot after ten nights", len(before))
	idle, took, _ := d.night()
	r.saw("without news: %.1f read and %.1f write units a project in %s", idle.Reads/float64(projects), idle.Writes/float64(projects), took.Round(time.Second))
	r.must(idle.Reads <= 2*float64(projects), "%.1f read units for a project without news", idle.Reads/float64(projects))
	d.snapshots(projects, before)
	for n := range news {
		w, _ := d.request("submit-signup", form(r.Context(), projectID(projects-1-n), 1))
		r.must(w.Code == http.StatusCreated || w.Code == http.StatusSeeOther, "a sign-up is answered %d", w.Code)
	}
	used, took, tries := d.night()
	changed := 0
	after := map[string]string{}
	d.snapshots(projects, after)
	for n := range news {
		if id := projectID(projects - 1 - n); after[id] != before[id] {
			changed++
		}
	}
	r.saw("with news in %d: %d have a new snapshot after %s and %d tries, %d calls", news, changed, took.Round(time.Second), tries, used.Calls)
	r.must(changed == news, "%d of %d projects with news have a new snapshot", changed, news)
	r.must(took <= 15*time.Minute, "the night takes %s", took.Round(time.Second))
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
