package people

import (
	"context"
	"fmt"
	"slices"

	"outreach/internal/fact"
	"outreach/internal/store"
	"outreach/internal/table"
)

// fewPeople is the number of people up to which pairs are computed on each request. Above it their number is cached for
// a day.
const fewPeople = table.MostPage

// counted is the cached number of probable duplicates on a day.
type counted struct {
	Day   string `json:"day"`
	Pairs int    `json:"pairs"`
}

// CountDuplicates returns the number of pairs of probable duplicates. Among more than fewPeople people it computes them
// once a day (a date, 2026-05-10), and anew after a merge, a correction, an erasure or MarkDistinct.
func (s *Store) CountDuplicates(ctx context.Context, project, day string) (int, error) {
	last, _, err := table.Load[counted](ctx, s.db.Tracker, duplicatesKey(project))
	if err != nil || last.Day == day {
		return last.Pairs, err
	}
	pairs, err := s.Duplicates(ctx, project, day)
	return len(pairs), err
}

// Duplicates returns the pairs of probable duplicates, without pairs that MarkDistinct marked as two people. It reads
// everyone in the project, and caches the number of pairs for the day where there are more than fewPeople people.
func (s *Store) Duplicates(ctx context.Context, project, day string) ([]Pair, error) {
	distinct := map[string]bool{}
	err := s.eachDistinctMark(ctx, project, func(k table.Key) { distinct[k.SK] = true })
	if err != nil {
		return nil, err
	}
	apart := func(a, b Person) bool {
		return len(distinct) > 0 && slices.ContainsFunc(a.IDs(), func(one string) bool {
			return slices.ContainsFunc(b.IDs(), func(other string) bool { return distinct[distinctKey(project, one, other).SK] })
		})
	}
	var all []Person
	for p, err := range table.Values[Person](ctx, s.db.People, table.Query{PK: namesIndex(project), Index: true}) {
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	pairs := LikelyDuplicates(all, apart)
	if len(all) <= fewPeople {
		return pairs, nil
	}
	return pairs, s.db.Tracker.Write(ctx, table.PutJSON(duplicatesKey(project), counted{Day: day, Pairs: len(pairs)}, table.Always))
}

// MarkDistinct marks two probable duplicates as two people: Duplicates no longer lists the pair. They may still be
// merged later. A repeated call changes nothing. It fails with store.ErrNotFound where one does not exist or both are
// one person.
func (s *Store) MarkDistinct(ctx context.Context, project, one, other, by string) error {
	return table.Retry(ctx, func() error {
		var ids []string
		for _, id := range []string{one, other} {
			p, err := s.Person(ctx, project, id)
			if err != nil {
				return err
			}
			ids = append(ids, p.ID)
		}
		if ids[0] == ids[1] {
			return fmt.Errorf("person %s: same as %s: %w", one, other, store.ErrNotFound)
		}
		key := distinctKey(project, ids[0], ids[1])
		if _, rev, err := table.Load[bool](ctx, s.db.Tracker, key); err != nil || rev > 0 {
			return err
		}
		f, err := s.db.NewFact(fact.KindPeopleDistinct, by, fact.PeopleDistinct{Person: ids[0], Other: ids[1]})
		if err != nil {
			return err
		}
		return s.db.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(key, true, table.Absent), s.dropDuplicateCount(project))
	})
}

// dropDuplicateCount returns the operation that drops the cached number of probable duplicates.
func (s *Store) dropDuplicateCount(project string) table.Op {
	return table.Remove(duplicatesKey(project), table.Always)
}

// eachDistinctMark calls each with the key of every pair that was marked as two people.
func (s *Store) eachDistinctMark(ctx context.Context, project string, each func(table.Key)) error {
	for it, err := range table.Items(ctx, s.db.Tracker, table.Query{PK: distinctPartition(project)}) {
		if err != nil {
			return err
		}
		each(it.Key)
	}
	return nil
}
