package snapshot

import "slices"

// Marks that the public sees in place of a part: Few for 1 to 4 people, Hidden for a larger part from which, with the
// total, a Few could be computed.
const (
	Few    = "<5"
	Hidden = "hidden"
)

const fewest = 5 // the smallest part above zero that is shown

// Public returns the snapshot as anyone may see it: without indicators that are not public, and without what a
// count of 1 to 4 people could be worked out from. Small parts of breakdowns are replaced by marks, a breakdown
// from which a marked part could still be computed is left out, and of breakdowns that are withheld all parts are
// hidden. Records for which a rule failed are not named. The snapshot itself is not changed.
func (s Snapshot) Public(withheld Withheld) Snapshot {
	s.Quality.RuleErrors, s.Quality.Incomplete = nil, 0 // for those who can correct them
	none := s.Quality.PeopleWithoutAttributes
	s.Participants.By = s.lines()[0].public(withheld[""], none)
	s.Quality.Shown = Hidden
	if parts, ok := s.Participants.By[withoutAttributes]; ok {
		s.Quality.Shown = parts[0].Shown
	}
	delete(s.Participants.By, withoutAttributes)
	if s.Quality.Shown != "" {
		s.Quality.PeopleWithoutAttributes = 0
	}
	if isFew(s.Participants.Total) {
		s.Participants.Total, s.Participants.Few = 0, true
	}
	s.Indicators = slices.DeleteFunc(slices.Clone(s.Indicators), func(in Indicator) bool { return in.Public == No })
	withheldFigures(s.Indicators)
	for i := range s.Indicators {
		in := &s.Indicators[i]
		people, ok := in.people()
		if !ok {
			continue
		}
		in.By = line{total: people, by: in.By}.public(withheld[in.Code], 0)
		if isFew(people) {
			*in = Indicator{Code: in.Code, Label: in.Label, Unit: in.Unit, Target: in.Target, Few: true}
			continue
		}
		in.ByMonth = slices.Clone(in.ByMonth)
		publicMonths(in.ByMonth)
	}
	return s
}

// withheldFigures withholds figures that would reveal a number of 1 to 4 people: shares with a numerator or a
// complement of so many, other figures over records about so few people, and what is worked out from any that is not
// shown. Of figures about people that are worked out from others it also leaves out earlier months and the parts of
// records: there were fewer people then, and are in each.
func withheldFigures(all []Indicator) {
	byCode := map[string]Indicator{}
	for _, in := range all {
		byCode[in.Code] = in
	}
	for i := range all {
		in := &all[i]
		switch {
		case revealsFew(byCode, *in):
			*in = Indicator{Code: in.Code, Label: in.Label, Unit: in.Unit, Target: in.Target, TargetBy: in.TargetBy, Count: in.Count, From: in.From, Withheld: true}
		case in.Count != "" && isAboutPeople(byCode, *in):
			if in.By = (Breakdowns{}); in.Count != "records" && in.Count != "sum" {
				in.ByMonth = nil
			}
		}
	}
}

// revealsFew reports whether a figure would reveal a number of 1 to 4 people, other than by being that number.
func revealsFew(all map[string]Indicator, in Indicator) bool {
	switch in.Count {
	case "", "records", "sum", "said":
		return false
	case "value":
		return slices.ContainsFunc(in.From, func(code string) bool {
			operand, known := all[code]
			people, counts := operand.people()
			return !known || counts && isFew(people) || revealsFew(all, operand)
		})
	case "share":
		if in.People > 0 && (isFew(in.Numerator) || isFew(in.Denominator-in.Numerator)) {
			return true
		}
	}
	return isFew(in.People)
}

// isAboutPeople reports whether a figure is worked out from records about people.
func isAboutPeople(all map[string]Indicator, in Indicator) bool {
	_, counts := in.people()
	return counts || in.People > 0 || slices.ContainsFunc(in.From, func(code string) bool { return isAboutPeople(all, all[code]) })
}

// publicMonths marks totals of 1 to 4 people, and what was added in their months and in the next, from which they
// could be computed.
func publicMonths(months []Month) {
	before := int64(0)
	for i := range months {
		m := &months[i]
		total, err := m.Total.Int64()
		if err != nil {
			continue
		}
		if added := total - before; added != 0 && (isFew(before) || isFew(total)) {
			m.AddedShown, m.Added = Hidden, ""
			if isFew(added) {
				m.AddedShown = Few
			}
		}
		if isFew(total) {
			m.TotalShown, m.Total = Few, ""
		}
		before = total
	}
}

// public returns the breakdowns of a line with marks.
func (l line) public(withheld []string, unknown int64) Breakdowns {
	out := Breakdowns{}
	if isFew(l.total) {
		return out
	}
	for dimension, parts := range l.by {
		if len(parts) == 0 {
			continue
		}
		least := unknown
		if dimension == withoutAttributes {
			least = 0
		}
		shown, ok := parts.public(least)
		if !ok {
			continue
		}
		if slices.Contains(withheld, dimension) {
			for i := range shown {
				shown[i].People, shown[i].Shown = 0, Hidden
			}
		}
		out[dimension] = shown
	}
	return out
}

// public returns the breakdown with marks, false if it has to be left out. A reader knows the total, the marks, and
// how many people have no attribute at all: at least so many are in the part "unknown". That leaves a range for
// each marked part, and their sum. All numbers that fit the ranges and the sum get the same marks, so leaving a
// breakdown out reveals no more than the marks do.
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

	type limits struct{ low, high, people int64 }
	var marked []limits
	for i := range out {
		part := &out[i]
		var possible limits
		switch {
		case i == hidden:
			possible = limits{fewest, b.mostHidden(hidden), part.People}
			part.Shown = Hidden
		case part.People > 0 && part.People < fewest:
			possible = limits{1, fewest - 1, part.People}
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
