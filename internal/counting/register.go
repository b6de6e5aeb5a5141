package counting

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/schema"
)

// ExitKind is the id of the kind of record, a project's own, whose last record says when a person left.
const ExitKind = "exit"

// Participant is one person of the register: a participant, whether or not they count although an attribute is missing.
type Participant struct {
	Person     string // the random id
	Entry      string // the first day on which they were a participant
	Exit       string // the day of their last record of the kind ExitKind, or ""
	Attributes []string
	Activities []Participation // by activity
	Minutes    int64           // of all consultations
	Missing    []string        // attributes, in the order of people.complete
	LeftOut    bool            // they do not count, as an attribute is missing
	Last       []string        // what LastField asked for, in its order
}

// Participation is what one participant has of one activity.
type Participation struct {
	Activity string
	State    string      // of the sign-up, "" where there is none
	Outcome  string      // of all records, see schema.Outcome; "" where there is none
	Hours    json.Number // of all records, exact; "" where none has hours
}

// LastField asks for the value of a field in the last record of a kind about each participant: by date, then as lists
// in rules over people are ordered.
type LastField struct{ Kind, Field string }

// errContinued means that a register was asked of counts that a checkpoint continues: these have no texts of records.
var errContinued = errors.New("a register needs the records themselves")

// Register returns the participants, by entry, then id, with their attributes as they are counted: those of private
// fields are hashes. Records count for it as they do for rules over people: those in the project's period, up to the
// day of the figures. Of a field that the kind does not have, or that is no open one, the last value is "".
func (f *Figures) Register(rules *Rules, last []LastField) ([]Participant, error) {
	if f.live.base != nil {
		return nil, errContinued
	}
	r := &registerer{counter: f.counter, places: make([]uint32, len(f.live.people))}
	for person, entry := range r.people {
		if entry == 0 || r.live.noPerson(uint32(person)) {
			continue
		}
		one := Participant{Person: r.live.person(uint32(person)), Entry: entry.String(), Attributes: f.attributes[person], Last: make([]string, len(last))}
		for _, place := range rules.complete.attributes {
			if one.Attributes[place] == "" {
				one.Missing = append(one.Missing, rules.layouts.registry.Attributes()[place].Name)
			}
		}
		one.LeftOut = len(one.Missing) > 0 && f.completeOnly[ParticipantsEvidence]
		r.out = append(r.out, one)
		r.places[person] = uint32(len(r.out))
	}
	r.addSignups()
	if err := r.addAttendance(); err != nil {
		return nil, err
	}
	if err := r.addAdvice(); err != nil {
		return nil, err
	}
	r.addLast(last)
	for i := range r.out {
		slices.SortFunc(r.out[i].Activities, func(a, b Participation) int { return strings.Compare(a.Activity, b.Activity) })
	}
	slices.SortFunc(r.out, func(a, b Participant) int {
		return cmp.Or(strings.Compare(a.Entry, b.Entry), strings.Compare(a.Person, b.Person))
	})
	return r.out, nil
}

// registerer adds up the records of participants.
type registerer struct {
	*counter
	places []uint32 // by person: their index in out plus 1; 0: no participant
	out    []Participant
}

// each calls a function with the records of a kind about participants, by date.
func (r *registerer) each(s *kindLayout, do func(one *Participant, ref recordRef, date day)) {
	r.eachRecord(s, r.lastDay(s), func(place, person uint32, date day) {
		if at := r.places[person]; at != 0 {
			do(&r.out[at-1], recordRef{uint32(s.number), place}, date)
		}
	})
}

// get returns a record's value of a field, "" where the kind does not have it.
func (r *registerer) get(ref recordRef, field int) string {
	if field < 0 {
		return ""
	}
	return r.figures.text(value{place: field}, ref, nil)
}

// at returns what the participant has of an activity.
func (p *Participant) at(activity string) *Participation {
	i := slices.IndexFunc(p.Activities, func(a Participation) bool { return a.Activity == activity })
	if i < 0 {
		i, p.Activities = len(p.Activities), append(p.Activities, Participation{Activity: activity})
	}
	return &p.Activities[i]
}

func (r *registerer) addSignups() {
	s := r.live.layouts.signups
	activity := s.Index("activity")
	r.each(s, func(one *Participant, ref recordRef, _ day) {
		one.at(r.get(ref, activity)).State = r.figures.signups[ref.place].state
	})
}

func (r *registerer) addAttendance() (err error) {
	s := r.live.layouts.named(schema.Attendance)
	activity, outcome, hours := s.Index("activity"), s.Index("outcome"), s.Index("hours")
	r.each(s, func(one *Participant, ref recordRef, _ day) {
		at := one.at(r.get(ref, activity))
		at.Outcome = schema.Outcome(at.Outcome, r.get(ref, outcome))
		more := r.get(ref, hours)
		if more == "" || more == schema.Refused {
			return
		}
		sum, bad := parseAmount(string(at.Hours))
		adds, wrong := parseAmount(more)
		if err = errors.Join(err, bad, wrong); err == nil {
			at.Hours = sum.add(adds).text()
		}
	})
	if err != nil {
		return fmt.Errorf("register: hours: %w", err)
	}
	return nil
}

func (r *registerer) addAdvice() (err error) {
	s := r.live.layouts.named(schema.Consultation)
	minutes := s.Index("minutes")
	r.each(s, func(one *Participant, ref recordRef, _ day) {
		said := r.get(ref, minutes)
		if said == "" || said == schema.Refused {
			return
		}
		n, bad := strconv.ParseInt(said, 10, 64)
		if bad != nil {
			err = fmt.Errorf("register: minutes: %w", errAmount)
			return
		}
		one.Minutes += n
	})
	return err
}

// addLast adds the day of the exit, and the values of each participant's last records.
func (r *registerer) addLast(last []LastField) {
	if s := r.live.layouts.named(ExitKind); s != nil && s.Person {
		r.each(s, func(one *Participant, _ recordRef, date day) { one.Exit = date.String() })
	}
	records := map[string]*personRecords{}
	for i, asked := range last {
		s := r.live.layouts.named(asked.Kind)
		if s == nil || !s.Person {
			continue
		}
		field := s.Index(asked.Field)
		if field < 0 || s.Fields[field].Privacy != schema.Open {
			continue
		}
		if records[s.Name] == nil {
			records[s.Name] = r.recordsByPerson(s, r.lastDay(s), true)
		}
		for person, at := range r.places {
			if at == 0 {
				continue
			}
			if from, to := records[s.Name].of(uint32(person), r.asOf); from < to {
				ref := recordRef{uint32(s.number), records[s.Name].places[to-1]}
				v := value{place: field}
				if field == s.date {
					v = value{origin: fromDate}
				}
				r.out[at-1].Last[i] = r.figures.text(v, ref, nil)
			}
		}
	}
}
