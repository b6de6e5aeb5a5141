package counting_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

func TestNewRulesRefusesRulesThatCannotCount(t *testing.T) {
	t.Parallel()
	rule := func(of, where string) project.Rule { return project.Rule{Of: of, Where: where} }
	one := func(in project.Indicator) project.Definition {
		in.Code = "1"
		return project.Definition{Indicators: []project.Indicator{in}}
	}
	for _, c := range []struct {
		name string
		def  project.Definition
		want string
	}{
		{"an unknown kind", one(project.Indicator{Target: 1, Count: "records", Rule: rule("song", "")}), `"song"`},
		{"the plural of a kind", one(project.Indicator{Target: 1, Count: "records", Rule: rule("tests", "")}), `"tests"`},
		{"an unknown count", one(project.Indicator{Target: 1, Count: "all", Rule: rule("media", "")}), `"all"`},
		{"an invalid rule", one(project.Indicator{Target: 1, Count: "records", Rule: rule("media", "reach >")}), "1"},
		{"people of records that are not about people", one(project.Indicator{Target: 1, Count: "people", Rule: rule("media", "")}), "not about people"},
		{"a sum of what is not there", one(project.Indicator{Target: 1, Count: "sum", Field: "hours", Rule: rule("media", "")}), `"hours"`},
		{"a sum of texts", one(project.Indicator{Target: 1, Count: "sum", Field: "title", Rule: rule("media", "")}), "not a number"},
		{"distinct values of nothing", one(project.Indicator{Target: 1, Count: "distinct", Rule: rule("media", "")}), `""`},
		{"a share of nothing", one(project.Indicator{Count: "share", Rule: rule("test", "")}), "a share of nothing"},
		{"a share of records of two kinds", one(project.Indicator{Count: "share", Per: "records", Rule: rule("test", ""), Among: &project.Rule{Of: "attendance"}}), "other records"},
		{"a share of people over airings", one(project.Indicator{Count: "share", Rule: rule("test", ""), Among: &project.Rule{Of: "media"}}), "not about people"},
		{"a mean of texts", one(project.Indicator{Count: "mean", Field: "title", Rule: rule("media", "")}), "not a number"},
		{"a value of itself", one(project.Indicator{Code: "1", Count: "value", Value: `i["1"]`}), "leads back"},
		{"a value of nothing", one(project.Indicator{Code: "1", Count: "value", Value: `i["2"]`}), "is missing"},
		{"one code twice", project.Definition{Indicators: []project.Indicator{
			{Code: "1", Target: 1, Count: "records", Rule: rule("media", "")}, {Code: "1", Target: 1, Count: "records", Rule: rule("media", "")},
		}}, "used twice"},
		{"a reserved code", project.Definition{Indicators: []project.Indicator{{Code: "participants", Target: 1, Count: "records", Rule: rule("media", "")}}}, "used twice"},
		{"participants of records that are not about people", project.Definition{Participants: []project.Rule{rule("output", "")}}, "not about people"},
		{"participants by an invalid rule", project.Definition{Participants: []project.Rule{rule("attendance", "((")}}, "participants"},
		{"a band upside down", project.Definition{AgeBands: []string{"54-25"}}, "54-25"},
		{"a band without an end", project.Definition{AgeBands: []string{"25"}}, "25"},
	} {
		_, err := counting.NewRules(&c.def, schema.Builtin())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAFailingRuleNamesTheRecord(t *testing.T) {
	t.Parallel()
	def := *definition
	def.Indicators = []project.Indicator{{Code: "odd", Target: 1, Count: "records", Rule: project.Rule{Of: "output", Where: `int(title) > 1`}}}
	s := &factScript{t: t, history: history{}}
	s.add(fact.KindRecordEntered, noon(1), fact.RecordEntered{Record: "01R1", Version: 1, Kind: "output", Values: stored("output", "2010-03-01", "kit", "1", "Title")})
	f := counting.New(schema.Builtin())
	s.apply(t, f, s.facts)
	found, err := counting.Compile(&def, mustRules(t, &def), f.Live(), "2010-06-20")
	if err != nil || !slices.Equal(found.Quality.RuleErrors, []snapshot.RuleError{{Code: "odd", Count: 1, Record: "01R1"}}) {
		t.Errorf("rule errors %v, %v", found.Quality.RuleErrors, err)
	}
	if _, err := counting.Compile(definition, mustRules(t, definition), f.Live(), "today"); err == nil {
		t.Error("counted as of no day")
	}
}

func TestMonths(t *testing.T) {
	t.Parallel()
	s := &factScript{t: t, history: history{}}
	s.attendance("r1", 1, noon(1), "p1", "2010-01-31", "1.004")
	s.attendance("r2", 1, noon(1), "p1", "2010-03-01", "1.004")
	s.attendance("r3", 1, noon(1), "p2", "2010-03-01", "1.004")
	s.attendance("r4", 1, noon(1), "p3", "2010-07-01", "9")
	s.attendance("r5", 1, noon(1), "p3", "2010-01-09", "9")
	months := func(asOf, code string) []snapshot.Month {
		for _, in := range s.compile(asOf).Indicators {
			if in.Code == code {
				return in.ByMonth
			}
		}
		return nil
	}
	for _, c := range []struct {
		name, asOf, code string
		want             []snapshot.Month
	}{
		{"none before the period", "2010-01-09", "trained", []snapshot.Month{}},
		{"people in the month of their first record, to the month of the day", "2010-03-01", "trained", []snapshot.Month{
			{Month: "2010-01", Added: "1", Total: "1"}, {Month: "2010-02", Added: "0", Total: "1"}, {Month: "2010-03", Added: "1", Total: "2"},
		}},
		{"what is added is the difference of the totals", "2010-03-31", "hours", []snapshot.Month{
			{Month: "2010-01", Added: "1", Total: "1"}, {Month: "2010-02", Added: "0", Total: "1"}, {Month: "2010-03", Added: "2.01", Total: "3.01"},
		}},
		{"none after the period", "2011-03-31", "advised", []snapshot.Month{
			{Month: "2010-01", Added: "0", Total: "0"}, {Month: "2010-02", Added: "0", Total: "0"}, {Month: "2010-03", Added: "0", Total: "0"},
			{Month: "2010-04", Added: "0", Total: "0"}, {Month: "2010-05", Added: "0", Total: "0"}, {Month: "2010-06", Added: "0", Total: "0"},
		}},
	} {
		if diff := cmp.Diff(c.want, months(c.asOf, c.code)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
	found := s.compile("2010-01-31")
	if found.Quality.RecordsOutsidePeriod != 2 {
		t.Errorf("%d records outside the period, want 2", found.Quality.RecordsOutsidePeriod)
	}
}

func TestAgeIsThatOfTheFirstCountedRecord(t *testing.T) {
	t.Parallel()
	def := *definition
	def.Period = project.Period{From: "2009-11-02", To: "2011-02-28"}
	s := &factScript{t: t, history: history{}}
	s.add(fact.KindRecordEntered, noon(1), fact.RecordEntered{Record: "r1", Version: 1, Kind: "consultation", Person: "p1", Values: stored("consultation", "2010-12-31", "law", "60", "phone")})
	s.add(fact.KindRecordEntered, noon(1), fact.RecordEntered{Record: "r2", Version: 1, Kind: "consultation", Person: "p1", Values: stored("consultation", "2011-01-01", "law", "60", "phone")})
	s.attendance("r3", 1, noon(1), "p1", "2009-12-31", "1")
	s.add(fact.KindSignup, noon(1), fact.Signup{Signup: "s1", Entry: "e1", Person: "p1", Submitted: noon(1), State: "accepted", Values: schema.ValuesOf(map[string]string{"activity": "training", "birth_year": "1985"})})
	f := counting.New(schema.Builtin())
	s.apply(t, f, s.facts)
	found, err := counting.Compile(&def, mustRules(t, &def), f.Live(), "2011-02-28")
	if err != nil {
		t.Fatal(err)
	}
	band := func(by snapshot.Breakdowns) (out string) {
		for _, part := range by["age"] {
			if part.People > 0 {
				out += part.Code
			}
		}
		return out
	}
	if got := band(found.Participants.By); got != "0-24" {
		t.Errorf("the participant is %s, want 0-24: 24 in 2009", got)
	}
	if got := band(found.Indicators[1].By); got != "25-54" {
		t.Errorf("the person advised is %s, want 25-54: 25 in 2010", got)
	}
}
