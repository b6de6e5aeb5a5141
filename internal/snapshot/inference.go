package snapshot

import "slices"

// unbounded is more than any number of people.
const unbounded = 1 << 40

// inference is what a reader can compute of a dimension: a row for each group, and one for each difference of two
// groups that nest. Each row has the bounds of its parts, and last those of its total.
type inference struct {
	rows [][]bounds
	sums []sum
}

// sum says that a row is the sum of two others, or, where rest is 0, that it is at least the inner one. Row 0 is
// never a difference.
type sum struct{ inner, rest, whole int }

// near is the largest difference of two totals that has a row of its own: parts of a larger one are small only where
// both breakdowns are shown, which distinct compares.
const near = 50

// learned returns how many numbers of fewer than fewest people a reader can compute of the groups and of their
// differences.
func (c *control) learned() (count int) {
	in := c.inference()
	in.solve()
	for _, row := range in.rows {
		total := row[len(row)-1]
		for _, b := range row[:len(row)-1] {
			if b.exact() && isFew(b.low) || isFew(total.high) && b.low == total.high {
				count++
			}
		}
	}
	return count
}

// inference returns what a reader sees.
func (c *control) inference() *inference {
	in := &inference{}
	var codes []string
	var groups []int // that have the dimension: its rows, in their order
	for i, g := range c.groups {
		if len(g.by[c.dimension]) > 0 {
			groups = append(groups, i)
		}
		for _, p := range g.by[c.dimension] {
			if !slices.Contains(codes, p.Code) {
				codes = append(codes, p.Code)
			}
		}
	}
	for _, i := range groups {
		g := &c.groups[i]
		row := make([]bounds, len(codes)+1)
		shown := g.bounds(g.parts)
		for k, code := range codes {
			row[k] = shown[code]
			if g.parts == nil {
				row[k] = bounds{0, unbounded}
			}
			if code == Unknown {
				row[k].low = max(row[k].low, g.told)
			}
		}
		row[len(codes)] = bounds{g.total, g.total}
		if isFew(g.total) {
			row[len(codes)] = bounds{1, fewest - 1}
		}
		in.rows = append(in.rows, row)
	}
	for a, i := range groups {
		for b, j := range groups {
			if a == b || !c.isWithin(i, j) || a > b && c.isWithin(j, i) {
				continue
			}
			if c.groups[j].total-c.groups[i].total > near {
				in.sums = append(in.sums, sum{inner: a, whole: b})
				continue
			}
			rest := make([]bounds, len(codes)+1)
			for k := range rest {
				rest[k] = bounds{0, unbounded}
			}
			in.sums = append(in.sums, sum{a, len(in.rows), b})
			in.rows = append(in.rows, rest)
		}
	}
	return in
}

// isWithin reports whether the people of a group may all be among those of another.
func (c *control) isWithin(i, j int) bool {
	a, b := &c.groups[i], &c.groups[j]
	return a.total <= b.total && within(a.by[c.dimension], b.by[c.dimension]) && c.mayNest(i, j)
}

// solve narrows the bounds until nothing more follows. The true numbers always fit: they only get closer.
func (in *inference) solve() {
	for changed := true; changed; {
		changed = false
		narrow := func(b *bounds, low, high int64) {
			if low > b.low {
				b.low, changed = low, true
			}
			if high < b.high {
				b.high, changed = high, true
			}
		}
		for _, row := range in.rows {
			parts, total := row[:len(row)-1], &row[len(row)-1]
			var low, high int64
			for _, b := range parts {
				low, high = low+b.low, high+b.high
			}
			narrow(total, low, high)
			for k := range parts {
				b := &parts[k]
				narrow(b, total.low-(high-b.high), total.high-(low-b.low))
			}
		}
		for _, s := range in.sums {
			for k := range in.rows[s.whole] {
				a, whole := &in.rows[s.inner][k], &in.rows[s.whole][k]
				if s.rest == 0 {
					narrow(whole, a.low, unbounded)
					narrow(a, 0, whole.high)
					continue
				}
				b := &in.rows[s.rest][k]
				narrow(whole, a.low+b.low, a.high+b.high)
				narrow(a, whole.low-b.high, whole.high-b.low)
				narrow(b, whole.low-a.high, whole.high-a.low)
			}
		}
	}
}
