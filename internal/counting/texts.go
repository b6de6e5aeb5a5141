package counting

import (
	"hash/maphash"
	"math/bits"

	"outreach/internal/schema"
)

// texts keeps every distinct text once and calls it by a number: rows of numbers are a quarter the size of rows of
// strings, and equal where their numbers are. Number 0 is "".
type texts struct {
	all    []string
	hashes []uint64 // of the texts
	same   []uint64 // of their schema.Same; 0: not asked for yet
	table  []uint32 // where texts are found by their hash; 0: free
}

// seed makes hashes differ from process to process, so that nobody can choose texts that share one. Nothing but the
// place in a table depends on it.
var seed = maphash.MakeSeed()

func newTexts() texts {
	return texts{all: []string{""}, hashes: []uint64{0}, same: []uint64{0}, table: make([]uint32, 1024)}
}

func (t *texts) number(text string) uint32 {
	if text == "" {
		return 0
	}
	hash := maphash.String(seed, text)
	mask := uint64(len(t.table) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		n := t.table[i]
		if n == 0 {
			break
		}
		if t.hashes[n] == hash && t.all[n] == text {
			return n
		}
	}
	n := uint32(len(t.all))
	t.all = append(t.all, text)
	t.hashes = append(t.hashes, hash)
	t.same = append(t.same, 0)
	if 2*len(t.all) > len(t.table) {
		t.table = make([]uint32, 2*len(t.table))
		for m := range n {
			t.place(m + 1)
		}
	} else {
		t.place(n)
	}
	return n
}

// find is number for a text that may not be there.
func (t *texts) find(text []byte) (uint32, bool) {
	hash := maphash.Bytes(seed, text)
	mask := uint64(len(t.table) - 1)
	for i := hash & mask; t.table[i] != 0; i = (i + 1) & mask {
		if n := t.table[i]; t.hashes[n] == hash && t.all[n] == string(text) {
			return n, true
		}
	}
	return 0, len(text) == 0
}

func (t *texts) place(n uint32) {
	mask := uint64(len(t.table) - 1)
	i := t.hashes[n] & mask
	for t.table[i] != 0 {
		i = (i + 1) & mask
	}
	t.table[i] = n
}

// sameHash is a hash that two texts share which are the same to natural keys.
func (t *texts) sameHash(n uint32) uint64 {
	if t.same[n] == 0 {
		if same := schema.Same(t.all[n]); same != "" {
			t.same[n] = maphash.String(seed, same) | 1
		}
	}
	return t.same[n]
}

// isSame tells whether two texts are the same to natural keys.
func (t *texts) isSame(a, b uint32) bool {
	return a == b || t.sameHash(a) == t.sameHash(b) && schema.Same(t.all[a]) == schema.Same(t.all[b])
}

// A keyed finds, among things that have natural keys, the one with a key.
type keyed struct {
	table  []uint32 // the place of a thing, from 1; 0: free
	hashes []uint64 // of the things' keys
}

func newKeyed(most int) keyed {
	return keyed{table: make([]uint32, 1<<bits.Len(uint(2*most))), hashes: make([]uint64, 0, most)}
}

// find gives the place of the thing with a key, or a new place for it. It must not be asked for more than most things.
func (k *keyed) find(hash uint64, same func(place uint32) bool) (place uint32, there bool) {
	mask := uint64(len(k.table) - 1)
	i := hash & mask
	for ; k.table[i] != 0; i = (i + 1) & mask {
		if place := k.table[i] - 1; k.hashes[place] == hash && same(place) {
			return place, true
		}
	}
	k.hashes = append(k.hashes, hash)
	k.table[i] = uint32(len(k.hashes))
	return uint32(len(k.hashes) - 1), false
}

// keyHash is the hash of a natural key: whom it is about, and the key's fields.
func (t *texts) keyHash(whom uint32, fields []int, values []uint32) uint64 {
	hash := t.hashes[whom]
	for _, field := range fields {
		high, low := bits.Mul64(hash^t.sameHash(values[field]), 0x9e3779b97f4a7c15)
		hash = bits.RotateLeft64(high^low, 29) + 1
	}
	return hash
}

func (t *texts) sameKey(fields []int, a, b []uint32) bool {
	for _, field := range fields {
		if !t.isSame(a[field], b[field]) {
			return false
		}
	}
	return true
}
