package counting

import (
	"iter"
	"strings"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

// Moved is who or what counts for a figure in one of two compilations alone.
type Moved struct {
	Count int64               // of people where the figure counts them, else of records
	Items []snapshot.Evidence // the first of them by date: of a person the first record that counts
}

// Difference compares who or what counts for a figure in two compilations of the same facts, as under two definitions:
// what counts in the second alone, and what counts in the first alone, each with at most some items. Of a share of
// people those count who are in what it is a share of, and those who are in both. What the office says and what is
// worked out from other figures has no records of its own.
func Difference(before, after *Figures, code string, most int) (joins, leaves Moved) {
	return alone(after, before, code, most), alone(before, after, code, most)
}

// alone returns what counts in one of two compilations alone.
func alone(in, but *Figures, code string, most int) (out Moved) {
	there := map[string]bool{}
	for key := range but.countedBy(code) {
		there[key] = true
	}
	listed := map[string]bool{}
	for key, record := range in.countedBy(code) {
		_, who, _ := strings.Cut(key, " ")
		if there[key] || listed[who] {
			continue
		}
		listed[who] = true
		out.Count++
		if len(out.Items) < most {
			out.Items = append(out.Items, record)
		}
	}
	return out
}

// countedBy yields what counts for a figure: a key, which is how it counts and the id of the person or record, and its
// record.
func (f *Figures) countedBy(code string) iter.Seq2[string, snapshot.Evidence] {
	return func(yield func(string, snapshot.Evidence) bool) {
		if _, none := f.parts[code]; none {
			return
		}
		share := f.shares[code]
		people := share != nil && !share.perRecord || code == ParticipantsEvidence || f.countsPeople(code)
		for row := range f.Evidence(code) {
			switch {
			case people && share != nil:
				if row.Of == "1" && !yield("among "+row.Person, row.Evidence) || row.Adds == "1" && !yield("both "+row.Person, row.Evidence) {
					return
				}
			case people:
				if row.Adds == "1" && !yield("person "+row.Person, row.Evidence) {
					return
				}
			case share != nil:
				if !yield("among "+row.ID, row.Evidence) || row.Adds == "1" && !yield("both "+row.ID, row.Evidence) {
					return
				}
			default:
				if !yield("record "+row.ID, row.Evidence) {
					return
				}
			}
		}
	}
}

// countsPeople reports whether an indicator counts people.
func (f *Figures) countsPeople(code string) bool {
	if r := f.rules[code]; r != nil {
		return r.count == project.CountPeople
	}
	_, has := f.evidence[code] // of a rule over people, which has no rule over records
	return has
}
