package privacy

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Classes of data that a definition keeps for some time only.
const (
	PeopleClass    = "people"
	TextsClass     = "texts"
	OriginalsClass = "originals"
)

// purged is the mark that a class of data was removed: last by the fact, and looked for up to Heads.
type purged struct {
	fact.Purged
	At    time.Time  `json:"at"`
	Heads fact.Heads `json:"heads"`
}

// erasedTogether is how many people are erased at once: a part of a purge, for whom the facts are read once.
const erasedTogether = 1000

// Purge removes what the definition keeps no longer: whatever is there of a class, also what came after it was removed before.
// When nothing of it is left that is written down as a fact. Where time is short the error is ErrLater.
func (s *Store) Purge(ctx context.Context, def *project.Definition) error {
	removeTexts := func(ctx context.Context, project string, since fact.Heads) (bool, error) {
		return s.removeAllTexts(ctx, schema.For(def), project, since)
	}
	for _, c := range []struct {
		class  string
		months int
		purge  func(ctx context.Context, project string, since fact.Heads) (removed bool, err error)
	}{
		{TextsClass, def.Retention.Texts, removeTexts},
		{OriginalsClass, def.Retention.Originals, s.uploads.RemoveAllOriginals},
		{PeopleClass, def.Retention.People, s.eraseEverybody},
	} {
		until := def.Period.KeptUntil(c.months)
		if c.months == 0 || def.Day(s.db.Now()) <= until {
			continue
		}
		heads, err := s.db.Log().Heads(ctx, def.ID)
		if err != nil {
			return err
		}
		before, rev, err := table.Load[purged](ctx, s.db.Tracker, purgeKey(def.ID, c.class))
		if err != nil {
			return err
		}
		removed, err := c.purge(ctx, def.ID, before.Heads)
		if err != nil {
			return err
		}
		if rev != 0 && !removed && before.Heads == heads {
			continue
		}
		after := purged{fact.Purged{Class: c.class, Day: until}, before.At, heads}
		if err := s.notePurged(ctx, def.ID, after, rev, removed || rev == 0); err != nil {
			return err
		}
	}
	return nil
}

// notePurged keeps the mark over the one with that revision, with a fact where something was removed, or looked for the first time.
func (s *Store) notePurged(ctx context.Context, project string, did purged, rev int64, told bool) error {
	key := purgeKey(project, did.Class)
	return table.Retry(ctx, func() error {
		_, now, err := table.Load[purged](ctx, s.db.Tracker, key)
		if err != nil || now != rev {
			return err // another schedule was at it too
		}
		if !told {
			return s.db.Tracker.Write(ctx, table.PutJSON(key, did, table.At(rev)))
		}
		f, err := s.db.NewFact(fact.KindDataPurged, "", did.Purged)
		if err != nil {
			return err
		}
		did.At = f.At
		return s.db.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(key, did, table.At(rev)))
	})
}

func (s *Store) eraseEverybody(ctx context.Context, project string, _ fact.Heads) (removed bool, err error) {
	err = s.persons.Everybody(ctx, project, func(all []people.Person) error {
		if len(all) == 0 {
			return nil
		}
		if err := store.BeginPart(ctx); err != nil {
			return err
		}
		var erasures []people.Erasure
		for _, p := range all {
			erasures = append(erasures, s.erasure(project, p, ""))
		}
		removed = true
		return s.eraseAll(ctx, project, erasures)
	})
	return removed, err
}

// removeAllTexts removes topics, notes, evidence and reasons: of records, of files' rows, of decisions on snapshots, and those
// that a request left which was cut off. What forms said of who somebody is stays with the people. Where they were removed
// before they are looked for only if something was said since.
func (s *Store) removeAllTexts(ctx context.Context, registry *schema.Registry, project string, since fact.Heads) (bool, error) {
	if since != (fact.Heads{}) {
		said, err := s.textsSince(ctx, project, since)
		if err != nil || !said {
			return false, err
		}
	}
	var partitions []string
	things := []string{uploads.Partition(project), snapshots.Partition(project)}
	for _, k := range registry.Kinds {
		things = append(things, records.Partition(project, k.Name))
	}
	for _, of := range things {
		for it, err := range table.Items(ctx, s.db.Tracker, table.Query{PK: of}) {
			if err != nil {
				return false, err
			}
			partitions = append(partitions, people.TextKey(project, it.SK, 0).PK)
		}
	}
	var removed atomic.Bool
	for part := range slices.Chunk(partitions, table.MostPage) {
		if err := store.BeginPart(ctx); err != nil {
			return false, err
		}
		err := store.InParallel(ctx, part, func(ctx context.Context, partition string) error {
			some, err := table.RemovePartition(ctx, s.db.People, partition)
			if some {
				removed.Store(true)
			}
			return err
		})
		if err != nil {
			return false, err
		}
	}
	left := func(ctx context.Context, id string) error {
		keys, err := s.persons.TextsOf(ctx, project, id)
		if err != nil {
			return err
		}
		texts := slices.DeleteFunc(keys, func(key table.Key) bool { return !strings.HasPrefix(key.PK, "TEXT#") })
		if len(texts) > 0 {
			removed.Store(true)
		}
		return table.RemoveAll(ctx, s.db.People, texts)
	}
	if err := left(ctx, ""); err != nil {
		return false, err
	}
	err := s.persons.Everybody(ctx, project, func(people []people.Person) error {
		if err := store.BeginPart(ctx); err != nil {
			return err
		}
		var ids []string
		for _, p := range people {
			ids = append(ids, p.IDs()...)
		}
		return store.InParallel(ctx, ids, left)
	})
	return removed.Load(), err
}

// textsSince tells whether facts were written that may have brought texts.
func (s *Store) textsSince(ctx context.Context, project string, since fact.Heads) (bool, error) {
	heads, err := s.db.Log().Heads(ctx, project)
	if err != nil {
		return false, err
	}
	said := false
	err = s.db.Log().Read(ctx, project, since, heads, func(f fact.Fact) error {
		switch f.Kind {
		case fact.KindSaid, fact.KindVoided, fact.KindUploadAccepted, fact.KindSnapshotDecided:
			said = true
		}
		return nil
	})
	return said, err
}
