package importer

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// Repeats finds the rows of a file with the natural key of an earlier row. It stores 64 bits of each key and 32
// of what the row says beside it, so that the longest file takes a few megabytes; a collision is less likely than one
// in a hundred million, and causes a needless warning.
type Repeats struct {
	seed *maphash.Seed
	seen [256][]hashed // by the last byte of the hash: many short lists waste less memory than a long one
}

type hashed struct{ high, low, row, content uint32 }

// Repeat is a row with the key of an earlier row, the last one before it. Other is whether it says something else.
type Repeat struct {
	Row, Earlier int
	Other        bool
}

// Add adds a row: its natural key or a hash of it, and its values outside of the key that rules can ask for.
func (r *Repeats) Add(row int, key, values []byte) {
	if r.seed == nil {
		seed := maphash.MakeSeed()
		r.seed = &seed
	}
	h := maphash.Bytes(*r.seed, key)
	list := &r.seen[h%256]
	c := maphash.Bytes(*r.seed, values)
	*list = append(*list, hashed{high: uint32(h >> 32), low: uint32(h), row: uint32(row), content: uint32(c>>32) ^ uint32(c)})
}

// Rows returns the rows that repeat an earlier one, in file order.
func (r *Repeats) Rows() []Repeat {
	var out []Repeat
	for _, list := range r.seen {
		slices.SortFunc(list, func(a, b hashed) int {
			if a.high != b.high {
				return cmp.Compare(a.high, b.high)
			}
			if a.low != b.low {
				return cmp.Compare(a.low, b.low)
			}
			return cmp.Compare(a.row, b.row)
		})
		for i := 1; i < len(list); i++ {
			if before, h := list[i-1], list[i]; before.high == h.high && before.low == h.low {
				out = append(out, Repeat{Row: int(h.row), Earlier: int(before.row), Other: h.content != before.content})
			}
		}
	}
	slices.SortFunc(out, func(a, b Repeat) int { return cmp.Compare(a.Row, b.Row) })
	return out
}
