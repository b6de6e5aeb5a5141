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

type duplicatePair struct {
	People  []people.PersonView `json:"people"`
	Reason  string              `json:"reason" doc:"The strongest"`
	Reasons []string            `json:"reasons" doc:"All of them, the strongest first"`
}

// personFile is everything held on one person.
type personFile struct {
	people.PersonView
	Person  wholePerson    `json:"person"`
	Signups []shape.Merged `json:"signups"`
	Records []shape.Merged `json:"records"`
	History []shape.Merged `json:"history" doc:"What was ever said in a record about the person, also where it was replaced, voided, or came in a file that was withdrawn"`
	Uploads []fileRow      `json:"uploads"`
	Merges  []mergeHad     `json:"merges"`
}

type wholePerson struct {
	people.PersonView
	Emails []string `json:"emails"`
	Pesels []string `json:"pesels"`
	Phone  string   `json:"phone,omitempty"`
	Was    []string `json:"was" doc:"Ids that had been theirs"`
}

type personSignup struct {
	signupView
	Sent     []map[string]string `json:"sent" doc:"What each sending of the form said of who it is"`
	Sendings []shape.Merged      `json:"sendings" doc:"What each sending of the form said, attributes and consents too"`
	States   []stateHad          `json:"states"`
}

type sending struct {
	ID          string `json:"id"`
	ReceivedAt  string `json:"received_at" format:"date-time"`
	SubmittedAt string `json:"submitted_at" format:"date-time"`
	Upload      string `json:"upload,omitempty" doc:"The file it came in"`
	Row         int    `json:"row,omitempty" doc:"The file's row"`
}

type stateHad struct {
	State string `json:"state" enum:"accepted,waitlisted,held,cancelled"`
	At    string `json:"at" format:"date-time"`
}

type personRecord struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Upload string `json:"upload,omitempty" doc:"The file it came in"`
	Row    int    `json:"row,omitempty" doc:"The file's row"`
}

type versionHad struct {
	Record  string `json:"record" doc:"The record's id"`
	Of      string `json:"of" doc:"Its kind"`
	Version int    `json:"version,omitempty"`
	At      string `json:"at" format:"date-time"`
	Void    bool   `json:"void"`
	Reason  string `json:"reason,omitempty" doc:"Why, where one was given"`
	Upload  string `json:"upload,omitempty" doc:"The file it came in"`
	Row     int    `json:"row,omitempty" doc:"The file's row"`
}

type fileRow struct {
	ID    string `json:"id" doc:"A file in which the person stands"`
	Kind  string `json:"kind" doc:"Of the file"`
	State string `json:"state" doc:"Of the file"`
	Row   int    `json:"row" doc:"The file's row"`
}

type mergeHad struct {
	ID   string `json:"id" doc:"What had been the person's id"`
	Into string `json:"into" doc:"The id since"`
	At   string `json:"at" format:"date-time"`
}

type mergePreview struct {
	From       mergeSide   `json:"from"`
	Into       mergeSide   `json:"into"`
	Result     mergeSide   `json:"result"`
	Collisions []collision `json:"collisions"`
}

type mergeSide struct {
	Person  people.PersonView `json:"person"`
	Emails  int               `json:"emails" doc:"How many addresses lead to them"`
	Pesels  int               `json:"pesels" doc:"How many PESELs do"`
	Signups int               `json:"signups" doc:"How many sign-ups they have"`
	Records int               `json:"records" doc:"How many records are about them"`
}

type erasurePreview struct {
	Person  people.PersonView `json:"person"`
	Goes    map[string]int    `json:"goes" doc:"How much is removed: keys, forms, attributes, texts, files"`
	Stays   map[string]int    `json:"stays" doc:"How much stays: signups, records, rows of files"`
	Figures []touchedFigure   `json:"figures" doc:"Figures of later snapshots that may change"`
}

type touchedFigure struct {
	Code      string       `json:"code" doc:"The indicator's, empty for the participants"`
	Label     project.Text `json:"label"`
	Rule      bool         `json:"rule" doc:"Its rule asks for what goes"`
	Breakdown bool         `json:"breakdown" doc:"It is broken down by what goes"`
}

type erased struct {
	ID    string `json:"id" doc:"The id that was theirs"`
	State string `json:"state" enum:"erased"`
}

type toldApart struct {
	ID    string `json:"id" doc:"The one"`
	From  string `json:"from" doc:"The other"`
	State string `json:"state" enum:"apart"`
}
