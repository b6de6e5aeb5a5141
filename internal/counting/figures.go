package counting

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// mostDecimals is the limit of decimals of a figure.
const mostDecimals = 4

// countDecimals is the limit of decimals of a count or sum, unless its field has others.
const countDecimals = 2

// figure says how an indicator is worked out.
type figure struct {
	in       project.Indicator
	about    bool  // of records about people
	last     day   // that counts
	among    int   // the tally of what it is a share of, -1: none
	asks     []int // of a share of people: the attributes that its own rule reads
	formula  *rule.Formula
	decimals int
	plan     plan

	completeOnly bool // of people, and those who lack an attribute do not count
}

// orderFigures compiles in which order figures over others are worked out. A circle is an error.
func (r *Rules) orderFigures(def *project.Definition) error {
	places := map[string]int{}
	for i, in := range def.Indicators {
		places[in.Code] = i
	}
	const inPath, done = 1, 2
	state := make([]int, len(r.figures))
	var visit func(i int) error
	visit = func(i int) error {
		state[i] = inPath
		f := &r.figures[i]
		if f.formula != nil {
			for _, code := range f.formula.Codes() {
				at, known := places[code]
				if !known || state[at] == inPath {
					return fmt.Errorf("indicator %q: indicator %q is missing, or leads back", f.in.Code, code)
				}
				if state[at] == 0 {
					if err := visit(at); err != nil {
						return err
					}
				}
				// The months run until the last day of any of them, so that the last total is the figure.
				f.last = max(f.last, r.figures[at].last)
				f.about = f.about || r.figures[at].about
			}
		}
		r.order = append(r.order, i)
		state[i] = done
		return nil
	}
	for i := range r.figures {
		if state[i] == 0 {
			if err := visit(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// series are the exact values of a figure at the end of each month and on the day; nil: there is none.
type series struct {
	months  []*big.Rat
	now     *big.Rat
	started bool   // there is a record, or something was said
	said    string // a value of a scale
}

// at returns the value at the end of a month, in later months the last one.
func (s *series) at(month int) *big.Rat {
	if month >= len(s.months) {
		return s.now
	}
	return s.months[month]
}

// monthsTo returns the number of months from the start of the period to a day, or to the day of the snapshot.
func (c *counter) monthsTo(last day) int {
	if last = min(last, c.asOf); last < c.from {
		return 0
	}
	return last.months() - c.from.months() + 1
}

// monthEnd returns the last day of a month of the period, or the day of the snapshot if that is earlier.
func (c *counter) monthEnd(month int) day {
	n := c.from.months() + month
	return min(day(n/12*10000+(n%12+1)*100+31), c.asOf)
}

// seriesOf works out the values of an indicator; those that its formula names are worked out already.
func (c *counter) seriesOf(place int) *series {
	f, t := &c.rules.figures[place], &c.accumulators[place]
	s := &series{months: make([]*big.Rat, c.monthsTo(f.last)), started: t.records > 0 || len(t.evidence) > 0}
	switch f.in.Count {
	case project.CountValue:
		for _, code := range f.formula.Codes() {
			s.started = s.started || c.series[code].started
		}
		for m := range s.months {
			s.months[m] = f.formula.Value(func(code string) *big.Rat { return c.series[code].at(m) })
		}
		s.now = f.formula.Value(func(code string) *big.Rat { return c.series[code].now })
		return s
	case project.CountSaid:
		for m := range s.months {
			s.months[m] = c.live.saidOn(f.in, min(c.monthEnd(m), f.last)).number()
		}
		now := c.live.saidOn(f.in, min(c.asOf, f.last))
		s.now, s.started = now.number(), now.value != ""
		if len(f.in.Scale) > 0 {
			s.said = now.value
		}
		return s
	case project.CountShare:
		c.sharesByMonth(f, t, s)
	case project.CountMean:
		sum, n := amount{}, int64(0)
		for m := range s.months {
			if sum, n = sum.add(t.added[m]), n+t.counted[m]; n > 0 {
				s.months[m] = new(big.Rat).Quo(sum.rat(), big.NewRat(n, 1))
			}
		}
	case project.CountMin, project.CountMax, project.CountLast:
		var best *taken
		for m := range s.months {
			if t.taken[m] != nil && (best == nil || c.takes(t.rule, t.taken[m], best)) {
				best = t.taken[m]
			}
			if best != nil {
				s.months[m] = best.value.rat()
			}
		}
	default:
		sum := amount{}
		for m := range s.months {
			sum = sum.add(t.added[m])
			s.months[m] = sum.rat()
		}
		s.now = sum.rat()
	}
	if n := len(s.months); n > 0 {
		s.now = s.months[n-1]
	}
	return s
}

// sharesByMonth works out a share, and its numerator and denominator.
func (c *counter) sharesByMonth(f *figure, t *accumulator, s *series) {
	among := &c.accumulators[f.among]
	both, all := make([]int64, len(s.months)), make([]int64, len(s.months))
	if f.in.Per == project.CountRecords {
		for m := range s.months {
			both[m], all[m] = t.added[m].whole, among.added[m].whole
		}
	} else if t.members != nil || among.members != nil {
		for person := range c.live.people {
			before := [2]bool{}
			for m := range s.months {
				within := c.isIn(among, uint32(person), m)
				now := [2]bool{within && c.isIn(t, uint32(person), m), within}
				for i, counts := range [2][]int64{both, all} {
					if now[i] && !before[i] {
						counts[m]++
					} else if before[i] && !now[i] {
						counts[m]--
					}
				}
				before = now
			}
		}
	} else {
		for person, date := range among.people {
			if date == 0 {
				continue
			}
			all[date.months()-c.from.months()]++
			if first := t.people[person]; first != 0 {
				both[max(first, date).months()-c.from.months()]++
			}
		}
	}
	for m := range s.months {
		t.numerator, t.denominator = t.numerator+both[m], t.denominator+all[m]
		if t.denominator > 0 {
			s.months[m] = big.NewRat(100*t.numerator, t.denominator)
		}
	}
}

// isIn reports whether a person counts for a tally of people at the end of a month.
func (c *counter) isIn(t *accumulator, person uint32, month int) bool {
	if t.members != nil {
		return t.members.in(person, month)
	}
	first := t.people[person]
	return first != 0 && first.months()-c.from.months() <= month
}

// indicator returns the figure of an indicator as a snapshot has it.
func (c *counter) indicator(place int) snapshot.Indicator {
	f, t := &c.rules.figures[place], &c.accumulators[place]
	in, s := f.in, c.series[f.in.Code]
	out := snapshot.Indicator{
		Code: in.Code, Label: in.Label, Unit: in.Unit, Records: t.records, By: snapshot.Breakdowns{}, ByMonth: c.byMonth(f, s), Public: in.Public,
		Achieved: f.text(s.now), Said: s.said, TargetBy: targetsBy(in.TargetBy),
	}
	if !in.Monitored {
		out.Target = written(in.Target)
	}
	out.Percent, out.Status = f.plan.judge(s.now, s.started, c.daysTo(min(c.asOf, f.plan.last)))
	if in.Count == project.CountPeople {
		out.By, _ = c.breakdowns(t.people)
	}
	if in.Derived() || len(in.By) > 0 {
		out.Count = in.Count
	}
	if f.in.OfRecords() && f.about && out.Count != "" {
		out.People = c.peopleBehind(f, t)
	}
	switch in.Count {
	case project.CountShare:
		out.Numerator, out.Denominator = t.numerator, t.denominator
		c.boundShare(f, t)
		out.Records += c.accumulators[f.among].records
		if in.Per == project.CountRecords {
			out.Records = t.denominator
		}
	case project.CountValue:
		out.From = f.formula.Codes()
	}
	if t.rule != nil {
		for i, p := range t.rule.parts {
			out.By[p.name] = p.breakdown(t.rule, t.parts[i])
			if t.rule.layout.Fields[p.field].Sensitive && f.about && out.People < schema.FewestSensitive {
				out.By[p.name] = withheld(out.By[p.name])
			}
		}
	}
	return out
}

// boundShare works out what a share of people may be where attributes that its rule reads are unknown of some of whom
// it is a share: as if the rule held for none of these people, and as if it held for all of them.
func (c *counter) boundShare(f *figure, t *accumulator) {
	if len(f.asks) == 0 || f.in.Per == project.CountRecords || t.denominator == 0 {
		return
	}
	among, month := &c.accumulators[f.among], c.monthsTo(f.last)-1
	unknown, within := int64(0), int64(0)
	for person := range c.live.people {
		if !c.isIn(among, uint32(person), month) || !slices.ContainsFunc(f.asks, func(i int) bool { return c.attributes[person][i] == "" }) {
			continue
		}
		if unknown++; c.isIn(t, uint32(person), month) {
			within++
		}
	}
	if unknown == 0 {
		return
	}
	day := c.daysTo(min(c.asOf, f.plan.last))
	bound := func(numerator int64) (json.Number, string) {
		share := big.NewRat(100*numerator, t.denominator)
		_, status := f.plan.judge(share, true, day)
		return f.text(share), status
	}
	b := snapshot.Bounds{Unknown: unknown}
	b.Low, b.LowStatus = bound(t.numerator - within)
	b.High, b.HighStatus = bound(t.numerator - within + unknown)
	if c.figures.Bounds == nil {
		c.figures.Bounds = map[string]snapshot.Bounds{}
	}
	c.figures.Bounds[f.in.Code] = b
}

// peopleBehind returns how many people the records of a figure are about.
func (c *counter) peopleBehind(f *figure, t *accumulator) (n int64) {
	if f.among >= 0 {
		t = &c.accumulators[f.among]
	}
	for _, date := range t.people {
		if date != 0 {
			n++
		}
	}
	return n
}

// byMonth returns the growth of a figure. Added is the difference of the rounded totals, so that the column adds up.
func (c *counter) byMonth(f *figure, s *series) []snapshot.Month {
	if len(f.in.Scale) > 0 {
		return []snapshot.Month{}
	}
	months := make([]snapshot.Month, len(s.months))
	before := new(big.Rat)
	for m, value := range s.months {
		total := f.text(value)
		now, ok := new(big.Rat).SetString(total.String())
		if !ok {
			now = new(big.Rat)
		}
		months[m] = snapshot.Month{Month: monthName(c.from.months() + m), Added: f.text(new(big.Rat).Sub(now, before)), Total: total}
		before = now
	}
	return months
}

// text writes a value of the figure, rounded half away from zero, "" where there is none.
func (f *figure) text(value *big.Rat) json.Number {
	if value == nil {
		return ""
	}
	return rounded(value, f.decimals)
}

// rounded writes a number with at most some decimals, rounded half away from zero, without trailing zeros.
func rounded(value *big.Rat, decimals int) json.Number {
	text := value.FloatString(decimals)
	if decimals > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		text = "0"
	}
	return json.Number(text)
}

func targetsBy(all map[string]map[string]float64) map[string]map[string]json.Number {
	if len(all) == 0 {
		return nil
	}
	out := map[string]map[string]json.Number{}
	for dimension, parts := range all {
		out[dimension] = map[string]json.Number{}
		for code, target := range parts {
			out[dimension][code] = written(target)
		}
	}
	return out
}

// breakdown returns the parts of a figure of records.
func (p parts) breakdown(of *indicatorRule, sums []amount) snapshot.Breakdown {
	out := make(snapshot.Breakdown, 0, len(p.codes)+1)
	for i, code := range append(slices.Clone(p.codes), snapshot.Unknown) {
		value := amount{}
		if sums != nil {
			value = sums[i]
		}
		out = append(out, snapshot.Part{Code: code, Amount: of.added(value)})
	}
	return out
}

// plan is what was promised of an indicator.
type plan struct {
	target   *big.Rat // nil: nothing
	down     bool
	baseline *big.Rat // nil: none
	points   []point  // the line: straight between them
	last     day
	decimals int  // of the rounded figure
	plain    bool // status and percentage follow from the rounded figure, and the line is straight from 0 to the target
}

// point is what is planned at the end of a day, numbered from 1 on the first of the period.
type point struct {
	day   int
	value *big.Rat
}

func newPlan(def *project.Definition, in project.Indicator) plan {
	p := plan{decimals: countDecimals, down: in.Direction == project.Down, last: dayOf(in.LastDay(def.Period)), plain: !in.Derived() && len(in.Targets) == 0 && in.Direction == "" && in.Baseline == nil}
	start := new(big.Rat)
	if in.Baseline != nil {
		p.baseline = exact(in.Baseline.Value)
		start = p.baseline
	}
	if in.Monitored {
		return p
	}
	p.target = exact(in.Target)
	p.points = []point{{0, start}}
	c := counter{from: dayOf(def.Period.From)}
	for _, t := range in.Targets {
		p.points = append(p.points, point{c.daysTo(dayOf(t.By)), exact(t.Value)})
		p.last = max(p.last, dayOf(t.By))
	}
	if len(in.Targets) == 0 {
		p.points = append(p.points, point{c.daysTo(p.last), p.target})
	}
	return p
}

// written writes a number of a definition, and exact returns its value.
func written(n float64) json.Number { return json.Number(schema.Number(n)) }

func exact(n float64) *big.Rat {
	value, ok := new(big.Rat).SetString(schema.Number(n))
	if !ok {
		return new(big.Rat)
	}
	return value
}

// on returns what is planned at the end of a day, numbered from 1.
func (p *plan) on(n int) *big.Rat {
	before := p.points[0]
	for _, next := range p.points[1:] {
		if n < next.day {
			if n <= before.day {
				return before.value
			}
			// before + (next − before) × the share of the days between them
			rise := new(big.Rat).Sub(next.value, before.value)
			rise.Mul(rise, big.NewRat(int64(n-before.day), int64(next.day-before.day)))
			return rise.Add(rise, before.value)
		}
		before = next
	}
	return before.value
}

// judge returns the percentage, "" for none, and the status of a value, nil for none, at the end of a day. started says
// that there is a record.
func (p *plan) judge(value *big.Rat, started bool, day int) (json.Number, string) {
	if p.target == nil {
		return "", monitored
	}
	var share *big.Rat
	if value != nil {
		share = p.share(value, started)
	}
	percent := json.Number("")
	if share != nil {
		percent = json.Number(share.FloatString(1))
		if percent == "-0.0" {
			percent = "0.0"
		}
	}
	return percent, p.status(value, share, started, day)
}

// share returns the percentage of the target that a value is, nil where there is none.
func (p *plan) share(value *big.Rat, started bool) *big.Rat {
	if p.down {
		if p.baseline == nil {
			return nil
		}
		way := new(big.Rat).Sub(p.baseline, p.target)
		if way.Sign() <= 0 {
			return nil
		}
		if value.Cmp(p.baseline) >= 0 || !started {
			return new(big.Rat)
		}
		gone := new(big.Rat).Sub(p.baseline, value)
		return gone.Quo(gone.Mul(gone, big.NewRat(100, 1)), way)
	}
	if p.target.Sign() == 0 {
		return nil
	}
	share := value
	if p.plain {
		share = shown(value, p.decimals)
	}
	share = new(big.Rat).Mul(share, big.NewRat(100, 1))
	return share.Quo(share, p.target)
}

// shown returns a value as it is shown with some decimals.
func shown(value *big.Rat, decimals int) *big.Rat {
	out, _ := new(big.Rat).SetString(value.FloatString(decimals))
	return out
}

func (p *plan) status(value, share *big.Rat, started bool, day int) string {
	met := func(value *big.Rat) bool {
		if p.down {
			return value.Cmp(p.target) <= 0
		}
		return value.Cmp(p.target) >= 0
	}
	switch {
	case value == nil:
		return notStarted
	case p.target.Sign() == 0 && met(value):
		return achieved
	case p.down && !started:
		return notStarted
	case p.plain && p.target.Sign() > 0:
		return statusOfCount(share, day, p.points[1].day)
	case met(value):
		return achieved
	case p.down && p.baseline == nil, p.target.Sign() == 0:
		return behind
	case p.down && value.Cmp(p.baseline) == 0, !p.down && value.Sign() == 0:
		return notStarted
	}
	if line := p.on(day); p.down && value.Cmp(line) <= 0 || !p.down && value.Cmp(line) >= 0 {
		return onTrack
	}
	return behind
}

// Statuses of an indicator.
const (
	achieved   = "achieved"
	notStarted = "not-started"
	onTrack    = "on-track"
	behind     = "behind"
	monitored  = "monitored"
)

// statusOfCount compares a percentage, rounded as it is shown, with the share of days that have passed.
func statusOfCount(percent *big.Rat, passed, days int) string {
	percent = shown(percent, 1)
	switch {
	case percent.Cmp(big.NewRat(100, 1)) >= 0:
		return achieved
	case percent.Sign() == 0:
		return notStarted
	case percent.Cmp(big.NewRat(100*int64(max(passed, 0)), int64(max(days, 1)))) >= 0:
		return onTrack
	default:
		return behind
	}
}

// daysTo returns the number of days from the first of the period to d, both included.
func (c *counter) daysTo(d day) int {
	midnight := func(d day) time.Time {
		return time.Date(d.year(), time.Month(d.month()), d.dayOfMonth(), 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(d).Sub(midnight(c.from))/(24*time.Hour)) + 1
}
