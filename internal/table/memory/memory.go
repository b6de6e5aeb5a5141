// Package memory implements a table in memory, for tests.
package memory

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"outreach/internal/table"
)

// Table is a table in memory. The zero Table is empty and ready. It is safe for concurrent use.
type Table struct {
	mu         sync.RWMutex
	items      map[table.Key]table.Item
	partitions map[string][]table.Item // in the order of a query
	index      map[string][]table.Item // by partition of the index, in the order of a query
}

var _ table.Table = (*Table)(nil)

// Get returns the items that exist.
func (t *Table) Get(ctx context.Context, keys ...table.Key) (map[table.Key]table.Item, error) {
	if err := cmp.Or(ended(ctx), table.CheckGet(keys)); err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	found := make(map[table.Key]table.Item, len(keys))
	for _, key := range keys {
		if it, exists := t.items[key]; exists {
			found[key] = copied(it)
		}
	}
	return found, nil
}

// ended returns the context's error, nil while it has none. A missed deadline counts as table.ErrUnavailable.
func ended(ctx context.Context) error {
	if err := ctx.Err(); errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", table.ErrUnavailable, err)
	}
	return ctx.Err()
}

// copied returns the item with a copy of its data, which the caller may change.
func copied(it table.Item) table.Item {
	it.Data = bytes.Clone(it.Data)
	return it
}

// Query returns a page of a partition.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := ended(ctx); err != nil {
		return table.Page{}, err
	}
	q, err := table.CheckQuery(q)
	if err != nil {
		return table.Page{}, err
	}
	after, continues, err := q.Begin()
	if err != nil {
		return table.Page{}, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	items := t.partitions[q.PK]
	if q.Index {
		items = t.index[q.PK]
	}
	each := slices.All(items)
	if q.Backward {
		each = slices.Backward(items)
	}
	page := table.Page{Items: []table.Item{}}
	for _, it := range each {
		sk := it.SK
		if q.Index {
			sk = it.Index.SK
		}
		isBefore := continues && (!q.Backward && order(q.Index, it, after) <= 0 || q.Backward && order(q.Index, it, after) >= 0)
		if isBefore || sk < q.From || q.To != "" && sk > q.To || !strings.HasPrefix(sk, q.Prefix) {
			continue
		}
		if n := len(page.Items); n > 0 && n == q.Limit {
			page.Next = q.After(page.Items[n-1])
			break
		}
		page.Items = append(page.Items, copied(it))
	}
	return page, nil
}

// order compares two items of a partition, or of one of the index.
func order(index bool, a, b table.Item) int {
	if index {
		return cmp.Or(cmp.Compare(a.Index.SK, b.Index.SK), cmp.Compare(a.PK, b.PK), cmp.Compare(a.SK, b.SK))
	}
	return cmp.Compare(a.SK, b.SK)
}

// Write applies all operations or none.
func (t *Table) Write(ctx context.Context, ops ...table.Op) error {
	if err := cmp.Or(ended(ctx), table.CheckWrite(ops)); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	conflict := &table.Conflict{}
	for i, op := range ops {
		if !op.If.Holds(t.items[op.Item.Key].Rev) {
			conflict.Failed = append(conflict.Failed, i)
			conflict.Keys = append(conflict.Keys, op.Item.Key)
		}
	}
	if len(conflict.Failed) > 0 {
		return conflict
	}
	for _, op := range ops {
		switch op.Verb {
		case table.Put:
			it := copied(op.Item)
			it.Rev = t.items[it.Key].Rev + 1
			it.Expires = toTheSecond(it.Expires)
			t.remove(it.Key)
			t.add(it)
		case table.Delete:
			t.remove(op.Item.Key)
		}
	}
	return nil
}

// toTheSecond returns an instant truncated to seconds, as the other implementations store it.
func toTheSecond(at time.Time) time.Time {
	if at.IsZero() {
		return time.Time{}
	}
	return time.Unix(at.Unix(), 0).UTC()
}

func (t *Table) add(it table.Item) {
	if t.items == nil {
		t.items, t.partitions, t.index = map[table.Key]table.Item{}, map[string][]table.Item{}, map[string][]table.Item{}
	}
	t.items[it.Key] = it
	enter(t.partitions, it.PK, false, it)
	if it.Index != (table.Key{}) {
		enter(t.index, it.Index.PK, true, it)
	}
}

func (t *Table) remove(key table.Key) {
	it, exists := t.items[key]
	if !exists {
		return
	}
	delete(t.items, key)
	leave(t.partitions, it.PK, false, it)
	if it.Index != (table.Key{}) {
		leave(t.index, it.Index.PK, true, it)
	}
}

func enter(partitions map[string][]table.Item, pk string, index bool, it table.Item) {
	at, _ := position(partitions[pk], index, it)
	partitions[pk] = slices.Insert(partitions[pk], at, it)
}

func leave(partitions map[string][]table.Item, pk string, index bool, it table.Item) {
	at, _ := position(partitions[pk], index, it)
	partitions[pk] = slices.Delete(partitions[pk], at, at+1)
	if len(partitions[pk]) == 0 {
		delete(partitions, pk)
	}
}

func position(items []table.Item, index bool, it table.Item) (int, bool) {
	return slices.BinarySearchFunc(items, it, func(a, b table.Item) int { return order(index, a, b) })
}

// Items returns all items, in the order of their keys.
func (t *Table) Items() []table.Item {
	t.mu.RLock()
	defer t.mu.RUnlock()
	items := make([]table.Item, 0, len(t.items))
	for _, pk := range slices.Sorted(maps.Keys(t.partitions)) {
		for _, it := range t.partitions[pk] {
			items = append(items, copied(it))
		}
	}
	return items
}

// Clone returns a table with the same items, which is independent of this one.
func (t *Table) Clone() *Table {
	clone := &Table{}
	for _, it := range t.Items() {
		clone.add(it)
	}
	return clone
}
