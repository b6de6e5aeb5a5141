package table_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/table"
	"outreach/internal/table/memory"
)

func TestLoadAllReadsMoreItemsThanOneGet(t *testing.T) {
	t.Parallel()
	items, ctx := &memory.Table{}, t.Context()
	keys := make([]table.Key, table.MostGet+5)
	var ops []table.Op
	for i := range keys {
		keys[i] = table.Key{PK: "p", SK: strconv.Itoa(i)}
		if i%2 == 0 {
			ops = append(ops, table.PutJSON(keys[i], i, table.Absent))
		}
	}
	if err := table.WriteAll(ctx, items, ops); err != nil {
		t.Fatal(err)
	}
	values, err := table.LoadAll[int](ctx, items, append(keys, keys[0]))
	if err != nil || len(values) != len(ops) {
		t.Fatalf("%d values, %v; want %d", len(values), err, len(ops))
	}
	for i, key := range keys {
		if value, there := values[key]; there != (i%2 == 0) || value != i && there {
			t.Errorf("key %d: %d, %t", i, value, there)
		}
	}
}

func TestListWhereFillsThePageWithItemsThatAreKept(t *testing.T) {
	t.Parallel()
	items, ctx := &memory.Table{}, t.Context()
	var ops []table.Op
	for i := range 20 {
		ops = append(ops, table.PutJSON(table.Key{PK: "p", SK: string(rune('a' + i))}, i, table.Absent))
	}
	if err := table.WriteAll(ctx, items, ops); err != nil {
		t.Fatal(err)
	}
	var pages [][]int
	for q := (table.Query{PK: "p", Limit: 3}); ; {
		page, err := table.ListWhere(ctx, items, q, func(n int) bool { return n%4 == 0 })
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page.Items)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if diff := cmp.Diff([][]int{{0, 4, 8}, {12, 16}}, pages); diff != "" {
		t.Error(diff)
	}
}

func TestListWhereEndsAPageAfterPassingOverManyItems(t *testing.T) {
	t.Parallel()
	items, ctx := &memory.Table{}, t.Context()
	var ops []table.Op
	for i := range 1000 {
		ops = append(ops, table.PutJSON(table.Key{PK: "p", SK: strconv.Itoa(1000 + i)}, i, table.Absent))
	}
	if err := table.WriteAll(ctx, items, ops); err != nil {
		t.Fatal(err)
	}
	var found []int
	pages := 0
	for q := (table.Query{PK: "p", Limit: 3}); ; pages++ {
		passed := 0
		page, err := table.ListWhere(ctx, items, q, func(n int) bool { passed++; return n == 999 })
		if err != nil || passed > 70 {
			t.Fatalf("a page passes over %d items, %v", passed, err)
		}
		found = append(found, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if diff := cmp.Diff([]int{999}, found); diff != "" || pages == 0 {
		t.Errorf("%d pages: %s", pages, diff)
	}
}
