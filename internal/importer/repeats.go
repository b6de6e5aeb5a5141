package importer

import (
	"cmp"
	"slices"
)

// Repeats finds the rows of a file that say the same thing as an earlier one. It keeps no keys but 64 bits of each, so that
// the rows of the longest file take a few megabytes; that two different keys of it agree in those is less likely than one
// in a hundred million, and would cost a needless warning.
type Repeats struct {
	seen [256][]hashed // by the hash's last byte: many short lists grow with less to spare than one long
}

// hashed is 12 bytes; with the hash in one piece it would be 16.
type hashed struct{ high, low, row uint32 }

// Repeat is a row that repeats an earlier one: the last before it with the same key.
type Repeat struct{ Row, Earlier int }

// Add notes a row's natural key.
func (r *Repeats) Add(row int, key string) {
	h := fnv1a(key)
	list := &r.seen[h%256]
	*list = append(*list, hashed{high: uint32(h >> 32), low: uint32(h), row: uint32(row)})
}

// Rows are the rows that repeat an earlier one, in file order.
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
