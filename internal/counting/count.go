package counting

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// Found is what a count found: the figures of a snapshot, and the records behind each of them.
type Found struct {
	Project      string
	AsOf         string
	Participants snapshot.Participants
	Indicators   []snapshot.Indicator
	Reach        snapshot.Reach
	Quality      snapshot.Quality

	live     *Live
	signups  []dated
	evidence map[string][]ref
	rules    map[string]*indicatorRule
	// Each person's, as they are counted.
	attributes [][]string
}

// dated is a live sign-up with the day from which it counts.
type dated struct {
	date day
	*livedSignup
}

// ref names a record: its kind, and its place among the live ones.
type ref struct{ shape, place uint32 }

// Snapshot puts what was found into a snapshot, with its hash. Its id, when it is known, its state and what it supersedes
// are the caller's.
func (f *Found) Snapshot(definition snapshot.Definition) (snapshot.Snapshot, error) {
	s := snapshot.Snapshot{
		Project: f.Project, AsOf: f.AsOf, Definition: definition,
		Participants: f.Participants, Indicators: f.Indicators, Reach: f.Reach, Quality: f.Quality,
	}
	hash, err := s.Digest()
	s.Hash = hash
	return s, err
}

// Evidence gives the records behind an indicator, by its code, or behind the participants (ParticipantsEvidence): all
// that meet the rule, by date, then id.
func (f *Found) Evidence(code string) iter.Seq[snapshot.Counted] {
	return func(yield func(snapshot.Counted) bool) {
		counts := indicatorRule{count: countPeople} // as participants do
		if in := f.rules[code]; in != nil {
			counts = *in
		}
		seen, total := map[string]bool{}, amount{}
		for _, r := range f.evidence[code] {
			adds := f.adds(&counts, r, seen)
			total = total.add(adds)
			if !yield(snapshot.Counted{Evidence: f.record(r), Adds: decimal(adds.hundredths()), Total: decimal(total.hundredths()), What: f.what(r)}) {
				return
			}
		}
	}
}

// adds is what a record adds to a figure, where those that were seen are counted already.
func (f *Found) adds(rule *indicatorRule, r ref, seen map[string]bool) amount {
	one := amount{whole: 1}
	same := ""
	switch rule.count {
	case countRecords:
		return one
	case countSum:
		a, _ := parseAmount(f.value(rule.value, r)) // it was read before
		return a
	case countDistinct:
		if same = schema.Same(f.value(rule.value, r)); same == "" {
			return amount{}
		}
	default:
		same = f.live.person(f.person(r))
	}
	if seen[same] {
		return amount{}
	}
	seen[same] = true
	return one
}

// value is a record's value of a field.
func (f *Found) value(v value, r ref) string {
	state := ""
	if f.kind(r) == f.live.shapes.signups {
		state = f.signups[r.place].state
	}
	var known []string
	if f.kind(r).Person {
		known = f.attributes[f.person(r)]
	}
	return v.of(f.row(r), f.date(r).String(), state, known)
}

// kind is the kind of a record.
func (f *Found) kind(r ref) *shape { return f.live.shapes.all[r.shape] }

func (f *Found) person(r ref) uint32 {
	if f.kind(r) == f.live.shapes.signups {
		return f.signups[r.place].person
	}
	return f.live.records[r.shape][r.place].person
}

func (f *Found) row(r ref) schema.Row {
	var values []uint32
	if f.kind(r) == f.live.shapes.signups {
		values = f.signups[r.place].values
	} else {
		values = f.live.values(f.live.records[r.shape][r.place])
	}
	row := make(schema.Row, len(values))
	for i, n := range values {
		row[i] = f.live.texts.all[n]
	}
	return row
}

// what says which airing or output a record is. Of records about people nothing is said that they do not say themselves.
func (f *Found) what(r ref) string {
	s := f.kind(r)
	if s.Person {
		return ""
	}
	row, said := f.row(r), []string{}
	for _, name := range []string{"outlet", "title"} {
		if text := s.Get(row, name); text != "" {
			said = append(said, text)
		}
	}
	return strings.Join(said, ": ")
}

func (f *Found) record(r ref) snapshot.Evidence {
	s := f.kind(r)
	if s == f.live.shapes.signups {
		made := &f.signups[r.place]
		return snapshot.Evidence{ID: made.id, Kind: s.Name, Date: made.date.String(), Person: f.live.person(made.person), Upload: made.upload, Row: made.line}
	}
	l := f.live
	record := l.records[r.shape][r.place]
	out := snapshot.Evidence{ID: l.id(record), Kind: s.Name, Date: l.texts.all[l.values(record)[s.date]]}
	if source := &l.sources[record.source]; source.upload != nil {
		out.Upload, out.Row = source.id, l.number(record)
	}
	if s.Person {
		out.Person = l.person(record.person)
	}
	return out
}

func (l *Live) person(place uint32) string { return l.texts.all[l.people[place]] }

// tally adds up one indicator.
type tally struct {
	rule     *indicatorRule
	evidence []ref
	people   firsts         // of people
	seen     map[string]day // of distinct: the day of a value's first record
	added    []amount       // by month: of records one each, of sum the values
}

// firsts has for every person the day of their first counted record; 0: none.
type firsts []day

func (f firsts) add(person uint32, date day) {
	if f[person] == 0 || date < f[person] {
		f[person] = date
	}
}

// counting is a count under way.
type counting struct {
	def        *project.Definition
	rules      *Rules
	live       *Live
	from, to   day
	asOf       day
	months     int // of the period, up to asOf
	attributes [][]string
	tallies    []tally // by indicator
	people     firsts  // participants
	evidence   []ref   // of participants
	reaches    []int64
	found      *Found
}

// Compile counts: the records of the project's period that are dated up to the day asOf. An error is of a rule and a
// record together, such as a text that a rule takes for a number.
func Compile(def *project.Definition, rules *Rules, live *Live, asOf string) (Found, error) {
	if !isDay(asOf) || !isDay(def.Period.From) || !isDay(def.Period.To) {
		return Found{}, fmt.Errorf("no days: as of %q, period from %q to %q", asOf, def.Period.From, def.Period.To)
	}
	found := Found{Project: def.ID, AsOf: asOf, live: live, evidence: map[string][]ref{}, rules: map[string]*indicatorRule{}}
	c := &counting{
		def: def, rules: rules, live: live, found: &found,
		from: dayOf(def.Period.From), to: dayOf(def.Period.To), asOf: dayOf(asOf),
		tallies: make([]tally, len(def.Indicators)), people: make(firsts, len(live.people)),
	}
	if last := min(c.asOf, c.to); last >= c.from {
		c.months = last.months() - c.from.months() + 1
	}
	c.dateSignups()
	for i := range rules.byShape {
		indicators := rules.byShape[i].indicators
		for j := range indicators {
			t := &c.tallies[indicators[j].place]
			t.rule = &indicators[j]
			t.added = make([]amount, c.months)
			t.people = make(firsts, 0)
			if t.rule.count == countPeople {
				t.people = make(firsts, len(live.people))
			}
			t.seen = map[string]day{}
		}
	}
	for _, s := range live.shapes.all {
		if err := c.count(s); err != nil {
			return Found{}, err
		}
	}
	c.report()
	return found, nil
}

// dateSignups gives sign-ups their days in the project's time zone, and each person the attributes known at asOf: each
// attribute by itself from the earliest sending that gives it.
func (c *counting) dateSignups() {
	zone := c.def.Location()
	dayAt := func(at int64) day {
		y, m, d := time.Unix(0, at).In(zone).Date()
		return day(y*10000 + int(m)*100 + d)
	}
	signups := make([]dated, len(c.live.signups))
	days := make([]day, len(signups))
	for i := range c.live.signups {
		s := &c.live.signups[i]
		days[i] = dayAt(s.at)
		signups[i] = dated{date: days[i], livedSignup: s}
	}
	slices.SortFunc(signups, func(a, b dated) int {
		return cmp.Or(cmp.Compare(a.date, b.date), strings.Compare(a.id, b.id))
	})
	c.found.signups = signups

	width := len(c.live.shapes.attributes)
	all := make([]string, width*len(c.live.people))
	c.attributes = make([][]string, len(c.live.people))
	for i := range c.attributes {
		c.attributes[i] = all[i*width : (i+1)*width]
	}
	for _, e := range c.live.entries {
		if days[e.signup] > c.asOf || dayAt(e.at) > c.asOf {
			continue
		}
		known := c.attributes[c.live.signups[e.signup].person]
		for i, field := range c.live.shapes.attributes {
			if known[i] == "" {
				known[i] = c.live.texts.all[e.values[field]]
			}
		}
	}
}

// count looks at all live records of a kind.
func (c *counting) count(s *shape) error {
	rules := &c.rules.byShape[s.number]
	vars := rule.NewVars(c.live.shapes.registry, s.Kind)
	row := make(schema.Row, len(s.Fields))
	look := func(place int, date day, values []uint32, state string, person uint32) error {
		if date < c.from || date > c.to {
			c.found.Quality.RecordsOutsidePeriod++
			return nil
		}
		if date > c.asOf {
			return nil
		}
		for i, n := range values {
			row[i] = c.live.texts.all[n]
		}
		if s == c.live.shapes.airings {
			if err := c.air(row); err != nil {
				return err
			}
		}
		var known []string
		if s.Person {
			known = c.attributes[person]
		}
		text := ""
		if s.date >= 0 {
			text = row[s.date]
		} else {
			text = date.String()
		}
		vars.Set(row, text, state, known)
		here := ref{shape: uint32(s.number), place: uint32(place)}
		for i := range rules.indicators {
			in := &rules.indicators[i]
			meets, err := in.rule.Matches(vars)
			if err != nil {
				return fmt.Errorf("indicator %q: %w", in.code, err)
			}
			if !meets {
				continue
			}
			if err := c.tallies[in.place].add(here, date, person, in.value.of(row, text, state, known), c.from); err != nil {
				return fmt.Errorf("indicator %q: %w", in.code, err)
			}
		}
		for _, r := range rules.participants {
			meets, err := r.Matches(vars)
			if err != nil {
				return fmt.Errorf("participants: %w", err)
			}
			if meets {
				c.people.add(person, date)
				c.evidence = append(c.evidence, here)
				break
			}
		}
		return nil
	}

	if s == c.live.shapes.signups {
		for i, made := range c.found.signups {
			if err := look(i, made.date, made.values, made.state, made.person); err != nil {
				return fmt.Errorf("%s %s: %w", s.Name, made.id, err)
			}
		}
		return nil
	}
	for i, r := range c.live.records[s.number] {
		if err := look(i, r.date, c.live.values(r), "", r.person); err != nil {
			return fmt.Errorf("%s %s: %w", s.Name, c.live.id(r), err)
		}
	}
	return nil
}

func (v value) of(row schema.Row, date, state string, known []string) string {
	switch v.origin {
	case fromDate:
		return date
	case fromState:
		return state
	case fromAttributes:
		return known[v.place]
	default:
		return row[v.place]
	}
}

// air counts an airing.
func (c *counting) air(row schema.Row) error {
	reach := row[c.live.shapes.reach]
	if reach == "" {
		reach = "0"
	}
	n, err := strconv.ParseInt(reach, 10, 64)
	c.reaches = append(c.reaches, n)
	return err
}

func (t *tally) add(here ref, date day, person uint32, value string, from day) error {
	t.evidence = append(t.evidence, here)
	month := &t.added[date.months()-from.months()]
	switch t.rule.count {
	case countPeople:
		t.people.add(person, date)
	case countRecords:
		*month = month.add(amount{whole: 1})
	case countSum:
		a, err := parseAmount(value)
		if err != nil {
			return err
		}
		*month = month.add(a)
	case countDistinct:
		// A value that was not given is none.
		if same := schema.Same(value); same != "" {
			if first, ok := t.seen[same]; !ok || date < first {
				t.seen[same] = date
			}
		}
	}
	return nil
}

// report turns what was added up into figures.
func (c *counting) report() {
	f := c.found
	days := int64(c.daysTo(c.to))
	passed := min(max(int64(c.daysTo(c.asOf)), 0), days)
	for i := range c.tallies {
		t, in := &c.tallies[i], c.def.Indicators[i]
		c.placeFirsts(t)
		var sum amount
		months := make([]snapshot.Month, c.months)
		before := new(big.Int)
		for m := range months {
			sum = sum.add(t.added[m])
			now := sum.hundredths()
			// What was added is the difference of the totals as they are shown, so that the column adds up.
			months[m] = snapshot.Month{Month: monthName(c.from.months() + m), Added: decimal(new(big.Int).Sub(now, before)), Total: decimal(now)}
			before = now
		}
		tenths := percentTenths(before, c.rules.targets[i])
		figure := snapshot.Indicator{
			Code: in.Code, Label: in.Label, Unit: in.Unit,
			Target: json.Number(schema.Number(in.Target)), Achieved: decimal(before), Percent: percent(tenths), Status: status(tenths, passed, days),
			Records: int64(len(t.evidence)), By: snapshot.Breakdowns{}, ByMonth: months,
		}
		if t.rule.count == countPeople {
			figure.By, _ = c.breakDown(t.people)
		}
		f.Indicators = append(f.Indicators, figure)
		f.evidence[in.Code], f.rules[in.Code] = t.evidence, t.rule
	}
	by, total := c.breakDown(c.people)
	f.Participants = snapshot.Participants{Total: total, Target: c.def.TargetGroup, By: by}
	for person, date := range c.people {
		if date != 0 && !slices.ContainsFunc(c.attributes[person], func(value string) bool { return value != "" }) {
			f.Quality.PeopleWithoutAttributes++
		}
	}
	slices.SortFunc(c.evidence, f.compare)
	f.evidence[ParticipantsEvidence] = c.evidence
	f.attributes = c.attributes
	c.reportReach()
}

// daysTo counts the days from the period's first to another, both included.
func (c *counting) daysTo(d day) int {
	midnight := func(d day) time.Time {
		return time.Date(d.year(), time.Month(d.month()), d.dayOfMonth(), 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(d).Sub(midnight(c.from))/(24*time.Hour)) + 1
}

func monthName(months int) string { return fmt.Sprintf("%04d-%02d", months/12, months%12+1) }

// placeFirsts adds people, and distinct values, in the month of their first record.
func (c *counting) placeFirsts(t *tally) {
	add := func(date day) {
		month := &t.added[date.months()-c.from.months()]
		*month = month.add(amount{whole: 1})
	}
	for _, date := range t.people {
		if date != 0 {
			add(date)
		}
	}
	for _, date := range t.seen {
		add(date)
	}
}

func (c *counting) reportReach() {
	r := snapshot.Reach{Population: c.def.Region.Population, Airings: int64(len(c.reaches))}
	for _, reach := range c.reaches {
		r.Sum += reach
		r.Low = max(r.Low, reach)
	}
	r.High = r.Sum
	if r.Population > 0 {
		r.High = min(r.Sum, r.Population)
	}
	r.Estimate = estimate(c.reaches, r.Population)
	c.found.Reach = r
}

// compare orders records of any kinds by date, then id.
func (f *Found) compare(a, b ref) int {
	if a.shape == b.shape {
		return cmp.Compare(a.place, b.place)
	}
	return cmp.Or(cmp.Compare(f.date(a), f.date(b)), strings.Compare(f.id(a), f.id(b)), cmp.Compare(a.shape, b.shape))
}

func (f *Found) date(r ref) day {
	if f.kind(r) == f.live.shapes.signups {
		return f.signups[r.place].date
	}
	return f.live.records[r.shape][r.place].date
}

func (f *Found) id(r ref) string {
	if f.kind(r) == f.live.shapes.signups {
		return f.signups[r.place].id
	}
	return f.live.id(f.live.records[r.shape][r.place])
}

// breakDown divides people, and counts them. Every part is there, and whoever fits none is unknown.
func (c *counting) breakDown(people firsts) (snapshot.Breakdowns, int64) {
	by := snapshot.Breakdowns{}
	var total int64
	for _, date := range people {
		if date != 0 {
			total++
		}
	}
	for i, field := range c.live.shapes.registry.Attributes() {
		if field.Year {
			codes := make([]string, len(c.rules.bands))
			for j, b := range c.rules.bands {
				codes[j] = b.code
			}
			by[field.Dimension()] = divide(people, codes, func(person int, date day) string { return c.ageBand(c.attributes[person][i], date) })
			continue
		}
		var codes []string
		for _, o := range field.Options(c.def) {
			codes = append(codes, o.ID)
		}
		by[field.Name] = divide(people, codes, func(person int, _ day) string { return c.attributes[person][i] })
	}
	return by, total
}

func divide(people firsts, codes []string, part func(person int, date day) string) snapshot.Breakdown {
	out := make(snapshot.Breakdown, 0, len(codes)+1)
	places := map[string]int{}
	for _, code := range codes {
		places[code] = len(out)
		out = append(out, snapshot.Part{Code: code})
	}
	unknown := len(out)
	out = append(out, snapshot.Part{Code: snapshot.Unknown})
	for person, date := range people {
		if date == 0 {
			continue
		}
		place, ok := places[part(person, date)]
		if !ok {
			place = unknown
		}
		out[place].People++
	}
	return out
}

// ageBand is the band of the age that somebody reaches in the year of a day, "" where that is not known or in none.
func (c *counting) ageBand(birthYear string, date day) string {
	year, err := strconv.Atoi(birthYear)
	if err != nil {
		return ""
	}
	age := date.year() - year
	for _, b := range c.rules.bands {
		if b.from <= age && age <= b.to {
			return b.code
		}
	}
	return ""
}
