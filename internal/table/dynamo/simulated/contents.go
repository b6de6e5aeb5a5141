package simulated

import (
	"cmp"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"outreach/internal/table"
)

// contents is one table with its index.
type contents struct {
	behaviour Behaviour
	items     *btree.BTreeG[stored]
	index     *btree.BTreeG[stored]
	late      []change // of the index, oldest first
	inFlight  map[table.Key]int

	reads, writes, indexWrites throughput
}

// stored is an item with its size in bytes.
type stored struct {
	table.Item
	size int
}

// change is a change of the index that becomes visible at an instant.
type change struct {
	at       time.Time
	old, new stored // without a key: none
}

func newContents(b Behaviour) *contents {
	byKey := func(a, b stored) bool {
		return cmp.Or(cmp.Compare(a.PK, b.PK), cmp.Compare(a.SK, b.SK)) < 0
	}
	byIndex := func(a, b stored) bool {
		return cmp.Or(cmp.Compare(a.Index.PK, b.Index.PK), cmp.Compare(a.Index.SK, b.Index.SK), cmp.Compare(a.PK, b.PK), cmp.Compare(a.SK, b.SK)) < 0
	}
	return &contents{
		behaviour: b, items: btree.NewBTreeG(byKey), index: btree.NewBTreeG(byIndex), inFlight: map[table.Key]int{},
		reads: newThroughput(b.PartitionReads), writes: newThroughput(b.PartitionWrites), indexWrites: newThroughput(b.PartitionWrites),
	}
}

// sizeOf returns the size of an item as DynamoDB counts it: names and values of attributes, in bytes.
func sizeOf(it table.Item) int {
	n := len("pk") + len(it.PK) + len("sk") + len(it.SK) + len("data") + len(it.Data) + len("rev") + 3
	if it.Index != (table.Key{}) {
		n += len("ipk") + len(it.Index.PK) + len("isk") + len(it.Index.SK)
	}
	if !it.Expires.IsZero() {
		n += len("expires") + 6
	}
	return n
}

func (c *contents) get(key table.Key) (stored, bool) {
	return c.items.Get(stored{Item: table.Item{Key: key}})
}

func (c *contents) rev(key table.Key) int64 {
	it, _ := c.get(key)
	return it.Rev
}

// apply puts or deletes an item.
func (c *contents) apply(op table.Op) {
	if op.Verb == table.Check {
		return
	}
	old, exists := c.get(op.Item.Key)
	late := change{at: time.Now().Add(c.behaviour.IndexLag)}
	if exists && old.Index != (table.Key{}) {
		late.old = old
	}
	if op.Verb == table.Delete {
		c.items.Delete(old)
	} else {
		it := stored{Item: op.Item, size: sizeOf(op.Item)}
		it.Rev = old.Rev + 1
		c.items.Set(it)
		if it.Index != (table.Key{}) {
			late.new = it
		}
	}
	if late.old.PK != "" || late.new.PK != "" {
		c.late = append(c.late, late)
	}
}

// catchUp makes those changes of the index visible that are due.
func (c *contents) catchUp() {
	now, n := time.Now(), 0
	for ; n < len(c.late) && !c.late[n].at.After(now); n++ {
		if old := c.late[n].old; old.PK != "" {
			c.index.Delete(old)
		}
		if it := c.late[n].new; it.PK != "" {
			c.index.Set(it)
		}
	}
	c.late = c.late[n:]
}

const mostOfPage = 1 << 20 // bytes of one page

// query returns the items of a page, and whether there are more.
func (c *contents) query(q query) (items []stored, more bool) {
	tree, sk := c.items, func(it stored) string { return it.SK }
	if q.index {
		c.catchUp()
		tree, sk = c.index, func(it stored) string { return it.Index.SK }
	}
	bytes := 0
	each := func(it stored) bool {
		if pk := it.PK; !q.index && pk != q.pk || q.index && it.Index.PK != q.pk || !q.isAfterStart(it) {
			return q.start != nil && !q.isAfterStart(it) // the first item of a page may be the last of the one before
		}
		switch at := sk(it); {
		case at < q.from || q.to != "" && at > q.to || !strings.HasPrefix(at, q.prefix):
			return false
		case len(items) == q.limit || len(items) > 0 && bytes+it.size > mostOfPage:
			more = true
			return false
		}
		items, bytes = append(items, it), bytes+it.size
		return true
	}
	if q.backward {
		tree.Descend(q.highest(), each)
	} else {
		tree.Ascend(q.lowest(), each)
	}
	return items, more
}

// units are the write units of an operation.
type units struct{ base, index float64 }

// writeUnits returns the units that an operation uses outside a transaction: of the table by the larger of the sizes
// before and after, of the index for each item that it removes, adds or changes.
func (c *contents) writeUnits(op table.Op) units {
	old, exists := c.get(op.Item.Key)
	size := old.size
	if op.Verb == table.Put {
		size = max(size, sizeOf(op.Item))
	}
	n := units{base: perKB(size)}
	var before, after table.Key
	if exists {
		before = old.Index
	}
	if op.Verb == table.Put {
		after = op.Item.Index
	}
	switch none := (table.Key{}); {
	case op.Verb == table.Check:
	case before == after && after != none:
		n.index = perKB(size)
	default:
		if before != none {
			n.index += perKB(old.size)
		}
		if after != none {
			n.index += perKB(sizeOf(op.Item))
		}
	}
	return n
}

// takeWrites takes the units from the partitions of the table and of the index, or returns false and takes none.
func (c *contents) takeWrites(op table.Op, n units) bool {
	index := op.Item.Index.PK
	if index != "" && n.index > 0 && !c.indexWrites.has(index, n.index) || !c.writes.take(op.Item.PK, n.base) {
		return false
	}
	if index != "" && n.index > 0 {
		c.indexWrites.take(index, n.index)
	}
	return true
}

func perKB(bytes int) float64 { return float64(max(1, (bytes+1023)/1024)) }

// readUnits returns the units to read bytes: one for each 4 KB, half of that if the read need not be consistent.
func readUnits(bytes int, consistent bool) float64 {
	n := float64(max(1, (bytes+4095)/4096))
	if !consistent {
		n /= 2
	}
	return n
}

// throughput limits the units a second of each partition. Unused units are saved for a second.
type throughput struct {
	rate float64
	left map[string]allowance
}

type allowance struct {
	units float64
	at    time.Time
}

func newThroughput(rate float64) throughput {
	return throughput{rate: rate, left: map[string]allowance{}}
}

func (t *throughput) now(pk string) allowance {
	a, ok := t.left[pk]
	now := time.Now()
	if !ok {
		return allowance{t.rate, now}
	}
	return allowance{min(t.rate, a.units+t.rate*now.Sub(a.at).Seconds()), now}
}

// has reports whether a partition has units left. An operation of more units than it can save needs all of them.
func (t *throughput) has(pk string, n float64) bool {
	return t.rate == 0 || t.now(pk).units >= min(n, t.rate)
}

// take takes units of a partition, or returns false and takes none.
func (t *throughput) take(pk string, n float64) bool {
	if t.rate == 0 {
		return true
	}
	a := t.now(pk)
	if a.units < min(n, t.rate) {
		return false
	}
	a.units -= n
	t.left[pk] = a
	return true
}
