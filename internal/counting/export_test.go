package counting

import (
	"fmt"
	"slices"
	"strings"
)

// Dump lists what is live, in an order that does not depend on how it was found.
func (l *Live) Dump() []string {
	texts := func(values []uint32) string {
		out := make([]string, len(values))
		for i, n := range values {
			out[i] = l.texts.all[n]
		}
		return strings.Join(out, "|")
	}
	var out []string
	for number, records := range l.records {
		for _, r := range records {
			s, person := l.layouts.all[number], ""
			if s.Person {
				person = l.person(r.person)
			}
			source := &l.sources[r.source]
			out = append(out, fmt.Sprintf("%s %s %s %s %s %d: %s", s.Name, l.id(r), r.date, person, source.name, l.rowNumber(r), texts(l.values(r))))
		}
	}
	for _, s := range l.signups {
		out = append(out, fmt.Sprintf("signup %s %d %s %s %s %d: %s", s.id, s.at, l.person(s.person), s.state, s.upload, s.line, texts(s.values)))
	}
	for _, e := range l.entries {
		out = append(out, fmt.Sprintf("entry %s of %s: %s", e.id, l.signups[e.signup].id, texts(e.values)))
	}
	slices.Sort(out)
	return out
}
