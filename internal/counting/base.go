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
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// ErrRecount means that what came after a checkpoint changes records, or what counted of them, in a way that only the
// records themselves can answer. The caller restores the whole fold and counts again. The text of the error names the reason.
var ErrRecount = errors.New("the counts of the checkpoint cannot be continued")

func recount(reason string) error { return fmt.Errorf("%w: %s", ErrRecount, reason) }

// base is the records of a checkpoint, all but sign-ups, as they were counted: in place of their texts it has for what each
// of them counted. A Fold with a base holds all sign-ups, and the records that came after the checkpoint.
type base struct {
	asOf  day
	marks [][]int    // by the number of a mark: for what a record counts, 0 the participants, i+1 the i-th indicator
	kinds []BaseRows // by the kind's number
	last  source     // the last in the order of arrival
	rows  int

	changedAll bool                   // attributes of anyone may have changed
	changed    map[string]struct{}    // sign-ups that changed
	broken     error                  // an ErrRecount
	prefixes   map[uint32]ulid.ULID   // of the ids of a file's rows
	gone       map[*BaseRows][]bool   // records that no longer count
	people     map[*BaseRows][]uint32 // by row: the index of the person in Live.people
	days       map[*BaseRows][]day    // by row
	touched    map[uint32]struct{}    // by index in Live.people: their attributes may have changed
}

// BaseRows is the records of a kind in columns, as a checkpoint stores them. Those that came through a form are the first, with
// IDs, Versions and Said; the others have Uploads and Numbers at their index, the first none.
type BaseRows struct {
	IDs      []string
	Versions []int
	Said     []int64 // nanoseconds since 1970
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

// Columns returns the fields of a kind that figures need of its records besides for what they count: those that are read as
// whole numbers, and those that are read as texts.
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
		case in.value.origin != fromRow || in.count != countSum && in.count != countDistinct:
		case in.count == countSum && s.Fields[in.value.place].Type.Stored() == schema.Wholes:
			wholes = add(wholes, in.value.place)
		default:
			texts = add(texts, in.value.place)
		}
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
		rules = append(rules, in.rule)
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

// Continue makes the records of a checkpoint the base of the Fold, into which the rest of the checkpoint was restored: rows
// by kind, the texts of their marks, and the day up to which they were counted. From then on the Fold takes facts that came
// after the checkpoint; Compile fails with ErrRecount if the base is not enough for them.
func (f *Fold) Continue(rows map[string]*BaseRows, marks []string, asOf string) error {
	b := &base{asOf: dayOf(asOf), kinds: make([]BaseRows, len(f.layouts.all)), changed: map[string]struct{}{}, prefixes: map[uint32]ulid.ULID{}}
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

// resolveBase finds the records of the base that no longer count: those that a later record replaces, and earlier versions of
// records. It also numbers the people of the base.
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
			case s == f.layouts.airings && src.upload != nil:
				about = f.texts.intern(src.upload.accepted.Owner)
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

// compareRows orders two rows of the base by date, then id.
func (b *base) compareRows(r *BaseRows, row, other int) int {
	if other < len(r.IDs) {
		return b.compareBase(r, row, b.days[r][other], r.IDs[other], nil)
	}
	id := b.ulid(r, other)
	return b.compareBase(r, row, b.days[r][other], id.String(), &id)
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

// baseValue returns the value of a field of a row of the base. known are the attributes of its person.
func (l *Live) baseValue(r *BaseRows, row int, v value, known []string) string {
	switch v.origin {
	case fromDate:
		return l.base.days[r][row].String()
	case fromAttributes:
		return known[v.place]
	default:
		if texts := r.Texts[v.place]; texts != nil {
			return l.texts.all[texts[row]]
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
		return f.live.baseAmount(rows, i, v, f.attributes[f.person(r)])
	}
	return parseAmount(f.value(v, r))
}

func (l *Live) baseRecord(s *kindLayout, r *BaseRows, row int) snapshot.Evidence {
	out := snapshot.Evidence{ID: l.base.id(r, row), Kind: s.Name, Date: l.base.days[r][row].String()}
	if row >= len(r.IDs) {
		out.Upload, out.Row = l.texts.all[r.Uploads[row]], int(r.Numbers[row])
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
	from := len(c.live.records[s.number])
	for i, live := range r.Live {
		date := days[i]
		if !live || gone[i] {
			continue
		}
		if date < c.from || date > c.to {
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
		if s == c.live.layouts.airings {
			c.reaches = append(c.reaches, r.Wholes[c.live.layouts.reach][i])
		}
		for _, mark := range b.marks[r.Marks[i]] {
			if mark == 0 {
				c.people.add(person, date)
				c.evidence = append(c.evidence, recordRef{kind: uint32(s.number), place: uint32(from + i)})
				continue
			}
			t := indicators[mark-1]
			var err error
			switch t.rule.count {
			case countSum:
				var a amount
				a, err = c.live.baseAmount(r, i, t.rule.value, known)
				month := t.month(date, c.from)
				*month = month.add(a)
				t.records++
			case countDistinct:
				value := c.live.baseValue(r, i, t.rule.value, known)
				err = t.tally(date, person, value, c.from)
				if same := schema.Same(value); !s.Person && same != "" {
					if row, is := t.firsts[same]; !is || b.compareRows(r, i, row) < 0 {
						t.firsts[same] = i
					}
				}
			default:
				err = t.tally(date, person, "", c.from)
			}
			if err != nil {
				return fmt.Errorf("%s %s: %w", s.Name, b.id(r, i), err)
			}
			if s.Person {
				t.evidence = append(t.evidence, recordRef{kind: uint32(s.number), place: uint32(from + i)})
			}
		}
	}
	return nil
}

// touched returns the people whose attributes may differ from those with which the base was counted: a sign-up of theirs
// changed, or was sent on a day that counts now and did not then, or the other way round.
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

// compareWithBase finds how the evidence of indicators of records that are not about people differs from that of the base.
func (c *counter) compareWithBase() error {
	for _, s := range c.live.layouts.all {
		r := &c.live.base.kinds[s.number]
		if s.Person || len(r.Live) == 0 {
			continue
		}
		if c.asOf < c.live.base.asOf {
			return recount("the day is an earlier one")
		}
		for i := range c.rules.byKind[s.number].indicators {
			in := &c.rules.byKind[s.number].indicators[i]
			changes, err := c.compareIndicator(s, r, &c.accumulators[in.place])
			if err != nil {
				return err
			}
			c.figures.changes[in.code] = changes
		}
	}
	return nil
}

// difference is a record that came after the base, or one of the base that no longer counts.
type difference struct {
	date   day
	id     string
	ulid   *ulid.ULID // of a row of a file
	row    int        // of the base; -1: a record that came after it
	record recordRef
	adds   amount
}

func (c *counter) compareIndicator(s *kindLayout, r *BaseRows, t *accumulator) ([]snapshot.Change, error) {
	b, f := c.live.base, c.figures
	marked := make([]bool, len(b.marks))
	for i, mark := range b.marks {
		marked[i] = slices.Contains(mark, t.rule.place+1)
	}
	days, gone := b.days[r], b.gone[r]
	counted := func(row int) bool {
		return r.Live[row] && marked[r.Marks[row]] && days[row] >= c.from && days[row] <= c.to && days[row] <= b.asOf
	}
	adds := func(row int) (amount, error) {
		switch t.rule.count {
		case countSum:
			return c.live.baseAmount(r, row, t.rule.value, nil)
		case countDistinct:
			if first, is := t.firsts[schema.Same(c.live.baseValue(r, row, t.rule.value, nil))]; !is || first != row {
				return amount{}, nil
			}
		}
		return amount{whole: 1}, nil
	}
	var all []difference
	for row := range r.Live {
		if !gone[row] || !counted(row) {
			continue
		}
		if t.rule.count == countDistinct {
			return nil, recount("a record of a distinct value is gone")
		}
		a, err := adds(row)
		if err != nil {
			return nil, err
		}
		d := difference{date: days[row], id: b.id(r, row), row: row, adds: a}
		if row >= len(r.IDs) {
			own := b.ulid(r, row)
			d.ulid = &own
		}
		all = append(all, d)
	}
	seen := map[string]bool{}
	for value := range t.firsts {
		seen[value] = true
	}
	for _, ref := range t.evidence {
		d := difference{date: f.date(ref), id: f.id(ref), row: -1, record: ref}
		if record := &c.live.records[ref.kind][ref.place]; c.live.sources[record.source].upload != nil {
			d.ulid = &record.id
		}
		if t.rule.count == countDistinct {
			if first, is := t.firsts[schema.Same(f.value(t.rule.value, ref))]; is && days[first] >= d.date {
				return nil, recount("an earlier record of a distinct value came late")
			}
		}
		d.adds = f.contribution(t.rule, ref, seen)
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil, nil
	}
	for _, d := range all {
		if d.adds.millionths%10_000 != 0 {
			return nil, recount("totals are rounded")
		}
	}
	slices.SortFunc(all, func(x, y difference) int {
		return cmp.Or(cmp.Compare(x.date, y.date), strings.Compare(x.id, y.id), cmp.Compare(y.row, x.row))
	})
	return c.place(r, all, counted, adds)
}

// place finds the places of differences in the evidence of the base.
func (c *counter) place(r *BaseRows, all []difference, counted func(row int) bool, adds func(row int) (amount, error)) ([]snapshot.Change, error) {
	b, f := c.live.base, c.figures
	before := make([]int, len(all)+1)     // how many records of the base come before each and not before the one before it
	sums := make([]amount, len(all)+1)    // what they add
	starts := make([]int, c.slot(c.to)+2) // the index of the first difference of a day or later
	at := 0
	for slot := range starts {
		for at < len(all) && c.slot(all[at].date) < slot {
			at++
		}
		starts[slot] = at
	}
	days := b.days[r]
	for row := range r.Live {
		if !counted(row) {
			continue
		}
		slot := c.slot(days[row])
		i := starts[slot]
		i += sort.Search(starts[slot+1]-i, func(n int) bool {
			d := &all[i+n]
			return b.compareBase(r, row, d.date, d.id, d.ulid) <= 0
		})
		before[i]++
		a, err := adds(row)
		if err != nil {
			return nil, err
		}
		sums[i] = sums[i].add(a)
	}
	var changes []snapshot.Change
	var total amount
	place := 0
	for i := range all {
		d := &all[i]
		place, total = place+before[i], total.add(sums[i])
		if d.row >= 0 {
			// The record itself is one of those before it.
			changes = append(changes, snapshot.Change{At: place - 1, Less: decimal(d.adds.hundredths())})
			total = total.sub(d.adds)
			continue
		}
		total = total.add(d.adds)
		changes = append(changes, snapshot.Change{At: place, Row: &snapshot.Counted{
			Evidence: f.record(d.record), Adds: decimal(d.adds.hundredths()), Total: decimal(total.hundredths()), What: f.description(d.record),
		}})
	}
	return changes, nil
}

// slot numbers the days of the period, with gaps.
func (c *counter) slot(date day) int {
	return (date.months()-c.from.months())*31 + date.dayOfMonth()
}
