package counting

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/schema"
)

// Facts of StateRows that are no facts of the log: a row of a file, and attributes that follow from a PESEL.
const (
	FileRow = "line"
	Derived = "derived"
)

// StateRow is one row of the state of a Fold, as a checkpoint stores it: a fact that still matters, or a row of a file.
// Merged persons have their canonical id. Fields that do not apply are zero.
type StateRow struct {
	Fact    string // the fact's kind, or FileRow
	Kind    string // of the record, or of the file's records
	ID      string // the record's or the sign-up's
	Version int
	Person  string
	Into    string // the person it was merged into
	Date    string // the record's; none of sign-ups, whose day depends on the project's time zone
	Live    bool   // it is a live record
	State   string // of a live sign-up, or the one that it was changed to
	Upload  string
	Row     int
	At      time.Time // when it was received, submitted, or arrived
	Entry   string    // of a sign-up: the sending
	First   string    // the state that the sending gave the sign-up
	Owner   string
	Object  string
	Rows    int
	Packs   int
	SHA256  string
	Key     [keySize]byte // of a record but a sign-up: the hash of its natural key
	Cleared string        // of a correction of attributes: those that were taken away, with spaces between them
	Marks   string        // of a live record but a sign-up: the numbers of what it counts for: 0 the participants, 1 the first indicator; -1 and -2: their rule failed
	Values  schema.Row    // in the order of the kind's fields
}

// State iterates over the state of the Fold. Restoring all rows in an empty Fold, in their order, makes it equal. Files
// with MissingPacks are stored without rows, and their packs are missing in that Fold too. Rows of one fact and kind
// are adjacent. A StateRow is valid until the next one. counted are the figures of the Fold, for the marks; nil: rows
// have none. It must not be called on a Fold that continues a checkpoint.
func (f *Fold) State(counted *Figures) iter.Seq[*StateRow] {
	return func(yield func(*StateRow) bool) {
		w := &stateReader{fold: f, live: f.Live(), canonical: f.canonical(), yield: yield, marks: []string{""}}
		w.mark(counted)
		_ = w.merges() && w.derived() && w.corrections() && w.said() && w.records() && w.files() && w.signups()
	}
}

// stateReader iterates over state rows. Its methods return false once the iteration is stopped.
type stateReader struct {
	fold      *Fold
	live      *Live
	canonical func(uint32) uint32
	marks     []string
	marked    [][]uint32 // by kind and place among the live records: the index of the mark
	out       StateRow
	row       schema.Row
	yield     func(*StateRow) bool
}

func (w *stateReader) yieldRow(p StateRow) bool {
	w.out = p
	return w.yield(&w.out)
}

// mark finds for what each live record counts.
func (w *stateReader) mark(counted *Figures) {
	w.marked = make([][]uint32, len(w.live.records))
	for kind, records := range w.live.records {
		w.marked[kind] = make([]uint32, len(records))
	}
	if counted == nil {
		return
	}
	type step struct {
		from   uint32
		number int
	}
	steps := map[step]uint32{} // the mark that another number makes of a mark
	add := func(number int, records []recordRef) {
		for _, r := range records {
			if r.kind == uint32(w.live.layouts.signups.number) {
				continue
			}
			mark := &w.marked[r.kind][r.place]
			next, made := steps[step{*mark, number}]
			if !made {
				next = uint32(len(w.marks))
				w.marks = append(w.marks, strings.TrimSpace(w.marks[*mark]+" "+strconv.Itoa(number)))
				steps[step{*mark, number}] = next
			}
			*mark = next
		}
	}
	add(0, counted.evidence[ParticipantsEvidence])
	for i, records := range counted.tallies {
		add(i+1, records)
	}
	for figure, failed := range counted.failed {
		add(-1-figure, failed)
	}
}

func (w *stateReader) text(n uint32) string { return w.fold.texts.all[n] }

func (w *stateReader) person(n uint32) string { return w.text(w.canonical(n)) }

func (w *stateReader) values(numbers []uint32) schema.Row {
	w.row = w.row[:0]
	for _, n := range numbers {
		w.row = append(w.row, w.text(n))
	}
	return w.row
}

func (w *stateReader) merges() bool {
	all := slices.SortedFunc(maps.Keys(w.fold.merges), func(a, b merge) int {
		return strings.Compare(w.text(a.person)+"\x00"+w.text(a.into), w.text(b.person)+"\x00"+w.text(b.into))
	})
	for _, m := range all {
		if !w.yieldRow(StateRow{Fact: fact.KindPersonMerged, Person: w.text(m.person), Into: w.text(m.into)}) {
			return false
		}
	}
	return true
}

func (w *stateReader) derived() bool {
	signups := w.fold.layouts.signups
	for _, upload := range slices.Sorted(maps.Keys(w.fold.derived)) {
		all := slices.SortedFunc(slices.Values(w.fold.derived[upload]), func(a, b derivation) int {
			return cmp.Or(strings.Compare(w.text(a.person), w.text(b.person)), slices.Compare(a.values[:], b.values[:]))
		})
		for _, d := range all {
			row := make(schema.Row, len(signups.Fields))
			for i, name := range derivedFields {
				if field := signups.Index(name); field >= 0 {
					row[field] = w.text(d.values[i])
				}
			}
			if !w.yieldRow(StateRow{Fact: Derived, Kind: signups.Name, Person: w.person(d.person), Upload: upload, Values: row}) {
				return false
			}
		}
	}
	return true
}

func (w *stateReader) corrections() bool {
	signups := w.fold.layouts.signups
	for _, id := range slices.Sorted(maps.Keys(w.fold.corrections)) {
		c := w.fold.corrections[id]
		var cleared []string
		for _, field := range c.cleared {
			cleared = append(cleared, signups.Fields[field].Name)
		}
		if !w.yieldRow(StateRow{Fact: fact.KindPersonAttributes, Kind: signups.Name, ID: id, Person: w.person(c.person), At: time.Unix(0, c.at).UTC(), Cleared: strings.Join(cleared, " "), Values: w.values(c.values)}) {
			return false
		}
	}
	return true
}

func (w *stateReader) said() bool {
	for _, id := range slices.Sorted(maps.Keys(w.fold.said)) {
		s := w.fold.said[id]
		if !w.yieldRow(StateRow{Fact: fact.KindIndicatorSaid, ID: id, Object: s.indicator, Date: s.asOf.String(), State: s.value, At: time.Unix(0, s.at).UTC()}) {
			return false
		}
	}
	return true
}

func (w *stateReader) records() bool {
	live := map[string]string{} // marks
	for kind, records := range w.live.records {
		for i, r := range records {
			if s := &w.live.sources[r.source]; s.record != nil {
				live[s.id] = w.marks[w.marked[kind][i]]
			}
		}
	}
	kind := func(id string) int {
		if t := w.fold.records[id]; !t.void {
			return t.layout.number
		}
		return len(w.fold.layouts.all)
	}
	for _, id := range sortedBy(w.fold.records, kind) {
		t := w.fold.records[id]
		p := StateRow{Fact: fact.KindRecordVoided, ID: id, Version: t.version}
		if !t.void {
			marks, counts := live[id]
			p = StateRow{Fact: fact.KindRecordEntered, Kind: t.layout.Name, ID: id, Version: t.version, Date: w.text(t.values[t.layout.date]), Live: counts, Marks: marks, At: time.Unix(0, t.at).UTC(), Values: w.values(t.values)}
			about := t.person
			if t.layout.Person {
				p.Person, about = w.person(t.person), w.canonical(t.person)
			} else {
				p.Owner = w.text(t.person)
			}
			p.Key = w.fold.texts.naturalKey(about, t.layout, t.values)
		}
		if !w.yieldRow(p) {
			return false
		}
	}
	return true
}

// sortedBy returns the keys of a map, ordered by a number, then by themselves.
func sortedBy[V any](m map[string]V, number func(string) int) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(number(a), number(b)), strings.Compare(a, b))
	})
}

func (w *stateReader) files() bool {
	live := map[*upload][]uint32{} // the index of the mark plus 1
	for i := range w.live.sources {
		if u := w.live.sources[i].upload; u != nil {
			live[u] = make([]uint32, len(u.rows.numbers))
		}
	}
	for kind, records := range w.live.records {
		for i, r := range records {
			if u := w.live.sources[r.source].upload; u != nil {
				live[u][r.row] = w.marked[kind][i] + 1
			}
		}
	}
	kind := func(id string) int {
		if u := w.fold.uploads[id]; u.layout != nil {
			return u.layout.number
		}
		return len(w.fold.layouts.all)
	}
	ids := sortedBy(w.fold.uploads, kind)
	for _, id := range ids {
		u := w.fold.uploads[id]
		accepted := u.accepted
		if u.layout != nil && !w.yieldRow(StateRow{Fact: fact.KindUploadAccepted, Kind: u.layout.Name, Upload: id, At: accepted.Arrived, Owner: accepted.Owner, Object: accepted.Object, Rows: accepted.Rows, Packs: accepted.Packs, SHA256: accepted.SHA256}) {
			return false
		}
	}
	for _, id := range ids {
		if w.fold.uploads[id].withdrawn && !w.yieldRow(StateRow{Fact: fact.KindUploadWithdrawn, Upload: id}) {
			return false
		}
	}
	for _, id := range ids {
		if u := w.fold.uploads[id]; u.rows != nil && !w.lines(u, live[u]) {
			return false
		}
	}
	return true
}

func (w *stateReader) lines(u *upload, live []uint32) bool {
	width := len(u.layout.Fields)
	owner := w.fold.texts.intern(u.layout.Owner(u.accepted.Owner))
	for i, number := range u.rows.numbers {
		values := u.rows.values[i*width : (i+1)*width]
		p := StateRow{Fact: FileRow, Kind: u.layout.Name, ID: fact.LineID(u.id, u.accepted.Arrived, int(number)), Date: w.text(values[u.layout.date]), Live: live[i] > 0, Upload: u.id, Row: int(number), Values: w.values(values)}
		about := owner
		if u.layout.Person {
			about = w.canonical(u.rows.persons[i])
			p.Person = w.text(about)
		}
		p.Key = w.fold.texts.naturalKey(about, u.layout, values)
		if p.Live {
			p.Marks = w.marks[live[i]-1]
		}
		if !w.yieldRow(p) {
			return false
		}
	}
	return true
}

func (w *stateReader) signups() bool {
	live := map[*entry]string{}
	for i := range w.live.signups {
		live[w.live.signups[i].entry] = w.live.signups[i].state
	}
	ids := slices.Sorted(maps.Keys(w.fold.signups))
	for _, id := range ids {
		s := w.fold.signups[id]
		for i := range s.entries {
			e := &s.entries[i]
			state, counts := live[e]
			if !w.yieldRow(StateRow{
				Fact: fact.KindSignup, Kind: w.fold.layouts.signups.Name, ID: id, Person: w.person(e.person), Live: counts, State: state, Upload: e.upload, Row: e.line,
				At: time.Unix(0, e.at).UTC(), Entry: e.id, First: e.state, Values: w.values(e.values),
			}) {
				return false
			}
		}
	}
	for _, id := range ids {
		s := w.fold.signups[id]
		if s.stateVersion > 0 && !w.yieldRow(StateRow{Fact: fact.KindSignupMoved, ID: id, Version: s.stateVersion, State: s.state}) {
			return false
		}
	}
	return true
}

// Text returns a text, without allocating it if the Fold has interned it.
func (f *Fold) Text(text []byte) string {
	if n, ok := f.texts.find(text); ok {
		return f.texts.all[n]
	}
	return string(text)
}

var errNoUpload = errors.New("row of a file that was not accepted")

// Restore adds a StateRow that State of another Fold returned. Rows must come in their order.
func (f *Fold) Restore(p *StateRow) (err error) {
	f.live = nil
	switch p.Fact {
	case fact.KindPersonMerged:
		err = f.applyMerge(fact.PersonMerged{Person: p.Person, Into: p.Into})
	case Derived:
		err = f.derive(p.Upload, p.Person, f.layouts.signups.stored(p.Values))
	case fact.KindPersonAttributes:
		err = f.applyAttributes(fact.PersonAttributes{Person: p.Person, Values: f.layouts.signups.stored(p.Values), Cleared: strings.Fields(p.Cleared)}, p.ID, p.At)
	case fact.KindIndicatorSaid:
		err = f.applySaid(fact.IndicatorSaid{Indicator: p.Object, AsOf: p.Date, Value: p.State}, p.ID, p.At)
	case fact.KindRecordEntered:
		err = f.applyRecord(fact.RecordEntered{Record: p.ID, Version: p.Version, Kind: p.Kind, Person: p.Person, Partner: p.Owner, Values: f.layouts.named(p.Kind).stored(p.Values)}, p.At)
	case fact.KindRecordVoided:
		err = f.applyVoid(fact.RecordVoided{Record: p.ID, Version: p.Version})
	case fact.KindUploadAccepted:
		err = f.applyUpload(fact.UploadAccepted{Upload: p.Upload, Kind: p.Kind, Owner: p.Owner, Object: p.Object, Arrived: p.At, Rows: p.Rows, Packs: p.Packs, SHA256: p.SHA256})
	case fact.KindUploadWithdrawn:
		err = f.applyWithdrawal(fact.UploadWithdrawn{Upload: p.Upload})
	case FileRow:
		err = f.restoreFileRow(p)
	case fact.KindSignup:
		err = f.applySignup(fact.Signup{Signup: p.ID, Entry: p.Entry, Person: p.Person, Submitted: p.At, Values: f.layouts.signups.stored(p.Values), State: p.First, Upload: p.Upload, Line: p.Row})
	case fact.KindSignupMoved:
		err = f.applyMove(fact.SignupMoved{Signup: p.ID, Version: p.Version, State: p.State})
	default:
		err = errors.New("unknown state row")
	}
	if err != nil {
		return fmt.Errorf("restore %s %s: %w", p.Fact, p.ID, err)
	}
	return nil
}

// restoreFileRow adds a row to a file that had no missing packs.
func (f *Fold) restoreFileRow(p *StateRow) error {
	u := f.uploads[p.Upload]
	if !u.counts() || u.layout == f.layouts.signups {
		return errNoUpload
	}
	if u.rows == nil {
		u.rows, u.packs = newRows(u.layout, min(u.accepted.Rows, mostPacks)), nil
	}
	return f.addLine(u.rows, u.layout, u.layout.places, &fact.Line{Row: p.Row, Person: p.Person, Values: p.Values})
}

// stored returns the values of a row of a StateRow by field, none for an unknown kind.
func (s *kindLayout) stored(row schema.Row) schema.Values {
	if s == nil {
		return schema.Values{}
	}
	return s.Values(row)
}
