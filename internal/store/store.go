// Package store is what is kept, on top of tables and objects. keys.go holds every key; each other file is one access
// pattern. Writes that matter are one transaction of the record and its fact.
package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/table"
)

// ErrNotFound is in every error that says that a thing does not exist, or not for the one who asks.
var ErrNotFound = errors.New("not found")

// ErrStale is in the error where a thing is no longer the version that was asked for.
var ErrStale = errors.New("changed in the meantime")

// ErrBusy is in the error where too many writers met at one thing. Nothing was written: try again.
var ErrBusy = fmt.Errorf("too many writers at once: %w", table.ErrUnavailable)

// ErrTwoPeople is in the error where keys belong to two people.
var ErrTwoPeople = errors.New("the keys belong to two people")

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// Exists is the error where a live record has the natural key already.
type Exists struct{ ID string }

func (e *Exists) Error() string { return "record " + e.ID + " has the same natural key" }

// Store is the tracker's memory. People is nil for functions that need not know who anybody is; Objects is nil for those
// that need no files.
type Store struct {
	Tracker table.Table
	People  table.Table
	Objects objects.Store
	Secret  []byte           // keys the hashes of identities and private texts
	Now     func() time.Time // the clock
	Lane    func() int       // chooses a lane; nil: at random
	Letters Letters          // the letters that were sent and are kept; nil: none are

	mu    sync.Mutex
	heads map[string]*fact.Heads // what was last seen of each project's lanes: facts are never taken away, so never too high
}

// Letters forgets the letters to an address.
type Letters interface {
	Forget(ctx context.Context, addresses []string) error
}

// NewID is a new ULID.
func (s *Store) NewID() string {
	return ulid.MustNew(ulid.Timestamp(s.Now()), rand.Reader).String()
}

// IDFor is the ULID that stands for a thing at an instant: the same for the same two, so that what is delivered again
// gets the same id.
func IDFor(at time.Time, what string) string {
	sum := sha256.Sum256([]byte(what))
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(at))
	_ = id.SetEntropy(sum[:10])
	return id.String()
}

// Seal is the keyed hash by which an identity or a private text is known outside the people table.
func (s *Store) Seal(project, purpose, text string) string {
	mac := hmac.New(sha256.New, s.Secret)
	for _, part := range []string{project, purpose, text} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

func (s *Store) lane() int {
	if s.Lane != nil {
		return s.Lane()
	}
	return mathrand.IntN(fact.Lanes)
}

// item makes an item of a value kept as JSON.
func item(key table.Key, value any) (table.Item, error) {
	data, err := json.Marshal(value)
	return table.Item{Key: key, Data: data}, err
}

// put is the operation that keeps a value as JSON under a condition.
func put(key table.Key, value any, condition table.Condition) table.Op {
	it, err := item(key, value)
	if err != nil {
		panic(fmt.Sprintf("store: %T cannot be written as JSON: %v", value, err)) // only plain structs are kept
	}
	return table.Op{Verb: table.Put, Item: it, If: condition}
}

func indexed(op table.Op, index table.Key) table.Op {
	op.Item.Index = index
	return op
}

func remove(key table.Key, condition table.Condition) table.Op {
	return table.Op{Verb: table.Delete, Item: table.Item{Key: key}, If: condition}
}

func check(key table.Key, condition table.Condition) table.Op {
	return table.Op{Verb: table.Check, Item: table.Item{Key: key}, If: condition}
}

// load reads one item's JSON. The revision is 0 where there is none.
func load[T any](ctx context.Context, t table.Table, key table.Key) (value T, rev int64, err error) {
	found, err := t.Get(ctx, key)
	if err != nil {
		return value, 0, err
	}
	it, ok := found[key]
	if !ok {
		return value, 0, nil
	}
	value, err = valueOf[T](it)
	return value, it.Rev, err
}

// since is the condition for writing over what was read with a revision: 0 means that there was nothing.
func since(rev int64) table.Condition {
	if rev == 0 {
		return table.Absent
	}
	return table.At(rev)
}

// attempts bounds how often a transaction that met others is tried again, with a growing random pause between.
const attempts = 40

// again runs a transaction until it neither met another writer nor read something that has changed.
func (s *Store) again(ctx context.Context, try func() error) error {
	pause := 2 * time.Millisecond
	for range attempts {
		err := try()
		if _, met := table.AsConflict(err); !met {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(mathrand.Int64N(int64(pause))) + time.Millisecond):
		}
		pause = min(2*pause, 250*time.Millisecond)
	}
	return ErrBusy
}

// Page is a part of a list. Next is the cursor for the rest, "" where there is none.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// list reads a page of a query whose items are JSON, decoded one by one.
func list[T any](ctx context.Context, t table.Table, q table.Query) (Page[T], error) {
	out := Page[T]{Items: []T{}}
	want := q.Limit
	for {
		page, err := t.Query(ctx, q)
		if err != nil {
			return out, err
		}
		for _, it := range page.Items {
			value, err := valueOf[T](it)
			if err != nil {
				return out, err
			}
			out.Items = append(out.Items, value)
		}
		out.Next = page.Next
		if page.Next == "" || want > 0 && len(out.Items) >= want {
			return out, nil
		}
		q.Cursor, q.Limit = page.Next, max(0, want-len(out.Items))
	}
}

// items goes through all that a query finds, page by page.
func items(ctx context.Context, t table.Table, q table.Query) iter.Seq2[table.Item, error] {
	return func(yield func(table.Item, error) bool) {
		for {
			page, err := t.Query(ctx, q)
			if err != nil {
				yield(table.Item{}, err)
				return
			}
			for _, it := range page.Items {
				if !yield(it, nil) {
					return
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return
			}
		}
	}
}

// values goes through all that a query finds, decoded one by one.
func values[T any](ctx context.Context, t table.Table, q table.Query) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for it, err := range items(ctx, t, q) {
			var value T
			if err == nil {
				value, err = valueOf[T](it)
			}
			if !yield(value, err) {
				return
			}
		}
	}
}

// valueOf decodes an item's JSON.
func valueOf[T any](it table.Item) (value T, err error) {
	if err := json.Unmarshal(it.Data, &value); err != nil {
		return value, fmt.Errorf("item %s/%s: %w", it.PK, it.SK, err)
	}
	return value, nil
}
