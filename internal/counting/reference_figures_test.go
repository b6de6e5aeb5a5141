package counting_test

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// referenceFigures works out figures, each at the end of a month, from whole lists.
type referenceFigures struct {
	*reference
	counted, later []referenceRecord // in the period, and after it
	attributes     map[string]map[string]string
	asOf           string
	attributesOf   func(day string) map[string]map[string]string
	entries        map[string]string
}

func (r *reference) indicators(f referenceFigures) (out []snapshot.Indicator) {
	f.reference = r
	for _, in := range definition.Indicators {
		out = append(out, f.indicator(in))
	}
	return out
}

// last returns the last day of an indicator: of a value, of any that it is worked out from.
func (f *referenceFigures) last(in project.Indicator) string {
	switch {
	case in.Until != "":
		return in.Until
	case in.Code == "followed" || in.Code == "value":
		return "2010-07-10"
	}
	return definition.Period.To
}

// meeting returns the records of a rule up to a month.
func (f *referenceFigures) meeting(in project.Indicator, rule, month string) (out []referenceRecord) {
	all := f.counted
	if in.Until != "" {
		all = append(slices.Clone(f.counted), f.later...)
	}
	for _, one := range all {
		if one.date[:7] <= month && one.date <= f.last(in) && meets(rule, one, f.attributes[one.person]) && !(f.leaves(in) && f.lacks(f.attributes[one.person])) {
			out = append(out, one)
		}
	}
	return out
}

func people(records []referenceRecord) map[string]bool {
	out := map[string]bool{}
	for _, one := range records {
		out[one.person] = true
	}
	return out
}

func rational(text string) *big.Rat {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return n
}

// share returns the numerator and the denominator of a share.
func (f *referenceFigures) share(in project.Indicator, month string) (both, all int64) {
	if in.Per == "records" {
		among := f.meeting(in, in.Code+" among", month)
		for _, one := range among {
			if meets(in.Code, one, f.attributes[one.person]) {
				both++
			}
		}
		return both, int64(len(among))
	}
	has, _ := f.members(in, in.Rule, in.Code, month)
	among, _ := f.members(in, *in.Among, in.Code+" among", month)
	for person := range among {
		all++
		if has[person] {
			both++
		}
	}
	return both, all
}

// valued returns the records with a value of the field.
func valued(in project.Indicator, records []referenceRecord) []referenceRecord {
	return slices.DeleteFunc(slices.Clone(records), func(one referenceRecord) bool { return one.get(in.Field) == "" })
}

// said returns what holds at the end of a month, no later than asOf.
func (f *referenceFigures) saidIn(in project.Indicator, month string) string {
	best, text := "", ""
	for _, one := range f.said {
		said := read[factSaid](one)
		day := said.AsOf
		_, number := new(big.Rat).SetString(said.Value)
		fits := number
		if len(in.Scale) > 0 {
			fits = said.Value == "good" || said.Value == "poor"
		}
		if said.Indicator != in.Code || day[:7] > month || day > f.asOf || day > f.last(in) || !fits {
			continue
		}
		if order := day + one.At.Format(time.RFC3339Nano) + one.ID; order > best {
			best, text = order, said.Value
		}
	}
	return text
}

type factSaid struct {
	Indicator string `json:"indicator"`
	AsOf      string `json:"as_of"`
	Value     string `json:"value"`
}

// exact returns the value of an indicator at the end of a month, nil for none.
func (f *referenceFigures) exact(code, month string) *big.Rat {
	in, _ := definition.Indicator(code)
	if m := f.last(in)[:7]; month > m {
		month = m
	}
	sum := new(big.Rat)
	if in.Who != "" && in.Count == "people" {
		people, _ := f.who(in, in.Code, month)
		return sum.SetInt64(int64(len(people)))
	}
	records := f.meeting(in, meetsCode(in), month)
	switch in.Count {
	case "value":
		if code == "followed" {
			return sum.Add(f.exact("follow-up", month), f.exact("trained", month))
		}
		by, share := f.exact("followed", month), f.exact("share", month)
		if by.Sign() == 0 || share == nil {
			return nil
		}
		sum.Quo(f.exact("hours", month), by)
		return sum.Sub(sum, new(big.Rat).Quo(share, big.NewRat(100, 1)))
	case "said":
		if len(in.Scale) > 0 {
			return nil
		}
		return rational(f.saidIn(in, month))
	case "share":
		both, all := f.share(in, month)
		if all == 0 {
			return nil
		}
		return big.NewRat(100*both, all)
	case "mean":
		records = valued(in, records)
		if len(records) == 0 {
			return nil
		}
		for _, one := range records {
			sum.Add(sum, rational(one.get(in.Field)))
		}
		return sum.Quo(sum, big.NewRat(int64(len(records)), 1))
	case "min", "max":
		for i, one := range valued(in, records) {
			value := rational(one.get(in.Field))
			if i == 0 || (value.Cmp(sum) < 0) == (in.Count == "min") {
				sum = value
			}
			if i == len(valued(in, records))-1 {
				return sum
			}
		}
		return nil
	case "last":
		records = valued(in, records)
		if len(records) == 0 {
			return nil
		}
		order := func(one referenceRecord) []string {
			key := []string{one.date}
			for _, field := range one.kind.KeyFields() {
				key = append(key, schema.Same(one.row[field]))
			}
			return append(key, one.row...)
		}
		last := slices.MaxFunc(records, func(a, b referenceRecord) int {
			for i, text := range order(a) {
				other := order(b)[i]
				n, m := rational(text), rational(other)
				if n != nil && m != nil {
					if c := n.Cmp(m); c != 0 {
						return c
					}
				} else if c := strings.Compare(text, other); c != 0 {
					return c
				}
			}
			return 0
		})
		return rational(last.get(in.Field))
	}
	seen := map[string]bool{}
	for _, one := range records {
		value := one.get(in.Field)
		switch in.Count {
		case "sum":
			if value != "" {
				sum.Add(sum, rational(value))
			}
			continue
		case "records":
			sum.Add(sum, big.NewRat(1, 1))
			continue
		case "people":
			value = one.person
		case "distinct":
			if in.Field == "sex" {
				value = f.attributes[one.person]["sex"]
			}
			value = schema.Same(value)
		}
		if value != "" && !seen[value] {
			seen[value] = true
			sum.Add(sum, big.NewRat(1, 1))
		}
	}
	return sum
}

// meetsCode returns the name of the rule of an indicator.
func meetsCode(in project.Indicator) string {
	if in.Count == "value" || in.Count == "said" || in.Who != "" {
		return "monitored"
	}
	return in.Code
}

// writtenTo writes a number with at most some decimals, halves away from zero.
func writtenTo(n *big.Rat, decimals int) json.Number {
	if n == nil {
		return ""
	}
	scale := new(big.Rat).SetInt64(1)
	for range decimals {
		scale.Mul(scale, big.NewRat(10, 1))
	}
	scaled := new(big.Rat).Mul(n, scale)
	half := big.NewRat(1, 2)
	if scaled.Sign() < 0 {
		half.Neg(half)
	}
	scaled.Add(scaled, half)
	return referenceNumber(new(big.Rat).Quo(new(big.Rat).SetInt(new(big.Int).Quo(scaled.Num(), scaled.Denom())), scale))
}

func (f *referenceFigures) indicator(in project.Indicator) snapshot.Indicator {
	const end = "9999-99"
	i := snapshot.Indicator{Code: in.Code, By: snapshot.Breakdowns{}}
	if !in.Monitored {
		i.Target = referenceNumber(rational(strconv.FormatFloat(in.Target, 'f', -1, 64)))
	}
	derived := slices.Contains([]string{"share", "mean", "min", "max", "last", "value", "said"}, in.Count)
	decimals := 2
	if derived {
		decimals = in.Decimals
	}
	if in.Count == "said" || in.Count == "sum" && in.Field == "quantity" {
		decimals = 4
	}
	records := f.meeting(in, meetsCode(in), end)
	switch in.Count {
	case "value", "said":
		records = nil
	case "mean", "min", "max", "last":
		records = valued(in, records)
	case "share":
		i.Numerator, i.Denominator = f.share(in, end)
		within, among := f.members(in, *in.Among, in.Code+" among", end)
		i.People = int64(len(within))
		if in.Per == "records" {
			records = among
			break
		}
		_, of := f.members(in, in.Rule, in.Code, end)
		records = among
		for _, one := range of {
			same := func(other referenceRecord) bool {
				return other.kind == one.kind && other.date == one.date && other.person == one.person && slices.Equal(other.row, one.row)
			}
			if within[one.person] && !slices.ContainsFunc(among, same) {
				records = append(records, one)
			}
		}
	case "people":
		if in.Who != "" {
			_, records = f.who(in, in.Code, end)
		}
	}
	i.Records = int64(len(records))
	if derived || len(in.By) > 0 {
		i.Count = in.Count
		if in.Count != "share" && len(records) > 0 && records[0].kind.Person {
			i.People = int64(len(people(records)))
		}
	}
	if in.Count == "people" {
		counted := people(records)
		if in.Who != "" {
			counted, _ = f.who(in, in.Code, end)
		}
		i.By = referenceBreakdowns(f.firstDays(in, counted, records), f.shown(f.attributes))
	}
	for _, field := range in.By {
		codes := map[string][]string{"outcome": {"completed", "withdrew", "attended"}, "kind": nil}[field]
		var parts snapshot.Breakdown
		for _, code := range append(codes, "unknown") {
			sum := new(big.Rat)
			for _, one := range records {
				fits := one.get(field) == code || code == "unknown" && !slices.Contains(codes, one.get(field))
				switch {
				case !fits:
				case in.Count == "records":
					sum.Add(sum, big.NewRat(1, 1))
				case one.get(in.Field) != "":
					sum.Add(sum, rational(one.get(in.Field)))
				}
			}
			parts = append(parts, snapshot.Part{Code: code, Amount: writtenTo(sum, decimals)})
		}
		i.By[field] = parts
	}
	if in.TargetBy != nil {
		i.TargetBy = map[string]map[string]json.Number{"sex": {"female": "2"}}
	}
	if in.Code == "followed" {
		i.From = []string{"follow-up", "trained"}
	}
	if in.Code == "value" {
		i.From = []string{"hours", "followed", "share"}
	}
	before := new(big.Rat)
	for _, month := range []string{"2010-01", "2010-02", "2010-03", "2010-04", "2010-05", "2010-06", "2010-07"} {
		if f.asOf < definition.Period.From || month > f.asOf[:7] || month > f.last(in)[:7] || len(in.Scale) > 0 {
			break
		}
		total := writtenTo(f.exact(in.Code, month), decimals)
		now := rational(string(total))
		if now == nil {
			now = new(big.Rat)
		}
		i.ByMonth = append(i.ByMonth, snapshot.Month{Month: month, Added: writtenTo(new(big.Rat).Sub(now, before), decimals), Total: total})
		before = now
	}
	value := f.exact(in.Code, end)
	if f.asOf < definition.Period.From {
		switch {
		case in.Count == "said":
		case derived:
			if value != nil && in.Code != "followed" {
				value = nil
			}
		}
	}
	i.Achieved = writtenTo(value, decimals)
	if len(in.Scale) > 0 {
		i.Said = f.saidIn(in, end)
	}
	i.Percent, i.Status = f.judged(in, value, derived, len(records) > 0 || in.Count == "said" && value != nil || in.Count == "value")
	return i
}

// judged works out the percentage and the status.
func (f *referenceFigures) judged(in project.Indicator, value *big.Rat, derived, started bool) (json.Number, string) {
	if in.Monitored {
		return "", "monitored"
	}
	day := func(s string) int64 {
		t, _ := time.Parse(time.DateOnly, s)
		from, _ := time.Parse(time.DateOnly, definition.Period.From)
		return int64(t.Sub(from).Hours()/24) + 1
	}
	end := f.last(in)
	target := rational(strconv.FormatFloat(in.Target, 'f', -1, 64))
	passed := max(min(day(f.asOf), day(end)), 0)
	hundred := big.NewRat(100, 1)
	percent := func(n *big.Rat) json.Number { return json.Number(roundedTo(n, 10).FloatString(1)) }
	down, base := in.Direction == "down", in.Baseline != nil
	switch {
	case value == nil:
		return "", "not-started"
	case target.Sign() == 0:
		if value.Sign() <= 0 {
			return "", "achieved"
		}
		return "", "behind"
	case down && !base:
		switch {
		case !started:
			return "", "not-started"
		case value.Cmp(target) <= 0:
			return "", "achieved"
		}
		return "", "behind"
	case down:
		from := rational(strconv.FormatFloat(in.Baseline.Value, 'f', -1, 64))
		if !started {
			return "0.0", "not-started"
		}
		way := new(big.Rat).Sub(from, target)
		share := new(big.Rat).Quo(new(big.Rat).Mul(new(big.Rat).Sub(from, value), hundred), way)
		if share.Sign() < 0 {
			share = new(big.Rat)
		}
		line := new(big.Rat).Sub(from, new(big.Rat).Mul(way, big.NewRat(passed, day(end))))
		switch {
		case value.Cmp(target) <= 0:
			return percent(share), "achieved"
		case value.Cmp(from) == 0:
			return percent(share), "not-started"
		case value.Cmp(line) <= 0:
			return percent(share), "on-track"
		}
		return percent(share), "behind"
	}
	counted := value
	if !derived && in.Field != "quantity" {
		counted = roundedTo(value, 100)
	}
	share := new(big.Rat).Quo(new(big.Rat).Mul(counted, hundred), target)
	if len(in.Targets) > 0 {
		first, second := big.NewRat(day("2010-03-01"), 1), big.NewRat(day("2010-06-01"), 1)
		now := big.NewRat(max(day(f.asOf), 0), 1)
		line := big.NewRat(4, 1)
		switch {
		case now.Cmp(first) < 0:
			line = new(big.Rat).Quo(now, first)
		case now.Cmp(second) < 0:
			line = new(big.Rat).Add(big.NewRat(1, 1), new(big.Rat).Mul(big.NewRat(3, 1), new(big.Rat).Quo(new(big.Rat).Sub(now, first), new(big.Rat).Sub(second, first))))
		}
		switch {
		case value.Cmp(target) >= 0:
			return percent(share), "achieved"
		case value.Sign() == 0:
			return percent(share), "not-started"
		case value.Cmp(line) >= 0:
			return percent(share), "on-track"
		}
		return percent(share), "behind"
	}
	said := percent(share)
	if share.Sign() < 0 {
		if said = json.Number(share.FloatString(1)); said == "-0.0" {
			said = "0.0"
		}
	}
	judged := share
	if !derived {
		judged = roundedTo(share, 10)
	}
	switch {
	case judged.Cmp(hundred) >= 0:
		return said, "achieved"
	case judged.Sign() == 0:
		return said, "not-started"
	case judged.Cmp(new(big.Rat).Mul(hundred, big.NewRat(passed, day(end)))) >= 0:
		return said, "on-track"
	}
	return said, "behind"
}
