package counting_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"outreach/internal/counting"
	"outreach/internal/counting/checkpoint"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// incompletePeople are four people who completed a training in February: p1 gave all that is needed, p2 refused one
// attribute, p3 gives the other in April, p4 never says anything. All but p4 are women.
func incompletePeople(t *testing.T, incomplete string) (*project.Definition, *counting.Fold, []fact.Fact) {
	t.Helper()
	signup := project.RecordKind{Name: "signup", Plural: "signups", Fields: []project.RecordField{
		{ID: "trade", Type: "text", Privacy: "sealed", Attribute: true},
		{ID: "situation", Type: "choices", Attribute: true, Refusable: true, Options: []project.RecordOption{{ID: "homeless"}, {ID: "minority"}}},
	}}
	def := *definition
	def.Records = []project.RecordKind{signup}
	def.People = project.People{Complete: []string{"sex", "trade", "situation"}, Incomplete: incomplete}
	def.Indicators = []project.Indicator{
		{Code: "trained", Monitored: true, Count: "people", Rule: project.Rule{Of: "attendance"}},
		{Code: "women", Monitored: true, Count: "people", Rule: project.Rule{Of: "attendance", Where: `sex == "female"`}},
		{Code: "who", Monitored: true, Count: "people", Rule: project.Rule{Who: `any(attendance, .hours > 1)`}},
		{Code: "share", Monitored: true, Count: "share", Decimals: 1, Rule: project.Rule{Who: `sex == "female"`}, Among: &project.Rule{Of: "attendance"}},
		{Code: "hours", Monitored: true, Count: "sum", Field: "hours", Rule: project.Rule{Of: "attendance", Where: `sex == "female"`}},
	}
	var facts []fact.Fact
	add := func(kind string, data any) {
		f, err := fact.New(strconv.Itoa(len(facts)), kind, time.Date(2010, 5, 1, 0, 0, 0, 0, time.UTC), "", data)
		if err != nil {
			t.Fatal(err)
		}
		facts = append(facts, f)
	}
	says := func(id, person, month string, values map[string]string) {
		at, _ := time.Parse(time.DateOnly, "2010-"+month+"-01")
		values["activity"] = map[string]string{"02": "training", "04": "advice"}[month]
		add(fact.KindSignup, fact.Signup{Signup: id, Entry: "e" + id, Person: person, Submitted: at, State: "accepted", Values: schema.ValuesOf(values)})
	}
	says("s1", "p1", "02", map[string]string{"sex": "female", "trade": "0a1b", "situation": "homeless"})
	says("s2", "p2", "02", map[string]string{"sex": "female", "trade": "0a1b", "situation": schema.Refused})
	says("s3", "p3", "02", map[string]string{"sex": "female", "situation": "minority"})
	says("s5", "p3", "04", map[string]string{"trade": "2c3d"})
	for n := range 4 {
		row := schema.ValuesOf(map[string]string{"activity": "training", "date": "2010-02-10", "hours": "2", "outcome": "completed"})
		add(fact.KindRecordEntered, fact.RecordEntered{Record: fmt.Sprint("r", n+1), Version: 1, Kind: "attendance", Person: fmt.Sprint("p", n+1), Values: row})
	}
	f := counting.New(schema.For(&def))
	for _, one := range facts {
		if err := f.Apply(one); err != nil {
			t.Fatal(err)
		}
	}
	return &def, f, facts
}

func summary(s snapshot.Snapshot) string {
	part := func(b snapshot.Breakdowns, dimension, code string) (n int64) {
		for _, p := range b[dimension] {
			if p.Code == code {
				n = p.People
			}
		}
		return n
	}
	var out []string
	say := func(name string, total any, by snapshot.Breakdowns) {
		out = append(out, fmt.Sprintf("%s %v f%d u%d", name, total, part(by, "sex", "female"), part(by, "sex", "unknown")))
	}
	say("participants", s.Participants.Total, s.Participants.By)
	for _, in := range s.Indicators {
		if in.Count == "" && len(in.By) > 0 {
			say(in.Code, in.Achieved, in.By)
		} else {
			out = append(out, fmt.Sprintf("%s %v %d/%d", in.Code, in.Achieved, in.Numerator, in.Denominator))
		}
	}
	return strings.Join(append(out, fmt.Sprint("incomplete ", s.Quality.Incomplete)), "; ")
}

func TestIncompletePeopleCountWhereTheDefinitionSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ incomplete, asOf, want string }{
		{"everywhere", "2010-03-31", "participants 4 f3 u1; trained 4 f3 u1; women 3 f3 u0; who 4 f3 u1; share 75 3/4; hours 6 0/0; incomplete 2"},
		{"", "2010-04-30", "participants 4 f3 u1; trained 4 f3 u1; women 3 f3 u0; who 4 f3 u1; share 75 3/4; hours 6 0/0; incomplete 1"},
		{"total", "2010-03-31", "participants 4 f2 u2; trained 4 f2 u2; women 2 f2 u0; who 4 f2 u2; share 100 2/2; hours 6 0/0; incomplete 2"},
		{"total", "2010-04-30", "participants 4 f3 u1; trained 4 f3 u1; women 3 f3 u0; who 4 f3 u1; share 100 3/3; hours 6 0/0; incomplete 1"},
		{"nowhere", "2010-03-31", "participants 2 f2 u0; trained 2 f2 u0; women 2 f2 u0; who 2 f2 u0; share 100 2/2; hours 6 0/0; incomplete 2"},
		{"nowhere", "2010-04-30", "participants 3 f3 u0; trained 3 f3 u0; women 3 f3 u0; who 3 f3 u0; share 100 3/3; hours 6 0/0; incomplete 1"},
	} {
		def, f, _ := incompletePeople(t, c.incomplete)
		rules, err := counting.NewRules(def, schema.For(def))
		if err != nil {
			t.Fatal(err)
		}
		_, s, err := figuresOf(def, rules, f, c.asOf)
		if err != nil {
			t.Fatal(err)
		}
		if got := summary(s); got != c.want {
			t.Errorf("%s, %s:\ngot  %s\nwant %s", c.incomplete, c.asOf, got, c.want)
		}
	}
}

// A rule over records looks at people as they are known on the snapshot's day, one over people at the end of each
// month; what was corrected counts for every day.
func TestWhoBecomesCompleteCountsFromTheMonthOfTheAnswer(t *testing.T) {
	t.Parallel()
	def, f, facts := incompletePeople(t, "nowhere")
	rules, err := counting.NewRules(def, schema.For(def))
	if err != nil {
		t.Fatal(err)
	}
	months := func(s snapshot.Snapshot, code string) (out string) {
		for _, in := range s.Indicators {
			for _, m := range in.ByMonth {
				if in.Code == code {
					out += " " + m.Total.String()
				}
			}
		}
		return out
	}
	_, s, err := figuresOf(def, rules, f, "2010-04-30")
	if err != nil {
		t.Fatal(err)
	}
	if trained, who := months(s, "trained"), months(s, "who"); trained != " 0 3 3 3" || who != " 0 2 2 3" {
		t.Errorf("trained%s, who%s", trained, who)
	}
	corrected, err := fact.New("c1", fact.KindPersonAttributes, facts[0].At, "", fact.PersonAttributes{Person: "p4", Values: schema.ValuesOf(map[string]string{"sex": "male", "trade": "4e5f", "situation": schema.Refused})})
	if err != nil || f.Apply(corrected) != nil {
		t.Fatal(err)
	}
	if _, s, err = figuresOf(def, rules, f, "2010-04-30"); err != nil {
		t.Fatal(err)
	}
	if trained, who := months(s, "trained"), months(s, "who"); trained != " 0 4 4 4" || who != " 0 3 3 4" || s.Quality.Incomplete != 0 {
		t.Errorf("corrected: trained%s, who%s, %d incomplete", trained, who, s.Quality.Incomplete)
	}
}

func TestEvidenceSaysWhoIsLeftOut(t *testing.T) {
	t.Parallel()
	for incomplete, want := range map[string]map[string]string{
		"nowhere":    {"participants": "r3 r4", "trained": "r3 r4", "women": "r3", "who": "r3 r4", "hours": ""},
		"total":      {"participants": "", "trained": "", "women": "r3", "who": "", "hours": ""},
		"everywhere": {"participants": "", "trained": "", "women": "", "who": "", "hours": ""},
	} {
		def, f, _ := incompletePeople(t, incomplete)
		rules, err := counting.NewRules(def, schema.For(def))
		if err != nil {
			t.Fatal(err)
		}
		found, _, err := figuresOf(def, rules, f, "2010-03-31")
		if err != nil {
			t.Fatal(err)
		}
		for code, records := range want {
			var out []string
			for row := range found.Evidence(code) {
				switch row.LeftOut {
				case snapshot.Incomplete:
					if row.Adds != "0" {
						t.Errorf("%s: %s is left out of %s and adds %s", incomplete, row.ID, code, row.Adds)
					}
					out = append(out, row.ID)
				case "":
					if row.Adds == "0" {
						t.Errorf("%s: %s adds nothing to %s, and it is not said why", incomplete, row.ID, code)
					}
				}
			}
			if got := strings.Join(out, " "); got != records {
				t.Errorf("%s: of %s are left out %s, want %s", incomplete, code, got, records)
			}
		}
	}
}

// A checkpoint keeps that a private attribute was given.
func TestCheckpointKeepsWhoIsComplete(t *testing.T) {
	t.Parallel()
	def, f, _ := incompletePeople(t, "nowhere")
	rules, err := counting.NewRules(def, schema.For(def))
	if err != nil {
		t.Fatal(err)
	}
	_, want, err := figuresOf(def, rules, f, "2010-04-30")
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := checkpoint.Write(&file, f, fact.Heads{}, checkpoint.Counts{Definition: "ab", Program: "cd", AsOf: "2010-04-30"}); err != nil {
		t.Fatal(err)
	}
	read, _, err := checkpoint.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), schema.For(def))
	if err != nil {
		t.Fatal(err)
	}
	if _, got, err := figuresOf(def, rules, read, "2010-04-30"); err != nil || got.Hash != want.Hash || got.Participants.Total != 3 {
		t.Errorf("%v: %s, want %s", err, summary(got), summary(want))
	}
}
