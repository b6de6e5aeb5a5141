// Package calendar writes an activity as iCalendar (RFC 5545), for the calendars of those who signed up.
package calendar

import (
	"time"

	ics "github.com/arran4/golang-ical"

	"outreach/internal/project"
)

// MediaType is what an iCalendar file is called, in HTTP as in letters.
const MediaType = "text/calendar; charset=utf-8"

// Event is an activity in somebody's calendar. The same ID in a later file is the same event, changed.
type Event struct {
	ID       string
	Activity project.Activity
	Project  *project.Definition
	Language string
	Link     string    // where more is told; optional
	Made     time.Time // when the file is made
}

// Write gives the file, or nil where the activity does not say when it begins.
func Write(e Event) []byte {
	if e.Activity.Starts == "" {
		return nil
	}
	zone := e.Project.Location()
	starts, day := moment(e.Activity.Starts, zone)
	ends, lastDay := moment(e.Activity.Ends, zone)

	calendar := ics.NewCalendarFor("outreach")
	event := calendar.AddEvent(e.ID)
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

// moment reads a checked moment: an instant, or a whole day.
func moment(text string, zone *time.Location) (at time.Time, day bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, false
	}
	at, err := time.ParseInLocation(time.DateOnly, text, zone)
	return at, err == nil
}
