package counting

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// ErrRecount means that what came after a checkpoint changes records, or what counted of them, in a way that only the
// records themselves can answer. The caller restores the whole fold and counts again. The text of the error names the
// reason.
var ErrRecount = errors.New("the counts of the checkpoint cannot be continued")

func recount(reason string) error { return fmt.Errorf("%w: %s", ErrRecount, reason) }

// base is the records of a checkpoint, all but sign-ups, as they were counted: in place of their texts it has for what
// each of them counted. A Fold with a base holds all sign-ups, and the records that came after the checkpoint.
type base struct {
	asOf  day
	marks [][]int    // by the number of a mark: for what a record counts, 0 the participants, i+1 the i-th indicator; -1-n: the rule of n failed
	kinds []BaseRows // by the kind's number
	last  source     // the last in the order of arrival
	rows  int

	changedAll bool                 // attributes of anyone may have changed
	changed    map[string]struct{}  // sign-ups that changed
	corrected  []uint32             // interned ids of people whose attributes were corrected
	broken     error                // an ErrRecount
	prefixes   map[uint32]ulid.ULID // of the ids of a file's rows
	owners     map[uint32]string    // who sent a file
	texts      *textTable
	gone       map[*BaseRows][]bool   // records that no longer count
	people     map[*BaseRows][]uint32 // by row: the index of the person in Live.people
	days       map[*BaseRows][]day    // by row
	touched    map[uint32]struct{}    // by index in Live.people: their attributes may have changed
}

// BaseRows is the records of a kind in columns, as a checkpoint stores them. Those that came through a form are the
// first, with IDs, Versions, Said and Owners; the others have Uploads and Numbers at their index, the first none.
type BaseRows struct {
	IDs      []string
	Versions []int
	Said     []int64  // nanoseconds since 1970
	Owners   []uint32 // interned; of kinds that are not about people: the partner who typed it, 0 for the office
	Live     []bool
	Days     []int32 // since 1970
	Keys     []byte  // keySize for each
	Marks    []uint32
	Persons  []uint32 // interned; of kinds about people
	Uploads  []uint32 // interned
	Numbers  []int32
	Wholes   map[int][]int64  // by field
	Texts    map[int][]uint32 // by field, interned
}

// keySize is the size of the hash of a natural key.
const keySize = 16

// naturalKey returns a hash of a natural key: the person or owner, and the key's fields. It is part of checkpoints.
func (t *textTable) naturalKey(about uint32, s *kindLayout, values []uint32) (key [keySize]byte) {
	var room [256]byte
	all := room[:0]
	add := func(text string) {
		all = binary.AppendUvarint(all, uint64(len(text)))
		all = append(all, text...)
	}
	add(t.all[about])
	for _, field := range s.keys {
		add(schema.Same(t.all[values[field]]))
	}
	sum := sha256.Sum256(all)
	copy(key[:], sum[:])
	return key
}

// Columns returns the fields of a kind that figures need of its records besides for what they count: those that are
// read as whole numbers, and those that are read as texts.
func (r *Rules) Columns(kind string) (wholes, texts []int) {
	s := r.layouts.named(kind)
	add := func(list []int, field int) []int {
		if slices.Contains(list, field) {
			return list
		}
		return append(list, field)
	}
	if s == r.layouts.airings {
		wholes = add(wholes, r.layouts.reach)
	}
	for _, in := range r.byKind[s.number].indicators {
		switch {
		case in.value.origin != fromRow || in.count != countSum && in.count != countDistinct && !in.valued():
		case in.count == countSum && s.Fields[in.value.place].Stored() == schema.Wholes:
			wholes = add(wholes, in.value.place)
		default:
			texts = add(texts, in.value.place)
		}
		for _, p := range in.parts {
			texts = add(texts, p.field)
		}
		if !s.Person && (in.share || in.valued()) { // their evidence is listed anew
			for _, field := range s.described() {
				texts = add(texts, field)
			}
		}
		for field := range s.Fields {
			if in.count == project.CountLast && s.keeps[field] && field != s.date { // which record is the last
				texts = add(texts, field)
			}
		}
	}
	for _, in := range r.people {
		for _, field := range in.fields(s) {
			texts = add(texts, field)
		}
	}
	for _, field := range r.namedFields(s) {
		texts = add(texts, field)
	}
	return wholes, texts
}

// usesAttributes reports whether a rule over a kind reads attributes of people.
func (r *Rules) usesAttributes(s *kindLayout) bool {
	if !s.Person {
		return false
	}
	rules := slices.Clone(r.byKind[s.number].participants)
	for _, in := range r.byKind[s.number].indicators {
		if rules = append(rules, in.rule); in.also != nil {
			rules = append(rules, in.also)
		}
	}
	return slices.ContainsFunc(rules, (*rule.Rule).UsesAttributes)
}

// Intern returns the number under which the Fold stores a text.
func (f *Fold) Intern(text []byte) uint32 {
	if n, ok := f.texts.find(text); ok {
		return n
	}
	return f.texts.intern(string(text))
}

// Continue makes the records of a checkpoint the base of the Fold, into which the rest of the checkpoint was restored:
// rows by kind, the texts of their marks, and the day up to which they were counted. From then on the Fold takes facts
// that came after the checkpoint; Compile fails with ErrRecount if the base is not enough for them.
func (f *Fold) Continue(rows map[string]*BaseRows, marks []string, asOf string) error {
	b := &base{asOf: dayOf(asOf), kinds: make([]BaseRows, len(f.layouts.all)), changed: map[string]struct{}{}, prefixes: map[uint32]ulid.ULID{}, owners: map[uint32]string{}, texts: &f.texts}
	for _, text := range marks {
		var mark []int
		for _, number := range strings.Fields(text) {
			n := 0
			if _, err := fmt.Sscan(number, &n); err != nil {
				return fmt.Errorf("mark %q: %w", text, err)
			}
			mark = append(mark, n)
		}
		b.marks = append(b.marks, mark)
	}
	counted := map[uint32]struct{}{} // uploads with rows
	for _, s := range f.layouts.all {
		r := rows[s.Name]
		if r == nil {
			continue
		}
		b.kinds[s.number] = *r
		b.rows += len(r.Live)
		for _, u := range r.Uploads {
			counted[u] = struct{}{}
		}
		for i, id := range r.IDs {
			if next := (source{at: r.Said[i], name: id, id: id}); compareSources(next, b.last) > 0 {
				b.last = next
			}
		}
	}
	for id, u := range f.uploads {
		if !u.counts() || u.layout == f.layouts.signups {
			continue
		}
		n := f.texts.intern(id)
		if _, has := counted[n]; !has && len(u.packs) > 0 {
			continue // its rows were not in the checkpoint
		}
		u.packs, u.rows, u.inBase = nil, nil, true
		b.owners[n] = u.layout.Owner(u.accepted.Owner)
		b.prefixes[n] = fact.LineULID(id, u.accepted.Arrived, 0)
		if next := (source{at: u.accepted.Arrived.UnixNano(), name: u.accepted.Object, id: id}); compareSources(next, b.last) > 0 {
			b.last = next
		}
	}
	f.base, f.live = b, nil
	return nil
}

// Added returns how many records came after the checkpoint, and how many are in it.
func (f *Fold) Added() (after, in int) {
	if f.base == nil {
		return 0, 0
	}
	n := 0
	for _, u := range f.uploads {
		if u.rows != nil {
			n += len(u.rows.numbers)
		}
	}
	return n + len(f.records), f.base.rows
}

// Continues returns an ErrRecount if a fact cannot be continued from the checkpoint.
func (f *Fold) Continues() error {
	if f.base == nil {
		return nil
	}
	return f.base.broken
}

// breaks notes that a fact cannot be continued from the base.
func (f *Fold) breaks(reason string) {
	if f.base != nil && f.base.broken == nil {
		f.base.broken = recount(reason)
	}
}

// changes notes that a sign-up changed after the checkpoint.
func (f *Fold) changes(signup string) {
	if f.base != nil {
		f.base.changed[signup] = struct{}{}
	}
}

// changesAll notes that any sign-up may have changed.
func (f *Fold) changesAll() {
	if f.base != nil {
		f.base.changedAll = true
	}
}

// resolveBase finds the records of the base that no longer count: those that a later record replaces, and earlier
// versions of records. It also numbers the people of the base.
func (f *Fold) resolveBase(l *Live, canonical, place func(uint32) uint32) {
	b := f.base
	b.gone, b.people, b.days = map[*BaseRows][]bool{}, map[*BaseRows][]uint32{}, map[*BaseRows][]day{}
	dayNumbers := map[int32]day{}
	for _, s := range f.layouts.all {
		r := &b.kinds[s.number]
		if len(r.Live) == 0 {
			continue
		}
		after := map[[keySize]byte]uint32{} // the sources of later records, by their natural keys
		var starts [1 << 13]uint64          // a filter of the first two bytes of keys
		for _, record := range l.records[s.number] {
			src := &l.sources[record.source]
			about := uint32(0)
			switch {
			case s.Person:
				about = l.people[record.person]
			case src.upload != nil:
				about = f.texts.intern(s.Owner(src.upload.accepted.Owner))
			default:
				about = src.record.person
			}
			key := f.texts.naturalKey(about, s, l.values(record))
			after[key] = record.source
			start := binary.BigEndian.Uint16(key[:])
			starts[start>>6] |= 1 << (start & 63)
		}
		gone := make([]bool, len(r.Live))
		alone := map[[keySize]byte]int{} // how many records have these keys: one, or what is under it would count again
		for i, id := range r.IDs {
			typed, again := f.records[id]
			if !again {
				continue
			}
			if typed.version <= r.Versions[i] {
				f.breaks("a version of a record came late")
			}
			if r.Live[i] {
				gone[i] = true
				key := [keySize]byte(r.Keys[i*keySize:])
				if _, replaced := after[key]; !replaced {
					alone[key] = 0
				}
			}
		}
		for i := range r.Live {
			key := r.Keys[i*keySize : (i+1)*keySize]
			if len(alone) > 0 {
				if n, is := alone[[keySize]byte(key)]; is {
					alone[[keySize]byte(key)] = n + 1
				}
			}
			start := binary.BigEndian.Uint16(key)
			if !r.Live[i] || starts[start>>6]&(1<<(start&63)) == 0 {
				continue
			}
			if from, is := after[[keySize]byte(key)]; is {
				gone[i] = true
				if compareSources(l.sources[from], b.last) <= 0 {
					f.breaks("an earlier record came late")
				}
			}
		}
		for _, n := range alone {
			if n > 1 {
				f.breaks("a record under a removed one counts again")
			}
		}
		days := make([]day, len(r.Live))
		for i, n := range r.Days {
			d, known := dayNumbers[n]
			if !known {
				y, m, dom := time.Unix(int64(n)*24*60*60, 0).UTC().Date()
				d = day(y*10000 + int(m)*100 + dom)
				dayNumbers[n] = d
			}
			days[i] = d
		}
		b.gone[r], b.days[r] = gone, days
		if s.Person {
			people := make([]uint32, len(r.Live))
			for i, person := range r.Persons {
				if r.Live[i] {
					people[i] = place(canonical(person))
				}
			}
			b.people[r] = people
		}
	}
	b.touched = map[uint32]struct{}{}
	for _, person := range b.corrected {
		b.touched[place(canonical(person))] = struct{}{}
	}
	for id := range b.changed {
		for i := range f.signups[id].entries {
			b.touched[place(canonical(f.signups[id].entries[i].person))] = struct{}{}
		}
	}
}

// compareBase orders a row of the base and another record by date, then id.
func (b *base) compareBase(r *BaseRows, row int, date day, id string, binary *ulid.ULID) int {
	if d := b.days[r][row]; d != date {
		return cmp.Compare(d, date)
	}
	if row >= len(r.IDs) && binary != nil {
		own := b.ulid(r, row)
		return bytes.Compare(own[:], binary[:])
	}
	return strings.Compare(b.id(r, row), id)
}

// ulid returns the id of a row of a file.
func (b *base) ulid(r *BaseRows, row int) ulid.ULID {
	id := b.prefixes[r.Uploads[row]]
	binary.BigEndian.PutUint32(id[12:], uint32(r.Numbers[row]))
	return id
}

// id returns the id of a row as Live.id does.
func (b *base) id(r *BaseRows, row int) string {
	if row < len(r.IDs) {
		return r.IDs[row]
	}
	return b.ulid(r, row).String()
}

// owner returns whose a row is, of a kind that is not about people.
func (b *base) owner(s *kindLayout, r *BaseRows, row int) string {
	if row >= len(r.IDs) {
		return b.owners[r.Uploads[row]]
	}
	return s.Owner(b.texts.all[r.Owners[row]])
}

// baseValue returns the value of a field of a row of the base. known are the attributes of its person.
func (l *Live) baseValue(r *BaseRows, row int, v value, known []string) string {
	switch v.origin {
	case fromDate:
		return l.base.days[r][row].String()
	case fromAttributes:
		return v.field.Answer(known[v.place])
	default:
		if texts := r.Texts[v.place]; texts != nil {
			return v.field.Answer(l.texts.all[texts[row]])
		}
		return ""
	}
}

// baseAmount returns the number in a field of a row of the base. known are the attributes of its person.
func (l *Live) baseAmount(r *BaseRows, row int, v value, known []string) (amount, error) {
	if wholes := r.Wholes[v.place]; v.origin == fromRow && wholes != nil {
		return amount{whole: wholes[row]}, nil
	}
	return parseAmount(l.baseValue(r, row, v, known))
}

// amount returns a record's number in a field.
func (f *Figures) amount(v value, r recordRef) (amount, error) {
	if rows, i, is := f.inBase(r); is {
		return f.live.baseAmount(rows, i, v, f.known(r))
	}
	return parseAmount(f.value(v, r))
}

func (l *Live) baseRecord(s *kindLayout, r *BaseRows, row int) snapshot.Evidence {
	out := snapshot.Evidence{ID: l.base.id(r, row), Kind: s.Name, Date: l.base.days[r][row].String()}
	if row >= len(r.IDs) {
		out.Upload, out.Row = l.texts.all[r.Uploads[row]], fact.RowOf(int(r.Numbers[row]))
	}
	if s.Person {
		out.Person = l.person(l.base.people[r][row])
	}
	return out
}

// countBase counts the records of a kind in the base.
func (c *counter) countBase(s *kindLayout) error {
	b := c.live.base
	r := &b.kinds[s.number]
	if len(r.Live) == 0 {
		return nil
	}
	var touched map[uint32]struct{}
	if c.rules.usesAttributes(s) {
		if b.changedAll {
			return recount("attributes of anyone may have changed")
		}
		touched = c.touched()
	}
	gone, days, people := b.gone[r], b.days[r], b.people[r]
	first, last := min(c.asOf, b.asOf), max(c.asOf, b.asOf)
	indicators := make([]*accumulator, len(c.accumulators))
	for i := range c.rules.byKind[s.number].indicators {
		place := c.rules.byKind[s.number].indicators[i].place
		indicators[place] = &c.accumulators[place]
	}
	from, compares, end := len(c.live.records[s.number]), c.comparesParticipants(), c.lastDay(s)
	for i, live := range r.Live {
		date := days[i]
		if !live || gone[i] {
			continue
		}
		if date < c.from || date > end {
			c.figures.Quality.RecordsOutsidePeriod++
			continue
		}
		if date > first {
			if date <= last {
				return recount("the day has passed a record that was not counted yet")
			}
			continue
		}
		person, known := uint32(0), []string(nil)
		if s.Person {
			person = people[i]
			known = c.attributes[person]
			if _, is := touched[person]; is {
				return recount("attributes changed of a person with records")
			}
		}
		if s == c.live.layouts.airings && date <= c.to {
			c.reaches = append(c.reaches, r.Wholes[c.live.layouts.reach][i])
		}
		for _, mark := range b.marks[r.Marks[i]] {
			if mark < 0 {
				figure := -1 - mark
				c.failed[figure] = append(c.failed[figure], recordRef{kind: uint32(s.number), place: uint32(from + i)})
				continue
			}
			if mark == 0 {
				c.people.add(person, date)
				if !compares {
					c.evidence = append(c.evidence, recordRef{kind: uint32(s.number), place: uint32(from + i)})
				}
				continue
			}
			t, here := indicators[mark-1], recordRef{kind: uint32(s.number), place: uint32(from + i)}
			var err error
			switch {
			case t.rule.completeOnly && c.lacks(person):
			case t.rule.count == countSum && len(t.rule.parts) == 0:
				var a amount
				a, err = c.live.baseAmount(r, i, t.rule.value, known)
				month := t.month(date, c.from)
				*month = month.add(a)
				t.records++
			case t.rule.count == countPeople || t.rule.count == countRecords && len(t.rule.parts) == 0:
				err = c.tally(t, here, date, person, "")
			default:
				err = c.tallyOfBase(t, here, r, i, person, known)
			}
			if err != nil {
				return fmt.Errorf("%s %s: %w", s.Name, b.id(r, i), err)
			}
			if !c.comparesWithBase(s, t.rule) {
				t.evidence = append(t.evidence, here)
			}
		}
	}
	return nil
}

// tallyOfBase counts a record of the base with its value and the parts that it fits.
func (c *counter) tallyOfBase(t *accumulator, here recordRef, r *BaseRows, row int, person uint32, known []string) error {
	value := c.live.baseValue(r, row, t.rule.value, known)
	if t.rule.count == countSum {
		a, err := c.live.baseAmount(r, row, t.rule.value, known)
		if err != nil {
			return err
		}
		value = a.text().String()
	}
	if err := c.tally(t, here, c.live.base.days[r][row], person, value); err != nil {
		return err
	}
	for i, p := range t.rule.parts {
		if err := t.addPart(i, c.live.texts.all[r.Texts[p.field][row]], value); err != nil {
			return err
		}
	}
	return nil
}

// touched returns the people whose attributes may differ from those with which the base was counted: a sign-up of
// theirs changed, or was sent on a day that counts now and did not then, or the other way round.
func (c *counter) touched() map[uint32]struct{} {
	b := c.live.base
	if c.asOf == b.asOf {
		return b.touched
	}
	out := maps.Clone(b.touched)
	zone := c.def.Location()
	first, last := min(c.asOf, b.asOf), max(c.asOf, b.asOf)
	for _, e := range c.live.entries {
		if date := dayAt(e.at, zone); date > first && date <= last {
			out[c.live.signups[e.signup].person] = struct{}{}
		}
	}
	return out
}

// comparesWithBase reports whether the evidence of a rule over a kind is stored as changes since the base: not if it is
// about sign-ups, of which the base has none, or if attributes change what earlier records add.
func (c *counter) comparesWithBase(s *kindLayout, in *indicatorRule) bool {
	return c.live.base != nil && s != c.live.layouts.signups && in.value.origin != fromAttributes && !in.share && !in.valued() && !in.completeOnly
}

// comparesParticipants is comparesWithBase for the participants.
func (c *counter) comparesParticipants() bool {
	return c.live.base != nil && len(c.rules.byKind[c.live.layouts.signups.number].participants) == 0 && c.rules.complete.incomplete != project.CountedNowhere
}

// compareWithBase finds how the evidence of figures differs from that of the base.
func (c *counter) compareWithBase() error {
	if c.live.base.rows > 0 && c.asOf < c.live.base.asOf {
		return recount("the day is an earlier one")
	}
	var about []*kindLayout
	for _, s := range c.live.layouts.all {
		if s.Person && s != c.live.layouts.signups {
			about = append(about, s)
		}
		for i := range c.rules.byKind[s.number].indicators {
			in := &c.rules.byKind[s.number].indicators[i]
			if !c.comparesWithBase(s, in) {
				continue
			}
			if err := c.compare(in.code, in.place+1, []*kindLayout{s}, in, c.accumulators[in.place].evidence); err != nil {
				return err
			}
		}
	}
	if !c.comparesParticipants() {
		return nil
	}
	return c.compare(ParticipantsEvidence, 0, about, &indicatorRule{count: countPeople, until: c.to}, c.evidence)
}

// difference is a record that came after the base, or one of the base that no longer counts, or adds another amount:
// then it is gone and new.
type difference struct {
	date   day
	id     string
	ulid   *ulid.ULID // of a row of a file
	gone   bool       // from the base
	record recordRef
	adds   amount
}

// comparison finds how the evidence of a figure differs from that of the base.
type comparison struct {
	*counter
	code   string // of the figure
	rule   *indicatorRule
	kinds  []*kindLayout
	marked []bool                // by mark: whether it has the figure
	firsts map[string]*firstRows // by person or distinct value, if the figure counts each once
	people []*firstRows          // the same, by index in Live.people
	all    []difference
}

// firstRows are the first records of a person, or of a distinct value: of the base then and now, and after it.
type firstRows struct {
	then, now *recordRef
	after     int // the index in comparison.all, -1: none
	changed   bool
}

// compare finds the changes of the evidence of a figure. number is that of its mark, and after are its records after
// the base.
func (c *counter) compare(code string, number int, kinds []*kindLayout, in *indicatorRule, after []recordRef) error {
	m := &comparison{counter: c, code: code, rule: in, kinds: kinds, firsts: map[string]*firstRows{}, people: make([]*firstRows, len(c.live.people))}
	for _, mark := range c.live.base.marks {
		m.marked = append(m.marked, slices.Contains(mark, number))
	}
	for _, ref := range after {
		m.all = append(m.all, m.difference(ref))
	}
	m.eachRow(func(s *kindLayout, r *BaseRows, row int) {
		if c.live.base.gone[r][row] {
			d := m.difference(m.ref(s, row))
			d.gone = true
			m.all = append(m.all, d)
		}
	})
	var err error
	if len(m.all) > 0 {
		if err = m.weigh(); err == nil {
			c.figures.changes[code], err = m.place()
		}
	} else {
		c.figures.changes[code] = nil
	}
	return err
}

// ref refers to a row of the base.
func (m *comparison) ref(s *kindLayout, row int) recordRef {
	return recordRef{kind: uint32(s.number), place: uint32(len(m.live.records[s.number]) + row)}
}

func (m *comparison) difference(ref recordRef) difference {
	d := difference{date: m.figures.date(ref), id: m.figures.id(ref), record: ref}
	if rows, row, is := m.figures.inBase(ref); is {
		if row >= len(rows.IDs) {
			id := m.live.base.ulid(rows, row)
			d.ulid = &id
		}
		return d
	}
	if record := &m.live.records[ref.kind][ref.place]; m.live.sources[record.source].upload != nil {
		d.ulid = &record.id
	}
	return d
}

// eachRow calls a function with the rows of the base that are in its evidence.
func (m *comparison) eachRow(do func(s *kindLayout, r *BaseRows, row int)) {
	b := m.live.base
	for _, s := range m.kinds {
		r := &b.kinds[s.number]
		days := b.days[r]
		for row, live := range r.Live {
			if live && m.marked[r.Marks[row]] && days[row] >= m.from && days[row] <= m.rule.until && days[row] <= b.asOf {
				do(s, r, row)
			}
		}
	}
}

// once reports whether the figure counts equal things once.
func (m *comparison) once() bool {
	return m.rule.count == countPeople || m.rule.count == countDistinct
}

// first returns the first records of the person or value that a record is about, nil if it is about none.
func (m *comparison) first(ref recordRef) *firstRows {
	if m.rule.count == countPeople {
		person := m.figures.person(ref)
		if m.people[person] == nil {
			m.people[person] = &firstRows{after: -1}
		}
		return m.people[person]
	}
	same := schema.Same(m.figures.value(m.rule.value, ref))
	if same == "" {
		return nil
	}
	if m.firsts[same] == nil {
		m.firsts[same] = &firstRows{after: -1}
	}
	return m.firsts[same]
}

// weigh finds what each difference adds, and the records of the base that add another amount now.
func (m *comparison) weigh() error {
	one := amount{whole: 1}
	if !m.once() {
		for i := range m.all {
			d := &m.all[i]
			d.adds = one
			if m.rule.count == countSum {
				var err error
				if d.adds, err = m.figures.amount(m.rule.value, d.record); err != nil {
					return err
				}
				if d.adds.millionths%10_000 != 0 {
					return recount("totals are rounded")
				}
			}
		}
		return nil
	}
	m.eachRow(func(s *kindLayout, r *BaseRows, row int) {
		ref := m.ref(s, row)
		f := m.first(ref)
		if f == nil {
			return
		}
		if f.then == nil || m.figures.compare(ref, *f.then) < 0 {
			f.then = &ref
		}
		if !m.live.base.gone[r][row] && (f.now == nil || m.figures.compare(ref, *f.now) < 0) {
			f.now = &ref
		}
	})
	var changed []*firstRows
	for i := range m.all {
		d := &m.all[i]
		f := m.first(d.record)
		if f == nil {
			continue
		}
		if !f.changed {
			f.changed = true
			changed = append(changed, f)
		}
		switch {
		case d.gone && *f.then == d.record:
			d.adds = one
		case !d.gone && (f.after < 0 || m.figures.compare(d.record, m.all[f.after].record) < 0):
			f.after = i
		}
	}
	for _, f := range changed {
		stays := f.now != nil && *f.now == *f.then
		switch {
		case f.after >= 0 && (f.now == nil || m.figures.compare(m.all[f.after].record, *f.now) < 0):
			m.all[f.after].adds = one
			if stays {
				m.again(*f.now, one, amount{})
			}
		case f.now != nil && !stays:
			m.again(*f.now, amount{}, one)
		}
	}
	return nil
}

// again adds the differences of a record of the base that adds another amount now.
func (m *comparison) again(ref recordRef, then, now amount) {
	d := m.difference(ref)
	d.adds = now
	m.all = append(m.all, d)
	d.adds, d.gone = then, true
	m.all = append(m.all, d)
}

// place finds the places of the differences in the evidence of the base.
func (m *comparison) place() ([]snapshot.Change, error) {
	b, f := m.live.base, m.figures
	for _, d := range m.all {
		if _, _, is := f.inBase(d.record); is && !d.gone && !f.kind(d.record).Person {
			return nil, recount("what an earlier record adds has changed")
		}
	}
	slices.SortFunc(m.all, func(x, y difference) int {
		return cmp.Or(cmp.Compare(x.date, y.date), strings.Compare(x.id, y.id), -compareBools(x.gone, y.gone))
	})
	before := make([]int, len(m.all)+1)           // how many records of the base come before each and not before the one before it
	sums := make([]amount, len(m.all)+1)          // what they add
	starts := make([]int, m.slot(m.rule.until)+2) // the index of the first difference of a day or later
	at := 0
	for slot := range starts {
		for at < len(m.all) && m.slot(m.all[at].date) < slot {
			at++
		}
		starts[slot] = at
	}
	var failed error
	m.eachRow(func(s *kindLayout, r *BaseRows, row int) {
		slot := m.slot(b.days[r][row])
		i := starts[slot]
		i += sort.Search(starts[slot+1]-i, func(n int) bool {
			d := &m.all[i+n]
			return b.compareBase(r, row, d.date, d.id, d.ulid) <= 0
		})
		before[i]++
		adds := amount{whole: 1}
		switch {
		case m.rule.count == countSum:
			var err error
			if adds, err = m.live.baseAmount(r, row, m.rule.value, nil); err != nil {
				failed = err
			}
		case m.once():
			ref := m.ref(s, row)
			if first := m.first(ref); first == nil || *first.then != ref {
				adds = amount{}
			}
		}
		sums[i] = sums[i].add(adds)
	})
	var changes []snapshot.Change
	var total amount
	place := 0
	for i := range m.all {
		d := &m.all[i]
		place, total = place+before[i], total.add(sums[i])
		if d.gone {
			// The record itself is one of those before it.
			changes = append(changes, snapshot.Change{At: place - 1, Less: m.rule.added(d.adds)})
			total = total.sub(d.adds)
			continue
		}
		total = total.add(d.adds)
		changes = append(changes, snapshot.Change{At: place, Row: &snapshot.Counted{
			Evidence: f.record(d.record), Adds: m.rule.added(d.adds), Total: m.rule.added(total), What: f.description(d.record), Fields: f.fields(m.code, d.record),
		}})
	}
	return changes, failed
}

// slot numbers the days of the period, with gaps.
func (c *counter) slot(date day) int {
	return (date.months()-c.from.months())*31 + date.dayOfMonth()
}
