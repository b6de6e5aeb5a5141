package compile

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"outreach/internal/attention"
	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/nights"
	"outreach/internal/project"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
)

// Queue takes messages of projects that are due, which Project handles later, each on its own. Send may be repeated.
type Queue interface {
	Send(ctx context.Context, due ...nights.Due) error
}

// walkEvery is how often a night walks through all projects to find marks that were lost.
const walkEvery = 7 * 24 * time.Hour

// Night sends a message for each project that is due, and returns how many. Once a week, and in the first night, it
// walks through all projects before. It may be repeated after an error; what is done is not done again.
func (c Compiler) Night(ctx context.Context, queue Queue) (sent int, err error) {
	now := c.db.Now()
	last, err := c.nights.Last(ctx)
	if err != nil {
		return 0, err
	}
	return c.night(ctx, queue, last, now, now.Sub(last.Walked) >= walkEvery)
}

// Schedule runs a night in this process: the work of all projects that are due, after a walk through all projects. A
// project that fails does not stop the others; their errors are joined.
func (c Compiler) Schedule(ctx context.Context) error {
	last, err := c.nights.Last(ctx)
	if err != nil {
		return err
	}
	projects := &here{Compiler: c}
	_, err = c.night(ctx, projects, last, c.db.Now(), true)
	return errors.Join(append(projects.failed, err)...)
}

// here is a queue that delivers its messages at once.
type here struct {
	Compiler
	failed []error
}

// Send does the nightly work of projects one after another. It fails only if the context has ended.
func (h *here) Send(ctx context.Context, due ...nights.Due) error {
	for _, d := range due {
		h.failed = append(h.failed, h.Project(ctx, d))
	}
	return ctx.Err()
}

func (c Compiler) night(ctx context.Context, queue Queue, last nights.Night, now time.Time, walk bool) (sent int, err error) {
	night := nights.Night{At: now}
	var lost []string
	var failed error
	if walk {
		if lost, failed = c.Repair(ctx, now); failed == nil {
			night.Walked = now
		}
	}
	ids, err := c.nights.Due(ctx, now)
	if err != nil {
		return 0, errors.Join(failed, err)
	}
	ids = append(ids, lost...) // the index may not show them yet
	slices.Sort(ids)
	var due []nights.Due
	for _, id := range slices.Compact(ids) {
		due = append(due, nights.Due{Project: id, At: now, Last: last.At})
	}
	if err = queue.Send(ctx, due...); err == nil {
		err = c.nights.SetLast(ctx, night)
	}
	return len(due), errors.Join(failed, err)
}

// Repair walks through all projects and marks those whose mark was lost, as of an instant: they have facts or uploads
// that no nightly run saw, and no mark. It reads the heads of the facts, the newest upload and the mark of each
// project, some twelve read units. A project from before there were marks is marked too. It returns the projects that
// are marked.
func (c Compiler) Repair(ctx context.Context, now time.Time) (lost []string, err error) {
	ids, err := c.projects.Projects(ctx)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var failed []error
	err = store.InParallel(ctx, ids, func(ctx context.Context, id string) error {
		seen, err := c.allSeen(ctx, id)
		if err == nil && !seen {
			err = c.nights.Mark(ctx, now, id)
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil:
			failed = append(failed, err)
		case !seen:
			lost = append(lost, id)
		}
		return ctx.Err()
	})
	return lost, errors.Join(append(failed, err)...)
}

// allSeen reports whether the nightly run has seen everything of a project, or its mark says that it has not.
func (c Compiler) allSeen(ctx context.Context, id string) (bool, error) {
	looked, quiet, err := c.nights.Looked(ctx, id)
	if err != nil || !quiet {
		return false, err
	}
	heads, upload, err := c.position(ctx, id)
	if err != nil || looked.Upload != upload {
		return false, err
	}
	err = c.facts.Read(ctx, id, looked.Heads, heads, func(f fact.Fact) error {
		if nights.Announces(f) {
			return errNews
		}
		return nil // the run itself appended it
	})
	if errors.Is(err, errNews) {
		return false, nil
	}
	return err == nil, err
}

// errNews means that there is a fact that no nightly run saw.
var errNews = errors.New("there are news")

// position returns the heads of a project's facts and the id of its newest upload: what a nightly run that begins now
// sees.
func (c Compiler) position(ctx context.Context, id string) (heads fact.Heads, upload string, err error) {
	if heads, err = c.facts.Heads(ctx, id); err == nil {
		upload, err = c.uploads.NewestID(ctx, id)
	}
	return heads, upload, err
}

// Project does the nightly work of one project, unless it is done: it compiles yesterday's snapshot, makes the reports
// that are due, counts the tasks of the coordinators, and removes expired data. When all is durable it removes the
// project's mark and sets the date on which it is due without news. It may be called again after a failure, and
// concurrently.
func (c Compiler) Project(ctx context.Context, due nights.Due) error {
	claim, err := c.nights.Claim(ctx, due)
	if err != nil || claim == nil {
		return err
	}
	looked, err := c.work(ctx, due, claim)
	if err != nil {
		return err
	}
	return claim.Done(ctx, looked)
}

// work is the nightly work of a project. It returns what it saw.
func (c Compiler) work(ctx context.Context, due nights.Due, claim *nights.Claim) (looked nights.Looked, err error) {
	id := due.Project
	defined, err := c.projects.Definition(ctx, id)
	if err != nil {
		return looked, err
	}
	d, now := defined.Definition, c.db.Now()
	checked := claim.Looked.Day
	if claim.Quiet {
		checked = max(checked, nights.Yesterday(d, due.Last))
	}
	looked.Day = nights.Yesterday(d, now)
	if looked.Heads, looked.Upload, err = c.position(ctx, id); err != nil {
		return looked, err
	}
	kept, failed := c.compileProject(ctx, d, now, checked)
	next, err := c.removeExpired(ctx, d)
	if err := errors.Join(failed, err); err != nil {
		return looked, err
	}
	dates := []time.Time{next}
	if claim.Looked.Day == looked.Day {
		dates = append(dates, now) // a letter of tasks goes out once a day: what is new since has to wait
	}
	newest, err := c.facts.LastAt(ctx, id, looked.Heads)
	if err != nil {
		return looked, err
	}
	if !newest.Before(startOf(d, looked.Day, 1).Add(-longestRequest)) {
		dates = append(dates, now) // what was received today counts from today on
	}
	snap, err := c.snapshots.Snapshot(ctx, kept)
	if err != nil {
		return looked, err
	}
	dates = append(dates, ownDates(d, snap, looked.Day, now)...)
	looked.Next = earliest(dates)
	return looked, nil
}

// longestRequest is longer than any request or delivery takes from the time that its facts say until they can be read.
const longestRequest = 15 * time.Minute

// monthAfter is how often data that arrived without news is looked for once the retention of a class of data has ended.
const monthAfter = 30 * 24 * time.Hour

// ownDates returns when a project is due without news, after a night that compiled a day: a status changes, a reporting
// period ends, tasks are no longer counted, a class of data is kept no longer.
func ownDates(d *project.Definition, snap snapshot.Snapshot, day string, now time.Time) (dates []time.Time) {
	if change := counting.NextStatusChange(d, snap, day); change != "" {
		dates = append(dates, startOf(d, change, 1))
	}
	if reports := d.ReportDays(day, d.Period.To); len(reports) > 0 {
		dates = append(dates, startOf(d, reports[0], 1))
	}
	if over := startOf(d, d.Period.To, wrapUpDays+1); over.After(now) {
		dates = append(dates, over)
	}
	for _, months := range []int{d.Retention.Texts, d.Retention.Originals, d.Retention.People} {
		switch ends := startOf(d, d.Period.KeptUntil(months), 1); {
		case months == 0:
		case ends.After(now):
			dates = append(dates, ends)
		default:
			dates = append(dates, now.Add(monthAfter))
		}
	}
	return dates
}

// startOf returns when a day, or one so many days later, begins in a project's time zone.
func startOf(d *project.Definition, day string, later int) time.Time {
	at, _ := time.ParseInLocation(time.DateOnly, day, d.Location())
	return at.AddDate(0, 0, later)
}

// earliest returns the earliest of some times, but for zero ones; the zero time of none.
func earliest(times []time.Time) (first time.Time) {
	for _, at := range times {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// compileProject is the nightly work of one project, without the removals. Nothing was due up to the day checked, ""
// where that is not known. It returns the snapshot of yesterday, or the one before that differs in its day alone.
func (c Compiler) compileProject(ctx context.Context, d *project.Definition, now time.Time, checked string) (kept snapshots.Kept, err error) {
	yesterday := nights.Yesterday(d, now)
	if kept, _, err = c.compile(ctx, d.ID, yesterday, "", store.Once{}, true); err != nil {
		return kept, err
	}
	if err := c.makeReports(ctx, d, checked, yesterday); err != nil {
		return kept, err
	}
	if err := c.attention.LookForTasks(ctx, d); err != nil {
		return kept, err
	}
	tasks, err := c.attention.CountTasks(ctx, d.ID)
	if err != nil {
		return kept, err
	}
	if !startOf(d, d.Period.To, wrapUpDays+1).After(now) {
		tasks = attention.Counts{Reports: tasks.Reports}
	}
	return kept, c.attention.NoteAttention(ctx, d.ID, d.Day(now), tasks, !tasks.Any())
}

// removeExpired removes data that arrived under the old ids of recently erased people, files that never counted or that
// no record names, and classes of data whose retention has ended. It returns when there is more to remove, the zero
// time if no date is known. Where the time of the invocation runs out, that is now.
func (c Compiler) removeExpired(ctx context.Context, d *project.Definition) (next time.Time, err error) {
	now := c.db.Now()
	finish := c.privacy.FinishErasures(ctx, d.ID)
	uncounted, remove := c.uploads.RemoveUncounted(ctx, d.ID)
	waiting, unnamed := c.attachments.RemoveWaiting(ctx, d.ID)
	payloads, refused := c.hooks.RemoveOld(ctx, d.ID)
	next = earliest([]time.Time{uncounted, waiting, payloads})
	var failed []error
	for _, err := range []error{finish, remove, unnamed, refused, c.privacy.Purge(ctx, d)} {
		if errors.Is(err, store.ErrDeferred) {
			next = now
		} else {
			failed = append(failed, err)
		}
	}
	rejected, err := c.uploads.NextForgotten(ctx, d.ID, now.AddDate(0, 0, -attention.Days))
	if err == nil && !rejected.IsZero() {
		next = earliest([]time.Time{next, rejected.AddDate(0, 0, attention.Days)})
	}
	recent, rest := c.privacy.AnyRecent(ctx, d.ID)
	if recent {
		next = now
	}
	return next, errors.Join(append(failed, err, rest)...)
}

// wrapUpDays is how long after a project's end tasks other than reports are still counted.
const wrapUpDays = 92

// lookBackDays is how late a report is still made if the schedule did not run.
const lookBackDays = 31

// makeReports compiles and reports every reporting period that ended since the last call and since the day checked, up
// to yesterday. For a new project it looks at yesterday alone: periods that ended before the tracker was used are not
// reported.
func (c Compiler) makeReports(ctx context.Context, d *project.Definition, checked, yesterday string) error {
	looked, err := c.reports.LastReportCheck(ctx, d.ID)
	if looked = max(looked, checked); err != nil || looked >= yesterday {
		return err
	}
	daysBefore := func(days int) string {
		day, _ := time.Parse(time.DateOnly, yesterday)
		return day.AddDate(0, 0, -days).Format(time.DateOnly)
	}
	if looked == "" {
		looked = daysBefore(1)
	}
	for _, day := range d.ReportDays(max(looked, daysBefore(lookBackDays)), yesterday) {
		kept, _, err := c.Compile(ctx, d.ID, day, "", store.Once{})
		if err != nil {
			return err
		}
		if err := c.reports.MarkReportDue(ctx, kept); err != nil {
			return err
		}
	}
	return c.reports.SetLastReportCheck(ctx, d.ID, yesterday)
}
