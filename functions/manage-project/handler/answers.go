package handler

import (
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/web/shape"
)

// identity are the fields of a sign-up that say who somebody is; an answer has them in `person`.
var identity = []string{"first_name", "last_name", "email", "pesel"}

// signupView is what an answer tells of a sign-up beside the fields of its form.
type signupView struct {
	ID          string            `json:"id"`
	Person      people.PersonView `json:"person"`
	Activity    string            `json:"activity"`
	State       string            `json:"state" enum:"accepted,waitlisted,held,cancelled"`
	SubmittedAt string            `json:"submitted_at" format:"date-time"`
	Entries     int               `json:"entries" doc:"How often the form was sent"`
	Consent     string            `json:"consent_version,omitempty" format:"date" doc:"Since when the form had said what it said on the use of data: which words the person agreed to"`
	Upload      string            `json:"upload,omitempty" doc:"The file it came in"`
}

type activityLine struct {
	ID         string       `json:"id"`
	Label      project.Text `json:"label"`
	Place      string       `json:"place,omitempty"`
	Starts     string       `json:"starts,omitempty" doc:"A day, or an instant"`
	Ends       string       `json:"ends,omitempty" doc:"A day, or an instant"`
	Capacity   int          `json:"capacity,omitempty" doc:"How many places there are; left out where there is no limit"`
	Accepted   int          `json:"accepted"`
	Waitlisted int          `json:"waitlisted"`
	Held       int          `json:"held"`
}

type activityView struct {
	activityLine
	Items []participantLine `json:"items"`
	Next  *string           `json:"next" doc:"The cursor of the next page"`
}

type participantLine struct {
	Person  people.PersonView `json:"person"`
	Signup  string            `json:"signup" doc:"The sign-up's id"`
	State   string            `json:"state" enum:"accepted,waitlisted,held,cancelled"`
	Days    []string          `json:"days" format:"date"`
	Hours   *float64          `json:"hours,omitempty" doc:"Of all days"`
	Outcome string            `json:"outcome,omitempty" doc:"How it ended: completed where any day says so, else withdrew where any does"`
	Tests   []map[string]any  `json:"tests"`
}

type attendanceList struct {
	Activity string         `json:"activity" doc:"The activity's id"`
	Date     *string        `json:"date"`
	Items    []listedPerson `json:"items"`
	Next     *string        `json:"next" doc:"The cursor of the next page"`
}

type listedPerson struct {
	Person people.PersonView `json:"person"`
}

type certificate struct {
	Person people.PersonView `json:"person"`
	Number string            `json:"number" doc:"The same whenever it is printed"`
	Hours  *float64          `json:"hours,omitempty" doc:"Of all days"`
	From   string            `json:"from" format:"date"`
	To     string            `json:"to" format:"date"`
}

type sheetView struct {
	Activity string         `json:"activity" doc:"The activity's id"`
	Date     string         `json:"date" format:"date"`
	Items    []shape.Merged `json:"items"`
	Next     *string        `json:"next" doc:"The cursor of the next page"`
}

// sheetLine is a row of a sheet beside the fields of its record.
type sheetLine struct {
	Person  people.PersonView `json:"person"`
	Version string            `json:"version" doc:"What held, to be sent back; empty where there was nothing"`
	Upload  string            `json:"upload,omitempty" doc:"The file that says so"`
	Row     int               `json:"row,omitempty" doc:"The file's row"`
}

// sheetSent is the body that saves a sheet.
type sheetSent struct {
	Date string     `json:"date" format:"date"`
	Rows []struct{} `json:"rows"`
}

// sheetSentLine is a row of it beside the fields of its record.
type sheetSentLine struct {
	Person  schema.PersonRef `json:"person"`
	Version string           `json:"version,omitempty" doc:"As it was answered; without it, whatever holds now is replaced"`
}

type decided struct {
	ID    string `json:"id" doc:"The snapshot's id"`
	State string `json:"state" enum:"approved,rejected"`
}
