package project

import (
	"reflect"
	"slices"
	"strings"
)

// Counts are the ways of counting, as definitions name them: of records, of other figures (CountValue), and what the
// office says (CountSaid).
const (
	CountPeople   = "people"
	CountRecords  = "records"
	CountSum      = "sum"
	CountDistinct = "distinct"
	CountShare    = "share"
	CountMean     = "mean"
	CountMin      = "min"
	CountMax      = "max"
	CountLast     = "last"
	CountValue    = "value"
	CountSaid     = "said"
)

// Down is the direction of an indicator whose lower values are better.
const Down = "down"

// Indicator is one promised result and the rule that counts it.
type Indicator struct {
	Code      string                        `json:"code"`
	Label     Text                          `json:"label"`
	Unit      string                        `json:"unit"`
	Target    float64                       `json:"target"`              // at most two decimals; of several targets the last
	Monitored bool                          `json:"monitored,omitempty"` // nothing was promised: there is no target
	Targets   []TargetPoint                 `json:"targets,omitempty"`   // the plan's line, by date
	TargetBy  map[string]map[string]float64 `json:"target_by,omitempty"` // by breakdown and part, in the indicator's own unit
	Direction string                        `json:"direction,omitempty"` // Down, or ""
	Baseline  *Baseline                     `json:"baseline,omitempty"`
	Until     string                        `json:"until,omitempty"` // the last day that counts, in place of the project's; "": that
	Count     string                        `json:"count"`
	Field     string                        `json:"field,omitempty"` // what is added up, compared or taken
	Rule
	Among    *Rule      `json:"among,omitempty"`    // of CountShare: what it is a share of
	Per      string     `json:"per,omitempty"`      // CountRecords: a share of records; "": of people
	By       []string   `json:"by,omitempty"`       // the fields of records by which the figure is broken down
	Value    string     `json:"value,omitempty"`    // of CountValue: the expression
	Scale    []Labelled `json:"scale,omitempty"`    // of CountSaid: what may be said; empty: numbers
	Decimals int        `json:"decimals,omitempty"` // of derived figures
	Public   string     `json:"public,omitempty"`   // "no": not on the public page; "": shown

	CountsFor string `json:"counts_for,omitempty"` // the line of the programme to which the figure adds; ""
}

// Adds reports whether figures of two projects can be added: counts and sums can. Distinct values cannot: two projects
// may have the same.
func (in Indicator) Adds() bool {
	return slices.Contains([]string{CountPeople, CountRecords, CountSum}, in.Count)
}

// TargetPoint is a point of the plan's line.
type TargetPoint struct {
	By    string  `json:"by"`
	Value float64 `json:"value"`
}

// Baseline is the value from which an indicator starts.
type Baseline struct {
	Value float64 `json:"value"`
	At    string  `json:"at,omitempty"`
}

// Derived reports whether the figure is worked out from counts or is said, so that its percentage and its status follow
// from the exact value.
func (in Indicator) Derived() bool {
	return slices.Contains([]string{CountShare, CountMean, CountMin, CountMax, CountLast, CountValue, CountSaid}, in.Count)
}

// OfRecords reports whether the figure is made of records.
func (in Indicator) OfRecords() bool { return in.Count != CountValue && in.Count != CountSaid }

// UsesWho reports whether the indicator has a rule over people.
func (in Indicator) UsesWho() bool { return in.Who != "" || in.Among != nil && in.Among.Who != "" }

// LastDay returns the last day that counts for the indicator.
func (in Indicator) LastDay(p Period) string {
	if in.Until != "" {
		return in.Until
	}
	return p.To
}

// CountsAs reports whether another indicator gives the same figure, whatever its words and targets are.
func (in Indicator) CountsAs(other Indicator) bool {
	plain := func(in Indicator) Indicator {
		in.Label, in.Unit, in.Target, in.Monitored, in.Targets, in.TargetBy, in.Direction, in.Baseline, in.Public = nil, "", 0, false, nil, nil, "", nil, ""
		in.CountsFor = ""
		return in
	}
	return reflect.DeepEqual(plain(in), plain(other))
}

// Takes reports whether the office may say a value, in canonical form, of the indicator: one of its scale, or a number.
func (in Indicator) Takes(value string) bool {
	if len(in.Scale) > 0 {
		return slices.ContainsFunc(in.Scale, func(l Labelled) bool { return l.ID == value })
	}
	return canonical(value)
}

// canonical reports whether a text is a number with at most four decimals and 15 digits before them.
func canonical(text string) bool {
	whole, decimals, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(whole) == 0 || len(whole) > 15 || len(decimals) > 4 || point && decimals == "" {
		return false
	}
	return !strings.ContainsFunc(whole+decimals, func(r rune) bool { return r < '0' || r > '9' })
}
