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
	if err := checkpoint.Write(&file, f, fact.Heads{}, checkpoint.Counts{Definition: "ab", Program: "cd", AsOf: asOf, Figures: &found}); err != nil {
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
			total := new(big.Rat).Add(number(row.Total), shift).FloatString(6)
			row.Total = json.Number(trimmed(total))
			out = append(out, row)
		}
	}
	return out
}

// evidenceApart returns the figures whose continued evidence differs from the full one, and how. was is the evidence of
// the checkpoint.
func evidenceApart(def *project.Definition, full, was, continued counting.Figures) map[string]string {
	apart := map[string]string{}
	codes := []string{counting.ParticipantsEvidence}
	for _, in := range def.Indicators {
		codes = append(codes, in.Code)
	}
	for _, code := range codes {
		evidence := append([]snapshot.Counted{}, slices.Collect(continued.Evidence(code))...)
		if changes, of := continued.Changes(code); of {
			evidence = changed(slices.Collect(was.Evidence(code)), changes)
		}
		if diff := cmp.Diff(append([]snapshot.Counted{}, slices.Collect(full.Evidence(code))...), evidence); diff != "" {
			apart[code] = diff
		}
	}
	return apart
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

// withFewFields is the definition without the figures that need most fields of records anyway: what other evidence
// shows of them has to be read for it alone.
func withFewFields() *project.Definition {
	def := *definition
	def.Indicators = slices.DeleteFunc(slices.Clone(def.Indicators), func(in project.Indicator) bool { return in.Code != "trained" && in.Code != "share" })
	return &def
}

// complete is a definition in which people must have attributes.
func complete(def *project.Definition, incomplete string) *project.Definition {
	out := *def
	out.People = project.People{Complete: []string{"sex", "birth_year"}, Incomplete: incomplete}
	return &out
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
			lines := []fact.Line{{Row: 2, Values: schema.Row{day(), "spot", one("amount", amounts...), one("title", "Title", "New", "newer"), ""}}, {Row: 3, Values: schema.Row{day(), "kit", one("amount", amounts...), one("title", "Title", "New", "newer"), ""}}}
			h.packs[counting.Pack{Upload: id}] = lines
			add(fact.KindUploadAccepted, fact.UploadAccepted{Upload: id, Kind: "outputs", Owner: "coordinator", Object: id, Arrived: at, Rows: 2, Packs: 1})
		case "output":
			kind := schema.Builtin().Kind("output")
			add(fact.KindRecordEntered, fact.RecordEntered{Record: one("record", "r0", "r1", "r8", "r9"), Version: 9 + n, Kind: "output", Values: kind.Values(schema.Row{day(), "spot", one("amount", amounts...), one("title", "Title", "New", "newer"), ""})})
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
	plain, continued, inserted, all, failed, reasons := withoutAttributes(), 0, 0, 0, 0, map[string]int{}
	failing, _ := failingRules(false)
	rapid.Check(t, func(t *rapid.T) {
		def := rapid.SampledFrom([]*project.Definition{definition, plain, failing, complete(plain, "total"), complete(plain, "nowhere"), withFewFields()}).Draw(t, "definition")
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

		f, _, _, err := checkpoint.Continue(file, rules, "ab", "cd")
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
		failed += len(snap.Quality.RuleErrors)
		if diff := cmp.Diff(full, snap); diff != "" {
			t.Fatalf("(-full +continued)\n%s", diff)
		}
		for code, diff := range evidenceApart(def, want, before, got) {
			t.Fatalf("%s (-full +continued)\n%s", code, diff)
		}
		for _, in := range def.Indicators {
			changes, _ := got.Changes(in.Code)
			inserted += len(changes)
		}
	})
	t.Log(reasons)
	t.Logf("%d of %d histories were continued, with %d changes of evidence", continued, all, inserted)
	if testing.Short() {
		return // the histories are too few for each of these to occur
	}
	if continued < all/10 || inserted == 0 || failed == 0 {
		t.Errorf("only %d of %d histories were continued, with %d changes of evidence and %d failing rules", continued, all, inserted, failed)
	}
}

// What can be continued is, and what cannot is counted again; both equal a full fold.
func TestWhatIsContinued(t *testing.T) {
	t.Parallel()
	at := time.Date(2010, 3, 1, 12, 0, 0, 0, time.UTC)
	kind := func(name string) *schema.Kind { return schema.Builtin().Kind(name) }
	airing := func(row int, day, title, reach string) fact.Line {
		return fact.Line{Row: row, Values: schema.Row{day, "18:25", "tv", "spot", title, "Telewizja", reach, "", "", "", ""}}
	}
	type event struct {
		kind string
		data any
	}
	entered := func(id string, version int, name, person string, row schema.Row) event {
		return event{fact.KindRecordEntered, fact.RecordEntered{Record: id, Version: version, Kind: name, Person: person, Values: kind(name).Values(row)}}
	}
	came := func(id, kind string, at time.Time, rows int) event {
		return event{fact.KindUploadAccepted, fact.UploadAccepted{Upload: id, Kind: kind, Owner: "tv-partner", Object: id, Arrived: at, Rows: rows, Packs: 1}}
	}
	signup := func(id, person, year string, at time.Time) event {
		return event{fact.KindSignup, fact.Signup{Signup: id, Entry: "e" + id, Person: person, Submitted: at, State: "accepted", Values: schema.ValuesOf(map[string]string{"activity": "training", "sex": "female", "birth_year": year})}}
	}
	h := &history{packs: map[counting.Pack][]fact.Line{
		{Upload: "u1"}: {airing(2, "2010-02-27", "One", "10"), airing(3, "2010-02-28", "Two", "20"), airing(4, "2010-02-28", "Three", "30")},
		{Upload: "u2"}: {{Row: 2, Person: "p1", Values: schema.Row{"training", "2010-02-28", "2", "completed"}}, {Row: 3, Person: "p2", Values: schema.Row{"training", "2010-02-28", "2.004", "completed"}}},
		{Upload: "n1"}: {airing(2, "2010-02-28", "Four", "40"), airing(3, "2010-02-01", "Five", "50")},
		{Upload: "n2"}: {airing(2, "2010-02-28", "TWO ", "21"), airing(3, "2010-01-01", "Outside", "1")},
		{Upload: "n3"}: {{Row: 2, Person: "p1", Values: schema.Row{"training", "2010-02-28", "3", "withdrew"}}, {Row: 3, Person: "p3", Values: schema.Row{"training", "2010-02-20", "1", "completed"}}},
	}}
	before := []event{
		came("u1", "media", at, 3), came("u2", "attendance", at, 2),
		entered("r1", 1, "attendance", "p1", schema.Row{"training", "2010-02-28", "7.5", "completed"}), // in place of the row of a file
		entered("r2", 1, "output", "", schema.Row{"2010-02-28", "kit", "2", "Kit", ""}),
		entered("r3", 1, "test", "p1", schema.Row{"training", "2010-02-28", "1", "5", "10"}),
		entered("r6", 1, "output", "", schema.Row{"2010-03-02", "kit", "2", "KIT ", ""}),
		entered("r7", 1, "attendance", "p2", schema.Row{"advice", "2010-02-10", "3", "completed"}),
		signup("s1", "p1", "1980", at), signup("s2", "p2", "", at),
	}
	late := at.AddDate(0, 1, 0)
	for _, c := range []struct {
		name      string
		events    []event
		asOf      string // "": that of the checkpoint
		continued bool
	}{
		{"nothing new", nil, "", true},
		{"a later day", nil, "2010-04-01", true},
		{"an earlier day", nil, "2010-02-27", false},
		{"a new file", []event{came("n1", "media", late, 2)}, "2010-04-01", true},
		{"a file that corrects airings", []event{came("n2", "media", late, 2)}, "", true},
		{"a file that arrived before the others", []event{came("n2", "media", at.AddDate(0, -1, 0), 2)}, "", false},
		{"two files", []event{came("n1", "media", late, 2), came("n2", "media", late.Add(time.Hour), 2)}, "", true},
		{"a file that is withdrawn at once", []event{came("n2", "media", late, 2), {fact.KindUploadWithdrawn, fact.UploadWithdrawn{Upload: "n2"}}}, "", true},
		{"a file about people", []event{came("n3", "attendance", late, 2)}, "", true},
		{"a file is withdrawn", []event{{fact.KindUploadWithdrawn, fact.UploadWithdrawn{Upload: "u1"}}}, "", false},
		{"a file is accepted again", []event{came("u1", "media", late, 3)}, "", false},
		{"a typed record", []event{entered("r4", 1, "attendance", "p2", schema.Row{"advice", "2010-02-28", "1", "completed"})}, "", true},
		{"a typed record is corrected", []event{entered("r3", 2, "test", "p1", schema.Row{"training", "2010-02-27", "5", "5", "10"})}, "", true},
		{"a typed record is removed", []event{{fact.KindRecordVoided, fact.RecordVoided{Record: "r3", Version: 2}}}, "", true},
		{"a typed record is removed, under which there is another", []event{{fact.KindRecordVoided, fact.RecordVoided{Record: "r1", Version: 2}}}, "", false},
		{"an old version of a typed record", []event{entered("r3", 1, "test", "p1", schema.Row{"training", "2010-02-28", "1", "9", "10"})}, "", false},
		{"an output of a known title", []event{entered("r5", 1, "output", "", schema.Row{"2010-03-01", "kit", "2", "KIT", ""})}, "", true},
		{"an earlier output of a known title", []event{entered("r5", 1, "output", "", schema.Row{"2010-02-01", "kit", "2", "KIT", ""})}, "", false},
		{"the first output of a title is removed", []event{{fact.KindRecordVoided, fact.RecordVoided{Record: "r2", Version: 2}}}, "", false},
		{"another output of a title is removed", []event{{fact.KindRecordVoided, fact.RecordVoided{Record: "r6", Version: 2}}}, "", true},
		{"an earlier record of a person", []event{entered("r8", 1, "attendance", "p1", schema.Row{"advice", "2010-01-20", "1", "completed"})}, "", true},
		{"the first record of a person is removed", []event{{fact.KindRecordVoided, fact.RecordVoided{Record: "r7", Version: 2}}}, "", true},
		{"the first record of a person is corrected", []event{entered("r7", 2, "attendance", "p3", schema.Row{"advice", "2010-02-11", "1", "completed"})}, "", true},
		{"a new person signs up", []event{signup("s3", "p3", "1990", late)}, "2010-04-01", true},
		{"a person with records becomes known", []event{signup("s4", "p1", "1981", at.AddDate(0, -1, 0))}, "", false},
		{"a person cancels", []event{{fact.KindSignupMoved, fact.SignupMoved{Signup: "s1", Version: 2, State: "cancelled"}}}, "", false},
		{"a person without a test cancels", []event{{fact.KindSignupMoved, fact.SignupMoved{Signup: "s2", Version: 2, State: "cancelled"}}}, "", true},
		{"attributes of a person without a test are corrected", []event{{fact.KindPersonAttributes, fact.PersonAttributes{Person: "p2", Values: schema.ValuesOf(map[string]string{"birth_year": "1960"})}}}, "", true},
		{"attributes of a person with records are corrected", []event{{fact.KindPersonAttributes, fact.PersonAttributes{Person: "p1", Cleared: []string{"birth_year"}}}}, "", false},
		{"people are merged", []event{{fact.KindPersonMerged, fact.PersonMerged{Person: "p1", Into: "p2"}}}, "", false},
	} {
		for _, def := range []*project.Definition{definition, withoutAttributes(), complete(definition, "total"), complete(withoutAttributes(), "nowhere"), withFewFields()} {
			facts := func(received time.Time, events []event) (out []fact.Fact) {
				for i, e := range events {
					f, err := fact.New(strconv.Itoa(i), e.kind, received, "", e.data)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, f)
				}
				return out
			}
			day := c.asOf
			if day == "" {
				day = "2010-03-31"
			}
			first := counting.New(schema.Builtin())
			h.apply(t, first, facts(at.Add(time.Minute), before))
			file, was := saved(t, def, first, "2010-03-31")
			h.apply(t, first, facts(late, c.events))
			want, full, err := figuresOf(def, mustRulesOf(t, def), first, day)
			if err != nil {
				t.Fatal(err)
			}
			f, _, _, err := checkpoint.Continue(file, mustRulesOf(t, def), "ab", "cd")
			if err != nil {
				t.Fatal(err)
			}
			h.apply(t, f, facts(late, c.events))
			got, snap, err := figuresOf(def, mustRulesOf(t, def), f, day)
			if errors.Is(err, counting.ErrRecount) {
				if c.continued && def == definition {
					t.Errorf("%s: %v", c.name, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if !c.continued && def == definition {
				t.Errorf("%s is continued", c.name)
			}
			if diff := cmp.Diff(full, snap); diff != "" {
				t.Errorf("%s (-full +continued)\n%s", c.name, diff)
			}
			for code, diff := range evidenceApart(def, want, was, got) {
				t.Errorf("%s: evidence of %s (-full +continued)\n%s", c.name, code, diff)
			}
		}
	}
}

func TestContinueRefusesOtherCounts(t *testing.T) {
	t.Parallel()
	f := counting.New(schema.Builtin())
	file, _ := saved(t, definition, f, "2010-03-31")
	rules := mustRules(t, definition)
	for _, other := range [][2]string{{"another", "cd"}, {"ab", "another"}, {"ab", ""}} {
		if _, _, _, err := checkpoint.Continue(file, rules, other[0], other[1]); !errors.Is(err, checkpoint.ErrCounts) || !errors.Is(err, counting.ErrRecount) {
			t.Errorf("%q: %v", other, err)
		}
	}
	if _, _, _, err := checkpoint.Continue(file[:len(file)-1], rules, "ab", "cd"); !errors.Is(err, checkpoint.ErrDamaged) {
		t.Error(err)
	}
}
