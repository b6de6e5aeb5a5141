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

// What indicators count.
const (
	countPeople   = "people"
	countRecords  = "records"
	countSum      = "sum"
	countDistinct = "distinct"
)

// ParticipantsEvidence is what Found.Evidence calls the participants, among the indicators' codes.
const ParticipantsEvidence = "participants"

// Rules are a definition's rules and lists, made ready to count with. They do not change.
type Rules struct {
	shapes  *shapes
	byShape []shapeRules
	targets []*big.Rat // by indicator
	bands   []band
}

// shapeRules are the rules over one kind of record.
type shapeRules struct {
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

// value is where a record's value of a field comes from, as in rules: its row, its date, a sign-up's state, or the
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

// NewRules compiles the rules of a definition over the kinds of its registry. A checked definition gives no error.
func NewRules(def *project.Definition, registry *schema.Registry) (*Rules, error) {
	shapes := newShapes(registry)
	r := &Rules{shapes: shapes, byShape: make([]shapeRules, len(shapes.all))}
	codes := map[string]bool{ParticipantsEvidence: true}
	for i, in := range def.Indicators {
		if codes[in.Code] {
			return nil, fmt.Errorf("indicator %q: the code is taken", in.Code)
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
			return nil, fmt.Errorf("participants: a record of %s is about nobody", s.Name)
		}
		r.byShape[s.number].participants = append(r.byShape[s.number].participants, compiled)
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

func (r *Rules) compile(from project.Rule) (*shape, *rule.Rule, error) {
	s := r.shapes.named(from.Of)
	if s == nil || s.Name != from.Of {
		return nil, nil, fmt.Errorf("there are no records of %q", from.Of)
	}
	compiled, err := rule.Compile(r.shapes.registry, s.Kind, from.Where)
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
			return fmt.Errorf("a record of %s is about nobody", s.Name)
		}
	case countSum, countDistinct:
		if next.value, err = r.value(s, in.Field, in.Count == countSum); err != nil {
			return err
		}
	default:
		return fmt.Errorf("there is no count %q", in.Count)
	}
	target, ok := new(big.Rat).SetString(schema.Number(in.Target))
	if !ok || target.Sign() <= 0 {
		return fmt.Errorf("the target %v is not above 0", in.Target)
	}
	r.targets = append(r.targets, target)
	r.byShape[s.number].indicators = append(r.byShape[s.number].indicators, next)
	return nil
}

func (r *Rules) value(s *shape, field string, numeric bool) (value, error) {
	variables := rule.Variables(r.shapes.registry, s.Kind)
	i := slices.IndexFunc(variables, func(v rule.Variable) bool { return v.Name == field })
	switch {
	case i < 0:
		return value{}, fmt.Errorf("a record of %s has no %q", s.Name, field)
	case numeric && !variables[i].Numeric:
		return value{}, fmt.Errorf("%q is not a number", field)
	case field == "date":
		return value{origin: fromDate}, nil
	case field == "state" && s == r.shapes.signups:
		return value{origin: fromState}, nil
	case s.Person && r.shapes.registry.Attribute(field) >= 0:
		return value{origin: fromAttributes, place: r.shapes.registry.Attribute(field)}, nil
	default:
		return value{origin: fromRow, place: s.Index(field)}, nil
	}
}

// parseBand reads "25-54" or "55+".
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
