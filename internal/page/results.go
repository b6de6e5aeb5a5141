package page

import (
	"encoding/json"
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/snapshot"
)

// Results is the page of planned against achieved: at /{project} the approved snapshot for anyone, and at
// /{project}/snapshots/{id} any snapshot for funder and coordinator, with links to the evidence of each figure.
type Results struct {
	Definition *project.Definition
	Snapshot   *snapshot.Snapshot // as the reader may see it; nil: none is approved yet
	Checked    string             // on the public page, the day up to which the nightly run looked for changes, or ""
	SignupOpen bool
	Exports    []Link                     // links to the file formats
	Inside     bool                       // the snapshot's own page: its state and the links to the evidence are shown
	Part       string                     // with many results: the part of the page to show alone; "": the rest
	Changes    *snapshot.Changes          // of a snapshot's own page: the comparison with the snapshot before
	Entry      Entry                      // of the approval form, which a coordinator sees on a draft
	Bounds     map[string]snapshot.Bounds // of shares of which something is unknown, on a snapshot's own page
}

// Parts of the page that are shown alone, under ?part=, if there are too many results for one page.
const (
	PartGrowth     = "growth"
	PartMonths     = "months"
	PartBreakdowns = "breakdowns"
)

// mostOnOnePage is the limit of results on one page with all its parts.
const mostOnOnePage = 16

type resultsPage struct {
	Results
	Many         bool // more results than fit on one page with all its parts
	Whole        *report.Whole
	Changed      *changesPage
	Lines        []resultLine
	Tally        report.Tally
	Participants *figure
	Groups       []dimension
	Withheld     string // names of the participants' breakdowns whose parts are all hidden, or ""
	Months       []string
	Matrix       *matrix
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
	Shown    string // what was achieved, in words
	Share    string // of a share: of how many
	Bar      report.Bar
	Curve    report.Curve
	Evidence string // the address of the records behind the figure, or ""
	Between  string // of a share of which something is unknown: what it may be
	Unsure   bool   // its status may be another one
}

type dimension struct {
	Name  string
	Parts []part
}

type part struct {
	snapshot.Part
	Label string
	Share float64
}

// LastMonth returns the month in which the curves end.
func (p resultsPage) LastMonth() string { return p.Months[len(p.Months)-1] }

// Shows reports whether a part is shown on this page: on its own page, or on the page of all parts if there are few
// results. A snapshot's own page leaves the long tables to pages of their own.
func (p resultsPage) Shows(part string) bool {
	if here := p.PartHere(); here != "" {
		return here == part
	}
	return p.fits(part)
}

func (p resultsPage) fits(part string) bool {
	return !p.Many && (!p.Inside || part == PartGrowth)
}

// CheckedLater returns the day up to which the nightly run looked for changes if that is after the snapshot's, or "".
func (p resultsPage) CheckedLater() string {
	if p.Snapshot == nil || p.Checked <= p.Snapshot.AsOf {
		return ""
	}
	return p.Checked
}

// PartHere returns the part that is shown alone on this page, or "".
func (p resultsPage) PartHere() string {
	if p.fits(p.Part) || p.Part != PartGrowth && p.Part != PartMonths && p.Part != PartBreakdowns {
		return ""
	}
	return p.Part
}

// Sizes of charts: of one result, and of all together.
const (
	curveWidth  = 240.0
	curveHeight = 72.0
	wholeWidth  = 1000.0
	wholeHeight = 200.0
)

func (r Results) render(v view) (string, any) {
	p := resultsPage{Results: r}
	s := r.Snapshot
	if s == nil {
		return "results", p
	}
	base := ""
	if r.Inside {
		base = v.Base() + "/snapshots/" + s.ID
	}
	for _, in := range s.Indicators {
		line := resultLine{Indicator: in, Name: in.Label.In(v.Texts()), Unit: in.Unit, Shown: report.Achieved(v.Messages, r.Definition, in), Bar: report.Progress(in.Percent),
			Curve: report.Growth(r.Definition, in, curveWidth, curveHeight)}
		if v.Has("unit." + in.Unit) {
			line.Unit = v.Say("unit." + in.Unit)
		}
		if in.Count == project.CountShare && in.Denominator > 0 {
			line.Share = v.Say("results.of_all", "n", v.Number(in.Numerator), "all", v.Number(in.Denominator))
		}
		if b, bounded := r.Bounds[in.Code]; bounded {
			line.Between, line.Unsure = v.between(b), b.LowStatus != b.HighStatus
		}
		if base != "" {
			line.Evidence = base + "/indicators/" + in.Code + "/evidence"
		}
		if len(in.ByMonth) > len(p.Months) {
			p.Months = p.Months[:0]
			for _, m := range in.ByMonth {
				p.Months = append(p.Months, m.Month)
			}
		}
		p.Lines = append(p.Lines, line)
	}
	p.Tally = report.TallyOf(s.Indicators)
	p.Participants = &figure{}
	if s.Participants.Target > 0 && !s.Participants.Few {
		percent := report.Percent(s.Participants.Total, s.Participants.Target)
		p.Participants.Percent, p.Participants.Bar = percent.String(), report.Progress(percent)
	}
	if base != "" {
		p.Participants.Evidence = base + "/participants/evidence"
	}
	p.Many = len(p.Lines) > mostOnOnePage
	if whole, ok := report.JointGrowth(*s, r.Definition, wholeWidth, wholeHeight); ok {
		p.Whole = &whole
	}
	if r.Changes != nil {
		changed := v.changes(*r.Changes, true)
		p.Changed = &changed
	}
	p.Matrix = v.matrix(p.Lines, r.Definition)
	groups, withheld := v.dimensions(s.Participants.By, s.Participants.Total, r.Definition)
	p.Groups, p.Withheld = groups, strings.Join(withheld, ", ")
	return "results", p
}

// between says what a share may be while something is unknown of people, and what its status may be.
func (v view) between(b snapshot.Bounds) string {
	said := v.Count("results.bounds", b.Unknown, "low", v.Number(b.Low), "high", v.Number(b.High))
	if b.LowStatus == b.HighStatus {
		return said
	}
	return said + " " + v.Say("results.bounds_status", "low", v.Say("status."+b.LowStatus), "high", v.Say("status."+b.HighStatus))
}

// dimensions returns the breakdowns, and the names of those of which nothing is shown.
func (v view) dimensions(by snapshot.Breakdowns, people int64, d *project.Definition) (out []dimension, withheld []string) {
	for _, name := range report.Dimensions(d) {
		parts := by[name]
		if len(parts) == 0 {
			continue
		}
		if !slices.ContainsFunc(parts, func(p snapshot.Part) bool { return p.Shown != snapshot.Hidden }) {
			withheld = append(withheld, report.DimensionName(v.Messages, d, name))
			continue
		}
		dim := dimension{Name: report.DimensionName(v.Messages, d, name)}
		for _, p := range parts {
			dim.Parts = append(dim.Parts, part{Part: p, Label: report.Part(v.Messages, d, name, p.Code), Share: report.Share(p.People, people)})
		}
		out = append(out, dim)
	}
	return out, withheld
}

// matrix is the breakdowns of all indicators side by side: a row for each part, a column for each indicator that has
// any breakdown.
type matrix struct {
	Columns []resultLine
	Groups  []matrixGroup
}

type matrixGroup struct {
	Name string
	Rows []matrixRow
}

type matrixRow struct {
	Label string
	Cells []*matrixCell // nil if the indicator does not have the part
}

// matrixCell is a part of a breakdown, with what was planned of it, "" if nothing was.
type matrixCell struct {
	snapshot.Part
	Target json.Number
}

func (v view) matrix(lines []resultLine, d *project.Definition) *matrix {
	m := &matrix{}
	for _, line := range lines {
		if len(line.By) > 0 {
			m.Columns = append(m.Columns, line)
		}
	}
	for _, dimension := range report.Dimensions(d) {
		group := matrixGroup{Name: report.DimensionName(v.Messages, d, dimension)}
		at := map[string]int{}
		for n, column := range m.Columns {
			for _, p := range column.By[dimension] {
				i, known := at[p.Code]
				if !known {
					i = len(group.Rows)
					at[p.Code] = i
					group.Rows = append(group.Rows, matrixRow{Label: report.Part(v.Messages, d, dimension, p.Code), Cells: make([]*matrixCell, len(m.Columns))})
				}
				group.Rows[i].Cells[n] = &matrixCell{p, column.TargetBy[dimension][p.Code]}
			}
		}
		if len(group.Rows) > 0 {
			m.Groups = append(m.Groups, group)
		}
	}
	if len(m.Groups) == 0 {
		return nil
	}
	return m
}
