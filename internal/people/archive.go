package people

import (
	"context"
	"encoding/json"
	"iter"
	"strings"

	"outreach/internal/schema"
	"outreach/internal/table"
)

// Archived is a person with everything that is stored under them, as an archive has it.
type Archived struct {
	Person Person `json:"person"`
	// Private has the forms of the person's sign-ups, corrections of attributes and questions, by their sort keys.
	Private map[string]json.RawMessage `json:"private,omitempty"`
	// Mentions says which records and files mention the person, by their sort keys.
	Mentions map[string]string `json:"mentions,omitempty"`
	// Shared has the keys that the person shares, for the first of those who do, with the ids of all.
	Shared []SharedKey `json:"shared,omitempty"`
}

// SharedKey is an identity key with the ids of several people who have it, the first one first.
type SharedKey struct {
	Key
	People []string `json:"people"`
}

// Archive iterates over all people of a project, also those who were merged into others, in the order of their names.
// It ends after the first error.
func (s *Store) Archive(ctx context.Context, project string) iter.Seq2[Archived, error] {
	return func(yield func(Archived, error) bool) {
		for p, err := range table.Values[Person](ctx, s.db.People, table.Query{PK: namesIndex(project), Index: true}) {
			for i := -1; err == nil && i < len(p.Was); i++ {
				one := p
				if i >= 0 {
					if one, err = s.Stored(ctx, project, p.Was[i]); err != nil {
						break
					}
					if one.ID == "" {
						continue
					}
				}
				var a Archived
				if a, err = s.archived(ctx, project, one); err == nil && !yield(a, nil) {
					return
				}
			}
			if err != nil {
				yield(Archived{}, err)
				return
			}
		}
	}
}

func (s *Store) archived(ctx context.Context, project string, p Person) (Archived, error) {
	a := Archived{Person: p, Private: map[string]json.RawMessage{}, Mentions: map[string]string{}}
	for it, err := range table.Items(ctx, s.db.People, table.Query{PK: formsPartition(project, p.ID)}) {
		if err != nil {
			return a, err
		}
		a.Private[it.SK] = it.Data
	}
	for it, err := range table.Items(ctx, s.db.Tracker, table.Query{PK: mentionPartition(project, p.ID)}) {
		if err != nil {
			return a, err
		}
		if a.Mentions[it.SK], err = table.Decode[string](it); err != nil {
			return a, err
		}
	}
	found, err := s.Holders(ctx, project, p.Keys())
	for _, k := range p.Keys() {
		if ids := found[k]; len(ids) > 1 && ids[0] == p.ID {
			a.Shared = append(a.Shared, SharedKey{k, ids})
		}
	}
	return a, err
}

// Restore returns the operations that store a person of an archive: on the people table and on the tracker table. Keys
// that are shared are left to RestoreShared, which is called for everybody afterwards.
func (s *Store) Restore(project string, a Archived) (private, tracker []table.Op) {
	p := a.Person
	for i, c := range p.Claims { // an undecided person has what the form said
		if p.Undecided {
			p.Claims[i].Mark = s.claimMark(project, p.claimed())
		}
		private = append(private, table.PutJSON(s.claimKey(project, Key{c.Kind, c.Value}, p.Claims[i].Mark), p.ID, table.Always))
	}
	put := s.putPerson(project, p, 0)
	put.If = table.Always
	if p.Into == "" && !p.Undecided {
		for _, k := range p.Keys() {
			private = append(private, table.PutJSON(s.identityKey(project, k), holders{p.ID}, table.Always))
		}
	}
	if p.Into == "" {
		private = append(private, s.renamed(project, Person{}, p)...)
	} else {
		tracker = append(tracker, table.PutJSON(mergedKey(project, p.ID), p.Into, table.Always))
	}
	private = append(private, put)
	for sk, data := range a.Private {
		private = append(private, table.Op{Item: table.Item{Key: table.Key{PK: formsPartition(project, p.ID), SK: sk}, Data: data}})
	}
	for sk, what := range a.Mentions {
		tracker = append(tracker, table.PutJSON(table.Key{PK: mentionPartition(project, p.ID), SK: sk}, what, table.Always))
	}
	return private, tracker
}

// claimed returns the reference by which an undecided person claims keys.
func (p Person) claimed() schema.PersonRef {
	ref := schema.PersonRef{FirstName: p.FirstName, LastName: p.LastName}
	ref.Email, ref.Pesel = first(p.Emails), first(p.Pesels)
	for _, k := range p.Further {
		ref.Further = ref.Further.With(k.Kind, k.Value)
	}
	return ref
}

// RestoreShared returns the operations on the people table that store who shares keys.
func (s *Store) RestoreShared(project string, a Archived) []table.Op {
	var ops []table.Op
	for _, shared := range a.Shared {
		ops = append(ops, table.PutJSON(s.identityKey(project, shared.Key), holders(shared.People), table.Always))
	}
	return ops
}

// Texts is one item of private texts of a record, a file, a snapshot or what was said, as an archive has it.
type Texts struct {
	Of   string          `json:"of"`             // the id of the record or file
	At   string          `json:"at"`             // the version, in six digits
	Who  string          `json:"who,omitempty"`  // the person whom a record is about
	List bool            `json:"list,omitempty"` // listed with the person's texts
	Data json.RawMessage `json:"texts"`
}

// ArchiveTexts iterates over the private texts of a record or file, in the order of versions. It ends after the first
// error.
func (s *Store) ArchiveTexts(ctx context.Context, project, of string) iter.Seq2[Texts, error] {
	return func(yield func(Texts, error) bool) {
		for it, err := range table.Items(ctx, s.db.People, table.Query{PK: TextKey(project, of, 0).PK}) {
			t := Texts{Of: of, At: it.SK, Data: it.Data}
			if it.Index.PK != "" {
				t.List, t.Who = true, strings.TrimPrefix(it.Index.PK, TextsIndex(project, ""))
			}
			if !yield(t, err) {
				return
			}
		}
	}
}

// RestoreTexts returns the operation on the people table that stores private texts.
func RestoreTexts(project string, t Texts) table.Op {
	op := table.Op{Item: table.Item{Key: table.Key{PK: TextKey(project, t.Of, 0).PK, SK: t.At}, Data: t.Data}}
	if t.List {
		op = table.Indexed(op, table.Key{PK: TextsIndex(project, t.Who), SK: t.Of})
	}
	return op
}

// DistinctPair names two probable duplicates that are two people.
type DistinctPair struct {
	One   string `json:"one"`
	Other string `json:"other"`
}

// ArchiveDistinct iterates over the pairs of people who were marked as two. It ends after the first error.
func (s *Store) ArchiveDistinct(ctx context.Context, project string) iter.Seq2[DistinctPair, error] {
	return func(yield func(DistinctPair, error) bool) {
		for it, err := range table.Items(ctx, s.db.Tracker, table.Query{PK: distinctPartition(project)}) {
			one, other, _ := strings.Cut(it.SK, "#")
			if !yield(DistinctPair{one, other}, err) {
				return
			}
		}
	}
}

// RestoreDistinct returns the operation that marks a pair of people as two.
func RestoreDistinct(project string, pair DistinctPair) table.Op {
	return table.PutJSON(distinctKey(project, pair.One, pair.Other), true, table.Always)
}
