package counting

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/schema"
)

// LinePiece is the Fact of a Piece that is a file's row.
const LinePiece = "line"

// Piece is one thing that a Fold remembers, as a checkpoint keeps it: a fact that still matters, or a file's row. Persons
// are those that the ids merged with them stand for. What is not of a kind's concern is zero.
type Piece struct {
	Fact    string // the fact's kind, or LinePiece
	Kind    string // of the record, or of the file's records
	ID      string // the record's or the sign-up's
	Version int
	Person  string
	Into    string // whom the person was merged into
	Date    string // the record's; none of sign-ups, whose day depends on the project's time zone
	Live    bool   // it is a record, and counts from its day on
	State   string // a live sign-up's, or the one it was moved to
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
	Values  schema.Row // in the order of the kind's fields
}

// Pieces gives all that the Fold remembers. Told to another Fold one after the other, they make it the same; rows of files
// that are still Wanted are left out, and will be wanted again. Pieces of one fact and kind come together. The Piece is
// overwritten by the next one.
func (f *Fold) Pieces() iter.Seq[*Piece] {
	return func(yield func(*Piece) bool) {
		w := &pieces{fold: f, live: f.Live(), who: f.canonical(), yield: yield}
		_ = w.merges() && w.records() && w.files() && w.signups()
	}
}

// pieces gives pieces one after the other; its methods are false once nobody wants more.
type pieces struct {
	fold  *Fold
	live  *Live
	who   func(uint32) uint32
	piece Piece
	row   schema.Row
	yield func(*Piece) bool
}

func (w *pieces) give(p Piece) bool {
	w.piece = p
	return w.yield(&w.piece)
}

func (w *pieces) text(n uint32) string { return w.fold.texts.all[n] }

func (w *pieces) person(n uint32) string { return w.text(w.who(n)) }

func (w *pieces) values(numbers []uint32) schema.Row {
	w.row = w.row[:0]
	for _, n := range numbers {
		w.row = append(w.row, w.text(n))
	}
	return w.row
}

func (w *pieces) merges() bool {
	all := slices.SortedFunc(maps.Keys(w.fold.merges), func(a, b merge) int {
		return strings.Compare(w.text(a.person)+"\x00"+w.text(a.into), w.text(b.person)+"\x00"+w.text(b.into))
	})
	for _, m := range all {
		if !w.give(Piece{Fact: fact.KindPersonMerged, Person: w.text(m.person), Into: w.text(m.into)}) {
			return false
		}
	}
	return true
}

func (w *pieces) records() bool {
	live := map[string]bool{}
	for _, records := range w.live.records {
		for _, r := range records {
			if s := &w.live.sources[r.source]; s.typed != nil {
				live[s.id] = true
			}
		}
	}
	kind := func(id string) int {
		if t := w.fold.typed[id]; !t.void {
			return t.shape.number
		}
		return len(w.fold.shapes.all)
	}
	for _, id := range sortedBy(w.fold.typed, kind) {
		t := w.fold.typed[id]
		p := Piece{Fact: fact.KindVoided, ID: id, Version: t.version}
		if !t.void {
			p = Piece{Fact: fact.KindSaid, Kind: t.shape.Name, ID: id, Version: t.version, Person: w.person(t.person), Date: w.text(t.values[t.shape.date]), Live: live[id], At: time.Unix(0, t.at).UTC(), Values: w.values(t.values)}
		}
		if !w.give(p) {
			return false
		}
	}
	return true
}

// sortedBy gives the keys of a map by a number, then in their own order.
func sortedBy[V any](m map[string]V, number func(string) int) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(number(a), number(b)), strings.Compare(a, b))
	})
}

func (w *pieces) files() bool {
	live := map[*upload][]bool{}
	for i := range w.live.sources {
		if u := w.live.sources[i].upload; u != nil {
			live[u] = make([]bool, len(u.rows.numbers))
		}
	}
	for _, records := range w.live.records {
		for _, r := range records {
			if u := w.live.sources[r.source].upload; u != nil {
				live[u][r.row] = true
			}
		}
	}
	kind := func(id string) int {
		if u := w.fold.uploads[id]; u.shape != nil {
			return u.shape.number
		}
		return len(w.fold.shapes.all)
	}
	ids := sortedBy(w.fold.uploads, kind)
	for _, id := range ids {
		u := w.fold.uploads[id]
		said := u.said
		if u.shape != nil && !w.give(Piece{Fact: fact.KindUploadAccepted, Kind: u.shape.Name, Upload: id, At: said.Arrived, Owner: said.Owner, Object: said.Object, Rows: said.Rows, Packs: said.Packs, SHA256: said.SHA256}) {
			return false
		}
	}
	for _, id := range ids {
		if w.fold.uploads[id].withdrawn && !w.give(Piece{Fact: fact.KindUploadWithdrawn, Upload: id}) {
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

func (w *pieces) lines(u *upload, live []bool) bool {
	width := len(u.shape.Fields)
	for i, number := range u.rows.numbers {
		values := u.rows.values[i*width : (i+1)*width]
		p := Piece{Fact: LinePiece, Kind: u.shape.Name, ID: fact.LineID(u.id, u.said.Arrived, int(number)), Date: w.text(values[u.shape.date]), Live: live[i], Upload: u.id, Row: int(number), Values: w.values(values)}
		if u.shape.Person {
			p.Person = w.person(u.rows.persons[i])
		}
		if !w.give(p) {
			return false
		}
	}
	return true
}

func (w *pieces) signups() bool {
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
			if !w.give(Piece{
				Fact: fact.KindSignup, Kind: w.fold.shapes.signups.Name, ID: id, Person: w.person(e.person), Live: counts, State: state, Upload: e.upload, Row: e.line,
				At: time.Unix(0, e.at).UTC(), Entry: e.id, First: e.state, Values: w.values(e.values),
			}) {
				return false
			}
		}
	}
	for _, id := range ids {
		s := w.fold.signups[id]
		if s.stateVersion > 0 && !w.give(Piece{Fact: fact.KindSignupMoved, ID: id, Version: s.stateVersion, State: s.state}) {
			return false
		}
	}
	return true
}

// Text gives a text that the Fold remembers without making it anew.
func (f *Fold) Text(text []byte) string {
	if n, ok := f.texts.find(text); ok {
		return f.texts.all[n]
	}
	return string(text)
}

var errLost = errors.New("a row of a file that was not accepted")

// Restore tells a Fold a Piece of another one, in their order.
func (f *Fold) Restore(p *Piece) (err error) {
	f.live = nil
	switch p.Fact {
	case fact.KindPersonMerged:
		err = f.merged(fact.Merged{Person: p.Person, Into: p.Into})
	case fact.KindSaid:
		err = f.said(fact.Said{Record: p.ID, Version: p.Version, Kind: p.Kind, Person: p.Person, Values: f.shapes.named(p.Kind).stored(p.Values)}, p.At)
	case fact.KindVoided:
		err = f.voided(fact.Voided{Record: p.ID, Version: p.Version})
	case fact.KindUploadAccepted:
		err = f.accepted(fact.Uploaded{Upload: p.Upload, Kind: p.Kind, Owner: p.Owner, Object: p.Object, Arrived: p.At, Rows: p.Rows, Packs: p.Packs, SHA256: p.SHA256})
	case fact.KindUploadWithdrawn:
		err = f.withdrawn(fact.Withdrawn{Upload: p.Upload})
	case LinePiece:
		err = f.restoreLine(p)
	case fact.KindSignup:
		err = f.signedUp(fact.Signup{Signup: p.ID, Entry: p.Entry, Person: p.Person, Submitted: p.At, Values: f.shapes.signups.stored(p.Values), State: p.First, Upload: p.Upload, Line: p.Row})
	case fact.KindSignupMoved:
		err = f.moved(fact.SignupMoved{Signup: p.ID, Version: p.Version, State: p.State})
	default:
		err = errors.New("an unknown piece")
	}
	if err != nil {
		return fmt.Errorf("restore %s %s: %w", p.Fact, p.ID, err)
	}
	return nil
}

// restoreLine adds a row to a file whose rows were all there.
func (f *Fold) restoreLine(p *Piece) error {
	u := f.uploads[p.Upload]
	if !u.counts() || u.shape == f.shapes.signups {
		return errLost
	}
	if u.rows == nil {
		u.rows, u.packs = newRows(u.shape, min(u.said.Rows, mostPacks)), nil
	}
	return f.addLine(u.rows, u.shape, u.shape.places, &fact.Line{Row: p.Row, Person: p.Person, Values: p.Values})
}

// stored gives the values of a row that a Piece carries; of a kind that is not there, none.
func (s *shape) stored(row schema.Row) schema.Values {
	if s == nil {
		return schema.Values{}
	}
	return s.Values(row)
}
