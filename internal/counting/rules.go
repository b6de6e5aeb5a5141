package counting

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
)

// ParticipantsEvidence is the code under which Figures.Evidence returns the participants; no indicator may have it.
const ParticipantsEvidence = "participants"

// Rules are the compiled rules of a definition. They are immutable, and safe for concurrent use.
type Rules struct {
	layouts *layouts
	byKind  []kindRules
	people  []personRule
	figures []figure // by indicator
	tallies int      // of all indicators: first one each, then what shares are shares of
	order   []int    // in which the figures are worked out
	bands   []band
	named   map[string][][]named // what evidence has of records, by figure and kind

	complete completeness
}

// kindRules are the rules over one kind of record.
type kindRules struct {
	participants []*rule.Rule
	indicators   []indicatorRule
}

// indicatorRule selects the records of a tally.
type indicatorRule struct {
	place  int // of the tally
	figure int // the indicator, by its place in the definition
	code   string
	count  string // how the tally counts: people and records also for shares
	rule   *rule.Rule
	also   *rule.Rule // that records meet too; nil: none
	share  bool       // of the two tallies of a share
	until  day        // the last day that counts
	value  value      // of what has a field
	layout *kindLayout
	parts  []parts // by what records are broken down

	completeOnly bool // people who lack an attribute do not count
}

// The ways in which a tally counts that this package treats by name.
const (
	countPeople   = project.CountPeople
	countRecords  = project.CountRecords
	countSum      = project.CountSum
	countDistinct = project.CountDistinct
)

// takes reports whether the tally takes one of the values.
func (r *indicatorRule) takes() bool {
	return r.count == project.CountMin || r.count == project.CountMax || r.count == project.CountLast
}

// valued reports whether records without a value are left out.
func (r *indicatorRule) valued() bool { return r.takes() || r.count == project.CountMean }

// countsPeople reports whether the tally must know whom its records are about.
func (r *indicatorRule) countsPeople() bool {
	return r.layout.Person && (r.count == countPeople || r.share || r.valued() || len(r.parts) > 0)
}

// parts is a field of records by which a figure is broken down.
type parts struct {
	name    string
	field   int
	codes   []string
	several bool
}

// value says where a record's value of a field comes from, as in rules: its row, its date, a sign-up's state, or the
// attributes of its person.
type value struct {
	origin origin
	place  int
	field  *schema.Field // that may be refused, which is no value; nil: none
}

// fine reports whether sums of the value are written with more than two decimals.
func (v value) fine() bool {
	return v.field != nil && (v.field.Limited != "" || v.field.Decimals > 2)
}

type origin int

const (
	fromRow origin = iota
	fromDate
	fromState
	fromAttributes
)

// band is an age band: from and to are both included.
type band struct {
	code     string
	from, to int
}

// NewRules compiles the rules of a definition over the kinds of its registry. It does not fail for a checked
// definition.
func NewRules(def *project.Definition, registry *schema.Registry) (*Rules, error) {
	layouts := newLayouts(registry)
	r := &Rules{layouts: layouts, byKind: make([]kindRules, len(layouts.all)), figures: make([]figure, len(def.Indicators)), tallies: len(def.Indicators)}
	var err error
	if r.complete, err = r.completenessOf(def); err != nil {
		return nil, err
	}
	codes := map[string]bool{ParticipantsEvidence: true}
	for i, in := range def.Indicators {
		if codes[in.Code] {
			return nil, fmt.Errorf("indicator %q: the code is used twice or reserved", in.Code)
		}
		codes[in.Code] = true
		if err := r.addIndicator(def, i); err != nil {
			return nil, fmt.Errorf("indicator %q: %w", in.Code, err)
		}
		r.leavesOut(i)
	}
	if err := r.orderFigures(def); err != nil {
		return nil, err
	}
	for _, p := range def.Participants {
		s, compiled, err := r.compile(p)
		if err != nil {
			return nil, fmt.Errorf("participants: %w", err)
		}
		if !s.Person {
			return nil, fmt.Errorf("participants: records of %s are not about people", s.Name)
		}
		r.byKind[s.number].participants = append(r.byKind[s.number].participants, compiled)
	}
	if err := r.nameFields(def); err != nil {
		return nil, err
	}
	for _, text := range def.AgeBands {
		b, err := parseBand(text)
		if err != nil {
			return nil, err
		}
		r.bands = append(r.bands, b)
	}
	return r, nil
}

// Registry returns the kinds of the rules.
func (r *Rules) Registry() *schema.Registry { return r.layouts.registry }

func (r *Rules) compile(from project.Rule) (*kindLayout, *rule.Rule, error) {
	s := r.layouts.named(from.Of)
	if s == nil || s.Name != from.Of {
		return nil, nil, fmt.Errorf("there is no kind %q", from.Of)
	}
	compiled, err := rule.Compile(r.layouts.registry, s.Kind, from.Where)
	return s, compiled, err
}

func (r *Rules) addIndicator(def *project.Definition, place int) error {
	in := def.Indicators[place]
	f := &r.figures[place]
	*f = figure{in: in, among: -1, last: dayOf(in.LastDay(def.Period)), plan: newPlan(def, in), decimals: countDecimals}
	if in.Derived() {
		f.decimals = in.Decimals
	}
	switch in.Count {
	case project.CountSaid:
		f.decimals = mostDecimals
		return nil
	case project.CountValue:
		var err error
		f.formula, err = rule.CompileFormula(in.Value)
		return err
	}
	if in.Who != "" {
		return r.addPersonRule(f, place)
	}
	s, compiled, err := r.compile(in.Rule)
	if err != nil {
		return err
	}
	f.about = s.Person
	if in.Count == project.CountShare {
		f.asks = compiled.Attributes()
	}
	next := indicatorRule{place: place, figure: place, code: in.Code, count: in.Count, rule: compiled, until: f.last, layout: s}
	switch in.Count {
	case project.CountRecords:
	case project.CountPeople:
		if !s.Person {
			return fmt.Errorf("records of %s are not about people", s.Name)
		}
	case project.CountShare:
		if err := r.addShare(f, &next); err != nil {
			return err
		}
	case project.CountSum, project.CountDistinct, project.CountMean, project.CountMin, project.CountMax, project.CountLast:
		if next.value, err = r.value(s, in.Field, in.Count != project.CountDistinct); err != nil {
			return err
		}
		if in.Count == project.CountSum && next.value.fine() {
			f.decimals, f.plan.decimals = mostDecimals, mostDecimals
		}
	default:
		return fmt.Errorf("unknown count %q", in.Count)
	}
	for _, name := range in.By {
		field := s.Index(name)
		if field < 0 {
			return fmt.Errorf("records of %s have no field %q", s.Name, name)
		}
		next.parts = append(next.parts, parts{name, field, s.Fields[field].Parts(def), s.Fields[field].Type == schema.Choices})
	}
	r.byKind[s.number].indicators = append(r.byKind[s.number].indicators, next)
	return nil
}

// addShare adds the tally of what an indicator is a share of; next is that of the share.
func (r *Rules) addShare(f *figure, next *indicatorRule) error {
	if f.in.Among == nil {
		return errors.New("a share of nothing")
	}
	f.among, next.share = r.tallies, true
	r.tallies++
	if f.in.Among.Who != "" {
		next.count = countPeople
		return r.compilePerson(f.in.Among.Who, personRule{place: f.among, figure: next.figure, code: next.code, until: next.until})
	}
	s, compiled, err := r.compile(*f.in.Among)
	if err != nil {
		return err
	}
	among := *next
	among.place, among.rule, among.layout, among.count = f.among, compiled, s, project.CountPeople
	next.count = project.CountPeople
	if f.in.Per == project.CountRecords {
		if s != next.layout {
			return errors.New("a share of other records")
		}
		among.count, next.count, next.also = project.CountRecords, project.CountRecords, compiled
	} else if !s.Person || next.layout != nil && !next.layout.Person { // a rule over people has no layout
		return errors.New("a share of people over records that are not about people")
	}
	r.byKind[s.number].indicators = append(r.byKind[s.number].indicators, among)
	return nil
}

func (r *Rules) value(s *kindLayout, field string, numeric bool) (value, error) {
	variables := rule.Variables(r.layouts.registry, s.Kind)
	i := slices.IndexFunc(variables, func(v rule.Variable) bool { return v.Name == field })
	switch {
	case i < 0:
		return value{}, fmt.Errorf("records of %s have no field %q", s.Name, field)
	case numeric && !variables[i].Numeric:
		return value{}, fmt.Errorf("%q is not a number", field)
	case field == "date":
		return value{origin: fromDate}, nil
	case field == "state" && s == r.layouts.signups:
		return value{origin: fromState}, nil
	case s.Person && r.layouts.registry.Attribute(field) >= 0:
		place := r.layouts.registry.Attribute(field)
		return value{origin: fromAttributes, place: place, field: r.layouts.registry.Attributes()[place]}, nil
	default:
		return value{origin: fromRow, place: s.Index(field), field: s.Field(field)}, nil
	}
}

// parseBand parses "25-54" or "55+".
func parseBand(text string) (band, error) {
	from, to, closed := strings.Cut(text, "-")
	if !closed {
		from, closed = strings.CutSuffix(text, "+")
		to = "999"
	}
	low, bad := strconv.Atoi(from)
	high, worse := strconv.Atoi(to)
	if !closed || bad != nil || worse != nil || low < 0 || high < low {
		return band{}, fmt.Errorf("age band %q is not like 25-54 or 55+", text)
	}
	return band{code: text, from: low, to: high}, nil
}
