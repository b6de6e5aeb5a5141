package counting_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
)

var definition = &project.Definition{
	ID: "test", TimeZone: "Europe/Warsaw", Period: project.Period{From: "2010-01-10", To: "2010-06-20"},
	Region: project.Region{Population: 1000}, TargetGroup: 3,
	Groups:     []project.Labelled{{ID: "authority"}, {ID: "individual"}},
	AgeBands:   []string{"0-24", "25-54", "55+"},
	Activities: []project.Activity{{ID: "training"}, {ID: "advice"}},
	Participants: []project.Rule{
		{Of: "attendance", Where: `outcome == "completed"`},
		{Of: "consultation"},
		{Of: "consultation", Where: `field == "law"`},
	},
	Indicators: []project.Indicator{
		{Code: "trained", Target: 3, Count: "people", Rule: project.Rule{Of: "attendance", Where: `outcome == "completed"`}},
		{Code: "advised", Target: 2, Count: "people", Rule: project.Rule{Of: "consultation"}},
		{Code: "hours", Target: 7.25, Count: "sum", Field: "hours", Rule: project.Rule{Of: "attendance"}},
		{Code: "reach", Target: 500, Count: "sum", Field: "reach", Rule: project.Rule{Of: "media", Where: `medium in ["tv", "radio"]`}},
		{Code: "titles", Target: 2, Count: "distinct", Field: "title", Rule: project.Rule{Of: "output"}},
		{Code: "places", Target: 4, Count: "records", Rule: project.Rule{Of: "signup", Where: `state == "accepted"`}},
		{Code: "women", Target: 1, Count: "people", Rule: project.Rule{Of: "test", Where: `post_score > pre_score && sex == "female"`}},
		{Code: "activities", Target: 2, Count: "distinct", Field: "activity", Rule: project.Rule{Of: "signup"}},
		{Code: "young", Target: 2, Count: "people", Rule: project.Rule{Of: "signup", Where: `birth_year >= 1980`}},
		{Code: "sexes", Target: 3, Count: "distinct", Field: "sex", Rule: project.Rule{Of: "attendance"}},
		{Code: "monitored", Monitored: true, Count: "records", Rule: project.Rule{Of: "test"}},
		{Code: "no-tests", Target: 0, Direction: "down", Count: "records", Rule: project.Rule{Of: "test"}},
		{Code: "fewer-tests", Target: 1, Direction: "down", Count: "records", Rule: project.Rule{Of: "test"}, Baseline: &project.Baseline{Value: 4}},
		{Code: "few-tests", Target: 2, Direction: "down", Count: "records", Rule: project.Rule{Of: "test"}},
		{Code: "by-date", Target: 4, Count: "people", Rule: project.Rule{Of: "attendance"}, Targets: []project.TargetPoint{{By: "2010-03-01", Value: 1}, {By: "2010-06-01", Value: 4}}, TargetBy: map[string]map[string]float64{"sex": {"female": 2}}},
		{Code: "follow-up", Target: 3, Count: "people", Rule: project.Rule{Of: "consultation"}, Until: "2010-07-10"},
		{Code: "share", Target: 50, Count: "share", Decimals: 2, Rule: project.Rule{Of: "consultation"}, Among: &project.Rule{Of: "attendance", Where: `outcome != "withdrew"`}},
		{Code: "share-of-records", Target: 50, Count: "share", Per: "records", Rule: project.Rule{Of: "attendance", Where: `hours > 1`}, Among: &project.Rule{Of: "attendance", Where: `outcome == "completed"`}},
		{Code: "share-of-women", Target: 50, Count: "share", Decimals: 1, Rule: project.Rule{Of: "signup", Where: `sex == "female"`}, Among: &project.Rule{Of: "signup"}, Until: "2010-07-10"},
		{Code: "mean", Target: 2, Count: "mean", Field: "hours", Decimals: 3, Rule: project.Rule{Of: "attendance"}},
		{Code: "min", Target: 2, Direction: "down", Count: "min", Field: "hours", Decimals: 4, Rule: project.Rule{Of: "attendance"}},
		{Code: "max", Target: 9, Count: "max", Field: "quantity", Rule: project.Rule{Of: "output", Where: `kind == "spot"`}},
		{Code: "last", Monitored: true, Count: "last", Field: "quantity", Rule: project.Rule{Of: "output"}},
		{Code: "last-hours", Monitored: true, Count: "last", Field: "hours", Decimals: 4, Rule: project.Rule{Of: "attendance"}},
		{Code: "outcomes", Target: 8, Count: "sum", Field: "hours", By: []string{"outcome"}, Rule: project.Rule{Of: "attendance"}},
		{Code: "kinds", Target: 8, Count: "records", By: []string{"kind"}, Rule: project.Rule{Of: "output"}},
		{Code: "amounts", Target: 3, Count: "sum", Field: "quantity", By: []string{"kind"}, Rule: project.Rule{Of: "output"}},
		{Code: "value", Target: 3, Count: "value", Decimals: 4, Value: `i["hours"] / i["followed"] - i["share"] / 100`},
		{Code: "followed", Monitored: true, Count: "value", Value: `i["follow-up"] + i["trained"]`},
		{Code: "who-hours", Target: 3, Count: "people", Rule: project.Rule{Who: `sum(attendance, .hours) >= 4.51`}},
		{Code: "who-better", Target: 1, Count: "people", Rule: project.Rule{Who: `any(tests, .post_score > .pre_score) && sex == "female"`}},
		{Code: "who-soon", Target: 2, Count: "people", Rule: project.Rule{Who: `any(consultations, 0 < days(entry, .date) <= 50) || birth_year >= 1990`}},
		{Code: "who-once", Target: 2, Count: "people", Rule: project.Rule{Who: `len(attendance) == 1 && entry != "2010-02-28"`}},
		{Code: "who-last", Target: 2, Count: "people", Rule: project.Rule{Who: `consultations[-1].field != "law"`}, Until: "2010-07-10"},
		{Code: "who-nothing", Monitored: true, Count: "people", Rule: project.Rule{Who: `len(tests) + len(consultations) == 0 && sex != "male"`}},
		{Code: "who-share", Target: 50, Count: "share", Decimals: 1, Rule: project.Rule{Who: `any(signups, .state == "accepted")`}, Among: &project.Rule{Who: `len(attendance) < 2`}},
		{Code: "who-mixed", Target: 50, Count: "share", Decimals: 1, Rule: project.Rule{Of: "attendance"}, Among: &project.Rule{Who: `any(signups, .state == "accepted")`}},
		{Code: "said", Target: 5, Count: "said"},
		{Code: "scale", Monitored: true, Count: "said", Scale: []project.Labelled{{ID: "poor"}, {ID: "good"}}},
	},
}

// amounts are those of outputs whose kinds have decimals and take corrections.
var amounts = []string{"1", "900", "0", "-3", "0.1", "-0.1", "12.35", "-12.35", "0.0001", "-0.0001", "-999999999.9999", "1000000000"}

// history is all that happened: facts, and the packs of files.
type history struct {
	facts []fact.Fact
	packs map[counting.Pack][]fact.Line
}

// drawHistory draws a history in which much meets: few people, few days, few things, much said again, moved, voided,
// merged and withdrawn. Each version of a thing is written once, as the tracker does.
func drawHistory(t *rapid.T) *history {
	h := &history{packs: map[counting.Pack][]fact.Line{}}
	some := func(name string, least, most int) int { return rapid.IntRange(least, most).Draw(t, name) }
	one := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	person := func() string { return one("person", "p0", "p1", "p2", "p3", "p4") }
	at := func() time.Time {
		return time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(some("hours", 0, 30)) * 157 * time.Hour)
	}
	add := func(kind string, at time.Time, data any) {
		f, err := fact.New(fmt.Sprintf("f%d", len(h.facts)), kind, at, "", data)
		if err != nil {
			t.Fatal(err)
		}
		h.facts = append(h.facts, f)
	}
	derived := func() schema.Values {
		if rapid.IntRange(0, 2).Draw(t, "by PESEL") > 0 {
			return schema.Values{}
		}
		return schema.ValuesOf(map[string]string{"birth_year": one("born", "1950", "1980"), "sex": one("sex", "female", "male")})
	}
	row := func(k *schema.Kind) schema.Row {
		out := make(schema.Row, len(k.Fields))
		for i, f := range k.Fields {
			if !f.Required && !f.Key && rapid.Bool().Draw(t, "left out") {
				continue
			}
			switch f.Type {
			case schema.Date:
				out[i] = one("date", "2010-01-05", "2010-01-10", "2010-02-28", "2010-04-01", "2010-06-20", "2010-07-01")
			case schema.TimeOfDay:
				out[i] = one("time", "", "18:25")
			case schema.Whole:
				out[i] = strconv.Itoa(some("whole", 0, 900))
				switch f.Name {
				case "birth_year":
					out[i] = strconv.Itoa(some("year", 1940, 2011))
				case "quantity":
					out[i] = one("quantity", amounts...)
				}
			case schema.Decimal:
				out[i] = one("decimal", "0", "1", "1.5", "2.005", "0.004", "3.333333")
			case schema.Choice:
				if f.Name == "kind" {
					out[i] = one("kind", "spot", "kit")
				} else {
					options := f.Options(definition)
					out[i] = options[some("option", 0, len(options)-1)].ID
				}
			case schema.YesNo:
				out[i] = "yes"
			default:
				if f.Privacy != schema.Identity {
					out[i] = one("text", "", "Title", "title ", "Tytuł", "TYTUŁ")
				}
			}
		}
		return out
	}

	typedKinds := []string{"consultation", "attendance", "test", "output"}
	for r := range some("typed records", 0, 6) {
		kind := schema.Builtin().Kind(one("kind", typedKinds...))
		versions := some("versions", 1, 3)
		for v := 1; v <= versions; v++ {
			id := fmt.Sprintf("r%d", r)
			if v > 1 && rapid.Bool().Draw(t, "voided") {
				add(fact.KindRecordVoided, at(), fact.RecordVoided{Record: id, Version: v})
				continue
			}
			entered := fact.RecordEntered{Record: id, Version: v, Kind: kind.Name, Values: kind.Values(row(kind))}
			if kind.Person {
				entered.Person, entered.Derived = person(), derived()
			}
			add(fact.KindRecordEntered, at(), entered)
		}
	}

	fileKinds := append([]string{"media", "media"}, typedKinds...)
	for u := range some("files", 0, 5) {
		kind := schema.Builtin().Kind(one("kind", fileKinds...))
		id, owner := fmt.Sprintf("u%d", u), "coordinator"
		if kind.Name == "media" {
			owner = one("owner", "tv-partner", "radio-partner")
		}
		packs, rows := some("packs", 1, 3), 0
		for p := range packs {
			var lines []fact.Line
			for range some("rows", 1, 4) {
				line := fact.Line{Row: rows + 2, Values: row(kind)}
				if kind.Person {
					line.Person, line.Derived = person(), derived()
				}
				lines = append(lines, line)
				rows++
			}
			h.packs[counting.Pack{Upload: id, Number: p}] = lines
		}
		if rapid.IntRange(0, 4).Draw(t, "accepted") > 0 {
			add(fact.KindUploadAccepted, at(), fact.UploadAccepted{Upload: id, Kind: kind.Plural, Owner: owner, Object: one("object", "o1", "o2"), Arrived: at(), Rows: rows, Packs: packs})
		}
		if rapid.IntRange(0, 3).Draw(t, "withdrawn") == 0 {
			add(fact.KindUploadWithdrawn, at(), fact.UploadWithdrawn{Upload: id})
		}
	}

	files := some("files of sign-ups", 0, 2)
	for u := range files {
		id := fmt.Sprintf("s-file%d", u)
		if rapid.IntRange(0, 3).Draw(t, "accepted") > 0 {
			add(fact.KindUploadAccepted, at(), fact.UploadAccepted{Upload: id, Kind: "signups", Owner: "coordinator", Object: id, Arrived: at(), Rows: 3, Packs: 1})
		}
		if rapid.IntRange(0, 2).Draw(t, "withdrawn") == 0 {
			add(fact.KindUploadWithdrawn, at(), fact.UploadWithdrawn{Upload: id})
		}
	}
	kind := schema.Builtin().Kind("signup")
	for s := range some("sign-ups", 0, 6) {
		id, who := fmt.Sprintf("s%d", s), person()
		for e := range some("sendings", 1, 3) {
			sent := fact.Signup{Signup: id, Entry: fmt.Sprintf("e%d", s*10+(e*7)%10), Person: who, Submitted: at(), Values: kind.Values(row(kind)), Derived: derived()}
			if e == 0 {
				sent.State = one("state", "accepted", "waitlisted", "held")
			}
			if files > 0 && rapid.IntRange(0, 2).Draw(t, "from a file") == 0 {
				sent.Upload, sent.Line = fmt.Sprintf("s-file%d", some("file", 0, files-1)), 2+e
			}
			add(fact.KindSignup, at(), sent)
		}
		for v := range some("moves", 0, 2) {
			moved := fact.SignupMoved{Signup: id, Version: v + 2, State: one("state", "accepted", "waitlisted", "held", "cancelled")}
			add(fact.KindSignupMoved, at(), moved)
		}
	}

	for range some("corrections of attributes", 0, 3) {
		c := fact.PersonAttributes{Person: person(), Cleared: []string{}}
		values := map[string]string{}
		given := map[string]string{"sex": one("sex", "female", "male"), "birth_year": strconv.Itoa(some("year", 1940, 2011))}
		for _, name := range []string{"birth_year", "sex"} {
			switch some("what", 0, 2) {
			case 0:
				values[name] = given[name]
			case 1:
				c.Cleared = append(c.Cleared, name)
			}
		}
		c.Values = schema.ValuesOf(values)
		add(fact.KindPersonAttributes, at(), c)
	}
	for range some("said", 0, 4) {
		day := one("day", "2009-12-01", "2010-01-10", "2010-02-28", "2010-04-15", "2010-07-02")
		add(fact.KindIndicatorSaid, at(), fact.IndicatorSaid{Indicator: one("indicator", "said", "scale", "gone"), AsOf: day, Value: one("value", "0", "2.5", "-1", "7", "good", "poor", "bad")})
	}
	for range some("merges", 0, 3) {
		add(fact.KindPersonMerged, at(), fact.PersonMerged{Person: person(), Into: person()})
	}
	add("something.new", at(), map[string]int{"of a later version": 1})
	add(fact.KindDefinitionSet, at(), fact.DefinitionSet{Version: 1})
	return h
}

// apply applies facts to a fold, and adds the packs that it lacks.
func (h *history) apply(t interface{ Fatal(...any) }, f *counting.Fold, facts []fact.Fact) {
	for _, one := range facts {
		if err := f.Apply(one); err != nil {
			t.Fatal(err)
		}
	}
	for _, pack := range f.MissingPacks() {
		h.addPack(t, f, pack)
	}
}

func (h *history) addPack(t interface{ Fatal(...any) }, f *counting.Fold, pack counting.Pack) {
	if err := f.AddRows(pack.Upload, pack.Number, packed(f.KindOf(pack.Upload), h.packs[pack]...)); err != nil {
		t.Fatal(err)
	}
}

func mustRules(t testing.TB, def *project.Definition) *counting.Rules {
	rules, err := counting.NewRules(def, schema.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// stored are the values of a record of a kind, given in the order of the kind's fields.
func stored(kind string, row ...string) schema.Values { return schema.Builtin().Kind(kind).Values(row) }

// packed is a pack of rows whose values are in the order of the kind's fields.
func packed(kind string, lines ...fact.Line) fact.Pack {
	if k := schema.Builtin().Kind(kind); k != nil {
		p := fact.NewPack(k)
		p.Lines = lines
		return p
	}
	return fact.Pack{Lines: lines}
}
