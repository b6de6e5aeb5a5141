// Package attentionweb serves the office's first page: the tasks that wait for a coordinator.
package attentionweb

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"outreach/internal/app"
	"outreach/internal/attention"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/signups"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Handlers answer requests for the tasks of the office.
type Handlers struct {
	attention interface {
		Look(ctx context.Context, project string) (attention.Counts, error)
	}
	uploads interface {
		CountRejected(ctx context.Context, project string, since time.Time) (int, error)
	}
	signups interface {
		Places(ctx context.Context, project string, activities []project.Activity) ([]signups.Places, error)
	}
	snapshots interface {
		Newest(ctx context.Context, project string) (snapshots.Kept, error)
	}
}

// New returns the handlers on the features of an app. With an empty app their Routes can be listed, but not called.
func New(a *app.App) Handlers {
	return Handlers{attention: a.Attention, uploads: a.Uploads, signups: a.Signups, snapshots: a.Snapshots}
}

// Routes lists the route of the office's tasks.
func (h Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/{project}/attention", Roles: []string{web.Coordinator}, Handler: h.show,
			ID: "showAttention", Tag: "office", Summary: "What waits for the office", Response: shape.List{Of: task{}}, Success: "The most pressing first", Page: true, Short: true},
	}
}

// rejectedFor is how many days a rejected file stays on the office's first page.
const rejectedFor = 30

// task is one thing that waits for the office.
type task struct {
	What     string `json:"what" enum:"reports,rejected_files,waiting_with_places,held,duplicates,no_snapshot,old_snapshot,lines_behind,people_without_attributes,waiting"`
	Count    int    `json:"count"`
	Activity string `json:"activity,omitempty"`
	Message  string `json:"message"`
	Href     string `json:"href"`
	urgent   bool
}

// showAttention is the office's first page: what needs somebody, the most pressing first.
func (h Handlers) show(c *web.Call) error {
	tasks, err := h.tasks(c)
	if err != nil {
		return err
	}
	if !c.Page {
		return c.List(tasks, "")
	}
	content := page.Attention{}
	for _, t := range tasks {
		content.Items = append(content.Items, page.Task{What: t.What, Message: t.Message, Href: t.Href, Urgent: t.urgent})
	}
	return c.Show(http.StatusOK, content)
}

// desk gathers what waits.
type desk struct {
	*web.Call
	tasks []task
}

// add puts down a task, unless there is nothing of it.
func (d *desk) add(what string, n int, urgent bool, href string, args ...any) {
	if n > 0 {
		d.tasks = append(d.tasks, task{What: what, Count: n, Message: d.Messages().Count("attention."+what, int64(n), args...), Href: "/" + d.Project + href, urgent: urgent})
	}
}

func (h Handlers) tasks(c *web.Call) ([]task, error) {
	d := &desk{Call: c, tasks: []task{}}
	counts, err := h.attention.Look(c.Context(), c.Project)
	if err != nil {
		return nil, err
	}
	rejected, err := h.uploads.CountRejected(c.Context(), c.Project, c.Site.DB.Now().AddDate(0, 0, -rejectedFor))
	if err != nil {
		return nil, err
	}
	places, err := h.signups.Places(c.Context(), c.Project, c.Defined.Activities())
	if err != nil {
		return nil, err
	}
	newest, err := h.snapshots.Newest(c.Context(), c.Project)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	figures := "/snapshots"
	if newest.ID != "" {
		figures += "/" + newest.ID
	}
	d.add("reports", counts.Reports, true, "/snapshots")
	d.add("rejected_files", rejected, true, "/uploads")
	d.queues(places, true)
	d.held(places)
	d.add("duplicates", counts.Duplicates, false, "/people/duplicates")
	d.snapshot(newest)
	d.add("lines_behind", counts.LinesBehind, false, figures)
	d.add("people_without_attributes", counts.PeopleWithoutAttributes, false, figures)
	d.queues(places, false)
	return d.tasks, nil
}

// queues puts down the waiting lists of activities that have free places, or of those that have none.
func (d *desk) queues(places []signups.Places, free bool) {
	for i, a := range d.Defined.Definition.Activities {
		if places[i].Full() == free || places[i].Waiting == 0 {
			continue
		}
		what := "waiting"
		if free {
			what = "waiting_with_places"
		}
		d.of(a, what, places[i].Waiting, free)
	}
}

func (d *desk) of(a project.Activity, what string, n int, urgent bool) {
	d.add(what, n, urgent, "/signups?activity="+a.ID, "activity", cmp.Or(a.Label.In(d.Language), a.ID))
	d.tasks[len(d.tasks)-1].Activity = a.ID
}

func (d *desk) held(places []signups.Places) {
	for i, a := range d.Defined.Activities() {
		if n := places[i].Held; n > 0 {
			d.of(a, "held", n, true)
		}
	}
}

// snapshot puts down that the nightly snapshot is missing: yesterday's, or that of the project's last day, and a day's
// grace.
func (d *desk) snapshot(newest snapshots.Kept) {
	period, today := d.Defined.Definition.Period, d.Today()
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return
	}
	due := min(day.AddDate(0, 0, -2).Format(time.DateOnly), period.To)
	switch {
	case due < period.From:
	case newest.ID == "":
		d.add("no_snapshot", 1, false, "/snapshots")
	case newest.AsOf < due:
		d.add("old_snapshot", 1, false, "/snapshots", "date", d.Messages().Date(newest.AsOf))
	}
}
