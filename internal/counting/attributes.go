package counting

import "slices"

// attributesOf has what says the attributes of each person: each attribute is taken from the earliest sending of a form
// that gives it, else from a PESEL; or from the last correction, made on whatever day.
type attributesOf struct {
	live        *Live
	starts      []uint32     // by person: where their entries begin, and one more
	entries     []datedEntry // by person, then submission
	derived     []derivation // by person: of several the first in the order of texts counts
	corrections map[uint32][]*correction
}

// datedEntry is a sending of a live sign-up with the day from which it gives attributes.
type datedEntry struct {
	date day
	*entry
}

// newAttributes sorts what says the attributes. days are those of the live sign-ups.
func (c *counter) newAttributes(days []day) *attributesOf {
	l := c.live
	zone := c.def.Location()
	a := &attributesOf{live: l, starts: make([]uint32, len(l.people)+1), entries: make([]datedEntry, len(l.entries)), corrections: map[uint32][]*correction{}}
	for _, e := range l.entries {
		a.starts[l.signups[e.signup].person+1]++
	}
	for i := range l.people {
		a.starts[i+1] += a.starts[i]
	}
	next := slices.Clone(a.starts)
	for _, e := range l.entries {
		person := l.signups[e.signup].person
		a.entries[next[person]] = datedEntry{max(days[e.signup], dayAt(e.at, zone)), e.entry}
		next[person]++
	}
	a.derived = make([]derivation, len(l.people))
	for _, d := range l.derived {
		for i, n := range d.values {
			if kept := &a.derived[d.person].values[i]; n != 0 && (*kept == 0 || l.texts.all[n] < l.texts.all[*kept]) {
				*kept = n
			}
		}
	}
	for _, correction := range l.corrections {
		a.corrections[correction.person] = append(a.corrections[correction.person], correction.correction)
	}
	return a
}

// of returns the entries of a person.
func (a *attributesOf) of(person uint32) []datedEntry {
	return a.entries[a.starts[person]:a.starts[person+1]]
}

// on sets the attributes of a person as they are counted on a day. known must be empty texts.
func (a *attributesOf) on(person uint32, on day, known []string) {
	texts, fields := a.live.texts.all, a.live.layouts.attributes
	for _, e := range a.of(person) {
		if e.date > on {
			continue
		}
		for i, field := range fields {
			if known[i] == "" {
				known[i] = texts[e.values[field]]
			}
		}
	}
	for i, name := range derivedFields {
		n := a.derived[person].values[i]
		if n == 0 {
			continue
		}
		if place := a.live.layouts.registry.Attribute(name); place >= 0 && known[place] == "" {
			known[place] = texts[n]
		}
	}
	for _, correction := range a.corrections[person] {
		for i, field := range fields {
			switch text := texts[correction.values[field]]; {
			case text != "":
				known[i] = text
			case slices.Contains(correction.cleared, field):
				known[i] = ""
			}
		}
	}
}
