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

// Live is the set of live records, of any date: for each natural key the last record that arrived and is not voided,
// cancelled or withdrawn. It is valid until the next fact is applied to its Fold.
type Live struct {
	layouts *layouts
	texts   *textTable
	sources []source
	records [][]liveRecord // by kind, ordered by date and then id; none of sign-ups
	signups []liveSignup
	entries []liveEntry  // by submission, then id
	people  []uint32     // the interned ids of people
	derived []derivation // with the index of the person in people
	// corrections of attributes in the order in which they replace each other
	corrections []liveCorrection
	said        map[string][]saidValue // by indicator, the one that holds last
	base        *base                  // further records; nil: none
}

// source is a file or a form record: the unit of the order of arrival.
type source struct {
	at     int64
	name   string // the file's object, or the record's id
	id     string
	layout *kindLayout
	upload *upload // nil: a form record
	record *formRecord
}

func compareSources(a, b source) int {
	return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.name, b.name), strings.Compare(a.id, b.id))
}

// liveRecord is a live record of any kind but sign-ups.
type liveRecord struct {
	source uint32
	row    uint32 // of a file, from 0
	person uint32 // its index in people; 0 if the kind is not about people
	date   day
	id     ulid.ULID // of a file's row; the id of a form record is in its source
}

// liveSignup is a live sign-up: the sending that made it, and its present state.
type liveSignup struct {
	id     string
	state  string
	person uint32
	*entry
}

// liveEntry is one sending of a live sign-up, for the attributes it gives.
type liveEntry struct {
	signup uint32
	*entry
}

// liveCorrection is a correction of the attributes of a person.
type liveCorrection struct {
	person uint32
	*correction
}

// Live returns the live records. Files with MissingPacks do not count yet. The result is cached until the next fact.
func (f *Fold) Live() *Live {
	if f.live != nil {
		return f.live
	}
	canonical := f.canonical()
	l := &Live{layouts: f.layouts, texts: &f.texts, sources: f.sources(), records: make([][]liveRecord, len(f.layouts.all)), said: f.sortedSaid()}
	placed := make([]uint32, len(f.texts.all)) // by the number of the id: the index in people plus 1
	place := func(person uint32) uint32 {
		if placed[person] == 0 {
			l.people = append(l.people, person)
			placed[person] = uint32(len(l.people))
		}
		return placed[person] - 1
	}
	f.resolveRecords(l, canonical, place)
	f.resolveSignups(l, canonical, place)
	for upload, all := range f.derived {
		if upload != "" && !f.uploads[upload].counts() {
			continue
		}
		for _, d := range all {
			d.person = place(canonical(d.person))
			l.derived = append(l.derived, d)
		}
	}
	for _, c := range f.corrections {
		l.corrections = append(l.corrections, liveCorrection{person: place(canonical(c.person)), correction: c})
	}
	slices.SortFunc(l.corrections, func(a, b liveCorrection) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.id, b.id))
	})
	if f.base != nil {
		f.resolveBase(l, canonical, place)
		l.base = f.base
	}
	f.live = l
	return l
}

// sources returns all files and form records that count, in the order of arrival.
func (f *Fold) sources() []source {
	out := make([]source, 0, len(f.records)+len(f.uploads))
	for id, t := range f.records {
		if !t.void {
			out = append(out, source{at: t.at, name: id, id: id, layout: t.layout, record: t})
		}
	}
	for id, u := range f.uploads {
		if u.rows != nil {
			out = append(out, source{at: u.accepted.Arrived.UnixNano(), name: u.accepted.Object, id: id, layout: u.layout, upload: u})
		}
	}
	slices.SortFunc(out, compareSources)
	return out
}

func (f *Fold) resolveRecords(l *Live, canonical, place func(uint32) uint32) {
	counts := make([]int, len(f.layouts.all))
	for _, s := range l.sources {
		if s.upload != nil {
			counts[s.layout.number] += len(s.upload.rows.numbers)
		} else {
			counts[s.layout.number]++
		}
	}
	latest := make([]keyIndex, len(f.layouts.all))
	for i, n := range counts {
		latest[i] = newKeyIndex(n)
		l.records[i] = make([]liveRecord, 0, n)
	}

	// Sources are in the order of arrival, so a later record replaces an earlier one with the same natural key.
	add := func(s *kindLayout, values []uint32, record liveRecord) {
		hash := f.texts.keyHash(record.person, s.keys, values)
		records := l.records[s.number]
		i, there := latest[s.number].find(hash, func(place uint32) bool {
			return records[place].person == record.person && f.texts.sameKey(s.keys, l.values(records[place]), values)
		})
		switch {
		case !there:
			l.records[s.number] = append(records, record)
		case records[i].source != record.source || l.rowNumber(records[i]) <= l.rowNumber(record):
			records[i] = record
		}
	}
	for i, s := range l.sources {
		if s.record != nil {
			add(s.layout, s.record.values, liveRecord{source: uint32(i), person: canonical(s.record.person)})
			continue
		}
		owner, width := f.texts.intern(s.layout.Owner(s.upload.accepted.Owner)), len(s.layout.Fields)
		for row := range s.upload.rows.numbers {
			about := owner
			if s.layout.Person {
				about = canonical(s.upload.rows.persons[row])
			}
			add(s.layout, s.upload.rows.values[row*width:(row+1)*width], liveRecord{source: uint32(i), row: uint32(row), person: about})
		}
	}

	for _, records := range l.records {
		for i := range records {
			r := &records[i]
			s := &l.sources[r.source]
			r.date = dayOf(l.texts.all[l.values(*r)[s.layout.date]])
			if s.upload != nil {
				r.id = fact.LineULID(s.id, s.upload.accepted.Arrived, l.rowNumber(*r))
			}
			if s.layout.Person {
				r.person = place(r.person)
			} else {
				r.person = 0
			}
		}
		slices.SortFunc(records, l.compare)
	}
}

// rowNumber returns a record's row in its file, 0 for a form record.
func (l *Live) rowNumber(r liveRecord) int {
	if s := &l.sources[r.source]; s.upload != nil {
		return int(s.upload.rows.numbers[r.row])
	}
	return 0
}

func (l *Live) values(r liveRecord) []uint32 {
	s := &l.sources[r.source]
	if s.upload == nil {
		return s.record.values
	}
	width := len(s.layout.Fields)
	return s.upload.rows.values[int(r.row)*width : int(r.row+1)*width]
}

func (l *Live) id(r liveRecord) string {
	if s := &l.sources[r.source]; s.upload == nil {
		return s.id
	}
	return r.id.String()
}

// compare orders records by date, then id.
func (l *Live) compare(a, b liveRecord) int {
	if a.date != b.date {
		return cmp.Compare(a.date, b.date)
	}
	if l.sources[a.source].upload != nil && l.sources[b.source].upload != nil {
		return bytes.Compare(a.id[:], b.id[:])
	}
	return strings.Compare(l.id(a), l.id(b))
}

// resolveSignups finds the live sign-ups. A sign-up is live because of the sending that made it, so it is removed with
// the file of that sending; a sending that only repeated it is removed alone.
//
// After a merge a person may have two sign-ups to one activity. They count as one: the earlier submitted, in the better
// of their states, and every sending of both may give attributes.
func (f *Fold) resolveSignups(l *Live, canonical, place func(uint32) uint32) {
	type sent struct {
		liveSignup
		entries []*entry
	}
	var live []sent
	for _, id := range slices.Sorted(maps.Keys(f.signups)) {
		s := f.signups[id]
		made := sent{liveSignup: liveSignup{id: id, state: s.state}}
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
		if made.state == schema.Cancelled || made.state == schema.Undecided {
			continue
		}
		made.person = place(canonical(made.entry.person))
		live = append(live, made)
	}
	slices.SortFunc(live, func(a, b sent) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.id, b.id))
	})

	first := newKeyIndex(len(live))
	for _, made := range live {
		hash := f.texts.keyHash(l.people[made.person], f.layouts.signups.keys, made.values)
		i, there := first.find(hash, func(place uint32) bool {
			return l.signups[place].person == made.person && f.texts.sameKey(f.layouts.signups.keys, l.signups[place].values, made.values)
		})
		if !there {
			l.signups = append(l.signups, made.liveSignup)
		} else if compareStates(made.state, l.signups[i].state) < 0 {
			l.signups[i].state = made.state
		}
		for _, e := range made.entries {
			l.entries = append(l.entries, liveEntry{signup: i, entry: e})
		}
	}
	slices.SortFunc(l.entries, func(a, b liveEntry) int { return compareSubmissions(a.entry, b.entry) })
}

func compareSubmissions(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.id, b.id))
}

// compareStates orders the better state first. An unknown state, of a later version of the tracker, comes last.
func compareStates(a, b string) int {
	rank := func(state string) int {
		if i := slices.Index([]string{schema.Accepted, schema.Held, schema.Waitlisted}, state); i >= 0 {
			return i
		}
		return 3
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
}

// canonical returns a function that maps the id of a person to one id for all ids merged with it: the id that was not
// merged into another, or the smallest of them if there are several or, in a cycle, none.
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
	mergedAway := map[uint32]bool{}
	members := map[uint32]bool{}
	for m := range f.merges {
		mergedAway[m.person] = true
		members[m.person], members[m.into] = true, true
		if a, b := root(m.person), root(m.into); a != b {
			next[a] = b
		}
	}
	chosen := map[uint32]uint32{}
	for p := range members {
		r := root(p)
		c, ok := chosen[r]
		if !ok || cmp.Or(compareBools(mergedAway[p], mergedAway[c]), strings.Compare(f.texts.all[p], f.texts.all[c])) < 0 {
			chosen[r] = p
		}
	}
	canonical := make(map[uint32]uint32, len(members))
	for p := range members {
		canonical[p] = chosen[root(p)]
	}
	return func(person uint32) uint32 {
		if c, ok := canonical[person]; ok {
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
