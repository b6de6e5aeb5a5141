package handler

import (
	"context"
	"errors"
	"time"

	"outreach/internal/attention"
	"outreach/internal/project"
	"outreach/internal/store"
)

// Schedule compiles the yesterday of every project, makes the reports that are due, notes what waits for the office, and then
// removes what is to be removed, as far as there is time: each night another project is the first of whom that is done. A project
// that fails does not keep the others from being done; the event is delivered again, and finds what is done done.
func (co Compiler) Schedule(ctx context.Context) error {
	ids, err := co.Projects.Projects(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range ids {
		failed = append(failed, co.night(ctx, id))
	}
	for i := range ids {
		tonight := int(co.DB.Now().Unix()/(24*60*60)) + i
		failed = append(failed, co.remove(ctx, ids[tonight%len(ids)]))
	}
	return errors.Join(failed...)
}

func (co Compiler) night(ctx context.Context, id string) error {
	defined, err := co.Projects.Definition(ctx, id)
	if err != nil {
		return err
	}
	d := defined.Definition
	now := co.DB.Now()
	yesterday := now.In(d.Location()).AddDate(0, 0, -1).Format(time.DateOnly)
	if _, _, err := co.Compile(ctx, id, yesterday, "", store.Once{}); err != nil {
		return err
	}
	if err := co.reports(ctx, d, yesterday); err != nil {
		return err
	}
	waits, err := co.Attention.Look(ctx, id)
	if err != nil {
		return err
	}
	if over := now.In(d.Location()).AddDate(0, 0, -wrapUp).Format(time.DateOnly); over > d.Period.To {
		waits = attention.Counts{Reports: waits.Reports}
	}
	return co.Attention.NoteAttention(ctx, id, d.Day(now), waits, !waits.Any())
}

// remove removes what came of people who were erased lately, files that never counted, and what the definition keeps no longer.
// What there is no time for waits for another night.
func (co Compiler) remove(ctx context.Context, id string) error {
	defined, err := co.Projects.Definition(ctx, id)
	if err != nil {
		return err
	}
	var failed []error
	for _, err := range []error{co.Privacy.FinishErasures(ctx, id), co.Uploads.RemoveUncounted(ctx, id), co.Privacy.Purge(ctx, defined.Definition)} {
		if !errors.Is(err, store.ErrLater) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// wrapUp is for how many days after a project's end the office still looks at more than its reports.
const wrapUp = 92

// lookBack is how many days a report is made late, where the schedule did not run.
const lookBack = 31

// reports makes the snapshots of the days on which reporting periods ended the project's reports, since it was last looked
// for them. Where it never was, the project is new, and what ended before is not the tracker's.
func (co Compiler) reports(ctx context.Context, d *project.Definition, yesterday string) error {
	looked, err := co.Reports.ReportsLookedAt(ctx, d.ID)
	if err != nil || looked >= yesterday {
		return err
	}
	before := func(days int) string {
		day, _ := time.Parse(time.DateOnly, yesterday)
		return day.AddDate(0, 0, -days).Format(time.DateOnly)
	}
	if looked == "" {
		looked = before(1)
	}
	for _, day := range d.ReportDays(max(looked, before(lookBack)), yesterday) {
		kept, _, err := co.Compile(ctx, d.ID, day, "", store.Once{})
		if err != nil {
			return err
		}
		if err := co.Reports.MakeReport(ctx, kept); err != nil {
			return err
		}
	}
	return co.Reports.SetReportsLookedAt(ctx, d.ID, yesterday)
}
