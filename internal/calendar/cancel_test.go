package calendar

import (
	"strings"
	"testing"
	"time"

	"outreach/internal/project"
)

// The file of a cancellation has the event's id, a later sequence, and says that the event is taken back.
func TestACancelledEventIsTakenBack(t *testing.T) {
	t.Parallel()
	event := Event{ID: "01JZ", Activity: project.Activity{Starts: "2026-07-03"}, Project: &project.Definition{TimeZone: "Europe/Warsaw"}, Language: "en", Made: time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)}
	taken := []string{"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"}
	for _, cancels := range []bool{false, true} {
		event.Cancels = cancels
		text := string(Write(event))
		for _, line := range taken {
			if strings.Contains(text, line+"\r\n") != cancels {
				t.Errorf("cancels %t: %q in\n%s", cancels, line, text)
			}
		}
		if !strings.Contains(text, "UID:01JZ\r\n") || !strings.Contains(text, "DTSTART") {
			t.Errorf("another event:\n%s", text)
		}
	}
}
