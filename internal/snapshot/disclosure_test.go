package snapshot

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// resident is a person of a world: the attributes, and the figures that count them.
type resident struct {
	is    map[string]string // code by dimension
	among map[string]bool   // by the code of an indicator; "" the participants
}

func (p *resident) clone() *resident { return &resident{maps.Clone(p.is), maps.Clone(p.among)} }

var worldCodes = map[string][]string{
	"sex":       {"female", "male", "other", Unknown},
	"residence": {"urban", "rural", Unknown},
	"group":     {"a", "b", "c", "d", "e", Unknown},
}

// world is a project whose people join, are corrected, erased, merged and cancelled.
type world struct {
	random  *rand.Rand
	people  map[int]*resident
	last    int
	figures []string // nesting: who is counted by one may be counted by those before it
	leaning map[string]float64
}

func newWorld(seed uint64) *world {
	w := &world{random: rand.New(rand.NewPCG(seed, 7)), people: map[int]*resident{}, figures: []string{""}, leaning: map[string]float64{}}
	for i := range w.random.IntN(4) {
		w.figures = append(w.figures, fmt.Sprint(i+1))
	}
	for _, name := range slices.Sorted(maps.Keys(worldCodes)) {
		w.leaning[name] = []float64{0.3, 0.6, 0.95, 1}[w.random.IntN(4)]
	}
	w.join(w.random.IntN(60))
	return w
}

func (w *world) join(n int) {
	for range n {
		p := &resident{map[string]string{}, map[string]bool{"": true}}
		for _, name := range slices.Sorted(maps.Keys(worldCodes)) {
			codes := worldCodes[name]
			p.is[name] = codes[0]
			if w.random.Float64() > w.leaning[name] {
				p.is[name] = codes[w.random.IntN(len(codes))]
			}
		}
		for _, code := range w.figures[1:] {
			p.among[code] = w.random.Float64() < 0.8
			if !p.among[code] && w.random.IntN(2) == 0 {
				break // the figures after it are among it
			}
		}
		w.last++
		w.people[w.last] = p
	}
}

func (w *world) any() int {
	ids := slices.Sorted(maps.Keys(w.people))
	if len(ids) == 0 {
		return 0
	}
	return ids[w.random.IntN(len(ids))]
}

// goOn lets something happen.
func (w *world) goOn() {
	switch id := w.any(); w.random.IntN(9) {
	case 0, 1:
		w.join(1)
	case 2:
		w.join(w.random.IntN(6))
	case 3, 4:
		w.join(5 + w.random.IntN(60))
	case 5: // corrected
		if id > 0 {
			w.people[id].is["sex"] = worldCodes["sex"][w.random.IntN(3)]
		}
	case 6: // erased
		if id > 0 {
			for name := range worldCodes {
				w.people[id].is[name] = Unknown
			}
		}
	case 7: // cancelled, or merged into another
		delete(w.people, id)
	case 8: // counted by one more figure
		if id > 0 {
			for _, code := range w.figures {
				w.people[id].among[code] = true
			}
		}
	}
}

func (w *world) snapshot() Snapshot {
	count := func(code string) (int64, Breakdowns) {
		by, total := Breakdowns{}, int64(0)
		for name, codes := range worldCodes {
			for _, one := range codes {
				by[name] = append(by[name], Part{Code: one})
			}
		}
		for _, p := range w.people {
			if !p.among[code] {
				continue
			}
			total++
			for name, codes := range worldCodes {
				by[name][slices.Index(codes, p.is[name])].People++
			}
		}
		return total, by
	}
	var s Snapshot
	s.Participants.Total, s.Participants.By = count("")
	for _, p := range w.people {
		if p.is["sex"] == Unknown && p.is["residence"] == Unknown && p.is["group"] == Unknown {
			s.Quality.PeopleWithoutAttributes++
		}
	}
	for _, code := range w.figures[1:] {
		total, by := count(code)
		s.Indicators = append(s.Indicators, Indicator{Code: code, Achieved: json.Number(fmt.Sprint(total)), By: by})
	}
	return s
}

// seen is a figure of a publication as the attacker knows it: what the JSON shows, and who is counted, but for their
// attributes.
type seen struct {
	name    string
	total   bounds
	by      map[string]map[string]any
	members map[int]*resident
	unknown bounds
}

// attacker has everything that was ever public, and knows who is counted by each figure and whose attributes changed.
type attacker struct{ groups []seen }

func (a *attacker) read(t *testing.T, public Snapshot, w *world, round int) {
	t.Helper()
	body, err := json.Marshal(public)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Participants struct {
			Total any                       `json:"total"`
			By    map[string]map[string]any `json:"by"`
		} `json:"participants"`
		Indicators []struct {
			Code     string                    `json:"code"`
			Achieved any                       `json:"achieved"`
			By       map[string]map[string]any `json:"by"`
		} `json:"indicators"`
		Quality struct {
			People any `json:"people_without_attributes"`
		} `json:"quality"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	add := func(code string, total any, by map[string]map[string]any, unknown bounds) {
		members := map[int]*resident{}
		for id, p := range w.people {
			if p.among[code] {
				members[id] = p.clone()
			}
		}
		a.groups = append(a.groups, seen{fmt.Sprintf("%q of %d", code, round), shownAs(total), by, members, unknown})
	}
	unknown := shownAs(got.Quality.People)
	add("", got.Participants.Total, got.Participants.By, unknown)
	for _, in := range got.Indicators {
		add(in.Code, in.Achieved, in.By, bounds{0, most})
	}
}

const most = 1 << 40

func shownAs(value any) bounds {
	switch v := value.(type) {
	case float64:
		return bounds{int64(v), int64(v)}
	case string:
		if v == Few {
			return bounds{1, 4}
		}
	}
	return bounds{0, most}
}

// cells are the bounds of a table of groups and parts; the differences of nesting groups are groups as well.
type cells struct {
	names  []string
	total  []bounds
	parts  [][]bounds
	sums   [][3]int // a group that consists of two others
	broken bool
}

// solve finds the bounds of all parts of a dimension, by propagating what parts, totals and differences say of each
// other until nothing follows any more. It returns what follows of 1 to 4 people.
func (a *attacker) solve(dimension string) string {
	codes := worldCodes[dimension]
	c := &cells{}
	for _, g := range a.groups {
		parts := make([]bounds, len(codes))
		for i, code := range codes {
			parts[i] = bounds{0, most}
			if by, ok := g.by[dimension]; ok {
				parts[i] = shownAs(by[code])
			}
			if code == Unknown {
				parts[i].low = max(parts[i].low, g.unknown.low)
			}
		}
		c.names, c.total, c.parts = append(c.names, g.name), append(c.total, g.total), append(c.parts, parts)
	}
	for i := range a.groups {
		for j := range a.groups {
			if i == j || !nest(a.groups[i], a.groups[j], dimension) || i > j && nest(a.groups[j], a.groups[i], dimension) {
				continue
			}
			parts := make([]bounds, len(codes))
			for k := range parts {
				parts[k] = bounds{0, most}
			}
			c.sums = append(c.sums, [3]int{i, len(c.total), j})
			c.names, c.total, c.parts = append(c.names, a.groups[j].name+" without "+a.groups[i].name), append(c.total, bounds{0, most}), append(c.parts, parts)
		}
	}
	for c.step() {
	}
	if c.broken {
		return dimension + ": no people fit what is published"
	}
	for i, parts := range c.parts {
		for k, b := range parts {
			// Who is in a published group of five or more who are all of one kind is known to be of it, for all that is
			// published of others.
			if a.allOneKind(i, c, dimension, codes[k]) {
				continue
			}
			if b.exact() && isFew(b.low) {
				return fmt.Sprintf("%s of %s: %d are %s", dimension, c.names[i], b.low, codes[k])
			}
			if b.low > 0 && c.total[i].high < fewest && b.low == c.total[i].high {
				return fmt.Sprintf("%s of %s: all are %s", dimension, c.names[i], codes[k])
			}
		}
	}
	return ""
}

// allOneKind reports whether the people of a group are among a published group that is shown to be of one kind.
func (a *attacker) allOneKind(i int, c *cells, dimension, code string) bool {
	if i >= len(a.groups) {
		i = c.sums[i-len(a.groups)][2] // who is more in it than in another
	}
	return slices.ContainsFunc(a.groups, func(g seen) bool {
		part := bounds{0, most}
		if by, ok := g.by[dimension]; ok {
			part = shownAs(by[code])
		}
		return g.total.exact() && part == g.total && g.total.low >= fewest && nest(a.groups[i], g, dimension)
	})
}

// nest reports whether all of a group's people are in another one, with the same attribute.
func nest(a, b seen, dimension string) bool {
	for id, p := range a.members {
		if other := b.members[id]; other == nil || other.is[dimension] != p.is[dimension] {
			return false
		}
	}
	return true
}

func (c *cells) step() (changed bool) {
	narrow := func(b *bounds, low, high int64) {
		if low > b.low {
			b.low, changed = low, true
		}
		if high < b.high {
			b.high, changed = high, true
		}
		c.broken = c.broken || b.low > b.high
	}
	for i := range c.total {
		low, high := int64(0), int64(0)
		for _, b := range c.parts[i] {
			low, high = low+b.low, high+b.high
		}
		narrow(&c.total[i], low, high)
		for k := range c.parts[i] {
			b := &c.parts[i][k]
			narrow(b, c.total[i].low-(high-b.high), c.total[i].high-(low-b.low))
			if c.broken {
				return false
			}
		}
	}
	add := func(a, b, sum *bounds) {
		narrow(sum, a.low+b.low, a.high+b.high)
		narrow(a, sum.low-b.high, sum.high-b.low)
		narrow(b, sum.low-a.high, sum.high-a.low)
	}
	for _, s := range c.sums {
		add(&c.total[s[0]], &c.total[s[1]], &c.total[s[2]])
		for k := range c.parts[s[0]] {
			add(&c.parts[s[0]][k], &c.parts[s[1]][k], &c.parts[s[2]][k])
		}
	}
	return changed && !c.broken
}

// attack publishes a history, and returns what an attacker learns of 1 to 4 people, and how many breakdowns were shown
// after the first publication.
func attack(t *testing.T, seed uint64, control func([]Published, Snapshot) Withheld) (learns string, shown int) {
	t.Helper()
	w := newWorld(seed)
	a := &attacker{}
	var before []Published
	for round := range 6 {
		snap := w.snapshot()
		withheld := control(before, snap)
		public := snap.Public(withheld)
		before = append(before, Published{snap, withheld})
		a.read(t, public, w, round)
		if round > 0 {
			for _, by := range public.Participants.By {
				if !slices.ContainsFunc(by, func(p Part) bool { return p.Shown != "" }) {
					shown++
				}
			}
		}
		for range 1 + w.random.IntN(3) {
			w.goOn()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(worldCodes)) {
		if found := a.solve(name); found != "" {
			return found, shown
		}
	}
	return "", shown
}

func TestNoAttributeOfFewPeopleFollowsFromAllThatWasPublished(t *testing.T) {
	t.Parallel()
	// Of the first 12,000 histories, the first ones and those that need more than the comparison of each two breakdowns.
	seeds := []uint64{679, 1010, 3309, 4191, 6455, 6829, 7464, 7762, 9138, 9922}
	for seed := range uint64(400) {
		seeds = append(seeds, seed)
	}
	shown, leaks := 0, 0
	for _, seed := range seeds {
		found, n := attack(t, seed, Control)
		if shown += n; found != "" {
			if leaks++; leaks < 12 {
				t.Errorf("history %d: %s", seed, found)
			}
		}
	}
	if leaks > 0 {
		t.Errorf("%d leaks", leaks)
	}
	t.Logf("%d breakdowns of the participants were shown whole after the first publication", shown)
	if shown < 300 {
		t.Errorf("only %d breakdowns were shown", shown)
	}
}

func TestAttackerLearnsWithoutControl(t *testing.T) {
	t.Parallel()
	learns := 0
	for seed := range uint64(200) {
		if found, _ := attack(t, seed, func([]Published, Snapshot) Withheld { return nil }); found != "" {
			learns++
		}
	}
	if learns < 100 {
		t.Errorf("without control only %d of 200 histories tell something", learns)
	}
}

func TestControlIsTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		w := newWorld(seed)
		var before []Published
		for range 4 {
			snap := w.snapshot()
			withheld := Control(before, snap)
			turned := slices.Clone(before)
			slices.Reverse(turned)
			if again := Control(turned, snap); fmt.Sprint(again) != fmt.Sprint(withheld) {
				t.Fatalf("history %d: %v and %v", seed, withheld, again)
			}
			before = append(before, Published{snap, withheld})
			w.goOn()
		}
	}
}

func TestFewPeopleAreCountedAsAMark(t *testing.T) {
	t.Parallel()
	s := Snapshot{
		Participants: Participants{Total: 3, By: Breakdowns{"sex": breakdown(3, 0, 0)}},
		Indicators: []Indicator{
			{Code: "1", Achieved: "4", Percent: "40", Status: "behind", Records: 4, By: Breakdowns{"sex": breakdown(4, 0, 0)}, ByMonth: []Month{{"2026-01", "4", "4", "", ""}}},
			{Code: "2", Achieved: "9", Percent: "90", Status: "behind", Records: 9, By: Breakdowns{"sex": breakdown(9, 0, 0)}, ByMonth: []Month{{Month: "2026-01", Added: "3", Total: "3"}, {Month: "2026-02", Added: "6", Total: "9"}}},
			{Code: "3", Achieved: "3", Percent: "30", Status: "behind", Records: 3, By: Breakdowns{}, ByMonth: []Month{{Month: "2026-01", Added: "3", Total: "3"}}},
			{Code: "4", Achieved: "77", Public: No},
		},
	}
	body, err := json.Marshal(s.Public(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"participants":{"target":0,"by":{},"total":"<5"}`,
		`"target":null,"achieved":"<5","percent":null,"status":null,"records":null,"by":{},"by_month":[]}`,
		`"achieved":9`, `[{"month":"2026-01","added":"<5","total":"<5"},{"month":"2026-02","added":"hidden","total":9}]`,
		`"achieved":3,"percent":30`,
	} {
		if !strings.Contains(strings.ReplaceAll(string(body), `\u003c`, "<"), part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
	if strings.Contains(string(body), "77") {
		t.Errorf("an indicator that is not public: %s", body)
	}
}

func TestDifferencesOfFewPeopleAreWithheld(t *testing.T) {
	t.Parallel()
	of := func(people ...int64) Snapshot {
		return Snapshot{Participants: Participants{Total: total(people), By: Breakdowns{"sex": breakdown(people...)}}}
	}
	for _, c := range []struct {
		name      string
		then, now []int64
		withheld  bool
	}{
		{"the same", []int64{20, 16, 0}, []int64{20, 16, 0}, false},
		{"one more", []int64{20, 16, 0}, []int64{21, 16, 0}, true},
		{"one fewer", []int64{20, 16, 0}, []int64{19, 16, 0}, true},
		{"one corrected", []int64{20, 16, 0}, []int64{19, 17, 0}, true},
		{"one erased", []int64{20, 16, 0}, []int64{19, 16, 1}, true},
		{"four more among many", []int64{20, 16, 0}, []int64{60, 20, 0}, true},
		{"five and five more", []int64{20, 16, 0}, []int64{25, 21, 0}, false},
		{"all of one kind", []int64{20, 16, 0}, []int64{40, 16, 0}, true},
		{"all of one kind, as before", []int64{36, 0, 0}, []int64{56, 0, 0}, false},
		{"the same marks, far more beside them", []int64{2, 1, 40, 30}, []int64{2, 1, 60, 50}, false},
		{"the same marks for one more", []int64{3, 2, 40, 30}, []int64{3, 3, 60, 50}, true},
		{"a small part that grew far", []int64{2, 2, 40, 30}, []int64{20, 20, 60, 50}, false},
		{"a small part that grew a little", []int64{2, 2, 40, 30}, []int64{6, 20, 60, 50}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := slices.Contains(Control([]Published{{of(c.then...), nil}}, of(c.now...))[""], "sex")
			if got != c.withheld {
				t.Errorf("withheld: %v", got)
			}
		})
	}
}

// What everybody of a figure has in common would tell it of the two who are not in the other figure, whose total is
// shown.
func TestWhatFollowsFromTotalsIsWithheld(t *testing.T) {
	t.Parallel()
	s := Snapshot{
		Participants: Participants{Total: 8, By: Breakdowns{"sex": breakdown(8, 0, 0)}},
		Indicators:   []Indicator{{Code: "1", Achieved: "6", By: Breakdowns{"sex": breakdown(6, 0, 0)}}},
	}
	if got := Control(nil, s); !slices.Contains(got[""], "sex") {
		t.Errorf("withheld: %v", got)
	}
	s.Indicators[0].Public = No
	if got := Control(nil, s); slices.Contains(got[""], "sex") {
		t.Errorf("beside what is not public, withheld: %v", got)
	}
}
