package people

import (
	"context"
	"fmt"
	"slices"

	"outreach/internal/fact"
	"outreach/internal/store"
	"outreach/internal/table"
)

// fewPeople can be compared whenever somebody asks. How many pairs there are among more is kept for the day.
const fewPeople = table.MostPage

// counted is how many pairs of people who may be one there were on a day.
type counted struct {
	Day   string `json:"day"`
	Pairs int    `json:"pairs"`
}

// CountDuplicates counts the pairs of people who may be one: among many people at most once a day, unless a pair has been
// looked into since.
func (s *Store) CountDuplicates(ctx context.Context, project, day string) (int, error) {
	last, _, err := table.Load[counted](ctx, s.db.Tracker, duplicatesKey(project))
	if err != nil || last.Day == day {
		return last.Pairs, err
	}
	pairs, err := s.Duplicates(ctx, project, day)
	return len(pairs), err
}

// Duplicates finds pairs of people who may be one, but for those who were told apart. Of many people it is kept how many
// pairs there are on the day, until somebody is merged, told apart, corrected or erased.
func (s *Store) Duplicates(ctx context.Context, project, day string) ([]Pair, error) {
	told := map[string]bool{}
	err := s.apart(ctx, project, func(k table.Key) { told[k.SK] = true })
	if err != nil {
		return nil, err
	}
	apart := func(a, b Person) bool {
		return len(told) > 0 && slices.ContainsFunc(a.IDs(), func(one string) bool {
			return slices.ContainsFunc(b.IDs(), func(other string) bool { return told[apartKey(project, one, other).SK] })
		})
	}
	var all []Person
	for p, err := range table.Values[Person](ctx, s.db.People, table.Query{PK: namesIndex(project), Index: true}) {
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	pairs := Likely(all, apart)
	if len(all) <= fewPeople {
		return pairs, nil
	}
	return pairs, s.db.Tracker.Write(ctx, table.PutJSON(duplicatesKey(project), counted{Day: day, Pairs: len(pairs)}, table.Always))
}

// TellApart keeps that two people who look like one are two, so that nobody asks again. They may still be merged later.
func (s *Store) TellApart(ctx context.Context, project, one, other, by string) error {
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
			return fmt.Errorf("person %s: one with %s: %w", one, other, store.ErrNotFound)
		}
		key := apartKey(project, ids[0], ids[1])
		if _, rev, err := table.Load[bool](ctx, s.db.Tracker, key); err != nil || rev > 0 {
			return err
		}
		f, err := s.db.NewFact(fact.KindPeopleApart, by, fact.Apart{Person: ids[0], Other: ids[1]})
		if err != nil {
			return err
		}
		return s.db.Log().Append(ctx, project, []fact.Fact{f}, table.PutJSON(key, true, table.Absent), s.countAnew(project))
	})
}

// countAnew is the operation after which probable duplicates are counted again.
func (s *Store) countAnew(project string) table.Op {
	return table.Remove(duplicatesKey(project), table.Always)
}

// apart goes through the pairs that were told apart.
func (s *Store) apart(ctx context.Context, project string, each func(table.Key)) error {
	for it, err := range table.Items(ctx, s.db.Tracker, table.Query{PK: apartPartition(project)}) {
		if err != nil {
			return err
		}
		each(it.Key)
	}
	return nil
}
