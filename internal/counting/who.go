package counting

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/snapshot"
)

// PersonEvidence is the kind of evidence of a person without a record in the lists that a rule names.
const PersonEvidence = "person"

// personRule selects the people of a tally.
type personRule struct {
	place  int // of the tally
	figure int // the indicator, by its place in the definition
	code   string
	rule   *rule.PersonRule
	until  day       // the last day that counts
	values [][]value // by kind that the rule names and variable

	completeOnly bool // people who lack an attribute do not count
}

// addPersonRule adds the tallies of an indicator with a rule over people.
func (r *Rules) addPersonRule(f *figure, place int) error {
	f.about = true
	next := personRule{place: place, figure: place, code: f.in.Code, until: f.last}
	if err := r.compilePerson(f.in.Who, next); err != nil {
		return err
	}
	switch {
	case f.in.Count == countPeople:
		return nil
	case f.in.Count != project.CountShare || f.in.Per != "":
		return fmt.Errorf("a rule over people does not count %s", f.in.Count)
	}
	f.asks = r.people[len(r.people)-1].rule.Attributes()
	return r.addShare(f, &indicatorRule{figure: place, code: f.in.Code, until: f.last})
}

// compilePerson adds a rule over people.
func (r *Rules) compilePerson(who string, to personRule) (err error) {
	if to.rule, err = rule.CompilePerson(r.layouts.registry, who); err != nil {
		return err
	}
	to.values = make([][]value, len(r.layouts.all))
	for _, kind := range to.rule.Lists() {
		s := r.layouts.all[kind]
		for _, v := range rule.Variables(r.layouts.registry, s.Kind) {
			of, err := r.value(s, v.Name, false)
			if err != nil {
				return err
			}
			to.values[kind] = append(to.values[kind], of)
		}
	}
	r.people = append(r.people, to)
	return nil
}

// fields returns the fields of a kind's rows that the rule reads, or that give its records their order.
func (r *personRule) fields(s *kindLayout) (out []int) {
	if !slices.Contains(r.rule.Lists(), s.number) {
		return nil
	}
	for _, variable := range r.rule.Variables(s.number) {
		if v := r.values[s.number][variable]; v.origin == fromRow {
			out = append(out, v.place)
		}
	}
	for field := range s.Fields {
		if r.rule.Ordered() && s.keeps[field] && field != s.date {
			out = append(out, field)
		}
	}
	return out
}

// personRecords are the records of a kind that count up to the snapshot's day, by person and then day.
type personRecords struct {
	starts []uint32 // by person: where their records begin, and one more
	places []uint32 // of a recordRef
	days   []day
}

// of returns the bounds of a person's records up to a day.
func (r *personRecords) of(person uint32, until day) (from, to uint32) {
	from, to = r.starts[person], r.starts[person+1]
	for to > from && r.days[to-1] > until {
		to--
	}
	return from, to
}

// eachRecord calls a function with the records of a kind of which rules over people may count. Those without a person
// are in no list.
func (c *counter) eachRecord(s *kindLayout, last day, do func(place uint32, person uint32, date day)) {
	last = min(last, c.asOf)
	if s == c.live.layouts.signups {
		for i := range c.figures.signups {
			if made := &c.figures.signups[i]; made.date >= c.from && made.date <= last {
				do(uint32(i), made.person, made.date)
			}
		}
		return
	}
	records := c.live.records[s.number]
	for i := range records {
		if r := &records[i]; r.date >= c.from && r.date <= last && !c.live.noPerson(r.person) {
			do(uint32(i), r.person, r.date)
		}
	}
	if c.live.base == nil {
		return
	}
	rows := &c.live.base.kinds[s.number]
	gone, days, people := c.live.base.gone[rows], c.live.base.days[rows], c.live.base.people[rows]
	for i, live := range rows.Live {
		if live && !gone[i] && days[i] >= c.from && days[i] <= last && !c.live.noPerson(people[i]) {
			do(uint32(len(records)+i), people[i], days[i])
		}
	}
}

// recordsByPerson sorts the records of a kind by person and day; with content also by what they say.
func (c *counter) recordsByPerson(s *kindLayout, last day, content bool) *personRecords {
	out := &personRecords{starts: make([]uint32, len(c.live.people)+1)}
	n := 0
	c.eachRecord(s, last, func(_, person uint32, _ day) { out.starts[person+1]++; n++ })
	for i := range c.live.people {
		out.starts[i+1] += out.starts[i]
	}
	out.places, out.days = make([]uint32, n), make([]day, n)
	next := slices.Clone(out.starts)
	c.eachRecord(s, last, func(place, person uint32, date day) {
		out.places[next[person]], out.days[next[person]] = place, date
		next[person]++
	})
	if !content && (c.live.base == nil || s == c.live.layouts.signups) {
		return out // they come in the order of their days
	}
	type dated struct {
		place uint32
		date  day
	}
	var own []dated
	for person := range c.live.people {
		from, to := out.starts[person], out.starts[person+1]
		own = own[:0]
		for i := from; i < to; i++ {
			own = append(own, dated{out.places[i], out.days[i]})
		}
		slices.SortFunc(own, func(a, b dated) int {
			if a.date != b.date || !content {
				return cmp.Compare(a.date, b.date)
			}
			return c.figures.compareContent(recordRef{uint32(s.number), a.place}, recordRef{uint32(s.number), b.place})
		})
		for i, one := range own {
			out.places[int(from)+i], out.days[int(from)+i] = one.place, one.date
		}
	}
	return out
}

// countPeople applies the rules over people. It must be called after the participants were counted.
func (c *counter) countPeople() error {
	if len(c.rules.people) == 0 {
		return nil
	}
	last, ordered := c.to, map[int]bool{} // by kind that is named
	for i := range c.rules.people {
		r := &c.rules.people[i]
		last = max(last, r.until)
		for _, kind := range r.rule.Lists() {
			ordered[kind] = ordered[kind] || r.rule.Ordered()
		}
	}
	p := &personCounter{counter: c, vars: rule.NewPersonVars(c.live.layouts.registry), lists: make([]*personRecords, len(c.live.layouts.all)), from: make([]uint32, len(c.live.layouts.all)), to: make([]uint32, len(c.live.layouts.all)), known: make([]string, len(c.live.layouts.attributes))}
	c.figures.present = make(firstDays, len(c.live.people))
	for _, s := range c.live.layouts.all {
		if !s.Person {
			continue
		}
		c.eachRecord(s, last, func(_, person uint32, date day) { c.figures.present.add(person, date) })
		if content, named := ordered[s.number]; named {
			p.lists[s.number] = c.recordsByPerson(s, last, content)
		}
	}
	for i := range c.rules.people {
		if err := p.count(&c.rules.people[i]); err != nil {
			return fmt.Errorf("indicator %q: %w", c.rules.people[i].code, err)
		}
	}
	return nil
}

// personCounter applies rules over people to one person after the other. It is the Person of the rules.
type personCounter struct {
	*counter
	vars     *rule.PersonVars
	lists    []*personRecords // by kind
	rule     *personRule
	person   uint32
	from, to []uint32 // by kind: the bounds of the person's records up to the day
	known    []string
	current  []string // attributes on the day
	entry    string
	changed  []bool // by month: something that the rule may read
	leftOut  []bool // by person: the rule holds on the snapshot's day, but they lack an attribute
}

// Attribute implements rule.Person.
func (p *personCounter) Attribute(place int) string { return p.current[place] }

// Entry implements rule.Person.
func (p *personCounter) Entry() string { return p.entry }

// Records implements rule.Person.
func (p *personCounter) Records(kind int) int { return int(p.to[kind] - p.from[kind]) }

// Value implements rule.Person.
func (p *personCounter) Value(kind, record, variable int) string {
	ref := recordRef{uint32(kind), p.lists[kind].places[int(p.from[kind])+record]}
	return p.figures.text(p.rule.values[kind][variable], ref, p.current)
}

// members are the people whom a rule holds for, at the end of each month.
type members struct {
	months int
	bits   []uint64 // by person and month
}

func (m *members) in(person uint32, month int) bool {
	i := int(person)*m.months + month
	return m.bits[i/64]&(1<<(i%64)) != 0
}

func (m *members) set(person uint32, month int) {
	i := int(person)*m.months + month
	m.bits[i/64] |= 1 << (i % 64)
}

// count evaluates a rule for each person at the ends of months in which something changed that it may read, and at the
// snapshot's day.
func (p *personCounter) count(r *personRule) error {
	t := &p.accumulators[r.place]
	months := p.monthsTo(r.until)
	t.added, t.people = make([]amount, months), make(firstDays, len(p.live.people))
	t.members = &members{months: months, bits: make([]uint64, (months*len(p.live.people)+63)/64)}
	if months == 0 {
		return nil
	}
	p.rule, p.changed = r, make([]bool, months)
	p.leftOut = make([]bool, len(p.live.people))
	for person, first := range p.figures.present {
		if first == 0 || first > r.until {
			continue
		}
		p.person = uint32(person)
		if err := p.follow(t, first, months); err != nil {
			return err
		}
	}
	t.evidence = p.evidence(t)
	return nil
}

// follow evaluates the rule for one person from month to month.
func (p *personCounter) follow(t *accumulator, first day, months int) error {
	r, end, entry := p.rule, min(p.asOf, p.rule.until), p.people[p.person]
	clear(p.changed)
	change := func(date day) {
		if date = max(date, first); date <= p.asOf {
			p.changed[min(date.months()-p.counter.from.months(), months-1)] = true
		}
	}
	change(first)
	for _, kind := range r.rule.Lists() {
		from, to := p.lists[kind].of(p.person, end)
		for _, date := range p.lists[kind].days[from:to] {
			change(date)
		}
	}
	if r.rule.UsesEntry() && entry != 0 {
		change(entry)
	}
	var entries []datedEntry
	if r.rule.UsesAttributes() || r.completeOnly {
		entries = p.said.of(p.person)
		for _, e := range entries {
			change(e.date)
		}
	}
	holds, failed := false, false
	for month := first.months() - p.counter.from.months(); month < months; month++ {
		if p.changed[month] {
			was := holds
			on, attributes := min(p.monthEnd(month), end), p.monthEnd(month)
			if month == months-1 {
				attributes = p.asOf
			}
			var err error
			if holds, err = p.holds(on, attributes, entry, entries); errors.Is(err, rule.ErrFailed) {
				failed = true
			} else if err != nil {
				return err
			}
			p.leftOut[p.person] = holds && r.completeOnly && !p.rules.complete.has(p.current)
			holds = holds && !p.leftOut[p.person]
			if holds != was {
				step := amount{whole: 1}
				if !holds {
					step.whole = -1
				}
				t.added[month] = t.added[month].add(step)
			}
		}
		if holds {
			t.members.set(p.person, month)
		}
	}
	if failed {
		p.failedPeople[r.figure] = append(p.failedPeople[r.figure], p.person)
	}
	if holds {
		t.people[p.person] = p.firstCounted(end)
	}
	return nil
}

// holds evaluates the rule for the person with their records up to a day, and with their attributes as on a day.
func (p *personCounter) holds(on, attributes, entry day, entries []datedEntry) (bool, error) {
	for _, kind := range p.rule.rule.Lists() {
		p.from[kind], p.to[kind] = p.lists[kind].of(p.person, on)
	}
	if p.entry = ""; entry != 0 && entry <= on {
		p.entry = entry.String()
	}
	p.current = p.attributes[p.person]
	if slices.ContainsFunc(entries, func(e datedEntry) bool { return e.date > attributes && e.date <= p.asOf }) {
		clear(p.known)
		p.said.on(p.person, attributes, p.known)
		p.current = p.known
	}
	return p.rule.rule.Holds(p.vars, p)
}

// firstCounted returns the day of the person's first record in the lists that the rule names, else that of their entry
// or of their first record of any kind.
func (p *personCounter) firstCounted(end day) (first day) {
	for _, kind := range p.rule.rule.Lists() {
		if from, to := p.lists[kind].of(p.person, end); from < to && (first == 0 || p.lists[kind].days[from] < first) {
			first = p.lists[kind].days[from]
		}
	}
	switch entry := p.people[p.person]; {
	case first != 0:
		return first
	case entry != 0 && entry <= end:
		return entry
	}
	return p.figures.present[p.person]
}

// evidence returns the records, in the lists that the rule names, of those for whom it holds on the snapshot's day, in
// order; in place of one who has none the person. It counts the records of those who count.
func (p *personCounter) evidence(t *accumulator) []recordRef {
	has := make([]bool, len(p.live.people))
	var all []recordRef
	for _, kind := range p.rule.rule.Lists() {
		var own []recordRef
		p.eachRecord(p.live.layouts.all[kind], p.rule.until, func(place, person uint32, _ day) {
			if t.people[person] != 0 || p.leftOut[person] {
				own = append(own, recordRef{uint32(kind), place})
				has[person] = true
			}
			if t.people[person] != 0 {
				t.records++
			}
		})
		if p.live.base != nil {
			slices.SortFunc(own, p.figures.compare)
		}
		all = p.figures.merged(all, own)
	}
	var without []recordRef
	for person, first := range t.people {
		if (first != 0 || p.leftOut[person]) && !has[person] {
			without = append(without, recordRef{p.figures.personKind(), uint32(person)})
		}
	}
	slices.SortFunc(without, p.figures.compare)
	return p.figures.merged(all, without)
}

// merged merges two lists that are in order.
func (f *Figures) merged(a, b []recordRef) []recordRef {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
	}
	out := make([]recordRef, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if f.compare(a[0], b[0]) <= 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// personKind is the kind of a recordRef to a person, whose place is the index in Live.people.
func (f *Figures) personKind() uint32 { return uint32(len(f.live.layouts.all)) }

// personRecord returns what evidence has for a person without a record.
func (f *Figures) personRecord(person uint32) snapshot.Evidence {
	return snapshot.Evidence{ID: f.live.person(person), Kind: PersonEvidence, Date: f.present[person].String(), Person: f.live.person(person)}
}

// firstRecord returns the first record of any of some people.
func (c *counter) firstRecord(people []uint32) (first recordRef) {
	is := make([]bool, len(c.live.people))
	for _, person := range people {
		is[person] = true
	}
	first = recordRef{c.figures.personKind(), people[0]}
	for _, s := range c.live.layouts.all {
		if !s.Person {
			continue
		}
		c.eachRecord(s, c.lastDay(s), func(place, of uint32, _ day) {
			if next := (recordRef{uint32(s.number), place}); is[of] && (first.kind == c.figures.personKind() || c.figures.compare(next, first) < 0) {
				first = next
			}
		})
	}
	return first
}
