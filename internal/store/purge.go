package store

import (
	"context"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/kinds"
	"outreach/internal/person"
	"outreach/internal/project"
	"outreach/internal/table"
)

// Classes of data that a definition keeps for some time only.
const (
	PeopleClass    = "people"
	TextsClass     = "texts"
	OriginalsClass = "originals"
)

// purged is the mark that a class of data was removed.
type purged struct {
	fact.Purged
	At time.Time `json:"at"`
}

// erasedTogether is how many people are erased at once, for whom the facts are read once.
const erasedTogether = 50

// Purge removes what the definition keeps no longer. Each class is written down as a fact once, when nothing of it is left;
// what was cut off before is done again.
func (s *Store) Purge(ctx context.Context, def *project.Definition) error {
	for _, c := range []struct {
		class  string
		months int
		purge  func(context.Context, string) error
	}{
		{TextsClass, def.Retention.Texts, s.removeAllTexts},
		{OriginalsClass, def.Retention.Originals, s.removeAllOriginals},
		{PeopleClass, def.Retention.People, s.eraseEverybody},
	} {
		until := def.Period.KeptUntil(c.months)
		if c.months == 0 || def.Day(s.Now()) <= until {
			continue
		}
		_, rev, err := load[purged](ctx, s.Tracker, purgeKey(def.ID, c.class))
		if err != nil {
			return err
		}
		if rev != 0 {
			continue
		}
		if err := c.purge(ctx, def.ID); err != nil {
			return err
		}
		if err := s.notePurged(ctx, def.ID, fact.Purged{Class: c.class, Day: until}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) notePurged(ctx context.Context, project string, did fact.Purged) error {
	return s.again(ctx, func() error {
		key := purgeKey(project, did.Class)
		_, rev, err := load[purged](ctx, s.Tracker, key)
		if err != nil || rev != 0 {
			return err // another schedule was at it too
		}
		f, err := s.fact(fact.KindDataPurged, "", did)
		if err != nil {
			return err
		}
		return s.append(ctx, project, []fact.Fact{f}, put(key, purged{did, f.At}, table.Absent))
	})
}

// everybody lists the people of a project, some at a time. A page's people may be erased before the next is asked for.
func (s *Store) everybody(ctx context.Context, project string, each func([]person.Person) error) error {
	q := table.Query{PK: namesIndex(project), Index: true, Limit: erasedTogether}
	for {
		page, err := list[person.Person](ctx, s.People, q)
		if err != nil {
			return err
		}
		if err := each(page.Items); err != nil {
			return err
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

func (s *Store) eraseEverybody(ctx context.Context, project string) error {
	return s.everybody(ctx, project, func(people []person.Person) error {
		var erasures []Erasure
		for _, p := range people {
			erasures = append(erasures, s.erasure(project, p))
		}
		if len(erasures) == 0 {
			return nil
		}
		return s.eraseAll(ctx, project, erasures, "")
	})
}

// removeAllTexts removes topics, notes, evidence and reasons: of records, of files' rows, of decisions on snapshots, and those
// that a request left which was cut off. What forms said of who somebody is stays with the people.
func (s *Store) removeAllTexts(ctx context.Context, project string) error {
	var ids []string
	gather := func(partition string) error {
		q := table.Query{PK: partition}
		for {
			page, err := s.Tracker.Query(ctx, q)
			if err != nil {
				return err
			}
			for _, it := range page.Items {
				ids = append(ids, it.SK)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return nil
			}
		}
	}
	partitions := []string{uploadPartition(project), snapshotPartition(project)}
	for _, k := range kinds.All {
		partitions = append(partitions, recordPartition(project, k.Name))
	}
	for _, partition := range partitions {
		if err := gather(partition); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if err := s.removePartition(ctx, s.People, textKey(project, id, 0).PK); err != nil {
			return err
		}
	}
	left := func(id string) error {
		keys, err := s.textsOf(ctx, project, id)
		if err != nil {
			return err
		}
		var texts []table.Key
		for _, key := range keys {
			if strings.HasPrefix(key.PK, "TEXT#") {
				texts = append(texts, key)
			}
		}
		return removeAll(ctx, s.People, texts)
	}
	if err := left(""); err != nil {
		return err
	}
	return s.everybody(ctx, project, func(people []person.Person) error {
		for _, p := range people {
			for _, id := range p.IDs() {
				if err := left(id); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
