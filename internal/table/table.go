// Package table is the little that the tracker asks of a table: get, query a partition in order, one index, and several
// items written at once under conditions. It has two homes that behave alike: DynamoDB (package dynamo) and SQLite
// (package sqlite); package tabletest is the one suite both must pass.
package table

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits that hold in both homes.
const (
	MostWrites   = 100        // operations of one Write
	MostData     = 380 * 1024 // bytes of Data of one item
	MostDataSum  = 3_500_000  // bytes of Data of one Write
	MostGet      = 1000       // keys of one Get
	MostPage     = 1000       // items of one page
	MostKeyBytes = 900        // bytes of a partition key, and of a sort key
)

// Key names an item: a partition, and a place in the partition's order (bytewise).
type Key struct{ PK, SK string }

// Item is what is kept under a key.
type Item struct {
	Key
	Index   Key       // where the item stands in the index; the zero Key: it does not
	Data    []byte    // as the caller wrote it
	Rev     int64     // counts the writes of this key's item: 1 when it is new, and new again after a Delete. Set by the table, never by the caller
	Expires time.Time // the item may be gone after this instant, to the second; zero: it stays. Both homes still give it until it is gone: readers check it themselves
}

// Condition is what must hold for a write to happen.
type Condition struct {
	kind int
	rev  int64
}

// Always holds. Absent: no item has the key. Present: some item has it.
var (
	Always  = Condition{}
	Absent  = Condition{kind: 1}
	Present = Condition{kind: 2}
)

// At holds where the item's Rev is the given one; At(0) is Absent.
func At(rev int64) Condition {
	if rev == 0 {
		return Absent
	}
	return Condition{kind: 3, rev: rev}
}

// Kind gives the condition apart, for the homes: 0 always, 1 absent, 2 present, 3 at a Rev.
func (c Condition) Kind() (kind int, rev int64) { return c.kind, c.rev }

// Holds tells whether the condition holds on an item of that Rev, 0 where there is none.
func (c Condition) Holds(rev int64) bool {
	switch c.kind {
	case 1:
		return rev == 0
	case 2:
		return rev != 0
	case 3:
		return rev == c.rev
	}
	return true
}

// Verb is what an operation does.
type Verb int

// The verbs of operations. Check writes nothing, and makes all else depend on its condition.
const (
	Put Verb = iota
	Delete
	Check
)

// Op is one operation of a Write.
type Op struct {
	Verb Verb
	Item Item // of Delete and Check only the Key counts
	If   Condition
}

// Query asks for a part of a partition, in the order of SK. Items with the same key in the index stand there in no order
// to rely on, but the same one from page to page.
type Query struct {
	PK       string
	From, To string // SK bounds, both included; "" is open
	Prefix   string // instead of From and To: every SK that begins with it
	Index    bool   // PK and SK are those of the index
	Backward bool
	Limit    int    // at most this many items, 1 to MostPage; 0: MostPage
	Cursor   string // from the page before; "" begins
}

// Page is one answer to a Query. Next is the Cursor for the rest, "" where there is none.
type Page struct {
	Items []Item
	Next  string
}

// Table is a table. All methods may be called at the same time. A page may be shorter than its Limit and still have a
// Next. Write happens as a whole or not at all; where conditions fail the error is a *Conflict that names them.
type Table interface {
	Get(ctx context.Context, keys ...Key) (map[Key]Item, error) // items that are there; strongly consistent
	Query(ctx context.Context, q Query) (Page, error)
	Write(ctx context.Context, ops ...Op) error
}

// Conflict says which operations of a Write had a condition that did not hold. Nothing was written.
type Conflict struct {
	Failed []int // places in the operations, ascending; empty where two writers met and the order is not known: try again
	Keys   []Key // theirs
}

func (c *Conflict) Error() string {
	if len(c.Failed) == 0 {
		return "write met another write of the same items"
	}
	keys := make([]string, len(c.Keys))
	for i, k := range c.Keys {
		keys[i] = k.PK + "/" + k.SK
	}
	return "condition failed on " + strings.Join(keys, ", ")
}

// AsConflict finds the Conflict in an error.
func AsConflict(err error) (*Conflict, bool) {
	var c *Conflict
	ok := errors.As(err, &c)
	return c, ok
}

// ErrUnavailable is in every error that says the table did not answer in time or had too much to do, even after the
// home's own retries: the caller answers 503, or leaves the event to be delivered again.
var ErrUnavailable = errors.New("table is unavailable")

// ErrCursor is in the error where a Query's Cursor is not one that an answer to the same Query gave.
var ErrCursor = errors.New("not a cursor of this query")

// CheckWrite tells what no home would take in a Write.
func CheckWrite(ops []Op) error {
	if len(ops) == 0 || len(ops) > MostWrites {
		return fmt.Errorf("%d operations, 1 to %d are possible", len(ops), MostWrites)
	}
	sum, seen := 0, make(map[Key]bool, len(ops))
	for i, op := range ops {
		if err := op.check(); err != nil {
			return fmt.Errorf("operation %d: %w", i, err)
		}
		if seen[op.Item.Key] {
			return fmt.Errorf("operation %d: its key stands twice", i)
		}
		seen[op.Item.Key] = true
		if op.Verb == Put {
			sum += len(op.Item.Data)
		}
	}
	if sum > MostDataSum {
		return fmt.Errorf("%d bytes of data at once, at most %d", sum, MostDataSum)
	}
	return nil
}

func (op *Op) check() error {
	if err := CheckKey(op.Item.Key); err != nil {
		return err
	}
	switch op.Verb {
	case Put:
		if op.Item.Index != (Key{}) {
			if err := CheckKey(op.Item.Index); err != nil {
				return fmt.Errorf("index: %w", err)
			}
		}
		if n := len(op.Item.Data); n > MostData {
			return fmt.Errorf("%d bytes of data, at most %d", n, MostData)
		}
	case Delete:
	case Check:
		if op.If == Always {
			return errors.New("a check without a condition")
		}
	default:
		return fmt.Errorf("unknown verb %d", op.Verb)
	}
	return nil
}

// CheckKey tells why no item can have the key.
func CheckKey(k Key) error {
	switch {
	case k.PK == "" || k.SK == "":
		return errors.New("empty key")
	case len(k.PK) > MostKeyBytes || len(k.SK) > MostKeyBytes:
		return fmt.Errorf("key longer than %d bytes", MostKeyBytes)
	case !utf8.ValidString(k.PK) || !utf8.ValidString(k.SK):
		return errors.New("key is not UTF-8")
	}
	return nil
}

// CheckGet tells what no home would take in a Get.
func CheckGet(keys []Key) error {
	if len(keys) > MostGet {
		return fmt.Errorf("%d keys, at most %d are possible", len(keys), MostGet)
	}
	for i, key := range keys {
		if err := CheckKey(key); err != nil {
			return fmt.Errorf("key %d: %w", i, err)
		}
	}
	return nil
}

// CheckQuery tells what no home would answer. The Limit of the Query that it gives is never 0.
func CheckQuery(q Query) (Query, error) {
	if q.Limit == 0 {
		q.Limit = MostPage
	}
	switch {
	case q.PK == "":
		return q, errors.New("query without a partition")
	case q.Limit < 1 || q.Limit > MostPage:
		return q, fmt.Errorf("limit %d, 1 to %d are possible", q.Limit, MostPage)
	case q.Prefix != "" && (q.From != "" || q.To != ""):
		return q, errors.New("query with both a prefix and bounds")
	}
	return q, nil
}

// After is the Cursor that continues the Query behind an item.
func (q Query) After(last Item) string {
	place := []string{last.SK}
	if q.Index {
		place = []string{last.Index.SK, last.PK, last.SK}
	}
	text, err := json.Marshal(place)
	if err != nil {
		panic(err) // strings always encode
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// Begin reads the Cursor: the keys of the item behind which the answer begins, and whether there is one at all. Where
// the cursor is of another query the error wraps ErrCursor.
func (q Query) Begin() (behind Item, ok bool, err error) {
	if q.Cursor == "" {
		return behind, false, nil
	}
	var place []string
	text, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err == nil {
		err = json.Unmarshal(text, &place)
	}
	sk := ""
	switch {
	case err != nil:
	case q.Index && len(place) == 3:
		sk = place[0]
		behind = Item{Key: Key{place[1], place[2]}, Index: Key{q.PK, sk}}
		err = errors.Join(CheckKey(behind.Key), CheckKey(behind.Index))
	case !q.Index && len(place) == 1:
		sk = place[0]
		behind = Item{Key: Key{q.PK, sk}}
		err = CheckKey(behind.Key)
	default:
		err = fmt.Errorf("%d parts", len(place))
	}
	if err != nil {
		return Item{}, false, fmt.Errorf("%w: %w", ErrCursor, err)
	}
	if sk < q.From || q.To != "" && sk > q.To || !strings.HasPrefix(sk, q.Prefix) {
		return Item{}, false, fmt.Errorf("%w: outside its bounds", ErrCursor)
	}
	return behind, true, nil
}
