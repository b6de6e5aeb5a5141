package letter

import (
	"strconv"

	"outreach/internal/attention"
	"outreach/internal/mail"
	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

// Cell is a bad cell of a file.
type Cell struct {
	Row     int
	Column  string // its English name, or what the file calls it where that is none
	Value   string // masked where it identifies somebody
	Problem schema.Problem
}

// MostCells is how many bad cells a letter shows; its page shows them all.
const MostCells = 10

// Rejected is what a letter about a rejected file is drawn of.
type Rejected struct {
	Language string
	Project  *project.Definition
	Filename string
	Kind     *schema.Kind // of the file; nil where it was not recognised
	Cells    []Cell       // all that are known, in the order of rows
	Cut      bool         // there are more
	Page     string
}

// OfRejected draws a letter to whose file was rejected.
func OfRejected(r Rejected) (Letter, error) {
	words := text.Of(r.Language)
	title := r.Project.Title.In(words.Language())
	n := int64(len(r.Cells))
	c := content{
		Messages: words, Subject: words.Say("mail.upload_rejected.subject", "project", title), Hello: words.Say("mail.hello", "name", ""),
		Lead:    words.Count("mail.upload_rejected.text", n),
		Details: []detail{{words.Say("mail.file"), r.Filename}, {words.Say("mail.project"), title}},
		Table:   table{Head: []string{words.Say("mail.row"), words.Say("mail.column"), words.Say("mail.value"), words.Say("mail.wrong")}, Numbers: []bool{true}},
		Act:     words.Say("mail.upload_rejected.act"), Link: link{words.Say("mail.upload_rejected.link"), r.Page}, Foot: words.Say("mail.foot", "project", title),
	}
	if r.Cut {
		c.Lead = words.Count("mail.upload_rejected.cut", n)
	}
	for _, cell := range r.Cells[:min(len(r.Cells), MostCells)] {
		cell.Column = r.Kind.ColumnIn(cell.Column, words.Language())
		c.Table.Rows = append(c.Table.Rows, []string{strconv.Itoa(cell.Row), cell.Column, cell.Value, words.Problem(cell.Problem)})
	}
	if left := n - MostCells; left > 0 {
		c.More = words.Count("mail.upload_rejected.more", left)
	}
	return c.draw()
}

// Report is what a letter about the report of a reporting period is drawn of.
type Report struct {
	Language string
	Project  *project.Definition
	Snapshot snapshot.Snapshot
	Page     string
	Files    []mail.File
}

// OfDueReport draws a letter to the office, which has to approve a report.
func OfDueReport(r Report) (Letter, error) { return r.draw("mail.report_due") }

// OfReport draws a letter to a funder, with the report's files.
func OfReport(r Report) (Letter, error) { return r.draw("mail.report") }

func (r Report) draw(key string) (Letter, error) {
	words := text.Of(r.Language)
	language := words.Language()
	title, day := r.Project.Title.In(language), words.Date(r.Snapshot.AsOf)
	c := content{
		Messages: words, Subject: words.Say(key+".subject", "project", title, "date", day), Hello: words.Say("mail.hello", "name", ""), Lead: words.Say(key+".text", "date", day),
		Details: []detail{{words.Say("mail.project"), title}, {words.Say("mail.as_of"), day}, {words.Say("results.participants"), r.participants(words)}},
		Table: table{Head: []string{words.Say("results.code"), words.Say("results.result"), words.Say("results.planned"), words.Say("results.achieved"), "%"},
			Numbers: []bool{false, false, true, true, true}},
		Act: words.Say(key + ".act"), Link: link{words.Say(key + ".link"), r.Page}, Foot: words.Say("mail.foot", "project", title),
	}
	if programme := r.Project.Programme.In(language); programme != "" {
		c.Details = append([]detail{{words.Say("mail.programme"), programme}}, c.Details...)
	}
	for _, in := range r.Snapshot.Indicators {
		c.Table.Rows = append(c.Table.Rows, []string{in.Code, in.Label.In(language), words.Number(in.Target), words.Number(in.Achieved), words.Number(in.Percent)})
	}
	return c.draw(r.Files...)
}

func (r Report) participants(words *text.Messages) string {
	p := r.Snapshot.Participants
	if p.Target == 0 {
		return words.Number(p.Total)
	}
	return words.Say("mail.of_planned", "total", words.Number(p.Total), "target", words.Number(p.Target), "percent", words.Percent(report.Percent(p.Total, p.Target)))
}

// Attention is what a letter that somebody has to look is drawn of.
type Attention struct {
	Language string
	Project  *project.Definition
	Counts   attention.Counts
	Base     string // the project's address
}

// OfAttention draws a letter to the office: what waits for somebody to look.
func OfAttention(a Attention) (Letter, error) {
	words := text.Of(a.Language)
	title := a.Project.Title.In(words.Language())
	c := content{
		Messages: words, Subject: words.Say("mail.attention.subject", "project", title), Hello: words.Say("mail.hello", "name", ""), Lead: words.Say("mail.attention.text"),
		Act: words.Say("mail.attention.act"), Link: link{words.Say("mail.attention.link"), a.Base + "/attention"}, Foot: words.Say("mail.foot", "project", title),
	}
	for _, p := range []struct {
		key, page string
		n         int
	}{
		{"reports", "/snapshots", a.Counts.Reports},
		{"rejected_files", "/uploads", a.Counts.RejectedFiles},
		{"held", "/signups", a.Counts.Held},
		{"waiting", "/signups", a.Counts.Waiting},
		{"duplicates", "/people/duplicates", a.Counts.Duplicates},
		{"without_attributes", "/people", a.Counts.PeopleWithoutAttributes},
		{"behind", "/snapshots/latest", a.Counts.LinesBehind},
	} {
		if p.n > 0 {
			c.Points = append(c.Points, point{words.Count("mail.attention."+p.key, int64(p.n)), a.Base + p.page})
		}
	}
	return c.draw()
}
