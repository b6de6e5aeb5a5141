package counting

import (
	"cmp"
	"encoding/json"
	"iter"
	"math/big"
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// Kinds of evidence that are no records: what the office said, and another indicator.
const (
	SaidEvidence      = "said"
	IndicatorEvidence = "indicator"
)

// taken is a value that a figure takes, and its record.
type taken struct {
	value  amount
	record recordRef
	date   day
}

// take notes a value for a tally that takes one, or adds it to a mean. Records without a value are not passed on.
func (c *counter) take(t *accumulator, here recordRef, date day, text string) error {
	value, err := parseAmount(text)
	if err != nil {
		return err
	}
	m := date.months() - c.from.months()
	if t.rule.count == project.CountMean {
		t.added[m], t.counted[m] = t.added[m].add(value), t.counted[m]+1
		return nil
	}
	next := &taken{value: value, record: here, date: date}
	if before := t.taken[m]; before == nil || c.takes(t.rule, next, before) {
		t.taken[m] = next
	}
	return nil
}

// takes reports whether a value is taken in place of another one. Of equal values that of the first record is.
func (c *counter) takes(rule *indicatorRule, a, b *taken) bool {
	order := 0
	switch rule.count {
	case project.CountMin:
		order = a.value.compare(b.value)
	case project.CountMax:
		order = b.value.compare(a.value)
	case project.CountLast:
		if a.date != b.date {
			return a.date > b.date
		}
		order = cmp.Or(c.figures.compareContent(b.record, a.record), b.value.compare(a.value))
	}
	return cmp.Or(order, c.figures.compare(a.record, b.record)) < 0
}

// compareContent orders records of one kind and day by their natural key, then their other values, without their
// person: ids are random, and no figure may depend on them. The base has their texts, see Columns.
func (f *Figures) compareContent(a, b recordRef) int {
	if order := strings.Compare(f.owner(a), f.owner(b)); order != 0 {
		return order
	}
	s := f.kind(a)
	for _, field := range s.keys {
		if field == s.date {
			continue
		}
		of := value{place: field}
		if order := compareValues(&s.Fields[field], schema.Same(f.value(of, a)), schema.Same(f.value(of, b))); order != 0 {
			return order
		}
	}
	for _, field := range s.ContentFields() { // whose order does not depend on that of the kind's fields
		if field == s.date {
			continue
		}
		of := value{place: field}
		if order := compareValues(&s.Fields[field], f.value(of, a), f.value(of, b)); order != 0 {
			return order
		}
	}
	return 0
}

// compareValues orders two values of a field: numbers by size, others as texts.
func compareValues(f *schema.Field, a, b string) int {
	if stored := f.Type.Stored(); stored == schema.Wholes || stored == schema.Doubles {
		one, wrong := parseAmount(a)
		other, bad := parseAmount(b)
		if wrong == nil && bad == nil {
			return one.compare(other)
		}
	}
	return strings.Compare(a, b)
}

// owner returns the partner that a record belongs to, "" for the office and for records about people.
func (f *Figures) owner(r recordRef) string {
	s := f.kind(r)
	if s.Person || s == f.live.layouts.signups {
		return ""
	}
	if rows, i, is := f.inBase(r); is {
		return f.live.base.owner(s, rows, i)
	}
	source := &f.live.sources[f.live.records[r.kind][r.place].source]
	if source.upload != nil {
		return s.Owner(source.upload.accepted.Owner)
	}
	return f.live.texts.all[source.record.person]
}

// share is the tallies of a share: the records of what it is a share of.
type share struct {
	of, among []recordRef
	perRecord bool
}

// reportEvidence keeps the records behind an indicator.
func (c *counter) reportEvidence(place int) {
	f, fig, t := c.figures, &c.rules.figures[place], &c.accumulators[place]
	in := fig.in
	f.rules[in.Code] = t.rule
	f.completeOnly[in.Code] = fig.completeOnly
	switch in.Count {
	case project.CountSaid:
		if said := c.live.saidOn(in, min(c.asOf, fig.last)); said.value != "" {
			row := snapshot.Counted{Evidence: snapshot.Evidence{ID: said.id, Kind: SaidEvidence, Date: said.asOf.String()}}
			if n := said.number(); n != nil && len(in.Scale) == 0 {
				row.Adds = fig.text(n)
				row.Total = row.Adds
			} else {
				row.What = said.value
			}
			f.parts[in.Code] = []snapshot.Counted{row}
		}
	case project.CountValue:
		for _, code := range fig.formula.Codes() {
			row := snapshot.Counted{Evidence: snapshot.Evidence{ID: code, Kind: IndicatorEvidence, Date: f.AsOf}}
			if now := c.series[code].now; now != nil {
				row.Value = rounded(now, 10)
			}
			f.parts[in.Code] = append(f.parts[in.Code], row)
		}
	case project.CountShare:
		among := &c.accumulators[fig.among]
		refs := slices.Clone(among.evidence)
		if in.Per != project.CountRecords {
			for _, r := range t.evidence {
				if among.people[f.person(r)] != 0 {
					refs = append(refs, r)
				}
			}
			slices.SortFunc(refs, f.compare)
			refs = slices.Compact(refs)
		}
		f.shares[in.Code] = &share{of: t.evidence, among: among.evidence, perRecord: in.Per == project.CountRecords}
		f.evidence[in.Code] = refs
		f.Indicators[place].Records = int64(len(refs))
		for _, r := range refs {
			if r.kind == f.personKind() || f.leftOut(in.Code, r) {
				f.Indicators[place].Records--
			}
		}
	default:
		f.evidence[in.Code] = t.evidence
	}
	if t.rule != nil && t.rule.takes() {
		var best *taken
		for _, one := range t.taken {
			if one != nil && (best == nil || c.takes(t.rule, one, best)) {
				best = one
			}
		}
		f.taken[in.Code] = best
	}
}

// Evidence returns the records behind an indicator, by its code, or behind the participants (ParticipantsEvidence):
// all that meet the rule, by date, then id, each with what it adds to the figure; also those that are left out, which
// say why. Of a share a record also has what it
// adds to what it is a share of, of a mean how many values it adds, and of a figure that takes one value its value.
func (f *Figures) Evidence(code string) iter.Seq[snapshot.Counted] {
	return func(yield func(snapshot.Counted) bool) {
		if parts, is := f.parts[code]; is {
			for _, row := range parts {
				if !yield(row) {
					return
				}
			}
			return
		}
		next := f.weigher(code)
		total := amount{}
		for _, r := range f.evidence[code] {
			row := snapshot.Counted{Evidence: f.record(r), What: f.description(r), Fields: f.fields(code, r)}
			var adds amount
			exact := false
			if f.leftOut(code, r) {
				row.LeftOut = snapshot.Incomplete
			} else {
				adds, exact = next(r, &row)
			}
			total = total.add(adds)
			row.Adds, row.Total = decimal(adds.hundredths()), decimal(total.hundredths())
			if exact {
				row.Adds, row.Total = adds.text(), total.text()
			}
			if !yield(row) {
				return
			}
		}
	}
}

// weigher returns a function that returns, for one record after another, what it adds to a figure, and whether that is
// written exactly; it sets what else the record says of the figure.
func (f *Figures) weigher(code string) func(r recordRef, row *snapshot.Counted) (adds amount, exact bool) {
	counts := indicatorRule{count: countPeople} // as participants do
	if in := f.rules[code]; in != nil {
		counts = *in
	}
	seen, one := map[string]bool{}, amount{whole: 1}
	switch {
	case f.shares[code] != nil:
		return f.shareWeigher(f.shares[code])
	case counts.count == project.CountMean:
		return func(r recordRef, row *snapshot.Counted) (amount, bool) {
			a, _ := f.amount(counts.value, r) // Compile has parsed it without an error
			row.Of = "1"
			return a, true
		}
	case counts.takes():
		return func(r recordRef, row *snapshot.Counted) (amount, bool) {
			a, _ := f.amount(counts.value, r)
			row.Value = a.text()
			if best := f.taken[code]; best == nil || best.record != r {
				return amount{}, true
			}
			return a, true
		}
	}
	return func(r recordRef, _ *snapshot.Counted) (amount, bool) {
		same := ""
		switch counts.count {
		case countRecords:
			return one, false
		case countSum:
			a, _ := f.amount(counts.value, r)
			return a, counts.value.fine()
		case countDistinct:
			if same = schema.Same(f.value(counts.value, r)); same == "" {
				return amount{}, false
			}
		default:
			same = f.live.person(f.person(r))
		}
		if seen[same] {
			return amount{}, false
		}
		seen[same] = true
		return one, false
	}
}

// shareWeigher is weigher for a share. A record adds 1 where a person is in both for the first time, and its Of is 1
// where they are in what it is a share of.
func (f *Figures) shareWeigher(s *share) func(r recordRef, row *snapshot.Counted) (amount, bool) {
	set := func(refs []recordRef) map[recordRef]bool {
		out := make(map[recordRef]bool, len(refs))
		for _, r := range refs {
			out[r] = true
		}
		return out
	}
	meets, among := set(s.of), set(s.among)
	const met, within, both = 1, 2, 3
	people := map[uint32]int{}
	return func(r recordRef, row *snapshot.Counted) (adds amount, exact bool) {
		row.Of = "0"
		if s.perRecord {
			row.Of = "1"
			if meets[r] {
				adds.whole = 1
			}
			return adds, true
		}
		person := f.person(r)
		before := people[person]
		now := before
		if meets[r] {
			now |= met
		}
		if among[r] {
			now |= within
		}
		if before&within == 0 && now&within != 0 {
			row.Of = "1"
		}
		if before != both && now == both {
			adds.whole = 1
		}
		people[person] = now
		return adds, true
	}
}

// AddsUp reports whether the evidence of an indicator adds up to the figure: total is the sum of what the records add,
// and of the sum of their Of.
func AddsUp(in project.Indicator, figure snapshot.Indicator, total, of json.Number) bool {
	number := func(n json.Number) *big.Rat {
		value, ok := new(big.Rat).SetString(n.String())
		if !ok {
			return new(big.Rat)
		}
		return value
	}
	switch in.Count {
	case project.CountValue:
		return true
	case project.CountShare:
		return number(total).Cmp(new(big.Rat).SetInt64(figure.Numerator)) == 0 && number(of).Cmp(new(big.Rat).SetInt64(figure.Denominator)) == 0
	case project.CountMean:
		if number(of).Sign() == 0 {
			return figure.Achieved == ""
		}
		return rounded(new(big.Rat).Quo(number(total), number(of)), in.Decimals) == figure.Achieved
	case project.CountMin, project.CountMax, project.CountLast, project.CountSaid:
		if figure.Achieved == "" {
			return number(total).Sign() == 0
		}
		decimals := in.Decimals
		if in.Count == project.CountSaid {
			decimals = mostDecimals
		}
		return rounded(number(total), decimals) == figure.Achieved
	}
	return total == figure.Achieved
}
