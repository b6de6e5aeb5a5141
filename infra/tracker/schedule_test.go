package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"outreach"
)

func warsaw(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// times returns when a schedule is due from one time up to another.
func times(s schedule, from, to time.Time) []string {
	var out []string
	for at := s.next(from.Add(-time.Nanosecond)); at.Before(to) && !at.IsZero(); at = s.next(at) {
		out = append(out, at.Format("2006-01-02 15:04 MST"))
	}
	return out
}

// templateSchedules returns the schedules of compile-snapshot in the template, by hour and minute: "3:30".
func templateSchedules(t *testing.T) map[string]schedule {
	t.Helper()
	functions, _, err := parseTemplate([]byte(outreach.Template))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]schedule{}
	for _, f := range functions {
		for _, s := range f.Schedules {
			found[s.next(time.Date(2027, 1, 1, 0, 0, 0, 0, warsaw(t))).Format("15:04")] = s
		}
	}
	if len(found) != 2 || strings.Count(outreach.Template, "Type: ScheduleV2") != len(found)+3 { // and those of send-notices
		t.Fatalf("found %d schedules: this test knows each schedule of the template", len(found))
	}
	return found
}

func TestTemplateSchedulesAreDueAtTheirHourInWarsaw(t *testing.T) {
	t.Parallel()
	zone, found := warsaw(t), templateSchedules(t)
	for name, tt := range map[string]struct {
		schedule string
		from, to time.Time
		want     []string
	}{
		"the nightly one when clocks go forward": {"03:30", time.Date(2027, 3, 27, 0, 0, 0, 0, zone), time.Date(2027, 3, 30, 0, 0, 0, 0, zone),
			[]string{"2027-03-27 03:30 CET", "2027-03-28 03:30 CEST", "2027-03-29 03:30 CEST"}},
		"the nightly one when clocks go back": {"03:30", time.Date(2027, 10, 30, 0, 0, 0, 0, zone), time.Date(2027, 11, 2, 0, 0, 0, 0, zone),
			[]string{"2027-10-30 03:30 CEST", "2027-10-31 03:30 CET", "2027-11-01 03:30 CET"}},
		"the quarterly one on the first day after each quarter": {"09:00", time.Date(2027, 1, 1, 0, 0, 0, 0, zone), time.Date(2028, 1, 2, 0, 0, 0, 0, zone),
			[]string{"2027-01-01 09:00 CET", "2027-04-01 09:00 CEST", "2027-07-01 09:00 CEST", "2027-10-01 09:00 CEST", "2028-01-01 09:00 CET"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := times(found[tt.schedule], tt.from, tt.to); strings.Join(got, ", ") != strings.Join(tt.want, ", ") {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNightlyScheduleIsDueOnceADay(t *testing.T) {
	t.Parallel()
	nightly := templateSchedules(t)["03:30"]
	for year := 2026; year < 2036; year++ {
		got := times(nightly, time.Date(year, 1, 1, 0, 0, 0, 0, nightly.zone), time.Date(year+1, 1, 1, 0, 0, 0, 0, nightly.zone))
		if days := time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay(); len(got) != days {
			t.Errorf("%d: due %d times in %d days", year, len(got), days)
		}
	}
}

// As in EventBridge Scheduler, an hour that is skipped has no run, and one that occurs twice has one.
func TestScheduleInTheHourOfTheClockChange(t *testing.T) {
	t.Parallel()
	s, err := parseSchedule("cron(30 2 * * ? *)", "Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		month time.Month
		day   int
		want  int
	}{{time.March, 27, 1}, {time.March, 28, 0}, {time.March, 29, 1}, {time.October, 30, 1}, {time.October, 31, 1}, {time.November, 1, 1}} {
		from := time.Date(2027, tt.month, tt.day, 0, 0, 0, 0, s.zone)
		if got := times(s, from, from.AddDate(0, 0, 1)); len(got) != tt.want {
			t.Errorf("%s: due at %v, want %d times", from.Format(time.DateOnly), got, tt.want)
		}
	}
}

func TestScheduleRunsWhenDueAndNotAtStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := parseSchedule("cron(30 3 * * ? *)", "Europe/Warsaw")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var ran []string
		go s.run(ctx, func() { ran = append(ran, time.Now().In(s.zone).Format(time.DateTime)) })
		time.Sleep(48 * time.Hour) // the test's clock begins at midnight of 2000-01-01, UTC
		synctest.Wait()
		if got := strings.Join(ran, ", "); got != "2000-01-01 03:30:00, 2000-01-02 03:30:00" {
			t.Errorf("ran at %s", got)
		}
	})
}

func TestParseSchedule(t *testing.T) {
	t.Parallel()
	from := time.Date(2027, 1, 30, 10, 0, 0, 0, time.UTC)
	for expression, want := range map[string]string{
		"cron(0 12 * * ? *)":          "2027-01-30 12:00 UTC",
		"cron(0 10 * * ? *)":          "2027-01-31 10:00 UTC",
		"cron(45,15 9-11 * * ? *)":    "2027-01-30 10:15 UTC",
		"cron(0 0 31 1-6,12 ? *)":     "2027-01-31 00:00 UTC",
		"cron(59 23 29 2 ? *)":        "2028-02-29 23:59 UTC",
		"cron(0  9  1  1,4,7,10 ? *)": "2027-04-01 09:00 UTC",
	} {
		s, err := parseSchedule(expression, "")
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got := s.next(from).Format("2006-01-02 15:04 MST"); got != want {
			t.Errorf("%s is due at %s, want %s", expression, got, want)
		}
	}
}

func TestParseScheduleRefusesUnsupportedExpressions(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		"", "rate(1 day)", "at(2027-01-01T00:00:00)", "30 3 * * ? *", "cron(30 3 * * ?)", "cron(30 3 * * ? * *)", "cron(30 3 * * ? *", "cron(30 3 * * * *)",
		"cron(30 3 * * MON *)", "cron(30 3 * * 1 *)", "cron(30 3 * * ? 2027)", "cron(30 3 L * ? *)", "cron(30 3 15W * ? *)", "cron(30 3 ? * ? *)", "cron(30 3 * JAN ? *)",
		"cron(0/10 * * * ? *)", "cron(60 3 * * ? *)", "cron(0 24 * * ? *)", "cron(0 0 0 * ? *)", "cron(0 0 1 13 ? *)", "cron(0 0 5-3 * ? *)", "cron(-1 0 * * ? *)", "cron(+1 0 * * ? *)",
		"cron(1, 0 * * ? *)", "cron(0 0 31 2 ? *)", "cron(0 0 30 2 ? *)",
	} {
		if s, err := parseSchedule(expression, ""); err == nil {
			t.Errorf("%q is read as %+v", expression, s)
		} else if !strings.Contains(err.Error(), expression) {
			t.Errorf("%q: the error does not name it: %v", expression, err)
		}
	}
	if _, err := parseSchedule("cron(30 3 * * ? *)", "Europe/Warszawa"); err == nil {
		t.Error("a time zone that does not exist is accepted")
	}
}

func TestParseTemplateRefusesUnsupportedSchedules(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"an unsupported expression":       {"cron(30 3 * * ? *)", "rate(1 day)"},
		"a schedule that is switched off": {"ScheduleExpression: cron(30 3 * * ? *)", "State: DISABLED\n            ScheduleExpression: cron(30 3 * * ? *)"},
		"a schedule with an end":          {"ScheduleExpression: cron(30 3 * * ? *)", "EndDate: '2027-01-01T00:00:00'\n            ScheduleExpression: cron(30 3 * * ? *)"},
		"a schedule with an input":        {"ScheduleExpression: cron(30 3 * * ? *)", "Input: '{}'\n            ScheduleExpression: cron(30 3 * * ? *)"},
		"a schedule for another function": {"CodeUri: functions/compile-snapshot/", "CodeUri: functions/show-report/"},
		"a schedule of the older type":    {"Type: ScheduleV2", "Type: Schedule"},
		"a time zone that does not exist": {"ScheduleExpressionTimezone: Europe/Warsaw", "ScheduleExpressionTimezone: Europe/Krakow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(outreach.Template, change[0], change[1], 1)
			if changed == outreach.Template {
				t.Fatalf("the template has no %q", change[0])
			}
			if _, _, err := parseTemplate([]byte(changed)); err == nil {
				t.Error("it is accepted")
			}
		})
	}
}
