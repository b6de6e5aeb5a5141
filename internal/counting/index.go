package counting

import (
	"hash/maphash"
	"math/bits"

	"outreach/internal/schema"
)

// textTable interns texts: it stores every distinct text once, under a number. Rows of numbers are a quarter the size
// of rows of strings, and two texts are equal if their numbers are. Number 0 is "".
type textTable struct {
	all    []string
	hashes []uint64 // of the texts
	same   []uint64 // of their schema.Same; 0: not computed yet
	table  []uint32 // numbers of texts by hash, with linear probing; 0: free
}

// seed makes hashes differ between processes, so that no sender can choose texts that collide. Only positions in hash
// tables depend on it.
var seed = maphash.MakeSeed()

func newTextTable() textTable {
	return textTable{all: []string{""}, hashes: []uint64{0}, same: []uint64{0}, table: make([]uint32, 1024)}
}

// intern returns the number of a text, and stores the text if it is new.
func (t *textTable) intern(text string) uint32 {
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
			t.insert(m + 1)
		}
	} else {
		t.insert(n)
	}
	return n
}

// find returns the number of a text, false if it is not stored.
func (t *textTable) find(text []byte) (uint32, bool) {
	hash := maphash.Bytes(seed, text)
	mask := uint64(len(t.table) - 1)
	for i := hash & mask; t.table[i] != 0; i = (i + 1) & mask {
		if n := t.table[i]; t.hashes[n] == hash && t.all[n] == string(text) {
			return n, true
		}
	}
	return 0, len(text) == 0
}

func (t *textTable) insert(n uint32) {
	mask := uint64(len(t.table) - 1)
	i := t.hashes[n] & mask
	for t.table[i] != 0 {
		i = (i + 1) & mask
	}
	t.table[i] = n
}

// sameHash returns a hash that is equal for texts that natural keys do not distinguish.
func (t *textTable) sameHash(n uint32) uint64 {
	if t.same[n] == 0 {
		if same := schema.Same(t.all[n]); same != "" {
			t.same[n] = maphash.String(seed, same) | 1
		}
	}
	return t.same[n]
}

// isSame reports whether natural keys do not distinguish two texts.
func (t *textTable) isSame(a, b uint32) bool {
	return a == b || t.sameHash(a) == t.sameHash(b) && schema.Same(t.all[a]) == schema.Same(t.all[b])
}

// keyIndex is a hash index of natural keys. It stores indexes of a list that its user keeps.
type keyIndex struct {
	table  []uint32 // an index plus 1, with linear probing; 0: free
	hashes []uint64 // of the keys, by index
}

func newKeyIndex(most int) keyIndex {
	return keyIndex{table: make([]uint32, 1<<bits.Len(uint(2*most))), hashes: make([]uint64, 0, most)}
}

// find returns the index of a key, or the next free index if the key is new. It must not be called for more than most
// keys.
func (k *keyIndex) find(hash uint64, same func(place uint32) bool) (place uint32, there bool) {
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

// keyHash returns the hash of a natural key: the person or owner, and the key's fields.
func (t *textTable) keyHash(whom uint32, fields []int, values []uint32) uint64 {
	hash := t.hashes[whom]
	for _, field := range fields {
		high, low := bits.Mul64(hash^t.sameHash(values[field]), 0x9e3779b97f4a7c15)
		hash = bits.RotateLeft64(high^low, 29) + 1
	}
	return hash
}

// sameKey reports whether two rows have the same natural key.
func (t *textTable) sameKey(fields []int, a, b []uint32) bool {
	for _, field := range fields {
		if !t.isSame(a[field], b[field]) {
			return false
		}
	}
	return true
}
