package programme

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

func TestSumsAreOfOneLineAndOneUnit(t *testing.T) {
	t.Parallel()
	counted := func(count, unit string, figures ...snapshot.Indicator) Project {
		p := Project{Definition: &project.Definition{}}
		for i, in := range figures {
			in.Code, in.Unit = string(rune('a'+i)), unit
			p.Indicators = append(p.Indicators, in)
			p.Definition.Indicators = append(p.Definition.Indicators, project.Indicator{Code: in.Code, Count: count, CountsFor: "line"})
		}
		return p
	}
	elsewhere := counted(project.CountSum, "kg", snapshot.Indicator{Achieved: "1000"})
	elsewhere.Definition.Indicators[0].CountsFor = ""
	got := sums([]Project{
		counted(project.CountPeople, "person", snapshot.Indicator{Target: "8", Achieved: "3"}, snapshot.Indicator{Target: "2", Achieved: "1"}),
		counted(project.CountPeople, "person", snapshot.Indicator{Target: "10", Achieved: "4"}),
		counted(project.CountSum, "kg", snapshot.Indicator{Target: "1", Achieved: "0.1"}),
		counted(project.CountSum, "kg", snapshot.Indicator{Achieved: "0.25"}, snapshot.Indicator{Target: "5", Achieved: ""}), // nothing was planned; nothing to work it out from
		elsewhere,
	})
	want := []Line{
		{ID: "line", Unit: "kg", Projects: 2, Achieved: "0.35"},
		{ID: "line", Unit: "person", Projects: 2, Target: "20", Achieved: "8", People: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
