// Package memory is a table in memory, for tests. It passes the suite that DynamoDB and SQLite pass.
package memory

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
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
	partitions map[string]map[table.Key]bool // keys by partition
	index      map[string]map[table.Key]bool // keys by partition of the index
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

// ended returns the error of a context that has ended: of one whose time is up it says that the table did not answer in time.
func ended(ctx context.Context) error {
	if err := ctx.Err(); errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", table.ErrUnavailable, err)
	}
	return ctx.Err()
}

// copied returns an item whose data the caller may change.
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
	order := func(a, b table.Item) int { return compare(q, a, b) }
	t.mu.RLock()
	defer t.mu.RUnlock()
	keys := t.partitions[q.PK]
	if q.Index {
		keys = t.index[q.PK]
	}
	var all []table.Item
	for key := range keys {
		it := t.items[key]
		sk := it.SK
		if q.Index {
			sk = it.Index.SK
		}
		inside := sk >= q.From && (q.To == "" || sk <= q.To) && strings.HasPrefix(sk, q.Prefix)
		if inside && (!continues || order(it, after) > 0) {
			all = append(all, it)
		}
	}
	slices.SortFunc(all, order)
	page := table.Page{Items: []table.Item{}}
	for i, it := range all {
		if i == q.Limit {
			page.Next = q.After(page.Items[i-1])
			break
		}
		page.Items = append(page.Items, copied(it))
	}
	return page, nil
}

// compare orders items as a query returns them.
func compare(q table.Query, a, b table.Item) int {
	c := cmp.Compare(a.SK, b.SK)
	if q.Index {
		c = cmp.Or(cmp.Compare(a.Index.SK, b.Index.SK), cmp.Compare(a.PK, b.PK), cmp.Compare(a.SK, b.SK))
	}
	if q.Backward {
		return -c
	}
	return c
}

// Write applies all operations, or none.
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

// toTheSecond returns an instant as the other homes store it.
func toTheSecond(at time.Time) time.Time {
	if at.IsZero() {
		return time.Time{}
	}
	return time.Unix(at.Unix(), 0).UTC()
}

func (t *Table) add(it table.Item) {
	if t.items == nil {
		t.items, t.partitions, t.index = map[table.Key]table.Item{}, map[string]map[table.Key]bool{}, map[string]map[table.Key]bool{}
	}
	t.items[it.Key] = it
	enter(t.partitions, it.PK, it.Key)
	if it.Index != (table.Key{}) {
		enter(t.index, it.Index.PK, it.Key)
	}
}

func (t *Table) remove(key table.Key) {
	it, exists := t.items[key]
	if !exists {
		return
	}
	delete(t.items, key)
	leave(t.partitions, it.PK, key)
	leave(t.index, it.Index.PK, key)
}

func enter(partitions map[string]map[table.Key]bool, pk string, key table.Key) {
	if partitions[pk] == nil {
		partitions[pk] = map[table.Key]bool{}
	}
	partitions[pk][key] = true
}

func leave(partitions map[string]map[table.Key]bool, pk string, key table.Key) {
	delete(partitions[pk], key)
	if len(partitions[pk]) == 0 {
		delete(partitions, pk)
	}
}
