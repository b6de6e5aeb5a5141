package snapshot

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/project"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	line := func(code, target, achieved, percent string) Indicator {
		return Indicator{Code: code, Target: json.Number(target), Achieved: json.Number(achieved), Percent: json.Number(percent)}
	}
	rule := func(code, where string) project.Indicator {
		return project.Indicator{Code: code, Rule: project.Rule{Of: "test", Where: where}}
	}
	before := Side{
		Snapshot:   Snapshot{ID: "b", AsOf: "2010-01-31", Participants: Participants{Total: 10, Target: 20}, Reach: Reach{Sum: 100}, Indicators: []Indicator{line("1", "10", "2.5", "25"), line("2", "10", "5", "50"), line("3", "4", "1", "25"), line("gone", "1", "1", "100")}},
		Definition: &project.Definition{Indicators: []project.Indicator{rule("1", ""), rule("2", ""), rule("3", "")}},
	}
	now := Side{
		Snapshot:   Snapshot{ID: "n", AsOf: "2010-02-28", Participants: Participants{Total: 12, Target: 20}, Reach: Reach{Sum: 90}, Indicators: []Indicator{line("1", "10", "4", "40"), line("2", "20", "5", "25"), line("3", "4", "1", "25"), line("new", "1", "0", "0")}},
		Definition: &project.Definition{Indicators: []project.Indicator{rule("1", ""), rule("2", ""), rule("3", "true"), rule("new", "")}, Participants: []project.Rule{{Of: "test"}}},
	}
	got := Compare(now, &before)
	difference := func(f Figure) string {
		if f.Difference == nil {
			return "none"
		}
		return f.Difference.String()
	}
	var lines [][]any
	for _, l := range got.Indicators {
		lines = append(lines, []any{l.Code, difference(l.Achieved), difference(l.Percent), l.TargetChanged, l.RuleChanged, l.Same()})
	}
	want := [][]any{
		{"1", "1.5", "15", false, false, false},
		{"2", "0", "-25", true, false, false},
		{"3", "0", "0", false, true, false},
		{"new", "none", "none", false, false, false},
		{"gone", "none", "none", false, false, false},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if difference(got.Participants) != "2" || difference(got.Reach.Sum) != "-10" || !got.TargetGroup.Same() || !got.WhoCounts || got.Before.ID != "b" {
		t.Errorf("%+v", got)
	}
	if first := Compare(now, nil); first.Before != nil || first.Participants.Before != nil || first.Participants.Now.String() != "12" || len(first.Indicators) != 4 {
		t.Errorf("the first one: %+v", first)
	}
	if same := Compare(now, &now); len(same.Indicators) != 4 || !same.Indicators[0].Same() || same.WhoCounts {
		t.Errorf("the same: %+v", same)
	}
}
