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
	"outreach/internal/said"
	"outreach/internal/schema"
	"outreach/internal/snapshots"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Classes of data with a retention period.
const (
	PeopleClass    = "people"
	TextsClass     = "texts"
	OriginalsClass = "originals"
)

// purged records that a class of data was purged: when last, and the facts up to which it was checked.
type purged struct {
	fact.DataPurged
	At    time.Time  `json:"at"`
	Heads fact.Heads `json:"heads"`
}

// erasureBatch is how many people a purge erases in one pass over the facts.
const erasureBatch = 1000

// Purge deletes each class of data whose retention has ended, also data that arrived after an earlier purge. When a
// class is complete it appends a fact. It fails with store.ErrDeferred where too little time is left: a later call
// continues. A repeated call with nothing to delete writes nothing.
func (s *Store) Purge(ctx context.Context, def *project.Definition) error {
	for _, c := range []struct {
		class  string
		months int
		purge  func(since fact.Heads) (removed bool, err error) // since is where an earlier purge ended
	}{
		{TextsClass, def.Retention.Texts, func(since fact.Heads) (bool, error) { return s.removeAllTexts(ctx, schema.For(def), def.ID, since) }},
		{OriginalsClass, def.Retention.Originals, func(fact.Heads) (bool, error) { return s.removeAllOriginals(ctx, def.ID) }},
		{PeopleClass, def.Retention.People, func(fact.Heads) (bool, error) { return s.eraseAllPeople(ctx, def.ID) }},
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
		removed := false
		err = s.scrubbed(ctx, func() (bool, error) {
			var err error
			removed, err = c.purge(before.Heads)
			return removed, err
		})
		if err != nil {
			return err
		}
		if rev != 0 && !removed && before.Heads == heads {
			continue
		}
		after := purged{fact.DataPurged{Class: c.class, Day: until}, before.At, heads}
		if err := s.notePurged(ctx, def.ID, after, rev, removed || rev == 0); err != nil {
			return err
		}
	}
	return nil
}

// notePurged replaces the mark of revision rev, together with a fact if noted. It does nothing where the mark has
// changed since.
func (s *Store) notePurged(ctx context.Context, project string, did purged, rev int64, noted bool) error {
	key := purgeKey(project, did.Class)
	return table.Retry(ctx, func() error {
		_, now, err := table.Load[purged](ctx, s.db.Tracker, key)
		if err != nil || now != rev {
			return err // another run was faster
		}
		if !noted {
			return s.db.Tracker.Write(ctx, table.PutJSON(key, did, table.At(rev)))
		}
		f, err := s.db.NewFact(fact.KindDataPurged, "", did.DataPurged)
		if err != nil {
			return err
		}
		did.At = f.At
		return s.db.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(key, did, table.At(rev)))
	})
}

// removeAllOriginals removes the uploaded files of rows, the photos and documents of records, and what other form tools
// sent and could not be taken.
func (s *Store) removeAllOriginals(ctx context.Context, project string) (removed bool, err error) {
	rows, err := s.uploads.RemoveAllOriginals(ctx, project)
	if err != nil {
		return rows, err
	}
	files, err := s.attachments.RemoveAll(ctx, project)
	if err != nil {
		return rows || files, err
	}
	payloads, err := s.hooks.RemoveAll(ctx, project)
	return rows || files || payloads, err
}

// eraseAllPeople erases everyone in a project, and reports whether there was anyone.
func (s *Store) eraseAllPeople(ctx context.Context, project string) (removed bool, err error) {
	if removed, err = s.hooks.RemoveAll(ctx, project); err != nil {
		return removed, err
	}
	err = s.persons.EachPage(ctx, project, func(all []people.Person) error {
		if len(all) == 0 {
			return nil
		}
		if err := store.CheckTimeLeft(ctx); err != nil {
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

// removeAllTexts deletes private texts (topics, notes, evidence, reasons) of records, rows of files, decisions on
// snapshots and what is said of indicators, and texts that interrupted requests left. Sign-up forms stay until people
// are purged. since is where an earlier purge ended: without newer facts that may have texts nothing is read. It
// reports whether it deleted anything.
func (s *Store) removeAllTexts(ctx context.Context, registry *schema.Registry, project string, since fact.Heads) (bool, error) {
	if since != (fact.Heads{}) {
		newer, err := s.textsSince(ctx, project, since)
		if err != nil || !newer {
			return false, err
		}
	}
	var partitions []string
	parents := []string{uploads.Partition(project), snapshots.Partition(project), said.Partition(project)}
	for _, k := range registry.Kinds {
		parents = append(parents, records.Partition(project, k.Name))
	}
	for _, of := range parents {
		for it, err := range table.Items(ctx, s.db.Tracker, table.Query{PK: of}) {
			if err != nil {
				return false, err
			}
			partitions = append(partitions, people.TextKey(project, it.SK, 0).PK)
		}
	}
	var removed atomic.Bool
	for part := range slices.Chunk(partitions, table.MostPage) {
		if err := store.CheckTimeLeft(ctx); err != nil {
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
	err := s.persons.EachPage(ctx, project, func(people []people.Person) error {
		if err := store.CheckTimeLeft(ctx); err != nil {
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

// textsSince reports whether facts after since may have private texts.
func (s *Store) textsSince(ctx context.Context, project string, since fact.Heads) (bool, error) {
	heads, err := s.db.Log().Heads(ctx, project)
	if err != nil {
		return false, err
	}
	found := false
	err = s.db.Log().Read(ctx, project, since, heads, func(f fact.Fact) error {
		switch f.Kind {
		case fact.KindRecordEntered, fact.KindRecordVoided, fact.KindUploadAccepted, fact.KindSnapshotDecided, fact.KindIndicatorSaid:
			found = true
		}
		return nil
	})
	return found, err
}
