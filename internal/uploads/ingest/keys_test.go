package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/people"
	"outreach/internal/schema"
)

// directory has the ids of stored people by key.
type directory struct {
	peopleStore
	ids map[people.Key]string
}

func (d directory) Holders(_ context.Context, _ string, keys []people.Key) (map[people.Key][]string, error) {
	out := map[people.Key][]string{}
	for _, k := range keys {
		if id := d.ids[k]; id != "" {
			out[k] = []string{id}
		}
	}
	return out, nil
}

func (d directory) Persons(_ context.Context, _ string, ids []string) (map[string]people.Person, error) {
	out := map[string]people.Person{}
	for _, id := range ids {
		out[id] = people.Person{ID: id}
	}
	return out, nil
}

// People of a file are the connected groups of its keys, of whatever kinds and in whatever order. Where a group has two
// stored people, the rows that connect them are named.
func TestPeopleOfAFileAreTheConnectedGroupsOfAnyKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var refs []schema.PersonRef
		for range rapid.IntRange(1, 8).Draw(t, "rows") {
			var ref schema.PersonRef
			for _, kind := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"email", "phone", "number", "dni"}), 1, 3, rapid.ID[string]).Draw(t, "kinds") {
				ref = ref.Set(kind, fmt.Sprint(kind, rapid.IntRange(1, 3).Draw(t, "value")))
			}
			if !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
		db := directory{ids: map[people.Key]string{}}
		for _, ref := range refs {
			for _, k := range people.Keys(ref) {
				if rapid.IntRange(0, 3).Draw(t, "stored") == 0 {
					db.ids[k] = fmt.Sprint("person", rapid.IntRange(1, 2).Draw(t, "whose"))
				}
			}
		}
		told := func(order []schema.PersonRef) (groups map[schema.PersonRef]string, two []string) {
			r := newRoster()
			for _, ref := range order {
				r.add(ref)
			}
			if err := r.resolve(t.Context(), db, "town", schema.Builtin().Kind(schema.Attendance)); err != nil {
				t.Fatal(err)
			}
			groups = map[schema.PersonRef]string{}
			for _, ref := range refs {
				groups[ref] = r.id(ref)
				if problems, wrong := r.problems(ref); wrong {
					two = append(two, fmt.Sprint(people.Keys(ref), problems[0].Code))
				}
			}
			return groups, two
		}
		groups, two := told(refs)
		shuffled, again := told(rapid.Permutation(refs).Draw(t, "order"))
		if strings.Join(two, "\n") != strings.Join(again, "\n") {
			t.Fatalf("in another order %v are of two people, not %v", again, two)
		}
		reached := connected(refs, db.ids)
		for i, a := range refs {
			stored := map[string]bool{}
			for j, b := range refs {
				same := reached[i] == reached[j]
				if (groups[a] == groups[b]) != same || (shuffled[a] == shuffled[b]) != same {
					t.Fatalf("%v and %v: one person %v, want %v", people.Keys(a), people.Keys(b), groups[a] == groups[b], same)
				}
				for _, k := range people.Keys(b) {
					if same && db.ids[k] != "" {
						stored[db.ids[k]] = true
					}
				}
			}
			named := slices.ContainsFunc(refs, func(b schema.PersonRef) bool {
				return slices.Contains(two, fmt.Sprint(people.Keys(b), schema.TwoPeople)) && groups[a] == groups[b]
			})
			if named != (len(stored) > 1) {
				t.Fatalf("%v has %v stored people; named: %v", people.Keys(a), stored, two)
			}
		}
	})
}

// connected returns the number of the group of each reference.
func connected(refs []schema.PersonRef, ids map[people.Key]string) []int {
	group := make([]int, len(refs))
	for i := range group {
		group[i] = i
	}
	meet := func(a, b schema.PersonRef) bool {
		return slices.ContainsFunc(people.Keys(a), func(k people.Key) bool {
			return slices.ContainsFunc(people.Keys(b), func(o people.Key) bool { return k == o || ids[k] != "" && ids[k] == ids[o] })
		})
	}
	for changed := true; changed; {
		changed = false
		for i := range refs {
			for j := range refs {
				if meet(refs[i], refs[j]) && group[i] != group[j] {
					group[i], group[j] = min(group[i], group[j]), min(group[i], group[j])
					changed = true
				}
			}
		}
	}
	return group
}
