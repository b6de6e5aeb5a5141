// Package table is the little that the tracker asks of a table: get, query a partition in order, one index, and several
// items written at once under conditions. It has two homes that behave alike: DynamoDB (package dynamo) and SQLite
// (package sqlite); package tabletest is the one suite both must pass.
package table

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
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
	Rev     int64     // counts the writes of this key's item: 1 when it is new. Set by the table, never by the caller
	Expires time.Time // the item may be gone after this instant, to the second; zero: it stays. Readers must check it themselves
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

// At holds where the item's Rev is the given one.
func At(rev int64) Condition { return Condition{kind: 3, rev: rev} }

// Kind gives the condition apart, for the homes: 0 always, 1 absent, 2 present, 3 at a Rev.
func (c Condition) Kind() (kind int, rev int64) { return c.kind, c.rev }

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

// Query asks for a part of a partition, in the order of SK.
type Query struct {
	PK       string
	From, To string // SK bounds, both included; "" is open
	Prefix   string // instead of From and To: every SK that begins with it
	Index    bool   // PK and SK are those of the index
	Backward bool
	Limit    int    // at most this many items, 1 to MostPage; 0: MostPage
	Cursor   string // from the page before; "" begins
	Stale    bool   // an eventually consistent read will do; the index is always read so
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

// CheckWrite tells what no home would take in a Write.
func CheckWrite(ops []Op) error {
	sum, seen := 0, map[Key]bool{}
	for i, op := range ops {
		switch {
		case op.Item.PK == "" || op.Item.SK == "":
			return fmt.Errorf("operation %d: empty key", i)
		case len(op.Item.PK) > MostKeyBytes || len(op.Item.SK) > MostKeyBytes:
			return fmt.Errorf("operation %d: key longer than %d bytes", i, MostKeyBytes)
		case seen[op.Item.Key]:
			return fmt.Errorf("operation %d: key %s/%s stands twice", i, op.Item.PK, op.Item.SK)
		case len(op.Item.Data) > MostData:
			return fmt.Errorf("operation %d: %d bytes of data, at most %d", i, len(op.Item.Data), MostData)
		}
		seen[op.Item.Key] = true
		sum += len(op.Item.Data)
	}
	if len(ops) == 0 || len(ops) > MostWrites {
		return fmt.Errorf("%d operations, 1 to %d are possible", len(ops), MostWrites)
	}
	if sum > MostDataSum {
		return fmt.Errorf("%d bytes of data at once, at most %d", sum, MostDataSum)
	}
	return nil
}
