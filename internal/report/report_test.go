package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

// written gives the raw table of cells, without the mark of UTF-8.
func written(t testing.TB, rows ...[]Cell) string {
	t.Helper()
	var b bytes.Buffer
	c := NewCSV(&b)
	for _, row := range rows {
		c.Row(row...)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	plain, marked := strings.CutPrefix(b.String(), "\ufeff")
	if !marked && len(rows) > 0 {
		t.Fatalf("the table does not begin with the mark: %q", b.String())
	}
	return plain
}

func TestCells(t *testing.T) {
	tests := []struct {
		name string
		cell Cell
		want string
	}{
		{"plain text is left alone", Text("Ola Nowak"), "Ola Nowak\r\n"},
		{"a formula is text", Text("=1+1"), "'=1+1\r\n"},
		{"a formula that holds quotes is text", Text(`=HYPERLINK("x")`), "\"'=HYPERLINK(\"\"x\"\")\"\r\n"},
		{"a plus is text", Text("+48 600 000 000"), "'+48 600 000 000\r\n"},
		{"a minus is text", Text("-1"), "'-1\r\n"},
		{"an at sign is text", Text("@SUM(A1)"), "'@SUM(A1)\r\n"},
		{"a tab is text", Text("\t=1"), "'\t=1\r\n"},
		{"a return is text, and goes", Text("\r=1"), "\"'=1\"\r\n"},
		{"a new line is text", Text("\n=1"), "\"'\r\n=1\"\r\n"},
		{"an equals sign further on is no formula", Text("a=b"), "a=b\r\n"},
		{"commas and quotes are quoted", Text(`Spółdzielnia: "praca", którą`), "\"Spółdzielnia: \"\"praca\"\", którą\"\r\n"},
		{"a whole number", Number(int64(898860)), "898860\r\n"},
		{"a number below zero is a number", Number(-3), "-3\r\n"},
		{"a decimal number has a point", Number(json.Number("114.3")), "114.3\r\n"},
		{"a number's text", Number("7.5"), "7.5\r\n"},
		{"what is no number is text", Number("=1"), "'=1\r\n"},
		{"a hidden number is text", Number("<5"), "<5\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := written(t, []Cell{test.cell}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[=+\-@\t\r\n"', a0.]{0,6}`).Draw(t, "value")
		asText := rapid.Bool().Draw(t, "text")
		cell := Number(value)
		if asText {
			cell = Text(value)
		}
		var b bytes.Buffer
		c := NewCSV(&b)
		c.Row(cell, Text("end"))
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 {
			t.Fatalf("%q is read back as %q, %v", value, rows, err)
		}
		got := rows[0][0]
		if !asText && plainNumber.MatchString(value) {
			if got != value {
				t.Fatalf("the number %q became %q", value, got)
			}
			return
		}
		if got != "" && strings.ContainsRune("=+-@\t\r\n", rune(got[0])) {
			t.Fatalf("%q became the formula %q", value, got)
		}
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestErrorOfTheWriterIsReturned(t *testing.T) {
	c := NewCSV(full{})
	c.Row(Text("x"))
	if err := c.Close(); err == nil {
		t.Error("no error")
	}
	if err := WriteEvidence(full{}, false, false, nil, evidence()); err == nil {
		t.Error("no error for evidence")
	}
}

var definition = &project.Definition{Groups: []project.Labelled{{ID: "individual", Label: project.Text{"pl": "osoba zainteresowana", "en": "interested person"}}}}

func TestWriteSnapshot(t *testing.T) {
	s := snapshot.Snapshot{
		Indicators: []snapshot.Indicator{
			{Code: "5", Label: project.Text{"pl": "Mieszkańcy, do których dotarto", "en": "Inhabitants reached"}, Unit: "inhabitant", Target: "200000", Achieved: "898860", Percent: "449.4", Status: "achieved", Records: 113},
			{Code: "12", Label: project.Text{"pl": "=Godziny"}, Unit: "hour", Target: "10.5", Achieved: "7.25", Percent: "69", Status: "behind", Records: 3}},
		Participants: snapshot.Participants{Total: 252, Target: 210, By: snapshot.Breakdowns{
			"group": {{Code: "individual", People: 250}, {Code: "unknown", People: 2, Shown: "<5"}}, "sex": {{Code: "female", People: 159}}, "age": {{Code: "0-24", People: 1, Shown: "hidden"}}}},
		Reach: snapshot.Reach{Sum: 898860, Low: 23400, Estimate: 727311, High: 898860, Population: 2070000, Airings: 113},
	}
	const head = "\ufeffcode,label,unit,target,achieved,percent,status,records\r\n"
	tests := []struct{ name, language, want string }{
		{"in Polish", "pl", head + `5,"Mieszkańcy, do których dotarto",inhabitant,200000,898860,449.4,achieved,113
12,'=Godziny,hour,10.5,7.25,69,behind,3
participants,Uczestnicy i uczestniczki,person,210,252,120,,
participants.sex.female,Płeć: kobieta,person,,159,,,
participants.age.0-24,Wiek: 0–24,person,,hidden,,,
participants.group.individual,Grupa: osoba zainteresowana,person,,250,,,
participants.group.unknown,Grupa: nie podano,person,,<5,,,
reach.sum,"Zasięg, suma",person,,898860,,,
reach.low,"Zasięg w osobach, najmniej",person,,23400,,,
reach.estimate,"Zasięg w osobach, szacunek",person,,727311,,,
reach.high,"Zasięg w osobach, najwyżej",person,,898860,,,
reach.population,Mieszkańcy obszaru,person,,2070000,,,
reach.airings,Publikacje w mediach,airing,,113,,,
`},
		{"in English", "en", "Inhabitants reached,inhabitant,200000,898860,449.4,achieved,113\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := WriteSnapshot(&b, definition, s, test.language); err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(strings.ReplaceAll(test.want, "\r\n", "\n"), "\n", "\r\n")
			if !strings.Contains(b.String(), want) {
				t.Error(cmp.Diff(want, b.String()))
			}
		})
	}
	t.Run("without a target, media or breakdowns", func(t *testing.T) {
		var b bytes.Buffer
		if err := WriteSnapshot(&b, definition, snapshot.Snapshot{Participants: snapshot.Participants{Total: 3}}, "en"); err != nil {
			t.Fatal(err)
		}
		if want := head + "participants,Participants,person,,3,,,\r\nhash,Hash,,,,,,\r\nseal,Seal,,,not sealed,,,\r\n"; b.String() != want {
			t.Error(cmp.Diff(want, b.String()))
		}
	})
}

func evidence(items ...snapshot.Listed) iter.Seq2[snapshot.Listed, error] {
	return func(yield func(snapshot.Listed, error) bool) {
		for _, one := range items {
			if !yield(one, nil) {
				return
			}
		}
	}
}

func TestWriteEvidence(t *testing.T) {
	var b bytes.Buffer
	if err := WriteEvidence(&b, false, false, []string{"medium", "kind", "reach"}, evidence(
		snapshot.Listed{Evidence: snapshot.Evidence{ID: "01R1", Kind: "media", Date: "2010-02-19", Upload: "01U1", Row: 2}, Adds: "12500", What: "=Radio: =1+1", Salt: "5a17", Fields: snapshot.Fields{{Name: "kind", Value: "=spot"}, {Name: "reach", Value: "-12500.5", Number: true}}},
		snapshot.Listed{Evidence: snapshot.Evidence{ID: "01R2", Kind: "consultation", Date: "2010-02-20", Person: "01P1"}},
	)); err != nil {
		t.Fatal(err)
	}
	if want := "\ufeffid,kind,date,person,upload,row,adds,what,salt,fields.medium,fields.kind,fields.reach\r\n01R1,media,2010-02-19,,01U1,2,12500,'=Radio: =1+1,5a17,,'=spot,-12500.5\r\n01R2,consultation,2010-02-20,01P1,,,,,,,,\r\n"; b.String() != want {
		t.Error(cmp.Diff(want, b.String()))
	}
}

func TestProgress(t *testing.T) {
	tests := []struct {
		name    string
		percent json.Number
		want    Bar
	}{
		{"nothing yet", "0", Bar{Filled: 0, Plan: 66.7}},
		{"half way", "50", Bar{Filled: 33.3, Plan: 66.7}},
		{"the plan is met at its mark", "100", Bar{Filled: 66.7, Plan: 66.7}},
		{"over the plan", "120", Bar{Filled: 80, Plan: 66.7}},
		{"as much as the bar can show", "150", Bar{Filled: 100, Plan: 66.7}},
		{"far over the plan", "449.4", Bar{Filled: 100, Plan: 66.7, Over: true}},
		{"no number at all", "", Bar{Filled: 0, Plan: 66.7}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Progress(test.percent)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPercent(t *testing.T) {
	for _, test := range []struct {
		part, whole int64
		want        json.Number
	}{{252, 210, "120"}, {152, 120, "126.7"}, {1, 3, "33.3"}, {2, 3, "66.7"}, {1, 2000, "0.1"}, {1, 2001, "0"}, {0, 7, "0"}, {5, 0, "0"}, {898860, 200000, "449.4"}, {1, 8, "12.5"}} {
		if got := Percent(test.part, test.whole); got != test.want {
			t.Errorf("%d of %d is %s, want %s", test.part, test.whole, got, test.want)
		}
	}
}

func TestShare(t *testing.T) {
	for _, test := range []struct {
		part, whole int64
		want        float64
	}{{50, 200, 25}, {0, 200, 0}, {5, 0, 0}, {300, 200, 100}, {1, 3, 33.3}} {
		if got := Share(test.part, test.whole); got != test.want {
			t.Errorf("%d of %d is %v, want %v", test.part, test.whole, got, test.want)
		}
	}
}

func TestGrowth(t *testing.T) {
	months := []snapshot.Month{{Month: "2010-01", Total: "0"}, {Month: "2010-02", Total: "25"}, {Month: "2010-03", Total: "50"}, {Month: "2010-04", Total: "50"}}
	tests := []struct {
		name   string
		months []snapshot.Month
		target json.Number
		want   Curve
	}{
		{"steps up to half of the plan", months, "100", Curve{Line: "M-8 116V108H50V83H100V58H208V116", Plan: "M0 8H200"}},
		{"over the plan the curve gives the height", months, "25", Curve{Line: "M-8 116V108H50V58H100V8H208V116", Plan: "M0 58H200"}},
		{"no month at all", nil, "100", Curve{Plan: "M0 8H200"}},
		{"nothing planned and nothing there", months[:1], "0", Curve{Line: "M-8 116V108H208V116", Plan: "M0 108H200"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Growth(&project.Definition{}, snapshot.Indicator{ByMonth: test.months, Target: test.target}, 200, 108)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTogether(t *testing.T) {
	month := func(totals ...json.Number) (out []snapshot.Month) {
		for _, total := range totals {
			out = append(out, snapshot.Month{Total: total})
		}
		return out
	}
	period := project.Period{From: "2010-01-01", To: "2010-04-30"}
	s := snapshot.Snapshot{AsOf: "2010-03-01", Indicators: []snapshot.Indicator{
		{Target: "10", ByMonth: month("0", "5", "40")}, // what is more than was planned does not make up for another
		{Target: "100", ByMonth: month("0", "0", "20")},
	}}
	want := Whole{Line: "M0 100L52 100L98 75L100 40", Area: "M0 100L52 100L98 75L100 40V100H0Z", Plan: "M0 100L200 0", Percent: "60", PlanPercent: "50"}
	if got, ok := JointGrowth(s, &project.Definition{Period: period}, 200, 100); !ok || got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for name, none := range map[string]func(*snapshot.Snapshot, *project.Period){
		"no results":        func(s *snapshot.Snapshot, _ *project.Period) { s.Indicators = nil },
		"no month":          func(s *snapshot.Snapshot, _ *project.Period) { s.Indicators = []snapshot.Indicator{{Target: "1"}} },
		"a period of none":  func(_ *snapshot.Snapshot, p *project.Period) { p.From = "" },
		"a day that is not": func(s *snapshot.Snapshot, _ *project.Period) { s.AsOf = "" },
	} {
		other, p := s, period
		none(&other, &p)
		if got, ok := JointGrowth(other, &project.Definition{Period: p}, 200, 100); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestChartsDrawThePlansOwnLine(t *testing.T) {
	period := project.Period{From: "2010-01-01", To: "2010-12-31"}
	d := &project.Definition{Period: period, Indicators: []project.Indicator{
		{Code: "steps", Target: 40, Targets: []project.TargetPoint{{By: "2010-02-28", Value: 10}, {By: "2010-04-30", Value: 20}, {By: "2010-12-31", Value: 40}}},
		{Code: "down", Target: 2, Direction: project.Down, Baseline: &project.Baseline{Value: 10}},
		{Code: "plain", Target: 40},
	}}
	months := func(totals ...json.Number) (out []snapshot.Month) {
		for _, total := range totals {
			out = append(out, snapshot.Month{Total: total})
		}
		return out
	}
	for code, want := range map[string]string{
		"steps": "M0 100L50 77L100 54L300 7", // 10 after two of four months, 20 after four; the rest is outside
		"down":  "M0 7L300 81",
		"plain": "M0 7H100",
	} {
		in, _ := d.Indicator(code)
		got := Growth(d, snapshot.Indicator{Code: code, Target: json.Number(strconv.Itoa(int(in.Target))), ByMonth: months("0", "1", "1", "2")}, 100, 100)
		if got.Plan != want {
			t.Errorf("%s: the plan is %s, want %s", code, got.Plan, want)
		}
	}
	s := snapshot.Snapshot{AsOf: "2010-04-30", Indicators: []snapshot.Indicator{
		{Code: "steps", Target: "40", ByMonth: months("0", "1", "1", "2")}, {Code: "plain", Target: "40", ByMonth: months("0", "1", "1", "2")},
	}}
	whole, ok := JointGrowth(s, d, 365, 100)
	if want := "M0 100L59 79L120 59L365 0"; !ok || whole.Plan != want || whole.PlanPercent != "41.4" {
		t.Errorf("the joint plan is %s with %s, want %s", whole.Plan, whole.PlanPercent, want)
	}
}

// Results without a target are in no number; those with few people, which the public does not see, in one of their own.
func TestTallyCountsPlannedResultsThatAreShown(t *testing.T) {
	t.Parallel()
	got := TallyOf([]snapshot.Indicator{
		{Target: "5", Status: "achieved"}, {Target: "5", Status: "behind"}, {Status: "monitored"}, {Target: "0", Status: "achieved"},
		{Target: "5", Few: true}, {Target: "40", Withheld: true}, {Withheld: true},
	})
	if want := (Tally{Planned: 3, Achieved: 2, NotShown: 2}); got != want {
		t.Errorf("got %+v", got)
	}
}
