package compile

import (
	"context"
	"errors"
	"time"

	"outreach/internal/attention"
	"outreach/internal/project"
	"outreach/internal/store"
)

// Schedule runs the nightly work for every project: it compiles yesterday's snapshot, makes the reports that are due
// and counts the tasks of the coordinators; then it removes expired data, as far as there is time, starting with
// another project each night. A project that fails does not stop the others; their errors are joined. It may run again
// after a failure: work that is done is not repeated.
func (c Compiler) Schedule(ctx context.Context) error {
	ids, err := c.projects.Projects(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range ids {
		failed = append(failed, c.compileProject(ctx, id))
	}
	for i := range ids {
		first := int(c.db.Now().Unix() / (24 * 60 * 60))
		failed = append(failed, c.removeExpired(ctx, ids[(first+i)%len(ids)]))
	}
	return errors.Join(failed...)
}

// compileProject is the nightly work of one project, without the removals.
func (c Compiler) compileProject(ctx context.Context, id string) error {
	defined, err := c.projects.Definition(ctx, id)
	if err != nil {
		return err
	}
	d := defined.Definition
	now := c.db.Now()
	yesterday := now.In(d.Location()).AddDate(0, 0, -1).Format(time.DateOnly)
	if _, _, err := c.Compile(ctx, id, yesterday, "", store.Once{}); err != nil {
		return err
	}
	if err := c.makeReports(ctx, d, yesterday); err != nil {
		return err
	}
	if err := c.attention.LookForTasks(ctx, d); err != nil {
		return err
	}
	tasks, err := c.attention.CountTasks(ctx, id)
	if err != nil {
		return err
	}
	if over := now.In(d.Location()).AddDate(0, 0, -wrapUpDays).Format(time.DateOnly); over > d.Period.To {
		tasks = attention.Counts{Reports: tasks.Reports}
	}
	return c.attention.NoteAttention(ctx, id, d.Day(now), tasks, !tasks.Any())
}

// removeExpired removes data that arrived under the old ids of recently erased people, files that never counted, and
// classes of data whose retention has ended. It stops without an error when the time of the invocation runs out; the
// rest follows on another night.
func (c Compiler) removeExpired(ctx context.Context, id string) error {
	defined, err := c.projects.Definition(ctx, id)
	if err != nil {
		return err
	}
	var failed []error
	for _, err := range []error{c.privacy.FinishErasures(ctx, id), c.uploads.RemoveUncounted(ctx, id), c.privacy.Purge(ctx, defined.Definition)} {
		if !errors.Is(err, store.ErrDeferred) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// wrapUpDays is how long after a project's end tasks other than reports are still counted.
const wrapUpDays = 92

// lookBackDays is how late a report is still made if the schedule did not run.
const lookBackDays = 31

// makeReports compiles and reports every reporting period that ended since the last call, up to yesterday. For a new
// project it looks at yesterday alone: periods that ended before the tracker was used are not reported.
func (c Compiler) makeReports(ctx context.Context, d *project.Definition, yesterday string) error {
	looked, err := c.reports.LastReportCheck(ctx, d.ID)
	if err != nil || looked >= yesterday {
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
