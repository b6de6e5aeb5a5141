package table

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
)

// jsonItem returns an item with the value as JSON.
func jsonItem(key Key, value any) (Item, error) {
	data, err := json.Marshal(value)
	return Item{Key: key, Data: data}, err
}

// PutJSON returns the operation that writes a value as JSON if the condition holds. It panics if the value cannot be
// marshalled.
func PutJSON(key Key, value any, condition Condition) Op {
	it, err := jsonItem(key, value)
	if err != nil {
		panic(fmt.Sprintf("table: %T cannot be written as JSON: %v", value, err)) // only plain structs are stored
	}
	return Op{Verb: Put, Item: it, If: condition}
}

// Indexed returns the operation with the item's key in the index set.
func Indexed(op Op, index Key) Op {
	op.Item.Index = index
	return op
}

// Remove returns the operation that deletes an item if the condition holds.
func Remove(key Key, condition Condition) Op {
	return Op{Verb: Delete, Item: Item{Key: key}, If: condition}
}

// Require returns the operation that writes nothing and makes the Write fail if the condition does not hold.
func Require(key Key, condition Condition) Op {
	return Op{Verb: Check, Item: Item{Key: key}, If: condition}
}

// Load reads one item and decodes its JSON. If the item does not exist, it returns the zero value and revision 0.
func Load[T any](ctx context.Context, t Table, key Key) (value T, rev int64, err error) {
	found, err := t.Get(ctx, key)
	if err != nil {
		return value, 0, err
	}
	it, ok := found[key]
	if !ok {
		return value, 0, nil
	}
	value, err = Decode[T](it)
	return value, it.Rev, err
}

// LoadAll reads any number of items and decodes their JSON. Keys without an item are left out; a key may be given
// twice.
func LoadAll[T any](ctx context.Context, t Table, keys []Key) (map[Key]T, error) {
	values := make(map[Key]T, len(keys))
	for part := range slices.Chunk(keys, MostGet) {
		found, err := t.Get(ctx, part...)
		if err != nil {
			return nil, err
		}
		for key, it := range found {
			if values[key], err = Decode[T](it); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

// PageOf is a page of a list. Next is the cursor of the following page, "" on the last one.
type PageOf[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// List reads a page of a query and decodes its items from JSON. Unlike Query it fills the page up to the limit; without
// a limit it reads to the end.
func List[T any](ctx context.Context, t Table, q Query) (PageOf[T], error) {
	return ListWhere(ctx, t, q, func(T) bool { return true })
}

// mostPassed is how many times its limit ListWhere reads at most.
const mostPassed = 20

// ListWhere lists the items that keep accepts, otherwise as List does. The limit is the number of those. Where few of
// many are accepted, a page may be short, and still have a next one.
func ListWhere[T any](ctx context.Context, t Table, q Query, keep func(T) bool) (PageOf[T], error) {
	out := PageOf[T]{Items: []T{}}
	want := q.Limit
	for passed := 0; ; {
		page, err := t.Query(ctx, q)
		if err != nil {
			return out, err
		}
		for _, it := range page.Items {
			value, err := Decode[T](it)
			if err != nil {
				return out, err
			}
			if keep(value) {
				out.Items = append(out.Items, value)
			}
		}
		out.Next = page.Next
		passed += len(page.Items)
		if page.Next == "" || want > 0 && (len(out.Items) >= want || passed >= mostPassed*want) {
			return out, nil
		}
		q.Cursor, q.Limit = page.Next, max(0, want-len(out.Items))
	}
}

// Items iterates over all items of a query, read page by page. It ends after the first error.
func Items(ctx context.Context, t Table, q Query) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for {
			page, err := t.Query(ctx, q)
			if err != nil {
				yield(Item{}, err)
				return
			}
			for _, it := range page.Items {
				if !yield(it, nil) {
					return
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return
			}
		}
	}
}

// Values iterates over all items of a query, decoded from JSON. It yields an error for each item that cannot be
// decoded, and ends after a failed read.
func Values[T any](ctx context.Context, t Table, q Query) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for it, err := range Items(ctx, t, q) {
			var value T
			if err == nil {
				value, err = Decode[T](it)
			}
			if !yield(value, err) {
				return
			}
		}
	}
}

// Decode decodes an item's JSON. The error names the item's key.
func Decode[T any](it Item) (value T, err error) {
	if err := json.Unmarshal(it.Data, &value); err != nil {
		return value, fmt.Errorf("item %s/%s: %w", it.PK, it.SK, err)
	}
	return value, nil
}

// RemoveAll deletes items unconditionally, in as many writes as needed. It may be retried after an error.
func RemoveAll(ctx context.Context, t Table, keys []Key) error {
	ops := make([]Op, len(keys))
	for i, k := range keys {
		ops[i] = Remove(k, Always)
	}
	return WriteAll(ctx, t, ops)
}

// WriteAll applies the operations in order, MostWrites at a time. It is not atomic: after an error some may have been
// applied.
func WriteAll(ctx context.Context, t Table, ops []Op) error {
	for part := range slices.Chunk(ops, MostWrites) {
		if err := t.Write(ctx, part...); err != nil {
			return err
		}
	}
	return nil
}

// RemovePartition deletes all items of a partition and reports whether there were any. It may be retried after an
// error.
func RemovePartition(ctx context.Context, t Table, partition string) (removed bool, err error) {
	for {
		page, err := t.Query(ctx, Query{PK: partition, Limit: MostWrites})
		if err != nil || len(page.Items) == 0 {
			return removed, err
		}
		keys := make([]Key, len(page.Items))
		for i, it := range page.Items {
			keys[i] = it.Key
		}
		if err := RemoveAll(ctx, t, keys); err != nil {
			return removed, err
		}
		removed = true
	}
}
