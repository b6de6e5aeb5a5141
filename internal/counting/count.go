package counting

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// Figures are the result of Compile: the figures of a snapshot, and the records behind each of them.
type Figures struct {
	Project      string
	AsOf         string
	Participants snapshot.Participants
	Indicators   []snapshot.Indicator
	Reach        snapshot.Reach
	Quality      snapshot.Quality
	Bounds       map[string]snapshot.Bounds // of shares of people of whom something is unknown, by indicator

	packs      []string // that the definition extends
	live       *Live
	signups    []datedSignup
	evidence   map[string][]recordRef
	changes    map[string][]snapshot.Change // of figures whose evidence is compared with that of the base
	failed     [][]recordRef                // whose rule failed: of the participants, then of the indicators
	rules      map[string]*indicatorRule
	shares     map[string]*share
	taken      map[string]*taken
	parts      map[string][]snapshot.Counted // of figures that are not made of records: what they are made of
	tallies    [][]recordRef                 // by tally: the records that meet its rule, none of a rule over people
	present    firstDays                     // by person: the day of their first record, if there are rules over people
	attributes [][]string                    // by person, as counted
	entries    firstDays                     // by person: the first day on which they were a participant
	named      map[string][][]named          // what evidence has of records, by figure and kind

	completeOnly map[string]bool // figures that have complete people alone
	incomplete   []bool          // by person, they lack an attribute; nil: none is needed
	concerned    firstDays       // whom figures of people are about, if an attribute is needed

	counter *counter // what made the figures
}

// datedSignup is a live sign-up with the day from which it counts.
type datedSignup struct {
	date day
	*liveSignup
}

// recordRef refers to a live record: the number of its kind, and its index among the live records of that kind; those
// of the base follow the others.
type recordRef struct{ kind, place uint32 }

// Snapshot returns the figures as a snapshot with its hash. The caller sets its id, known_at, state and supersedes,
// which the hash does not cover.
func (f *Figures) Snapshot(definition snapshot.Definition) (snapshot.Snapshot, error) {
	s := snapshot.Snapshot{
		Project: f.Project, AsOf: f.AsOf, Definition: definition, Packs: f.packs,
		Participants: f.Participants, Indicators: f.Indicators, Reach: f.Reach, Quality: f.Quality,
	}
	hash, err := s.Digest()
	s.Hash = hash
	return s, err
}

// Changes returns how the evidence of a figure differs from that of the checkpoint that the Fold continues, in order.
// It returns false if there is none, or if Evidence has all of it; else Evidence has the later records alone.
func (f *Figures) Changes(code string) ([]snapshot.Change, bool) {
	changes, of := f.changes[code]
	return changes, of
}

// inBase returns the columns and the row of a record of the base, false for any other.
func (f *Figures) inBase(r recordRef) (*BaseRows, int, bool) {
	if f.live.base == nil || f.kind(r) == f.live.layouts.signups || int(r.place) < len(f.live.records[r.kind]) {
		return nil, 0, false
	}
	return &f.live.base.kinds[r.kind], int(r.place) - len(f.live.records[r.kind]), true
}

// value returns a record's value of a field.
func (f *Figures) value(v value, r recordRef) string {
	return f.text(v, r, f.known(r))
}

// known returns the attributes of a record's person, nil if it is not about a person.
func (f *Figures) known(r recordRef) []string {
	if !f.kind(r).Person {
		return nil
	}
	return f.attributes[f.person(r)]
}

// text returns a record's value of a field. known are the attributes of its person.
func (f *Figures) text(v value, r recordRef, known []string) string {
	if rows, i, is := f.inBase(r); is {
		return f.live.baseValue(rows, i, v, known)
	}
	switch v.origin {
	case fromDate:
		return f.date(r).String()
	case fromState:
		return f.signups[r.place].state
	case fromAttributes:
		return known[v.place]
	}
	if f.kind(r) == f.live.layouts.signups {
		return f.live.texts.all[f.signups[r.place].values[v.place]]
	}
	return f.live.texts.all[f.live.values(f.live.records[r.kind][r.place])[v.place]]
}

// kind returns the layout of the kind of a record.
func (f *Figures) kind(r recordRef) *kindLayout { return f.live.layouts.all[r.kind] }

func (f *Figures) person(r recordRef) uint32 {
	if r.kind == f.personKind() {
		return r.place
	}
	if f.kind(r) == f.live.layouts.signups {
		return f.signups[r.place].person
	}
	if rows, i, is := f.inBase(r); is {
		return f.live.base.people[rows][i]
	}
	return f.live.records[r.kind][r.place].person
}

// description describes an airing or output by its outlet and title. It returns "" for records about people.
func (f *Figures) description(r recordRef) string {
	if r.kind == f.personKind() {
		return ""
	}
	s := f.kind(r)
	if s.Person {
		return ""
	}
	var parts []string
	for _, field := range s.described() {
		if text := f.value(value{place: field}, r); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ": ")
}

// described returns the fields that describe a record: those of outlet and title that the kind has.
func (s *kindLayout) described() (fields []int) {
	for _, name := range []string{"outlet", "title"} {
		if field := s.Index(name); field >= 0 && !s.Fields[field].Sensitive {
			fields = append(fields, field)
		}
	}
	return fields
}

func (f *Figures) record(r recordRef) snapshot.Evidence {
	if r.kind == f.personKind() {
		return f.personRecord(r.place)
	}
	s := f.kind(r)
	if s == f.live.layouts.signups {
		made := &f.signups[r.place]
		return snapshot.Evidence{ID: made.id, Kind: s.Name, Date: made.date.String(), Person: f.live.person(made.person), Upload: made.upload, Row: made.line}
	}
	l := f.live
	if rows, i, is := f.inBase(r); is {
		return l.baseRecord(s, rows, i)
	}
	record := l.records[r.kind][r.place]
	out := snapshot.Evidence{ID: l.id(record), Kind: s.Name, Date: l.texts.all[l.values(record)[s.date]]}
	if source := &l.sources[record.source]; source.upload != nil {
		out.Upload, out.Row = source.id, fact.RowOf(l.rowNumber(record))
	}
	if s.Person {
		out.Person = l.person(record.person)
	}
	return out
}

// noPerson reports whether a place in people is that of records without a person, of a kind with optional ones. They
// count as records, and never as people.
func (l *Live) noPerson(place uint32) bool { return l.people[place] == 0 }

func (l *Live) person(place uint32) string { return l.texts.all[l.people[place]] }

// accumulator adds up the figures of one tally.
type accumulator struct {
	rule     *indicatorRule // nil: the tally is not one of records that meet a rule
	members  *members       // of a rule over people; nil: of no such rule
	records  int64
	evidence []recordRef    // if it is compared with that of the base: without the base
	people   firstDays      // of people
	seen     map[string]day // of count distinct: the day of a value's first record
	added    []amount       // by month: of count records one each, of count sum the values
	counted  []int64        // by month: how many values were added
	taken    []*taken       // by month: the value that is taken
	parts    [][]amount     // by breakdown of records and part, the last unknown

	numerator, denominator int64 // of a share
}

// firstDays holds the day of each person's first counted record; 0: none.
type firstDays []day

func (f firstDays) add(person uint32, date day) {
	if f[person] == 0 || date < f[person] {
		f[person] = date
	}
}

// counter is the state of one call of Compile.
type counter struct {
	def          *project.Definition
	rules        *Rules
	live         *Live
	from, to     day
	asOf         day
	attributes   [][]string
	accumulators []accumulator      // by tally
	series       map[string]*series // by indicator
	failed       [][]recordRef      // whose rule failed: of the participants, then of the indicators
	failedPeople map[int][]uint32   // for whom a rule over people failed: by indicator
	said         *attributesOf
	people       firstDays   // participants
	evidence     []recordRef // of participants
	reaches      []int64
	figures      *Figures
	incomplete   []bool   // by person: they lack an attribute; nil: none is needed
	none         []string // attributes of somebody of whom nothing is known
}

// Compile counts the live records in the project's period that are dated up to the day asOf (YYYY-MM-DD). A record
// for which a rule fails does not count by that rule, and is named in the figures' Quality.
func Compile(def *project.Definition, rules *Rules, live *Live, asOf string) (Figures, error) {
	if !isDay(asOf) || !isDay(def.Period.From) || !isDay(def.Period.To) {
		return Figures{}, fmt.Errorf("not a date: as of %q, period from %q to %q", asOf, def.Period.From, def.Period.To)
	}
	figures := Figures{Project: def.ID, AsOf: asOf, live: live, evidence: map[string][]recordRef{}, changes: map[string][]snapshot.Change{}, rules: map[string]*indicatorRule{}, shares: map[string]*share{}, taken: map[string]*taken{}, parts: map[string][]snapshot.Counted{}, completeOnly: map[string]bool{}, named: rules.named}
	for _, pack := range def.Packs {
		figures.packs = append(figures.packs, pack.String())
	}
	c := &counter{
		def: def, rules: rules, live: live, figures: &figures,
		from: dayOf(def.Period.From), to: dayOf(def.Period.To), asOf: dayOf(asOf),
		accumulators: make([]accumulator, rules.tallies), series: map[string]*series{}, people: make(firstDays, len(live.people)),
		failed: make([][]recordRef, len(def.Indicators)+1), failedPeople: map[int][]uint32{},
	}
	figures.counter = c
	c.dateSignups()
	for i := range rules.byKind {
		indicators := rules.byKind[i].indicators
		for j := range indicators {
			c.accumulators[indicators[j].place] = c.newAccumulator(&indicators[j])
		}
	}
	if live.base != nil && live.base.broken != nil {
		return Figures{}, live.base.broken
	}
	for _, s := range live.layouts.all {
		if live.base != nil {
			if err := c.countBase(s); err != nil {
				return Figures{}, err
			}
		}
		if err := c.count(s); err != nil {
			return Figures{}, err
		}
	}
	if live.base != nil {
		if err := c.compareWithBase(); err != nil {
			return Figures{}, err
		}
	}
	if err := c.countPeople(); err != nil {
		return Figures{}, err
	}
	c.report()
	figures.entries = c.people
	return figures, nil
}

func (c *counter) newAccumulator(of *indicatorRule) accumulator {
	months := c.monthsTo(of.until)
	t := accumulator{rule: of, added: make([]amount, months), people: make(firstDays, 0), seen: map[string]day{}}
	if of.countsPeople() {
		t.people = make(firstDays, len(c.live.people))
	}
	if of.count == project.CountMean {
		t.counted = make([]int64, months)
	}
	if of.takes() {
		t.taken = make([]*taken, months)
	}
	for _, p := range of.parts {
		t.parts = append(t.parts, make([]amount, len(p.codes)+1))
	}
	return t
}

// dateSignups dates sign-ups in the project's time zone, and sets the attributes of each person as of the day asOf.
func (c *counter) dateSignups() {
	zone := c.def.Location()
	signups := make([]datedSignup, len(c.live.signups))
	days := make([]day, len(signups))
	for i := range c.live.signups {
		s := &c.live.signups[i]
		days[i] = dayAt(s.at, zone)
		signups[i] = datedSignup{date: days[i], liveSignup: s}
	}
	slices.SortFunc(signups, func(a, b datedSignup) int {
		return cmp.Or(cmp.Compare(a.date, b.date), strings.Compare(a.id, b.id))
	})
	c.figures.signups = signups

	width := len(c.live.layouts.attributes)
	all := make([]string, width*len(c.live.people))
	c.attributes = make([][]string, len(c.live.people))
	c.said = c.newAttributes(days)
	for i := range c.attributes {
		c.attributes[i] = all[i*width : (i+1)*width]
		c.said.on(uint32(i), c.asOf, c.attributes[i])
	}
	c.figures.attributes = c.attributes
	c.none = make([]string, width)
	c.findIncomplete()
}

// dayAt returns the day of an instant.
func dayAt(at int64, zone *time.Location) day {
	y, m, d := time.Unix(0, at).In(zone).Date()
	return day(y*10000 + int(m)*100 + d)
}

// count applies the rules to all live records of a kind.
func (c *counter) count(s *kindLayout) error {
	rules := &c.rules.byKind[s.number]
	vars := rule.NewVars(c.live.layouts.registry, s.Kind)
	row := make(schema.Row, len(s.Fields))
	last := c.lastDay(s)
	examine := func(place int, date day, values []uint32, state string, person uint32) error {
		if date < c.from || date > last {
			c.figures.Quality.RecordsOutsidePeriod++
			return nil
		}
		if date > c.asOf {
			return nil
		}
		for i, n := range values {
			row[i] = c.live.texts.all[n]
		}
		if s == c.live.layouts.airings && date <= c.to {
			if err := c.addAiring(row); err != nil {
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
		nobody := s.Person && c.live.noPerson(person)
		here := recordRef{kind: uint32(s.number), place: uint32(place)}
		for i := range rules.indicators {
			in := &rules.indicators[i]
			if date > in.until || nobody && in.count == countPeople {
				continue
			}
			meets, err := c.matches(in.rule, vars, here, in.figure+1)
			if err == nil && meets && in.also != nil {
				meets, err = c.matches(in.also, vars, here, in.figure+1)
			}
			if err != nil {
				return fmt.Errorf("indicator %q: %w", in.code, err)
			}
			if !meets {
				continue
			}
			if err := c.add(&c.accumulators[in.place], here, date, person, in.value.of(row, text, state, known), row); err != nil {
				return fmt.Errorf("indicator %q: %w", in.code, err)
			}
		}
		if date > c.to || nobody {
			return nil
		}
		takesPart := false
		for _, r := range rules.participants {
			// All of them, so that what fails does not depend on their order.
			meets, err := c.matches(r, vars, here, 0)
			if err != nil {
				return fmt.Errorf("participants: %w", err)
			}
			takesPart = takesPart || meets
		}
		if takesPart {
			c.people.add(person, date)
			c.evidence = append(c.evidence, here)
		}
		return nil
	}

	if s == c.live.layouts.signups {
		for i, made := range c.figures.signups {
			if err := examine(i, made.date, made.values, made.state, made.person); err != nil {
				return fmt.Errorf("%s %s: %w", s.Name, made.id, err)
			}
		}
		return nil
	}
	for i, r := range c.live.records[s.number] {
		if err := examine(i, r.date, c.live.values(r), "", r.person); err != nil {
			return fmt.Errorf("%s %s: %w", s.Name, c.live.id(r), err)
		}
	}
	return nil
}

// matches reports whether a record meets a rule of a figure: 0 the participants, i+1 the i-th indicator. A record for
// which the rule fails does not, and is noted once for the figure.
func (c *counter) matches(r *rule.Rule, vars *rule.Vars, here recordRef, figure int) (bool, error) {
	meets, err := r.Matches(vars)
	if !errors.Is(err, rule.ErrFailed) {
		return meets, err
	}
	if failed := c.failed[figure]; len(failed) == 0 || failed[len(failed)-1] != here {
		c.failed[figure] = append(failed, here)
	}
	return false, nil
}

func (v value) of(row schema.Row, date, state string, known []string) string {
	switch v.origin {
	case fromDate:
		return date
	case fromState:
		return state
	case fromAttributes:
		return v.field.Answer(known[v.place])
	default:
		return v.field.Answer(row[v.place])
	}
}

// addAiring adds the reach of an airing.
func (c *counter) addAiring(row schema.Row) error {
	reach := row[c.live.layouts.reach]
	if reach == "" {
		reach = "0"
	}
	n, err := strconv.ParseInt(reach, 10, 64)
	if err != nil {
		return errAmount
	}
	c.reaches = append(c.reaches, n)
	return nil
}

// lastDay returns the last day on which a record of a kind may count.
func (c *counter) lastDay(s *kindLayout) day {
	last := c.to
	for i := range c.rules.byKind[s.number].indicators {
		last = max(last, c.rules.byKind[s.number].indicators[i].until)
	}
	for i := range c.rules.people {
		if r := &c.rules.people[i]; slices.Contains(r.rule.Lists(), s.number) {
			last = max(last, r.until)
		}
	}
	return last
}

// add counts a record for a tally, with its value and its row.
func (c *counter) add(t *accumulator, here recordRef, date day, person uint32, value string, row schema.Row) error {
	if t.rule.valued() && value == "" {
		return nil
	}
	t.evidence = append(t.evidence, here)
	if t.rule.completeOnly && c.lacks(person) {
		return nil
	}
	if err := c.tally(t, here, date, person, value); err != nil {
		return err
	}
	for i, p := range t.rule.parts {
		if err := t.addPart(i, row[p.field], value); err != nil {
			return err
		}
	}
	return nil
}

// addPart adds a record to the parts of a breakdown that its value of the field fits.
func (t *accumulator) addPart(breakdown int, of, value string) error {
	p, adds := &t.rule.parts[breakdown], amount{whole: 1}
	if t.rule.count == countSum {
		var err error
		if adds, err = parseAmount(value); err != nil {
			return err
		}
	}
	codes := []string{of}
	if p.several {
		codes = schema.Chosen(of)
	}
	fits := false
	for _, code := range codes {
		if i := slices.Index(p.codes, code); i >= 0 {
			t.parts[breakdown][i] = t.parts[breakdown][i].add(adds)
			fits = true
		}
	}
	if !fits {
		t.parts[breakdown][len(p.codes)] = t.parts[breakdown][len(p.codes)].add(adds)
	}
	return nil
}

// month returns the sum of the month of a day.
func (t *accumulator) month(date, from day) *amount { return &t.added[date.months()-from.months()] }

// tally counts a record.
func (c *counter) tally(t *accumulator, here recordRef, date day, person uint32, value string) error {
	t.records++
	month := t.month(date, c.from)
	if t.rule.countsPeople() && !c.live.noPerson(person) {
		t.people.add(person, date)
	}
	switch t.rule.count {
	case countRecords:
		*month = month.add(amount{whole: 1})
	case countSum:
		a, err := parseAmount(value)
		if err != nil {
			return err
		}
		*month = month.add(a)
	case countDistinct:
		// A value that is not given is not counted.
		if same := schema.Same(value); same != "" {
			if first, ok := t.seen[same]; !ok || date < first {
				t.seen[same] = date
			}
		}
	case countPeople:
	default:
		return c.take(t, here, date, value)
	}
	return nil
}

// report computes the figures from the accumulators.
func (c *counter) report() {
	f := c.figures
	for i := range c.accumulators {
		t := &c.accumulators[i]
		if t.rule != nil {
			c.addFirstDays(t)
			if c.live.base != nil {
				slices.SortFunc(t.evidence, f.compare)
			}
			f.tallies = append(f.tallies, t.evidence)
		} else {
			f.tallies = append(f.tallies, nil)
		}
	}
	for _, i := range c.rules.order {
		c.series[c.rules.figures[i].in.Code] = c.seriesOf(i)
	}
	for i := range c.rules.figures {
		f.Indicators = append(f.Indicators, c.indicator(i))
		c.reportEvidence(i)
	}
	participants := c.reportIncomplete()
	by, total := c.breakdowns(participants)
	f.Participants = snapshot.Participants{Total: total, Target: c.def.TargetGroup, By: by}
	for person, date := range participants {
		if date != 0 && !c.knows(person) {
			f.Quality.PeopleWithoutAttributes++
		}
	}
	slices.SortFunc(c.evidence, f.compare)
	f.evidence[ParticipantsEvidence] = c.evidence
	c.reportFailed()
	c.reportReach()
}

// knows reports whether an attribute of a person is known that figures may use.
func (c *counter) knows(person int) bool {
	for i, field := range c.live.layouts.registry.Attributes() {
		if c.attributes[person][i] != "" && field.Privacy == schema.Open {
			return true
		}
	}
	return false
}

// reportFailed names the figures whose rule failed for records or people, each with the first record by date, then id.
func (c *counter) reportFailed() {
	f := c.figures
	f.failed = c.failed
	for figure, failed := range c.failed {
		people := slices.Compact(slices.Sorted(slices.Values(c.failedPeople[figure-1])))
		count := len(failed) + len(people)
		if count == 0 {
			continue
		}
		if len(people) > 0 {
			failed = append(slices.Clone(failed), c.firstRecord(people))
		}
		code := ParticipantsEvidence
		if figure > 0 {
			code = c.def.Indicators[figure-1].Code
		}
		first := slices.MinFunc(failed, f.compare)
		f.Quality.RuleErrors = append(f.Quality.RuleErrors, snapshot.RuleError{Code: code, Count: int64(count), Record: f.id(first)})
	}
}

func monthName(months int) string { return fmt.Sprintf("%04d-%02d", months/12, months%12+1) }

// addFirstDays adds each person and each distinct value to the month of its first record.
func (c *counter) addFirstDays(t *accumulator) {
	add := func(date day) {
		month := &t.added[date.months()-c.from.months()]
		*month = month.add(amount{whole: 1})
	}
	if t.rule.count == countPeople {
		for _, date := range t.people {
			if date != 0 {
				add(date)
			}
		}
	}
	for _, date := range t.seen {
		add(date)
	}
}

func (c *counter) reportReach() {
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
	c.figures.Reach = r
}

// compare orders records of any kinds by date, then id.
func (f *Figures) compare(a, b recordRef) int {
	if a.kind == b.kind && a.kind != f.personKind() && f.live.base == nil {
		return cmp.Compare(a.place, b.place)
	}
	if order := cmp.Compare(f.date(a), f.date(b)); order != 0 {
		return order
	}
	return cmp.Or(strings.Compare(f.id(a), f.id(b)), cmp.Compare(a.kind, b.kind))
}

func (f *Figures) date(r recordRef) day {
	if r.kind == f.personKind() {
		return f.present[r.place]
	}
	if f.kind(r) == f.live.layouts.signups {
		return f.signups[r.place].date
	}
	if rows, i, is := f.inBase(r); is {
		return f.live.base.days[rows][i]
	}
	return f.live.records[r.kind][r.place].date
}

func (f *Figures) id(r recordRef) string {
	if r.kind == f.personKind() {
		return f.live.person(r.place)
	}
	if f.kind(r) == f.live.layouts.signups {
		return f.signups[r.place].id
	}
	if rows, i, is := f.inBase(r); is {
		return f.live.base.id(rows, i)
	}
	return f.live.id(f.live.records[r.kind][r.place])
}

// breakdowns counts people by each attribute, and in total. Every part is listed, and people who fit none are
// unknown.
func (c *counter) breakdowns(people firstDays) (snapshot.Breakdowns, int64) {
	by := snapshot.Breakdowns{}
	var total int64
	for _, date := range people {
		if date != 0 {
			total++
		}
	}
	for i, field := range c.live.layouts.registry.Attributes() {
		if !field.Breaks() {
			continue
		}
		if field.Sensitive && total < schema.FewestSensitive {
			by[field.Dimension()] = withheld(breakdown(nil, field.Parts(c.def), nil))
			continue
		}
		if field.Year {
			by[field.Dimension()] = breakdown(people, field.Parts(c.def), func(person int, date day) string { return c.ageBand(c.shown(person)[i], date) })
			continue
		}
		of := func(person int, _ day) string { return c.shown(person)[i] }
		if field.Type == schema.Choices {
			by[field.Name] = breakdownOfSeveral(people, field.Parts(c.def), of)
			continue
		}
		by[field.Name] = breakdown(people, field.Parts(c.def), of)
	}
	return by, total
}

// withheld hides all parts of a breakdown, from everybody.
func withheld(parts snapshot.Breakdown) snapshot.Breakdown {
	for i := range parts {
		parts[i] = snapshot.Part{Code: parts[i].Code, Shown: snapshot.Hidden}
	}
	return parts
}

func breakdown(people firstDays, codes []string, part func(person int, date day) string) snapshot.Breakdown {
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

// breakdownOfSeveral counts people in each of the parts that fit them; the parts need not add up.
func breakdownOfSeveral(people firstDays, codes []string, parts func(person int, date day) string) snapshot.Breakdown {
	out := breakdown(nil, codes, nil)
	for person, date := range people {
		if date == 0 {
			continue
		}
		fits := false
		for _, code := range schema.Chosen(parts(person, date)) {
			if i := slices.Index(codes, code); i >= 0 {
				out[i].People++
				fits = true
			}
		}
		if !fits {
			out[len(codes)].People++
		}
	}
	return out
}

// ageBand returns the band of the age that a person reaches in the year of a day, "" if the age is unknown or in no
// band, Refused if it was refused.
func (c *counter) ageBand(birthYear string, date day) string {
	if birthYear == schema.Refused {
		return birthYear
	}
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
