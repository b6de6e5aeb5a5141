package peopleweb

import (
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/signups/signupsweb"
	"outreach/internal/web/shape"
)

// The names of these types are, in kebab case, the names of schemas in the API's document: renaming one changes the
// document.

type duplicatePair struct {
	People  []people.PersonView `json:"people"`
	Reason  string              `json:"reason" doc:"The strongest"`
	Reasons []string            `json:"reasons" doc:"All of them, the strongest first"`
}

// personFile is everything held on one person.
type personFile struct {
	people.PersonFields
	Person      wholePerson           `json:"person"`
	Attributes  map[string]any        `json:"attributes" doc:"As they count, those that are known"`
	Corrections []attributesCorrected `json:"corrections" doc:"Of attributes, the oldest first"`
	Signups     []shape.Merged        `json:"signups"`
	Records     []shape.Merged        `json:"records"`
	History     []shape.Merged        `json:"history" doc:"What was ever said in a record about the person, also where it was replaced, voided, or came in a file that was withdrawn"`
	Uploads     []fileRow             `json:"uploads"`
	Merges      []mergeHad            `json:"merges"`
}

type attributesCorrected struct {
	ID         string         `json:"id"`
	At         string         `json:"at" format:"date-time"`
	Attributes map[string]any `json:"attributes" doc:"What was corrected; null where it was taken away"`
	Reason     string         `json:"reason,omitempty" doc:"Why, where one was given"`
}

type wholePerson struct {
	people.PersonFields
	Emails []string            `json:"emails"`
	Pesels []string            `json:"pesels"`
	Keys   map[string][]string `json:"keys,omitempty" doc:"Keys of the project's other kinds, by kind"`
	Phone  string              `json:"phone,omitempty"`
	Was    []string            `json:"was" doc:"Ids that had been theirs"`
}

type personSignup struct {
	signupsweb.View
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
