// Package fact is the one envelope of what happened, and the log in which it is kept. Facts are only added, lie in a few
// lanes numbered without gaps, and say who someone is by random ids alone.
package fact

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/schema"
)

// Lanes is the number of lanes a project's facts lie in.
const Lanes = 8

// Kinds of facts.
const (
	KindSignup           = "signup.submitted"
	KindSignupMoved      = "signup.moved"
	KindSaid             = "record.said"
	KindVoided           = "record.voided"
	KindUploadAccepted   = "upload.accepted"
	KindUploadWithdrawn  = "upload.withdrawn"
	KindUploadRejected   = "upload.rejected"
	KindPersonMerged     = "person.merged"
	KindPeopleApart      = "people.apart"
	KindPersonErased     = "person.erased"
	KindPersonCorrected  = "person.corrected"
	KindDataPurged       = "data.purged"
	KindDefinitionSet    = "definition.set"
	KindSnapshotCompiled = "snapshot.compiled"
	KindSnapshotDecided  = "snapshot.decided"
	KindReportDue        = "report.due"
	KindAttentionNoted   = "attention.noted"
)

// Kinds are all kinds of facts, in the order in which people are offered them.
var Kinds = []string{
	KindSignup, KindSignupMoved, KindSaid, KindVoided, KindUploadAccepted, KindUploadRejected, KindUploadWithdrawn, KindPersonCorrected, KindPersonMerged,
	KindPeopleApart, KindPersonErased, KindDataPurged, KindDefinitionSet, KindSnapshotCompiled, KindSnapshotDecided, KindReportDue, KindAttentionNoted,
}

// Fact is something that happened. Its place (lane and number) is given when it is written and means no order: where
// order matters it is said in Data.
type Fact struct {
	ID     string          `json:"id"` // ULID
	Kind   string          `json:"kind"`
	At     time.Time       `json:"at"`           // when it was received
	By     string          `json:"by,omitempty"` // who of the staff: a random id; "" where it was the public or the schedule
	Data   json.RawMessage `json:"data"`
	Lane   int             `json:"-"`
	Number int64           `json:"-"`
}

// Heads says up to which number, the last included, facts were read in each lane; 0: none. Numbers begin at 1.
type Heads [Lanes]int64

// Signup says that a person signed up. A form sent again for a live sign-up is a Signup of the same Signup id with the
// next Entry: it changes nothing but may be the first to give an attribute.
type Signup struct {
	Signup    string        `json:"signup"`
	Entry     string        `json:"entry"` // ULID of this sending
	Person    string        `json:"person"`
	Submitted time.Time     `json:"submitted_at"`
	Schema    int           `json:"schema,omitempty"` // the version of the schema
	Values    schema.Values `json:"row"`              // sealed
	State     string        `json:"state,omitempty"`  // accepted, waitlisted or held; "" where the sign-up was there before
	Upload    string        `json:"upload,omitempty"` // the file it came in: it counts once that is accepted
	Line      int           `json:"line,omitempty"`   // the file's row
}

// SignupMoved says that a sign-up got another state. Of several the highest Version counts; the first state is Version 1.
type SignupMoved struct {
	Signup  string `json:"signup"`
	Version int    `json:"version"`
	State   string `json:"state"`
}

// Said says that a typed record holds, from Version on. Of several versions the highest counts.
type Said struct {
	Record  string        `json:"record"`
	Version int           `json:"version"`
	Kind    string        `json:"kind"`
	Person  string        `json:"person,omitempty"`
	Schema  int           `json:"schema,omitempty"` // the version of the schema
	Values  schema.Values `json:"row"`              // sealed
}

// Voided says that a typed record no longer holds.
type Voided struct {
	Record  string `json:"record"`
	Version int    `json:"version"`
}

// Uploaded says that a file counts. Its rows lie under the upload, in packs numbered from 0.
type Uploaded struct {
	Upload  string    `json:"upload"`
	Kind    string    `json:"kind"`
	Owner   string    `json:"owner"`   // the partner's id, or "coordinator"
	Object  string    `json:"object"`  // its key, which tells no file name but where a partner's own system chose the key
	Arrived time.Time `json:"arrived"` // order between files and typed records is by this, then Object
	Rows    int       `json:"rows"`
	Packs   int       `json:"packs"`
	SHA256  string    `json:"sha256"`
}

// Withdrawn says that a file no longer counts.
type Withdrawn struct {
	Upload string `json:"upload"`
}

// Rejected says that a file was rejected. It never counted: the fact only calls for a letter.
type Rejected struct {
	Upload string `json:"upload"`
}

// Merged says that two ids are one person's.
type Merged struct {
	Person string `json:"person"`
	Into   string `json:"into"`
}

// Apart says that two people who look like one are two.
type Apart struct {
	Person string `json:"person"`
	Other  string `json:"other"`
}

// Erased says that a person's facts were rewritten to a fresh id without attributes.
type Erased struct {
	Person string `json:"person"` // the fresh id
}

// Corrected says that the office corrected what is known of who somebody is.
type Corrected struct {
	Person string   `json:"person"`
	Fields []string `json:"fields"` // the names of what was corrected, such as email
}

// Purged says that a class of data was removed, for the definition keeps it no longer.
type Purged struct {
	Class string `json:"class"` // people, texts or originals
	Day   string `json:"day"`   // the last day for which it was kept
}

// Defined says that a version of the definition holds.
type Defined struct {
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
}

// Compiled says that a snapshot was made, Decided what was decided of one.
type Compiled struct {
	Snapshot string `json:"snapshot"`
	AsOf     string `json:"as_of"`
	Hash     string `json:"hash"`
}

// Decided says that a snapshot was approved or rejected.
type Decided struct {
	Snapshot string `json:"snapshot"`
	State    string `json:"state"`
}

// ReportDue says that a reporting period has ended, and which snapshot is its report.
type ReportDue struct {
	Snapshot string `json:"snapshot"`
	Day      string `json:"day"`
}

// AttentionNoted says that something waits for the office: how much of what, as package attention counts it.
type AttentionNoted struct {
	Day    string          `json:"day"`
	Counts json.RawMessage `json:"counts"`
}

// Line is one row of a file, as it is kept in the packs: in file order.
type Line struct {
	Row    int        `json:"n"`           // the file's row, from 2 on
	Person string     `json:"p,omitempty"` // whom it is about
	Values schema.Row `json:"v"`           // sealed, in the order of the pack's fields
}

// Pack is a pack of a file's rows. It names its fields once, and each row has its values in that order; a row that is shorter
// was given none of the rest. How a kind's fields are ordered does not matter to it.
type Pack struct {
	Schema int      `json:"schema"`
	Fields []string `json:"fields"`
	Lines  []Line   `json:"lines"`
}

// NewPack makes an empty pack of rows in the order of a kind's fields.
func NewPack(k *schema.Kind) Pack {
	p := Pack{Schema: schema.SchemaVersion, Fields: make([]string, len(k.Fields))}
	for i := range k.Fields {
		p.Fields[i] = k.Fields[i].Name
	}
	return p
}

// ReadPack reads a pack of a file of a kind. Version 0 of the schema stored a list of lines alone.
func ReadPack(data []byte, kind string) (Pack, error) {
	var p Pack
	if len(data) > 0 && data[0] == '[' {
		p.Fields = schema.FieldsOfVersion0(kind)
		return p, json.Unmarshal(data, &p.Lines)
	}
	return p, json.Unmarshal(data, &p)
}

// In puts the values of a row of the pack into the order of a kind's fields. The kind's places say where: see Places.
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
		out[i] = Line{Row: l.Row, Person: l.Person, Values: row}
	}
	return out
}

// Erased is what stays of a row of the pack when the person it is about is erased: see schema.Kind.Erased.
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

// Places are the places in a kind's rows of the pack's fields, -1 of a field that the kind does not have.
func (p Pack) Places(k *schema.Kind) []int {
	out := make([]int, len(p.Fields))
	for i, id := range p.Fields {
		out[i] = k.Index(id)
	}
	return out
}

// LineID is the id of a record that came in a file: the same ULID for the same row of the same upload, wherever asked. Those of a
// file are in the order of its rows.
func LineID(upload string, arrived time.Time, row int) string {
	return LineULID(upload, arrived, row).String()
}

// LineULID is LineID before it is made a text.
func LineULID(upload string, arrived time.Time, row int) (id ulid.ULID) {
	sum := sha256.Sum256([]byte(upload))
	_ = id.SetTime(uint64(max(arrived.UnixMilli(), 0)))
	copy(id[6:], sum[:])
	binary.BigEndian.PutUint32(id[12:], uint32(row))
	return id
}

// New makes a fact of its data; the caller gives it its id and time.
func New(id, kind string, at time.Time, by string, data any) (Fact, error) {
	encoded, err := json.Marshal(data)
	if err != nil {
		return Fact{}, fmt.Errorf("fact %s: %w", kind, err)
	}
	return Fact{ID: id, Kind: kind, At: at.UTC(), By: by, Data: encoded}, nil
}
