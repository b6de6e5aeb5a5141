package snapshot

import (
	"maps"
	"slices"
	"strconv"
)

// Disclosure control: a reader of the public page knows everything that it ever showed, and which figures' people
// can be among those of another. The difference of two breakdowns is then a breakdown of the people in between.
// Control shows a breakdown only where each such difference is zero or fewest people in each part, and not all of
// one kind.

// Withheld says which breakdowns of a publication have all their parts hidden: dimensions by the code of the
// indicator, "" for the participants.
type Withheld map[string][]string

// Published is a snapshot as it was shown to the public.
type Published struct {
	Snapshot Snapshot
	Withheld Withheld
}

// withoutAttributes is the dimension of the participants of whom no attribute is known, and of all others. It is no
// attribute's name.
const withoutAttributes = "(without attributes)"

// line is a figure that counts people, in one publication.
type line struct {
	code  string
	total int64
	by    Breakdowns
}

// lines returns the figures of a snapshot that count people and are public, the participants first.
func (s Snapshot) lines() []line {
	all := Breakdowns{}
	maps.Copy(all, s.Participants.By)
	none := s.Quality.PeopleWithoutAttributes
	all[withoutAttributes] = Breakdown{{Code: "none", People: none}, {Code: "some", People: s.Participants.Total - none}}
	out := []line{{total: s.Participants.Total, by: all}}
	for _, in := range s.Indicators {
		if people, ok := in.people(); ok && in.Public != No {
			out = append(out, line{code: in.Code, total: people, by: in.By})
		}
	}
	return out
}

// people returns how many people an indicator counts, false if it counts something else.
func (i Indicator) people() (int64, bool) {
	if len(i.By) == 0 || i.Count != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(i.Achieved.String(), 10, 64)
	return n, err == nil
}

func isFew(people int64) bool { return people > 0 && people < fewest }

// group is the people of a line, and what the public sees of them.
type group struct {
	line
	published int      // the publication, from 0
	withheld  []string // dimensions
	least     int64    // how many have no attribute at all
	told      int64    // how many of these the public knows of
	parts     Breakdown
}

// add adds the lines of a publication.
func (c *control) add(s Snapshot, withheld Withheld) {
	published := 0
	if n := len(c.groups); n > 0 {
		published = c.groups[n-1].published + 1
	}
	for _, l := range s.lines() {
		g := group{line: l, published: published, withheld: withheld[l.code]}
		if l.code == "" {
			g.least = s.Quality.PeopleWithoutAttributes
		}
		if l.code == "" && !slices.Contains(g.withheld, withoutAttributes) {
			g.told = g.bounds(l.public(g.withheld, g.least)[withoutAttributes])["none"].low
		}
		c.groups = append(c.groups, g)
	}
}

// Control returns which breakdowns of a snapshot must be withheld from the public, beside all that was published
// before. The order of the publications does not matter; the same ones give the same answer. Two things are checked:
// each difference of two breakdowns (distinct), and all of them together (learned).
func Control(before []Published, now Snapshot) Withheld {
	c := control{nests: map[pair]bool{}}
	for _, p := range before {
		c.add(p.Snapshot, p.Withheld)
	}
	first := len(c.groups)
	c.add(now, nil)
	c.groups[first].told = 0
	dimensions := map[string]bool{}
	for _, g := range c.groups[first:] {
		for name := range g.by {
			dimensions[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(dimensions)) { // withoutAttributes comes first
		c.decide(name, first)
	}
	out := Withheld{}
	for _, g := range c.groups[first:] {
		if len(g.withheld) > 0 {
			out[g.code] = g.withheld
		}
	}
	return out
}

// decide shows or withholds the breakdowns of the groups from the first on, in one dimension.
func (c *control) decide(dimension string, first int) {
	c.dimension = dimension
	for i := range c.groups {
		g := &c.groups[i]
		g.parts = nil
		if i < first && !slices.Contains(g.withheld, dimension) {
			g.parts = c.marked(g)
		}
	}
	participants := &c.groups[first]
	told := participants.told
	participants.told = 0
	already := c.learned()
	participants.told = told
	for i := first; i < len(c.groups); i++ {
		if parts := c.marked(&c.groups[i]); parts != nil && !c.mayShow(i, parts) {
			c.groups[i].withhold(dimension)
		}
	}
	if participants.told > 0 && c.learned() > already {
		participants.told = 0
		participants.withheld = append(participants.withheld, withoutAttributes)
	}
	for i := len(c.groups) - 1; i >= first && c.learned() > already; i-- {
		if c.groups[i].parts != nil {
			c.groups[i].withhold(dimension)
		}
	}
	if dimension == withoutAttributes {
		participants.told = participants.bounds(participants.parts)["none"].low
	}
}

func (g *group) withhold(dimension string) {
	g.parts = nil
	g.withheld = append(g.withheld, dimension)
}

// Everything withholds all breakdowns of a snapshot.
func (s Snapshot) Everything() Withheld {
	out := Withheld{}
	for _, l := range s.lines() {
		out[l.code] = slices.Sorted(maps.Keys(l.by))
	}
	return out
}

type control struct {
	groups    []group
	nests     map[pair]bool
	dimension string
}

// marked returns the breakdown of a group with the marks that it has by itself, nil if there is none to show.
func (c *control) marked(g *group) Breakdown {
	parts := line{total: g.total, by: Breakdowns{c.dimension: g.by[c.dimension]}}.public(nil, g.least)[c.dimension]
	if !slices.ContainsFunc(parts, func(p Part) bool { return p.Shown != Hidden }) {
		return nil // hidden from everybody
	}
	return parts
}

// mayShow shows the breakdown of a group beside all that is shown, unless that would single out fewer than fewest
// people.
func (c *control) mayShow(i int, parts Breakdown) bool {
	b := &c.groups[i]
	b.parts = parts
	for j := range c.groups {
		a := &c.groups[j]
		// Of small groups, marks leave so few possibilities that a later total could tell: those are compared in any case.
		small := a.total < 2*fewest && b.total < 2*fewest
		if j != i && a.parts != nil && (small || c.mayNest(i, j)) && !distinct(a, b) {
			b.parts = nil
			return false
		}
	}
	return true
}

// mayNest reports whether the people of one of two groups may be among those of the other: they are of the same
// figure, or no part of the one is larger than that of the other, in what is compared or, in one publication, in
// all. Ages are left out of all: they are those at the first record that counts, of which each figure has its own.
// Figures that nest in the publication of either group are compared in both.
func (c *control) mayNest(i, j int) bool {
	a, b := &c.groups[i], &c.groups[j]
	if a.total == 0 || b.total == 0 {
		return false
	}
	if a.code == b.code || c.figuresNest(a.published, a.code, b.code) || c.figuresNest(b.published, a.code, b.code) {
		return true
	}
	if a.published == b.published {
		return false
	}
	mine, theirs := a.by[c.dimension], b.by[c.dimension]
	return a.total <= b.total && within(mine, theirs) || b.total <= a.total && within(theirs, mine)
}

// figuresNest reports whether the people of one of two figures may be among those of the other in a publication.
func (c *control) figuresNest(published int, one, other string) bool {
	key := pair{published, min(one, other), max(one, other)}
	nests, known := c.nests[key]
	if known {
		return nests
	}
	var a, b *line
	for i := range c.groups {
		g := &c.groups[i]
		switch {
		case g.published != published:
		case g.code == one:
			a = &g.line
		case g.code == other:
			b = &g.line
		}
	}
	if a != nil && b != nil && a.total > 0 && b.total > 0 {
		if a.total > b.total {
			a, b = b, a
		}
		nests = among(*a, *b)
	}
	c.nests[key] = nests
	return nests
}

// pair is two figures of a publication, by their codes in order.
type pair struct {
	published  int
	one, other string
}

func among(a, b line) bool {
	for name, parts := range a.by {
		whole, both := b.by[name]
		if both && name != "age" && !within(parts, whole) {
			return false
		}
	}
	return true
}

func within(parts, whole Breakdown) bool {
	for _, p := range parts {
		if p.People > whole.people(p.Code) {
			return false
		}
	}
	return true
}

func (b Breakdown) people(code string) int64 {
	for _, p := range b {
		if p.Code == code {
			return p.People
		}
	}
	return 0
}

// bounds are the smallest and the largest number of people that a part can have for all that its own breakdown shows.
type bounds struct{ low, high int64 }

func (b bounds) exact() bool { return b.low == b.high }

// bounds returns what each part of a breakdown of the group shows by itself, with what the others leave of the total.
func (g *group) bounds(parts Breakdown) map[string]bounds {
	out := make(map[string]bounds, len(parts))
	var low, high int64
	for _, p := range parts {
		b := bounds{p.People, p.People}
		switch p.Shown {
		case Few:
			b = bounds{1, fewest - 1}
		case Hidden:
			b = bounds{fewest, max(fewest, g.total)}
		}
		out[p.Code] = b
		low, high = low+b.low, high+b.high
	}
	for code, b := range out {
		out[code] = bounds{max(b.low, g.total-(high-b.high)), min(b.high, g.total-(low-b.low))}
	}
	return out
}

// distinct reports whether the people by whom two groups differ, one of which may be among the other, are none, or
// at least fewest in each part and in more than one part, unless all people of the larger are in one. It looks at
// what is shown alone, so that the answer reveals nothing of what a mark replaces. Parts with the same marks in
// both are compared by their sum.
func distinct(a, b *group) bool {
	left, right := a.bounds(a.parts), b.bounds(b.parts)
	same := sameMarks(a.parts, b.parts)
	var marked, differing int64
	marked = b.total - a.total
	for _, code := range codes(left, right) {
		l, r := left[code], right[code]
		switch {
		case l.exact() && r.exact():
			marked -= r.low - l.low
			if l.low == r.low {
				continue
			}
			if isFew(max(r.low-l.low, l.low-r.low)) {
				return false
			}
		case same:
			continue // below
		case r.low-l.high < fewest && l.low-r.high < fewest:
			return false
		}
		differing++
	}
	if same && marked != 0 {
		if isFew(max(marked, -marked)) {
			return false
		}
		differing++
	}
	larger := b
	if a.total > b.total {
		larger = a
	}
	return differing != 1 || larger.oneKind()
}

// oneKind reports whether all people of a group are shown to be in one part.
func (g *group) oneKind() bool {
	return slices.ContainsFunc(g.parts, func(p Part) bool { return p.Shown == "" && p.People == g.total })
}

func codes(a, b map[string]bounds) []string {
	all := map[string]bool{}
	for code := range a {
		all[code] = true
	}
	for code := range b {
		all[code] = true
	}
	return slices.Sorted(maps.Keys(all))
}

func sameMarks(a, b Breakdown) bool {
	marks := func(parts Breakdown) map[string]string {
		out := map[string]string{}
		for _, p := range parts {
			if p.Shown != "" {
				out[p.Code] = p.Shown
			}
		}
		return out
	}
	return maps.Equal(marks(a), marks(b))
}
