// Package attentionweb serves the office's first page: the tasks that wait for a coordinator.
package attentionweb

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"outreach/internal/app"
	"outreach/internal/attention"
	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// Handlers answer requests for the tasks of the office.
type Handlers struct {
	attention interface {
		CountTasks(ctx context.Context, project string) (attention.Counts, error)
	}
	uploads interface {
		CountRejected(ctx context.Context, d *project.Definition, since time.Time) (int, error)
	}
	signups interface {
		Places(ctx context.Context, project string, activities []project.Activity) ([]signups.Places, error)
		Held(ctx context.Context, project string, limit int, cursor string) (table.PageOf[signups.Signup], error)
		Forms(ctx context.Context, project string, all []signups.Signup) (map[string]map[string]string, error)
	}
	people interface {
		Persons(ctx context.Context, project string, ids []string) (map[string]people.Person, error)
	}
	snapshots interface {
		Newest(ctx context.Context, project string) (snapshots.Kept, error)
	}
	nights interface {
		Checked(ctx context.Context, d *project.Definition) (day string, err error)
	}
}

// New returns the handlers on the features of an app. With an empty app their Routes can be listed, but not called.
func New(a *app.App) Handlers {
	return Handlers{attention: a.Attention, uploads: a.Uploads, signups: a.Signups, people: a.People, snapshots: a.Snapshots, nights: a.Nights}
}

// Routes lists the route of the office's tasks.
func (h Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/{project}/attention", Roles: []string{web.Coordinator}, Handler: h.show,
			ID: "showAttention", Tag: "office", Summary: "What waits for the office", Response: shape.List{Of: task{}}, Success: "The most pressing first", Page: true, Short: true},
	}
}

// rejectedFor is for how many days a rejected file is listed.
const rejectedFor = 30

// task is one kind of task, of one activity where it is about activities.
type task struct {
	What     string `json:"what" enum:"reports,rejected_files,deliveries,postponed_letters,waiting_with_places,held,unproved,duplicates,no_snapshot,old_snapshot,rule_errors,lines_behind,incomplete,people_without_attributes,waiting"`
	Count    int    `json:"count"`
	Activity string `json:"activity,omitempty"`
	Message  string `json:"message"`
	Href     string `json:"href"`
	Signups  []held `json:"signups,omitempty" doc:"The first of those that are held, with the known person"`
	urgent   bool
}

// show lists the tasks that wait, the most urgent first.
func (h Handlers) show(c *web.Call) error {
	tasks, err := h.tasks(c)
	if err != nil {
		return err
	}
	undecided, err := h.held(c)
	if err != nil {
		return err
	}
	waiting := 0
	for i, t := range tasks {
		if t.What != "held" {
			continue
		}
		waiting += t.Count
		for _, one := range undecided {
			if one.Activity == t.Activity {
				tasks[i].Signups = append(tasks[i].Signups, one)
			}
		}
	}
	if !c.Page {
		return c.List(tasks, "")
	}
	content := page.Attention{MoreHeld: waiting - len(undecided)}
	for _, one := range undecided {
		content.Held = append(content.Held, one.item(c))
	}
	for _, t := range tasks {
		if t.What == "held" && len(t.Signups) == t.Count {
			continue // all are shown
		}
		content.Items = append(content.Items, page.Task{What: t.What, Message: t.Message, Href: t.Href, Urgent: t.urgent})
	}
	return c.Show(http.StatusOK, content)
}

// taskList collects tasks.
type taskList struct {
	*web.Call
	tasks []task
}

// add adds a task unless n is 0. The href is relative to the project.
func (l *taskList) add(what string, n int, urgent bool, href string, args ...any) {
	if n > 0 {
		l.tasks = append(l.tasks, task{What: what, Count: n, Message: l.Messages().Count("attention."+what, int64(n), args...), Href: "/" + l.Project + href, urgent: urgent})
	}
}

func (h Handlers) tasks(c *web.Call) ([]task, error) {
	l := &taskList{Call: c, tasks: []task{}}
	counts, err := h.attention.CountTasks(c.Context(), c.Project)
	if err != nil {
		return nil, err
	}
	rejected, err := h.uploads.CountRejected(c.Context(), c.Defined.Definition, c.Site.DB.Now().AddDate(0, 0, -rejectedFor))
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
	checked, err := h.nights.Checked(c.Context(), c.Defined.Definition)
	if err != nil {
		return nil, err
	}
	figures := "/snapshots"
	if newest.ID != "" {
		figures += "/" + newest.ID
	}
	l.held(places)
	l.add("reports", counts.Reports, true, "/snapshots")
	l.add("rejected_files", rejected, true, "/uploads")
	l.add("deliveries", counts.Deliveries, true, "/deliveries")
	l.add("postponed_letters", counts.PostponedLetters, true, "/signups")
	l.queues(places, true)
	l.unproved()
	l.add("duplicates", counts.Duplicates, false, "/people/duplicates")
	l.snapshot(newest, checked)
	l.add("rule_errors", counts.RuleErrors, true, figures)
	l.add("lines_behind", counts.LinesBehind, false, figures)
	l.add("incomplete", counts.Incomplete, false, "/people/incomplete")
	l.add("people_without_attributes", counts.PeopleWithoutAttributes, false, figures)
	l.queues(places, false)
	return l.tasks, nil
}

// queues adds the waiting lists of activities with free places, or of those that are full.
func (l *taskList) queues(places []signups.Places, free bool) {
	for i, a := range l.Defined.Definition.Activities {
		if places[i].Full() == free || places[i].Waiting == 0 {
			continue
		}
		what := "waiting"
		if free {
			what = "waiting_with_places"
		}
		l.addOf(a, what, places[i].Waiting, free)
	}
}

// addOf adds a task about an activity; n must not be 0.
func (l *taskList) addOf(a project.Activity, what string, n int, urgent bool) {
	l.add(what, n, urgent, "/signups?activity="+a.ID, "activity", cmp.Or(a.Label.In(l.Language), a.ID))
	l.tasks[len(l.tasks)-1].Activity = a.ID
}

// held adds the held sign-ups of each activity, former ones included.
func (l *taskList) held(places []signups.Places) {
	for i, a := range l.Defined.Activities() {
		if n := places[i].Held; n > 0 {
			l.addOf(a, "held", n, true)
		}
	}
}

// unproved adds what keeps the records of promised lines from coming: those lines stay at 0 until the definition says
// more. It leads to the table of what brings the records of each line.
func (l *taskList) unproved() {
	var codes, missing []string
	for _, lack := range schema.Lacks(l.Defined.Definition) {
		codes, missing = append(codes, lack.Codes...), append(missing, lack.In(l.Messages()))
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	l.add("unproved", len(codes), true, "/definition#h-proof", "codes", strings.Join(codes, ", "), "missing", strings.Join(missing, " "))
}

// snapshot adds a task where the nightly run is behind: it should have looked for changes up to yesterday or to the
// project's last day, with one day of grace, or there is a snapshot of that day.
func (l *taskList) snapshot(newest snapshots.Kept, checked string) {
	period, today := l.Defined.Definition.Period, l.Today()
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return
	}
	due := min(day.AddDate(0, 0, -2).Format(time.DateOnly), period.To)
	switch {
	case due < period.From:
	case newest.ID == "":
		l.add("no_snapshot", 1, false, "/snapshots")
	case max(newest.AsOf, checked) < due:
		l.add("old_snapshot", 1, false, "/snapshots", "date", l.Messages().Date(max(newest.AsOf, checked)))
	}
}
