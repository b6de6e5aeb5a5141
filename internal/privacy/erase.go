// Package privacy is what people may ask of those who know them: to be forgotten, and to be told what is known. It also
// removes what the definition keeps no longer.
package privacy

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"outreach/internal/access"
	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Store forgets people, and tells them what is known of them. It knows all features that keep something about people; none
// of them knows it.
type Store struct {
	*store.DB
	Letters Letters // the letters that were sent and are kept; nil: none are

	persons   *people.Store
	signups   *signups.Store
	uploads   *uploads.Store
	records   *records.Store
	snapshots *snapshots.Store
	staff     *access.Store
}

// New is the Store on a base and the features that it knows.
func New(db *store.DB, persons *people.Store, signups *signups.Store, uploads *uploads.Store, records *records.Store, snapshots *snapshots.Store, staff *access.Store) *Store {
	return &Store{DB: db, persons: persons, signups: signups, uploads: uploads, records: records, snapshots: snapshots, staff: staff}
}

// Erase forgets who a person is. Identity, attributes and private texts go; what happened stays, under a fresh id that
// leads nowhere, so that what asks for no attribute still counts. Files in which the person stands are removed as they were
// sent, and letters to them. The ledger's entry is written first and the person's own item goes last: an erasure that was cut
// off is finished by asking again, or in the night. Of somebody who was erased it erases what came since;
// where there is nothing they are ErrNotFound.
func (s *Store) Erase(ctx context.Context, project, id, by string) error {
	p, err := s.persons.Person(ctx, project, id)
	if store.IsNotFound(err) {
		return s.eraseWhatCame(ctx, project, id)
	}
	if err != nil {
		return err
	}
	return s.eraseAll(ctx, project, []people.Erasure{s.erasure(project, p, by)})
}

// erasure is the ledger's entry of a person. The fresh id tells nothing of when, and is the same again where an erasure is
// finished later.
func (s *Store) erasure(project string, p people.Person, by string) people.Erasure {
	e := people.Erasure{Fresh: store.IDFor(time.UnixMilli(0), s.Seal(project, "erased", p.ID)), IDs: p.IDs(), At: s.Now().UTC(), By: by}
	for _, k := range p.Keys() {
		e.Keys = append(e.Keys, s.Seal(project, k.Kind, k.Value))
	}
	return e
}

// Erasures reads the ledger, in no order.
func (s *Store) Erasures(ctx context.Context, project string) ([]people.Erasure, error) {
	var all []people.Erasure
	for e, err := range table.Values[people.Erasure](ctx, s.Tracker, table.Query{PK: erasureKey(project, "").PK}) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// EraseAgain does what an entry of the ledger says, in tables that were brought back from before it.
func (s *Store) EraseAgain(ctx context.Context, project string, e people.Erasure) error {
	return s.eraseAll(ctx, project, []people.Erasure{e})
}

// eraseAll erases many people at once: what all have in common, facts and files, is read once for them.
func (s *Store) eraseAll(ctx context.Context, project string, erasures []people.Erasure) error {
	erasures, err := s.joined(ctx, project, erasures)
	if err != nil {
		return err
	}
	fresh := people.FreshIDs{}
	for _, e := range erasures {
		fresh.Add(e)
	}
	if err := s.beginErasing(ctx, project, erasures); err != nil {
		return err
	}
	// While their addresses can still be read. A letter that is sent in this moment goes at the end.
	addresses, err := s.addresses(ctx, project, erasures)
	if err != nil {
		return err
	}
	if err := s.forgetLetters(ctx, addresses); err != nil {
		return err
	}
	found := &mentions{files: map[string][]table.Key{}}
	err = store.InParallel(ctx, erasures, func(ctx context.Context, e people.Erasure) error {
		for _, id := range e.IDs {
			err := s.persons.About(ctx, project, id, func(kind, what string) error {
				found.add(kind, what, people.AboutKey(project, id, kind, what))
				return s.forget(ctx, project, e, kind, what, found)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	files := slices.Sorted(maps.Keys(found.files))
	err = store.InParallel(ctx, files, func(ctx context.Context, id string) error {
		finished, err := s.uploads.ForgetRows(ctx, schema.Builtin(), project, fresh, id)
		if finished {
			found.done(id)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := s.rewriteFacts(ctx, project, fresh); err != nil {
		return err
	}
	if err := s.snapshots.DropCheckpoint(ctx, project); err != nil {
		return err
	}
	for part := range slices.Chunk(erasures, table.MostWrites) {
		var facts []fact.Fact
		for _, e := range part {
			f, err := s.NewFact(fact.KindPersonErased, e.By, fact.Erased{Person: e.Fresh})
			if err != nil {
				return err
			}
			facts = append(facts, f)
		}
		if err := s.Log().Append(ctx, project, facts); err != nil {
			return err
		}
	}
	// From here on whoever counts finds the fresh ids alone; what is left to do shall keep nobody from it.
	if err := s.endErasing(ctx, project, erasures); err != nil {
		return err
	}
	if err := s.uploads.RemoveOriginalsOf(ctx, project, files); err != nil {
		return err
	}
	if err := s.forgetLetters(ctx, addresses); err != nil {
		return err
	}
	if err := s.persons.ForgetApart(ctx, project, fresh); err != nil {
		return err
	}
	if err := table.RemoveAll(ctx, s.Tracker, found.keys); err != nil {
		return err
	}
	return store.InParallel(ctx, erasures, func(ctx context.Context, e people.Erasure) error { return s.persons.Delete(ctx, project, e) })
}

// joined gives the erasures with whoever the people were merged with meanwhile, who are one with them.
func (s *Store) joined(ctx context.Context, project string, erasures []people.Erasure) ([]people.Erasure, error) {
	var ids []string
	for _, e := range erasures {
		ids = append(ids, e.IDs...)
	}
	found, err := s.persons.Persons(ctx, project, ids)
	if err != nil {
		return nil, err
	}
	add := func(list []string, more string) []string {
		if slices.Contains(list, more) {
			return list
		}
		return append(list, more)
	}
	out := make([]people.Erasure, len(erasures))
	for i, e := range erasures {
		for _, was := range slices.Clone(e.IDs) {
			p, there := found[was]
			if !there {
				continue
			}
			for _, id := range p.IDs() {
				e.IDs = add(e.IDs, id)
			}
			for _, k := range p.Keys() {
				e.Keys = add(e.Keys, s.Seal(project, k.Kind, k.Value))
			}
		}
		out[i] = e
	}
	return out, nil
}

// mentions are what was found to mention people who are erased. What comes later is not among it, and leads there until it is
// erased too; so does a file that is still worked on.
type mentions struct {
	mu    sync.Mutex
	keys  []table.Key            // that lead to what is done
	files map[string][]table.Key // that lead to files
}

func (m *mentions) add(kind, what string, key table.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if kind == "upload" {
		m.files[what] = append(m.files[what], key)
	} else {
		m.keys = append(m.keys, key)
	}
}

// file adds a file that another thing leads to.
func (m *mentions) file(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.files[id]; !there {
		m.files[id] = nil
	}
}

func (m *mentions) done(file string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = append(m.keys, m.files[file]...)
}

// addresses are where letters to people went: their own, and those that forms gave which were held for the office.
func (s *Store) addresses(ctx context.Context, project string, erasures []people.Erasure) ([]string, error) {
	if s.Letters == nil {
		return nil, nil
	}
	var out []string
	for _, e := range erasures {
		for _, id := range e.IDs {
			p, err := s.persons.Stored(ctx, project, id)
			if err != nil {
				return nil, err
			}
			out = append(out, p.Emails...)
			err = s.persons.About(ctx, project, id, func(kind, what string) error {
				if kind != schema.Signup {
					return nil
				}
				forms, err := s.signups.SentForms(ctx, project, what)
				for _, form := range forms {
					out = append(out, form["email"])
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	out = slices.DeleteFunc(out, func(address string) bool { return address == "" })
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (s *Store) forgetLetters(ctx context.Context, addresses []string) error {
	if s.Letters == nil || len(addresses) == 0 {
		return nil
	}
	return s.Letters.Forget(ctx, addresses)
}

// forget takes a person out of one thing that mentions them. Files, which mention many, are only gathered.
func (s *Store) forget(ctx context.Context, project string, e people.Erasure, kind, what string, found *mentions) error {
	switch kind {
	case schema.Signup:
		upload, err := s.signups.Forget(ctx, project, e, what)
		if upload != "" {
			found.file(upload)
		}
		return err
	case "upload":
		return nil
	}
	return s.records.Forget(ctx, project, e, kind, what)
}

// rewriteFacts puts the fresh ids in the place of the old ones, in every fact that names them, and leaves out attributes.
func (s *Store) rewriteFacts(ctx context.Context, project string, ids people.FreshIDs) error {
	return s.Log().ReadAll(ctx, project, fact.Naming(ids), func(f fact.Fact) error {
		data, changed, err := rewritten(f, ids)
		if err != nil || !changed {
			return err
		}
		return s.Log().Rewrite(ctx, project, f, data)
	})
}

func rewritten(f fact.Fact, ids people.FreshIDs) (data any, changed bool, err error) {
	fresh := func(id *string) {
		if to, gone := ids[*id]; gone && to != *id {
			*id, changed = to, true
		}
	}
	switch f.Kind {
	case fact.KindSignup:
		var d fact.Signup
		err = json.Unmarshal(f.Data, &d)
		if fresh(&d.Person); changed {
			d.Schema, d.Values = schema.SchemaVersion, schema.Builtin().Kind(schema.Signup).Erased(d.Values)
		}
		data = d
	case fact.KindSaid:
		var d fact.Said
		err = json.Unmarshal(f.Data, &d)
		if fresh(&d.Person); changed {
			d.Schema, d.Values = schema.SchemaVersion, schema.Builtin().Kind(d.Kind).Erased(d.Values)
		}
		data = d
	case fact.KindPersonMerged:
		var d fact.Merged
		err = json.Unmarshal(f.Data, &d)
		fresh(&d.Person)
		fresh(&d.Into)
		data = d
	case fact.KindPeopleApart:
		var d fact.Apart
		err = json.Unmarshal(f.Data, &d)
		fresh(&d.Person)
		fresh(&d.Other)
		data = d
	case fact.KindPersonCorrected:
		var d fact.Corrected
		err = json.Unmarshal(f.Data, &d)
		fresh(&d.Person)
		data = d
	}
	return data, changed, err
}

// Letters forgets the letters to an address.
type Letters interface {
	Forget(ctx context.Context, addresses []string) error
}
