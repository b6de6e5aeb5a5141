package tabletest

import (
	"context"
	"errors"
	"sync"

	"outreach/internal/table"
)

// ErrKilled is what every call of a Faulty gives from the one on that was answered with it: the process is gone.
var ErrKilled = errors.New("killed")

// Call is a call of a Table.
type Call struct {
	N    int        // counts the calls, from 1
	Verb string     // get, query or write
	Ops  []table.Op // of a write
}

// Faulty is a table that fails when its test says so. Before is asked before each call, After after each that
// succeeded; either may be nil. What Before gives, if not nil, is the call's error, and the call does not happen; what
// After gives is its error too, but it has happened, and its answer is lost. Errors to give are ErrKilled,
// &table.Conflict{}, and those that wrap table.ErrUnavailable. They are asked one at a time.
type Faulty struct {
	Table  table.Table
	Before func(Call) error
	After  func(Call) error

	mu     sync.Mutex
	calls  int
	killed bool
}

var _ table.Table = (*Faulty)(nil)

// Get is the table's, or fails.
func (f *Faulty) Get(ctx context.Context, keys ...table.Key) (items map[table.Key]table.Item, err error) {
	err = f.call(Call{Verb: "get"}, func() error {
		items, err = f.Table.Get(ctx, keys...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// Query is the table's, or fails.
func (f *Faulty) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = f.call(Call{Verb: "query"}, func() error {
		page, err = f.Table.Query(ctx, q)
		return err
	})
	if err != nil {
		return table.Page{}, err
	}
	return page, nil
}

// Write is the table's, or fails.
func (f *Faulty) Write(ctx context.Context, ops ...table.Op) error {
	return f.call(Call{Verb: "write", Ops: ops}, func() error { return f.Table.Write(ctx, ops...) })
}

func (f *Faulty) call(c Call, do func() error) error {
	f.mu.Lock()
	f.calls++
	c.N = f.calls
	f.mu.Unlock()
	if err := f.ask(f.Before, c); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return f.ask(f.After, c)
}

func (f *Faulty) ask(fault func(Call) error, c Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.killed {
		return ErrKilled
	}
	if fault == nil {
		return nil
	}
	err := fault(c)
	f.killed = errors.Is(err, ErrKilled)
	return err
}
