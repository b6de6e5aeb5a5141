package uploads

import (
	"context"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/text"
)

// Finding is an error or a warning about one cell. Its message is worded when it is read.
type Finding struct {
	Sheet   string         `json:"sheet,omitempty"` // where several are read
	Row     int            `json:"row"`
	Column  string         `json:"column"`
	Value   string         `json:"value"`           // masked if it identifies a person
	Rows    []int          `json:"rows,omitempty"`  // the first rows that a warning told once concerns, or that an error is about
	Count   int            `json:"count,omitempty"` // and how many there are
	Problem schema.Problem `json:"problem"`
}

// Findings are the errors and warnings of a file. A list that is incomplete is marked as cut.
type Findings struct {
	Errors      []Finding `json:"errors"`
	Warnings    []Finding `json:"warnings"`
	ErrorsCut   bool      `json:"errors_cut,omitempty"`
	WarningsCut bool      `json:"warnings_cut,omitempty"`
}

// Sort keys of the items of findings.
const (
	errorsFound   = "ERRORS"
	warningsFound = "WARNINGS"
)

type findingsItem struct {
	Findings []Finding `json:"findings"`
	Cut      bool      `json:"cut"`

	Options map[string][]text.Choice `json:"options,omitempty"` // the allowed values of a column, once for all its cells
}

func newFindingsItem(findings []Finding, cut bool) findingsItem {
	it := findingsItem{Findings: findings, Cut: cut}
	for _, f := range findings {
		if len(f.Problem.Options) > 0 {
			if it.Options == nil {
				it.Options = map[string][]text.Choice{}
			}
			it.Options[f.Problem.Field] = f.Problem.Options
		}
	}
	return it
}

// restore sets the options of each finding's column. Items written before options were stored have the ids of a list in
// one text and its Polish labels in another.
func (it findingsItem) restore() []Finding {
	for i := range it.Findings {
		p := &it.Findings[i].Problem
		if p.Code == schema.NotInList && (p.Hint == "" || p.Hint == schema.SeveralHint) || p.Code == schema.Unreadable && p.Field == "" {
			p.Options = it.Options[p.Field]
		}
		ids, words := strings.Split(p.Args["list"], ", "), strings.Split(p.Args["list.pl"], ", ")
		if p.Args["list.pl"] == "" || len(ids) != len(words) {
			continue
		}
		for n, id := range ids {
			p.Options = append(p.Options, text.Choice{ID: id, Label: project.Text{"pl": words[n]}})
		}
	}
	return it.Findings
}

// Findings reads the findings of an upload.
func (s *Store) Findings(ctx context.Context, project, id string) (Findings, error) {
	errors, _, err := table.Load[findingsItem](ctx, s.Tracker, findingsKey(project, id, errorsFound))
	if err != nil {
		return Findings{}, err
	}
	warnings, _, err := table.Load[findingsItem](ctx, s.Tracker, findingsKey(project, id, warningsFound))
	return Findings{Errors: errors.restore(), ErrorsCut: errors.Cut, Warnings: warnings.restore(), WarningsCut: warnings.Cut}, err
}
