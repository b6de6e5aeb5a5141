package counting

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
)

// Values of the count of an indicator.
const (
	countPeople   = "people"
	countRecords  = "records"
	countSum      = "sum"
	countDistinct = "distinct"
)

// ParticipantsEvidence is the code under which Figures.Evidence returns the participants; no indicator may have it.
const ParticipantsEvidence = "participants"

// Rules are the compiled rules of a definition. They are immutable, and safe for concurrent use.
type Rules struct {
	layouts *layouts
	byKind  []kindRules
	targets []*big.Rat // by indicator
	bands   []band
}

// kindRules are the rules over one kind of record.
type kindRules struct {
	participants []*rule.Rule
	indicators   []indicatorRule
}

type indicatorRule struct {
	place int // in the definition
	code  string
	count string
	rule  *rule.Rule
	value value // of sum and distinct
}

// value says where a record's value of a field comes from, as in rules: its row, its date, a sign-up's state, or the
// attributes of its person.
type value struct {
	origin origin
	place  int
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
	r := &Rules{layouts: layouts, byKind: make([]kindRules, len(layouts.all))}
	codes := map[string]bool{ParticipantsEvidence: true}
	for i, in := range def.Indicators {
		if codes[in.Code] {
			return nil, fmt.Errorf("indicator %q: the code is used twice or reserved", in.Code)
		}
		codes[in.Code] = true
		if err := r.addIndicator(i, in); err != nil {
			return nil, fmt.Errorf("indicator %q: %w", in.Code, err)
		}
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

func (r *Rules) addIndicator(place int, in project.Indicator) error {
	s, compiled, err := r.compile(in.Rule)
	if err != nil {
		return err
	}
	next := indicatorRule{place: place, code: in.Code, count: in.Count, rule: compiled}
	switch in.Count {
	case countRecords:
	case countPeople:
		if !s.Person {
			return fmt.Errorf("records of %s are not about people", s.Name)
		}
	case countSum, countDistinct:
		if next.value, err = r.value(s, in.Field, in.Count == countSum); err != nil {
			return err
		}
	default:
		return fmt.Errorf("unknown count %q", in.Count)
	}
	target, ok := new(big.Rat).SetString(schema.Number(in.Target))
	if !ok || target.Sign() <= 0 {
		return fmt.Errorf("the target %v is not positive", in.Target)
	}
	r.targets = append(r.targets, target)
	r.byKind[s.number].indicators = append(r.byKind[s.number].indicators, next)
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
		return value{origin: fromAttributes, place: r.layouts.registry.Attribute(field)}, nil
	default:
		return value{origin: fromRow, place: s.Index(field)}, nil
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
