// Package records keeps typed records, which people enter one by one, with all their versions. It finds which record
// counts where files have rows with the same natural key.
package records

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"outreach/internal/attachments"
	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Store keeps typed records. It is safe for concurrent use.
type Store struct {
	*store.DB
	persons     *people.Store
	uploads     *uploads.Store
	attachments *attachments.Store
}

// New returns the Store on a base and the features that it needs. It reads and writes nothing.
func New(db *store.DB, persons *people.Store, uploads *uploads.Store, attachments *attachments.Store) *Store {
	return &Store{db, persons, uploads, attachments}
}

// Typed is the present version of a typed record, without identity.
type Typed struct {
	Derived schema.Values `json:"-"` // of a new version: see Draft
	ID      string        `json:"id"`
	Kind    string        `json:"kind"`
	Version int           `json:"version"`
	Person  string        `json:"person,omitempty"`
	Partner string        `json:"partner,omitempty"` // the owner in the natural key: a partner, or "coordinator" for media of the office; "" for others
	Under   string        `json:"under,omitempty"`   // under whom it is listed, "" for the office's: a staff id or a partner
	Schema  int           `json:"schema,omitempty"`  // the version of the schema
	Values  schema.Values `json:"row"`               // sealed; a member of the staff by their id
	By      string        `json:"by"`                // who entered this version, a staff id
	At      time.Time     `json:"at"`
	Voided  bool          `json:"voided,omitempty"`
	Natural string        `json:"natural"` // keyed hash of the natural key
	// OnlySent is set where its adviser may see of the person only what Sent returns: they named the person themselves.
	OnlySent bool `json:"only_sent,omitempty"`
}

// UnmarshalJSON reads a record as any version of the schema stored it.
func (t *Typed) UnmarshalJSON(data []byte) error {
	type stored Typed
	if err := json.Unmarshal(data, (*stored)(t)); err != nil {
		return err
	}
	t.Schema, t.Values = schema.SchemaVersion, t.Values.Upcast(t.Kind)
	return nil
}

// ETag identifies the version, for If-Match.
func (t Typed) ETag() string { return fmt.Sprintf(`"%s.%d"`, t.ID, t.Version) }

// Draft is a valid record to be stored. Its values are not sealed; members of the staff are ids.
type Draft struct {
	Kind    *schema.Kind
	Person  string           // "" for kinds that are not about people
	Named   schema.PersonRef // whom the body names, for a warning
	Row     schema.Row
	By      string        // who enters it, a staff id
	Partner string        // the owner in the natural key, see schema.Kind.TypedOwner; "" for kinds without one
	Under   string        // under whom it is listed beside the office: a staff id, or the partner
	Moves   bool          // a change replaces Partner and Under, too
	Derived schema.Values // attributes that follow from the PESEL by which the record names its person
	Reason  string        // of a change, "" where none was given
	Sender  string        // the staff id of who may name only the files that they sent; "" for the office
	// Sent is what an adviser gave to name the person; nil where the office chose the person for them.
	Sent *people.PersonView
}

// newVersion returns a version of a record, and its private texts.
func (s *Store) newVersion(project string, d Draft, id string, version int) (Typed, map[string]string) {
	private := d.Kind.Private(d.Row)
	if d.Reason != "" {
		private[d.Kind.ReasonName()] = d.Reason
	}
	if d.Sent != nil {
		keepSent(private, *d.Sent)
	}
	return Typed{
		ID: id, Kind: d.Kind.Name, Version: version, Person: d.Person, Partner: d.Partner, Under: d.Under, By: d.By, At: s.Now().UTC(),
		Schema:  schema.SchemaVersion,
		Values:  d.Kind.Values(s.SealRow(project, d.Kind, d.Row)),
		Natural: s.naturalHash(project, d.Kind, cmp.Or(d.Person, d.Partner), d.Row),
		Derived: d.Derived, OnlySent: d.Sent != nil,
	}, private
}

// naturalHash returns the keyed hash of a natural key; members of the staff in the row are ids.
func (s *Store) naturalHash(project string, k *schema.Kind, who string, row schema.Row) string {
	return s.Seal(project, "natural", k.NaturalKey(who, row))
}

// putRecord returns the operation that stores a record, listed under its adviser or who else may see it.
func putRecord(project string, t Typed, rev int64) table.Op {
	op := table.PutJSON(recordKey(project, t.Kind, t.ID), t, table.At(rev))
	if staff := t.Values.Get("adviser"); staff != "" {
		op = table.Indexed(op, table.Key{PK: adviserIndex(project, staff), SK: t.ID})
	} else if t.Under != "" {
		op = table.Indexed(op, table.Key{PK: ownIndex(project, t.Under, t.Kind), SK: t.ID})
	}
	return op
}

// newFact returns the fact of a version of a record, received when the version was entered.
func (s *Store) newFact(t Typed) (fact.Fact, error) {
	kind, data := fact.KindRecordEntered, any(fact.RecordEntered{Record: t.ID, Version: t.Version, Kind: t.Kind, Person: t.Person, Partner: t.Partner, Schema: t.Schema, Values: t.Values, Derived: t.Derived})
	if t.Voided {
		kind, data = fact.KindRecordVoided, fact.RecordVoided{Record: t.ID, Version: t.Version}
	}
	f, err := s.NewFact(kind, t.By, data)
	f.At = t.At
	return f, err
}

// putAll returns the operations that store a version of a record and its index items. before is the version before it,
// the zero Typed for the first one.
func (s *Store) putAll(project string, before, t Typed, rev int64) []table.Op {
	ops := append(moveInMonths(project, before, t), putRecord(project, t, rev))
	if t.Person != "" {
		ops = append(ops, table.PutJSON(people.MentionKey(project, t.Person, t.Kind, t.ID), t.ID, table.Always))
	}
	return ops
}

// Create stores a new record. It fails with *Exists where a record that is not voided has the natural key. It may be
// called twice with the same once: the second call returns the first record.
func (s *Store) Create(ctx context.Context, project string, d Draft, once store.Once) (created Typed, err error) {
	err = table.Retry(ctx, func() error {
		if done, err := s.Answered(ctx, once, &created); done || err != nil {
			return err
		}
		t, private := s.newVersion(project, d, s.NewID(), 1)
		rev, err := s.checkNaturalKey(ctx, project, t, d)
		if err != nil {
			// The same request may have created it since the answer was looked up.
			if done, lookup := s.Answered(ctx, once, &created); done || lookup != nil {
				return lookup
			}
			return err
		}
		f, err := s.newFact(t)
		if err != nil {
			return err
		}
		ops, err := s.Answer(ctx, once, t)
		if err != nil {
			return err
		}
		ops = append(ops, table.PutJSON(naturalKey(project, t.Natural), t.ID, table.At(rev)))
		ops = append(ops, s.putAll(project, Typed{}, t, 0)...)
		files, err := s.claim(ctx, project, d, t)
		if err != nil {
			return err
		}
		ops = append(ops, files...)
		if err := s.writeTexts(ctx, project, t, private); err != nil {
			return err
		}
		created = t
		return s.Log().Append(ctx, project, []fact.Fact{f}, ops...)
	})
	return created, err
}

// claim returns the operations by which a version of a record names its files.
func (s *Store) claim(ctx context.Context, project string, d Draft, t Typed) ([]table.Op, error) {
	return s.attachments.Claim(ctx, project, attachments.Owner{Kind: d.Kind, Record: t.ID, Person: t.Person, By: d.Sender}, d.Row)
}

// checkNaturalKey returns the revision of the natural key's item, on which a write depends. It fails with *Exists where
// another record that is not voided has the natural key, also about an id that the person had before a merge.
func (s *Store) checkNaturalKey(ctx context.Context, project string, t Typed, d Draft) (int64, error) {
	keys := []table.Key{naturalKey(project, t.Natural)}
	if t.Person != "" {
		p, err := s.persons.Person(ctx, project, t.Person)
		if err != nil && !store.IsNotFound(err) {
			return 0, err
		}
		for _, id := range p.Was {
			keys = append(keys, naturalKey(project, s.naturalHash(project, d.Kind, id, d.Row)))
		}
	}
	found, err := s.Tracker.Get(ctx, keys...)
	if err != nil {
		return 0, err
	}
	for _, it := range found {
		holder, err := table.Decode[string](it)
		if err != nil {
			return 0, err
		}
		if holder != t.ID {
			return 0, &Exists{ID: holder}
		}
	}
	return found[keys[0]].Rev, nil
}

// writeTexts stores a version's private texts in the people table.
func (s *Store) writeTexts(ctx context.Context, project string, t Typed, private map[string]string) error {
	if len(private) == 0 {
		return nil
	}
	op := table.PutJSON(people.TextKey(project, t.ID, t.Version), private, table.Always)
	return s.People.Write(ctx, table.Indexed(op, table.Key{PK: people.TextsIndex(project, t.Person), SK: t.ID}))
}

// Change stores a draft as the next version of a record, or voids the record where the draft has no row, and returns
// that version. It fails with store.ErrNotFound where there is no such record or may returns false, with store.ErrStale
// where ifMatch is neither "" nor "*" nor the present ETag, and with *Exists where another record has the natural key.
// It may not be repeated with the same ifMatch.
func (s *Store) Change(ctx context.Context, project string, kind *schema.Kind, id, ifMatch string, d Draft, may func(Typed) bool) (changed Typed, err error) {
	err = table.Retry(ctx, func() error {
		before, rev, err := table.Load[Typed](ctx, s.Tracker, recordKey(project, kind.Name, id))
		switch {
		case err != nil:
			return err
		case rev == 0 || before.Voided || !may(before):
			return fmt.Errorf("%s %s: %w", kind.Name, id, store.ErrNotFound)
		case ifMatch != "" && ifMatch != "*" && ifMatch != before.ETag():
			return fmt.Errorf("%s %s: %w", kind.Name, id, store.ErrStale)
		}
		if d.Row == nil {
			return s.void(ctx, project, before, rev, d, &changed)
		}
		if !d.Moves {
			d.Partner, d.Under = before.Partner, before.Under
		}
		t, private := s.newVersion(project, d, id, before.Version+1)
		keyRev, err := s.checkNaturalKey(ctx, project, t, d)
		if err != nil {
			return err
		}
		f, err := s.newFact(t)
		if err != nil {
			return err
		}
		ops := append(s.putAll(project, before, t, rev), table.PutJSON(naturalKey(project, t.Natural), t.ID, table.At(keyRev)))
		if t.Natural != before.Natural {
			ops = append(ops, table.Remove(naturalKey(project, before.Natural), table.Always))
		}
		files, err := s.claim(ctx, project, d, t)
		if err != nil {
			return err
		}
		ops = append(ops, files...)
		if err := s.writeTexts(ctx, project, t, private); err != nil {
			return err
		}
		changed = t
		return s.Log().Append(ctx, project, []fact.Fact{f}, ops...)
	})
	return changed, err
}

// void stores the version that voids a record.
func (s *Store) void(ctx context.Context, project string, before Typed, rev int64, d Draft, changed *Typed) error {
	t := before
	t.Version, t.Voided, t.By, t.At = before.Version+1, true, d.By, s.Now().UTC()
	f, err := s.newFact(t)
	if err != nil {
		return err
	}
	if d.Reason != "" {
		if err := s.writeTexts(ctx, project, t, map[string]string{d.Kind.ReasonName(): d.Reason}); err != nil {
			return err
		}
	}
	*changed = t
	return s.Log().Append(ctx, project, []fact.Fact{f}, append(s.putAll(project, before, t, rev), table.Remove(naturalKey(project, t.Natural), table.Always))...)
}

// Typed returns one record. It fails with store.ErrNotFound where there is none or it is voided.
func (s *Store) Typed(ctx context.Context, project string, kind *schema.Kind, id string) (Typed, error) {
	t, rev, err := table.Load[Typed](ctx, s.Tracker, recordKey(project, kind.Name, id))
	if err == nil && (rev == 0 || t.Voided) {
		err = fmt.Errorf("%s %s: %w", kind.Name, id, store.ErrNotFound)
	}
	return t, err
}

// TypedRecords lists the records of a kind that are not voided, newest first: of one adviser (a
// staff id) or partner, or all for "".
func (s *Store) TypedRecords(ctx context.Context, project string, kind *schema.Kind, adviser string, limit int, cursor string) (table.PageOf[Typed], error) {
	q := table.Query{PK: Partition(project, kind.Name), Backward: true, Limit: limit, Cursor: cursor}
	if adviser != "" {
		q.PK, q.Index = ownIndex(project, adviser, kind.Name), true
		if kind.Index("adviser") >= 0 {
			q.PK = adviserIndex(project, adviser)
		}
	}
	return table.ListWhere(ctx, s.Tracker, q, func(t Typed) bool { return !t.Voided })
}

// Texts returns the private texts of versions of records, by the record's id, without records that have none.
func (s *Store) Texts(ctx context.Context, project string, records []Typed) (map[string]map[string]string, error) {
	keys := make([]table.Key, len(records))
	for i, t := range records {
		keys[i] = people.TextKey(project, t.ID, t.Version)
	}
	found, err := table.LoadAll[map[string]string](ctx, s.People, keys)
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]string{}
	for i, t := range records {
		if private, ok := found[keys[i]]; ok {
			out[t.ID] = private
		}
	}
	return out, nil
}

// TypedOf returns records of the kinds by their ids, voided ones too, without ids that do not exist.
func (s *Store) TypedOf(ctx context.Context, kinds *schema.Registry, project string, ids []string) (map[string]Typed, error) {
	var keys []table.Key
	for _, id := range ids {
		for _, k := range kinds.Kinds {
			keys = append(keys, recordKey(project, k.Name, id))
		}
	}
	found, err := table.LoadAll[Typed](ctx, s.Tracker, keys)
	if err != nil {
		return nil, err
	}
	out := map[string]Typed{}
	for _, t := range found {
		out[t.ID] = t
	}
	return out, nil
}

// Forget removes an erased person from a record. It may be called twice.
func (s *Store) Forget(ctx context.Context, kinds *schema.Registry, project string, e people.Erasure, kind, id string) error {
	return table.Retry(ctx, func() error {
		t, rev, err := table.Load[Typed](ctx, s.Tracker, recordKey(project, kind, id))
		if err != nil || rev == 0 || t.Person != e.Fresh && !slices.Contains(e.IDs, t.Person) {
			return err // it was corrected to be about another person
		}
		t.Person, t.Values = e.Fresh, kinds.Kind(kind).Erased(t.Values)
		if err := s.Tracker.Write(ctx, putRecord(project, t, rev), table.Remove(naturalKey(project, t.Natural), table.Always)); err != nil {
			return err
		}
		_, err = table.RemovePartition(ctx, s.People, people.TextKey(project, id, 0).PK)
		return err
	})
}

// Exists is the error where a record that is not voided has the natural key already.
type Exists struct{ ID string }

func (e *Exists) Error() string { return "record " + e.ID + " has the same natural key" }
