// Package counting turns facts into live records, and live records into the figures of a snapshot. It is pure: facts and
// the rows of files go in, in whatever order and however often they come, and the same figures come out. The function
// compile-snapshot feeds it; package checkpoint keeps what a Fold remembers.
package counting

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/schema"
)

// Fold is all that facts have said so far, no more of it than later facts may need. It is for one goroutine.
//
// Facts may come in any order, twice, and with others missing: of what was said several times the highest version counts,
// not the last to come, and what takes something back is remembered even where that was not seen yet.
type Fold struct {
	shapes  *shapes
	texts   texts
	uploads map[string]*upload
	typed   map[string]*typed
	signups map[string]*signedUp
	merges  map[merge]struct{}
	live    *Live // as last worked out; nil: something changed since
}

// New gives a Fold over the kinds of a registry that has seen nothing.
func New(registry *schema.Registry) *Fold {
	return &Fold{shapes: newShapes(registry), texts: newTexts(), uploads: map[string]*upload{}, typed: map[string]*typed{}, signups: map[string]*signedUp{}, merges: map[merge]struct{}{}}
}

// Registry is the kinds that the Fold knows.
func (f *Fold) Registry() *schema.Registry { return f.shapes.registry }

// upload is a file.
type upload struct {
	id        string
	said      fact.Uploaded
	shape     *shape // nil: its acceptance was not seen yet
	withdrawn bool
	packs     []*rows // until all are there; nil: missing
	rows      *rows   // when all are there and the file counts
}

// rows are rows of a file: numbers, persons where the kind is about people, and values, one row after the other.
type rows struct {
	numbers []int32
	persons []uint32
	values  []uint32
}

func newRows(s *shape, n int) *rows {
	r := &rows{numbers: make([]int32, 0, n), values: make([]uint32, 0, n*len(s.Fields))}
	if s.Person {
		r.persons = make([]uint32, 0, n)
	}
	return r
}

// typed is a record that somebody typed, in its highest version.
type typed struct {
	version int
	void    bool
	layer
}

type layer struct {
	shape  *shape
	at     int64
	person uint32
	values []uint32
}

// signedUp is a sign-up: what moved it, and every time its form was sent.
type signedUp struct {
	state        string
	stateVersion int
	entries      []entry // in the order of their ids
}

// entry is one sending of a sign-up's form.
type entry struct {
	id     string
	person uint32
	at     int64
	values []uint32
	state  string // "": the sign-up was there before
	upload string
	line   int
}

type merge struct{ person, into uint32 }

// Apply takes a fact. Kinds that it does not know, of a later version of the tracker, say nothing to it. An error names
// a fact that cannot be understood; the Fold is then as before.
func (f *Fold) Apply(from fact.Fact) error {
	if err := f.apply(from); err != nil {
		return fmt.Errorf("fact %s (%s): %w", from.ID, from.Kind, err)
	}
	return nil
}

func (f *Fold) apply(from fact.Fact) error {
	f.live = nil
	switch from.Kind {
	case fact.KindSignup:
		return decode(from, f.signedUp)
	case fact.KindSignupMoved:
		return decode(from, f.moved)
	case fact.KindSaid:
		return decode(from, func(said fact.Said) error { return f.said(said, from.At) })
	case fact.KindVoided:
		return decode(from, f.voided)
	case fact.KindUploadAccepted:
		return decode(from, f.accepted)
	case fact.KindUploadWithdrawn:
		return decode(from, f.withdrawn)
	case fact.KindPersonMerged:
		return decode(from, f.merged)
	default:
		return nil
	}
}

func decode[T any](from fact.Fact, apply func(T) error) error {
	var data T
	if err := json.Unmarshal(from.Data, &data); err != nil {
		return err
	}
	return apply(data)
}

var errUnnamed = errors.New("it does not say what it is about")

// instant gives a time as nanoseconds since 1970, which is how times are kept and compared.
func instant(at time.Time) (int64, error) {
	if at.Year() < 1700 || at.Year() > 2250 {
		return 0, fmt.Errorf("a time in the year %d", at.Year())
	}
	return at.UnixNano(), nil
}

// values checks stored values and gives those that counting and natural keys look at, in the order of the kind's fields.
func (f *Fold) values(s *shape, stored schema.Values) ([]uint32, error) {
	values := make([]uint32, len(s.Fields))
	for _, v := range stored.Upcast(s.Name).All() {
		field := s.Index(v.Field)
		switch {
		case v.Field == "":
			return nil, fmt.Errorf("%s with more values than it has fields", s.Name)
		case field < 0:
			continue
		}
		if err := f.value(values, s, field, v.Text); err != nil {
			return nil, err
		}
	}
	return values, s.dated(values)
}

// value checks a value, and puts its number into a row of them where it is to be remembered.
func (f *Fold) value(values []uint32, s *shape, field int, text string) error {
	if err := s.check(field, text); err != nil {
		return err
	}
	if s.remembers[field] {
		values[field] = f.texts.number(text)
	}
	return nil
}

// dated refuses a record that has no day, where its kind is dated by a field.
func (s *shape) dated(values []uint32) error {
	if s.date >= 0 && values[s.date] == 0 {
		return fmt.Errorf("%s without a date", s.Name)
	}
	return nil
}

func (f *Fold) said(said fact.Said, received time.Time) error {
	s := f.shapes.named(said.Kind)
	switch {
	case said.Record == "" || said.Version < 1:
		return errUnnamed
	case s == nil || s == f.shapes.signups || s == f.shapes.airings:
		return fmt.Errorf("nobody types records of the kind %q", said.Kind)
	case s.Person && said.Person == "":
		return fmt.Errorf("%s of nobody", s.Name)
	}
	at, err := instant(received)
	if err != nil {
		return err
	}
	values, err := f.values(s, said.Values)
	if err != nil {
		return err
	}
	next := typed{version: said.Version, layer: layer{shape: s, at: at, values: values}}
	if s.Person {
		next.person = f.texts.number(said.Person)
	}
	f.say(said.Record, next)
	return nil
}

func (f *Fold) voided(v fact.Voided) error {
	if v.Record == "" || v.Version < 1 {
		return errUnnamed
	}
	f.say(v.Record, typed{version: v.Version, void: true})
	return nil
}

func (f *Fold) say(record string, next typed) {
	if last, ok := f.typed[record]; !ok || f.outdoes(&next, last) {
		f.typed[record] = &next
	}
}

// outdoes tells which of two versions counts. One version is written once; were it not, the choice must still be the same
// in every order.
func (f *Fold) outdoes(a, b *typed) bool {
	if a.version != b.version || a.void || b.void {
		return a.version > b.version || a.version == b.version && a.void && !b.void
	}
	return cmp.Or(
		cmp.Compare(a.at, b.at),
		cmp.Compare(a.shape.number, b.shape.number),
		strings.Compare(f.texts.all[a.person], f.texts.all[b.person]),
		f.compareValues(a.values, b.values),
	) > 0
}

func (f *Fold) compareValues(a, b []uint32) int {
	return slices.CompareFunc(a, b, func(a, b uint32) int { return strings.Compare(f.texts.all[a], f.texts.all[b]) })
}

func (f *Fold) upload(id string) *upload {
	u, ok := f.uploads[id]
	if !ok {
		u = &upload{id: id}
		f.uploads[id] = u
	}
	return u
}

// The most packs that a file can have: one for each row.
const mostPacks = 200_000

func (f *Fold) accepted(said fact.Uploaded) error {
	s := f.shapes.named(said.Kind)
	switch {
	case said.Upload == "":
		return errUnnamed
	case s == nil:
		return fmt.Errorf("no file has records of the kind %q", said.Kind)
	case said.Packs < 0 || said.Packs > mostPacks:
		return fmt.Errorf("a file of %d packs", said.Packs)
	}
	if _, err := instant(said.Arrived); err != nil {
		return err
	}
	said.Arrived = said.Arrived.UTC()
	u := f.upload(said.Upload)
	// A file is accepted once; were it not, the choice must still be the same in every order.
	if u.shape != nil && compareUploads(said, u.said) <= 0 {
		return nil
	}
	u.said, u.shape, u.rows, u.packs = said, s, nil, nil
	if s != f.shapes.signups && !u.withdrawn {
		u.packs = make([]*rows, said.Packs)
		u.complete()
	}
	return nil
}

func compareUploads(a, b fact.Uploaded) int {
	return cmp.Or(
		a.Arrived.Compare(b.Arrived),
		strings.Compare(a.Object, b.Object),
		strings.Compare(a.Owner, b.Owner),
		strings.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Packs, b.Packs),
		cmp.Compare(a.Rows, b.Rows),
		strings.Compare(a.SHA256, b.SHA256),
	)
}

func (f *Fold) withdrawn(w fact.Withdrawn) error {
	if w.Upload == "" {
		return errUnnamed
	}
	u := f.upload(w.Upload)
	u.withdrawn, u.packs, u.rows = true, nil, nil
	return nil
}

// counts tells whether what a file said holds.
func (u *upload) counts() bool { return u != nil && u.shape != nil && !u.withdrawn }

// complete puts a file's packs together once all are there: a file counts as a whole or not at all.
func (u *upload) complete() {
	if slices.Contains(u.packs, nil) {
		return
	}
	if len(u.packs) == 1 {
		u.rows, u.packs = u.packs[0], nil
		return
	}
	n := 0
	for _, pack := range u.packs {
		n += len(pack.numbers)
	}
	all := newRows(u.shape, n)
	for _, pack := range u.packs {
		all.numbers = append(all.numbers, pack.numbers...)
		all.persons = append(all.persons, pack.persons...)
		all.values = append(all.values, pack.values...)
	}
	u.rows, u.packs = all, nil
}

// KindOf is the kind of the records of an upload that was accepted, "" of another.
func (f *Fold) KindOf(upload string) string {
	if u := f.uploads[upload]; u != nil && u.shape != nil {
		return u.shape.Name
	}
	return ""
}

// Pack is a pack of an upload's rows.
type Pack struct {
	Upload string
	Number int
}

// Wanted names the packs without which Live would leave out files that count, in no special order but always the same.
func (f *Fold) Wanted() []Pack {
	var out []Pack
	for id, u := range f.uploads {
		for number, pack := range u.packs {
			if pack == nil {
				out = append(out, Pack{Upload: id, Number: number})
			}
		}
	}
	slices.SortFunc(out, func(a, b Pack) int {
		return cmp.Or(strings.Compare(a.Upload, b.Upload), cmp.Compare(a.Number, b.Number))
	})
	return out
}

// AddRows takes a pack of rows that Wanted names. Rows that are there already, or are not wanted any more, change nothing.
// An error names rows that cannot be understood; the Fold is then as before.
func (f *Fold) AddRows(upload string, pack int, rows fact.Pack) error {
	u := f.uploads[upload]
	if u == nil || pack < 0 || pack >= len(u.packs) || u.packs[pack] != nil {
		return nil
	}
	s := u.shape
	r := newRows(s, len(rows.Lines))
	places := rows.Places(s.Kind)
	for i := range rows.Lines {
		if err := f.addLine(r, s, places, &rows.Lines[i]); err != nil {
			return fmt.Errorf("upload %s, row %d: %w", upload, rows.Lines[i].Row, err)
		}
	}
	u.packs[pack] = r
	u.complete()
	f.live = nil
	return nil
}

// addLine adds a row whose values stand in the order of some places in the kind's rows, -1 of a field that it does not have.
func (f *Fold) addLine(r *rows, s *shape, places []int, line *fact.Line) error {
	if s.Person && line.Person == "" {
		return fmt.Errorf("%s of nobody", s.Name)
	}
	if len(line.Values) > len(places) {
		return fmt.Errorf("%s with %d values of %d fields", s.Name, len(line.Values), len(places))
	}
	from := len(r.values)
	r.values = append(r.values, make([]uint32, len(s.Fields))...)
	values := r.values[from:]
	for i, text := range line.Values {
		if places[i] < 0 {
			continue
		}
		if err := f.value(values, s, places[i], text); err != nil {
			return err
		}
	}
	if err := s.dated(values); err != nil {
		return err
	}
	r.numbers = append(r.numbers, int32(line.Row))
	if s.Person {
		r.persons = append(r.persons, f.texts.number(line.Person))
	}
	return nil
}

func (f *Fold) merged(m fact.Merged) error {
	if m.Person == "" || m.Into == "" {
		return errUnnamed
	}
	if m.Person != m.Into {
		f.merges[merge{f.texts.number(m.Person), f.texts.number(m.Into)}] = struct{}{}
	}
	return nil
}

func (f *Fold) signup(id string) *signedUp {
	s, ok := f.signups[id]
	if !ok {
		s = &signedUp{}
		f.signups[id] = s
	}
	return s
}

func (f *Fold) signedUp(said fact.Signup) error {
	switch {
	case said.Signup == "" || said.Entry == "":
		return errUnnamed
	case said.Person == "":
		return errors.New("a sign-up of nobody")
	}
	at, err := instant(said.Submitted)
	if err != nil {
		return err
	}
	values, err := f.values(f.shapes.signups, said.Values)
	if err != nil {
		return err
	}
	s := f.signup(said.Signup)
	next := entry{id: said.Entry, person: f.texts.number(said.Person), at: at, values: values, state: said.State, upload: said.Upload, line: said.Line}
	i, there := slices.BinarySearchFunc(s.entries, said.Entry, func(e entry, id string) int { return strings.Compare(e.id, id) })
	if !there {
		s.entries = slices.Insert(s.entries, i, next)
	} else if f.compareEntries(&next, &s.entries[i]) > 0 {
		s.entries[i] = next
	}
	return nil
}

// compareEntries orders two facts about one sending. There is one; were there not, the choice must still be the same in
// every order.
func (f *Fold) compareEntries(a, b *entry) int {
	return cmp.Or(
		cmp.Compare(a.at, b.at),
		strings.Compare(a.state, b.state),
		strings.Compare(a.upload, b.upload),
		cmp.Compare(a.line, b.line),
		strings.Compare(f.texts.all[a.person], f.texts.all[b.person]),
		f.compareValues(a.values, b.values),
	)
}

func (f *Fold) moved(m fact.SignupMoved) error {
	if m.Signup == "" || m.Version < 1 {
		return errUnnamed
	}
	s := f.signup(m.Signup)
	if m.State != "" && cmp.Or(cmp.Compare(m.Version, s.stateVersion), strings.Compare(m.State, s.state)) > 0 {
		s.state, s.stateVersion = m.State, m.Version
	}
	return nil
}
