// Package table is the interface to a key-value table: get, ordered queries of a partition, one index, and atomic
// conditional writes of several items. Its implementations behave alike: DynamoDB (package dynamo), SQLite (package
// sqlite) and memory (package memory, for tests). Package tabletest is the test suite that each of them must pass.
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

// Limits of every implementation.
const (
	MostWrites   = 100        // operations of one Write
	MostData     = 380 * 1024 // bytes of Data of one item
	MostDataSum  = 3_500_000  // bytes of Data of one Write
	MostGet      = 1000       // keys of one Get
	MostPage     = 1000       // items of one page
	MostKeyBytes = 900        // bytes of a partition key, and of a sort key
)

// Key identifies an item: a partition key, and a sort key by which a partition is ordered bytewise.
type Key struct{ PK, SK string }

// Item is a stored item.
type Item struct {
	Key
	Index Key    // its key in the index; the zero Key: it is not in the index
	Data  []byte // the content, opaque to the table

	// Rev is the revision: 1 for a new item, also after a Delete, and one more with each Put. The table sets it and
	// ignores it in a Put.
	Rev int64
	// Expires is the instant, in whole seconds, after which the table may delete the item; zero: never. Until it is
	// deleted an expired item is still returned, so readers must check.
	Expires time.Time
}

// Condition is the precondition of an operation.
type Condition struct {
	kind int
	rev  int64
}

// Always holds. Absent holds if no item has the key, Present if one has.
var (
	Always  = Condition{}
	Absent  = Condition{kind: 1}
	Present = Condition{kind: 2}
)

// At holds if the item's revision is rev; At(0) is Absent.
func At(rev int64) Condition {
	if rev == 0 {
		return Absent
	}
	return Condition{kind: 3, rev: rev}
}

// Kind returns the parts of the condition, for implementations: 0 always, 1 absent, 2 present, 3 at a revision.
func (c Condition) Kind() (kind int, rev int64) { return c.kind, c.rev }

// Holds reports whether the condition holds for an item of a revision, 0 if there is no item.
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

// The verbs. Check writes nothing; the whole Write depends on its condition.
const (
	Put Verb = iota
	Delete
	Check
)

// Op is one operation of a Write.
type Op struct {
	Verb Verb
	Item Item // Delete and Check use only its Key
	If   Condition
}

// Query selects a range of a partition, ordered by SK. The order of items with the same key in the index is
// unspecified, but the same on all pages.
type Query struct {
	PK       string
	From, To string // inclusive bounds of SK; "": none
	Prefix   string // instead of From and To: all SKs with this prefix
	Index    bool   // query the index: PK and SK are those of Item.Index
	Backward bool
	Limit    int    // the maximum number of items, 1 to MostPage; 0: MostPage
	Cursor   string // Next of the previous page; "": the first page
}

// Page is a page of a Query's result. Next is the Cursor of the following page, "" on the last one.
type Page struct {
	Items []Item
	Next  string
}

// Table is a table. Its methods are safe for concurrent use. Get is strongly consistent and leaves out items that do
// not exist. A page of Query may be shorter than the limit and still have a Next; the index is eventually consistent.
// Write is atomic: it applies all operations or none. If conditions fail, it returns a *Conflict that names them.
type Table interface {
	Get(ctx context.Context, keys ...Key) (map[Key]Item, error)
	Query(ctx context.Context, q Query) (Page, error)
	Write(ctx context.Context, ops ...Op) error
}

// Conflict is the error of a Write some of whose conditions did not hold. Nothing was written.
type Conflict struct {
	Failed []int // the indexes of the failed operations, ascending; empty if a concurrent write got in the way: retry
	Keys   []Key // the keys of these operations
}

func (c *Conflict) Error() string {
	if len(c.Failed) == 0 {
		return "conflict with a concurrent write of the same items"
	}
	keys := make([]string, len(c.Keys))
	for i, k := range c.Keys {
		keys[i] = k.PK + "/" + k.SK
	}
	return "condition failed on " + strings.Join(keys, ", ")
}

// AsConflict returns the Conflict that an error wraps, and whether there is one.
func AsConflict(err error) (*Conflict, bool) {
	var c *Conflict
	ok := errors.As(err, &c)
	return c, ok
}

// ErrUnavailable is wrapped by every error that means that the table did not respond in time or was overloaded, even
// after the implementation's own retries. The caller responds with 503 or lets the event be redelivered.
var ErrUnavailable = errors.New("table is unavailable")

// ErrCursor is wrapped by the error for a Cursor that does not belong to the Query.
var ErrCursor = errors.New("not a cursor of this query")

// CheckWrite returns an error if the operations exceed a limit, use an invalid key or use one key twice.
// Implementations call it.
func CheckWrite(ops []Op) error {
	if len(ops) == 0 || len(ops) > MostWrites {
		return fmt.Errorf("%d operations, want 1 to %d", len(ops), MostWrites)
	}
	sum, seen := 0, make(map[Key]bool, len(ops))
	for i, op := range ops {
		if err := op.check(); err != nil {
			return fmt.Errorf("operation %d: %w", i, err)
		}
		if seen[op.Item.Key] {
			return fmt.Errorf("operation %d: duplicate key", i)
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

// CheckKey returns an error if the key is empty, too long or not UTF-8.
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

// CheckGet returns an error if there are too many keys or one is invalid. Implementations call it.
func CheckGet(keys []Key) error {
	if len(keys) > MostGet {
		return fmt.Errorf("%d keys, at most %d", len(keys), MostGet)
	}
	for i, key := range keys {
		if err := CheckKey(key); err != nil {
			return fmt.Errorf("key %d: %w", i, err)
		}
	}
	return nil
}

// CheckQuery returns the query with its default limit filled in, or an error if it is invalid. Implementations call it.
func CheckQuery(q Query) (Query, error) {
	if q.Limit == 0 {
		q.Limit = MostPage
	}
	switch {
	case q.PK == "":
		return q, errors.New("query without a partition")
	case q.Limit < 1 || q.Limit > MostPage:
		return q, fmt.Errorf("limit %d, want 1 to %d", q.Limit, MostPage)
	case q.Prefix != "" && (q.From != "" || q.To != ""):
		return q, errors.New("query with both a prefix and bounds")
	}
	return q, nil
}

// After returns the Cursor that continues the Query after an item.
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

// Begin decodes the Cursor: it returns the keys of the item after which the page begins, and false if there is no
// cursor. If the cursor does not belong to the query, the error wraps ErrCursor.
func (q Query) Begin() (last Item, ok bool, err error) {
	if q.Cursor == "" {
		return last, false, nil
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
		last = Item{Key: Key{place[1], place[2]}, Index: Key{q.PK, sk}}
		err = errors.Join(CheckKey(last.Key), CheckKey(last.Index))
	case !q.Index && len(place) == 1:
		sk = place[0]
		last = Item{Key: Key{q.PK, sk}}
		err = CheckKey(last.Key)
	default:
		err = fmt.Errorf("%d parts", len(place))
	}
	if err != nil {
		return Item{}, false, fmt.Errorf("%w: %w", ErrCursor, err)
	}
	if sk < q.From || q.To != "" && sk > q.To || !strings.HasPrefix(sk, q.Prefix) {
		return Item{}, false, fmt.Errorf("%w: outside its bounds", ErrCursor)
	}
	return last, true, nil
}
