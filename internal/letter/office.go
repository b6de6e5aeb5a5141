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

// Cell is a wrong cell of a file.
type Cell struct {
	Row     int
	Column  string // its English name, or the header of an unknown column
	Value   string // masked where it could identify someone
	Problem schema.Problem
}

// MostCells is how many wrong cells a letter shows; the upload's page shows them all.
const MostCells = 10

// Rejected is the data of a letter about a rejected file.
type Rejected struct {
	Language string
	Project  *project.Definition
	Filename string
	Kind     *schema.Kind // of the file; nil where it was not recognised
	Cells    []Cell       // in the order of rows
	Cut      bool         // there are more wrong cells than Cells
	Page     string
}

// RenderRejected renders the letter to the sender of a rejected file.
func RenderRejected(r Rejected) (Letter, error) {
	words := text.Of(r.Language)
	title := r.Project.Title.In(words.Texts())
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
	return c.render()
}

// Report is the data of a letter about the report of a reporting period.
type Report struct {
	Language string
	Project  *project.Definition
	Snapshot snapshot.Snapshot
	Page     string
	Files    []mail.File
}

// RenderDueReport renders the letter that asks the office to approve a report.
func RenderDueReport(r Report) (Letter, error) { return r.render("mail.report_due") }

// RenderReport renders the letter to a funder, with the report's files.
func RenderReport(r Report) (Letter, error) { return r.render("mail.report") }

func (r Report) render(key string) (Letter, error) {
	words := text.Of(r.Language)
	language := words.Texts()
	title, day := r.Project.Title.In(language), words.Date(r.Snapshot.AsOf)
	c := content{
		Messages: words, Subject: words.Say(key+".subject", "project", title, "date", day), Hello: words.Say("mail.hello", "name", ""), Lead: words.Say(key+".text", "date", day),
		Details: []detail{{words.Say("mail.project"), title}, {words.Say("mail.as_of"), day}, {words.Say("results.participants"), r.participants(words)},
			{words.Say("snapshots.hash"), r.Snapshot.Hash}, {words.Say("snapshots.seal"), r.Snapshot.SealOr(words.Say("origin.not_sealed"))}},
		Table: table{Head: []string{words.Say("results.code"), words.Say("results.result"), words.Say("results.planned"), words.Say("results.achieved"), "%"},
			Numbers: []bool{false, false, true, true, true}},
		Act: words.Say(key + ".act"), Link: link{words.Say(key + ".link"), r.Page}, Foot: words.Say("mail.foot", "project", title),
	}
	if programme := r.Project.Programme.In(language); programme != "" {
		c.Details = append([]detail{{words.Say("mail.programme"), programme}}, c.Details...)
	}
	for _, in := range r.Snapshot.Indicators {
		c.Table.Rows = append(c.Table.Rows, []string{in.Code, in.Label.In(language), words.Number(in.Target), report.Achieved(words, r.Project, in), words.Number(in.Percent)})
	}
	return c.render(r.Files...)
}

func (r Report) participants(words *text.Messages) string {
	p := r.Snapshot.Participants
	if p.Target == 0 {
		return words.Number(p.Total)
	}
	return words.Say("mail.of_planned", "total", words.Number(p.Total), "target", words.Number(p.Target), "percent", words.Percent(report.Percent(p.Total, p.Target)))
}

// Attention is the data of a letter about the tasks of the office.
type Attention struct {
	Language string
	Project  *project.Definition
	Counts   attention.Counts
	Base     string // the project's address
}

// RenderAttention renders the letter to the office about its tasks.
func RenderAttention(a Attention) (Letter, error) {
	words := text.Of(a.Language)
	title := a.Project.Title.In(words.Texts())
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
		{"deliveries", "/deliveries", a.Counts.Deliveries},
		{"postponed_letters", "/signups", a.Counts.PostponedLetters},
		{"held", "/signups", a.Counts.Held},
		{"waiting", "/signups", a.Counts.Waiting},
		{"duplicates", "/people/duplicates", a.Counts.Duplicates},
		{"incomplete", "/people/incomplete", a.Counts.Incomplete},
		{"without_attributes", "/people", a.Counts.PeopleWithoutAttributes},
		{"rule_errors", "/snapshots/latest", a.Counts.RuleErrors},
		{"behind", "/snapshots/latest", a.Counts.LinesBehind},
	} {
		if p.n > 0 {
			c.Points = append(c.Points, point{words.Count("mail.attention."+p.key, int64(p.n)), a.Base + p.page})
		}
	}
	return c.render()
}
