// Package fact defines the facts of a project, the append-only log that stores them, and the packs of rows of files.
// The log has several lanes, each numbered without gaps. Facts refer to people by random ids only.
package fact

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/schema"
)

// Lanes is the number of lanes of a project's log.
const Lanes = 8

// Kinds of facts, as they are stored. The data of a kind has the type of its name, such as RecordEntered; the data of
// KindSignup is a Signup.
const (
	KindSignup           = "signup.submitted"
	KindSignupMoved      = "signup.moved"
	KindRecordEntered    = "record.said"
	KindRecordVoided     = "record.voided"
	KindUploadAccepted   = "upload.accepted"
	KindUploadWithdrawn  = "upload.withdrawn"
	KindUploadRejected   = "upload.rejected"
	KindUploadFinished   = "upload.finished"
	KindPersonMerged     = "person.merged"
	KindPeopleDistinct   = "people.apart"
	KindPersonErased     = "person.erased"
	KindPersonCorrected  = "person.corrected"
	KindPersonAttributes = "person.attributes"
	KindPersonAsked      = "person.asked"
	KindPersonViewed     = "person.viewed"
	KindPeopleExported   = "people.exported"
	KindDataPurged       = "data.purged"
	KindDefinitionSet    = "definition.set"
	KindSnapshotCompiled = "snapshot.compiled"
	KindSnapshotDecided  = "snapshot.decided"
	KindIndicatorSaid    = "indicator.said"
	KindSourceSet        = "source.set"
	KindSourceRemoved    = "source.removed"
	KindSourceSecret     = "source.secret"
	KindAccessSet        = "access.set"

	KindDeliveryRefused   = "delivery.refused"
	KindDeliveryDiscarded = "delivery.discarded"

	KindReportDue      = "report.due"
	KindAttentionNoted = "attention.noted"
)

// Kinds lists all kinds of facts in the order of the filter on the audit page.
var Kinds = []string{
	KindSignup, KindSignupMoved, KindRecordEntered, KindRecordVoided, KindUploadAccepted, KindUploadRejected, KindUploadFinished, KindUploadWithdrawn, KindPersonCorrected, KindPersonAttributes, KindPersonAsked, KindPersonViewed, KindPeopleExported, KindPersonMerged,
	KindPeopleDistinct, KindPersonErased, KindDataPurged, KindDefinitionSet, KindSourceSet, KindSourceRemoved, KindSourceSecret, KindAccessSet, KindDeliveryRefused, KindDeliveryDiscarded, KindIndicatorSaid, KindSnapshotCompiled, KindSnapshotDecided, KindReportDue, KindAttentionNoted,
}

// Fact is one event. Lane and Number are assigned when it is written and imply no order between lanes: where order
// matters, Data has it.
type Fact struct {
	ID     string          `json:"id"` // ULID
	Kind   string          `json:"kind"`
	At     time.Time       `json:"at"`           // when it was received, UTC
	By     string          `json:"by,omitempty"` // the random id of a staff member; "" for the public and the schedule
	Data   json.RawMessage `json:"data"`
	Lane   int             `json:"-"`
	Number int64           `json:"-"`
}

// Heads is a position in the log: the last number read in each lane, 0 where none was. Numbers begin at 1.
type Heads [Lanes]int64

// Signup is the submission of a sign-up form. A repeated submission for a live sign-up has the same Signup id and
// another Entry: it changes nothing, except that it may be the first to give an attribute.
type Signup struct {
	Signup    string        `json:"signup"`
	Entry     string        `json:"entry"` // ULID of this submission
	Person    string        `json:"person"`
	Submitted time.Time     `json:"submitted_at"`
	Schema    int           `json:"schema,omitempty"`  // the version of the schema
	Values    schema.Values `json:"row"`               // sealed
	Derived   schema.Values `json:"derived,omitzero"`  // attributes that follow from a PESEL, where no record gives them
	State     string        `json:"state,omitempty"`   // accepted, waitlisted, held or undecided; "" of a repeated submission
	Full      bool          `json:"full,omitempty"`    // whether a new sign-up had to wait for a place: for the letter
	Confirm   bool          `json:"confirm,omitempty"` // whether the letter asks to confirm the address
	Upload    string        `json:"upload,omitempty"`  // the file it came in, if any: it counts once the file is accepted
	Line      int           `json:"line,omitempty"`    // the file's row
}

// FirstState returns the state with which the sign-up began: an undecided one is held. It is "" for a repeated
// submission.
func (s Signup) FirstState() string { return shownState(s.State) }

// NewState returns the state to which the sign-up was moved: an undecided one is held.
func (m SignupMoved) NewState() string { return shownState(m.State) }

func shownState(state string) string {
	if state == schema.Undecided {
		return schema.Held
	}
	return state
}

// SignupMoved is a change of a sign-up's state. The highest Version counts; the first state, in Signup, is Version 1.
type SignupMoved struct {
	Signup  string `json:"signup"`
	Version int    `json:"version"`
	State   string `json:"state"`
	From    string `json:"from,omitempty"`   // held, of a sign-up on which the office has decided
	Joined  string `json:"joined,omitempty"` // the sign-up of the same person that stays, where this one ends for it
	// Confirmed is set where the person has confirmed the address: the sign-up is then answered as a new one is that
	// need not be confirmed. Full is as in Signup.
	Confirmed bool `json:"confirmed,omitempty"`
	Full      bool `json:"full,omitempty"`
}

// RecordEntered is a version of a record that staff entered. The highest Version counts, unless RecordVoided has a
// higher one.
type RecordEntered struct {
	Record  string        `json:"record"`
	Version int           `json:"version"`
	Kind    string        `json:"kind"`
	Person  string        `json:"person,omitempty"`
	Partner string        `json:"partner,omitempty"` // the partner who typed it, "" for others
	Schema  int           `json:"schema,omitempty"`  // the version of the schema
	Values  schema.Values `json:"row"`               // sealed
	Derived schema.Values `json:"derived,omitzero"`  // attributes that follow from a PESEL, where no record gives them
}

// RecordVoided says that a record that staff entered no longer counts.
type RecordVoided struct {
	Record  string `json:"record"`
	Version int    `json:"version"`
}

// UploadAccepted says that a file counts from now on. Its rows are stored under the upload, in packs numbered from 0.
type UploadAccepted struct {
	Upload  string    `json:"upload"`
	Kind    string    `json:"kind"`
	Owner   string    `json:"owner"`   // the partner's id, or "coordinator"
	Object  string    `json:"object"`  // its key; it has a file name only where a partner's own system chose the key
	Arrived time.Time `json:"arrived"` // orders files and records by time; ties by Object
	Rows    int       `json:"rows"`
	Packs   int       `json:"packs"`
	SHA256  string    `json:"sha256"`
}

// UploadWithdrawn says that an accepted file no longer counts.
type UploadWithdrawn struct {
	Upload string `json:"upload"`
}

// UploadRejected says that a file was rejected. The file never counted: the fact only triggers a letter.
type UploadRejected struct {
	Upload string `json:"upload"`
}

// UploadFinished says that a file was done with that says nothing itself: it was only checked, or has the same bytes as
// another. The fact only triggers webhooks.
type UploadFinished struct {
	Upload string `json:"upload"`
}

// PersonMerged says that Person is the same person as Into, whose id stays.
type PersonMerged struct {
	Person string `json:"person"`
	Into   string `json:"into"`
}

// PeopleDistinct says that two probable duplicates are two people.
type PeopleDistinct struct {
	Person string `json:"person"`
	Other  string `json:"other"`
}

// PersonErased says that a person was erased: their facts have a pseudonym and no attributes.
type PersonErased struct {
	Person string `json:"person"` // the pseudonym
}

// PersonCorrected says that a coordinator corrected a person's identity.
type PersonCorrected struct {
	Person string   `json:"person"`
	Fields []string `json:"fields"` // the names of the changed fields, such as email
}

// PersonAttributes says that a coordinator corrected attributes of a person, or that the person answered a question. A
// snapshot of any day counts the person with them, whatever forms say; of several corrections of an attribute the last
// counts, by the time of the fact, then its id.
type PersonAttributes struct {
	Person  string        `json:"person"`
	Schema  int           `json:"schema,omitempty"`  // the version of the schema
	Values  schema.Values `json:"row"`               // the corrected attributes
	Cleared []string      `json:"cleared,omitempty"` // attributes that were taken away
}

// PersonAsked says that the office sends a person a question for attributes that they lack.
type PersonAsked struct {
	Person     string   `json:"person"`
	Question   string   `json:"question"`
	Attributes []string `json:"attributes"`
}

// PersonViewed says that a member of the staff looked at a person, once in an hour of such looks.
type PersonViewed struct {
	Person string `json:"person"`
}

// What a member of the staff exported.
const (
	ExportedPerson  = "person"  // everything held on one person
	ExportedSignups = "signups" // the list of sign-ups
	ExportedPeople  = "people"  // the register of participants, or a list in another system's form
	ExportedArchive = "archive" // everything of the project
	ExportedRecords = "records" // a list of records about people
)

// PeopleExported says that a member of the staff exported data about people.
type PeopleExported struct {
	What   string `json:"what"`             // ExportedPerson or another list
	Person string `json:"person,omitempty"` // of ExportedPerson
}

// DataPurged says that a class of data was deleted because its retention has ended.
type DataPurged struct {
	Class string `json:"class"` // people, texts or originals
	Day   string `json:"day"`   // the last day for which it was kept
}

// DefinitionSet says that a version of the definition is in force.
type DefinitionSet struct {
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
}

// SnapshotCompiled says that a snapshot was compiled, and all by which it can be compiled again. Facts from before
// snapshots were sealed have the first three members alone.
type SnapshotCompiled struct {
	Snapshot   string  `json:"snapshot"`
	AsOf       string  `json:"as_of"`
	Hash       string  `json:"hash"`
	Root       string  `json:"root,omitempty"` // of the evidence
	KnownAt    string  `json:"known_at,omitempty"`
	Version    int     `json:"version,omitempty"` // of the definition
	SHA256     string  `json:"sha256,omitempty"`  // of the definition
	Supersedes *string `json:"supersedes,omitempty"`
	Heads      *Heads  `json:"heads,omitempty"` // the last facts that it counts
}

// IndicatorSaid says a value of an indicator that is not counted. The latest day counts, and of one day what was said
// last.
type IndicatorSaid struct {
	Indicator string `json:"indicator"` // its code
	AsOf      string `json:"as_of"`
	Value     string `json:"value"`          // a number in canonical form, or one of the indicator's scale
	Note      string `json:"note,omitempty"` // sealed
}

// SourceSet says that a version of a source holds from now on, or that this version took the source away, or that the
// secret of its hook was replaced.
type SourceSet struct {
	Source  string `json:"source"`           // its id
	Version int    `json:"version"`          // of a secret its number
	SHA256  string `json:"sha256,omitempty"` // of the text
}

// AccessSet says which roles the tracker's own list gives a member of the staff from now on.
type AccessSet struct {
	Member string   `json:"member"`           // the staff id
	Roles  []string `json:"roles"`            // empty: off the list
	Before []string `json:"before,omitempty"` // the roles that they replace
}

// Delivery says that what another form tool sent could not be taken and waits for the office, or that it was discarded.
type Delivery struct {
	Source   string `json:"source"` // its id
	Delivery string `json:"delivery"`
}

// SnapshotDecided says that a snapshot was approved or rejected.
type SnapshotDecided struct {
	Snapshot string `json:"snapshot"`
	State    string `json:"state"`
	Seal     string `json:"seal,omitempty"`     // of an approved one
	Previous string `json:"previous,omitempty"` // the snapshot that was approved before
}

// ReportDue says that a reporting period has ended, and which snapshot reports on it.
type ReportDue struct {
	Snapshot string `json:"snapshot"`
	Day      string `json:"day"`
}

// AttentionNoted has the numbers of tasks that wait for coordinators, as package attention counts them.
type AttentionNoted struct {
	Day    string          `json:"day"`
	Counts json.RawMessage `json:"counts"`
}

// Line is one row of a file as it is stored in a pack.
type Line struct {
	Row    int        `json:"n"`           // see LineNumber; from 2 on
	Person string     `json:"p,omitempty"` // the id of the person it is about
	Values schema.Row `json:"v"`           // sealed, in the order of the pack's fields
	// Derived has attributes that follow from a PESEL, where no record gives them.
	Derived schema.Values `json:"d,omitzero"`
}

// AppendJSON appends the line as json.Marshal writes it. A file has many lines, and reflection would take most of the
// time.
func (l Line) AppendJSON(to []byte) []byte {
	to = strconv.AppendInt(append(to, `{"n":`...), int64(l.Row), 10)
	if l.Person != "" {
		to = schema.AppendJSON(append(to, `,"p":`...), l.Person)
	}
	end := []byte("}")
	if len(l.Derived.All()) > 0 {
		derived, _ := l.Derived.MarshalJSON() // texts always marshal
		end = append(append([]byte(`,"d":`), derived...), '}')
	}
	if l.Values == nil {
		return append(append(to, `,"v":null`...), end...)
	}
	to = append(to, `,"v":[`...)
	for i, text := range l.Values {
		if i > 0 {
			to = append(to, ',')
		}
		to = schema.AppendJSON(to, text)
	}
	return append(append(to, ']'), end...)
}

// Pack is some rows of a file, in file order. It names its fields once, and each row has its values in that order; a
// shorter row has no values for the rest. It does not depend on the order of a kind's fields.
type Pack struct {
	Schema int      `json:"schema"`
	Fields []string `json:"fields"`
	Lines  []Line   `json:"lines"`
}

// NewPack returns an empty pack with a kind's fields in their present order.
func NewPack(k *schema.Kind) Pack {
	p := Pack{Schema: schema.SchemaVersion, Fields: make([]string, len(k.Fields))}
	for i := range k.Fields {
		p.Fields[i] = k.Fields[i].Name
	}
	return p
}

// ReadPack decodes a stored pack of a kind. Version 0 of the schema stored only the list of lines.
func ReadPack(data []byte, kind string) (Pack, error) {
	var p Pack
	if len(data) > 0 && data[0] == '[' {
		p.Fields = schema.FieldsOfVersion0(kind)
		return p, json.Unmarshal(data, &p.Lines)
	}
	return p, json.Unmarshal(data, &p)
}

// In returns the lines with their values in the order of a kind's fields. Values of fields that the kind lacks are
// left out.
func (p Pack) In(k *schema.Kind) []Line {
	places := p.Places(k)
	out := make([]Line, len(p.Lines))
	for i, l := range p.Lines {
		row := make(schema.Row, len(k.Fields))
		for j, value := range l.Values {
			if j < len(places) && places[j] >= 0 {
				row[places[j]] = value
			}
		}
		out[i] = Line{Row: l.Row, Person: l.Person, Values: row, Derived: l.Derived}
	}
	return out
}

// Erased returns what stays of a row of the pack when its person is erased: see schema.Kind.Erased.
func (p Pack) Erased(k *schema.Kind, row schema.Row) schema.Row {
	named := map[string]string{}
	for i, text := range row {
		if i < len(p.Fields) {
			named[p.Fields[i]] = text
		}
	}
	left := k.Erased(schema.ValuesOf(named))
	out := make(schema.Row, len(row))
	for i := range row {
		if i < len(p.Fields) {
			out[i] = left.Get(p.Fields[i])
		}
	}
	return out
}

// Places returns the index of each of the pack's fields in a kind's rows, -1 where the kind lacks the field.
func (p Pack) Places(k *schema.Kind) []int {
	out := make([]int, len(p.Fields))
	for i, id := range p.Fields {
		out[i] = k.Index(id)
	}
	return out
}

// rowBits is how many bits of a Line's number are the row's: no spreadsheet has more rows.
const rowBits = 21

// LineNumber returns the number of a row of a file: unique in the file, and in its order. Of the first sheet that is
// read it is the row's own number. It fits into 31 bits if there are at most 1000 sheets.
func LineNumber(sheet, row int) int { return sheet<<rowBits | row }

// RowOf returns the number that a row has in its sheet, from its number in the file.
func RowOf(line int) int { return line & (1<<rowBits - 1) }

// SheetOf returns the place of a row's sheet among those that were read, from its number in the file.
func SheetOf(line int) int { return line >> rowBits }

// LineID returns the id of the record of a file's row: a ULID derived from the upload, its arrival and the row's
// number, always the same. The ids of a file sort in the order of its rows.
func LineID(upload string, arrived time.Time, row int) string {
	return LineULID(upload, arrived, row).String()
}

// LineULID returns LineID in binary form.
func LineULID(upload string, arrived time.Time, row int) (id ulid.ULID) {
	sum := sha256.Sum256([]byte(upload))
	_ = id.SetTime(uint64(max(arrived.UnixMilli(), 0)))
	copy(id[6:], sum[:])
	binary.BigEndian.PutUint32(id[12:], uint32(row))
	return id
}

// New returns a fact with the JSON of data. It fails only where data cannot be encoded.
func New(id, kind string, at time.Time, by string, data any) (Fact, error) {
	encoded, err := json.Marshal(data)
	if err != nil {
		return Fact{}, fmt.Errorf("fact %s: %w", kind, err)
	}
	return Fact{ID: id, Kind: kind, At: at.UTC(), By: by, Data: encoded}, nil
}
