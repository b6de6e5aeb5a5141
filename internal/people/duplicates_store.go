package people

import (
	"context"
	"fmt"
	"slices"

	"outreach/internal/fact"
	"outreach/internal/store"
	"outreach/internal/table"
)

const (
	// fewPeople is the number of people up to which pairs are computed on each request. Among more people they are looked
	// for once a day, by LookForDuplicates, and kept.
	fewPeople = table.MostPage
	// mostPairs is how many pairs are kept: on the day after these are decided, there are others.
	mostPairs = 500
)

// counted is the number of probable duplicates that the last search among many people found, less those decided since.
type counted struct {
	Day   string `json:"day"`
	Pairs int    `json:"pairs"`
}

// idPair is the ids of two probable duplicates.
type idPair [2]string

// PairPage is one page of a list of probable duplicates.
type PairPage struct {
	Pairs []Pair
	Next  int    // the index to go on at, -1 at the end
	Many  bool   // whether there are so many people that pairs are looked for at night only
	Day   string // the day of the last search, "" where there was none yet; where there are many people
}

// CountDuplicates returns the number of pairs of probable duplicates: among many people those that LookForDuplicates
// found last and that were not decided since.
func (s *Store) CountDuplicates(ctx context.Context, project string) (int, error) {
	last, rev, err := table.Load[counted](ctx, s.db.Tracker, duplicatesKey(project))
	if err != nil || rev != 0 {
		return last.Pairs, err
	}
	few, all, err := s.ifFew(ctx, project)
	if err != nil || !few {
		return 0, err
	}
	pairs, err := s.pairsAmong(ctx, project, all)
	return len(pairs), err
}

// LookForDuplicates looks for probable duplicates among many people, unless it did so on the day (a date, 2026-05-10).
// It reads everyone in the project, and may be called twice or concurrently.
func (s *Store) LookForDuplicates(ctx context.Context, project, day string) error {
	last, rev, err := table.Load[counted](ctx, s.db.Tracker, duplicatesKey(project))
	if err != nil || last.Day == day {
		return err
	}
	few, all, err := s.ifFew(ctx, project)
	switch {
	case err != nil || few && rev == 0:
		return err
	case few:
		return table.RemoveAll(ctx, s.db.Tracker, []table.Key{duplicatesKey(project), pairsKey(project)})
	}
	all = nil
	err = s.EachPage(ctx, project, func(page []Person) error { all = append(all, page...); return nil })
	if err != nil {
		return err
	}
	pairs, err := s.pairsAmong(ctx, project, all)
	if err != nil {
		return err
	}
	ids := make([]idPair, min(len(pairs), mostPairs))
	for i := range ids {
		ids[i] = idPair{pairs[i].A.ID, pairs[i].B.ID}
	}
	return s.db.Tracker.Write(ctx,
		table.PutJSON(duplicatesKey(project), counted{Day: day, Pairs: len(pairs)}, table.Always),
		table.PutJSON(pairsKey(project), ids, table.Always))
}

// Duplicates returns a page of the pairs of probable duplicates, from an index on, without pairs that were merged or
// that MarkDistinct marked as two people. Among many people the page may be short.
func (s *Store) Duplicates(ctx context.Context, project string, from, limit int) (PairPage, error) {
	page := PairPage{Pairs: []Pair{}, Next: -1}
	last, rev, err := table.Load[counted](ctx, s.db.Tracker, duplicatesKey(project))
	if err != nil {
		return page, err
	}
	if rev == 0 {
		few, all, err := s.ifFew(ctx, project)
		if page.Many = !few; err != nil || page.Many {
			return page, err
		}
		pairs, err := s.pairsAmong(ctx, project, all)
		if err != nil {
			return page, err
		}
		page.Pairs, page.Next = window(pairs, from, limit)
		return page, nil
	}
	ids, kept, err := table.Load[[]idPair](ctx, s.db.Tracker, pairsKey(project))
	if err != nil {
		return page, err
	}
	if page.Many = true; kept != 0 { // a count of an earlier version has no list
		page.Day = last.Day
	}
	ids, page.Next = window(ids, from, limit)
	page.Pairs, err = s.stillPairs(ctx, project, ids)
	return page, err
}

// window returns the part of a list from an index on, and the index of the rest, -1 where there is none.
func window[T any](list []T, from, limit int) ([]T, int) {
	list = list[min(from, len(list)):]
	if len(list) > limit {
		return list[:limit], from + limit
	}
	return list, -1
}

// ifFew reports whether there are few people, and returns them.
func (s *Store) ifFew(ctx context.Context, project string) (few bool, all []Person, err error) {
	page, err := table.List[Person](ctx, s.db.People, table.Query{PK: namesIndex(project), Index: true, Limit: fewPeople})
	return page.Next == "", page.Items, err
}

// pairsAmong returns the pairs among people that were not marked as two.
func (s *Store) pairsAmong(ctx context.Context, project string, all []Person) ([]Pair, error) {
	distinct := map[string]bool{}
	if err := s.eachDistinctMark(ctx, project, func(k table.Key) { distinct[k.SK] = true }); err != nil {
		return nil, err
	}
	return LikelyDuplicates(all, func(a, b Person) bool {
		return len(distinct) > 0 && slices.ContainsFunc(marks(project, a, b), func(k table.Key) bool { return distinct[k.SK] })
	}), nil
}

// marks returns the keys under which two people may be marked as two.
func marks(project string, a, b Person) []table.Key {
	var keys []table.Key
	for _, one := range a.IDs() {
		for _, other := range b.IDs() {
			keys = append(keys, distinctKey(project, one, other))
		}
	}
	return keys
}

// stillPairs returns those of the pairs that are probable duplicates as their people are now, in their order.
func (s *Store) stillPairs(ctx context.Context, project string, pairs []idPair) ([]Pair, error) {
	var ids []string
	for _, pair := range pairs {
		ids = append(ids, pair[:]...)
	}
	found, err := s.Persons(ctx, project, distinctIDs(ids))
	if err != nil {
		return nil, err
	}
	var keys []table.Key
	for _, pair := range pairs {
		keys = append(keys, marks(project, found[pair[0]], found[pair[1]])...)
	}
	marked, err := table.LoadAll[bool](ctx, s.db.Tracker, keys)
	if err != nil {
		return nil, err
	}
	out := []Pair{}
	for _, pair := range pairs {
		a, b := found[pair[0]], found[pair[1]]
		if a.ID == "" || b.ID == "" || a.ID == b.ID {
			continue
		}
		apart := func(a, b Person) bool {
			return slices.ContainsFunc(marks(project, a, b), func(k table.Key) bool { return marked[k] })
		}
		out = append(out, LikelyDuplicates([]Person{a, b}, apart)...)
	}
	return out, nil
}

// distinctIDs returns ids sorted, each once.
func distinctIDs(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// decided takes the pairs of people who were decided upon out of what LookForDuplicates kept, unless they are probable
// duplicates still. It may be called twice. Without it they would be counted until the next search.
func (s *Store) decided(ctx context.Context, project string, ids ...string) error {
	return s.takeOut(ctx, project, ids, func(pair idPair) (bool, error) {
		still, err := s.stillPairs(ctx, project, []idPair{pair})
		return len(still) > 0, err
	})
}

// takeOut takes the pairs of people out of what LookForDuplicates kept, but for those that keep accepts.
func (s *Store) takeOut(ctx context.Context, project string, ids []string, keep func(idPair) (bool, error)) error {
	return table.Retry(ctx, func() error {
		pairs, rev, err := table.Load[[]idPair](ctx, s.db.Tracker, pairsKey(project))
		if err != nil || rev == 0 {
			return err
		}
		rest := []idPair{}
		for _, pair := range pairs {
			kept := !slices.Contains(ids, pair[0]) && !slices.Contains(ids, pair[1])
			if !kept {
				if kept, err = keep(pair); err != nil {
					return err
				}
			}
			if kept {
				rest = append(rest, pair)
			}
		}
		if len(rest) == len(pairs) {
			return nil
		}
		count, countRev, err := table.Load[counted](ctx, s.db.Tracker, duplicatesKey(project))
		if err != nil {
			return err
		}
		count.Pairs = max(0, count.Pairs-len(pairs)+len(rest))
		return s.db.Tracker.Write(ctx, table.PutJSON(pairsKey(project), rest, table.At(rev)), table.PutJSON(duplicatesKey(project), count, table.At(countRev)))
	})
}

// MarkDistinct marks two probable duplicates as two people: Duplicates no longer lists the pair. They may still be
// merged later. A repeated call changes nothing. It fails with store.ErrNotFound where one does not exist or both are
// one person.
func (s *Store) MarkDistinct(ctx context.Context, project, one, other, by string) error {
	err := table.Retry(ctx, func() error {
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
		return s.db.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(key, true, table.Absent))
	})
	if err != nil {
		return err
	}
	return s.decided(ctx, project, one, other)
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
