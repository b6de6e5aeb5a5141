package compile_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/attachments"
	"outreach/internal/nights"
	"outreach/internal/project/definition"
	"outreach/internal/store"
	"outreach/internal/uploads"
	"outreach/internal/web/webtest"
)

// sent is a queue that keeps its messages.
type sent struct{ due []nights.Due }

func (s *sent) Send(_ context.Context, due ...nights.Due) error {
	s.due = append(s.due, due...)
	return nil
}

// at sets the clock to an hour of a day, in UTC.
func (tr tracker) at(t *testing.T, day string, hour int) {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	tr.DB.Now = func() time.Time { return at.Add(time.Duration(hour) * time.Hour) }
}

// night runs the night before a day and returns how many projects were due.
func (tr tracker) night(t *testing.T, day string) int {
	t.Helper()
	tr.at(t, day, 3)
	var queue sent
	n, err := tr.Night(t.Context(), &queue)
	if err != nil {
		t.Fatal(err)
	}
	for _, due := range queue.due {
		if err := tr.Project(t.Context(), due); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// define replaces the project's definition.
func (tr tracker) define(t *testing.T, replaced ...string) {
	t.Helper()
	text := strings.NewReplacer(replaced...).Replace(webtest.Definition)
	def, problems := definition.Parse("", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, _, err := tr.Projects.SetDefinition(t.Context(), def, []byte(text), "", ""); err != nil {
		t.Fatal(err)
	}
	tr.mark(t)
}

// mark does what the stream does after facts.
func (tr tracker) mark(t *testing.T) {
	t.Helper()
	if err := tr.Nights.Mark(t.Context(), tr.DB.Now(), webtest.Project); err != nil {
		t.Fatal(err)
	}
}

// days returns the days of the project's snapshots, oldest first.
func (tr tracker) days(t *testing.T) (days []string) {
	t.Helper()
	page, err := tr.Snapshots.Snapshots(t.Context(), webtest.Project, "", 100, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range slices.Backward(page.Items) {
		days = append(days, kept.AsOf)
	}
	return days
}

// checks that the project has snapshots of some days, and until when it was looked at.
func (tr tracker) has(t *testing.T, what, checked string, days ...string) {
	t.Helper()
	if got := tr.days(t); !slices.Equal(got, days) {
		t.Errorf("%s: snapshots of %v, want %v", what, got, days)
	}
	defined, err := tr.Projects.Definition(t.Context(), webtest.Project)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tr.Nights.Checked(t.Context(), defined.Definition); err != nil || got != checked {
		t.Errorf("%s: checked until %q, want %q (%v)", what, got, checked, err)
	}
}

func TestTheNightMakesNoSnapshotThatDiffersInItsDayAlone(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.at(t, "2026-09-01", 12)
	tr.attend(t, "a@example.org", "2026-05-10")
	tr.night(t, "2026-09-02")
	tr.has(t, "the first night", "2026-09-01", "2026-09-01")
	for _, day := range []string{"2026-09-03", "2026-09-04", "2026-10-01"} {
		tr.night(t, day)
	}
	tr.has(t, "idle nights", "2026-09-30", "2026-09-01")
	if kept, made, err := tr.Compile(t.Context(), webtest.Project, "2026-09-20", "office", store.Once{}); err != nil || !made || kept.AsOf != "2026-09-20" {
		t.Errorf("the office's compile: %+v, %t, %v", kept, made, err)
	}
	tr.at(t, "2026-10-01", 12)
	tr.attend(t, "b@example.org", "2026-10-01")
	tr.mark(t)
	tr.night(t, "2026-10-02")
	tr.has(t, "with news", "2026-10-01", "2026-09-01", "2026-09-20", "2026-10-01")
}

// A record that was received after midnight counts from that day on, which the night of that day does not compile yet.
func TestWhatIsReceivedBetweenMidnightAndTheNightIsCompiledTheNightAfter(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.night(t, "2026-09-30")
	tr.at(t, "2026-10-01", 1) // three in the morning in Warsaw
	tr.attend(t, "a@example.org", "2026-10-01")
	tr.mark(t)
	if n := tr.night(t, "2026-10-01"); n != 1 {
		t.Errorf("%d projects are due", n)
	}
	before := tr.days(t)
	if n := tr.night(t, "2026-10-02"); n != 1 {
		t.Errorf("the night after, %d projects are due", n)
	}
	tr.has(t, "the night after", "2026-10-01", append(before, "2026-10-01")...)
	if n := tr.night(t, "2026-10-03"); n != 0 {
		t.Errorf("two nights after, %d projects are due", n)
	}
}

func TestAProjectIsDueWhenAStatusChangesWithTheDay(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.at(t, "2026-09-01", 12)
	tr.define(t, "from: 2001-01-01, to: 2100-12-31", "from: 2026-09-01, to: 2026-09-20") // 1 of 20 people is enough for the first day
	tr.attend(t, "a@example.org", "2026-09-01")
	tr.mark(t)
	tr.night(t, "2026-09-02")
	tr.has(t, "the first day", "2026-09-01", "2026-09-01")
	if n := tr.night(t, "2026-09-03"); n != 1 {
		t.Errorf("%d projects are due when one is behind its plan", n)
	}
	tr.has(t, "the day on which it falls behind", "2026-09-02", "2026-09-01", "2026-09-02")
	for day := 4; day < 22; day++ {
		if n := tr.night(t, time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)); n != 0 {
			t.Errorf("%d projects are due on the %dth", n, day)
		}
	}
	tr.has(t, "after the end", "2026-09-20", "2026-09-01", "2026-09-02")
	tr.at(t, "2026-09-21", 12)
	for day := 22; day < 30; day++ {
		if n := tr.night(t, time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)); n != 0 {
			t.Errorf("%d projects are due after the end", n)
		}
	}
}

func TestTheLastDayOfAReportingPeriodAlwaysHasASnapshot(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.at(t, "2026-09-01", 12)
	tr.define(t, "groups:", "reports: {funder: monthly}\ngroups:")
	tr.night(t, "2026-09-02")
	for day := 3; day <= 30; day++ {
		if n := tr.night(t, time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)); n != 0 {
			t.Errorf("%d projects are due on the %dth", n, day)
		}
	}
	if n := tr.night(t, "2026-10-01"); n != 1 {
		t.Errorf("%d projects are due at the end of the month", n)
	}
	tr.has(t, "at the end of the month", "2026-09-30", "2026-09-01", "2026-09-30")
}

// Reports that a later definition asks for are made of periods that end from then on.
func TestAReportIsNotMadeOfAPeriodThatEndedInIdleNights(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.at(t, "2026-09-20", 12)
	tr.define(t)
	tr.night(t, "2026-09-21")
	for day := 22; day <= 41; day++ {
		tr.night(t, time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	tr.at(t, "2026-10-11", 12)
	tr.define(t, "groups:", "reports: {funder: monthly}\ngroups:")
	tr.night(t, "2026-10-12")
	if reports, err := tr.Reports.Reports(t.Context(), webtest.Project, ""); err != nil || len(reports) != 0 {
		t.Errorf("%v, %v", reports, err)
	}
}

func TestALostMarkIsFoundByTheWeeklyWalk(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.night(t, "2026-09-01") // a project from before there were marks: the first night walks
	tr.has(t, "the first night", "2026-08-31", "2026-08-31")
	tr.night(t, "2026-09-02")
	tr.at(t, "2026-09-02", 12)
	tr.attend(t, "a@example.org", "2026-05-10") // and no mark
	for day := 3; day < 8; day++ {
		if n := tr.night(t, time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)); n != 0 {
			t.Errorf("%d projects are due on the %dth", n, day)
		}
	}
	if n := tr.night(t, "2026-09-08"); n != 1 {
		t.Errorf("a week after the first walk %d projects are due", n)
	}
	tr.has(t, "a week after the first walk", "2026-09-07", "2026-08-31", "2026-09-07")
}

// A place that was asked for is no fact, and the name of a file that does not arrive is kept for 30 days all the same.
func TestAFileThatNeverArrivedIsForgottenInTime(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.night(t, "2026-09-01")
	tr.night(t, "2026-09-02")
	tr.at(t, "2026-09-02", 12)
	asked, err := tr.Uploads.CreateUpload(t.Context(), webtest.Project, uploads.Upload{Owner: "radio", Filename: "anna.csv"}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	var due []string
	for day := 3; day <= 40; day++ {
		date := time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if tr.night(t, date) > 0 {
			due = append(due, date)
		}
		u, err := tr.Uploads.Upload(t.Context(), webtest.Project, asked.ID)
		if err != nil || (u.Filename == "") != (date >= "2026-10-03") {
			t.Errorf("on %s the file is named %q (%v)", date, u.Filename, err)
		}
	}
	// The weekly walk finds the upload, and its date does the rest.
	if want := []string{"2026-09-08", "2026-10-03"}; !slices.Equal(due, want) {
		t.Errorf("due on %v, want %v", due, want)
	}
}

// A file that no record names is no fact, and is removed after a week all the same.
func TestAFileThatNoRecordNamesIsRemovedInTime(t *testing.T) {
	t.Parallel()
	tr := newTracker(t)
	tr.night(t, "2026-09-01")
	tr.night(t, "2026-09-02")
	tr.at(t, "2026-09-02", 12)
	asked, err := tr.Attachments.Create(t.Context(), webtest.Project, attachments.Attachment{By: "staff", Name: "anna.jpg", Size: 5}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	for day := 3; day <= 12; day++ {
		date := time.Date(2026, 9, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		tr.night(t, date)
		_, err := tr.Attachments.Attachment(t.Context(), webtest.Project, asked.ID)
		if gone := store.IsNotFound(err); gone != (date >= "2026-09-10") || err != nil && !gone {
			t.Errorf("on %s the file is gone: %t (%v)", date, gone, err)
		}
	}
}
