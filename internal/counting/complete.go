package counting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"outreach/internal/project"
)

// completeness is which attributes a complete participant has, and where others count.
type completeness struct {
	attributes []int  // by place among the registry's attributes; none: everybody is complete
	incomplete string // project.CountedInTotals or project.CountedNowhere; "": everywhere
}

func (r *Rules) completenessOf(def *project.Definition) (completeness, error) {
	var out completeness
	for _, name := range def.People.Complete {
		place := r.layouts.registry.Attribute(name)
		if place < 0 {
			return out, fmt.Errorf("people.complete: there is no attribute %q", name)
		}
		out.attributes = append(out.attributes, place)
	}
	if len(out.attributes) > 0 && def.People.Incomplete != project.CountedEverywhere {
		out.incomplete = def.People.Incomplete
	}
	return out, nil
}

// has reports whether none of the attributes that are needed is missing. One that was refused is not.
func (c completeness) has(attributes []string) bool {
	for _, place := range c.attributes {
		if attributes[place] == "" {
			return false
		}
	}
	return true
}

// leavesOut sets which rules of a figure have complete people alone: where incomplete people count nowhere those of
// every figure of people, and where they count in totals those of a figure that asks for an attribute: it is a part of
// a total.
func (r *Rules) leavesOut(place int) {
	var of []*indicatorRule
	var over []*personRule
	asks := false
	for i := range r.byKind {
		for j := range r.byKind[i].indicators {
			if in := &r.byKind[i].indicators[j]; in.figure == place && in.count == countPeople {
				of = append(of, in)
				asks = asks || in.rule.UsesAttributes()
			}
		}
	}
	for i := range r.people {
		if in := &r.people[i]; in.figure == place {
			over = append(over, in)
			asks = asks || in.rule.UsesAttributes()
		}
	}
	leaves := r.complete.incomplete == project.CountedNowhere || r.complete.incomplete == project.CountedInTotals && asks
	for _, in := range of {
		in.completeOnly = leaves
	}
	for _, in := range over {
		in.completeOnly = leaves
	}
	r.figures[place].completeOnly = leaves && len(of)+len(over) > 0
}

// findIncomplete finds who lacks an attribute on the day of the snapshot. It must be called after the attributes were
// set.
func (c *counter) findIncomplete() {
	if len(c.rules.complete.attributes) == 0 {
		return
	}
	c.incomplete = make([]bool, len(c.live.people))
	for person := range c.live.people {
		c.incomplete[person] = !c.rules.complete.has(c.attributes[person])
	}
	c.figures.incomplete = c.incomplete
}

// lacks reports whether a person lacks an attribute on the day of the snapshot.
func (c *counter) lacks(person uint32) bool { return c.incomplete != nil && c.incomplete[person] }

// shown returns the attributes by which a person is in breakdowns: none of somebody who counts in totals alone.
func (c *counter) shown(person int) []string {
	if c.rules.complete.incomplete == project.CountedInTotals && c.incomplete[person] {
		return c.none
	}
	return c.attributes[person]
}

// reportIncomplete counts the participants who lack an attribute, and returns those who count.
func (c *counter) reportIncomplete() firstDays {
	if c.incomplete == nil {
		return c.people
	}
	c.figures.concerned = c.findConcerned()
	counted := slices.Clone(c.people)
	for person, date := range c.people {
		if date != 0 && c.incomplete[person] {
			c.figures.Quality.Incomplete++
			if c.rules.complete.incomplete == project.CountedNowhere {
				counted[person] = 0
			}
		}
	}
	c.figures.completeOnly[ParticipantsEvidence] = c.rules.complete.incomplete == project.CountedNowhere
	return counted
}

// leftOut reports whether a record is in the evidence of a figure of which it is left out, as its person is incomplete.
func (f *Figures) leftOut(code string, r recordRef) bool {
	return f.completeOnly[code] && f.incomplete[f.person(r)]
}

// Lacking is a person who counts, or would count if they were complete, and what they lack.
type Lacking struct {
	Person     string   // the random id
	Since      string   // the day of their first record that counts
	Missing    []string // attributes, in the order of people.complete
	Activities []string // to which they signed up
}

// Lacking returns the participants and other people behind figures who lack an attribute on the day of the snapshot, by
// day, then id.
func (f *Figures) Lacking(rules *Rules) []Lacking {
	if f.incomplete == nil {
		return nil
	}
	activity := f.live.layouts.signups.Index("activity")
	activities := map[uint32][]string{}
	for i := range f.signups {
		made := &f.signups[i]
		if name := f.live.texts.all[made.values[activity]]; f.incomplete[made.person] && made.date.String() <= f.AsOf && !slices.Contains(activities[made.person], name) {
			activities[made.person] = append(activities[made.person], name)
		}
	}
	var out []Lacking
	for person, date := range f.concerned {
		if date == 0 || !f.incomplete[person] {
			continue
		}
		one := Lacking{Person: f.live.person(uint32(person)), Since: date.String(), Activities: activities[uint32(person)]}
		for _, place := range rules.complete.attributes {
			if f.attributes[person][place] == "" {
				one.Missing = append(one.Missing, rules.layouts.registry.Attributes()[place].Name)
			}
		}
		slices.Sort(one.Activities)
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Lacking) int {
		return cmp.Or(strings.Compare(a.Since, b.Since), strings.Compare(a.Person, b.Person))
	})
	return out
}

// findConcerned finds the people whom figures of people are about, with those who are left out.
func (c *counter) findConcerned() firstDays {
	out := slices.Clone(c.people)
	for i := range c.accumulators {
		t := &c.accumulators[i]
		if t.members == nil && (t.rule == nil || t.rule.count != countPeople) {
			continue
		}
		for _, r := range t.evidence {
			if person := c.figures.person(r); !c.live.noPerson(person) {
				out.add(person, c.figures.date(r))
			}
		}
		for person, date := range t.people {
			if date != 0 {
				out.add(uint32(person), date)
			}
		}
	}
	return out
}
