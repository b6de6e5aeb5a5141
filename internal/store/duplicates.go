package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/person"
	"outreach/internal/table"
)

// Duplicates finds pairs of people who may be one, but for those who were told apart.
func (s *Store) Duplicates(ctx context.Context, project string) ([]person.Pair, error) {
	told := map[string]bool{}
	err := s.apart(ctx, project, func(k table.Key) { told[k.SK] = true })
	if err != nil {
		return nil, err
	}
	apart := func(a, b person.Person) bool {
		return len(told) > 0 && slices.ContainsFunc(a.IDs(), func(one string) bool {
			return slices.ContainsFunc(b.IDs(), func(other string) bool { return told[apartKey(project, one, other).SK] })
		})
	}
	var all []person.Person
	cursor := ""
	for {
		page, err := list[person.Person](ctx, s.People, table.Query{PK: namesIndex(project), Index: true, Limit: table.MostPage, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return person.Likely(all, apart), nil
		}
	}
}

// TellApart keeps that two people who look like one are two, so that nobody asks again. They may still be merged later.
func (s *Store) TellApart(ctx context.Context, project, one, other, by string) error {
	return s.again(ctx, func() error {
		var ids []string
		for _, id := range []string{one, other} {
			p, err := s.Person(ctx, project, id)
			if err != nil {
				return err
			}
			ids = append(ids, p.ID)
		}
		if ids[0] == ids[1] {
			return fmt.Errorf("person %s: one with %s: %w", one, other, ErrNotFound)
		}
		key := apartKey(project, ids[0], ids[1])
		if _, rev, err := load[bool](ctx, s.Tracker, key); err != nil || rev > 0 {
			return err
		}
		f, err := s.fact(fact.KindPeopleApart, by, fact.Apart{Person: ids[0], Other: ids[1]})
		if err != nil {
			return err
		}
		return s.append(ctx, project, []fact.Fact{f}, put(key, true, table.Absent))
	})
}

// apart goes through the pairs that were told apart.
func (s *Store) apart(ctx context.Context, project string, each func(table.Key)) error {
	q := table.Query{PK: apartPartition(project)}
	for {
		page, err := s.Tracker.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			each(it.Key)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// forgetApart removes the pairs that name somebody who is erased.
func (s *Store) forgetApart(ctx context.Context, project string, ids freshIDs) error {
	var gone []table.Key
	err := s.apart(ctx, project, func(k table.Key) {
		one, other, _ := strings.Cut(k.SK, "#")
		if ids[one] != "" || ids[other] != "" {
			gone = append(gone, k)
		}
	})
	if err != nil {
		return err
	}
	return removeAll(ctx, s.Tracker, gone)
}
