package page

import (
	"cmp"
	"encoding/json"
	"strings"

	"outreach/internal/project"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

// Changes is the page that compares a snapshot with the approved one of an earlier day.
type Changes struct {
	Definition *project.Definition
	Changes    snapshot.Changes
}

type changesPage struct {
	snapshot.Changes
	Lines []changeLine
	Same  bool // no figure has changed
	Short bool // a part of a snapshot's own page: unchanged lines are left out
	Left  int  // how many lines are left out
}

type changeLine struct {
	Code, Name, Unit                string
	Before, Now, Difference, Points string
	Notes                           []string
	Plain                           bool // unchanged
}

func (c Changes) render(v view) (string, any) {
	return "changes", v.changes(c.Changes, false)
}

// changes formats a comparison. If it is short, unchanged lines are only counted.
func (v view) changes(c snapshot.Changes, short bool) changesPage {
	out := changesPage{Changes: c, Same: true, Short: short}
	add := func(line changeLine, f snapshot.Figure) {
		line.Before, line.Now, line.Difference = v.figure(f.Before), v.figure(f.Now), v.signed(f.Difference)
		if line.Plain && short {
			out.Left++
			return
		}
		out.Lines = append(out.Lines, line)
	}
	for _, in := range c.Indicators {
		line := changeLine{Code: in.Code, Name: in.Label.In(v.Texts()), Plain: in.Same()}
		line.Points = v.signed(in.Percent.Difference)
		switch {
		case c.Before == nil:
		case in.Gone:
			line.Notes = append(line.Notes, v.Say("changes.gone"))
		case in.New:
			line.Notes = append(line.Notes, v.Say("changes.new"))
		}
		if in.TargetChanged {
			line.Notes = append(line.Notes, v.Say("changes.target", "before", v.figure(in.Target.Before), "now", v.figure(in.Target.Now)))
		}
		if in.RuleChanged {
			line.Notes = append(line.Notes, v.Say("changes.rule"))
		}
		out.Same = out.Same && line.Plain
		add(line, in.Achieved)
		if n := len(out.Lines); n > 0 && out.Lines[n-1].Code == in.Code && in.SaidNow+in.SaidBefore != "" {
			out.Lines[n-1].Before, out.Lines[n-1].Now = cmp.Or(in.SaidBefore, text.NoNumber), cmp.Or(in.SaidNow, text.NoNumber)
		}
	}
	people := changeLine{Name: v.Say("results.participants"), Plain: c.Participants.Same() && !c.WhoCounts}
	if c.WhoCounts {
		people.Notes = append(people.Notes, v.Say("changes.who"))
	}
	add(people, c.Participants)
	out.Same = out.Same && people.Plain
	if c.Reach.Sum.Now.String() != "0" || c.Reach.Sum.Before != nil && c.Reach.Sum.Before.String() != "0" {
		for _, r := range []struct {
			key string
			f   snapshot.Figure
		}{{"reach.sum", c.Reach.Sum}, {"reach.estimate", c.Reach.Estimate}} {
			add(changeLine{Name: v.Say(r.key), Plain: r.f.Same()}, r.f)
			out.Same = out.Same && r.f.Same()
		}
	}
	return out
}

func (v view) figure(n *json.Number) string {
	if n == nil {
		return "–"
	}
	return v.Number(*n)
}

// signed formats a difference with its sign.
func (v view) signed(n *json.Number) string {
	switch {
	case n == nil:
		return "–"
	case *n == "0" || strings.HasPrefix(n.String(), "-"):
		return v.Number(*n)
	}
	return "+" + v.Number(*n)
}
