package calendar

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"outreach/internal/project"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	d := &project.Definition{TimeZone: "Europe/Warsaw", Title: project.Text{"pl": "Zielone podwórka", "en": "Green yards"}}
	for _, tt := range []struct {
		name     string
		activity project.Activity
		want     []string
		not      []string
	}{
		{"with hours", project.Activity{Starts: "2026-07-03T17:00:00+02:00", Ends: "2026-07-03T19:00:00+02:00"}, []string{"DTSTART:20260703T150000Z", "DTEND:20260703T170000Z"}, nil},
		{"without an end", project.Activity{Starts: "2026-07-03T17:00:00+02:00"}, []string{"DTSTART:20260703T150000Z"}, []string{"DTEND"}},
		{"a day", project.Activity{Starts: "2026-07-03"}, []string{"DTSTART;VALUE=DATE:20260703", "DTEND;VALUE=DATE:20260704"}, nil},
		{"days", project.Activity{Starts: "2026-12-31", Ends: "2027-01-02"}, []string{"DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270103"}, nil},
		{"days that end at an hour", project.Activity{Starts: "2026-07-03", Ends: "2026-07-05T00:30:00+02:00"}, []string{"DTSTART;VALUE=DATE:20260703", "DTEND;VALUE=DATE:20260706"}, nil},
		{"an hour, and a last day", project.Activity{Starts: "2026-07-03T17:00:00+02:00", Ends: "2026-07-05"}, []string{"DTSTART:20260703T150000Z", "DTEND:20260705T220000Z"}, nil},
		{"where the clocks are put back", project.Activity{Starts: "2026-10-24", Ends: "2026-10-25"}, []string{"DTSTART;VALUE=DATE:20261024", "DTEND;VALUE=DATE:20261026"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.activity.Label = project.Text{"pl": "Kompost, gnojówka; i co dalej? \\ Zażółć gęślą jaźń, zażółć gęślą jaźń, zażółć gęślą jaźń\nDrugi wiersz"}
			tt.activity.Place = "Dom Kultury, ul. Lipowa 3"
			text := string(Write(Event{ID: "01JZ@x", Activity: tt.activity, Project: d, Language: "pl", Made: time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC), Link: "https://x.example.org/demo"}))
			for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
				if len(line) > 75 || !utf8.ValidString(line) || strings.Contains(line, "\n") {
					t.Errorf("line of %d bytes: %q", len(line), line)
				}
			}
			whole := strings.ReplaceAll(text, "\r\n ", "")
			want := append([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "UID:01JZ@x", "DTSTAMP:20260601T100000Z", `LOCATION:Dom Kultury\, ul. Lipowa 3`, "URL:https://x.example.org/demo",
				`SUMMARY:Kompost\, gnojówka\; i co dalej? \\ Zażółć gęślą jaźń\, zażółć gęślą jaźń\, zażółć gęślą jaźń\nDrugi wiersz`, "DESCRIPTION:Zielone podwórka"}, tt.want...)
			for _, w := range want {
				if !strings.Contains(whole, w+"\r\n") {
					t.Errorf("no %q in\n%s", w, whole)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(whole, not) {
					t.Errorf("%q in\n%s", not, whole)
				}
			}
		})
	}
	if got := Write(Event{ID: "1", Project: d, Activity: project.Activity{}}); got != nil {
		t.Errorf("an activity without a start has a file:\n%s", got)
	}
}
