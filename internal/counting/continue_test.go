package counting_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/counting"
	"outreach/internal/counting/checkpoint"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// figuresOf counts a fold, and returns the snapshot and the records behind each figure.
func figuresOf(def *project.Definition, rules *counting.Rules, f *counting.Fold, asOf string) (counting.Figures, snapshot.Snapshot, error) {
	found, err := counting.Compile(def, rules, f.Live(), asOf)
	if err != nil {
		return found, snapshot.Snapshot{}, err
	}
	s, err := found.Snapshot(snapshot.Definition{SHA256: "ab"})
	return found, s, err
}

// saved counts a fold and saves it, as a compile does.
func saved(t interface{ Fatal(...any) }, def *project.Definition, f *counting.Fold, asOf string) ([]byte, counting.Figures) {
	found, _, err := figuresOf(def, mustRulesOf(t, def), f, asOf)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := checkpoint.Write(&file, f, fact.Heads{}, checkpoint.Counts{Definition: "ab", AsOf: asOf, Figures: &found}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), found
}

func mustRulesOf(t interface{ Fatal(...any) }, def *project.Definition) *counting.Rules {
	rules, err := counting.NewRules(def, schema.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// changed applies changes to evidence: an inserted record has its total, and those after it as much more as it adds.
func changed(before []snapshot.Counted, changes []snapshot.Change) []snapshot.Counted {
	out, shift := []snapshot.Counted{}, new(big.Rat)
	number := func(n json.Number) *big.Rat { r, _ := new(big.Rat).SetString(n.String()); return r }
	for i := 0; i <= len(before); i++ {
		gone := false
		for _, c := range changes {
			switch {
			case c.At != i:
			case c.Row != nil:
				out, shift = append(out, *c.Row), shift.Add(shift, number(c.Row.Adds))
			default:
				gone, shift = true, shift.Sub(shift, number(c.Less))
			}
		}
		if i < len(before) && !gone {
			row := before[i]
			total := new(big.Rat).Add(number(row.Total), shift).FloatString(2)
			row.Total = json.Number(trimmed(total))
			out = append(out, row)
		}
	}
	return out
}

func trimmed(text string) string {
	return string(bytes.TrimSuffix(bytes.TrimRight([]byte(text), "0"), []byte(".")))
}

// withoutAttributes is the definition without the rules that read attributes of people.
func withoutAttributes() *project.Definition {
	def := *definition
	def.Indicators = slices.DeleteFunc(slices.Clone(def.Indicators), func(in project.Indicator) bool { return in.Code == "women" })
	return &def
}

// later draws facts that came after all others: files and records that are new or correct others, and sign-ups.
func (h *history) later(t *rapid.T) []fact.Fact {
	var out []fact.Fact
	some := func(name string, least, most int) int { return rapid.IntRange(least, most).Draw(t, name) }
	one := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	at := time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC)
	add := func(kind string, data any) {
		at = at.Add(time.Hour)
		f, err := fact.New(fmt.Sprintf("l%d", len(out)), kind, at, "", data)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	day := func() string { return one("day", "2010-01-05", "2010-01-10", "2010-02-28", "2010-04-01", "2010-06-20") }
	person := func() string { return one("person", "p0", "p1", "p2", "q0", "q1") }
	for n := range some("later", 0, 4) {
		switch what := one("what", "airings", "airings", "outputs", "output", "attendance", "void", "signup", "move"); what {
		case "airings":
			id := fmt.Sprintf("v%d", n)
			var lines []fact.Line
			for row := range some("rows", 1, 4) {
				title := one("title", "", "Title", "title ", "Tytuł", "New", "newer")
				lines = append(lines, fact.Line{Row: row + 2, Values: schema.Row{day(), "", one("medium", "tv", "radio", "press"), "spot", title, one("outlet", "", "Radio"), strconv.Itoa(some("reach", 0, 900)), "", "", "", ""}})
			}
			h.packs[counting.Pack{Upload: id}] = lines
			add(fact.KindUploadAccepted, fact.UploadAccepted{Upload: id, Kind: "media", Owner: "tv-partner", Object: id, Arrived: at, Rows: len(lines), Packs: 1})
		case "outputs":
			id := fmt.Sprintf("v%d", n)
			lines := []fact.Line{{Row: 2, Values: schema.Row{day(), "spot", "1", one("title", "Title", "New", "newer"), ""}}, {Row: 3, Values: schema.Row{day(), "kit", "2", one("title", "Title", "New", "newer"), ""}}}
			h.packs[counting.Pack{Upload: id}] = lines
			add(fact.KindUploadAccepted, fact.UploadAccepted{Upload: id, Kind: "outputs", Owner: "coordinator", Object: id, Arrived: at, Rows: 2, Packs: 1})
		case "output":
			kind := schema.Builtin().Kind("output")
			add(fact.KindRecordEntered, fact.RecordEntered{Record: one("record", "r0", "r1", "r8", "r9"), Version: 9 + n, Kind: "output", Values: kind.Values(schema.Row{day(), "spot", "1", one("title", "Title", "New", "newer"), ""})})
		case "attendance":
			kind := schema.Builtin().Kind("attendance")
			add(fact.KindRecordEntered, fact.RecordEntered{Record: one("record", "r0", "r1", "r8", "r9"), Version: 9 + n, Kind: "attendance", Person: person(), Values: kind.Values(schema.Row{"training", day(), one("hours", "", "1.5", "0.004"), "completed"})})
		case "void":
			add(fact.KindRecordVoided, fact.RecordVoided{Record: one("record", "r0", "r1", "r2"), Version: 9 + n})
		case "signup":
			kind := schema.Builtin().Kind("signup")
			add(fact.KindSignup, fact.Signup{Signup: fmt.Sprintf("z%d", n), Entry: fmt.Sprintf("z%d", n), Person: person(), Submitted: at.AddDate(-1, some("months", 0, 6), 0), State: "accepted", Values: kind.Values(schema.Row{"training", "", "", "", "", "", "female", "1985", "", "", "", "", "", "", "yes", "", "pl", ""})})
		case "move":
			add(fact.KindSignupMoved, fact.SignupMoved{Signup: one("moved", "s0", "s1"), Version: 9 + n, State: one("state", "accepted", "cancelled")})
		}
	}
	return out
}

func TestContinuedCountsEqualThoseOfAFullFold(t *testing.T) {
	t.Parallel()
	plain, continued, inserted, all, reasons := withoutAttributes(), 0, 0, 0, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		def := rapid.SampledFrom([]*project.Definition{definition, plain}).Draw(t, "definition")
		rules := mustRulesOf(t, def)
		h := drawHistory(t)
		asOf := drawDay(t)
		base := asOf
		if rapid.IntRange(0, 3).Draw(t, "another day") == 0 {
			base = drawDay(t)
		}
		order := h.facts
		if rapid.Bool().Draw(t, "in another order") {
			order = rapid.Permutation(h.facts).Draw(t, "order")
		}
		n := rapid.IntRange(0, len(order)).Draw(t, "in the checkpoint")
		if rapid.Bool().Draw(t, "all but what is new") {
			n = len(order)
		}
		order = append(slices.Clone(order), h.later(t)...)
		first := counting.New(schema.Builtin())
		h.apply(t, first, order[:n])
		file, before := saved(t, def, first, base)

		whole := counting.New(schema.Builtin())
		h.apply(t, whole, order)
		want, full, err := figuresOf(def, rules, whole, asOf)
		if err != nil {
			t.Fatal(err)
		}

		f, _, _, err := checkpoint.Continue(file, rules, "ab")
		if err != nil {
			t.Fatal(err)
		}
		all++
		h.apply(t, f, order[n:])
		got, snap, err := figuresOf(def, rules, f, asOf)
		if errors.Is(err, counting.ErrRecount) {
			reasons[err.Error()]++
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		continued++
		if diff := cmp.Diff(full, snap); diff != "" {
			t.Fatalf("(-full +continued)\n%s", diff)
		}
		codes := []string{counting.ParticipantsEvidence}
		for _, in := range def.Indicators {
			codes = append(codes, in.Code)
		}
		for _, code := range codes {
			evidence := slices.Collect(got.Evidence(code))
			if changes, of := got.Changes(code); of {
				evidence = changed(slices.Collect(before.Evidence(code)), changes)
				inserted += len(changes)
			}
			if diff := cmp.Diff(append([]snapshot.Counted{}, slices.Collect(want.Evidence(code))...), append([]snapshot.Counted{}, evidence...)); diff != "" {
				t.Fatalf("%s (-full +continued)\n%s", code, diff)
			}
		}
	})
	t.Log(reasons)
	t.Logf("%d of %d histories were continued, with %d changes of evidence", continued, all, inserted)
	if continued < all/10 || inserted == 0 {
		t.Errorf("only %d of %d histories were continued, with %d changes of evidence", continued, all, inserted)
	}
}
