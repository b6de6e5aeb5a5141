// Package snapshot is what a compile found: planned against achieved on a day. It is what the funder and the public read,
// knows how it is hashed and what of it the public may see, and nothing of how it was counted.
package snapshot

import (
	"encoding/json"

	"outreach/internal/project"
)

// States of a snapshot.
const (
	Draft    = "draft"
	Approved = "approved"
	Rejected = "rejected"
)

// Snapshot is one. All but ID, KnownAt, State, Supersedes, Hash and the definition's version is what was found.
type Snapshot struct {
	Project      string       `json:"project"`
	ID           string       `json:"id"`
	AsOf         string       `json:"as_of" format:"date"`
	KnownAt      string       `json:"known_at" format:"date-time"` // RFC 3339, to the second
	Definition   Definition   `json:"definition"`
	State        string       `json:"state" enum:"draft,approved,rejected"`
	Supersedes   *string      `json:"supersedes" doc:"The snapshot of the same day that this one replaces"`
	Hash         string       `json:"hash" pattern:"^sha256:[0-9a-f]{64}$" doc:"SHA-256 over RFC 8785 JSON of all but id, known_at, state, supersedes, hash and the definition's version"` // "sha256:" and 64 hex digits
	Participants Participants `json:"participants"`
	Indicators   []Indicator  `json:"indicators"`
	Reach        Reach        `json:"reach"`
	Quality      Quality      `json:"quality"`
}

// Definition names the definition the snapshot was compiled with.
type Definition struct {
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
}

// Breakdown is a dimension's parts in people, in the order of its list, "unknown" last.
type Breakdown []Part

// Part is one part of a breakdown.
type Part struct {
	Code   string
	People int64
	Shown  string // "": People itself; else what the public sees in its place, "<5" or "hidden"
}

// Unknown is the code of the part of whom an attribute is not known.
const Unknown = "unknown"

// Breakdowns are the parts by dimension (sex, age, education, labour_status, residence, disability, group).
type Breakdowns map[string]Breakdown

// Participants are the distinct people with a record that meets any of the definition's participant rules.
type Participants struct {
	Total  int64      `json:"total"`
	Target int64      `json:"target"`
	By     Breakdowns `json:"by"`
}

// Indicator is one promised result: planned and achieved.
type Indicator struct {
	Code     string       `json:"code"`
	Label    project.Text `json:"label"`
	Unit     string       `json:"unit"`
	Target   json.Number  `json:"target"`
	Achieved json.Number  `json:"achieved"`                                           // whole, or with at most two decimals
	Percent  json.Number  `json:"percent"`                                            // achieved × 100 ÷ target, rounded half up to one decimal
	Status   string       `json:"status" enum:"achieved,on-track,behind,not-started"` // achieved, not-started, on-track or behind
	Records  int64        `json:"records"`
	By       Breakdowns   `json:"by"`
	ByMonth  []Month      `json:"by_month"`
}

// Month is a month's growth of an indicator.
type Month struct {
	Month string      `json:"month" pattern:"^[0-9]{4}-[0-9]{2}$"` // YYYY-MM
	Added json.Number `json:"added"`
	Total json.Number `json:"total"`
}

// Reach is what the media reports add up to, and what that can mean in people.
type Reach struct {
	Sum        int64 `json:"sum"`
	Low        int64 `json:"low"`
	Estimate   int64 `json:"estimate"`
	High       int64 `json:"high"`
	Population int64 `json:"population"`
	Airings    int64 `json:"airings"`
}

// Quality says what a reader of the figures should know of the records.
type Quality struct {
	PeopleWithoutAttributes int64 `json:"people_without_attributes"`
	RecordsOutsidePeriod    int64 `json:"records_outside_period"`
}

// Counted is a record behind a figure with what it adds to it, so that the figure can be followed. Snapshots of before this
// was kept have the records alone.
type Counted struct {
	Evidence
	Adds  json.Number `json:"adds,omitempty"`  // of people and of values that count once, 1 at their first record
	Total json.Number `json:"total,omitempty"` // of this record and those before; the last one's is the figure
	What  string      `json:"what,omitempty"`  // of records that are about nobody, which it is
}

// Evidence is one record behind a figure.
type Evidence struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Date   string `json:"date"`
	Person string `json:"person,omitempty"`
	Upload string `json:"upload,omitempty"`
	Row    int    `json:"row,omitempty"`
}
