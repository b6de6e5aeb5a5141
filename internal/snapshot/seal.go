package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// Root is the root of the tree over all evidence of a snapshot.
type Root struct {
	Root string `json:"root" pattern:"^sha256:[0-9a-f]{64}$"`
}

// Before names the snapshot that was approved before another one.
type Before struct {
	ID   string `json:"id"`
	Seal string `json:"seal,omitempty" doc:"Missing where that snapshot is not sealed"`
}

// Branch is the tree over the evidence of one figure: a leaf is a record, in the order of the evidence.
type Branch struct {
	Code    string
	Records int64
	Root    string // "sha256:" and 64 hex digits
}

// EvidenceRoot returns the root of the RFC 6962 tree whose leaves are the branches, by their codes.
func EvidenceRoot(branches []Branch) string {
	branches = slices.Clone(branches)
	slices.SortFunc(branches, func(a, b Branch) int { return strings.Compare(a.Code, b.Code) })
	var tree Tree
	for _, b := range branches {
		text := appendText([]byte(`{"code":`), b.Code)
		text = strconv.AppendInt(append(text, `,"records":`...), b.Records, 10)
		text = append(appendText(append(text, `,"root":`...), b.Root), '}')
		tree.Add(tlog.RecordHash(text))
	}
	return tree.Root()
}

// Seal returns the seal of a snapshot: the SHA-256 of its hash followed by the root of its evidence, as they are
// written.
func Seal(hash, root string) string {
	return digits(sha256.Sum256([]byte(hash + root)))
}

// SealOr returns the seal, or what stands in its place in a snapshot that is not sealed.
func (s Snapshot) SealOr(text string) string {
	if s.Seal == nil {
		return text
	}
	return *s.Seal
}

func digits(sum [sha256.Size]byte) string { return "sha256:" + hex.EncodeToString(sum[:]) }

// Canonical appends the RFC 8785 JSON of a record: all that the evidence lists of it but the sum so far and its fields,
// which snapshots sealed before they were listed do not have. It has the member salt unless that is "".
func (c Counted) Canonical(to []byte, salt string) []byte {
	to = append(to, '{')
	text := func(name, value string) {
		if value != "" {
			to = append(append(append(to, '"'), name...), '"', ':')
			to = append(appendText(to, value), ',')
		}
	}
	if c.Adds != "" {
		to = append(append(append(to, `"adds":`...), c.Adds...), ',')
	}
	text("date", c.Date)
	text("id", c.ID)
	text("kind", c.Kind)
	text("left_out", c.LeftOut)
	if c.Of != "" {
		to = append(append(append(to, `"of":`...), c.Of...), ',')
	}
	text("person", c.Person)
	if c.Row != 0 {
		to = append(strconv.AppendInt(append(to, `"row":`...), int64(c.Row), 10), ',')
	}
	text("salt", salt)
	text("upload", c.Upload)
	if c.Value != "" {
		to = append(append(append(to, `"value":`...), c.Value...), ',')
	}
	text("what", c.What)
	if to[len(to)-1] == ',' {
		to = to[:len(to)-1]
	}
	return append(to, '}')
}

// Leaf returns the RFC 6962 hash of a record with its salt, which keeps somebody who has the hash alone from guessing
// the record.
func (c Counted) Leaf(salt string) tlog.Hash {
	return tlog.RecordHash(c.Canonical(make([]byte, 0, 320), salt))
}

// appendText appends a text as RFC 8785 writes it.
func appendText(to []byte, text string) []byte {
	const hexes = "0123456789abcdef"
	to = append(to, '"')
	for _, r := range text { // a byte that is no UTF-8 becomes U+FFFD, as in JSON
		switch {
		case r == '"' || r == '\\':
			to = append(to, '\\', byte(r))
		case r >= ' ':
			to = utf8.AppendRune(to, r)
		case r == '\b':
			to = append(to, '\\', 'b')
		case r == '\t':
			to = append(to, '\\', 't')
		case r == '\n':
			to = append(to, '\\', 'n')
		case r == '\f':
			to = append(to, '\\', 'f')
		case r == '\r':
			to = append(to, '\\', 'r')
		default:
			to = append(to, '\\', 'u', '0', '0', hexes[r>>4], hexes[r&15])
		}
	}
	return append(to, '"')
}

// Tree computes the root of an RFC 6962 tree from its leaves, one after another, and keeps only the hashes of complete
// subtrees. The zero Tree has no leaf.
type Tree struct {
	leaves int64
	roots  []tlog.Hash // of the complete subtrees, the largest first
}

// Add adds the hash of the next leaf.
func (t *Tree) Add(leaf tlog.Hash) {
	for n := t.leaves; n&1 == 1; n >>= 1 {
		last := len(t.roots) - 1
		leaf, t.roots = tlog.NodeHash(t.roots[last], leaf), t.roots[:last]
	}
	t.roots = append(t.roots, leaf)
	t.leaves++
}

// Leaves returns how many leaves were added.
func (t *Tree) Leaves() int64 { return t.leaves }

// Root returns the root of the leaves so far.
func (t *Tree) Root() string {
	if t.leaves == 0 {
		return digits(sha256.Sum256(nil))
	}
	root := t.roots[len(t.roots)-1]
	for _, left := range slices.Backward(t.roots[:len(t.roots)-1]) {
		root = tlog.NodeHash(left, root)
	}
	return digits(root)
}
