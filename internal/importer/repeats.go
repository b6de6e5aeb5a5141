package importer

import (
	"cmp"
	"slices"
)

// Repeats finds the rows of a file with the natural key of an earlier row. It stores 64 bits of each key, so that the
// longest file takes a few megabytes; a collision is less likely than one in a hundred million, and causes a needless
// warning.
type Repeats struct {
	seen [256][]hashed // by the last byte of the hash: many short lists waste less memory than a long one
}

// hashed takes 12 bytes; with the hash as one uint64 it would take 16.
type hashed struct{ high, low, row uint32 }

// Repeat is a row with the key of an earlier row, the last one before it.
type Repeat struct{ Row, Earlier int }

// Add adds the natural key of a row.
func (r *Repeats) Add(row int, key string) {
	h := fnv1a(key)
	list := &r.seen[h%256]
	*list = append(*list, hashed{high: uint32(h >> 32), low: uint32(h), row: uint32(row)})
}

// Rows returns the rows that repeat an earlier one, in file order.
func (r *Repeats) Rows() []Repeat {
	var out []Repeat
	for _, list := range r.seen {
		slices.SortFunc(list, func(a, b hashed) int {
			return cmp.Or(cmp.Compare(a.high, b.high), cmp.Compare(a.low, b.low), cmp.Compare(a.row, b.row))
		})
		for i := 1; i < len(list); i++ {
			if before, h := list[i-1], list[i]; before.high == h.high && before.low == h.low {
				out = append(out, Repeat{Row: int(h.row), Earlier: int(before.row)})
			}
		}
	}
	slices.SortFunc(out, func(a, b Repeat) int { return cmp.Compare(a.Row, b.Row) })
	return out
}

func fnv1a(key string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	return h
}
