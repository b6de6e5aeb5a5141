// Package privacy erases people, gathers everything stored about a person for a subject-access request, and purges data
// whose retention has ended.
package privacy

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"outreach/internal/access"
	"outreach/internal/attachments"
	"outreach/internal/fact"
	"outreach/internal/hooks"
	"outreach/internal/objects"
	"outreach/internal/people"
	"outreach/internal/projects"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Store erases people and reads everything stored about them. It depends on all features that store data about people;
// none of them depends on it. It is safe for concurrent use once Letters and Disk are set.
type Store struct {
	Letters Letters // deletes stored copies of letters; nil: there are none
	Disk    Disk    // removes from the disk what was deleted; nil: the tables' service does

	db          *store.DB
	projects    *projects.Store
	persons     *people.Store
	signups     *signups.Store
	uploads     *uploads.Store
	attachments *attachments.Store
	records     *records.Store
	snapshots   *snapshots.Store
	staff       *access.Store
	hooks       *hooks.Store
}

// New returns a Store on a base and the features that store data about people.
func New(db *store.DB, projects *projects.Store, persons *people.Store, signups *signups.Store, uploads *uploads.Store, attachments *attachments.Store, records *records.Store, snapshots *snapshots.Store, staff *access.Store, hooks *hooks.Store) *Store {
	return &Store{db: db, projects: projects, persons: persons, signups: signups, uploads: uploads, attachments: attachments, records: records, snapshots: snapshots, staff: staff, hooks: hooks}
}

// Erase erases a person. It deletes identity, attributes, private texts, uploaded originals that mention the person,
// and stored letters to them. Records stay under a pseudonym, so that figures whose rule needs no attribute do not
// change. by is the random id of the staff member who asked. It writes the ledger entry first and deletes the person
// item last: an interrupted erasure is finished by a repeated call or by FinishErasures. For a person who is already
// erased it erases data that arrived since; where there is none, and for an unknown id, it fails with
// store.ErrNotFound.
func (s *Store) Erase(ctx context.Context, project, id, by string) error {
	p, err := s.persons.Person(ctx, project, id)
	if store.IsNotFound(err) {
		return s.eraseRemains(ctx, project, id)
	}
	if err != nil {
		return err
	}
	return s.eraseAll(ctx, project, []people.Erasure{s.erasure(project, p, by)})
}

// erasure returns the ledger entry of a person. The pseudonym is derived from the id by a keyed hash: it is the same in
// every attempt, and its timestamp is zero.
func (s *Store) erasure(project string, p people.Person, by string) people.Erasure {
	e := people.Erasure{Fresh: store.IDFor(time.UnixMilli(0), s.db.Seal(project, "erased", p.ID)), IDs: p.IDs(), At: s.db.Now().UTC(), By: by}
	for _, k := range p.AllKeys() {
		e.Keys = append(e.Keys, s.db.Seal(project, k.Kind, k.Value))
	}
	return e
}

// Erasures reads the whole erasure ledger, in no particular order.
func (s *Store) Erasures(ctx context.Context, project string) ([]people.Erasure, error) {
	var all []people.Erasure
	for e, err := range table.Values[people.Erasure](ctx, s.db.Tracker, table.Query{PK: erasureKey(project, "").PK}) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// ReplayErasure replays an entry of the ledger in tables restored from before the erasure. It may be repeated.
func (s *Store) ReplayErasure(ctx context.Context, project string, e people.Erasure) error {
	return s.eraseAll(ctx, project, []people.Erasure{e})
}

// eraseAll erases several people together, so that facts and files are read once for all of them. It may be repeated.
func (s *Store) eraseAll(ctx context.Context, project string, erasures []people.Erasure) error {
	return s.scrubbed(ctx, func() (bool, error) { return true, s.eraseFromTables(ctx, project, erasures) })
}

// scrubbed calls remove, and removes from the disk what it deleted.
func (s *Store) scrubbed(ctx context.Context, remove func() (removed bool, err error)) error {
	if s.Disk == nil {
		_, err := remove()
		return err
	}
	return s.Disk.Scrubbed(ctx, remove)
}

func (s *Store) eraseFromTables(ctx context.Context, project string, erasures []people.Erasure) error {
	erasures, err := s.withMergedIDs(ctx, project, erasures)
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
	// Addresses can be read only before people are deleted. A letter sent meanwhile is deleted by the second call
	// below.
	addresses, err := s.addresses(ctx, project, erasures)
	if err != nil {
		return err
	}
	if err := s.forgetLetters(ctx, project, addresses); err != nil {
		return err
	}
	kinds, err := s.registry(ctx, project)
	if err != nil {
		return err
	}
	found := &mentions{files: map[string][]table.Key{}}
	err = store.InParallel(ctx, erasures, func(ctx context.Context, e people.Erasure) error {
		for _, id := range e.IDs {
			err := s.persons.EachMention(ctx, project, id, func(kind, what string) error {
				found.add(kind, what, people.MentionKey(project, id, kind, what))
				return s.forget(ctx, kinds, project, e, kind, what, found)
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
		finished, err := s.uploads.ForgetRows(ctx, kinds, project, fresh, id)
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
			f, err := s.db.NewFact(fact.KindPersonErased, e.By, fact.PersonErased{Person: e.Fresh})
			if err != nil {
				return err
			}
			facts = append(facts, f)
		}
		if err := s.db.Log().Append(ctx, project, facts); err != nil {
			return err
		}
	}
	// From here on a fold finds pseudonyms only: WithStableFacts need not wait for the rest.
	if err := s.endErasing(ctx, project, erasures); err != nil {
		return err
	}
	if err := s.uploads.RemoveOriginalsOf(ctx, project, files); err != nil {
		return err
	}
	if err := s.forgetPayloads(ctx, project, erasures); err != nil {
		return err
	}
	err = store.InParallel(ctx, erasures, func(ctx context.Context, e people.Erasure) error {
		return s.attachments.Erase(ctx, project, append(slices.Clone(e.IDs), e.Fresh))
	})
	if err != nil {
		return err
	}
	if err := s.forgetLetters(ctx, project, addresses); err != nil {
		return err
	}
	if err := s.forgetAnswers(ctx, project); err != nil {
		return err
	}
	if err := s.persons.DeleteDistinctMarks(ctx, project, fresh); err != nil {
		return err
	}
	if err := table.RemoveAll(ctx, s.db.Tracker, found.keys); err != nil {
		return err
	}
	return store.InParallel(ctx, erasures, func(ctx context.Context, e people.Erasure) error { return s.persons.Delete(ctx, project, e) })
}

// withMergedIDs returns the erasures with the ids and keys of people who were merged with them since the entries were
// written.
func (s *Store) withMergedIDs(ctx context.Context, project string, erasures []people.Erasure) ([]people.Erasure, error) {
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
			for _, k := range p.AllKeys() {
				e.Keys = add(e.Keys, s.db.Seal(project, k.Kind, k.Value))
			}
		}
		out[i] = e
	}
	return out, nil
}

// mentions collects the index items that mention erased people and whose records are rewritten. Items of later records,
// and of files that are still being processed, are not in it: they stay in the index until a later erasure. Safe for
// concurrent use.
type mentions struct {
	mu    sync.Mutex
	keys  []table.Key            // of rewritten records: to be deleted
	files map[string][]table.Key // by upload, until it is rewritten
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

// file adds an upload that another record refers to.
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

// addresses returns all addresses to which letters about the people may have gone: their own, and those of their
// sign-up forms.
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
			err = s.persons.EachMention(ctx, project, id, func(kind, what string) error {
				if kind != schema.Signup {
					return nil
				}
				forms, err := s.signups.SentForms(ctx, project, id, what)
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

// forgetPayloads removes what other form tools sent about the people and could not be taken.
func (s *Store) forgetPayloads(ctx context.Context, project string, erasures []people.Erasure) error {
	var erased []people.Person
	for _, e := range erasures {
		for _, id := range e.IDs {
			p, err := s.persons.Stored(ctx, project, id)
			if err != nil {
				return err
			}
			erased = append(erased, p)
		}
	}
	return s.hooks.Forget(ctx, project, erased)
}

func (s *Store) forgetLetters(ctx context.Context, project string, addresses []string) error {
	if s.Letters == nil || len(addresses) == 0 {
		return nil
	}
	return s.Letters.Forget(ctx, project, addresses)
}

// forgetAnswers deletes the stored answers of a project, which may name anybody. Who is about to read one asks again.
func (s *Store) forgetAnswers(ctx context.Context, project string) error {
	if s.db.Objects == nil {
		return nil
	}
	var keys []string
	err := s.db.Objects.List(ctx, store.AnswerObject(project, ""), func(o objects.Info) error {
		keys = append(keys, o.Key)
		return nil
	})
	if err != nil {
		return err
	}
	return store.InParallel(ctx, keys, func(ctx context.Context, key string) error { return s.db.Objects.Erase(ctx, key, time.Time{}) })
}

// registry returns the kinds of record of a project: the built-in ones where it has no definition.
func (s *Store) registry(ctx context.Context, project string) (*schema.Registry, error) {
	defined, err := s.projects.Definition(ctx, project)
	if err != nil && !store.IsNotFound(err) {
		return nil, err
	}
	return schema.For(defined.Definition), nil
}

// forget removes a person from one record. Files mention many people: they are only collected, for one pass over all of
// them.
func (s *Store) forget(ctx context.Context, kinds *schema.Registry, project string, e people.Erasure, kind, what string, found *mentions) error {
	switch kind {
	case schema.Signup:
		upload, err := s.signups.Forget(ctx, kinds, project, e, what)
		if upload != "" {
			found.file(upload)
		}
		return err
	case "upload":
		return nil
	}
	return s.records.Forget(ctx, kinds, project, e, kind, what)
}

// rewriteFacts replaces ids by pseudonyms in every fact that has them, and removes attributes and identity from its
// values.
func (s *Store) rewriteFacts(ctx context.Context, project string, ids people.FreshIDs) error {
	registry, err := s.registry(ctx, project)
	if err != nil {
		return err
	}
	return s.db.Log().ReadAll(ctx, project, fact.MentionsAny(ids), func(f fact.Fact) error {
		data, changed, err := rewritten(f, registry, ids)
		if err != nil || !changed {
			return err
		}
		return s.db.Log().Rewrite(ctx, project, f, data)
	})
}

// rewritten returns the data of a fact with pseudonyms in place of ids and without what describes the person, and
// whether it changed.
func rewritten(f fact.Fact, registry *schema.Registry, ids people.FreshIDs) (data any, changed bool, err error) {
	fresh := func(id *string) {
		if to, gone := ids[*id]; gone && to != *id {
			*id, changed = to, true
		}
	}
	switch f.Kind {
	case fact.KindSignup:
		data, err = decoded(f, func(d *fact.Signup) {
			if fresh(&d.Person); changed {
				d.Schema, d.Values, d.Derived = schema.SchemaVersion, registry.Kind(schema.Signup).Erased(d.Values), schema.Values{}
			}
		})
	case fact.KindRecordEntered:
		data, err = decoded(f, func(d *fact.RecordEntered) {
			if fresh(&d.Person); changed {
				d.Schema, d.Values, d.Derived = schema.SchemaVersion, registry.Kind(d.Kind).Erased(d.Values), schema.Values{}
			}
		})
	case fact.KindPersonMerged:
		data, err = decoded(f, func(d *fact.PersonMerged) { fresh(&d.Person); fresh(&d.Into) })
	case fact.KindPeopleDistinct:
		data, err = decoded(f, func(d *fact.PeopleDistinct) { fresh(&d.Person); fresh(&d.Other) })
	case fact.KindPersonCorrected:
		data, err = decoded(f, func(d *fact.PersonCorrected) { fresh(&d.Person) })
	case fact.KindPersonViewed:
		data, err = decoded(f, func(d *fact.PersonViewed) { fresh(&d.Person) })
	case fact.KindPeopleExported:
		data, err = decoded(f, func(d *fact.PeopleExported) { fresh(&d.Person) })
	case fact.KindPersonAttributes:
		data, err = decoded(f, func(d *fact.PersonAttributes) {
			if fresh(&d.Person); changed {
				*d = fact.PersonAttributes{Person: d.Person, Schema: schema.SchemaVersion}
			}
		})
	}
	return data, changed, err
}

// decoded returns the data of a fact after a change.
func decoded[T any](f fact.Fact, change func(*T)) (data T, err error) {
	if err = json.Unmarshal(f.Data, &data); err == nil {
		change(&data)
	}
	return data, err
}

// Disk removes from the disk what was deleted from tables.
type Disk interface {
	// Scrubbed calls remove and, unless it deleted nothing, removes from the disk what it deleted.
	Scrubbed(ctx context.Context, remove func() (removed bool, err error)) error
}

// Letters deletes stored copies of a project's letters by their addresses.
type Letters interface {
	Forget(ctx context.Context, project string, addresses []string) error
}
