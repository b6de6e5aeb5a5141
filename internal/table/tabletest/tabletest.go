// Package tabletest holds the test suite that every implementation of table.Table must pass, and a table that fails on
// demand, for tests of code that uses a table.
package tabletest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"outreach/internal/table"
)

// Run tests the contract of an implementation. It calls open once and writes only to partitions with random names.
func Run(t *testing.T, open func(t *testing.T) table.Table) {
	tested := open(t)
	for _, c := range []struct {
		name string
		try  func(s *suite)
	}{
		{"an item is returned as it was written", asWritten},
		{"a get returns the items that exist", getSome},
		{"a query returns a partition in bytewise order of its sort keys", inOrder},
		{"pages and cursors cover a partition in both directions", pages},
		{"a cursor of another query is refused", cursors},
		{"bounds and prefixes select a range", bounds},
		{"the index contains the items with an index key and follows their changes", index},
		{"items with the same key in the index are each returned once across pages", indexTies},
		{"each kind of condition holds and fails as documented", conditions},
		{"rev counts the writes of an item", revisions},
		{"a delete removes an item, a check changes nothing", deleteAndCheck},
		{"a hundred operations are applied all or none, and each failed condition is named", atomic},
		{"concurrent conditional increments lose no update", countTogether},
		{"of concurrent writers that create one key one succeeds", race},
		{"large items and pages of several megabytes are complete", large},
		{"invalid calls are refused and write nothing", refused},
		{"a cancelled call returns the context's error and writes nothing", cancelled},
		{"random operations behave as on a sorted map", model},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.try(&suite{T: t, table: tested, ctx: t.Context(), pk: fmt.Sprintf("%016x", rand.Uint64())})
		})
	}
}

// suite is one test of a table, with a partition of its own.
type suite struct {
	*testing.T
	table table.Table
	ctx   context.Context
	pk    string
}

func (s *suite) key(sk string) table.Key { return table.Key{PK: s.pk, SK: sk} }

func (s *suite) item(sk, data string) table.Item {
	return table.Item{Key: s.key(sk), Data: []byte(data)}
}

func put(it table.Item, conditions ...table.Condition) table.Op {
	op := table.Op{Verb: table.Put, Item: it}
	if len(conditions) > 0 {
		op.If = conditions[0]
	}
	return op
}

func (s *suite) write(ops ...table.Op) {
	s.Helper()
	if err := s.table.Write(s.ctx, ops...); err != nil {
		s.Fatal(err)
	}
}

func (s *suite) get(keys ...table.Key) map[table.Key]table.Item {
	s.Helper()
	items, err := s.table.Get(s.ctx, keys...)
	if err != nil {
		s.Fatal(err)
	}
	return items
}

func (s *suite) query(q table.Query) table.Page {
	s.Helper()
	page, err := s.table.Query(s.ctx, q)
	if err != nil {
		s.Fatal(err)
	}
	return page
}

// all returns the items of all pages of a query.
func (s *suite) all(q table.Query) []table.Item {
	s.Helper()
	var items []table.Item
	for {
		page := s.query(q)
		items = append(items, page.Items...)
		if q.Limit > 0 && len(page.Items) > q.Limit {
			s.Fatalf("%d items on a page of %d", len(page.Items), q.Limit)
		}
		if page.Next == "" {
			return items
		}
		if len(page.Items) == 0 {
			s.Fatal("an empty page with a next one")
		}
		q.Cursor = page.Next
	}
}

// sees waits until the query returns the wanted items, because the index is eventually consistent.
func (s *suite) sees(q table.Query, want ...string) {
	s.Helper()
	var got []string
	for try := range 500 {
		if got = sks(s.all(q)); slices.Equal(got, want) {
			return
		}
		if !q.Index {
			break
		}
		select {
		case <-s.ctx.Done():
		case <-time.After(time.Duration(try) * time.Millisecond):
		}
	}
	s.Fatalf("query returned %q, want %q", got, want)
}

func (s *suite) conflict(want []int, ops ...table.Op) {
	s.Helper()
	err := s.table.Write(s.ctx, ops...)
	conflict, ok := table.AsConflict(err)
	if !ok {
		s.Fatalf("got %v, want a conflict", err)
	}
	if !slices.Equal(conflict.Failed, want) {
		s.Fatalf("failed operations %v, want %v", conflict.Failed, want)
	}
	for i, place := range want {
		if conflict.Keys[i] != ops[place].Item.Key {
			s.Fatalf("failed key %v, want %v", conflict.Keys[i], ops[place].Item.Key)
		}
	}
	if errors.Is(err, table.ErrUnavailable) {
		s.Fatal("a conflict is not unavailability")
	}
}

func sks(items []table.Item) []string {
	var names []string
	for _, it := range items {
		names = append(names, it.SK)
	}
	return names
}

func asWritten(s *suite) {
	for name, it := range map[string]table.Item{
		"with everything":      {Key: s.key("a"), Index: table.Key{PK: s.pk + "x", SK: "1"}, Data: []byte{0, 1, 255, '"'}, Expires: time.Date(2010, 7, 21, 12, 30, 1, 0, time.UTC)},
		"with the least":       {Key: s.key("b")},
		"with a key of spaces": {Key: s.key(" b c "), Data: []byte("x")},
		"with a key of 900 bytes, in both places": {
			Key: table.Key{PK: s.pk + strings.Repeat("p", table.MostKeyBytes-len(s.pk)), SK: strings.Repeat("ż", table.MostKeyBytes/2)}, Data: []byte("x")},
		"with a zero byte in its key": {Key: s.key("a\x00b"), Data: []byte("x")},
	} {
		s.Run(name, func(t *testing.T) {
			s := &suite{T: t, table: s.table, ctx: t.Context(), pk: s.pk}
			s.write(put(it))
			it.Rev = 1
			if diff := cmp.Diff(it, s.get(it.Key)[it.Key], cmpopts.EquateEmpty()); diff != "" {
				s.Errorf("get (-want +got):\n%s", diff)
			}
			page := s.query(table.Query{PK: it.PK, From: it.SK, To: it.SK})
			if diff := cmp.Diff([]table.Item{it}, page.Items, cmpopts.EquateEmpty()); diff != "" {
				s.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
	s.Run("and a later write leaves nothing of the earlier one", func(t *testing.T) {
		s := &suite{T: t, table: s.table, ctx: t.Context(), pk: s.pk}
		key := s.key("a")
		s.write(put(table.Item{Key: key, Data: []byte("second")}))
		if diff := cmp.Diff(table.Item{Key: key, Data: []byte("second"), Rev: 2}, s.get(key)[key]); diff != "" {
			s.Errorf("(-want +got):\n%s", diff)
		}
		s.write(put(table.Item{Key: key}, table.At(2)))
		if diff := cmp.Diff(table.Item{Key: key, Rev: 3}, s.get(key)[key], cmpopts.EquateEmpty()); diff != "" {
			s.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func getSome(s *suite) {
	if got := s.get(); len(got) != 0 {
		s.Errorf("no keys give %v", got)
	}
	var keys []table.Key
	var ops []table.Op
	for i := range 250 {
		key := s.key(fmt.Sprintf("%03d", i))
		keys = append(keys, key, key)
		if i%5 != 0 {
			ops = append(ops, put(table.Item{Key: key, Data: []byte(key.SK)}))
		}
	}
	for some := range slices.Chunk(ops, table.MostWrites) {
		s.write(some...)
	}
	got := s.get(keys...)
	if len(got) != len(ops) {
		s.Fatalf("%d items, not %d", len(got), len(ops))
	}
	for _, op := range ops {
		if string(got[op.Item.Key].Data) != op.Item.SK {
			s.Errorf("%s has %q", op.Item.SK, got[op.Item.Key].Data)
		}
	}
	for name, keys := range map[string][]table.Key{
		"too many":       make([]table.Key, table.MostGet+1),
		"an empty key":   {{PK: s.pk}},
		"not UTF-8":      {{PK: s.pk, SK: "\xff"}},
		"a key too long": {{PK: s.pk, SK: strings.Repeat("k", table.MostKeyBytes+1)}},
	} {
		if _, err := s.table.Get(s.ctx, keys...); err == nil {
			s.Errorf("%s: no error", name)
		}
	}
}

func inOrder(s *suite) {
	want := []string{" ", "-", "/", "0", "10", "2", "A", "Z", "Za", "_", "a", "a b", "a-b", "a/b", "ab", "z", "zażółć", "Ó", "ó", "ą", "ć", "ę", "ł", "ń", "Ś", "ż", "€", "\uffee", "😀"}
	if !slices.IsSorted(want) {
		s.Fatal("the list itself must be sorted")
	}
	var ops []table.Op
	for _, i := range rand.Perm(len(want)) {
		ops = append(ops, put(s.item(want[i], want[i])))
	}
	s.write(ops...)
	s.sees(table.Query{PK: s.pk}, want...)
	slices.Reverse(want)
	s.sees(table.Query{PK: s.pk, Backward: true}, want...)
}

func (s *suite) numbered(n int) []string {
	var names []string
	var ops []table.Op
	for i := range n {
		names = append(names, fmt.Sprintf("%04d", i))
		ops = append(ops, put(s.item(names[i], "x")))
	}
	for some := range slices.Chunk(ops, table.MostWrites) {
		s.write(some...)
	}
	return names
}

func pages(s *suite) {
	names := s.numbered(25)
	reversed := slices.Clone(names)
	slices.Reverse(reversed)
	for _, limit := range []int{0, 1, 4, 5, 24, 25, 26, table.MostPage} {
		s.sees(table.Query{PK: s.pk, Limit: limit}, names...)
		s.sees(table.Query{PK: s.pk, Limit: limit, Backward: true}, reversed...)
		s.sees(table.Query{PK: s.pk, Limit: limit, From: "0003", To: "0019"}, names[3:20]...)
		s.sees(table.Query{PK: s.pk, Limit: limit, Prefix: "001", Backward: true}, reversed[5:15]...)
	}
	if page := s.query(table.Query{PK: s.pk, Limit: 25}); page.Next != "" || len(page.Items) != 25 {
		s.Errorf("the last page has %d items and the next page %q", len(page.Items), page.Next)
	}
	if page := s.query(table.Query{PK: s.pk + "none"}); page.Next != "" || len(page.Items) != 0 {
		s.Errorf("an empty partition returned %+v", page)
	}
	first := s.query(table.Query{PK: s.pk, Limit: 10})
	s.write(table.Op{Verb: table.Delete, Item: s.item("0009", "")}, put(s.item("0009a", "x")))
	if rest := sks(s.all(table.Query{PK: s.pk, Cursor: first.Next})); rest[0] != "0009a" || len(rest) != 16 {
		s.Errorf("behind a deleted item come %q", rest)
	}
}

func cursors(s *suite) {
	s.numbered(10)
	s.write(put(table.Item{Key: s.key("indexed"), Index: table.Key{PK: s.pk + "i", SK: "1"}}), put(table.Item{Key: s.key("indexed2"), Index: table.Key{PK: s.pk + "i", SK: "2"}}))
	s.sees(table.Query{PK: s.pk + "i", Index: true}, "indexed", "indexed2")
	plain := s.query(table.Query{PK: s.pk, Limit: 5}).Next
	indexed := s.query(table.Query{PK: s.pk + "i", Index: true, Limit: 1}).Next
	for name, q := range map[string]table.Query{
		"nonsense":                  {PK: s.pk, Cursor: "nonsense!"},
		"not JSON":                  {PK: s.pk, Cursor: "bm90IGpzb24"},
		"an empty key":              {PK: s.pk, Cursor: "WyIiXQ"},
		"of the index":              {PK: s.pk, Cursor: indexed},
		"not of the index":          {PK: s.pk + "i", Index: true, Cursor: plain},
		"before the bounds":         {PK: s.pk, From: "0005", Cursor: plain},
		"behind the bounds":         {PK: s.pk, To: "0003", Cursor: plain},
		"outside the prefix":        {PK: s.pk, Prefix: "001", Cursor: plain},
		"before the bounds, upward": {PK: s.pk, From: "0005", Backward: true, Cursor: plain},
	} {
		if page, err := s.table.Query(s.ctx, q); !errors.Is(err, table.ErrCursor) {
			s.Errorf("%s: %v, %v", name, page, err)
		}
	}
	for name, q := range map[string]table.Query{
		"no partition":      {},
		"negative limit":    {PK: s.pk, Limit: -1},
		"limit too high":    {PK: s.pk, Limit: table.MostPage + 1},
		"prefix and bounds": {PK: s.pk, Prefix: "a", From: "b"},
	} {
		if page, err := s.table.Query(s.ctx, q); err == nil || errors.Is(err, table.ErrUnavailable) {
			s.Errorf("%s: %v, %v", name, page, err)
		}
	}
}

func bounds(s *suite) {
	for _, name := range []string{"a", "a#1", "a#2", "a#2#x", "a$", "b", "ł", "ła", "łą", "łż", "m"} {
		s.write(put(s.item(name, "")))
	}
	for _, c := range []struct {
		name string
		q    table.Query
		want []string
	}{
		{"from, included", table.Query{From: "b"}, []string{"b", "m", "ł", "ła", "łą", "łż"}},
		{"to, included", table.Query{To: "a#2"}, []string{"a", "a#1", "a#2"}},
		{"between", table.Query{From: "a#2", To: "b"}, []string{"a#2", "a#2#x", "a$", "b"}},
		{"between what is not there", table.Query{From: "a#15", To: "a#3"}, []string{"a#2", "a#2#x"}},
		{"one", table.Query{From: "b", To: "b"}, []string{"b"}},
		{"nothing", table.Query{From: "c", To: "l"}, nil},
		{"bounds the wrong way round", table.Query{From: "l", To: "a"}, nil},
		{"a prefix", table.Query{Prefix: "a#"}, []string{"a#1", "a#2", "a#2#x"}},
		{"a prefix that is a key", table.Query{Prefix: "a#2"}, []string{"a#2", "a#2#x"}},
		{"a Polish prefix", table.Query{Prefix: "ł"}, []string{"ł", "ła", "łą", "łż"}},
		{"a prefix of nothing", table.Query{Prefix: "x"}, nil},
		{"a prefix backward", table.Query{Prefix: "a#", Backward: true}, []string{"a#2#x", "a#2", "a#1"}},
	} {
		s.Run(c.name, func(t *testing.T) {
			s := &suite{T: t, table: s.table, ctx: t.Context(), pk: s.pk}
			c.q.PK = s.pk
			s.sees(c.q, c.want...)
			c.q.Limit = 1
			s.sees(c.q, c.want...)
		})
	}
}

func index(s *suite) {
	in := func(sk, pk, place string) table.Item {
		return table.Item{Key: s.key(sk), Index: table.Key{PK: pk, SK: place}, Data: []byte(sk)}
	}
	one, two := s.pk+"one", s.pk+"two"
	s.write(put(in("a", one, "3")), put(in("b", one, "1")), put(in("c", one, "2")), put(s.item("d", "d")), put(in("e", two, "1")))
	s.sees(table.Query{PK: one, Index: true}, "b", "c", "a")
	s.sees(table.Query{PK: one, Index: true, Backward: true, Limit: 2}, "a", "c", "b")
	s.sees(table.Query{PK: one, Index: true, From: "2"}, "c", "a")
	s.sees(table.Query{PK: one, Index: true, Prefix: "1"}, "b")
	s.sees(table.Query{PK: two, Index: true}, "e")
	s.sees(table.Query{PK: s.pk, Index: true})
	s.sees(table.Query{PK: s.pk}, "a", "b", "c", "d", "e")

	s.write(put(in("b", one, "9")), put(in("c", two, "0")), put(s.item("a", "out")), put(in("d", one, "5")), table.Op{Verb: table.Delete, Item: s.item("e", "")})
	s.sees(table.Query{PK: one, Index: true}, "d", "b")
	s.sees(table.Query{PK: two, Index: true}, "c")
	got := s.query(table.Query{PK: two, Index: true}).Items[0]
	want := in("c", two, "0")
	want.Rev = 2
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("the index returned another item (-want +got):\n%s", diff)
	}
}

func indexTies(s *suite) {
	place := table.Key{PK: s.pk + "i", SK: "same"}
	var ops []table.Op
	for i := range 20 {
		ops = append(ops, put(table.Item{Key: table.Key{PK: fmt.Sprintf("%s-%d", s.pk, i%3), SK: fmt.Sprintf("%02d", i)}, Index: place}))
	}
	s.write(ops...)
	for try := 0; len(s.all(table.Query{PK: place.PK, Index: true})) < 20 && try < 500; try++ {
		time.Sleep(time.Duration(try) * time.Millisecond) // the index may be late
	}
	forward := sks(s.all(table.Query{PK: place.PK, Index: true, Limit: 3}))
	backward := sks(s.all(table.Query{PK: place.PK, Index: true, Limit: 7, Backward: true}))
	for _, got := range [][]string{forward, backward} {
		sorted := slices.Sorted(slices.Values(got))
		if len(got) != 20 || len(slices.Compact(sorted)) != 20 {
			s.Errorf("%d items: %q", len(got), got)
		}
	}
}

func conditions(s *suite) {
	for _, c := range []struct {
		name      string
		condition table.Condition
		none, at2 bool // whether it holds on no item, and on one at rev 2
	}{
		{"always", table.Always, true, true},
		{"absent", table.Absent, true, false},
		{"present", table.Present, false, true},
		{"at the rev", table.At(2), false, true},
		{"at an earlier rev", table.At(1), false, false},
		{"at a later rev", table.At(3), false, false},
		{"at rev 0, which is absent", table.At(0), true, false},
	} {
		for verb, word := range []string{"put", "delete", "check"} {
			if verb := table.Verb(verb); verb != table.Check || c.condition != table.Always {
				s.Run(word+" "+c.name, func(t *testing.T) {
					s := &suite{T: t, table: s.table, ctx: t.Context(), pk: s.pk + word + c.name}
					s.write(put(s.item("there", "1")))
					s.write(put(s.item("there", "2")))
					for sk, holds := range map[string]bool{"none": c.none, "there": c.at2} {
						before := s.get(s.key(sk), s.key("other"))
						ops := []table.Op{put(s.item("other", sk)), {Verb: verb, Item: s.item(sk, "new"), If: c.condition}}
						if holds {
							s.write(ops...)
							continue
						}
						s.conflict([]int{1}, ops...)
						s.conflict([]int{0}, ops[1])
						if diff := cmp.Diff(before, s.get(s.key(sk), s.key("other"))); diff != "" {
							t.Errorf("%s: a failed write changed something:\n%s", sk, diff)
						}
					}
				})
			}
		}
	}
}

func revisions(s *suite) {
	key := s.key("a")
	for want := range int64(3) {
		s.write(put(s.item("a", "x"), table.At(want)))
		if got := s.get(key)[key].Rev; got != want+1 {
			s.Errorf("rev %d, not %d", got, want+1)
		}
	}
	s.write(put(s.item("a", "x")), table.Op{Verb: table.Check, Item: s.item("b", ""), If: table.Absent})
	if got := s.get(key)[key].Rev; got != 4 {
		s.Errorf("after an unconditional write rev %d, not 4", got)
	}
	s.conflict([]int{0}, put(s.item("a", "y"), table.At(3)))
	if got := s.get(key)[key].Rev; got != 4 {
		s.Errorf("after a failed write rev %d, not 4", got)
	}
	given := s.item("a", "x")
	given.Rev = 77
	s.write(put(given, table.At(4)))
	if got := s.get(key)[key].Rev; got != 5 {
		s.Errorf("a rev given by the caller counts: %d", got)
	}
	s.write(table.Op{Verb: table.Delete, Item: s.item("a", "")})
	s.write(put(s.item("a", "x")))
	if got := s.get(key)[key].Rev; got != 1 {
		s.Errorf("new after a delete has rev %d, not 1", got)
	}
}

func deleteAndCheck(s *suite) {
	s.write(put(s.item("a", "1")), put(s.item("b", "1")))
	s.write(
		table.Op{Verb: table.Delete, Item: s.item("a", ""), If: table.At(1)},
		table.Op{Verb: table.Check, Item: s.item("b", "not written"), If: table.Present},
		table.Op{Verb: table.Check, Item: s.item("c", "not written"), If: table.Absent},
		table.Op{Verb: table.Delete, Item: s.item("none", "")},
	)
	want := map[table.Key]table.Item{s.key("b"): {Key: s.key("b"), Data: []byte("1"), Rev: 1}}
	if diff := cmp.Diff(want, s.get(s.key("a"), s.key("b"), s.key("c"), s.key("none"))); diff != "" {
		s.Errorf("(-want +got):\n%s", diff)
	}
	s.write(table.Op{Verb: table.Delete, Item: s.item("b", "")})
	s.write(table.Op{Verb: table.Delete, Item: s.item("b", "")})
	s.sees(table.Query{PK: s.pk})
	s.write(table.Op{Verb: table.Check, Item: s.item("b", ""), If: table.Absent})
	s.conflict([]int{0}, table.Op{Verb: table.Check, Item: s.item("b", ""), If: table.Present})
}

func atomic(s *suite) {
	var ops []table.Op
	for i := range table.MostWrites {
		// In several partitions: a write is whole wherever its items lie.
		ops = append(ops, put(table.Item{Key: table.Key{PK: fmt.Sprintf("%s-%d", s.pk, i%7), SK: fmt.Sprintf("%03d", i)}, Data: []byte("first")}, table.Absent))
	}
	count := func(data string) (n int) {
		for i := range 7 {
			for _, it := range s.all(table.Query{PK: fmt.Sprintf("%s-%d", s.pk, i)}) {
				if string(it.Data) == data {
					n++
				}
			}
		}
		return n
	}
	s.write(ops[40], ops[99])
	s.conflict([]int{40, 99}, ops...)
	if n := count("first"); n != 2 {
		s.Errorf("%d items after a write that failed, not 2", n)
	}
	rest := slices.Concat(ops[:40], ops[41:99])
	s.write(rest...)
	if n := count("first"); n != 100 {
		s.Errorf("%d items, not 100", n)
	}
	for i := range ops {
		ops[i].If = table.At(1)
		ops[i].Item.Data = []byte("second")
	}
	s.write(ops...)
	if n := count("second"); n != 100 {
		s.Errorf("%d items of the second write, not 100", n)
	}
	all := make([]int, 100)
	for i := range all {
		all[i] = i
	}
	s.conflict(all, ops...)
}

// retry repeats a call while its error says that a retry may succeed, as callers do.
func retry(call func() error) error {
	for try := 0; ; try++ {
		err := call()
		conflict, ok := table.AsConflict(err)
		met := ok && len(conflict.Failed) == 0
		if !met && !errors.Is(err, table.ErrUnavailable) || try == 200 {
			return err
		}
	}
}

func countTogether(s *suite) {
	const writers, each = 8, 10
	key := s.key("sum")
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for done := 0; done < each; {
				items, err := s.table.Get(s.ctx, key)
				if err != nil {
					s.Error(err)
					return
				}
				it := items[key]
				it.Key = key
				rev := it.Rev
				it.Data = append(it.Data, 'x')
				switch _, lost := table.AsConflict(s.table.Write(s.ctx, put(it, table.At(rev)), put(s.item(fmt.Sprintf("n%03d", rev), ""), table.Absent))); {
				case !lost:
					done++
				case s.ctx.Err() != nil:
					return
				}
			}
		})
	}
	group.Wait()
	it := s.get(key)[key]
	if it.Rev != writers*each || len(it.Data) != writers*each {
		s.Errorf("rev %d and %d marks, not %d", it.Rev, len(it.Data), writers*each)
	}
	if got := s.all(table.Query{PK: s.pk, Prefix: "n"}); len(got) != writers*each {
		s.Errorf("%d notes, not %d", len(got), writers*each)
	}
}

func race(s *suite) {
	const writers = 12
	won := make([]bool, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			err := retry(func() error {
				return s.table.Write(s.ctx, put(s.item("prize", fmt.Sprint(i)), table.Absent), put(s.item(fmt.Sprintf("by%02d", i), "")))
			})
			if _, lost := table.AsConflict(err); err != nil && !lost {
				s.Error(err)
			}
			won[i] = err == nil
		})
	}
	group.Wait()
	winner := slices.Index(won, true)
	if winner < 0 || slices.Contains(won[winner+1:], true) {
		s.Fatalf("winners: %v", won)
	}
	s.sees(table.Query{PK: s.pk}, fmt.Sprintf("by%02d", winner), "prize")
	if got := string(s.get(s.key("prize"))[s.key("prize")].Data); got != fmt.Sprint(winner) {
		s.Errorf("the prize is %s's, but %d won", got, winner)
	}
}

func large(s *suite) {
	data := make([]byte, table.MostData)
	for i := range data {
		data[i] = byte(i * 7)
	}
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("%02d", i))
	}
	for some := range slices.Chunk(names, 6) {
		var ops []table.Op
		for _, name := range some {
			ops = append(ops, put(table.Item{Key: s.key(name), Index: table.Key{PK: s.pk + "i", SK: name}, Data: data}))
		}
		s.write(ops...)
	}
	for _, q := range []table.Query{{PK: s.pk}, {PK: s.pk, Backward: true, Limit: 5}, {PK: s.pk + "i", Index: true}} {
		want := slices.Clone(names)
		if q.Backward {
			slices.Reverse(want)
		}
		s.sees(q, want...)
		for _, it := range s.all(q) {
			if !bytes.Equal(it.Data, data) {
				s.Errorf("%s came with %d bytes that are not those written", it.SK, len(it.Data))
			}
		}
	}
	var keys []table.Key
	for _, name := range names {
		keys = append(keys, s.key(name))
	}
	if got := s.get(keys...); len(got) != len(keys) {
		s.Errorf("%d items, not %d", len(got), len(keys))
	}
}

func refused(s *suite) {
	ok := put(s.item("ok", ""))
	many := make([]table.Op, table.MostWrites+1)
	for i := range many {
		many[i] = put(s.item(fmt.Sprint(i), ""))
	}
	var heavy []table.Op
	for i := range 10 {
		heavy = append(heavy, put(table.Item{Key: s.key(fmt.Sprint(i)), Data: make([]byte, table.MostData)}))
	}
	for name, ops := range map[string][]table.Op{
		"nothing":              {},
		"too many operations":  many,
		"one key twice":        {ok, ok},
		"no partition":         {ok, put(table.Item{Key: table.Key{SK: "a"}})},
		"no place":             {ok, put(table.Item{Key: table.Key{PK: s.pk}})},
		"a key too long":       {ok, put(s.item(strings.Repeat("k", table.MostKeyBytes+1), ""))},
		"a partition too long": {ok, put(table.Item{Key: table.Key{PK: strings.Repeat("k", table.MostKeyBytes+1), SK: "a"}})},
		"a key not UTF-8":      {ok, put(s.item("\xff", ""))},
		"half an index":        {ok, put(table.Item{Key: s.key("a"), Index: table.Key{PK: "i"}})},
		"index key too long":   {ok, put(table.Item{Key: s.key("a"), Index: table.Key{PK: "i", SK: strings.Repeat("k", table.MostKeyBytes+1)}})},
		"too much data":        {ok, put(table.Item{Key: s.key("a"), Data: make([]byte, table.MostData+1)})},
		"too much altogether":  heavy,
		"a check of nothing":   {ok, {Verb: table.Check, Item: s.item("a", "")}},
		"an unknown verb":      {ok, {Verb: 9, Item: s.item("a", "")}},
	} {
		err := s.table.Write(s.ctx, ops...)
		if _, conflict := table.AsConflict(err); err == nil || conflict || errors.Is(err, table.ErrUnavailable) {
			s.Errorf("%s: %v", name, err)
		}
	}
	s.sees(table.Query{PK: s.pk})
}

func cancelled(s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	_, getErr := s.table.Get(ctx, s.key("a"))
	_, queryErr := s.table.Query(ctx, table.Query{PK: s.pk})
	for name, err := range map[string]error{"get": getErr, "query": queryErr, "write": s.table.Write(ctx, put(s.item("a", "")))} {
		if !errors.Is(err, context.Canceled) || errors.Is(err, table.ErrUnavailable) {
			s.Errorf("%s after the cancel: %v", name, err)
		}
	}
	late, cancel := context.WithDeadline(s.ctx, time.Unix(1, 0))
	defer cancel()
	_, getErr = s.table.Get(late, s.key("a"))
	_, queryErr = s.table.Query(late, table.Query{PK: s.pk})
	for name, err := range map[string]error{"get": getErr, "query": queryErr, "write": s.table.Write(late, put(s.item("a", "")))} {
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, table.ErrUnavailable) {
			s.Errorf("%s after the deadline: %v", name, err)
		}
	}
	s.sees(table.Query{PK: s.pk})
}
