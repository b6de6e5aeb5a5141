package counting_test

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// reference is a slow and plain implementation to compare with: whole lists, searched for each question.
type reference struct {
	entered   []fact.RecordEntered
	enteredAt []time.Time
	voided    []fact.RecordVoided
	accepted  []fact.UploadAccepted
	withdrawn []string
	merged    []fact.PersonMerged
	corrected []fact.Fact
	signups   []fact.Signup
	moved     []fact.SignupMoved
	said      []fact.Fact

	complete   []string // attributes
	incomplete string
}

// lacks reports whether a person with some attributes is incomplete.
func (r *reference) lacks(attributes map[string]string) bool {
	return slices.ContainsFunc(r.complete, func(name string) bool { return attributes[name] == "" })
}

// leaves reports whether an indicator leaves incomplete people out.
func (r *reference) leaves(in project.Indicator) bool {
	if in.Count != "people" && in.Count != "share" || in.Per == "records" {
		return false
	}
	asks := []string{"women", "young", "share-of-women", "who-better", "who-soon", "who-nothing"}
	return r.incomplete == "nowhere" || r.incomplete == "total" && slices.Contains(asks, in.Code)
}

// shown returns the attributes by which people are broken down.
func (r *reference) shown(attributes map[string]map[string]string) map[string]map[string]string {
	if r.incomplete != "total" {
		return attributes
	}
	out := map[string]map[string]string{}
	for person, known := range attributes {
		if !r.lacks(known) {
			out[person] = known
		}
	}
	return out
}

type referenceRecord struct {
	kind   *schema.Kind
	date   string
	person string
	row    schema.Row
	state  string
}

func (r referenceRecord) get(field string) string { return r.kind.Get(r.row, field) }

func (r referenceRecord) number(field string) float64 {
	n, _ := strconv.ParseFloat(r.get(field), 64)
	return n
}

func refer(h *history) *reference {
	r := &reference{}
	for _, f := range h.facts {
		switch f.Kind {
		case fact.KindRecordEntered:
			r.entered = append(r.entered, read[fact.RecordEntered](f))
			r.enteredAt = append(r.enteredAt, f.At)
		case fact.KindRecordVoided:
			r.voided = append(r.voided, read[fact.RecordVoided](f))
		case fact.KindUploadAccepted:
			r.accepted = append(r.accepted, read[fact.UploadAccepted](f))
		case fact.KindUploadWithdrawn:
			r.withdrawn = append(r.withdrawn, read[fact.UploadWithdrawn](f).Upload)
		case fact.KindPersonMerged:
			r.merged = append(r.merged, read[fact.PersonMerged](f))
		case fact.KindPersonAttributes:
			r.corrected = append(r.corrected, f)
		case fact.KindIndicatorSaid:
			r.said = append(r.said, f)
		case fact.KindSignup:
			r.signups = append(r.signups, read[fact.Signup](f))
		case fact.KindSignupMoved:
			r.moved = append(r.moved, read[fact.SignupMoved](f))
		}
	}
	return r
}

func read[T any](f fact.Fact) (data T) {
	if err := json.Unmarshal(f.Data, &data); err != nil {
		panic(err)
	}
	return data
}

// who calls all ids of one person by the smallest of them.
func (r *reference) who(person string) string {
	ids := []string{person}
	for range r.merged {
		for _, m := range r.merged {
			if slices.Contains(ids, m.Person) || slices.Contains(ids, m.Into) {
				ids = append(ids, m.Person, m.Into)
			}
		}
	}
	return slices.Min(ids)
}

func (r *reference) counts(upload string) bool {
	return !slices.Contains(r.withdrawn, upload) && slices.ContainsFunc(r.accepted, func(u fact.UploadAccepted) bool { return u.Upload == upload })
}

func (r *reference) records(h *history) []referenceRecord {
	type layer struct {
		key, name string
		at        time.Time
		row       int
		referenceRecord
	}
	var layers []layer
	for i, entered := range r.entered {
		higher := slices.ContainsFunc(r.entered, func(o fact.RecordEntered) bool { return o.Record == entered.Record && o.Version > entered.Version }) ||
			slices.ContainsFunc(r.voided, func(o fact.RecordVoided) bool { return o.Record == entered.Record && o.Version > entered.Version })
		if higher {
			continue
		}
		k, who := schema.Builtin().Kind(entered.Kind), ""
		if k.Person {
			who = r.who(entered.Person)
		}
		row := k.Row(entered.Values)
		layers = append(layers, layer{key: k.NaturalKey(who, row), name: entered.Record, at: r.enteredAt[i],
			referenceRecord: referenceRecord{kind: k, date: k.Get(row, "date"), person: who, row: row}})
	}
	for _, u := range r.accepted {
		k := schema.Builtin().Plural(u.Kind)
		for pack, lines := range h.packs {
			if pack.Upload != u.Upload || !r.counts(u.Upload) {
				continue
			}
			for _, line := range lines {
				who, person := "", ""
				switch {
				case k.Person:
					person = r.who(line.Person)
					who = person
				case k.Name == "media":
					who = u.Owner
				}
				layers = append(layers, layer{key: k.NaturalKey(who, line.Values), name: u.Object + "\x00" + u.Upload, at: u.Arrived, row: line.Row,
					referenceRecord: referenceRecord{kind: k, date: k.Get(line.Values, "date"), person: person, row: line.Values}})
			}
		}
	}
	var out []referenceRecord
	for _, l := range layers {
		later := func(o layer) bool {
			switch {
			case o.key != l.key:
				return false
			case !o.at.Equal(l.at):
				return o.at.After(l.at)
			case o.name != l.name:
				return o.name > l.name
			default:
				return o.row > l.row
			}
		}
		if !slices.ContainsFunc(layers, later) {
			out = append(out, l.referenceRecord)
		}
	}
	return out
}

type referenceSignup struct {
	made    fact.Signup
	person  string
	state   string
	entries []fact.Signup
}

func (r *reference) liveSignups() []referenceSignup {
	var live []referenceSignup
	for _, made := range r.signups {
		if made.State == "" || made.Upload != "" && !r.counts(made.Upload) {
			continue
		}
		s := referenceSignup{made: made, person: made.Person, state: made.State}
		for version := range 10 {
			for _, m := range r.moved {
				if m.Signup == made.Signup && m.Version == version {
					s.state = m.State
				}
			}
		}
		if s.state == "cancelled" {
			continue
		}
		s.person = r.who(s.person)
		for _, e := range r.signups {
			if e.Signup == made.Signup && (e.Upload == "" || r.counts(e.Upload)) {
				s.entries = append(s.entries, e)
			}
		}
		live = append(live, s)
	}
	slices.SortFunc(live, func(a, b referenceSignup) int {
		if c := a.made.Submitted.Compare(b.made.Submitted); c != 0 {
			return c
		}
		return strings.Compare(a.made.Signup, b.made.Signup)
	})
	var out []referenceSignup
	for _, s := range live {
		i := slices.IndexFunc(out, func(o referenceSignup) bool {
			return o.person == s.person && o.made.Values.Get("activity") == s.made.Values.Get("activity")
		})
		if i < 0 {
			out = append(out, s)
			continue
		}
		out[i].entries = append(out[i].entries, s.entries...)
		for _, better := range []string{"accepted", "held"} {
			if s.state == better || out[i].state == better {
				out[i].state = better
				break
			}
		}
	}
	return out
}

func (r *reference) attributes(h *history, signups []referenceSignup, asOf string) map[string]map[string]string {
	type given struct {
		person string
		fact.Signup
	}
	var all []given
	for _, s := range signups {
		if definition.Day(s.made.Submitted) > asOf {
			continue
		}
		for _, e := range s.entries {
			if definition.Day(e.Submitted) <= asOf {
				all = append(all, given{s.person, e})
			}
		}
	}
	slices.SortFunc(all, func(a, b given) int {
		if c := a.Submitted.Compare(b.Submitted); c != 0 {
			return c
		}
		return strings.Compare(a.Entry, b.Entry)
	})
	out := map[string]map[string]string{}
	for _, g := range all {
		for _, name := range schema.Builtin().AttributeNames() {
			value := g.Values.Get(name)
			if out[g.person] == nil {
				out[g.person] = map[string]string{}
			}
			if value != "" && out[g.person][name] == "" {
				out[g.person][name] = value
			}
		}
	}
	derived := map[string]map[string]string{}
	derive := func(person string, values schema.Values) {
		who := r.who(person)
		for _, v := range values.All() {
			if derived[who] == nil {
				derived[who] = map[string]string{}
			}
			if before, is := derived[who][v.Field]; !is || v.Text < before {
				derived[who][v.Field] = v.Text
			}
		}
	}
	for _, s := range r.signups {
		derive(s.Person, s.Derived)
	}
	for _, e := range r.entered {
		derive(e.Person, e.Derived)
	}
	for pack, lines := range h.packs {
		for _, line := range lines {
			if r.counts(pack.Upload) {
				derive(line.Person, line.Derived)
			}
		}
	}
	for who, values := range derived {
		for name, text := range values {
			if out[who] == nil {
				out[who] = map[string]string{}
			}
			if out[who][name] == "" {
				out[who][name] = text
			}
		}
	}
	slices.SortFunc(r.corrected, func(a, b fact.Fact) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, f := range r.corrected {
		c := read[fact.PersonAttributes](f)
		who := r.who(c.Person)
		if out[who] == nil {
			out[who] = map[string]string{}
		}
		for _, value := range c.Values.All() {
			out[who][value.Field] = value.Text
		}
		for _, name := range c.Cleared {
			out[who][name] = ""
		}
	}
	return out
}

// The rules of the test's definition, in Go.
func meets(code string, r referenceRecord, attributes map[string]string) bool {
	switch code {
	case "trained":
		return r.kind.Name == "attendance" && r.get("outcome") == "completed"
	case "monitored", "no-tests", "fewer-tests", "few-tests":
		return r.kind.Name == "test"
	case "share among":
		return r.kind.Name == "attendance" && r.get("outcome") != "withdrew"
	case "share-of-records":
		return r.kind.Name == "attendance" && r.number("hours") > 1
	case "share-of-records among":
		return r.kind.Name == "attendance" && r.get("outcome") == "completed"
	case "share-of-women":
		return r.kind.Name == "signup" && attributes["sex"] == "female"
	case "share-of-women among":
		return r.kind.Name == "signup"
	case "max":
		return r.kind.Name == "output" && r.get("kind") == "spot"
	case "last", "kinds", "amounts":
		return r.kind.Name == "output"
	case "advised", "follow-up", "share":
		return r.kind.Name == "consultation"
	case "by-date", "hours", "sexes", "mean", "min", "last-hours", "outcomes", "who-mixed":
		return r.kind.Name == "attendance"
	case "reach":
		return r.kind.Name == "media" && (r.get("medium") == "tv" || r.get("medium") == "radio")
	case "titles":
		return r.kind.Name == "output"
	case "places":
		return r.kind.Name == "signup" && r.state == "accepted"
	case "women":
		return r.kind.Name == "test" && r.number("post_score") > r.number("pre_score") && attributes["sex"] == "female"
	case "activities":
		return r.kind.Name == "signup"
	case "young":
		return r.kind.Name == "signup" && attributes["birth_year"] >= "1980"
	case "participants":
		return meets("trained", r, attributes) || meets("advised", r, attributes)
	}
	panic(code)
}

func (r *reference) count(h *history, asOf string) snapshot.Snapshot {
	signups := r.liveSignups()
	attributes := r.attributes(h, signups, asOf)
	all := r.records(h)
	for _, s := range signups {
		all = append(all, referenceRecord{kind: schema.Builtin().Kind("signup"), date: definition.Day(s.made.Submitted), person: s.person, row: schema.Builtin().Kind("signup").Row(s.made.Values), state: s.state})
	}
	out := snapshot.Snapshot{Project: definition.ID, AsOf: asOf, Reach: snapshot.Reach{Population: 1000}}
	var counted, later []referenceRecord
	product := new(big.Rat).SetInt64(1)
	for _, one := range all {
		last := definition.Period.To
		if one.kind.Name == "consultation" || one.kind.Name == "signup" {
			last = "2010-07-10" // the last day of an indicator of these
		}
		if one.date < definition.Period.From || one.date > last {
			out.Quality.RecordsOutsidePeriod++
		} else if one.date <= asOf && one.date > definition.Period.To {
			later = append(later, one)
		} else if one.date <= asOf {
			counted = append(counted, one)
			if one.kind.Name == "media" {
				reach := int64(one.number("reach"))
				out.Reach.Airings++
				out.Reach.Sum += reach
				out.Reach.Low = max(out.Reach.Low, reach)
				product.Mul(product, big.NewRat(1000-reach, 1000))
			}
		}
	}
	out.Reach.High = min(out.Reach.Sum, 1000)
	missed, _ := product.Float64()
	out.Reach.Estimate = int64(math.Floor(1000*(1-missed) + 0.5))

	first := func(code string) map[string]string {
		days := map[string]string{}
		for _, one := range counted {
			if meets(code, one, attributes[one.person]) && (days[one.person] == "" || one.date < days[one.person]) {
				days[one.person] = one.date
			}
		}
		return days
	}
	entries := first("participants")
	participants := map[string]string{}
	for person, day := range entries {
		if r.lacks(attributes[person]) {
			out.Quality.Incomplete++
			if r.incomplete == "nowhere" {
				continue
			}
		}
		participants[person] = day
	}
	out.Participants = snapshot.Participants{Total: int64(len(participants)), Target: 3, By: referenceBreakdowns(participants, r.shown(attributes))}
	for person := range participants {
		known := false
		for _, value := range attributes[person] {
			known = known || value != ""
		}
		if !known {
			out.Quality.PeopleWithoutAttributes++
		}
	}

	out.Indicators = r.indicators(referenceFigures{counted: counted, later: later, attributes: attributes, asOf: asOf, entries: entries,
		attributesOf: func(day string) map[string]map[string]string { return r.attributes(h, signups, day) }})
	return out
}

func roundedTo(n *big.Rat, parts int64) *big.Rat {
	scaled := new(big.Rat).Add(new(big.Rat).Mul(n, big.NewRat(parts, 1)), big.NewRat(1, 2))
	return big.NewRat(new(big.Int).Quo(scaled.Num(), scaled.Denom()).Int64(), parts)
}

func referenceNumber(n *big.Rat) json.Number {
	f, _ := n.Float64()
	return json.Number(strconv.FormatFloat(f, 'f', -1, 64))
}

func referenceBreakdowns(first map[string]string, attributes map[string]map[string]string) snapshot.Breakdowns {
	codes := map[string][]string{
		"sex": {"female", "male", "other"}, "education": {"isced-0-2", "isced-3-4", "isced-5-8"},
		"labour_status": {"employed", "self-employed", "unemployed", "inactive"}, "residence": {"urban", "rural"},
		"disability": {"yes", "no"}, "group": {"authority", "individual"}, "age": {"0-24", "25-54", "55+"},
	}
	out := snapshot.Breakdowns{}
	for dimension, list := range codes {
		parts := snapshot.Breakdown{}
		for _, code := range append(list, "unknown") {
			part := snapshot.Part{Code: code}
			for person, day := range first {
				value := attributes[person][dimension]
				if dimension == "age" {
					value = referenceAge(attributes[person]["birth_year"], day)
				}
				if value == "" {
					value = "unknown"
				}
				if value == code {
					part.People++
				}
			}
			parts = append(parts, part)
		}
		out[dimension] = parts
	}
	return out
}

func referenceAge(birth, day string) string {
	if birth == "" {
		return ""
	}
	born, _ := strconv.Atoi(birth)
	year, _ := strconv.Atoi(day[:4])
	switch age := year - born; {
	case age < 0:
		return ""
	case age <= 24:
		return "0-24"
	case age <= 54:
		return "25-54"
	default:
		return "55+"
	}
}
