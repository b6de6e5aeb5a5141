package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/logs"
)

// schedule is a cron schedule of the template, with the meaning that EventBridge Scheduler gives it: a time that a
// clock change skips is not due, and one that occurs twice is due once.
type schedule struct {
	zone                         *time.Location
	minutes, hours, days, months []int
}

// parseSchedule reads an expression such as cron(0 9 1 1,4,7,10 ? *) and the name of its time zone, UTC where that is
// empty. It supports numbers, lists, ranges, * and ?. Anything else is an error, so that no schedule is ignored or read
// differently from AWS: rates, steps, names, days of the week, years, dates that do not exist.
func parseSchedule(expression, zone string) (schedule, error) {
	fail := func(err error) (schedule, error) { return schedule{}, fmt.Errorf("schedule %s: %w", expression, err) }
	inside, isCron := strings.CutPrefix(expression, "cron(")
	inside, isClosed := strings.CutSuffix(inside, ")")
	fields := strings.Fields(inside)
	if !isCron || !isClosed || len(fields) != 6 {
		return fail(fmt.Errorf("only cron(minute hour day month ? *) is supported"))
	}
	if fields[4] != "?" || fields[5] != "*" {
		return fail(fmt.Errorf("the day of the week must be ?, and the year *"))
	}
	s := schedule{}
	var err error
	if s.zone, err = time.LoadLocation(zone); err != nil {
		return fail(err)
	}
	for i, f := range []struct {
		into        *[]int
		first, last int
	}{{&s.minutes, 0, 59}, {&s.hours, 0, 23}, {&s.days, 1, 31}, {&s.months, 1, 12}} {
		if *f.into, err = parseNumbers(fields[i], f.first, f.last); err != nil {
			return fail(err)
		}
	}
	if s.next(time.Now()).IsZero() {
		return fail(fmt.Errorf("no such day exists"))
	}
	return s, nil
}

// parseNumbers reads a field as the ascending numbers that it means.
func parseNumbers(field string, first, last int) ([]int, error) {
	if field == "*" {
		field = fmt.Sprintf("%d-%d", first, last)
	}
	var out []int
	for part := range strings.SplitSeq(field, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		from, err := strconv.ParseUint(low, 10, 8)
		to, errTo := strconv.ParseUint(high, 10, 8)
		if err != nil || errTo != nil || int(from) < first || int(to) > last || from > to {
			return nil, fmt.Errorf("%q is not a number, list or range between %d and %d", field, first, last)
		}
		for n := int(from); n <= int(to); n++ {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// next returns the first time of the schedule after a time, zero where there is none within ten years.
func (s schedule) next(after time.Time) time.Time {
	year, month, today := after.In(s.zone).Date()
	for i := range 10 * 366 {
		noon := time.Date(year, month, today+i, 12, 0, 0, 0, time.UTC)
		if !slices.Contains(s.days, noon.Day()) || !slices.Contains(s.months, int(noon.Month())) {
			continue
		}
		for _, hour := range s.hours {
			for _, minute := range s.minutes {
				at := time.Date(noon.Year(), noon.Month(), noon.Day(), hour, minute, 0, 0, s.zone)
				if at.Hour() == hour && at.Minute() == minute && at.After(after) {
					return at
				}
			}
		}
	}
	return time.Time{}
}

// run calls do whenever the schedule is due, until the context ends. It compares the time each second, since a timer
// does not notice a machine that sleeps or a clock that is corrected.
func (s schedule) run(ctx context.Context, do func()) {
	due := s.next(time.Now())
	every(ctx, time.Second, func() {
		if !time.Now().Before(due) {
			do()
			due = s.next(time.Now())
		}
	})
}

// compile queues the projects that are due this night, and logs a failure.
func (t *tracker) compile(ctx context.Context) {
	ctx = logs.WithRequest(ctx, t.base.NewID())
	err := t.mark(ctx)
	if err == nil {
		err = t.compiler.Scheduled(ctx)
	}
	if err != nil {
		t.log.ErrorContext(ctx, "schedule", "reason", err.Error())
	}
}
