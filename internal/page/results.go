package page

import (
	"slices"

	"outreach/internal/project"
	"outreach/internal/record"
	"outreach/internal/report"
	"outreach/internal/signup"
	"outreach/internal/snapshot"
)

// Results shows planned against achieved: to anyone, at /{project}, what was approved, and at /{project}/snapshots/{id}
// to funder and coordinator any snapshot with the way to the records behind each figure.
type Results struct {
	Definition *project.Definition
	Snapshot   *snapshot.Snapshot // as this reader may see it; nil: none is approved yet
	SignupOpen bool
	Exports    []Link // the same figures in other forms
	Inside     bool   // the snapshot's own page: its state and the links to the evidence are shown
	Deciding   bool   // the reader may approve or reject it
	Entry      Entry  // of the approval form
}

type resultsPage struct {
	Results
	Lines        []resultLine
	Achieved     int // indicators that are
	Participants *figure
	Groups       []dimension
	Months       []string
	Short        string
}

type figure struct {
	Percent  string
	Bar      report.Bar
	Evidence string
}

type resultLine struct {
	snapshot.Indicator
	Name     string
	Unit     string
	Bar      report.Bar
	Curve    report.Curve
	Groups   []dimension
	Evidence string // the address of the records behind the figure, or ""
}

type dimension struct {
	Name  string
	Parts []part
}

type part struct {
	Label  string
	People int64
	Shown  string
	Share  float64
}

// Broken are the indicators that have breakdowns.
func (p resultsPage) Broken() []resultLine {
	var out []resultLine
	for _, line := range p.Lines {
		if len(line.Groups) > 0 {
			out = append(out, line)
		}
	}
	return out
}

// The size of a curve's drawing.
const (
	curveWidth  = 240.0
	curveHeight = 72.0
)

func (r Results) draw(v view) (string, any) {
	p := resultsPage{Results: r}
	s := r.Snapshot
	if s == nil {
		return "results", p
	}
	base := ""
	if r.Inside {
		base = v.Base() + "/snapshots/" + s.ID
	}
	p.Short = short(s.Hash)
	for _, in := range s.Indicators {
		line := resultLine{Indicator: in, Name: in.Label.In(v.Lang()), Unit: in.Unit, Bar: report.Progress(in.Percent),
			Curve: report.Growth(in.ByMonth, in.Target, curveWidth, curveHeight), Groups: v.dimensions(in.By, r.Definition)}
		if v.Has("unit." + in.Unit) {
			line.Unit = v.Say("unit." + in.Unit)
		}
		if base != "" {
			line.Evidence = base + "/indicators/" + in.Code + "/evidence"
		}
		if in.Status == "achieved" {
			p.Achieved++
		}
		if len(in.ByMonth) > len(p.Months) {
			p.Months = p.Months[:0]
			for _, m := range in.ByMonth {
				p.Months = append(p.Months, m.Month)
			}
		}
		p.Lines = append(p.Lines, line)
	}
	p.Participants = &figure{}
	if s.Participants.Target > 0 {
		percent := report.Percent(s.Participants.Total, s.Participants.Target)
		p.Participants.Percent, p.Participants.Bar = percent.String(), report.Progress(percent)
	}
	if base != "" {
		p.Participants.Evidence = base + "/participants/evidence"
	}
	p.Groups = v.dimensions(s.Participants.By, r.Definition)
	return "results", p
}

// The order in which breakdowns are shown.
var dimensions = []string{"sex", "age", "education", "labour_status", "residence", "disability", "group"}

func (v view) dimensions(by snapshot.Breakdowns, d *project.Definition) []dimension {
	var out []dimension
	for _, name := range dimensions {
		parts := by[name]
		if len(parts) == 0 {
			continue
		}
		var largest int64
		for _, p := range parts {
			if p.Shown == "" {
				largest = max(largest, p.People)
			}
		}
		dim := dimension{Name: v.Say("dimension." + name)}
		for _, p := range parts {
			shown := part{Label: v.partLabel(name, p.Code, d), People: p.People, Shown: p.Shown}
			if p.Shown == "" {
				shown.Share = report.Share(p.People, largest)
			}
			dim.Parts = append(dim.Parts, shown)
		}
		out = append(out, dim)
	}
	return out
}

func (v view) partLabel(dimension, code string, d *project.Definition) string {
	if code == "unknown" {
		return v.Say("dimension.unknown")
	}
	i := signup.Kind.Index(dimension)
	if i < 0 || signup.Kind.Fields[i].Options == nil {
		return code
	}
	options := signup.Kind.Fields[i].Options(d)
	if at := slices.IndexFunc(options, func(o record.Option) bool { return o.ID == code }); at >= 0 {
		return options[at].Label.In(v.Lang())
	}
	return code
}
