package counting_test

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// referencePerson is a person as a rule over people sees them on a day.
type referencePerson struct {
	attributes map[string]string
	entry      string
	all        []referenceRecord
}

func (p referencePerson) list(kind string) (out []referenceRecord) {
	for _, one := range p.all {
		if one.kind.Name == kind {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b referenceRecord) int {
		order := func(one referenceRecord) string {
			key := []string{one.date}
			for _, field := range one.kind.KeyFields() {
				key = append(key, schema.Same(one.row[field]))
			}
			return strings.Join(key, "\x00")
		}
		return strings.Compare(order(a), order(b))
	})
	return out
}

// holds are the rules over people of the test's definition, in Go, and the kinds whose lists they name.
func holds(who string, p referencePerson) (bool, []string) {
	hours := new(big.Rat)
	for _, one := range p.list("attendance") {
		if text := one.get("hours"); text != "" {
			hours.Add(hours, rational(text))
		}
	}
	switch who {
	case "who-hours":
		return hours.Cmp(rational("4.510")) >= 0, []string{"attendance"}
	case "who-better":
		better := slices.ContainsFunc(p.list("test"), func(one referenceRecord) bool { return one.number("post_score") > one.number("pre_score") })
		return better && p.attributes["sex"] == "female", []string{"test"}
	case "who-soon":
		soon := slices.ContainsFunc(p.list("consultation"), func(one referenceRecord) bool {
			if p.entry == "" {
				return false
			}
			from, _ := time.Parse(time.DateOnly, p.entry)
			to, _ := time.Parse(time.DateOnly, one.date)
			return to.Sub(from) > 0 && to.Sub(from) <= 50*24*time.Hour
		})
		return soon || p.attributes["birth_year"] >= "1990", []string{"consultation"}
	case "who-once":
		return len(p.list("attendance")) == 1 && p.entry != "2010-02-28" && p.entry != "", []string{"attendance"}
	case "who-last":
		all := p.list("consultation")
		return len(all) > 0 && all[len(all)-1].get("field") != "law", []string{"consultation"}
	case "who-nothing":
		return len(p.list("test"))+len(p.list("consultation")) == 0 && p.attributes["sex"] != "male", []string{"test", "consultation"}
	case "who-share", "who-mixed among":
		return slices.ContainsFunc(p.list("signup"), func(one referenceRecord) bool { return one.state == "accepted" }), []string{"signup"}
	case "who-share among":
		return len(p.list("attendance")) < 2, []string{"attendance"}
	}
	panic(who)
}

// who returns the people for whom a rule holds at the end of a month, and their records in the lists that it names.
func (f *referenceFigures) who(in project.Indicator, rule, month string) (people map[string]bool, records []referenceRecord) {
	end := min(f.last(in), f.asOf)
	on, known := month+"-31", f.attributes
	if on < end && month < f.last(in)[:7] && month < f.asOf[:7] {
		known = f.attributesOf(on)
	} else {
		on = end
	}
	byPerson := map[string]*referencePerson{}
	for _, one := range append(slices.Clone(f.counted), f.later...) {
		if one.date > on || !one.kind.Person {
			continue
		}
		p := byPerson[one.person]
		if p == nil {
			p = &referencePerson{attributes: known[one.person]}
			if entry := f.entries[one.person]; entry <= on {
				p.entry = entry
			}
			byPerson[one.person] = p
		}
		p.all = append(p.all, one)
	}
	people = map[string]bool{}
	for person, p := range byPerson {
		is, kinds := holds(rule, *p)
		if !is || f.leaves(in) && f.lacks(p.attributes) {
			continue
		}
		people[person] = true
		for _, one := range p.all {
			if slices.Contains(kinds, one.kind.Name) {
				records = append(records, one)
			}
		}
	}
	return people, records
}

// members returns the people of a rule over records or people at the end of a month, and their records.
func (f *referenceFigures) members(in project.Indicator, of project.Rule, rule, month string) (map[string]bool, []referenceRecord) {
	if of.Who != "" {
		return f.who(in, rule, month)
	}
	records := f.meeting(in, rule, month)
	return people(records), records
}

// firstDays returns the day by which the age of each of some people is told.
func (f *referenceFigures) firstDays(in project.Indicator, people map[string]bool, records []referenceRecord) map[string]string {
	days := map[string]string{}
	add := func(all []referenceRecord) {
		for _, one := range all {
			if people[one.person] && (days[one.person] == "" || one.date < days[one.person]) {
				days[one.person] = one.date
			}
		}
	}
	add(records)
	var without []referenceRecord
	for person := range people {
		if days[person] != "" {
			continue
		}
		if entry := f.entries[person]; entry != "" && entry <= f.last(in) {
			days[person] = entry
			continue
		}
		for _, one := range append(slices.Clone(f.counted), f.later...) {
			if one.person == person && one.kind.Person {
				without = append(without, one)
			}
		}
	}
	add(without)
	return days
}
