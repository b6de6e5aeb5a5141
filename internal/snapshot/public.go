package snapshot

import "slices"

// Marks that the public sees in place of a part: Few for 1 to 4 people, Hidden for a larger part from which, with the
// total, a Few could be computed.
const (
	Few    = "<5"
	Hidden = "hidden"
)

const fewest = 5 // the smallest part above zero that is shown

// Public returns the snapshot as anyone may see it: small parts of breakdowns are replaced by marks, and a breakdown
// from which a marked part could still be computed is left out. Records for which a rule failed are not named. The
// snapshot itself is not changed.
func (s Snapshot) Public() Snapshot {
	s.Quality.RuleErrors = nil // for those who can correct the rules or the records
	s.Participants.By = s.Participants.By.public(s.Quality.PeopleWithoutAttributes)
	s.Indicators = slices.Clone(s.Indicators)
	for i := range s.Indicators {
		s.Indicators[i].By = s.Indicators[i].By.public(0)
	}
	return s
}

func (b Breakdowns) public(unknown int64) Breakdowns {
	out := Breakdowns{}
	for dimension, parts := range b {
		if shown, ok := parts.public(unknown); ok {
			out[dimension] = shown
		}
	}
	return out
}

// public returns the breakdown with marks, false if it has to be left out. A reader knows the total, the marks, and how
// many people have no attribute at all: at least so many are in the part "unknown". That leaves a range for each marked
// part, and their sum. All numbers that fit the ranges and the sum get the same marks, so leaving a breakdown out
// reveals no more than the marks do.
func (b Breakdown) public(unknown int64) (Breakdown, bool) {
	out := slices.Clone(b)
	few, hidden := 0, -1
	for i, part := range out {
		switch {
		case part.People > 0 && part.People < fewest:
			few++
		case part.People >= fewest && (hidden < 0 || part.People < out[hidden].People):
			hidden = i
		}
	}
	if few == 0 {
		return out, true
	}
	if few > 1 {
		hidden = -1
	}

	type bounds struct{ low, high, people int64 }
	var marked []bounds
	for i := range out {
		part := &out[i]
		var possible bounds
		switch {
		case i == hidden:
			possible = bounds{fewest, b.mostHidden(hidden), part.People}
			part.Shown = Hidden
		case part.People > 0 && part.People < fewest:
			possible = bounds{1, fewest - 1, part.People}
			part.Shown = Few
		default:
			continue
		}
		if part.Code == Unknown {
			possible.low = max(possible.low, unknown)
		}
		part.People = 0
		marked = append(marked, possible)
	}

	var low, high, sum int64
	for _, m := range marked {
		low, high, sum = low+m.low, high+m.high, sum+m.people
	}
	for _, m := range marked {
		least := max(m.low, sum-(high-m.high))
		most := min(m.high, sum-(low-m.low))
		if least == most {
			return nil, false
		}
	}
	return out, true
}

// mostHidden returns the largest number that the hidden part can have. It is the first of the smallest parts large
// enough to be shown, so it is smaller than those before it, and no larger than those after it.
func (b Breakdown) mostHidden(hidden int) int64 {
	most := int64(1) << 60
	for i, part := range b {
		if part.People < fewest || i == hidden {
			continue
		}
		if i < hidden {
			most = min(most, part.People-1)
		} else {
			most = min(most, part.People)
		}
	}
	return most
}
