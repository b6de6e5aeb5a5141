package snapshot

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/project"
)

func example() Snapshot {
	return Snapshot{
		Project: "ces", ID: "01JD0000000000000000000000", AsOf: "2011-02-28", KnownAt: "2026-11-23T02:00:00Z",
		Definition: Definition{Version: 3, SHA256: strings.Repeat("ab", 32)}, State: Draft, Hash: "sha256:00",
		Participants: Participants{Total: 252, Target: 210, By: Breakdowns{"sex": {{Code: "male", People: 2}, {Code: "female", People: 250}, {Code: Unknown}}}},
		Indicators: []Indicator{{
			Code: "1", Label: project.Text{"pl": "Osoby <przeszkolone>", "en": "People & training"}, Unit: "person", Target: "45", Achieved: "45.50", Percent: "101.1",
			Status: "achieved", Records: 46, ByMonth: []Month{{Month: "2010-02", Added: "15", Total: "15"}},
		}},
		Reach:   Reach{Sum: 898860, Low: 20750, Estimate: 500000, High: 898860, Population: 2070000, Airings: 90},
		Quality: Quality{PeopleWithoutAttributes: 1, RecordsOutsidePeriod: 2},
	}
}

func TestSnapshotJSON(t *testing.T) {
	t.Parallel()
	got, err := json.MarshalIndent(example(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "project": "ces",
 "id": "01JD0000000000000000000000",
 "as_of": "2011-02-28",
 "known_at": "2026-11-23T02:00:00Z",
 "definition": {
  "version": 3,
  "sha256": "` + strings.Repeat("ab", 32) + `"
 },
 "state": "draft",
 "supersedes": null,
 "hash": "sha256:00",
 "evidence": null,
 "seal": null,
 "participants": {
  "total": 252,
  "target": 210,
  "by": {
   "sex": {
    "male": 2,
    "female": 250,
    "unknown": 0
   }
  }
 },
 "indicators": [
  {
   "code": "1",
   "label": {
    "pl": "Osoby \u003cprzeszkolone\u003e",
    "en": "People \u0026 training"
   },
   "unit": "person",
   "target": 45,
   "achieved": 45.50,
   "percent": 101.1,
   "status": "achieved",
   "records": 46,
   "by": {},
   "by_month": [
    {
     "month": "2010-02",
     "added": 15,
     "total": 15
    }
   ]
  }
 ],
 "reach": {
  "sum": 898860,
  "low": 20750,
  "estimate": 500000,
  "high": 898860,
  "population": 2070000,
  "airings": 90
 },
 "quality": {
  "people_without_attributes": 1,
  "records_outside_period": 2
 }
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSnapshotReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	empty := Snapshot{Indicators: []Indicator{{}}}
	public := example()
	public.Quality.PeopleWithoutAttributes = 7 // fewer are a mark, which nothing reads
	public = public.Public(nil)
	for name, s := range map[string]Snapshot{"the whole": example(), "what the public sees": public, "an empty one": empty} {
		first, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Snapshot
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatal(err)
		}
		second, err := json.Marshal(back)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(first), string(second)); diff != "" {
			t.Errorf("%s: (-first +second)\n%s", name, diff)
		}
		if s.Hash != "" {
			a, _ := s.Digest()
			if b, _ := back.Digest(); a != b {
				t.Errorf("%s: digest %s, read back %s", name, a, b)
			}
		}
	}
}

func TestBreakdownReading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     Breakdown // nil: an error
	}{
		{"parts keep their order", `{"b": 1, "a": "<5", "unknown": "hidden"}`, Breakdown{{Code: "b", People: 1}, {Code: "a", Shown: Few}, {Code: Unknown, Shown: Hidden}}},
		{"no parts", `{}`, Breakdown{}},
		{"a list is no breakdown", `[1]`, nil},
		{"parts of a sum may have decimals", `{"a": 1.5, "b": 0}`, Breakdown{{Code: "a", Amount: "1.5"}, {Code: "b"}}},
		{"a mark has to be known", `{"a": "few"}`, nil},
		{"a part is a number or a mark", `{"a": {"b": 1}}`, nil},
	} {
		var got Breakdown
		err := json.Unmarshal([]byte(c.in), &got)
		if (err != nil) != (c.want == nil) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	digest := func(change func(*Snapshot)) string {
		s := example()
		change(&s)
		out, err := s.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	same := digest(func(*Snapshot) {})
	if len(same) != len("sha256:")+64 || !strings.HasPrefix(same, "sha256:") {
		t.Fatalf("digest %q", same)
	}
	for name, change := range map[string]func(*Snapshot){
		"the id":                   func(s *Snapshot) { s.ID = "other" },
		"when it was made":         func(s *Snapshot) { s.KnownAt = "other" },
		"its state":                func(s *Snapshot) { s.State = Approved },
		"what it supersedes":       func(s *Snapshot) { s.Supersedes = &s.Project },
		"the hash":                 func(s *Snapshot) { s.Hash = "other" },
		"the definition's version": func(s *Snapshot) { s.Definition.Version++ },
		"how a number is written":  func(s *Snapshot) { s.Indicators[0].Achieved = "45.5" },
		"the order of the parts": func(s *Snapshot) {
			sex := s.Participants.By["sex"]
			sex[0], sex[1] = sex[1], sex[0]
		},
	} {
		if got := digest(change); got != same {
			t.Errorf("%s changes the digest", name)
		}
	}
	for name, change := range map[string]func(*Snapshot){
		"the day":              func(s *Snapshot) { s.AsOf = "2011-02-27" },
		"the project":          func(s *Snapshot) { s.Project = "other" },
		"the definition":       func(s *Snapshot) { s.Definition.SHA256 = "other" },
		"participants":         func(s *Snapshot) { s.Participants.Total++ },
		"a part":               func(s *Snapshot) { s.Participants.By["sex"][0].People++ },
		"an indicator":         func(s *Snapshot) { s.Indicators[0].Records++ },
		"an indicator's month": func(s *Snapshot) { s.Indicators[0].ByMonth[0].Total = "16" },
		"the reach":            func(s *Snapshot) { s.Reach.Airings++ },
		"the quality":          func(s *Snapshot) { s.Quality.RecordsOutsidePeriod++ },
	} {
		if got := digest(change); got == same {
			t.Errorf("%s does not change the digest", name)
		}
	}
	fixed := Snapshot{Project: "p", AsOf: "2020-01-01"}
	got, err := fixed.Digest()
	if err != nil {
		t.Fatal(err)
	}
	// printf '{"as_of":"2020-01-01","definition":{"sha256":""},"indicators":[],"participants":{"by":{},"target":0,"total":0},"project":"p","quality":{"people_without_attributes":0,"records_outside_period":0},"reach":{"airings":0,"estimate":0,"high":0,"low":0,"population":0,"sum":0}}' | sha256sum
	if want := "sha256:18f53e55322152baf9d7cc85f9037460d27a5f7418af3c136acd7528742eaf74"; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestSameButDayPassesOverTheDayAndEmptyMonths(t *testing.T) {
	t.Parallel()
	months := func(added ...string) (all []Month) {
		total := 0
		for i, n := range added {
			a, _ := json.Number(n).Int64()
			total += int(a)
			all = append(all, Month{Month: fmt.Sprintf("2026-%02d", i+1), Added: json.Number(n), Total: json.Number(fmt.Sprint(total))})
		}
		return all
	}
	of := func(day, status string, added ...string) Snapshot {
		return Snapshot{Project: "town", AsOf: day, Indicators: []Indicator{{Code: "1", Target: "9", Achieved: "3", Percent: "33.3", Status: status, ByMonth: months(added...)}}}
	}
	before := of("2026-03-31", "on-track", "1", "0", "2")
	for _, c := range []struct {
		name  string
		after Snapshot
		same  bool
	}{
		{"another day", of("2026-04-02", "on-track", "1", "0", "2"), true},
		{"another month", of("2026-05-02", "on-track", "1", "0", "2", "0", "0"), true},
		{"another status", of("2026-04-02", "behind", "1", "0", "2", "0"), false},
		{"added in another month", of("2026-04-02", "on-track", "1", "1", "1", "0"), false},
		{"another definition", func() Snapshot { s := before; s.Definition.SHA256 = "x"; return s }(), false},
	} {
		if same, err := SameButDay(before, c.after); err != nil || same != c.same {
			t.Errorf("%s: %t, %v", c.name, same, err)
		}
	}
	if len(before.Indicators[0].ByMonth) != 3 || before.AsOf == "" {
		t.Error("the comparison changed the snapshot")
	}
}
