package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"outreach/internal/schema"
	"outreach/internal/table"
)

// Search returns a page of the people with an exact e-mail address or PESEL, or whose name has words with all prefixes
// of the query, in any order. Without a query it lists everyone by name. A page may be short, and still have a cursor.
func (s *Store) Search(ctx context.Context, project, query string, limit int, cursor string) (table.PageOf[Person], error) {
	query = strings.TrimSpace(query)
	keys := queryKeys(query)
	words := Words(query)
	switch {
	case len(keys) > 0:
		return s.searchKeys(ctx, project, keys)
	case len(words) > 0:
		return s.searchWords(ctx, project, words, limit, cursor)
	case query != "":
		return table.PageOf[Person]{Items: []Person{}}, nil
	}
	return table.List[Person](ctx, s.db.People, table.Query{PK: namesIndex(project), Index: true, Limit: limit, Cursor: cursor})
}

// queryKeys returns the identity keys that a query is.
func queryKeys(query string) []Key {
	var keys []Key
	if address, ok := schema.ParseEmail(query); ok {
		keys = append(keys, Key{Kind: "email", Value: address})
	}
	if schema.ValidPesel(query) {
		keys = append(keys, Key{Kind: "pesel", Value: query})
	}
	return keys
}

func (s *Store) searchKeys(ctx context.Context, project string, keys []Key) (table.PageOf[Person], error) {
	out := table.PageOf[Person]{Items: []Person{}}
	known, err := s.IDsByKey(ctx, project, keys)
	if err != nil {
		return out, err
	}
	for _, id := range known {
		p, err := s.Person(ctx, project, id)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, p)
	}
	return out, nil
}

// mostPassed is how many people one page of a search reads at most: a page may be short where few people match all of
// several common prefixes.
const mostPassed = 1000

// searchWords reads the index by the longest prefix, and keeps the people whom the other prefixes match as well.
func (s *Store) searchWords(ctx context.Context, project string, words []string, limit int, cursor string) (table.PageOf[Person], error) {
	out := table.PageOf[Person]{Items: []Person{}}
	longest := slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })
	q := table.Query{PK: namePart(project, "", "").PK, Prefix: longest, Limit: limit, Cursor: cursor}
	for passed := 0; ; {
		page, err := s.db.People.Query(ctx, q)
		if err != nil {
			return out, err
		}
		ids := make([]string, len(page.Items))
		for i, it := range page.Items {
			if err := json.Unmarshal(it.Data, &ids[i]); err != nil {
				return out, fmt.Errorf("search word of a name: %w", err)
			}
		}
		people, err := s.Persons(ctx, project, ids)
		if err != nil {
			return out, err
		}
		for i, it := range page.Items {
			p, ok := people[ids[i]]
			// Two words of one name may share the prefix: only the first lists the person.
			if !ok || p.ID != ids[i] || !p.MatchesPrefixes(words) || it.SK != namePart(project, p.FirstWord(longest), p.ID).SK {
				continue
			}
			if out.Items = append(out.Items, p); len(out.Items) == limit && (i+1 < len(page.Items) || page.Next != "") {
				out.Next = q.After(it)
				return out, nil
			}
		}
		if passed += len(page.Items); page.Next == "" || passed >= mostPassed {
			out.Next = page.Next
			return out, nil
		}
		q.Cursor, q.Limit = page.Next, min(2*q.Limit, table.MostPage)
	}
}

// renamed returns the operations that update the search index from a person's old name to the new one.
func (s *Store) renamed(project string, before, after Person) []table.Op {
	var ops []table.Op
	was, is := before.Words(), after.Words()
	for _, word := range was {
		if !slices.Contains(is, word) {
			ops = append(ops, table.Remove(namePart(project, word, before.ID), table.Always))
		}
	}
	for _, word := range is {
		if !slices.Contains(was, word) {
			ops = append(ops, table.PutJSON(namePart(project, word, after.ID), after.ID, table.Always))
		}
	}
	return ops
}
