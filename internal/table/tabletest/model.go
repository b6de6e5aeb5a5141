package tabletest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"outreach/internal/table"
)

// sortedMap is the reference model: a table simple enough to be seen to be right.
type sortedMap map[table.Key]table.Item

func (m sortedMap) write(ops []table.Op) (failed []int) {
	for i, op := range ops {
		if !op.If.Holds(m[op.Item.Key].Rev) {
			failed = append(failed, i)
		}
	}
	if failed != nil {
		return failed
	}
	for _, op := range ops {
		switch op.Verb {
		case table.Put:
			it := op.Item
			it.Rev = m[it.Key].Rev + 1
			m[it.Key] = it
		case table.Delete:
			delete(m, op.Item.Key)
		}
	}
	return nil
}

func (m sortedMap) query(q table.Query) []table.Item {
	var items []table.Item
	for _, it := range m {
		at := it.Key
		if q.Index {
			at = it.Index
		}
		if at.PK == q.PK && at.SK >= q.From && (q.To == "" || at.SK <= q.To) && strings.HasPrefix(at.SK, q.Prefix) {
			items = append(items, it)
		}
	}
	slices.SortFunc(items, func(a, b table.Item) int {
		return strings.Compare(a.Index.SK+"\x00"+a.SK, b.Index.SK+"\x00"+b.SK)
	})
	if !q.Index {
		slices.SortFunc(items, func(a, b table.Item) int { return strings.Compare(a.SK, b.SK) })
	}
	if q.Backward {
		slices.Reverse(items)
	}
	return items
}

func model(s *suite) {
	rapid.Check(s.T, func(t *rapid.T) {
		expected := sortedMap{}
		run := fmt.Sprintf("%016x", rand.Uint64())
		partition := rapid.SampledFrom([]string{run + "p", run + "q"})
		place := rapid.SampledFrom([]string{"a", "a1", "a2", "b", "ą", "ż", "z/"})
		condition := rapid.OneOf(rapid.Just(table.Always), rapid.Just(table.Absent), rapid.Just(table.Present), rapid.Map(rapid.Int64Range(1, 3), table.At))
		key := rapid.Custom(func(t *rapid.T) table.Key { return table.Key{PK: partition.Draw(t, "pk"), SK: place.Draw(t, "sk")} })
		operation := rapid.Custom(func(t *rapid.T) table.Op {
			op := table.Op{Verb: table.Verb(rapid.IntRange(0, 2).Draw(t, "verb")), Item: table.Item{Key: key.Draw(t, "key")}, If: condition.Draw(t, "if")}
			if op.Verb == table.Check && op.If == table.Always {
				op.If = table.Present
			}
			if op.Verb == table.Put {
				op.Item.Data = rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "data")
				if rapid.Bool().Draw(t, "indexed") {
					// The item's key makes it unique: the order of equal keys in the index is unspecified.
					op.Item.Index = table.Key{PK: partition.Draw(t, "ipk"), SK: place.Draw(t, "isk") + op.Item.PK + op.Item.SK}
				}
			}
			return op
		})
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				ops := rapid.SliceOfNDistinct(operation, 1, 6, func(op table.Op) table.Key { return op.Item.Key }).Draw(t, "ops")
				failed := expected.write(ops)
				err := s.table.Write(s.ctx, ops...)
				conflict, ok := table.AsConflict(err)
				if ok != (failed != nil) || !ok && err != nil || ok && !slices.Equal(conflict.Failed, failed) {
					t.Fatalf("write returned %v, want failed operations %v", err, failed)
				}
			},
			"get": func(t *rapid.T) {
				keys := rapid.SliceOfN(key, 0, 5).Draw(t, "keys")
				want := map[table.Key]table.Item{}
				for _, k := range keys {
					if it, ok := expected[k]; ok {
						want[k] = it
					}
				}
				got, err := s.table.Get(s.ctx, keys...)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("get (-want +got):\n%s", diff)
				}
			},
			"query": func(t *rapid.T) {
				q := table.Query{
					PK: partition.Draw(t, "pk"), Index: rapid.Bool().Draw(t, "index"), Backward: rapid.Bool().Draw(t, "backward"),
					Limit: rapid.IntRange(0, 3).Draw(t, "limit"),
				}
				if rapid.Bool().Draw(t, "by prefix") {
					q.Prefix = place.Draw(t, "prefix")
				} else {
					q.From, q.To = rapid.OneOf(place, rapid.Just("")).Draw(t, "from"), rapid.OneOf(place, rapid.Just("")).Draw(t, "to")
				}
				want := expected.query(q)
				asked := q
				var got []table.Item
				for try := 0; ; try++ {
					got, q = nil, asked
					for more := true; more; more = q.Cursor != "" {
						page, err := s.table.Query(s.ctx, q)
						if err != nil {
							t.Fatal(err)
						}
						got, q.Cursor = append(got, page.Items...), page.Next
					}
					if !q.Index || try == 20 || cmp.Equal(want, got, cmpopts.EquateEmpty()) {
						break // only the index is eventually consistent
					}
				}
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("%+v (-want +got):\n%s", asked, diff)
				}
			},
		})
	})
}
