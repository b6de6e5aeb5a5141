// Package calendar writes activities as iCalendar files (RFC 5545).
package calendar

import (
	"time"

	ics "github.com/arran4/golang-ical"

	"outreach/internal/project"
)

// MediaType is the media type of an iCalendar file.
const MediaType = "text/calendar; charset=utf-8"

// Event is an activity as an event of a calendar. A later file with the same ID updates the event.
type Event struct {
	ID       string
	Activity project.Activity
	Project  *project.Definition
	Language string
	Link     string    // a page about the activity; optional
	Made     time.Time // the time of writing
	Cancels  bool      // the event is taken back
}

// Cancelled is the media type of an iCalendar file that takes an event back.
const Cancelled = MediaType + "; method=CANCEL"

// Write returns the file, of an event or of its cancellation, or nil if the activity has no start.
func Write(e Event) []byte {
	if e.Activity.Starts == "" {
		return nil
	}
	zone := e.Project.Location()
	starts, day := moment(e.Activity.Starts, zone)
	ends, lastDay := moment(e.Activity.Ends, zone)

	calendar := ics.NewCalendarFor("outreach")
	event := calendar.AddEvent(e.ID)
	if e.Cancels {
		calendar.SetMethod(ics.MethodCancel)
		event.SetStatus(ics.ObjectStatusCancelled)
		event.SetSequence(1) // that of the event is 0
	}
	event.SetDtStampTime(e.Made.UTC())
	event.SetSummary(e.Activity.Label.In(e.Language))
	event.SetDescription(e.Project.Title.In(e.Language))
	if e.Activity.Place != "" {
		event.SetLocation(e.Activity.Place)
	}
	if e.Link != "" {
		event.SetURL(e.Link)
	}
	switch {
	case day:
		event.SetAllDayStartAt(starts)
		if e.Activity.Ends == "" {
			ends = starts
		}
		event.SetAllDayEndAt(ends.In(zone).AddDate(0, 0, 1)) // the first day after
	case e.Activity.Ends == "":
		event.SetStartAt(starts)
	default:
		if lastDay {
			ends = ends.AddDate(0, 0, 1)
		}
		event.SetStartAt(starts)
		event.SetEndAt(ends)
	}
	return []byte(calendar.Serialize(ics.WithNewLineWindows))
}

// moment parses an instant or a whole day, which must be valid.
func moment(text string, zone *time.Location) (at time.Time, day bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, false
	}
	at, err := time.ParseInLocation(time.DateOnly, text, zone)
	return at, err == nil
}
