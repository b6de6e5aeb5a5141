package projectsweb

import (
	"errors"
	"slices"

	"outreach/internal/counting"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/projects/preview"
	"outreach/internal/rule/inwords"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/web"
)

// previewed is how figures would change.
type previewed struct {
	AsOf     string            `json:"as_of" format:"date" doc:"The day up to which both definitions were counted: today"`
	TooLarge string            `json:"too_large,omitempty" doc:"Why there are no figures, in the reader's language"`
	Figures  []previewedFigure `json:"figures,omitempty" doc:"The participants, then each indicator of the new definition, then those that it lacks"`
}

type previewedFigure struct {
	Code     string          `json:"code" doc:"Of the indicator, or participants"`
	Label    project.Text    `json:"label,omitempty"`
	What     string          `json:"what" enum:"same,changed,added,removed" doc:"changed: the figure, or who or what counts for it"`
	Before   *previewedValue `json:"before" doc:"By the definition in force; null: it has no such indicator"`
	After    *previewedValue `json:"after" doc:"By the new definition; null: it has no such indicator"`
	Rule     []string        `json:"rule" doc:"How it is counted, in words, in the reader's language"`
	Was      []string        `json:"rule_before,omitempty" doc:"How it was counted, where that differs"`
	Newly    moved           `json:"newly" doc:"Who or what would newly count: people where the figure counts them, else records"`
	NoLonger moved           `json:"no_longer" doc:"Who or what would no longer count"`
}

type previewedValue struct {
	Achieved any    `json:"achieved" doc:"null: there is nothing to work it out from"`
	Percent  any    `json:"percent" doc:"null: none"`
	Status   string `json:"status,omitempty"`
}

type moved struct {
	Count int64               `json:"count"`
	Items []snapshot.Evidence `json:"items" doc:"The first ten by date: of a person the first record that counts"`
}

// preview counts the project under both definitions. It returns nil where there is nothing to compare.
func (h Handlers) preview(c *web.Call, is *project.Definition) (*previewed, error) {
	was := c.Defined.Definition
	if was == nil {
		return nil, nil
	}
	out := &previewed{AsOf: c.Today()}
	figures, err := h.previews.Of(c.Context(), was, is, out.AsOf)
	if errors.Is(err, preview.ErrTooLarge) {
		out.TooLarge = c.Messages().Say("definition.preview.too_large", "facts", c.Messages().Number(preview.MostFacts), "rows", c.Messages().Number(preview.MostRows))
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for _, f := range figures {
		one := previewedFigure{Code: f.Code, Before: valueOf(f.Before), After: valueOf(f.After), Newly: movedOf(f.Joins), NoLonger: movedOf(f.Leaves)}
		now, then := explained(c, was, f.Code, f.Was), explained(c, is, f.Code, f.Is)
		switch {
		case f.After == nil:
			one.What, one.Label, one.Rule = project.Removed, f.Was.Label, now
		case f.Before == nil:
			one.What, one.Rule = project.Added, then
		default:
			one.What, one.Rule = "same", then
			if !slices.Equal(now, then) {
				one.Was = now
			}
			if *one.Before != *one.After || one.Newly.Count+one.NoLonger.Count > 0 {
				one.What = project.Altered
			}
		}
		if f.Is != nil {
			one.Label = f.Is.Label
		}
		out.Figures = append(out.Figures, one)
	}
	return out, nil
}

func valueOf(in *snapshot.Indicator) *previewedValue {
	if in == nil {
		return nil
	}
	out := &previewedValue{Status: in.Status}
	if in.Achieved != "" {
		out.Achieved = in.Achieved
	}
	if in.Said != "" {
		out.Achieved = in.Said
	}
	if in.Percent != "" {
		out.Percent = in.Percent
	}
	return out
}

func movedOf(m counting.Moved) moved {
	return moved{Count: m.Count, Items: append([]snapshot.Evidence{}, m.Items...)}
}

// explained says how the participants or an indicator are counted; nil for an indicator that is not there.
func explained(c *web.Call, d *project.Definition, code string, in *project.Indicator) []string {
	switch {
	case in != nil:
		return inwords.Indicator(c.Messages(), d, *in)
	case code != counting.ParticipantsEvidence:
		return nil
	}
	out := []string{c.Messages().Say("evidence.counts_participants")}
	for _, r := range d.Participants {
		out = append(out, inwords.Rule(c.Messages(), d, r))
	}
	return out
}

// previewLines returns a preview for the page.
func previewLines(c *web.Call, p *previewed, is *project.Definition) *page.Preview {
	if p == nil {
		return nil
	}
	words, kinds := c.Messages(), schema.For(is)
	out := &page.Preview{AsOf: p.AsOf, TooLarge: p.TooLarge}
	items := func(m moved) page.Moved {
		list := page.Moved{Count: m.Count}
		for _, e := range m.Items {
			item := page.MovedItem{ID: e.ID, Date: e.Date, Kind: kinds.LabelIn(words, schema.One, e.Kind)}
			switch kind := kinds.Kind(e.Kind); {
			case e.Person != "":
				item.ID, item.Address = e.Person, "/people/"+e.Person
			case e.Upload != "":
				item.Address = "/uploads/" + e.Upload
			case kind != nil:
				item.Address = "/" + kind.Path + "/" + e.ID
			}
			list.Items = append(list.Items, item)
		}
		return list
	}
	value := func(v *previewedValue) string {
		switch {
		case v == nil || v.Achieved == nil:
			return "–"
		default:
			return words.Number(v.Achieved)
		}
	}
	for _, f := range p.Figures {
		line := page.PreviewLine{
			Code: f.Code, Label: f.Label.In(c.Language), What: f.What, Before: value(f.Before), After: value(f.After),
			Rule: f.Rule, Was: f.Was, Newly: items(f.Newly), NoLonger: items(f.NoLonger),
		}
		if f.Code == counting.ParticipantsEvidence {
			line.Code, line.Label = "", words.Say("results.participants")
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}
