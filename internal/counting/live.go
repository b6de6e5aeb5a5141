package counting

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"outreach/internal/fact"
	"outreach/internal/schema"
)

// Live are the records that count, on whatever day: of each thing in the world the last that was said and neither voided,
// cancelled nor withdrawn. It is good until the Fold that it came from takes more.
type Live struct {
	shapes  *shapes
	texts   *texts
	sources []source
	records [][]lived // by shape, by date and then id; none of sign-ups
	signups []livedSignup
	entries []livedEntry // by submission, then id
	people  []uint32     // who they are
}

// source is a file or a typed record: something with a place in the order of arrival.
type source struct {
	at     int64
	name   string // the file's object, or the record's id
	id     string
	shape  *shape
	upload *upload // nil: typed
	typed  *typed
}

func compareSources(a, b source) int {
	return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.name, b.name), strings.Compare(a.id, b.id))
}

// lived is a live record.
type lived struct {
	source uint32
	row    uint32 // of a file, from 0
	person uint32 // its place in people; 0 where the kind is not about people
	date   day
	id     ulid.ULID // of a file's row; a typed one's stands in its source
}

// livedSignup is a live sign-up: the sending that made it, and where it has got to.
type livedSignup struct {
	id     string
	state  string
	person uint32
	*entry
}

// livedEntry is one sending of a live sign-up, for the attributes it gives.
type livedEntry struct {
	signup uint32
	*entry
}

// Live works out which records count. Files whose rows are still Wanted count nothing yet.
func (f *Fold) Live() *Live {
	if f.live != nil {
		return f.live
	}
	who := f.canonical()
	l := &Live{shapes: f.shapes, texts: &f.texts, sources: f.sources(), records: make([][]lived, len(f.shapes.all))}
	placed := make([]uint32, len(f.texts.all)) // the place in people, from 1, by the number of the id
	place := func(person uint32) uint32 {
		if placed[person] == 0 {
			l.people = append(l.people, person)
			placed[person] = uint32(len(l.people))
		}
		return placed[person] - 1
	}
	f.resolveRecords(l, who, place)
	f.resolveSignups(l, who, place)
	f.live = l
	return l
}

// sources are all files and typed records that count, in the order of their arrival.
func (f *Fold) sources() []source {
	out := make([]source, 0, len(f.typed)+len(f.uploads))
	for id, t := range f.typed {
		if !t.void {
			out = append(out, source{at: t.at, name: id, id: id, shape: t.shape, typed: t})
		}
	}
	for id, u := range f.uploads {
		if u.rows != nil {
			out = append(out, source{at: u.said.Arrived.UnixNano(), name: u.said.Object, id: id, shape: u.shape, upload: u})
		}
	}
	slices.SortFunc(out, compareSources)
	return out
}

func (f *Fold) resolveRecords(l *Live, who, place func(uint32) uint32) {
	counts := make([]int, len(f.shapes.all))
	for _, s := range l.sources {
		if s.upload != nil {
			counts[s.shape.number] += len(s.upload.rows.numbers)
		} else {
			counts[s.shape.number]++
		}
	}
	latest := make([]keyed, len(f.shapes.all))
	for i, n := range counts {
		latest[i] = newKeyed(n)
		l.records[i] = make([]lived, 0, n)
	}

	// The sources come in their order, so whatever comes under a key that was there before takes its place.
	say := func(s *shape, values []uint32, said lived) {
		hash := f.texts.keyHash(said.person, s.keys, values)
		records := l.records[s.number]
		i, there := latest[s.number].find(hash, func(place uint32) bool {
			return records[place].person == said.person && f.texts.sameKey(s.keys, l.values(records[place]), values)
		})
		switch {
		case !there:
			l.records[s.number] = append(records, said)
		case records[i].source != said.source || l.number(records[i]) <= l.number(said):
			records[i] = said
		}
	}
	for i, s := range l.sources {
		if s.typed != nil {
			say(s.shape, s.typed.values, lived{source: uint32(i), person: who(s.typed.person)})
			continue
		}
		// What is about nobody belongs to whose file it is in, if to anybody.
		owner, width := uint32(0), len(s.shape.Fields)
		if s.shape == f.shapes.airings {
			owner = f.texts.number(s.upload.said.Owner)
		}
		for row := range s.upload.rows.numbers {
			whom := owner
			if s.shape.Person {
				whom = who(s.upload.rows.persons[row])
			}
			say(s.shape, s.upload.rows.values[row*width:(row+1)*width], lived{source: uint32(i), row: uint32(row), person: whom})
		}
	}

	for _, records := range l.records {
		for i := range records {
			r := &records[i]
			s := &l.sources[r.source]
			r.date = dayOf(l.texts.all[l.values(*r)[s.shape.date]])
			if s.upload != nil {
				r.id = fact.LineULID(s.id, s.upload.said.Arrived, l.number(*r))
			}
			if s.shape.Person {
				r.person = place(r.person)
			} else {
				r.person = 0
			}
		}
		slices.SortFunc(records, l.compare)
	}
}

// number is a record's row in its file, 0 of a typed one.
func (l *Live) number(r lived) int {
	if s := &l.sources[r.source]; s.upload != nil {
		return int(s.upload.rows.numbers[r.row])
	}
	return 0
}

func (l *Live) values(r lived) []uint32 {
	s := &l.sources[r.source]
	if s.upload == nil {
		return s.typed.values
	}
	width := len(s.shape.Fields)
	return s.upload.rows.values[int(r.row)*width : int(r.row+1)*width]
}

func (l *Live) id(r lived) string {
	if s := &l.sources[r.source]; s.upload == nil {
		return s.id
	}
	return r.id.String()
}

// compare orders records by date, then id.
func (l *Live) compare(a, b lived) int {
	if a.date != b.date {
		return cmp.Compare(a.date, b.date)
	}
	if l.sources[a.source].upload != nil && l.sources[b.source].upload != nil {
		return bytes.Compare(a.id[:], b.id[:])
	}
	return strings.Compare(l.id(a), l.id(b))
}

// resolveSignups finds the live sign-ups. A sign-up is there by the sending that made it, so it goes with the file that
// one came in; a sending that only repeated it goes alone.
//
// After a merge one person may have two sign-ups to one activity. They are one: the earlier submitted, in the better of
// their states, and every sending of both may give attributes.
func (f *Fold) resolveSignups(l *Live, who, place func(uint32) uint32) {
	type sent struct {
		livedSignup
		entries []*entry
	}
	var live []sent
	for _, id := range slices.Sorted(maps.Keys(f.signups)) {
		s := f.signups[id]
		made := sent{livedSignup: livedSignup{id: id, state: s.state}}
		for i := range s.entries {
			e := &s.entries[i]
			if e.upload != "" && !f.uploads[e.upload].counts() {
				continue
			}
			made.entries = append(made.entries, e)
			if e.state != "" && (made.entry == nil || compareSubmissions(e, made.entry) < 0) {
				made.entry = e
			}
		}
		if made.entry == nil {
			continue
		}
		if made.state == "" {
			made.state = made.entry.state
		}
		if made.state == schema.Cancelled {
			continue
		}
		made.person = place(who(made.entry.person))
		live = append(live, made)
	}
	slices.SortFunc(live, func(a, b sent) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.id, b.id))
	})

	first := newKeyed(len(live))
	for _, made := range live {
		hash := f.texts.keyHash(l.people[made.person], f.shapes.signups.keys, made.values)
		i, there := first.find(hash, func(place uint32) bool {
			return l.signups[place].person == made.person && f.texts.sameKey(f.shapes.signups.keys, l.signups[place].values, made.values)
		})
		if !there {
			l.signups = append(l.signups, made.livedSignup)
		} else if compareStates(made.state, l.signups[i].state) < 0 {
			l.signups[i].state = made.state
		}
		for _, e := range made.entries {
			l.entries = append(l.entries, livedEntry{signup: i, entry: e})
		}
	}
	slices.SortFunc(l.entries, func(a, b livedEntry) int { return compareSubmissions(a.entry, b.entry) })
}

func compareSubmissions(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.id, b.id))
}

// compareStates puts the better state first. A state of a later version of the tracker comes last.
func compareStates(a, b string) int {
	rank := func(state string) int {
		if i := slices.Index([]string{schema.Accepted, schema.Held, schema.Waitlisted}, state); i >= 0 {
			return i
		}
		return 3
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
}

// canonical gives for each person the one that all ids merged with it stand for: of ids merged into others the last, of
// several last ones (or where a circle has none) the smallest.
func (f *Fold) canonical() func(uint32) uint32 {
	if len(f.merges) == 0 {
		return func(person uint32) uint32 { return person }
	}
	next := map[uint32]uint32{}
	root := func(p uint32) uint32 {
		for up, ok := next[p]; ok; up, ok = next[p] {
			if further, ok := next[up]; ok {
				next[p] = further
			}
			p = up
		}
		return p
	}
	goes := map[uint32]bool{}
	members := map[uint32]bool{}
	for m := range f.merges {
		goes[m.person] = true
		members[m.person], members[m.into] = true, true
		if a, b := root(m.person), root(m.into); a != b {
			next[a] = b
		}
	}
	chosen := map[uint32]uint32{}
	for p := range members {
		r := root(p)
		c, ok := chosen[r]
		if !ok || cmp.Or(compareBools(goes[p], goes[c]), strings.Compare(f.texts.all[p], f.texts.all[c])) < 0 {
			chosen[r] = p
		}
	}
	who := make(map[uint32]uint32, len(members))
	for p := range members {
		who[p] = chosen[root(p)]
	}
	return func(person uint32) uint32 {
		if c, ok := who[person]; ok {
			return c
		}
		return person
	}
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
