package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// Search returns a page of the people of a project who have a key that is the query, or whose name has words with all
// prefixes of the query, in any order. Without a query it lists everyone by name. A page may be short, and still have a
// cursor.
func (s *Store) Search(ctx context.Context, d *project.Definition, query string, limit int, cursor string) (table.PageOf[Person], error) {
	project, query := d.ID, strings.TrimSpace(query)
	sure, maybe := queryKeys(d, query)
	words := Words(query)
	if len(maybe) > 0 && cursor == "" && len(sure) == 0 {
		if found, err := s.searchKeys(ctx, project, maybe); err != nil || len(found.Items) > 0 {
			return found, err
		}
	}
	switch {
	case len(sure) > 0:
		return s.searchKeys(ctx, project, append(sure, maybe...))
	case len(words) > 0:
		return s.searchWords(ctx, project, words, limit, cursor)
	case query != "":
		return table.PageOf[Person]{Items: []Person{}}, nil
	}
	return table.List[Person](ctx, s.db.People, table.Query{PK: namesIndex(project), Index: true, Limit: limit, Cursor: cursor})
}

// FindByKey returns a person who has a key, of any kind, that is the query; false where there is none.
func (s *Store) FindByKey(ctx context.Context, d *project.Definition, query string) (Person, bool, error) {
	sure, maybe := queryKeys(d, strings.TrimSpace(query))
	if len(sure)+len(maybe) == 0 {
		return Person{}, false, nil
	}
	found, err := s.searchKeys(ctx, d.ID, append(sure, maybe...))
	if err != nil || len(found.Items) == 0 {
		return Person{}, false, err
	}
	return found.Items[0], true, nil
}

// queryKeys returns the identity keys that a query is, and those that it may be, for it may be a name or a part of
// something else as well. Addresses and PESELs are looked for in every project, whose people may have them from before.
func queryKeys(d *project.Definition, query string) (sure, maybe []Key) {
	if address, ok := schema.ParseEmail(query); ok {
		sure = append(sure, Key{Kind: project.KeyEmail, Value: address})
	}
	if schema.ValidPesel(query) {
		sure = append(sure, Key{Kind: project.KeyPesel, Value: query})
	}
	for _, f := range schema.For(d).Keys.Fields {
		if f.Name == project.KeyEmail || f.Name == project.KeyPesel || query == "" {
			continue
		}
		if value, problem := f.Parse(query, schema.Scope{Definition: d, Loose: true}); problem == nil {
			maybe = append(maybe, Key{Kind: f.Name, Value: value})
		}
	}
	return sure, maybe
}

// searchKeys returns all people who have one of the keys, or for whom a sign-up that is held claims it.
func (s *Store) searchKeys(ctx context.Context, project string, keys []Key) (table.PageOf[Person], error) {
	out := table.PageOf[Person]{Items: []Person{}}
	known, err := s.Holders(ctx, project, keys)
	if err != nil {
		return out, err
	}
	ids, err := s.claimants(ctx, project, keys)
	if err != nil {
		return out, err
	}
	for _, held := range known {
		ids = append(ids, held...)
	}
	ids = distinctIDs(ids)
	// The PESEL of a form that the public sent in the name of a known person finds no person until it is theirs.
	found, err := s.Persons(ctx, project, ids)
	if err != nil {
		return out, err
	}
	for _, id := range ids {
		if p, there := found[id]; there && p.ID == id && p.isFoundBy(keys) { // else erased or merged meanwhile
			out.Items = append(out.Items, p)
		}
	}
	return out, nil
}

// mostPassed is about how many people one page of a search reads at most: a page may be short where few people match
// all of several common prefixes.
const mostPassed = 1000

// searchWords reads by the longest prefix, and keeps the people whom the other prefixes match as well. The people whose
// last name begins with it come first, by name.
func (s *Store) searchWords(ctx context.Context, project string, words []string, limit int, cursor string) (table.PageOf[Person], error) {
	out := table.PageOf[Person]{Items: []Person{}}
	longest := slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })
	others := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return word == longest })
	ranges := []table.Query{
		{PK: namesIndex(project), Index: true, Prefix: longest},
		{PK: nameParts(project, longest), Prefix: longest},
		{PK: formerNameParts(project), Prefix: longest},
	}
	at, cursor, err := parseCursor(cursor, len(ranges))
	if err != nil {
		return out, err
	}
	for passed := 0; at < len(ranges); at, cursor = at+1, "" {
		q := ranges[at]
		q.Limit, q.Cursor = limit, cursor
		for more := true; more; {
			page, err := s.db.People.Query(ctx, q)
			if err != nil {
				return out, err
			}
			people, err := s.listed(ctx, project, longest, q, page.Items)
			if err != nil {
				return out, err
			}
			for i, p := range people {
				if p.ID == "" || !p.MatchesPrefixes(others) {
					continue
				}
				if out.Items = append(out.Items, p); len(out.Items) == limit {
					if out.Next = cursorIn(at, q.After(page.Items[i])); i+1 == len(people) && page.Next == "" {
						out.Next, err = s.cursorOfRest(ctx, project, words, at+1)
					}
					return out, err
				}
			}
			passed += len(page.Items)
			if more = page.Next != ""; more && passed >= mostPassed {
				out.Next = cursorIn(at, page.Next)
				return out, nil
			}
			q.Cursor, q.Limit = page.Next, min(2*q.Limit, table.MostPage)
		}
	}
	return out, nil
}

// cursorOfRest returns the cursor of a range and those after it, "" where they have nobody whom the words match.
func (s *Store) cursorOfRest(ctx context.Context, project string, words []string, at int) (string, error) {
	rest := cursorIn(at, "")
	found, err := s.searchWords(ctx, project, words, 1, rest)
	if len(found.Items) == 0 && found.Next == "" {
		rest = ""
	}
	return rest, err
}

// listed returns the people that items list for a prefix, parallel to the items. It is the zero Person where another
// item lists the person: one whose last name begins with the prefix is listed by the index of names, any other by the
// first of the words that begin with it.
func (s *Store) listed(ctx context.Context, project, prefix string, q table.Query, items []table.Item) ([]Person, error) {
	people := make([]Person, len(items))
	if q.Index {
		for i, it := range items {
			var err error
			if people[i], err = table.Decode[Person](it); err != nil {
				return nil, err
			}
		}
		return people, nil
	}
	ids := make([]string, len(items))
	for i, it := range items {
		if err := json.Unmarshal(it.Data, &ids[i]); err != nil {
			return nil, fmt.Errorf("search word of a name: %w", err)
		}
	}
	found, err := s.Persons(ctx, project, ids)
	if err != nil {
		return nil, err
	}
	for i, it := range items {
		p := found[ids[i]]
		if p.ID == ids[i] && !strings.HasPrefix(p.SortName(), prefix) && it.SK == namePart(project, p.FirstWord(prefix), p.ID).SK {
			people[i] = p
		}
	}
	return people, nil
}

// cursorIn returns the cursor of a search that continues in a range, or after the last one, of those it reads.
func cursorIn(at int, cursor string) string { return strconv.Itoa(at) + "." + cursor }

// parseCursor returns the parts of cursorIn; without a cursor, the beginning of the first range.
func parseCursor(text string, ranges int) (at int, cursor string, err error) {
	if text == "" {
		return 0, "", nil
	}
	number, cursor, _ := strings.Cut(text, ".")
	if at, err = strconv.Atoi(number); err != nil || at < 0 || at > ranges {
		return 0, "", fmt.Errorf("%w: range %s", table.ErrCursor, number)
	}
	return at, cursor, nil
}

// renamed returns the operations that update the search items from a person's old name to the new one. The word with
// which the index of names begins needs none. All items that earlier versions stored are replaced.
func (s *Store) renamed(project string, before, after Person) []table.Op {
	was, is := before.Words(), after.Words()
	if before.LeadingWord() == after.LeadingWord() && slices.Equal(was, is) {
		return nil
	}
	var ops []table.Op
	for _, word := range was {
		ops = append(ops, table.Remove(formerNamePart(project, word, before.ID), table.Always))
		if word == after.LeadingWord() || !slices.Contains(is, word) {
			ops = append(ops, table.Remove(namePart(project, word, before.ID), table.Always))
		}
	}
	for _, word := range is {
		if word != after.LeadingWord() {
			ops = append(ops, table.PutJSON(namePart(project, word, after.ID), after.ID, table.Always))
		}
	}
	return ops
}
