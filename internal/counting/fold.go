// Package counting turns facts into live records, and live records into the figures of a snapshot. It is pure and
// deterministic: the same facts and rows of files give the same figures, in any order and with any repetition. Package
// snapshots/compile runs it; package checkpoint stores the state of a Fold.
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

// Fold is the minimal state for replaying facts: what they amount to so far, and no more of it than later facts may
// need. It is not safe for concurrent use.
//
// Facts may be applied in any order, twice, and with others missing: of a record the highest version counts, not the
// last one applied, and a withdrawal or a void is kept even if it comes before what it refers to.
type Fold struct {
	layouts *layouts
	texts   textTable
	uploads map[string]*upload
	records map[string]*formRecord
	signups map[string]*signup
	merges  map[merge]struct{}
	// derived has what follows from PESELs, by the upload that names them, "" for facts
	derived map[string][]derivation
	// corrections of people's attributes by the id of the fact
	corrections map[string]*correction
	said        map[string]saidValue // by the id of the fact
	base        *base                // the records of a checkpoint as they were counted; nil: the Fold has the records themselves
	live        *Live                // cached result of Live; nil: a fact was applied since
}

// New returns an empty Fold over the kinds of a registry.
func New(registry *schema.Registry) *Fold {
	return &Fold{layouts: newLayouts(registry), texts: newTextTable(), uploads: map[string]*upload{}, records: map[string]*formRecord{}, signups: map[string]*signup{}, merges: map[merge]struct{}{}, corrections: map[string]*correction{}, said: map[string]saidValue{}, derived: map[string][]derivation{}}
}

// Registry returns the kinds of the Fold.
func (f *Fold) Registry() *schema.Registry { return f.layouts.registry }

// upload is a file and its rows.
type upload struct {
	id        string
	accepted  fact.UploadAccepted
	layout    *kindLayout // nil: its acceptance was not applied yet
	withdrawn bool
	inBase    bool    // its rows are in the base
	packs     []*rows // until all are added; a nil pack is missing
	rows      *rows   // once all packs are added and the file counts
}

// rows are rows of a file in columns: row numbers, persons if the kind is about people, and values, row by row.
type rows struct {
	numbers []int32
	persons []uint32
	values  []uint32
}

func newRows(s *kindLayout, n int) *rows {
	r := &rows{numbers: make([]int32, 0, n), values: make([]uint32, 0, n*len(s.Fields))}
	if s.Person {
		r.persons = make([]uint32, 0, n)
	}
	return r
}

// formRecord is the highest version of a record that came through a form or the API, not in a file.
type formRecord struct {
	version int
	void    bool
	layout  *kindLayout
	at      int64
	person  uint32 // of a kind that is not about people: the partner who typed it, 0 for the office
	values  []uint32
}

// signup is a sign-up: its latest change of state, and every sending of its form.
type signup struct {
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
	state  string // "": the sending repeated the sign-up
	upload string
	line   int
}

type merge struct{ person, into uint32 }

// derivation is attributes of a person that follow from a PESEL.
type derivation struct {
	person uint32
	values [2]uint32 // birth_year and sex
}

// correction is a correction of a person's attributes.
type correction struct {
	id      string
	person  uint32
	at      int64
	values  []uint32 // in the order of the fields of sign-ups
	cleared []int    // the indexes of fields of sign-ups
}

// Apply applies a fact. It may be applied twice. Kinds of facts that do not affect figures, or that a later version of
// the tracker wrote, are ignored. It fails if the fact is invalid; the Fold is then unchanged.
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
		return decode(from, f.applySignup)
	case fact.KindSignupMoved:
		return decode(from, f.applyMove)
	case fact.KindRecordEntered:
		return decode(from, func(entered fact.RecordEntered) error { return f.applyRecord(entered, from.At) })
	case fact.KindRecordVoided:
		return decode(from, f.applyVoid)
	case fact.KindUploadAccepted:
		return decode(from, f.applyUpload)
	case fact.KindUploadWithdrawn:
		return decode(from, f.applyWithdrawal)
	case fact.KindPersonMerged:
		return decode(from, f.applyMerge)
	case fact.KindPersonAttributes:
		return decode(from, func(c fact.PersonAttributes) error { return f.applyAttributes(c, from.ID, from.At) })
	case fact.KindIndicatorSaid:
		return decode(from, func(said fact.IndicatorSaid) error { return f.applySaid(said, from.ID, from.At) })
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

var errNoID = errors.New("an id or a version is missing")

// instant returns a time in nanoseconds since 1970, as times are stored and compared. It fails outside 1700–2250.
func instant(at time.Time) (int64, error) {
	if at.Year() < 1700 || at.Year() > 2250 {
		return 0, fmt.Errorf("time in the year %d is out of range", at.Year())
	}
	return at.UnixNano(), nil
}

// values checks stored values and returns those that counting and natural keys use, in the order of the kind's fields.
func (f *Fold) values(s *kindLayout, stored schema.Values) ([]uint32, error) {
	values := make([]uint32, len(s.Fields))
	for _, v := range stored.Upcast(s.Name).All() {
		field := s.Index(v.Field)
		switch {
		case v.Field == "":
			return nil, fmt.Errorf("%s has more values than fields", s.Name)
		case field < 0:
			continue
		}
		if err := f.value(values, s, field, v.Text); err != nil {
			return nil, err
		}
	}
	return values, s.checkDate(values)
}

// value checks a value and interns it into a row of values, if counting or natural keys use its field.
func (f *Fold) value(values []uint32, s *kindLayout, field int, text string) error {
	text = s.Fields[field].Kept(text)
	if err := s.check(field, text); err != nil {
		return err
	}
	if s.keeps[field] {
		values[field] = f.texts.intern(text)
	}
	return nil
}

// checkDate fails if a record has no date and its kind has a date field.
func (s *kindLayout) checkDate(values []uint32) error {
	if s.date >= 0 && values[s.date] == 0 {
		return fmt.Errorf("%s without a date", s.Name)
	}
	return nil
}

func (f *Fold) applyRecord(entered fact.RecordEntered, received time.Time) error {
	s := f.layouts.named(entered.Kind)
	switch {
	case entered.Record == "" || entered.Version < 1:
		return errNoID
	case s == nil || s == f.layouts.signups:
		return fmt.Errorf("records of the kind %q are not typed", entered.Kind)
	case s.needsPerson() && entered.Person == "":
		return fmt.Errorf("%s without a person", s.Name)
	}
	at, err := instant(received)
	if err != nil {
		return err
	}
	values, err := f.values(s, entered.Values)
	if err != nil {
		return err
	}
	if err := f.derive("", entered.Person, entered.Derived); err != nil {
		return err
	}
	next := formRecord{version: entered.Version, layout: s, at: at, values: values}
	if s.Person {
		next.person = f.texts.intern(entered.Person)
	} else if entered.Partner != "" {
		next.person = f.texts.intern(s.Owner(entered.Partner))
	}
	f.addVersion(entered.Record, next)
	return nil
}

func (f *Fold) applyVoid(v fact.RecordVoided) error {
	if v.Record == "" || v.Version < 1 {
		return errNoID
	}
	f.addVersion(v.Record, formRecord{version: v.Version, void: true})
	return nil
}

func (f *Fold) addVersion(record string, next formRecord) {
	if last, ok := f.records[record]; !ok || f.supersedes(&next, last) {
		f.records[record] = &next
	}
}

// supersedes reports whether version a counts in place of b. A version is normally written once; if it is not, the
// tie-break does not depend on the order.
func (f *Fold) supersedes(a, b *formRecord) bool {
	if a.version != b.version || a.void || b.void {
		return a.version > b.version || a.version == b.version && a.void && !b.void
	}
	return cmp.Or(
		cmp.Compare(a.at, b.at),
		cmp.Compare(a.layout.number, b.layout.number),
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

// mostPacks is the limit of packs of a file: one for each row.
const mostPacks = 200_000

func (f *Fold) applyUpload(accepted fact.UploadAccepted) error {
	s := f.layouts.named(accepted.Kind)
	switch {
	case accepted.Upload == "":
		return errNoID
	case s == nil:
		return fmt.Errorf("there is no kind %q", accepted.Kind)
	case accepted.Packs < 0 || accepted.Packs > mostPacks:
		return fmt.Errorf("file with %d packs", accepted.Packs)
	}
	if _, err := instant(accepted.Arrived); err != nil {
		return err
	}
	accepted.Arrived = accepted.Arrived.UTC()
	u := f.upload(accepted.Upload)
	// A file is normally accepted once; if it is not, the tie-break does not depend on the order.
	if u.layout != nil && compareUploads(accepted, u.accepted) <= 0 {
		return nil
	}
	if u.inBase {
		f.breaks("a file was accepted again")
	}
	if s == f.layouts.signups {
		f.changesAll()
	}
	u.accepted, u.layout, u.rows, u.packs = accepted, s, nil, nil
	if s != f.layouts.signups && !u.withdrawn {
		u.packs = make([]*rows, accepted.Packs)
		u.complete()
	}
	return nil
}

func compareUploads(a, b fact.UploadAccepted) int {
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

func (f *Fold) applyWithdrawal(w fact.UploadWithdrawn) error {
	if w.Upload == "" {
		return errNoID
	}
	u := f.upload(w.Upload)
	if u.inBase && !u.withdrawn {
		f.breaks("a file was withdrawn")
	}
	if u.layout == nil || u.layout == f.layouts.signups {
		f.changesAll()
	}
	u.withdrawn, u.packs, u.rows = true, nil, nil
	return nil
}

// counts reports whether the file was accepted and not withdrawn.
func (u *upload) counts() bool { return u != nil && u.layout != nil && !u.withdrawn }

// complete joins the packs of a file once all are added: a file counts as a whole or not at all.
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
	all := newRows(u.layout, n)
	for _, pack := range u.packs {
		all.numbers = append(all.numbers, pack.numbers...)
		all.persons = append(all.persons, pack.persons...)
		all.values = append(all.values, pack.values...)
	}
	u.rows, u.packs = all, nil
}

// KindOf returns the kind of the records of an accepted upload, "" for any other.
func (f *Fold) KindOf(upload string) string {
	if u := f.uploads[upload]; u != nil && u.layout != nil {
		return u.layout.Name
	}
	return ""
}

// Pack is a pack of an upload's rows.
type Pack struct {
	Upload string
	Number int
}

// MissingPacks returns the packs that have to be added before Live counts their files, ordered by upload and number.
func (f *Fold) MissingPacks() []Pack {
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

// AddRows adds a pack of rows that MissingPacks returned. Packs that are not missing change nothing. It fails if a row
// is invalid; the Fold is then unchanged.
func (f *Fold) AddRows(upload string, pack int, rows fact.Pack) error {
	u := f.uploads[upload]
	if u == nil || pack < 0 || pack >= len(u.packs) || u.packs[pack] != nil {
		return nil
	}
	s := u.layout
	r := newRows(s, len(rows.Lines))
	places := rows.Places(s.Kind)
	for i := range rows.Lines {
		if err := f.addLine(r, s, places, &rows.Lines[i]); err != nil {
			return fmt.Errorf("upload %s, row %d: %w", upload, rows.Lines[i].Row, err)
		}
	}
	for i := range rows.Lines {
		if err := f.derive(upload, rows.Lines[i].Person, rows.Lines[i].Derived); err != nil {
			return fmt.Errorf("upload %s, row %d: %w", upload, rows.Lines[i].Row, err)
		}
	}
	u.packs[pack] = r
	u.complete()
	f.live = nil
	return nil
}

// addLine adds a row. places has, for each of its values, the index of the field in the kind, -1 for an unknown field.
func (f *Fold) addLine(r *rows, s *kindLayout, places []int, line *fact.Line) error {
	if s.needsPerson() && line.Person == "" {
		return fmt.Errorf("%s without a person", s.Name)
	}
	if len(line.Values) > len(places) {
		return fmt.Errorf("%s has %d values for %d fields", s.Name, len(line.Values), len(places))
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
	if err := s.checkDate(values); err != nil {
		return err
	}
	r.numbers = append(r.numbers, int32(line.Row))
	if s.Person {
		r.persons = append(r.persons, f.texts.intern(line.Person))
	}
	return nil
}

func (f *Fold) applyMerge(m fact.PersonMerged) error {
	if m.Person == "" || m.Into == "" {
		return errNoID
	}
	if m.Person == m.Into {
		return nil
	}
	both := merge{f.texts.intern(m.Person), f.texts.intern(m.Into)}
	if _, known := f.merges[both]; !known {
		f.breaks("people were merged")
	}
	f.merges[both] = struct{}{}
	return nil
}

func (f *Fold) signup(id string) *signup {
	s, ok := f.signups[id]
	if !ok {
		s = &signup{}
		f.signups[id] = s
	}
	return s
}

func (f *Fold) applySignup(submitted fact.Signup) error {
	switch {
	case submitted.Signup == "" || submitted.Entry == "":
		return errNoID
	case submitted.Person == "":
		return errors.New("sign-up without a person")
	}
	at, err := instant(submitted.Submitted)
	if err != nil {
		return err
	}
	values, err := f.values(f.layouts.signups, submitted.Values)
	if err != nil {
		return err
	}
	if err := f.derive("", submitted.Person, submitted.Derived); err != nil {
		return err
	}
	f.changes(submitted.Signup)
	s := f.signup(submitted.Signup)
	next := entry{id: submitted.Entry, person: f.texts.intern(submitted.Person), at: at, values: values, state: submitted.State, upload: submitted.Upload, line: submitted.Line}
	i, there := slices.BinarySearchFunc(s.entries, submitted.Entry, func(e entry, id string) int { return strings.Compare(e.id, id) })
	if !there {
		s.entries = slices.Insert(s.entries, i, next)
	} else if f.compareEntries(&next, &s.entries[i]) > 0 {
		s.entries[i] = next
	}
	return nil
}

// compareEntries orders two facts about one sending. There is normally one; if there are more, the tie-break does not
// depend on the order.
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

func (f *Fold) applyMove(m fact.SignupMoved) error {
	if m.Signup == "" || m.Version < 1 {
		return errNoID
	}
	f.changes(m.Signup)
	s := f.signup(m.Signup)
	if m.State != "" && cmp.Or(cmp.Compare(m.Version, s.stateVersion), strings.Compare(m.State, s.state)) > 0 {
		s.state, s.stateVersion = m.State, m.Version
	}
	return nil
}

// applyAttributes applies a correction of attributes. Those that the registry lacks are ignored.
func (f *Fold) applyAttributes(c fact.PersonAttributes, id string, received time.Time) error {
	if c.Person == "" || id == "" {
		return errNoID
	}
	at, err := instant(received)
	if err != nil {
		return err
	}
	values, err := f.values(f.layouts.signups, c.Values)
	if err != nil {
		return err
	}
	next := &correction{id: id, person: f.texts.intern(c.Person), at: at, values: values}
	for _, name := range c.Cleared {
		if field := f.layouts.signups.Index(name); field >= 0 {
			next.cleared = append(next.cleared, field)
		}
	}
	slices.Sort(next.cleared)
	if f.base != nil {
		f.base.corrected = append(f.base.corrected, next.person)
	}
	f.corrections[id] = next
	return nil
}

// derivedFields are the attributes that follow from a PESEL.
var derivedFields = [2]string{"birth_year", "sex"}

// derive keeps attributes of a person that follow from a PESEL: an upload says them while it counts, and facts ("") for
// ever.
func (f *Fold) derive(upload, person string, given schema.Values) error {
	if len(given.All()) == 0 {
		return nil
	}
	next := derivation{person: f.texts.intern(person)}
	for i, name := range derivedFields {
		field, text := f.layouts.signups.Index(name), given.Get(name)
		if field < 0 || text == "" {
			continue
		}
		if err := f.layouts.signups.check(field, text); err != nil {
			return err
		}
		next.values[i] = f.texts.intern(text)
	}
	if !slices.Contains(f.derived[upload], next) {
		f.derived[upload] = append(f.derived[upload], next)
		if f.base != nil {
			f.base.corrected = append(f.base.corrected, next.person)
		}
	}
	return nil
}
