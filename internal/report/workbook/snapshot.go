package workbook

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"outreach/internal/project"
	"outreach/internal/report"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

// WriteSnapshot writes a snapshot as a workbook in a language, by tag: planned and achieved, participants, growth by
// month, reach and quality, and metadata. It fails if known_at is not an RFC 3339 time, or if w fails.
func WriteSnapshot(w io.Writer, d *project.Definition, s snapshot.Snapshot, language string) error {
	words := text.Of(language)
	made, err := time.Parse(time.RFC3339, s.KnownAt)
	if err != nil {
		return err
	}
	title := d.Title.In(words.Texts()) + ", " + words.Say("results.as_of", "date", words.Date(s.AsOf))
	return Write(w, About{Title: title, Language: words.Language(), Made: made}, tables{words, d, s}.all(made.In(d.Location()))...)
}

// tables are a snapshot's sheets.
type tables struct {
	*text.Messages
	d *project.Definition
	s snapshot.Snapshot
}

func (t tables) all(made time.Time) []Sheet {
	return []Sheet{
		t.figures(), t.people(),
		t.months(t.Say("results.growth"), func(m snapshot.Month) any { return number(m.Total) }),
		t.months(t.Say("sheet.added"), func(m snapshot.Month) any { return m.Added }),
		t.reach(), t.about(made),
	}
}

func (t tables) label(in snapshot.Indicator) string { return in.Label.In(t.Texts()) }

func (t tables) figures() Sheet {
	out := Sheet{Name: t.Say("results.planned_achieved"), Columns: []Column{
		{t.Say("results.code"), 7}, {t.Say("results.result"), 60}, {t.Say("sheet.unit"), 14}, {t.Say("results.planned"), 12},
		{t.Say("results.achieved"), 12}, {"%", 9}, {t.Say("list.state"), 18}, {t.Say("sheet.records"), 10},
	}}
	for _, in := range t.s.Indicators {
		out.Rows = append(out.Rows, []any{in.Code, t.label(in), report.Unit(t.Messages, in.Unit), number(in.Target), t.achieved(in), number(in.Percent), t.Say("status." + in.Status), in.Records})
	}
	if !slices.ContainsFunc(t.s.Indicators, func(in snapshot.Indicator) bool { return in.Count == project.CountShare }) {
		return out
	}
	out.Columns = append(out.Columns, Column{t.Say("results.numerator"), 12}, Column{t.Say("results.denominator"), 12})
	for i, in := range t.s.Indicators {
		if in.Count == project.CountShare {
			out.Rows[i] = append(out.Rows[i], in.Numerator, in.Denominator)
		}
	}
	return out
}

// number returns a number that may be missing.
func number(n json.Number) any {
	if n == "" {
		return nil
	}
	return n
}

func (t tables) achieved(in snapshot.Indicator) any {
	if in.Said != "" {
		return report.Achieved(t.Messages, t.d, in)
	}
	return number(in.Achieved)
}

// people is the sheet of the breakdowns: of participants, and of the indicators that have any, with what was planned of
// their parts.
func (t tables) people() Sheet {
	p := t.s.Participants
	out := Sheet{Name: t.Say("results.participants"), Columns: []Column{{t.Say("sheet.breakdown"), 34}, {t.Say("sheet.part"), 44}, {t.Say("results.participants"), 16}}}
	total := []any{t.Say("sheet.total"), nil, p.Total}
	planned := []any{t.Say("results.planned"), nil, nil}
	if p.Target > 0 {
		planned[2] = p.Target
	}
	columns := []snapshot.Breakdowns{p.By}
	cells := []func(dimension, code string) any{func(dimension, code string) any { return people(p.By[dimension], code) }}
	for _, in := range t.s.Indicators {
		if len(in.By) == 0 {
			continue
		}
		out.Columns = append(out.Columns, Column{in.Code + " " + t.label(in), 18})
		total, planned = append(total, number(in.Achieved)), append(planned, number(in.Target))
		columns = append(columns, in.By)
		cells = append(cells, func(dimension, code string) any { return people(in.By[dimension], code) })
		if len(in.TargetBy) > 0 {
			out.Columns = append(out.Columns, Column{in.Code + " " + t.Say("results.planned"), 14})
			total, planned = append(total, nil), append(planned, nil)
			cells = append(cells, func(dimension, code string) any {
				if target, is := in.TargetBy[dimension][code]; is {
					return number(target)
				}
				return nil
			})
		}
	}
	out.Rows = append(out.Rows, planned, total)
	for _, dimension := range report.Dimensions(t.d) {
		for _, code := range report.Codes(columns, dimension) {
			row := []any{report.DimensionName(t.Messages, t.d, dimension), report.Part(t.Messages, t.d, dimension, code)}
			for _, cell := range cells {
				row = append(row, cell(dimension, code))
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return out
}

func people(of snapshot.Breakdown, code string) any {
	for _, p := range of {
		switch {
		case p.Code != code:
		case p.Shown != "":
			return p.Shown
		default:
			return p.Number()
		}
	}
	return nil
}

func (t tables) months(name string, figure func(snapshot.Month) any) Sheet {
	out := Sheet{Name: name, Columns: []Column{{t.Say("results.month"), 12}}}
	for i, in := range t.s.Indicators {
		out.Columns = append(out.Columns, Column{in.Code + " " + t.label(in), 18})
		for n, m := range in.ByMonth {
			if n == len(out.Rows) {
				out.Rows = append(out.Rows, append([]any{Month(m.Month)}, make([]any, len(t.s.Indicators))...))
			}
			out.Rows[n][i+1] = figure(m)
		}
	}
	return out
}

func (t tables) reach() Sheet {
	r, q := t.s.Reach, t.s.Quality
	out := Sheet{Name: t.Say("sheet.reach"), Columns: []Column{{t.Say("sheet.item"), 60}, {t.Say("sheet.value"), 16}}, Rows: [][]any{
		{t.Say("reach.airings"), r.Airings}, {t.Say("reach.sum"), r.Sum}, {t.Say("reach.low"), r.Low}, {t.Say("reach.estimate"), r.Estimate},
		{t.Say("reach.high"), r.High}, {t.Say("reach.population"), r.Population},
		{t.Say("sheet.without_attributes"), q.PeopleWithoutAttributes}, {t.Say("sheet.outside_period"), q.RecordsOutsidePeriod},
	}}
	if q.Incomplete > 0 {
		out.Rows = append(out.Rows, []any{t.Say("sheet.incomplete"), q.Incomplete})
	}
	for _, e := range q.RuleErrors {
		out.Rows = append(out.Rows, []any{t.Say("sheet.rule_error", "of", t.RuleOf(e.Code), "record", e.Record), e.Count})
	}
	return out
}

func (t tables) about(made time.Time) Sheet {
	s := t.s
	out := Sheet{Name: t.Say("sheet.about"), Columns: []Column{{t.Say("sheet.item"), 34}, {t.Say("sheet.value"), 76}}, Rows: [][]any{
		{t.Say("sheet.project"), t.d.Title.In(t.Texts())}, {t.Say("sheet.programme"), t.d.Programme.In(t.Texts())},
		{t.Say("sheet.from"), Day(t.d.Period.From)}, {t.Say("sheet.to"), Day(t.d.Period.To)},
		{t.Say("snapshots.as_of"), Day(s.AsOf)}, {t.Say("list.state"), t.Say("snapshot." + s.State)}, {t.Say("origin.known_at"), made},
		{t.Say("origin.snapshot"), s.ID},
	}}
	if s.Supersedes != nil {
		out.Rows = append(out.Rows, []any{t.Say("origin.supersedes"), *s.Supersedes})
	}
	out.Rows = append(out.Rows,
		[]any{t.Say("origin.hash"), s.Hash}, []any{t.Say("origin.seal"), s.SealOr(t.Say("origin.not_sealed"))}, []any{t.Say("sheet.definition_version"), s.Definition.Version}, []any{t.Say("sheet.definition_sha256"), s.Definition.SHA256})
	return out
}
