// Package snapshot defines the snapshot: planned against achieved on a day, as the funder and the public read it. It
// computes the hash, the public version and the comparison of two snapshots. How figures are counted is package
// counting.
package snapshot

import (
	"encoding/json"
	"strconv"

	"outreach/internal/project"
)

// States of a snapshot.
const (
	Draft    = "draft"
	Approved = "approved"
	Rejected = "rejected"
)

// Snapshot is the figures of a project on a day. The hash covers all but ID, KnownAt, State, Supersedes, Hash,
// Evidence, Seal, Previous and the definition's version.
type Snapshot struct {
	Project      string       `json:"project"`
	ID           string       `json:"id"`
	AsOf         string       `json:"as_of" format:"date"`
	KnownAt      string       `json:"known_at" format:"date-time"` // RFC 3339, to the second
	Definition   Definition   `json:"definition"`
	Packs        []string     `json:"packs,omitempty" doc:"What the definition extends, each with its version: training@1"`
	State        string       `json:"state" enum:"draft,approved,rejected"`
	Supersedes   *string      `json:"supersedes" doc:"The snapshot of the same day that this one replaces"`
	Hash         string       `json:"hash" pattern:"^sha256:[0-9a-f]{64}$" doc:"SHA-256 over RFC 8785 JSON of all but id, known_at, state, supersedes, hash, evidence, seal, previous and the definition's version"` // "sha256:" and 64 hex digits
	Evidence     *Root        `json:"evidence" doc:"The root of the RFC 6962 tree over the evidence of all figures; null: not sealed"`
	Seal         *string      `json:"seal" pattern:"^sha256:[0-9a-f]{64}$" doc:"SHA-256 over hash and evidence.root, as they are written, one after the other; null: not sealed"`
	Previous     *Before      `json:"previous,omitempty" doc:"Of an approved snapshot: the one that was approved before it"`
	Participants Participants `json:"participants"`
	Indicators   []Indicator  `json:"indicators"`
	Reach        Reach        `json:"reach"`
	Quality      Quality      `json:"quality"`

	Bounds map[string]Bounds `json:"-"` // of shares, by indicator; stored beside the snapshot, which they are no part of
}

// Bounds are what a share of people may be where something is unknown of some of whom it is a share: as if its rule
// held for none of these, and as if it held for all of them.
type Bounds struct {
	Low        json.Number `json:"low"`
	High       json.Number `json:"high"`
	LowStatus  string      `json:"low_status"`
	HighStatus string      `json:"high_status"`
	Unknown    int64       `json:"unknown"` // how many people
}

// Definition identifies the definition that the snapshot was compiled with.
type Definition struct {
	Version int    `json:"version"`
	SHA256  string `json:"sha256"`
}

// Breakdown is the parts of a dimension in people, in the order of its list, "unknown" last.
type Breakdown []Part

// Part is one part of a breakdown.
type Part struct {
	Code   string
	People int64
	Amount json.Number // of a breakdown of records, in place of People; "" otherwise
	Shown  string      // "": the number; else the mark that the public sees in its place, "<5" or "hidden"
}

// Number returns how many people the part has, or what its records add up to.
func (p Part) Number() json.Number {
	if p.Amount != "" {
		return p.Amount
	}
	return json.Number(strconv.FormatInt(p.People, 10))
}

// Unknown is the code of the part of people whose attribute is unknown.
const Unknown = "unknown"

// Breakdowns are breakdowns by dimension (sex, age, education, labour_status, residence, disability, group).
type Breakdowns map[string]Breakdown

// Without returns the breakdowns of all but some dimensions.
func (b Breakdowns) Without(left func(dimension string) bool) Breakdowns {
	out := Breakdowns{}
	for dimension, parts := range b {
		if !left(dimension) {
			out[dimension] = parts
		}
	}
	return out
}

// Participants counts the distinct people with a record that meets any of the definition's participant rules.
type Participants struct {
	Total  int64      `json:"total" marks:"<5" doc:"The public sees <5 in place of 1 to 4"`
	Target int64      `json:"target"`
	By     Breakdowns `json:"by"`
	Few    bool       `json:"-"` // the public sees Few in place of Total
}

// No keeps an indicator from the public.
const No = "no"

// Indicator is one planned result: target and achieved. The keys after Public are absent where they are unused.
type Indicator struct {
	Code     string       `json:"code"`
	Label    project.Text `json:"label"`
	Unit     string       `json:"unit"`
	Target   json.Number  `json:"target" null:"true" doc:"null: nothing was planned"`
	Achieved json.Number  `json:"achieved" marks:"*" null:"true" doc:"The public sees <5 in place of 1 to 4 people, and null in place of what would tell the number; null also where there is nothing to work it out from; what was said of a scale is a text"`
	Percent  json.Number  `json:"percent" null:"true"`                                                      // achieved × 100 ÷ target, rounded half up to one decimal
	Status   string       `json:"status" enum:"achieved,on-track,behind,not-started,monitored" null:"true"` // monitored: nothing was planned
	Records  int64        `json:"records" null:"true"`
	By       Breakdowns   `json:"by"`
	ByMonth  []Month      `json:"by_month"`
	Public   string       `json:"public,omitempty" enum:"no" doc:"no: not on the public page"` // No, or ""

	Count       string                            `json:"count,omitempty" enum:"records,sum,share,mean,min,max,last,value,said" doc:"How a figure is counted that is worked out from others or broken down by fields of records"`
	Numerator   int64                             `json:"numerator,omitempty" doc:"Of a share"`
	Denominator int64                             `json:"denominator,omitempty" doc:"Of a share"`
	People      int64                             `json:"people,omitempty" doc:"How many people the records of such a figure are about"`
	From        []string                          `json:"from,omitempty" doc:"The indicators that a value is worked out from"`
	TargetBy    map[string]map[string]json.Number `json:"target_by,omitempty" doc:"What was planned of parts of breakdowns"`

	Said     string `json:"-"` // a value of a scale, in place of Achieved
	Few      bool   `json:"-"` // the public sees Few in place of Achieved, and nothing from which it could be worked out
	Withheld bool   `json:"-"` // the public sees null in place of Achieved, and nothing from which it could be worked out
}

// Month is the growth of an indicator in a month.
type Month struct {
	Month string      `json:"month" pattern:"^[0-9]{4}-[0-9]{2}$"` // YYYY-MM
	Added json.Number `json:"added" marks:"<5,hidden"`
	Total json.Number `json:"total" marks:"<5" null:"true" doc:"The public sees <5 in place of 1 to 4 people; null: there was nothing to work it out from"`

	AddedShown string `json:"-"` // the mark that the public sees in place of Added, or ""
	TotalShown string `json:"-"` // the mark that the public sees in place of Total, or ""
}

// Reach is the sum of the audiences of all airings, and the bounds and estimate of how many people that is.
type Reach struct {
	Sum        int64 `json:"sum"`
	Low        int64 `json:"low"`
	Estimate   int64 `json:"estimate"`
	High       int64 `json:"high"`
	Population int64 `json:"population"`
	Airings    int64 `json:"airings"`
}

// Quality counts gaps in the records that a reader of the figures should know of.
type Quality struct {
	PeopleWithoutAttributes int64 `json:"people_without_attributes" marks:"<5,hidden"`
	RecordsOutsidePeriod    int64 `json:"records_outside_period"`
	Incomplete              int64 `json:"incomplete,omitempty" doc:"How many participants lack an attribute that a complete one has"`

	Shown string `json:"-"` // the mark that the public sees in place of PeopleWithoutAttributes, or ""

	RuleErrors []RuleError `json:"rule_errors,omitempty" doc:"Rules that could not be evaluated for records: these did not count by them"`
}

// RuleError is a rule that failed for records of a snapshot, which therefore did not count by it.
type RuleError struct {
	Code   string `json:"code" doc:"Of the indicator, or participants"`
	Count  int64  `json:"count"`  // of records, or of people by a rule over them
	Record string `json:"record"` // the id of the first of them by date; not part of the hash
}

// hashed returns what of the quality is part of the hash: all but ids of records.
func (q Quality) hashed() any {
	type ruleError struct {
		Code  string `json:"code"`
		Count int64  `json:"count"`
	}
	out := struct {
		Quality
		RuleErrors []ruleError `json:"rule_errors,omitempty"`
	}{Quality: q}
	for _, e := range q.RuleErrors {
		out.RuleErrors = append(out.RuleErrors, ruleError{e.Code, e.Count})
	}
	return out
}

// Counted is a record behind a figure, with what it adds to the figure. Snapshots compiled before these members existed
// have the records alone.
type Counted struct {
	Evidence
	Adds  json.Number `json:"adds,omitempty"`  // 1 at the first record of a person or of a distinct value
	Of    json.Number `json:"of,omitempty"`    // of a share and a mean: what it adds to what the sum is divided by
	Value json.Number `json:"value,omitempty"` // of a figure that takes one value: the record's; of an indicator: its figure
	Total json.Number `json:"total,omitempty"` // of this record and those before; the last total is the figure
	What  string      `json:"what,omitempty"`  // of records that are not about people: outlet and title

	Fields Fields `json:"fields,omitempty"` // that the figure's rule names; no part of the leaf

	LeftOut string `json:"left_out,omitempty"` // Incomplete: it meets the rule, but adds nothing

	Salt string `json:"-"` // where it is stored; "": it follows from the tracker's secret
}

// Incomplete is why a record is left out of a figure that it would count for: its person lacks an attribute.
const Incomplete = "incomplete"

// Listed is a record behind a figure as it is listed outside.
type Listed struct {
	Evidence
	Adds  json.Number `json:"adds,omitempty" doc:"What the record adds to the figure"`
	Of    json.Number `json:"of,omitempty" doc:"Of a share and a mean: what the record adds to what the sum is divided by"`
	Value json.Number `json:"value,omitempty" doc:"Where one value is taken: the record's; of an indicator: its figure"`
	What  string      `json:"what,omitempty" doc:"Of records that are not about people: outlet and title"`
	Salt  string      `json:"salt,omitempty" doc:"Of a sealed snapshot: with it, and without fields, the record is a leaf of the tree"`

	Fields Fields `json:"fields,omitempty" doc:"The record's values of the fields that the figure's rule names, without empty, personal and sensitive ones"`

	LeftOut string `json:"left_out,omitempty" enum:"incomplete" doc:"Why a record that meets the rule adds nothing: incomplete, its person lacks an attribute that a complete participant has"`
}

// Change is a difference between the evidence of a figure and an earlier one: a record that is new, or one that is
// gone. What is new comes before the record of the earlier evidence at an index; what is gone is at that index.
type Change struct {
	At   int         `json:"at"`
	Row  *Counted    `json:"row,omitempty"`  // new
	Less json.Number `json:"less,omitempty"` // what the record that is gone had added
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
