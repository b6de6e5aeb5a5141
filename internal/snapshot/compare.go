package snapshot

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"outreach/internal/project"
)

// Changes compares the figures of a project in two snapshots.
type Changes struct {
	Project      string        `json:"project"`
	Snapshot     Compared      `json:"snapshot"`
	Before       *Compared     `json:"before"` // nil: there is none, and no figure has a before
	Participants Figure        `json:"participants"`
	TargetGroup  Figure        `json:"target_group"` // how many participants were planned
	WhoCounts    bool          `json:"who_counts_changed"`
	Indicators   []ChangedLine `json:"indicators"`
	Reach        ReachChanges  `json:"reach"`
}

// Compared is one of the two snapshots.
type Compared struct {
	ID         string     `json:"id"`
	AsOf       string     `json:"as_of"`
	Definition Definition `json:"definition"`
}

// Figure is a figure now and before; nil if one of the snapshots does not have it.
type Figure struct {
	Now        *json.Number `json:"now"`
	Before     *json.Number `json:"before"`
	Difference *json.Number `json:"difference"`
}

// ChangedLine is one planned result.
type ChangedLine struct {
	Code          string       `json:"code"`
	Label         project.Text `json:"label"`
	Unit          string       `json:"unit"`
	Achieved      Figure       `json:"achieved"`
	Percent       Figure       `json:"percent"`
	Target        Figure       `json:"target"`
	TargetChanged bool         `json:"target_changed"`
	RuleChanged   bool         `json:"rule_changed"` // another version of the definition counts it otherwise
	SaidNow       string       `json:"said_now,omitempty" doc:"What was said of a scale"`
	SaidBefore    string       `json:"said_before,omitempty" doc:"What was said of a scale"`

	New  bool `json:"-"` // the snapshot before does not have it
	Gone bool `json:"-"` // the snapshot does not have it
}

// Same reports whether a result did not change.
func (l ChangedLine) Same() bool {
	same := func(f Figure) bool { return f.Same() || f.Now == nil && f.Before == nil }
	return same(l.Achieved) && same(l.Percent) && l.SaidNow == l.SaidBefore && !l.TargetChanged && !l.RuleChanged && !l.New && !l.Gone
}

// ReachChanges is what became of the reach: its sum, and what that may be in people.
type ReachChanges struct {
	Sum      Figure `json:"sum"`
	Low      Figure `json:"low"`
	Estimate Figure `json:"estimate"`
	High     Figure `json:"high"`
}

// Side is a snapshot with the definition that it was compiled with.
type Side struct {
	Snapshot   Snapshot
	Definition *project.Definition
}

// Compare compares a snapshot with an earlier one, nil if there is none.
func Compare(now Side, before *Side) Changes {
	s := now.Snapshot
	out := Changes{Project: s.Project, Snapshot: compared(s), Indicators: []ChangedLine{}}
	whole := func(get func(Snapshot) int64) Figure {
		n := json.Number(big.NewInt(get(s)).String())
		if before == nil {
			return figure(&n, nil)
		}
		b := json.Number(big.NewInt(get(before.Snapshot)).String())
		return figure(&n, &b)
	}
	out.Participants = whole(func(s Snapshot) int64 { return s.Participants.Total })
	out.TargetGroup = whole(func(s Snapshot) int64 { return s.Participants.Target })
	out.Reach = ReachChanges{
		Sum: whole(func(s Snapshot) int64 { return s.Reach.Sum }), Low: whole(func(s Snapshot) int64 { return s.Reach.Low }),
		Estimate: whole(func(s Snapshot) int64 { return s.Reach.Estimate }), High: whole(func(s Snapshot) int64 { return s.Reach.High }),
	}
	old := map[string]*Indicator{}
	if before != nil {
		b := compared(before.Snapshot)
		out.Before = &b
		out.WhoCounts = !slices.Equal(now.Definition.Participants, before.Definition.Participants)
		for i := range before.Snapshot.Indicators {
			in := &before.Snapshot.Indicators[i]
			old[in.Code] = in
		}
	}
	for i := range s.Indicators {
		in := &s.Indicators[i]
		line := changed(in, old[in.Code])
		if old[in.Code] != nil {
			a, _ := now.Definition.Indicator(in.Code)
			b, _ := before.Definition.Indicator(in.Code)
			line.RuleChanged = !a.CountsAs(b)
		}
		delete(old, in.Code)
		out.Indicators = append(out.Indicators, line)
	}
	if before != nil { // indicators that were removed come last
		for i := range before.Snapshot.Indicators {
			if in := &before.Snapshot.Indicators[i]; old[in.Code] != nil {
				out.Indicators = append(out.Indicators, changed(nil, in))
			}
		}
	}
	return out
}

func compared(s Snapshot) Compared { return Compared{ID: s.ID, AsOf: s.AsOf, Definition: s.Definition} }

func changed(now, before *Indicator) ChangedLine {
	shown := now
	if shown == nil {
		shown = before
	}
	figures := func(get func(*Indicator) *json.Number) Figure {
		var n, b *json.Number
		if now != nil && *get(now) != "" {
			n = get(now)
		}
		if before != nil && *get(before) != "" {
			b = get(before)
		}
		return figure(n, b)
	}
	line := ChangedLine{
		Code: shown.Code, Label: shown.Label, Unit: shown.Unit,
		Achieved: figures(func(in *Indicator) *json.Number { return &in.Achieved }),
		Percent:  figures(func(in *Indicator) *json.Number { return &in.Percent }),
		Target:   figures(func(in *Indicator) *json.Number { return &in.Target }),
	}
	line.New, line.Gone = before == nil, now == nil
	if now != nil {
		line.SaidNow = now.Said
	}
	if before != nil {
		line.SaidBefore = before.Said
	}
	line.TargetChanged = now != nil && before != nil && now.Target != before.Target
	return line
}

// Same reports whether the figure is in both snapshots, and the same.
func (f Figure) Same() bool { return f.Difference != nil && *f.Difference == "0" }

func figure(now, before *json.Number) Figure {
	f := Figure{Now: now, Before: before}
	if now == nil || before == nil {
		return f
	}
	a, ok := new(big.Rat).SetString(now.String())
	b, fine := new(big.Rat).SetString(before.String())
	if !ok || !fine {
		return f
	}
	text := a.Sub(a, b).FloatString(4)
	difference := json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
	f.Difference = &difference
	return f
}
