// Package records keeps the records that somebody typed in, with all versions, and tells what holds where files say it, too.
package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Store keeps the records that somebody typed in, and finds what holds of people, typed or in a file.
type Store struct {
	*store.DB
	persons *people.Store
	uploads *uploads.Store
}

// New is the Store on a base and the features that it needs.
func New(db *store.DB, persons *people.Store, uploads *uploads.Store) *Store {
	return &Store{db, persons, uploads}
}

// Typed is a record that somebody typed in (not from a file), in its present version, without anything that says who.
type Typed struct {
	ID      string        `json:"id"`
	Kind    string        `json:"kind"`
	Version int           `json:"version"`
	Person  string        `json:"person,omitempty"`
	Schema  int           `json:"schema,omitempty"` // the version of the schema
	Values  schema.Values `json:"row"`              // sealed; a member of the staff by their id
	By      string        `json:"by"`               // who typed this version, a staff id
	At      time.Time     `json:"at"`
	Voided  bool          `json:"voided,omitempty"`
	Natural string        `json:"natural"` // keyed hash of the natural key
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

// ETag names the version, for If-Match.
func (t Typed) ETag() string { return fmt.Sprintf(`"%s.%d"`, t.ID, t.Version) }

// Draft is what somebody wants to record: whose it is, and values in the clear but for staff, who are ids.
type Draft struct {
	Kind   *schema.Kind
	Person string
	Row    schema.Row
	By     string
	Reason string // of a change, where one was given
}

func (s *Store) typed(project string, d Draft, id string, version int) (Typed, map[string]string) {
	private := d.Kind.Private(d.Row)
	if d.Reason != "" {
		private["reason"] = d.Reason
	}
	return Typed{
		ID: id, Kind: d.Kind.Name, Version: version, Person: d.Person, By: d.By, At: s.Now().UTC(),
		Schema:  schema.SchemaVersion,
		Values:  d.Kind.Values(s.SealRow(project, d.Kind, d.Row)),
		Natural: s.natural(project, d.Kind, d.Person, d.Row),
	}, private
}

// natural is the keyed hash of a natural key, whose staff are ids.
func (s *Store) natural(project string, k *schema.Kind, who string, row schema.Row) string {
	return s.Seal(project, "natural", k.NaturalKey(who, row))
}

// keep gives the operations that keep a typed record where it is looked for.
func (s *Store) keep(project string, t Typed, rev int64) []table.Op {
	op := table.PutJSON(recordKey(project, t.Kind, t.ID), t, table.At(rev))
	if staff := t.Values.Get("adviser"); staff != "" {
		op = table.Indexed(op, table.Key{PK: adviserIndex(project, staff), SK: t.ID})
	}
	ops := []table.Op{op}
	if t.Person != "" {
		ops = append(ops, table.PutJSON(people.AboutKey(project, t.Person, t.Kind, t.ID), t.ID, table.Always))
	}
	return ops
}

// Create records something new. Where a live typed record has the natural key, the error is *Exists.
func (s *Store) Create(ctx context.Context, project string, d Draft, once store.Once) (created Typed, err error) {
	err = table.Retry(ctx, func() error {
		if done, err := s.Answered(ctx, once, &created); done || err != nil {
			return err
		}
		t, private := s.typed(project, d, s.NewID(), 1)
		rev, err := s.free(ctx, project, t, d)
		if err != nil {
			// What is there may have been made by the same request, answered since it was asked for.
			if done, asked := s.Answered(ctx, once, &created); done || asked != nil {
				return asked
			}
			return err
		}
		f, err := s.NewFact(fact.KindSaid, d.By, fact.Said{Record: t.ID, Version: 1, Kind: t.Kind, Person: t.Person, Schema: t.Schema, Values: t.Values})
		if err != nil {
			return err
		}
		f.At = t.At
		ops, err := s.Answer(ctx, once, t)
		if err != nil {
			return err
		}
		ops = append(ops, table.PutJSON(naturalKey(project, t.Natural), t.ID, table.At(rev)))
		ops = append(ops, s.keep(project, t, 0)...)
		if err := s.write(ctx, project, t, private); err != nil {
			return err
		}
		created = t
		return s.Log().Append(ctx, project, []fact.Fact{f}, ops...)
	})
	return created, err
}

// free tells that no live typed record has the natural key, by the revision to write over. What was typed about somebody under an
// id that they had before a merge has the key too.
func (s *Store) free(ctx context.Context, project string, t Typed, d Draft) (int64, error) {
	keys := []table.Key{naturalKey(project, t.Natural)}
	if t.Person != "" {
		p, err := s.persons.Person(ctx, project, t.Person)
		if err != nil && !store.IsNotFound(err) {
			return 0, err
		}
		for _, id := range p.Was {
			keys = append(keys, naturalKey(project, s.natural(project, d.Kind, id, d.Row)))
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

// write keeps a version's private texts in the people table.
func (s *Store) write(ctx context.Context, project string, t Typed, private map[string]string) error {
	if len(private) == 0 {
		return nil
	}
	op := table.PutJSON(people.TextKey(project, t.ID, t.Version), private, table.Always)
	return s.People.Write(ctx, table.Indexed(op, table.Key{PK: people.TextsIndex(project, t.Person), SK: t.ID}))
}

// Change replaces a typed record by another draft, or voids it where the draft has no row. ifMatch is the ETag that must
// hold, "" for any; may tells whether the one who asks may touch the record, else it is ErrNotFound.
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
		t, private := s.typed(project, d, id, before.Version+1)
		held, err := s.free(ctx, project, t, d)
		if err != nil {
			return err
		}
		f, err := s.NewFact(fact.KindSaid, d.By, fact.Said{Record: t.ID, Version: t.Version, Kind: t.Kind, Person: t.Person, Schema: t.Schema, Values: t.Values})
		if err != nil {
			return err
		}
		f.At = t.At
		ops := append(s.keep(project, t, rev), table.PutJSON(naturalKey(project, t.Natural), t.ID, table.At(held)))
		if t.Natural != before.Natural {
			ops = append(ops, table.Remove(naturalKey(project, before.Natural), table.Always))
		}
		if err := s.write(ctx, project, t, private); err != nil {
			return err
		}
		changed = t
		return s.Log().Append(ctx, project, []fact.Fact{f}, ops...)
	})
	return changed, err
}

func (s *Store) void(ctx context.Context, project string, before Typed, rev int64, d Draft, changed *Typed) error {
	t := before
	t.Version, t.Voided, t.By, t.At = before.Version+1, true, d.By, s.Now().UTC()
	f, err := s.NewFact(fact.KindVoided, d.By, fact.Voided{Record: t.ID, Version: t.Version})
	if err != nil {
		return err
	}
	f.At = t.At
	if d.Reason != "" {
		if err := s.write(ctx, project, t, map[string]string{"reason": d.Reason}); err != nil {
			return err
		}
	}
	*changed = t
	return s.Log().Append(ctx, project, []fact.Fact{f}, append(s.keep(project, t, rev), table.Remove(naturalKey(project, t.Natural), table.Always))...)
}

// Typed reads one typed record; a voided one is ErrNotFound.
func (s *Store) Typed(ctx context.Context, project string, kind *schema.Kind, id string) (Typed, error) {
	t, rev, err := table.Load[Typed](ctx, s.Tracker, recordKey(project, kind.Name, id))
	if err == nil && (rev == 0 || t.Voided) {
		err = fmt.Errorf("%s %s: %w", kind.Name, id, store.ErrNotFound)
	}
	return t, err
}

// TypedRecords lists a kind's live typed records, newest first: all, or those of one adviser (a staff id).
func (s *Store) TypedRecords(ctx context.Context, project string, kind *schema.Kind, adviser string, limit int, cursor string) (table.PageOf[Typed], error) {
	q := table.Query{PK: Partition(project, kind.Name), Backward: true, Limit: limit, Cursor: cursor}
	if adviser != "" {
		q.PK, q.Index = adviserIndex(project, adviser), true
	}
	out := table.PageOf[Typed]{Items: []Typed{}}
	for {
		page, err := table.List[Typed](ctx, s.Tracker, q)
		if err != nil {
			return out, err
		}
		for _, t := range page.Items {
			if !t.Voided {
				out.Items = append(out.Items, t)
			}
		}
		out.Next = page.Next
		if page.Next == "" || len(out.Items) >= limit {
			return out, nil
		}
		q.Cursor, q.Limit = page.Next, limit-len(out.Items)
	}
}

// Texts reads the private texts of typed records' versions, by record id.
func (s *Store) Texts(ctx context.Context, project string, records []Typed) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	keys := make([]table.Key, len(records))
	for i, t := range records {
		keys[i] = people.TextKey(project, t.ID, t.Version)
	}
	found, err := s.People.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	for i, t := range records {
		it, ok := found[keys[i]]
		if !ok {
			continue
		}
		var private map[string]string
		if err := json.Unmarshal(it.Data, &private); err != nil {
			return nil, fmt.Errorf("texts of %s: %w", t.ID, err)
		}
		out[t.ID] = private
	}
	return out, nil
}

// TypedOf reads typed records by their ids, voided ones too, whatever kind they are of.
func (s *Store) TypedOf(ctx context.Context, project string, ids []string) (map[string]Typed, error) {
	var keys []table.Key
	for _, id := range ids {
		for _, k := range schema.Builtin().Kinds {
			keys = append(keys, recordKey(project, k.Name, id))
		}
	}
	out := map[string]Typed{}
	for len(keys) > 0 {
		part := keys[:min(len(keys), table.MostGet)]
		keys = keys[len(part):]
		found, err := s.Tracker.Get(ctx, part...)
		if err != nil {
			return nil, err
		}
		for _, it := range found {
			t, err := table.Decode[Typed](it)
			if err != nil {
				return nil, err
			}
			out[t.ID] = t
		}
	}
	return out, nil
}

// Forget takes a person who is erased out of a typed record.
func (s *Store) Forget(ctx context.Context, project string, e people.Erasure, kind, id string) error {
	return table.Retry(ctx, func() error {
		t, rev, err := table.Load[Typed](ctx, s.Tracker, recordKey(project, kind, id))
		if err != nil || rev == 0 || t.Person != e.Fresh && !slices.Contains(e.IDs, t.Person) {
			return err // it was found to be another person's
		}
		t.Person, t.Values = e.Fresh, schema.Builtin().Kind(kind).Erased(t.Values)
		op := table.PutJSON(recordKey(project, kind, id), t, table.At(rev))
		if staff := t.Values.Get("adviser"); staff != "" {
			op = table.Indexed(op, table.Key{PK: adviserIndex(project, staff), SK: t.ID})
		}
		if err := s.Tracker.Write(ctx, op, table.Remove(naturalKey(project, t.Natural), table.Always)); err != nil {
			return err
		}
		_, err = table.RemovePartition(ctx, s.People, people.TextKey(project, id, 0).PK)
		return err
	})
}

// Exists is the error where a live record has the natural key already.
type Exists struct{ ID string }

func (e *Exists) Error() string { return "record " + e.ID + " has the same natural key" }
