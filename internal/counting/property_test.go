package counting_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

func drawDay(t *rapid.T) string {
	return rapid.SampledFrom([]string{"2009-12-31", "2010-01-09", "2010-01-10", "2010-02-28", "2010-03-31", "2010-06-20", "2010-12-31"}).Draw(t, "as of")
}

// drawCompleteness returns the definition, perhaps with attributes that people must have.
func drawCompleteness(t *rapid.T) *project.Definition {
	def := *definition
	if mode := rapid.SampledFrom([]string{"", "everywhere", "total", "nowhere"}).Draw(t, "incomplete"); mode != "" {
		def.People = project.People{Complete: []string{"sex", "birth_year"}, Incomplete: mode}
	}
	return &def
}

func TestFiguresEqualThoseOfTheReference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		definition := drawCompleteness(t)
		rules := mustRulesOf(t, definition)
		h := drawHistory(t)
		asOf := drawDay(t)
		f := counting.New(schema.Builtin())
		h.apply(t, f, h.facts)
		found, err := counting.Compile(definition, rules, f.Live(), asOf)
		if err != nil {
			t.Fatal(err)
		}
		plain := refer(h)
		plain.complete, plain.incomplete = definition.People.Complete, definition.People.Incomplete
		want := plain.count(h, asOf)
		want.Definition = snapshot.Definition{Version: 1, SHA256: "ab"}
		if want.Hash, err = want.Digest(); err != nil {
			t.Fatal(err)
		}
		got, err := found.Snapshot(want.Definition)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got.Indicators {
			if len(got.Indicators[i].ByMonth) == 0 {
				got.Indicators[i].ByMonth = nil
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-plain +got)\n%s", diff)
		}
		for code, b := range found.Bounds {
			at := slices.IndexFunc(got.Indicators, func(in snapshot.Indicator) bool { return in.Code == code })
			low, _ := b.Low.Float64()
			high, _ := b.High.Float64()
			if is, _ := got.Indicators[at].Achieved.Float64(); low > is || is > high || b.Unknown < 1 || b.Unknown > got.Indicators[at].Denominator {
				t.Fatalf("%s: %v is not within %+v", code, is, b)
			}
		}
		for i, in := range definition.Indicators {
			total, of := json.Number("0"), 0
			for row := range found.Evidence(in.Code) {
				n, _ := strconv.Atoi(row.Of.String())
				total, of = row.Total, of+n
			}
			if in.Count != "mean" && len(in.Scale) == 0 && !counting.AddsUp(in, got.Indicators[i], total, json.Number(strconv.Itoa(of))) {
				t.Fatalf("%s: the evidence adds up to %s of %d", in.Code, total, of)
			}
		}
	})
}

func TestOrderAndRepetitionChangeNothing(t *testing.T) {
	t.Parallel()
	rules := mustRules(t, definition)
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		asOf := drawDay(t)
		first := counting.New(schema.Builtin())
		h.apply(t, first, h.facts)

		again := append(append([]fact.Fact{}, h.facts...), rapid.SliceOf(rapid.SampledFrom(h.facts)).Draw(t, "again")...)
		again = rapid.Permutation(again).Draw(t, "order")
		second := counting.New(schema.Builtin())
		for _, one := range again {
			if err := second.Apply(one); err != nil {
				t.Fatal(err)
			}
			// Packs may come between facts, and again.
			for _, pack := range second.MissingPacks() {
				if rapid.IntRange(0, 2).Draw(t, "pack") == 0 {
					h.addPack(t, second, pack)
					h.addPack(t, second, pack)
				}
			}
		}
		h.apply(t, second, nil)
		if diff := cmp.Diff(first.Live().Dump(), second.Live().Dump()); diff != "" {
			t.Fatalf("(-first +second)\n%s", diff)
		}
		if a, b := hash(t, rules, first, asOf), hash(t, rules, second, asOf); a != b {
			t.Fatalf("hash %s, then %s", a, b)
		}
	})
}

func hash(t interface{ Fatal(...any) }, rules *counting.Rules, f *counting.Fold, asOf string) string {
	found, err := counting.Compile(definition, rules, f.Live(), asOf)
	if err != nil {
		t.Fatal(err)
	}
	s, err := found.Snapshot(snapshot.Definition{SHA256: "ab"})
	if err != nil {
		t.Fatal(err)
	}
	return s.Hash
}

// What newly counts and what no longer counts explains the difference of any two figures of people and records.
func TestDifferenceExplainsFigures(t *testing.T) {
	t.Parallel()
	rules := mustRules(t, definition)
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		f := counting.New(schema.Builtin())
		h.apply(t, f, h.facts)
		compile := func() counting.Figures {
			found, err := counting.Compile(definition, rules, f.Live(), drawDay(t))
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		before, after := compile(), compile()
		check := func(code string, was, is json.Number) {
			joins, leaves := counting.Difference(&before, &after, code, 3)
			from, _ := was.Int64()
			to, _ := is.Int64()
			if from+joins.Count-leaves.Count != to {
				t.Fatalf("%s: from %d to %d by %d and %d", code, from, to, joins.Count, leaves.Count)
			}
			if int64(len(joins.Items)) != min(joins.Count, 3) || int64(len(leaves.Items)) != min(leaves.Count, 3) {
				t.Fatalf("%s: %d and %d are listed of %d and %d", code, len(joins.Items), len(leaves.Items), joins.Count, leaves.Count)
			}
		}
		check(counting.ParticipantsEvidence, json.Number(strconv.FormatInt(before.Participants.Total, 10)), json.Number(strconv.FormatInt(after.Participants.Total, 10)))
		for i, in := range definition.Indicators {
			if in.Count == "people" || in.Count == "records" {
				check(in.Code, before.Indicators[i].Achieved, after.Indicators[i].Achieved)
			}
		}
	})
}
